/* driver.c: the slots of the simulator's driver.
 *
 * A driver sleeps on its own loop: a timer for the next event of the cluster, and
 * a pipe by which others (an operator on another loop, a test) wake it. */
#include "drivers/sim/queue.h"
#include "drivers/sim/wire.h"

#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_timer(void *arg);

static void arm(struct sim_driver *driver)
{
    struct sim *sim = driver->sim;

    loop_cancel(driver->timer);
    driver->timer = NULL;
    pthread_mutex_lock(&sim->lock);
    int64_t next = sim_next_ms(sim);
    const int64_t now = clock_now_ms(sim->clock);
    if (driver->following && (next < 0 || driver->beat_ms < next))
        next = driver->beat_ms;
    if (driver->facts_ms && (next < 0 || driver->facts_ms < next))
        next = driver->facts_ms;
    if (driver->inbox)
        next = now;
    driver->armed_ms = next;
    pthread_mutex_unlock(&sim->lock);
    if (next >= 0)
        driver->timer = loop_after(driver->base.env.loop, next - now, on_timer, driver);
}

static void finish_close(struct sim_driver *driver)
{
    struct sim *sim = driver->sim;

    close(driver->pipe[0]);
    close(driver->pipe[1]);
    free(driver->told_services);
    free(driver);
    sim_unref(sim);
}

static void turn(struct sim_driver *driver)
{
    driver->depth++;
    stream_deliver(driver);
    driver->depth--;
    if (!driver->closed)
        arm(driver);
    else if (driver->depth == 0)
        finish_close(driver);
}

static void on_timer(void *arg)
{
    struct sim_driver *driver = arg;

    driver->timer = NULL;
    turn(driver);
}

static void on_pipe(int fd, unsigned ready, void *arg)
{
    struct sim_driver *driver = arg;
    char byte;
    ssize_t n;

    (void)ready;
    pthread_mutex_lock(&driver->sim->lock);
    n = read(fd, &byte, 1); /* there is one: `signaled` */
    (void)n;
    driver->signaled = false;
    pthread_mutex_unlock(&driver->sim->lock);
    turn(driver);
}

static struct driver *sim_open(const struct driver_env *env, struct err *err)
{
    static const char *const people[] = {"ann", "bob", "cleo", "dan"};
    const struct cluster_config *config = env->config;
    struct sim *sim = config->shared ? sim_ref(config->shared)
                                     : sim_new(config->endpoint ? config->endpoint : "",
                                               config->seed, loop_clock(env->loop), err);

    if (!sim)
        return NULL;
    struct sim_driver *driver = xcalloc(1, sizeof *driver);
    driver->base = (struct driver){&driver_sim, *env};
    driver->sim = sim;
    driver->inbox_tail = &driver->inbox;
    driver->armed_ms = -1;
    driver->caps = (struct driver_caps){
        .fence = !sim->scenario->no_fence,
        .settle_ms = config->settle_ms > 0 ? config->settle_ms : WIRE_SETTLE_MS,
        .ledger = !sim->scenario->no_ledger,
        .measures = true,
        .drift_note = "",
    };
    if (pipe(driver->pipe))
        fatal("pipe: no file descriptors left");
    for (int i = 0; i < 2; i++) {
        fcntl(driver->pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(driver->pipe[i], F_SETFL, O_NONBLOCK);
    }
    driver->watch = loop_watch(env->loop, driver->pipe[0], LOOP_READ, on_pipe, driver);
    driver->told_services = xcalloc(sim->service_count, sizeof *driver->told_services);
    sim_lock(sim);
    snprintf(driver->who, sizeof driver->who, "%s", people[sim->operators++ % ARRAY_LEN(people)]);
    driver->next = sim->drivers;
    sim->drivers = driver;
    sim_unlock(sim);
    return &driver->base;
}

static struct sim_driver *of(const struct driver *base)
{
    return (struct sim_driver *)(uintptr_t)base;
}

static void sim_close(struct driver *base)
{
    struct sim_driver *driver = of(base);
    struct sim *sim = driver->sim;

    sim_drop_log(driver);
    pthread_mutex_lock(&sim->lock);
    for (struct sim_driver **at = &sim->drivers; *at; at = &(*at)->next)
        if (*at == driver) {
            *at = driver->next;
            break;
        }
    wire_forget_driver(driver);
    pthread_mutex_unlock(&sim->lock);
    loop_cancel(driver->timer);
    loop_unwatch(driver->watch);
    driver->timer = NULL;
    driver->closed = true;
    if (driver->depth == 0)
        finish_close(driver);
}

static const struct driver_caps *sim_caps(const struct driver *base)
{
    return &of(base)->caps;
}

static void sim_follow(struct driver *base)
{
    struct sim_driver *driver = of(base);

    sim_lock(driver->sim);
    driver->following = true;
    driver->state = CLUSTER_CONNECTING;
    driver->facts_ms = driver->beat_ms = driver->sim->now_ms + 1;
    sim_unlock(driver->sim);
    arm(driver);
}

static void sim_focus(struct driver *base, const char *service_id)
{
    struct sim_driver *driver = of(base);

    sim_lock(driver->sim);
    struct sim_service *before = sim_find_service(driver->sim, driver->focus);
    snprintf(driver->focus, sizeof driver->focus, "%s", service_id ? service_id : "");
    struct sim_service *now = sim_find_service(driver->sim, driver->focus);
    if (before && before != now)
        sim_touch(driver->sim, before);
    if (now && before != now)
        sim_touch(driver->sim, now);
    sim_unlock(driver->sim);
}

/* Locks the cluster; send unlocks it. */
static struct request *prepare(struct driver *base, enum request_kind kind, const char *object,
                               void *arg)
{
    struct sim_driver *driver = of(base);

    sim_lock(driver->sim);
    struct request *request = wire_request(driver, kind, arg);
    snprintf(request->object, sizeof request->object, "%s", object);
    request->focus = strcmp(object, driver->focus) == 0;
    return request;
}

static void send(struct driver *base, struct request *request)
{
    wire_send(request);
    sim_unlock(of(base)->sim);
}

static void sim_read(struct driver *base, const char *service_id, driver_read_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_READ, service_id, arg);

