/* sink_http.h: what sinks that POST share. One request at a time. */
#ifndef LOCKSTEP_ALERTS_SINK_HTTP_H
#define LOCKSTEP_ALERTS_SINK_HTTP_H

#include "alerts/sink.h"
#include "net/http.h"

enum { SECRET_MAX = 4096 };

struct sink_http {
    struct http *http;
    struct http_request *request; /* under way, NULL none */
    char *path;                   /* of the URL, with its query; begins with '/' */
    sink_done_fn *done;
    void *arg;
};

/* False: sink_http_close is still the caller's. */
bool sink_http_open(struct sink_http *at, const struct sink_env *env, struct err *err);
/* `header` is one more "Name: value", or NULL. */
void sink_http_send(struct sink_http *at, const char *path, const char *header, const char *body,
                    sink_done_fn *done, void *arg);
void sink_http_close(struct sink_http *at);

/* The bytes of a file that only its owner may touch, without the newline at its end. Yours. */
char *sink_read_secret(const char *path, size_t *len, struct err *err);

#endif
