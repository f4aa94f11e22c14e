/* recorded.c: see recorded.h. */
#include "drivers/swarm/recorded.h"

#include "base/clock.h"
#include "base/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *own(struct recorded *recorded, json_t *value)
{
    ck_assert_uint_lt(recorded->count, ARRAY_LEN(recorded->parts));
    recorded->parts[recorded->count++] = value;
    return value;
}

json_t *recorded_text(struct recorded *recorded, const char *text)
{
    struct err err = {0};
    json_t *value = json_parse(text, strlen(text), "test", &err);

    ck_assert_msg(value != NULL, "%s", err.text);
    return own(recorded, value);
}

json_t *recorded_json(struct recorded *recorded, const char *name)
{
    char path[128];
    struct err err = {0};
    size_t len;

    snprintf(path, sizeof path, "recordings/swarm/%s.json", name);
    char *text = test_read_file(path, &len);
    json_t *value = json_parse(text, len, name, &err);
    ck_assert_msg(value != NULL, "%s", err.text);
    free(text);
    return own(recorded, value);
}

static void take_services(struct recorded *recorded, const json_t *value)
{
    struct swarm_service *services = arena_alloc(recorded->arena, 1, sizeof *services);
    struct err err = {0};
    bool ok;

    recorded->view.service_count = 1;
    if (json_is_array(value))
        ok = swarm_decode_services(value, recorded->arena, &services, &recorded->view.service_count,
                                   &err);
    else
        ok = swarm_decode_service(value, recorded->arena, services, &err);
    ck_assert_msg(ok, "%s", err.text);
    recorded->view.services = services;
}

struct recorded recorded_view(const char *services, const char *tasks, const char *nodes,
                              const char *at_utc)
{
    struct recorded recorded = {.arena = arena_new(4096)};
    struct swarm_view *view = &recorded.view;
    struct swarm_task *task_list = NULL;
    struct swarm_node *node_list = NULL;
    struct err err = {0};

    view->cluster = "test";
    view->utc_ms = clock_parse_utc(at_utc);
    if (services)
        take_services(&recorded, recorded_json(&recorded, services));
    if (tasks)
        ck_assert_msg(swarm_decode_tasks(recorded_json(&recorded, tasks), recorded.arena,
                                         &task_list, &view->task_count, &err),
                      "%s", err.text);
    if (nodes)
        ck_assert_msg(swarm_decode_nodes(recorded_json(&recorded, nodes), recorded.arena,
                                         &node_list, &view->node_count, &err),
                      "%s", err.text);
    view->tasks = task_list;
    view->nodes = node_list;
    return recorded;
}

void recorded_service(struct recorded *recorded, const char *json_text)
{
    take_services(recorded, recorded_text(recorded, json_text));
}

void recorded_free(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->count; i++)
        json_decref(recorded->parts[i]);
    arena_free(recorded->arena);
}

const struct service *recorded_picture(const struct recorded *recorded)
{
    return swarm_picture(&recorded->view, &recorded->view.services[0], true);
}
