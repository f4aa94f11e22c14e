/* Rule 3 on one observed service: what may run counts, wherever it is. */
#include "fleet_by_hand.h"
#include "test.h"

#include <string.h>

static struct hand hand;

static void steady_on_4(void)
{
    hand_init(&hand, "4");
    hand_place(&hand, "w1", "4", 4, INSTANCE_SERVING);
    hand_place(&hand, "w2", "4", 4, INSTANCE_SERVING);
    hand_launcher(&hand, "spec", "4");
}

/* 4 -> 5 with 3 of 8 done. */
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

static void finish(void)
{
    hand_release(&hand);
}

static const struct finding *refused_r3(enum verb verb, const char *version, enum answer answer)
{
    const struct verdict *verdict = hand_judge(&hand, verb, version);

    ck_assert_int_eq((int)verdict->answer, (int)answer);
    ck_assert_ptr_eq(verdict->first, &verdict->findings[RULE_R3]);
    ck_assert_str_ne(verdict->first->sentence, "");
    ck_assert_str_ne(verdict->first->way_out, "");
    return verdict->first;
}

static void allowed(enum verb verb, const char *version)
{
    const struct verdict *verdict = hand_judge(&hand, verb, version);

    ck_assert_msg(verdict->answer == ANSWER_ALLOW, "refused: %s",
                  verdict->first ? verdict->first->sentence : "?");
    ck_assert_ptr_null(verdict->first);
}

START_TEST(one_version_everywhere_may_start_the_next)
{
    steady_on_4();
    allowed(VERB_START, "5");
    allowed(VERB_START, "4");
    finish();
}
END_TEST

START_TEST(a_service_that_runs_nothing_may_start_anything)
{
    hand_init(&hand, "4");
    allowed(VERB_START, "7");
    finish();
}
END_TEST

START_TEST(a_release_half_way_steps_pauses_and_goes_back)
{
    half_way_to_5();
    allowed(VERB_STEP, "");
    allowed(VERB_STEP, "5");
    allowed(VERB_RESUME, "");
    allowed(VERB_PAUSE, "");
    allowed(VERB_ROLLBACK, "");
    allowed(VERB_ROLLBACK, "4");
    allowed(VERB_START, "5");
    finish();
}
END_TEST

START_TEST(a_second_release_waits_for_the_first)
{
    half_way_to_5();
    const struct finding *finding = refused_r3(VERB_START, "6", ANSWER_REFUSE);
    ck_assert_str_eq(finding->way_out, "finish or roll back 4 -> 5 first");
    hand_assert_witness(finding, "node w1", "runs 5");
    finish();
}
END_TEST

START_TEST(past_an_open_step_the_nodes_that_it_came_from_are_named)
{
    half_way_to_5();
    const struct finding *finding = refused_r3(VERB_STEP, "6", ANSWER_REFUSE);
    ck_assert_str_eq(finding->sentence, "3 versions of shop could run at once: 4, 5, 6");
    ck_assert_str_eq(finding->way_out, "finish or roll back 4 -> 5 first");
    ck_assert_uint_eq(finding->witness_count, 1);
    hand_assert_witness(finding, "node w2", "runs 4");
    finish();
}
END_TEST

START_TEST(rolling_back_to_a_third_version_refuses)
{
    half_way_to_5();
    refused_r3(VERB_ROLLBACK, "3", ANSWER_REFUSE);
    finish();
}
END_TEST

/* Two at once are no more than a step has: but these are not its two. */
START_TEST(going_back_beside_what_is_outside_of_the_step_refuses_by_name)
{
    hand_init(&hand, "6");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_place(&hand, "w3", "4", 1, INSTANCE_GHOST);
    hand_node(&hand, "w3", NODE_SILENT, 241000);
    hand_record(&hand, STAGE_CANARY, "5", "6");
    const struct finding *finding = refused_r3(VERB_ROLLBACK, "5", ANSWER_REFUSE);
    ck_assert_str_eq(finding->sentence, "4, 5 could run at once, outside of the step 5 -> 6");
    hand_assert_witness(finding, "node w3", "last ran 4");
    finish();
}
END_TEST

