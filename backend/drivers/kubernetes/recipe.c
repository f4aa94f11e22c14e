/* recipe.c: what holds for every kind, and which recipe is asked. */
#include "drivers/kubernetes/recipe.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/brake.h"
#include "drivers/kubernetes/daemonset.h"
#include "drivers/kubernetes/recipe_owner.h"
#include "drivers/kubernetes/recipe_start.h"
#include "drivers/kubernetes/rollout.h"
#include "drivers/kubernetes/statefulset.h"

#include <stdio.h>
#include <string.h>

struct recipe {
    /* memo fits or is NULL; VERB_ROLLBACK never without. */
    bool (*plan)(const struct kube_workload *w, const json_t *memo, struct action *action,
                 struct err *err);
    bool (*settled)(const struct kube_workload *w, const struct action *action);
    /* Adds what the write changes, without marks; follow-ups go into *out. */
    bool (*compose)(struct kube_patch *patch, const struct action *action, const json_t *memo,
                    struct kube_write *out, struct err *err);
};

static const struct recipe recipes[KUBE_KIND_COUNT] = {
    [KUBE_DEPLOYMENT] = {kube_brake_plan, kube_brake_settled, kube_brake_compose},
    [KUBE_STATEFULSET] = {kube_statefulset_plan, kube_statefulset_settled,
                          kube_statefulset_compose},
    [KUBE_DAEMONSET] = {kube_daemonset_plan, kube_daemonset_settled, kube_daemonset_compose},
    [KUBE_ROLLOUT] = {kube_rollout_plan, kube_rollout_settled, kube_rollout_compose},
};

static bool is_step(enum verb verb)
{
    return verb == VERB_START || verb == VERB_STEP || verb == VERB_RESUME;
}

static const char *name_of(const struct kube_workload *w, char out[TEXT_NAME_MAX + 1])
{
    const char *name = kube_raw(w->object, "metadata/name");

    return text_clean_into(out, TEXT_NAME_MAX + 1, name, strlen(name));
}

/* ---- refusals ---- */

static bool check_scale(const struct kube_workload *w, const struct action *action, struct err *err)
{
    uint32_t replicas = kube_replicas(w);

    if (replicas == 0 && action->verb == VERB_START)
        return err_set(err, ERR_REJECTED, "it has no instances: scale it up first");
    if (replicas == 0)
        return err_set(err, ERR_REJECTED,
                       "it was scaled to 0 in flight: scaled up again all of it would come back as "
                       "%s; roll back first",
                       action->to);
    if (action->to_count > replicas)
        return err_set(err, ERR_REJECTED, "it has %u instances: %u cannot be on %s", replicas,
                       action->to_count, action->to);
    return true;
}

static bool check_engine(const struct kube_workload *w, struct err *err)
{
    const json_t *failure = kube_condition(w->object, "ReplicaFailure");
    const char *message = kube_raw(failure, "message");
    char clean[200];

    if (kube_is_terminating(w->object))
        return err_set(err, ERR_REJECTED, "it is being deleted");
    if (!kube_is_observed(w))
        return err_set(err, ERR_REJECTED,
                       "the controller has not seen its last change yet: wait, or look whether the "
                       "controller manager runs");
    if (failure && strcmp(kube_raw(failure, "status"), "True") == 0)
        return err_set(err, ERR_REJECTED, "the cluster refuses its pods: %s",
                       text_clean_into(clean, sizeof clean, message, strlen(message)));
    return true;
}

static const char *who_changed(const json_t *template)
{
    if (kube_annotation(template, "kubectl.kubernetes.io/restartedAt")[0])
        return " (rollout restart)";
    if (kube_annotation(template, "reloader.stakater.com/last-reloaded-from")[0])
        return " (Reloader)";
    if (kube_annotation(template, "vpaUpdates")[0])
        return " (VPA)";
    return "";
}

static bool check_third(const struct kube_workload *w, const json_t *memo, struct err *err)
{
    const json_t *third = kube_memo_third(memo, w);
    char clean[TEXT_NAME_MAX + 1];

    if (!third && kube_memo_is_outdated(memo, w))
        return err_set(err, ERR_REJECTED,
                       "its pod template was changed in flight%s: what runs is not what was "
                       "released; roll back, then start again",
                       who_changed(kube_template(w)));
    if (!third)
        return true;
    const char *name = kube_raw(third, "metadata/name");
    return err_set(err, ERR_REJECTED,
                   "a third pod template is in flight%s: %s runs beside the one before and the one "
                   "asked for; roll back, then start again",
                   who_changed(kube_template(w)),
                   text_clean_into(clean, sizeof clean, name, strlen(name)));
}

static bool check_start(const struct kube_workload *w, struct action *action, struct err *err)
{
    struct kube_count old = kube_count_old(w);
    struct arena *arena = arena_new(256);
    const char *wants = kube_template_version(kube_template(w), arena);
    bool ok = true;

    if (old.wanted + old.present > 0)
        ok = err_set(err, ERR_REJECTED,
                     "an update to %s is in flight; finish it or roll it back first", wants);
    else if (strcmp(action->to, wants) == 0)
        ok = err_set(err, ERR_REJECTED, "it already asks for %s", wants);
    arena_free(arena);
    return ok && kube_start_check(w, action, err);
}

