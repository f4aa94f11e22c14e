/* follow.c: what is followed, and whether what is told is fresh.
 *
 * A quiet watch and a dead one look the same. So a small consistent read is made every few seconds:
 * while it is answered, every watch stands and each has had its bookmarks, what is in the model
 * is as old as that read. */
#include "drivers/kubernetes/follow.h"

#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *prefix, *resource;
    bool scoped;
    const char *selector;
} kinds[FOLLOW_KIND_COUNT] = {
#define X(id, prefix, resource, scoped, selector)                                                  \
    [FOLLOW_##id] = {prefix, resource, scoped, selector},
    FOLLOW_KINDS(X)
#undef X
};

/* A record of the ledger, as it was seen last. */
struct heard {
    struct kube_meta meta;
};

static void record_heard(struct follow *follow, const json_t *object, bool gone)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;
    struct err ignored = {0};
    struct kube_meta meta;

    if (!kube_decode_meta(object, &meta, &ignored))
        return;
    struct heard *now = arena_alloc(meta.arena, 1, sizeof *now), *before;
    now->meta = meta;
    before = map_put(&follow->records, meta.uid, now);
    bool moved = gone || !before || strcmp(before->meta.version, meta.version) != 0;
    if (before)
        arena_free(before->meta.arena);
    const char *key = record_key(object, meta.arena);
    if (moved && key[0] && follow->synced) /* before that the engine lists them all */
        sink->ledger_changed(sink->arg, key);
    if (gone) {
        map_remove(&follow->records, meta.uid);
        arena_free(meta.arena);
    }
}

static void on_put(void *arg, const json_t *object, unsigned round)
{
    struct watch *watch = arg;
    struct follow *follow = watch->follow;
    struct err err = {0};
    bool changed;

    if (watch->kind == FOLLOW_RECORDS) {
        record_heard(follow, object, false);
        return;
    }
    if (store_put(follow, watch->kind, object, watch, round, &err))
        changed = unread_drop(&watch->unread, object);
    else
        changed = unread_put(&watch->unread, object, round, &err);
    if (changed)
        follow_judge_soon(follow);
}

static void on_drop(void *arg, const json_t *object)
{
    struct watch *watch = arg;

    if (watch->kind == FOLLOW_RECORDS)
        record_heard(watch->follow, object, true);
    else
        store_drop(watch->follow, watch->kind, kube_raw(object, "metadata/uid"));
    if (unread_drop(&watch->unread, object))
        follow_judge_soon(watch->follow);
}

static void judge_now(void *arg)
{
    follow_judge(arg);
}

void follow_judge_soon(struct follow *follow)
{
    api_later(follow->kube, 0, judge_now, follow);
}

static void on_listed(void *arg, unsigned round)
{
    struct watch *watch = arg;

    store_sweep(watch->follow, watch->kind, watch, round);
    unread_sweep(&watch->unread, round);
    follow_judge_soon(watch->follow);
}

static void open_watch(struct follow *follow, enum follow_kind kind, const char *scope);

/* Records of what is about no namespace lie in one that nobody may have asked for. */
static void open_home(struct follow *follow, const char *const *scopes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(scopes[i], RECORD_HOME) == 0)
            return;
    open_watch(follow, FOLLOW_RECORDS, RECORD_HOME);
}

/* Where listing all is forbidden: the namespaces that this context is about. */
static bool narrow(struct watch *watch)
{
    const struct kube_place *place = kube_access_place(watch->follow->kube->access);
    size_t count = place->namespace_count ? place->namespace_count : 1;

    if (!kinds[watch->kind].scoped || watch->scope[0])
        return false;
    for (size_t i = 0; i < count && i < FOLLOW_SCOPES_MAX; i++)
        open_watch(watch->follow, watch->kind,
                   place->namespace_count ? place->namespaces[i] : place->namespace);
    if (watch->kind == FOLLOW_RECORDS)
        open_home(watch->follow, place->namespace_count ? place->namespaces : &place->namespace,
                  count);
    return true;
}

