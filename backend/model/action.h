/* action.h: what an operator asks for, by value. Crosses threads as a copy. */
#ifndef LOCKSTEP_MODEL_ACTION_H
#define LOCKSTEP_MODEL_ACTION_H

#include "base/hash.h"
#include "model/glass.h"

#include <stdbool.h>
#include <stdint.h>

enum verb {
    VERB_START, /* begin a release: first canary step only */
    VERB_STEP,  /* exactly the next step, or to `to_count` */
    VERB_PAUSE,
    VERB_RESUME,
    VERB_ROLLBACK,
    VERB_FENCE,  /* a node leaves the count, with evidence; ledger only */
    VERB_ATTEST, /* a fact about a store or about clients, with evidence; ledger only */
    VERB_COUNT
};
extern const char *const verb_word[VERB_COUNT]; /* "start", "step", … */
/* False when no verb is called that. */
bool verb_parse(const char *word, enum verb *out);

/* VERB_ATTEST: what is said of `service`, which is a store or a cohort of clients. */
enum attested {
    ATTEST_GONE,      /* format `version` is gone from the store */
    ATTEST_USAGE,     /* the clients call element `version` so often as `calls` says */
    ATTEST_ENDED,     /* support of the clients has ended */
    ATTEST_SUPPORTED, /* it has not, whatever was said before */
    ATTEST_COUNT
};
extern const char *const attested_word[ATTEST_COUNT]; /* "gone", "usage", … */
/* False when nothing is called that. */
bool attested_parse(const char *word, enum attested *out);
#define ATTEST_CALLS_MAX (UINT64_C(1) << 52)

enum intent_flag {
    INTENT_CONFIRMED = 1,   /* the operator answered the question this context asks */
    INTENT_NO_JOURNAL = 2,  /* explicit y to pause or undo although the journal cannot be written */
    INTENT_WARNED = 4,      /* saw the refusal of a rule that warns, and said once more */
    INTENT_AUTOMATIC = 16,  /* lockstep's own, as the settings say; `reason` holds the evidence */
    INTENT_BREAK_GLASS = 8, /* past rules that are enforced, never past RL, permissions and the
                               protocol; needs `reason`; of START, STEP, RESUME, ROLLBACK */
};

/* An operator's wish, bound to the frame that was on the screen. */
struct intent {
    uint64_t ticket; /* set by engine_submit */
    enum verb verb;
    unsigned flags;
    char cluster[64];
    char service[160];      /* service id; VERB_FENCE: node id; VERB_ATTEST: store or clients */
    char spec_digest[80];   /* of the service as shown; "": judge what is found (headless verbs) */
    uint64_t basis;         /* digest of the inputs the shown verdict rested on; 0: none shown */
    uint32_t to_count;      /* 0: the plan's next */
    char version[128];      /* VERB_START; VERB_ATTEST: format or element */
    char artifact[512];     /* VERB_START: image reference; "": replace the tag of what runs */
    char reason[240];       /* of an override, a fence, or for breaking the glass */
    char profile[16];       /* VERB_START: its stages; "": as the settings say */
    enum attested attested; /* VERB_ATTEST */
    uint64_t calls;         /* ATTEST_USAGE */
};

/* One action on its way: an intent that was judged, with an id and its writes. */
struct action {
    char id[ID_TEXT];
    enum verb verb;
    char cluster[64];
    char service[160];
    char by[96];             /* who, as the engine says */
    char from[128], to[128]; /* versions; rollback: from is the new one, to the old one */
    char artifact[512];
    char revision[96];   /* precondition of the current write */
    uint32_t have_count; /* instances on `to` when judged */
    uint32_t to_count;   /* instances on `to` asked for */
    uint32_t replicas;
    uint32_t write, writes; /* 0-based current one, and how many; 0 writes: ledger only */
    uint32_t holds_from; /* writes from this one on move nothing: they hold or restore; 0: none */
    struct stage_mark mark;
    struct glass glass;     /* that it breaks; rules "": it is allowed */
    bool last_step;         /* to_count == replicas: afterwards nothing of the old is wanted */
    enum attested attested; /* VERB_ATTEST */
    uint64_t calls;         /* ATTEST_USAGE */
};

/* Is the current write the last one of an action that ends a release, where nothing of it is to
 * stay on the object? */
static inline bool action_clears_marks(const struct action *action)
{
    return (action->last_step || action->verb == VERB_ROLLBACK) && action->holds_from > 0 &&
           action->write > 0 && action->write + 1 == action->writes;
}

#endif
