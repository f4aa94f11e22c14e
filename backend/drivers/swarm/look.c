/* look.c: see look.h. */
#include "drivers/swarm/look.h"

#include "drivers/swarm/answer.h"
#include "drivers/swarm/ghosts.h"

#include <stdlib.h>
#include <string.h>

enum part { PART_SERVICES, PART_TASKS, PART_NODES, PART_COUNT };

struct look {
    struct op op;
    bool one;
    json_t *parts[PART_COUNT];
    unsigned pending;
    struct err err;
    struct look_part {
        struct look *look;
        enum part part;
    } refs[PART_COUNT];
    look_fn *fn;
    void *arg;
};

static void drop_look(struct op *op)
{
    struct look *look = (struct look *)(void *)op;

    for (unsigned i = 0; i < PART_COUNT; i++)
        json_decref(look->parts[i]);
    free(look);
}

static bool decode(struct look *look, struct arena *arena, struct swarm_view *view)
{
    struct swarm_service *services = arena_alloc(arena, 1, sizeof *services);
    struct swarm_task *tasks = NULL;
    struct swarm_node *nodes = NULL;
    bool ok;

    view->service_count = 1;
    if (look->one)
        ok = swarm_decode_service(look->parts[PART_SERVICES], arena, services, &look->err);
    else
        ok = swarm_decode_services(look->parts[PART_SERVICES], arena, &services,
                                   &view->service_count, &look->err);
    ok =
        ok &&
        swarm_decode_tasks(look->parts[PART_TASKS], arena, &tasks, &view->task_count, &look->err) &&
        swarm_decode_nodes(look->parts[PART_NODES], arena, &nodes, &view->node_count, &look->err);
    view->services = services;
    view->tasks = tasks;
    view->nodes = nodes;
    return ok;
}

static void finish(struct look *look)
{
    struct swarm *swarm = swarm_of(look->op.driver);
    struct clock *clock = loop_clock(swarm->base.env.loop);
    struct swarm_view view = {
        .cluster = swarm->base.env.config->name,
        .utc_ms = clock_utc_ms(clock),
        .now_ms = clock_now_ms(clock),
    };
    struct arena *arena = arena_new(4096);
    bool ok = look->err.code == ERR_NONE && decode(look, arena, &view);
    if (ok)
        ghosts_recall(swarm->ghosts, arena, &view);
    json_t *raw = json_incref(look->parts[PART_SERVICES]);
    look_fn *fn = look->fn;
    void *arg = look->arg;
    struct err err = look->err;

    op_end(&look->op);
    fn(arg, ok ? &view : NULL, raw, &err);
    json_decref(raw);
    arena_free(arena);
}

static void on_part(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    static const char *const what[PART_COUNT] = {"reading services", "reading tasks",
                                                 "reading nodes"};
    const struct look_part *ref = arg;
    struct look *look = ref->look;
    struct err err = {0};

    (void)sent;
    json_t *value = client_parse(swarm_of(look->op.driver), answer, failed, what[ref->part], &err);
    look->parts[ref->part] = value;
    /* Of a service that is gone the task list says 404 as well: the first word counts. */
    if (!value && (look->err.code == ERR_NONE || ref->part == PART_SERVICES))
        look->err = err;
    if (--look->pending == 0)
        finish(look);
}

void look_start(struct swarm *swarm, const char *service_id, look_fn *fn, void *arg)
{
    struct look *look = xcalloc(1, sizeof *look);
    char *filter = service_id ? client_filter("service", service_id) : NULL;
    char *id = service_id ? http_escape(service_id) : NULL;

    look->one = service_id != NULL;
    look->fn = fn;
    look->arg = arg;
    look->pending = PART_COUNT;
    for (unsigned i = 0; i < PART_COUNT; i++)
        look->refs[i] = (struct look_part){look, (enum part)i};
    swarm_op_begin(swarm, &look->op, drop_look);
    client_get(swarm, id ? xasprintf("/services/%s", id) : xstrdup("/services"), on_part,
               &look->refs[PART_SERVICES]);
    client_get(swarm, filter ? xasprintf("/tasks?filters=%s", filter) : xstrdup("/tasks"), on_part,
               &look->refs[PART_TASKS]);
    client_get(swarm, xstrdup("/nodes"), on_part, &look->refs[PART_NODES]);
    free(filter);
    free(id);
}
