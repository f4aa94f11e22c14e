/* test_queries.c: `lockstep check --metrics` on a real Prometheus: the ready-made queries answer,
 * and what returns nothing is told apart. */
#include "base/mem.h"
#include "engines/prom_rig.h"
#include "engines/rig.h"
#include "test.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 300 };

static struct prom_rig *prom;
static struct program program;

static unsigned always_four(void *arg, const char *version)
{
    (void)arg;
    (void)version;
    return 4;
}

static void setup(void)
{
    static const char *const versions[] = {"4", "5", NULL};

    prom = prom_rig_open("web", versions, always_four, NULL);
    program_init(&program);
    program_write(&program, "4.yaml", "service: web\nversion: \"4\"\nchange: [code]\n");
    program_write(&program, "6.yaml", "service: web\nversion: \"6\"\nchange: [code]\n");
}

static void teardown(void)
{
    prom_rig_close(prom);
}

static struct said ask(const char *every, const char *queries, const char *words)
{
    char *text = xasprintf("contracts: [4.yaml, 6.yaml]\n"
                           "metrics: {url: '%s', every: %s, services: {web: {%s}}}\n",
                           prom_rig_url(prom), every, queries);

    program_write(&program, "c.yaml", text);
    free(text);
    text = xasprintf("check --metrics %s --config %%/c.yaml", words);
    struct said said = program_run(&program, text);
    free(text);
    return said;
}

/* It was started a moment ago: until what is expected is said. */
static void says(const char *every, const char *queries, const char *words, int status,
                 const char *text)
{
    struct said said = {0};

    for (int i = 0; i < TRIES; i++) {
        said_release(&said);
        said = ask(every, queries, words);
        if (said.status == status && strstr(said.out, text))
            break;
        rig_pause_ms(200);
    }
    ck_assert_msg(said.status == status && strstr(said.out, text), "%s: exit %d, not '%s': %s%s",
                  queries, said.status, text, said.out, said.err);
    printf("%s", said.out);
    said_release(&said);
}

START_TEST(ready_made_queries_answer_for_the_version_that_runs)
{
    says("4s", "set: http_requests_total, latency: up", "", 0, "ok  web  errors   4");
    says("4s", "set: http_requests_total", "web 5", 1,
         "there is no metric http_request_duration_seconds_bucket there");
    says("4s", "set: http_requests_total", "web 7", 1,
         "no series of http_requests_total has version=\"7\"; version there: ");
}
END_TEST

START_TEST(each_reason_is_told_apart_from_the_others)
{
    static const struct {
        const char *every, *query, *says;
    } row[] = {
        {"4s", "latency: http_requests", "Did you mean 'http_requests_total'?"},
        {"4s", "latency: 'http_requests_total{version=\"9\",code=\"200\"}'",
         "no series of http_requests_total has version=\"9\"; version there: "},
        {"4s", "latency: 'http_requests_total{app=\"web\"}'",
         "no series of http_requests_total has a label app"},
        {"4s", "latency: 'sum(rate(http_requests_total[900ms]))'",
         "and a rate needs two: make metrics.every at least twice"},
        {"4s", "latency: http_requests_total", "4 series where one is expected; sum() them"},
        {"4s", "latency: 'sum(http_requests_total'", "parse error"},
        {"4s", "latency: 'sum(http_requests_total) > 1e18'", "the query makes nothing of them"},
        {"4s", "latency: '0 * sum(http_requests_total) / 0'", "the value is NaN"},
    };

    says("4s", "latency: 'sum(rate(http_requests_total[{window}]))'", "", 0, "1 series");
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        says(row[i].every, row[i].query, "", 1, row[i].says);
}
END_TEST

START_TEST(what_is_no_longer_exported_is_old_and_a_dead_server_is_not_reached)
{
    says("4s", "latency: 'sum(http_requests_total{version=\"5\"})'", "", 0, "1 series");
    prom_rig_mutes(prom, "5");
    says("4s", "latency: 'sum(http_requests_total{version=\"5\"})'", "", 1, "{version=\"5\"}");
    says("4s", "latency: 'sum(http_requests_total{version=\"5\"})'", "", 1,
         " ended less than 1m ago: ");
    prom_rig_kill(prom);
    says("4s", "latency: up", "", 3, "unreached");
    prom_rig_start(prom);
    says("4s", "latency: up", "", 0, "1 series");
}
END_TEST

SUITE(queries)
{
    Suite *suite = suite_create("queries");
    TCase *tc = test_case(suite, "prometheus", 300);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, ready_made_queries_answer_for_the_version_that_runs);
    tcase_add_test(tc, each_reason_is_told_apart_from_the_others);
    tcase_add_test(tc, what_is_no_longer_exported_is_old_and_a_dead_server_is_not_reached);
    return suite;
}
