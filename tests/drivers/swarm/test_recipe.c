/* test_recipe.c: how many writes, of what size, and what is in them. */
#include "base/json.h"
#include "drivers/swarm/memo.h"
#include "drivers/swarm/recipe.h"
#include "drivers/swarm/recorded.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEB(image, update, more)                                                                   \
    "{\"ID\":\"w\",\"Version\":{\"Index\":7},\"Spec\":{\"Name\":\"web\",\"Labels\":{\"team\":"     \
    "\"shop\"},\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"" image "\",\"DNSConfig\":{}},"    \
    "\"Placement\":{\"Constraints\":[\"a==b\"]}},\"Mode\":{\"Replicated\":{\"Replicas\":8}},"      \
    "\"EndpointSpec\":{\"Mode\":\"vip\"}" update "}" more "}"
#define USER ",\"UpdateConfig\":{\"Parallelism\":3,\"FailureAction\":\"rollback\",\"Monitor\":7}"
#define PARKED                                                                                     \
    ",\"UpdateConfig\":{\"Parallelism\":1,\"Delay\":315360000000000000,\"FailureAction\":"         \
    "\"pause\"}"

static struct recorded world(const char *text)
{
    struct recorded r = recorded_view(NULL, NULL, NULL, "");

    recorded_service(&r, text);
    return r;
}

static struct action step(enum verb verb, const char *to, uint32_t have, uint32_t to_count)
{
    struct action action = {.id = "0123456789abcdef0123456789abcdef",
                            .verb = verb,
                            .have_count = have,
                            .to_count = to_count,
                            .replicas = 8,
                            .last_step = to_count == 8};

    snprintf(action.to, sizeof action.to, "%s", to);
    return action;
}

static bool plan(struct recorded *r, const json_t *memo, struct action *action, json_t **made,
                 struct err *err)
{
    const struct service *service = recorded_picture(r);
    bool ok = swarm_plan(&r->view.services[0], service, memo, action, made, err);

    service_unref(service);
    return ok;
}

START_TEST(sizes_add_up_and_end_with_one)
{
    for (uint32_t at_once = 1; at_once <= 8; at_once++)
        for (uint32_t moves = 1; moves <= 7; moves++) {
            char text[800];
            struct err err = {0};
            uint32_t sum = 0;
            snprintf(text, sizeof text, WEB("app:5", ",\"UpdateConfig\":{\"Parallelism\":%u}", ""),
                     at_once);
            struct recorded r = world(text);
            struct action action = step(VERB_STEP, "5", 0, moves);
            ck_assert_msg(plan(&r, NULL, &action, NULL, &err), "%s", err.text);
            for (uint32_t i = 0; i < action.writes; i++) {
                uint32_t size = swarm_write_size(&action, i);
                ck_assert_uint_ge(size, 1);
                ck_assert_uint_le(size, at_once);
                sum += size;
            }
            ck_assert_uint_eq(sum, moves);
            ck_assert_uint_eq(swarm_write_size(&action, action.writes - 1), 1);
            recorded_free(&r);
        }
}
END_TEST

START_TEST(a_start_keeps_what_undo_and_restore_need)
{
    struct recorded r = world(WEB("host:5/app:4", USER, ""));
    struct action action = step(VERB_START, "5", 0, 1);
    struct err err = {0};
    json_t *memo = NULL;

    ck_assert_msg(plan(&r, NULL, &action, &memo, &err), "%s", err.text);
    ck_assert_uint_eq(action.writes, 1);
    ck_assert_str_eq(action.artifact, "host:5/app:5");
    const json_t *spec = json_object_get(r.view.services[0].raw, "Spec");
    ck_assert(
        json_equal(json_object_get(memo, MEMO_TEMPLATE), json_object_get(spec, "TaskTemplate")));
    ck_assert(
        json_equal(json_object_get(memo, MEMO_UPDATE), json_object_get(spec, "UpdateConfig")));
    ck_assert(json_is_null(json_object_get(memo, MEMO_ROLLBACK)));
    json_decref(memo);
    recorded_free(&r);
}
END_TEST

