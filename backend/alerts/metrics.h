/* metrics.h: what a watch sees, as Prometheus' text format 0.0.4, and the small server for it. */
#ifndef LOCKSTEP_ALERTS_METRICS_H
#define LOCKSTEP_ALERTS_METRICS_H

#include "alerts/watch.h"

/* The whole page, yours. Label values are escaped. */
char *metrics_text(const struct watch *watch, size_t *len);

enum metrics_limit {
    METRICS_REQUEST_MAX = 8192, /* bytes of a request's head */
    METRICS_CLIENTS_MAX = 16,   /* at once; who comes later waits */
    METRICS_CLIENT_MS = 10000,  /* a request and its answer may take so long */
    METRICS_PATH_MAX = 64,
};

/* What a request asks for. */
struct metrics_request {
    bool head;
    char path[METRICS_PATH_MAX]; /* without the query */
};
/* 0: more bytes are needed; 200: `out` is what is asked for; else the status to answer with. */
int metrics_parse(const char *bytes, size_t len, struct metrics_request *out);

struct metrics_server;
/* "127.0.0.1:9797", "[::1]:0"; an address that is not loopback only where `anywhere`. NULL and err
 * otherwise, and when the port is taken. */
struct metrics_server *metrics_serve(struct loop *loop, const struct watch *watch,
                                     const char *listen, bool anywhere, struct err *err);
void metrics_close(struct metrics_server *server); /* NULL is fine */
/* "127.0.0.1:9797", with the port that it really has. */
const char *metrics_address(const struct metrics_server *server);

#endif
