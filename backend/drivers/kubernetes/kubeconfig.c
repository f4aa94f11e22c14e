/* kubeconfig.c: finding the files, merging them, and what a context and its cluster say. */
#include "drivers/kubernetes/kubeconfig.h"

#include "base/near.h"
#include "base/text.h"
#include "drivers/kubernetes/kubeconfig_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct kubeconfig {
    struct arena *arena;
    struct kube_file files[KUBECONFIG_FILES_MAX];
    size_t file_count;
    const char *paths, *current;
};

/* Files. */

static bool is_blank(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *first = line + strspn(line, " \t\r");
        if (*first && *first != '\n' && *first != '#' && strncmp(first, "---", 3) != 0)
            return false;
    }
    return true;
}

/* A command in a file that others can write would be theirs to choose. */
static const char *distrust(struct arena *arena, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return "";
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return arena_printf(arena, "%s belongs to another user", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return arena_printf(arena, "others may write to %s; run: chmod go-w '%s'", path, path);
    return "";
}

static bool read_file(struct kubeconfig *k, const char *path, struct err *err)
{
    struct kube_file *file = &k->files[k->file_count];

    if (k->file_count == KUBECONFIG_FILES_MAX)
        return err_set(err, ERR_LIMIT, "KUBECONFIG names more than %d files", KUBECONFIG_FILES_MAX);
    *file = (struct kube_file){.path = text_clean(k->arena, path, strlen(path), 4095)};
    file->root = json_parse_file_text(path, &file->text, &file->len, err);
    if (!file->root && err->code == ERR_CONFIG && file->text == NULL) {
        /* nothing but comments is a file without entries */
        struct err ignored = {0};
        const char *text = kubeconfig_read_file(k->arena, path, "kubeconfig", &ignored);
        if (!text || !is_blank(text))
            return false;
        *err = (struct err){0};
        return true;
    }
    if (!file->root)
        return false;
    file->distrusted = distrust(k->arena, path);
    k->file_count++;
    struct json_at root = json_root(file->root, file->path, k->arena);
    root.text = file->text;
    root.text_len = file->len;
    root.code = ERR_CONFIG;
    return json_is_null(file->root) || json_get_object(&root, err);
}

static bool is_there(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static bool seen_before(char *const *paths, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i], path) == 0)
            return true;
    return false;
}

/* Reads what KUBECONFIG lists; false without an error: none of it is there. */
static bool read_list(struct kubeconfig *k, const char *list, struct err *err)
{
    char *paths[KUBECONFIG_FILES_MAX];
    size_t count = 0, found = 0;

    for (const char *at = list; *at && count < KUBECONFIG_FILES_MAX;) {
        size_t len = strcspn(at, ":");
        char *path = xstrndup(at, len);
        if (len && !seen_before(paths, count, path))
            paths[count++] = path;
        else
            free(path);
        at += len + (at[len] == ':');
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (good && is_there(paths[i])) {
            found++;
            good = read_file(k, paths[i], err);
        }
        free(paths[i]);
    }
    return good && found > 0;
}

static void enter_file(const struct kubeconfig *k, const struct kube_file *file, const char *list,
                       struct kube_entry *out)
{
    *out = (struct kube_entry){.file = file, .root = json_root(file->root, file->path, k->arena)};
    out->root.text = file->text;
    out->root.text_len = file->len;
    out->root.code = ERR_CONFIG;
    out->list = json_key(&out->root, list);
}

static bool note_files(struct kubeconfig *k, struct err *err)
{
    for (size_t i = 0; i < k->file_count; i++) {
        struct kube_entry entry;
        const char *name = "";
        enter_file(k, &k->files[i], "current-context", &entry);
        k->paths = arena_printf(k->arena, "%s%s%s", k->paths, i ? ", " : "", k->files[i].path);
        if (!json_opt_text(&entry.list, TEXT_NAME_MAX, "", &name, err))
            return false;
        if (!k->current[0])
            k->current = name;
    }
    return true;
}

struct kubeconfig *kubeconfig_load(const char *file, struct err *err)
{
    struct kubeconfig *k = xcalloc(1, sizeof *k);
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    bool found = false;

