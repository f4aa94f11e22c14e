/* manifest.c: see manifest.h. */
#include "drivers/kubernetes/manifest.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS_MAX = 200, NAMED_MAX = 3 };

void kube_manifest_release(struct kube_manifest *manifest)
{
    free(manifest->service_id);
    free(manifest->file);
    free(manifest->text);
    json_decref(manifest->object);
    *manifest = (struct kube_manifest){.ref = ""};
}

/* ---- documents ---- */

/* The next document of a file: its bytes and the number of the lines before it. False at the end.
 */
struct documents {
    const char *at, *end;
    size_t line;
};

static bool ends_document(const char *line, size_t len)
{
    return len >= 3 && strncmp(line, "---", 3) == 0 &&
           (len == 3 || line[3] == ' ' || line[3] == '\r' || line[3] == '\t');
}

static bool next_document(struct documents *documents, const char **text, size_t *len, size_t *line)
{
    if (documents->at >= documents->end)
        return false;
    *text = documents->at;
    *line = documents->line;
    while (documents->at < documents->end) {
        size_t left = (size_t)(documents->end - documents->at);
        const char *stop = memchr(documents->at, '\n', left);
        size_t of_line = stop ? (size_t)(stop - documents->at) : left;
        bool over = ends_document(documents->at, of_line);
        *len = (size_t)(documents->at - *text) + (over ? 0 : of_line + (stop != NULL));
        documents->at += of_line + (stop != NULL);
        documents->line++;
        if (over)
            break;
    }
    return true;
}

static bool is_blank(const char *text, size_t len)
{
    while (len > 0) {
        size_t skip = 0;
        while (skip < len && strchr(" \t\r\n", text[skip]) && text[skip])
            skip++;
        text += skip;
        len -= skip;
        if (len == 0)
            return true;
        if (*text != '#')
            return false;
        const char *stop = memchr(text, '\n', len);
        skip = stop ? (size_t)(stop - text) : len;
        text += skip;
        len -= skip;
    }
    return true;
}

/* ---- what is meant ---- */

struct meant {
    enum kube_kind kind;
    char scope[64], name[254];
};

static bool is_meant(const struct meant *meant, const json_t *object)
{
    const char *scope = kube_raw(object, "metadata/namespace");

    return strcmp(kube_raw(object, "kind"), kube_kinds[meant->kind].owner) == 0 &&
           strcmp(kube_raw(object, "metadata/name"), meant->name) == 0 &&
           (!scope[0] || strcmp(scope, meant->scope) == 0);
}

static void note_other(char *others, size_t size, const json_t *object, size_t line)
{
    size_t len = strlen(others);

    snprintf(others + len, size - len, "%s%.40s %.60s (line %zu)", len ? ", " : "",
             kube_raw(object, "kind"), kube_raw(object, "metadata/name"), line);
}

/* The document with empty lines in front, so that its lines have the numbers of the file. */
static char *placed(const char *text, size_t len, size_t lines)
{
    char *out = xcalloc(lines + len + 1, 1);

    memset(out, '\n', lines);
    memcpy(out + lines, text, len);
    return out;
}

static bool take_document(struct kube_manifest *out, const struct meant *meant, const char *text,
                          size_t len, size_t line, char *others, size_t size, struct err *err)
{
    char *whole = placed(text, len, line);
    json_t *object = json_parse_yaml(whole, line + len, out->file, err);

    if (!object) {
        err->code = ERR_CONFIG;
        free(whole);
        return false;
    }
    if (!is_meant(meant, object) || out->object) {
        note_other(others, size, object, line + 1);
        json_decref(object);
        free(whole);
        return true;
    }
    out->object = object;
    out->text = whole;
    out->len = line + len;
    return true;
}

bool kube_manifest_read(struct kube_manifest *out, const char *service_id, const char *file,
                        const char *text, size_t len, struct err *err)
{
    struct documents documents = {text, text + len, 0};
    struct meant meant;
    char others[600] = "", hash[HASH_TEXT];
    const char *document = text;
    size_t of_document = 0, line = 0, count = 0;
    bool ok = true;

    *out = (struct kube_manifest){.ref = ""};
    if (!kube_parse_id(service_id, &meant.kind, meant.scope, meant.name))
        return err_set(err, ERR_NOT_FOUND, "'%.200s' is no service of this cluster", service_id);
    out->service_id = xstrdup(service_id);
    out->file = xstrdup(file);
    while (ok && next_document(&documents, &document, &of_document, &line)) {
        if (is_blank(document, of_document))
            continue;
        ok = ++count <= DOCUMENTS_MAX
                 ? take_document(out, &meant, document, of_document, line, others, sizeof others,
                                 err)
                 : err_set(err, ERR_LIMIT, "%s: more than %d documents", file, DOCUMENTS_MAX);
    }
    if (ok && !out->object)
        ok = err_set(err, ERR_CONFIG, "%s: there is no %s %s in it%s%.300s", file,
                     kube_kinds[meant.kind].owner, meant.name, others[0] ? ", but " : "", others);
    if (ok && others[0])
        ok = err_set(err, ERR_CONFIG,
                     "%s: it holds more than the %s: %.200s. A start changes one pod template: "
                     "apply the others first, and name a file without them",
                     file, kube_kinds[meant.kind].owner, others);
    hash_sha256_text(text, len, hash);
    snprintf(out->ref, sizeof out->ref, KUBE_MANIFEST "%.16s", hash);
    if (!ok)
        kube_manifest_release(out);
    return ok;
}

