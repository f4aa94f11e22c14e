/* sim.h: a simulated cluster, and what can go wrong in it.
 *
 * The same scenario, seed and calls give the same history, to the millisecond of
 * the clock it was made with. Several drivers (operators) may share one cluster:
 * put it into cluster_config.shared. Everything here may be called from any
 * thread; drivers hear of it from their own loops. */
#ifndef LOCKSTEP_DRIVERS_SIM_SIM_H
#define LOCKSTEP_DRIVERS_SIM_SIM_H

#include "base/clock.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sim;

/* `scenario` "": the default one. NULL and ERR_CONFIG with all names when there is none called
 * that. The clock is borrowed and outlives the cluster. One reference, yours. */
struct sim *sim_new(const char *scenario, uint64_t seed, struct clock *clock, struct err *err);
struct sim *sim_ref(struct sim *sim);
void sim_unref(struct sim *sim); /* NULL is fine */

/* One row per scenario: its name and what it shows, in one line. NULL after the last. */
const char *sim_scenario_name(size_t index);
const char *sim_scenario_about(size_t index);
/* The settings that belong to a scenario, as text of a settings file; "" when it has none. */
const char *sim_scenario_settings(const char *scenario);

/* What can go wrong. Target: N a node, S a service, V "service:version", W the next write that is
 * a "start", "step", "act" (any verb), "fence", "ledger" or "" (any); - none. */
#define SIM_FAULTS(X)                                                                              \
    X(NODE_SILENT, "node-silent")         /* N: stops reporting; what runs there runs on */        \
    X(NODE_RETURNS, "node-returns")       /* N */                                                  \
    X(NODE_REMOVED, "node-removed")       /* N: a silent one is struck off; may still run */       \
    X(NODE_DRAIN, "node-drain")           /* N: takes no new work */                               \
    X(SLOW_START, "slow-start")           /* S: from now on instances take ten times as long */    \
    X(CRASH, "crash")                     /* S: one serving instance exits */                      \
    X(IMAGE_MISSING, "image-missing")     /* V: can no longer be pulled */                         \
    X(IMAGE_CRASHES, "image-crashes")     /* V: exits 2 s after it started to serve */             \
    X(IMAGE_FIXED, "image-fixed")         /* V: good again */                                      \
    X(IMAGE_ERRS, "image-errs")           /* V: serves, but fails requests under load */           \
    X(IMAGE_MUTE, "image-mute")           /* V: serves, and nothing is measured of it */           \
    X(ARRIVES, "arrives")                 /* V: is delivered and waits for its first key */        \
    X(SERVICE_GONE, "service-gone")       /* S: somebody deleted it */                             \
    X(TOUCHED, "touched")                 /* S: a foreign write that moves only the revision */    \
    X(RECONFIGURED, "reconfigured")       /* S: a foreign write that changes its configuration */  \
    X(UNREACHABLE, "unreachable")         /* -: nothing answers */                                 \
    X(REACHABLE, "reachable")             /* - */                                                  \
    X(METRICS_AWAY, "metrics-away")       /* -: nothing is measured of anything */                 \
    X(METRICS_BACK, "metrics-back")       /* - */                                                  \
    X(FORBIDDEN, "forbidden")             /* -: may look, may not act */                           \
    X(PERMITTED, "permitted")             /* - */                                                  \
    X(DENIED, "denied")                   /* -: may pause and go back, may not go on */            \
    X(LOSE_REQUEST, "lose-request")       /* W: never arrives; outcome unknown */                  \
    X(LOSE_ANSWER, "lose-answer")         /* W: applied; outcome unknown */                        \
    X(DELAY_REQUEST, "delay-request")     /* W: outcome unknown, and it arrives after that */      \
    X(DELAY_ANSWER, "delay-answer")       /* W: answered late, but answered */                     \
    X(DUPLICATE_REQUEST, "duplicate")     /* W: arrives twice */                                   \
    X(CONFLICT, "conflict")               /* W: somebody writes the same object just before */     \
    X(LEDGER_CONFLICT, "ledger-conflict") /* -: the next ledger write is overtaken */

enum sim_fault {
#define X(id, word) SIM_##id,
    SIM_FAULTS(X)
#undef X
        SIM_FAULT_COUNT
};
extern const char *const sim_fault_word[SIM_FAULT_COUNT];

/* Makes it happen now (W faults: to the next matching write, each once, in order).
 * False and ERR_NOT_FOUND when the target is not there. */
bool sim_inject(struct sim *sim, enum sim_fault fault, const char *target, struct err *err);

/* Random faults for soak tests. W faults: chance per write; the rest: chance per second
 * of the clock, of a random target; a silent node returns and an unreachable cluster
 * answers again within some seconds. All zero: off. */
struct sim_chaos {
    uint16_t permille[SIM_FAULT_COUNT];
};
void sim_set_chaos(struct sim *sim, const struct sim_chaos *chaos);

/* What somebody does without lockstep: asks for `count` instances on `version` (moving on
 * by itself, one each `every_ms`, when that is not 0). */
bool sim_push_foreign(struct sim *sim, const char *service, const char *version, uint32_t count,
                      int64_t every_ms, struct err *err);

/* Sets off what the scenario does at this word; nothing when it knows none, or did so already. */
void sim_cue(struct sim *sim, const char *word);

/* For tests: how often a write with this mark ("<id>.<write>") changed the cluster, and how
 * many writes did altogether. */
unsigned sim_applied(struct sim *sim, const char *mark);
unsigned sim_applied_total(struct sim *sim);

#endif
