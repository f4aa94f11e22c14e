/* metrics_server.c: HTTP/1.1 enough for a scrape: GET and HEAD, one request per connection. */
#include "alerts/metrics.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    struct client *next;
    struct metrics_server *server;
    int fd;
    struct loop_fd *watch;
    struct loop_timer *timer;
    char in[METRICS_REQUEST_MAX + 1];
    size_t in_len;
    char *out;
    size_t out_len, sent;
};

struct metrics_server {
    struct loop *loop;
    const struct watch *watch;
    int fd;
    struct loop_fd *listening;
    struct client *clients;
    size_t count;
    char address[80];
};

/* ---- the request ---- */

static bool is_token(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* The first line, without its end, is METHOD SP TARGET SP HTTP/1.x. */
static int parse_line(const char *line, size_t len, struct metrics_request *out)
{
    size_t method = 0, target, end;

    while (method < len && is_token(line[method]))
        method++;
    if (method == 0 || method > 16 || method == len || line[method] != ' ')
        return 400;
    target = end = method + 1;
    while (end < len && line[end] > ' ' && line[end] < 0x7f)
        end++;
    if (end == target || line[target] != '/' || len - end != 9 ||
        memcmp(line + end, " HTTP/1.", 8) != 0 || (line[len - 1] != '0' && line[len - 1] != '1'))
        return 400;
    out->head = method == 4 && memcmp(line, "HEAD", 4) == 0;
    if (!out->head && (method != 3 || memcmp(line, "GET", 3) != 0))
        return 405;
    size_t path = 0;
    while (target + path < end && line[target + path] != '?')
        path++;
    if (path >= sizeof out->path)
        return 404;
    memcpy(out->path, line + target, path);
    out->path[path] = '\0';
    return 200;
}

int metrics_parse(const char *bytes, size_t len, struct metrics_request *out)
{
    size_t line = 0, at;

    *out = (struct metrics_request){.path = ""};
    if (memchr(bytes, '\0', len))
        return 400;
    while (line < len && bytes[line] != '\n')
        line++;
    bool whole = false;
    for (at = line; at < len && !whole; at++) /* an empty line ends the head */
        whole =
            bytes[at] == '\n' && ((at + 1 < len && bytes[at + 1] == '\n') ||
                                  (at + 2 < len && bytes[at + 1] == '\r' && bytes[at + 2] == '\n'));
    if (!whole)
        return len >= METRICS_REQUEST_MAX ? 431 : 0;
    return parse_line(bytes, line && bytes[line - 1] == '\r' ? line - 1 : line, out);
}

/* ---- one client ---- */

static void accept_some(int fd, unsigned ready, void *arg);

static void drop(struct client *client)
{
    struct metrics_server *server = client->server;

    for (struct client **at = &server->clients; *at; at = &(*at)->next)
        if (*at == client) {
            *at = client->next;
            break;
        }
    loop_unwatch(client->watch);
    loop_cancel(client->timer);
    close(client->fd);
    free(client->out);
    free(client);
    if (server->count-- == METRICS_CLIENTS_MAX)
        loop_watch_set(server->listening, LOOP_READ);
}

static void on_time(void *arg)
{
    struct client *client = arg;

    client->timer = NULL;
    drop(client);
}

static const char *reason(int status)
{
    return status == 200   ? "OK"
           : status == 404 ? "Not Found"
           : status == 405 ? "Method Not Allowed"
           : status == 431 ? "Request Header Fields Too Large"
                           : "Bad Request";
}

static void answer(struct client *client, int status, const struct metrics_request *request)
{
    size_t len = 0;
    char *body = NULL;

    if (status == 200 && strcmp(request->path, "/metrics") == 0)
        body = metrics_text(client->server->watch, &len);
    else if (status == 200 && strcmp(request->path, "/") == 0)
        body = xstrdup("lockstep watch: /metrics\n");
    else if (status == 200)
        status = 404;
    if (!body)
        body = xasprintf("%d %s\n", status, reason(status));
    len = len ? len : strlen(body);
    char *head =
        xasprintf("HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; "
                  "charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n",
                  status, reason(status), len, status == 405 ? "Allow: GET, HEAD\r\n" : "");
    size_t head_len = strlen(head);
    client->out = xcalloc(head_len + len, 1);
    memcpy(client->out, head, head_len);
    client->out_len = head_len;
    if (!request->head) {
        memcpy(client->out + head_len, body, len);
        client->out_len += len;
    }
    free(head);
    free(body);
    loop_watch_set(client->watch, LOOP_WRITE);
}

static void write_more(struct client *client)
{
    while (client->sent < client->out_len) {
        ssize_t n = send(client->fd, client->out + client->sent, client->out_len - client->sent,
                         MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0)
            break;
        client->sent += (size_t)n;
    }
    if (client->sent == client->out_len) /* let it be read before the rest of its request resets */
        shutdown(client->fd, SHUT_WR);
    drop(client);
}

static void on_client(int fd, unsigned ready, void *arg)
{
    struct client *client = arg;
    struct metrics_request request;

    (void)ready;
    if (client->out) {
        write_more(client);
        return;
    }
    ssize_t n = read(fd, client->in + client->in_len, METRICS_REQUEST_MAX - client->in_len);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        drop(client);
        return;
    }
    client->in_len += (size_t)n;
    int status = metrics_parse(client->in, client->in_len, &request);
    if (status)
        answer(client, status, &request);
}