    request->fn.read = fn;
    send(base, request);
}

static void copy_raw(char *out, size_t size, const json_t *memo, const char *key)
{
    const char *text = memo ? json_raw(json_object_get(memo, key)) : NULL;

    if (text)
        snprintf(out, size, "%s", text);
}

/* A memo of an earlier release names another version. */
static bool is_of(const json_t *memo, const char *version)
{
    const char *text = memo ? json_raw(json_object_get(memo, "version")) : NULL;

    return text && strcmp(text, version) == 0;
}

static void sim_act(struct driver *base, const struct action *action, const json_t *memo,
                    driver_act_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_ACT, action->service, arg);

    request->fn.act = fn;
    request->action = *action;
    if (action->verb == VERB_ROLLBACK) {
        snprintf(request->back_artifact, sizeof request->back_artifact, "%s", action->artifact);
        if (request->action.to[0] == '\0')
            copy_raw(request->action.to, sizeof request->action.to, memo, "version");
        if (is_of(memo, request->action.to))
            copy_raw(request->back_artifact, sizeof request->back_artifact, memo, "artifact");
    }
    send(base, request);
}

static void sim_fence(struct driver *base, const char *service_id, const char *revision,
                      driver_act_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_FENCE, service_id, arg);

    request->fn.act = fn;
    snprintf(request->expected, sizeof request->expected, "%s", revision);
    send(base, request);
}

static void sim_ledger_get(struct driver *base, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_LEDGER_GET, key, arg);

    request->fn.ledger = fn;
    send(base, request);
}

static void sim_ledger_put(struct driver *base, const char *key, const char *text,
                           const char *expected, driver_ledger_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_LEDGER_PUT, key, arg);

    request->fn.ledger = fn;
    request->text = xstrdup(text);
    snprintf(request->expected, sizeof request->expected, "%s", expected);
    send(base, request);
}

static void sim_ledger_list(struct driver *base, driver_list_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_LEDGER_LIST, "", arg);

    request->fn.list = fn;
    send(base, request);
}

static void sim_permissions(struct driver *base, driver_permissions_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_PERMISSIONS, "", arg);

    request->fn.permissions = fn;
    send(base, request);
}

static bool sim_describe(struct driver *base, const char *service_id,
                         const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                         struct err *err)
{
    (void)base, (void)service_id, (void)artifact;
    return err_set(err, ERR_UNSUPPORTED,
                   "%s: a simulated cluster reads no manifests; name the version alone",
                   manifest->file);
}

static void sim_history(struct driver *base, driver_history_fn *fn, void *arg)
{
    struct request *request = prepare(base, REQUEST_HISTORY, "", arg);

    request->fn.history = fn;
    send(base, request);
}

const struct driver_ops driver_sim = {
    .name = "sim",
    .open = sim_open,
    .close = sim_close,
    .caps = sim_caps,
    .follow = sim_follow,
    .focus = sim_focus,
    .read = sim_read,
    .plan = sim_plan,
    .settled = sim_settled,
    .act = sim_act,
    .fence = sim_fence,
    .ledger_get = sim_ledger_get,
    .ledger_put = sim_ledger_put,
    .ledger_list = sim_ledger_list,
    .permissions = sim_permissions,
    .log = sim_log,
    .describe = sim_describe,
    .history = sim_history,
    .measure = sim_measure,
};
