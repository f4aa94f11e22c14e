/* fuzz_nomad.c: whatever a server may answer becomes facts or an error, never a crash.
 *
 * The first byte chooses what the rest is; a whole look (versions, allocations, deployments,
 * evaluations, nodes in one object) goes through counting, planning and composing as well. */
#include "base/json.h"
#include "drivers/nomad/address.h"
#include "drivers/nomad/answer.h"
#include "drivers/nomad/artifact.h"
#include "drivers/nomad/recipe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void try_writes(const struct nomad_sight *sight, const struct nomad_group *group,
                       const struct service *service, const json_t *memo)
{
    for (unsigned verb = 0; verb < VERB_COUNT; verb++) {
        struct action action = {.id = "00", .verb = (enum verb)verb, .to = "9", .to_count = 3};
        struct nomad_request request = {.body = NULL};
        struct err err = {0};
        json_t *made = NULL;
        action.replicas = service->replicas;
        action.last_step = service->replicas <= 3;
        if (!nomad_plan(sight, group, service, memo, &action, &made, &err))
            assert(err.code != ERR_NONE);
        for (; action.write < action.writes && action.write < 5; action.write++) {
            struct err wrong = {0};
            if (nomad_compose(sight, group, service, made ? made : memo, &action, &request, &wrong))
                json_decref(request.body);
            nomad_settled(service, &action);
        }
        json_decref(made);
    }
}

static void try_groups(const struct nomad_view *view, const struct nomad_sight *sight,
                       const json_t *memo)
{
    const struct nomad_job *job = &sight->history->jobs[0];

    for (size_t i = 0; i < job->group_count; i++) {
        const struct service *service = nomad_picture(view, sight, &job->groups[i], true);
        service_hash(service);
        try_writes(sight, &job->groups[i], service, memo);
        service_unref(service);
    }
}

static void try_look(const json_t *root, struct arena *arena)
{
    struct nomad_view view = {.cluster = "fuzz", .utc_ms = 1790000000000};
    struct nomad_history history;
    struct nomad_sight sight = {.history = &history};
    struct nomad_deployment *deployments;
    struct nomad_alloc *allocs;
    struct nomad_node *nodes;
    struct nomad_blocked *blocked;
    struct err err = {0};
    size_t count;

    if (!nomad_decode_history(root, arena, &history, &err) ||
        !nomad_decode_nodes(json_object_get(root, "nodes"), arena, &nodes, &view.node_count,
                            &err) ||
        !nomad_decode_allocs(json_object_get(root, "allocations"), arena, &allocs,
                             &sight.alloc_count, &err) ||
        !nomad_decode_blocked(json_object_get(root, "evaluations"), arena, &blocked,
                              &sight.blocked_count, &err) ||
        !nomad_decode_deployments(json_object_get(root, "deployments"), arena, &deployments, &count,
                                  &err)) {
        assert(err.code != ERR_NONE);
        return;
    }
    view.nodes = nodes;
    sight.allocs = allocs;
    sight.blocked = blocked;
    sight.deployment = count > 0 ? deployments : NULL;
    try_groups(&view, &sight, json_object_get(root, "memo"));
}

static void try_text(const char *text, struct arena *arena)
{
    const struct http_answer answer = {
        .status = 500, .body = text, .body_len = strlen(text), .headers = text};
    struct nomad_address address;
    struct err err = {0}, none = {0}, aged = {0};
    const char *space, *job, *group;
    char path[NOMAD_PATH_TEXT];

    nomad_address_parse(text, false, &address, &err);
    nomad_artifact_version(arena, text, false);
    free(nomad_artifact_of_version(text, false, "1", "2", &err));
    nomad_record_key(arena, text);
    nomad_record_path(text, path);
    nomad_answer_judge(&answer, true, &none, true, "fuzz", &err);
    nomad_answer_is_current(&answer, 5000, "fuzz", &aged);
    nomad_answer_index(&answer);
    if (nomad_parse_id(arena, text, &space, &job, &group))
        assert(nomad_service_id(arena, space, job, group));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    struct nomad_event *events;
    struct nomad_listed *jobs;
    struct nomad_record record;
    uint64_t index;
    size_t count;

    if (size == 0)
        goto out;
    json_t *root = json_parse((const char *)data + 1, size - 1, "fuzz", &err);
    switch (data[0] % 5) {
    case 0:
        nomad_decode_events(root, arena, &events, &count, &index, &err);
        break;
    case 1:
        nomad_decode_record(root, arena, &record, &err);
        break;
    case 2:
        nomad_decode_jobs(root, arena, &jobs, &count, &err);
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
