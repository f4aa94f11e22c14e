/* rollout.h: how the simulated engine replaces instances. */
#ifndef LOCKSTEP_DRIVERS_SIM_ROLLOUT_H
#define LOCKSTEP_DRIVERS_SIM_ROLLOUT_H

#include "drivers/sim/world.h"

void sim_build_service(struct sim *sim, struct sim_service *service);
/* A new target. The caller has checked it. */
void sim_rollout_start(struct sim *sim, struct sim_service *service, const struct sim_version *to,
                       uint32_t target, bool back);
/* Somebody has delivered a version: it is asked for on no more instances than have it. In the
 * place of one that waited likewise. */
void sim_rollout_arrive(struct sim *sim, struct sim_service *service, const struct sim_version *to);
void sim_rollout_target(struct sim *sim, struct sim_service *service, uint32_t target);
uint32_t sim_rollout_dispatched(const struct sim_service *service);
/* Takes every next step that can be taken now. */
void sim_reconcile(struct sim *sim, struct sim_service *service);
bool sim_moving(struct sim *sim, const struct sim_service *service);
enum trouble sim_trouble(const struct sim_service *service, const char **reason);
void sim_node_silent(struct sim *sim, struct sim_node *node);
void sim_node_returns(struct sim *sim, struct sim_node *node);
void sim_crash_one(struct sim *sim, struct sim_service *service);

#endif
