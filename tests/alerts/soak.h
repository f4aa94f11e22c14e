/* soak.h: weeks of a watch in minutes: trouble in the cluster, of which the truth is known, and
 * faults between the watch and whom it tells.
 *
 * One round: some trouble begins, one delivery fault happens around it, the trouble ends, and then
 * it is counted what the receiver really got. The trouble is made here, so that what should have
 * been told rests on nothing that the watch or the engine believes. */
#ifndef LOCKSTEP_TESTS_ALERTS_SOAK_H
#define LOCKSTEP_TESTS_ALERTS_SOAK_H

#include <stdint.h>
#include <stdio.h>

enum soak_fault {
    FAULT_NONE,
    FAULT_REFUSED,   /* the receiver refuses up to six times */
    FAULT_HUNG,      /* it does not answer, and has not taken it */
    FAULT_SLOW,      /* it answers late */
    FAULT_DEAD,      /* no watch runs when the trouble begins, one comes later */
    FAULT_KILLED,    /* the watch is killed at any moment, and started again */
    FAULT_HANDED,    /* there are two; the one that tells is killed at any moment */
    FAULT_OVERTAKEN, /* somebody else writes the record that watches share */
    FAULT_CUT,       /* the cluster is not reached for some seconds */
    FAULT_FULL,      /* the spool cannot be written */
    FAULT_COUNT
};
extern const char *const soak_fault_word[FAULT_COUNT];

struct soak_report {
    unsigned rounds, of[FAULT_COUNT];
    unsigned troubles;  /* that had to be told */
    unsigned lost;      /* not told opened, or not told resolved */
    unsigned doubled;   /* told twice, or as two */
    unsigned excused;   /* twice, and somebody was killed within a second of it */
    unsigned unfounded; /* told, and there was no such trouble */
    unsigned late;      /* opened later than ten seconds, in rounds without a fault */
    int64_t virtual_ms;
    long kb_early, kb_late; /* resident, after a tenth of the rounds and at the end */
};

/* `lasts_ms`: how long a trouble lasts, and `quiet_ms` how long nothing happens between two rounds,
 * at most. What was not as it should be goes to `out`, at most twenty times. */
struct soak_report soak_run(unsigned rounds, int64_t lasts_ms, int64_t quiet_ms, uint64_t seed,
                            const char *folder, FILE *out);
void soak_print(const struct soak_report *report, FILE *out);

#endif
