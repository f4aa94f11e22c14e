/* fuzz_swarm.c: whatever an engine may answer becomes facts or an error, never a crash.
 *
 * The first byte chooses what the rest is; a whole look (services, tasks, nodes in one object)
 * goes through counting, planning and composing as well. */
#include "base/json.h"
#include "drivers/image.h"
#include "drivers/swarm/endpoint.h"
#include "drivers/swarm/ghosts.h"
#include "drivers/swarm/recipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void try_writes(const struct swarm_service *from, const struct service *service,
                       const json_t *memo)
{
    for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
        struct action action = {.id = "fuzz", .verb = (enum verb)verb, .to = "9", .to_count = 3};
        struct err err = {0};
        json_t *made = NULL;
        action.replicas = service->replicas;
        action.last_step = service->replicas <= 3;
        if (!swarm_plan(from, service, memo, &action, &made, &err))
            assert(err.code != ERR_NONE);
        for (; action.write < action.writes && action.write < 4; action.write++) {
            json_t *spec = swarm_compose(from, made ? made : memo, &action, &err);
            json_decref(spec);
            swarm_settled(service, &action);
        }
        json_decref(made);
    }
}

static void try_look(const json_t *root, struct arena *arena)
{
    struct swarm_view view = {.cluster = "fuzz", .utc_ms = 1790000000000};
    struct swarm_service *services = NULL;
    struct swarm_task *tasks = NULL;
    struct swarm_node *nodes = NULL;
    struct ghosts *ghosts = ghosts_new();
    struct err err = {0};

    if (swarm_decode_services(json_object_get(root, "services"), arena, &services,
                              &view.service_count, &err) &&
        swarm_decode_tasks(json_object_get(root, "tasks"), arena, &tasks, &view.task_count, &err) &&
        swarm_decode_nodes(json_object_get(root, "nodes"), arena, &nodes, &view.node_count, &err)) {
        view.services = services;
        view.tasks = tasks;
        view.nodes = nodes;
        ghosts_recall(ghosts, arena, &view);
        for (size_t i = 0; i < view.service_count; i++) {
            const struct service *service = swarm_picture(&view, &services[i], true);
            service_hash(service);
            try_writes(&services[i], service, json_object_get(root, "memo"));
            service_unref(service);
        }
    } else {
        assert(err.code != ERR_NONE);
    }
    ghosts_free(ghosts);
}

static void try_text(const char *text, struct arena *arena)
{
    struct endpoint endpoint;
    struct err err = {0};
    char name[SWARM_RECORD_NAME];

    endpoint_parse(text, false, &endpoint, &err);
    image_version(arena, text);
    image_digest(arena, text);
    image_is_reference(text);
    free(image_retag(text, "4", &err));
    swarm_record_name(text, name);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    struct swarm_event event;
    struct swarm_record record;
    char prefix[SWARM_PREFIX_TEXT];

    if (size == 0)
        goto out;
    json_t *root = json_parse((const char *)data + 1, size - 1, "fuzz", &err);
    switch (data[0] % 5) {
    case 0:
        swarm_decode_event(root, arena, &event, &err);
        break;
    case 1:
        swarm_decode_record(root, arena, &record, &err);
        break;
    case 2:
        swarm_decode_version(root, arena, prefix, &err);
        break;
    case 3: {
        char *text = xstrndup((const char *)data + 1, size - 1);
        try_text(text, arena);
        free(text);
        break;
    }
    default:
        if (root)
            try_look(root, arena);
        break;
    }
    json_decref(root);
out:
    arena_free(arena);
    return 0;
}
