/* internal.h: what the files of the engine share. Everything belongs to the engine
 * thread, except where it says "locked". */
#ifndef LOCKSTEP_ENGINE_INTERNAL_H
#define LOCKSTEP_ENGINE_INTERNAL_H

#include "board/board.h"
#include "engine.h"
#include "guard/bind.h"
#include "health/evidence.h"
#include "record/recorder.h"
#include "record/tape.h"
#include "release/lock.h"
#include "release/release.h"

#include <pthread.h>

enum engine_limit {
    ENGINE_EVENTS_MAX = 200,
    ENGINE_ALARMS_MAX = 100, /* kept, once resolved ones are among them */
    ENGINE_ALARMS_OPEN_MAX = 4096,
    ENGINE_ACTIONS_MAX = 32,
    ENGINE_PUBLISH_MS = 10, /* between two frames at least; what comes meanwhile is gathered */
    ENGINE_TICK_MS = 1000,  /* ages move at least this often */
    ENGINE_ALARM_HOLD_MS = 30000,
    ENGINE_ALARM_CALM_MS = 3000, /* as it should be for so long: then an alarm is over */
    ENGINE_STALE_MS = 15000,     /* facts older than this are not acted on */
    ENGINE_LOG_LINES = 2000,     /* that are kept of the log that is read */
    ENGINE_LOG_BYTES = 512 << 10,
    ENGINE_LOG_HAPPENED = 50,
    ENGINE_LOG_MS = 100, /* between two pictures of it at least */
};

/* One configured cluster with its driver. */
struct cluster {
    struct engine *engine;
    struct cluster_config config; /* strings owned */
    struct driver *driver;        /* NULL: could not be opened, `why` says so */
    enum cluster_state state;
    bool synced, ledger_read, failed;
    unsigned ledger_pending; /* records asked for and not answered yet */
    int64_t fresh_ms;        /* -1 never */
    char why[400];
    char who[96], deny[200];
    bool may_act, permissions_known, verified;
    bool leaves_probes;            /* another process asks; atomic */
    struct driver_denial *denials; /* of this identity, `missing` as a sentence */
    size_t denial_count;
    struct arena *denial_arena;
    struct record_read *reads; /* ledger records asked for */
    struct action_calls calls; /* of actions, on their way to the driver */
    json_t *fenced;            /* of the ledger record "@cluster": node id -> why; NULL none */
    struct bind *bind;         /* what is declared and seen, as the guard takes it */
    struct facts attested;     /* of the same record */
    struct arena *attested_arena;
};

/* What the engine knows of one service beside the facts. */
struct entry {
    struct engine *engine;
    char *cluster, *id;
    struct release *release; /* NULL: none on record */
    const struct row *row;   /* NULL: to be made */
    struct action_run *run;  /* the action on its way, NULL none */
    struct action_env env;   /* of the run */
    uint64_t ticket;         /* of the run */
    struct intent *queued;   /* a pause that waits for the run to end; NULL none */
    unsigned recovering;     /* actions of dead processes not settled yet */
    struct seen seen;        /* what no single picture shows */
    struct sampler *sampler; /* of the bake that runs; NULL none */
    struct loop_timer *auto_timer;
    int64_t auto_again_ms;     /* nothing is tried by itself before then */
    char drift[200];           /* seen.drift */
    bool in_focus;             /* somebody looks at it */
    bool moved;                /* its release was seen to move: its locks are given back after */
    int64_t glass_over_utc_ms; /* of the glass on record, once what runs was clean again */
    uint64_t shape;            /* while there is drift: what it looked like before; see look.c */
};

/* An action that some process began and did not end. */
struct leftover {
    struct leftover *next;
    char cluster[64], service[160];
    struct claim claim;
};

/* An action that runs or ended lately. */
struct act {
    uint64_t ticket;
    struct action_status status;
};

struct event_line {
    enum event_kind kind;
    int64_t at_utc_ms;
    char cluster[64], name[160], text[400], by[96];
};

struct alarm_line {
    char cluster[64], service_id[160], name[160], sentence[400];
    char object[200], fact[240], way_out[240];
    enum rule_id rule;
    enum alarm_kind kind;
    int64_t first_utc_ms, last_utc_ms;
    int64_t hold_until_utc_ms; /* shown at least until then, however short its cause was; 0: no */
    bool calming;              /* its cause is gone, for the moment */
    bool resolved;
};

