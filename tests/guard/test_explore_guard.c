/* test_explore_guard.c: small fleets, every reachable state, every rule needed. */
#include "test.h"

#include "guard/explore_guard.h"

#include "base/mem.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIZE_MAX_HERE FLEET_SMALL
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIZE_MAX_HERE FLEET_SMALL
#endif
#endif
#ifndef SIZE_MAX_HERE
#define SIZE_MAX_HERE FLEET_MEDIUM
#endif

START_TEST(every_reachable_fleet_keeps_the_promises)
{
    const struct fleet_case *fleet = &fleet_cases[_i];

    if (fleet->missing || fleet->size > SIZE_MAX_HERE)
        return;
    ck_assert_msg(fleet_run_case(fleet, false, stdout), "%s", fleet->name);
}
END_TEST

START_TEST(a_missing_rule_is_noticed)
{
    const struct fleet_case *fleet = &fleet_cases[_i];

    if (fleet->missing)
        ck_assert_msg(fleet_run_case(fleet, false, stdout), "%s", fleet->name);
}
END_TEST

START_TEST(a_state_is_packed_and_unpacked_without_loss)
{
    struct fleet_model *model = fleet_model_new(&fleet_cases[0]);
    struct fleet_state first = fleet_first(model);
    struct picture pictures[FLEET_OPERATORS];

    fleet_decode(model, &first, pictures);
    struct fleet_state again = fleet_encode(model, &model->at, pictures);
    ck_assert_int_eq(memcmp(&first, &again, sizeof first), 0);
    ck_assert_ptr_null(truth_of_state(&model->facts, &model->at));
    ck_assert(truth_is_stable(&model->facts, &model->at));
    fleet_model_free(model);
}
END_TEST

static const struct fleet_case *case_with(unsigned faults)
{
    for (size_t i = 0; i < fleet_case_count; i++)
        if (fleet_cases[i].faults & faults)
            return &fleet_cases[i];
    return NULL;
}

/* The shortest way past a missing R4 is a release; the launcher's is looked at by hand. */
START_TEST(a_launcher_at_what_was_never_rehearsed_is_noticed)
{
    struct fleet_model *model = fleet_model_new(case_with(FAULT_LAUNCHERS));
    struct picture pictures[FLEET_OPERATORS];
    struct fleet_state first = fleet_first(model);
    struct deed deed = {.kind = DEED_LAUNCHER, .version = 1};

    fleet_decode(model, &first, pictures);
    world_copy(&model->next, &model->at);
    deed.launcher = model->facts.launcher[0];
    deed_apply(&model->next, &deed);
    const char *wrong = truth_of_step(&model->facts, &model->at, &model->next, &deed);
    ck_assert(wrong && strcmp(wrong, "a launcher at what was never rehearsed") == 0);
    struct fleet_state moved = fleet_encode(model, &model->next, pictures);
    ck_assert_int_ne(memcmp(&first, &moved, sizeof first), 0);
    fleet_decode(model, &moved, pictures);
    ck_assert_uint_eq(model->at.launchers[deed.launcher], 1);
    fleet_model_free(model);
}
END_TEST

SUITE(explore_guard)
{
    Suite *suite = suite_create("explore_guard");
    TCase *tcase = test_case(suite, "guard", 120);

    tcase_add_loop_test(tcase, every_reachable_fleet_keeps_the_promises, 0, (int)fleet_case_count);
    tcase_add_loop_test(tcase, a_missing_rule_is_noticed, 0, (int)fleet_case_count);
    tcase_add_test(tcase, a_state_is_packed_and_unpacked_without_loss);
    tcase_add_test(tcase, a_launcher_at_what_was_never_rehearsed_is_noticed);
    return suite;
}
