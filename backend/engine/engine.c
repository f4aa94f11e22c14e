/* engine.c: life of the engine, and what its parts share. */
#include "engine/internal.h"

#include "guard/guard.h"
#include "health/prometheus.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every text of a cluster's settings. */
#define TEXTS(X)                                                                                   \
    X(name)                                                                                        \
    X(kind)                                                                                        \
    X(endpoint)                                                                                    \
    X(ca_file)                                                                                     \
    X(cert_file)                                                                                   \
    X(key_file)                                                                                    \
    X(kubeconfig)                                                                                  \
    X(kube_context)                                                                                \
    X(namespaces)                                                                                  \
    X(kube_account)

static void copy_cluster_config(struct cluster_config *to, const struct cluster_config *from)
{
    *to = *from;
#define X(text) to->text = xstrdup(from->text ? from->text : "");
    TEXTS(X)
#undef X
}

static void free_cluster_config(struct cluster_config *config)
{
#define X(text) free((void *)(uintptr_t)config->text);
    TEXTS(X)
#undef X
}

static void open_cluster(struct engine *engine, struct cluster *cluster)
{
    struct err err = {0};
    const struct driver_ops *ops =
        cluster->config.tape ? &driver_replay : driver_find(cluster->config.kind);
    const struct driver_sink own = cluster_sink(cluster);
    const struct driver_env env = {engine->loop,
                                   record_sink(engine->recorder, cluster_index(cluster), &own),
                                   &cluster->config};

    if (!engine->resumed)
        cluster->fresh_ms = -1;
    cluster->bind = bind_new(engine->policy);
    bind_put_facts(cluster->bind, FACTS_SETTINGS, engine->facts);
    if (engine->read_only)
        cluster->config.read_only = true;
    if (!ops)
        err_set(&err, ERR_CONFIG, "context %s: no kind of cluster is called '%s'",
                cluster->config.name, cluster->config.kind);
    else
        cluster->driver = ops->open(&env, &err);
    if (!cluster->driver) {
        cluster->failed = true;
        cluster->state = CLUSTER_STALE;
        snprintf(cluster->why, sizeof cluster->why, "%s", err.text);
        return;
    }
    cluster_start(cluster);
}

static void tick(void *arg)
{
    struct engine *engine = arg;

    engine->tick_timer = loop_after(engine->loop, ENGINE_TICK_MS, tick, engine);
    const char *stopped = recorder_flush(engine->recorder);
    if (stopped[0])
        snprintf(engine->notice, sizeof engine->notice, "%s", stopped);
    for (size_t i = 0; i < engine->cluster_count; i++)
        cluster_check_age(&engine->clusters[i]);
    alarms_tick(engine);
    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct row *row = engine->entries[i]->row;
        if (row && (row->broken_count || row->ghosts || row->stages.active || /* ages, and bakes */
                    row->watch_due_utc_ms <= clock_utc_ms(engine->clock)))
            engine_touch(engine, engine->entries[i]);
    }
    engine_publish(engine);
}

static void open_journal(struct engine *engine, const char *path)
{
    struct err err = {0};

    if (!path)
        return;
    snprintf(engine->journal_path, sizeof engine->journal_path, "%s", path);
    engine->journal = journal_open(path, engine->clock, &err);
    if (!engine->journal)
        snprintf(engine->notice, sizeof engine->notice, "no journal: %s", err.text);
    else
        snprintf(engine->notice, sizeof engine->notice, "%s", journal_notice(engine->journal));
}

struct engine *engine_new(const struct engine_config *config, struct err *err)
{
    struct engine *engine = xcalloc(1, sizeof *engine);

