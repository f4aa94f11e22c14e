/* prometheus.c: see prometheus.h. */
#include "health/prometheus.h"

#include "base/file.h"
#include "base/mem.h"
#include "net/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct call {
    struct call *next, **link;
    struct prom *prom;
    struct http_request *request; /* NULL: refused, `timer` tells it */
    struct loop_timer *timer;
    prom_done_fn *fn;
    void *arg;
    struct err err;
};

struct prom {
    struct loop *loop;
    struct http *http;
    char *url, *token_file, *ca_file;
    char *header; /* "Authorization: Bearer …" as last read, NULL none */
    struct call *calls;
    int64_t total_ms;
    size_t flying;
};

bool prom_is_plain(const char *url)
{
    return strncmp(url, "http://", 7) == 0;
}

static bool is_host(const char *host, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(host, name, len) == 0;
}

bool prom_is_exposed(const char *url)
{
    if (!prom_is_plain(url))
        return false;
    const char *host = url + 7;
    size_t whole = strcspn(host, "/?#");
    for (size_t i = 0; i < whole; i++)
        if (host[i] == '@') { /* somebody's name before it */
            host += i + 1;
            whole -= i + 1;
            i = SIZE_MAX;
        }
    size_t len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    len = len < whole ? len : whole;
    size_t digits = strspn(host, "0123456789.");
    return !is_host(host, len, "localhost") && !is_host(host, len, "[::1]") &&
           !(strncmp(host, "127.", 4) == 0 && digits == len);
}

static void forget_header(struct prom *prom)
{
    if (prom->header)
        explicit_bzero(prom->header, strlen(prom->header));
    free(prom->header);
    prom->header = NULL;
}

static bool read_token(struct prom *prom, struct err *err)
{
    char *token = file_read_token(prom->token_file, err);

    if (!token)
        return false;
    forget_header(prom);
    prom->header = xasprintf("Authorization: Bearer %s", token);
    explicit_bzero(token, strlen(token));
    free(token);
    return true;
}

static struct http_config http_config_of(struct prom *prom, const char *const *headers)
{
    return (struct http_config){
        .base_url = prom->url,
        .unix_socket = "",
        .ca_file = prom->ca_file,
        .cert_file = "",
        .key_file = "",
        .server_name = "",
        .proxy_url = "",
        .headers = headers,
        .read_only = true,
        .connect_ms = PROM_CONNECT_MS,
        .total_ms = prom->total_ms,
        .body_max = PROM_BODY_MAX,
    };
}

/* The client, or who it speaks as from now on. */
static bool speak(struct prom *prom, struct err *err)
{
    if (prom->token_file[0] && !read_token(prom, err))
        return false;
    const char *const headers[] = {prom->header, NULL};
    const struct http_config config = http_config_of(prom, headers);

    if (prom->http)
        return !prom->token_file[0] || http_renew(prom->http, &config, err);
    prom->http = http_new(prom->loop, &config, err);
    return prom->http != NULL;
}

static char *copy(const char *text)
{
    return xstrdup(text ? text : "");
}

struct prom *prom_new(struct loop *loop, const struct prom_config *config, struct err *err)
{
    struct prom *prom = xcalloc(1, sizeof *prom);

    http_init();
    prom->loop = loop;
    prom->url = copy(config->url);
    prom->token_file = copy(config->token_file);
    prom->ca_file = copy(config->ca_file);
    prom->total_ms = config->total_ms ? config->total_ms : PROM_TOTAL_MS;
    if (!prom_is_plain(prom->url) && strncmp(prom->url, "https://", 8) != 0)
        err_set(err, ERR_CONFIG, "'%.100s' is no address of a Prometheus; use http://host:9090",
                prom->url);
    else if (speak(prom, err))
        return prom;
    prom_free(prom);
    return NULL;
}

static void end_call(struct call *call)
{
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    call->prom->flying--;
    loop_cancel(call->timer);
    free(call);
}

static void drop_call(struct call *call)
{
    http_cancel(call->request);
    end_call(call);
}

void prom_free(struct prom *prom)
{
    if (!prom)
        return;
    while (prom->calls)
        drop_call(prom->calls);
    http_free(prom->http);
    forget_header(prom);
    free(prom->url);
    free(prom->token_file);
    free(prom->ca_file);
    free(prom);
}

void prom_cancel(struct prom *prom, const void *arg)
{
    for (struct call *call = prom->calls, *next; call; call = next) {
        next = call->next;
        if (call->arg == arg)
            drop_call(call);
    }
}

