/* http.c: requests, from the caller's call to the caller's callback.
 *
 * No callback of a caller ever runs inside libcurl: transfers only fill buffers, http_pump
 * delivers them afterwards. So a callback may start, cancel and free anything. */
#include "net/http.h"

#include "net/http_private.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Variables by which the environment would change what TLS trusts, loads or writes down. */
static const char *const unwanted[] = {
    "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC",
};
static const char *unset[ARRAY_LEN(unwanted) + 1]; /* written once, by init_once */

static void init_once(void)
{
    struct sigaction old;
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(unwanted); i++) {
        const char *value = getenv(unwanted[i]);
        if (value)
            unset[count++] = xasprintf("%s=%s", unwanted[i], value);
        unsetenv(unwanted[i]);
    }
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        fatal("libcurl could not be initialised");
}

void http_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, init_once);
}

const char *const *http_unset_variables(void)
{
    return unset;
}

/* Configuration. */

static void release(struct http *http)
{
    http_multi_close(http);
    http_forget_config(http);
    free(http);
}

struct http *http_new(struct loop *loop, const struct http_config *config, struct err *err)
{
    http_init();
    struct http *http = xcalloc(1, sizeof *http);
    http->loop = loop;
    http->read_only = config->read_only;
    http->connect_ms = config->connect_ms > 0 ? config->connect_ms : HTTP_CONNECT_MS;
    http->total_ms = config->total_ms > 0 ? config->total_ms : HTTP_TOTAL_MS;
    http->body_max = config->body_max ? config->body_max : HTTP_BODY_MAX;
    if (!http_check_config(http, config, err)) {
        release(http);
        return NULL;
    }
    if (!http_multi_open(http))
        fatal("libcurl has no memory or no sockets for a new client");
    return http;
}

bool http_renew(struct http *http, const struct http_config *config, struct err *err)
{
    struct http fresh = {.loop = http->loop, .read_only = http->read_only}, old = *http;

    if (!http_check_config(&fresh, config, err)) {
        http_forget_config(&fresh);
        return false;
    }
    assert(strcmp(fresh.base, http->base) == 0 && fresh.insecure == http->insecure);
#define TAKE(member) (http->member = fresh.member, fresh.member = old.member)
    TAKE(headers);
    TAKE(ca_file);
    TAKE(cert_file);
    TAKE(key_file);
    TAKE(ca_pem);
    TAKE(cert_pem);
    TAKE(key_pem);
#undef TAKE
    http_forget_config(&fresh);
    return true;
}

static void request_free(struct http_request *r)
{
    loop_cancel(r->timer);
    if (r->easy) {
        curl_multi_remove_handle(r->http->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    curl_slist_free_all(r->headers);
    curl_slist_free_all(r->connect_to);
    free(r->method);
    free(r->path);
    free(r->body);
    free(r->lines);
    free(r);
}

void http_cancel(struct http_request *request)
{
    if (!request)
        return;
    struct http *http = request->http;
    for (struct http_request **at = &http->requests; *at; at = &(*at)->next)
        if (*at == request) {
            *at = request->next;
            if (http->current == request)
                http->current = NULL;
            request_free(request);
            return;
        }
}

void http_free(struct http *http)
{
    if (!http)
        return;
    for (struct http_request *r = http->requests, *next; r; r = next) {
        next = r->next;
        request_free(r);
    }
    http->requests = NULL;
    http->current = NULL;
    http->dying = true;
    if (!http->busy)
        release(http);
}

/* Delivery. */

/* Ends a request that is no longer in the list. */
static void deliver_done(struct http_request *r)
{
    bool answered = r->err.code == ERR_NONE && r->easy;
    struct http_answer answer = {.body = "", .retry_after_ms = -1, .headers = ""};

    if (answered) {
        if (r->lines)
            answer.headers = r->lines;
        curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &answer.status);
        answer.retry_after_ms = r->retry_after_ms;
        if (r->body) {
            answer.body = r->body;
            answer.body_len = r->body_len;
        }
    }
    r->done(r->arg, &answer, r->sent, &r->err);
    request_free(r);
}

/* Bytes of a stream. Its callback may cancel it. */
static void deliver_data(struct http_request *r)
{
    struct http *http = r->http;
    size_t len = r->body_len;

    r->body_len = 0;
    http->current = r;
    bool more = r->data(r->arg, r->body, len);
    if (http->current != r)
        return;
    http->current = NULL;
    r->body[0] = '\0';
    if (!more) {
        r->finished = true;
        r->err = (struct err){0};
        r->result = CURLE_OK;
    }
}

static bool has_stream_data(const struct http_request *r)
{
    long status = 0;

    if (r->kind != HTTP_STREAM || !r->body_len || !r->easy)
        return false;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
}

static void note_finished(struct http *http)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct http_request *r = NULL;
        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        r->result = msg->data.result;
        r->finished = true;
        http_explain(r);
    }
}

/* The place in the list of what waited longest; NULL when there is nothing to deliver. */
static struct http_request **oldest_ready(struct http *http)
{
    struct http_request **ready = NULL;

    for (struct http_request **at = &http->requests; *at; at = &(*at)->next)
        if ((*at)->finished || has_stream_data(*at))
            ready = at;
    return ready;
}

