/* patch.c: see patch.h. */
#include "drivers/kubernetes/patch.h"

#include "base/json.h"
#include "drivers/kubernetes/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_MAX = 256 };

/* Takes the next part of a pointer, unescaped; false at its end. */
static bool next_part(const char **at, char out[PART_MAX])
{
    size_t n = 0;

    if (**at != '/')
        return false;
    for ((*at)++; **at && **at != '/'; (*at)++) {
        char c = **at;
        if (c == '~' && ((*at)[1] == '1' || (*at)[1] == '0')) {
            (*at)++;
            c = **at == '1' ? '/' : '~';
        }
        if (n + 1 < PART_MAX)
            out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

static json_t *member(json_t *in, const char *key)
{
    if (json_is_array(in))
        return json_array_get(in, (size_t)strtoul(key, NULL, 10));
    return json_object_get(in, key);
}

/* The container of the last part. */
static json_t *find_parent(json_t *root, const char *path, char key[PART_MAX])
{
    json_t *at = root;
    char part[PART_MAX];

    if (!next_part(&path, key))
        return NULL;
    while (at && next_part(&path, part)) {
        at = member(at, key);
        snprintf(key, PART_MAX, "%s", part);
    }
    return at;
}

static bool apply_one(json_t *root, const json_t *op)
{
    const char *word = kube_raw(op, "op");
    char key[PART_MAX];
    json_t *parent = find_parent(root, kube_raw(op, "path"), key);
    json_t *value = json_object_get(op, "value"), *there = parent ? member(parent, key) : NULL;

    if (!parent)
        return false;
    if (strcmp(word, "test") == 0)
        return there ? json_equal(there, value) != 0 : json_is_null(value);
    if (strcmp(word, "remove") == 0)
        return there && (json_is_array(parent)
                             ? json_array_remove(parent, (size_t)strtoul(key, NULL, 10)) == 0
                             : json_object_del(parent, key) == 0);
    if (strcmp(word, "replace") == 0 && !there)
        return false;
    if (json_is_array(parent))
        return json_array_set(parent, (size_t)strtoul(key, NULL, 10), value) == 0;
    return json_object_set(parent, key, value) == 0;
}

long patch_apply(const json_t *before, const json_t *ops, json_t **after)
{
    json_t *copy = json_deep_copy(before);
    long status = 200;
    size_t i;
    json_t *op;

    json_array_foreach(ops, i, op)
    {
        if (status == 200 && !apply_one(copy, op))
            status = 422;
    }
    if (status == 200 && strcmp(kube_raw(copy, "metadata/resourceVersion"),
                                kube_raw(before, "metadata/resourceVersion")) != 0)
        status = 409;
    if (status != 200)
        json_decref(copy);
    else
        *after = copy;
    return status;
}
