/* permissions.c: see permissions.h. Asked in this order: who am I; each right of the table in the
 * whole cluster; for what is missing there, the rights in each namespace; and only where an
 * authorizer cannot list rights (webhooks), each right in each namespace.
 *
 * What could not be asked counts as allowed: the server decides then, and its refusal names verb
 * and resource. What was asked and refused is a denial. */
#include "drivers/kubernetes/permissions.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/kubernetes/permissions_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask_next(struct ask *ask);

void kube_permissions_drop(struct ask *ask)
{
    *ask->link = ask->next;
    if (ask->next)
        ask->next->link = ask->link;
    loop_cancel(ask->timer);
    for (size_t i = 0; i < ASK_LANES; i++)
        free(ask->lanes[i].body);
    free(ask->questions);
    arena_free(ask->arena);
    free(ask);
}

/* One request. */

static void on_http(void *arg, struct http *http, const struct err *err);

static void on_lane(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct lane *lane = arg;
    struct ask *ask = lane->ask;

    (void)sent;
    if (err->code == ERR_NONE && answer->status == 401 && !lane->refreshed) {
        lane->refreshed = true;
        kube_access_get(ask->access, true, on_http, lane);
        return;
    }
    lane->busy = false;
    ask->in_flight--;
    free(lane->body);
    lane->body = NULL;
    struct err failed = *err;
    if (failed.code == ERR_NONE && (answer->status == 429 || answer->status >= 500))
        err_set(&failed, ERR_NETWORK, "HTTP %ld", answer->status);
    if (failed.code == ERR_NONE && answer->status == 401)
        err_set(&failed, ERR_AUTH, "HTTP 401");
    lane->answered(ask, lane->question, answer, &failed);
    ask_next(ask);
}

static void on_http(void *arg, struct http *http, const struct err *err)
{
    static const struct http_answer none = {.body = "", .retry_after_ms = -1};
    struct lane *lane = arg;

    if (!http)
        on_lane(lane, &none, false, err);
    else if (lane->body)
        http_ask(http, lane->path, "application/json", lane->body, strlen(lane->body), on_lane,
                 lane);
    else
        http_get(http, lane->path, on_lane, lane);
}

void kube_ask(struct ask *ask, const char *path, json_t *body, size_t question, ask_answered *fn)
{
    struct lane *lane = ask->lanes;

    while (lane->busy)
        lane++;
    *lane = (struct lane){.ask = ask,
                          .busy = true,
                          .path = arena_strdup(ask->arena, path),
                          .body = body ? json_text(body) : NULL,
                          .question = question,
                          .answered = fn};
    json_decref(body);
    ask->in_flight++;
    kube_access_get(ask->access, false, on_http, lane);
}

/* Steps. */

static void begin_again(void *arg)
{
    struct ask *ask = arg;

    ask->timer = NULL;
    ask->failed = (struct err){0};
    ask_next(ask);
}

static void finish(struct ask *ask)
{
    driver_permissions_fn *fn = ask->fn;
    void *arg = ask->arg;
    struct driver_permissions out = kube_permissions_sum(ask);
    struct arena *arena = ask->arena;

    ask->arena = NULL; /* outlives the ask for the length of the call */
    kube_permissions_drop(ask);
    fn(arg, &out, NULL);
    arena_free(arena);
}

/* Nothing is under way: what is next? A step that failed is begun again later. */
static void ask_next(struct ask *ask)
{
    if (ask->failed.code != ERR_NONE) {
        if (ask->in_flight || ask->timer)
            return;
        ask->backoff_ms = ask->backoff_ms ? ask->backoff_ms * 2 : ASK_BACKOFF_MS;
        if (ask->backoff_ms > ASK_BACKOFF_MAX_MS)
            ask->backoff_ms = ASK_BACKOFF_MAX_MS;
        ask->timer = loop_after(ask->loop, ask->backoff_ms, begin_again, ask);
        return;
    }
    while (ask->in_flight < ASK_LANES && ask->step < ASK_DONE) {
        if (kube_ask_step(ask))
            continue; /* one more was sent */
        if (ask->in_flight)
            return;
        ask->step++;
        ask->at = 0;
    }
    if (ask->step == ASK_DONE && !ask->in_flight)
        finish(ask);
}

static void begin(void *arg)
{
    struct ask *ask = arg;

    ask->timer = NULL;
    if (kube_access_place(ask->access)->read_only)
        ask->step = ASK_DONE; /* a review is a POST */
    ask_next(ask);
}

void kube_permissions_ask(struct kube_access *access, driver_permissions_fn *fn, void *arg)
{
    struct ask *ask = xcalloc(1, sizeof *ask), **head = kube_access_asks(access);

    ask->access = access;
    ask->loop = kube_access_loop(access);
    ask->arena = arena_new(4096);
    ask->fn = fn;
    ask->arg = arg;
    ask->who = "";
    ask->link = head;
    ask->next = *head;
    if (ask->next)
        ask->next->link = &ask->next;
    *head = ask;
    ask->question_count = kube_ask_count_questions();
    ask->questions = xcalloc(ask->question_count, sizeof *ask->questions);
    kube_ask_list_questions(ask);
    ask->timer = loop_after(ask->loop, 0, begin, ask);
}

const char *kube_need_text(const struct kube_need *need, const char *scope, char *out, size_t size)
{
    snprintf(out, size, "%s %s%s%s%s%s%s%s", need->verb, need->resource,
             need->subresource[0] ? "/" : "", need->subresource, need->group[0] ? "." : "",
             need->group, scope[0] ? " in " : "", scope);
    return out;
}
