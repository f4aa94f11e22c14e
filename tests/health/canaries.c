/* canaries.c: see canaries.h. */
#include "health/canaries.h"

#include <math.h>

#define X(id, text) [FAULT_##id] = text,
const char *const canary_fault_text[FAULT_COUNT] = {FAULTS(X)};
#undef X

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double uniform(uint64_t *state)
{
    return ((double)(next(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * uniform(state);
}

static double normal(uint64_t *state)
{
    return sqrt(-2 * log(uniform(state))) * cos(6.283185307179586 * uniform(state));
}

static double poisson(uint64_t *state, double mean)
{
    if (mean > 60)
        return floor(fmax(0, mean + sqrt(mean) * normal(state)) + 0.5);
    double limit = exp(-mean), product = uniform(state);
    double n = 0;
    while (product > limit) {
        product *= uniform(state);
        n++;
    }
    return n;
}

/* One service, the same for both groups but for the fault. */
struct nature {
    double requests;   /* of one instance in an interval */
    double instances;  /* of the control group */
    double errors;     /* ratio */
    double latency_ms; /* median of a request's */
    double tail;       /* sigma of its logarithm */
    double harmless;   /* a good version differs a little, too */
    double phase;
};

static void sample(uint64_t *state, const struct nature *n, enum canary_fault fault, bool canary,
                   int at, struct canary_case *out)
{
    double swing = 1 + 0.4 * sin(n->phase + at * 6.283185307179586 / CANARY_SAMPLES);
    double total = poisson(state, n->requests * swing * (canary ? 1 : n->instances));
    double ratio = n->errors * (uniform(state) < 0.05 ? 3 : 1); /* a burst, on either side */
    double latency = n->latency_ms * (0.9 + 0.2 * swing);
    double noise = n->tail / sqrt(fmax(1, total / 10));
    bool loaded = swing > 1.1;

    if (canary) {
        ratio *= n->harmless;
        latency *= n->harmless;
        if (fault == FAULT_ERRORS || (fault == FAULT_ERRORS_UNDER_LOAD && loaded))
            ratio = ratio * 3 + 0.02;
        if (fault == FAULT_SLOWER)
            latency *= 1.6;
        if (fault == FAULT_SLOW_TAIL && uniform(state) < 0.8)
            latency *= 2.5;
        if (fault == FAULT_LEAK)
            latency *= 1 + 2.0 * at / CANARY_SAMPLES;
    }
    bool missing = uniform(state) < 0.03;
    out->errors[!canary][at] =
        (struct judge_sample){missing ? NAN : fmin(total, poisson(state, total * ratio)), total};
    out->latency[!canary][at] = (struct judge_sample){
        missing || total <= 0 ? NAN : latency * exp(noise * normal(state)), 0};
}

void canary_make(uint64_t seed, enum canary_fault fault, struct canary_case *out)
{
    uint64_t state = seed * 2654435761u + (uint64_t)fault;
    const struct nature nature = {
        .requests = exp(between(&state, log(30), log(3000))),
        .instances = floor(between(&state, 3, 40)),
        .errors = exp(between(&state, log(0.0001), log(0.01))),
        .latency_ms = exp(between(&state, log(5), log(500))),
        .tail = between(&state, 0.2, 0.8),
        .harmless = between(&state, 0.88, 1.15),
        .phase = between(&state, 0, 6.283185307179586),
    };

    out->fault = fault;
    for (int at = 0; at < CANARY_SAMPLES; at++) {
        sample(&state, &nature, fault, true, at, out);
        sample(&state, &nature, fault, false, at, out);
    }
}

static enum judge_answer ask(const struct judge_rule *rule,
                             const struct judge_sample samples[2][CANARY_SAMPLES], size_t count)
{
    const struct judge_group canary = {samples[0], count}, control = {samples[1], count};
    struct judgement said;

    judge(rule, &canary, &control, &said);
    return said.answer;
}

enum canary_call canary_call(const struct canary_case *c, unsigned *samples)
{
    enum judge_answer errors = JUDGE_WAITS, latency = JUDGE_WAITS;

    for (unsigned count = 4; count <= CANARY_SAMPLES; count++) {
        *samples = count;
        errors = ask(&judge_rule_events, c->errors, count);
        latency = ask(&judge_rule_level, c->latency, count);
        if (errors == JUDGE_FAILS || latency == JUDGE_FAILS)
            return CALL_BAD;
    }
    return errors == JUDGE_PASSES && latency == JUDGE_PASSES ? CALL_GOOD : CALL_WAITS;
}
