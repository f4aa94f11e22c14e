/* build.c: see build.h. */
#include "board/build.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 16 };

struct service *build_service(const char *wants)
{
    struct service *service = service_new();

    service->cluster = "c";
    service->id = "web";
    service->name = "web";
    service->kind = "service";
    service->revision = "1";
    service->spec_digest = "d1";
    service->replicas = 8;
    service->wants = arena_strdup(service->arena, wants);
    service->versions = arena_alloc(service->arena, ROOM, sizeof *service->versions);
    service->placements = arena_alloc(service->arena, ROOM, sizeof *service->placements);
    return service;
}

static uint32_t version_index(struct service *service, const char *version)
{
    for (uint32_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0)
            return i;
    service->versions[service->version_count].version = arena_strdup(service->arena, version);
    service->versions[service->version_count].digest = "";
    return (uint32_t)service->version_count++;
}

void build_instances(struct service *service, const char *version, enum instance_state state,
                     uint32_t count, const char *node)
{
    uint32_t index = version_index(service, version);
    struct placement *place = &service->placements[service->placement_count++];

    service->versions[index].count[state] += count;
    place->node = arena_strdup(service->arena, node);
    place->version = index;
    place->count[state] = count;
}

const struct snapshot *build_snapshot(const struct service *service)
{
    struct fleet *fleet = fleet_new();

    for (int i = 1; i <= 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        const struct node node = {"c", name, name, NODE_REPORTING, false, -1, ""};
        fleet_put_node(fleet, &node);
    }
    fleet_put_service(fleet, service_ref(service));
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    fleet_free(fleet);
    return snapshot;
}
