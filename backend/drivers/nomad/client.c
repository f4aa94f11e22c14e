/* client.c: see client.h. */
#include "drivers/nomad/client.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <stdlib.h>
#include <string.h>

struct call {
    struct op op;
    client_fn *fn;
    void *arg;
};

struct nomad *nomad_of(struct driver *driver)
{
    return (struct nomad *)(void *)driver;
}

void nomad_op_begin(struct nomad *nomad, struct op *op, void (*drop)(struct op *op))
{
    op_begin(&nomad->ops, &nomad->base, op, drop);
}

void nomad_client_later(struct nomad *nomad, int64_t delay_ms, loop_timer_fn *fn, void *arg)
{
    ops_later(&nomad->ops, &nomad->base, delay_ms, fn, arg);
}

char *nomad_client_path(const struct nomad *nomad, const char *path, const char *space,
                        const char *more)
{
    char *escaped = space ? http_escape(space) : NULL;
    char *region = nomad->region[0] ? http_escape(nomad->region) : NULL;
    char *made =
        xasprintf("/v1/%s?%s%s%s%s%s", path, escaped ? "namespace=" : "", escaped ? escaped : "",
                  region ? "&region=" : "", region ? region : "", more);

    free(escaped);
    free(region);
    return made;
}

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct call *call = arg;
    client_fn *fn = call->fn;
    void *fn_arg = call->arg;

    op_end(&call->op);
    fn(fn_arg, answer, sent, err);
}

static struct call *new_call(struct nomad *nomad, client_fn *fn, void *arg)
{
    struct call *call = xcalloc(1, sizeof *call);

    call->fn = fn;
    call->arg = arg;
    nomad_op_begin(nomad, &call->op, NULL);
    return call;
}

void nomad_client_get(struct nomad *nomad, char *path, client_fn *fn, void *arg)
{
    http_get(nomad->http, path, on_answer, new_call(nomad, fn, arg));
    free(path);
}

void nomad_client_put(struct nomad *nomad, char *path, const json_t *body, client_fn *fn, void *arg)
{
    char *text = body ? json_text(body) : NULL;

    http_send(nomad->http, "PUT", path, "application/json", text, text ? strlen(text) : 0,
              on_answer, new_call(nomad, fn, arg));
    free(text);
    free(path);
}

json_t *nomad_client_parse(struct nomad *nomad, const struct http_answer *answer,
                           const struct err *failed, const char *what, struct err *err)
{
    if (!nomad_answer_judge(answer, true, failed, false, what, err)) {
        nomad_answer_explain_socket(nomad->socket, err);
        return NULL;
    }
    if (!nomad_answer_is_current(answer, NOMAD_CONTACT_MAX_MS, what, err))
        return NULL;
    if (strncmp(answer->body, "null", 4) == 0 &&
        strspn(answer->body + 4, " \r\n\t") == strlen(answer->body + 4))
        return json_null(); /* the deployment of a job that never had one */
    return json_parse(answer->body, answer->body_len, what, err);
}