    k->arena = arena_new(4096);
    if (file && *file) {
        found = read_file(k, file, err);
    } else if (list && *list) {
        found = read_list(k, list, err);
        if (!found && err->code == ERR_NONE)
            err_set(err, ERR_CONFIG, "KUBECONFIG=%.200s names no file that is there", list);
    } else if (home && home[0] == '/') {
        const char *path = arena_printf(k->arena, "%s/.kube/config", home);
        found = is_there(path) && read_file(k, path, err);
    }
    k->paths = k->current = "";
    if (!found || !note_files(k, err)) {
        kubeconfig_free(k);
        return NULL;
    }
    return k;
}

void kubeconfig_free(struct kubeconfig *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < KUBECONFIG_FILES_MAX; i++) {
        if (k->files[i].text)
            explicit_bzero(k->files[i].text, k->files[i].len);
        free(k->files[i].text);
        json_decref(k->files[i].root);
    }
    arena_free(k->arena);
    free(k);
}

const char *kubeconfig_current(const struct kubeconfig *k)
{
    return k->current;
}

const char *kubeconfig_files(const struct kubeconfig *k)
{
    return k->paths;
}

/* Entries. */

/* False with an error when the list is not one; an absent one has no entries. */
static bool list_size(const struct kube_entry *entry, size_t *count, struct err *err)
{
    *count = 0;
    if (!entry->list.value || json_is_null(entry->list.value))
        return true;
    if (!json_get_array(&entry->list, count, err))
        return false;
    return *count <= KUBECONFIG_ENTRIES_MAX || err_set(err, ERR_LIMIT, "%s: more than %d entries",
                                                       entry->file->path, KUBECONFIG_ENTRIES_MAX);
}

/* True when the file has it; the entry stays at the found item. */
static bool find_in_file(struct kube_entry *entry, const char *name, const char *key, size_t count,
                         struct err *err)
{
    bool found = false;

    for (size_t i = 0; i < count && err->code == ERR_NONE; i++) {
        struct json_at item = json_index(&entry->list, i), named = json_key(&item, "name");
        const char *text;
        if (!json_get_object(&item, err) || !json_get_text(&named, TEXT_NAME_MAX, &text, err) ||
            strcmp(text, name) != 0)
            continue;
        if (found)
            return kube_complain(&item, err, "there is another entry called '%s' in this file",
                                 name);
        found = true;
        entry->item = item;
    }
    if (!found || err->code != ERR_NONE)
        return false;
    entry->body = json_key(&entry->item, key);
    return json_get_object(&entry->body, err);
}

/* False without an error: no file has it. */
static bool find_entry(const struct kubeconfig *k, const char *list, const char *key,
                       const char *name, struct kube_entry *out, struct err *err)
{
    for (size_t i = 0; i < k->file_count; i++) {
        size_t count;
        enter_file(k, &k->files[i], list, out);
        if (!list_size(out, &count, err))
            return false;
        if (find_in_file(out, name, key, count, err))
            return true;
        if (err->code != ERR_NONE)
            return false;
    }
    return false;
}

size_t kubeconfig_names(const struct kubeconfig *k, const char **names, size_t max)
{
    size_t stored = 0;

    for (size_t f = 0; f < k->file_count; f++) {
        struct kube_entry entry;
        struct err ignored = {0};
        size_t count;
        enter_file(k, &k->files[f], "contexts", &entry);
        if (!list_size(&entry, &count, &ignored))
            continue;
        for (size_t i = 0; i < count && stored < max; i++) {
            struct json_at item = json_index(&entry.list, i), name = json_key(&item, "name");
            bool known = !json_get_text(&name, TEXT_NAME_MAX, &names[stored], &ignored);
            for (size_t j = 0; j < stored && !known; j++)
                known = strcmp(names[j], names[stored]) == 0;
            stored += !known;
        }
    }
    return stored;
}

/* What a cluster says. */

/* As client-go: without a scheme it is https where TLS settings are there. */
static const char *whole_server(struct arena *arena, const char *server, bool tls)
{
    size_t len = strcspn(server, "?#");
    const char *scheme = strstr(server, "://") ? "" : tls ? "https://" : "http://";

    while (len && server[len - 1] == '/')
        len--;
    return arena_printf(arena, "%s%.*s", scheme, (int)len, server);
}

/* The extension that a credential plugin is handed; its JSON text or NULL. */
static const char *find_exec_config(struct arena *arena, const json_t *body)
{
    static const char wanted[] = "client.authentication.k8s.io/exec";
    const json_t *extensions = json_object_get(body, "extensions");
    json_t *item;
    size_t i;

    json_array_foreach(extensions, i, item)
    {
        const char *name = json_raw(json_object_get(item, "name"));
        if (name && strcmp(name, wanted) == 0 && json_object_get(item, "extension")) {
            char *text = json_text(json_object_get(item, "extension"));
            const char *kept = arena_strdup(arena, text);
            free(text);
            return kept;
        }
    }
    return NULL;
}

