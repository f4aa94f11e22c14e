/* acting_wire.c: the driver of an operator, which can be cut, refused and made to forget. */
#include "release/acting.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static struct wire *wire_of(const struct driver *driver)
{
    return (struct wire *)(uintptr_t)driver;
}

static void swallow_service(void *arg, const struct service *service, const struct err *err)
{
    (void)arg, (void)service, (void)err;
}

static void swallow_act(void *arg, const char *revision, const struct err *err)
{
    (void)arg, (void)revision, (void)err;
}

static void swallow_ledger(void *arg, const char *text, const char *revision, const struct err *err)
{
    (void)arg, (void)text, (void)revision, (void)err;
}

/* False: this call never leaves. *deaf: its answer never comes back. */
static bool passes(struct wire *wire, const char *name, bool *deaf)
{
    *deaf = false;
    if (wire->cut)
        return false;
    if (++wire->calls != wire->cut_at)
        return true;
    wire->cut = true;
    wire->cut_call = name;
    *deaf = wire->answer_only;
    return wire->answer_only;
}

struct failure {
    driver_read_fn *read;
    driver_ledger_fn *get;
    void *arg;
    enum err_code code;
};

static void answer_failure(void *arg)
{
    struct failure *failure = arg;
    struct err err = {0};

    err_set(&err, failure->code, "the cluster said nothing");
    if (failure->read)
        failure->read(failure->arg, NULL, &err);
    else
        failure->get(failure->arg, NULL, "", &err);
    free(failure);
}

/* True: it answers with that error instead. */
static bool fails(struct wire *wire, enum err_code code, struct failure what)
{
    if (code == ERR_NONE || wire->refuse_times-- <= 0)
        return false;
    struct failure *failure = xcalloc(1, sizeof *failure);
    what.code = code;
    *failure = what;
    loop_post(wire->real->env.loop, answer_failure, failure);
    return true;
}

static void wire_read(struct driver *base, const char *service_id, driver_read_fn *fn, void *arg)
{
    struct wire *wire = wire_of(base);
    bool deaf;

    if (passes(wire, "read", &deaf) &&
        !fails(wire, wire->refuse_read, (struct failure){.read = fn, .arg = arg}))
        wire->real->ops->read(wire->real, service_id, deaf ? swallow_service : fn, arg);
}

struct refusal {
    driver_act_fn *act;
    driver_ledger_fn *put;
    void *arg;
    enum err_code code;
};

static void refuse(void *arg)
{
    struct refusal *refusal = arg;
    struct err err = {0};

    err_set(&err, refusal->code, "the cluster said no");
    if (refusal->act)
        refusal->act(refusal->arg, "", &err);
    else
        refusal->put(refusal->arg, NULL, "", &err);
    free(refusal);
}

static void refuse_later(struct wire *wire, struct refusal what)
{
    struct refusal *refusal = xcalloc(1, sizeof *refusal);
    *refusal = what;
    loop_post(wire->real->env.loop, refuse, refusal);
}

static void wire_act(struct driver *base, const struct action *action, const json_t *memo,
                     driver_act_fn *fn, void *arg)
{
    struct wire *wire = wire_of(base);
    bool deaf;

    if (!passes(wire, "act", &deaf))
        return;
    wire->acts++;
    if (wire->refuse_act)
        refuse_later(wire, (struct refusal){.act = fn, .arg = arg, .code = wire->refuse_act});
    else
        wire->real->ops->act(wire->real, action, memo, deaf ? swallow_act : fn, arg);
}

static void wire_fence(struct driver *base, const char *service_id, const char *revision,
                       driver_act_fn *fn, void *arg)
{
    struct wire *wire = wire_of(base);
    bool deaf;

    if (!passes(wire, "fence", &deaf))
        return;
    wire->fences++;
    wire->real->ops->fence(wire->real, service_id, revision, deaf ? swallow_act : fn, arg);
}

static void wire_get(struct driver *base, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct wire *wire = wire_of(base);
    bool deaf;

    if (passes(wire, "ledger-get", &deaf) &&
        !fails(wire, wire->refuse_get, (struct failure){.get = fn, .arg = arg}))
        wire->real->ops->ledger_get(wire->real, key, deaf ? swallow_ledger : fn, arg);
}

static void answer_unnamed(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct refusal *asked = arg;

    (void)revision;
    asked->put(asked->arg, text, "", err);
    free(asked);
}

static void wire_put(struct driver *base, const char *key, const char *text, const char *expected,
                     driver_ledger_fn *fn, void *arg)
{
    struct wire *wire = wire_of(base);
    bool deaf;

    if (!passes(wire, "ledger-put", &deaf))
        return;
    if (wire->puts < (int)ARRAY_LEN(wire->put))
        wire->put[wire->puts++] = xasprintf("%s %s", expected, text);
    if (wire->no_revision && !deaf) {
        struct refusal *asked = xcalloc(1, sizeof *asked);
        *asked = (struct refusal){.put = fn, .arg = arg};
        fn = answer_unnamed;
        arg = asked;
    }
    if (wire->refuse_put)
        refuse_later(wire, (struct refusal){.put = fn, .arg = arg, .code = wire->refuse_put});
    else
        wire->real->ops->ledger_put(wire->real, key, text, expected, deaf ? swallow_ledger : fn,
                                    arg);
}

static bool wire_plan(struct driver *base, const struct service *service, const json_t *memo,
                      struct action *action, json_t **new_memo, struct err *err)
{
    struct wire *wire = wire_of(base);
    bool ok = wire->real->ops->plan(wire->real, service, memo, action, new_memo, err);

    if (wire->plan_writes)
        action->writes = wire->plan_writes;
    if (wire->plan_holds_from)
        action->holds_from = wire->plan_holds_from;
    return ok;
}

static bool wire_settled(struct driver *base, const struct service *service,
                         const struct action *action)
{
    return wire_of(base)->real->ops->settled(wire_of(base)->real, service, action);
}

static const struct driver_caps *wire_caps(const struct driver *base)
{
    return &wire_of(base)->caps;
}

void acting_connect(struct wire *wire, struct driver *real)
{
    while (wire->puts)
        free(wire->put[--wire->puts]);
    *wire = (struct wire){.real = real};
    wire->ops = *real->ops;
    wire->ops.read = wire_read;
    wire->ops.act = wire_act;
    wire->ops.fence = wire_fence;
    wire->ops.ledger_get = wire_get;
    wire->ops.ledger_put = wire_put;
    wire->ops.plan = wire_plan;
    wire->ops.settled = wire_settled;
    wire->ops.caps = wire_caps;
    wire->caps = *real->ops->caps(real);
    wire->base = (struct driver){&wire->ops, real->env};
}
