/* fuzz_kube_recipe.c: whatever an API server says of a workload, every verb is planned, composed
 * and judged to be at rest, or refused, and never crashes. */
#include "base/json.h"
#include "drivers/kubernetes/recipe.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 64 };

static size_t list_of(const json_t *array, const json_t *out[PARTS])
{
    size_t count = json_array_size(array) < PARTS ? json_array_size(array) : PARTS;

    for (size_t i = 0; i < count; i++)
        out[i] = json_array_get(array, i);
    return count;
}

static void try_writes(const struct kube_workload *w, struct action *action, const json_t *memo)
{
    for (; action->write < action->writes && action->write < 5; action->write++) {
        struct kube_write write;
        struct err err = {0};
        kube_revision(w->object, action->revision);
        if (kube_compose(w, action, memo, &write, &err))
            assert(write.count > 0 && write.requests[0].path[0] == '/');
        else
            assert(err.code != ERR_NONE && write.count == 0);
        for (size_t i = 0; i < write.count; i++)
            kube_meaning(&write.requests[i], 422, w->object);
        kube_write_release(&write);
        kube_settled(w, action, memo);
    }
}

static void try_verbs(const struct kube_workload *w, const json_t *memo)
{
    for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
        struct action action = {.id = "fuzz", .verb = (enum verb)verb, .to = "9", .to_count = 3};
        struct err err = {0};
        json_t *made = NULL;
        if (verb == VERB_ROLLBACK)
            action.to[0] = '\0';
        action.replicas = kube_replicas(w);
        action.last_step = action.replicas <= 3;
        if (kube_plan(w, memo, &action, &made, &err))
            try_writes(w, &action, made ? made : memo);
        else
            assert(err.code != ERR_NONE && !made);
        json_decref(made);
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const json_t *revisions[PARTS], *pods[PARTS];
    struct err err = {0};

    json_init();
    if (size == 0)
        return 0;
    json_t *root = json_parse((const char *)data + 1, size - 1, "fuzz", &err);
    struct kube_workload w = {.kind = (enum kube_kind)(data[0] % KUBE_KIND_COUNT),
                              .object = json_object_get(root, "object"),
                              .revisions = revisions,
                              .pods = pods};
    w.revision_count = list_of(json_object_get(root, "revisions"), revisions);
    w.pod_count = list_of(json_object_get(root, "pods"), pods);
    struct kube_write fence = {NULL, 0};
    char revision[KUBE_REVISION_TEXT];
    if (kube_compose_fence(&w, kube_revision(w.object, revision), "n", &fence, &err))
        kube_write_release(&fence);
    try_verbs(&w, json_object_get(root, "memo"));
    json_decref(root);
    return 0;
}
