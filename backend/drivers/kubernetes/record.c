/* record.c: ledger records, one ConfigMap each, beside the service they are about.
 *
 * "shop/deployment.billing" is the ConfigMap lockstep.deployment.billing in the namespace shop;
 * what is about no namespace lies in `default`, which every cluster has and every operator finds. A
 * key that cannot be a name is replaced by its hash; the annotation lockstep.key always has it. */
#include "drivers/kubernetes/record.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/collect.h"
#include "drivers/kubernetes/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_LABEL "lockstep.record"
#define RECORD_KEY   "lockstep.key"
#define RECORD_DATA  "record"

enum { RECORD_MAX = 900 << 10 }; /* the server takes 1 MiB for all of a ConfigMap */

static bool is_name(const char *text, size_t max)
{
    size_t len = strlen(text);

    if (len == 0 || len > max || strstr(text, "..") || strstr(text, ".-") || strstr(text, "-."))
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len && text[0] != '-' &&
           text[0] != '.' && text[len - 1] != '-' && text[len - 1] != '.';
}

void record_place(const char *key, struct record_place *out)
{
    const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
    char hash[HASH_TEXT];

    if (slash)
        snprintf(out->scope, sizeof out->scope, "%.*s", (int)(slash - key), key);
    else
        snprintf(out->scope, sizeof out->scope, RECORD_HOME);
    if (strcmp(key, "@cluster") == 0)
        name = "cluster";
    bool fits = is_name(name, 240) && strncmp(name, "h-", 2) != 0 &&
                (!slash || ((size_t)(slash - key) < sizeof out->scope && is_name(out->scope, 63) &&
                            !strchr(out->scope, '.')));
    if (fits) {
        snprintf(out->name, sizeof out->name, "lockstep.%s", name);
        return;
    }
    hash_sha256_text(key, strlen(key), hash);
    snprintf(out->scope, sizeof out->scope, RECORD_HOME);
    snprintf(out->name, sizeof out->name, "lockstep.h-%.32s", hash);
}

struct entry {
    struct op op;
    char *key, *text;
    bool creates;
    driver_ledger_fn *fn;
    driver_list_fn *list;
    void *arg;
    /* listing */
    struct arena *arena;
    const char **keys;
    size_t count, cap;
    size_t at, listed; /* scope that is being listed; how many could be */
    bool narrow;       /* the whole cluster is forbidden */
    struct err denied;
};

static void drop_entry(struct op *op)
{
    struct entry *entry = (struct entry *)(void *)op;

    free(entry->key);
    free(entry->text);
    free(entry->keys);
    arena_free(entry->arena);
    free(entry);
}

static struct entry *new_entry(struct driver *driver, const char *key, driver_ledger_fn *fn,
                               void *arg)
{
    struct entry *entry = xcalloc(1, sizeof *entry);

    entry->key = xstrdup(key);
    entry->fn = fn;
    entry->arg = arg;
    api_op_begin(kube_of(driver), &entry->op, drop_entry);
    return entry;
}

static void end_entry(struct entry *entry, const json_t *object, const struct err *err)
{
    driver_ledger_fn *fn = entry->fn;
    void *arg = entry->arg;
    const json_t *data = json_object_get(json_object_get(object, "data"), RECORD_DATA);
    const char *text = json_raw(data);
    struct err copy = *err;

    if (object && copy.code == ERR_NONE &&
        (!text || strcmp(kube_annotation(object, RECORD_KEY), entry->key) != 0))
        err_set(&copy, ERR_REJECTED,
                "the ConfigMap for the record of %s is not lockstep's; remove or rename it",
                entry->key);
    const char *revision =
        copy.code == ERR_NONE ? kube_raw(object, "metadata/resourceVersion") : "";
    op_end(&entry->op);
    fn(arg, copy.code == ERR_NONE ? text : NULL, revision, err_or_null(&copy));
}

static char *path_of(const char *key)
{
    struct record_place place;

    record_place(key, &place);
    return xasprintf("/api/v1/namespaces/%s/configmaps/%s", place.scope, place.name);
}

static void on_got(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    struct err err = {0};
    json_t *object = api_parse(answer, failed, "reading the release record", &err);

    (void)sent;
    if (err.code == ERR_NOT_FOUND)
        err = (struct err){0}; /* no record: not an error */
    end_entry(entry, object, &err);
    json_decref(object);
}

void kube_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, key, fn, arg);

    api_get(kube_of(driver), path_of(key), on_got, entry);
}

static void on_put(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    const struct kube_request request = {.method = entry->creates ? "POST" : "PATCH"};
    struct err err = {0}, ignored = {0};
    json_t *object = NULL;

    if (api_judge(answer, sent, failed, &request, "writing the release record", &err)) {
        object = json_parse(answer->body, answer->body_len, "the record", &ignored);
    } else if (err.code == ERR_NOT_FOUND && !entry->creates) {
        err.code = ERR_CONFLICT; /* expected and gone: changed by somebody, too */
    }
    end_entry(entry, object, &err);
    json_decref(object);
}

