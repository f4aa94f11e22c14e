/* evidence.c: see evidence.h. */
#include "health/evidence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_LOOK = 4 }; /* samples before a verdict of worse is tried */

void evidence_begin(struct evidence *evidence)
{
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        for (unsigned g = 0; g < GROUP_COUNT; g++)
            for (size_t i = 0; i < EVIDENCE_SAMPLES_MAX; i++)
                evidence->measure[m].value[g][i] = NAN;
    evidence->answer = JUDGE_WAITS;
}

int64_t evidence_step_ms(int64_t every_ms, int64_t length_ms)
{
    int64_t least = length_ms / (EVIDENCE_SAMPLES_MAX / 2);

    if (every_ms <= 0)
        every_ms = METRICS_EVERY_MS;
    return every_ms > least ? every_ms : least;
}

static void fill_samples(const struct evidence *e, enum measure measure, enum group group,
                         struct judge_sample *out)
{
    const struct evidence_measure *m = &e->measure[measure];
    const struct evidence_measure *traffic = &e->measure[MEASURE_TRAFFIC];
    double seconds = (double)e->step_ms / 1000;

    for (size_t i = 0; i < e->count[group]; i++) {
        double total = traffic->value[group][i] * seconds;
        out[i] = measure == MEASURE_ERRORS
                     ? (struct judge_sample){m->value[group][i] * total, total}
                     : (struct judge_sample){m->value[group][i], 0};
    }
}

/* At every length of the series, as its samples came. */
static void judge_one(const struct evidence *e, enum measure measure, struct judgement *out)
{
    struct judge_sample samples[GROUP_COUNT][EVIDENCE_SAMPLES_MAX];
    const struct judge_rule *rule =
        measure == MEASURE_ERRORS ? &judge_rule_events : &judge_rule_level;
    size_t all = e->count[GROUP_CANARY];

    fill_samples(e, measure, GROUP_CANARY, samples[GROUP_CANARY]);
    fill_samples(e, measure, GROUP_CONTROL, samples[GROUP_CONTROL]);
    for (size_t n = all < FIRST_LOOK ? all : FIRST_LOOK;; n++) {
        size_t beside =
            e->before_after || e->count[GROUP_CONTROL] < n ? e->count[GROUP_CONTROL] : n;
        judge(rule, &(struct judge_group){samples[GROUP_CANARY], n},
              &(struct judge_group){samples[GROUP_CONTROL], beside}, out);
        if (out->answer == JUDGE_FAILS || n >= all)
            return;
    }
}

static size_t last_of(const struct evidence *e, enum group group)
{
    size_t last = 0;

    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        for (size_t i = e->count[group]; e->measure[m].asked && i > last; i--)
            if (isfinite(e->measure[m].value[group][i - 1]))
                last = i;
    return last;
}

int64_t evidence_newest_utc_ms(const struct evidence *evidence)
{
    size_t last = last_of(evidence, GROUP_CANARY);

    return last ? evidence->began_utc_ms + (int64_t)last * evidence->step_ms : 0;
}

/* A series that broke off says nothing of now. */
static void check_gap(struct evidence *e)
{
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        if (g == GROUP_CONTROL && e->before_after)
            continue;
        size_t missing = e->count[g] - last_of(e, (enum group)g);
        if (e->answer != JUDGE_PASSES || missing <= EVIDENCE_GAP)
            continue;
        e->answer = JUDGE_WAITS;
        snprintf(e->reason, sizeof e->reason,
                 "the last %zu samples of %.60s are missing: no data is never a pass", missing,
                 g == GROUP_CANARY ? e->version : e->control);
    }
}

static void take(struct evidence *e, enum measure measure)
{
    const struct judgement *said = &e->measure[measure].said;
    bool worse = said->answer == JUDGE_FAILS;
    bool first = !e->reason[0];

    if (first || said->samples < e->samples) {
        e->samples = said->samples;
        e->needed = said->needed;
    }
    if (e->answer == JUDGE_FAILS && !worse)
        return;
    if (first || worse || (said->answer == JUDGE_WAITS && e->answer == JUDGE_PASSES)) {
        snprintf(e->reason, sizeof e->reason, "%s: %s", measure_word[measure], said->reason);
        e->answer = said->answer;
    } else if (e->answer == said->answer) {
        size_t used = strlen(e->reason);
        snprintf(e->reason + used, sizeof e->reason - used, "; %s: %s", measure_word[measure],
                 said->reason);
    }
}

void evidence_judge(struct evidence *evidence)
{
    evidence->answer = JUDGE_WAITS;
    evidence->reason[0] = '\0';
    evidence->samples = evidence->needed = 0;
    for (unsigned m = 0; m < MEASURE_TRAFFIC; m++)
        if (evidence->measure[m].asked) {
            judge_one(evidence, (enum measure)m, &evidence->measure[m].said);
            take(evidence, (enum measure)m);
        }
    check_gap(evidence);
}

bool evidence_is_of(const struct evidence *evidence, const char *version, const char *control,
                    int64_t began_utc_ms)
{
    return strcmp(evidence->version, version) == 0 && strcmp(evidence->control, control) == 0 &&
           evidence->began_utc_ms == began_utc_ms;
}
