/* release.h: the record of one service's release, as it lies in the ledger.
 *
 * The cluster is the database: this is what every operator's lockstep reads and
 * writes by compare-and-swap. Written as one JSON object of at most
 * RELEASE_TEXT_MAX bytes with "schema": 1. A newer lockstep may add fields: unknown ones are
 * preserved by release_write; a schema above 1 makes the release view-only (`newer`). */
#ifndef LOCKSTEP_RELEASE_RELEASE_H
#define LOCKSTEP_RELEASE_RELEASE_H

#include "base/err.h"
#include "base/hash.h"
#include "model/action.h"
#include "model/glass.h"
#include "release/outcome.h"

#include <jansson.h>

enum release_limit {
    RELEASE_TEXT_MAX = 96 << 10,
    RELEASE_RECENT_MAX = 32, /* action ids remembered: protocol rule 5 */
    RELEASE_WRITES_MAX = 64, /* writes of one action */
};

/* Somebody is acting, or was when they died. id "" means nobody. */
struct claim {
    char id[ID_TEXT];
    enum verb verb;
    char by[96];
    char from[128], to[128], artifact[512];
    char base[96]; /* revision of the service that write `write` is sent against */
    uint32_t have_count, to_count, replicas, write, writes, holds_from;
    int64_t at_utc_ms;
    struct stage_mark mark;
    struct glass glass;
    enum attested attested; /* VERB_ATTEST: journal only, the claim is the entry itself */
    uint64_t calls;
};

/* After a crash: is there something left that moves nothing, and from which write on? */
bool claim_rest_holds(const struct claim *claim);
uint32_t claim_holds_from(const struct claim *claim);

/* How an action ended, for whoever asks later. */
struct done {
    char id[ID_TEXT];
    enum outcome outcome;
};

struct release {
    bool newer; /* written by a newer lockstep: look, do not touch */
    char service_id[160];
    enum stage stage;
    bool paused;
    char from[128], to[128], artifact[512];
    char by[96];
    uint32_t target;      /* instances on `to` that were asked for */
    uint32_t replicas;    /* when it started */
    int64_t since_utc_ms; /* the release began */
    int64_t stage_utc_ms; /* this stage began */
    char profile[16];     /* its stages, release/stage.h; "": plain */
    struct certificate cert;
    struct glass glass;       /* broken for what is on record, or waiting to be */
    int64_t rehearsed_utc_ms; /* the last rehearsal of this service was completed; 0 never */
    struct claim claim;
    struct done recent[RELEASE_RECENT_MAX]; /* newest first */
    size_t recent_count;
    char journal_head[HASH_TEXT]; /* of the operator who wrote last: witness of their journal */
    json_t *claim_memo; /* VERB_START: becomes the memo when the claim is applied. Owned. */
    json_t *memo;       /* the driver's: what undo and restore need; NULL none. Owned. */
    json_t *contracts;  /* release/archive.h; NULL none. Owned. */
    json_t *root;       /* as read, so that unknown fields survive. Owned; NULL for a new one. */
};

struct service;
/* The ledger key of a service: its name, with the scope and kind in front where there is a scope.
 */
const char *release_key(const struct service *service, char *out, size_t size);

/* A fresh record: STAGE_NONE, nothing claimed. */
struct release *release_new(void);
void release_free(struct release *release); /* NULL is fine */
struct release *release_copy(const struct release *release);
/* Parses what the ledger holds; hostile input gives NULL and err, never a crash. */
struct release *release_parse(const char *text, size_t len, struct err *err);
/* The text to store (yours); NULL and ERR_LIMIT when it would be too large. */
char *release_write(const struct release *release, struct err *err);
/* The mark of a claim as members of `up`; nothing when it says nothing. */
struct json_at;
bool release_read_mark(const struct json_at *up, struct stage_mark *mark, struct err *err);
void release_write_mark(json_t *up, const struct stage_mark *mark);
/* The same for broken glass. */
bool release_read_glass(const struct json_at *up, struct glass *glass, struct err *err);
void release_write_glass(json_t *up, const struct glass *glass);
/* Puts an outcome in front of `recent`, dropping the oldest; replaces one of the same id. */
/* The memo that an action is planned with, borrowed or NULL: of this release. A start has one only
 * when it goes on with what the record has in flight, as after a rehearsal. */
const json_t *release_memo_for(const struct release *release, const struct action *action);
void release_note(struct release *release, const char *id, enum outcome outcome);
/* OUTCOME_NONE when the id is not among the recent ones. */
enum outcome release_recall(const struct release *release, const char *id);

#endif
