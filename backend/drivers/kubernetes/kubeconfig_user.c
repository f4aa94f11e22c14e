/* kubeconfig_user.c: what a user entry says: secrets, files, a plugin, whom to impersonate. */
#include "drivers/kubernetes/kubeconfig_private.h"

#include "base/file.h"
#include "base/text.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Values. */

bool kube_complain(const struct json_at *at, struct err *err, const char *fmt, ...)
{
    char path[200], text[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(err, ERR_CONFIG, "%s %s", json_path(at, path, sizeof path), text);
}

bool kube_opt_text(const struct json_at *up, const char *key, const char **out, struct err *err)
{
    struct json_at at = json_key(up, key);

    return json_opt_text(&at, 4095, "", out, err);
}

bool kube_opt_raw(const struct json_at *up, const char *key, const char **out, struct err *err)
{
    struct json_at at = json_key(up, key);
    const char *raw = json_raw(at.value);

    if (!raw) /* absent, or of another type */
        return json_opt_text(&at, 16, "", out, err);
    *out = arena_strdup(up->arena, raw);
    return true;
}

bool kube_opt_bool(const struct json_at *up, const char *key, bool *out, struct err *err)
{
    struct json_at at = json_key(up, key);

    return json_opt_bool(&at, false, out, err);
}

static char *without_blanks(const char *text)
{
    char *out = xcalloc(strlen(text) + 1, 1);
    size_t len = 0;

    for (; *text; text++)
        if (!strchr(" \t\r\n", *text))
            out[len++] = *text;
    return out;
}

/* Yours; NULL when it is not base64 or not text. */
static char *decode_base64(const char *text)
{
    char *packed = without_blanks(text);
    size_t len = strlen(packed), fill = 0;
    char *out = xcalloc(len + 4, 1);

    while (fill < 2 && fill < len && packed[len - 1 - fill] == '=')
        fill++;
    int got = len % 4 || len > INT32_MAX
                  ? -1
                  : EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)packed, (int)len);
    bool good = got >= 0 && (size_t)got >= fill;
    if (good)
        out[(size_t)got - fill] = '\0';
    good = good && strlen(out) == (size_t)got - fill;
    explicit_bzero(packed, len);
    free(packed);
    if (good)
        return out;
    free(out);
    return NULL;
}

bool kube_opt_data(const struct json_at *up, const char *key, const char **out, struct err *err)
{
    struct json_at at = json_key(up, key);
    const char *encoded;

    if (!kube_opt_raw(up, key, &encoded, err))
        return false;
    char *plain = decode_base64(encoded);
    if (!plain)
        return kube_complain(&at, err, "is not base64 of a text");
    *out = arena_strdup(up->arena, plain);
    explicit_bzero(plain, strlen(plain));
    free(plain);
    return true;
}

const char *kube_resolve(const struct kube_entry *entry, const char *path)
{
    const char *slash = strrchr(entry->file->path, '/');

    if (path[0] == '/' || !path[0] || !slash)
        return path;
    return arena_printf(entry->root.arena, "%.*s/%s", (int)(slash - entry->file->path),
                        entry->file->path, path);
}

bool kube_opt_path(const struct kube_entry *entry, const char *key, const char **out,
                   struct err *err)
{
    if (!kube_opt_raw(&entry->body, key, out, err))
        return false;
    *out = kube_resolve(entry, *out);
    return true;
}

const char *kubeconfig_read_file(struct arena *arena, const char *path, const char *what,
                                 struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *name = xasprintf("the %s", what);
    size_t len = 0;
    char *text = file_read_open(fd, name, path, KUBECONFIG_PEM_MAX, &len, err);
    const char *kept = NULL;

    if (text && strlen(text) != len)
        err_set(err, ERR_CONFIG, "the %s %.200s is not a text", what, path);
    else if (text)
        kept = arena_strdup(arena, text);
    if (text)
        explicit_bzero(text, len);
    if (fd >= 0)
        close(fd);
    free(text);
    free(name);
    return kept;
}

/* Lists of strings, as they are. */
static bool read_strings(const struct json_at *up, const char *key, const char *const **out,
                         struct err *err)
{
    struct json_at at = json_key(up, key);
    size_t count = 0;

