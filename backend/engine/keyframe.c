/* keyframe.c: what an engine knows at one moment of its recording, so that another one can begin
 * there.
 *
 * Facts are shared; the rest is what no fact of the recording says by itself: what was seen in
 * passing, alarms, events, actions. Records of the ledger are read from the recording again. Rows
 * are made anew. */
#include "engine/internal.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct kept_cluster {
    struct cluster of; /* its state and words; nothing that is pointed to */
    struct driver_denial *denials;
};

struct kept_entry {
    const char *cluster, *id;
    struct seen seen;
    char drift[200];
    bool moved;
    int64_t glass_over_utc_ms;
    uint64_t shape;
};

struct keyframe {
    int64_t at_ms;
    size_t next; /* the first fact that is not in it */
    const struct snapshot *snapshot;
    struct kept_cluster *clusters;
    struct kept_entry *entries;
    const struct service **worded;
    struct alarm_line *alarms;
    struct event_line *events;
    struct act *acts;
    size_t cluster_count, entry_count, worded_count, alarm_count, event_count, event_next,
        act_count;
    bool was_synced;
    uint64_t seq;
    struct arena *arena;
};

int64_t keyframe_at_ms(const struct keyframe *keyframe)
{
    return keyframe->at_ms;
}

void keyframe_free(struct keyframe *keyframe)
{
    if (!keyframe)
        return;
    for (size_t i = 0; i < keyframe->worded_count; i++)
        service_unref(keyframe->worded[i]);
    snapshot_unref(keyframe->snapshot);
    arena_free(keyframe->arena);
}

void keyframe_look(struct engine *engine, const struct service *before,
                   const struct service *service)
{
    if (!service->contract[0] || (before && strcmp(before->contract, service->contract) == 0))
        return;
    ARRAY_RESERVE(engine->worded, engine->worded_cap, engine->worded_count + 1);
    engine->worded[engine->worded_count++] = service_ref(service);
}

/* A bake that is measured has timers of its own, and answers may be on their way. */
static bool is_plain(const struct engine *engine)
{
    for (size_t i = 0; i < engine->cluster_count; i++)
        if (engine->clusters[i].ledger_pending || engine->clusters[i].reads)
            return false;
    for (size_t i = 0; i < engine->entry_count; i++)
        if (engine->entries[i]->sampler || engine->entries[i]->run)
            return false;
    return !engine->log;
}

static void *copy(struct arena *arena, const void *from, size_t count, size_t size)
{
    void *to = arena_alloc(arena, count + 1, size);

    if (count)
        memcpy(to, from, count * size);
    return to;
}

static struct driver_denial *copy_denials(struct arena *arena, const struct driver_denial *from,
                                          size_t count)
{
    struct driver_denial *to = copy(arena, from, count, sizeof *to);

    for (size_t i = 0; i < count; i++) {
        to[i].kind = arena_strdup(arena, from[i].kind);
        to[i].scope = arena_strdup(arena, from[i].scope);
        to[i].missing = arena_strdup(arena, from[i].missing);
    }
    return to;
}

static void keep_clusters(struct keyframe *k, const struct engine *engine)
{
    k->clusters = arena_alloc(k->arena, engine->cluster_count + 1, sizeof *k->clusters);
    k->cluster_count = engine->cluster_count;
    for (size_t i = 0; i < engine->cluster_count; i++) {
        const struct cluster *from = &engine->clusters[i];
        k->clusters[i].of = *from;
        k->clusters[i].denials = copy_denials(k->arena, from->denials, from->denial_count);
    }
}

static void keep_entries(struct keyframe *k, const struct engine *engine)
{
    k->entries = arena_alloc(k->arena, engine->entry_count + 1, sizeof *k->entries);
    k->entry_count = engine->entry_count;
    for (size_t i = 0; i < engine->entry_count; i++) {
        const struct entry *from = engine->entries[i];
        struct kept_entry *to = &k->entries[i];
        *to = (struct kept_entry){.cluster = arena_strdup(k->arena, from->cluster),
                                  .id = arena_strdup(k->arena, from->id),
                                  .seen = from->seen,
                                  .moved = from->moved,
                                  .glass_over_utc_ms = from->glass_over_utc_ms,
                                  .shape = from->shape};
        memcpy(to->drift, from->drift, sizeof to->drift);
    }
}

