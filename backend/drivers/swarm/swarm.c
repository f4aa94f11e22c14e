/* swarm.c: Docker Swarm as a driver: what it can do, opening and closing.
 *
 * Whoever can use the engine's socket is root on its machine: there is no identity
 * to ask for, so `who` is the user of this machine, unverified. */
#include "drivers/swarm/client.h"

#include "base/json.h"
#include "drivers/swarm/endpoint.h"
#include "drivers/swarm/ghosts.h"
#include "drivers/swarm/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIFT_NOTE                                                                                 \
    "a restart or change of the leading manager moves one more task, and every old task that is "  \
    "re-created (crash, drain, lost node, scaling) comes back on the new version"

static struct driver *swarm_open(const struct driver_env *env, struct err *err)
{
    const struct cluster_config *config = env->config;
    bool tls = config->ca_file[0] || config->cert_file[0];
    struct endpoint endpoint;

    if (!endpoint_parse(config->endpoint, tls, &endpoint, err))
        return NULL;
    http_init();
    const struct http_config http = {
        .base_url = endpoint.url,
        .unix_socket = endpoint.unix_socket,
        .ca_file = config->ca_file,
        .cert_file = config->cert_file,
        .key_file = config->key_file,
        .server_name = "",
        .proxy_url = "",
        .read_only = config->read_only,
        .connect_ms = SWARM_CONNECT_MS,
        .total_ms = SWARM_TOTAL_MS,
        .body_max = JSON_BODY_MAX,
    };
    struct http *client = http_new(env->loop, &http, err);
    if (!client)
        return NULL;
    struct swarm *swarm = xcalloc(1, sizeof *swarm);
    swarm->base = (struct driver){&driver_swarm, *env};
    swarm->caps = (struct driver_caps){
        .settle_ms = config->settle_ms > 0 ? config->settle_ms : SWARM_SETTLE_MS,
        .ledger = true,
        .drift_note = DRIFT_NOTE,
    };
    swarm->http = client;
    swarm->ghosts = ghosts_new();
    snprintf(swarm->socket, sizeof swarm->socket, "%s", endpoint.unix_socket);
    return &swarm->base;
}

static void forget_read(struct kept_read *kept)
{
    json_decref(kept->raw);
    arena_free(kept->arena);
    *kept = (struct kept_read){0};
}

static void swarm_close(struct driver *driver)
{
    struct swarm *swarm = swarm_of(driver);

    swarm_log(driver, NULL, NULL);
    swarm_unfollow(swarm);
    http_free(swarm->http);
    ops_drop_all(&swarm->ops);
    for (size_t i = 0; i < SWARM_KEPT_READS; i++)
        forget_read(&swarm->kept[i]);
    ghosts_free(swarm->ghosts);
    free(swarm);
}

static const struct driver_caps *swarm_caps(const struct driver *driver)
{
    return &((const struct swarm *)(const void *)driver)->caps;
}

const struct swarm_service *swarm_keep(struct swarm *swarm, json_t *raw, struct err *err)
{
    struct kept_read read = {.raw = raw, .arena = arena_new(512)};

    if (!swarm_decode_service(raw, read.arena, &read.service, err)) {
        forget_read(&read);
        return NULL;
    }
    for (size_t i = 0; i < SWARM_KEPT_READS; i++) /* one of each service: the newest */
        if (swarm->kept[i].raw && strcmp(swarm->kept[i].service.id, read.service.id) == 0)
            forget_read(&swarm->kept[i]);
    struct kept_read *slot = &swarm->kept[swarm->kept_next++ % SWARM_KEPT_READS];
    forget_read(slot);
    *slot = read;
    return &slot->service;
}

const struct swarm_service *swarm_kept(struct swarm *swarm, const char *id, const char *revision)
{
    char text[SWARM_REVISION_TEXT];

    for (size_t i = 0; i < SWARM_KEPT_READS; i++) {
        const struct swarm_service *service = &swarm->kept[i].service;
        if (swarm->kept[i].raw && strcmp(service->id, id) == 0 &&
            strcmp(swarm_revision(service, text), revision) == 0)
            return service;
    }
    return NULL;
}

static bool plan(struct driver *driver, const struct service *service, const json_t *memo,
                 struct action *action, json_t **new_memo, struct err *err)
{
    const struct swarm_service *from = swarm_kept(swarm_of(driver), service->id, service->revision);

    if (!from)
        return err_set(err, ERR_CONFLICT, "%s has not been read just now; look again",
                       service->name);
    return swarm_plan(from, service, memo, action, new_memo, err);
}

static bool settled(struct driver *driver, const struct service *service,
                    const struct action *action)
{
    (void)driver;
    return swarm_settled(service, action);
}

/* Any difference in a Spec starts an updater: nothing is neutral while a rollout is parked. */
struct fence {
    struct op op;
    driver_act_fn *fn;
    void *arg;
};

static void end_fence(void *arg)
{
    struct fence *fence = arg;
    driver_act_fn *fn = fence->fn;
    void *fn_arg = fence->arg;
    struct err err = {0};

    op_end(&fence->op);
    err_set(&err, ERR_UNSUPPORTED, "a swarm has no write that moves nothing");
    fn(fn_arg, "", &err);
}

static void fence(struct driver *driver, const char *service_id, const char *revision,
                  driver_act_fn *fn, void *arg)
{
    struct fence *fence = xcalloc(1, sizeof *fence);

    (void)service_id;
    (void)revision;
    fence->fn = fn;
    fence->arg = arg;
    swarm_op_begin(swarm_of(driver), &fence->op, NULL);
    client_later(swarm_of(driver), 0, end_fence, fence);
}

static bool describe(struct driver *driver, const char *service_id,
                     const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                     struct err *err)
{
    (void)driver, (void)service_id, (void)artifact;
    return err_set(err, ERR_UNSUPPORTED,
                   "%s: a swarm has no files of its own for one service; name the version, and the "
                   "image by --image",
                   manifest->file);
}

/* What was before the last change is all that a swarm keeps. */
struct no_history {
    struct op op;
    driver_history_fn *fn;
    void *arg;
};

static void end_history(void *arg)
{
    struct no_history *none = arg;
    driver_history_fn *fn = none->fn;
    void *fn_arg = none->arg;
    struct err err = {0};

    op_end(&none->op);
    err_set(&err, ERR_UNSUPPORTED,
            "a swarm keeps only the version before the last change: there is no history in it");
    fn(fn_arg, NULL, 0, &err);
}

static void history(struct driver *driver, driver_history_fn *fn, void *arg)
{
    struct no_history *none = xcalloc(1, sizeof *none);

    none->fn = fn;
    none->arg = arg;
    swarm_op_begin(swarm_of(driver), &none->op, NULL);
    client_later(swarm_of(driver), 0, end_history, none);
}

const struct driver_ops driver_swarm = {
    .name = "swarm",
    .open = swarm_open,
    .close = swarm_close,
    .caps = swarm_caps,
    .follow = swarm_follow,
    .focus = swarm_focus,
    .read = swarm_read,
    .plan = plan,
    .settled = settled,
    .act = swarm_act,
    .fence = fence,
    .ledger_get = swarm_ledger_get,
    .ledger_put = swarm_ledger_put,
    .ledger_list = swarm_ledger_list,
    .permissions = swarm_permissions,
    .log = swarm_log,
    .describe = describe,
    .history = history,
    .measure = driver_measures_nothing,
};