static void accept_some(int fd, unsigned ready, void *arg)
{
    struct metrics_server *server = arg;

    (void)ready;
    while (server->count < METRICS_CLIENTS_MAX) {
        int new = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (new < 0)
            return;
        struct client *client = xcalloc(1, sizeof *client);
        client->server = server;
        client->fd = new;
        client->next = server->clients;
        server->clients = client;
        server->count++;
        client->watch = loop_watch(server->loop, new, LOOP_READ, on_client, client);
        client->timer = loop_after(server->loop, METRICS_CLIENT_MS, on_time, client);
    }
    loop_watch_set(server->listening, 0);
}

/* ---- the server ---- */

static bool is_loopback(const struct addrinfo *at)
{
    if (at->ai_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)at->ai_addr;
        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    }
    const struct sockaddr_in6 *v6 = (const void *)at->ai_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* "[::1]:9797" -> "::1", "9797". */
static bool split(const char *listen, char host[64], char port[8])
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;
    bool bracketed = len >= 2 && listen[0] == '[' && listen[len - 1] == ']';

    if (!colon || strlen(colon + 1) > 5 || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    snprintf(port, 8, "%.5s", colon + 1);
    snprintf(host, 64, "%.*s", (int)(bracketed ? len - 2 : len), listen + (bracketed ? 1 : 0));
    return len > 0 && len < 64;
}

static int open_socket(const char *listen_on, bool anywhere, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM},
                    *found = NULL;
    char host[64], port[8];
    int fd = -1, on = 1;

    if (!split(listen_on, host, port) || getaddrinfo(host, port, &hints, &found)) {
        err_set(err, ERR_CONFIG,
                "watch.listen: expected an address and a port as in 127.0.0.1:9797, found '%.80s'",
                listen_on);
        return -1;
    }
    if (!is_loopback(found) && !anywhere) {
        err_set(err, ERR_CONFIG,
                "watch.listen: %.80s can be reached by others; say listen_anywhere: true if that "
                "is meant",
                listen_on);
    } else if ((fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0 ||
               setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
               bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, METRICS_CLIENTS_MAX)) {
        err_set(err, ERR_LIMIT, "%.80s cannot be listened on: %s", listen_on, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static void name_address(struct metrics_server *server)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    char host[64], port[8];

    if (getsockname(server->fd, (struct sockaddr *)&at, &len) ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    bool v6 = at.ss_family == AF_INET6;
    snprintf(server->address, sizeof server->address, "%s%s%s:%s", v6 ? "[" : "", host,
             v6 ? "]" : "", port);
}

struct metrics_server *metrics_serve(struct loop *loop, const struct watch *watch,
                                     const char *listen_on, bool anywhere, struct err *err)
{
    int fd = open_socket(listen_on, anywhere, err);

    if (fd < 0)
        return NULL;
    struct metrics_server *server = xcalloc(1, sizeof *server);
    server->loop = loop;
    server->watch = watch;
    server->fd = fd;
    server->listening = loop_watch(loop, fd, LOOP_READ, accept_some, server);
    name_address(server);
    return server;
}

void metrics_close(struct metrics_server *server)
{
    if (!server)
        return;
    while (server->clients)
        drop(server->clients);
    loop_unwatch(server->listening);
    close(server->fd);
    free(server);
}

const char *metrics_address(const struct metrics_server *server)
{
    return server->address;
}