static void say_forbidden(struct watch *watch)
{
    struct driver_sink *sink = &watch->follow->kube->base.env.sink;
    char text[480];

    /* What is only a help is missed in silence. */
    if (watch->said || watch->kind == FOLLOW_CRONJOBS || watch->kind == FOLLOW_ROLLOUTS)
        return;
    watch->said = true;
    snprintf(text, sizeof text, "%s%s%s not shown: %s", kinds[watch->kind].resource,
             watch->scope[0] ? " in " : "", watch->scope, feed_error(watch->feed)->text);
    sink->event(sink->arg, "", text);
}

static void on_forbidden(void *arg)
{
    struct watch *watch = arg;

    if (feed_state(watch->feed) == FEED_FORBIDDEN && !watch->said) {
        if (narrow(watch))
            watch->said = true; /* its parts speak for it */
        else
            say_forbidden(watch);
    }
    follow_judge(watch->follow);
}

static void on_changed(void *arg, enum feed_state state)
{
    struct watch *watch = arg;

    if (state == FEED_FORBIDDEN)
        api_later(watch->follow->kube, 0, on_forbidden, watch);
    else
        follow_judge_soon(watch->follow);
}

static const struct feed_ops feed_ops = {
    .put = on_put, .drop = on_drop, .listed = on_listed, .changed = on_changed};

static void open_watch(struct follow *follow, enum follow_kind kind, const char *scope)
{
    struct watch *watch = xcalloc(1, sizeof *watch);
    char *escaped = http_escape(scope);
    char *path = scope[0] ? xasprintf("%s/namespaces/%s/%s", kinds[kind].prefix, escaped,
                                      kinds[kind].resource)
                          : xasprintf("%s/%s", kinds[kind].prefix, kinds[kind].resource);

    watch->follow = follow;
    watch->kind = kind;
    watch->scope = xstrdup(scope);
    watch->next = follow->watches;
    follow->watches = watch;
    watch->feed = feed_new(follow->kube, path, kinds[kind].selector, &feed_ops, watch);
    free(path);
    free(escaped);
}

/* Freshness. */

/* "2 deployments, 1 pod left out: …"; NONE when everything was read. */
static void sum_left_out(const struct follow *follow, struct err *out)
{
    const char *why = NULL;
    size_t counts[FOLLOW_KIND_COUNT + 1] = {0}, len = 0;
    char text[120] = "";

    for (const struct watch *watch = follow->watches; watch; watch = watch->next) {
        counts[watch->kind] += watch->unread.objects.count;
        why = watch->unread.objects.count ? watch->unread.why.text : why;
    }
    for (const struct pods *pods = follow->pods; pods; pods = pods->next) {
        counts[FOLLOW_KIND_COUNT] += pods->unread.objects.count;
        why = pods->unread.objects.count ? pods->unread.why.text : why;
    }
    for (size_t i = 0; i <= FOLLOW_KIND_COUNT && len < sizeof text; i++) {
        const char *many = i < FOLLOW_KIND_COUNT ? kinds[i].resource : "pods";
        if (counts[i]) /* the resources are all plurals in -s */
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%zu %.*s", len ? ", " : "",
                                    counts[i], (int)strlen(many) - (counts[i] == 1), many);
    }
    if (why)
        err_set(out, ERR_PROTOCOL, "%s left out: %s", text, why);
}

static void set_state(struct follow *follow, enum cluster_state state, const struct err *why)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;
    const char *left_out = state == CLUSTER_LIVE && why ? why->text : "";

    if (follow->told_state && follow->state == state && state == CLUSTER_LIVE &&
        strcmp(follow->left_out, left_out) == 0)
        return;
    snprintf(follow->left_out, sizeof follow->left_out, "%s", left_out);
    if (state != CLUSTER_LIVE)
        follow->synced = false;
    follow->state = state;
    follow->told_state = true;
    sink->state(sink->arg, state, why);
}

/* False: something that others rest on is not there; `why` then says what. */
static bool all_listed(const struct follow *follow, struct err *why)
{
    bool all = true;

    for (const struct watch *watch = follow->watches; watch; watch = watch->next) {
        if (feed_listed(watch->feed))
            continue;
        all = false;
        if (feed_state(watch->feed) == FEED_FAILING && why->code == ERR_NONE)
            *why = *feed_error(watch->feed);
    }
    return all;
}