static json_t *compose(struct recorded *r, const json_t *memo, const struct action *action)
{
    struct err err = {0};
    json_t *spec = swarm_compose(&r->view.services[0], memo, action, &err);

    ck_assert_msg(spec != NULL, "%s", err.text);
    return spec;
}

static json_int_t number(const json_t *spec, const char *object, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(spec, object), key));
}

static const char *text_of(const json_t *spec, const char *object, const char *key)
{
    const char *text = json_raw(json_object_get(json_object_get(spec, object), key));

    return text ? text : "";
}

START_TEST(a_write_changes_single_keys_and_drops_none)
{
    struct recorded r = world(WEB("app:4", USER, ""));
    struct action action = step(VERB_START, "5", 0, 1);
    struct err err = {0};
    json_t *memo = NULL;

    ck_assert(plan(&r, NULL, &action, &memo, &err));
    json_t *spec = compose(&r, memo, &action);
    ck_assert_int_eq(number(spec, "UpdateConfig", "Parallelism"), 1);
    ck_assert_int_eq(number(spec, "UpdateConfig", "Delay"), SWARM_REST_NS);
    ck_assert_int_eq(number(spec, "UpdateConfig", "Monitor"), 7);
    ck_assert_str_eq(text_of(spec, "UpdateConfig", "FailureAction"), "pause");
    ck_assert_int_eq(number(spec, "RollbackConfig", "Parallelism"), 1);
    ck_assert_str_eq(text_of(spec, "RollbackConfig", "FailureAction"), "pause");
    ck_assert_str_eq(text_of(spec, "Labels", SWARM_LABEL_MARKS),
                     "0123456789abcdef0123456789abcdef.0");
    ck_assert_str_eq(text_of(spec, "Labels", "team"), "shop");
    /* Put back what was changed: the rest must be what was read. */
    const json_t *before = json_object_get(r.view.services[0].raw, "Spec");
    json_t *container = json_object_get(json_object_get(spec, "TaskTemplate"), "ContainerSpec");
    ck_assert_str_eq(json_raw(json_object_get(container, "Image")), "app:5");
    json_object_set_new(container, "Image", json_string("app:4"));
    json_object_set(spec, "UpdateConfig", json_object_get(before, "UpdateConfig"));
    json_object_set(spec, "Labels", json_object_get(before, "Labels"));
    json_object_del(spec, "RollbackConfig");
    ck_assert(json_equal(spec, before));
    json_decref(spec);
    json_decref(memo);
    recorded_free(&r);
}
END_TEST

START_TEST(a_version_that_is_no_tag_is_kept_as_a_label)
{
    struct recorded r = world(WEB("app:4", USER, ""));
    struct action action = step(VERB_START, "2026-11", 0, 1);
    struct err err = {0};
    json_t *memo = NULL;
    struct arena *arena = arena_new(128);

    snprintf(action.artifact, sizeof action.artifact, "app@sha256:0123456789abcdef");
    ck_assert_msg(plan(&r, NULL, &action, &memo, &err), "%s", err.text);
    json_t *spec = compose(&r, memo, &action);
    ck_assert_str_eq(swarm_template_version(json_object_get(spec, "TaskTemplate"), arena),
                     "2026-11");
    json_decref(spec);
    json_decref(memo);
    arena_free(arena);
    recorded_free(&r);
}
END_TEST

