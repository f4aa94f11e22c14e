/* nomad_fixture.h: a job of eight on the real Nomad cluster, as the conformance suite wants it. */
#ifndef LOCKSTEP_TESTS_ENGINES_NOMAD_FIXTURE_H
#define LOCKSTEP_TESTS_ENGINES_NOMAD_FIXTURE_H

#include "drivers/conformance.h"
#include "engines/nomad_rig.h"

extern const struct conformance_fixture nomad_fixture;
/* The one of this test. */
const struct nomad_rig_job *nomad_fixture_job(void);

#endif