    if (at.value && !json_is_null(at.value) && !json_get_array(&at, &count, err))
        return false;
    if (count > KUBECONFIG_ENTRIES_MAX)
        return kube_complain(&at, err, "has more than %d entries", KUBECONFIG_ENTRIES_MAX);
    const char **list = arena_alloc(up->arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(&at, i);
        const char *raw = json_raw(item.value), *text;
        if (!raw) {
            json_get_text(&item, 16, &text, err); /* says what it found */
            return false;
        }
        list[i] = arena_strdup(up->arena, raw);
    }
    *out = list;
    return true;
}

/* Plugins. */

static bool read_env(const struct json_at *up, const char *const **out, struct err *err)
{
    struct json_at at = json_key(up, "env");
    size_t count = 0;

    if (at.value && !json_is_null(at.value) && !json_get_array(&at, &count, err))
        return false;
    if (count > KUBECONFIG_ENTRIES_MAX)
        return kube_complain(&at, err, "has more than %d entries", KUBECONFIG_ENTRIES_MAX);
    const char **list = arena_alloc(up->arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(&at, i);
        const char *name, *value;
        if (!json_get_object(&item, err) || !kube_opt_raw(&item, "name", &name, err) ||
            !kube_opt_raw(&item, "value", &value, err))
            return false;
        if (!name[0] || strchr(name, '='))
            return kube_complain(&item, err, "is no variable: it needs a name without '='");
        list[i] = arena_printf(up->arena, "%s=%s", name, value);
    }
    *out = list;
    return true;
}

static bool read_interactive(const struct json_at *at, struct kube_exec *out, struct err *err)
{
    static const char *const words[] = {
        [KUBE_NEVER] = "Never", [KUBE_IF_AVAILABLE] = "IfAvailable", [KUBE_ALWAYS] = "Always"};
    const char *word;

    if (!kube_opt_text(at, "interactiveMode", &word, err))
        return false;
    out->interactive = KUBE_IF_AVAILABLE;
    if (!word[0])
        return strcmp(out->api_version, "client.authentication.k8s.io/v1") != 0 ||
               kube_complain(at, err,
                             "needs interactiveMode: Never, IfAvailable or Always (its apiVersion "
                             "is v1)");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0) {
            out->interactive = (enum kube_interactive)i;
            return true;
        }
    return kube_complain(at, err,
                         "has interactiveMode '%.40s'; expected Never, IfAvailable or "
                         "Always",
                         word);
}

static bool check_api_version(const struct json_at *at, const char *version, struct err *err)
{
    if (strcmp(version, "client.authentication.k8s.io/v1") == 0 ||
        strcmp(version, "client.authentication.k8s.io/v1beta1") == 0)
        return true;
    if (strcmp(version, "client.authentication.k8s.io/v1alpha1") == 0)
        return kube_complain(at, err,
                             "uses client.authentication.k8s.io/v1alpha1, which kubectl has "
                             "removed; have the plugin's login command write the kubeconfig again "
                             "(as aws eks update-kubeconfig does)");
    return kube_complain(at, err,
                         "has apiVersion '%.80s'; expected client.authentication.k8s.io/v1 "
                         "or v1beta1",
                         version);
}

static bool read_exec(const struct kube_entry *entry, struct kube_exec *out, struct err *err)
{
    struct json_at at = json_key(&entry->body, "exec");

    if (!at.value || json_is_null(at.value))
        return true;
    if (!json_get_object(&at, err) || !kube_opt_text(&at, "apiVersion", &out->api_version, err) ||
        !check_api_version(&at, out->api_version, err) ||
        !kube_opt_raw(&at, "command", &out->command, err) ||
        !read_strings(&at, "args", &out->args, err) || !read_env(&at, &out->env, err) ||
        !kube_opt_text(&at, "installHint", &out->install_hint, err) ||
        !kube_opt_bool(&at, "provideClusterInfo", &out->provide_cluster, err) ||
        !read_interactive(&at, out, err))
        return false;
    if (!out->command[0])
        return kube_complain(&at, err, "has no command");
    if (strchr(out->command, '/'))
        out->command = kube_resolve(entry, out->command);
    out->distrusted = entry->file->distrusted ? entry->file->distrusted : "";
    return true;
}