struct engine {
    struct loop *loop;
    struct clock *clock;
    struct plan plan;
    const struct guard_policy *policy;
    const struct facts *facts;
    const struct profile_policy *profiles;
    const struct metrics_settings *metrics;
    const struct auto_settings *autos;
    bool automatic;
    struct recorder *recorder;
    const struct tape *tape;
    struct prom *prom; /* NULL: none, `prom_why` says why */
    char prom_why[400];
    bool was_synced, resumed; /* resumed: it began at a keyframe */
    int64_t opened_utc_ms;
    bool read_only;
    struct cluster *clusters;
    size_t cluster_count;
    struct fleet *fleet;
    struct entry **entries; /* sorted by cluster, id */
    size_t entry_count, entry_cap;
    struct journal *journal;
    char journal_path[512];
    char notice[480];

    struct lock_jobs locks;
    struct log *log; /* that somebody reads; NULL: none */
    struct {
        driver_history_fn *fn; /* NULL: nobody waits for it any more */
        void *arg;
    } past; /* that was asked for */
    struct leftover *leftovers;
    struct act acts[ENGINE_ACTIONS_MAX]; /* newest first */
    size_t act_count;
    struct event_line events[ENGINE_EVENTS_MAX]; /* ring, next at event_next */
    size_t event_next, event_count;
    struct told *told; /* the same as frames show them; NULL: something came since */
    const struct board_past *recorded; /* NULL: no record is kept */
    struct alarm_line *alarms;         /* newest first; see alarms.c for how many */
    size_t alarm_count, alarm_cap;

    const struct service *
        *worded; /* of a recording: each that declared something anew; referenced */
    size_t worded_count, worded_cap;

    struct loop_timer *publish_timer, *tick_timer;
    struct loop_timer *landing_timer; /* a frame is made where the clock of a recording goes to */
    int64_t landing_ms;
    int64_t published_ms; /* the last frame that showed something */
    uint64_t seq;

    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    const struct frame *frame;                 /* locked */
    uint64_t next_ticket;                      /* locked */
    struct message *messages, **messages_tail; /* locked */
    struct prober *prober; /* probes.c; NULL: nothing is asked again and again */
    void (*probe_say)(void *arg, const char *line);
    void *probe_arg;
    int wake[2];
    bool woken; /* a byte lies in it; under the lock */
};

/* engine.c */
struct cluster *engine_cluster(struct engine *engine, const char *name);
struct entry *engine_entry(struct engine *engine, const char *cluster, const char *id);
/* Makes the row anew at the next publication. */
void engine_touch(struct engine *engine, struct entry *entry);
/* And the rows of the services that it is coupled to. */
void engine_touch_coupled(struct engine *engine, struct entry *entry);
void engine_touch_cluster(struct engine *engine, const char *cluster);
void engine_tell(struct engine *engine, enum event_kind kind, const char *cluster, const char *name,
                 const char *by, const char *text);
/* The same, of a recording: what this engine would say by itself is not heard there. */
void engine_tell_again(struct engine *engine, enum event_kind kind, const char *cluster,
                       const char *name, const char *by, const char *text);
/* publish.c: something was told since the frame before. */
void engine_told_anew(struct engine *engine);
/* EVENT_NOTE. */
void engine_say(struct engine *engine, const char *cluster, const char *name, const char *by,
                const char *text);
struct board_input engine_board_input(struct engine *engine, struct entry *entry,
                                      const struct snapshot *snapshot,
                                      const struct service *service);

/* messages.c: engine_submit, engine_focus, engine_log, engine_record */
void messages_drop(struct engine *engine); /* nobody reads them any more */

/* sink.c: facts from the drivers */
struct driver_sink cluster_sink(struct cluster *cluster);
void cluster_start(struct cluster *cluster);
void cluster_read_release(struct cluster *cluster, const char *key);
void cluster_drop_reads(struct cluster *cluster);
/* As if the record had been read just now. */
void cluster_take_record(struct cluster *cluster, const char *key, const char *text);
/* Nothing heard for too long is said, not assumed. */
void cluster_check_age(struct cluster *cluster);

