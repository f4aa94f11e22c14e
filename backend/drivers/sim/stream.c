/* stream.c: what a driver of the simulator tells its sink, and its answers.
 *
 * Everything to tell is gathered under the lock and told without it, so that a
 * callback may call any slot, close included. */
#include "drivers/sim/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEAT_MS = 1000, GATHER_MS = 10, STALE_MS = 2500 };

struct bundle {
    bool state_changed, synced, fresh;
    enum cluster_state state;
    struct err why;
    const struct service **services;
    const struct sim_service **gone;
    struct node *nodes;
    struct sim_news *news;
    const char **keys;
    size_t service_count, gone_count, node_count, news_count, key_count;
    size_t service_cap, gone_cap, node_cap, news_cap, key_cap;
};

static void gather_services(struct sim_driver *driver, struct bundle *bundle)
{
    struct sim *sim = driver->sim;

    for (size_t i = 0; i < sim->service_count; i++) {
        const struct sim_service *service = &sim->services[i];
        if (service->changed <= driver->seen)
            continue;
        if (service->gone && driver->told_services[i]) {
            ARRAY_RESERVE(bundle->gone, bundle->gone_cap, bundle->gone_count + 1);
            bundle->gone[bundle->gone_count++] = service;
        } else if (!service->gone) {
            ARRAY_RESERVE(bundle->services, bundle->service_cap, bundle->service_count + 1);
            bundle->services[bundle->service_count++] =
                sim_facts(sim, service, driver->base.env.config->name,
                          strcmp(service->id, driver->focus) == 0);
        }
        driver->told_services[i] = !service->gone;
    }
}

static void gather_rest(struct sim_driver *driver, struct bundle *bundle)
{
    struct sim *sim = driver->sim;

    for (size_t i = 0; i < sim->node_count; i++)
        if (sim->nodes[i].changed > driver->seen) {
            ARRAY_RESERVE(bundle->nodes, bundle->node_cap, bundle->node_count + 1);
            bundle->nodes[bundle->node_count++] =
                sim_node_facts(&sim->nodes[i], driver->base.env.config->name);
        }
    for (const struct sim_record *r = sim->records; r; r = r->next)
        if (r->changed > driver->seen) {
            ARRAY_RESERVE(bundle->keys, bundle->key_cap, bundle->key_count + 1);
            bundle->keys[bundle->key_count++] = r->key;
        }
    if (sim->news_count - driver->news_seen > SIM_NEWS_MAX)
        driver->news_seen = sim->news_count - SIM_NEWS_MAX;
    for (; driver->news_seen < sim->news_count; driver->news_seen++) {
        ARRAY_RESERVE(bundle->news, bundle->news_cap, bundle->news_count + 1);
        bundle->news[bundle->news_count++] = sim->news[driver->news_seen % SIM_NEWS_MAX];
    }
}

static void gather_silence(struct sim_driver *driver, struct bundle *bundle)
{
    const bool stale =
        driver->state == CLUSTER_LIVE && driver->sim->now_ms - driver->heard_ms >= STALE_MS;

    if (!stale && (driver->state != CLUSTER_CONNECTING || driver->told_why))
        return;
    if (stale)
        driver->state = CLUSTER_STALE;
    driver->told_why = true;
    bundle->state_changed = true;
    bundle->state = driver->state;
    err_set(&bundle->why, ERR_NETWORK, "the simulated cluster does not answer");
}

/* With the lock. */
static void gather(struct sim_driver *driver, struct bundle *bundle)
{
    struct sim *sim = driver->sim;

    driver->facts_ms = 0;
    if (sim->unreachable) {
        gather_silence(driver, bundle);
        return;
    }
    if (driver->state != CLUSTER_LIVE) {
        driver->state = bundle->state = CLUSTER_LIVE;
        bundle->state_changed = true;
        bundle->synced = true;
        driver->seen = 0;
    }
    gather_services(driver, bundle);
    gather_rest(driver, bundle);
    driver->seen = sim->change;
    driver->heard_ms = sim->now_ms;
    driver->beat_ms = sim->now_ms + BEAT_MS;
    bundle->fresh = true;
}

static void tell_objects(struct sim_driver *driver, struct bundle *bundle)
{
    const struct driver_sink *sink = &driver->base.env.sink;

    for (size_t i = 0; i < bundle->node_count && !driver->closed; i++)
        sink->node(sink->arg, &bundle->nodes[i]);
    for (size_t i = 0; i < bundle->service_count; i++) {
        if (driver->closed)
            service_unref(bundle->services[i]);
        else
            sink->service(sink->arg, bundle->services[i]);
    }
    for (size_t i = 0; i < bundle->gone_count && !driver->closed; i++)
        sink->service_gone(sink->arg, bundle->gone[i]->id);
}

