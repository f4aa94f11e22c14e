/* safety.h: what an operator must know of one service beside what the keys would do: what may
 * run, what may be at rest in its stores, whom it is coupled to, which clients call it, and the
 * stages of its release one by one.
 *
 * Pure; made with the row, sealed with it, and its texts live in the row's arena. */
#ifndef LOCKSTEP_BOARD_SAFETY_H
#define LOCKSTEP_BOARD_SAFETY_H

#include "board/board.h"
#include "guard/compare.h"

enum safety_limit {
    SAFETY_STAGES_MAX = 16,
    SAFETY_STORES_MAX = 32,
    SAFETY_PEERS_MAX = 32,
    SAFETY_CLIENTS_MAX = 32,
    SAFETY_FORMATS_MAX = 24,
    SAFETY_CALLS_MAX = 64
};

/* One format of a store, over all services that use the store. */
struct safety_format {
    const char *name;
    bool at_rest;         /* may be */
    const char *written;  /* by these that may run, "billing 41, ledger 7"; or "" */
    const char *read;     /* by these, or "" */
    const char *blind;    /* read the store and cannot read it: these, or "" */
    const char *attested; /* that it is gone: by whom, with which evidence, when; or "" */
};

/* Where the move from one format to the next stands. */
enum data_phase {
    DATA_ONE,      /* one format, or nothing to move */
    DATA_READABLE, /* a new one can be read, nobody writes it yet */
    DATA_BOTH,     /* both are written */
    DATA_BACKFILL, /* nobody writes the old one any more; it may be at rest */
    DATA_ATTESTED, /* the old one is attested to be gone; who reads it may drop it */
    DATA_BLIND,    /* something that may run cannot read what may be at rest */
    DATA_PHASE_COUNT
};
extern const char *const data_phase_word[DATA_PHASE_COUNT];

/* One store that the service reads, writes, needs or owns; its floor is in row->floor. */
struct safety_store {
    const char *name;
    const char *may;                     /* formats that may be at rest, "json-3, json-4" */
    const char *has;                     /* schema elements present, or "" */
    const char *adds;                    /* formats that the next key may add, or "" */
    const char *owner;                   /* a service, or "" */
    const struct safety_format *formats; /* in the order in which they were named */
    size_t format_count;
    enum data_phase phase;
    const char *const *gone; /* of `may`, what nothing that may run writes: could be attested */
    size_t gone_count;
};

/* A service that never moves at the same time, and why. */
struct safety_peer {
    const char *name;
    const char *live;     /* versions that may run, "4, 5" */
    const char *changing; /* version it is being moved to, or "" */
    const char *over;     /* "store invoices", "calls GetInvoice/2", "is called: Post/1" */
};

/* Clients that call one element of it. */
struct safety_client {
    const char *name, *element;
    uint64_t calls;
    const char *counted; /* who counted and when, or "": the settings */
    bool ended;
    const char *support; /* who said whether it has ended, and when, or "" */
    bool leaves;         /* the next key brings a version without that element */
};

/* One element of an API between it and a service that it is coupled to. */
struct safety_call {
    const char *caller, *callee, *element;
    const char *by;      /* versions of the caller that may run and need it, "4, 5"; "" none does */
    const char *from;    /* versions of the callee that may run and provide it */
    const char *lacking; /* those that do not, or "" */
};

enum safety_when { SAFETY_DONE, SAFETY_NOW, SAFETY_AHEAD };

/* One stage of the release, in order; the last one is STAGE_STABLE. */
struct safety_stage {
    enum stage stage;
    enum safety_when when;
    uint32_t count;  /* instances on the new version afterwards; 0: it moves nothing */
    int64_t span_ms; /* at least; 0: no time of its own */
};

struct safety {
    bool declared;           /* it has contracts: else stores, peers, clients are not known */
    const char *next;        /* version that the next forward key brings, or "" */
    enum verb forward;       /* that key: VERB_STEP or VERB_START; VERB_COUNT: none is offered */
    const char *const *live; /* versions that may run, "?" for one that is not known */
    size_t live_count;
    const struct safety_store *stores;
    size_t store_count;
    const struct safety_peer *peers;
    size_t peer_count;
    const struct safety_call *calls; /* both directions */
    size_t call_count;
    const struct comparison *compared; /* contracts of row->from and row->to, of the service in
                                          focus; NULL: nothing is in flight, not both are known,
                                          nobody looks. Its from and to are NULL */
    const struct safety_client *clients;
    size_t client_count;
    struct safety_stage stage[SAFETY_STAGES_MAX];
    size_t stage_count;      /* 0: its profile has none */
    struct floor_view floor; /* of a release that nobody has begun; else it is in the row */
};

/* After the options of the row are judged. Never NULL. */
const struct safety *board_safety(const struct board_input *in, const struct row *row);
/* The same for a release that nobody has begun yet: `version` is what would come. */
const struct safety *board_safety_of(const struct board_input *in, const char *version,
                                     struct arena *arena);

#endif
