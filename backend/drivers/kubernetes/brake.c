/* brake.c: see brake.h.
 *
 * Two things the controller does that a reader would not guess: while pods of the new ReplicaSet
 * still count as available (as after a pause without the brake), loosening maxUnavailable lets
 * it run past the step, so the brake goes on first, paused, and has to take hold; and a paused
 * Deployment whose new ReplicaSet is complete removes the old pods all the same. */
#include "drivers/kubernetes/brake.h"

#include "release/release.h"

#include <stdio.h>
#include <string.h>

enum { HISTORY_MIN = 2 };

/* The object and its ReplicaSets in numbers. */
struct state {
    uint32_t replicas, fresh, old, available, ghosts;
    bool braked, paused;
};

static struct state state_of(const struct kube_workload *w)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);

    return (struct state){
        .replicas = kube_replicas(w),
        .fresh = fresh.wanted,
        .old = old.wanted,
        .available = fresh.available,
        .ghosts = fresh.terminating,
        .braked = kube_is_braked(w->object),
        .paused = json_is_true(kube_at(w->object, "spec/paused")),
    };
}

/* Before the template changes, all that runs is old. */
static struct state state_for(const struct kube_workload *w, const struct action *action)
{
    struct state s = state_of(w);

    if (action->verb == VERB_START && action->write == 0) {
        s.old += s.fresh;
        s.fresh = s.available = 0;
        s.ghosts = action->have_count;
    }
    return s;
}

/* ---- arithmetic ---- */

struct kube_chunk kube_brake_chunk(uint32_t replicas, uint32_t fresh, uint32_t old, uint32_t target,
                                   uint32_t at_once)
{
    uint32_t missing = replicas > old ? replicas - old : 0;
    uint32_t goal = target > fresh ? target : fresh;

    if (goal < missing) /* these places are filled with new pods whatever is asked for */
        goal = missing;
    uint32_t moves = goal - fresh < at_once ? goal - fresh : at_once;
    struct kube_chunk chunk = {.unavailable = goal - moves};

    /* Old pods that are gone do not come back. */
    if (chunk.unavailable < missing)
        chunk.unavailable = missing;
    chunk.surge = goal - chunk.unavailable;
    return chunk;
}

/* New pods that the ReplicaSet is to have after the step. */
static uint32_t target_of(const struct state *s, const struct action *action)
{
    uint32_t target = action->to_count;

    if (action->last_step || target > s->replicas)
        return s->replicas;
    /* Those that are on their way out may still run: they count as asked for. */
    target = target > s->ghosts ? target - s->ghosts : 0;
    if (target < 1)
        target = 1;
    return target > s->fresh ? target : s->fresh;
}

/* Before the controller may move: does the brake have to take hold of pods that count already? */
static bool must_brake_first(const struct state *s)
{
    return s->fresh > 0 && (!s->braked || s->available > 0);
}

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

/* ---- plan ---- */

/* restore, the pause between releases, and taking the marks away. */
static uint32_t tail_writes(const json_t *memo)
{
    return kube_memo_rests_paused(memo) ? 3 : 2;
}

static bool plan_step(const struct kube_workload *w, const json_t *memo, struct action *action,
                      struct err *err)
{
    struct state s = state_for(w, action);
    uint32_t target = target_of(&s, action), moves = target - (s.fresh < target ? s.fresh : target);
    uint32_t surge = kube_memo_surge(memo, s.replicas);
    uint32_t down = kube_memo_unavailable(memo, s.replicas);
    uint32_t tail = action->last_step ? tail_writes(memo) : 0;
    uint32_t first = moves > 0 && must_brake_first(&s);

