/* judge.c: see judge.h. */
#include "health/judge.h"

#include "base/mem.h"
#include "health/special.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const judge_answer_word[JUDGE_ANSWER_COUNT] = {"waits", "passes", "fails"};

const struct judge_rule judge_rule_events = {
    JUDGE_EVENTS, .factor = 1.5, .slack = 0.002, .least = 5, .least_total = 50, 0.995, 0.1};
const struct judge_rule judge_rule_level = {
    JUDGE_LEVEL, .factor = 1.25, .slack = 0, .least = 8, .least_total = 0, 0.995, 0.1};

/* What counts of a group. */
struct sums {
    size_t count;
    double events, total;
    double dispersion; /* 1: Poisson; more: the events come in bursts */
};

static bool counts(enum judge_kind kind, const struct judge_sample *sample)
{
    if (!isfinite(sample->value) || sample->value < 0)
        return false;
    return kind == JUDGE_LEVEL || (isfinite(sample->total) && sample->total > 0);
}

static struct sums sum_up(const struct judge_group *group)
{
    struct sums sums = {.dispersion = 1};
    double chi = 0;

    for (size_t i = 0; i < group->count; i++)
        if (counts(JUDGE_EVENTS, &group->samples[i])) {
            sums.count++;
            sums.events += group->samples[i].value;
            sums.total += group->samples[i].total;
        }
    if (sums.count < 2 || sums.events <= 0)
        return sums;
    for (size_t i = 0; i < group->count; i++)
        if (counts(JUDGE_EVENTS, &group->samples[i])) {
            double expected = group->samples[i].total * sums.events / sums.total;
            double off = group->samples[i].value - expected;
            chi += off * off / expected;
        }
    double dispersion = chi / (double)(sums.count - 1);
    if (dispersion > 1)
        sums.dispersion = dispersion;
    return sums;
}

/* P(canary's rate > factor * control's rate + slack): the control's posterior cut into slices of
 * equal probability, the canary's tail above each. */
static double worse_rate(const struct judge_rule *rule, const struct sums *canary,
                         const struct sums *control)
{
    enum { SLICES = 32 };
    double wide =
        canary->dispersion > control->dispersion ? canary->dispersion : control->dispersion;
    double a1 = canary->events / wide + 0.5, n1 = canary->total / wide;
    double a0 = control->events / wide + 0.5, n0 = control->total / wide;
    double sum = 0;

    for (int i = 0; i < SLICES; i++) {
        double rate = gamma_quantile(a0, (i + 0.5) / SLICES) / n0;
        sum += 1 - gamma_below(a1, (rule->factor * rate + rule->slack) * n1);
    }
    return sum / SLICES;
}

static void judge_events(const struct judge_rule *rule, const struct judge_group *canary,
                         const struct judge_group *control, struct judgement *out)
{
    struct sums is = sum_up(canary), was = sum_up(control);

    out->samples = is.count < was.count ? is.count : was.count;
    out->canary = is.total > 0 ? is.events / is.total : NAN;
    out->control = was.total > 0 ? was.events / was.total : NAN;
    if (is.total <= 0 || was.total <= 0) {
        snprintf(out->reason, sizeof out->reason, "no requests on %s: no data is never a pass",
                 is.total <= 0 ? "the new version" : "the old version");
        return;
    }
    out->worse = worse_rate(rule, &is, &was);
    bool enough = out->samples >= rule->least && is.total >= rule->least_total;
    if (out->worse > rule->fail_above && is.events >= 3)
        out->answer = JUDGE_FAILS;
    else if (out->worse < rule->pass_below && enough)
        out->answer = JUDGE_PASSES;
    snprintf(out->reason, sizeof out->reason,
             "%.2g %% against %.2g %% (%.0f of %.0f, %.0f of %.0f)%s", out->canary * 100,
             out->control * 100, is.events, is.total, was.events, was.total,
             out->answer != JUDGE_WAITS ? ""
             : !enough                  ? "; too few for an answer"
                                        : "; neither better nor worse for certain");
}

/* ---- levels ---- */

struct value {
    double value;
    bool canary;
    double rank;   /* among all */
    double within; /* among its own group */
};

