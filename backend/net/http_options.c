/* http_options.c: every setting of a transfer, and what its failure means.
 *
 * libcurl's defaults and the environment are not trusted to stay as they are:
 * what matters is set, also where the default is the same. */
#include "net/http_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const struct {
    CURLoption option;
    long value;
} fixed[] = {
    {CURLOPT_NOSIGNAL, 1}, /* no signals in a program with threads */
    /* A redirect would carry X-Nomad-Token and X-Registry-Auth to any host. */
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_MAXREDIRS, 0},
    {CURLOPT_UNRESTRICTED_AUTH, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_HTTPAUTH, (long)CURLAUTH_NONE}, /* a header or a certificate, nothing negotiated */
    {CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE}, /* our tokens are not for a proxy's CONNECT */
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_HTTP_CONTENT_DECODING, 0}, /* we ask for no compression and unpack none */
    {CURLOPT_TRANSFER_ENCODING, 0},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_PATH_AS_IS, 1}, /* http_check.c refused dot segments */
    {CURLOPT_TCP_NODELAY, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_TCP_KEEPIDLE, 15},
    {CURLOPT_TCP_KEEPINTVL, 5},
    {CURLOPT_MAXLIFETIME_CONN, 300},
    {CURLOPT_VERBOSE, 0},
};

static int on_new_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    unsigned dead_ms = HTTP_DEAD_PEER_MS;

    (void)arg;
    (void)purpose;
    fcntl(fd, F_SETFD, FD_CLOEXEC); /* credential plugins inherit no connection */
    /* fails on unix sockets, and that is fine */
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof dead_ms);
    return CURL_SOCKOPT_OK;
}

/* Runs after the connection stands and just before the request is written: from here on the
 * server may have seen it. Also when libcurl wants to write it once more. */
static int before_request(void *arg, char *remote_ip, char *local_ip, int remote_port,
                          int local_port)
{
    struct http_request *r = arg;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (r->sent && r->kind == HTTP_MUTATION) {
        r->repeated = true;
        return CURL_PREREQFUNC_ABORT;
    }
    r->sent = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    static const char retry[] = "retry-after:";
    struct http_request *r = arg;
    size_t len = size * count;

    r->heard_ms = loop_now_ms(r->http->loop);
    r->header_bytes += len;
    if (r->header_bytes > HTTP_HEADERS_MAX) {
        r->too_large = true;
        return 0;
    }
    if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
        r->lines_len = 0; /* an interim answer's are not the answer's */
    ARRAY_RESERVE(r->lines, r->lines_cap, r->lines_len + len + 1);
    memcpy(r->lines + r->lines_len, line, len);
    r->lines_len += len;
    r->lines[r->lines_len] = '\0';
    if (len > sizeof retry - 1 && strncasecmp(line, retry, sizeof retry - 1) == 0)
        r->retry_after_ms =
            http_parse_retry_after(line + sizeof retry - 1, len - (sizeof retry - 1),
                                   clock_utc_ms(loop_clock(r->http->loop)));
    return len;
}

static size_t body_ceiling(const struct http_request *r)
{
    long status = 0;

    if (r->kind != HTTP_STREAM)
        return r->http->body_max;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300 ? HTTP_PENDING_MAX : HTTP_REFUSAL_MAX;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_request *r = arg;
    size_t len = size * count;

    r->heard_ms = loop_now_ms(r->http->loop);
    if (len > body_ceiling(r) - r->body_len) {
        r->too_large = true;
        return 0;
    }
    ARRAY_RESERVE(r->body, r->body_cap, r->body_len + len + 1);
    memcpy(r->body + r->body_len, bytes, len);
    r->body_len += len;
    r->body[r->body_len] = '\0';
    return len;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_number(CURL *easy, CURLoption option, int64_t value)
{
    return curl_easy_setopt(easy, option, (long)value) == CURLE_OK;
}

/* Where it goes: never what the environment says. */
static bool set_route(struct http_request *r, CURL *easy)
{
    const struct http *http = r->http;
    const char *scheme = http->tls ? "https" : "http";
    char *url = xasprintf("%s%s", http->base, r->path);
    bool done = set_text(easy, CURLOPT_URL, url);

    free(url);
    if (http->connect_to) {
        r->connect_to = curl_slist_append(NULL, http->connect_to);
        done = done && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, r->connect_to) == CURLE_OK;
    }
    return done && set_text(easy, CURLOPT_PROTOCOLS_STR, scheme) &&
           set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, scheme) &&
           set_text(easy, CURLOPT_UNIX_SOCKET_PATH, http->unix_socket) &&
           set_text(easy, CURLOPT_PROXY, http->proxy_url ? http->proxy_url : "") &&
           set_text(easy, CURLOPT_NOPROXY, http->proxy_url ? "" : "*") &&
           set_text(easy, CURLOPT_PRE_PROXY, NULL) &&
           set_text(easy, CURLOPT_USERAGENT, "lockstep/" LOCKSTEP_VERSION) &&
           set_text(easy, CURLOPT_ACCEPT_ENCODING, NULL);
}

