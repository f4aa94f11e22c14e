/* RL: nobody acts on a picture that is no longer true. And the watch over rule 3. */
#include "fleet_by_hand.h"
#include "test.h"

#include <string.h>

static struct hand hand;

static void half_way_to_5(void)
{
    hand_init(&hand, "5");
    hand.service.was = "4";
    hand.service.motion = MOTION_RESTING;
    hand_place(&hand, "w1", "5", 3, INSTANCE_SERVING);
    hand_place(&hand, "w2", "4", 5, INSTANCE_SERVING);
    hand_launcher(&hand, "spec", "5");
    hand_record(&hand, STAGE_WAVE, "4", "5");
}

static struct verdict ask_with(enum verb verb, const char *spec_digest, uint64_t basis)
{
    struct verdict verdict;
    struct guard_ask ask = {
        .verb = verb, .version = "", .to_count = 4, .basis = basis, .spec_digest = spec_digest};

    guard_judge(&hand.in, &ask, hand.arena, &verdict);
    return verdict;
}

START_TEST(what_was_shown_is_what_is_judged)
{
    half_way_to_5();
    struct verdict verdict = ask_with(VERB_STEP, "spec-1", guard_basis(&hand.in));
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    ck_assert_int_eq((int)verdict.findings[RULE_RL].answer, ANSWER_ALLOW);
    hand_release(&hand);
}
END_TEST

START_TEST(another_spec_is_a_conflict)
{
    half_way_to_5();
    hand.service.by = "ann";
    struct verdict verdict = ask_with(VERB_STEP, "spec-0", 0);
    ck_assert_int_eq((int)verdict.answer, ANSWER_REFUSE);
    ck_assert_int_eq((int)verdict.findings[RULE_RL].answer, ANSWER_REFUSE);
    ck_assert_ptr_nonnull(strstr(verdict.findings[RULE_RL].sentence, "by ann"));
    hand_assert_witness(&verdict.findings[RULE_RL], "service shop", "now wants 5");
    hand_release(&hand);
}
END_TEST

START_TEST(a_stale_pause_still_pauses)
{
    half_way_to_5();
    struct verdict verdict = ask_with(VERB_PAUSE, "spec-0", 1);
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    verdict = ask_with(VERB_FENCE, "spec-0", 1);
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    hand_release(&hand);
}
END_TEST

/* Each changes one input; `moves` says whether a verdict may depend on it. */
static void change(int what)
{
    switch (what) {
    case 0:
        hand.service.spec_digest = "spec-2";
        break;
    case 1:
        hand_place(&hand, "w3", "3", 1, INSTANCE_GHOST);
        break;
    case 2:
        hand_node(&hand, "w2", NODE_SILENT, 1000);
        break;
    case 3:
        hand.launchers[0].version = "6";
        break;
    case 4:
        hand.release.target = 5;
        break;
    case 5:
        hand.release.stage = STAGE_STABLE;
        break;
    case 6:
        hand.release.paused = true;
        break;
    case 7: /* instances moved on within the step */
        hand.placements[0].count[INSTANCE_SERVING]++;
        hand.versions[0].count[INSTANCE_SERVING]++;
        break;
    case 8: /* a crash more */
        hand.placements[0].count[INSTANCE_FAILING]++;
        hand.versions[0].count[INSTANCE_FAILING]++;
        break;
    case 9: /* time */
        hand.in.utc_ms += 60000;
        hand.in.now_ms += 60000;
        break;
    default:
        break;
    }
}

START_TEST(the_basis_moves_with_what_a_verdict_rests_on_and_with_nothing_else)
{
    for (int what = 0; what <= 9; what++) {
        half_way_to_5();
        uint64_t shown = guard_basis(&hand.in);
        ck_assert_uint_ne(shown, 0);
        change(what);
        bool moved = guard_basis(&hand.in) != shown;
        ck_assert_msg(moved == (what < 7), "change %d", what);
        struct verdict verdict = ask_with(VERB_ROLLBACK, "", shown);
        ck_assert_int_eq((int)verdict.findings[RULE_RL].answer,
                         (int)(moved ? ANSWER_REFUSE : ANSWER_ALLOW));
        hand_release(&hand);
    }
}
END_TEST

START_TEST(two_changes_do_not_cancel_each_other_in_the_basis)
{
    half_way_to_5();
    hand_launcher(&hand, "a", "4");
    hand_launcher(&hand, "b", "5");
    uint64_t shown = guard_basis(&hand.in);
    hand.launchers[1].version = "5";
    hand.launchers[2].version = "4";
    ck_assert(guard_basis(&hand.in) != shown);
    hand_release(&hand);
}
END_TEST

