/* http_private.h: what the files of the HTTP module share.
 *
 * http.c keeps requests, http_multi.c connects libcurl to the loop, http_options.c holds every
 * setting of a transfer, http_check.c says what may be asked for, http_pem.c what identities are
 * made of, http_text.c what was answered. */
#ifndef LOCKSTEP_NET_HTTP_PRIVATE_H
#define LOCKSTEP_NET_HTTP_PRIVATE_H

#include "net/http.h"

#include "base/mem.h"

#include <curl/curl.h>

enum http_limit {
    HTTP_CONNECT_MS = 3000,
    HTTP_TOTAL_MS = 15000,
    HTTP_BODY_MAX = 8 << 20,
    HTTP_HEADERS_MAX = 64 << 10, /* bytes of all header lines of one answer */
    HTTP_REFUSAL_MAX = 64 << 10, /* body of a stream that was refused */
    HTTP_PENDING_MAX = 8 << 20,  /* of a stream, between two deliveries */
    HTTP_PATH_MAX = 8 << 10,
    HTTP_DEAD_PEER_MS = 20000, /* unacknowledged bytes: the connection is gone */
};

struct http_socket;

struct http {
    struct loop *loop;
    CURLM *multi;
    struct loop_timer *timer;
    struct http_socket *sockets;
    struct http_request *requests; /* newest first */
    struct http_request *current;  /* whose data callback is running; NULL when it was cancelled */
    bool busy, dying;              /* callbacks are running; http_free came from one of them */

    /* Checked copies of the configuration. */
    char *base;       /* "https://host:port/prefix", where `host` is the name that TLS checks */
    char *target;     /* for messages: the address or socket as the user knows it */
    char *connect_to; /* "::host:port" when server_name took the host's place, or NULL */
    char *unix_socket, *ca_file, *cert_file, *key_file, *proxy_url; /* NULL where not used */
    char *ca_pem, *cert_pem, *key_pem;                              /* likewise */
    struct curl_slist *headers;
    bool tls, read_only, insecure;
    int64_t connect_ms, total_ms;
    size_t body_max;
};

enum http_kind { HTTP_READ, HTTP_MUTATION, HTTP_STREAM };

struct http_request {
    struct http_request *next;
    struct http *http;
    enum http_kind kind;
    CURL *easy; /* NULL: refused before it was sent */
    struct curl_slist *headers, *connect_to;
    char *method, *path;
    http_done_fn *done;
    http_data_fn *data;
    void *arg;

    /* The answer so far. */
    char *body;
    size_t body_len, body_cap, header_bytes;
    char *lines; /* headers of the answer as it came, NULL before the first line */
    size_t lines_len, lines_cap;
    int64_t retry_after_ms;
    bool sent, repeated, too_large, finished, idle;
    CURLcode result;
    char curl_text[CURL_ERROR_SIZE];

    struct loop_timer *timer; /* a refusal on its way, or the idle limit of a stream */
    int64_t idle_ms, heard_ms;
    struct err err;
};

/* http_multi.c */
bool http_multi_open(struct http *http);
void http_multi_close(struct http *http);
/* Delivers what transfers have brought. Runs callbacks; `http` may be gone afterwards. */
void http_pump(struct http *http);

/* http_options.c: sets everything but the body; false only when libcurl lacks a setting. */
bool http_set_options(struct http_request *request);
/* What a failed transfer means to the reader of the message. */
void http_explain(struct http_request *request);

/* http_check.c */
bool http_check_config(struct http *http, const struct http_config *config, struct err *err);
/* Frees what it kept. Secrets are overwritten. */
void http_forget_config(struct http *http);
bool http_check_request(const struct http *http, const char *method, const char *path,
                        const char *content_type, struct err *err);

/* http_pem.c: one or more certificates; a certificate that is in force at utc_ms and its key. */
bool http_check_authority(const char *pem, struct err *err);
bool http_check_identity(const char *cert, const char *key, int64_t utc_ms, struct err *err);

/* http_text.c: seconds or a date, clamped; -1 when it is neither. */
int64_t http_parse_retry_after(const char *value, size_t len, int64_t utc_ms);

#endif