    if (surge + down == 0)
        down = 1; /* as the engine reads it */
    uint32_t chunks = divide_up(moves, surge ? surge : down);
    if (first + chunks + tail > RELEASE_WRITES_MAX)
        chunks = divide_up(moves, surge + down);
    if (first + chunks + tail > RELEASE_WRITES_MAX && action->last_step)
        first = chunks = 0; /* the rest at the engine's own pace */
    if (first + chunks + tail > RELEASE_WRITES_MAX)
        return err_set(err, ERR_LIMIT,
                       "%u more at once take %u writes, as maxSurge and maxUnavailable allow %u "
                       "pods at a time: ask for at most %u",
                       moves, first + chunks, surge + down,
                       s.fresh + (RELEASE_WRITES_MAX - first) * (surge + down));
    action->writes = first + chunks + tail;
    action->holds_from = tail == 0 ? 0 : chunks > 0 ? first + chunks : 1;
    return true;
}

static bool at_rest(const struct kube_workload *w);

/* Not where the new ReplicaSet is complete: paused, the controller would remove the old pods. */
static bool may_park(const struct kube_workload *w, const struct state *s)
{
    return strcmp(kube_annotation(w->object, KUBE_PARK), "pause") == 0 && s->braked && !s->paused &&
           at_rest(w) && s->replicas > 1 && s->fresh > 0 && s->fresh < s->replicas && s->old > 0;
}

static bool plan_pause(const struct kube_workload *w, struct action *action)
{
    struct state s = state_of(w);

    action->writes = s.paused ? 0 : may_park(w, &s) || !s.braked || !at_rest(w);
    return true;
}

/* The template that waits and was never rolled out goes back while everything stays paused. */
static bool is_held(const struct state *s)
{
    return s->paused && s->fresh == 0;
}

static bool plan_rollback(const struct kube_workload *w, const json_t *memo, struct action *action)
{
    struct state s = state_of(w);

    action->writes = kube_memo_rests_paused(memo) && !is_held(&s) ? 3 : 2;
    action->holds_from = 1;
    return true;
}

bool kube_brake_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                     struct err *err)
{
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        if (strcmp(kube_raw(w->object, "spec/strategy/type"), "Recreate") == 0)
            return err_set(err, ERR_REJECTED,
                           "its strategy is Recreate, which stops every pod before the first new "
                           "one: set strategy RollingUpdate to step it");
        return plan_step(w, memo, action, err);
    case VERB_PAUSE:
        return plan_pause(w, action);
    case VERB_ROLLBACK:
        return plan_rollback(w, memo, action);
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a Deployment cannot do that");
}

/* ---- rest ---- */

static bool sets_observed(const struct kube_workload *w)
{
    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) &&
            kube_int(w->revisions[i], "status/observedGeneration", -1) <
                kube_int(w->revisions[i], "metadata/generation", 0))
            return false;
    return true;
}

static uint32_t asked_portion(const struct kube_workload *w, const char *key)
{
    return kube_portion(json_object_get(kube_at(w->object, "spec/strategy/rollingUpdate"), key), 0,
                        false, "");
}

static bool at_rest(const struct kube_workload *w)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);
    struct state s = state_of(w);
    bool there = old.present == old.wanted && fresh.present == fresh.wanted;

    if (!kube_is_observed(w) || !sets_observed(w))
        return false;
    if (s.braked && s.paused)
        return fresh.available == 0 && s.fresh + s.old >= s.replicas;
    if (s.paused)
        return there;
    if (s.braked) {
        uint32_t down = asked_portion(w, "maxUnavailable");
        return there && fresh.ready == fresh.wanted &&
               fresh.wanted == asked_portion(w, "maxSurge") + down &&
               old.wanted + down == s.replicas;
    }
    return there && old.wanted == 0 && fresh.wanted == s.replicas && fresh.available == s.replicas;
}

bool kube_brake_settled(const struct kube_workload *w, const struct action *action)
{
    (void)action; /* what was asked for stands in the object */
    return at_rest(w);
}

/* ---- writes ---- */

static json_t *rolling(json_t *surge, json_t *unavailable)
{
    return json_pack("{s:s, s:{s:o, s:o}}", "type", "RollingUpdate", "rollingUpdate", "maxSurge",
                     surge, "maxUnavailable", unavailable);
}

