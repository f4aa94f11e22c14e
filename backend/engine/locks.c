/* locks.c: which locks a start needs, where they lie, and when a holder has none to hold any more.
 *
 * Where no `home` is set each cluster keeps its own, and what a holder calls its context is this
 * one, whatever another operator's settings call it. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

enum { LOCK_OLD_MS = 120000 }; /* nothing is claimed so long after it was judged and locked */

static const char *home_of(const struct engine *engine)
{
    return engine->policy && engine->policy->home ? engine->policy->home : "";
}

/* Whether the holder still acts, or what it began still moves. */
static bool is_busy(struct engine *engine, const struct cluster *cluster, struct entry *entry,
                    const struct lock_holder *holder)
{
    const struct service *service = fleet_find_service(engine->fleet, entry->cluster, entry->id);
    const struct release *release = entry->release;
    int64_t age_ms = clock_utc_ms(engine->clock) - holder->at_utc_ms;
    bool settled = release && release_recall(release, holder->id) != OUTCOME_NONE;

    if (cluster->state != CLUSTER_LIVE || !cluster->synced || cluster->ledger_pending)
        return true;
    if (!settled && age_ms <= LOCK_OLD_MS && age_ms >= -LOCK_OLD_MS)
        return true;
    if (entry->run || entry->recovering || (release && release->claim.id[0]))
        return true;
    if (!service)
        return false;
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);
    struct board_input in = engine_board_input(engine, entry, snapshot, service);
    struct flight flight = board_flight(&in.guard);
    snapshot_unref(snapshot);
    return flight.active || (release && stage_moves(release->stage));
}

static enum lock_fate fate(void *arg, const struct lock_holder *holder)
{
    struct cluster *cluster = arg;
    struct engine *engine = cluster->engine;

    if (home_of(engine)[0])
        cluster = engine_cluster(engine, holder->context);
    if (!cluster)
        return LOCK_HELD;
    struct entry *entry = engine_entry(engine, cluster->config.name, holder->service);
    return is_busy(engine, cluster, entry, holder) ? LOCK_HELD : LOCK_OVER;
}

struct lock_env locks_env(struct engine *engine, struct cluster *cluster)
{
    const char *home = home_of(engine);
    struct cluster *at = home[0] ? engine_cluster(engine, home) : cluster;
    struct lock_env env = {.loop = engine->loop,
                           .context = home[0] ? cluster->config.name : "",
                           .why = "the context that keeps the locks (home) is not open here",
                           .jobs = &engine->locks,
                           .fate = fate,
                           .arg = cluster};

    if (!at || !at->driver)
        return env;
    env.why = "the cluster that keeps the locks does not answer";
    if (at->state == CLUSTER_LIVE)
        env.driver = at->driver;
    return env;
}

/* A cluster of its own without a store has nothing to lock in: what is seen to move still counts.
 */
static bool has_store(struct engine *engine, struct cluster *cluster)
{
    struct lock_env env = locks_env(engine, cluster);

    return home_of(engine)[0] || !env.driver || env.driver->ops->caps(env.driver)->ledger;
}

static size_t needs_of(struct engine *engine, const struct service *service,
                       const struct release *release, const char *from, const char *to,
                       struct lock_need needs[LOCKS_MAX])
{
    struct cluster *cluster = engine_cluster(engine, service->cluster);
    struct bind_shared shared[LOCKS_MAX];
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);
    size_t count =
        bind_shares(cluster->bind, snapshot, service, release, from, to, shared, LOCKS_MAX);

    snapshot_unref(snapshot);
    if (count > LOCKS_MAX) { /* more than anybody can lock one by one */
        snprintf(shared[0].name, sizeof shared[0].name, "fleet.all");
        shared[0].exclusive = true;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        needs[i].exclusive = shared[i].exclusive;
        snprintf(needs[i].key, sizeof needs[i].key, LOCK_PREFIX "%.179s", shared[i].name);
    }
    return count;
}

size_t locks_needed(void *arg, const struct action *action, const struct service *service,
                    const struct release *release, struct lock_need needs[LOCKS_MAX])
{
    struct entry *entry = arg;
    struct engine *engine = entry->engine;

    if (!has_store(engine, engine_cluster(engine, entry->cluster)))
        return 0;
    return needs_of(engine, service, release, action->from, action->to, needs);
}

void locks_look(struct engine *engine, struct entry *entry)
{
    struct cluster *cluster = engine_cluster(engine, entry->cluster);
    const struct release *release = entry->release;
    const struct row *row = entry->row;
    struct lock_need needs[LOCKS_MAX];
    struct lock_holder me = {.id = ""};

    if (release && stage_moves(release->stage))
        entry->moved = true;
    bool rests = release && !stage_in_flight(release->stage) && !release->claim.id[0] &&
                 !row->to[0] && !entry->run;
    if (engine->tape || !entry->moved || !rests || !cluster->may_act || cluster->config.read_only ||
        cluster->state != CLUSTER_LIVE || !has_store(engine, cluster))
        return;
    entry->moved = false;
    struct lock_env env = locks_env(engine, cluster);
    snprintf(me.context, sizeof me.context, "%s", env.context);
    snprintf(me.service, sizeof me.service, "%s", entry->id);
    lock_give_back(&env, needs,
                   needs_of(engine, row->service, release, release->from, release->to, needs), &me);
}
