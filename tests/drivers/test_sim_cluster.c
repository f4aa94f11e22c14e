/* test_sim_cluster.c: what goes wrong with nodes, instances and images of the simulated
 * cluster, on eight instances of "web". */
#include "drivers/sim_bench.h"

#include <stdio.h>
#include <string.h>

START_TEST(a_started_step_shows_within_a_second)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    bench_begin(&bench, VERB_START, 2, &memo);
    const int64_t sent_ms = loop_now_ms(bench.loop);
    while (service_count(bench.one.service, "5", STATES_ALL) == 0) {
        ck_assert_int_le(loop_now_ms(bench.loop) - sent_ms, 1000);
        loop_turn(bench.loop, 0);
    }
    ck_assert_int_eq(bench.one.service->motion, MOTION_MOVING);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

static bool state_is(struct bench *bench, void *arg)
{
    return bench->one.state == *(const enum cluster_state *)arg;
}

START_TEST(an_unreachable_cluster_is_stale_and_comes_back_whole)
{
    enum cluster_state stale = CLUSTER_STALE, live = CLUSTER_LIVE;
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    inject(&bench, SIM_UNREACHABLE, "");
    struct answer act = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(act.err.code, ERR_NETWORK);
    ck_assert(bench_until(&bench, state_is, &stale));
    struct answer read = bench_ask_read(&bench, bench.service_id);
    ck_assert_int_eq(read.err.code, ERR_NETWORK);
    bench.one.synced = false;
    inject(&bench, SIM_REACHABLE, "");
    ck_assert(bench_until(&bench, state_is, &live));
    bench_stands(&bench, 0);
    ck_assert(bench.one.synced);
    ck_assert_uint_eq(sim_applied_total(sim_of(&bench)), 0);
    answer_release(&act);
    answer_release(&read);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_read_outlives_a_short_silence)
{
    struct bench bench;
    struct answer answer = {0};

    open_on(&bench, "eight");
    inject(&bench, SIM_UNREACHABLE, "");
    bench_pass(&bench, 1000);
    inject(&bench, SIM_REACHABLE, "");
    answer = bench_ask_read(&bench, bench.service_id);
    ck_assert_int_eq(answer.err.code, ERR_NONE);
    answer_release(&answer);
    bench_close(&bench);
}
END_TEST

static bool trouble_is(struct bench *bench, void *arg)
{
    return bench->one.service->trouble == *(const enum trouble *)arg;
}

START_TEST(a_crash_loop_fails_and_a_rollback_heals)
{
    enum trouble failed = TROUBLE_FAILED;
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    snprintf(action.to, sizeof action.to, "bad");
    snprintf(action.artifact, sizeof action.artifact, "web:bad");
    struct answer answer = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(answer.err.code, ERR_NONE);
    ck_assert(bench_until(&bench, trouble_is, &failed));
    ck_assert_str_eq(bench.one.service->reason, "exited with status 1");
    ck_assert_uint_eq(bench_count(bench.one.service, "4"), 7);
    bench_do(&bench, VERB_ROLLBACK, 8, &memo);
    bench_stands(&bench, 0);
    answer_release(&answer);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(trouble_stops_the_step_where_it_is)
{
    enum trouble stuck = TROUBLE_STUCK;
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    bench_do(&bench, VERB_START, 1, &memo);
    inject(&bench, SIM_IMAGE_MISSING, "web:5");
    bench_begin(&bench, VERB_STEP, 8, &memo);
    ck_assert(bench_until(&bench, trouble_is, &stuck));
    bench_pass(&bench, 60000);
    const struct service *service = bench_read(&bench);
    ck_assert_uint_eq(service_count(service, "5", STATES_SERVING), 1);
    ck_assert_uint_eq(service_count(service, "4", STATES_SERVING), 7);
    ck_assert_uint_le(service_count(service, "5", STATES_ALL), 4);
    service_unref(service);
    inject(&bench, SIM_IMAGE_FIXED, "web:5");
    bench_pass(&bench, 60000);
    bench_stands(&bench, 8);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_crashed_instance_comes_back_on_its_own_version)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    bench_do(&bench, VERB_START, 3, &memo);
    for (int i = 0; i < 10; i++)
        inject(&bench, SIM_CRASH, "web");
    bench_pass(&bench, 30000);
    bench_stands(&bench, 3);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(slow_starts_are_ten_times_slower)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    inject(&bench, SIM_SLOW_START, "web");
    const int64_t from_ms = loop_now_ms(bench.loop);
    bench_do(&bench, VERB_START, 1, &memo);
    ck_assert_int_ge(loop_now_ms(bench.loop) - from_ms, 5000);
    bench_stands(&bench, 1);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_drained_node_takes_no_new_instance)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    inject(&bench, SIM_NODE_DRAIN, "w2");
    bench_do(&bench, VERB_START, 8, &memo);
    const struct service *service = bench_read(&bench);
    for (size_t i = 0; i < service->placement_count; i++)
        ck_assert_str_ne(service->placements[i].node, "node-w2");
    service_unref(service);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

static uint32_t ghosts_of(const struct service *service)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < service->version_count; i++)
        sum += service->versions[i].count[INSTANCE_GHOST];
    return sum;
}

static enum node_state node_of(const struct bench *bench, const char *id)
{
    for (size_t i = 0; i < bench->one.node_count; i++)
        if (strcmp(bench->one.nodes[i].id, id) == 0)
            return bench->one.nodes[i].state;
    return NODE_FENCED;
}

