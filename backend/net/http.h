/* http.h: requests in flight on libcurl; the only module that includes curl.
 *
 * One struct http per cluster: its own multi handle, connection cache, TLS identity and
 * ceilings. Who it speaks as may be renewed; connections made for another TLS identity are then
 * not used again. Reads share connections; every mutation goes on a
 * fresh easy handle with FRESH_CONNECT and FORBID_REUSE, because libcurl repeats a
 * request by itself when a reused connection dies before the first reply byte.
 * A key with a passphrase is refused: nothing here ever asks on the terminal.
 * No redirects, no netrc, no environment proxies, no cookies, TLS 1.2 or newer, verified.
 * Looking up a name happens on a thread of libcurl's, but dropping a request that waits for one
 * joins it: http_cancel, http_free and a time limit may then block for some 10 s. */
#ifndef LOCKSTEP_NET_HTTP_H
#define LOCKSTEP_NET_HTTP_H

#include "base/err.h"
#include "base/loop.h"

#include <stddef.h>

struct http;
struct http_request;

/* First call of the process that touches libcurl; safe to repeat. Unsets SSLKEYLOGFILE and its
 * like, ignores SIGPIPE. Drivers call it in open, so the simulator never sets up TLS. */
void http_init(void);
/* What it unset, as "NAME=value", for programs we start; NULL-terminated. */
const char *const *http_unset_variables(void);

struct http_config {
    const char *base_url;    /* "http://host:port", "https://…"; unix: "http://localhost" */
    const char *unix_socket; /* path, or "" */
    const char *ca_file, *cert_file, *key_file; /* "" where not used; a CA replaces the system's */
    /* The same as PEM text instead of files; NULL where not used. Checked at once. */
    const char *ca_pem, *cert_pem, *key_pem;
    bool insecure;              /* believes any server; only together with read_only */
    const char *server_name;    /* TLS name when it differs from the URL's host, or "" */
    const char *proxy_url;      /* "" for none; never from the environment */
    const char *const *headers; /* "Name: value", checked for CR and LF; NULL-terminated or NULL */
    bool read_only;             /* anything but GET and HEAD fails here, at the one place */
    int64_t connect_ms, total_ms; /* 0: 3,000 and 15,000 */
    size_t body_max;              /* 0: 8 MiB */
};

/* NULL and ERR_CONFIG when the URL, a file or a header cannot be right; ERR_AUTH when the client
 * certificate is out of date. */
struct http *http_new(struct loop *loop, const struct http_config *config, struct err *err);
/* Takes headers, certificate, key and authority from `config` for every request from now on;
 * requests in flight end as they began. The rest of it must be as it was. False: nothing changed.
 */
bool http_renew(struct http *http, const struct http_config *config, struct err *err);
void http_free(struct http *http); /* drops requests in flight; their callbacks never run */

struct http_answer {
    long status;      /* 0: no answer (see err) */
    const char *body; /* NUL-terminated, borrowed */
    size_t body_len;
    int64_t retry_after_ms; /* from the header, clamped to 1..120 s; -1 none */
    const char *headers;    /* lines as received, NUL-terminated, borrowed; never NULL */
};
/* The value of a header into out, without blanks around it; false and "" when it is not there or
 * longer than out. `name` without the colon; upper and lower case are the same. */
bool http_header(const struct http_answer *answer, const char *name, char *out, size_t size);

/* err->code NONE: an HTTP answer of any status is in `answer`. NETWORK: none came, or
 * not whole; `sent` then says whether the server may have seen the request.
 * AUTH: the server's or our TLS identity was not accepted, or the socket not permitted.
 * LIMIT: a ceiling. PROTOCOL: not HTTP, or a path or method that was never sent.
 * UNSUPPORTED: not sent, because read-only. CONFIG: a TLS file cannot be used.
 * Runs once, and the request is gone with it. */
typedef void http_done_fn(void *arg, const struct http_answer *answer, bool sent,
                          const struct err *err);
/* Bytes of a stream as they come; return false to end it (done runs with ERR_NONE). */
typedef bool http_data_fn(void *arg, const char *bytes, size_t len);

/* Reads go over shared connections. `path` starts with '/'; its parts were escaped by http_escape.
 */
struct http_request *http_get(struct http *http, const char *path, http_done_fn *fn, void *arg);
/* A mutation: sent at most once, never repeated. body may be NULL. */
struct http_request *http_send(struct http *http, const char *method, const char *path,
                               const char *content_type, const char *body, size_t body_len,
                               http_done_fn *fn, void *arg);
/* The same with one more header, "Name: value" without CR and LF; NULL none. */
struct http_request *http_send_with(struct http *http, const char *method, const char *path,
                                    const char *content_type, const char *header, const char *body,
                                    size_t body_len, http_done_fn *fn, void *arg);
/* A POST that asks and changes nothing (an access review): over shared connections, as a read, but
 * refused like any POST where read_only. */
struct http_request *http_ask(struct http *http, const char *path, const char *content_type,
                              const char *body, size_t body_len, http_done_fn *fn, void *arg);
/* A stream (events, watch): no total time limit; ends when nothing, not even a
 * keep-alive, came for idle_ms (0: never). Lines are cut by the caller. The body of an answer
 * other than 2xx goes to fn, not to data. */
struct http_request *http_stream(struct http *http, const char *path, int64_t idle_ms,
                                 http_data_fn *data, http_done_fn *fn, void *arg);
/* Drops it; its callback never runs. What a mutation did is then unknown. NULL is fine. */
void http_cancel(struct http_request *request);

/* Percent-escapes one path segment or query value; yours to free. */
char *http_escape(const char *segment);

/* "503 Service Unavailable: <the body's message, one clean line, at most 200 characters>". */
void http_describe(const struct http_answer *answer, char *out, size_t size);

#endif
