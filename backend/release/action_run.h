/* action_run.h: the inside of one action on its way; private to action*.c. */
#ifndef LOCKSTEP_RELEASE_ACTION_RUN_H
#define LOCKSTEP_RELEASE_ACTION_RUN_H

#include "base/json.h"
#include "release/action.h"
#include "release/protocol.h"

enum action_time {
    CLAIM_OLD_MS = 120 * 1000,  /* after so long its owner may be dead */
    SEND_WITHIN_MS = 10 * 1000, /* of the judgement and the claim; later nothing is sent */
    RETRY_FIRST_MS = 250,
    RETRY_MAX_MS = 5000,
    REST_POLL_MS = 500,
};

/* A driver call on its way. It outlives a run that was dropped. */
struct action_call {
    struct action_call *next; /* of env.calls */
    struct action_calls *calls;
    struct action_run *run; /* NULL: dropped */
    char name[40];          /* for failpoints */
};

struct action_run {
    struct action_env env;
    struct intent intent;
    struct action_status status;
    struct protocol protocol;
    struct protocol_effect effect;
    bool settling; /* began as action_settle */

    /* What is carried out or settled: the own action, or another's claim. */
    struct claim subject;
    const struct service *service; /* last read */
    uint64_t marks;                /* of the base */
    char rest_digest[80];          /* spec_digest once the write before was in */
    json_t *new_memo, *verdict;

    /* The ledger as last read or written. */
    char key[300];
    char revision[96];
    struct release *release; /* NULL: no record */
    bool unreadable;         /* the record cannot be understood: touch nothing */
    char anchor[ID_TEXT];    /* newest id it remembered when we began */
    json_t *cluster_record;  /* VERB_FENCE, VERB_ATTEST: the parsed "@cluster" */

    /* A ledger write on its way, kept until it is certain, to be sent again identically. */
    char *put_text;
    char put_expected[96];
    struct release *put_release;

    struct lock_job *lock; /* being taken */
    struct lock_need needs[LOCKS_MAX];
    size_t need_count;
    bool locked;       /* and held */
    bool lock_unknown; /* it is refused because that could not be found out */

    int64_t judged_ms, claimed_ms, sent_ms;
    bool never_sent; /* LATE, or given up: for the sentence */
    struct loop_timer *timer;
    unsigned tries;
    struct action_call *call;
    struct err why;     /* the last thing that went wrong */
    struct claim other; /* whoever was in the way */
    enum outcome other_outcome;
};

/* action.c */
struct action_call *action_call_begin(struct action_run *run, const char *point, unsigned write);
/* The run, or NULL when it was dropped; the call is over. */
struct action_run *action_call_end(struct action_call *call);
void action_reply(struct action_run *run, struct protocol_event event);
void action_fail(const char *when, const char *point, unsigned write);
/* What an error means for the protocol; keeps it as `why`. */
enum protocol_reply action_reply_of(struct action_run *run, const struct err *err);
void action_phase_set(struct action_run *run, enum action_phase phase);
void action_done(struct action_run *run, enum action_end end);
bool action_is_foreign(const struct action_run *run);
/* The subject as the driver wants it, at its current write. */
struct action action_acting(const struct action_run *run);
int64_t action_settle_ms(const struct action_run *run);

/* action_look.c: reads, and what they mean. */
void action_read_service(struct action_run *run);
void action_read_ledger(struct action_run *run);

/* action_store.c: the record in the ledger. */
void action_claim(struct action_run *run);
void action_store(struct action_run *run);
void action_forget_put(struct action_run *run);

/* action_journal.c */
bool action_journal(struct action_run *run, struct err *err);
void action_journal_refusal(struct action_run *run);

/* action_words.c */
void action_explain(struct action_run *run, enum action_end end);

/* action_node.c: VERB_FENCE and VERB_ATTEST, which are one ledger write and nothing else. */
void action_node_start(struct action_run *run);

#endif
