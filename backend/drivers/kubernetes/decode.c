/* decode.c: what all kinds of objects have in common. */
#include "drivers/kubernetes/facts.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *kube_clean(struct arena *arena, const char *raw, size_t max)
{
    return raw[0] ? text_clean(arena, raw, strlen(raw), max) : "";
}

int64_t kube_time(const json_t *object, const char *path)
{
    const char *text = kube_raw(object, path);

    return text[0] ? clock_parse_utc(text) : -1;
}

void kube_hash_json(const json_t *value, char out[17])
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
    char hash[HASH_TEXT];

    hash_sha256_text(text ? text : "", text ? strlen(text) : 0, hash);
    snprintf(out, 17, "%.16s", hash);
    free(text);
}

bool kube_get_count(const json_t *object, const char *path, const char *what, uint32_t *out,
                    struct err *err)
{
    const json_t *value = kube_at(object, path);

    *out = 0;
    if (!value || json_is_null(value))
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > KUBE_REPLICAS_MAX)
        return err_set(err, ERR_PROTOCOL, "%s: %s: expected a count, found something else", what,
                       path);
    *out = (uint32_t)json_integer_value(value);
    return true;
}

int64_t kube_sequence(const json_t *object)
{
    static const char *const keys[] = {"deployment.kubernetes.io/revision",
                                       "rollout.argoproj.io/revision"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const char *text = kube_annotation(object, keys[i]);
        if (text[0])
            return strtoll(text, NULL, 10);
    }
    return kube_int(object, "revision", 0);
}

static const char *owner_of(const json_t *object, struct arena *arena)
{
    const json_t *owners = kube_at(object, "metadata/ownerReferences");
    const json_t *owner;
    size_t i;

    json_array_foreach(owners, i, owner) if (json_is_true(json_object_get(
                                                 owner,
                                                 "controller"))) return kube_clean(arena,
                                                                                   kube_raw(owner,
                                                                                            "uid"),
                                                                                   64);
    return "";
}

bool kube_decode_meta(const json_t *object, struct kube_meta *out, struct err *err)
{
    struct arena *arena = arena_new(384);
    struct json_at root = json_root(object, "object", arena), meta = json_key(&root, "metadata");
    struct json_at name = json_key(&meta, "name"), scope = json_key(&meta, "namespace");
    struct json_at uid = json_key(&meta, "uid"), version = json_key(&meta, "resourceVersion");

    *out = (struct kube_meta){.arena = arena, .scope = ""};
    if (json_get_object(&root, err) && json_get_object(&meta, err) &&
        json_get_id(&name, TEXT_NAME_MAX, &out->name, err) &&
        json_get_id(&uid, 64, &out->uid, err) && json_get_id(&version, 32, &out->version, err) &&
        (!scope.value || json_get_id(&scope, 63, &out->scope, err))) {
        out->owner_uid = owner_of(object, arena);
        out->created_utc_ms = kube_time(object, "metadata/creationTimestamp");
        return true;
    }
    arena_free(arena);
    out->arena = NULL;
    return false;
}

/* Two templates are one when they differ only in what the engine itself puts into a copy. */
static void hash_template(const json_t *template, char out[17])
{
    json_t *copy = json_copy((json_t *)(uintptr_t) template);
    json_t *meta = json_copy(json_object_get(template, "metadata"));
    json_t *labels = meta ? json_copy(json_object_get(meta, "labels")) : NULL;

    json_object_del(copy, "$patch");
    for (unsigned kind = 0; labels && kind < KUBE_KIND_COUNT; kind++)
        json_object_del(labels, kube_kinds[kind].hash);
    if (meta) {
        json_object_del(meta, "creationTimestamp");
        json_object_del(meta, "labels");
        if (json_object_size(labels) > 0)
            json_object_set(meta, "labels", labels);
        json_object_set(copy, "metadata", meta);
    }
    kube_hash_json(copy, out);
    json_decref(labels);
    json_decref(meta);
    json_decref(copy);
}

static const char *digest_of(const char *image, struct arena *arena)
{
    const char *at = strchr(image, '@');

    return at ? kube_clean(arena, at + 1, 128) : "";
}

struct kube_template_facts kube_decode_template(const json_t *template, struct arena *arena)
{
    const char *image = kube_template_image(template);
    struct kube_template_facts facts = {
        .version = kube_template_version(template, arena),
        .image = kube_clean(arena, image, TEXT_MESSAGE_MAX),
        .digest = digest_of(image, arena),
    };

    hash_template(template, facts.hash);
    return facts;
}

const char *kube_status_message(const json_t *status, struct arena *arena)
{
    return kube_clean(arena, kube_raw(status, "message"), TEXT_MESSAGE_MAX);
}

const char *kube_service_id(struct arena *arena, enum kube_kind kind, const char *scope,
                            const char *name)
{
    return arena_printf(arena, "%s/%s/%s", kube_kinds[kind].word, scope, name);
}

static bool take_part(const char **at, char *out, size_t size, bool last)
{
    size_t len = strcspn(*at, "/");
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

    if (len == 0 || len >= size || ((*at)[len] == '\0') != last || strspn(*at, allowed) < len)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len + !last;
    return true;
}

bool kube_parse_id(const char *id, enum kube_kind *kind, char scope[64], char name[254])
{
    char word[16];

    if (!take_part(&id, word, sizeof word, false) || !take_part(&id, scope, 64, false) ||
        !take_part(&id, name, 254, true) || strchr(scope, '.') || strstr(name, "..") ||
        name[0] == '.')
        return false;
    for (unsigned k = 0; k < KUBE_KIND_COUNT; k++)
        if (strcmp(kube_kinds[k].word, word) == 0) {
            *kind = (enum kube_kind)k;
            return true;
        }
    return false;
}
