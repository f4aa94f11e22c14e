/* server.h: a scripted HTTP server for tests, on 127.0.0.1 or a unix socket.
 *
 * Replies are told in advance: the first unused one whose `on` begins the request line answers, a
 * `sticky` one again and again; what nobody answers gets 404. One thread per connection;
 * every function here may be called while it runs. */
#ifndef LOCKSTEP_TESTS_NET_SERVER_H
#define LOCKSTEP_TESTS_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct server;

enum server_trick {
    SERVER_ANSWER, /* status, headers, Content-Length, body; the connection stays */
    SERVER_CLOSE,  /* reads the whole request, closes without a byte */
    SERVER_SILENT, /* reads the whole request, never answers */
    SERVER_CUT,    /* closes after `at` bytes of the body that was announced */
    SERVER_DRIP,   /* one byte of the body every 10 ms */
    SERVER_HUGE,   /* `at` bytes of 'x', length not announced */
    SERVER_HOLD,   /* headers and body, then open until server_push, server_drop */
    SERVER_RAW,    /* the body as it is, status line and all; then closes */
};

struct server_reply {
    const char *on;      /* "GET /nodes": start of the request line; NULL: any */
    int status;          /* 0: 200 */
    const char *headers; /* more lines, each with its \r\n; NULL: none */
    const char *body;    /* NULL: none */
    size_t body_len;     /* 0: strlen(body) */
    enum server_trick trick;
    size_t at;
    bool sticky;
};

/* TLS files in PEM; client_ca NULL: no client certificate asked for. */
struct server_tls {
    const char *cert, *key, *client_ca;
};

struct server *server_new(void); /* 127.0.0.1, a free port */
struct server *server_new_unix(const char *path);
struct server *server_new_tls(const struct server_tls *tls);
void server_free(struct server *server); /* closes everything, joins its threads */

const char *server_url(const struct server *server); /* "http://127.0.0.1:4711" */
/* The strings of a reply are borrowed until server_free. */
void server_reply(struct server *server, struct server_reply reply);
/* Answers what no reply does: fills *reply for one request, with strings that live as long as
 * the server; false: 404. Runs on a thread of the server's, one call at a time. */
typedef bool server_handler(void *arg, const char *method, const char *path, const char *body,
                            struct server_reply *reply);
void server_handle(struct server *server, server_handler *fn, void *arg);

/* Bytes on every connection that is held; closes them all. Both wait until there is one. */
void server_push(struct server *server, const char *bytes);
void server_drop(struct server *server);

size_t server_connections(struct server *server); /* accepted so far */
/* Requests so far whose request line begins with `on` (NULL: all). */
size_t server_count(struct server *server, const char *on);
/* The nth request (from 0) as it came, head and body, NUL-terminated, until server_free; NULL
 * when there is none. *connection gets the number of its connection, from 0. */
const char *server_request(struct server *server, size_t nth, size_t *connection);

#endif
