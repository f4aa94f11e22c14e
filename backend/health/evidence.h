/* evidence.h: what a bake rests on: samples of the new version and of the old one, and the verdict.
 *
 * Pure. The samples are those at began + step, began + 2 * step …: whoever asks for them again gets
 * the same, so that two operators see one verdict and a restart loses nothing. A verdict of worse
 * at any length of the series stays: what failed under load has failed. */
#ifndef LOCKSTEP_HEALTH_EVIDENCE_H
#define LOCKSTEP_HEALTH_EVIDENCE_H

#include "health/judge.h"
#include "health/settings.h"

enum evidence_limit {
    EVIDENCE_SAMPLES_MAX = 240,
    EVIDENCE_GAP = 3, /* steps without a sample, after which it is not known how it is now */
};

enum group { GROUP_CANARY, GROUP_CONTROL, GROUP_COUNT };

struct evidence_measure {
    bool asked;                                      /* the settings have a query for it */
    double value[GROUP_COUNT][EVIDENCE_SAMPLES_MAX]; /* NAN where there is none */
    struct judgement said;                           /* not of traffic */
};

struct evidence {
    char version[128], control[128];
    bool before_after;    /* the control is the old version of before: weaker */
    int64_t began_utc_ms; /* of the bake */
    int64_t step_ms;
    size_t count[GROUP_COUNT]; /* samples so far; of a control of before: all there are */
    struct evidence_measure measure[MEASURE_COUNT];
    int64_t heard_utc_ms; /* when the source answered last; 0 never */
    bool exposed;         /* asked over plain http at another host: who is on the way can lie */
    char trouble[240];    /* why it is not known now, or "" */
    /* by evidence_judge */
    enum judge_answer answer;
    size_t samples, needed; /* of the measure that has fewest */
    char reason[240];
};

/* Nothing is known yet: all values NAN. */
void evidence_begin(struct evidence *evidence);
/* The steps of a bake of this length: as configured, longer where there would be too many. */
int64_t evidence_step_ms(int64_t every_ms, int64_t length_ms);
void evidence_judge(struct evidence *evidence);
/* Is it of this very bake? */
bool evidence_is_of(const struct evidence *evidence, const char *version, const char *control,
                    int64_t began_utc_ms);
/* When the newest value of the canary was sampled; 0: there is none. */
int64_t evidence_newest_utc_ms(const struct evidence *evidence);

#endif
