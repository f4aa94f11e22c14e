/* api.c: see api.h. Credentials are asked for before each request: tokens come and go while
 * the program runs, and a plugin may need seconds for a new one. */
#include "drivers/kubernetes/api.h"

#include "base/json.h"
#include "drivers/kubernetes/answer.h"

#include <stdlib.h>
#include <string.h>

enum call_kind { CALL_GET, CALL_STREAM, CALL_SEND };

struct call {
    struct op op;
    enum call_kind kind;
    const char *method, *content_type;
    char *path, *body;
    http_data_fn *data;
    api_fn *fn;
    void *arg;
    struct http_request *request; /* NULL: credentials are being asked for */
    bool refreshed;
    struct call_claim *claim; /* what kube_access calls back */
};

/* kube_access calls back once, also when the call is gone by then; never after close. */
struct call_claim {
    struct call_claim *next;
    struct kube *kube;
    struct call *call; /* NULL: dropped */
};

struct kube *kube_of(struct driver *driver)
{
    return (struct kube *)(void *)driver;
}

void api_op_begin(struct kube *kube, struct op *op, void (*drop)(struct op *op))
{
    op_begin(&kube->ops, &kube->base, op, drop);
}

void api_later(struct kube *kube, int64_t delay_ms, loop_timer_fn *fn, void *arg)
{
    ops_later(&kube->ops, &kube->base, delay_ms, fn, arg);
}

void api_drop_all(struct kube *kube)
{
    kube->closing = true;
    ops_drop_all(&kube->ops);
}

static void drop_call(struct op *op)
{
    struct call *call = (struct call *)(void *)op;

    if (call->claim)
        call->claim->call = NULL;
    http_cancel(call->request);
    free(call->path);
    free(call->body);
    free(call);
}

void api_cancel(struct call *call)
{
    if (call)
        op_end(&call->op);
}

static void ask_access(struct call *call, bool refresh);

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct call *call = arg;
    api_fn *fn = call->fn;
    void *fn_arg = call->arg;

    call->request = NULL; /* gone with this callback */
    if (answer->status == 401 && !call->refreshed) {
        call->refreshed = true;
        ask_access(call, true);
        return;
    }
    op_end(&call->op);
    fn(fn_arg, answer, sent, err);
}

static void end_claim(struct call_claim *claim)
{
    struct call_claim **link = &claim->kube->claims;

    while (*link != claim)
        link = &(*link)->next;
    *link = claim->next;
    free(claim);
}

void api_end(struct kube *kube)
{
    while (kube->claims)
        end_claim(kube->claims);
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
    struct call *call = arg;

    return call->data(call->arg, bytes, len);
}

static void on_access(void *arg, struct http *http, const struct err *err)
{
    struct call_claim *claim = arg;
    struct call *call = claim->call;

    end_claim(claim);
    if (!call)
        return;
    call->claim = NULL;
    if (!http) {
        const struct http_answer none = {.body = "", .retry_after_ms = -1};
        struct err failed = *err;
        on_answer(call, &none, false, &failed);
        return;
    }
    switch (call->kind) {
    case CALL_GET:
        call->request = http_get(http, call->path, on_answer, call);
        break;
    case CALL_STREAM:
        call->request = http_stream(http, call->path, 0, on_bytes, on_answer, call);
        break;
    case CALL_SEND:
        call->request = http_send(http, call->method, call->path, call->content_type, call->body,
                                  call->body ? strlen(call->body) : 0, on_answer, call);
        break;
    }
}

static void ask_access(struct call *call, bool refresh)
{
    struct call_claim *claim = xcalloc(1, sizeof *claim);

    claim->call = call;
    claim->kube = op_kube(&call->op);
    claim->next = claim->kube->claims;
    claim->kube->claims = claim;
    call->claim = claim;
    kube_access_get(op_kube(&call->op)->access, refresh, on_access, claim);
}

static struct call *new_call(struct kube *kube, enum call_kind kind, char *path, api_fn *fn,
                             void *arg)
{
    struct call *call = xcalloc(1, sizeof *call);

    call->kind = kind;
    call->path = path;
    call->fn = fn;
    call->arg = arg;
    api_op_begin(kube, &call->op, drop_call);
    return call;
}

struct call *api_get(struct kube *kube, char *path, api_fn *fn, void *arg)
{
    struct call *call = new_call(kube, CALL_GET, path, fn, arg);

    ask_access(call, false);
    return call;
}

struct call *api_stream(struct kube *kube, char *path, http_data_fn *data, api_fn *fn, void *arg)
{
    struct call *call = new_call(kube, CALL_STREAM, path, fn, arg);

    call->data = data;
    ask_access(call, false);
    return call;
}

struct call *api_send(struct kube *kube, const char *method, char *path, const char *content_type,
                      const json_t *body, api_fn *fn, void *arg)
{
    struct call *call = new_call(kube, CALL_SEND, path, fn, arg);

    call->method = method;
    call->content_type = content_type;
    call->body = body ? json_text(body) : NULL;
    ask_access(call, false);
    return call;
}

json_t *api_parse(const struct http_answer *answer, const struct err *failed, const char *what,
                  struct err *err)
{
    if (!api_judge(answer, true, failed, NULL, what, err))
        return NULL;
    return json_parse(answer->body, answer->body_len, what, err);
}

int64_t api_backoff(struct kube *kube, int64_t *backoff_ms, int64_t retry_after_ms)
{
    *backoff_ms = *backoff_ms ? *backoff_ms * 2 : KUBE_BACKOFF_MS;
    if (*backoff_ms > KUBE_BACKOFF_MAX_MS)
        *backoff_ms = KUBE_BACKOFF_MAX_MS;
    kube->seed = kube->seed * 1103515245u + 12345u;
    int64_t wait_ms = *backoff_ms / 2 + (int64_t)(kube->seed >> 8) % (*backoff_ms / 2 + 1);
    return retry_after_ms > wait_ms ? retry_after_ms : wait_ms;
}
