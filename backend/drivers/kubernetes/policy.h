/* policy.h: the guard for those who do not use lockstep, as an admission policy of the cluster. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_POLICY_H
#define LOCKSTEP_DRIVERS_KUBERNETES_POLICY_H

/* A ValidatingAdmissionPolicy and its binding as YAML (Kubernetes 1.30 and later). A Deployment
 * with the label lockstep.guarded=true changes its pod template only while it is paused or braked,
 * so that a version that comes by kubectl, Helm or a pipeline arrives held; and only lockstep
 * lets it go. */
const char *policy_yaml(void);

#endif