START_TEST(a_silent_node_counts_with_what_it_ran_last)
{
    hand_init(&hand, "5");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_place(&hand, "w3", "4", 2, INSTANCE_GHOST);
    hand_node(&hand, "w3", NODE_SILENT, 241000);
    hand_record(&hand, STAGE_STABLE, "4", "5");
    const struct finding *finding = refused_r3(VERB_START, "6", ANSWER_REFUSE);
    hand_assert_witness(finding, "node w3", "silent for 4m01s, last ran 4");
    ck_assert_int_eq(finding->witnesses[0].age_ms, 241000);
    ck_assert_ptr_nonnull(strstr(finding->way_out, "fence w3"));
    ck_assert_ptr_nonnull(strstr(finding->sentence, "3 versions of shop"));
    finish();
}
END_TEST

START_TEST(a_ghost_counts_although_its_node_is_not_known)
{
    hand_init(&hand, "5");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_place(&hand, "gone", "4", 1, INSTANCE_GHOST);
    hand.snapshot.node_count--;
    const struct finding *finding = refused_r3(VERB_START, "6", ANSWER_REFUSE);
    hand_assert_witness(finding, "node gone", "silent");
    finish();
}
END_TEST

START_TEST(a_fenced_node_leaves_the_count)
{
    hand_init(&hand, "5");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_place(&hand, "w3", "4", 2, INSTANCE_GHOST);
    hand_node(&hand, "w3", NODE_FENCED, 1000);
    allowed(VERB_START, "6");
    finish();
}
END_TEST

START_TEST(a_retired_node_is_a_claim_and_counts)
{
    hand_init(&hand, "5");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_place(&hand, "w3", "4", 2, INSTANCE_GHOST);
    hand_node(&hand, "w3", NODE_RETIRED, 3600000);
    hand_assert_witness(refused_r3(VERB_START, "6", ANSWER_REFUSE), "node w3",
                        "retired for 1h00m but not fenced");
    finish();
}
END_TEST

START_TEST(a_launcher_is_a_virtual_node)
{
    hand_init(&hand, "5");
    hand_place(&hand, "w1", "5", 8, INSTANCE_SERVING);
    hand_launcher(&hand, "asg", "4");
    hand_assert_witness(refused_r3(VERB_START, "6", ANSWER_REFUSE), "launcher asg",
                        "would start 4");
    finish();
}
END_TEST

START_TEST(the_spec_of_the_release_itself_is_no_third_version)
{
    steady_on_4();
    hand.service.wants = "5";
    hand.launchers[0].version = "5";
    hand.service.motion = MOTION_RESTING;
    hand.service.was = "4";
    hand_record(&hand, STAGE_HELD, "4", "5");
    allowed(VERB_STEP, "");
    allowed(VERB_START, "5");
    finish();
}
END_TEST

START_TEST(an_unknown_version_refuses_as_unknown)
{
    half_way_to_5();
    hand_place(&hand, "w4", "?", 1, INSTANCE_SERVING);
    hand_assert_witness(refused_r3(VERB_STEP, "", ANSWER_UNKNOWN), "node w4", "runs ?");
    hand_assert_witness(refused_r3(VERB_ROLLBACK, "", ANSWER_UNKNOWN), "node w4", "runs ?");
    allowed(VERB_PAUSE, "");
    finish();
}
END_TEST

START_TEST(an_unknown_version_alone_refuses_too)
{
    hand_init(&hand, "?");
    hand_place(&hand, "w1", "?", 1, INSTANCE_SERVING);
    refused_r3(VERB_START, "5", ANSWER_UNKNOWN);
    finish();
}
END_TEST

START_TEST(every_instance_state_counts)
{
    for (int state = 0; state < INSTANCE_STATE_COUNT; state++) {
        half_way_to_5();
        hand_place(&hand, "w4", "3", 1, (enum instance_state)state);
        refused_r3(VERB_STEP, "", ANSWER_REFUSE);
        finish();
    }
}
END_TEST

START_TEST(instances_without_a_placement_count)
{
    half_way_to_5();
    hand_place(&hand, "w4", "3", 0, INSTANCE_SERVING);
    hand.versions[2].count[INSTANCE_STARTING] = 2;
    hand_assert_witness(refused_r3(VERB_STEP, "", ANSWER_REFUSE), "service shop", "2 of 3");
    finish();
}
END_TEST

