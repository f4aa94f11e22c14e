/* lock.h: what keeps two operators from starting two coupled services in the same instant.
 *
 * One small record per shared provider or store in a ledger, written by compare-and-swap:
 * {"schema":1,"holders":[{id, context, service, version, by, at_ms, exclusive}]}. A store has one
 * holder; a provider has itself, or any number of those who call it, who are not coupled to each
 * other. A holder whose release is over, or whose process died before it claimed anything, is
 * dropped by whoever comes next. */
#ifndef LOCKSTEP_RELEASE_LOCK_H
#define LOCKSTEP_RELEASE_LOCK_H

#include "base/hash.h"
#include "drivers/driver.h"

enum lock_limit {
    LOCK_KEY = 200,
    LOCK_HOLDERS_MAX = 64,
    LOCKS_MAX = 32, /* of one action */
    LOCK_TRIES = 6,
};
#define LOCK_PREFIX "@lock."

/* Whoever holds one, or would. */
struct lock_holder {
    char id[ID_TEXT]; /* of the action that took it */
    char context[64]; /* "": of the cluster that the record lies in */
    char service[160], version[128], by[96];
    int64_t at_utc_ms;
    bool exclusive;
};

struct lock_record {
    struct lock_holder holders[LOCK_HOLDERS_MAX];
    size_t count;
    json_t *root; /* as read, so that unknown fields survive. Owned; NULL for a new one. */
};

/* One that an action needs. */
struct lock_need {
    char key[LOCK_KEY];
    bool exclusive;
};

/* `text` NULL: there is none. False and err when it is damaged, or of a newer lockstep. */
bool lock_parse(const char *text, size_t len, struct lock_record *out, struct err *err);
char *lock_write(const struct lock_record *record); /* yours */
void lock_record_release(struct lock_record *record);

/* Jobs on their way. Freed after every driver they use has been closed. */
struct lock_job;
struct lock_jobs {
    struct lock_job *first;
};
void lock_jobs_free(struct lock_jobs *jobs);

enum lock_fate { LOCK_HELD, LOCK_OVER };
struct lock_env {
    struct loop *loop;
    struct driver *driver; /* whose ledger; NULL: `why` says why it cannot be reached */
    const char *why;
    const char *context; /* of holders; "": it is the ledger's own cluster */
    struct lock_jobs *jobs;
    /* Is what the holder took it for over, as far as can be seen here? When in doubt: held. */
    enum lock_fate (*fate)(void *arg, const struct lock_holder *holder);
    void *arg;
};

enum lock_end {
    LOCK_TAKEN,   /* all of them */
    LOCK_REFUSED, /* somebody else holds one */
    LOCK_UNKNOWN, /* it could not be found out */
};
typedef void lock_done_fn(void *arg, enum lock_end end, const struct err *why);

/* Takes all or, after giving back what it got, none; `done` runs once, later. */
struct lock_job *lock_take(const struct lock_env *env, const struct lock_need *needs, size_t count,
                           const struct lock_holder *me, lock_done_fn *done, void *arg);
/* Nobody waits for it any more. */
void lock_forget(struct lock_job *job);
/* Takes `me` out of these records, as far as that works: the holder with its id or, where that is
 * "", those of its service that `fate` calls over. */
void lock_give_back(const struct lock_env *env, const struct lock_need *needs, size_t count,
                    const struct lock_holder *me);

#endif