static void too_large(void *arg)
{
    struct entry *entry = arg;
    struct err err = {0};

    err_set(&err, ERR_LIMIT, "the release record of %s is larger than %d KiB", entry->key,
            RECORD_MAX >> 10);
    end_entry(entry, NULL, &err);
}

void kube_ledger_put(struct driver *driver, const char *key, const char *text, const char *expected,
                     driver_ledger_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, key, fn, arg);
    struct record_place place;

    if (strlen(text) > RECORD_MAX) {
        api_later(kube_of(driver), 0, too_large, entry);
        return;
    }
    record_place(key, &place);
    entry->creates = !expected[0];
    json_t *meta = json_pack("{s:s, s:{s:s}, s:{s:s}}", "name", place.name, "labels", RECORD_LABEL,
                             "1", "annotations", RECORD_KEY, key);
    json_t *body = json_pack("{s:s, s:s, s:o, s:{s:s}}", "apiVersion", "v1", "kind", "ConfigMap",
                             "metadata", meta, "data", RECORD_DATA, text);
    if (entry->creates) {
        char *path =
            xasprintf("/api/v1/namespaces/%s/configmaps?fieldManager=lockstep", place.scope);
        api_send(kube_of(driver), "POST", path, "application/json", body, on_put, entry);
    } else {
        json_object_set_new(meta, "resourceVersion", json_string(expected));
        char *path = xasprintf("/api/v1/namespaces/%s/configmaps/%s?fieldManager=lockstep",
                               place.scope, place.name);
        api_send(kube_of(driver), "PATCH", path, "application/merge-patch+json", body, on_put,
                 entry);
    }
    json_decref(body);
}

const char *record_key(const json_t *object, struct arena *arena)
{
    return kube_clean(arena, kube_annotation(object, RECORD_KEY), TEXT_NAME_MAX * 2);
}

static void on_listed_item(void *arg, json_t *item)
{
    struct entry *entry = arg;
    const char *key = record_key(item, entry->arena);

    if (key[0]) {
        ARRAY_RESERVE(entry->keys, entry->cap, entry->count + 1);
        entry->keys[entry->count++] = key;
    }
    json_decref(item);
}

/* The namespaces that records are looked for in, one after the other: those that are followed;
 * where all are, the whole cluster, or else, where that is forbidden, the context's own. And their
 * home. */
static const char *scope_at(const struct entry *entry, size_t at)
{
    const struct kube_place *place = kube_access_place(op_kube(&entry->op)->access);

    if (entry->narrow)
        return at == 0 ? place->namespace : at == 1 ? RECORD_HOME : NULL;
    if (!place->namespace_count)
        return at == 0 ? "" : NULL;
    return at < place->namespace_count    ? place->namespaces[at]
           : at == place->namespace_count ? RECORD_HOME
                                          : NULL;
}

static bool was_listed(const struct entry *entry)
{
    for (size_t i = 0; i < entry->at; i++)
        if (strcmp(scope_at(entry, i), scope_at(entry, entry->at)) == 0)
            return true;
    return false;
}

static void end_list(struct entry *entry, const struct err *err)
{
    driver_list_fn *fn = entry->list;
    void *fn_arg = entry->arg;
    const char **keys = entry->keys;
    struct arena *arena = entry->arena;
    size_t count = entry->count;
    struct err copy = *err;

    entry->keys = NULL;
    entry->arena = NULL;
    op_end(&entry->op);
    fn(fn_arg, keys, copy.code != ERR_NONE ? 0 : count, err_or_null(&copy));
    free(keys);
    arena_free(arena);
}

static void list_next(struct entry *entry);

/* What may not be looked at is not seen, here as everywhere; unless that is all there is. */
static void on_list(void *arg, const struct err *err)
{
    struct entry *entry = arg;
    const struct err none = {0};

    if (err && err->code == ERR_AUTH && !scope_at(entry, entry->at)[0]) {
        entry->narrow = true;
        list_next(entry);
        return;
    }
    if (err && err->code != ERR_AUTH) {
        end_list(entry, err);
        return;
    }
    if (err)
        entry->denied = *err;
    entry->listed += !err;
    entry->at++;
    while (scope_at(entry, entry->at) && was_listed(entry))
        entry->at++;
    if (scope_at(entry, entry->at))
        list_next(entry);
    else
        end_list(entry, entry->listed ? &none : &entry->denied);
}

static void list_next(struct entry *entry)
{
    const char *scope = scope_at(entry, entry->at);
    char path[160] = "/api/v1/configmaps";

    if (scope[0])
        snprintf(path, sizeof path, "/api/v1/namespaces/%.80s/configmaps", scope);
    const struct collect list = {
        "listing release records", path, KUBE_RECORD_SELECTOR, on_listed_item, on_list, entry, 0};
    collect_start(op_kube(&entry->op), &list);
}

void kube_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, "", NULL, arg);

    entry->list = fn;
    entry->arena = arena_new(1024);
    list_next(entry);
}
