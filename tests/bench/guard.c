/* guard.c: what the guard costs and what each of its rules is worth.
 *
 * Speed over a large fleet, and whether one observation costs what it touches. Exits 1 when
 * a goal is missed. */
#include "guard/big_fleet.h"
#include "guard/hidden_many.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SERVICES = 1000, RUNS = 9, OBSERVED = 400, WORLDS = 10000 };
static const double goal_all_ms = 10, goal_ratio = 2;

/* Of this process alone: nothing here waits for anybody. */
static double now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static bool bench_all(void)
{
    struct big_fleet big;
    double first, again[RUNS], begin;

    big_fleet_init(&big, SERVICES);
    begin = now_ms();
    size_t allowed = big_fleet_judge_all(&big);
    first = now_ms() - begin;
    for (int i = 0; i < RUNS; i++) {
        begin = now_ms();
        big_fleet_judge_all(&big);
        again[i] = now_ms() - begin;
    }
    double ms = median(again, RUNS);
    printf("one verdict for every service of %zu, on %zu nodes, %zu instances (%zu allowed):\n"
           "  %.1f ms (goal <= %.0f ms); %.1f ms when every world has to be made first\n",
           big.service_count, big.node_count, big.service_count * BIG_SPREAD, allowed, ms,
           goal_all_ms, first);
    big_fleet_release(&big);
    return ms <= goal_all_ms;
}

static double observe_us(size_t services)
{
    struct big_fleet big;
    double runs[OBSERVED];

    big_fleet_init(&big, services);
    big_fleet_judge_all(&big);
    for (size_t i = 0; i < OBSERVED; i++) {
        double begin = now_ms();
        big_fleet_observe(&big, i * 7919 % services);
        runs[i] = (now_ms() - begin) * 1000;
    }
    double us = median(runs, OBSERVED);
    big_fleet_release(&big);
    return us;
}

static bool bench_one(void)
{
    static const size_t sizes[] = {100, 300, 1000, 3000};
    double first = 0, us = 0;

    printf("one observation, %d services judged again:\n", BIG_GROUP);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        us = observe_us(sizes[i]);
        first = i ? first : us;
        printf("  fleet of %5zu services: %6.1f us\n", sizes[i], us);
    }
    printf("  the largest to the smallest %.2f (goal <= %.1f)\n", us / first, goal_ratio);
    return us / first <= goal_ratio;
}

/* Worth of the rules: how many random worlds go wrong without each. */
static bool bench_rules(void)
{
    bool met = true;

    printf(
        "%d random worlds with hidden clashes: fleet-wide failures, contained ones, old pictures "
        "acted on, never at rest\n",
        WORLDS);
    for (size_t i = 0; i < hidden_case_count; i++) {
        const struct hidden_case *c = &hidden_cases[i];
        struct hidden_tally t;
        double begin = now_ms();

        hidden_many(0, WORLDS, &c->setting, &t);
        printf("  %-15s %5.2f %%  %5.2f %%  %5.2f %%  %5.2f %%   %u deeds, %u refused, %u releases "
               "done, %.1f s\n",
               c->name, 100.0 * t.fleet_wide / WORLDS, 100.0 * t.contained / WORLDS,
               100.0 * t.stale / WORLDS, 100.0 * t.stuck / WORLDS, t.allowed + t.refused, t.refused,
               t.released, (now_ms() - begin) / 1000);
        bool harmed =
            (c->harm & HARM_FLEET_WIDE && t.fleet_wide) || (c->harm & HARM_STALE && t.stale);
        met = met && (c->harm ? harmed : !t.fleet_wide && !t.stuck);
    }
    printf("  goal: none fleet-wide and all at rest with all rules, harm without each: %s\n",
           met ? "met" : "MISSED");
    return met;
}

int main(void)
{
    bool met = bench_all();

    met = bench_one() && met;
    met = bench_rules() && met;
    printf("goals: %s\n", met ? "met" : "MISSED");
    return met ? 0 : 1;
}
