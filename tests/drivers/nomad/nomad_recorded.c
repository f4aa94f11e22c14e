/* nomad_recorded.c: see nomad_recorded.h. */
#include "drivers/nomad/nomad_recorded.h"

#include "base/clock.h"
#include "base/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *nomad_recorded_json(struct nomad_recorded *recorded, const char *file)
{
    char path[128];
    struct err err = {0};
    size_t len;

    snprintf(path, sizeof path, "recordings/nomad/%s.json", file);
    char *text = test_read_file(path, &len);
    json_t *value = json_parse(text, len, file, &err);
    ck_assert_msg(value != NULL, "%s", err.text);
    free(text);
    ck_assert_uint_lt(recorded->count, ARRAY_LEN(recorded->parts));
    recorded->parts[recorded->count++] = value;
    return value;
}

static json_t *part(struct nomad_recorded *recorded, const char *name, const char *what)
{
    char file[64];

    snprintf(file, sizeof file, "%s-%s", name, what);
    return nomad_recorded_json(recorded, file);
}

static void take_deployment(struct nomad_recorded *recorded, json_t *value)
{
    struct nomad_deployment *found;
    struct err err = {0};
    size_t count;
    json_t *list = json_pack("[O]", value);

    ck_assert_msg(nomad_decode_deployments(list, recorded->arena, &found, &count, &err), "%s",
                  err.text);
    recorded->sight.deployment = found;
    json_decref(list);
}

static bool has_evaluations(const char *name)
{
    return strcmp(name, "big") == 0 || strcmp(name, "broken") == 0;
}

struct nomad_recorded nomad_recorded_look(const char *name)
{
    struct nomad_recorded recorded = {.arena = arena_new(4096)};
    struct arena *arena = recorded.arena;
    struct nomad_alloc *allocs;
    struct nomad_node *nodes;
    struct nomad_blocked *blocked = NULL;
    struct err err = {0};
    bool ok =
        nomad_decode_history(part(&recorded, name, "versions"), arena, &recorded.history, &err) &&
        nomad_decode_allocs(part(&recorded, name, "allocations"), arena, &allocs,
                            &recorded.sight.alloc_count, &err) &&
        nomad_decode_nodes(nomad_recorded_json(&recorded, "nodes"), arena, &nodes,
                           &recorded.view.node_count, &err);

    if (ok && has_evaluations(name))
        ok = nomad_decode_blocked(part(&recorded, name, "evaluations"), arena, &blocked,
                                  &recorded.sight.blocked_count, &err);
    ck_assert_msg(ok, "%s", err.text);
    take_deployment(&recorded, part(&recorded, name, "deployment"));
    recorded.view.cluster = "test";
    recorded.view.utc_ms = clock_parse_utc("2026-11-22T20:50:00Z");
    recorded.view.nodes = nodes;
    recorded.sight.allocs = allocs;
    recorded.sight.blocked = blocked;
    return recorded;
}

void nomad_recorded_free(struct nomad_recorded *recorded)
{
    for (size_t i = 0; i < recorded->count; i++)
        json_decref(recorded->parts[i]);
    arena_free(recorded->arena);
}

const struct nomad_group *nomad_recorded_group(const struct nomad_recorded *recorded)
{
    return &recorded->history.jobs[0].groups[0];
}

const struct service *nomad_recorded_picture(const struct nomad_recorded *recorded)
{
    struct nomad_sight sight = recorded->sight;

    sight.history = &recorded->history;
    return nomad_picture(&recorded->view, &sight, nomad_recorded_group(recorded), true);
}
