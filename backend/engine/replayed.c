/* replayed.c: what the engine says, what it gives to a recorder, and what it takes from a
 * recording. */
#include "engine/internal.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t cluster_index(const struct cluster *cluster)
{
    return (size_t)(cluster - cluster->engine->clusters);
}

void record_head(struct engine *engine)
{
    struct record_cluster *clusters = xcalloc(engine->cluster_count + 1, sizeof *clusters);
    const struct board_past *past = engine->recorded;

    for (size_t i = 0; i < engine->cluster_count; i++) {
        const struct cluster *c = &engine->clusters[i];
        clusters[i] = (struct record_cluster){&c->config, c->driver, c->why};
    }
    record_begin(engine->recorder, engine->clock, clusters, engine->cluster_count,
                 past ? past->events : NULL, past ? past->count : 0);
    free(clusters);
}

void record_release(struct entry *entry)
{
    struct engine *engine = entry->engine;
    const struct cluster *cluster = engine_cluster(engine, entry->cluster);
    const struct service *service =
        engine->recorder ? fleet_find_service(engine->fleet, entry->cluster, entry->id) : NULL;
    struct err err = {0};
    char key[256];

    if (!service)
        return;
    char *text = entry->release ? release_write(entry->release, &err) : NULL;
    record_ledger(engine->recorder, cluster_index(cluster), release_key(service, key, sizeof key),
                  text);
    free(text);
}

const struct board_past *replayed_past(const struct tape *tape)
{
    struct arena *arena = arena_new(4096);
    struct board_past *past = arena_alloc(arena, 1, sizeof *past);
    struct board_event *events = arena_alloc(arena, tape->past_count + 1, sizeof *events);

    past->arena = arena;
    past->refs = 1;
    past->events = events;
    past->count = tape->past_count;
    for (size_t i = 0; i < tape->past_count; i++) {
        const struct board_event *from = &tape->past[i];
        events[i] = *from;
        events[i].cluster = arena_strdup(arena, from->cluster);
        events[i].name = arena_strdup(arena, from->name);
        events[i].text = arena_strdup(arena, from->text);
        events[i].by = arena_strdup(arena, from->by);
    }
    return past;
}

void cluster_told(void *arg, unsigned kind, const char *name, const char *by, const char *text)
{
    struct cluster *cluster = arg;

    engine_tell_again(cluster->engine, (enum event_kind)kind, cluster->config.name, name, by, text);
}

void cluster_acted(void *arg, uint64_t ticket, const struct action_status *status)
{
    struct cluster *cluster = arg;

    engine_act_again(cluster->engine, ticket, status);
}

void engine_say(struct engine *engine, const char *cluster, const char *name, const char *by,
                const char *text)
{
    engine_tell(engine, EVENT_NOTE, cluster, name, by, text);
}

void engine_tell(struct engine *engine, enum event_kind kind, const char *cluster, const char *name,
                 const char *by, const char *text)
{
    const struct cluster *of = engine_cluster(engine, cluster);

    if (engine->tape) /* it was said then */
        return;
    record_told(engine->recorder, of ? cluster_index(of) : (size_t)-1, kind, name, by, text);
    engine_tell_again(engine, kind, cluster, name, by, text);
}

void engine_tell_again(struct engine *engine, enum event_kind kind, const char *cluster,
                       const char *name, const char *by, const char *text)
{
    struct event_line *line = &engine->events[engine->event_next];

    engine_told_anew(engine);
    engine->event_next = (engine->event_next + 1) % ENGINE_EVENTS_MAX;
    if (engine->event_count < ENGINE_EVENTS_MAX)
        engine->event_count++;
    line->kind = kind;
    line->at_utc_ms = clock_utc_ms(engine->clock);
    snprintf(line->cluster, sizeof line->cluster, "%s", cluster);
    snprintf(line->name, sizeof line->name, "%s", name);
    snprintf(line->by, sizeof line->by, "%s", by);
    snprintf(line->text, sizeof line->text, "%s", text);
    engine_publish_soon(engine);
}

struct mark {
    struct engine *engine;
    char text[TEXT_NAME_MAX + 1];
};

static void write_mark(void *arg)
{
    struct mark *mark = arg;

    record_mark(mark->engine->recorder, mark->text);
    free(mark);
}

bool engine_mark(struct engine *engine, const char *text)
{
    if (!engine->recorder)
        return false;
    struct mark *mark = xcalloc(1, sizeof *mark);
    mark->engine = engine;
    snprintf(mark->text, sizeof mark->text, "%s", text);
    loop_post(engine->loop, write_mark, mark);
    return true;
}
