/* beside.c: see beside.h. One after the other: what a kind is called in a path is asked first, once
 * for each group of kinds. */
#include "drivers/kubernetes/beside.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/api.h"
#include "drivers/kubernetes/differ.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asking {
    struct op op;
    char ref[KUBE_MANIFEST_REF]; /* another manifest may have come meanwhile */
    char *scope;
    size_t at;
    char *prefix;  /* of the kinds that are known */
    json_t *kinds; /* APIResourceList of it */
    void (*done)(void *arg);
    void *arg;
};

/* ---- pure ---- */

void kube_beside_name(const json_t *object, char *out, size_t size)
{
    char raw[400];
    const char *kind = kube_raw(object, "kind"), *name = kube_raw(object, "metadata/name");

    snprintf(raw, sizeof raw, "%.60s %.200s", kind[0] ? kind : "something", name);
    text_clean_into(out, size, raw, strlen(raw));
}

static void set_state(struct kube_beside *beside, enum kube_beside_state state, const char *why)
{
    beside->state = state;
    text_clean_into(beside->why, sizeof beside->why, why, strlen(why));
}

void kube_beside_judge(struct kube_beside *beside, const char *file, const json_t *live)
{
    struct arena *arena = arena_new(512);
    struct json_at root = json_root(beside->object, file, arena);
    struct kube_differing d = {.text = ""};

    root.text = beside->text;
    root.text_len = beside->len;
    if (live)
        kube_differ_object(&d, &root, live);
    if (!live) {
        snprintf(d.text, sizeof d.text, "%.200s: line %zu: it is not in the cluster", file,
                 beside->line);
        d.count++;
    }
    set_state(beside, d.count ? BESIDE_DIFFERS : BESIDE_SAME, d.text);
    arena_free(arena);
}

static size_t sum_of(const struct kube_manifest *manifest, enum kube_beside_state state,
                     const char *words, char *out, size_t size, size_t len)
{
    const char *before = words;

    for (size_t i = 0; i < manifest->beside_count && len < size; i++) {
        const struct kube_beside *beside = &manifest->besides[i];
        bool unknown = state == BESIDE_UNKNOWN;
        if (beside->state != state)
            continue;
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s (line %zu%s%.80s)", before, beside->name,
                             beside->line, unknown ? ": " : "", unknown ? beside->why : "");
        before = ", ";
    }
    return len;
}

void kube_beside_sum(const struct kube_manifest *manifest, char *out, size_t size)
{
    char text[1000];
    size_t len = 0;

    out[0] = '\0';
    if (manifest->beside_count == 0)
        return;
    len = (size_t)snprintf(text, sizeof text, "%.300s: only its pod template is started",
                           manifest->file);
    len = sum_of(manifest, BESIDE_UNKNOWN, "; not known: ", text, sizeof text, len);
    sum_of(manifest, BESIDE_SAME, "; as in the cluster: ", text, sizeof text, len);
    text_clean_into(out, size, text, strlen(text));
}

/* "/api/v1", "/apis/GROUP/VERSION"; NULL when apiVersion is none. */
static char *prefix_of(const json_t *object)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    const char *version = kube_raw(object, "apiVersion"), *slash = strchr(version, '/');
    size_t group = strspn(version, safe);

    if (strstr(version, ".."))
        return NULL;
    if (!slash)
        return version[0] && !version[group] ? xasprintf("/api/%s", version) : NULL;
    if (version + group != slash || group == 0 || !slash[1] || slash[1 + strspn(slash + 1, safe)])
        return NULL;
    return xasprintf("/apis/%s", version);
}

/* What the kind is called in a path; NULL: the server does not have it. */
static const char *resource_of(const json_t *kinds, const char *kind, bool *scoped)
{
    const json_t *list = json_object_get(kinds, "resources"), *row;
    size_t i;

    json_array_foreach(list, i, row)
    {
        const char *name = kube_raw(row, "name");
        if (strcmp(kube_raw(row, "kind"), kind) != 0 || strchr(name, '/'))
            continue;
        *scoped = json_is_true(json_object_get(row, "namespaced"));
        return name;
    }
    return NULL;
}

/* ---- asking ---- */

static void drop(struct op *op)
{
    struct asking *asking = (struct asking *)(void *)op;

    free(asking->scope);
    free(asking->prefix);
    json_decref(asking->kinds);
    free(asking);
}

