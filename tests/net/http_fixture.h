/* http_fixture.h: one request at a time, waited for, against a scripted server. */
#ifndef LOCKSTEP_TESTS_NET_HTTP_FIXTURE_H
#define LOCKSTEP_TESTS_NET_HTTP_FIXTURE_H

#include "net/http.h"
#include "net/server.h"

#include <stdint.h>

/* How a request ended. The body is a copy, freed with the fixture. */
struct result {
    bool done, sent;
    long status;
    char *body;
    size_t body_len;
    int64_t retry_after_ms;
    struct err err;
};

struct fixture {
    struct clock *clock;
    struct loop *loop;
    struct server *server;
    struct http *http;
    struct http_config config; /* as used by fixture_client */
    struct result result;
};

/* A server on 127.0.0.1 and a client for it. */
void fixture_open(struct fixture *f);
/* Only loop, clock and a config of nothing; the test makes the rest. */
void fixture_open_bare(struct fixture *f);
void fixture_close(struct fixture *f);
/* (Re)makes f->http from f->config; fails the test when that is refused. */
void fixture_client(struct fixture *f);

http_done_fn fixture_done; /* arg: the fixture */
/* Turns the loop until f->result.done. */
const struct result *fixture_wait(struct fixture *f);
const struct result *fixture_get(struct fixture *f, const char *path);
const struct result *fixture_send(struct fixture *f, const char *method, const char *path,
                                  const char *body);

#endif
