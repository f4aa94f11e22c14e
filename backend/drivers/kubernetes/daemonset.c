/* daemonset.c: see daemonset.h.
 *
 * Each chunk of deletions hangs on a patch that leaves the mark and moves nothing: whoever loses
 * that compare-and-swap deletes nothing. A deletion names the pod's UID, so that one that arrives
 * late never meets its successor. */
#include "drivers/kubernetes/daemonset.h"

#include "base/json.h"
#include "base/mem.h"
#include "release/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Last writes: the user's strategy back, the marks away. */
enum { TAIL = 2, DELETES_MAX = 64 };

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

/* How many nodes the user lets be without it at once. */
static uint32_t at_once(const struct kube_workload *w, const json_t *memo)
{
    const json_t *rolling = kube_at(memo ? memo : w->object, "spec/updateStrategy/rollingUpdate");
    uint32_t count =
        kube_portion(json_object_get(rolling, "maxUnavailable"), kube_replicas(w), true, "1");

    return count < 1 ? 1 : count > DELETES_MAX ? DELETES_MAX : count;
}

static bool user_rolls(const json_t *memo)
{
    return strcmp(kube_raw(memo, "spec/updateStrategy/type"), "OnDelete") != 0;
}

/* ---- which pods ---- */

static bool is_of(const struct kube_workload *w, const json_t *pod, const json_t *revision)
{
    return revision &&
           strcmp(kube_label(pod, kube_kinds[w->kind].hash), kube_revision_hash(w, revision)) == 0;
}

static bool is_named(const struct kube_workload *w, const json_t *pod)
{
    const char *list = kube_annotation(w->object, KUBE_NODES);
    const char *node = kube_raw(pod, "spec/nodeName");
    size_t len = strlen(node);

    for (const char *at = list; *at && len > 0;) {
        size_t n = strcspn(at, " ,");
        if (n == len && strncmp(at, node, n) == 0)
            return true;
        at += n;
        at += strspn(at, " ,");
    }
    return false;
}

struct place {
    const json_t *pod;
    bool named;
};

static int by_place(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    if (left->named != right->named)
        return left->named ? -1 : 1;
    return strcmp(kube_raw(left->pod, "spec/nodeName"), kube_raw(right->pod, "spec/nodeName"));
}

/* Pods that are not of the template asked for, in the order in which they go; yours to free. */
static struct place *old_pods(const struct kube_workload *w, size_t *count)
{
    const json_t *newest = kube_new_revision(w);
    struct place *places = xcalloc(w->pod_count + 1, sizeof *places);

    *count = 0;
    for (size_t i = 0; i < w->pod_count; i++)
        if (kube_owns(w->object, w->pods[i]) && !kube_is_terminating(w->pods[i]) &&
            !is_of(w, w->pods[i], newest))
            places[(*count)++] = (struct place){w->pods[i], is_named(w, w->pods[i])};
    qsort(places, *count, sizeof *places, by_place);
    return places;
}

static void delete_old(const struct kube_workload *w, uint32_t moves, struct kube_write *more)
{
    size_t count;
    struct place *places = old_pods(w, &count);

    for (size_t i = 0; i < count && i < moves && i < DELETES_MAX; i++)
        kube_write_delete(more, places[i].pod);
    free(places);
}

/* ---- plan ---- */

/* New pods there are or will be: of the new template, or on a node whose old pod is leaving. */
static uint32_t fresh_of(const struct kube_workload *w)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);

    return fresh.present + fresh.terminating + old.terminating;
}

static uint32_t moves_of(const struct kube_workload *w, const struct action *action)
{
    /* Before the template changes, nothing is new but what the judge counted. */
    uint32_t have =
        action->verb == VERB_START && action->write == 0 ? action->have_count : fresh_of(w);
    uint32_t moves = action->to_count > have ? action->to_count - have : 0;

    return action->verb == VERB_START && action->write == 0 && moves == 0 ? 1 : moves;
}

