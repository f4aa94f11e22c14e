/* recipe.c: how many writes an action takes, and when each has come to rest. */
#include "drivers/nomad/recipe.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/nomad/artifact.h"
#include "drivers/nomad/marks.h"
#include "drivers/nomad/memo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_step(enum verb verb)
{
    return verb == VERB_START || verb == VERB_STEP || verb == VERB_RESUME;
}

static uint32_t to_move(const struct action *action)
{
    return action->to_count > action->have_count ? action->to_count - action->have_count : 0;
}

/* The last step lets Nomad go through what is left at the user's own pace, and ends with the
 * user's own update block. */
static uint32_t registrations(const struct action *action, uint32_t at_once)
{
    uint32_t moves = to_move(action);

    if (action->last_step)
        return 1u + (moves > 0 ? 1u : 0u) + (moves > at_once ? 1u : 0u);
    return (moves + at_once - 1) / at_once;
}

const char *nomad_other_in_flight(const struct nomad_sight *sight, const struct nomad_group *group)
{
    for (size_t i = 0; i < sight->alloc_count; i++) {
        const struct nomad_alloc *alloc = &sight->allocs[i];
        const struct nomad_job *job = nomad_find_version(sight->history, alloc->job_version);
        const struct nomad_group *was = job ? nomad_find_group(job, alloc->group) : NULL;
        const struct nomad_group *is = nomad_find_group(&sight->history->jobs[0], alloc->group);
        bool lives = alloc->client == NOMAD_RUNNING || alloc->client == NOMAD_PENDING;
        if (alloc->wanted && lives && is && strcmp(is->name, group->name) != 0 &&
            (!was || strcmp(was->version, is->version) != 0))
            return is->name;
    }
    return NULL;
}

static bool find_artifact(const struct nomad_group *group, const struct service *service,
                          struct action *action, struct err *err)
{
    char *made;

    if (!action->artifact[0]) {
        made = nomad_artifact_of_version(group->artifact, group->is_image, group->version,
                                         action->to, err);
        if (!made)
            return false;
        bool fits = strlen(made) < sizeof action->artifact;
        snprintf(action->artifact, sizeof action->artifact, "%s", made);
        free(made);
        if (!fits)
            return err_set(err, ERR_LIMIT, "%s: the name of what it runs is too long",
                           service->name);
    }
    return nomad_artifact_is_fit(action->artifact, group->is_image) ||
           err_set(err, ERR_USAGE, "\"%s\" is no %s", action->artifact,
                   group->is_image ? "image reference" : "artifact or command");
}

static bool check_start(const struct nomad_group *group, const struct service *service,
                        struct action *action, struct err *err)
{
    if (service->motion != MOTION_NONE)
        return err_set(err, ERR_REJECTED,
                       "%s: an update to %s is in flight; finish it or roll it back first",
                       service->name, service->wants);
    if (strcmp(action->to, service->wants) == 0)
        return err_set(err, ERR_REJECTED, "%s already asks for %s", service->name, action->to);
    return find_artifact(group, service, action, err);
}

static bool check_kind(const struct nomad_sight *sight, const struct nomad_group *group,
                       const struct service *service, const struct action *action, struct err *err)
{
    const char *why = nomad_view_only(&sight->history->jobs[0]), *other;

    if (why)
        return err_set(err, ERR_UNSUPPORTED, "%s %s", service->name, why);
    if (!is_step(action->verb))
        return true;
    if (service->replicas == 0)
        return err_set(err, ERR_REJECTED, "%s has no instances: scale it up first", service->name);
    if (action->to_count > service->replicas)
        return err_set(err, ERR_REJECTED, "%s has %u instances: %u cannot be on %s", service->name,
                       service->replicas, action->to_count, action->to);
    if ((other = nomad_other_in_flight(sight, group)))
        return err_set(err, ERR_REJECTED,
                       "%s: group %s of the same job is in flight, and a registration would move "
                       "both; finish or undo that one first",
                       service->name, other);
    return true;
}

static uint32_t in_motion(const struct service *service)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < service->version_count; i++)
        sum += service->versions[i].count[INSTANCE_STARTING] +
               service->versions[i].count[INSTANCE_STOPPING];
    return sum;
}

static bool check_rest(const struct service *service, struct err *err)
{
    uint32_t count = in_motion(service);

    return count == 0 ||
           err_set(err, ERR_REJECTED, "%s: wait, %u instance%s still starting or stopping",
                   service->name, count, count == 1 ? " is" : "s are");
}