/* libcurl compares texts of certificates, not of keys, before it uses a connection again. */
static bool set_blob(CURL *easy, CURLoption option, char *text)
{
    struct curl_blob blob = {.data = text, .len = strlen(text), .flags = CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

static bool set_identity(const struct http *http, CURL *easy)
{
    bool done = set_text(easy, CURLOPT_KEYPASSWD, ""); /* else OpenSSL asks on the terminal */

    if (http->ca_file) /* and not the system's store beside it */
        done = done && set_text(easy, CURLOPT_CAINFO, http->ca_file) &&
               set_text(easy, CURLOPT_CAPATH, NULL);
    if (http->ca_pem)
        done = done && set_blob(easy, CURLOPT_CAINFO_BLOB, http->ca_pem) &&
               set_text(easy, CURLOPT_CAINFO, NULL) && set_text(easy, CURLOPT_CAPATH, NULL);
    if (http->insecure)
        done = done && set_number(easy, CURLOPT_SSL_VERIFYPEER, 0) &&
               set_number(easy, CURLOPT_SSL_VERIFYHOST, 0);
    if (http->cert_file)
        done = done && set_text(easy, CURLOPT_SSLCERT, http->cert_file) &&
               set_text(easy, CURLOPT_SSLKEY, http->key_file);
    if (http->cert_pem)
        done = done && set_text(easy, CURLOPT_SSLCERTTYPE, "PEM") &&
               set_text(easy, CURLOPT_SSLKEYTYPE, "PEM") &&
               set_blob(easy, CURLOPT_SSLCERT_BLOB, http->cert_pem) &&
               set_blob(easy, CURLOPT_SSLKEY_BLOB, http->key_pem);
    return done;
}

static bool set_limits(const struct http_request *r, CURL *easy)
{
    const struct http *http = r->http;
    bool mutation = r->kind == HTTP_MUTATION, stream = r->kind == HTTP_STREAM;

    return set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, http->connect_ms) &&
           set_number(easy, CURLOPT_TIMEOUT_MS, stream ? 0 : http->total_ms) &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                            stream ? 0 : (curl_off_t)http->body_max) == CURLE_OK &&
           /* A reused connection that dies before the first reply byte makes libcurl send the
            * request again, whatever its method. */
           set_number(easy, CURLOPT_FRESH_CONNECT, mutation) &&
           set_number(easy, CURLOPT_FORBID_REUSE, mutation);
}

static bool set_callbacks(struct http_request *r, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_PRIVATE, r) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->curl_text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, r) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, r) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, r) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket) == CURLE_OK;
}

bool http_set_options(struct http_request *r)
{
    CURL *easy = r->easy;

    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        if (curl_easy_setopt(easy, fixed[i].option, fixed[i].value) != CURLE_OK)
            return false;
    if (strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (strcmp(r->method, "GET") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    return set_route(r, easy) && set_identity(r->http, easy) && set_limits(r, easy) &&
           set_callbacks(r, easy);
}

/* Failures. */

static bool is_tls_alert(const struct http_request *r)
{
    return r->http->tls && strstr(r->curl_text, "alert") != NULL;
}

static void explain_connect(struct http_request *r)
{
    long number = 0;

    curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &number);
    err_set(&r->err, number == EACCES || number == EPERM ? ERR_AUTH : ERR_NETWORK,
            "cannot connect to %s: %s", r->http->target,
            number ? strerror((int)number) : "no connection in time");
}

static void explain_timeout(struct http_request *r)
{
    if (r->sent)
        err_set(&r->err, ERR_NETWORK, "no whole answer within %lld ms",
                (long long)r->http->total_ms);
    else
        err_set(&r->err, ERR_NETWORK, "no connection to %s within %lld ms", r->http->target,
                (long long)(r->http->connect_ms < r->http->total_ms ? r->http->connect_ms
                                                                    : r->http->total_ms));
}

/* libcurl has some hundred results; those that mean the same to the reader share a line. */
static void explain_result(struct http_request *r)
{
    const char *text = r->curl_text[0] ? r->curl_text : curl_easy_strerror(r->result);

    if (r->result == CURLE_COULDNT_CONNECT)
        explain_connect(r);
    else if (r->result == CURLE_OPERATION_TIMEDOUT)
        explain_timeout(r);
    else if (r->result == CURLE_GOT_NOTHING)
        err_set(&r->err, ERR_NETWORK, "the connection was closed before any answer");
    else if (r->result == CURLE_PARTIAL_FILE)
        err_set(&r->err, ERR_NETWORK, "the connection was closed in the middle of the answer");
    else if (r->result == CURLE_PEER_FAILED_VERIFICATION || is_tls_alert(r))
        err_set(&r->err, ERR_AUTH, "TLS identity not accepted: %s", text);
    else if (r->result == CURLE_SSL_CERTPROBLEM || r->result == CURLE_SSL_CACERT_BADFILE)
        err_set(&r->err, ERR_CONFIG, "a certificate or key file cannot be used: %s", text);
    else if (r->result == CURLE_WEIRD_SERVER_REPLY || r->result == CURLE_UNSUPPORTED_PROTOCOL)
        err_set(&r->err, ERR_PROTOCOL, "the answer is not HTTP: %s", text);
    else
        err_set(&r->err, ERR_NETWORK, "%s", text);
}

void http_explain(struct http_request *r)
{
    if (r->result == CURLE_OUT_OF_MEMORY)
        fatal("out of memory in libcurl");
    if (r->idle)
        err_set(&r->err, ERR_NETWORK, "nothing came for %lld ms", (long long)r->idle_ms);
    else if (r->repeated)
        err_set(&r->err, ERR_NETWORK, "the connection was lost, and the request is not repeated");
    else if (r->too_large || r->result == CURLE_FILESIZE_EXCEEDED)
        err_set(&r->err, ERR_LIMIT, "the answer is larger than %zu KiB",
                r->header_bytes > HTTP_HEADERS_MAX ? (size_t)HTTP_HEADERS_MAX >> 10
                                                   : body_ceiling(r) >> 10);
    else if (r->result != CURLE_OK)
        explain_result(r);
    if (r->err.code != ERR_NONE)
        err_prefix(&r->err, "%s %.120s", r->method, r->path);
}
