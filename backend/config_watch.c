/* config_watch.c: lists of sinks and of probes. */
#include "config_env.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

const char *const config_sink_words[] = {"stdout", "alertmanager", "webhook", "command", NULL};

static bool has(const struct json_at *at, const char *key)
{
    struct json_at item = json_key(at, key);

    return item.value != NULL;
}

/* How many elements a list has; false when it is none, or has too many. */
static bool count_items(struct config *config, const struct json_at *at, size_t most, size_t *count)
{
    struct err err = {0};
    char path[300];

    *count = 0;
    if (json_get_array(at, count, &err) && *count > most)
        err_set(&err, ERR_LIMIT, "%s: more than %zu", json_path(at, path, sizeof path), most);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
    return err.code == ERR_NONE;
}

/* What no single setting of a sink can say. */
static void check_sink(struct config *config, const struct json_at *at, size_t index)
{
    const struct sink_settings *sink = &config->watch.sinks[index];
    bool runs = sink->kind == SINK_COMMAND;
    const char *kind = config_sink_words[sink->kind];
    char path[300];
    struct err err = {0};

    json_path(at, path, sizeof path);
    if (!has(at, "kind"))
        err_set(&err, ERR_CONFIG, "%s.kind: say what it is: alertmanager, webhook or command",
                path);
    else if (runs != has(at, "command"))
        err_set(&err, ERR_CONFIG, "%s: %s", path,
                runs ? "a sink of kind command needs a command"
                     : "only a sink of kind command has a command");
    else if (runs && (has(at, "url") || has(at, "ca_file") || has(at, "token_file") ||
                      has(at, "secret_file")))
        err_set(&err, ERR_CONFIG, "%s: a sink of kind command has only name, command and timeout",
                path);
    else if (!runs && strncmp(sink->url, "http://", 7) != 0 &&
             strncmp(sink->url, "https://", 8) != 0)
        err_set(&err, ERR_CONFIG, "%s.url: expected http:// or https://, found '%.100s'", path,
                sink->url);
    else if (sink->kind != SINK_WEBHOOK && has(at, "secret_file"))
        err_set(&err, ERR_CONFIG, "%s.secret_file: only a webhook is signed, not %s", path, kind);
    else if (sink->timeout_ms > 10000)
        err_set(&err, ERR_CONFIG, "%s.timeout: at most 10s", path);
    for (size_t i = 0; i <= index; i++)
        if (strcmp(i < index ? config->watch.sinks[i].name : config_sink_words[0], sink->name) == 0)
            err_set(&err, ERR_CONFIG, "%s.name: there are two sinks called '%s'; name them", path,
                    sink->name);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
}

void config_read_sinks(struct config *config, const struct json_at *at)
{
    size_t count;

    if (!count_items(config, at, WATCH_SINKS_MAX, &count))
        return;
    struct sink_settings *sinks = arena_alloc(config->arena, count + 1, sizeof *sinks);
    config->watch.sinks = sinks;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        struct err wrong = {0};
        size_t before = config->problem_count;
        sinks[i] =
            (struct sink_settings){.url = "", .ca_file = "", .secret_file = "", .token_file = ""};
        if (json_get_object(&item, &wrong))
            config_read_section(config, &item, CONFIG_SINKS, &sinks[i]);
        else
            config_problem(config, &wrong);
        if (has(&item, "kind"))
            sinks[i].kind++; /* stdout is always there and cannot be named */
        if (!sinks[i].name)
            sinks[i].name = config_sink_words[sinks[i].kind];
        config->watch.sink_count = i + 1;
        if (config->problem_count == before)
            check_sink(config, &item, i);
    }
}

void config_read_watch(struct config *config, const struct json_at *at)
{
    struct err err = {0};

    if (json_get_object(at, &err))
        config_read_section(config, at, CONFIG_WATCH, config);
    else
        config_problem(config, &err);
}

static bool is_http(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

/* What no single setting of a probe can say. */
static void check_probe(struct config *config, const struct json_at *at,
                        const struct probe_settings *probe)
{
    char path[300];
    struct err err = {0};
    bool of_store = has(at, "store") && has(at, "gone"),
         of_clients = has(at, "clients") && has(at, "usage");
    int ways = has(at, "prometheus") + has(at, "url") + has(at, "command");

    json_path(at, path, sizeof path);
    if (of_store == of_clients)
        err_set(&err, ERR_CONFIG, "%s: a probe has a store and what is gone, or clients and usage",
                path);
    else if (ways != 1)
        err_set(&err, ERR_CONFIG, "%s: a probe asks in one way: prometheus, url or command", path);
    else if (has(at, "prometheus") != has(at, "query"))
        err_set(&err, ERR_CONFIG, "%s: prometheus and query go together", path);
    else if ((has(at, "coverage") || has(at, "coverage_least")) && !has(at, "prometheus"))
        err_set(&err, ERR_CONFIG, "%s: coverage is asked of a Prometheus", path);
    else if (has(at, "every") && probe->every_ms < PROBE_EVERY_MIN_MS)
        err_set(&err, ERR_CONFIG, "%s.every: at least 1s", path);
    else if (probe->coverage_least > 100)
        err_set(&err, ERR_CONFIG, "%s.coverage_least: at most 100", path);
    else if (!has(at, "command") && !is_http(probe->prometheus) && !is_http(probe->url))
        err_set(&err, ERR_CONFIG, "%s: expected http:// or https://, found '%.100s%.100s'", path,
                probe->prometheus, probe->url);
    else if (of_clients && has(at, "prometheus") && !has(at, "coverage"))
        err_set(&err, ERR_CONFIG,
                "%s: say with coverage what share of these clients the query sees", path);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
}

void config_read_probes(struct config *config, const struct json_at *at)
{
    size_t count;

    if (!count_items(config, at, PROBES_MAX, &count))
        return;
    struct probe_settings *probes = arena_alloc(config->arena, count + 1, sizeof *probes);
    config->probes = probes;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        struct err wrong = {0};
        size_t before = config->problem_count;
        probes[i] = (struct probe_settings){.store = "",
                                            .gone = "",
                                            .clients = "",
                                            .usage = "",
                                            .prometheus = "",
                                            .query = "",
                                            .coverage = "",
                                            .url = "",
                                            .path = "",
                                            .context = "",
                                            .ca_file = "",
                                            .token_file = ""};
        config->probe_count = i + 1;
        if (json_get_object(&item, &wrong))
            config_read_section(config, &item, CONFIG_PROBES, &probes[i]);
        else
            config_problem(config, &wrong);
        if (config->problem_count == before)
            check_probe(config, &item, &probes[i]);
    }
}