static const struct finding *watched(void)
{
    struct finding *found = arena_alloc(hand.arena, RULE_COUNT, sizeof *found);

    return guard_watch(&hand.in, hand.arena, found) ? found : NULL;
}

START_TEST(a_release_that_stays_within_its_step_raises_nothing)
{
    half_way_to_5();
    ck_assert_ptr_null(watched());
    hand.in.release = NULL;
    ck_assert_ptr_null(watched());
    hand_release(&hand);
}
END_TEST

START_TEST(a_third_version_is_an_alarm_without_any_key)
{
    half_way_to_5();
    hand_place(&hand, "w3", "3", 1, INSTANCE_SERVING);
    const struct finding *finding = watched();
    ck_assert_ptr_nonnull(finding);
    ck_assert_int_eq((int)finding->rule, RULE_R3);
    ck_assert_int_eq((int)finding->answer, ANSWER_REFUSE);
    hand_assert_witness(finding, "node w3", "runs 3");
    hand_release(&hand);
}
END_TEST

START_TEST(a_node_silent_for_long_while_a_release_moves_is_an_alarm)
{
    half_way_to_5();
    hand_node(&hand, "w2", NODE_SILENT, 30000);
    ck_assert_ptr_null(watched());
    hand_node(&hand, "w2", NODE_SILENT, 600000);
    const struct finding *finding = watched();
    ck_assert_ptr_nonnull(finding);
    hand_assert_witness(finding, "node w2", "silent, last ran 4");
    hand.release.stage = STAGE_STABLE;
    hand.service.motion = MOTION_NONE;
    ck_assert_ptr_null(watched());
    hand_release(&hand);
}
END_TEST

static void stable_on_5(void)
{
    hand_init(&hand, "5");
    hand.service.was = "4";
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_launcher(&hand, "spec", "5");
    hand_record(&hand, STAGE_STABLE, "4", "5");
}

START_TEST(a_node_that_returns_with_the_old_version_is_an_alarm)
{
    stable_on_5();
    hand_place(&hand, "w3", "4", 2, INSTANCE_SERVING);
    const struct finding *finding = watched();
    ck_assert_ptr_nonnull(finding);
    hand_assert_witness(finding, "node w3", "runs 4");
    ck_assert_ptr_nonnull(strstr(finding->sentence, "w3"));
    hand_release(&hand);

    stable_on_5();
    hand_place(&hand, "w3", "4", 2, INSTANCE_STOPPING);
    ck_assert_ptr_null(watched());
    hand_release(&hand);
}
END_TEST

START_TEST(a_launcher_left_behind_is_an_alarm)
{
    stable_on_5();
    hand_launcher(&hand, "asg", "4");
    const struct finding *finding = watched();
    ck_assert_ptr_nonnull(finding);
    hand_assert_witness(finding, "launcher asg", "would start 4");
    hand_release(&hand);
}
END_TEST

START_TEST(after_a_rollback_the_old_version_is_the_expected_one)
{
    hand_init(&hand, "4");
    hand_place(&hand, "w1", "4", 8, INSTANCE_SERVING);
    hand_record(&hand, STAGE_ROLLED_BACK, "4", "5");
    ck_assert_ptr_null(watched());
    hand_place(&hand, "w3", "5", 1, INSTANCE_SERVING);
    hand_assert_witness(watched(), "node w3", "runs 5");
    hand_release(&hand);
}
END_TEST

SUITE(guard_serial)
{
    Suite *suite = suite_create("guard_serial");
    TCase *tcase = test_case(suite, "serial", 10);

    tcase_add_test(tcase, what_was_shown_is_what_is_judged);
    tcase_add_test(tcase, another_spec_is_a_conflict);
    tcase_add_test(tcase, a_stale_pause_still_pauses);
    tcase_add_test(tcase, the_basis_moves_with_what_a_verdict_rests_on_and_with_nothing_else);
    tcase_add_test(tcase, two_changes_do_not_cancel_each_other_in_the_basis);
    tcase_add_test(tcase, a_release_that_stays_within_its_step_raises_nothing);
    tcase_add_test(tcase, a_third_version_is_an_alarm_without_any_key);
    tcase_add_test(tcase, a_node_silent_for_long_while_a_release_moves_is_an_alarm);
    tcase_add_test(tcase, a_node_that_returns_with_the_old_version_is_an_alarm);
    tcase_add_test(tcase, a_launcher_left_behind_is_an_alarm);
    tcase_add_test(tcase, after_a_rollback_the_old_version_is_the_expected_one);
    return suite;
}
