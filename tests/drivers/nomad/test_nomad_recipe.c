/* test_nomad_recipe.c: what is sent for each write, from jobs of a real Nomad 1.6. */
#include "drivers/nomad/memo.h"
#include "drivers/nomad/nomad_recorded.h"
#include "drivers/nomad/recipe.h"
#include "test.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123456789abcdef"

struct bench {
    struct nomad_recorded look;
    struct nomad_sight sight;
    const struct nomad_group *group;
    const struct service *service;
    json_t *memo;
};

static struct bench b;

/* The job as it was before the release: the oldest version of the recording. */
static void open_before(const char *name)
{
    b.look = nomad_recorded_look(name);
    b.sight = b.look.sight;
    while (strcmp(b.look.history.jobs[0].groups[0].version, "4") != 0) {
        b.look.history.jobs++;
        b.look.history.count--;
    }
    for (size_t i = 0; i < b.sight.alloc_count; i++)
        ((struct nomad_alloc *)(uintptr_t)b.sight.allocs)[i].job_version =
            b.look.history.jobs[0].number;
    b.sight.deployment = NULL;
    b.sight.history = &b.look.history;
    b.group = &b.look.history.jobs[0].groups[0];
    b.service = nomad_picture(&b.look.view, &b.sight, b.group, true);
}

static void open_at(const char *name)
{
    b.look = nomad_recorded_look(name);
    b.sight = b.look.sight;
    b.sight.history = &b.look.history;
    b.group = &b.look.history.jobs[0].groups[0];
    b.service = nomad_picture(&b.look.view, &b.sight, b.group, true);
}

/* What a start from the version before would have kept. */
static json_t *memo_of_users(void)
{
    for (size_t i = 0; i < b.look.history.count; i++) {
        struct nomad_history before = {&b.look.history.jobs[i], b.look.history.count - i};
        struct nomad_sight sight = {.history = &before};
        const struct nomad_group *group = &before.jobs[0].groups[0];
        if (strcmp(group->version, "4") != 0)
            continue;
        const struct nomad_standing standing = nomad_stand(&sight, group);
        return nomad_memo_from_current(&standing, "5");
    }
    return NULL;
}

static void close_bench(void)
{
    service_unref(b.service);
    json_decref(b.memo);
    nomad_recorded_free(&b.look);
    memset(&b, 0, sizeof b);
}

static struct action draft(enum verb verb, uint32_t have, uint32_t to_count)
{
    struct action action = {.id = ID,
                            .verb = verb,
                            .have_count = have,
                            .to_count = to_count,
                            .replicas = 8,
                            .last_step = to_count == 8};

    snprintf(action.to, sizeof action.to, "%s", verb == VERB_ROLLBACK ? "4" : "5");
    return action;
}

static struct action plan(enum verb verb, uint32_t have, uint32_t to_count)
{
    struct action action = draft(verb, have, to_count);
    json_t *made = NULL;
    struct err err = {0};

    ck_assert_msg(nomad_plan(&b.sight, b.group, b.service, b.memo, &action, &made, &err), "%s",
                  err.text);
    if (made) {
        json_decref(b.memo);
        b.memo = made;
    }
    return action;
}

static struct nomad_request compose(const struct action *action)
{
    struct nomad_request request;
    struct err err = {0};

    ck_assert_msg(nomad_compose(&b.sight, b.group, b.service, b.memo, action, &request, &err), "%s",
                  err.text);
    return request;
}

static json_t *group_of(const struct nomad_request *request)
{
    return json_array_get(json_object_get(json_object_get(request->body, "Job"), "TaskGroups"), 0);
}

static json_int_t update_of(const struct nomad_request *request, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(group_of(request), "Update"), key));
}

START_TEST(a_start_registers_canaries_that_nobody_promotes)
{
    open_before("canary");
    struct action action = plan(VERB_START, 0, 2);
    struct nomad_request request = compose(&action);
    json_t *task = json_array_get(json_object_get(group_of(&request), "Tasks"), 0);
    struct nomad_mark mark;

    ck_assert_uint_eq(action.writes, 4);
    ck_assert_str_eq(action.artifact, "/opt/app/app-5");
    ck_assert_int_eq(update_of(&request, "Canary"), 2);
    ck_assert_int_eq(update_of(&request, "MaxParallel"), 1);
    ck_assert_int_eq(update_of(&request, "ProgressDeadline"), 0);
    json_t *update = json_object_get(group_of(&request), "Update");
    ck_assert(json_is_false(json_object_get(update, "AutoPromote")));
    ck_assert(json_is_false(json_object_get(update, "AutoRevert")));
    ck_assert_str_eq(json_raw(json_object_get(update, "HealthCheck")), "manual");
    ck_assert(nomad_mark_read(update, &mark) && strcmp(mark.id, ID) == 0 && mark.write == 0);
    ck_assert_str_eq(json_raw(json_object_get(json_object_get(task, "Config"), "command")),
                     "/opt/app/app-5");
    ck_assert_str_eq(json_raw(json_object_get(json_object_get(task, "Meta"), "lockstep.version")),
                     "5");
    ck_assert(json_is_true(json_object_get(request.body, "EnforceIndex")));
    ck_assert_int_eq(json_integer_value(json_object_get(request.body, "JobModifyIndex")),
                     (json_int_t)b.look.history.jobs[0].modify_index);
    json_decref(request.body);
    close_bench();
}
END_TEST

