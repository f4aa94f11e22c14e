/* canaries.h: generated canaries, good and bad, with the noise of real ones: few requests, bursts
 * of errors on both sides, skewed latencies, load that swings during the bake, missing samples,
 * a canary of one instance among many. The truth is known. */
#ifndef LOCKSTEP_TESTS_HEALTH_CANARIES_H
#define LOCKSTEP_TESTS_HEALTH_CANARIES_H

#include "health/judge.h"

#include <stdint.h>

enum { CANARY_SAMPLES = 40 }; /* a bake of ten minutes, one each 15 s */

#define FAULTS(X)                                                                                  \
    X(NONE, "none")                                                                                \
    X(ERRORS, "more errors from the start")                                                        \
    X(ERRORS_UNDER_LOAD, "more errors only under load")                                            \
    X(SLOWER, "slower")                                                                            \
    X(SLOW_TAIL, "slow now and then")                                                              \
    X(LEAK, "slower and slower")

#define X(id, text) FAULT_##id,
enum canary_fault { FAULTS(X) FAULT_COUNT };
#undef X
extern const char *const canary_fault_text[FAULT_COUNT];

struct canary_case {
    enum canary_fault fault;
    struct judge_sample errors[2][CANARY_SAMPLES], latency[2][CANARY_SAMPLES]; /* canary, control */
};

void canary_make(uint64_t seed, enum canary_fault fault, struct canary_case *out);

enum canary_call { CALL_GOOD, CALL_BAD, CALL_WAITS };
/* As a bake does: looked at after each sample, stopped by the first metric that fails; at the end
 * good when both metrics pass. *samples: how many it took. */
enum canary_call canary_call(const struct canary_case *c, unsigned *samples);

#endif
