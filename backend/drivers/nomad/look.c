/* look.c: one job, read now.
 *
 * Its versions are read last: then no allocation and no deployment is of a version that the history
 * lacks because it is older. What it shows too new is taken as moving, never as at rest. */
#include "drivers/nomad/client.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <stdlib.h>
#include <string.h>

enum part { PART_ALLOCS, PART_DEPLOYMENT, PART_BLOCKED, PART_NODES, PART_VERSIONS, PART_COUNT };

struct look_op {
    struct op op;
    char *space, *job;
    bool consistent;
    json_t *parts[PART_COUNT];
    unsigned pending;
    struct err err;
    struct look_part {
        struct look_op *look;
        enum part part;
    } refs[PART_COUNT];
    look_fn *fn;
    void *arg;
};

void nomad_look_free(struct nomad_look *look)
{
    if (!look)
        return;
    json_decref(look->raw);
    arena_free(look->arena);
    free(look);
}

static void drop_look(struct op *op)
{
    struct look_op *look = (struct look_op *)(void *)op;

    for (unsigned i = 0; i < PART_COUNT; i++)
        json_decref(look->parts[i]);
    free(look->space);
    free(look->job);
    free(look);
}

/* null where there never was one. */
static bool decode_deployment(struct look_op *look, struct nomad_look *out)
{
    json_t *value = look->parts[PART_DEPLOYMENT];
    struct nomad_deployment *found;
    size_t count;

    if (json_is_null(value))
        return true;
    json_t *list = json_pack("[O]", value);
    bool ok = nomad_decode_deployments(list, out->arena, &found, &count, &look->err);
    json_decref(list);
    if (ok && count > 0)
        out->sight.deployment = found;
    return ok;
}

static bool decode(struct look_op *look, struct nomad_look *out)
{
    struct nomad_node *nodes;
    struct nomad_alloc *allocs;
    struct nomad_blocked *blocked;

    if (!nomad_decode_nodes(look->parts[PART_NODES], out->arena, &nodes, &out->view.node_count,
                            &look->err) ||
        !nomad_decode_allocs(look->parts[PART_ALLOCS], out->arena, &allocs, &out->sight.alloc_count,
                             &look->err) ||
        !nomad_decode_blocked(look->parts[PART_BLOCKED], out->arena, &blocked,
                              &out->sight.blocked_count, &look->err) ||
        !nomad_decode_history(look->parts[PART_VERSIONS], out->arena, &out->history, &look->err) ||
        !decode_deployment(look, out))
        return false;
    out->view.nodes = nodes;
    out->sight.allocs = allocs;
    out->sight.blocked = blocked;
    return true;
}

static struct nomad_look *make(struct look_op *look)
{
    struct nomad *nomad = nomad_of(look->op.driver);
    struct clock *clock = loop_clock(nomad->base.env.loop);
    struct nomad_look *out = xcalloc(1, sizeof *out);

    out->arena = arena_new(4096);
    out->view = (struct nomad_view){
        .cluster = nomad->base.env.config->name,
        .self = nomad->self,
        .self_name = nomad->self_name,
        .utc_ms = clock_utc_ms(clock),
        .now_ms = clock_now_ms(clock),
    };
    if (!decode(look, out)) {
        nomad_look_free(out);
        return NULL;
    }
    nomad_returns_note(nomad->returns, out->arena, &out->view);
    out->raw = json_incref(look->parts[PART_VERSIONS]);
    out->sight.history = &out->history;
    out->sight.sent = nomad->sent;
    out->sight.sent_count = NOMAD_SENT_MAX;
    return out;
}

static void finish(struct look_op *look)
{
    struct nomad_look *made = look->err.code == ERR_NONE ? make(look) : NULL;
    look_fn *fn = look->fn;
    void *arg = look->arg;
    struct err err = look->err;

    op_end(&look->op);
    fn(arg, made, &err);
}

static void on_part(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed);

static void ask(struct look_op *look, enum part part)
{
    static const char *const rest[PART_COUNT] = {"/allocations", "/deployment", "/evaluations", "",
                                                 "/versions"};
    struct nomad *nomad = nomad_of(look->op.driver);
    char *job = http_escape(look->job);
    char *path = part == PART_NODES ? xstrdup("nodes") : xasprintf("job/%s%s", job, rest[part]);

    look->pending++;
    nomad_client_get(nomad,
                     nomad_client_path(nomad, path, part == PART_NODES ? NULL : look->space,
                                       look->consistent ? "&consistent" : ""),
                     on_part, &look->refs[part]);
    free(path);
    free(job);
}

static void on_part(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    static const char *const what[PART_COUNT] = {"reading allocations", "reading the deployment",
                                                 "reading evaluations", "reading nodes",
                                                 "reading the job"};
    const struct look_part *ref = arg;
    struct look_op *look = ref->look;
    struct err err = {0};

    (void)sent;
    json_t *value =
        nomad_client_parse(nomad_of(look->op.driver), answer, failed, what[ref->part], &err);
    look->parts[ref->part] = value;
    if (!value && look->err.code == ERR_NONE)
        look->err = err;
    if (--look->pending > 0)
        return;
    if (ref->part != PART_VERSIONS && look->err.code == ERR_NONE)
        ask(look, PART_VERSIONS);
    else
        finish(look);
}

void nomad_look_start(struct nomad *nomad, const char *space, const char *job, bool consistent,
                      look_fn *fn, void *arg)
{
    struct look_op *look = xcalloc(1, sizeof *look);

    look->space = xstrdup(space);
    look->job = xstrdup(job);
    look->consistent = consistent;
    look->fn = fn;
    look->arg = arg;
    for (unsigned i = 0; i < PART_COUNT; i++)
        look->refs[i] = (struct look_part){look, (enum part)i};
    nomad_op_begin(nomad, &look->op, drop_look);
    for (unsigned i = 0; i < PART_VERSIONS; i++)
        ask(look, (enum part)i);
}
