/* read.h: what a read leaves for the slots that follow it. Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_READ_H
#define LOCKSTEP_DRIVERS_KUBERNETES_READ_H

#include "drivers/kubernetes/api.h"

/* The raw objects of the newest read of this service, when it was at this revision; borrowed
 * until the next read. */
bool kube_read_kept(struct kube *kube, const char *id, const char *revision,
                    struct kube_workload *out);

#endif
