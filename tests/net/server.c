/* server.c: see server.h. Blocking reads and writes, but every wait also watches the stop pipe. */
#include "net/server.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 32 << 20, DRIP_MS = 10 };

struct connection {
    struct connection *next;
    struct server *server;
    pthread_t thread;
    size_t number;
    int fd;
    SSL *ssl;
    bool held;
    char *in; /* bytes read and not yet used */
    size_t in_len, in_cap;
};

struct seen {
    char *text;
    size_t connection;
};

struct server {
    int listener, stop[2];
    char url[128];
    SSL_CTX *tls;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Guarded by lock. */
    struct connection *connections;
    size_t connection_count;
    struct server_reply *replies;
    size_t reply_count, reply_cap;
    struct seen *seen;
    size_t seen_count, seen_cap;
    server_handler *handler;
    void *handler_arg;
};

/* Bytes. */

static bool wait_ready(const struct connection *c, int timeout_ms)
{
    struct pollfd fds[] = {{c->fd, POLLIN, 0}, {c->server->stop[0], POLLIN, 0}};

    if (c->ssl && SSL_pending(c->ssl))
        return true;
    return poll(fds, 2, timeout_ms) >= 0 && !fds[1].revents;
}

static bool stopping(const struct connection *c, int wait_ms)
{
    struct pollfd fd = {c->server->stop[0], POLLIN, 0};

    return poll(&fd, 1, wait_ms) > 0;
}

static bool send_bytes(const struct connection *c, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n =
            c->ssl ? SSL_write(c->ssl, bytes, (int)len) : send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_more(struct connection *c)
{
    if (c->in_len > REQUEST_MAX || !wait_ready(c, -1))
        return false;
    ARRAY_RESERVE(c->in, c->in_cap, c->in_len + 4097);
    ssize_t n = c->ssl ? SSL_read(c->ssl, c->in + c->in_len, 4096)
                       : recv(c->fd, c->in + c->in_len, 4096, 0);
    if (n <= 0)
        return false;
    c->in_len += (size_t)n;
    c->in[c->in_len] = '\0';
    return true;
}

static size_t body_length(const char *head)
{
    const char *line = strcasestr(head, "\r\ncontent-length:");

    return line ? (size_t)strtoull(line + 17, NULL, 10) : 0;
}

/* One whole request, yours, removed from what was read; NULL at the end of the connection. */
static char *read_request(struct connection *c, size_t *head_len)
{
    char *end = NULL;

    while (!c->in || !(end = strstr(c->in, "\r\n\r\n")))
        if (!read_more(c))
            return NULL;
    *head_len = (size_t)(end - c->in) + 4;
    end[2] = '\0';
    size_t whole = *head_len + body_length(c->in);
    end[2] = '\r';
    while (c->in_len < whole)
        if (!read_more(c))
            return NULL;
    char *text = xstrndup(c->in, whole);
    memmove(c->in, c->in + whole, c->in_len - whole + 1);
    c->in_len -= whole;
    return text;
}

/* Replies. */

static bool begins(const char *text, const char *start)
{
    return !start || strncmp(text, start, strlen(start)) == 0;
}

static bool ask_handler(struct server *server, const char *text, size_t head_len,
                        struct server_reply *reply)
{
    char method[32] = "", path[4096] = "";

    return server->handler && sscanf(text, "%31s %4095s", method, path) == 2 &&
           server->handler(server->handler_arg, method, path, text + head_len, reply);
}

static struct server_reply choose(struct connection *c, char *text, size_t head_len)
{
    struct server *server = c->server;
    struct server_reply reply = {.status = 404, .body = "{\"message\":\"page not found\"}"};
    size_t i = 0;

    pthread_mutex_lock(&server->lock);
    ARRAY_RESERVE(server->seen, server->seen_cap, server->seen_count + 1);
    server->seen[server->seen_count++] = (struct seen){text, c->number};
    while (i < server->reply_count && !begins(text, server->replies[i].on))
        i++;
    if (i < server->reply_count) {
        reply = server->replies[i];
        if (!reply.sticky) {
            memmove(&server->replies[i], &server->replies[i + 1],
                    (server->reply_count - i - 1) * sizeof reply);
            server->reply_count--;
        }
    } else {
        struct server_reply own = {0};
        if (ask_handler(server, text, head_len, &own))
            reply = own;
    }
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    return reply;
}

static bool send_head(const struct connection *c, const struct server_reply *reply, bool length,
                      size_t body_len)
{
    char announce[64] = "";

    if (length)
        snprintf(announce, sizeof announce, "Content-Length: %zu\r\n", body_len);
    char *head = xasprintf("HTTP/1.1 %d Scripted\r\n%s%s\r\n", reply->status ? reply->status : 200,
                           announce, reply->headers ? reply->headers : "");
    bool done = send_bytes(c, head, strlen(head));
    free(head);
    return done;
}

static void send_huge(const struct connection *c, size_t len)
{
    char block[4096];

    memset(block, 'x', sizeof block);
    for (size_t n; len; len -= n) {
        n = len < sizeof block ? len : sizeof block;
        if (!send_bytes(c, block, n))
            return;
    }
}

static void hold(struct connection *c)
{
    struct server *server = c->server;

    pthread_mutex_lock(&server->lock);
    c->held = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    while (wait_ready(c, -1)) { /* until the client or server_drop ends it */
        char rest[256];
        if ((c->ssl ? SSL_read(c->ssl, rest, sizeof rest) : recv(c->fd, rest, sizeof rest, 0)) <= 0)
            break;
    }
    pthread_mutex_lock(&server->lock);
    c->held = false;
    pthread_mutex_unlock(&server->lock);
}

static bool drip(const struct connection *c, const char *body, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!send_bytes(c, body + i, 1) || stopping(c, DRIP_MS))
            return false;
    return true;
}