START_TEST(a_rollout_begun_elsewhere_goes_between_its_own_two_versions)
{
    half_way_to_5();
    hand.in.release = NULL;
    allowed(VERB_STEP, "");
    allowed(VERB_ROLLBACK, "");
    refused_r3(VERB_START, "6", ANSWER_REFUSE);
    hand.service.was = "";
    allowed(VERB_STEP, "");
    allowed(VERB_ROLLBACK, "");
    finish();
}
END_TEST

START_TEST(a_finished_record_does_not_speak_for_a_later_rollout)
{
    hand_init(&hand, "7");
    hand.service.was = "6";
    hand.service.motion = MOTION_MOVING;
    hand_place(&hand, "w1", "6", 4, INSTANCE_SERVING);
    hand_place(&hand, "w2", "7", 4, INSTANCE_SERVING);
    hand_record(&hand, STAGE_STABLE, "4", "5");
    allowed(VERB_STEP, "");
    finish();
}
END_TEST

START_TEST(nobody_knows_where_to_go_back_to)
{
    steady_on_4();
    refused_r3(VERB_ROLLBACK, "", ANSWER_UNKNOWN);
    finish();
}
END_TEST

START_TEST(a_cluster_that_has_not_settled_is_not_stepped)
{
    half_way_to_5();
    hand_node(&hand, "w2", NODE_UNSETTLED, 1000);
    hand_assert_witness(refused_r3(VERB_STEP, "", ANSWER_UNKNOWN), "node w2", "not settled");
    allowed(VERB_ROLLBACK, "");
    finish();
}
END_TEST

START_TEST(only_built_rules_are_evaluated)
{
    steady_on_4();
    const struct verdict *verdict = hand_judge(&hand, VERB_START, "5");
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        ck_assert_uint_eq(verdict->findings[r].rule, r);
        ck_assert_int_eq((int)verdict->findings[r].answer,
                         (int)(r == RULE_R3 ? ANSWER_ALLOW : ANSWER_NOT_EVALUATED));
    }
    finish();
}
END_TEST

START_TEST(live_is_sorted_unique_and_counts_launchers)
{
    half_way_to_5();
    hand_place(&hand, "w5", "", 1, INSTANCE_SERVING);
    hand_launcher(&hand, "asg", "3");
    const char *const *versions;
    size_t count = guard_live(&hand.in, hand.arena, &versions);
    static const char *const want[] = {"3", "4", "5", "?"};
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(versions[i], want[i]);
    finish();
}
END_TEST

SUITE(guard_step)
{
    Suite *suite = suite_create("guard_step");
    TCase *tcase = test_case(suite, "step", 10);

    tcase_add_test(tcase, one_version_everywhere_may_start_the_next);
    tcase_add_test(tcase, a_service_that_runs_nothing_may_start_anything);
    tcase_add_test(tcase, a_release_half_way_steps_pauses_and_goes_back);
    tcase_add_test(tcase, a_second_release_waits_for_the_first);
    tcase_add_test(tcase, past_an_open_step_the_nodes_that_it_came_from_are_named);
    tcase_add_test(tcase, rolling_back_to_a_third_version_refuses);
    tcase_add_test(tcase, going_back_beside_what_is_outside_of_the_step_refuses_by_name);
    tcase_add_test(tcase, a_silent_node_counts_with_what_it_ran_last);
    tcase_add_test(tcase, a_ghost_counts_although_its_node_is_not_known);
    tcase_add_test(tcase, a_fenced_node_leaves_the_count);
    tcase_add_test(tcase, a_retired_node_is_a_claim_and_counts);
    tcase_add_test(tcase, a_launcher_is_a_virtual_node);
    tcase_add_test(tcase, the_spec_of_the_release_itself_is_no_third_version);
    tcase_add_test(tcase, an_unknown_version_refuses_as_unknown);
    tcase_add_test(tcase, an_unknown_version_alone_refuses_too);
    tcase_add_test(tcase, every_instance_state_counts);
    tcase_add_test(tcase, instances_without_a_placement_count);
    tcase_add_test(tcase, a_rollout_begun_elsewhere_goes_between_its_own_two_versions);
    tcase_add_test(tcase, a_finished_record_does_not_speak_for_a_later_rollout);
    tcase_add_test(tcase, nobody_knows_where_to_go_back_to);
    tcase_add_test(tcase, a_cluster_that_has_not_settled_is_not_stepped);
    tcase_add_test(tcase, only_built_rules_are_evaluated);
    tcase_add_test(tcase, live_is_sorted_unique_and_counts_launchers);
    return suite;
}
