/* credentials.c: see credentials.h: what is known now, when it is read again, who waits for it.
 *
 * A failure is never kept: the next question reads the files again, so that a login in another
 * window is noticed without a restart. */
#include "drivers/kubernetes/credentials.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/credentials_private.h"
#include "drivers/kubernetes/credentials_proxy.h"
#include "drivers/kubernetes/permissions_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL counts as "". */
static char *keep(const char *text)
{
    return xstrdup(text ? text : "");
}

/* Whether two readings of a kubeconfig lead to the same server in the same way. */
static bool same_server(const struct kube_cluster *a, const struct kube_cluster *b)
{
    return strcmp(a->server, b->server) == 0 &&
           strcmp(a->tls_server_name, b->tls_server_name) == 0 &&
           strcmp(a->proxy_url, b->proxy_url) == 0 && a->insecure == b->insecure;
}

/* (Re)reads the kubeconfig. What was read before stays when that fails. */
static bool load(struct kube_access *access, struct err *err)
{
    struct kubeconfig *fresh;
    struct kube_context context;

    if (access->account_arena) {
        kube_account_read(access);
        return true;
    }
    fresh = kubeconfig_load(access->file, err);
    bool any = !access->context_name[0] || strcmp(access->context_name, "in-cluster") == 0;
    if (!fresh && err->code == ERR_NONE && any && kube_account_is_there(access)) {
        kube_account_read(access);
        return true;
    }
    if (!fresh)
        return err_set(err, ERR_CONFIG,
                       "there is no kubeconfig: set KUBECONFIG, write ~/.kube/config, or name one "
                       "with --kubeconfig");
    if (!kubeconfig_find(fresh, access->context_name, &context, err)) {
        kubeconfig_free(fresh);
        return false;
    }
    if (access->kubeconfig && !same_server(&context.cluster, &access->context.cluster)) {
        err_set(err, ERR_CONFIG,
                "%s: context '%s' now leads to another server, %.100s; start again", context.file,
                context.name, context.cluster.server);
        kubeconfig_free(fresh);
        return false;
    }
    kubeconfig_free(access->kubeconfig);
    access->kubeconfig = fresh;
    access->context = context;
    return true;
}

/* The place. */

static void split_namespaces(struct kube_access *access, const char *list)
{
    const char **names = arena_alloc(access->arena, strlen(list) + 1, sizeof *names);

    while (*list) {
        list += strspn(list, ", ");
        size_t len = strcspn(list, ", ");
        if (len)
            names[access->place.namespace_count++] =
                text_clean(access->arena, list, len, TEXT_NAME_MAX);
        list += len;
    }
    access->place.namespaces = names;
}

static const char *why_view_only(const struct kube_access *access)
{
    const struct kube_cluster *cluster = &access->context.cluster;

    if (cluster->insecure)
        return arena_printf(access->arena,
                            "insecure-skip-tls-verify: nobody checks that this is the cluster; "
                            "give its certificate-authority in %s to act",
                            cluster->file);
    if (!access->tls && !proxy_is_loopback(cluster->server))
        return "plain http over a network: anybody on the way could answer; use https to act";
    return "";
}

static const char *name_user(struct kube_access *access)
{
    const struct kube_user *user = &access->context.user;

    if (user->as && user->as[0])
        return text_clean(access->arena, user->as, strlen(user->as), TEXT_NAME_MAX);
    return user->name[0] ? arena_strdup(access->arena, user->name) : "nobody named";
}

