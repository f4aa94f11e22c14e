/* rollout.c: see rollout.h.
 *
 * "promote" sent twice skips a step, and sent to a rollout that a person paused it resumes and
 * skips one: so it is sent only where the controller waits at a pause of its own, and
 * tests that this pause is still the same. */
#include "drivers/kubernetes/rollout.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static bool is_true(const struct kube_workload *w, const char *path)
{
    return json_is_true(kube_at(w->object, path));
}

static bool has_pause(const struct kube_workload *w)
{
    return json_array_size(kube_at(w->object, "status/pauseConditions")) > 0;
}

/* Fully on what its spec asks for. */
static bool is_stable(const struct kube_workload *w)
{
    const char *stable = kube_raw(w->object, "status/stableRS");

    return stable[0] && strcmp(stable, kube_raw(w->object, "status/currentPodHash")) == 0;
}

static bool is_over(const struct kube_workload *w)
{
    return is_stable(w) && !has_pause(w) && kube_count_old(w).present == 0;
}

static const json_t *steps_of(const struct kube_workload *w)
{
    return kube_at(w->object, "spec/strategy/canary/steps");
}

static size_t step_index(const struct kube_workload *w)
{
    int64_t at = kube_int(w->object, "status/currentStepIndex", 0);

    return at < 0 ? 0 : (size_t)at;
}

uint32_t kube_rollout_next(const struct kube_workload *w, size_t from)
{
    uint32_t replicas = kube_replicas(w);
    const json_t *steps = steps_of(w);
    int64_t weight = 0;

    for (size_t i = 0; i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i), *pause = json_object_get(step, "pause");
        weight = kube_int(step, "setWeight", weight);
        if (weight < 0 || weight > 100)
            weight = 100;
        if (i >= from && pause && !json_object_get(pause, "duration"))
            return (uint32_t)((replicas * weight + 99) / 100);
    }
    return replicas;
}

/* ---- plan ---- */

static bool check_form(const struct kube_workload *w, const struct action *action, struct err *err)
{
    bool template = action->verb == VERB_START || action->verb == VERB_ROLLBACK;

    if (template && kube_at(w->object, "spec/workloadRef"))
        return err_set(
            err, ERR_UNSUPPORTED,
            "its pod template is that of %.60s %.120s (spec.workloadRef): change it there",
            kube_raw(w->object, "spec/workloadRef/kind"),
            kube_raw(w->object, "spec/workloadRef/name"));
    if (action->verb == VERB_START && kube_at(w->object, "spec/strategy/canary") &&
        kube_rollout_next(w, 0) >= kube_replicas(w) && kube_replicas(w) > 1)
        return err_set(err, ERR_REJECTED,
                       "nothing holds it: no step of spec.strategy.canary.steps is a pause without "
                       "duration, so that it would run to the end by itself");
    return true;
}

static bool check_promote(const struct kube_workload *w, struct err *err)
{
    if (is_true(w, "status/abort"))
        return err_set(err, ERR_REJECTED, "it was aborted: R tries again, U goes back");
    if (is_true(w, "spec/paused"))
        return err_set(err, ERR_REJECTED, "it was paused by hand: R goes on first");
    if (!has_pause(w))
        return err_set(err, ERR_REJECTED,
                       is_true(w, "status/controllerPause")
                           ? "it is about to go on: wait for its next step"
                           : "it moves by itself and waits for nothing");
    return true;
}

/* What the step will really be is in its own spec. */
static void take_count(const struct kube_workload *w, struct action *action)
{
    size_t from = action->verb == VERB_START ? 0 : step_index(w) + 1;

    action->to_count = kube_rollout_next(w, from);
    action->last_step = action->to_count >= kube_replicas(w);
}

bool kube_rollout_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                       struct err *err)
{
    (void)memo;
    if (!check_form(w, action, err))
        return false;
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
        if (action->verb == VERB_STEP && is_over(w)) { /* only marks are left */
            action->last_step = true;
            action->writes = 2;
            action->holds_from = 1;
            return true;
        }
        if (action->verb == VERB_STEP && !check_promote(w, err))
            return false;
        take_count(w, action);
        action->writes = 1u + action->last_step;
        action->holds_from = action->last_step;
        return true;
    case VERB_RESUME:
        action->writes = is_true(w, "spec/paused") || is_true(w, "status/abort");
        action->last_step = false;
        return true;
    case VERB_PAUSE:
        action->writes = !is_true(w, "spec/paused") && !is_stable(w);
        return true;
    case VERB_ROLLBACK:
        /* From a finished one back it would walk all steps again. */
        action->writes = is_stable(w) ? 3 : 2;
        action->holds_from = 1;
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a Rollout cannot do that");
}

