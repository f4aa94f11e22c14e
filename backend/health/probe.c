/* probe.c: asking, with a loop of its own: verbs without a terminal wait for it. */
#include "health/probe.h"

#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/text.h"
#include "net/http.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b && a[0] && strcmp(a, b) == 0;
}

const struct probe_settings *probe_find(const struct probe_settings *probes, size_t count,
                                        const char *store, const char *gone, const char *clients,
                                        const char *usage)
{
    for (size_t i = 0; i < count; i++)
        if ((same(probes[i].store, store) && same(probes[i].gone, gone)) ||
            (same(probes[i].clients, clients) && same(probes[i].usage, usage)))
            return &probes[i];
    return NULL;
}

struct asking {
    struct loop *loop;
    const bool *stop; /* NULL: never */
    char *text;       /* the answer */
    size_t len;
    bool done;
    struct err err;
};

static bool is_stopped(const struct asking *asking)
{
    return asking->stop && __atomic_load_n(asking->stop, __ATOMIC_RELAXED);
}

/* ---- HTTP ---- */

static void on_answer(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct asking *asking = arg;
    char words[260];

    (void)sent;
    asking->done = true;
    if (failed && failed->code != ERR_NONE) {
        asking->err = *failed;
        return;
    }
    /* a Prometheus says with 400 and 422 what is wrong with a query, in the body */
    if (answer->status != 200 && answer->status != 400 && answer->status != 422) {
        http_describe(answer, words, sizeof words);
        err_set(&asking->err, ERR_NETWORK, "%s", words);
        return;
    }
    asking->text = xstrndup(answer->body, answer->body_len);
    asking->len = answer->body_len;
}

static char *read_token(const char *path, struct err *err)
{
    char *token = file_read_token(path, err);
    char *header = token ? xasprintf("Authorization: Bearer %s", token) : NULL;

    if (token)
        explicit_bzero(token, strlen(token));
    free(token);
    return header;
}

/* The answer to GET of this URL, whole. */
static bool fetch(const struct probe_settings *probe, const char *url, struct asking *asking)
{
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?") : strlen(url);
    char *base = xstrndup(url, len), *line = NULL;
    char *path = xasprintf("%s%s", url[len] == '/' ? "" : "/", url + len);
    const char *headers[2] = {NULL, NULL};

    http_init();
    if (probe->token_file && probe->token_file[0])
        headers[0] = line = read_token(probe->token_file, &asking->err);
    const struct http_config config = {.base_url = base,
                                       .unix_socket = "",
                                       .ca_file = probe->ca_file ? probe->ca_file : "",
                                       .cert_file = "",
                                       .key_file = "",
                                       .server_name = "",
                                       .proxy_url = "",
                                       .headers = headers,
                                       .read_only = true,
                                       .total_ms = PROBE_TIME_MS,
                                       .body_max = PROBE_TEXT_MAX};
    struct http *http =
        asking->err.code == ERR_NONE ? http_new(asking->loop, &config, &asking->err) : NULL;
    if (http) {
        http_get(http, path, on_answer, asking);
        while (!asking->done && !is_stopped(asking))
            loop_turn(asking->loop, 100);
        http_free(http);
        if (!asking->done)
            err_set(&asking->err, ERR_UNKNOWN, "it was not waited for");
    }
    if (line)
        explicit_bzero(line, strlen(line));
    free(line);
    free(base);
    free(path);
    return asking->err.code == ERR_NONE;
}

static bool query(const struct probe_settings *probe, const char *text, struct clock *clock,
                  const bool *stop, double *out, struct err *err)
{
    struct asking asking = {.loop = loop_new(clock), .stop = stop};
    char *escaped = http_escape(text);
    size_t len = strlen(probe->prometheus);

    while (len && probe->prometheus[len - 1] == '/')
        len--;
    char *url = xasprintf("%.*s/api/v1/query?query=%s", (int)len, probe->prometheus, escaped);
    bool good = fetch(probe, url, &asking) &&
                probe_read_prometheus(asking.text, asking.len, out, &asking.err);
    if (!good)
        *err = asking.err;
    free(asking.text);
    free(escaped);
    free(url);
    loop_free(asking.loop);
    return good;
}

