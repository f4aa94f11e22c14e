/* motion.c: is something in flight, and does it go on by itself?
 *
 * The engine's own word is not enough: "successfully rolled out" says nothing about pods that
 * are still terminating, and a braked rollout never says that it stands. */
#include "drivers/kubernetes/picture.h"

#include <string.h>

static bool is_complete(const struct kube_view *view, const struct kube_revision *fresh,
                        const struct kube_tally *tally)
{
    const struct kube_work *work = view->work;

    if (!work->observed || tally->stale > 0 || tally->leaving > 0)
        return false;
    switch (work->kind) {
    case KUBE_DEPLOYMENT:
        return (fresh || work->replicas == 0) && tally->fresh >= work->replicas &&
               !tally->unsettled && (work->latched || tally->fresh_ready >= work->replicas);
    case KUBE_STATEFULSET:
        return strcmp(work->new_revision, work->old_revision) == 0 ||
               (work->updated >= work->replicas && tally->fresh_ready >= work->replicas);
    case KUBE_DAEMONSET:
        return work->updated >= work->replicas;
    case KUBE_ROLLOUT:
        return !work->gave_up && strcmp(work->new_revision, work->old_revision) == 0;
    case KUBE_KIND_COUNT:
        break;
    }
    return true;
}

/* Has the engine made of the braked arithmetic all that it will? */
static bool has_reached(const struct kube_view *view, const struct kube_tally *tally)
{
    const struct kube_work *work = view->work;
    uint32_t floor = work->replicas > work->unavailable ? work->replicas - work->unavailable : 0;

    switch (work->hold) {
    case KUBE_BRAKED:
        return (tally->fresh >= work->replicas ||
                tally->fresh + tally->stale >= work->replicas + work->surge) &&
               tally->stale <= floor;
    case KUBE_PARTED:
        return work->partition >= work->replicas ||
               work->updated >= work->replicas - work->partition;
    case KUBE_RUNS:
    case KUBE_PAUSED:
    case KUBE_ON_DELETE:
    case KUBE_WAITS:
        break;
    }
    return true;
}

enum motion kube_motion(const struct kube_view *view, const struct kube_revision *fresh,
                        const struct kube_tally *tally)
{
    const struct kube_work *work = view->work;
    /* Paused, what starts and what ends was decided before: nothing more is replaced. */
    bool passing = work->hold != KUBE_PAUSED && (tally->leaving || tally->starting);
    bool changing = !work->observed || passing || tally->unsettled;

    if (view->deleted)
        return MOTION_NONE;
    if (is_complete(view, fresh, tally) && work->hold != KUBE_BRAKED)
        return MOTION_NONE;
    if (work->gave_up)
        return MOTION_RESTING;
    if (work->hold == KUBE_RUNS)
        return MOTION_RUNNING;
    return changing || !has_reached(view, tally) ? MOTION_MOVING : MOTION_RESTING;
}