static bool has_failed(const struct follow *follow, struct err *why)
{
    int64_t now = loop_now_ms(follow->kube->base.env.loop);

    for (const struct watch *watch = follow->watches; watch; watch = watch->next) {
        enum feed_state state = feed_state(watch->feed);
        if (state == FEED_FAILING && now - feed_failing_ms(watch->feed) >= FOLLOW_PATIENCE_MS) {
            *why = *feed_error(watch->feed);
            return true;
        }
        if (state == FEED_WATCHING && now - feed_heard_ms(watch->feed) > KUBE_QUIET_MS)
            return !err_set(why, ERR_NETWORK, "nothing heard of %s for 3 minutes",
                            kinds[watch->kind].resource);
    }
    return false;
}

bool follow_is_early(const struct follow *follow)
{
    struct err ignored = {0};

    return follow->state == CLUSTER_CONNECTING && !all_listed(follow, &ignored) &&
           loop_now_ms(follow->kube->base.env.loop) - follow->opened_ms <= FOLLOW_PATIENCE_MS;
}

void follow_judge(struct follow *follow)
{
    struct driver_sink *sink = &follow->kube->base.env.sink;
    struct err why = {0}, left_out = {0};
    bool listed = all_listed(follow, &why);

    if (follow->state == CLUSTER_CONNECTING && !listed) {
        if (why.code != ERR_NONE)
            set_state(follow, CLUSTER_CONNECTING, &why);
        return;
    }
    if (has_failed(follow, &why)) {
        if (follow->state != CLUSTER_STALE)
            set_state(follow, CLUSTER_STALE, &why);
        return;
    }
    if (follow->state == CLUSTER_STALE && !follow->probing)
        return; /* the next answer to a probe ends it */
    sum_left_out(follow, &left_out);
    set_state(follow, CLUSTER_LIVE, err_or_null(&left_out));
    if (follow->synced)
        return;
    /* Pods that were asked for because of what was just listed belong to the first picture. */
    tell_now(follow);
    bool late = loop_now_ms(follow->kube->base.env.loop) - follow->opened_ms > FOLLOW_PATIENCE_MS;
    if (!pods_ready(follow) && !late)
        return;
    tell_now(follow);
    follow->synced = true;
    sink->fresh(sink->arg);
    sink->synced(sink->arg);
}

bool follow_has_nodes(const struct follow *follow)
{
    for (const struct watch *watch = follow->watches; watch; watch = watch->next)
        if (watch->kind == FOLLOW_NODES)
            return feed_listed(watch->feed) && feed_state(watch->feed) == FEED_WATCHING;
    return false;
}

void follow_complete(struct follow *follow, struct kube_view *view, struct arena *arena)
{
    view->crons = tell_crons(follow, view->work, arena, &view->cron_count);
    view->nodes_known = follow_has_nodes(follow);
}

/* The server was away and is back: nothing waits for the end of its own back-off. */
static void hurry_all(struct follow *follow)
{
    for (struct watch *watch = follow->watches; watch; watch = watch->next)
        feed_hurry(watch->feed);
    for (struct pods *pods = follow->pods; pods; pods = pods->next)
        feed_hurry(pods->feed);
}

static void probe(void *arg);

static void on_probe(void *arg, const struct http_answer *answer, bool sent,
                     const struct err *failed)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->kube->base.env.sink;
    struct err err = {0}, why = {0};

    (void)sent;
    follow->probe_timer = loop_after(follow->kube->base.env.loop, KUBE_PROBE_MS, probe, follow);
    /* 403 is an answer, too: the server is there. */
    bool back = follow->away;
    follow->away =
        answer->status != 403 && !api_judge(answer, true, failed, NULL, "asking the cluster", &err);
    if (follow->away)
        return;
    if (back)
        hurry_all(follow);
    if (follow->state == CLUSTER_STALE) {
        follow->probing = true; /* answered: judged again */
        follow_judge(follow);
        follow->probing = false;
    }
    if (follow->state == CLUSTER_LIVE && follow->synced && !has_failed(follow, &why))
        sink->fresh(sink->arg);
}

