/* client.c: see client.h. The first request waits for GET /version, which says how all the
 * others must begin. */
#include "drivers/swarm/client.h"

#include "base/json.h"
#include "drivers/swarm/answer.h"

#include <stdlib.h>
#include <string.h>

/* A request; waits in swarm->waiting while the prefix is not known. */
struct call {
    struct op op;
    struct call *next;
    char *path, *body;
    client_fn *fn;
    void *arg;
    struct err failed; /* to be told from a turn of its own */
};

struct swarm *swarm_of(struct driver *driver)
{
    return (struct swarm *)(void *)driver;
}

void swarm_op_begin(struct swarm *swarm, struct op *op, void (*drop)(struct op *op))
{
    op_begin(&swarm->ops, &swarm->base, op, drop);
}

static void drop_call(struct op *op)
{
    struct call *call = (struct call *)(void *)op;

    free(call->path);
    free(call->body);
    free(call);
}

void client_later(struct swarm *swarm, int64_t delay_ms, loop_timer_fn *fn, void *arg)
{
    ops_later(&swarm->ops, &swarm->base, delay_ms, fn, arg);
}

static void finish_call(struct call *call, const struct http_answer *answer, bool sent,
                        const struct err *err)
{
    client_fn *fn = call->fn;
    void *arg = call->arg;

    op_end(&call->op);
    fn(arg, answer, sent, err);
}

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    finish_call(arg, answer, sent, err);
}

static void send_call(struct call *call)
{
    struct swarm *swarm = swarm_of(call->op.driver);
    char *path = xasprintf("%s%s", swarm->prefix, call->path);

    if (call->body)
        http_send(swarm->http, "POST", path, "application/json", call->body, strlen(call->body),
                  on_answer, call);
    else
        http_get(swarm->http, path, on_answer, call);
    free(path);
}

static void tell_failed(void *arg)
{
    const struct http_answer none = {.body = "", .retry_after_ms = -1};
    struct call *call = arg;
    struct err err = call->failed;

    finish_call(call, &none, false, &err);
}

/* Sends or fails whatever waited. Each failure has a turn of its own: a callback may close
 * the driver. */
static void release_waiting(struct swarm *swarm, const struct err *err)
{
    struct call *call;

    while ((call = swarm->waiting)) {
        swarm->waiting = call->next;
        call->failed = *err;
        if (err->code == ERR_NONE)
            send_call(call);
        else
            client_later(swarm, 0, tell_failed, call);
    }
}

static void on_version(void *arg, const struct http_answer *answer, bool sent,
                       const struct err *failed)
{
    struct swarm *swarm = arg;
    struct err err = {0};
    struct arena *arena = arena_new(256);

    (void)sent;
    swarm->asking = false;
    json_t *value = client_parse(swarm, answer, failed, "asking the engine's version", &err);
    if (value)
        swarm_decode_version(value, arena, swarm->prefix, &err);
    json_decref(value);
    arena_free(arena);
    release_waiting(swarm, &err);
}

static void start_call(struct call *call)
{
    struct swarm *swarm = swarm_of(call->op.driver);
    struct call **tail = &swarm->waiting;

    if (swarm->prefix[0]) {
        send_call(call);
        return;
    }
    while (*tail)
        tail = &(*tail)->next;
    *tail = call;
    if (!swarm->asking) {
        swarm->asking = true;
        http_get(swarm->http, "/version", on_version, swarm);
    }
}

static struct call *new_call(struct swarm *swarm, char *path, client_fn *fn, void *arg)
{
    struct call *call = xcalloc(1, sizeof *call);

    call->path = path;
    call->fn = fn;
    call->arg = arg;
    swarm_op_begin(swarm, &call->op, drop_call);
    return call;
}

void client_get(struct swarm *swarm, char *path, client_fn *fn, void *arg)
{
    start_call(new_call(swarm, path, fn, arg));
}

void client_post(struct swarm *swarm, char *path, const json_t *body, client_fn *fn, void *arg)
{
    struct call *call = new_call(swarm, path, fn, arg);

    call->body = json_text(body);
    start_call(call);
}

void client_forget(struct swarm *swarm)
{
    swarm->prefix[0] = '\0';
}

json_t *client_parse(struct swarm *swarm, const struct http_answer *answer,
                     const struct err *failed, const char *what, struct err *err)
{
    if (!answer_judge(answer, true, failed, false, what, err)) {
        answer_explain_socket(swarm->socket, err);
        return NULL;
    }
    return json_parse(answer->body, answer->body_len, what, err);
}

char *client_filter(const char *key, const char *value)
{
    json_t *filter = json_pack("{s:[s]}", key, value);
    char *text = json_text(filter), *escaped = http_escape(text);

    free(text);
    json_decref(filter);
    return escaped;
}
