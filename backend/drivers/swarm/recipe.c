/* recipe.c: how many writes an action takes, what each moves, and when it has come to rest.
 *
 * Sizes follow from the action alone (k instances in n writes: k-1 spread over n-1 writes, then
 * one), so that whoever takes up an action after a crash computes the same. */
#include "drivers/swarm/recipe.h"

#include "drivers/image.h"
#include "drivers/swarm/memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t to_move(const struct action *action)
{
    uint32_t moves =
        action->to_count > action->have_count ? action->to_count - action->have_count : 0;

    /* Ghosts of an earlier try count as there; a start makes at least one that lives. */
    return action->verb == VERB_START && moves == 0 ? 1 : moves;
}

static bool is_step(enum verb verb)
{
    return verb == VERB_START || verb == VERB_STEP || verb == VERB_RESUME;
}

/* A step to the end moves all the rest in one write, which the engine paces, then gives the service
 * its own update configuration back. */
static uint32_t step_writes(const struct action *action, uint32_t at_once)
{
    uint32_t moves = to_move(action);

    if (action->last_step)
        return 1 + (moves > 0);
    return moves < 2 ? moves : 1 + (moves - 1 + at_once - 1) / at_once;
}

uint32_t swarm_write_size(const struct action *action, uint32_t write)
{
    uint32_t moves = to_move(action);

    if (action->last_step)
        return write + 1 < action->writes ? moves : 0;
    if (action->writes < 2 || write + 1 >= action->writes)
        return moves == 0 ? 0 : action->writes < 2 ? moves : 1;
    uint64_t spread = moves - 1, parts = action->writes - 1;
    return (uint32_t)(spread * (write + 1) / parts - spread * write / parts);
}

static bool check_start(const struct swarm_service *from, const struct service *service,
                        struct action *action, struct err *err)
{
    if (service->motion != MOTION_NONE)
        return err_set(err, ERR_REJECTED,
                       "%s: an update to %s is in flight; finish it or roll it back first",
                       service->name, service->wants);
    if (strcmp(action->to, service->wants) == 0)
        return err_set(err, ERR_REJECTED, "%s already asks for %s", service->name, action->to);
    if (!action->artifact[0]) {
        char *image = image_retag(from->image, action->to, err);
        if (!image)
            return false;
        bool fits = strlen(image) < sizeof action->artifact;
        snprintf(action->artifact, sizeof action->artifact, "%s", image);
        free(image);
        if (!fits)
            return err_set(err, ERR_LIMIT, "%s: its image's name is too long", service->name);
    }
    return image_is_reference(action->artifact) ||
           err_set(err, ERR_USAGE, "\"%s\" is no image reference", action->artifact);
}

static bool check_kind(const struct swarm_service *from, const struct service *service,
                       const struct action *action, struct err *err)
{
    if (from->job)
        return err_set(err, ERR_UNSUPPORTED, "%s is a job: it runs to its end and has no rollout",
                       service->name);
    if (!from->image[0])
        return err_set(err, ERR_UNSUPPORTED, "%s runs no container image", service->name);
    if (is_step(action->verb) && service->replicas == 0)
        return err_set(err, ERR_REJECTED, "%s has no instances: scale it up first", service->name);
    if (is_step(action->verb) && action->to_count > service->replicas)
        return err_set(err, ERR_REJECTED, "%s has %u instances: %u cannot be on %s", service->name,
                       service->replicas, action->to_count, action->to);
    return true;
}

static bool leads_to(const json_t *memo, const char *version)
{
    struct arena *arena = arena_new(256);
    bool same =
        strcmp(swarm_template_version(json_object_get(memo, MEMO_TEMPLATE), arena), version) == 0;

    arena_free(arena);
    return same;
}

/* A memo of a finished release is none of the rollout that is in flight now. */
static const json_t *memo_of(const struct swarm_service *from, const json_t *memo,
                             const struct action *action, json_t **made)
{
    bool back = action->verb == VERB_ROLLBACK && action->to[0];

    if (memo && memo_fits(memo, from) && (!back || leads_to(memo, action->to)))
        return memo;
    *made = memo_from_previous(from);
    return *made;
}

static uint32_t in_motion(const struct service *service)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < service->version_count; i++)
        sum += service->versions[i].count[INSTANCE_STARTING] +
               service->versions[i].count[INSTANCE_STOPPING];
    return sum;
}

