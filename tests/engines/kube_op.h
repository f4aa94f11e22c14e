/* kube_op.h: an operator at the engine: guard, journal and ledger, on one namespace of the real
 * Kubernetes with the Deployment "web". */
#ifndef LOCKSTEP_TESTS_ENGINES_KUBE_OP_H
#define LOCKSTEP_TESTS_ENGINES_KUBE_OP_H

#include "engine/drive.h"
#include "engines/kube_rig.h"

struct kube_op {
    struct drive drive;
    struct clock *clock;
};

/* Opens the engine with lockstep's default policy and waits until it has heard everything.
 * kubeconfig: NULL for that of `who`. fast: profile fast for every service. */
void kube_op_open(struct kube_op *op, const char *who, const char *kubeconfig, bool fast);
/* The same as this identity in these namespaces, which must stay where they are. */
void kube_op_open_in(struct kube_op *op, const char *who, const char *namespaces);
void kube_op_close(struct kube_op *op);
/* Waits until the context is (not) live; returns why it is not, static. */
const char *kube_op_state(struct kube_op *op, enum cluster_state state);

#endif