/* Nothing but the update block may differ: anything else replaces every allocation. */
START_TEST(a_step_changes_nothing_but_the_update_block)
{
    open_at("canary");
    b.memo = memo_of_users();
    struct action action = plan(VERB_STEP, 1, 4);
    struct nomad_request request = compose(&action);

    ck_assert_uint_eq(action.writes, 1);
    ck_assert_int_eq(update_of(&request, "Canary"), 0);
    ck_assert_int_eq(update_of(&request, "MaxParallel"), 3);
    json_t *before = json_deep_copy(b.look.history.jobs[0].raw);
    json_t *after = json_object_get(request.body, "Job");
    json_object_del(json_array_get(json_object_get(before, "TaskGroups"), 0), "Update");
    json_object_del(json_array_get(json_object_get(after, "TaskGroups"), 0), "Update");
    ck_assert(json_equal(before, after));
    json_decref(before);
    json_decref(request.body);
    close_bench();
}
END_TEST

START_TEST(a_step_never_replaces_more_at_once_than_the_user_lets_nomad)
{
    open_at("canary");
    b.memo = memo_of_users();
    json_object_set_new(json_object_get(b.memo, MEMO_UPDATE), "MaxParallel", json_integer(2));
    struct action action = plan(VERB_STEP, 1, 6);
    struct nomad_request request = compose(&action);

    ck_assert_uint_eq(action.writes, 3);
    ck_assert_int_eq(update_of(&request, "MaxParallel"), 2);
    json_decref(request.body);
    close_bench();
}
END_TEST

START_TEST(the_last_step_ends_with_the_users_own_block)
{
    open_at("five");
    b.memo = memo_of_users();
    struct action action = plan(VERB_STEP, 5, 8);
    struct nomad_request request;

    ck_assert_uint_eq(action.writes, 2);
    ck_assert_uint_eq(action.holds_from, 1);
    action.write = 1;
    request = compose(&action);
    ck_assert(json_equal(json_object_get(group_of(&request), "Update"),
                         json_object_get(b.memo, MEMO_UPDATE)));
    json_decref(request.body);
    close_bench();
}
END_TEST

START_TEST(a_rollback_is_one_registration_of_the_job_before)
{
    open_at("five");
    b.memo = memo_of_users();
    struct action action = plan(VERB_ROLLBACK, 0, 8);
    struct nomad_request request = compose(&action);
    json_t *task = json_array_get(json_object_get(group_of(&request), "Tasks"), 0);

    ck_assert_uint_eq(action.writes, 2);
    ck_assert_int_eq(update_of(&request, "Canary"), 0);
    ck_assert_int_eq(update_of(&request, "MaxParallel"), 8);
    ck_assert_str_eq(json_raw(json_object_get(json_object_get(task, "Config"), "command")),
                     "/opt/app/app-4");
    json_decref(request.body);
    close_bench();
}
END_TEST

/* Somebody scaled it since: going back is no reason to lose that. */
START_TEST(a_rollback_keeps_the_count_of_now)
{
    open_at("five");
    b.memo = memo_of_users();
    json_object_set_new((json_t *)(uintptr_t)nomad_memo_group(b.memo, "web"), "Count",
                        json_integer(3));
    struct action action = plan(VERB_ROLLBACK, 0, 8);
    struct nomad_request request = compose(&action);

    ck_assert_int_eq(json_integer_value(json_object_get(group_of(&request), "Count")), 8);
    json_decref(request.body);
    close_bench();
}
END_TEST