struct keyframe *engine_keep(struct engine *engine)
{
    if (!engine->tape || !is_plain(engine))
        return NULL;
    if (engine->publish_timer) { /* what it would have looked at is looked at first */
        loop_cancel(engine->publish_timer);
        engine->publish_timer = NULL;
        engine_publish(engine);
    }
    struct arena *arena = arena_new(16 << 10);
    struct keyframe *k = arena_alloc(arena, 1, sizeof *k);
    k->arena = arena;
    k->at_ms = loop_now_ms(engine->loop);
    k->next = tape_after(engine->tape, k->at_ms);
    k->snapshot = fleet_snapshot(engine->fleet);
    k->worded = copy(arena, engine->worded, engine->worded_count, sizeof *k->worded);
    k->worded_count = engine->worded_count;
    for (size_t i = 0; i < k->worded_count; i++)
        service_ref(k->worded[i]);
    keep_clusters(k, engine);
    keep_entries(k, engine);
    k->alarms = copy(arena, engine->alarms, engine->alarm_count, sizeof *k->alarms);
    k->alarm_count = engine->alarm_count;
    k->events = copy(arena, engine->events, engine->event_count, sizeof *k->events);
    k->event_count = engine->event_count;
    k->event_next = engine->event_next;
    k->acts = copy(arena, engine->acts, engine->act_count, sizeof *k->acts);
    k->act_count = engine->act_count;
    k->was_synced = engine->was_synced;
    k->seq = engine->seq;
    return k;
}

/* ---- the other way ---- */

void keyframe_begin(struct engine *engine, const struct keyframe *from)
{
    engine->resumed = true;
    engine->opened_utc_ms = engine->tape->start_utc_ms;
    engine->was_synced = from->was_synced;
    engine->seq = from->seq;
    for (size_t i = 0; i < engine->cluster_count; i++) {
        struct cluster *to = &engine->clusters[i];
        const struct cluster *of = &from->clusters[i].of;
        to->config.tape_next = from->next;
        to->state = of->state;
        to->synced = of->synced;
        to->ledger_read = of->ledger_read;
        to->failed = of->failed;
        to->fresh_ms = of->fresh_ms;
        to->may_act = of->may_act;
        to->permissions_known = of->permissions_known;
        to->verified = of->verified;
        memcpy(to->why, of->why, sizeof to->why);
        memcpy(to->who, of->who, sizeof to->who);
        memcpy(to->deny, of->deny, sizeof to->deny);
        to->denial_arena = arena_new(512);
        to->denials = copy_denials(to->denial_arena, from->clusters[i].denials, of->denial_count);
        to->denial_count = of->denial_count;
    }
}

static void restore_facts(struct engine *engine, const struct keyframe *from)
{
    const struct snapshot *s = from->snapshot;

    for (size_t i = 0; i < s->node_count; i++)
        fleet_put_node(engine->fleet, &s->nodes[i]);
    for (size_t i = 0; i < from->worded_count; i++) {
        keyframe_look(engine, NULL, from->worded[i]);
        bind_put_service(engine_cluster(engine, from->worded[i]->cluster)->bind, from->worded[i]);
    }
    for (size_t i = 0; i < s->service_count; i++) {
        const struct service *service = s->services[i];
        engine_entry(engine, service->cluster, service->id);
        bind_put_service(engine_cluster(engine, service->cluster)->bind, service);
        fleet_put_service(engine->fleet, service_ref(service));
    }
}

/* The newest of each key, oldest key first. */
static void restore_records(struct engine *engine, const struct keyframe *from)
{
    const struct tape *tape = engine->tape;
    const struct tape_fact **newest = NULL;
    size_t count = 0, cap = 0, at;

    for (size_t i = 0; i < from->next; i++) {
        const struct tape_fact *fact = &tape->facts[i];
        if (fact->kind != TAPE_LEDGER)
            continue;
        for (at = 0; at < count; at++)
            if (newest[at]->cluster == fact->cluster && strcmp(newest[at]->text, fact->text) == 0)
                break;
        ARRAY_RESERVE(newest, cap, count + 1);
        count += at == count;
        newest[at] = fact;
    }
    for (size_t i = 0; i < count; i++)
        if (newest[i]->cluster < engine->cluster_count)
            cluster_take_record(&engine->clusters[newest[i]->cluster], newest[i]->text,
                                newest[i]->is.record);
    free(newest);
}

static void restore_entries(struct engine *engine, const struct keyframe *from)
{
    for (size_t i = 0; i < from->entry_count; i++) {
        const struct kept_entry *kept = &from->entries[i];
        struct entry *entry = engine_entry(engine, kept->cluster, kept->id);
        entry->seen = kept->seen;
        entry->seen.drift = entry->drift;
        entry->moved = kept->moved;
        entry->glass_over_utc_ms = kept->glass_over_utc_ms;
        entry->shape = kept->shape;
        memcpy(entry->drift, kept->drift, sizeof entry->drift);
    }
}

void keyframe_restore(struct engine *engine, const struct keyframe *from)
{
    restore_facts(engine, from);
    restore_records(engine, from);
    restore_entries(engine, from);
    ARRAY_RESERVE(engine->alarms, engine->alarm_cap, from->alarm_count + 1);
    memcpy(engine->alarms, from->alarms, from->alarm_count * sizeof *engine->alarms);
    engine->alarm_count = from->alarm_count;
    memcpy(engine->events, from->events, from->event_count * sizeof *engine->events);
    engine->event_count = from->event_count;
    engine->event_next = from->event_next;
    memcpy(engine->acts, from->acts, from->act_count * sizeof *engine->acts);
    engine->act_count = from->act_count;
}