/* ---- rest ---- */

bool kube_rollout_settled(const struct kube_workload *w, const struct action *action)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);

    if (!kube_is_observed(w))
        return false;
    if (is_true(w, "spec/paused"))
        return true;
    if (action->verb == VERB_ROLLBACK && action->write == 0 && action->writes > 2)
        return !is_stable(w); /* it has seen the template: now all steps at once */
    if (action->last_step || action->verb == VERB_ROLLBACK)
        return is_stable(w) && fresh.ready >= kube_replicas(w) &&
               (old.present == 0 || kube_at(w->object, "spec/strategy/blueGreen"));
    return has_pause(w) || is_stable(w);
}

/* ---- writes ---- */

static void test_status(struct kube_patch *patch, const char *key)
{
    char path[80];
    json_t *value;

    snprintf(path, sizeof path, "status/%s", key);
    value = json_deep_copy(kube_at(patch->w->object, path));
    snprintf(path, sizeof path, "/status/%s", key);
    kube_patch_test(patch, path, value ? value : json_null());
}

/* This pause, of this step: neither the mark nor the end of another one. */
static void test_pause(struct kube_patch *patch)
{
    test_status(patch, "pauseConditions");
    test_status(patch, "currentPodHash");
    test_status(patch, "currentStepIndex");
}

/* Ends exactly the pause that is there. */
static void promote(struct kube_patch *patch, struct kube_write *more)
{
    const struct kube_workload *w = patch->w;
    const json_t *first = json_array_get(kube_at(w->object, "status/pauseConditions"), 0);
    bool inconclusive = strncmp(kube_raw(first, "reason"), "Inconclusive", 12) == 0;
    struct kube_patch status;

    test_pause(patch);
    kube_patch_follow(&status, w);
    test_pause(&status);
    kube_patch_remove(&status, "/status/pauseConditions");
    if (inconclusive) {
        kube_patch_set(&status, "/status/controllerPause", json_false());
        kube_patch_set(&status, "/status/currentStepIndex",
                       json_integer((json_int_t)step_index(w) + 1));
    }
    kube_patch_end(&status, "status", more);
}

static void set_status(struct kube_patch *patch, const char *key, bool value,
                       struct kube_write *more)
{
    struct kube_patch status;
    char path[64];

    kube_patch_follow(&status, patch->w);
    test_status(&status, "currentPodHash");
    snprintf(path, sizeof path, "/status/%s", key);
    kube_patch_set(&status, path, json_boolean(value));
    kube_patch_end(&status, "status", more);
}

static void set_paused(struct kube_patch *patch, bool paused)
{
    kube_patch_set(patch, "/spec/paused", json_boolean(paused));
}

bool kube_rollout_compose(struct kube_patch *patch, const struct action *action, const json_t *memo,
                          struct kube_write *more, struct err *err)
{
    switch (action->verb) {
    case VERB_START: /* the template is the whole of it */
        return true;
    case VERB_STEP:
        if (is_over(patch->w))
            return true;
        if (!check_promote(patch->w, err))
            return false;
        promote(patch, more);
        return true;
    case VERB_RESUME:
        if (is_true(patch->w, "spec/paused"))
            set_paused(patch, false);
        else
            set_status(patch, "abort", false, more);
        return true;
    case VERB_PAUSE:
        set_paused(patch, true);
        return true;
    case VERB_ROLLBACK:
        if (action->write > 0) {
            set_status(patch, "promoteFull", true, more);
            return true;
        }
        kube_patch_set(patch, "/spec/template",
                       json_deep_copy(json_object_get(memo, MEMO_TEMPLATE)));
        if (is_true(patch->w, "spec/paused"))
            set_paused(patch, false);
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a Rollout cannot do that");
}
