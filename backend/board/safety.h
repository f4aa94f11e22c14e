/* safety.h: what an operator must know of one service beside what the keys would do: what may
 * run, what may be at rest in its stores, whom it is coupled to, which clients call it, and the
 * stages of its release one by one.
 *
 * Pure; made with the row, sealed with it, and its texts live in the row's arena. */
#ifndef LOCKSTEP_BOARD_SAFETY_H
#define LOCKSTEP_BOARD_SAFETY_H

#include "board/board.h"

enum safety_limit {
    SAFETY_STAGES_MAX = 16,
    SAFETY_STORES_MAX = 32,
    SAFETY_PEERS_MAX = 32,
    SAFETY_CLIENTS_MAX = 32
};

/* One store that the service reads, writes, needs or owns; its floor is in row->floor. */
struct safety_store {
    const char *name;
    const char *may;         /* formats that may be at rest, "json-3, json-4" */
    const char *has;         /* schema elements present, or "" */
    const char *adds;        /* formats that the next key may add, or "" */
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
