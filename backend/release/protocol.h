/* protocol.h: the action protocol as a pure state machine.
 *
 * No pointers, no clock, no I/O: the owner executes the effect, hands back its one event, and
 * gets the next effect. Revisions and ids stay with the owner; events carry what they
 * mean ("own mark seen"). release/action.c runs it against a driver; tests/release/explore.c
 * runs the same code through every reachable state of two operators. `memcmp` compares
 * two machines.
 *
 * The shape, for one action of n writes:
 *
 *   read service, read ledger, judge
 *   for each write:  journal intent -> claim (ledger) -> act -> rest
 *   outcome (ledger, confirms that the claim was held throughout) -> journal outcome -> done
 *
 * and wherever an answer does not say what happened:
 *
 *   read service: own mark?  base moved?  else fence (or bounded wait) and read again
 *
 * Somebody else's old claim, or one's own after a crash, is settled by the same few states.
 *
 * What it rests on: every write of the object moves its revision; whoever writes without
 * lockstep leaves the marks alone; and, only where there is no fence, no write arrives later than a
 * known time after it was sent, and none is sent later than half of that after its claim. */
#ifndef LOCKSTEP_RELEASE_PROTOCOL_H
#define LOCKSTEP_RELEASE_PROTOCOL_H

#include "release/outcome.h"

#include <stdbool.h>
#include <stdint.h>

/* What is there to work with; a set. */
enum protocol_cap {
    CAP_FENCE = 1,   /* the engine has a neutral write */
    CAP_LEDGER = 2,  /* there is a shared record with compare-and-swap */
    CAP_JOURNAL = 4, /* the journal can be written (without it: INTENT_NO_JOURNAL) */
    CAP_HOLDS = 8,   /* writes from `holds_from` on only hold or reduce exposure: after a crash they
                        are finished */
    CAP_ALL = 15,
};

/* What makes it safe; always all of them outside the explorer, which takes one away at
 * a time to see it break. */
enum protocol_protection {
    PROTECT_PRECONDITION = 1, /* every write names the revision that was judged */
    PROTECT_FENCE = 2,        /* "my mark is not there" is no proof while the base is current */
    PROTECT_LOOKUP = 4,       /* a conflict answer is looked up, not trusted */
    PROTECT_MEMORY = 8,       /* 32 action ids are remembered, not only the last one */
    PROTECT_JOURNAL = 16,     /* the intent is on disk before the first byte */
    PROTECT_CLAIM = 32,       /* nobody acts without holding the ledger's claim */
    PROTECT_LATE = 64,        /* a write is not sent long after its claim (bounded wait only) */
    PROTECT_ALL = 127,
};

enum effect_kind {
    EFFECT_READ_SERVICE, /* consistent; answers with facts */
    EFFECT_READ_LEDGER, /* answers with facts; its revision is what CLAIM and STORE expect. When the
                           claim is ours and READ_SERVICE follows, its base is the base */
    EFFECT_JUDGE,       /* OK with `writes`, or REFUSED */
    EFFECT_JOURNAL,     /* append `record`, return when it is on disk */
    EFFECT_CLAIM,       /* ledger compare-and-swap: claim with `write` and the base revision */
    EFFECT_ACT,         /* send write `write` once; LATE when the claim is too old to send */
    EFFECT_FENCE,       /* neutral compare-and-swap at the base revision */
    EFFECT_WAIT,        /* until every copy of the write must have arrived */
    EFFECT_STORE,       /* ledger compare-and-swap: outcome noted, claim cleared */
    EFFECT_DONE,        /* `end`; there is no event for it */
};

enum protocol_record { RECORD_INTENT, RECORD_SETTLE, RECORD_OUTCOME };

struct protocol_effect {
    enum effect_kind kind;
    enum protocol_record record; /* JOURNAL */
    bool again;                  /* the same was tried just now: back off first */
    bool rebase;                 /* READ_SERVICE: what is read is the base of the write to come */
    bool guarded;                /* ACT: with the precondition (always, outside the explorer) */
    uint32_t write, writes;
    enum outcome outcome; /* STORE, RECORD_OUTCOME, DONE */
    enum action_end end;  /* DONE */
};

/* How the effect went. CLAIM and STORE that are UNKNOWN are asked for again, and
 * must then be sent identically: same expected revision, same content. That fences them. */
enum protocol_reply {
    REPLY_OK,
    REPLY_CONFLICT, /* the revision had moved */
    REPLY_REFUSED,  /* certainly without effect, and trying again would not help */
    REPLY_UNKNOWN,  /* lost, 5xx, timed out; for reads: failed */
    REPLY_LATE,     /* ACT: not sent */
};

enum protocol_fact {
    /* of the service */
    FACT_MARK = 1,        /* carries the mark of this write */
    FACT_CURRENT = 2,     /* still at the base revision of this write */
    FACT_AT_REST = 4,     /* the write before has come to rest */
    FACT_CHANGED = 8,     /* is no longer what this action made of it */
    FACT_GONE = 16,       /* does not exist */
    FACT_MARKS_KEPT = 32, /* nobody of lockstep has written since the base */
    /* of the ledger; "ours" means the action that is being settled */
    FACT_CLAIMED = 64,     /* the claim is ours, for `write` of `writes` */
    FACT_TAKEN = 128,      /* the claim is another's */
    FACT_OLD = 256,        /* and so old that its owner may be dead */
    FACT_FORGOTTEN = 512,  /* more outcomes have been noted since than are kept */
    FACT_VIEW_ONLY = 1024, /* written by a newer lockstep */
};

struct protocol_event {
    enum protocol_reply reply;
    unsigned facts;
    uint32_t write, writes; /* JUDGE: writes; READ_LEDGER: of the claim, ours or the other's */
    enum outcome recalled;  /* READ_LEDGER: what the record remembers of our id */
};

struct protocol {
    uint16_t flags;
    uint8_t caps, protections, state;
    uint8_t write, writes;
    uint8_t recalled, end;
    uint8_t holds_from; /* CAP_HOLDS, after a crash */
};

/* A new action. */
struct protocol protocol_new(unsigned caps);
/* One of ours after a crash; `write` is the last whose intent is known. With CAP_HOLDS writes from
 * `holds_from` on are sent, or sent again once it is certain that they are not in: nothing else. */
struct protocol protocol_settle(unsigned caps, uint32_t write, uint32_t writes,
                                uint32_t holds_from);
/* What it waits for now. */
struct protocol_effect protocol_effect_of(const struct protocol *p);
/* The event of that effect; returns the next one. */
struct protocol_effect protocol_next(struct protocol *p, struct protocol_event event);
/* Nothing more is to be sent than what is on its way. */
void protocol_give_up(struct protocol *p);
/* True while the machine settles somebody else's claim: "ours" then means theirs. */
bool protocol_is_foreign(const struct protocol *p);
/* True while it is not known whether a write was applied. */
bool protocol_is_settling(const struct protocol *p);

#endif