static struct kube_beside *current(struct asking *asking)
{
    struct kube_manifest *manifest = &op_kube(&asking->op)->manifest;
    bool same = strcmp(manifest->ref, asking->ref) == 0;

    while (same && asking->at < manifest->beside_count &&
           manifest->besides[asking->at].state != BESIDE_UNASKED)
        asking->at++;
    return same && asking->at < manifest->beside_count ? &manifest->besides[asking->at] : NULL;
}

static void ask_next(struct asking *asking);

static void on_object(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct asking *asking = arg;
    struct kube_beside *beside = current(asking);
    struct err err = {0};

    (void)sent;
    if (beside) {
        json_t *live = api_parse(answer, failed, "reading it", &err);
        if (live || err.code == ERR_NOT_FOUND)
            kube_beside_judge(beside, op_kube(&asking->op)->manifest.file, live);
        else
            set_state(beside, BESIDE_UNKNOWN, err.text);
        json_decref(live);
    }
    ask_next(asking);
}

static void ask_object(struct asking *asking, struct kube_beside *beside)
{
    const char *scope = kube_raw(beside->object, "metadata/namespace");
    bool scoped = false;
    const char *resource = resource_of(asking->kinds, kube_raw(beside->object, "kind"), &scoped);

    if (!resource) {
        set_state(beside, BESIDE_UNKNOWN, "the server does not say that it has such a kind");
        ask_next(asking);
        return;
    }
    char *in = http_escape(scope[0] ? scope : asking->scope);
    char *name = http_escape(kube_raw(beside->object, "metadata/name"));
    char *what = http_escape(resource);
    char *path = scoped ? xasprintf("%s/namespaces/%s/%s/%s", asking->prefix, in, what, name)
                        : xasprintf("%s/%s/%s", asking->prefix, what, name);
    free(in);
    free(name);
    free(what);
    api_get(op_kube(&asking->op), path, on_object, asking);
}

static void on_kinds(void *arg, const struct http_answer *answer, bool sent,
                     const struct err *failed)
{
    struct asking *asking = arg;
    struct kube_beside *beside = current(asking);
    struct err err = {0};

    (void)sent;
    asking->kinds = api_parse(answer, failed, "asking for its kind", &err);
    if (beside && asking->kinds) {
        ask_object(asking, beside);
        return;
    }
    if (beside)
        set_state(beside, BESIDE_UNKNOWN, err.text);
    free(asking->prefix);
    asking->prefix = NULL;
    ask_next(asking);
}

static void finish(struct asking *asking)
{
    void (*done)(void *arg) = asking->done;
    void *arg = asking->arg;

    op_end(&asking->op);
    done(arg);
}

/* False: it is decided without a question. */
static bool is_asked(struct kube_beside *beside)
{
    const char *kind = kube_raw(beside->object, "kind");

    if (strcmp(kind, "Secret") == 0)
        set_state(beside, BESIDE_UNKNOWN, "secrets are not read");
    else if (!kind[0] || !kube_raw(beside->object, "metadata/name")[0])
        set_state(beside, BESIDE_UNKNOWN, "it says no kind or no name");
    return beside->state == BESIDE_UNASKED;
}

static void ask_next(struct asking *asking)
{
    struct kube_beside *beside;
    char *prefix = NULL;

    while ((beside = current(asking)) &&
           !(is_asked(beside) && (prefix = prefix_of(beside->object))))
        if (beside->state == BESIDE_UNASKED)
            set_state(beside, BESIDE_UNKNOWN, "its apiVersion is none");
    if (!beside) {
        finish(asking);
        return;
    }
    if (asking->kinds && asking->prefix && strcmp(prefix, asking->prefix) == 0) {
        free(prefix);
        ask_object(asking, beside);
        return;
    }
    json_decref(asking->kinds);
    free(asking->prefix);
    asking->kinds = NULL;
    asking->prefix = prefix;
    api_get(op_kube(&asking->op), xstrdup(prefix), on_kinds, asking);
}

static void begin(void *arg)
{
    ask_next(arg);
}

void kube_beside_ask(struct kube *kube, const char *scope, void (*done)(void *arg), void *arg)
{
    struct asking *asking = xcalloc(1, sizeof *asking);

    snprintf(asking->ref, sizeof asking->ref, "%s", kube->manifest.ref);
    asking->scope = xstrdup(scope);
    asking->done = done;
    asking->arg = arg;
    api_op_begin(kube, &asking->op, drop);
    api_later(kube, 0, begin, asking);
}
