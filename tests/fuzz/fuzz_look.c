/* fuzz_look.c: manifests, what a pod's or an allocation's log depends on, and histories: whatever
 * is in them, texts are clean and counts agree. The first byte chooses. */
#include "base/json.h"
#include "base/text.h"
#include "board/past.h"
#include "drivers/kubernetes/beside.h"
#include "drivers/kubernetes/log_pod.h"
#include "drivers/kubernetes/manifest.h"
#include "drivers/kubernetes/past.h"
#include "drivers/nomad/log_alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Each other object of the file: as it says, as something else, not there. */
static void try_besides(struct kube_manifest *manifest)
{
    char told[400];

    for (size_t i = 0; i < manifest->beside_count; i++) {
        struct kube_beside *beside = &manifest->besides[i];
        kube_beside_judge(beside, "fuzz", NULL);
        assert(beside->state == BESIDE_DIFFERS && text_is_clean(beside->why));
        kube_beside_judge(beside, "fuzz", manifest->object);
        assert(text_is_clean(beside->name) && text_is_clean(beside->why));
        kube_beside_judge(beside, "fuzz", beside->object);
        assert(beside->state == BESIDE_SAME);
        if (i % 2)
            beside->state = BESIDE_UNKNOWN;
    }
    kube_beside_sum(manifest, told, sizeof told);
    assert(text_is_clean(told) && (told[0] != '\0') == (manifest->beside_count > 0));
}

static void try_manifest(const char *text, size_t len)
{
    struct kube_manifest manifest;
    struct err err = {0}, differs = {0};
    const char *image = "";

    if (!kube_manifest_read(&manifest, "deployment/shop/web", "fuzz", text, len, &err)) {
        assert(err.code != ERR_NONE && !manifest.ref[0]);
        return;
    }
    const struct kube_workload w = {.kind = KUBE_DEPLOYMENT, .object = manifest.object};
    struct arena *arena = arena_new(512);
    /* What it asks for is there: nothing can differ but the version. */
    bool ok = kube_manifest_check(&manifest, &w, "6", arena, &image, &differs);
    assert(ok == (differs.code == ERR_NONE) && differs.code != ERR_REJECTED);
    assert(text_is_clean(image) && text_is_clean(differs.text));
    arena_free(arena);
    try_besides(&manifest);
    kube_manifest_release(&manifest);
}

static void try_log(const json_t *root)
{
    struct arena *arena = arena_new(512);
    struct kube_log_pod pod = kube_log_look(root, arena);
    struct nomad_log_alloc alloc;
    struct err err = {0};
    int64_t at;

    assert(text_is_clean(pod.container) && text_is_clean(pod.happened));
    assert(text_is_clean(kube_event_text(root, arena, &at)));
    if (nomad_log_look(root, "shop", "web[3] 0d7f220c", arena, &alloc, &err))
        for (size_t i = 0; i < alloc.event_count; i++)
            assert(text_is_clean(alloc.events[i].text) &&
                   (i == 0 || alloc.events[i].at_ns >= alloc.events[i - 1].at_ns));
    arena_free(arena);
}

static void each(struct kube_past *past, const json_t *list,
                 void (*add)(struct kube_past *, const json_t *))
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one) add(past, one);
}

static void add_work(struct kube_past *past, const json_t *object)
{
    kube_past_work(past, KUBE_DEPLOYMENT, object);
}

static void try_past(const json_t *root)
{
    struct kube_past *past = kube_past_new("fuzz");
    struct arena *arena = arena_new(512);
    size_t count;

    each(past, json_object_get(root, "works"), add_work);
    each(past, json_object_get(root, "revisions"), kube_past_revision);
    each(past, json_object_get(root, "pods"), kube_past_pod);
    each(past, json_object_get(root, "events"), kube_past_event);
    const struct past *made = kube_past_make(past, &count);
    struct past_report report = past_judge(made, count, 0, arena);
    for (size_t i = 0; i < report.row_count; i++) {
        const struct past_row *row = &report.rows[i];
        assert(text_is_clean(row->release->version));
        assert(!row->unknown || (!row->words[PAST_NO_CANARY] && !row->words[PAST_NO_BAKE]));
        for (unsigned f = 0; f < PAST_FAULT_COUNT; f++)
            assert(!row->words[f] || text_is_clean(row->words[f]));
    }
    arena_free(arena);
    kube_past_free(past);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct err err = {0};

    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] % 3 == 0) {
        try_manifest(text, size - 1);
        return 0;
    }
    json_t *root = json_parse(text, size - 1, "fuzz", &err);
    if (root && data[0] % 3 == 1)
        try_log(root);
    else if (root)
        try_past(root);
    json_decref(root);
    return 0;
}
