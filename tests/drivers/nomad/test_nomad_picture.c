/* test_nomad_picture.c: facts of a service from answers of a real Nomad 1.6, and what makes them
 * differ. */
#include "drivers/nomad/client.h"
#include "drivers/nomad/nomad_recorded.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static struct nomad_recorded look;

static unsigned count(const struct service *service, const char *version, enum instance_state state)
{
    return service_count(service, version, 1u << state);
}

START_TEST(promoted_canaries_rest_beside_the_old_ones)
{
    look = nomad_recorded_look("canary");
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_str_eq(service->name, "web");
    ck_assert_str_eq(service->id, "default/web/web");
    ck_assert_str_eq(service->wants, "5");
    ck_assert_str_eq(service->was, "4");
    ck_assert_uint_eq(service->replicas, 8);
    ck_assert_uint_eq(count(service, "5", INSTANCE_SERVING), 1);
    ck_assert_uint_eq(count(service, "4", INSTANCE_SERVING), 7);
    ck_assert_int_eq(service->motion, MOTION_RESTING);
    ck_assert_int_eq(service->trouble, TROUBLE_NONE);
    ck_assert_uint_eq(service->launcher_count, 1);
    ck_assert_str_eq(service->launchers[0].version, "5");
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

static bool has_mark(const struct service *service, const char *write)
{
    for (size_t i = 0; i < service->mark_count; i++)
        if (strcmp(strchr(service->marks[i], '.'), write) == 0)
            return true;
    return false;
}

START_TEST(what_was_done_to_a_deployment_is_told_by_what_it_did)
{
    look = nomad_recorded_look("canary");
    struct nomad_deployment deployment = *look.sight.deployment;
    struct nomad_deployed deployed = deployment.groups[0];
    static const char *const writes[] = {".0", ".1", ".2", ".3"};

    deployment.groups = &deployed;
    look.sight.deployment = &deployment;
    for (unsigned done = 4; done-- > 0;) {
        deployed.promoted = done > 2;
        if (done < 2)
            deployment.state = NOMAD_DEPLOY_RUNNING;
        if (done < 1)
            deployed.healthy = 0;
        const struct service *service = nomad_recorded_picture(&look);
        for (unsigned i = 0; i < ARRAY_LEN(writes); i++)
            ck_assert_msg(has_mark(service, writes[i]) == (i <= done), "%u done: mark %s", done,
                          writes[i]);
        service_unref(service);
    }
    nomad_recorded_free(&look);
}
END_TEST

/* A restored job is checked by Nomad for a while: that must not refuse the next key. */
START_TEST(the_revision_moves_with_what_people_do_and_not_with_what_nomad_does)
{
    look = nomad_recorded_look("canary");
    struct nomad_deployment deployment = *look.sight.deployment;
    struct nomad_deployed deployed = deployment.groups[0];
    struct nomad_group *group = &look.history.jobs[0].groups[0];
    char before[NOMAD_REVISION_TEXT], after[NOMAD_REVISION_TEXT];

    deployment.groups = &deployed;
    look.sight.deployment = &deployment;
    look.sight.history = &look.history;
    deployment.state = NOMAD_DEPLOY_RUNNING;
    for (int manual = 0; manual < 2; manual++) {
        group->update.manual = manual;
        struct nomad_standing standing = nomad_stand(&look.sight, group);
        nomad_revision(&standing, before);
        deployed.healthy++;
        standing = nomad_stand(&look.sight, group);
        ck_assert_int_eq(strcmp(nomad_revision(&standing, after), before) != 0, manual);
    }
    deployment.state = NOMAD_DEPLOY_SUCCESSFUL;
    struct nomad_standing standing = nomad_stand(&look.sight, group);
    nomad_revision(&standing, before);
    deployment.state = NOMAD_DEPLOY_RUNNING;
    standing = nomad_stand(&look.sight, group);
    ck_assert_str_eq(nomad_revision(&standing, after), before);
    deployment.state = NOMAD_DEPLOY_PAUSED;
    standing = nomad_stand(&look.sight, group);
    ck_assert_str_ne(nomad_revision(&standing, after), before);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(five_of_eight_stand_while_none_is_called_healthy)
{
    look = nomad_recorded_look("five");
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_uint_eq(count(service, "5", INSTANCE_SERVING), 5);
    ck_assert_uint_eq(count(service, "4", INSTANCE_SERVING), 3);
    ck_assert_int_eq(service->motion, MOTION_RESTING);
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

/* Whoever calls one healthy makes room for another. */
START_TEST(one_that_is_called_healthy_lets_the_next_go)
{
    look = nomad_recorded_look("five");
    struct nomad_alloc *allocs = (struct nomad_alloc *)(uintptr_t)look.sight.allocs;
    unsigned healthy = 0;

    for (size_t i = 0; i < look.sight.alloc_count && healthy < 2; i++)
        if (allocs[i].wanted && allocs[i].job_version == look.history.jobs[0].number) {
            allocs[i].health = NOMAD_HEALTHY;
            healthy++;
        }
    const struct service *service = nomad_recorded_picture(&look);
    ck_assert_int_eq(service->motion, MOTION_MOVING);
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(automatic_health_goes_on_by_itself)
{
    look = nomad_recorded_look("five");
    look.history.jobs[0].groups[0].update.manual = false;
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_int_eq(service->motion, MOTION_RUNNING);
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(a_registration_that_no_scheduler_has_seen_moves)
{
    look = nomad_recorded_look("five");
    look.sight.deployment = NULL;
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_int_eq(service->motion, MOTION_MOVING);
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(what_runs_on_a_silent_node_is_a_ghost)
{
    look = nomad_recorded_look("canary");
    struct nomad_node *nodes = (struct nomad_node *)(uintptr_t)look.view.nodes;
    unsigned there = 0;

    nodes[0].state = NOMAD_NODE_DOWN;
    const struct service *service = nomad_recorded_picture(&look);
    for (size_t i = 0; i < service->placement_count; i++)
        if (strcmp(service->placements[i].node, nodes[0].id) == 0) {
            ck_assert_uint_eq(service->placements[i].count[INSTANCE_SERVING], 0);
            there += service->placements[i].count[INSTANCE_GHOST];
        }
    ck_assert_uint_gt(there, 0);
    ck_assert_uint_eq(count(service, "4", INSTANCE_GHOST) + count(service, "5", INSTANCE_GHOST),
                      there);
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

/* ClientStatus, DesiredStatus run, node silent, newest of its name; -1: history. */
static const struct {
    enum nomad_client client;
    bool wanted, silent, returned, newest;
    int state;
} classes[] = {
    {NOMAD_RUNNING, true, false, false, true, INSTANCE_SERVING},
    {NOMAD_PENDING, true, false, false, true, INSTANCE_STARTING},
    {NOMAD_RUNNING, false, false, false, true, INSTANCE_STOPPING},
    {NOMAD_PENDING, false, false, false, true, INSTANCE_STOPPING},
    {NOMAD_RUNNING, true, true, false, true, INSTANCE_GHOST},
    {NOMAD_RUNNING, false, true, false, true, INSTANCE_GHOST},
    {NOMAD_LOST, false, true, false, true, INSTANCE_GHOST},
    {NOMAD_LOST, false, false, true, true, INSTANCE_STOPPING},
    {NOMAD_LOST, false, false, false, true, -1},
    {NOMAD_UNKNOWN, true, false, false, true, INSTANCE_GHOST},
    {NOMAD_COMPLETE, false, true, false, true, -1},
    {NOMAD_FAILED, true, false, false, true, INSTANCE_FAILING},
    {NOMAD_FAILED, true, false, false, false, -1},
    {NOMAD_FAILED, false, false, false, true, -1},
};

START_TEST(an_allocation_is_what_is_known_of_it)
{
    const struct nomad_node node = {
        .id = "n1", .state = classes[_i].silent ? NOMAD_NODE_DOWN : NOMAD_NODE_READY};
    static const char *const returned[] = {"n1"};
    const struct nomad_view view = {.nodes = &node,
                                    .node_count = 1,
                                    .returned = returned,
                                    .returned_count = classes[_i].returned};
    const struct nomad_alloc alloc = {
        .node = "n1", .client = classes[_i].client, .wanted = classes[_i].wanted};
    enum instance_state state = INSTANCE_STATE_COUNT;
    bool counts = nomad_classify(&view, &alloc, classes[_i].newest, &state);

    ck_assert_int_eq(counts, classes[_i].state >= 0);
    if (counts)
        ck_assert_int_eq((int)state, classes[_i].state);
}
END_TEST

START_TEST(a_node_on_its_way_back_still_counts)
{
    const struct nomad_node node = {.id = "n1", .state = NOMAD_NODE_INIT};
    const struct nomad_view view = {.nodes = &node, .node_count = 1};
    const struct nomad_alloc lost = {.node = "n1", .client = NOMAD_LOST};
    enum instance_state state;

    ck_assert(nomad_classify(&view, &lost, true, &state));
    ck_assert_int_eq(state, INSTANCE_GHOST);
}
END_TEST

/* The client says what ended before the server calls it ready again. */
START_TEST(what_ended_while_its_node_was_away_counts_until_the_node_is_back)
{
    static const struct nomad_away away = {"n1", 100};
    const struct nomad_node node = {.id = "n1", .state = NOMAD_NODE_INIT};
    struct nomad_view view = {.nodes = &node, .node_count = 1, .away = &away, .away_count = 1};
    struct nomad_alloc alloc = {.node = "n1", .client = NOMAD_COMPLETE, .modify_index = 101};
    enum instance_state state;

    ck_assert(nomad_classify(&view, &alloc, true, &state));
    ck_assert_int_eq(state, INSTANCE_GHOST);
    alloc.modify_index = 99; /* long before */
    ck_assert(!nomad_classify(&view, &alloc, true, &state));
    alloc.modify_index = 101;
    view.away_count = 0;
    ck_assert(!nomad_classify(&view, &alloc, true, &state));
}
END_TEST

START_TEST(a_node_is_away_from_when_it_was_first_seen_down_until_it_is_ready)
{
    static const struct {
        enum nomad_node_state state;
        uint64_t index;
        size_t away, returned;
    } sights[] = {
        {NOMAD_NODE_INIT, 50, 0, 0}, /* new, never down */
        {NOMAD_NODE_READY, 60, 0, 1}, {NOMAD_NODE_DOWN, 70, 0, 0},
        {NOMAD_NODE_DOWN, 80, 0, 0}, /* made ineligible meanwhile */
        {NOMAD_NODE_INIT, 90, 1, 0},  {NOMAD_NODE_READY, 95, 0, 1},
        {NOMAD_NODE_INIT, 99, 0, 0},
    };
    struct returns *returns = nomad_returns_new();

    for (size_t i = 0; i < ARRAY_LEN(sights); i++) {
        struct arena *arena = arena_new(256);
        const struct nomad_node node = {
            .id = "n1", .state = sights[i].state, .modify_index = sights[i].index};
        struct nomad_view view = {.nodes = &node, .node_count = 1, .now_ms = 1000};
        nomad_returns_note(returns, arena, &view);
        ck_assert_uint_eq(view.away_count, sights[i].away);
        ck_assert_uint_eq(view.returned_count, sights[i].returned);
        if (view.away_count)
            ck_assert_uint_eq(view.away[0].index, 70);
        arena_free(arena);
    }
    nomad_returns_free(returns);
}
END_TEST

START_TEST(what_cannot_be_placed_says_which_dimension_is_exhausted)
{
    look = nomad_recorded_look("big");
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_int_eq(service->trouble, TROUBLE_STUCK);
    ck_assert_str_eq(service->reason, "not placed: memory exhausted on 3 nodes");
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

static const struct {
    const char *metric, *said;
} placements[] = {
    {"{\"DimensionExhausted\":{\"memory\":3}}", "memory exhausted on 3 nodes"},
    {"{\"DimensionExhausted\":{\"memory\":1,\"cpu\":2},\"ClassExhausted\":{\"big\":3}}",
     "memory exhausted on 1 node; cpu exhausted on 2 nodes"},
    {"{\"DimensionExhausted\":{\"network: reserved port collision http=8080\":2},"
     "\"ConstraintFiltered\":{\"${attr.kernel.name} = windows\":1}}",
     "network: reserved port collision http=8080 exhausted on 2 nodes; constraint "
     "${attr.kernel.name} = windows filters 1 node"},
    {"{\"QuotaExhausted\":[\"memory exhausted (1024 needed > 512 limit)\"],"
     "\"DimensionExhausted\":{}}",
     "quota reached: memory exhausted (1024 needed > 512 limit)"},
    {"{\"ClassExhausted\":{\"big\":2}}", "class big exhausted on 2 nodes"},
    {"{\"NodesAvailable\":{\"dc1\":0,\"dc2\":3}}", "no node is ready in datacenter dc1"},
    {"{\"NodesAvailable\":{\"dc1\":3}}", "no node is eligible"},
    {"{\"DimensionExhausted\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1}}",
     "a exhausted on 1 node; b exhausted on 1 node; c exhausted on 1 node; d exhausted on 1 node; "
     "and 2 more"},
    {"{\"DimensionExhausted\":7,\"QuotaExhausted\":{},\"ConstraintFiltered\":[]}",
     "no node is eligible"},
};

START_TEST(what_blocks_a_placement_is_said_per_dimension)
{
    struct arena *arena = arena_new(1024);
    char *text = xasprintf("[{\"Status\":\"complete\",\"FailedTGAllocs\":{\"web\":{}}},"
                           "{\"Status\":\"blocked\",\"FailedTGAllocs\":{\"web\":%s}}]",
                           placements[_i].metric);
    json_t *evaluations = json_loads(text, 0, NULL);
    struct nomad_blocked *blocked;
    struct err err = {0};
    size_t count;

    ck_assert_msg(nomad_decode_blocked(evaluations, arena, &blocked, &count, &err), "%s", err.text);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(blocked[0].group, "web");
    ck_assert_str_eq(blocked[0].reason, placements[_i].said);
    json_decref(evaluations);
    free(text);
    arena_free(arena);
}
END_TEST

/* The first of the registrations in a row that want what is wanted now. */
START_TEST(who_registered_it_and_when_is_told_where_it_is_known)
{
    look = nomad_recorded_look("five");
    struct nomad_history *history = &look.history;
    size_t first = 0;

    while (first + 1 < history->count && strcmp(history->jobs[first + 1].groups[0].version,
                                                history->jobs[0].groups[0].version) == 0)
        first++;
    ck_assert_uint_gt(first, 0);
    const struct service *service = nomad_recorded_picture(&look);
    ck_assert_str_eq(service->by, "");
    ck_assert_int_eq(service->since_utc_ms, history->jobs[first].submit_utc_ms);
    ck_assert_int_gt(service->since_utc_ms, 0);
    service_unref(service);
    history->jobs[0].token = "11111111-0000-0000-0000-000000000000";
    history->jobs[first].token = "ee39c4a6-0000-0000-0000-000000000000";
    service = nomad_recorded_picture(&look);
    ck_assert_str_eq(service->by, "token ee39c4a6");
    service_unref(service);
    look.view.self = history->jobs[first].token;
    look.view.self_name = "deploy";
    service = nomad_recorded_picture(&look);
    ck_assert_str_eq(service->by, "deploy");
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(what_does_not_start_says_why)
{
    look = nomad_recorded_look("broken");
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_int_eq(service->trouble, TROUBLE_STUCK);
    ck_assert_ptr_nonnull(strstr(service->reason, "/nosuch/app"));
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

START_TEST(a_batch_job_launches_and_is_not_released)
{
    look = nomad_recorded_look("canary");
    look.history.jobs[0].type = "batch";
    look.history.jobs[0].periodic = true;
    const struct service *service = nomad_recorded_picture(&look);

    ck_assert_str_eq(service->kind, "periodic");
    ck_assert_uint_eq(service->launcher_count, 1);
    ck_assert_str_eq(service->launchers[0].name, "periodic");
    ck_assert_int_eq(service->motion, MOTION_NONE);
    ck_assert_ptr_nonnull(nomad_view_only(&look.history.jobs[0]));
    service_unref(service);
    nomad_recorded_free(&look);
}
END_TEST

SUITE(nomad_picture)
{
    Suite *suite = suite_create("nomad-picture");
    TCase *tc = test_case(suite, "picture", 10);

    tcase_add_test(tc, promoted_canaries_rest_beside_the_old_ones);
    tcase_add_test(tc, what_was_done_to_a_deployment_is_told_by_what_it_did);
    tcase_add_test(tc, the_revision_moves_with_what_people_do_and_not_with_what_nomad_does);
    tcase_add_test(tc, five_of_eight_stand_while_none_is_called_healthy);
    tcase_add_test(tc, one_that_is_called_healthy_lets_the_next_go);
    tcase_add_test(tc, automatic_health_goes_on_by_itself);
    tcase_add_test(tc, a_registration_that_no_scheduler_has_seen_moves);
    tcase_add_test(tc, what_runs_on_a_silent_node_is_a_ghost);
    tcase_add_loop_test(tc, an_allocation_is_what_is_known_of_it, 0, ARRAY_LEN(classes));
    tcase_add_test(tc, a_node_on_its_way_back_still_counts);
    tcase_add_test(tc, what_ended_while_its_node_was_away_counts_until_the_node_is_back);
    tcase_add_test(tc, a_node_is_away_from_when_it_was_first_seen_down_until_it_is_ready);
    tcase_add_test(tc, what_cannot_be_placed_says_which_dimension_is_exhausted);
    tcase_add_test(tc, what_does_not_start_says_why);
    tcase_add_loop_test(tc, what_blocks_a_placement_is_said_per_dimension, 0,
                        ARRAY_LEN(placements));
    tcase_add_test(tc, who_registered_it_and_when_is_told_where_it_is_known);
    tcase_add_test(tc, a_batch_job_launches_and_is_not_released);
    return suite;
}
