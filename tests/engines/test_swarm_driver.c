/* test_swarm_driver.c: what only a real swarm can show. Every claim is checked by the engine's own
 * task list, or by the processes that really run, read without the driver. */
#include "base/json.h"
#include "drivers/conformance_bench.h"
#include "engines/rig.h"
#include "engines/swarm_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench bench;
static json_t *memo;

static void open_bench(void)
{
    memo = NULL;
    bench_open(&bench, &swarm_fixture);
}

static void close_bench(void)
{
    json_decref(memo);
    bench_close(&bench);
}

static const struct rig_service *web(void)
{
    return swarm_fixture_service();
}

/* How many of these ids are still among the running tasks. */
static unsigned kept(const json_t *ids)
{
    json_t *now = rig_task_ids(web(), ""), *id;
    unsigned count = 0;
    size_t i;

    json_array_foreach(ids, i, id)
    {
        json_t *other;
        size_t k;
        json_array_foreach(now, k, other) count += json_equal(id, other) != 0;
    }
    json_decref(now);
    return count;
}

static json_t *spec_of(void)
{
    char path[96];
    json_t *found = NULL;

    snprintf(path, sizeof path, "/services/%s", web()->id);
    rig_call("m1", path, NULL, &found);
    json_t *spec = json_incref(json_object_get(found, "Spec"));
    json_decref(found);
    return spec;
}

static void check_users_config(const json_t *before)
{
    json_t *after = spec_of();

    ck_assert(json_equal(json_object_get(before, "UpdateConfig"),
                         json_object_get(after, "UpdateConfig")));
    ck_assert_ptr_null(json_object_get(before, "RollbackConfig"));
    ck_assert_ptr_null(json_object_get(after, "RollbackConfig"));
    json_decref(after);
}

START_TEST(steps_replace_exactly_as_many_tasks_as_asked_for)
{
    static const unsigned counts[] = {1, 3, 8};
    json_t *before = spec_of(), *ids = rig_task_ids(web(), "4");

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        bench_do(&bench, i == 0 ? VERB_START : VERB_STEP, counts[i], &memo);
        ck_assert_uint_eq(rig_tasks(web(), "5"), counts[i]);
        ck_assert_uint_eq(rig_tasks(web(), "4"), 8 - counts[i]);
        ck_assert_uint_eq(kept(ids), 8 - counts[i]);
    }
    ck_assert_uint_eq(rig_truth(web(), "5", ""), 8);
    ck_assert_uint_eq(rig_truth(web(), "4", ""), 0);
    check_users_config(before);
    json_decref(before);
    json_decref(ids);
}
END_TEST

START_TEST(a_rollback_replaces_only_what_was_moved)
{
    json_t *before = spec_of(), *ids;

    bench_do(&bench, VERB_START, 1, &memo);
    bench_do(&bench, VERB_STEP, 3, &memo);
    ids = rig_task_ids(web(), "4");
    bench_do(&bench, VERB_ROLLBACK, 8, &memo);
    ck_assert_uint_eq(json_array_size(ids), 5);
    ck_assert_uint_eq(kept(ids), 5);
    ck_assert_uint_eq(rig_tasks(web(), "4"), 8);
    ck_assert_uint_eq(rig_tasks(web(), "5"), 0);
    check_users_config(before);
    json_decref(before);
    json_decref(ids);
}
END_TEST

static bool moves_by_itself(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.service->motion == MOTION_RUNNING &&
           service_count(b->one.service, "5", STATES_SERVING) >= 1;
}

