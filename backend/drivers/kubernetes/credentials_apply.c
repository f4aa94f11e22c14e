/* credentials_apply.c: from what a context says to the settings of the HTTP client.
 *
 * As in client-go, nothing that proves who we are is sent to a server without TLS. */
#include "drivers/kubernetes/credentials_private.h"

#include "base/json.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Headers on their way into a configuration. */
struct headers {
    struct arena *arena;
    const char **lines;
    size_t count, cap;
};

static void add(struct headers *h, const char *line)
{
    if (h->count + 1 < h->cap)
        h->lines[h->count++] = line;
}

bool kube_access_wants_exec(const struct kube_access *access)
{
    const struct kube_user *user = &access->context.user;

    return access->tls && user->exec.api_version && !user->token[0] && !user->token_file[0] &&
           !user->username[0];
}

static const char *encode_basic(struct arena *arena, const struct kube_user *user)
{
    const char *both = arena_printf(arena, "%s:%s", user->username, user->password);
    size_t len = strlen(both);
    char *out = arena_alloc(arena, len / 3 * 4 + 8, 1);

    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)both, (int)len);
    return out;
}

/* A token without the blanks and line ends that files have. */
static const char *trimmed(struct arena *arena, const char *token)
{
    size_t len;

    token += strspn(token, " \t\r\n");
    len = strlen(token);
    while (len && strchr(" \t\r\n", token[len - 1]))
        len--;
    return arena_printf(arena, "%.*s", (int)len, token);
}

/* As client-go escapes what comes into the name of a header. */
static const char *escape_key(struct arena *arena, const char *key)
{
    static const char legal[] = "!#$&'*+-.^_`|~";
    char *out = arena_alloc(arena, 3 * strlen(key) + 1, 1);
    size_t n = 0;

    for (; *key; key++) {
        unsigned char c = (unsigned char)tolower((unsigned char)*key);
        if (isalnum(c) || strchr(legal, c))
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 4, "%%%02X", c);
    }
    return out;
}

static void add_impersonation(struct headers *h, const struct kube_user *user)
{
    if (!user->as || !user->as[0])
        return;
    add(h, arena_printf(h->arena, "Impersonate-User: %s", user->as));
    if (user->as_uid[0])
        add(h, arena_printf(h->arena, "Impersonate-Uid: %s", user->as_uid));
    for (size_t i = 0; user->as_groups[i]; i++)
        add(h, arena_printf(h->arena, "Impersonate-Group: %s", user->as_groups[i]));
    for (size_t i = 0; user->as_extra[i]; i += 2)
        add(h, arena_printf(h->arena, "Impersonate-Extra-%s: %s",
                            escape_key(h->arena, user->as_extra[i]), user->as_extra[i + 1]));
}

static size_t count_impersonation(const struct kube_user *user)
{
    size_t count = 4;

    for (size_t i = 0; user->as_groups && user->as_groups[i]; i++)
        count++;
    for (size_t i = 0; user->as_extra && user->as_extra[i]; i++)
        count++;
    return count;
}

static bool add_authorization(struct kube_access *access, struct headers *h, struct err *err)
{
    const struct kube_user *user = &access->context.user;
    const char *token = user->token[0] ? user->token : NULL;

    if (user->token_file[0]) {
        token = kubeconfig_read_file(h->arena, user->token_file, "token file", err);
        if (!token)
            return false;
        access->reread = true;
    } else if (kube_access_wants_exec(access) && access->exec_known) {
        token = access->exec.token;
    }
    if (token) {
        const char *plain = trimmed(h->arena, token);
        if (!*plain)
            return err_set(err, ERR_CONFIG, "the token%s%s is empty",
                           user->token_file[0] ? " in " : "", user->token_file);
        add(h, arena_printf(h->arena, "Authorization: Bearer %s", plain));
    } else if (user->username[0]) {
        add(h, arena_printf(h->arena, "Authorization: Basic %s", encode_basic(h->arena, user)));
    }
    add_impersonation(h, user);
    return true;
}

/* PEM text as given, or from its file; NULL without an error where there is neither. */
static bool find_pem(struct kube_access *access, struct arena *arena, const char *const source[2],
                     const char *what, const char **out, struct err *err)
{
    *out = source[0][0] ? source[0] : NULL;
    if (*out || !source[1][0])
        return true;
    access->reread = true;
    *out = kubeconfig_read_file(arena, source[1], what, err);
    return *out != NULL;
}

