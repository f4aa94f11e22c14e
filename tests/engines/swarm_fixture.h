/* swarm_fixture.h: a service of eight on the real swarm, as the conformance suite wants it. */
#ifndef LOCKSTEP_TESTS_ENGINES_SWARM_FIXTURE_H
#define LOCKSTEP_TESTS_ENGINES_SWARM_FIXTURE_H

#include "drivers/conformance.h"
#include "engines/rig.h"

extern const struct conformance_fixture swarm_fixture;
/* The one of this test. */
const struct rig_service *swarm_fixture_service(void);

#endif