/* True when the connection stays open for another request. */
static bool perform(struct connection *c, const struct server_reply *reply)
{
    const char *body = reply->body ? reply->body : "";
    size_t len = reply->body_len ? reply->body_len : strlen(body);

    switch (reply->trick) {
    case SERVER_ANSWER:
        return send_head(c, reply, true, len) && send_bytes(c, body, len);
    case SERVER_CLOSE:
        return false;
    case SERVER_SILENT:
        hold(c);
        return false;
    case SERVER_CUT:
        if (send_head(c, reply, true, len))
            send_bytes(c, body, reply->at < len ? reply->at : len);
        return false;
    case SERVER_DRIP:
        return send_head(c, reply, true, len) && drip(c, body, len);
    case SERVER_HUGE:
        if (send_head(c, reply, false, 0))
            send_huge(c, reply->at);
        return false;
    case SERVER_HOLD:
        if (send_head(c, reply, false, 0) && send_bytes(c, body, len))
            hold(c);
        return false;
    case SERVER_RAW:
        send_bytes(c, body, len);
        return false;
    }
    return false;
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    size_t head_len;
    char *text;

    if (c->ssl && SSL_accept(c->ssl) <= 0)
        text = NULL;
    else
        text = read_request(c, &head_len);
    while (text) {
        struct server_reply reply = choose(c, text, head_len);
        if (strncmp(text, "HEAD ", 5) == 0)
            reply.body = NULL;
        text = perform(c, &reply) ? read_request(c, &head_len) : NULL;
    }
    if (c->ssl)
        SSL_shutdown(c->ssl);
    shutdown(c->fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct server *server = arg;
    struct pollfd fds[] = {{server->listener, POLLIN, 0}, {server->stop[0], POLLIN, 0}};

    while (poll(fds, 2, -1) >= 0 && !fds[1].revents) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        /* head and body are written apart; fails on unix sockets, and that is fine */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *c = xcalloc(1, sizeof *c);
        c->server = server;
        c->fd = fd;
        if (server->tls) {
            c->ssl = SSL_new(server->tls);
            SSL_set_fd(c->ssl, fd);
        }
        pthread_mutex_lock(&server->lock);
        c->number = server->connection_count++;
        c->next = server->connections;
        server->connections = c;
        pthread_mutex_unlock(&server->lock);
        if (pthread_create(&c->thread, NULL, serve, c))
            fatal("no thread for a connection");
    }
    return NULL;
}

/* Life. */

static struct server *start(int domain, const struct sockaddr *address, socklen_t len, SSL_CTX *tls)
{
    struct server *server = xcalloc(1, sizeof *server);

