/* fleet.h: everything known now, and sealed pictures of it.
 *
 * The fleet belongs to the engine thread and changes with every observation. A
 * snapshot shares the sealed services, copies the nodes, and never changes; its
 * cost is one pointer per service, whatever the number of instances. */
#ifndef LOCKSTEP_MODEL_FLEET_H
#define LOCKSTEP_MODEL_FLEET_H

#include "model/node.h"
#include "model/service.h"

struct fleet;

struct fleet *fleet_new(void);
void fleet_free(struct fleet *fleet);
/* Adopts one reference; replaces the service of the same cluster and id. */
void fleet_put_service(struct fleet *fleet, const struct service *service);
void fleet_drop_service(struct fleet *fleet, const char *cluster, const char *id);
void fleet_put_node(struct fleet *fleet, const struct node *node); /* copied */
void fleet_drop_node(struct fleet *fleet, const char *cluster, const char *id);
/* Borrowed until the next change; NULL when not there. */
const struct service *fleet_find_service(const struct fleet *fleet, const char *cluster,
                                         const char *id);
const struct node *fleet_find_node(const struct fleet *fleet, const char *cluster, const char *id);

struct snapshot {
    const struct service *const *services; /* sorted by cluster, then id */
    size_t service_count;
    const struct node *nodes; /* sorted by cluster, then id */
    size_t node_count;
    /* private */
    struct arena *arena;
    const struct node_table *table; /* NULL: not made */
    unsigned refs;
};

const struct snapshot *fleet_snapshot(struct fleet *fleet); /* one reference, yours */
void snapshot_unref(const struct snapshot *snapshot);       /* NULL is fine; any thread */
/* Binary searches; NULL when not there. */
const struct service *snapshot_find_service(const struct snapshot *snapshot, const char *cluster,
                                            const char *id);
/* Instances of `version` in any of the states (1 << enum instance_state) that may still run: those
 * on fenced nodes are gone. `snapshot` may be NULL: then no node is known. */
uint32_t snapshot_count(const struct snapshot *snapshot, const struct service *service,
                        const char *version, unsigned states);
/* Whether there is any of versions[row]; seldom looks at more than one placement. */
bool snapshot_may_run(const struct snapshot *snapshot, const struct service *service, size_t row);
const struct node *snapshot_find_node(const struct snapshot *snapshot, const char *cluster,
                                      const char *id);
/* The node of this placement; NULL when not there. In constant time for sealed services. */
const struct node *snapshot_find_placed(const struct snapshot *snapshot,
                                        const struct service *service,
                                        const struct placement *placement);
/* False: the node of this placement is known to report, or not known at all. In constant time. */
bool snapshot_may_be_odd(const struct snapshot *snapshot, const struct placement *placement);

#endif
