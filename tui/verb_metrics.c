/* verb_metrics.c: `lockstep check --metrics [SERVICE [VERSION...]]`: asks the metrics server of the
 * settings what a bake will ask it, and says of each query that returns nothing why it does.
 *
 * {version} stands for the versions of the service's contracts, last one first, or for those named;
 * {instance} for any; {scope} for what stands before a slash in SERVICE.
 *
 * Exit status: 0 every query answers; 1 some do not; 2 the settings are wrong, or nothing is
 * measured of SERVICE; 3 the server cannot be reached or does not let us ask.
 *
 * -o json prints one object: fields.c, "check". */
#include "base/clock.h"
#include "base/loop.h"
#include "base/text.h"
#include "config.h"
#include "health/query_check.h"
#include "print.h"
#include "verbs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GIVE_UP = 2 }; /* queries in a row without an answer, after which no more are asked */

struct asked {
    const char *service;
    enum measure measure;
    struct query_result result;
};

struct metrics_check {
    struct config config;
    struct arena *arena;
    struct clock *clock;
    struct loop *loop;
    struct prom *prom;
    struct asked *asked;
    size_t count, cap;
    size_t unanswered; /* in a row */
};

static int64_t window_ms(const struct metrics_check *check)
{
    return check->config.metrics.every_ms ? check->config.metrics.every_ms : METRICS_EVERY_MS;
}

/* ---- what to ask ---- */

static void ask_row(struct metrics_check *check, const struct metrics_row *row,
                    const struct query_subject *subject)
{
    for (unsigned m = 0; m < MEASURE_COUNT; m++) {
        if (!row->query[m][0])
            continue;
        ARRAY_RESERVE(check->asked, check->cap, check->count + 1);
        struct asked *asked = &check->asked[check->count++];
        asked->service = subject->service;
        asked->measure = (enum measure)m;
        if (check->unanswered >= GIVE_UP) {
            asked->result = (struct query_result){.state = QUERY_UNREACHED,
                                                  .version = "",
                                                  .query = row->query[m],
                                                  .value = NAN,
                                                  .why = "not asked: the server does not answer"};
            continue;
        }
        query_check(check->prom, check->loop, check->arena, row->query[m], subject, &asked->result);
        if (asked->result.state == QUERY_UNREACHED)
            check->unanswered++;
        else if (asked->result.state != QUERY_UNASKED)
            check->unanswered = 0;
    }
}

/* Of its contracts, the last one first: in most files that is the newest. */
static size_t find_versions(const struct metrics_check *check, const char *service,
                            const char ***out)
{
    const struct facts *facts = &check->config.facts;
    size_t count = 0;

    *out = arena_alloc(check->arena, facts->contract_count + 1, sizeof **out);
    for (size_t i = facts->contract_count; i > 0; i--)
        if (strcmp(facts->contracts[i - 1].service, service) == 0)
            (*out)[count++] = facts->contracts[i - 1].version;
    return count;
}

static void ask_service(struct metrics_check *check, const char *service)
{
    const struct metrics_row *row = metrics_for(&check->config.metrics, service);
    const char **versions;
    size_t count = find_versions(check, service, &versions);

    for (size_t i = 0; i < check->count; i++)
        if (strcmp(check->asked[i].service, service) == 0)
            return;
    if (row)
        ask_row(check, row,
                &(struct query_subject){.service = service,
                                        .versions = versions,
                                        .version_count = count,
                                        .window_ms = window_ms(check)});
}

static int ask_named(struct metrics_check *check, const struct args *args)
{
    const char *slash = strrchr(args->operands[0], '/');
    const char *service = slash ? slash + 1 : args->operands[0];
    const char **versions;
    size_t count = find_versions(check, service, &versions);
    const struct metrics_row *row = metrics_for(&check->config.metrics, service);

    if (!row) {
        complain("%s: metrics.services has nothing of '%.80s', and no default", check->config.file,
                 service);
        return EXIT_USAGE;
    }
    ask_row(check, row,
            &(struct query_subject){
                .service = service,
                .scope = slash ? arena_printf(check->arena, "%.*s",
                                              (int)(slash - args->operands[0]), args->operands[0])
                               : "",
                .versions = args->operand_count > 1 ? args->operands + 1 : versions,
                .version_count = args->operand_count > 1 ? args->operand_count - 1 : count,
                .window_ms = window_ms(check)});
    return EXIT_DONE;
}

