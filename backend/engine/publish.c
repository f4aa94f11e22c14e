/* publish.c: the engine's state as one sealed frame. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void publish_now(void *arg)
{
    struct engine *engine = arg;

    engine->publish_timer = NULL;
    engine_publish(engine);
}

void engine_publish_soon(struct engine *engine)
{
    int64_t next_ms = engine->published_ms + ENGINE_PUBLISH_MS - loop_now_ms(engine->loop);

    if (!engine->publish_timer)
        engine->publish_timer = loop_after(engine->loop, next_ms, publish_now, engine);
}

/* Drops what is known of services that are gone, and makes the rows that changed. */
static size_t make_rows(struct engine *engine, const struct snapshot *snapshot)
{
    size_t rows = 0;

    for (size_t i = 0; i < engine->entry_count; i++) {
        struct entry *entry = engine->entries[i];
        const struct service *service = snapshot_find_service(snapshot, entry->cluster, entry->id);
        if (!service)
            continue;
        if (!entry->row) {
            struct board_input in = engine_board_input(engine, entry, snapshot, service);
            entry->row = board_row(&in);
            alarms_update(engine, entry, entry->row);
            locks_look(engine, entry);
            health_look(engine, entry, entry->row);
            automatic_look(engine, entry, entry->row);
            if (in.live && in.guard.release && in.guard.release->glass.rules[0] &&
                !entry->row->glass.broken)
                entry->glass_over_utc_ms = in.guard.release->glass.at_utc_ms;
        }
        rows++;
    }
    return rows;
}

static void fill_rows(const struct engine *engine, struct frame *frame, size_t count)
{
    const struct row **rows = arena_alloc(frame->arena, count, sizeof *rows);
    size_t n = 0;

    for (size_t i = 0; i < engine->entry_count && n < count; i++)
        if (engine->entries[i]->row &&
            snapshot_find_service(frame->snapshot, engine->entries[i]->cluster,
                                  engine->entries[i]->id))
            rows[n++] = row_ref(engine->entries[i]->row);
    qsort(rows, n, sizeof *rows, board_compare);
    frame->rows = rows;
    frame->row_count = n;
}

/* What the identity lacks, each once. */
static const char *const *fill_lacks(const struct cluster *cluster, struct arena *arena,
                                     size_t *count)
{
    const char **out = arena_alloc(arena, cluster->denial_count + 1, sizeof *out);

    *count = 0;
    for (size_t i = 0; i < cluster->denial_count; i++) {
        bool known = false;
        for (size_t j = 0; j < *count && !known; j++)
            known = strcmp(out[j], cluster->denials[i].missing) == 0;
        if (!known)
            out[(*count)++] = arena_strdup(arena, cluster->denials[i].missing);
    }
    return out;
}

static bool hides(const struct driver_denial *denial)
{
    return !denial->verbs && denial->scope[0];
}

static const char *unseen_of(const struct cluster *cluster, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < cluster->denial_count; i++)
        if (hides(&cluster->denials[i]))
            text = arena_printf(arena, "%.200s%s%s", text, text[0] ? ", " : "",
                                cluster->denials[i].scope);
    return text[0] ? arena_printf(arena, "%s not seen", text) : "";
}

static const char *note_of(const struct cluster *cluster, struct arena *arena)
{
    if (cluster->deny[0])
        return arena_strdup(arena, cluster->deny);
    for (size_t i = 0; i < cluster->denial_count; i++)
        if (hides(&cluster->denials[i]))
            return arena_strdup(arena, cluster->denials[i].missing);
    return cluster->driver
               ? arena_strdup(arena, cluster->driver->ops->caps(cluster->driver)->drift_note)
               : "";
}

