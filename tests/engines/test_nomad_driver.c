/* test_nomad_driver.c: what only a real cluster can show. Every claim is checked by the server's
 * own allocations, or by the processes that really run, read without the driver. */
#include "base/json.h"
#include "drivers/conformance_bench.h"
#include "engines/nomad_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct bench bench;
static json_t *memo;

static void open_bench(void)
{
    memo = NULL;
    bench_open(&bench, &nomad_fixture);
}

static void close_bench(void)
{
    json_decref(memo);
    bench_close(&bench);
}

static const struct nomad_rig_job *web(void)
{
    return nomad_fixture_job();
}

static json_t *update_of(void)
{
    json_t *job = nomad_rig_read(web());
    json_t *update = json_incref(
        json_object_get(json_array_get(json_object_get(job, "TaskGroups"), 0), "Update"));

    json_decref(job);
    return update;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(canaries_of_two_then_five_then_all_never_one_more)
{
    static const unsigned counts[] = {2, 5, 8};
    json_t *before = update_of(), *ids = nomad_rig_alloc_ids(web(), "4");

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        bench_do(&bench, i == 0 ? VERB_START : VERB_STEP, counts[i], &memo);
        ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), counts[i]);
        ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 8 - counts[i]);
        ck_assert_uint_eq(nomad_rig_kept(web(), ids), 8 - counts[i]);
        ck_assert_uint_eq(bench.one.most_new, counts[i]);
    }
    ck_assert_uint_eq(nomad_rig_truth(web(), "5"), 8);
    ck_assert_uint_eq(nomad_rig_truth(web(), "4"), 0);
    json_t *after = update_of();
    ck_assert_msg(json_equal(before, after), "the user's own update block did not come back");
    json_decref(before);
    json_decref(after);
    json_decref(ids);
}
END_TEST

/* A scheduler that looks again, whatever the reason, moves nothing. */
START_TEST(a_resting_step_stands_when_the_scheduler_is_made_to_look)
{
    char path[96];

    bench_do(&bench, VERB_START, 2, &memo);
    bench_do(&bench, VERB_STEP, 5, &memo);
    snprintf(path, sizeof path, "job/%s/evaluate", web()->name);
    for (int i = 0; i < 3; i++) {
        char body[96];
        snprintf(body, sizeof body, "{\"JobID\":\"%s\"}", web()->name);
        ck_assert_int_eq(nomad_rig_call("PUT", path, body, NULL), 200);
        bench_pass(&bench, 700);
    }
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 5);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 3);
}
END_TEST

enum { REVERT_WITHIN_S = 15 };

/* What `nomad job revert` needs until the last new one has gone; -1: it was not back in time, as it
 * waits for its own canaries. */
static int64_t time_revert(void)
{
    char path[96], body[160];
    json_t *job = nomad_rig_read(web()), *versions = NULL, *version;
    json_int_t back = 0;
    size_t i;

    snprintf(path, sizeof path, "job/%s/versions", web()->name);
    nomad_rig_call("GET", path, NULL, &versions);
    json_array_foreach(json_object_get(versions, "Versions"), i, version)
    {
        if (json_is_true(json_object_get(version, "Stable")))
            back = json_integer_value(json_object_get(version, "Version"));
    }
    snprintf(path, sizeof path, "job/%s/revert", web()->name);
    snprintf(body, sizeof body, "{\"JobID\":\"%s\",\"JobVersion\":%lld}", web()->name,
             (long long)back);
    int64_t began_ms = now_ms();
    ck_assert_int_eq(nomad_rig_call("PUT", path, body, NULL), 200);
    while (nomad_rig_allocs(web(), "4") < 8 && now_ms() - began_ms < REVERT_WITHIN_S * 1000)
        bench_pass(&bench, 50);
    int64_t took_ms = nomad_rig_allocs(web(), "4") < 8 ? -1 : now_ms() - began_ms;
    json_decref(versions);
    json_decref(job);
    return took_ms;
}

START_TEST(a_rollback_is_one_registration_and_keeps_what_was_not_touched)
{
    static const unsigned from[] = {2, 5};

    for (size_t i = 0; i < ARRAY_LEN(from); i++) {
        json_t *before = update_of();
        bench_do(&bench, VERB_START, 2, &memo);
        if (from[i] > 2)
            bench_do(&bench, VERB_STEP, from[i], &memo);
        json_t *ids = nomad_rig_alloc_ids(web(), "4");
        ck_assert_uint_eq(json_array_size(ids), 8 - from[i]);
        int64_t began_ms = now_ms();
        bench_do(&bench, VERB_ROLLBACK, 8, &memo);
        printf("rollback from %u of 8: %lld ms\n", from[i], (long long)(now_ms() - began_ms));
        ck_assert_uint_eq(nomad_rig_kept(web(), ids), 8 - from[i]);
        ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 8);
        ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 0);
        json_t *after = update_of();
        ck_assert(json_equal(before, after));
        json_decref(before);
        json_decref(after);
        json_decref(ids);
    }
    bench_do(&bench, VERB_START, 2, &memo);
    bench_do(&bench, VERB_STEP, 5, &memo);
    int64_t revert_ms = time_revert();
    if (revert_ms < 0)
        printf("nomad job revert from 5 of 8: not back after %d s\n", REVERT_WITHIN_S);
    else
        printf("nomad job revert from 5 of 8: %lld ms\n", (long long)revert_ms);
}
END_TEST

