/* write.c: one service read consistently, and the only writes to services.
 *
 * The engine moves a service's version by itself, with every word of its own about an update. So
 * a revision carries the hash of the Spec as well: while the Spec is still the one that was
 * judged, nobody interfered, and the version just read is the precondition that is sent. */
#include "drivers/swarm/look.h"

#include "base/json.h"
#include "drivers/swarm/answer.h"
#include "drivers/swarm/memo.h"
#include "drivers/swarm/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 250 };

struct read {
    struct op op;
    char *service;
    unsigned tries;
    driver_read_fn *fn;
    void *arg;
};

static void drop_read(struct op *op)
{
    struct read *read = (struct read *)(void *)op;

    free(read->service);
    free(read);
}

static void try_read(void *arg);

static void on_look(void *arg, const struct swarm_view *view, json_t *raw, const struct err *failed)
{
    struct read *read = arg;
    struct swarm *swarm = swarm_of(read->op.driver);
    driver_read_fn *fn = read->fn;
    void *fn_arg = read->arg;
    struct err err = *failed;
    const struct service *service = NULL;

    if (!view && err.code == ERR_NETWORK && ++read->tries < SWARM_READ_TRIES) {
        client_later(swarm, RETRY_MS << read->tries, try_read, read);
        return;
    }
    op_end(&read->op);
    if (view && swarm_keep(swarm, json_incref(raw), &err))
        service = swarm_picture(view, &view->services[0], true);
    fn(fn_arg, service, err_or_null(&err));
    service_unref(service);
}

static void try_read(void *arg)
{
    struct read *read = arg;

    look_start(swarm_of(read->op.driver), read->service, on_look, read);
}

void swarm_read(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg)
{
    struct read *read = xcalloc(1, sizeof *read);

    read->service = xstrdup(service_id);
    read->fn = fn;
    read->arg = arg;
    swarm_op_begin(swarm_of(driver), &read->op, drop_read);
    try_read(read);
}

struct act {
    struct op op;
    struct action action;
    json_t *memo;
    driver_act_fn *fn;
    void *arg;
};

static void drop_act(struct op *op)
{
    struct act *act = (struct act *)(void *)op;

    json_decref(act->memo);
    free(act);
}

static void end_act(struct act *act, const struct err *err)
{
    driver_act_fn *fn = act->fn;
    void *arg = act->arg;

    op_end(&act->op);
    fn(arg, "", err_or_null(err));
}

static void on_posted(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct act *act = arg;
    struct err err = {0};

    answer_judge(answer, sent, failed, true, "updating the service", &err);
    end_act(act, &err);
}

static bool still_as_judged(const struct swarm_service *from, const struct action *action,
                            struct err *err)
{
    const char *dot = strchr(action->revision, '.');

    if (dot && strcmp(dot + 1, from->spec_hash) == 0)
        return true;
    return err_set(err, ERR_CONFLICT, "%s was changed meanwhile: it asks for %s now", from->name,
                   from->version);
}

static json_t *compose(const struct act *act, const struct swarm_service *from, struct err *err)
{
    json_t *made = NULL;
    const json_t *memo = act->memo;

    if (!still_as_judged(from, &act->action, err))
        return NULL;
    if (!memo || !memo_fits(memo, from))
        memo = made = memo_from_previous(from);
    json_t *spec = swarm_compose(from, memo, &act->action, err);
    json_decref(made);
    return spec;
}

/* Nothing was sent yet: whatever went wrong, the service is as it was. */
static void not_sent(struct err *err)
{
    if (err->code != ERR_CONFLICT && err->code != ERR_AUTH && err->code != ERR_NOT_FOUND &&
        err->code != ERR_UNSUPPORTED)
        err->code = ERR_REJECTED;
    err_prefix(err, "nothing was sent");
}

static void on_fresh(void *arg, const struct http_answer *answer, bool sent,
                     const struct err *failed)
{
    struct act *act = arg;
    struct swarm *swarm = swarm_of(act->op.driver);
    struct arena *arena = arena_new(1024);
    struct swarm_service from;
    struct err err = {0};
    json_t *spec = NULL;

    (void)sent;
    json_t *raw = client_parse(swarm, answer, failed, "reading the service", &err);
    if (raw && swarm_decode_service(raw, arena, &from, &err))
        spec = compose(act, &from, &err);
    if (spec) {
        char *path = xasprintf("/services/%s/update?version=%" PRIu64, from.id, from.index);
        client_post(swarm, path, spec, on_posted, act);
    } else {
        not_sent(&err);
        end_act(act, &err);
    }
    json_decref(spec);
    json_decref(raw);
    arena_free(arena);
}

void swarm_act(struct driver *driver, const struct action *action, const json_t *memo,
               driver_act_fn *fn, void *arg)
{
    struct act *act = xcalloc(1, sizeof *act);
    char *id = http_escape(action->service);

    act->action = *action;
    act->memo = memo ? json_deep_copy(memo) : NULL;
    act->fn = fn;
    act->arg = arg;
    swarm_op_begin(swarm_of(driver), &act->op, drop_act);
    client_get(swarm_of(driver), xasprintf("/services/%s", id), on_fresh, act);
    free(id);
}