static void set_strategy(struct kube_patch *patch, uint32_t surge, uint32_t unavailable)
{
    kube_patch_set(patch, "/spec/strategy",
                   rolling(json_integer(surge), json_integer(unavailable)));
}

static void set_brake(struct kube_patch *patch)
{
    kube_patch_set(patch, "/spec/minReadySeconds", json_integer(KUBE_BRAKE_READY_S));
    kube_patch_set(patch, "/spec/progressDeadlineSeconds", json_integer(KUBE_BRAKE_DEADLINE_S));
    /* The way back is a ReplicaSet, too. */
    if (kube_int(patch->w->object, "spec/revisionHistoryLimit", HISTORY_MIN) < HISTORY_MIN)
        kube_patch_set(patch, "/spec/revisionHistoryLimit", json_integer(HISTORY_MIN));
}

static void set_paused(struct kube_patch *patch, bool paused)
{
    kube_patch_set(patch, "/spec/paused", json_boolean(paused));
}

/* So that a paused controller, which fills up to replicas + maxSurge, adds none. */
static void stand_still(struct kube_patch *patch, const struct state *s)
{
    uint32_t total = s->fresh + s->old, surge = total > s->replicas ? total - s->replicas : 0;
    uint32_t down = asked_portion(patch->w, "maxUnavailable");

    set_paused(patch, true);
    if (strcmp(kube_raw(patch->w->object, "spec/strategy/type"), "Recreate") != 0)
        set_strategy(patch, surge, surge + down ? down : 1);
}

static void compose_chunk(struct kube_patch *patch, const struct state *s,
                          const struct action *action, const json_t *memo, uint32_t left)
{
    uint32_t target = target_of(s, action);
    uint32_t moves = target > s->fresh ? divide_up(target - s->fresh, left) : 0;
    struct kube_chunk chunk = kube_brake_chunk(s->replicas, s->fresh, s->old, s->fresh + moves,
                                               kube_memo_surge(memo, s->replicas));

    set_strategy(patch, chunk.surge, chunk.unavailable);
    set_brake(patch);
    set_paused(patch, false);
}

static void compose_step(struct kube_patch *patch, const struct action *action, const json_t *memo)
{
    struct state s = state_for(patch->w, action);
    uint32_t tail = action->last_step ? tail_writes(memo) : 0;
    uint32_t approach = action->writes > tail ? action->writes - tail : 0;

    if (action->write < approach) {
        if (must_brake_first(&s)) {
            stand_still(patch, &s);
            set_brake(patch);
        } else {
            compose_chunk(patch, &s, action, memo, approach - action->write);
        }
    } else if (action->write == approach) {
        kube_memo_restore(patch, memo);
        set_paused(patch, false);
    } else if (action->write + 1 < action->writes) {
        set_paused(patch, true);
    }
}

static void compose_pause(struct kube_patch *patch, const json_t *memo)
{
    struct state s = state_of(patch->w);

    if (memo && may_park(patch->w, &s))
        kube_memo_restore(patch, memo);
    stand_still(patch, &s);
}

static void compose_back(struct kube_patch *patch, const struct action *action, const json_t *memo)
{
    struct state s = state_of(patch->w);

    if (action->write == 0) {
        kube_patch_set(patch, "/spec/template",
                       json_deep_copy(json_object_get(memo, MEMO_TEMPLATE)));
        kube_memo_restore(patch, memo);
        set_paused(patch, is_held(&s) && kube_memo_rests_paused(memo));
    } else if (action->write + 1 < action->writes) {
        set_paused(patch, true);
    }
}

bool kube_brake_compose(struct kube_patch *patch, const struct action *action, const json_t *memo,
                        struct kube_write *more, struct err *err)
{
    (void)more;
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        compose_step(patch, action, memo);
        return true;
    case VERB_PAUSE:
        compose_pause(patch, memo);
        return true;
    case VERB_ROLLBACK:
        compose_back(patch, action, memo);
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a Deployment cannot do that");
}