static void fill_place(struct kube_access *access, const struct cluster_config *config)
{
    const struct kube_context *context = &access->context;
    struct proxy_environment env = proxy_environment();
    struct arena *arena = access->arena;

    access->tls = strncmp(context->cluster.server, "https://", 8) == 0;
    access->proxy = context->cluster.proxy_url[0]
                        ? arena_strdup(arena, context->cluster.proxy_url)
                        : proxy_choose(arena, &env, context->cluster.server);
    access->server = arena_strdup(arena, context->cluster.server);
    access->place.context = arena_strdup(arena, context->name);
    access->place.file = arena_strdup(arena, context->file);
    access->place.server =
        text_clean(arena, context->cluster.server, strlen(context->cluster.server), 300);
    access->place.user = name_user(access);
    access->place.proxy = proxy_without_password(arena, access->proxy);
    access->place.namespace =
        context->scope && context->scope[0] ? arena_strdup(arena, context->scope) : "default";
    split_namespaces(access, config->namespaces ? config->namespaces : "");
    access->place.version = "";
    access->place.view_only = why_view_only(access);
    access->place.read_only = config->read_only || access->place.view_only[0];
}

/* Waiters. */

static void deliver(void *arg)
{
    struct kube_access *access = arg;
    struct waiter *list = access->waiters;
    struct err err = access->err;

    access->timer = NULL;
    access->waiters = NULL;
    while (list) {
        struct waiter *w = list;
        bool gone = false;
        list = w->next;
        access->rest = list;
        access->gone = &gone;
        w->fn(w->arg, err.code == ERR_NONE ? access->http : NULL, &err);
        free(w);
        if (gone)
            return;
        list = access->rest;
    }
    access->rest = NULL;
    access->gone = NULL;
}

static void deliver_soon(struct kube_access *access)
{
    if (!access->timer)
        access->timer = loop_after(access->loop, 0, deliver, access);
}

static void on_version(void *arg, const struct http_answer *answer, bool sent,
                       const struct err *failed)
{
    struct kube_access *access = arg;
    struct err err = *failed;
    char version[32] = "";

    (void)sent;
    access->asking = false;
    access->identified =
        err.code == ERR_NONE && kube_server_check(&access->place, answer, version, &err);
    if (access->identified)
        access->place.version = arena_strdup(access->arena, version);
    else
        err_prefix(&err, "context %.60s", access->place.context);
    access->err = err;
    deliver_soon(access);
}

/* A failure is forgotten with the next question, which looks at the files again. */
static void settle(struct kube_access *access, const struct err *err)
{
    if (err->code == ERR_NONE && !access->identified) {
        access->asking = true;
        http_get(access->http, "/version", on_version, access);
        return;
    }
    access->err = *err;
    access->stale = err->code != ERR_NONE;
    if (err->code != ERR_NONE && access->place.context[0])
        err_prefix(&access->err, "context %.60s", access->place.context);
    deliver_soon(access);
}

static void on_exec(void *arg, const struct exec_answer *answer, const struct err *err)
{
    struct kube_access *access = arg;
    struct err wrong = *err;

    access->run = NULL;
    if (answer) {
        arena_free(access->exec_arena);
        access->exec_arena = arena_new(4096);
        access->exec = (struct exec_answer){
            .token = arena_strdup(access->exec_arena, answer->token),
            .cert_pem = arena_strdup(access->exec_arena, answer->cert_pem),
            .key_pem = arena_strdup(access->exec_arena, answer->key_pem),
            .expires_utc_ms = answer->expires_utc_ms,
        };
        access->exec_known = true;
        if (access->renewed_ms >= 0) /* it ran because of a 401 */
            access->renewed_ms = loop_now_ms(access->loop);
        kube_access_apply(access, &wrong);
    }
    settle(access, &wrong);
}

static bool exec_is_due(const struct kube_access *access)
{
    return !access->exec_known ||
           (access->exec.expires_utc_ms >= 0 && clock_utc_ms(loop_clock(access->loop)) >=
                                                    access->exec.expires_utc_ms - EXPIRY_MARGIN_MS);
}

static bool start_exec(struct kube_access *access, struct err *err)
{
    const struct kube_context *context = &access->context;
    struct kube_cluster cluster = context->cluster;
    struct arena *arena = arena_new(4096);
    bool good = true;

    if (context->user.exec.provide_cluster && cluster.ca_file[0]) {
        cluster.ca_pem = kubeconfig_read_file(arena, cluster.ca_file, "certificate-authority", err);
        good = cluster.ca_pem != NULL;
    }
    const struct exec_request request = {
        .exec = &context->user.exec,
        .cluster = &cluster,
        .context = context->name,
        .user = context->user.name,
        .terminal = access->terminal_free,
    };
    if (good)
        access->run = exec_plugin_start(access->loop, &request, on_exec, access);
    arena_free(arena);
    return good;
}

