/* wire.c: how requests travel: late, twice, or not at all. See wire.h. */
#include "drivers/sim/wire.h"
#include "drivers/sim/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sim_lock(struct sim *sim)
{
    pthread_mutex_lock(&sim->lock);
    sim_advance(sim);
}

bool sim_is_cut(const struct sim *sim, const struct sim_driver *driver)
{
    return sim->unreachable && driver->state != CLUSTER_LIVE && driver->told_why;
}

static bool has_something_for(const struct sim *sim, const struct sim_driver *driver)
{
    const int64_t next = sim_next_ms(sim);

    return driver->inbox ||
           (driver->following && !driver->facts_ms && sim->change > driver->seen &&
            !sim_is_cut(sim, driver)) ||
           (next >= 0 && (driver->armed_ms < 0 || next < driver->armed_ms));
}

void sim_unlock(struct sim *sim)
{
    for (struct sim_driver *driver = sim->drivers; driver; driver = driver->next)
        if (!driver->signaled && has_something_for(sim, driver)) {
            driver->signaled = true;
            const ssize_t n = write(driver->pipe[1], "w", 1);
            (void)n; /* full: it will wake just as well */
        }
    pthread_mutex_unlock(&sim->lock);
}

static void unlink_request(struct sim *sim, struct request *request)
{
    for (struct request **at = &sim->requests; *at; at = &(*at)->next)
        if (*at == request) {
            *at = request->next;
            return;
        }
}

static void free_request(struct request *request)
{
    service_unref(request->service);
    arena_free(request->past_arena);
    free(request->text);
    free(request->got);
    free(request->keys);
    free(request);
}

void wire_release(struct sim *sim, struct request *request)
{
    if (--request->refs == 0) {
        unlink_request(sim, request);
        free_request(request);
    }
}

void sim_drop_requests(struct sim *sim)
{
    for (struct request *next, *r = sim->requests; r; r = next) {
        next = r->next;
        free_request(r);
    }
    sim->requests = NULL;
}

void wire_forget_driver(struct sim_driver *driver)
{
    for (struct request *r = driver->sim->requests; r; r = r->next)
        if (r->driver == driver)
            r->driver = NULL;
    for (struct request *next, *r = driver->inbox; r; r = next) {
        next = r->inbox;
        wire_release(driver->sim, r);
    }
    driver->inbox = NULL;
}

struct request *wire_request(struct sim_driver *driver, enum request_kind kind, void *arg)
{
    struct request *request = xcalloc(1, sizeof *request);

    request->driver = driver;
    request->kind = kind;
    request->arg = arg;
    snprintf(request->cluster, sizeof request->cluster, "%s", driver->base.env.config->name);
    request->next = driver->sim->requests;
    driver->sim->requests = request;
    return request;
}

static void later(struct sim *sim, struct request *request, int64_t delay_ms, sim_event_fn *fn)
{
    request->refs++;
    sim_at(sim, delay_ms, fn, request, 0);
}

static void answer(struct sim *sim, struct request *request)
{
    struct sim_driver *driver = request->driver;

    (void)sim;
    if (!driver || request->answered)
        return;
    request->answered = true;
    request->refs++;
    *driver->inbox_tail = request;
    driver->inbox_tail = &request->inbox;
}

static void on_answer(struct sim *sim, void *object, uint64_t serial)
{
    (void)serial;
    answer(sim, object);
    wire_release(sim, object);
}

static void on_timeout(struct sim *sim, void *object, uint64_t serial)
{
    struct request *request = object;

    (void)serial;
    if (request->driver && !request->answered) {
        request->err = (struct err){0};
        request->revision[0] = '\0';
        request->computed = true;
        err_set(&request->err, ERR_NETWORK,
                "the simulated cluster did not answer within %d s; whether it was done is unknown",
                WIRE_TIMEOUT_MS / 1000);
        answer(sim, request);
    }
    wire_release(sim, request);
}

static bool is_write(const struct request *request)
{
    return request->kind == REQUEST_ACT || request->kind == REQUEST_FENCE ||
           request->kind == REQUEST_LEDGER_PUT;
}

/* Nothing answers: reads are tried again for a while, writes are not. */
static void on_arrive(struct sim *sim, void *object, uint64_t serial);
static void meet_silence(struct sim *sim, struct request *request)
{
    if (is_write(request))
        return; /* the timeout is on its way */
    if (++request->tries < WIRE_READ_TRIES) {
        later(sim, request, WIRE_RETRY_MS, on_arrive);
        return;
    }
    err_set(&request->err, ERR_NETWORK, "the simulated cluster does not answer");
    answer(sim, request);
}

static void arrive(struct sim *sim, struct request *request, bool with_answer)
{
    if (sim->unreachable) {
        meet_silence(sim, request);
        return;
    }
    act_apply(sim, request);
    if (with_answer)
        later(sim, request, 1 + sim_roll(sim, 4), on_answer);
}

static void on_arrive(struct sim *sim, void *object, uint64_t serial)
{
    (void)serial;
    arrive(sim, object, true);
    wire_release(sim, object);
}

static void on_arrive_mute(struct sim *sim, void *object, uint64_t serial)
{
    (void)serial;
    arrive(sim, object, false);
    wire_release(sim, object);
}

static void on_arrive_slow(struct sim *sim, void *object, uint64_t serial)
{
    struct request *request = object;

    (void)serial;
    arrive(sim, request, false);
    later(sim, request, WIRE_TIMEOUT_MS - 500, on_answer);
    wire_release(sim, request);
}

/* How long after the timeout a delayed request can still arrive. */
static int64_t late_ms(struct sim *sim, const struct request *request)
{
    const struct driver_caps *caps = &request->driver->caps;

    if (caps->fence)
        return 500 + sim_roll(sim, 5000);
    const int64_t room = caps->settle_ms - WIRE_TIMEOUT_MS - 200; /* settle counts from sending */
    return 100 + sim_roll(sim, (uint32_t)(room > 0 ? room : 1));
}

static void send_write(struct sim *sim, struct request *request, int64_t way_ms)
{
    static const char *const kind[] = {
        [REQUEST_ACT] = "act", [REQUEST_FENCE] = "fence", [REQUEST_LEDGER_PUT] = "ledger"};
    const char *verb = request->kind == REQUEST_ACT ? verb_word[request->action.verb] : "";
    const enum sim_fault fault = sim_fault_of_write(sim, kind[request->kind], verb);

    later(sim, request, WIRE_TIMEOUT_MS, on_timeout);
    if (fault == SIM_LOSE_REQUEST)
        return;
    if (fault == SIM_DELAY_REQUEST) {
        later(sim, request, WIRE_TIMEOUT_MS + late_ms(sim, request), on_arrive_mute);
        return;
    }
    request->overtaken = fault == SIM_CONFLICT || fault == SIM_LEDGER_CONFLICT;
    if (fault == SIM_DUPLICATE_REQUEST)
        later(sim, request, way_ms + 100 + sim_roll(sim, 1500), on_arrive_mute);
    later(sim, request, way_ms,
          fault == SIM_LOSE_ANSWER    ? on_arrive_mute
          : fault == SIM_DELAY_ANSWER ? on_arrive_slow
                                      : on_arrive);
}

void wire_send(struct request *request)
{
    struct sim *sim = request->driver->sim;
    const int64_t way_ms = 1 + sim_roll(sim, 6);

    if (is_write(request))
        send_write(sim, request, way_ms);
    else
        later(sim, request, way_ms, on_arrive);
}
