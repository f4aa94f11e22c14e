/* look.h: one look at the cluster: services, tasks and nodes, asked for at the same time.
 * Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_SWARM_LOOK_H
#define LOCKSTEP_DRIVERS_SWARM_LOOK_H

#include "drivers/swarm/client.h"
#include "drivers/swarm/picture.h"

/* view: borrowed until the callback returns; NULL with err. raw: the answer about services,
 * borrowed; json_incref to keep what view->services points into. */
typedef void look_fn(void *arg, const struct swarm_view *view, json_t *raw, const struct err *err);

/* service_id NULL: of everything. */
void look_start(struct swarm *swarm, const char *service_id, look_fn *fn, void *arg);

#endif
