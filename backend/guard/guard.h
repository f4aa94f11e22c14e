/* guard.h: may this step be taken, and taken back? Pure: no I/O, no globals, no clock.
 *
 * The same code runs in the dashboard, in `gate`, in the simulator and in the
 * explorers that walk all reachable states. */
#ifndef LOCKSTEP_GUARD_GUARD_H
#define LOCKSTEP_GUARD_GUARD_H

#include "guard/verdict.h"
#include "model/action.h"
#include "model/fleet.h"
#include "model/stage.h"

struct bind;
struct release;

/* How far the way back of the release in question is rehearsed, as its stages say at this moment;
 * before a release begins, what its profile will want. */
struct rehearsed {
    bool staged;           /* its profile has stages; else no certificate is asked for */
    bool data;             /* that profile is for data steps, declared or not */
    enum proof has, wants; /* of the certificate for `version` */
    const char *version;   /* being released; "" none */
    const char *voided;    /* why the certificate does not count, or "" */
    const char *waits;     /* what the stage it is in waits for, or "" */
    uint32_t have, canary; /* instances on the version now, and of the first step */
    int64_t stable_ms;     /* as long as it must have been at rest before a data step; 0: no time */
};

/* What no single picture shows, only somebody who has been looking. Times are UTC; 0: not so. */
struct seen {
    int64_t unknown_since_utc_ms; /* some version of it is not known since */
    int64_t moving_since_utc_ms;  /* the engine has been moving it since */
    const char *drift;            /* what was changed, and not through lockstep, or "" */
};

/* Everything the guard may look at for one service. */
struct guard_input {
    const struct snapshot *snapshot; /* nodes and all services */
    const struct service *service;   /* the target, possibly fresher than the snapshot's */
    const struct release *release;   /* NULL: none on record */
    int64_t now_ms;                  /* engine clock, as struct service.observed_ms */
    int64_t utc_ms;
    /* What is declared in this cluster, and the levels; only memory of it changes. NULL: nothing
     * is known but what is seen, and what can be judged by that is enforced. */
    struct bind *bind;
    const struct rehearsed *rehearsal; /* NULL: none is known, and R4 is not evaluated */
    const struct seen *seen;           /* NULL: nobody has been looking */
};

/* The action in question. */
struct guard_ask {
    enum verb verb;
    const char *version; /* that some instances would get; "" for pause, fence */
    uint32_t to_count;
    uint64_t basis;          /* of the verdict the operator saw; 0: none was shown */
    const char *spec_digest; /* that the operator saw; "": none */
};

/* Fills *out; texts go into the arena. Pause and fence are always allowed. */
void guard_judge(const struct guard_input *in, const struct guard_ask *ask, struct arena *arena,
                 struct verdict *out);

/* Digest of every input that can change a verdict about this service (not: ages,
 * crash counts). Equal digests mean equal verdicts. Never 0. */
uint64_t guard_basis(const struct guard_input *in);

/* What is wrong already, without any action (rule 3 is not a moment). Returns how many findings
 * were put into out[WATCH_MAX], at most one per kind and rule. One that breaks no rule by itself (a
 * step open for long, a change from outside …) has LEVEL_OBSERVE. */
enum { WATCH_MAX = ALARM_COUNT + 2 };
size_t guard_watch(const struct guard_input *in, struct arena *arena,
                   struct finding out[WATCH_MAX]);
/* The time (UTC) at which, without any observation, it may find something more; INT64_MAX: never.
 */
int64_t guard_watch_due(const struct guard_input *in);

/* Whether the service is at rest at one version, which breaks none of these rules (1 << enum
 * rule_id); what is not known about a rule that binds counts as broken. */
bool guard_is_clean(const struct guard_input *in, unsigned rules);

/* Versions that may run of this service: what is observed, what silent nodes last ran, what was
 * pushed to them since, what launchers would start. Sorted, unique; "?" for unknown. */
size_t guard_live(const struct guard_input *in, struct arena *arena, const char *const **versions);

/* UTC since when it is at rest at one version; -1 while something is in flight, or not known. */
int64_t guard_stable_since(const struct guard_input *in);

#endif
