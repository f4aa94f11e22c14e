/* engine.h: the single door for every front end.
 *
 * The engine owns loop, drivers, model, guard, ledger and journal. It runs on a
 * thread of its own (engine_start) or, for headless verbs, on the caller's
 * (engine_run_until); never both. */
#ifndef LOCKSTEP_ENGINE_H
#define LOCKSTEP_ENGINE_H

#include "frame.h"
#include "release/stage.h"

struct engine;
struct facts;
struct metrics_settings;
struct probe_settings;
struct auto_settings;
struct guard_policy;
struct recorder;

struct engine_config {
    const struct cluster_config *clusters;
    size_t cluster_count;
    const char *journal_path; /* NULL: no journal (simulator without one) */
    struct plan plan;
    const struct guard_policy *policy;      /* borrowed; NULL: nothing is set */
    const struct facts *facts;              /* of the settings; borrowed; NULL: none */
    const struct profile_policy *profiles;  /* borrowed; NULL: plain */
    const struct metrics_settings *metrics; /* borrowed; NULL: nothing is measured */
    const struct auto_settings *autos;      /* borrowed; NULL: nothing happens by itself */
    bool automatic;                         /* this process does what `autos` says */
    const struct probe_settings *probes;    /* borrowed; those with an interval are asked again and
                                               again, and what they say is attested; NULL: none */
    size_t probe_count;
    void (*probe_say)(void *arg, const char *line); /* on the engine's thread; may be NULL */
    void *probe_arg;
    struct recorder *recorder;   /* hears everything from the beginning on; borrowed; NULL: none */
    const struct tape *tape;     /* the clusters are those of this recording: nothing is done, and
                                    what was said and done then is shown; borrowed; NULL */
    const struct keyframe *from; /* of this recording: begins there instead; borrowed until
                                    engine_new returns; NULL: at its beginning */
    struct clock *clock;         /* borrowed */
    bool read_only;
};

struct engine *engine_new(const struct engine_config *config, struct err *err);
/* Stops the thread if it runs; actions on their way are left for recovery. */
void engine_free(struct engine *engine);

/* Runs the loop on a new thread. */
bool engine_start(struct engine *engine, struct err *err);
/* Becomes readable when a newer frame is there; engine_frame drains it. */
int engine_wake_fd(const struct engine *engine);
/* The newest frame, one reference, yours; never NULL. Any thread. */
const struct frame *engine_frame(struct engine *engine);
/* Copies the intent into the queue and returns its ticket. Any thread. */
uint64_t engine_submit(struct engine *engine, const struct intent *intent);
/* Whether another process asks the probes of this context, so that this one must not; at first it
 * is nobody else's. Any thread. */
void engine_leave_probes(struct engine *engine, const char *context, bool leave);
/* Streams the instances of this service; "" for none. Any thread. */
void engine_focus(struct engine *engine, const char *cluster, const char *service_id);

/* A record of a context's shared store that is neither a service's nor a lock's: read, or written
 * by compare-and-swap as driver_ops.ledger_put says. Any thread; copied. `fn` runs once on the
 * engine's thread, unless the engine is freed first. */
struct engine_record {
    const char *context, *key;
    const char *text;     /* NULL: read it */
    const char *expected; /* revision, or "": it must not exist yet */
    driver_ledger_fn *fn;
    void *arg;
};
void engine_record(struct engine *engine, const struct engine_record *record);
/* A mark in what is recorded. Any thread. False when nothing is recorded. */
bool engine_mark(struct engine *engine, const char *text);
/* The loop of an engine that is not threaded, for what runs beside it. */
struct loop *engine_loop(struct engine *engine);
/* Reads the log of one instance into the frames from now on, instead of the one before; instance
 * "": of the one that has most to tell; cluster "": of none. Any thread. */
void engine_log(struct engine *engine, const char *cluster, const char *service_id,
                const char *instance, bool previous);

/* A recording, not threaded: all that its engine knows now, from which another one can begin (its
 * clock at that time). NULL while something is on its way that cannot be kept. Sealed. */
struct keyframe;
struct keyframe *engine_keep(struct engine *engine);
void keyframe_free(struct keyframe *keyframe); /* NULL is fine */
int64_t keyframe_at_ms(const struct keyframe *keyframe);
/* The clock of a recording was sent elsewhere. Any thread. */
void engine_land(struct engine *engine);

/* Headless: what the guard says to an intent as things are known now, and what that rests on
 * (`safety`, may be NULL); nothing is done. Texts go into the arena. False and err when the service
 * or its cluster is not known now. */
struct arena;
struct safety;
struct verdict;
bool engine_ask(struct engine *engine, const struct intent *intent, struct arena *arena,
                struct verdict *out, const struct safety **safety, struct err *err);

/* Headless: reads what a start of this service shall ask for; `artifact` is then intent.artifact.
 */
bool engine_describe(struct engine *engine, const char *cluster, const char *service_id,
                     const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                     struct err *err);

/* Headless: what one cluster still knows of the releases of before; reads only. fn runs before this
 * returns, unless it is false: then the time was over, or there is no such cluster. */
bool engine_past(struct engine *engine, const char *cluster, int64_t timeout_ms,
                 driver_history_fn *fn, void *arg, struct err *err);

/* Headless: turns the loop until done(frame) or the time is over; true when done. NULL: lets so
 * much time pass. */
typedef bool engine_done_fn(void *arg, const struct frame *frame);
bool engine_run_until(struct engine *engine, int64_t timeout_ms, engine_done_fn *done, void *arg);

#endif