static void fill_clusters(struct engine *engine, struct frame *frame)
{
    struct board_cluster *out = arena_alloc(frame->arena, engine->cluster_count, sizeof *out);

    frame->synced = true;
    for (size_t i = 0; i < engine->cluster_count; i++) {
        const struct cluster *c = &engine->clusters[i];
        out[i] = (struct board_cluster){
            .name = arena_strdup(frame->arena, c->config.name),
            .kind = arena_strdup(frame->arena, c->config.kind),
            .state = c->state,
            .age_ms = c->fresh_ms < 0 ? -1 : frame->now_ms - c->fresh_ms,
            .why = c->why[0] ? arena_strdup(frame->arena, c->why) : unseen_of(c, frame->arena),
            .production = c->config.production,
            .read_only = c->config.read_only,
            .who = arena_strdup(frame->arena, c->who),
            .may_act = c->may_act && !c->config.read_only,
            .note = note_of(c, frame->arena),
        };
        out[i].lacks = fill_lacks(c, frame->arena, &out[i].lack_count);
        bool known = c->synced && c->ledger_pending == 0 && c->permissions_known;
        if (!known && !c->failed)
            frame->synced = false;
    }
    for (size_t i = 0; i < engine->entry_count && !engine->was_synced; i++)
        frame->synced = frame->synced && !health_is_pending(engine->entries[i]);
    engine->was_synced = frame->synced;
    frame->clusters = out;
    frame->cluster_count = engine->cluster_count;
}

static void fill_acts(const struct engine *engine, struct frame *frame)
{
    struct action_status *actions = arena_alloc(frame->arena, engine->act_count, sizeof *actions);
    uint64_t *tickets = arena_alloc(frame->arena, engine->act_count, sizeof *tickets);

    for (size_t i = 0; i < engine->act_count; i++) {
        actions[i] = engine->acts[i].status;
        tickets[i] = engine->acts[i].ticket;
    }
    frame->actions = actions;
    frame->tickets = tickets;
    frame->action_count = engine->act_count;
}

static void fill_alarms(const struct engine *engine, struct frame *frame)
{
    struct alarm *out = arena_alloc(frame->arena, engine->alarm_count, sizeof *out);
    size_t n = 0;

    for (int resolved = 0; resolved < 2; resolved++)
        for (size_t i = 0; i < engine->alarm_count; i++) {
            const struct alarm_line *line = &engine->alarms[i];
            if (line->resolved != (resolved == 1))
                continue;
            out[n++] = (struct alarm){
                .cluster = arena_strdup(frame->arena, line->cluster),
                .service_id = arena_strdup(frame->arena, line->service_id),
                .name = arena_strdup(frame->arena, line->name),
                .rule = line->rule,
                .kind = line->kind,
                .object = arena_strdup(frame->arena, line->object),
                .fact = arena_strdup(frame->arena, line->fact),
                .way_out = arena_strdup(frame->arena, line->way_out),
                .sentence = arena_strdup(frame->arena, line->sentence),
                .first_utc_ms = line->first_utc_ms,
                .last_utc_ms = line->last_utc_ms,
                .resolved = line->resolved,
            };
        }
    frame->alarms = out;
    frame->alarm_count = n;
}

/* Something is told more rarely than a frame is made: they share what was. */
struct told {
    int refs;
    struct arena *arena;
    const struct board_event *events;
    size_t count;
};

static struct told *told_ref(struct told *told)
{
    __atomic_add_fetch(&told->refs, 1, __ATOMIC_RELAXED);
    return told;
}