static int compare(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

/* Middle ranks, so that ties weigh the same on both sides. */
static void rank(struct value *values, size_t count)
{
    size_t before[2] = {0, 0};

    for (size_t i = 0; i < count;) {
        size_t end = i, here[2] = {0, 0};
        while (end < count && values[end].value == values[i].value)
            here[values[end++].canary]++;
        for (size_t k = i; k < end; k++) {
            bool c = values[k].canary;
            values[k].rank = ((double)i + 1 + (double)end) / 2;
            values[k].within = (double)before[c] + ((double)here[c] + 1) / 2;
        }
        before[0] += here[0];
        before[1] += here[1];
        i = end;
    }
}

/* Mean rank, and the variance of rank minus inner rank, of one group. */
static double spread(const struct value *values, size_t count, bool canary, size_t n, double *mean)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < count; i++)
        if (values[i].canary == canary)
            sum += values[i].rank;
    *mean = sum / (double)n;
    for (size_t i = 0; i < count; i++)
        if (values[i].canary == canary) {
            double off = values[i].rank - values[i].within - *mean + ((double)n + 1) / 2;
            squares += off * off;
        }
    return squares / (double)(n - 1);
}

/* P that Brunner and Munzel give to "canary values tend to be larger". */
static double larger(struct value *values, size_t count, size_t n1)
{
    size_t n0 = count - n1;
    double mean1, mean0;

    qsort(values, count, sizeof *values, compare);
    rank(values, count);
    double v1 = spread(values, count, true, n1, &mean1);
    double v0 = spread(values, count, false, n0, &mean0);
    double s1 = (double)n1 * v1, s0 = (double)n0 * v0;
    if (s1 + s0 <= 0) /* no overlap at all, or all the same */
        return mean1 > mean0 ? 1 : mean1 < mean0 ? 0 : 0.5;
    double t = (double)n1 * (double)n0 * (mean1 - mean0) / ((double)count * sqrt(s1 + s0));
    double free = (s1 + s0) * (s1 + s0) / (s1 * s1 / (double)(n1 - 1) + s0 * s0 / (double)(n0 - 1));
    return student_below(t, free);
}

/* Takes what counts of a group; the control's is scaled to what is tolerated. */
static size_t take(const struct judge_rule *rule, const struct judge_group *group, bool canary,
                   struct value *out)
{
    size_t n = 0;

    for (size_t i = 0; i < group->count; i++)
        if (counts(JUDGE_LEVEL, &group->samples[i])) {
            double value = group->samples[i].value;
            out[n++] = (struct value){.value = canary ? value : value * rule->factor + rule->slack,
                                      .canary = canary};
        }
    return n;
}

/* Of sorted values of one group. */
static double median(const struct value *values, size_t count, bool canary, size_t n)
{
    size_t seen = 0;
    double low = NAN;

    for (size_t i = 0; i < count; i++) {
        if (values[i].canary != canary)
            continue;
        if (seen == (n - 1) / 2)
            low = values[i].value;
        if (seen++ == n / 2)
            return (low + values[i].value) / 2;
    }
    return NAN;
}

static void judge_level(const struct judge_rule *rule, const struct judge_group *canary,
                        const struct judge_group *control, struct judgement *out)
{
    struct value *values = xcalloc(canary->count + control->count + 1, sizeof *values);
    size_t n1 = take(rule, canary, true, values);
    size_t n0 = take(rule, control, false, values + n1);

    out->samples = n1 < n0 ? n1 : n0;
    if (n1 < 2 || n0 < 2) {
        snprintf(out->reason, sizeof out->reason, "no values of %s: no data is never a pass",
                 n1 < 2 ? "the new version" : "the old version");
        free(values);
        return;
    }
    out->worse = larger(values, n1 + n0, n1);
    out->canary = median(values, n1 + n0, true, n1);
    out->control = (median(values, n1 + n0, false, n0) - rule->slack) / rule->factor;
    free(values);
    if (out->samples >= rule->least && out->worse > rule->fail_above)
        out->answer = JUDGE_FAILS;
    else if (out->samples >= rule->least && out->worse < rule->pass_below)
        out->answer = JUDGE_PASSES;
    snprintf(out->reason, sizeof out->reason, "median %.3g against %.3g%s", out->canary,
             out->control,
             out->answer != JUDGE_WAITS   ? ""
             : out->samples < rule->least ? "; too few for an answer"
                                          : "; neither better nor worse for certain");
}

void judge(const struct judge_rule *rule, const struct judge_group *canary,
           const struct judge_group *control, struct judgement *out)
{
    *out = (struct judgement){
        .answer = JUDGE_WAITS, .worse = 0.5, .canary = NAN, .control = NAN, .needed = rule->least};
    if (rule->kind == JUDGE_EVENTS)
        judge_events(rule, canary, control, out);
    else
        judge_level(rule, canary, control, out);
}
