/* nomad.c: HashiCorp Nomad as a driver: what it can do, opening and closing. */
#include "drivers/nomad/client.h"

#include "base/file.h"
#include "base/json.h"
#include "drivers/nomad/address.h"
#include "drivers/nomad/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIFT_NOTE                                                                                 \
    "every old allocation that is placed anew (crash, drain, lost node) comes back on the new "    \
    "version once the canaries are promoted; a registration by somebody else moves as many as "    \
    "the last step did"

static const char *text_or(const char *text, const char *fallback)
{
    return text && text[0] ? text : fallback;
}

/* The first line of the token's file; "" where there is none. Yours. */
static char *read_token(const struct cluster_config *config, struct err *err)
{
    if (config->token && config->token[0])
        return xstrdup(config->token);
    if (!config->token_file || !config->token_file[0])
        return xstrdup("");
    return file_read_token(config->token_file, err);
}

static struct http *connect_to(const struct driver_env *env, const struct nomad_address *address,
                               struct err *err)
{
    const struct cluster_config *config = env->config;
    char *token = read_token(config, err);
    char *header = token && token[0] ? xasprintf("X-Nomad-Token: %s", token) : NULL;
    const char *const headers[] = {header, NULL};
    const struct http_config http = {
        .base_url = address->url,
        .unix_socket = address->unix_socket,
        .ca_file = config->ca_file,
        .cert_file = config->cert_file,
        .key_file = config->key_file,
        .server_name = text_or(config->server_name, ""),
        .proxy_url = "",
        .headers = header ? headers : NULL,
        .read_only = config->read_only,
        .connect_ms = NOMAD_CONNECT_MS,
        .total_ms = NOMAD_TOTAL_MS,
        .body_max = JSON_BODY_MAX,
    };

    http_init();
    struct http *client = token ? http_new(env->loop, &http, err) : NULL;
    free(header);
    free(token);
    return client;
}

static struct driver *nomad_open(const struct driver_env *env, struct err *err)
{
    const struct cluster_config *config = env->config;
    bool tls = config->ca_file[0] || config->cert_file[0];
    struct nomad_address address;

    if (!nomad_address_parse(config->endpoint, tls, &address, err))
        return NULL;
    struct http *client = connect_to(env, &address, err);
    if (!client)
        return NULL;
    struct nomad *nomad = xcalloc(1, sizeof *nomad);
    nomad->base = (struct driver){&driver_nomad, *env};
    nomad->caps = (struct driver_caps){
        .settle_ms = config->settle_ms > 0 ? config->settle_ms : NOMAD_SETTLE_MS,
        .ledger = true,
        .drift_note = DRIFT_NOTE,
    };
    nomad->http = client;
    nomad->returns = nomad_returns_new();
    snprintf(nomad->socket, sizeof nomad->socket, "%s", address.unix_socket);
    snprintf(nomad->region, sizeof nomad->region, "%s", text_or(config->region, ""));
    snprintf(nomad->space, sizeof nomad->space, "%s", text_or(config->namespaces, "*"));
    return &nomad->base;
}

static void forget_read(struct kept_read *kept)
{
    nomad_look_free(kept->look);
    *kept = (struct kept_read){0};
}

static void nomad_close(struct driver *driver)
{
    struct nomad *nomad = nomad_of(driver);

    nomad_log(driver, NULL, NULL);
    nomad_unfollow(nomad);
    http_free(nomad->http);
    ops_drop_all(&nomad->ops);
    for (size_t i = 0; i < NOMAD_KEPT_READS; i++)
        forget_read(&nomad->kept[i]);
    nomad_returns_free(nomad->returns);
    free(nomad);
}

static const struct driver_caps *nomad_caps(const struct driver *driver)
{
    return &((const struct nomad *)(const void *)driver)->caps;
}

const char *nomad_home_space(const struct nomad *nomad)
{
    return strcmp(nomad->space, "*") == 0 ? "default" : nomad->space;
}

const struct kept_read *nomad_keep(struct nomad *nomad, struct nomad_look *look,
                                   const struct nomad_group *group, const struct service *service)
{
    for (size_t i = 0; i < NOMAD_KEPT_READS; i++) /* one of each service: the newest */
        if (nomad->kept[i].look && strcmp(nomad->kept[i].id, service->id) == 0)
            forget_read(&nomad->kept[i]);
    struct kept_read *slot = &nomad->kept[nomad->kept_next++ % NOMAD_KEPT_READS];
    forget_read(slot);
    slot->look = look;
    slot->group = group;
    snprintf(slot->id, sizeof slot->id, "%s", service->id);
    snprintf(slot->revision, sizeof slot->revision, "%s", service->revision);
    return slot;
}

const struct kept_read *nomad_kept(struct nomad *nomad, const char *id, const char *revision)
{
    for (size_t i = 0; i < NOMAD_KEPT_READS; i++) {
        const struct kept_read *kept = &nomad->kept[i];
        if (kept->look && strcmp(kept->id, id) == 0 && strcmp(kept->revision, revision) == 0)
            return kept;
    }
    return NULL;
}

static bool plan(struct driver *driver, const struct service *service, const json_t *memo,
                 struct action *action, json_t **new_memo, struct err *err)
{
    const struct kept_read *from = nomad_kept(nomad_of(driver), service->id, service->revision);

    if (!from)
        return err_set(err, ERR_CONFLICT, "%s has not been read just now; look again",
                       service->name);
    return nomad_plan(&from->look->sight, from->group, service, memo, action, new_memo, err);
}

static bool settled(struct driver *driver, const struct service *service,
                    const struct action *action)
{
    (void)driver;
    return nomad_settled(service, action);
}

/* A registration that changes nothing is dropped, and one that changes anything moves what waits
 * in a rollout: nothing is neutral. */
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
    err_set(&err, ERR_UNSUPPORTED, "Nomad has no write that moves nothing");
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
    nomad_op_begin(nomad_of(driver), &fence->op, NULL);
    nomad_client_later(nomad_of(driver), 0, end_fence, fence);
}

static bool describe(struct driver *driver, const char *service_id,
                     const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                     struct err *err)
{
    (void)driver, (void)service_id, (void)artifact;
    return err_set(err, ERR_UNSUPPORTED,
                   "%s: a Nomad job cannot be released from a file yet; name the version, and the "
                   "image or artifact by --image",
                   manifest->file);
}

const struct driver_ops driver_nomad = {
    .name = "nomad",
    .open = nomad_open,
    .close = nomad_close,
    .caps = nomad_caps,
    .follow = nomad_follow,
    .focus = nomad_focus,
    .read = nomad_read,
    .plan = plan,
    .settled = settled,
    .act = nomad_act,
    .fence = fence,
    .ledger_get = nomad_ledger_get,
    .ledger_put = nomad_ledger_put,
    .ledger_list = nomad_ledger_list,
    .permissions = nomad_permissions,
    .log = nomad_log,
    .describe = describe,
    .history = nomad_history,
    .measure = driver_measures_nothing,
};
