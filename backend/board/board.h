/* board.h: from facts and the release record to what is shown and what a key would do.
 *
 * Pure. The same functions make the rows of the screen and judge the key that was
 * pressed on one, so that both can never disagree. */
#ifndef LOCKSTEP_BOARD_BOARD_H
#define LOCKSTEP_BOARD_BOARD_H

#include "frame.h"
#include "guard/guard.h"
#include "release/stage.h"

struct board_input {
    struct guard_input guard; /* snapshot, service, release, time */
    const struct plan *plan;
    const struct profile *profile;       /* of releases that begin now; NULL: plain */
    const struct profile_policy *policy; /* NULL: nothing is set */
    /* Of the context whose rehearsals count as well; NULL and "": none. */
    const struct certificate *elsewhere;
    const char *elsewhere_name;
    bool measured;                   /* the settings say how this service is measured */
    const struct evidence *evidence; /* NULL: nothing yet */
    int64_t watched_utc_ms;          /* a dashboard has been open since; 0: none */
    bool live;                       /* the cluster is; else nothing may act */
    bool restores;             /* caps.clears_marks: what is over leaves no mark and no hold */
    const char *who;           /* this identity, as the cluster says; "" not known */
    int64_t glass_over_utc_ms; /* the glass broken then is over: all was clean since; 0: none */
    bool in_focus;    /* somebody looks at this one: contracts of both versions are compared */
    const char *deny; /* why no key may act here (permission, read-only, unsettled action), or "" */
    const char *denied[VERB_COUNT]; /* the same for one key; NULL where nothing is said */
};

/* A release in flight as the facts show it, whoever started it. Instances on fenced nodes do not
 * count. */
struct flight {
    bool active;        /* two versions, or a wish that is not fulfilled */
    bool rolling_back;  /* towards `from` */
    const char *from;   /* version before, "" unknown */
    const char *to;     /* version being moved to; "" when nothing is in flight */
    uint32_t have;      /* instances present on `to`, failing ones included */
    uint32_t serving;   /* of these, serving */
    uint32_t unsettled; /* starting or stopping, of any version */
    uint32_t failing;   /* on `to` */
    uint32_t ghosts;    /* of any version */
    uint32_t others;    /* of any other version than `to` */
};
/* The record speaks for the service only while the service still wants one of its two versions. */
bool board_record_applies(const struct service *service, const struct release *release);
struct flight board_flight(const struct guard_input *in);

/* Does the record say that a release is under way? */
bool board_in_flight(const struct release *release);

/* What a verb would do, before the guard is asked. */
struct proposal {
    bool offered;       /* makes sense in this state */
    const char *hinder; /* why not now, though offered; "" when it may go */
    unsigned past;      /* rules (1 << enum rule_id) that `hinder` is a matter of: broken glass goes
                           past it; 0: of none, nothing does */
    const char *effect; /* "3 of 8 on 5 (now 1, 2 more)" */
    const char *from, *to;
    uint32_t have, to_count;
    enum verb asks;         /* that was asked for */
    enum verb deed;         /* what it is for the engine: a step may go back, or start */
    enum verb asked;        /* what the guard is asked */
    const char *ask;        /* and the version */
    struct stage_mark mark; /* what the record says afterwards */
};
/* `to_count` 0 asks for the plan's next; `version` only for VERB_START. */
struct proposal board_propose(const struct board_input *in, enum verb verb, uint32_t to_count,
                              const char *version, struct arena *arena);

/* "3 of 8 on 5 (now 1, 2 more)" */
const char *board_step_words(uint32_t to_count, uint32_t replicas, const struct flight *f,
                             struct arena *arena);

/* The stages, when this service's release has some; else not active, with what they would be. */
void board_stages(const struct board_input *in, const struct flight *f, struct arena *arena,
                  struct stage_view *out);
/* How far the way back is rehearsed, as the guard takes it; texts go into the arena. */
struct rehearsed board_rehearsed(const struct board_input *in, const struct flight *f,
                                 struct arena *arena);
/* What the guard says to an ask about this service, certificate included. */
void board_judge(const struct board_input *in, const struct guard_ask *ask, struct arena *arena,
                 struct verdict *out);
/* As long as this service must have been at rest before a data step builds on it; 0: no time. */
int64_t board_stable_ms(const struct board_input *in);
/* The profile that counts: of the release in flight, else of the settings. NULL: not known here. */
const struct profile *board_profile(const struct board_input *in);
/* The plan of that profile. */
struct plan board_plan(const struct board_input *in);
/* Fills in for a step what the stages say; `hinder` only where there is none yet. */
void propose_stage(const struct board_input *in, const struct flight *f, uint32_t to_count,
                   struct arena *arena, struct proposal *out);
/* For START: what the record says of it. */
void propose_first_stage(const struct board_input *in, struct proposal *out);

/* The rules that stand in the way, "R3 R1"; "" when none does. `past`: as in the proposal. */
void board_rules(const struct verdict *verdict, unsigned past, char *out, size_t size);
/* Broken glass still lets this identity do this past these rules. */
bool board_glass_lets(const struct board_input *in, const struct proposal *p,
                      const struct verdict *verdict);
/* Broken glass as the row shows it; `broken`: some rule is, by what runs. */
struct glass_view board_glass(const struct board_input *in, const struct flight *f, bool broken,
                              struct arena *arena);
/* A bake that failed, as an alarm. */
struct finding board_bake_finding(const struct board_input *in, const struct row *row);
/* What breaking it means as an alarm. */
struct finding board_glass_finding(const struct board_input *in, struct arena *arena);

/* The row of one service with all its options judged; one reference, yours. */
const struct row *board_row(const struct board_input *in);
const struct row *row_ref(const struct row *row);
void row_unref(const struct row *row); /* NULL is fine; any thread */

/* Orders rows by urgency, cluster, name: for qsort over const struct row *. */
int board_compare(const void *a, const void *b);

#endif
