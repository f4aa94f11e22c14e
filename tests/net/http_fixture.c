/* http_fixture.c: see http_fixture.h. */
#include "net/http_fixture.h"

#include "test.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void fixture_open_bare(struct fixture *f)
{
    *f = (struct fixture){.clock = clock_new_real()};
    f->loop = loop_new(f->clock);
    f->config = (struct http_config){
        .base_url = "",
        .unix_socket = "",
        .ca_file = "",
        .cert_file = "",
        .key_file = "",
        .server_name = "",
        .proxy_url = "",
    };
}

void fixture_open(struct fixture *f)
{
    fixture_open_bare(f);
    f->server = server_new();
    f->config.base_url = server_url(f->server);
    fixture_client(f);
}

void fixture_close(struct fixture *f)
{
    http_free(f->http);
    server_free(f->server);
    loop_free(f->loop);
    clock_free(f->clock);
    free(f->result.body);
}

void fixture_client(struct fixture *f)
{
    struct err err = {0};

    http_free(f->http);
    f->http = http_new(f->loop, &f->config, &err);
    ck_assert_msg(f->http != NULL, "%s", err.text);
}

void fixture_done(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct result *result = &((struct fixture *)arg)->result;

    ck_assert(!result->done);
    ck_assert_ptr_nonnull(answer->body);
    ck_assert(answer->body[answer->body_len] == '\0');
    *result = (struct result){
        .done = true,
        .sent = sent,
        .status = answer->status,
        .body = xstrndup(answer->body, answer->body_len),
        .body_len = answer->body_len,
        .retry_after_ms = answer->retry_after_ms,
        .err = *err,
    };
}

const struct result *fixture_wait(struct fixture *f)
{
    while (!f->result.done)
        loop_turn(f->loop, -1);
    return &f->result;
}

static void forget(struct fixture *f)
{
    free(f->result.body);
    f->result = (struct result){0};
}

const struct result *fixture_get(struct fixture *f, const char *path)
{
    forget(f);
    http_get(f->http, path, fixture_done, f);
    ck_assert_msg(!f->result.done, "answered from inside the call");
    return fixture_wait(f);
}

const struct result *fixture_send(struct fixture *f, const char *method, const char *path,
                                  const char *body)
{
    forget(f);
    http_send(f->http, method, path, body ? "application/json" : NULL, body,
              body ? strlen(body) : 0, fixture_done, f);
    ck_assert_msg(!f->result.done, "answered from inside the call");
    return fixture_wait(f);
}
