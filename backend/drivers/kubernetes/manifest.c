/* manifest.c: see manifest.h. */
#include "drivers/kubernetes/manifest.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/beside.h"
#include "drivers/kubernetes/differ.h"
#include "drivers/kubernetes/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS_MAX = 200 };

void kube_manifest_release(struct kube_manifest *manifest)
{
    free(manifest->service_id);
    free(manifest->file);
    free(manifest->text);
    json_decref(manifest->object);
    for (size_t i = 0; i < manifest->beside_count; i++) {
        json_decref(manifest->besides[i].object);
        free(manifest->besides[i].text);
    }
    free(manifest->besides);
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

/* What the file holds as well: it is looked for in the cluster before anything starts. */
static void put_beside(struct kube_manifest *out, json_t *object, char *text, size_t len,
                       size_t line)
{
    ARRAY_RESERVE(out->besides, out->beside_cap, out->beside_count + 1);
    struct kube_beside *beside = &out->besides[out->beside_count++];
    *beside = (struct kube_beside){.object = object, .text = text, .len = len, .line = line};
    kube_beside_name(object, beside->name, sizeof beside->name);
}

static void list_besides(const struct kube_manifest *manifest, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < manifest->beside_count && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s (line %zu)", len ? ", " : "",
                                manifest->besides[i].name, manifest->besides[i].line);
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
                          size_t len, size_t line, struct err *err)
{
    char *whole = placed(text, len, line);
    json_t *object = json_parse_yaml(whole, line + len, out->file, err);
    bool is = is_meant(meant, object);

    if (!object || (is && out->object)) {
        if (object)
            err_set(err, ERR_CONFIG, "%s: line %zu: a second %s %s", out->file, line + 1,
                    kube_kinds[meant->kind].owner, meant->name);
        err->code = ERR_CONFIG;
        json_decref(object);
        free(whole);
        return false;
    }
    if (is) {
        out->object = object;
        out->text = whole;
        out->len = line + len;
    } else {
        put_beside(out, object, whole, line + len, line + 1);
    }
    return true;
}

static bool take_documents(struct kube_manifest *out, const struct meant *meant, const char *text,
                           size_t len, struct err *err)
{
    struct documents documents = {text, text + len, 0};
    const char *document = text;
    size_t of_document = 0, line = 0, count = 0;

    while (next_document(&documents, &document, &of_document, &line)) {
        if (is_blank(document, of_document))
            continue;
        if (++count > DOCUMENTS_MAX)
            return err_set(err, ERR_LIMIT, "%s: more than %d documents", out->file, DOCUMENTS_MAX);
        if (!take_document(out, meant, document, of_document, line, err))
            return false;
    }
    return true;
}

bool kube_manifest_read(struct kube_manifest *out, const char *service_id, const char *file,
                        const char *text, size_t len, struct err *err)
{
    struct meant meant;
    char others[300], hash[HASH_TEXT];

    *out = (struct kube_manifest){.ref = ""};
    if (!kube_parse_id(service_id, &meant.kind, meant.scope, meant.name))
        return err_set(err, ERR_NOT_FOUND, "'%.200s' is no service of this cluster", service_id);
    out->service_id = xstrdup(service_id);
    out->file = xstrdup(file);
    bool ok = take_documents(out, &meant, text, len, err);
    if (ok && !out->object) {
        list_besides(out, others, sizeof others);
        ok = err_set(err, ERR_CONFIG, "%s: there is no %s %s in it%s%s", file,
                     kube_kinds[meant.kind].owner, meant.name, others[0] ? ", but " : "", others);
    }
    hash_sha256_text(text, len, hash);
    snprintf(out->ref, sizeof out->ref, KUBE_MANIFEST "%.16s", hash);
    if (!ok)
        kube_manifest_release(out);
    return ok;
}

bool kube_manifest_check(const struct kube_manifest *manifest, const struct kube_workload *w,
                         const char *version, struct arena *arena, const char **image,
                         struct err *err)
{
    struct json_at root = json_root(manifest->object, manifest->file, arena);
    struct kube_differing d = {.text = ""};
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
    kube_differ_work(&d, &root, w->object);
    if (d.count > 0)
        return err_set(err, ERR_REJECTED,
                       "more than the pod template would change: %s%s. A start changes nothing "
                       "else: apply that first",
                       d.text, d.count > KUBE_DIFFERING_NAMED ? ", and more" : "");
    for (size_t i = 0; i < manifest->beside_count; i++)
        if (manifest->besides[i].state == BESIDE_DIFFERS)
            return err_set(err, ERR_REJECTED,
                           "more than the pod template would change: %s: %s. A start changes "
                           "nothing else: apply that first",
                           manifest->besides[i].name, manifest->besides[i].why);
    return true;
}