static bool read_cluster(struct kubeconfig *k, const char *name, struct kube_cluster *out,
                         struct err *err)
{
    struct kube_entry entry;
    const struct json_at *at = &entry.body;
    const char *server = "";

    if (!find_entry(k, "clusters", "cluster", name, &entry, err))
        return false;
    *out = (struct kube_cluster){.name = name, .file = entry.file->path};
    if (!kube_opt_text(at, "server", &server, err) ||
        !kube_opt_text(at, "tls-server-name", &out->tls_server_name, err) ||
        !kube_opt_raw(at, "proxy-url", &out->proxy_url, err) ||
        !kube_opt_path(&entry, "certificate-authority", &out->ca_file, err) ||
        !kube_opt_data(at, "certificate-authority-data", &out->ca_pem, err) ||
        !kube_opt_bool(at, "insecure-skip-tls-verify", &out->insecure, err) ||
        !kube_opt_bool(at, "disable-compression", &out->no_compression, err))
        return false;
    if (!server[0])
        return kube_complain(at, err, "has no server; expected https://host:port");
    if (out->ca_file[0] && out->ca_pem[0])
        return kube_complain(at, err,
                             "has both certificate-authority and certificate-authority-data; "
                             "remove one");
    bool ca = out->ca_file[0] || out->ca_pem[0];
    if (ca && out->insecure)
        return kube_complain(at, err,
                             "has a certificate authority and insecure-skip-tls-verify; remove "
                             "insecure-skip-tls-verify");
    out->server = whole_server(k->arena, server, ca || out->insecure);
    out->exec_config = find_exec_config(k->arena, at->value);
    return true;
}

static bool no_context(struct kubeconfig *k, const char *name, struct err *err)
{
    const char *names[64];
    char hint[NEAR_TEXT];
    size_t count = kubeconfig_names(k, names, ARRAY_LEN(names));

    if (!name[0])
        return err_set(err, ERR_CONFIG,
                       "%s: has no current-context; run: kubectl config use-context NAME, or "
                       "give --context NAME",
                       k->paths[0] ? k->paths : "the kubeconfig");
    near_suggest(name, names, count, hint);
    return err_set(err, ERR_CONFIG,
                   "%s: there is no context '%.100s'.%s kubectl config get-contexts lists them",
                   k->paths[0] ? k->paths : "the kubeconfig", name, hint);
}

/* What a context points to and no file has. */
static bool missing(const struct kube_entry *entry, const char *what, const char *name,
                    struct err *err)
{
    if (err->code != ERR_NONE)
        return false;
    return kube_complain(&entry->body, err, "names the %s '%.100s', and there is no such entry",
                         what, name);
}

bool kubeconfig_find(struct kubeconfig *k, const char *context, struct kube_context *out,
                     struct err *err)
{
    const char *name = context && *context ? context : k->current, *cluster, *user;
    struct kube_entry entry, user_entry;

    *out = (struct kube_context){.name = ""};
    if (!name[0] || !find_entry(k, "contexts", "context", name, &entry, err))
        return err->code == ERR_NONE ? no_context(k, name, err) : false;
    out->name = arena_strdup(k->arena, name);
    out->file = entry.file->path;
    if (!kube_opt_text(&entry.body, "namespace", &out->scope, err) ||
        !kube_opt_text(&entry.body, "cluster", &cluster, err) ||
        !kube_opt_text(&entry.body, "user", &user, err))
        return false;
    if (!cluster[0])
        return kube_complain(&entry.body, err, "names no cluster");
    if (!read_cluster(k, cluster, &out->cluster, err))
        return missing(&entry, "cluster", cluster, err);
    if (!user[0]) {
        struct json_at nobody = json_root(NULL, "", k->arena);
        struct kube_entry none = {.file = entry.file, .root = nobody, .body = nobody};
        return kube_read_user(&none, &out->user, err);
    }
    if (!find_entry(k, "users", "user", user, &user_entry, err))
        return missing(&entry, "user", user, err);
    if (!kube_read_user(&user_entry, &out->user, err))
        return false;
    out->user.name = user;
    return true;
}
