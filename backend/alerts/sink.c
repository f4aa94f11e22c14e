/* sink.c: the table of sinks, and what those that speak HTTP share. */
#include "alerts/sink.h"

#include "alerts/sink_http.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct sink_ops *const sink_table[] = {
    [SINK_STDOUT] = &sink_stdout,
    [SINK_ALERTMANAGER] = &sink_alertmanager,
    [SINK_WEBHOOK] = &sink_webhook,
    [SINK_COMMAND] = &sink_command,
};

bool sink_judge_answer(const struct http_answer *answer, const struct err *failed, struct err *err)
{
    char words[260];

    if (failed && failed->code != ERR_NONE) {
        *err = *failed;
        return false;
    }
    if (answer->status >= 200 && answer->status < 300)
        return true;
    http_describe(answer, words, sizeof words);
    return err_set(err,
                   answer->status == 401 || answer->status == 403 ? ERR_AUTH
                   : answer->status >= 400 && answer->status < 500 && answer->status != 429 &&
                           answer->status != 408
                       ? ERR_REJECTED
                       : ERR_NETWORK,
                   "%s", words);
}

/* "https://host:1/a?b" -> "https://host:1", "/a?b". */
static void split_url(const char *url, char **base, char **path)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?") : strlen(url);

    *base = xstrndup(url, len);
    *path = xasprintf("%s%s", url[len] == '/' ? "" : "/", url + len);
}

char *sink_read_secret(const char *path, size_t *len, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *out = NULL;
    ssize_t got = -1;

    if (fd < 0) {
        err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        err_set(err, ERR_CONFIG, "%s: is not a regular file", path);
    else if (st.st_mode & 077)
        err_set(err, ERR_CONFIG, "%s: others may touch it (mode %03o); run chmod 600 on it", path,
                (unsigned)st.st_mode & 0777);
    else
        got = read(fd, out = xcalloc(SECRET_MAX + 1, 1), SECRET_MAX + 1);
    close(fd);
    while (got > 0 && (out[got - 1] == '\n' || out[got - 1] == '\r'))
        out[--got] = '\0';
    if (got > 0 && got <= SECRET_MAX) {
        *len = (size_t)got;
        return out;
    }
    free(out);
    err_set(err, ERR_CONFIG, "%s: expected 1 to %d bytes", path, SECRET_MAX);
    return NULL;
}

bool sink_http_open(struct sink_http *at, const struct sink_env *env, struct err *err)
{
    const struct sink_settings *set = env->settings;
    size_t len = 0;
    char *base, *token = NULL, *line = NULL;
    const char *headers[2] = {NULL, NULL};

    http_init();
    if (set->token_file && set->token_file[0]) {
        token = sink_read_secret(set->token_file, &len, err);
        if (!token)
            return false;
        headers[0] = line = xasprintf("Authorization: Bearer %s", token);
    }
    split_url(set->url, &base, &at->path);
    int64_t limit =
        set->timeout_ms > 0 && set->timeout_ms < SINK_TIME_MS ? set->timeout_ms : SINK_TIME_MS;
    const struct http_config config = {.base_url = base,
                                       .unix_socket = "",
                                       .ca_file = set->ca_file ? set->ca_file : "",
                                       .cert_file = "",
                                       .key_file = "",
                                       .server_name = "",
                                       .proxy_url = "",
                                       .headers = headers,
                                       .connect_ms = limit < 3000 ? limit : 3000,
                                       .total_ms = limit,
                                       .body_max = 64 << 10};
    at->http = http_new(env->loop, &config, err);
    free(base);
    if (line)
        explicit_bzero(line, strlen(line));
    free(line);
    if (token)
        explicit_bzero(token, len);
    free(token);
    return at->http != NULL;
}

static void on_answer(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct sink_http *at = arg;
    struct err err = {0};
    bool good = sink_judge_answer(answer, failed, &err);

    at->request = NULL;
    at->done(at->arg, !good && sent && err.code == ERR_NETWORK, &err);
}

void sink_http_send(struct sink_http *at, const char *path, const char *header, const char *body,
                    sink_done_fn *done, void *arg)
{
    at->done = done;
    at->arg = arg;
    at->request = http_send_with(at->http, "POST", path, "application/json", header, body,
                                 strlen(body), on_answer, at);
}

void sink_http_close(struct sink_http *at)
{
    if (at->http)
        http_free(at->http);
    free(at->path);
}
