/* plan.c: how many writes an action takes in the simulated cluster, and when one has come
 * to rest. Pure: from the facts alone. */
#include "drivers/sim/wire.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

uint32_t sim_write_target(const struct action *action)
{
    const uint32_t left = action->writes > action->write ? action->writes - 1 - action->write : 0;

    return action->to_count > left ? action->to_count - left : action->to_count;
}

static bool splits(const struct sim_driver *driver, uint32_t moves)
{
    return driver->sim->scenario->two_writes && moves > 1;
}

/* The version that most of what runs is on: what a start would leave. */
static const char *running(const struct service *service)
{
    const char *best = service->wants;
    uint32_t most = 0;

    for (size_t i = 0; i < service->version_count; i++)
        if (service->versions[i].count[INSTANCE_SERVING] > most) {
            most = service->versions[i].count[INSTANCE_SERVING];
            best = service->versions[i].version;
        }
    return best;
}

static bool check_count(const struct service *service, const struct action *action, struct err *err)
{
    if (action->to_count >= 1 && action->to_count <= service->replicas)
        return true;
    return err_set(err, ERR_REJECTED, "%s has %u instances: %u cannot be moved", service->name,
                   service->replicas, action->to_count);
}

/* "web:4" -> "web" with its colon, so that another tag can follow. */
static void derive_artifact(const struct service *service, struct action *action)
{
    const char *slash = strrchr(service->artifact, '/'), *colon = strrchr(service->artifact, ':');
    const bool tagged = colon && (!slash || colon > slash);
    const size_t len = tagged ? (size_t)(colon - service->artifact) : strlen(service->artifact);

    if (!action->artifact[0])
        snprintf(action->artifact, sizeof action->artifact, "%.*s:%s", (int)len, service->artifact,
                 action->to);
}

static bool plan_start(const struct sim_driver *driver, const struct service *service,
                       struct action *action, json_t **new_memo, struct err *err)
{
    const char *from = service->motion == MOTION_NONE ? service->wants : service->was;
    const bool held = service->motion == MOTION_RESTING &&
                      service_count(service, service->wants, STATES_ALL) == 0;

    if (service->motion != MOTION_NONE && !held)
        return err_set(err, ERR_REJECTED,
                       "%s is on its way from %s to %s: finish that or roll it back first",
                       service->name, service->was, service->wants);
    if (!action->to[0])
        return err_set(err, ERR_REJECTED, "no version was named that %s should start",
                       service->name);
    if (!check_count(service, action, err))
        return false;
    derive_artifact(service, action);
    if (!from[0])
        from = running(service);
    if (new_memo) {
        char artifact[600];
        struct action old = {0};
        snprintf(old.to, sizeof old.to, "%s", from);
        derive_artifact(service, &old);
        snprintf(artifact, sizeof artifact, "%s",
                 strcmp(from, service->wants) == 0 ? service->artifact : old.artifact);
        *new_memo = json_pack("{s:s, s:s}", "version", from, "artifact", artifact);
    }
    action->writes = splits(driver, action->to_count) ? 2 : 1;
    return true;
}

/* What the memo says ran before: of this rollout, not of an earlier one that somebody else's has
 * followed since. */
static const char *memo_of(const struct service *service, const json_t *memo, const char *key)
{
    const char *version = memo ? json_raw(json_object_get(memo, "version")) : NULL;
    const bool older = version && service->motion != MOTION_NONE && service->was[0] &&
                       strcmp(version, service->was) != 0 && strcmp(version, service->wants) != 0;

    return memo && !older ? json_raw(json_object_get(memo, key)) : NULL;
}

static bool plan_step(const struct sim_driver *driver, const struct service *service,
                      struct action *action, struct err *err)
{
    const uint32_t have = service_count(service, service->wants, STATES_ALL);

    if (action->to[0] && strcmp(action->to, service->wants) != 0)
        return err_set(err, ERR_REJECTED, "%s moves to %s, not to %s", service->name,
                       service->wants, action->to);
    if (!check_count(service, action, err))
        return false;
    if (service->motion == MOTION_NONE)
        return err_set(err, ERR_REJECTED, "nothing of %s is on its way", service->name);
    action->writes = splits(driver, action->to_count > have ? action->to_count - have : 0) ? 2 : 1;
    return true;
}

static bool plan_rollback(const struct service *service, const json_t *memo, struct action *action,
                          struct err *err)
{
    const char *back = memo_of(service, memo, "version");
    const char *artifact = memo_of(service, memo, "artifact");

    if (!back && service->motion != MOTION_NONE && service->was[0])
        back = service->was;
    if (!back)
        return err_set(err, ERR_REJECTED,
                       "it is not known what ran before %s of %s: start that version instead",
                       service->wants, service->name);
    if (action->to[0] && strcmp(action->to, back) != 0)
        return err_set(err, ERR_REJECTED, "%s can go back to %s, not to %s", service->name, back,
                       action->to);
    snprintf(action->to, sizeof action->to, "%s", back);
    snprintf(action->artifact, sizeof action->artifact, "%s", artifact ? artifact : "");
    derive_artifact(service, action);
    action->to_count = service->replicas;
    action->writes = 1;
    return true;
}

bool sim_plan(struct driver *base, const struct service *service, const json_t *memo,
              struct action *action, json_t **new_memo, struct err *err)
{
    const struct sim_driver *driver = (const struct sim_driver *)(const void *)base;

    switch (action->verb) {
    case VERB_START:
        return plan_start(driver, service, action, new_memo, err);
    case VERB_STEP:
        return plan_step(driver, service, action, err);
    case VERB_PAUSE: /* at rest it stands already: the ledger is enough */
        action->writes = service->motion == MOTION_MOVING || service->motion == MOTION_RUNNING;
        return true;
    case VERB_RESUME:
        action->writes = service->motion != MOTION_NONE && action->to_count > 0 &&
                         service_count(service, service->wants, STATES_ALL) < action->to_count;
        return action->writes == 0 || check_count(service, action, err);
    case VERB_ROLLBACK:
        return plan_rollback(service, memo, action, err);
    case VERB_FENCE:
    case VERB_ATTEST:
        action->writes = 0;
        return true;
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "the simulated cluster cannot do that");
}

bool sim_settled(struct driver *base, const struct service *service, const struct action *action)
{
    const bool last = action->write + 1 >= action->writes;
    const uint32_t serving = service_count(service, service->wants, STATES_SERVING);

    (void)base;
    if (service->motion == MOTION_RUNNING)
        return false;
    if (service->trouble != TROUBLE_NONE && !last)
        return false; /* no more may be sent into it */
    if (service_count(service, service->wants, 1u << INSTANCE_FAILING) > 0)
        return true; /* nothing more moves */
    if (action->verb == VERB_START || action->verb == VERB_STEP || action->verb == VERB_RESUME)
        return service->motion != MOTION_MOVING && serving >= sim_write_target(action);
    return service->motion != MOTION_MOVING;
}
