/* kube_fixture.h: a workload "web" on the real Kubernetes behind a bench: the driver alone, without
 * guard and ledger, which would have more to say. */
#ifndef LOCKSTEP_TESTS_ENGINES_KUBE_FIXTURE_H
#define LOCKSTEP_TESTS_ENGINES_KUBE_FIXTURE_H

#include "drivers/conformance_bench.h"
#include "engines/kube_rig.h"

/* A Deployment of eight without surge, so that a step of k leaves all but k: what the suite
 * counts. Its name is `kubernetes-conformance`. */
extern struct conformance_fixture kube_fixture;
/* What the next one makes instead; more is taken. For one test: each is a process of its own. */
void kube_fixture_make(const char *kind, unsigned replicas, json_t *more);
/* Between its creation and the wait until it is ready. */
void kube_fixture_nudge(void (*nudge)(void));

#endif
