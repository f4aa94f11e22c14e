/* differ.c: see differ.h. */
#include "drivers/kubernetes/differ.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void short_text(const json_t *value, char out[48])
{
    char *text = value ? json_text(value) : NULL;

    text_clean_into(out, 44, text ? text : "not there", text ? strlen(text) : 9);
    free(text);
}

static void note_difference(struct kube_differing *d, const struct json_at *at, const json_t *live)
{
    char path[200], there[48], here[48];
    size_t len = strlen(d->text);

    if (d->count++ >= KUBE_DIFFERING_NAMED)
        return;
    json_path(at, path, sizeof path);
    short_text(at->value, there);
    short_text(live, here);
    snprintf(d->text + len, sizeof d->text - len, "%s%s is %s, in the cluster %s", len ? "; " : "",
             path, there, here);
}

#define APPLIED "kubectl.kubernetes.io/last-applied-configuration"

/* "500m", "1.5Gi", "2e3": false when it is no quantity. */
static bool quantity(const json_t *value, double *out)
{
    static const struct {
        const char *suffix;
        double factor;
    } suffixes[] = {
        {"", 1},        {"n", 1e-9},    {"u", 1e-6},    {"m", 1e-3},
        {"k", 1e3},     {"M", 1e6},     {"G", 1e9},     {"T", 1e12},
        {"P", 1e15},    {"E", 1e18},    {"Ki", 1024},   {"Mi", 0x1p20},
        {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60},
    };
    char *end = NULL;

    if (json_is_number(value)) {
        *out = json_number_value(value);
        return true;
    }
    const char *text = json_raw(value);
    if (!text || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.'))
        return false;
    double number = strtod(text, &end);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (strcmp(end, suffixes[i].suffix) == 0) {
            *out = number * suffixes[i].factor;
            return true;
        }
    return false;
}

/* The server writes quantities its own way: 0.5 becomes "500m". */
static bool is_same(const json_t *asked, const json_t *live)
{
    double a, b;

    if (json_equal(asked, live))
        return true;
    return quantity(asked, &a) && quantity(live, &b) && (a > b ? a - b : b - a) <= 1e-12 * a;
}

static void compare(struct kube_differing *d, const struct json_at *at, const json_t *live);

static void compare_members(struct kube_differing *d, const struct json_at *at, const json_t *live,
                            const char *but)
{
    json_t *value, *object = (json_t *)(uintptr_t)at->value;
    const char *key;

    json_object_foreach(object, key, value)
    {
        struct json_at below = json_key(at, key);
        if (strcmp(key, but) != 0)
            compare(d, &below, json_object_get(live, key));
    }
}

static void compare(struct kube_differing *d, const struct json_at *at, const json_t *live)
{
    if (json_is_null(at->value))
        return;
    if (json_is_object(at->value) && json_is_object(live)) {
        compare_members(d, at, live, APPLIED);
        return;
    }
    if (json_is_object(at->value) && !live && json_object_size(at->value) == 0)
        return; /* an empty one is not kept */
    if (json_is_array(at->value) && json_is_array(live) &&
        json_array_size(at->value) == json_array_size(live)) {
        for (size_t i = 0; i < json_array_size(at->value); i++) {
            struct json_at below = json_index(at, i);
            compare(d, &below, json_array_get(live, i));
        }
        return;
    }
    if (!is_same(at->value, live))
        note_difference(d, at, live);
}

static void compare_metadata(struct kube_differing *d, const struct json_at *root,
                             const json_t *live)
{
    static const char *const kept[] = {"labels", "annotations"};
    struct json_at meta = json_key(root, "metadata");

    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        struct json_at below = json_key(&meta, kept[i]);
        if (below.value)
            compare(d, &below, json_object_get(json_object_get(live, "metadata"), kept[i]));
    }
}

void kube_differ_work(struct kube_differing *d, const struct json_at *root, const json_t *live)
{
    struct json_at version = json_key(root, "apiVersion"), spec = json_key(root, "spec");

    if (json_object_get(live, "apiVersion")) /* of an object in a list it is not said */
        compare(d, &version, json_object_get(live, "apiVersion"));
    compare_metadata(d, root, live);
    compare_members(d, &spec, json_object_get(live, "spec"), "template");
}

void kube_differ_object(struct kube_differing *d, const struct json_at *root, const json_t *live)
{
    static const char *const apart[] = {"apiVersion", "kind", "metadata", "status"};
    json_t *value, *object = (json_t *)(uintptr_t)root->value;
    const char *key;

    compare_metadata(d, root, live);
    json_object_foreach(object, key, value)
    {
        struct json_at below = json_key(root, key);
        bool is_apart = false;
        for (size_t i = 0; i < ARRAY_LEN(apart); i++)
            is_apart |= strcmp(key, apart[i]) == 0;
        if (!is_apart)
            compare(d, &below, json_object_get(live, key));
    }
}