static bool check_version(const struct kube_workload *w, const struct action *action,
                          struct err *err)
{
    struct arena *arena = arena_new(256);
    const char *wants = kube_template_version(kube_template(w), arena);
    bool ok = strcmp(action->to, wants) == 0 ||
              err_set(err, ERR_REJECTED, "it moves to %s, not to %s", wants, action->to);

    arena_free(arena);
    return ok;
}

static bool check_step(const struct kube_workload *w, const json_t *memo, struct action *action,
                       struct err *err)
{
    if (!check_engine(w, err) || !check_scale(w, action, err) ||
        !kube_owner_allows(w, action->verb == VERB_START, err))
        return false;
    if (action->verb == VERB_START)
        return check_start(w, action, err);
    return check_version(w, action, err) && check_third(w, memo, err);
}

static bool check_back(const json_t *memo, struct action *action, struct err *err)
{
    struct arena *arena = arena_new(256);
    const char *back = kube_memo_back(memo, arena);
    bool ok = !action->to[0] || strcmp(action->to, back) == 0 ||
              err_set(err, ERR_REJECTED, "it can go back to %s, not to %s", back, action->to);

    if (ok)
        snprintf(action->to, sizeof action->to, "%s", back);
    arena_free(arena);
    return ok;
}

/* ---- plan ---- */

/* A memo of a release that is over is none of the rollout that is in flight now: nothing of what it
 * goes back to runs any more, but something else does. */
static bool is_of_flight(const json_t *memo, const struct kube_workload *w)
{
    return kube_memo_fits(memo, w) && (!kube_memo_third(memo, w) || kube_memo_runs(memo, w));
}

/* Nothing is left to move: only what was set for it is to be taken away. */
static bool is_over(const struct kube_workload *w, const struct action *action)
{
    return action->verb == VERB_STEP && action->last_step &&
           action->have_count >= action->replicas && kube_count_old(w).present == 0;
}

/* NULL and err when there is nothing to go back to; a pause needs none. */
static const json_t *memo_of(const struct kube_workload *w, const json_t *memo,
                             const struct action *action, json_t **made, struct err *err)
{
    const char *back = action->verb == VERB_ROLLBACK ? action->to : action->from;

    if (action->verb == VERB_START)
        *made = kube_memo_from_current(w, action->to);
    else if (memo && is_of_flight(memo, w))
        return memo;
    else if (is_over(w, action))
        *made = kube_memo_from_rest(w);
    else
        *made = kube_memo_from_flight(w, back, err);
    return *made;
}

static bool plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                 struct err *err)
{
    if (!memo && action->verb != VERB_PAUSE)
        return false;
    if (is_step(action->verb) && !check_step(w, memo, action, err))
        return false;
    if (action->verb == VERB_ROLLBACK && !check_back(memo, action, err))
        return false;
    return recipes[w->kind].plan(w, memo, action, err);
}

bool kube_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
               json_t **new_memo, struct err *err)
{
    char name[TEXT_NAME_MAX + 1];
    struct err why = {0}, no_memo = {0};
    json_t *made = NULL;

    action->writes = action->write = action->holds_from = 0;
    if (action->verb == VERB_FENCE || action->verb == VERB_ATTEST)
        return true;
    memo = memo_of(w, memo, action, &made, &no_memo);
    if (!memo && action->verb != VERB_PAUSE)
        why = no_memo;
    bool ok = plan(w, memo, action, &why);
    if (ok && new_memo && made)
        *new_memo = json_incref(made);
    json_decref(made);
    if (ok)
        return true;
    err_set(err, why.code, "%s", why.text);
    err_prefix(err, "%s", name_of(w, name));
    return false;
}

/* ---- rest ---- */

bool kube_settled(const struct kube_workload *w, const struct action *action, const json_t *memo)
{
    (void)memo;
    if (action->writes == 0 && action->verb != VERB_PAUSE)
        return true;
    return recipes[w->kind].settled(w, action);
}

/* ---- writes ---- */

static bool compose(struct kube_patch *patch, const struct action *action, const json_t *memo,
                    struct kube_write *out, struct err *err)
{
    if (action_clears_marks(action)) {
        kube_patch_clean(patch);
        return true;
    }
    if (action->verb == VERB_ROLLBACK && !json_is_object(json_object_get(memo, MEMO_TEMPLATE)))
        return err_set(err, ERR_REJECTED, "its record holds no pod template to go back to");
    if (action->verb == VERB_START && action->write == 0 &&
        !kube_start_template(patch, action, json_object_get(memo, MEMO_NEXT), err))
        return false;
    if (!recipes[patch->w->kind].compose(patch, action, memo, out, err))
        return false;
    kube_patch_mark(patch, action);
    return true;
}

bool kube_compose(const struct kube_workload *w, const struct action *action, const json_t *memo,
                  struct kube_write *out, struct err *err)
{
    char name[TEXT_NAME_MAX + 1];
    struct kube_patch patch;
    struct kube_write more = {NULL, 0};
    const json_t *known = json_is_object(memo) ? memo : NULL;

    *out = (struct kube_write){NULL, 0};
    bool ok = kube_patch_begin(&patch, w, action->revision, err);
    if (ok && !compose(&patch, action, known, &more, err)) {
        kube_patch_drop(&patch);
        ok = false;
    }
    if (ok) {
        kube_patch_end(&patch, "", out);
        kube_write_move(out, &more);
    } else {
        err_prefix(err, "%s", name_of(w, name));
    }
    kube_write_release(&more);
    return ok;
}
