/* log.c: the log that somebody reads: a ring of lines, filled by one driver, and its picture.
 *
 * Lines may come faster than anybody reads: the oldest go, and how many went is said. A picture is
 * made at most every ENGINE_LOG_MS and shared by the frames until then. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

struct log {
    struct engine *engine;
    struct log_want want;
    bool asked; /* the driver was */
    enum log_state state;
    char why[400];
    char *line[ENGINE_LOG_LINES]; /* a ring */
    size_t first, count, bytes;
    uint64_t dropped;
    struct {
        int64_t at_utc_ms;
        char *text;
    } happened[ENGINE_LOG_HAPPENED]; /* a ring */
    size_t happened_first, happened_count;
    const struct log_view *view; /* NULL: to be made */
    bool changed;
    struct loop_timer *timer; /* until the next one may be made */
};

static void change(struct log *log);

static void on_time(void *arg)
{
    struct log *log = arg;

    log->timer = NULL;
    if (log->changed)
        change(log);
}

/* Shown at once, or as soon as the last picture is old enough. */
static void change(struct log *log)
{
    log->changed = true;
    if (log->timer)
        return;
    log_view_unref(log->view);
    log->view = NULL;
    log->changed = false;
    log->timer = loop_after(log->engine->loop, ENGINE_LOG_MS, on_time, log);
    engine_publish_soon(log->engine);
}

static void drop_line(struct log *log)
{
    char **line = &log->line[log->first];

    log->bytes -= strlen(*line) + 1;
    free(*line);
    *line = NULL;
    log->first = (log->first + 1) % ENGINE_LOG_LINES;
    log->count--;
}

static void on_line(void *arg, const char *text)
{
    struct log *log = arg;

    log->state = LOG_FOLLOWS;
    log->bytes += strlen(text) + 1;
    while (log->count && (log->count == ENGINE_LOG_LINES || log->bytes > ENGINE_LOG_BYTES)) {
        drop_line(log);
        log->dropped++;
    }
    log->line[(log->first + log->count++) % ENGINE_LOG_LINES] = xstrdup(text);
    change(log);
}

static void on_happened(void *arg, int64_t at_utc_ms, const char *text)
{
    struct log *log = arg;

    if (log->state == LOG_ASKED)
        log->state = LOG_FOLLOWS;
    if (log->happened_count == ENGINE_LOG_HAPPENED) {
        free(log->happened[log->happened_first].text);
        log->happened_first = (log->happened_first + 1) % ENGINE_LOG_HAPPENED;
        log->happened_count--;
    }
    size_t at = (log->happened_first + log->happened_count++) % ENGINE_LOG_HAPPENED;
    log->happened[at].at_utc_ms = at_utc_ms;
    log->happened[at].text = xstrdup(text);
    change(log);
}

static void on_end(void *arg, const struct err *why)
{
    struct log *log = arg;

    log->state = why ? LOG_FAILED : LOG_ENDED;
    snprintf(log->why, sizeof log->why, "%s", why ? why->text : "");
    change(log);
}

static void ask(struct log *log, struct cluster *cluster)
{
    const struct log_query query = {log->want.service, log->want.instance, log->want.previous};
    const struct log_sink sink = {log, on_line, on_happened, on_end};

    log->asked = true;
    cluster->driver->ops->log(cluster->driver, &query, &sink);
}

/* What fails tells most, then what is new, then what has been there for long. */
static int interest(const struct service *service, const struct instance *instance)
{
    static const int by_state[INSTANCE_STATE_COUNT] = {[INSTANCE_FAILING] = 8,
                                                       [INSTANCE_STARTING] = 4,
                                                       [INSTANCE_SERVING] = 2,
                                                       [INSTANCE_STOPPING] = 1};
    bool wanted = strcmp(service->versions[instance->version].version, service->wants) == 0;

    return by_state[instance->state] * 2 + wanted;
}