    engine->clock = config->clock;
    engine->loop = loop_new(config->clock);
    engine->plan = config->plan;
    engine->policy = config->policy;
    engine->facts = config->facts;
    engine->profiles = config->profiles;
    engine->metrics = config->metrics;
    engine->autos = config->autos;
    engine->automatic = config->automatic && !config->read_only && !config->tape;
    engine->recorder = config->recorder;
    engine->tape = config->tape;
    engine->opened_utc_ms = clock_utc_ms(config->clock);
    engine->read_only = config->read_only;
    engine->fleet = fleet_new();
    pthread_mutex_init(&engine->lock, NULL);
    engine->messages_tail = &engine->messages;
    if (pipe(engine->wake)) {
        err_set(err, ERR_LIMIT, "no file descriptors left");
        engine->wake[0] = engine->wake[1] = -1;
        engine_free(engine);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(engine->wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(engine->wake[i], F_SETFL, O_NONBLOCK);
    }
    open_journal(engine, config->journal_path);
    health_open(engine);
    engine->clusters = xcalloc(config->cluster_count, sizeof *engine->clusters);
    engine->cluster_count = config->cluster_count;
    for (size_t i = 0; i < config->cluster_count; i++) {
        copy_cluster_config(&engine->clusters[i].config, &config->clusters[i]);
        engine->clusters[i].engine = engine;
    }
    engine->recorded = engine->journal ? recorded_read(config->journal_path, engine)
                       : engine->tape  ? replayed_past(engine->tape)
                                       : NULL;
    if (config->from)
        keyframe_begin(engine, config->from);
    for (size_t i = 0; i < config->cluster_count; i++)
        open_cluster(engine, &engine->clusters[i]);
    record_head(engine);
    engine_recover(engine);
    probes_open(engine, config);
    int64_t begun_ms = loop_now_ms(engine->loop) - (config->tape ? config->tape->start_ms : 0);
    if (config->from)
        keyframe_restore(engine, config->from);
    engine_publish(engine);
    engine->tick_timer =
        loop_after(engine->loop, ENGINE_TICK_MS - (config->from ? begun_ms % ENGINE_TICK_MS : 0),
                   tick, engine);
    return engine;
}

static void free_entry(struct entry *entry)
{
    automatic_free(entry);
    health_free(entry);
    action_free(entry->run);
    release_free(entry->release);
    row_unref(entry->row);
    free(entry->queued);
    free(entry->cluster);
    free(entry->id);
    free(entry);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    if (engine->threaded) {
        loop_stop(engine->loop);
        pthread_join(engine->thread, NULL);
    }
    probes_close(engine);
    log_close(engine);
    for (size_t i = 0; i < engine->entry_count; i++)
        free_entry(engine->entries[i]);
    for (size_t i = 0; i < engine->cluster_count; i++) {
        struct cluster *cluster = &engine->clusters[i];
        if (cluster->driver)
            cluster->driver->ops->close(cluster->driver);
        action_calls_release(&cluster->calls);
        cluster_drop_reads(cluster);
        json_decref(cluster->fenced);
        bind_free(cluster->bind);
        arena_free(cluster->attested_arena);
        arena_free(cluster->denial_arena);
        free_cluster_config(&cluster->config);
    }
    lock_jobs_free(&engine->locks);
    prom_free(engine->prom);
    messages_drop(engine);
    while (engine->leftovers) {
        struct leftover *next = engine->leftovers->next;
        free(engine->leftovers);
        engine->leftovers = next;
    }
    free(engine->alarms);
    for (size_t i = 0; i < engine->worded_count; i++)
        service_unref(engine->worded[i]);
    free(engine->worded);
    engine_told_anew(engine);
    free(engine->clusters);
    free(engine->entries);
    fleet_free(engine->fleet);
    journal_close(engine->journal);
    frame_unref(engine->frame);
    past_unref(engine->recorded);
    loop_free(engine->loop);
    pthread_mutex_destroy(&engine->lock);
    if (engine->wake[0] >= 0) {
        close(engine->wake[0]);
        close(engine->wake[1]);
    }
    free(engine);
}

static void *run(void *arg)
{
    loop_run(((struct engine *)arg)->loop);
    return NULL;
}

bool engine_start(struct engine *engine, struct err *err)
{
    if (pthread_create(&engine->thread, NULL, run, engine))
        return err_set(err, ERR_LIMIT, "the engine's thread could not be started");
    engine->threaded = true;
    return true;
}

int engine_wake_fd(const struct engine *engine)
{
    return engine->wake[0];
}

const struct frame *engine_frame(struct engine *engine)
{
    char byte;

    pthread_mutex_lock(&engine->lock);
    if (engine->woken && read(engine->wake[0], &byte, 1) == 1)
        engine->woken = false;
    const struct frame *frame = frame_ref(engine->frame);
    pthread_mutex_unlock(&engine->lock);
    return frame;
}

static void land(void *arg)
{
    engine_publish(arg);
}

void engine_land(struct engine *engine)
{
    loop_post(engine->loop, land, engine);
}

struct loop *engine_loop(struct engine *engine)
{
    return engine->loop;
}

bool engine_run_until(struct engine *engine, int64_t timeout_ms, engine_done_fn *done, void *arg)
{
    const int64_t end = loop_now_ms(engine->loop) + timeout_ms;

    for (;;) {
        const struct frame *frame = engine_frame(engine);
        bool is_done = done && done(arg, frame);
        frame_unref(frame);
        if (is_done)
            return true;
        int64_t left = end - loop_now_ms(engine->loop);
        if (left <= 0)
            return false;
        loop_turn(engine->loop, clock_real_wait_ms(engine->clock, left));
    }
}

struct cluster *engine_cluster(struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->cluster_count; i++)
        if (strcmp(engine->clusters[i].config.name, name) == 0)
            return &engine->clusters[i];
    return NULL;
}

