/* recorded.c: what the local record says of the actions before this program began. */
#include "engine/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PAST_BYTES = 128 << 10, PAST_MAX = 100 };

/* One action, from its records. */
struct deed {
    const char *id, *cluster, *name, *verb, *by, *from, *to, *end, *why;
    int64_t at_utc_ms;
    json_int_t to_count, replicas;
};

struct reading {
    const struct engine *engine;
    struct arena *arena;
    struct deed deed[PAST_MAX]; /* a ring, the next one at `next` */
    size_t next, count;
};

static const char *field(const struct reading *r, const json_t *record, const char *key)
{
    const char *raw = json_raw(json_object_get(record, key));

    return raw ? text_clean(r->arena, raw, strlen(raw), TEXT_MESSAGE_MAX) : "";
}

static bool is_configured(const struct engine *engine, const char *cluster)
{
    for (size_t i = 0; i < engine->cluster_count; i++)
        if (strcmp(engine->clusters[i].config.name, cluster) == 0)
            return true;
    return false;
}

static struct deed *find_deed(struct reading *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->deed[i].id, id) == 0)
            return &r->deed[i];
    struct deed *deed = &r->deed[r->next];
    r->next = (r->next + 1) % PAST_MAX;
    r->count += r->count < PAST_MAX;
    *deed = (struct deed){id, "", "", "", "", "", "", "", "", -1, 0, 0};
    return deed;
}

static void keep(const char **into, const char *text)
{
    if (text[0])
        *into = text;
}

static bool on_record(void *arg, const json_t *record)
{
    struct reading *r = arg;
    const char *id = field(r, record, "id"), *cluster = field(r, record, "cluster");

    if (!id[0] || (cluster[0] && !is_configured(r->engine, cluster)))
        return true;
    struct deed *deed = find_deed(r, id);
    if (deed->at_utc_ms < 0)
        deed->at_utc_ms = clock_parse_utc(field(r, record, "at_utc"));
    keep(&deed->cluster, cluster);
    keep(&deed->name, field(r, record, "service"));
    keep(&deed->name, field(r, record, "key"));
    keep(&deed->verb, field(r, record, "verb"));
    keep(&deed->by, field(r, record, "by"));
    keep(&deed->from, field(r, record, "from"));
    keep(&deed->to, field(r, record, "to"));
    keep(&deed->end, field(r, record, "outcome"));
    keep(&deed->why, field(r, record, "why"));
    json_int_t to_count = json_integer_value(json_object_get(record, "to_count"));
    json_int_t replicas = json_integer_value(json_object_get(record, "replicas"));
    deed->to_count = to_count > 0 ? to_count : deed->to_count;
    deed->replicas = replicas > 0 ? replicas : deed->replicas;
    if (strcmp(field(r, record, "kind"), "refused") == 0)
        deed->end = "refused";
    return true;
}

/* "step to 3 of 8 on 2.9.0: applied" */
static const char *sentence_of(const struct reading *r, const struct deed *deed)
{
    const char *end = deed->end[0] ? deed->end : "no outcome on record";
    const char *what = deed->verb;

    if (deed->to_count && deed->to[0])
        what = arena_printf(r->arena,
                            "%s to %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " on %s",
                            deed->verb, deed->to_count, deed->replicas, deed->to);
    else if (deed->to[0])
        what = arena_printf(r->arena, "%s to %s", deed->verb, deed->to);
    return arena_printf(r->arena, "%s: %s%s%s", what, end, deed->why[0] ? ", " : "", deed->why);
}

const struct board_past *recorded_read(const char *path, const struct engine *engine)
{
    struct reading r = {.engine = engine, .arena = arena_new(4096)};
    struct board_past *past = arena_alloc(r.arena, 1, sizeof *past);
    struct board_event *events = arena_alloc(r.arena, PAST_MAX, sizeof *events);
    struct err err = {0};

    past->arena = r.arena;
    past->refs = 1;
    past->events = events;
    journal_read_end(path, PAST_BYTES, on_record, &r, &err);
    for (size_t i = 0; i < r.count; i++) {
        const struct deed *deed = &r.deed[(r.next + PAST_MAX - 1 - i) % PAST_MAX];
        if (deed->at_utc_ms < 0 || !deed->verb[0])
            continue;
        events[past->count++] = (struct board_event){.kind = EVENT_ACTION,
                                                     .at_utc_ms = deed->at_utc_ms,
                                                     .cluster = deed->cluster,
                                                     .name = deed->name,
                                                     .text = sentence_of(&r, deed),
                                                     .by = deed->by};
    }
    return past;
}

const struct board_past *past_ref(const struct board_past *past)
{
    __atomic_add_fetch(&((struct board_past *)(uintptr_t)past)->refs, 1, __ATOMIC_RELAXED);
    return past;
}

void past_unref(const struct board_past *past)
{
    struct board_past *shared = (struct board_past *)(uintptr_t)past;

    if (shared && __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(shared->arena);
}
