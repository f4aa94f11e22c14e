/* feed.c: see feed.h. resourceVersion moves only by whole events, so that whatever ends a watch,
 * the next one begins behind the last object that was told. */
#include "drivers/kubernetes/feed.h"

#include "base/json.h"
#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEED_STANDS_MS = 4000 };

struct feed {
    struct kube *kube;
    char *path, *selector;
    const struct feed_ops *ops;
    void *arg;
    enum feed_state state;
    unsigned round;
    bool was_listed;
    char version[40]; /* resourceVersion to watch from */
    char *more;       /* continue token, escaped; NULL: from the beginning */
    struct call *call;
    struct cut *cut;
    struct loop_timer *timer;
    loop_timer_fn *again; /* what the timer waits to do after a failure, else NULL */
    struct err err;       /* of the last try, or of what is coming in now */
    bool watching;
    bool streaming; /* the watch still tells what there was when it began */
    bool listing;   /* that did not work the last time: in pages, until one list is whole */
    bool expired;   /* the watch said 410 */
    unsigned events;
    int64_t begun_ms, heard_ms, failing_ms, backoff_ms;
};

static void begin_list(void *arg);
static void begin_watch(void *arg);
static void begin_stream(struct feed *feed);

static int64_t now_ms(const struct feed *feed)
{
    return loop_now_ms(feed->kube->base.env.loop);
}

static void stop(struct feed *feed)
{
    api_cancel(feed->call);
    feed->call = NULL;
    loop_cancel(feed->timer);
    feed->timer = NULL;
    cut_free(feed->cut);
    feed->cut = NULL;
    feed->watching = feed->streaming = false;
}

static void set_state(struct feed *feed, enum feed_state state)
{
    bool changed = feed->state != state;

    if (state != FEED_FAILING)
        feed->failing_ms = -1;
    else if (feed->failing_ms < 0)
        feed->failing_ms = now_ms(feed);
    feed->state = state;
    if (changed || state == FEED_FAILING)
        feed->ops->changed(feed->arg, state);
}

static void try_in(struct feed *feed, int64_t delay_ms, loop_timer_fn *fn)
{
    loop_cancel(feed->timer);
    feed->timer = loop_after(feed->kube->base.env.loop, delay_ms, fn, feed);
}

static void fail(struct feed *feed, loop_timer_fn *again, int64_t retry_after_ms)
{
    int64_t wait_ms = api_backoff(feed->kube, &feed->backoff_ms, retry_after_ms);

    set_state(feed, FEED_FAILING);
    try_in(feed, wait_ms, again);
    feed->again = retry_after_ms < 0 ? again : NULL; /* what the server asked for is kept */
}

void feed_hurry(struct feed *feed)
{
    if (feed->state != FEED_FAILING || !feed->again)
        return;
    feed->backoff_ms = 0;
    try_in(feed, 0, feed->again);
}

static void give_up_for_now(struct feed *feed, enum feed_state state)
{
    feed->was_listed = true;
    feed->ops->listed(feed->arg, ++feed->round);
    set_state(feed, state);
    try_in(feed, KUBE_FORBIDDEN_MS, begin_list);
}

/* An event, or a while without a refusal: after a failure the watch stands again. */
static void stands_again(void *arg)
{
    struct feed *feed = arg;

    loop_cancel(feed->timer);
    feed->timer = NULL;
    set_state(feed, FEED_WATCHING);
}

static bool on_data(void *arg, const char *bytes, size_t len)
{
    struct feed *feed = arg;

    feed->heard_ms = now_ms(feed);
    if (feed->watching && feed->state == FEED_FAILING)
        stands_again(feed);
    return cut_feed(feed->cut, bytes, len, &feed->err) && !feed->expired;
}

/* Lists. */

static bool on_item(void *arg, json_t *item, struct err *err)
{
    struct feed *feed = arg;

    (void)err;
    feed->ops->put(feed->arg, item, feed->round);
    json_decref(item);
    return true;
}

static bool take_rest(struct feed *feed)
{
    json_t *rest = cut_end(feed->cut, &feed->err);
    const char *version = kube_raw(rest, "metadata/resourceVersion");
    const char *more = kube_raw(rest, "metadata/continue");

    free(feed->more);
    feed->more = more[0] ? http_escape(more) : NULL;
    bool ok = rest && version[0] && strlen(version) < sizeof feed->version &&
              strspn(version, "0123456789") == strlen(version);
    if (ok)
        snprintf(feed->version, sizeof feed->version, "%s", version);
    else
        err_set(&feed->err, ERR_PROTOCOL, "%s: the answer is no list of a Kubernetes API server",
                feed->path);
    json_decref(rest);
    return ok;
}

static void judge_list(struct feed *feed, const struct http_answer *answer, bool sent,
                       const struct err *failed)
{
    char what[200];

    snprintf(what, sizeof what, "listing %.160s", feed->path);
    if (feed->err.code != ERR_NONE || failed->code != ERR_NONE || answer->status != 200)
        api_judge(answer, sent, failed, NULL, what, &feed->err);
    free(feed->more);
    feed->more = NULL; /* 410: the token is too old; of anything else less is left than before */
    if (answer->status == 403)
        give_up_for_now(feed, FEED_FORBIDDEN);
    else if (answer->status == 404)
        give_up_for_now(feed, FEED_ABSENT);
    else
        fail(feed, begin_list, answer->retry_after_ms);
}

