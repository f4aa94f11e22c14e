/* picture.h: from decoded answers to the facts of one service. Pure. */
#ifndef LOCKSTEP_DRIVERS_SWARM_PICTURE_H
#define LOCKSTEP_DRIVERS_SWARM_PICTURE_H

#include "drivers/swarm/facts.h"
#include "model/node.h"
#include "model/service.h"

/* Everything one look at the cluster gave. */
struct swarm_view {
    const char *cluster; /* the context's name */
    const struct swarm_service *services;
    size_t service_count;
    const struct swarm_task *tasks; /* of all services, sorted as decoded */
    size_t task_count;
    const struct swarm_node *nodes;
    size_t node_count;
    int64_t utc_ms, now_ms; /* when it was heard */
};

/* Seals and returns the service: one reference, the caller's. */
const struct service *swarm_picture(const struct swarm_view *view,
                                    const struct swarm_service *service, bool with_instances);

/* The tasks of one service: a range of view->tasks. */
const struct swarm_task *swarm_tasks_of(const struct swarm_view *view, const char *service,
                                        size_t *count);

/* What a task is to lockstep; false: history. */
bool swarm_classify(const struct swarm_view *view, const struct swarm_task *task,
                    enum instance_state *out);

/* One slot of a service, from its tasks, newest first: calls fn for each that is not history. */
struct swarm_seen {
    const struct swarm_task *task;
    enum instance_state state;
    const char *reason; /* borrowed from the tasks, or "" */
    unsigned restarts;  /* of the same version, one after the other, until this one */
    bool young;         /* serves for less than half a minute */
};
typedef void swarm_seen_fn(void *arg, const struct swarm_seen *seen);
void swarm_look_at_slot(const struct swarm_view *view, const struct swarm_task *tasks, size_t count,
                        swarm_seen_fn *fn, void *arg);

/* The node as lockstep shows it; strings are borrowed. */
struct node swarm_node_fact(const struct swarm_view *view, const struct swarm_node *node);

#endif