/* ---- a command ---- */

static void on_end(void *arg, const struct process_end *end)
{
    struct asking *asking = arg;
    char how[80];

    asking->done = true;
    asking->text = xstrndup(end->out, end->out_len);
    asking->len = end->out_len;
    if (end->how != PROCESS_EXITED || end->code != 0)
        err_set(&asking->err,
                end->how == PROCESS_LATE || end->how == PROCESS_LOUD ? ERR_LIMIT : ERR_REJECTED,
                "%s", process_describe(end, how, sizeof how));
}

static bool run(const struct probe_settings *probe, struct asking *asking)
{
    const struct process_request request = {
        .argv = probe->command, .out_max = PROBE_TEXT_MAX, .limit_ms = PROBE_TIME_MS};
    struct process *process = process_start(asking->loop, &request, on_end, asking, &asking->err);

    while (process && !asking->done && !is_stopped(asking))
        loop_turn(asking->loop, 100);
    if (process && !asking->done) {
        process_cancel(process);
        err_set(&asking->err, ERR_UNKNOWN, "it was not waited for");
    }
    return asking->err.code == ERR_NONE;
}

/* ---- what it means ---- */

static bool take_count(double value, struct probe_result *out)
{
    out->count = (uint64_t)ceil(value);
    return true;
}

static bool ask_prometheus(const struct probe_settings *probe, struct clock *clock,
                           const bool *stop, struct probe_result *out, struct err *err)
{
    unsigned least = probe->coverage_least ? probe->coverage_least : PROBE_COVERAGE;
    double value, share = 1;
    char coverage[60] = "";

    if (!query(probe, probe->query, clock, stop, &value, err)) {
        err_prefix(err, "%s", probe->prometheus);
        return false;
    }
    if (probe->coverage && probe->coverage[0]) {
        if (!query(probe, probe->coverage, clock, stop, &share, err)) {
            err_prefix(err, "%s: coverage", probe->prometheus);
            return false;
        }
        if (share * 100 < least)
            return err_set(err, ERR_UNKNOWN,
                           "the query sees only %.1f %% of them, and at least %u %% are needed",
                           share * 100, least);
        snprintf(coverage, sizeof coverage, ", sees %.1f %% of them", share * 100);
    }
    snprintf(out->evidence, sizeof out->evidence, "measured: %.0f by %.200s at %.80s%s",
             ceil(value), probe->query, probe->prometheus, coverage);
    return take_count(value, out);
}

static bool ask_other(const struct probe_settings *probe, struct clock *clock, const bool *stop,
                      struct probe_result *out, struct err *err)
{
    struct asking asking = {.loop = loop_new(clock), .stop = stop};
    bool runs = probe->command != NULL, has_path = probe->path && probe->path[0];
    const char *from = runs ? probe->command[0] : probe->url;
    double value = 0;

    bool good = runs ? run(probe, &asking) : fetch(probe, probe->url, &asking);
    if (good)
        good = has_path ? probe_read_path(asking.text ? asking.text : "", asking.len, probe->path,
                                          &value, &asking.err)
                        : probe_read_number(asking.text ? asking.text : "", asking.len, &value,
                                            &asking.err);
    if (good) {
        snprintf(out->evidence, sizeof out->evidence, "measured: %.0f by %.200s%s%.100s",
                 ceil(value), from, has_path ? ", " : "", has_path ? probe->path : "");
        take_count(value, out);
    } else {
        *err = asking.err;
        err_prefix(err, "%.200s", from);
    }
    free(asking.text);
    loop_free(asking.loop);
    return good;
}

bool probe_ask(const struct probe_settings *probe, struct clock *clock, const bool *stop,
               struct probe_result *out, struct err *err)
{
    *out = (struct probe_result){0};
    return probe->prometheus && probe->prometheus[0] ? ask_prometheus(probe, clock, stop, out, err)
                                                     : ask_other(probe, clock, stop, out, err);
}