static void told_unref(struct told *told)
{
    if (told && __atomic_sub_fetch(&told->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(told->arena);
}

void engine_told_anew(struct engine *engine)
{
    told_unref(engine->told);
    engine->told = NULL;
}

static struct told *make_told(const struct engine *engine)
{
    struct arena *arena = arena_new(4096);
    struct told *told = arena_alloc(arena, 1, sizeof *told);
    struct board_event *out = arena_alloc(arena, engine->event_count, sizeof *out);

    for (size_t i = 0; i < engine->event_count; i++) {
        const struct event_line *line =
            &engine->events[(engine->event_next + ENGINE_EVENTS_MAX - 1 - i) % ENGINE_EVENTS_MAX];
        out[i] = (struct board_event){
            .kind = line->kind,
            .at_utc_ms = line->at_utc_ms,
            .cluster = arena_strdup(arena, line->cluster),
            .name = arena_strdup(arena, line->name),
            .text = arena_strdup(arena, line->text),
            .by = arena_strdup(arena, line->by),
        };
    }
    *told = (struct told){.refs = 1, .arena = arena, .events = out, .count = engine->event_count};
    return told;
}

static void fill_events(struct engine *engine, struct frame *frame)
{
    if (!engine->told)
        engine->told = make_told(engine);
    frame->told = told_ref(engine->told);
    frame->events = frame->told->events;
    frame->event_count = frame->told->count;
}

static unsigned count_settling(struct engine *engine)
{
    unsigned count = 0;

    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct entry *entry = engine->entries[i];
        const struct cluster *cluster = engine_cluster(engine, entry->cluster);
        if (cluster && cluster->state == CLUSTER_LIVE)
            count += entry->recovering;
    }
    return count;
}

static const struct frame *make_frame(struct engine *engine)
{
    struct arena *arena = arena_new(8192);
    struct frame *frame = arena_alloc(arena, 1, sizeof *frame);

    frame->arena = arena;
    frame->refs = 1;
    frame->seq = ++engine->seq;
    frame->now_ms = loop_now_ms(engine->loop);
    frame->utc_ms = clock_utc_ms(engine->clock);
    frame->snapshot = fleet_snapshot(engine->fleet);
    fill_rows(engine, frame, make_rows(engine, frame->snapshot));
    fill_clusters(engine, frame);
    fill_acts(engine, frame);
    fill_alarms(engine, frame);
    fill_events(engine, frame);
    frame->past = engine->recorded ? past_ref(engine->recorded) : NULL;
    frame->opened_utc_ms = engine->opened_utc_ms;
    frame->notice = arena_strdup(arena, engine->notice);
    frame->settling = count_settling(engine);
    frame->no_journal = engine->journal_path[0] && !engine->journal;
    frame->caption = "";
    frame->log = log_picture(engine);
    return frame;
}

static void land(void *arg)
{
    struct engine *engine = arg;

    engine->landing_timer = NULL;
    engine_publish(engine);
}

/* Nobody sees what lies between here and there: only what has a memory looks at it. */
static void pass_by(struct engine *engine, int64_t target_ms)
{
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);

    make_rows(engine, snapshot);
    snapshot_unref(snapshot);
    engine->published_ms = loop_now_ms(engine->loop);
    if (engine->landing_timer && engine->landing_ms == target_ms)
        return;
    loop_cancel(engine->landing_timer);
    engine->landing_ms = target_ms;
    engine->landing_timer =
        loop_after(engine->loop, target_ms - loop_now_ms(engine->loop), land, engine);
}

void engine_publish(struct engine *engine)
{
    const int64_t target_ms = engine->tape ? clock_tape_target_ms(engine->clock) : -1;

    if (target_ms > loop_now_ms(engine->loop)) {
        pass_by(engine, target_ms);
        return;
    }
    const struct frame *frame = make_frame(engine);

    engine->published_ms = frame->row_count ? frame->now_ms : -ENGINE_PUBLISH_MS;
    pthread_mutex_lock(&engine->lock);
    const struct frame *old = engine->frame;
    engine->frame = frame;
    if (!engine->woken)
        engine->woken = write(engine->wake[1], "f", 1) == 1;
    pthread_mutex_unlock(&engine->lock);
    frame_unref(old);
}

const struct frame *frame_ref(const struct frame *frame)
{
    __atomic_add_fetch(&((struct frame *)(uintptr_t)frame)->refs, 1, __ATOMIC_RELAXED);
    return frame;
}

void frame_unref(const struct frame *frame)
{
    struct frame *shared = (struct frame *)(uintptr_t)frame;

    if (!shared || __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    for (size_t i = 0; i < shared->row_count; i++)
        row_unref(shared->rows[i]);
    snapshot_unref(shared->snapshot);
    log_view_unref(shared->log);
    past_unref(shared->past);
    told_unref(shared->told);
    arena_free(shared->arena);
}

const struct row *frame_find_row(const struct frame *frame, const char *cluster,
                                 const char *service)
{
    const struct row *by_name = NULL;

    for (size_t i = 0; i < frame->row_count; i++) {
        const struct row *row = frame->rows[i];
        if (cluster && cluster[0] && strcmp(row->service->cluster, cluster) != 0)
            continue;
        if (strcmp(row->service->id, service) == 0)
            return row;
        if (strcmp(row->service->name, service) == 0) {
            if (by_name)
                return NULL;
            by_name = row;
        }
    }
    return by_name;
}
