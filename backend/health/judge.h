/* judge.h: is the new version worse than the old one that runs beside it?
 *
 * Pure. Two kinds of evidence, each with a statistic made for it:
 *  - events of a total (errors of requests): Gamma-Poisson posteriors of both rates (Jeffreys'
 *    prior), widened by the dispersion that the samples show; the answer is the probability that
 *    the canary's rate is above what is tolerated. Right for few events and for none.
 *  - levels (latency, saturation): the test of Brunner and Munzel (Biometrical Journal 42, 2000)
 * with its t approximation, which supposes neither one shape nor one variance: a canary of one
 *    instance is noisier than the rest of the fleet.
 * Tolerated is `factor` times the control group plus `slack`. No data is never a pass. */
#ifndef LOCKSTEP_HEALTH_JUDGE_H
#define LOCKSTEP_HEALTH_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

enum judge_kind { JUDGE_EVENTS, JUDGE_LEVEL };
enum judge_answer {
    JUDGE_WAITS, /* not enough data for either */
    JUDGE_PASSES,
    JUDGE_FAILS,
    JUDGE_ANSWER_COUNT
};
extern const char *const judge_answer_word[JUDGE_ANSWER_COUNT];

/* What is tolerated, and how sure an answer must be. */
struct judge_rule {
    enum judge_kind kind;
    double factor, slack;
    unsigned least;     /* samples needed of each group */
    double least_total; /* JUDGE_EVENTS: and so many requests of the canary */
    double fail_above;  /* probability of worse, e.g. 0.995 */
    double pass_below;  /* e.g. 0.05 */
};
extern const struct judge_rule judge_rule_events, judge_rule_level;

/* One observation of a group over one interval. JUDGE_EVENTS: events of total; JUDGE_LEVEL: value,
 * total unused. What is not finite, or negative, is no observation. */
struct judge_sample {
    double value, total;
};

struct judge_group {
    const struct judge_sample *samples;
    size_t count;
};

struct judgement {
    enum judge_answer answer;
    double worse;           /* probability that the canary is worse than tolerated; 0..1 */
    double canary, control; /* rate, or median level; NAN without data */
    size_t samples, needed; /* of the group that has fewer */
    char reason[160];       /* one clause: numbers, and what is missing */
};

void judge(const struct judge_rule *rule, const struct judge_group *canary,
           const struct judge_group *control, struct judgement *out);

#endif