/* What replaces the providers that kubectl once had built in. */
static bool refuse_auth_provider(const struct kube_entry *entry, struct err *err)
{
    static const struct {
        const char *name, *todo;
    } rows[] = {
        {"gcp", "install gke-gcloud-auth-plugin and run: gcloud container clusters get-credentials "
                "CLUSTER"},
        {"azure", "install kubelogin and run: kubelogin convert-kubeconfig"},
        {"oidc", "install kubelogin (int128) and use it as exec plugin"},
    };
    struct json_at at = json_key(&entry->body, "auth-provider"), named = json_key(&at, "name");
    const char *name = "", *todo = "use an exec plugin instead";
    struct err ignored = {0};

    if (!at.value || json_is_null(at.value))
        return true;
    json_opt_text(&named, 40, "", &name, &ignored);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            todo = rows[i].todo;
    return kube_complain(&at, err, "'%s' was removed from kubectl 1.26 and is not supported; %s",
                         name, todo);
}

/* Whom to impersonate. */

static bool read_extra(const struct json_at *up, const char *const **out, struct err *err)
{
    struct json_at at = json_key(up, "as-user-extra");
    const char *key;
    json_t *values;
    size_t count = 0;

    *out = arena_alloc(up->arena, 1, sizeof **out);
    if (!at.value || json_is_null(at.value))
        return true;
    if (!json_get_object(&at, err))
        return false;
    json_object_foreach((json_t *)(uintptr_t)at.value, key, values) count +=
        json_array_size(values);
    const char **list = arena_alloc(up->arena, 2 * count + 1, sizeof *list);
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)at.value, key, values)
    {
        const char *const *strings = NULL;
        if (!read_strings(&at, key, &strings, err))
            return false;
        for (size_t i = 0; strings && strings[i]; i++) {
            list[n++] = arena_strdup(up->arena, key);
            list[n++] = strings[i];
        }
    }
    *out = list;
    return true;
}

static bool read_impersonation(const struct json_at *at, struct kube_user *out, struct err *err)
{
    if (!kube_opt_raw(at, "as", &out->as, err) || !kube_opt_raw(at, "as-uid", &out->as_uid, err) ||
        !read_strings(at, "as-groups", &out->as_groups, err) ||
        !read_extra(at, &out->as_extra, err))
        return false;
    if (!out->as[0] && (out->as_uid[0] || out->as_groups[0] || out->as_extra[0]))
        return kube_complain(at, err,
                             "has as-uid, as-groups or as-user-extra without as: say whom to "
                             "impersonate");
    return true;
}

/* What kubectl refuses too. */
static bool check_user(const struct json_at *at, const struct kube_user *user, struct err *err)
{
    bool token = user->token[0] || user->token_file[0], basic = user->username[0];

    if (user->cert_file[0] && user->cert_pem[0])
        return kube_complain(at, err,
                             "has both client-certificate and client-certificate-data; remove one");
    if (user->key_file[0] && user->key_pem[0])
        return kube_complain(at, err, "has both client-key and client-key-data; remove one");
    bool cert = user->cert_file[0] || user->cert_pem[0];
    if (cert && !user->key_file[0] && !user->key_pem[0])
        return kube_complain(at, err,
                             "has a client certificate without client-key or client-key-data");
    if (!cert && (user->key_file[0] || user->key_pem[0]))
        return kube_complain(at, err, "has a client key without a client certificate");
    if (token && basic)
        return kube_complain(at, err, "has a token and a username; remove one of them");
    return true;
}

bool kube_read_user(const struct kube_entry *entry, struct kube_user *out, struct err *err)
{
    const struct json_at *at = &entry->body;

    *out = (struct kube_user){.name = "", .file = entry->file->path};
    return refuse_auth_provider(entry, err) && kube_opt_raw(at, "token", &out->token, err) &&
           kube_opt_path(entry, "tokenFile", &out->token_file, err) &&
           kube_opt_path(entry, "client-certificate", &out->cert_file, err) &&
           kube_opt_data(at, "client-certificate-data", &out->cert_pem, err) &&
           kube_opt_path(entry, "client-key", &out->key_file, err) &&
           kube_opt_data(at, "client-key-data", &out->key_pem, err) &&
           kube_opt_raw(at, "username", &out->username, err) &&
           kube_opt_raw(at, "password", &out->password, err) && read_exec(entry, &out->exec, err) &&
           read_impersonation(at, out, err) && check_user(at, out, err);
}