void log_service_seen(struct engine *engine, const struct service *service)
{
    struct log *log = engine->log;
    const struct instance *best = NULL;

    if (!log || log->asked || strcmp(log->want.service, service->id) != 0 ||
        strcmp(log->want.cluster, service->cluster) != 0)
        return;
    for (size_t i = 0; i < service->instance_count; i++)
        if (!best || interest(service, &service->instances[i]) > interest(service, best))
            best = &service->instances[i];
    if (!best)
        return;
    snprintf(log->want.instance, sizeof log->want.instance, "%s", best->name);
    ask(log, engine_cluster(engine, service->cluster));
    change(log);
}

void log_close(struct engine *engine)
{
    struct log *log = engine->log;

    if (!log)
        return;
    struct cluster *cluster = engine_cluster(engine, log->want.cluster);
    if (log->asked && cluster && cluster->driver)
        cluster->driver->ops->log(cluster->driver, NULL, NULL);
    while (log->count)
        drop_line(log);
    for (size_t i = 0; i < ENGINE_LOG_HAPPENED; i++)
        free(log->happened[i].text);
    log_view_unref(log->view);
    loop_cancel(log->timer);
    free(log);
    engine->log = NULL;
}

void log_open(struct engine *engine, const struct log_want *want)
{
    struct cluster *cluster = engine_cluster(engine, want->cluster);

    log_close(engine);
    engine_publish_soon(engine);
    if (!want->cluster[0])
        return;
    struct log *log = engine->log = xcalloc(1, sizeof *log);
    log->engine = engine;
    log->want = *want;
    if (!cluster || !cluster->driver) {
        log->state = LOG_FAILED;
        snprintf(log->why, sizeof log->why, "context %.64s cannot be reached: %.300s",
                 want->cluster, cluster ? cluster->why : "no such context");
        return;
    }
    const struct service *service = fleet_find_service(engine->fleet, want->cluster, want->service);
    if (want->instance[0])
        ask(log, cluster);
    else if (service)
        log_service_seen(engine, service);
}

static void fill(struct log *log, struct log_view *view, struct arena *arena)
{
    const char **line = arena_alloc(arena, log->count + 1, sizeof *line);
    struct log_happened *happened = arena_alloc(arena, log->happened_count + 1, sizeof *happened);

    for (size_t i = 0; i < log->count; i++)
        line[i] = arena_strdup(arena, log->line[(log->first + i) % ENGINE_LOG_LINES]);
    for (size_t i = 0; i < log->happened_count; i++) {
        size_t at = (log->happened_first + i) % ENGINE_LOG_HAPPENED;
        happened[i] = (struct log_happened){log->happened[at].at_utc_ms,
                                            arena_strdup(arena, log->happened[at].text)};
    }
    view->line = line;
    view->line_count = log->count;
    view->happened = happened;
    view->happened_count = log->happened_count;
}

const struct log_view *log_picture(struct engine *engine)
{
    struct log *log = engine->log;

    if (!log)
        return NULL;
    if (!log->view) {
        struct arena *arena = arena_new(4096);
        struct log_view *view = arena_alloc(arena, 1, sizeof *view);
        *view = (struct log_view){
            .cluster = arena_strdup(arena, log->want.cluster),
            .service_id = arena_strdup(arena, log->want.service),
            .instance = arena_strdup(arena, log->want.instance),
            .previous = log->want.previous,
            .state = log->state,
            .why = arena_strdup(arena, log->why),
            .dropped = log->dropped,
            .arena = arena,
            .refs = 1,
        };
        fill(log, view, arena);
        log->view = view;
    }
    return log_view_ref(log->view);
}

const struct log_view *log_view_ref(const struct log_view *log)
{
    __atomic_add_fetch(&((struct log_view *)(uintptr_t)log)->refs, 1, __ATOMIC_RELAXED);
    return log;
}

void log_view_unref(const struct log_view *log)
{
    struct log_view *shared = (struct log_view *)(uintptr_t)log;

    if (shared && __atomic_sub_fetch(&shared->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(shared->arena);
}