/* A slot with a second task that has not ended yet would be taken for one of the k. */
static bool check_rest(const struct service *service, struct err *err)
{
    uint32_t count = in_motion(service);

    return count == 0 ||
           err_set(err, ERR_REJECTED, "%s: wait, %u instance%s still starting or stopping",
                   service->name, count, count == 1 ? " is" : "s are");
}

static bool plan_move(const struct swarm_service *from, const struct service *service,
                      const json_t *memo, struct action *action, struct err *err)
{
    if (action->verb != VERB_START && strcmp(action->to, service->wants) != 0)
        return err_set(err, ERR_REJECTED, "%s moves to %s, not to %s", service->name,
                       service->wants, action->to);
    action->writes = step_writes(action, memo_parallelism(memo, from, service->replicas));
    action->holds_from = action->last_step ? action->writes - 1 : 0;
    return action->writes == 0 || check_rest(service, err);
}

static bool plan_rollback(const struct swarm_service *from, const struct service *service,
                          const json_t *memo, struct action *action, struct err *err)
{
    struct arena *arena = arena_new(512);
    const json_t *template = json_object_get(memo, MEMO_TEMPLATE);
    const char *back = template ? swarm_template_version(template, arena) : "";
    bool ok = template && (!action->to[0] || strcmp(action->to, back) == 0);

    if (!template)
        err_set(err, ERR_REJECTED,
                "the task template that %s ran before %s is not known; start that version instead",
                service->name, from->version);
    else if (!ok)
        err_set(err, ERR_REJECTED, "%s can go back to %s, not to %s", service->name, back,
                action->to);
    else if (!action->to[0])
        snprintf(action->to, sizeof action->to, "%s", back);
    arena_free(arena);
    action->writes = 2;
    return ok;
}

bool swarm_plan(const struct swarm_service *from, const struct service *service, const json_t *memo,
                struct action *action, json_t **new_memo, struct err *err)
{
    json_t *made = NULL;
    bool ok = false;

    action->writes = 0;
    if (action->verb == VERB_FENCE)
        return true;
    if (!check_kind(from, service, action, err))
        return false;
    if (action->verb == VERB_START) {
        if (!check_start(from, service, action, err))
            return false;
        memo = made = memo_from_current(from, action->to);
    } else {
        memo = memo_of(from, memo, action, &made);
    }
    if (action->verb == VERB_ROLLBACK)
        ok = plan_rollback(from, service, memo, action, err);
    else if (is_step(action->verb))
        ok = plan_move(from, service, memo, action, err);
    else if (action->verb == VERB_PAUSE) {
        /* What is parked stands by itself, or will when what is on its way has moved. */
        action->writes =
            !from->parked && service->motion != MOTION_NONE && service->motion != MOTION_RESTING;
        ok = true;
    } else
        err_set(err, ERR_UNSUPPORTED, "a swarm cannot do that");
    if (ok && new_memo && made)
        *new_memo = json_incref(made);
    json_decref(made);
    return ok;
}

static bool stands(const struct service *service)
{
    return service->motion == MOTION_RESTING || service->motion == MOTION_NONE;
}

static bool moved_enough(const struct service *service, const struct action *action)
{
    const unsigned there = STATES_SERVING | 1u << INSTANCE_GHOST;
    uint32_t expected = action->have_count;

    for (uint32_t i = 0; i <= action->write; i++)
        expected += swarm_write_size(action, i);
    /* Beside the exact count: nothing of it may be on its way or failing. */
    return service_count(service, action->to, there) >= expected &&
           service_count(service, action->to, 1u << INSTANCE_FAILING) == 0;
}

bool swarm_settled(const struct service *service, const struct action *action)
{
    bool last = action->write + 1 >= action->writes;

    /* A pause without a write waits, too: what is on its way when it is pressed arrives. */
    if (action->writes == 0 && action->verb != VERB_PAUSE)
        return true;
    /* Nothing more moves; and nothing more may be sent into it. */
    if (service->trouble != TROUBLE_NONE)
        return last && service->motion != MOTION_RUNNING;
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        if (action->last_step)
            return service->motion == MOTION_NONE && (last || moved_enough(service, action));
        return stands(service) && moved_enough(service, action);
    case VERB_ROLLBACK:
        return service->motion == MOTION_NONE && in_motion(service) == 0 &&
               service_count(service, action->to, STATES_SERVING) >= service->replicas;
    case VERB_PAUSE:
        return stands(service);
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return true;
}