static void on_list_end(void *arg, const struct http_answer *answer, bool sent,
                        const struct err *failed)
{
    struct feed *feed = arg;

    feed->call = NULL;
    loop_cancel(feed->timer);
    feed->timer = NULL;
    feed->heard_ms = answer->status ? now_ms(feed) : feed->heard_ms;
    if (feed->err.code != ERR_NONE || failed->code != ERR_NONE || answer->status != 200 ||
        !take_rest(feed)) {
        judge_list(feed, answer, sent, failed);
        return;
    }
    feed->backoff_ms = 0;
    if (feed->more) {
        begin_list(feed);
        return;
    }
    feed->listing = false;
    feed->was_listed = true;
    feed->ops->listed(feed->arg, feed->round);
    begin_watch(feed);
}

static void on_list_late(void *arg)
{
    struct feed *feed = arg;

    feed->timer = NULL;
    api_cancel(feed->call);
    feed->call = NULL;
    feed->err = (struct err){0};
    err_set(&feed->err, ERR_NETWORK, "%s: no whole answer within %d s", feed->path,
            KUBE_LIST_MS / 1000);
    fail(feed, begin_list, -1);
}

static void begin_list(void *arg)
{
    struct feed *feed = arg;
    const char *token = feed->more ? feed->more : "";

    feed->timer = NULL;
    feed->again = NULL;
    if (!feed->more)
        feed->round++;
    if (feed->state != FEED_FAILING || feed->more)
        set_state(feed, FEED_LISTING);
    feed->err = (struct err){0};
    if (!feed->more && !feed->listing && !feed->kube->lists_only) {
        begin_stream(feed);
        return;
    }
    cut_free(feed->cut);
    feed->cut = cut_new(CUT_LIST, feed->path, on_item, feed);
    char *path =
        xasprintf("%s?limit=%d%s%s%s%s", feed->path, KUBE_PAGE, token[0] ? "&continue=" : "", token,
                  feed->selector[0] ? "&" : "", feed->selector);
    feed->call = api_stream(feed->kube, path, on_data, on_list_end, feed);
    try_in(feed, KUBE_LIST_MS, on_list_late);
}

/* Watches. */

static void take_version(struct feed *feed, const json_t *object)
{
    const char *version = kube_raw(object, "metadata/resourceVersion");

    if (version[0] && strlen(version) < sizeof feed->version &&
        strspn(version, "0123456789") == strlen(version))
        snprintf(feed->version, sizeof feed->version, "%s", version);
}

static void take_error(struct feed *feed, const json_t *status)
{
    struct arena *arena = arena_new(256);

    feed->expired = true;
    feed->err = (struct err){0};
    if (kube_int(status, "code", 0) == 410) {
        feed->version[0] = '\0';
    } else {
        err_set(&feed->err, ERR_NETWORK, "watching %s: %s", feed->path,
                kube_status_message(status, arena));
    }
    arena_free(arena);
}

/* Everything there was has been told: from here on it is a watch like any other. */
static void end_initial(struct feed *feed)
{
    feed->streaming = false;
    feed->watching = true;
    feed->backoff_ms = 0;
    loop_cancel(feed->timer);
    feed->timer = NULL;
    feed->was_listed = true;
    feed->ops->listed(feed->arg, feed->round);
    set_state(feed, FEED_WATCHING);
}

/* What is told at first comes in no order of time: only its end says where to go on. */
static void take_progress(struct feed *feed, const char *type, const json_t *object)
{
    if (!feed->streaming) {
        take_version(feed, object);
        return;
    }
    if (strcmp(type, "BOOKMARK") != 0 ||
        strcmp(kube_annotation(object, "k8s.io/initial-events-end"), "true") != 0)
        return;
    take_version(feed, object);
    if (feed->version[0])
        end_initial(feed);
}

static bool on_event(void *arg, json_t *event, struct err *err)
{
    struct feed *feed = arg;
    const char *type = kube_raw(event, "type");
    const json_t *object = json_object_get(event, "object");

    (void)err;
    feed->events++;
    if (strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0)
        feed->ops->put(feed->arg, object, feed->round);
    else if (strcmp(type, "DELETED") == 0)
        feed->ops->drop(feed->arg, object);
    if (strcmp(type, "ERROR") == 0)
        take_error(feed, object);
    else
        take_progress(feed, type, object);
    json_decref(event);
    return true;
}