static bool find_identity(struct kube_access *access, struct arena *arena, struct http_config *out,
                          struct err *err)
{
    const struct kube_user *user = &access->context.user;
    const char *const cert[2] = {user->cert_pem, user->cert_file};
    const char *const key[2] = {user->key_pem, user->key_file};

    if (access->exec_known && kube_access_wants_exec(access) && access->exec.cert_pem) {
        out->cert_pem = access->exec.cert_pem;
        out->key_pem = access->exec.key_pem;
        return true;
    }
    return find_pem(access, arena, cert, "client certificate", &out->cert_pem, err) &&
           find_pem(access, arena, key, "client key", &out->key_pem, err);
}

static bool compose(struct kube_access *access, struct arena *arena, struct http_config *out,
                    struct err *err)
{
    const struct kube_cluster *cluster = &access->context.cluster;
    const char *const ca[2] = {cluster->ca_pem, cluster->ca_file};
    struct headers h = {.arena = arena};

    h.cap = count_impersonation(&access->context.user);
    h.lines = arena_alloc(arena, h.cap, sizeof *h.lines);
    *out = (struct http_config){
        .base_url = access->server,
        .proxy_url = access->proxy,
        .headers = h.lines,
        .read_only = access->place.read_only,
        .insecure = access->tls && cluster->insecure,
        .server_name = access->tls ? cluster->tls_server_name : "",
        .connect_ms = KUBE_CONNECT_MS,
        .total_ms = KUBE_TOTAL_MS,
        .body_max = JSON_BODY_MAX,
    };
    access->reread = false;
    if (!access->tls)
        return true;
    return find_pem(access, arena, ca, "certificate authority", &out->ca_pem, err) &&
           find_identity(access, arena, out, err) && add_authorization(access, &h, err);
}

bool kube_access_apply(struct kube_access *access, struct err *err)
{
    struct arena *arena = arena_new(8192);
    struct http_config config;
    bool done = compose(access, arena, &config, err);

    if (done && access->http)
        done = http_renew(access->http, &config, err);
    else if (done)
        done = (access->http = http_new(access->loop, &config, err)) != NULL;
    if (done) {
        access->read_ms = loop_now_ms(access->loop);
        access->stale = false;
    } else if (access->context.user.name[0]) {
        err_prefix(err, "user '%.60s'", access->context.user.name);
    }
    arena_free(arena);
    return done;
}

/* The pod's account. */

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value ? value : "";
}

bool kube_account_is_there(const struct kube_access *self)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/token", self->account);
    return variable("KUBERNETES_SERVICE_HOST")[0] && variable("KUBERNETES_SERVICE_PORT")[0] &&
           access(path, R_OK) == 0;
}

void kube_account_read(struct kube_access *access)
{
    const char *host = variable("KUBERNETES_SERVICE_HOST");
    bool v6 = strchr(host, ':') != NULL;
    struct err ignored = {0};

    arena_free(access->account_arena);
    struct arena *arena = access->account_arena = arena_new(1024);
    const char *scope_file = arena_printf(arena, "%s/namespace", access->account);
    const char *scope = variable("POD_NAMESPACE");
    if (!scope[0])
        scope = kubeconfig_read_file(arena, scope_file, "namespace file", &ignored);
    access->context = (struct kube_context){
        .name = "",
        .file = "",
        .scope = scope ? trimmed(arena, scope) : "",
        .cluster = {.name = "",
                    .file = "",
                    .server = arena_printf(arena, "https://%s%s%s:%s", v6 ? "[" : "", host,
                                           v6 ? "]" : "", variable("KUBERNETES_SERVICE_PORT")),
                    .tls_server_name = "",
                    .proxy_url = "",
                    .ca_file = arena_printf(arena, "%s/ca.crt", access->account),
                    .ca_pem = ""},
        .user = {.name = "the pod's account",
                 .file = "",
                 .token = "",
                 .token_file = arena_printf(arena, "%s/token", access->account),
                 .cert_file = "",
                 .cert_pem = "",
                 .key_file = "",
                 .key_pem = "",
                 .username = "",
                 .password = "",
                 .as = "",
                 .as_uid = ""},
    };
}