/* One name in one namespace that is not there: it costs the server next to nothing. */
static void probe(void *arg)
{
    struct follow *follow = arg;
    const struct kube_place *place = kube_access_place(follow->kube->access);
    char *scope = http_escape(place->namespace_count ? place->namespaces[0] : place->namespace);

    follow->probe_timer = NULL;
    api_get(follow->kube,
            xasprintf("/apis/apps/v1/namespaces/%s/deployments"
                      "?fieldSelector=metadata.name%%3Dlockstep.probe",
                      scope),
            on_probe, follow);
    free(scope);
}

/* What depends on time alone: probes that had their patience, pods no longer needed, dead watches.
 */
static void look_again(void *arg)
{
    struct follow *follow = arg;
    int64_t now = loop_now_ms(follow->kube->base.env.loop);

    follow->look_timer =
        loop_after(follow->kube->base.env.loop, FOLLOW_LOOK_MS, look_again, follow);
    for (struct pods *pods = follow->pods; pods; pods = pods->next)
        if (pods->family) {
            events_ask(follow, pods->family);
            tell_soon(follow, pods->family);
        }
    follow_judge(follow);
    for (struct watch *watch = follow->watches; watch; watch = watch->next)
        if (feed_state(watch->feed) == FEED_WATCHING &&
            now - feed_heard_ms(watch->feed) > KUBE_QUIET_MS + KUBE_QUIET_MS / 4)
            feed_restart(watch->feed);
}

void kube_follow(struct driver *driver)
{
    struct kube *kube = kube_of(driver);
    const struct kube_place *place = kube_access_place(kube->access);

    if (kube->follow)
        return;
    struct follow *follow = kube->follow = xcalloc(1, sizeof *follow);
    follow->kube = kube;
    follow->opened_ms = loop_now_ms(kube->base.env.loop);
    for (unsigned kind = 0; kind < FOLLOW_KIND_COUNT; kind++) {
        size_t count = kinds[kind].scoped ? place->namespace_count : 0;
        if (!count)
            open_watch(follow, (enum follow_kind)kind, "");
        for (size_t i = 0; i < count && i < FOLLOW_SCOPES_MAX; i++)
            open_watch(follow, (enum follow_kind)kind, place->namespaces[i]);
        if (kind == FOLLOW_RECORDS && count)
            open_home(follow, place->namespaces, count);
    }
    follow->probe_timer = loop_after(kube->base.env.loop, KUBE_PROBE_MS, probe, follow);
    follow->look_timer = loop_after(kube->base.env.loop, FOLLOW_LOOK_MS, look_again, follow);
}

static void mark_focus(struct follow *follow)
{
    struct map_at at = {0};

    for (struct map_row *row; (row = map_next(&follow->families, &at));) {
        struct family *family = row->value;
        if (family->told_id && strcmp(family->told_id, follow->focus) == 0)
            tell_soon(follow, family);
    }
}

void kube_focus(struct driver *driver, const char *service_id)
{
    struct follow *follow = kube_of(driver)->follow;

    if (!follow || strcmp(follow->focus, service_id ? service_id : "") == 0)
        return;
    mark_focus(follow);
    snprintf(follow->focus, sizeof follow->focus, "%s", service_id ? service_id : "");
    mark_focus(follow);
}

void kube_unfollow(struct kube *kube)
{
    struct follow *follow = kube->follow;

    if (!follow)
        return;
    loop_cancel(follow->flush_timer);
    loop_cancel(follow->probe_timer);
    loop_cancel(follow->look_timer);
    pods_free_all(follow);
    while (follow->watches) {
        struct watch *watch = follow->watches;
        follow->watches = watch->next;
        feed_free(watch->feed);
        unread_release(&watch->unread);
        free(watch->scope);
        free(watch);
    }
    store_free(follow);
    free(follow);
    kube->follow = NULL;
}