START_TEST(the_last_step_gives_the_users_configuration_back)
{
    struct recorded r = world(WEB("app:5", PARKED, ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct action action = step(VERB_STEP, "5", 3, 8);
    struct err err = {0};
    json_t *memo = json_pack("{s:s, s:{}, s:{s:i}, s:n}", MEMO_TO, "5", MEMO_TEMPLATE, MEMO_UPDATE,
                             "Parallelism", 3, MEMO_ROLLBACK);

    ck_assert_msg(plan(&r, memo, &action, NULL, &err), "%s", err.text);
    ck_assert_uint_eq(action.writes, 2);
    json_t *last = compose(&r, memo, &action);
    ck_assert_int_eq(number(last, "UpdateConfig", "Parallelism"), 3);
    ck_assert_int_eq(number(last, "UpdateConfig", "Delay"), 0);
    action.write = 1;
    json_t *finish = compose(&r, memo, &action);
    ck_assert(
        json_equal(json_object_get(finish, "UpdateConfig"), json_object_get(memo, MEMO_UPDATE)));
    ck_assert_ptr_null(json_object_get(finish, "RollbackConfig"));
    json_decref(last);
    json_decref(finish);
    json_decref(memo);
    recorded_free(&r);
}
END_TEST

START_TEST(a_rollback_posts_the_saved_template)
{
    struct recorded r = world(WEB("app:5", PARKED, ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct action action = step(VERB_ROLLBACK, "4", 5, 8);
    struct err err = {0};
    json_t *memo = json_pack("{s:s, s:{s:{s:s}}, s:n, s:n}", MEMO_TO, "5", MEMO_TEMPLATE,
                             "ContainerSpec", "Image", "app:4", MEMO_UPDATE, MEMO_ROLLBACK);

    ck_assert_msg(plan(&r, memo, &action, NULL, &err), "%s", err.text);
    ck_assert_uint_eq(action.writes, 2);
    json_t *spec = compose(&r, memo, &action);
    const json_t *template = json_object_get(spec, "TaskTemplate");
    ck_assert_str_eq(text_of(template, "ContainerSpec", "Image"), "app:4");
    ck_assert_str_eq(text_of(spec, "UpdateConfig", "FailureAction"), "continue");
    ck_assert_str_eq(text_of(spec, "UpdateConfig", "Order"), "start-first");
    ck_assert_int_eq(number(spec, "UpdateConfig", "Parallelism"), 0);
    /* A Placement that is simply gone puts 20.10 managers into a crash loop. */
    ck_assert(json_is_object(json_object_get(template, "Placement")));
    json_decref(spec);
    json_decref(memo);
    recorded_free(&r);
}
END_TEST

START_TEST(a_memo_of_an_older_release_is_not_used)
{
    struct recorded r =
        world(WEB("app:6", "",
                  ",\"PreviousSpec\":{\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"app:5\"}}}"
                  ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct action action = step(VERB_ROLLBACK, "5", 0, 8);
    struct err err = {0};
    json_t *old = json_pack("{s:s, s:{s:{s:s}}}", MEMO_TO, "5", MEMO_TEMPLATE, "ContainerSpec",
                            "Image", "app:4");
    json_t *made = NULL;

    ck_assert_msg(plan(&r, old, &action, &made, &err), "%s", err.text);
    ck_assert_ptr_nonnull(made);
    ck_assert_str_eq(text_of(json_object_get(made, MEMO_TEMPLATE), "ContainerSpec", "Image"),
                     "app:5");
    json_decref(old);
    json_decref(made);
    recorded_free(&r);
}
END_TEST

START_TEST(without_any_memo_there_is_no_way_back)
{
    struct recorded r = world(WEB("app:5", PARKED, ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct action action = step(VERB_ROLLBACK, "4", 0, 8);
    struct err err = {0};

    ck_assert(!plan(&r, NULL, &action, NULL, &err));
    ck_assert_int_eq(err.code, ERR_REJECTED);
    recorded_free(&r);
}
END_TEST

START_TEST(only_what_moves_by_itself_needs_a_write_to_pause)
{
    struct err err = {0};
    struct recorded parked =
        world(WEB("app:5", PARKED, ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct recorded running =
        world(WEB("app:5", USER, ",\"UpdateStatus\":{\"State\":\"updating\"}"));
    struct action rest = step(VERB_PAUSE, "5", 3, 3), hold = rest;

    ck_assert(plan(&parked, NULL, &rest, NULL, &err));
    ck_assert_uint_eq(rest.writes, 0);
    ck_assert(plan(&running, NULL, &hold, NULL, &err));
    ck_assert_uint_eq(hold.writes, 1);
    json_t *spec = compose(&running, NULL, &hold);
    ck_assert_int_eq(number(spec, "UpdateConfig", "Parallelism"), 1);
    ck_assert_int_eq(number(spec, "UpdateConfig", "Delay"), SWARM_REST_NS);
    json_decref(spec);
    recorded_free(&parked);
    recorded_free(&running);
}
END_TEST

START_TEST(the_last_marks_stay_as_evidence)
{
    struct recorded r = world(
        "{\"ID\":\"w\",\"Version\":{\"Index\":7},\"Spec\":{\"Name\":\"web\",\"Labels\":{"
        "\"lockstep.step\":\"i.0 h.0  g.0 f.0 e.0 d.0 c.0 b.0 a.0\"},\"TaskTemplate\":{"
        "\"ContainerSpec\":{\"Image\":\"app:5\"}},\"Mode\":{\"Replicated\":{\"Replicas\":8}}}}");
    struct action action = step(VERB_PAUSE, "5", 3, 3);

    ck_assert_uint_eq(r.view.services[0].mark_count, 9);
    json_t *spec = compose(&r, NULL, &action);
    ck_assert_str_eq(text_of(spec, "Labels", SWARM_LABEL_MARKS),
                     "0123456789abcdef0123456789abcdef.0 i.0 h.0 g.0 f.0 e.0 d.0 c.0");
    json_decref(spec);
    recorded_free(&r);
}
END_TEST

START_TEST(lockstep_s_own_writes_do_not_change_the_target)
{
    struct recorded before = world(WEB("app:5", USER, "")), other = world(WEB("app:6", USER, ""));
    struct action action = step(VERB_PAUSE, "5", 3, 3);
    json_t *spec = compose(&before, NULL, &action);
    json_t *service =
        json_pack("{s:s, s:{s:i}, s:o}", "ID", "w", "Version", "Index", 8, "Spec", spec);
    char *text = json_text(service);
    struct recorded after = world(text);

    ck_assert_str_eq(before.view.services[0].target_hash, after.view.services[0].target_hash);
    ck_assert_str_ne(before.view.services[0].spec_hash, after.view.services[0].spec_hash);
    ck_assert_str_ne(before.view.services[0].target_hash, other.view.services[0].target_hash);
    free(text);
    json_decref(service);
    recorded_free(&before);
    recorded_free(&after);
    recorded_free(&other);
}
END_TEST

SUITE(swarm_recipe)
{
    Suite *suite = suite_create("swarm-recipe");
    TCase *pure = test_case(suite, "pure", 5);

    tcase_add_test(pure, sizes_add_up_and_end_with_one);
    tcase_add_test(pure, a_start_keeps_what_undo_and_restore_need);
    tcase_add_test(pure, a_write_changes_single_keys_and_drops_none);
    tcase_add_test(pure, a_version_that_is_no_tag_is_kept_as_a_label);
    tcase_add_test(pure, the_last_step_gives_the_users_configuration_back);
    tcase_add_test(pure, a_rollback_posts_the_saved_template);
    tcase_add_test(pure, a_memo_of_an_older_release_is_not_used);
    tcase_add_test(pure, without_any_memo_there_is_no_way_back);
    tcase_add_test(pure, only_what_moves_by_itself_needs_a_write_to_pause);
    tcase_add_test(pure, the_last_marks_stay_as_evidence);
    tcase_add_test(pure, lockstep_s_own_writes_do_not_change_the_target);
    return suite;
}
