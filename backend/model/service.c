/* service.c: see service.h. */
#include "model/service.h"

#include "base/hash.h"
#include "model/node.h"

#include <assert.h>
#include <string.h>

const char *const instance_state_word[INSTANCE_STATE_COUNT] = {
    [INSTANCE_STARTING] = "starting", [INSTANCE_SERVING] = "serving",
    [INSTANCE_STOPPING] = "stopping", [INSTANCE_FAILING] = "failing",
    [INSTANCE_GHOST] = "ghost",
};

uint64_t node_key(const char *cluster, const char *id)
{
    uint64_t key = hash_mix(HASH_SEED, cluster, strlen(cluster) + 1);

    key = hash_scatter(hash_mix(key, id, strlen(id)));
    return key ? key : 1;
}

struct service *service_new(void)
{
    struct arena *arena = arena_new(512);
    struct service *service = arena_alloc(arena, 1, sizeof *service);

    service->arena = arena;
    service->refs = 1;
    service->cluster = service->id = service->name = service->scope = "";
    service->kind = service->owner = service->revision = service->spec_digest = "";
    service->config_digest = "";
    service->wants = service->was = service->artifact = service->contract = "";
    service->reason = service->by = "";
    service->since_utc_ms = -1;
    return service;
}

const struct service *service_seal(struct service *service)
{
    assert(service->id[0] && service->name[0] && service->cluster[0]);
    assert(service->scope && service->wants && service->reason && service->contract);
    assert(service->config_digest);
    for (size_t i = 0; i < service->version_count; i++)
        assert(service->versions[i].version && service->versions[i].digest);
    for (size_t i = 0; i < service->placement_count; i++) {
        assert(service->placements[i].version < service->version_count);
        assert(service->placements[i].node);
        service->placements[i].node_key = node_key(service->cluster, service->placements[i].node);
    }
    for (size_t i = 0; i < service->launcher_count; i++)
        assert(service->launchers[i].name && service->launchers[i].version);
    for (size_t i = 0; i < service->instance_count; i++) {
        assert(service->instances[i].version < service->version_count);
        assert(service->instances[i].name && service->instances[i].reason);
    }
    return service;
}

const struct service *service_ref(const struct service *service)
{
    struct service *shared = (struct service *)(uintptr_t)service;

    __atomic_add_fetch(&shared->refs, 1, __ATOMIC_RELAXED);
    return service;
}

void service_unref(const struct service *service)
{
    struct service *shared = (struct service *)(uintptr_t)service;

    if (shared && __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(shared->arena);
}

unsigned service_count(const struct service *service, const char *version, unsigned states)
{
    unsigned sum = 0;

    for (size_t i = 0; i < service->version_count; i++) {
        if (strcmp(service->versions[i].version, version) != 0)
            continue;
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            if (states & (1u << s))
                sum += service->versions[i].count[s];
    }
    return sum;
}
