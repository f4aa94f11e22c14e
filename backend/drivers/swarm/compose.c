/* compose.c: the Spec of a write, from the Spec as it was just read.
 *
 * Single keys of the raw JSON are set and none is left out: even dropping an empty object
 * re-creates every task, and a Placement that is gone puts 20.10 managers into a crash loop.
 * FailureAction is never "rollback": from the second step on the engine's own way back leads
 * forward. */
#include "base/json.h"
#include "drivers/swarm/memo.h"
#include "drivers/swarm/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_KEPT = 8 };
#define MONITOR_NS 5000000000LL

static json_t *child(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (json_is_object(value))
        return value;
    json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

struct pace {
    uint32_t parallelism; /* 0: all at once */
    json_int_t delay_ns;
    const char *on_failure;
    const char *order; /* NULL: the user's */
};

/* The user's own configuration with another pace. */
static json_t *paced(const json_t *user, const struct pace *pace)
{
    json_t *config = json_is_object(user) ? json_deep_copy(user) : json_object();

    json_object_set_new(config, "Parallelism", json_integer(pace->parallelism));
    json_object_set_new(config, "Delay", json_integer(pace->delay_ns));
    json_object_set_new(config, "FailureAction", json_string(pace->on_failure));
    json_object_set_new(config, "MaxFailureRatio", json_integer(0));
    if (!json_object_get(config, "Monitor"))
        json_object_set_new(config, "Monitor", json_integer(MONITOR_NS));
    if (pace->order || !json_object_get(config, "Order"))
        json_object_set_new(config, "Order", json_string(pace->order ? pace->order : "stop-first"));
    return config;
}

static const json_t *users(const json_t *memo, const json_t *spec, const char *in_memo,
                           const char *in_spec)
{
    return memo ? json_object_get(memo, in_memo) : json_object_get(spec, in_spec);
}

/* With it somebody's `docker service rollback` in the middle moves one task, not all. */
static void set_guard(json_t *spec, const json_t *memo)
{
    const struct pace one = {1, SWARM_REST_NS, "pause", NULL};

    json_object_set_new(spec, "RollbackConfig",
                        paced(users(memo, spec, MEMO_ROLLBACK, "RollbackConfig"), &one));
}

static void set_pace(json_t *spec, const json_t *memo, const struct pace *pace)
{
    json_object_set_new(spec, "UpdateConfig",
                        paced(users(memo, spec, MEMO_UPDATE, "UpdateConfig"), pace));
    set_guard(spec, memo);
}

static void set_image(json_t *spec, const struct action *action)
{
    json_t *template = child(spec, "TaskTemplate"), *container = child(template, "ContainerSpec");
    struct arena *arena = arena_new(256);

    json_object_set_new(container, "Image", json_string(action->artifact));
    /* The label names the version where the image's tag does not. */
    if (strcmp(swarm_template_version(template, arena), action->to) != 0)
        json_object_set_new(child(container, "Labels"), SWARM_LABEL_VERSION,
                            json_string(action->to));
    arena_free(arena);
}

static void compose_move(json_t *spec, const struct swarm_service *from, const json_t *memo,
                         const struct action *action)
{
    uint32_t size = swarm_write_size(action, action->write);
    uint32_t at_once = memo_parallelism(memo, from, action->replicas);
    const struct pace last = {at_once, 0, "pause", NULL};
    const struct pace step = {size < 1 ? 1 : size, SWARM_REST_NS, "pause", NULL};

    if (action->verb == VERB_START)
        set_image(spec, action);
    set_pace(spec, memo, action->last_step ? &last : &step);
}

/* A port of the machine is free only when the old task has gone. */
static bool takes_turns(const struct swarm_service *from)
{
    const json_t *spec = json_object_get(from->raw, "Spec");
    const json_t *ports = json_object_get(json_object_get(spec, "EndpointSpec"), "Ports");
    size_t i;
    json_t *port;

    json_array_foreach(ports, i, port)
    {
        const char *mode = json_raw(json_object_get(port, "PublishMode"));
        if (mode && strcmp(mode, "host") == 0)
            return true;
    }
    return from->global;
}

static bool compose_back(json_t *spec, const struct swarm_service *from, const json_t *memo,
                         const struct action *action, struct err *err)
{
    const json_t *template = json_object_get(memo, MEMO_TEMPLATE);
    uint32_t at_once = memo_parallelism(memo, from, action->replicas);
    const struct pace surge = {0, 0, "continue", "start-first"};
    const struct pace turns = {at_once, 0, "continue", "stop-first"};

    if (!json_is_object(template))
        return err_set(err, ERR_REJECTED, "the record of %s holds no task template to go back to",
                       from->name);
    json_t *back = json_deep_copy(template);
    if (json_object_get(json_object_get(spec, "TaskTemplate"), "Placement") &&
        !json_object_get(back, "Placement"))
        json_object_set_new(back, "Placement", json_object());
    json_object_set_new(spec, "TaskTemplate", back);
    set_pace(spec, memo, takes_turns(from) ? &turns : &surge);
    return true;
}

static void put_back(json_t *spec, const char *key, const json_t *memo, const char *in_memo)
{
    const json_t *value = json_object_get(memo, in_memo);

    if (json_is_object(value))
        json_object_set_new(spec, key, json_deep_copy(value));
    else
        json_object_del(spec, key);
}

/* Neutral on a service whose tasks are all of its template: nothing is left to replace. */
static void compose_restore(json_t *spec, const json_t *memo)
{
    if (!memo)
        return;
    put_back(spec, "UpdateConfig", memo, MEMO_UPDATE);
    put_back(spec, "RollbackConfig", memo, MEMO_ROLLBACK);
}

/* Newest first, the last few stay as evidence. */
static void leave_mark(json_t *spec, const struct swarm_service *from, const struct action *action)
{
    char *marks = xasprintf("%s.%u", action->id, action->write);

    for (size_t i = 0; i < from->mark_count && i + 1 < MARKS_KEPT; i++) {
        char *longer = xasprintf("%s %s", marks, from->marks[i]);
        free(marks);
        marks = longer;
    }
    json_object_set_new(child(spec, "Labels"), SWARM_LABEL_MARKS, json_string(marks));
    free(marks);
}

json_t *swarm_compose(const struct swarm_service *from, const json_t *memo,
                      const struct action *action, struct err *err)
{
    json_t *spec = json_deep_copy(json_object_get(from->raw, "Spec"));
    const struct pace hold = {1, SWARM_REST_NS, "pause", NULL};
    bool ok = true;

    if (memo && !json_is_object(memo))
        memo = NULL;
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        if (action->last_step && action->write + 1 >= action->writes)
            compose_restore(spec, memo);
        else
            compose_move(spec, from, memo, action);
        break;
    case VERB_PAUSE:
        set_pace(spec, memo, &hold);
        break;
    case VERB_ROLLBACK:
        if (action->write == 0)
            ok = compose_back(spec, from, memo, action, err);
        else
            compose_restore(spec, memo);
        break;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        ok = err_set(err, ERR_UNSUPPORTED, "a swarm cannot do that");
        break;
    }
    if (!ok) {
        json_decref(spec);
        return NULL;
    }
    leave_mark(spec, from, action);
    return spec;
}