static bool plan_move(const struct nomad_standing *s, const struct service *service,
                      const json_t *memo, struct action *action, struct err *err)
{
    if (action->verb == VERB_START) {
        action->writes = 1u + NOMAD_PROMOTION_WRITES + (action->last_step ? 1u : 0u);
        action->holds_from = 1; /* what comes behind the canaries adds none */
        return check_rest(service, err);
    }
    if (strcmp(action->to, service->wants) != 0)
        return err_set(err, ERR_REJECTED, "%s moves to %s, not to %s", service->name,
                       service->wants, action->to);
    action->writes = registrations(action, nomad_memo_parallelism(memo, s->group));
    /* What holds as a canary is promoted first, by what is left of that. */
    if (s->canarying)
        action->writes += 1u + (s->checked ? 0u : 1u) + (s->paused ? 0u : 1u);
    action->holds_from = action->last_step ? action->writes - 1 : 0;
    return action->writes == 0 || check_rest(service, err);
}

static bool plan_rollback(const struct nomad_group *group, const struct service *service,
                          const json_t *memo, struct action *action, struct err *err)
{
    const json_t *from = json_object_get(memo, MEMO_FROM);
    struct arena *arena = arena_new(256);
    struct json_at at = json_root(from, "memo", arena);
    const char *back = "";
    struct err ignored = {0};
    bool ok = memo && json_get_text(&at, TEXT_NAME_MAX, &back, &ignored) &&
              nomad_memo_group(memo, group->name);

    if (!ok)
        err_set(err, ERR_REJECTED,
                "the job that %s was before %s is not known; start that version instead",
                service->name, group->version);
    else if (action->to[0] && strcmp(action->to, back) != 0)
        ok = err_set(err, ERR_REJECTED, "%s can go back to %s, not to %s", service->name, back,
                     action->to);
    else if (!action->to[0])
        snprintf(action->to, sizeof action->to, "%s", back);
    arena_free(arena);
    action->writes = 2;
    return ok;
}

/* A memo of a finished release is none of the rollout that is in flight now. */
static const json_t *memo_of(const struct nomad_sight *sight, const struct nomad_standing *s,
                             const json_t *memo, const struct action *action, json_t **made)
{
    const char *from = json_raw(json_object_get(memo, MEMO_FROM));
    bool back = action->verb == VERB_ROLLBACK && action->to[0];

    if (memo && nomad_memo_fits(memo, s->group) &&
        (!back || (from && strcmp(from, action->to) == 0)))
        return memo;
    *made = nomad_memo_from_previous(sight, s);
    return *made;
}

bool nomad_plan(const struct nomad_sight *sight, const struct nomad_group *group,
                const struct service *service, const json_t *memo, struct action *action,
                json_t **new_memo, struct err *err)
{
    const struct nomad_standing s = nomad_stand(sight, group);
    json_t *made = NULL;
    bool ok = false;

    action->writes = 0;
    if (action->verb == VERB_FENCE)
        return true;
    if (!check_kind(sight, group, service, action, err))
        return false;
    if (action->verb == VERB_START) {
        if (!check_start(group, service, action, err))
            return false;
        memo = made = nomad_memo_from_current(&s, action->to);
    } else {
        memo = memo_of(sight, &s, memo, action, &made);
    }
    if (action->verb == VERB_ROLLBACK)
        ok = plan_rollback(group, service, memo, action, err);
    else if (is_step(action->verb))
        ok = plan_move(&s, service, memo, action, err);
    else if (action->verb == VERB_PAUSE) {
        /* What stands by itself stands. */
        action->writes = s.active && !s.paused && s.room == UINT32_MAX;
        ok = true;
    } else
        err_set(err, ERR_UNSUPPORTED, "Nomad cannot do that");
    if (ok && new_memo && made)
        *new_memo = json_incref(made);
    json_decref(made);
    return ok;
}

static bool stands(const struct service *service)
{
    return service->motion == MOTION_RESTING || service->motion == MOTION_NONE;
}

static bool enough(const struct service *service, const struct action *action)
{
    const unsigned there = STATES_SERVING | 1u << INSTANCE_GHOST;

    return in_motion(service) == 0 &&
           service_count(service, action->to, there) >= action->to_count &&
           service_count(service, action->to, 1u << INSTANCE_FAILING) == 0;
}

bool nomad_settled(const struct service *service, const struct action *action)
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
        if (action->last_step && action->write + 2 >= action->writes)
            return service->motion == MOTION_NONE && enough(service, action);
        return stands(service) && in_motion(service) == 0 && (!last || enough(service, action));
    case VERB_ROLLBACK:
        return service->motion == MOTION_NONE && in_motion(service) == 0 &&
               service_count(service, action->to, STATES_SERVING) >= service->replicas;
    case VERB_PAUSE:
        return stands(service) && in_motion(service) == 0;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return true;
}
