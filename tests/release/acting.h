/* acting.h: operators with journals around one simulated cluster, each behind a wire
 * that can be cut before or after any single call, as a crash does. */
#ifndef LOCKSTEP_TESTS_RELEASE_ACTING_H
#define LOCKSTEP_TESTS_RELEASE_ACTING_H

#include "drivers/sim/sim.h"
#include "release/action.h"

enum { ACTING_OPERATORS = 2 };

/* A driver that hands every call on, until the cut. */
struct wire {
    struct driver base;
    struct driver *real;
    struct driver_ops ops;
    struct driver_caps caps;
    int calls, cut_at; /* number of the call to cut at; 0 never */
    bool answer_only;  /* the call goes out, its answer never comes */
    bool cut;
    const char *cut_call; /* its name */
    int acts, fences;     /* that went out */
    char *put[16];        /* ledger writes that went out: "expected text", in order */
    int puts;
    enum err_code refuse_act, refuse_put;
    enum err_code refuse_read, refuse_get; /* so often as this says */
    int refuse_times;
    bool no_revision;     /* ledger writes are answered without saying what the revision is now */
    uint32_t plan_writes; /* what a plan takes; 0: as the engine says */
    uint32_t plan_holds_from;
};

struct acting_operator {
    struct wire wire;
    struct journal *journal;
    char journal_path[300];
    struct action_env env;
    struct action_calls calls;
    struct action_run *run;
    struct action_status last; /* as told by `changed` */
    unsigned told;
    char refusal[80];    /* what judge says; "" allows */
    size_t verdict_size; /* bytes of what it has to say */
    bool no_verdict;
    struct stage_mark mark; /* that it leaves on the action */
    struct glass glass;
};

struct acting {
    struct clock *clock;
    struct loop *loop;
    struct sim *sim;
    struct cluster_config config;
    struct acting_operator operators[ACTING_OPERATORS];
};

void acting_open(struct acting *bench, const char *scenario);
/* The same, and one of eight is on 5, at rest. */
void acting_open_started(struct acting *bench, const char *scenario);
/* acting_wire.c: a new process has a new connection. */
void acting_connect(struct wire *wire, struct driver *real);
void acting_close(struct acting *bench);
/* Lets virtual time pass. */
void acting_pass(struct acting *bench, int64_t ms);
/* Begins; the run stays in operators[who].run until acting_finish or acting_drop. */
void acting_press(struct acting *bench, int who, enum verb verb, const char *version, uint32_t to);
void acting_press_flags(struct acting *bench, int who, enum verb verb, unsigned flags);
/* Runs until it has ended and returns how. Fails the test after ten virtual minutes. */
struct action_status acting_finish(struct acting *bench, int who);
struct action_status acting_do(struct acting *bench, int who, enum verb verb, const char *version,
                               uint32_t to);
/* Drops the run where it is: the process is dead. A new one may follow. */
void acting_drop(struct acting *bench, int who);
/* A new process of the same operator: settles what the journal left open. Returns how many. */
unsigned acting_restart(struct acting *bench, int who, struct action_status *last);
void acting_expect(const struct action_status *status, enum action_end end);
/* The record as it lies in the store now; NULL none. Yours. */
struct release *acting_record(struct acting *bench);
/* Any record of the store: its text (yours, NULL none), and one put over what is there. */
char *acting_text(struct acting *bench, const char *key);
void acting_put(struct acting *bench, const char *key, const char *text);
/* The service as it is now; one reference, yours. */
const struct service *acting_service(struct acting *bench);
/* How many writes of this action have been applied; fails the test when one was twice. */
unsigned acting_applied(struct acting *bench, const char *id);
/* How many intents of the journal have no outcome. */
unsigned acting_open_intents(struct acting *bench, int who);

#endif