#define USERS_ROLLING                                                                              \
    "{\"MaxParallel\":1,\"HealthCheck\":\"task_states\",\"MinHealthyTime\":1500000000,"            \
    "\"HealthyDeadline\":60000000000,\"ProgressDeadline\":120000000000,\"Stagger\":30000000000}"

static bool moves_by_itself(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.service->motion == MOTION_RUNNING &&
           service_count(b->one.service, "5", STATES_SERVING) >= 1;
}

START_TEST(somebody_elses_rollout_stands_and_is_stepped_to_its_end)
{
    nomad_rig_change(web(), "5", USERS_ROLLING);
    ck_assert(bench_until(&bench, moves_by_itself, NULL));
    struct action pause = bench_plan(&bench, VERB_PAUSE, 8, &memo);
    ck_assert_uint_eq(pause.writes, 1);
    ck_assert_msg(memo != NULL, "a pause of a foreign rollout keeps what undoes it");
    struct answer answer = bench_act(&bench, &bench.one, &pause, memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "%s", answer.err.text);
    answer_release(&answer);
    bench_settle(&bench, &pause);
    unsigned rested = nomad_rig_allocs(web(), "5");
    ck_assert_uint_lt(rested, 7);
    bench_pass(&bench, 3500);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), rested);
    bench_do(&bench, VERB_STEP, rested + 1, &memo);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), rested + 1);
    bench_do(&bench, VERB_STEP, 8, &memo);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 8);
    json_t *after = update_of();
    ck_assert_int_eq(json_integer_value(json_object_get(after, "MinHealthyTime")), 1500000000);
    json_decref(after);
}
END_TEST

#define USERS_CANARY                                                                               \
    "{\"MaxParallel\":3,\"Canary\":2,\"HealthCheck\":\"task_states\",\"MinHealthyTime\":"          \
    "200000000,\"HealthyDeadline\":60000000000,\"ProgressDeadline\":120000000000,\"Stagger\":"     \
    "30000000000}"

static bool canary_waits(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.service->motion == MOTION_RESTING &&
           service_count(b->one.service, "5", STATES_SERVING) == 2;
}

START_TEST(somebody_elses_canaries_are_promoted_and_stepped_exactly)
{
    nomad_rig_change(web(), "5", USERS_CANARY);
    ck_assert(bench_until(&bench, canary_waits, NULL));
    bench_pass(&bench, 1500);
    bench_do(&bench, VERB_STEP, 3, &memo);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 3);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 5);
    bench_do(&bench, VERB_ROLLBACK, 8, &memo);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 8);
}
END_TEST

static bool is_live(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.state == CLUSTER_LIVE && b->one.synced;
}

static bool is_stale(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.state == CLUSTER_STALE;
}

START_TEST(a_server_that_is_gone_is_stale_and_nothing_moves_when_it_is_back)
{
    bench_do(&bench, VERB_START, 2, &memo);
    bench_do(&bench, VERB_STEP, 4, &memo);
    nomad_rig_do("kill", "server");
    ck_assert(bench_until(&bench, is_stale, NULL));
    nomad_rig_do("start", "server");
    bench.one.synced = false;
    ck_assert(bench_until(&bench, is_live, NULL));
    ck_assert(nomad_rig_wait_node("c1", "ready") && nomad_rig_wait_node("c2", "ready") &&
              nomad_rig_wait_node("c3", "ready"));
    bench_pass(&bench, 4000);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 4);
    bench_do(&bench, VERB_ROLLBACK, 8, &memo);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "4"), 8);
}
END_TEST

/* An agent that ends leaves its tasks alone, and finds them again. */
START_TEST(a_client_that_restarts_moves_nothing)
{
    json_t *ids;

    bench_do(&bench, VERB_START, 2, &memo);
    ids = nomad_rig_alloc_ids(web(), "");
    nomad_rig_do("kill", "c2");
    nomad_rig_do("start", "c2");
    bench_pass(&bench, 4000);
    ck_assert(nomad_rig_wait_node("c2", "ready"));
    ck_assert_uint_eq(nomad_rig_kept(web(), ids), 8);
    ck_assert_uint_eq(nomad_rig_allocs(web(), "5"), 2);
    json_decref(ids);
}
END_TEST

SUITE(nomad_driver)
{
    Suite *suite = suite_create("nomad-driver");
    TCase *moves = test_case(suite, "moves", 180), *agents = test_case(suite, "agents", 180);
    TCase *back = test_case(suite, "rollback", 180); /* `make bench` prints what it measures */

    nomad_rig_need();
    tcase_add_checked_fixture(moves, open_bench, close_bench);
    tcase_add_test(moves, canaries_of_two_then_five_then_all_never_one_more);
    tcase_add_test(moves, a_resting_step_stands_when_the_scheduler_is_made_to_look);
    tcase_add_test(moves, somebody_elses_rollout_stands_and_is_stepped_to_its_end);
    tcase_add_test(moves, somebody_elses_canaries_are_promoted_and_stepped_exactly);
    tcase_add_checked_fixture(back, open_bench, close_bench);
    tcase_add_test(back, a_rollback_is_one_registration_and_keeps_what_was_not_touched);
    if (!nomad_rig_is_ours())
        return suite;
    tcase_add_checked_fixture(agents, open_bench, close_bench);
    tcase_add_test(agents, a_server_that_is_gone_is_stale_and_nothing_moves_when_it_is_back);
    tcase_add_test(agents, a_client_that_restarts_moves_nothing);
    return suite;
}