static bool plan_step(const struct kube_workload *w, const json_t *memo, struct action *action,
                      struct err *err)
{
    uint32_t tail = action->last_step ? TAIL : 0, moves = moves_of(w, action);
    bool over = action->last_step && moves == 0;
    uint32_t first = action->verb == VERB_START || (kube_hold_of(w) != KUBE_ON_DELETE && !over);
    uint32_t chunks = divide_up(moves, at_once(w, memo));

    if (first + chunks + tail > RELEASE_WRITES_MAX && action->last_step && user_rolls(memo))
        first = chunks = 0; /* the rest at the engine's own pace */
    if (first + chunks + tail > RELEASE_WRITES_MAX)
        return err_set(err, ERR_LIMIT,
                       "%u nodes more, %u at a time as its maxUnavailable says, take too long for "
                       "one step: ask for at most %u",
                       moves, at_once(w, memo),
                       fresh_of(w) + (RELEASE_WRITES_MAX - first - tail) * at_once(w, memo));
    action->writes = first + chunks + tail;
    action->holds_from = tail == 0 ? 0 : first + chunks > 0 ? first + chunks : 1;
    return true;
}

bool kube_daemonset_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                         struct err *err)
{
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        return plan_step(w, memo, action, err);
    case VERB_PAUSE:
        action->writes = kube_hold_of(w) != KUBE_ON_DELETE;
        return true;
    case VERB_ROLLBACK:
        /* The engine takes new pods back by itself, or all at once are deleted here. */
        action->writes = user_rolls(memo) ? 2 : 3 + kube_count_new(w).present / DELETES_MAX;
        action->holds_from = 1;
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a DaemonSet cannot do that");
}

/* ---- rest ---- */

static bool revision_is_known(const struct kube_workload *w)
{
    return kube_is_observed(w) && kube_new_revision(w) != NULL;
}

bool kube_daemonset_settled(const struct kube_workload *w, const struct action *action)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);
    uint32_t nodes = kube_replicas(w);
    bool ends = action->last_step || action->verb == VERB_ROLLBACK;
    bool still = fresh.terminating + old.terminating == 0 && fresh.ready == fresh.present &&
                 fresh.present + old.present >= nodes;

    if (!revision_is_known(w))
        return false;
    if (kube_hold_of(w) == KUBE_ON_DELETE) /* what was deleted has come back */
        return still && !(ends && action->write + 2 == action->writes && old.present > 0);
    return still && old.present == 0;
}

/* ---- writes ---- */

static void set_on_delete(struct kube_patch *patch)
{
    kube_patch_set(patch, "/spec/updateStrategy", json_pack("{s:s}", "type", "OnDelete"));
}

static void compose_step(struct kube_patch *patch, const struct action *action, const json_t *memo,
                         struct kube_write *more)
{
    const struct kube_workload *w = patch->w;
    uint32_t tail = action->last_step ? TAIL : 0;
    uint32_t approach = action->writes > tail ? action->writes - tail : 0;

    if (action->write >= approach) {
        kube_memo_restore(patch, memo);
    } else if (action->write == 0 &&
               (action->verb == VERB_START || kube_hold_of(w) != KUBE_ON_DELETE)) {
        set_on_delete(patch);
    } else {
        uint32_t moves = moves_of(w, action), left = approach - action->write;
        uint32_t size = divide_up(moves, left), most = at_once(w, memo);
        delete_old(w, size < most ? size : most, more);
    }
}

static void compose_back(struct kube_patch *patch, const struct action *action, const json_t *memo,
                         struct kube_write *more)
{
    if (action->write > 0) {
        delete_old(patch->w, DELETES_MAX, more);
        return;
    }
    kube_patch_set(patch, "/spec/template", json_deep_copy(json_object_get(memo, MEMO_TEMPLATE)));
    kube_memo_restore(patch, memo);
}

bool kube_daemonset_compose(struct kube_patch *patch, const struct action *action,
                            const json_t *memo, struct kube_write *more, struct err *err)
{
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        compose_step(patch, action, memo, more);
        return true;
    case VERB_PAUSE:
        set_on_delete(patch);
        return true;
    case VERB_ROLLBACK:
        compose_back(patch, action, memo, more);
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a DaemonSet cannot do that");
}
