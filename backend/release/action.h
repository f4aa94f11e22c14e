/* action.h: carries one judged intent from the first read to a settled outcome.
 *
 * Runs the protocol of protocol.h (pure, explored exhaustively) against a real
 * driver, journal and ledger: fresh read, judgement, intent in the journal, claim
 * in the ledger, every write with its precondition, fence or bounded wait
 * where the outcome is unknown, outcome in ledger and journal. The only caller of driver_ops.act
 * and driver_ops.fence in the tree. */
#ifndef LOCKSTEP_RELEASE_ACTION_H
#define LOCKSTEP_RELEASE_ACTION_H

#include "drivers/driver.h"
#include "release/journal.h"
#include "release/lock.h"
#include "release/outcome.h"
#include "release/release.h"

struct action_run;

enum action_phase {
    PHASE_READING,  /* fresh consistent read of the target */
    PHASE_CLAIMING, /* journal and ledger */
    PHASE_SENDING,  /* a write is on its way */
    PHASE_WAITING,  /* between two writes: until the first has come to rest */
    PHASE_SETTLING, /* an answer was lost: finding out */
    PHASE_DONE,
    PHASE_COUNT
};
extern const char *const action_phase_word[PHASE_COUNT];

struct action_status {
    struct action action;
    enum action_phase phase;
    enum action_end end;
    char sentence[400]; /* for people: what happened, who won, what to do */
    int64_t since_ms;
};

/* What the run asks its owner. All on the engine thread. */
struct action_owner {
    void *arg;
    /* The guard on the service as just read and its release record (NULL: none). Fills
     * action from, to, to_count, have_count, replicas. false: refused, sentence and
     * machine-readable verdict (NULL or a new reference) for the journal. */
    bool (*judge)(void *arg, const struct intent *intent, const struct service *service,
                  const struct release *release, struct action *action, json_t **verdict,
                  struct err *refusal);
    /* After every change of phase or outcome; the status is borrowed. */
    void (*changed)(void *arg, const struct action_status *status);
    /* The release record as just written or read; borrowed. NULL: none. */
    void (*release)(void *arg, const char *service_id, const struct release *release);
    /* Locks that a judged START must hold before anything is sent; returns how many. NULL: none. */
    size_t (*locks)(void *arg, const struct action *action, const struct service *service,
                    const struct release *release, struct lock_need needs[LOCKS_MAX]);
    /* The contract of this version of the service, for the archive; a new reference, NULL when none
     * is known. NULL: none is. */
    json_t *(*contract)(void *arg, const char *service_id, const char *version, json_t *archive);
};

/* Driver calls on their way, of all runs on one driver. They outlive a run that is dropped,
 * because their callbacks still come; what is left when the driver has been closed and all
 * runs are freed is freed by action_calls_release. */
struct action_calls {
    struct action_call *first;
};
void action_calls_release(struct action_calls *calls);

struct action_env {
    struct loop *loop;
    struct driver *driver;
    struct journal *journal; /* NULL: could not be opened; then only INTENT_NO_JOURNAL verbs go */
    const char *who;
    struct action_owner owner;
    struct lock_env lock;       /* where `owner.locks` are */
    struct action_calls *calls; /* of the driver; NULL: what is on its way at close leaks */
    json_t *requires; /* VERB_ATTEST of clients: {SERVICE: [ELEMENT]} that they are known to call,
                         for the record, so that whoever reads it knows as much; NULL none */
    int64_t silent_utc_ms; /* VERB_FENCE: since when that node is silent; <= 0 not known. A fence of
                              before is over */
};

/* Starts; the env's pointers outlive the run, the intent is copied. */
struct action_run *action_start(const struct action_env *env, const struct intent *intent);
/* Takes up an action of a process that is no more, whose outcome is not in the journal or ledger:
 * settles what is unknown, finishes what only holds or reduces exposure, reports the rest as
 * END_PARTIAL. `claim` comes from a ledger record or was rebuilt from the journal by
 * action_recover. */
struct action_run *action_settle(const struct action_env *env, const char *service_id,
                                 const struct claim *claim);
const struct action_status *action_status_of(const struct action_run *run);
/* A pause pressed while a multi-write action runs: the writes not yet sent are given up. */
void action_give_up(struct action_run *run);
/* Drops it, wherever it is: what a crash does. Not from inside `changed`. */
void action_free(struct action_run *run);

/* Reads the journal for intents without outcome of processes that are no longer
 * alive and calls fn for each. For the start of a process: what it wrote itself counts as left
 * by an earlier one with the same number. */
typedef void action_recover_fn(void *arg, const char *cluster, const char *service_id,
                               const struct claim *claim);
bool action_recover(const char *journal_path, action_recover_fn *fn, void *arg, struct err *err);

/* For tests that kill the process: the name of each point is passed just before and after
 * every journal, ledger and driver call ("before-act-0", "after-act-0", …). NULL: nothing. */
extern void (*action_failpoint)(const char *name);

#endif