START_TEST(a_node_removed_while_silent_stays_silent_with_its_ghosts)
{
    struct bench bench;

    open_on(&bench, "eight");
    inject(&bench, SIM_NODE_SILENT, "w3");
    bench_pass(&bench, 10000);
    inject(&bench, SIM_NODE_REMOVED, "w3");
    inject(&bench, SIM_NODE_RETURNS, "w3");
    bench_pass(&bench, 60000);
    ck_assert_int_eq(node_of(&bench, "node-w3"), NODE_SILENT);
    ck_assert_uint_eq(ghosts_of(bench.one.service), 2);
    ck_assert_uint_eq(service_count(bench.one.service, "4", STATES_SERVING), 8);
    bench_close(&bench);
}
END_TEST

START_TEST(old_instances_run_on_a_returned_node_for_about_a_second)
{
    struct bench bench;
    json_t *memo = NULL;
    int64_t last_ms = 0;

    open_on(&bench, "eight");
    inject(&bench, SIM_NODE_SILENT, "w3");
    bench_do(&bench, VERB_START, 8, &memo);
    const unsigned events = bench.one.events;
    inject(&bench, SIM_NODE_RETURNS, "w3");
    const int64_t from_ms = loop_now_ms(bench.loop);
    while (loop_now_ms(bench.loop) < from_ms + 5000) {
        loop_turn(bench.loop, 0);
        if (service_count(bench.one.service, "4", STATES_SERVING) > 0)
            last_ms = loop_now_ms(bench.loop);
    }
    ck_assert_int_ge(last_ms - from_ms, 900);
    ck_assert_int_le(last_ms - from_ms, 1200);
    ck_assert_uint_ge(bench.one.events, events + 3); /* it reports; two old ones; … */
    bench_stands(&bench, 8);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_short_silence_replaces_nothing)
{
    struct bench bench;

    open_on(&bench, "eight");
    const struct names before = bench_names(&bench, "4");
    inject(&bench, SIM_NODE_SILENT, "w1");
    bench_pass(&bench, 1000);
    inject(&bench, SIM_NODE_RETURNS, "w1");
    bench_pass(&bench, 20000);
    const struct service *service = bench_read(&bench);
    ck_assert_uint_eq(service->instance_count, 8);
    service_unref(service);
    ck_assert_uint_eq(before.count, 8);
    bench_close(&bench);
}
END_TEST

static bool runs_by_itself(struct bench *bench, void *arg)
{
    (void)arg;
    return bench->one.service->motion == MOTION_RUNNING;
}

START_TEST(a_foreign_rollout_runs_by_itself_until_it_is_paused)
{
    struct bench bench;
    json_t *memo = NULL;
    struct err err = {0};

    open_on(&bench, "eight");
    ck_assert(sim_push_foreign(sim_of(&bench), "web", "5", 1, 3000, &err));
    ck_assert(bench_until(&bench, runs_by_itself, NULL));
    bench_pass(&bench, 7000);
    struct action pause = bench_plan(&bench, VERB_PAUSE, 0, &memo);
    ck_assert_uint_eq(pause.writes, 1);
    struct answer answer = bench_act(&bench, &bench.one, &pause, memo);
    ck_assert_int_eq(answer.err.code, ERR_NONE);
    bench_settle(&bench, &pause);
    const struct service *service = bench_read(&bench);
    const uint32_t stood = bench_count(service, "5");
    ck_assert_uint_ge(stood, 2);
    ck_assert_uint_lt(stood, 8);
    service_unref(service);
    bench_stands(&bench, stood);
    bench_do(&bench, VERB_ROLLBACK, 8, &memo); /* of what nobody here started */
    bench_stands(&bench, 0);
    answer_release(&answer);
    bench_close(&bench);
}
END_TEST

START_TEST(a_fence_does_not_stop_a_foreign_rollout)
{
    struct bench bench;

    open_on(&bench, "eight");
    ck_assert(sim_push_foreign(sim_of(&bench), "web", "5", 1, 2000, NULL));
    bench_pass(&bench, 3000);
    inject(&bench, SIM_TOUCHED, "web");
    bench_pass(&bench, 60000);
    bench_stands(&bench, 8);
    bench_close(&bench);
}
END_TEST

START_TEST(a_deleted_service_is_gone)
{
    struct bench bench;

    open_on(&bench, "eight");
    inject(&bench, SIM_SERVICE_GONE, "web");
    bench_pass(&bench, 1000);
    ck_assert(bench.one.gone);
    struct answer answer = bench_ask_read(&bench, bench.service_id);
    ck_assert_int_eq(answer.err.code, ERR_NOT_FOUND);
    answer_release(&answer);
    bench_close(&bench);
}
END_TEST

SUITE(sim_cluster)
{
    Suite *suite = suite_create("sim-cluster");
    TCase *cluster = test_case(suite, "cluster", 10);

    tcase_add_test(cluster, a_started_step_shows_within_a_second);
    tcase_add_test(cluster, an_unreachable_cluster_is_stale_and_comes_back_whole);
    tcase_add_test(cluster, a_read_outlives_a_short_silence);
    tcase_add_test(cluster, a_crash_loop_fails_and_a_rollback_heals);
    tcase_add_test(cluster, trouble_stops_the_step_where_it_is);
    tcase_add_test(cluster, a_crashed_instance_comes_back_on_its_own_version);
    tcase_add_test(cluster, slow_starts_are_ten_times_slower);
    tcase_add_test(cluster, a_drained_node_takes_no_new_instance);
    tcase_add_test(cluster, a_node_removed_while_silent_stays_silent_with_its_ghosts);
    tcase_add_test(cluster, old_instances_run_on_a_returned_node_for_about_a_second);
    tcase_add_test(cluster, a_short_silence_replaces_nothing);
    tcase_add_test(cluster, a_foreign_rollout_runs_by_itself_until_it_is_paused);
    tcase_add_test(cluster, a_fence_does_not_stop_a_foreign_rollout);
    tcase_add_test(cluster, a_deleted_service_is_gone);
    return suite;
}