struct entry *engine_entry(struct engine *engine, const char *cluster, const char *id)
{
    size_t low = 0, high = engine->entry_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int by = strcmp(engine->entries[mid]->cluster, cluster);
        if (!by)
            by = strcmp(engine->entries[mid]->id, id);
        if (by == 0)
            return engine->entries[mid];
        if (by < 0)
            low = mid + 1;
        else
            high = mid;
    }
    ARRAY_RESERVE(engine->entries, engine->entry_cap, engine->entry_count + 1);
    memmove(engine->entries + low + 1, engine->entries + low,
            (engine->entry_count - low) * sizeof(struct entry *));
    engine->entry_count++;
    struct entry *entry = xcalloc(1, sizeof *entry);
    entry->engine = engine;
    entry->cluster = xstrdup(cluster);
    entry->id = xstrdup(id);
    entry->seen.drift = entry->drift;
    engine->entries[low] = entry;
    return entry;
}

void engine_touch(struct engine *engine, struct entry *entry)
{
    row_unref(entry->row);
    entry->row = NULL;
    engine_publish_soon(engine);
}

struct touching {
    struct engine *engine;
    const char *cluster;
};

static void touch_one(void *arg, const char *id)
{
    struct touching *touching = arg;

    engine_touch(touching->engine, engine_entry(touching->engine, touching->cluster, id));
}

void engine_touch_coupled(struct engine *engine, struct entry *entry)
{
    struct cluster *cluster = engine_cluster(engine, entry->cluster);
    struct touching touching = {engine, entry->cluster};

    engine_touch(engine, entry);
    if (cluster)
        bind_each_coupled(cluster->bind, entry->id, touch_one, &touching);
}

void engine_touch_cluster(struct engine *engine, const char *cluster)
{
    for (size_t i = 0; i < engine->entry_count; i++)
        if (strcmp(engine->entries[i]->cluster, cluster) == 0)
            engine_touch(engine, engine->entries[i]);
    engine_publish_soon(engine);
}

/* That of the service of the same name in the context where rehearsals count as well. */
static const struct certificate *certificate_elsewhere(const struct engine *engine,
                                                       const struct service *service)
{
    const char *context = engine->profiles ? engine->profiles->rehearse_in : NULL;

    if (!context || !context[0] || strcmp(context, service->cluster) == 0)
        return NULL;
    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct entry *entry = engine->entries[i];
        const struct service *other =
            strcmp(entry->cluster, context) == 0
                ? fleet_find_service(engine->fleet, entry->cluster, entry->id)
                : NULL;

        if (other && entry->release && strcmp(other->name, service->name) == 0)
            return &entry->release->cert;
    }
    return NULL;
}

/* What this identity may not do to this service. */
static void fill_denied(const struct cluster *cluster, const struct service *service,
                        struct board_input *in)
{
    for (size_t i = 0; i < cluster->denial_count; i++) {
        const struct driver_denial *d = &cluster->denials[i];
        if ((d->kind[0] && strcmp(d->kind, service->kind) != 0) ||
            (d->scope[0] && strcmp(d->scope, service->scope) != 0) ||
            (d->unscoped && service->scope[0]))
            continue;
        for (unsigned verb = 0; verb < VERB_COUNT; verb++)
            if (((d->verbs >> verb) & 1) && !in->denied[verb])
                in->denied[verb] = d->missing;
    }
}

struct board_input engine_board_input(struct engine *engine, struct entry *entry,
                                      const struct snapshot *snapshot,
                                      const struct service *service)
{
    const struct cluster *cluster = engine_cluster(engine, entry->cluster);
    struct board_input in = {
        .guard = {.snapshot = snapshot,
                  .service = service,
                  .release = entry->release,
                  .now_ms = loop_now_ms(engine->loop),
                  .utc_ms = clock_utc_ms(engine->clock),
                  .bind = cluster->bind,
                  .seen = &entry->seen},
        .plan = &engine->plan,
        .policy = engine->profiles,
        .watched_utc_ms = engine->opened_utc_ms,
        .live = cluster->state == CLUSTER_LIVE,
        .in_focus = entry->in_focus,
        .deny = cluster->deny,
        .who = cluster->who,
        .glass_over_utc_ms = entry->glass_over_utc_ms,
    };

    in.elsewhere = certificate_elsewhere(engine, service);
    in.measured = metrics_for(engine->metrics, service->name) != NULL;
    in.evidence = health_of(entry);
    in.elsewhere_name = in.elsewhere ? engine->profiles->rehearse_in : "";
    fill_denied(cluster, service, &in);
    const struct driver_caps *caps =
        cluster->driver ? cluster->driver->ops->caps(cluster->driver) : NULL;
    in.restores = caps && caps->clears_marks;
    if (caps && caps->ledger) /* else there is nothing to keep a stage in */
        in.profile = profile_for(engine->profiles, service->name);
    if (entry->recovering)
        in.deny = "settling an action of before: one moment";
    else if (cluster->config.read_only)
        in.deny = "this context is read-only";
    return in;
}