/* A list that came as a stream ended too soon: it says nothing about what is gone. */
static void judge_stream(struct feed *feed, const struct http_answer *answer, bool sent,
                         const struct err *failed)
{
    bool unknown = answer->status == 400 || answer->status == 422; /* this server has no such way */
    bool expired = answer->status == 410 || (feed->expired && feed->err.code == ERR_NONE);
    char what[200];

    feed->streaming = false;
    feed->listing = true;
    feed->kube->lists_only |= unknown;
    if (unknown || expired || answer->status == 403 || answer->status == 404) {
        begin_list(feed);
        return;
    }
    snprintf(what, sizeof what, "listing %.160s", feed->path);
    if (answer->status != 200 || failed->code != ERR_NONE)
        api_judge(answer, sent, failed, NULL, what, &feed->err);
    err_set(&feed->err, ERR_NETWORK, "%s: ended in the middle", what);
    fail(feed, begin_list, answer->retry_after_ms);
}

static void on_watch_end(void *arg, const struct http_answer *answer, bool sent,
                         const struct err *failed)
{
    struct feed *feed = arg;
    char what[200];
    bool lived = feed->events > 0 || now_ms(feed) - feed->begun_ms >= 1000;

    feed->call = NULL;
    feed->watching = false;
    loop_cancel(feed->timer);
    feed->timer = NULL;
    if (feed->streaming) {
        judge_stream(feed, answer, sent, failed);
        return;
    }
    snprintf(what, sizeof what, "watching %.160s", feed->path);
    if (answer->status == 410 || (feed->expired && !feed->version[0])) {
        begin_list(feed); /* history is gone: everything again */
        return;
    }
    if (answer->status == 403 || answer->status == 404) {
        api_judge(answer, sent, failed, NULL, what, &feed->err);
        give_up_for_now(feed, answer->status == 403 ? FEED_FORBIDDEN : FEED_ABSENT);
        return;
    }
    if (feed->err.code == ERR_NONE && failed->code == ERR_NONE && answer->status == 200 && lived) {
        feed->backoff_ms = 0;
        begin_watch(feed); /* its time was over */
        return;
    }
    bool garbage = feed->err.code == ERR_PROTOCOL || feed->err.code == ERR_LIMIT;
    if (answer->status != 200 || failed->code != ERR_NONE)
        api_judge(answer, sent, failed, NULL, what, &feed->err);
    err_set(&feed->err, ERR_NETWORK, "%s: ended at once", what);
    fail(feed, garbage ? begin_list : begin_watch, answer->retry_after_ms);
}

/* `from`: the query that says where it begins. */
static void open_watch(struct feed *feed, const char *from)
{
    unsigned timeout_s =
        300 + (feed->kube->seed = feed->kube->seed * 1103515245u + 12345u) / 65536u % 300u;

    feed->expired = false;
    feed->events = 0;
    feed->begun_ms = now_ms(feed);
    cut_free(feed->cut);
    feed->cut = cut_new(CUT_WATCH, feed->path, on_event, feed);
    char *path = xasprintf("%s?%s&timeoutSeconds=%u%s%s", feed->path, from, timeout_s,
                           feed->selector[0] ? "&" : "", feed->selector);
    feed->call = api_stream(feed->kube, path, on_data, on_watch_end, feed);
}

/* Old servers take the words for nothing and never say where the end is. */
static void on_stream_late(void *arg)
{
    struct feed *feed = arg;

    feed->timer = NULL;
    api_cancel(feed->call);
    feed->call = NULL;
    feed->streaming = false;
    feed->listing = feed->kube->lists_only = true;
    begin_list(feed);
}

static void begin_stream(struct feed *feed)
{
    feed->version[0] = '\0';
    feed->streaming = true;
    open_watch(feed, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&watch=1"
                     "&allowWatchBookmarks=true");
    try_in(feed, KUBE_LIST_MS, on_stream_late);
}

static void begin_watch(void *arg)
{
    struct feed *feed = arg;
    char from[120];

    feed->timer = NULL;
    feed->again = NULL;
    feed->err = (struct err){0};
    snprintf(from, sizeof from, "watch=1&allowWatchBookmarks=true&resourceVersion=%s",
             feed->version);
    open_watch(feed, from);
    feed->watching = true;
    if (feed->state == FEED_FAILING)
        try_in(feed, FEED_STANDS_MS, stands_again);
    else
        set_state(feed, FEED_WATCHING);
}

struct feed *feed_new(struct kube *kube, const char *path, const char *selector,
                      const struct feed_ops *ops, void *arg)
{
    struct feed *feed = xcalloc(1, sizeof *feed);

    feed->kube = kube;
    feed->path = xstrdup(path);
    feed->selector = xstrdup(selector);
    feed->ops = ops;
    feed->arg = arg;
    feed->heard_ms = feed->failing_ms = -1;
    try_in(feed, 0, begin_list);
    return feed;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    stop(feed);
    free(feed->path);
    free(feed->selector);
    free(feed->more);
    free(feed);
}

enum feed_state feed_state(const struct feed *feed)
{
    return feed->state;
}

bool feed_listed(const struct feed *feed)
{
    return feed->was_listed;
}

const struct err *feed_error(const struct feed *feed)
{
    return &feed->err;
}

int64_t feed_heard_ms(const struct feed *feed)
{
    return feed->heard_ms;
}

int64_t feed_failing_ms(const struct feed *feed)
{
    return feed->failing_ms;
}

void feed_restart(struct feed *feed)
{
    stop(feed);
    feed->heard_ms = now_ms(feed);
    begin_watch(feed);
}