START_TEST(somebody_elses_update_stands_after_at_most_one_more)
{
    json_t *before = json_pack("{s:i, s:i, s:s}", "Parallelism", 1, "Delay", 1500000000,
                               "FailureAction", "pause");

    rig_change(web(), "UpdateConfig", before);
    rig_change(web(), "TaskTemplate/ContainerSpec/Image", json_string("app:5"));
    ck_assert(bench_until(&bench, moves_by_itself, NULL));
    struct action pause = bench_plan(&bench, VERB_PAUSE, 8, &memo);
    unsigned seen = rig_tasks(web(), "5");
    ck_assert_uint_eq(pause.writes, 1);
    ck_assert_msg(memo != NULL, "a pause of a foreign update keeps what undoes it");
    struct answer answer = bench_act(&bench, &bench.one, &pause, memo);
    ck_assert_msg(answer.err.code == ERR_NONE, "%s", answer.err.text);
    answer_release(&answer);
    bench_settle(&bench, &pause);
    bench_pass(&bench, 4000);
    unsigned rested = rig_tasks(web(), "5");
    /* What was on its way when the key was pressed, and one more. */
    ck_assert_uint_le(rested, seen + 2);
    bench_pass(&bench, 4000);
    ck_assert_uint_eq(rig_tasks(web(), "5"), rested);
    bench_do(&bench, VERB_STEP, 8, &memo);
    ck_assert_uint_eq(rig_tasks(web(), "5"), 8);
    json_t *after = spec_of();
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(after, "UpdateConfig"), "Delay")),
        1500000000);
    json_decref(after);
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

START_TEST(a_manager_that_restarts_moves_at_most_one)
{
    bench_do(&bench, VERB_START, 1, &memo);
    bench_do(&bench, VERB_STEP, 4, &memo);
    rig_do("kill", "m1");
    ck_assert(bench_until(&bench, is_stale, NULL));
    rig_do("start", "m1");
    bench.one.synced = false;
    ck_assert(bench_until(&bench, is_live, NULL));
    ck_assert(rig_wait_node("w1", "ready") && rig_wait_node("w2", "ready") &&
              rig_wait_node("w3", "ready"));
    bench_pass(&bench, 6000);
    ck_assert_uint_ge(rig_tasks(web(), "5"), 4);
    ck_assert_uint_le(rig_tasks(web(), "5"), 5);
    bench_do(&bench, VERB_ROLLBACK, 8, &memo);
    ck_assert_uint_eq(rig_tasks(web(), "4"), 8);
}
END_TEST

static bool w3_is_silent(struct bench *b, void *arg)
{
    for (size_t i = 0; i < b->one.node_count; i++)
        if (strcmp(b->one.nodes[i].id, arg) == 0)
            return b->one.nodes[i].state == NODE_SILENT;
    return false;
}

static uint32_t ghosts(const struct service *service)
{
    return service_count(service, "4", 1u << INSTANCE_GHOST);
}

START_TEST(a_node_that_is_removed_while_lost_still_counts)
{
    char id[64], path[96];
    const unsigned there = rig_truth(web(), "4", "w3");

    snprintf(id, sizeof id, "%s", rig_node_id("w3"));
    snprintf(path, sizeof path, "/nodes/%s", id);
    ck_assert_uint_gt(there, 0);
    rig_do("cut", "w3");
    ck_assert(rig_wait_node("w3", "down"));
    ck_assert(bench_until(&bench, w3_is_silent, id));
    rig_call("m1", path, "", NULL);
    bench_pass(&bench, 2500);
    ck_assert_uint_eq(rig_truth(web(), "4", "w3"), there);
    const struct service *service = bench_read(&bench);
    ck_assert_uint_eq(ghosts(service), there);
    ck_assert(w3_is_silent(&bench, id));
    service_unref(service);
    /* The engine forgets these tasks as their slots get newer ones; they run on. */
    for (unsigned i = 0; i < 7; i++) {
        rig_change(web(), "TaskTemplate/ForceUpdate", json_integer((json_int_t)i + 1));
        bench_pass(&bench, 2500);
    }
    service = bench_read(&bench);
    ck_assert_uint_eq(ghosts(service), there);
    service_unref(service);
    rig_do("poweroff", "w3");
    rig_do("heal", "w3");
    rig_do("start", "w3");
    rig_do("rejoin", "w3");
    ck_assert(rig_wait_node("w3", "ready"));
}
END_TEST