/* "GET /api/v1/query?…: why": the server says more to people than its escaped query. */
static void name_server(const char *server, struct err *err)
{
    const char *why = strstr(err->text, ": ");
    struct err named = {0};

    err_set(&named, err->code, "%s: %s", server, why ? why + 2 : err->text);
    *err = named;
}

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct call *call = arg;
    prom_done_fn *fn = call->fn;
    void *fn_arg = call->arg;
    struct arena *arena = arena_new(4096);
    struct prom_answer out;
    struct err failed = *err;
    char what[140];

    (void)sent;
    snprintf(what, sizeof what, "%.120s", call->prom->url);
    end_call(call);
    if (failed.code != ERR_NONE)
        name_server(what, &failed);
    bool good = failed.code == ERR_NONE && prom_judge(answer->status, answer->body,
                                                      answer->body_len, what, arena, &out, &failed);
    fn(fn_arg, good ? &out : NULL, good ? NULL : &failed);
    arena_free(arena);
}

static void on_refused(void *arg)
{
    struct call *call = arg;
    prom_done_fn *fn = call->fn;
    void *fn_arg = call->arg;
    struct err err = call->err;

    call->timer = NULL;
    end_call(call);
    fn(fn_arg, NULL, &err);
}

static void ask(struct prom *prom, const char *query, const char *path, const char *more,
                prom_done_fn *fn, void *arg)
{
    struct call *call = xcalloc(1, sizeof *call);

    call->prom = prom;
    call->fn = fn;
    call->arg = arg;
    call->next = prom->calls;
    call->link = &prom->calls;
    if (call->next)
        call->next->link = &call->next;
    prom->calls = call;
    if (prom->flying++ >= PROM_FLYING_MAX)
        err_set(&call->err, ERR_LIMIT, "%.100s: more than %d queries on their way", prom->url,
                PROM_FLYING_MAX);
    else if (strlen(query) > PROM_QUERY_MAX)
        err_set(&call->err, ERR_LIMIT, "a query of more than %d bytes: '%.40s…'", PROM_QUERY_MAX,
                query);
    else if (speak(prom, &call->err)) {
        char *escaped = http_escape(query);
        char *whole = xasprintf("/api/v1/%s?query=%s%s", path, escaped, more);
        call->request = http_get(prom->http, whole, on_answer, call);
        free(whole);
        free(escaped);
        return;
    }
    call->timer = loop_after(prom->loop, 0, on_refused, call);
}

void prom_instant(struct prom *prom, const char *query, int64_t at_utc_ms, prom_done_fn *fn,
                  void *arg)
{
    char more[64] = "";

    if (at_utc_ms)
        snprintf(more, sizeof more, "&time=%" PRId64 ".%03d", at_utc_ms / 1000,
                 (int)(at_utc_ms % 1000));
    ask(prom, query, "query", more, fn, arg);
}

void prom_range(struct prom *prom, const char *query, int64_t from_utc_ms, int64_t to_utc_ms,
                int64_t step_ms, prom_done_fn *fn, void *arg)
{
    char more[160];

    snprintf(more, sizeof more,
             "&start=%" PRId64 ".%03d&end=%" PRId64 ".%03d&step=%" PRId64 ".%03d",
             from_utc_ms / 1000, (int)(from_utc_ms % 1000), to_utc_ms / 1000,
             (int)(to_utc_ms % 1000), step_ms / 1000, (int)(step_ms % 1000));
    ask(prom, query, "query_range", more, fn, arg);
}

/* ---- queries ---- */

struct text {
    char *bytes;
    size_t len, cap;
};

static void put(struct text *out, char c)
{
    ARRAY_RESERVE(out->bytes, out->cap, out->len + 2);
    out->bytes[out->len++] = c;
    out->bytes[out->len] = '\0';
}

/* Right inside double and single quotes alike: \" is an error in one, \' in the other. */
static void put_value(struct text *out, const char *value)
{
    for (const char *c = value; *c; c++) {
        char hex[8];
        if (*c != '"' && *c != '\'' && *c != '\\' && *c != '`' && (unsigned char)*c >= ' ') {
            put(out, *c);
            continue;
        }
        snprintf(hex, sizeof hex, "\\x%02x", (unsigned char)*c);
        for (const char *h = hex; *h; h++)
            put(out, *h);
    }
}

char *prom_fill(const char *query, const struct prom_value *values)
{
    struct text out = {0};

    put(&out, '\0');
    out.len = 0;
    while (*query) {
        const struct prom_value *found = NULL;
        size_t len = 0;
        for (const struct prom_value *v = values; *query == '{' && v->name && !found; v++) {
            len = strlen(v->name);
            if (strncmp(query + 1, v->name, len) == 0 && query[len + 1] == '}')
                found = v;
        }
        if (found)
            put_value(&out, found->value);
        else
            put(&out, *query);
        query += found ? len + 2 : 1;
    }
    return out.bytes;
}
