/* log_pod.h: which container of a pod has something to tell, and what became of it. Pure. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_LOG_POD_H
#define LOCKSTEP_DRIVERS_KUBERNETES_LOG_POD_H

#include "drivers/kubernetes/facts.h"

struct kube_log_pod {
    const char *container; /* the one that a version is about, or an init container that does not
                              get done; "" for none */
    int64_t restarts;      /* which life of it; -1: it has had none yet */
    bool running, restarted;
    bool over;            /* it has ended, and nobody starts it again */
    const char *happened; /* what it waits for or how it ended, or "" */
    int64_t at_utc_ms;    /* when that was, or -1 */
};
/* Everything is clean and in the arena. */
struct kube_log_pod kube_log_look(const json_t *pod, struct arena *arena);

/* "Unhealthy: Readiness probe failed: … (12 times)" of an Event; "" when it says nothing. */
const char *kube_event_text(const json_t *event, struct arena *arena, int64_t *at_utc_ms);

#endif