/* The server said no to what we have: everything is read and asked for again, unless that was
 * done a moment ago for somebody whose question was on its way at the same time. */
static bool refresh_all(struct kube_access *access, struct err *err)
{
    int64_t now_ms = loop_now_ms(access->loop);

    if (access->renewed_ms >= 0 && now_ms - access->renewed_ms < REFRESH_REST_MS)
        return true;
    access->stale = true;
    access->exec_known = false;
    access->renewed_ms = now_ms;
    return load(access, err);
}

static void bring_up_to_date(struct kube_access *access, bool refresh)
{
    struct err err = {0};
    bool old = loop_now_ms(access->loop) - access->read_ms >= REREAD_MS;

    if (refresh && !refresh_all(access, &err)) {
        settle(access, &err);
        return;
    }
    if (access->err.code != ERR_NONE && !refresh && access->stale)
        load(access, &err);
    if (err.code == ERR_NONE && kube_access_wants_exec(access) && exec_is_due(access)) {
        if (!start_exec(access, &err))
            settle(access, &err);
        return;
    }
    if (err.code == ERR_NONE && (!access->http || access->stale || (old && access->reread)))
        kube_access_apply(access, &err);
    settle(access, &err);
}

void kube_access_get(struct kube_access *access, bool refresh, kube_access_fn *fn, void *arg)
{
    struct waiter **tail = &access->waiters, *w = xcalloc(1, sizeof *w);

    *w = (struct waiter){.fn = fn, .arg = arg};
    while (*tail)
        tail = &(*tail)->next;
    *tail = w;
    if (!access->run && !access->asking)
        bring_up_to_date(access, refresh);
}

/* Life. */

struct kube_access *kube_access_open(struct loop *loop, const struct cluster_config *config,
                                     struct err *err)
{
    struct kube_access *access = xcalloc(1, sizeof *access);
    struct err soft = {0};

    access->loop = loop;
    access->arena = arena_new(2048);
    access->file = keep(config->kubeconfig);
    access->context_name = keep(config->kube_context);
    access->account = keep(config->kube_account && config->kube_account[0] ? config->kube_account
                                                                           : KUBE_ACCOUNT_FOLDER);
    access->terminal_free = config->terminal_free;
    access->renewed_ms = -1;
    if (!load(access, err)) {
        kube_access_close(access);
        return NULL;
    }
    fill_place(access, config);
    /* Files are looked at now; what only time or a login can mend is told when asked. */
    if (!kube_access_apply(access, &soft) && soft.code != ERR_AUTH) {
        *err = soft;
        err_prefix(err, "context %.60s", access->place.context);
        kube_access_close(access);
        return NULL;
    }
    access->stale = soft.code != ERR_NONE;
    return access;
}

static void drop_waiters(struct waiter *list)
{
    for (struct waiter *next; list; list = next) {
        next = list->next;
        free(list);
    }
}

void kube_access_close(struct kube_access *access)
{
    if (!access)
        return;
    if (access->gone)
        *access->gone = true;
    while (access->asks)
        kube_permissions_drop(access->asks);
    exec_plugin_cancel(access->run);
    loop_cancel(access->timer);
    drop_waiters(access->waiters);
    drop_waiters(access->rest);
    http_free(access->http);
    kubeconfig_free(access->kubeconfig);
    arena_free(access->exec_arena);
    arena_free(access->account_arena);
    arena_free(access->arena);
    free(access->file);
    free(access->context_name);
    free(access->account);
    free(access);
}

struct ask **kube_access_asks(struct kube_access *access)
{
    return &access->asks;
}

struct loop *kube_access_loop(struct kube_access *access)
{
    return access->loop;
}

const struct kube_place *kube_access_place(const struct kube_access *access)
{
    return &access->place;
}
