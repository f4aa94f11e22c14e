/* workload.c: see workload.h. */
#include "drivers/kubernetes/workload.h"

#include "base/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *quoted(const char *text)
{
    char *copy = xstrdup(text);
    json_error_t error;

    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    ck_assert_msg(value != NULL, "%s at %d in %s", error.text, error.position, copy);
    free(copy);
    return value;
}

static json_t *child(json_t *object, const char *key)
{
    if (!json_object_get(object, key))
        json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

static void fill(json_t *object, const char *key, json_t *value)
{
    if (json_object_get(object, key))
        json_decref(value);
    else
        json_object_set_new(object, key, value);
}

static void adopt(json_t *list, const json_t **out, size_t *count)
{
    size_t i;
    json_t *item;

    *count = 0;
    json_array_foreach(list, i, item)
    {
        json_t *metadata = child(item, "metadata");
        char name[32];
        ck_assert_uint_lt(i, WORKLOAD_PARTS);
        snprintf(name, sizeof name, "part-%zu", i);
        fill(metadata, "name", json_string(name));
        fill(metadata, "namespace", json_string("shop"));
        fill(metadata, "uid", json_string(kube_raw(item, "metadata/name")));
        fill(metadata, "ownerReferences", quoted("[{'controller':true,'uid':'u-1'}]"));
        out[(*count)++] = item;
    }
}

void workload_open(struct workload *it, enum kube_kind kind, const char *text)
{
    *it = (struct workload){.root = quoted(text), .w = {.kind = kind}};
    json_t *object = child(it->root, "object"), *metadata = child(object, "metadata");

    fill(metadata, "name", json_string("web"));
    fill(metadata, "namespace", json_string("shop"));
    fill(metadata, "uid", json_string("u-1"));
    fill(metadata, "generation", json_integer(3));
    fill(metadata, "resourceVersion", json_string("77"));
    fill(child(object, "status"), "observedGeneration",
         kind == KUBE_ROLLOUT ? json_string("3") : json_integer(3));
    child(object, "spec");
    it->w.object = object;
    it->w.revisions = it->revisions;
    it->w.pods = it->pods;
    adopt(json_object_get(it->root, "revisions"), it->revisions, &it->w.revision_count);
    adopt(json_object_get(it->root, "pods"), it->pods, &it->w.pod_count);
}

void workload_close(struct workload *it)
{
    json_decref(it->root);
}

void workload_set(struct workload *it, const char *path, const char *value)
{
    json_t *at = json_object_get(it->root, "object");

    while (strchr(path, '/') && !strchr(path, '.')) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(path, "/"), path);
        at = child(at, key);
        path += strcspn(path, "/") + 1;
    }
    json_object_set_new(at, path, quoted(value));
}

struct action workload_action(enum verb verb, const char *to, uint32_t have, uint32_t to_count,
                              uint32_t replicas)
{
    struct action action = {.id = "0123456789abcdef0123456789abcdef",
                            .verb = verb,
                            .have_count = have,
                            .to_count = to_count,
                            .replicas = replicas,
                            .last_step = to_count == replicas && verb != VERB_ROLLBACK};

    snprintf(action.to, sizeof action.to, "%s", to);
    return action;
}

struct kube_write workload_write(struct workload *it, struct action *action, const json_t *memo)
{
    struct kube_write write;
    struct err err = {0};

    kube_revision(it->w.object, action->revision);
    ck_assert_msg(kube_compose(&it->w, action, memo, &write, &err), "%s", err.text);
    ck_assert_uint_ge(write.count, 1);
    return write;
}

const json_t *write_value(const struct kube_write *write, size_t request, const char *path)
{
    const json_t *found = NULL;
    size_t i;
    json_t *op;

    json_array_foreach(write->requests[request].body, i, op)
    {
        if (strcmp(kube_raw(op, "op"), "test") != 0 && strcmp(kube_raw(op, "path"), path) == 0)
            found = json_object_get(op, "value");
    }
    return found;
}

bool write_has(const struct kube_write *write, size_t request, const char *word, const char *path)
{
    size_t i;
    json_t *op;

    json_array_foreach(write->requests[request].body, i, op)
    {
        if (strcmp(kube_raw(op, "op"), word) == 0 && strcmp(kube_raw(op, "path"), path) == 0)
            return true;
    }
    return false;
}
