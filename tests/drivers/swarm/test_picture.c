/* test_picture.c: what recorded answers of a real swarm mean. */
#include "drivers/swarm/recorded.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define W3 "f6eom0li42rtzacgzye02pk3i"
#define S6_DONE                                                                                    \
    "{\"ID\":\"id0z5tcsd2xruxvoqw5e9td3v\",\"Version\":{\"Index\":9},\"Spec\":{\"Name\":\"s6\","   \
    "\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"app:v5\"}},\"Mode\":{\"Replicated\":{"       \
    "\"Replicas\":12}}},\"UpdateStatus\":{\"State\":\"completed\"}}"

static uint32_t on_node(const struct service *service, const char *node, const char *version,
                        enum instance_state state)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *placement = &service->placements[i];
        if (strcmp(placement->node, node) == 0 &&
            strcmp(service->versions[placement->version].version, version) == 0)
            sum += placement->count[state];
    }
    return sum;
}

START_TEST(a_steady_service_is_steady)
{
    struct recorded r = recorded_view("services-v4", "tasks-v4", "nodes", "2026-11-22T14:00:00Z");
    const struct service *service = recorded_picture(&r);

    ck_assert_str_eq(service->name, "web");
    ck_assert_str_eq(service->wants, "v4");
    ck_assert_str_eq(service->artifact, "app:v4");
    ck_assert_str_eq(service->was, "");
    ck_assert_uint_eq(service->replicas, 8);
    ck_assert_uint_eq(service_count(service, "v4", STATES_SERVING), 8);
    ck_assert_uint_eq(service_count(service, "v4", STATES_ALL), 8);
    ck_assert_int_eq(service->motion, MOTION_NONE);
    ck_assert_int_eq(service->trouble, TROUBLE_NONE);
    ck_assert_uint_eq(service->launcher_count, 0);
    ck_assert_uint_eq(service->instance_count, 8);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(instances_of_a_steady_service_are_left_out_unless_asked_for)
{
    struct recorded r = recorded_view("services-v4", "tasks-v4", "nodes", "2026-11-22T14:00:00Z");
    const struct service *service = swarm_picture(&r.view, &r.view.services[0], false);

    ck_assert_uint_eq(service->instance_count, 0);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(what_ran_on_a_lost_node_is_a_ghost_although_it_was_replaced)
{
    struct recorded r =
        recorded_view(NULL, "tasks-w3-down", "nodes-w3-down", "2026-11-22T14:00:00Z");

    recorded_service(&r, S6_DONE);
    const struct service *service = recorded_picture(&r);
    ck_assert_uint_eq(service_count(service, "v4", STATES_SERVING), 12);
    ck_assert_uint_eq(service_count(service, "v4", 1u << INSTANCE_GHOST), 3);
    ck_assert_uint_eq(on_node(service, W3, "v4", INSTANCE_GHOST), 3);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(completed_does_not_hide_old_ghosts)
{
    struct recorded r =
        recorded_view(NULL, "tasks-w3-down-after-v5", "nodes-w3-down", "2026-11-22T14:00:00Z");
    bool told = false;

    recorded_service(&r, S6_DONE);
    const struct service *service = recorded_picture(&r);
    ck_assert_int_eq(service->motion, MOTION_NONE);
    ck_assert_uint_eq(service_count(service, "v5", STATES_SERVING), 12);
    ck_assert_uint_eq(service_count(service, "v4", 1u << INSTANCE_GHOST), 3);
    for (size_t i = 0; i < service->instance_count; i++)
        told |= service->instances[i].state == INSTANCE_GHOST &&
                strstr(service->instances[i].reason, "node w3 does not report") != NULL;
    ck_assert(told);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(after_the_return_of_the_node_nothing_old_is_left)
{
    struct recorded r =
        recorded_view(NULL, "tasks-w3-healed", "nodes-w3-healed", "2026-11-22T14:00:00Z");

    recorded_service(&r, S6_DONE);
    const struct service *service = recorded_picture(&r);
    ck_assert_uint_eq(service_count(service, "v4", STATES_ALL), 0);
    ck_assert_uint_eq(service_count(service, "v5", STATES_SERVING), 12);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(tasks_of_a_removed_node_may_run_for_ever)
{
    struct recorded r =
        recorded_view(NULL, "tasks-orphaned-after-node-rm", "nodes", "2026-11-22T14:10:00Z");

    recorded_service(&r, "{\"ID\":\"679bvw429xudgrb7gksni14xy\",\"Version\":{\"Index\":1},\"Spec\":"
                         "{\"Name\":\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":"
                         "\"app:v5\"}},\"Mode\":{\"Replicated\":{\"Replicas\":1}}}}");
    const struct service *service = recorded_picture(&r);
    ck_assert_uint_eq(service_count(service, "v4", 1u << INSTANCE_GHOST), 3);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(a_missing_image_is_named)
{
    struct recorded r = recorded_view("service-inspect-paused-by-failure", "tasks-rejected-image",
                                      "nodes", "2026-11-22T13:48:45Z");
    const struct service *service = recorded_picture(&r);

    ck_assert_int_eq(service->trouble, TROUBLE_FAILED);
    ck_assert_int_eq(service->motion, MOTION_RESTING);
    ck_assert_msg(strstr(service->reason, "No such image: app:nosuch") != NULL, "reason: %s",
                  service->reason);
    ck_assert_uint_eq(service_count(service, "nosuch", 1u << INSTANCE_FAILING), 3);
    ck_assert_str_eq(service->was, "v4");
    ck_assert_str_eq(service->launchers[0].version, "nosuch");
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(a_crash_loop_is_trouble_even_while_it_serves)
{
    struct recorded r = recorded_view("service-inspect-paused-crashloop", "tasks-crashloop",
                                      "nodes", "2026-11-22T13:49:20Z");
    const struct service *service = recorded_picture(&r);

    ck_assert_int_eq(service->trouble, TROUBLE_FAILED);
    ck_assert_msg(strstr(service->reason, "non-zero exit (1), again") != NULL, "reason: %s",
                  service->reason);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(a_parked_rollout_rests)
{
    struct recorded r =
        recorded_view("service-inspect-stalled-step1", NULL, "nodes", "2026-11-22T13:41:40Z");
    const struct service *service = recorded_picture(&r);

    ck_assert_int_eq(service->motion, MOTION_RESTING);
    ck_assert_str_eq(service->was, "v4");
    ck_assert_uint_eq(service->mark_count, 1);
    ck_assert_str_eq(service->marks[0], "1");
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(an_accepted_step_does_not_look_like_rest_before_its_first_task)
{
    static const char *const started[] = {"2026-11-22T13:00:00Z", "2026-11-22T23:00:00Z"};

    for (size_t i = 0; i < ARRAY_LEN(started); i++) {
        struct recorded r = recorded_view(NULL, "tasks-crashloop", "nodes", "2026-11-22T23:00:00Z");
        char text[600];
        snprintf(
            text, sizeof text,
            "{\"ID\":\"rt6283w7zsbyuutcc3mswbwt9\",\"Version\":{\"Index\":1},\"Spec\":{\"Name\":"
            "\"x\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"app:bad\"}},\"Mode\":{"
            "\"Replicated\":{\"Replicas\":12}},\"UpdateConfig\":{\"Parallelism\":1,\"Delay\":"
            "315360000000000000}},\"UpdateStatus\":{\"State\":\"updating\",\"StartedAt\":\"%s\"}}",
            started[i]);
        recorded_service(&r, text);
        const struct service *service = recorded_picture(&r);
        ck_assert_int_eq(service->motion, i == 0 ? MOTION_RESTING : MOTION_MOVING);
        service_unref(service);
        recorded_free(&r);
    }
}
END_TEST

START_TEST(the_engines_own_rollback_runs_by_itself)
{
    struct recorded r =
        recorded_view("service-inspect-rollback-started", NULL, "nodes", "2026-11-22T13:41:40Z");
    const struct service *service = recorded_picture(&r);

    ck_assert_int_eq(service->motion, MOTION_RUNNING);
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(a_global_service_is_counted_by_its_tasks)
{
    struct recorded r =
        recorded_view(NULL, "tasks-global-after-heal", "nodes", "2026-11-22T14:12:00Z");

    recorded_service(&r, "{\"ID\":\"hqa79l7z7lazp905uy1lwyx42\",\"Version\":{\"Index\":1},\"Spec\":"
                         "{\"Name\":\"g\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":"
                         "\"app:v5\"}},\"Mode\":{\"Global\":{}}}}");
    const struct service *service = recorded_picture(&r);
    ck_assert(service->per_node);
    /* One of its four nodes is not in this list: what ran there is a ghost. */
    ck_assert_uint_eq(service->replicas, 3);
    ck_assert_uint_eq(service_count(service, "v5", STATES_SERVING), 3);
    ck_assert_uint_eq(service_count(service, "v5", 1u << INSTANCE_GHOST), 1);
    ck_assert_ptr_nonnull(strstr(service->instances[0].name, "g."));
    service_unref(service);
    recorded_free(&r);
}
END_TEST

START_TEST(the_same_picture_has_the_same_hash_and_another_one_another)
{
    struct recorded r = recorded_view("services-v4", "tasks-v4", "nodes", "2026-11-22T14:00:00Z");
    const struct service *one = recorded_picture(&r), *two = recorded_picture(&r);

    r.view.task_count--;
    const struct service *three = recorded_picture(&r);
    ck_assert_uint_eq(service_hash(one), service_hash(two));
    ck_assert_uint_ne(service_hash(one), service_hash(three));
    service_unref(one);
    service_unref(two);
    service_unref(three);
    recorded_free(&r);
}
END_TEST

SUITE(swarm_picture)
{
    Suite *suite = suite_create("swarm-picture");
    TCase *recorded = test_case(suite, "recorded", 5);

    tcase_add_test(recorded, a_steady_service_is_steady);
    tcase_add_test(recorded, instances_of_a_steady_service_are_left_out_unless_asked_for);
    tcase_add_test(recorded, what_ran_on_a_lost_node_is_a_ghost_although_it_was_replaced);
    tcase_add_test(recorded, completed_does_not_hide_old_ghosts);
    tcase_add_test(recorded, after_the_return_of_the_node_nothing_old_is_left);
    tcase_add_test(recorded, tasks_of_a_removed_node_may_run_for_ever);
    tcase_add_test(recorded, a_missing_image_is_named);
    tcase_add_test(recorded, a_crash_loop_is_trouble_even_while_it_serves);
    tcase_add_test(recorded, a_parked_rollout_rests);
    tcase_add_test(recorded, an_accepted_step_does_not_look_like_rest_before_its_first_task);
    tcase_add_test(recorded, the_engines_own_rollback_runs_by_itself);
    tcase_add_test(recorded, a_global_service_is_counted_by_its_tasks);
    tcase_add_test(recorded, the_same_picture_has_the_same_hash_and_another_one_another);
    return suite;
}
