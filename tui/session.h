/* session.h: what headless verbs share: configured clusters, an engine run on this thread
 * until it has seen them, and the newest frame.
 *
 * When every cluster is simulated the clock is virtual and starts at SESSION_SIM_UTC: such a
 * run takes no time and says the same thing each time. */
#ifndef LOCKSTEP_TUI_SESSION_H
#define LOCKSTEP_TUI_SESSION_H

#include "args.h"
#include "config.h"
#include "engine.h"
#include "scratch.h"

enum session_limit {
    SESSION_SYNC_MS = 30000,    /* a Swarm without a quorum answers after 20 s */
    SESSION_SETTLE_MS = 60000,  /* an unanswered write may still arrive for some time */
    SESSION_ACTION_MS = 600000, /* an action may wait for instances to come to rest */
};
#define SESSION_SIM_UTC "2026-03-02T09:00:00Z"

struct session {
    struct config config;
    struct cluster_config *clusters; /* the ones asked for */
    size_t cluster_count;
    bool simulated; /* all of them */
    bool automatic; /* does what the settings let lockstep do by itself */
    /* Asks the probes that have an interval, and says what comes of it; NULL: does not. */
    void (*probing)(void *arg, const char *line);
    const char *journal;       /* NULL: none is kept, because everything is simulated */
    struct scratch scratch;    /* instead of it */
    struct recorder *recorder; /* --record; NULL none */
    struct clock *clock;
    struct engine *engine;
    const struct frame *frame; /* newest one seen, one reference; NULL before session_sync */
};

/* Settings and clusters; no engine yet. Complains by itself; EXIT_DONE or the status to
 * leave with. The caller closes in both cases. */
enum session_need {
    SESSION_CLUSTERS_NEEDED,
    SESSION_CLUSTERS_OPTIONAL,
    SESSION_CLUSTERS_INSPECTED, /* optional, and problems of the settings are the caller's to say */
};
int session_configure(struct session *session, const struct args *args, enum session_need need);
/* The engine on the clusters, at the speed of a clock that the caller chose before or, when
 * session->clock is NULL, of the usual one. */
int session_start(struct session *session, const struct args *args);
/* The same without a journal, for those who only look: nothing can be sent. */
int session_start_looking(struct session *session, const struct args *args);
/* Runs until every cluster was heard or is known not to answer, or the time is over. */
void session_sync(struct session *session, const struct args *args);
/* All three: configures, starts, and runs until every cluster was heard or is known not to answer.
 * EXIT_UNREACHED, with the reasons said, when none of them could be reached. */
int session_open(struct session *session, const struct args *args);
/* The last two of them. */
int session_begin(struct session *session, const struct args *args);
void session_close(struct session *session);

/* Runs until done(arg, frame) or the time is over, or until SIGINT or SIGTERM; then
 * session->frame is the newest one. True when done. */
bool session_run(struct session *session, int64_t timeout_ms, engine_done_fn *done, void *arg);
bool session_interrupted(void);

const struct cluster_config *session_cluster(const struct session *session, const char *name);
/* One service by id, name or scope/name; complains and gives NULL when there is none or more
 * than one. *status is what to leave with. */
const struct row *session_find(const struct session *session, const char *service, int *status);
/* How many clusters are not live; complains about each. */
size_t session_complain_unreached(const struct session *session);

#endif