START_TEST(canaries_are_called_healthy_paused_and_promoted_in_this_order)
{
    static const enum nomad_deed deeds[] = {NOMAD_DEED_HEALTH, NOMAD_DEED_PAUSE,
                                            NOMAD_DEED_PROMOTE};
    struct nomad_deployment deployment;
    struct nomad_deployed deployed;

    for (unsigned done = 0; done < 3; done++) {
        open_at("canary");
        b.memo = memo_of_users();
        deployment = *b.sight.deployment;
        deployed = deployment.groups[0];
        deployment.groups = &deployed;
        deployment.state = done > 1 ? NOMAD_DEPLOY_PAUSED : NOMAD_DEPLOY_RUNNING;
        deployed.healthy = done > 0 ? deployed.canaries : 0;
        deployed.promoted = false;
        b.sight.deployment = &deployment;
        struct action action = draft(VERB_START, 0, 1);
        action.writes = 4;
        action.write = done + 1;
        struct nomad_request request = compose(&action);
        ck_assert_int_eq(request.deed, deeds[done]);
        ck_assert_str_eq(request.deployment, deployment.id);
        json_decref(request.body);
        close_bench();
    }
}
END_TEST

static void refused(enum verb verb, uint32_t to_count, const char *to, enum err_code code,
                    const char *says)
{
    struct action action = draft(verb, 0, to_count);
    struct err err = {0};
    json_t *made = NULL;

    snprintf(action.to, sizeof action.to, "%s", to);
    ck_assert(!nomad_plan(&b.sight, b.group, b.service, b.memo, &action, &made, &err));
    ck_assert_ptr_null(made);
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, says), "%s", err.text);
}

START_TEST(what_cannot_be_done_from_here_says_why)
{
    open_at("canary");
    refused(VERB_START, 1, "6", ERR_REJECTED, "an update to 5 is in flight");
    refused(VERB_STEP, 9, "5", ERR_REJECTED, "has 8 instances");
    refused(VERB_STEP, 3, "6", ERR_REJECTED, "moves to 5, not to 6");
    refused(VERB_ROLLBACK, 8, "3", ERR_REJECTED, "can go back to 4, not to 3");
    b.look.history.jobs[0].type = "system";
    refused(VERB_STEP, 3, "5", ERR_UNSUPPORTED, "can only be looked at");
    close_bench();
    open_before("canary");
    refused(VERB_START, 1, "4", ERR_REJECTED, "already asks for 4");
    close_bench();
}
END_TEST

START_TEST(a_group_whose_neighbour_moves_is_not_moved)
{
    open_at("canary");
    struct nomad_group groups[2] = {*b.group, *b.group};
    struct nomad_job *job = &b.look.history.jobs[0];

    groups[0].name = "api";
    job->groups = groups;
    job->group_count = 2;
    b.group = &groups[0];
    refused(VERB_STEP, 3, "5", ERR_REJECTED, "group web of the same job is in flight");
    close_bench();
}
END_TEST

START_TEST(a_resting_release_needs_no_pause_and_a_running_one_does)
{
    open_at("five");
    ck_assert_uint_eq(plan(VERB_PAUSE, 5, 5).writes, 0);
    b.look.history.jobs[0].groups[0].update.manual = false;
    ck_assert_uint_eq(plan(VERB_PAUSE, 5, 5).writes, 1);
    close_bench();
}
END_TEST

START_TEST(a_release_of_somebody_else_goes_back_to_the_version_before)
{
    open_at("five");
    struct action action = plan(VERB_ROLLBACK, 0, 8);

    ck_assert_str_eq(action.to, "4");
    ck_assert_ptr_nonnull(b.memo);
    close_bench();
}
END_TEST

SUITE(nomad_recipe)
{
    Suite *suite = suite_create("nomad-recipe");
    TCase *tc = test_case(suite, "recipe", 10);

    tcase_add_test(tc, a_start_registers_canaries_that_nobody_promotes);
    tcase_add_test(tc, a_step_changes_nothing_but_the_update_block);
    tcase_add_test(tc, a_step_never_replaces_more_at_once_than_the_user_lets_nomad);
    tcase_add_test(tc, the_last_step_ends_with_the_users_own_block);
    tcase_add_test(tc, a_rollback_is_one_registration_of_the_job_before);
    tcase_add_test(tc, a_rollback_keeps_the_count_of_now);
    tcase_add_test(tc, canaries_are_called_healthy_paused_and_promoted_in_this_order);
    tcase_add_test(tc, what_cannot_be_done_from_here_says_why);
    tcase_add_test(tc, a_group_whose_neighbour_moves_is_not_moved);
    tcase_add_test(tc, a_resting_release_needs_no_pause_and_a_running_one_does);
    tcase_add_test(tc, a_release_of_somebody_else_goes_back_to_the_version_before);
    return suite;
}
