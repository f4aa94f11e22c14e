/* past.h: which releases of before would have been worth a second look. Pure.
 *
 * Without contracts nothing is proven here: each finding says what it rests on, what is only
 * assumed is marked, and what a cluster's history cannot tell is counted as not known. */
#ifndef LOCKSTEP_BOARD_PAST_H
#define LOCKSTEP_BOARD_PAST_H

#include "base/mem.h"
#include "model/past.h"

#define PAST_FAULTS(X)                                                                             \
    X(SKIPPED, "skipped-a-step", "a version in between was left out")                              \
    X(OVERLAPPED, "overlapped", "another service of the same namespace moved at the same time")    \
    X(NO_CANARY, "no-canary", "more than a third was new at once")                                 \
    X(NO_BAKE, "no-bake", "the rest followed the canary within five minutes")                      \
    X(THIRD, "third-version", "three versions ran at the same time")

enum past_fault {
#define X(id, word, means) PAST_##id,
    PAST_FAULTS(X)
#undef X
        PAST_FAULT_COUNT
};
extern const char *const past_fault_word[PAST_FAULT_COUNT],
    *const past_fault_means[PAST_FAULT_COUNT];

enum past_limit {
    PAST_BAKE_MS = 300000,   /* less than this between canary and rest is no bake */
    PAST_PAUSE_MS = 60000,   /* less than this is no pause: the engine's own pace */
    PAST_ASSUMED_MS = 600000 /* how long a release took, where that is not known */
};

/* One release; everything is borrowed from the pasts, or in the arena. */
struct past_row {
    const struct past *of;
    const struct past_release *release, *before; /* before NULL: not known */
    const char *words[PAST_FAULT_COUNT];         /* what was found, NULL: nothing */
    bool assumed[PAST_FAULT_COUNT];              /* it rests on something that is not known */
    bool unknown;                                /* whether it had canary and bake */
    bool alone;                                  /* of one instance: there is no canary of it */
};

struct past_report {
    struct past_row *rows; /* newest first; those of unknown time behind the next one of theirs */
    size_t row_count;
    size_t found[PAST_FAULT_COUNT], unknown, untimed, services, cut; /* cut: services of which
                                                                       older releases are missing */
};

/* Releases asked for at or after since_utc_ms, and those of unknown time that came later than one
 * of them. */
struct past_report past_judge(const struct past *pasts, size_t count, int64_t since_utc_ms,
                              struct arena *arena);
/* The sums anew, of the first `kept` rows. */
void past_count(struct past_report *report, size_t kept);

#endif