static bool haunts(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.service->replicas == 0 && ghosts(b->one.service) > 0;
}

static bool is_gone(struct bench *b, void *arg)
{
    (void)arg;
    return b->one.gone;
}

START_TEST(a_service_deleted_while_a_node_is_lost_goes_when_its_instances_have_gone)
{
    rig_do("cut", "w3");
    ck_assert(rig_wait_node("w3", "down"));
    rig_remove(web());
    ck_assert(bench_until(&bench, haunts, NULL));
    ck_assert(!bench.one.gone);
    rig_do("heal", "w3");
    ck_assert(bench_until(&bench, is_gone, NULL));
    ck_assert_uint_eq(rig_truth(web(), "4", ""), 0);
}
END_TEST

struct told {
    enum err_code code;
    char text[400];
};

static void take_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct told *told = arg;

    ck_assert_int_ne(state, CLUSTER_LIVE);
    told->code = why->code;
    snprintf(told->text, sizeof told->text, "%s", why->text);
}

static struct told follow_elsewhere(const char *endpoint)
{
    struct told told = {0};
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    const struct cluster_config config = {.name = "x",
                                          .kind = "swarm",
                                          .endpoint = endpoint,
                                          .ca_file = "",
                                          .cert_file = "",
                                          .key_file = ""};
    const struct driver_env env = {
        .loop = loop, .sink = {.arg = &told, .state = take_state}, .config = &config};
    struct err err = {0};
    struct driver *driver = driver_find("swarm")->open(&env, &err);

    ck_assert_msg(driver != NULL, "%s", err.text);
    driver->ops->follow(driver);
    for (int i = 0; i < 500 && !told.code; i++)
        loop_turn(loop, 20);
    driver->ops->close(driver);
    loop_free(loop);
    clock_free(clock);
    return told;
}

START_TEST(a_worker_says_to_point_at_a_manager)
{
    struct told told = follow_elsewhere(rig_endpoint("w1"));

    ck_assert_int_eq(told.code, ERR_CONFIG);
    ck_assert_msg(strstr(told.text, "this node is a Swarm worker; point lockstep at a manager"),
                  "%s", told.text);
}
END_TEST

START_TEST(a_socket_that_is_not_there_is_named)
{
    struct told told = follow_elsewhere("unix:///nowhere/docker.sock");

    ck_assert_int_eq(told.code, ERR_NETWORK);
    ck_assert_msg(strstr(told.text, "no Docker socket at /nowhere/docker.sock"), "%s", told.text);
}
END_TEST

SUITE(swarm_driver)
{
    Suite *suite = suite_create("swarm-driver");
    TCase *moves = test_case(suite, "moves", 180), *nodes = test_case(suite, "nodes", 180);
    TCase *reach = test_case(suite, "reach", 30);

    rig_need();
    tcase_add_checked_fixture(moves, open_bench, close_bench);
    tcase_add_test(moves, steps_replace_exactly_as_many_tasks_as_asked_for);
    tcase_add_test(moves, a_rollback_replaces_only_what_was_moved);
    tcase_add_test(moves, somebody_elses_update_stands_after_at_most_one_more);
    tcase_add_checked_fixture(nodes, open_bench, close_bench);
    tcase_add_test(nodes, a_manager_that_restarts_moves_at_most_one);
    tcase_add_test(nodes, a_node_that_is_removed_while_lost_still_counts);
    tcase_add_test(nodes, a_service_deleted_while_a_node_is_lost_goes_when_its_instances_have_gone);
    tcase_add_test(reach, a_worker_says_to_point_at_a_manager);
    tcase_add_test(reach, a_socket_that_is_not_there_is_named);
    return suite;
}