void http_pump(struct http *http)
{
    struct http_request **at;

    http->busy = true;
    note_finished(http);
    while ((at = oldest_ready(http)) != NULL) {
        struct http_request *r = *at;
        if (has_stream_data(r)) {
            deliver_data(r);
        } else {
            *at = r->next;
            deliver_done(r);
        }
    }
    http->busy = false;
    if (http->dying)
        release(http);
}

/* Requests. */

static void on_refusal(void *arg)
{
    struct http_request *r = arg;

    r->timer = NULL;
    r->finished = true;
    http_pump(r->http);
}

static void on_idle(void *arg)
{
    struct http_request *r = arg;
    int64_t left = r->heard_ms + r->idle_ms - loop_now_ms(r->http->loop);

    r->timer = NULL;
    if (left > 0) {
        r->timer = loop_after(r->http->loop, left, on_idle, r);
        return;
    }
    r->idle = true;
    r->finished = true;
    http_explain(r);
    http_pump(r->http);
}

static struct http_request *request_new(struct http *http, enum http_kind kind, const char *method,
                                        const char *path)
{
    struct http_request *r = xcalloc(1, sizeof *r);

    r->http = http;
    r->kind = kind;
    r->method = xstrdup(method);
    r->path = xstrdup(path);
    r->retry_after_ms = -1;
    r->next = http->requests;
    http->requests = r;
    return r;
}

static void set_body(struct http_request *r, const char *body, size_t len)
{
    bool has_length = body || strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0 ||
                      strcmp(r->method, "PATCH") == 0;

    if (!has_length)
        return;
    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? len : 0));
    curl_easy_setopt(r->easy, CURLOPT_COPYPOSTFIELDS, body ? body : "");
    /* after COPYPOSTFIELDS, which makes it a POST */
    curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void add_header(struct http_request *r, const char *line)
{
    struct curl_slist *grown = curl_slist_append(r->headers, line);

    if (!grown)
        fatal("out of memory for a header");
    r->headers = grown;
}

static void set_headers(struct http_request *r, const char *content_type)
{
    for (const struct curl_slist *h = r->http->headers; h; h = h->next)
        add_header(r, h->data);
    add_header(r, "Expect:"); /* no 100-continue: it adds a second and a half of waiting */
    char *line =
        xasprintf("Content-Type:%s%s", content_type ? " " : "", content_type ? content_type : "");
    add_header(r, line);
    free(line);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
}

/* True when the request may be set up; else its refusal is on its way. */
static bool request_open(struct http_request *r, const char *content_type)
{
    if (!http_check_request(r->http, r->method, r->path, content_type, &r->err)) {
        r->timer = loop_after(r->http->loop, 0, on_refusal, r);
        return false;
    }
    r->easy = curl_easy_init();
    if (!r->easy)
        fatal("out of memory for a request");
    if (!http_set_options(r))
        fatal("this libcurl lacks a setting that lockstep cannot do without");
    set_headers(r, content_type);
    return true;
}

static struct http_request *request_start(struct http_request *r)
{
    r->heard_ms = loop_now_ms(r->http->loop);
    if (curl_multi_add_handle(r->http->multi, r->easy) != CURLM_OK)
        fatal("libcurl did not take a request");
    return r;
}

struct http_request *http_get(struct http *http, const char *path, http_done_fn *fn, void *arg)
{
    struct http_request *r = request_new(http, HTTP_READ, "GET", path);

    r->done = fn;
    r->arg = arg;
    return request_open(r, NULL) ? request_start(r) : r;
}

static struct http_request *send_body(struct http_request *r, const char *content_type,
                                      const char *header, const char *body, size_t body_len)
{
    if (!request_open(r, content_type))
        return r;
    if (header) {
        assert(!strpbrk(header, "\r\n"));
        add_header(r, header);
        curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    }
    set_body(r, body, body_len);
    return request_start(r);
}

struct http_request *http_send_with(struct http *http, const char *method, const char *path,
                                    const char *content_type, const char *header, const char *body,
                                    size_t body_len, http_done_fn *fn, void *arg)
{
    struct http_request *r = request_new(http, HTTP_MUTATION, method, path);

    r->done = fn;
    r->arg = arg;
    return send_body(r, content_type, header, body, body_len);
}

struct http_request *http_send(struct http *http, const char *method, const char *path,
                               const char *content_type, const char *body, size_t body_len,
                               http_done_fn *fn, void *arg)
{
    return http_send_with(http, method, path, content_type, NULL, body, body_len, fn, arg);
}

struct http_request *http_ask(struct http *http, const char *path, const char *content_type,
                              const char *body, size_t body_len, http_done_fn *fn, void *arg)
{
    struct http_request *r = request_new(http, HTTP_READ, "POST", path);

    r->done = fn;
    r->arg = arg;
    return send_body(r, content_type, NULL, body, body_len);
}

struct http_request *http_stream(struct http *http, const char *path, int64_t idle_ms,
                                 http_data_fn *data, http_done_fn *fn, void *arg)
{
    struct http_request *r = request_new(http, HTTP_STREAM, "GET", path);

    assert(data);
    r->data = data;
    r->done = fn;
    r->arg = arg;
    r->idle_ms = idle_ms > 0 ? idle_ms : 0;
    if (!request_open(r, NULL))
        return r;
    if (r->idle_ms)
        r->timer = loop_after(http->loop, r->idle_ms, on_idle, r);
    return request_start(r);
}
