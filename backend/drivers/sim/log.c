/* log.c: what a simulated instance writes: the same lines for the same scenario, seed and time.
 *
 * Nothing is kept: a line is made from the instance and its number when somebody reads it. */
#include "drivers/sim/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MS = 700, RETRY_MS = 500 };

struct sim_log {
    struct sim_driver *driver;
    struct log_sink sink;
    char service[160], instance[160];
    bool previous;
    bool told_silence;
    enum instance_state state;
    int64_t since_utc_ms, next; /* of the life that is told; the number of its next line */
    struct loop_timer *timer;
};

/* What one turn tells, gathered under the lock. */
struct page {
    struct arena *arena;
    const char *line[LOG_TAIL + 2];
    size_t count;
    const char *happened; /* NULL: nothing */
    int64_t at_utc_ms;
    bool ended;
    struct err why;
};

static uint64_t stir(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    return x;
}

static const char *line_of(struct arena *arena, const struct sim_instance *it, int64_t number)
{
    const uint64_t dice = stir(it->serial * 1000003 + (uint64_t)number);
    static const char *const paths[] = {"orders", "cart", "prices", "health"};

    if (number == 0)
        return arena_printf(arena, "starting version %s as %s", it->version->name, it->name);
    if (it->state == INSTANCE_FAILING)
        return arena_printf(arena, "fatal: %s", it->reason[0] ? it->reason : "exit status 1");
    if (number == 1)
        return "listening on :8080";
    return arena_printf(arena, "GET /%s/%u 200 %ums", paths[dice % ARRAY_LEN(paths)],
                        (unsigned)(dice >> 8) % 9000 + 1000, (unsigned)(dice >> 24) % 40 + 2);
}

/* Lines that are due; how many a life has by now goes by its state. */
static void write_lines(struct sim_log *log, const struct sim *sim, const struct sim_instance *it,
                        struct page *page)
{
    bool never_ran = it->version->image == IMAGE_MISSING;
    int64_t last = never_ran                        ? -1
                   : it->state == INSTANCE_STARTING ? 0
                   : it->state == INSTANCE_FAILING  ? 1
                                                   : (sim_utc_ms(sim) - it->since_utc_ms) / LINE_MS;

    if (it->since_utc_ms != log->since_utc_ms || it->state != log->state) {
        page->happened = arena_printf(page->arena, "%s%s%s", instance_state_word[it->state],
                                      it->reason[0] ? ": " : "", it->reason);
        page->at_utc_ms = it->since_utc_ms;
        log->next = last >= LOG_TAIL ? last - LOG_TAIL + 1 : 0;
    }
    log->since_utc_ms = it->since_utc_ms;
    log->state = it->state;
    while (log->next <= last && page->count < LOG_TAIL)
        page->line[page->count++] = line_of(page->arena, it, log->next++);
}

static void write_previous(const struct sim_instance *it, struct page *page)
{
    page->ended = true;
    if (it->failures == 0) {
        err_set(&page->why, ERR_NOT_FOUND, "%s has not restarted: there is no log of before",
                it->name);
        return;
    }
    page->line[page->count++] = line_of(page->arena, it, 0);
    page->line[page->count++] = "fatal: exit status 1";
}

static const struct sim_instance *find(struct sim *sim, const struct sim_log *log)
{
    const struct sim_service *service = sim_find_service(sim, log->service);

    for (const struct sim_instance *it = service && !service->gone ? service->instances : NULL; it;
         it = it->next)
        if (strcmp(it->name, log->instance) == 0)
            return it;
    return NULL;
}

static void gather(struct sim_log *log, struct page *page)
{
    struct sim *sim = log->driver->sim;
    const struct sim_instance *it = find(sim, log);
    const char *silent = sim->unreachable                    ? "the simulated cluster"
                         : it && sim->nodes[it->node].silent ? sim->nodes[it->node].name
                                                             : NULL;

    if (silent) {
        if (!log->told_silence)
            page->happened = arena_printf(page->arena, "%s does not answer", silent);
        page->at_utc_ms = -1;
    } else if (!it) {
        page->ended = true;
        if (log->since_utc_ms < 0)
            err_set(&page->why, ERR_NOT_FOUND, "no instance is called '%s'", log->instance);
    } else if (log->previous) {
        write_previous(it, page);
    } else {
        write_lines(log, sim, it, page);
    }
    log->told_silence = silent != NULL;
}

static void turn(void *arg)
{
    struct sim_log *log = arg;
    struct page page = {.arena = arena_new(2048), .at_utc_ms = -1};

    log->timer = NULL;
    sim_lock(log->driver->sim);
    gather(log, &page);
    sim_unlock(log->driver->sim);
    if (page.happened)
        log->sink.happened(log->sink.arg, page.at_utc_ms, page.happened);
    for (size_t i = 0; i < page.count; i++)
        log->sink.line(log->sink.arg, page.line[i]);
    arena_free(page.arena);
    if (!page.ended) {
        log->timer = loop_after(log->driver->base.env.loop, log->told_silence ? RETRY_MS : LINE_MS,
                                turn, log);
        return;
    }
    const struct log_sink sink = log->sink;
    sim_drop_log(log->driver);
    sink.end(sink.arg, page.why.code ? &page.why : NULL);
}

void sim_drop_log(struct sim_driver *driver)
{
    struct sim_log *log = driver->log;

    driver->log = NULL;
    if (log)
        loop_cancel(log->timer);
    free(log);
}

void sim_log(struct driver *base, const struct log_query *query, const struct log_sink *sink)
{
    struct sim_driver *driver = (struct sim_driver *)(void *)base;

    sim_drop_log(driver);
    if (!query)
        return;
    struct sim_log *log = driver->log = xcalloc(1, sizeof *log);
    log->driver = driver;
    log->sink = *sink;
    log->previous = query->previous;
    log->since_utc_ms = -1;
    snprintf(log->service, sizeof log->service, "%s", query->service_id);
    snprintf(log->instance, sizeof log->instance, "%s", query->instance);
    log->timer = loop_after(base->env.loop, 0, turn, log);
}