/* look.c: what changed from one picture of a service to the next; before it is put into the fleet
 */
void entry_look(struct engine *engine, struct entry *entry, const struct service *now);

/* health.c: what is measured while a service bakes; after the row was made */
void health_open(struct engine *engine);
void health_look(struct engine *engine, struct entry *entry, const struct row *row);
const struct evidence *health_of(const struct entry *entry); /* NULL: nothing is measured */
bool health_is_pending(const struct entry *entry);           /* asked, and nothing heard yet */
void health_free(struct entry *entry);

/* probes.c: what is asked again and again; close before anything that it looks at goes */
void probes_open(struct engine *engine, const struct engine_config *config);
void probes_close(struct engine *engine);

/* automatic.c: what lockstep does by itself; after the row was made */
void automatic_look(struct engine *engine, struct entry *entry, const struct row *row);
void automatic_free(struct entry *entry);

/* publish.c: frames for the front ends */
void engine_publish_soon(struct engine *engine);
void engine_publish(struct engine *engine);

/* log.c: the log that somebody reads */
struct log_want {
    char cluster[64], service[160], instance[256];
    bool previous;
};
void log_open(struct engine *engine, const struct log_want *want); /* cluster "": none */
void log_close(struct engine *engine);
/* An instance may be known now that was not. */
void log_service_seen(struct engine *engine, const struct service *service);
/* As it is now, one reference; NULL: nobody reads one. */
const struct log_view *log_picture(struct engine *engine);

/* glass.c: what goes past rules that are enforced */
enum glass_answer { GLASS_WHOLE, GLASS_PASSES, GLASS_REFUSED };
/* May this go past what refuses it? Fills action->glass when it breaks, or waits to be broken.
 * REFUSED: it was asked for and cannot be, `refusal` says why. */
enum glass_answer glass_ask(const struct cluster *cluster, const struct intent *intent,
                            const struct board_input *in, const struct proposal *p,
                            const struct verdict *verdict, struct glass *glass,
                            struct err *refusal);

/* locks.c: what keeps two coupled services from being started at once */
struct lock_env locks_env(struct engine *engine, struct cluster *cluster);
size_t locks_needed(void *arg, const struct action *action, const struct service *service,
                    const struct release *release, struct lock_need needs[LOCKS_MAX]);
/* Gives back what a release held that has come to rest. After the row was made. */
void locks_look(struct engine *engine, struct entry *entry);

/* acts.c: intents and the actions they become */
void engine_accept(struct engine *engine, const struct intent *intent);
void engine_recover(struct engine *engine);
/* Settles what was left over in this cluster; called when it is known completely. */
void engine_settle(struct engine *engine, struct cluster *cluster);
void entry_set_release(struct engine *engine, struct entry *entry, const struct release *release);

/* An action of a recording, as it stood then. */
void engine_act_again(struct engine *engine, uint64_t ticket, const struct action_status *status);

/* keyframe.c: the engine as it was at that moment of its recording; before its clusters are opened,
 * and after. */
void keyframe_begin(struct engine *engine, const struct keyframe *from);
void keyframe_restore(struct engine *engine, const struct keyframe *from);
/* What later judgements of this service may rest on. */
void keyframe_look(struct engine *engine, const struct service *before,
                   const struct service *service);

/* replayed.c: the other end of a recording */
size_t cluster_index(const struct cluster *cluster); /* among the engine's */
void record_head(struct engine *engine);
void record_release(struct entry *entry);
const struct board_past *replayed_past(const struct tape *tape);
void cluster_told(void *arg, unsigned kind, const char *name, const char *by, const char *text);
void cluster_acted(void *arg, uint64_t ticket, const struct action_status *status);

/* recorded.c: what the local record says of the actions before; NULL when it says nothing. Only
 * actions in these clusters; it reads the end of one file. */
const struct board_past *recorded_read(const char *path, const struct engine *engine);

/* alarms.c */
void alarms_update(struct engine *engine, struct entry *entry, const struct row *row);
/* Resolves those that were held for long enough. */
void alarms_tick(struct engine *engine);
void alarms_node_returned(struct engine *engine, const struct node *node);
/* The service is gone, and with it what was wrong with it. */
void alarms_service_gone(struct engine *engine, const struct entry *entry);

#endif