static void tell(struct sim_driver *driver, struct bundle *bundle)
{
    const struct driver_sink *sink = &driver->base.env.sink;

    if (bundle->state_changed && !driver->closed)
        sink->state(sink->arg, bundle->state, bundle->why.code ? &bundle->why : NULL);
    tell_objects(driver, bundle);
    for (size_t i = 0; i < bundle->news_count && !driver->closed; i++) {
        const struct sim_news *news = &bundle->news[i];
        sink->event(sink->arg, news->service ? news->service->id : "", news->text);
    }
    for (size_t i = 0; i < bundle->key_count && !driver->closed; i++)
        sink->ledger_changed(sink->arg, bundle->keys[i]);
    if (bundle->synced && !driver->closed)
        sink->synced(sink->arg);
    if (bundle->fresh && !driver->closed)
        sink->fresh(sink->arg);
    free(bundle->services);
    free(bundle->gone);
    free(bundle->nodes);
    free(bundle->news);
    free(bundle->keys);
}

static void tell_permissions(const struct sim_driver *driver, const struct request *request,
                             const struct err *err)
{
    const bool read_only = driver->base.env.config->read_only;
    const bool forbidden = request->forbidden;
    static const struct driver_denial no_further = {
        .verbs = 1u << VERB_START | 1u << VERB_STEP | 1u << VERB_RESUME,
        .kind = "service",
        .scope = "",
        .missing = "update services forward",
    };
    static const struct driver_denial elsewhere = {
        .verbs = ~0u, .kind = "", .scope = "elsewhere", .missing = "update services in elsewhere"};
    const struct driver_denial denials[] = {elsewhere, no_further};
    const struct driver_permissions permissions = {
        .who = driver->who,
        .verified = true,
        .may_view = true,
        .may_act = !read_only && !forbidden,
        .missing = forbidden ? "update services" : "",
        .denials = denials,
        .denial_count = request->denied ? ARRAY_LEN(denials) : 0,
    };

    request->fn.permissions(request->arg, err ? NULL : &permissions, err);
}

static void tell_answer(struct sim_driver *driver, struct request *request)
{
    const struct err *err = request->err.code ? &request->err : NULL;

    switch (request->kind) {
    case REQUEST_READ:
        request->fn.read(request->arg, request->service, err);
        break;
    case REQUEST_ACT:
    case REQUEST_FENCE:
        request->fn.act(request->arg, request->revision, err);
        break;
    case REQUEST_LEDGER_GET:
        request->fn.ledger(request->arg, request->got, request->revision, err);
        break;
    case REQUEST_LEDGER_PUT:
        request->fn.ledger(request->arg, err ? NULL : request->text, request->revision, err);
        break;
    case REQUEST_LEDGER_LIST:
        request->fn.list(request->arg, request->keys, request->key_count, err);
        break;
    case REQUEST_PERMISSIONS:
        tell_permissions(driver, request, err);
        break;
    case REQUEST_HISTORY:
        request->fn.history(request->arg, err ? NULL : request->pasts, request->past_count, err);
        break;
    }
}

static struct request *take_answers(struct sim_driver *driver)
{
    struct request *first = driver->inbox;

    driver->inbox = NULL;
    driver->inbox_tail = &driver->inbox;
    return first;
}

void stream_deliver(struct sim_driver *driver)
{
    struct sim *sim = driver->sim;
    struct bundle bundle = {0};

    sim_lock(sim);
    struct request *answers = take_answers(driver);
    if (driver->following && !sim_is_cut(sim, driver) && sim->change > driver->seen &&
        !driver->facts_ms)
        driver->facts_ms = sim->now_ms + GATHER_MS;
    if (driver->following &&
        ((driver->facts_ms && sim->now_ms >= driver->facts_ms) || sim->now_ms >= driver->beat_ms))
        gather(driver, &bundle);
    if (driver->beat_ms <= sim->now_ms)
        driver->beat_ms = sim->now_ms + BEAT_MS;
    sim_unlock(sim);

    tell(driver, &bundle);
    for (struct request *next; answers; answers = next) {
        next = answers->inbox;
        answers->inbox = NULL;
        if (!driver->closed)
            tell_answer(driver, answers);
        sim_lock(sim);
        wire_release(sim, answers);
        sim_unlock(sim);
    }
}