/* ---- what differs ---- */

struct differing {
    char text[360];
    size_t count;
};

static void short_text(const json_t *value, char out[48])
{
    char *text = value ? json_text(value) : NULL;

    text_clean_into(out, 44, text ? text : "not there", text ? strlen(text) : 9);
    free(text);
}

static void note_difference(struct differing *d, const struct json_at *at, const json_t *live)
{
    char path[200], there[48], here[48];
    size_t len = strlen(d->text);

    if (d->count++ >= NAMED_MAX)
        return;
    json_path(at, path, sizeof path);
    short_text(at->value, there);
    short_text(live, here);
    snprintf(d->text + len, sizeof d->text - len, "%s%s is %s, in the cluster %s", len ? "; " : "",
             path, there, here);
}

static bool is_applied(const char *key)
{
    return strcmp(key, "kubectl.kubernetes.io/last-applied-configuration") == 0;
}

/* Everything that the file says is so; what the server added stays its own matter. */
static void compare(struct differing *d, const struct json_at *at, const json_t *live)
{
    const char *key;
    json_t *value, *object = (json_t *)(uintptr_t)at->value;

    if (json_is_null(at->value))
        return;
    if (json_is_object(at->value) && json_is_object(live)) {
        json_object_foreach(object, key, value)
        {
            struct json_at below = json_key(at, key);
            if (!is_applied(key))
                compare(d, &below, json_object_get(live, key));
        }
        return;
    }
    if (json_is_array(at->value) && json_is_array(live) &&
        json_array_size(at->value) == json_array_size(live)) {
        for (size_t i = 0; i < json_array_size(at->value); i++) {
            struct json_at below = json_index(at, i);
            compare(d, &below, json_array_get(live, i));
        }
        return;
    }
    if (!json_equal(at->value, live))
        note_difference(d, at, live);
}

static void compare_rest(struct differing *d, const struct json_at *root, const json_t *live)
{
    static const char *const metadata[] = {"labels", "annotations"};
    struct json_at version = json_key(root, "apiVersion"), meta = json_key(root, "metadata");
    struct json_at spec = json_key(root, "spec");
    json_t *value, *object = (json_t *)(uintptr_t)spec.value;
    const json_t *live_spec = json_object_get(live, "spec");
    const char *key;

    if (json_object_get(live, "apiVersion")) /* of an object in a list it is not said */
        compare(d, &version, json_object_get(live, "apiVersion"));
    for (size_t i = 0; i < ARRAY_LEN(metadata); i++) {
        struct json_at below = json_key(&meta, metadata[i]);
        if (below.value)
            compare(d, &below, json_object_get(json_object_get(live, "metadata"), metadata[i]));
    }
    json_object_foreach(object, key, value)
    {
        struct json_at below = json_key(&spec, key);
        if (strcmp(key, "template") != 0)
            compare(d, &below, json_object_get(live_spec, key));
    }
}

bool kube_manifest_check(const struct kube_manifest *manifest, const struct kube_workload *w,
                         const char *version, struct arena *arena, const char **image,
                         struct err *err)
{
    struct json_at root = json_root(manifest->object, manifest->file, arena);
    struct differing d = {.text = ""};
    char path[240];

    root.text = manifest->text;
    root.text_len = manifest->len;
    root.code = ERR_CONFIG;
    struct json_at spec = json_key(&root, "spec"), template = json_key(&spec, "template");
    if (!json_get_object(&template, err))
        return false;
    const char *raw = kube_template_image(template.value);
    *image = text_clean(arena, raw, strlen(raw), 500);
    if (!(*image)[0])
        return err_set(err, ERR_CONFIG, "%s: it names no image",
                       json_path(&template, path, sizeof path));
    const char *said = kube_template_version(template.value, arena);
    if (strcmp(said, version) != 0)
        return err_set(err, ERR_CONFIG, "%s: it is version %.80s, and %.80s was asked for",
                       json_path(&template, path, sizeof path), said, version);
    compare_rest(&d, &root, w->object);
    if (d.count == 0)
        return true;
    return err_set(err, ERR_REJECTED,
                   "more than the pod template would change: %s%s. A start changes nothing else: "
                   "apply that first",
                   d.text, d.count > NAMED_MAX ? ", and more" : "");
}
