/* fuzz_kubernetes.c: whatever an API server may answer becomes facts or an error, never a crash.
 *
 * The first byte chooses what the rest is: a body to be cut (its second byte says where it is
 * split), or one object with a workload and all that belongs to it, which goes through
 * counting, planning and composing as well. */
#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/cut.h"
#include "drivers/kubernetes/picture.h"
#include "drivers/kubernetes/recipe.h"
#include "drivers/kubernetes/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 16 };

static bool forget(void *arg, json_t *value, struct err *err)
{
    (void)arg;
    (void)err;
    json_decref(value);
    return true;
}

static void try_cut(enum cut_kind kind, const char *bytes, size_t size)
{
    struct err err = {0};
    struct cut *cut = cut_new(kind, "fuzz", forget, NULL);
    size_t at = size ? (unsigned char)bytes[0] % size : 0;

    if (cut_feed(cut, bytes, at, &err) && cut_feed(cut, bytes + at, size - at, &err))
        json_decref(cut_end(cut, &err));
    else
        assert(err.code != ERR_NONE);
    cut_free(cut);
}

struct facts {
    void *list[MANY];
    const json_t *raw[MANY];
    size_t count;
};

static void *decode_revision(const json_t *object, struct err *err)
{
    return kube_decode_revision(object, err);
}

static void *decode_pod(const json_t *object, struct err *err)
{
    return kube_decode_pod(object, err);
}

static void *decode_node(const json_t *object, struct err *err)
{
    return kube_decode_node(object, err);
}

static void *decode_cron(const json_t *object, struct err *err)
{
    return kube_decode_cron(object, err);
}

static struct facts decode_all(const json_t *list, void *(*decode)(const json_t *, struct err *))
{
    struct facts facts = {.count = 0};
    const json_t *object;
    size_t i;

    json_array_foreach(list, i, object)
    {
        struct err err = {0};
        void *fact = facts.count < MANY ? decode(object, &err) : NULL;
        if (fact) {
            facts.raw[facts.count] = object;
            facts.list[facts.count++] = fact;
        }
    }
    return facts;
}

static void free_all(struct facts *facts)
{
    for (size_t i = 0; i < facts->count; i++)
        arena_free(((struct kube_meta *)facts->list[i])->arena);
}

static void try_writes(const struct kube_workload *w, const struct service *service,
                       const json_t *memo)
{
    for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
        struct action action = {.id = "fuzz", .verb = (enum verb)verb, .to = "9", .to_count = 3};
        struct err err = {0};
        json_t *made = NULL;
        action.replicas = service->replicas;
        action.last_step = service->replicas <= 3;
        if (!kube_plan(w, memo, &action, &made, &err))
            assert(err.code != ERR_NONE);
        for (; action.write < action.writes && action.write < 4; action.write++) {
            struct kube_write write = {NULL, 0};
            struct err refused = {0};
            if (kube_compose(w, &action, made ? made : memo, &write, &refused))
                kube_write_release(&write);
            kube_settled(w, &action, memo);
        }
        json_decref(made);
    }
}

static void check_clean(const struct service *service)
{
    assert(text_is_clean(service->wants) && text_is_clean(service->was));
    assert(text_is_clean(service->reason) && text_is_clean(service->by));
    assert(text_is_clean(service->artifact) && text_is_clean(service->owner));
    for (size_t i = 0; i < service->instance_count; i++)
        assert(text_is_clean(service->instances[i].reason) &&
               text_is_clean(service->instances[i].node));
    for (size_t i = 0; i < service->version_count; i++)
        assert(text_is_clean(service->versions[i].version) &&
               text_is_clean(service->versions[i].digest));
}

static void try_look(const json_t *root, enum kube_kind kind)
{
    struct err err = {0};
    const json_t *object = json_object_get(root, "work");
    struct kube_work *work = kube_decode_work(kind, object, &err);
    struct map nodes = {0};

    if (!work) {
        assert(err.code != ERR_NONE);
        return;
    }
    struct facts revisions = decode_all(json_object_get(root, "revisions"), decode_revision);
    struct facts pods = decode_all(json_object_get(root, "pods"), decode_pod);
    struct facts named = decode_all(json_object_get(root, "nodes"), decode_node);
    struct facts crons = decode_all(json_object_get(root, "crons"), decode_cron);
    for (size_t i = 0; i < named.count; i++)
        map_put(&nodes, ((struct kube_node *)named.list[i])->meta.name, named.list[i]);
    struct kube_view view = {
        .cluster = "fuzz",
        .work = work,
        .revisions = (const struct kube_revision *const *)(void *)revisions.list,
        .revision_count = revisions.count,
        .pods = (const struct kube_pod *const *)(void *)pods.list,
        .pod_count = pods.count,
        .pods_known = !json_is_true(json_object_get(root, "partly")),
        .deleted = json_is_true(json_object_get(root, "deleted")),
        .nodes_known = true,
        .nodes = &nodes,
        .crons = (const struct kube_cron *const *)(void *)crons.list,
        .cron_count = crons.count,
        .said = "",
        .utc_ms = 1790000000000,
    };
    const struct kube_workload w = {kind,     object,    revisions.raw, revisions.count,
                                    pods.raw, pods.count};
    const struct service *service = kube_picture(&view, true);
    check_clean(service);
    service_hash(service);
    try_writes(&w, service, json_object_get(root, "memo"));
    service_unref(service);
    map_free(&nodes);
    free_all(&crons);
    free_all(&named);
    free_all(&pods);
    free_all(&revisions);
    arena_free(work->meta.arena);
}

static void try_text(const char *text)
{
    struct record_place place;
    enum kube_kind kind;
    char scope[64], name[254];

    record_place(text, &place);
    assert(strchr(place.name, '/') == NULL && strchr(place.scope, '/') == NULL);
    kube_parse_id(text, &kind, scope, name);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct err err = {0};
    unsigned what = size ? data[0] % 8 : 8;

    if (what < 2) {
        try_cut(what ? CUT_WATCH : CUT_LIST, (const char *)data + 1, size - 1);
    } else if (what == 2) {
        char *text = xstrndup((const char *)data + 1, size - 1);
        try_text(text);
        free(text);
    } else if (what < 8) {
        json_t *root = json_parse((const char *)data + 1, size - 1, "fuzz", &err);
        if (root)
            try_look(root, (enum kube_kind)((what - 3) % KUBE_KIND_COUNT));
        json_decref(root);
    }
    return 0;
}