static int ask_all(struct metrics_check *check, const struct args *args)
{
    const struct metrics_settings *metrics = &check->config.metrics;
    const struct facts *facts = &check->config.facts;

    if (args->operand_count)
        return ask_named(check, args);
    for (size_t i = 0; i < metrics->row_count; i++)
        if (metrics->rows[i].service[0])
            ask_service(check, metrics->rows[i].service);
    for (size_t i = 0; i < facts->contract_count; i++)
        ask_service(check, facts->contracts[i].service);
    if (check->count)
        return EXIT_DONE;
    complain("%s: no service is named in metrics.services or in a contract: name SERVICE VERSION",
             check->config.file);
    return EXIT_USAGE;
}

/* ---- what came ---- */

static int exit_of(const struct metrics_check *check)
{
    int status = EXIT_DONE;

    for (size_t i = 0; i < check->count; i++)
        if (check->asked[i].result.state == QUERY_UNREACHED)
            return EXIT_UNREACHED;
        else if (check->asked[i].result.state != QUERY_ANSWERS)
            status = EXIT_REFUSED;
    return status;
}

static json_t *json_of_query(const struct asked *asked)
{
    const struct query_result *result = &asked->result;
    json_t *out = json_object();

    json_put(out, "service", asked->service);
    json_put(out, "measure", measure_word[asked->measure]);
    json_put(out, "state", query_state_word[result->state]);
    json_put(out, "version", result->version);
    json_put_int(out, "series", (int64_t)result->series);
    json_object_set_new(out, "value",
                        isfinite(result->value) ? json_real(result->value) : json_null());
    json_put(out, "why", result->why);
    json_put(out, "query", result->query);
    return out;
}

static void print_as_json(const struct metrics_check *check)
{
    const char *url = check->config.metrics.url;
    json_t *out = json_object(), *queries = json_array();

    json_put_int(out, "schema", 1);
    json_put(out, "server", url);
    json_put_bool(out, "exposed", prom_is_exposed(url));
    json_put_int(out, "window_ms", window_ms(check));
    for (size_t i = 0; i < check->count; i++)
        json_array_append_new(queries, json_of_query(&check->asked[i]));
    json_object_set_new(out, "queries", queries);
    json_put_int(out, "exit", exit_of(check));
    print_json(out);
}

static void print_as_text(const struct metrics_check *check)
{
    const char *url = check->config.metrics.url;
    struct table table;

    printf("%s, {window} is %g s%s\n", url, (double)window_ms(check) / 1000,
           prom_is_exposed(url) ? "; plain http: whoever is on the way can read and change it"
                                : "");
    table_start(&table, 5, NULL);
    for (size_t i = 0; i < check->count; i++) {
        const struct query_result *result = &check->asked[i].result;
        table_add(&table, query_state_word[result->state]);
        table_add(&table, check->asked[i].service);
        table_add(&table, measure_word[check->asked[i].measure]);
        table_add(&table, result->version);
        if (result->state == QUERY_ANSWERS) {
            table_addf(&table, "%zu series, now %.6g", result->series, result->value);
            continue;
        }
        table_add(&table, result->why);
        for (int column = 0; column < 4; column++)
            table_add(&table, "");
        table_add(&table, arena_printf(check->arena, "asked: %s", result->query));
    }
    table_end(&table);
}

static int open_server(struct metrics_check *check, const struct args *args)
{
    struct config *config = &check->config;
    struct err err = {0};

    if (!config_load(args->config, config)) {
        for (size_t i = 0; i < config->problem_count; i++)
            complain("%s", config->problems[i]);
        return EXIT_USAGE;
    }
    const struct metrics_settings *metrics = &config->metrics;
    if (!metrics->url || !metrics->url[0] || !metrics->row_count) {
        complain("%s: %s", config->file[0] ? config->file : "no settings",
                 metrics->row_count ? "metrics.url is not set: there is nobody to ask"
                                    : "metrics.services is not set: there is nothing to ask");
        return EXIT_USAGE;
    }
    check->clock = clock_new_real();
    check->loop = loop_new(check->clock);
    check->prom = prom_new(check->loop,
                           &(struct prom_config){.url = metrics->url,
                                                 .token_file = metrics->token_file,
                                                 .ca_file = metrics->ca_file},
                           &err);
    return check->prom ? EXIT_DONE : complain_err(&err);
}

int verb_metrics(const struct args *args)
{
    struct metrics_check check = {.arena = arena_new(4096)};
    int status = open_server(&check, args);

    if (status == EXIT_DONE)
        status = ask_all(&check, args);
    if (status == EXIT_DONE) {
        status = exit_of(&check);
        if (args->output == OUTPUT_JSON)
            print_as_json(&check);
        else
            print_as_text(&check);
    }
    prom_free(check.prom);
    if (check.loop)
        loop_free(check.loop);
    if (check.clock)
        clock_free(check.clock);
    free(check.asked);
    arena_free(check.arena);
    config_release(&check.config);
    return status;
}
