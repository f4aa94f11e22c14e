/* sim_bench.h: a conformance bench on the simulator, and its faults. */
#ifndef LOCKSTEP_TESTS_DRIVERS_SIM_BENCH_H
#define LOCKSTEP_TESTS_DRIVERS_SIM_BENCH_H

#include "drivers/conformance_bench.h"
#include "drivers/sim/sim.h"

/* Opens one operator on a scenario that has "web" with eight instances on version 4. */
void open_on(struct bench *bench, const char *scenario);
struct sim *sim_of(struct bench *bench);
/* Fails the test when the target is not there. */
void inject(struct bench *bench, enum sim_fault fault, const char *target);

#endif