    signal(SIGPIPE, SIG_IGN); /* SSL_write has no MSG_NOSIGNAL */
    server->tls = tls;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->listener = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, address, len) ||
        listen(server->listener, 64) || pipe(server->stop))
        fatal("the test server cannot listen");
    if (domain == AF_INET) {
        struct sockaddr_in bound;
        socklen_t bound_len = sizeof bound;
        if (getsockname(server->listener, (struct sockaddr *)&bound, &bound_len))
            fatal("the test server has no port");
        snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%d", tls ? "https" : "http",
                 ntohs(bound.sin_port));
    } else {
        snprintf(server->url, sizeof server->url, "http://localhost");
    }
    if (pthread_create(&server->thread, NULL, accept_all, server))
        fatal("no thread for the test server");
    return server;
}

static struct server *start_inet(SSL_CTX *tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return start(AF_INET, (const struct sockaddr *)&address, sizeof address, tls);
}

struct server *server_new(void)
{
    return start_inet(NULL);
}

struct server *server_new_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return start(AF_UNIX, (const struct sockaddr *)&address, sizeof address, NULL);
}

struct server *server_new_tls(const struct server_tls *tls)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, tls->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) != 1)
        fatal("the test server cannot use %s", tls->cert);
    if (tls->client_ca) {
        if (SSL_CTX_load_verify_locations(ctx, tls->client_ca, NULL) != 1)
            fatal("the test server cannot use %s", tls->client_ca);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return start_inet(ctx);
}

void server_free(struct server *server)
{
    if (!server)
        return;
    close(server->stop[1]); /* the reading end is ready for everybody, for ever */
    pthread_join(server->thread, NULL);
    for (struct connection *c = server->connections; c; c = c->next)
        shutdown(c->fd, SHUT_RDWR); /* frees a thread that sends to a client that does not read */
    for (struct connection *c = server->connections, *next; c; c = next) {
        next = c->next;
        pthread_join(c->thread, NULL);
        SSL_free(c->ssl);
        close(c->fd);
        free(c->in);
        free(c);
    }
    for (size_t i = 0; i < server->seen_count; i++)
        free(server->seen[i].text);
    close(server->listener);
    close(server->stop[0]);
    SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    free(server->seen);
    free(server->replies);
    free(server);
}

const char *server_url(const struct server *server)
{
    return server->url;
}

void server_reply(struct server *server, struct server_reply reply)
{
    pthread_mutex_lock(&server->lock);
    ARRAY_RESERVE(server->replies, server->reply_cap, server->reply_count + 1);
    server->replies[server->reply_count++] = reply;
    pthread_mutex_unlock(&server->lock);
}

void server_handle(struct server *server, server_handler *fn, void *arg)
{
    pthread_mutex_lock(&server->lock);
    server->handler = fn;
    server->handler_arg = arg;
    pthread_mutex_unlock(&server->lock);
}

/* Sends to every held connection, or shuts it when bytes is NULL. */
static void each_held(struct server *server, const char *bytes)
{
    size_t reached = 0;

    pthread_mutex_lock(&server->lock);
    for (;;) {
        for (struct connection *c = server->connections; c; c = c->next) {
            if (!c->held)
                continue;
            reached++;
            if (bytes)
                send_bytes(c, bytes, strlen(bytes));
            else
                shutdown(c->fd, SHUT_RDWR);
        }
        if (reached)
            break;
        pthread_cond_wait(&server->changed, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
}

void server_push(struct server *server, const char *bytes)
{
    each_held(server, bytes);
}

void server_drop(struct server *server)
{
    each_held(server, NULL);
}

size_t server_connections(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t server_count(struct server *server, const char *on)
{
    size_t count = 0;

    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->seen_count; i++)
        count += begins(server->seen[i].text, on);
    pthread_mutex_unlock(&server->lock);
    return count;
}

const char *server_request(struct server *server, size_t nth, size_t *connection)
{
    const char *text = NULL;

    pthread_mutex_lock(&server->lock);
    if (nth < server->seen_count) {
        text = server->seen[nth].text;
        if (connection)
            *connection = server->seen[nth].connection;
    }
    pthread_mutex_unlock(&server->lock);
    return text;
}
