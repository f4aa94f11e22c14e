/* http_multi.c: libcurl's sockets and its one timer, on the loop. */
#include "net/http_private.h"

#include <stdlib.h>

struct http_socket {
    struct http_socket *next;
    struct http *http;
    struct loop_fd *watch;
};

static void socket_free(struct http_socket *socket)
{
    for (struct http_socket **at = &socket->http->sockets; *at; at = &(*at)->next)
        if (*at == socket) {
            *at = socket->next;
            loop_unwatch(socket->watch);
            free(socket);
            return;
        }
}

static void on_ready(int fd, unsigned ready, void *arg)
{
    struct http *http = ((struct http_socket *)arg)->http;
    int flags = 0, running;

    if (ready & (LOOP_READ | LOOP_HANGUP))
        flags |= CURL_CSELECT_IN;
    if (ready & (LOOP_WRITE | LOOP_HANGUP))
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(http->multi, fd, flags, &running);
    http_pump(http);
}

static unsigned wanted(int what)
{
    return ((what & CURL_POLL_IN) ? LOOP_READ : 0U) | ((what & CURL_POLL_OUT) ? LOOP_WRITE : 0U);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
    struct http *http = arg;
    struct http_socket *s = socket;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            socket_free(s);
        return 0;
    }
    if (s) {
        loop_watch_set(s->watch, wanted(what));
        return 0;
    }
    s = xcalloc(1, sizeof *s);
    s->http = http;
    s->next = http->sockets;
    http->sockets = s;
    s->watch = loop_watch(http->loop, fd, wanted(what), on_ready, s);
    curl_multi_assign(http->multi, fd, s);
    return 0;
}

static void on_timeout(void *arg)
{
    struct http *http = arg;
    int running;

    http->timer = NULL;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    http_pump(http);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct http *http = arg;

    (void)multi;
    loop_cancel(http->timer);
    http->timer = timeout_ms < 0 ? NULL : loop_after(http->loop, timeout_ms, on_timeout, http);
    return 0;
}

bool http_multi_open(struct http *http)
{
    http->multi = curl_multi_init();
    return http->multi &&
           curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK;
}

void http_multi_close(struct http *http)
{
    if (http->multi)
        curl_multi_cleanup(http->multi); /* still tells on_socket what it closes */
    for (struct http_socket *s = http->sockets, *next; s; s = next) {
        next = s->next;
        loop_unwatch(s->watch);
        free(s);
    }
    loop_cancel(http->timer);
}
