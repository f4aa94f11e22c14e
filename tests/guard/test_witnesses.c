/* What a refusal points at: each cause once, with its count and, where there is one, its age. */
#include "guard/fleet_by_hand.h"
#include "guard/judge.h"
#include "guard/observed.h"
#include "test.h"

#include <string.h>

static struct hand hand;
static struct rehearsed rehearsed;

static struct verdict judge(enum verb verb, const char *version, uint32_t to_count,
                            const char *digest, uint64_t basis)
{
    const struct guard_ask ask = {.verb = verb,
                                  .version = version,
                                  .to_count = to_count,
                                  .spec_digest = digest,
                                  .basis = basis};
    struct verdict verdict;

    guard_judge(&hand.in, &ask, hand.arena, &verdict);
    return verdict;
}

static size_t count_of(const struct finding *finding, const char *object, const char *fact)
{
    size_t count = 0;

    for (size_t i = 0; i < finding->witness_count; i++)
        count += strcmp(finding->witnesses[i].object, object) == 0 &&
                 strcmp(finding->witnesses[i].fact, fact) == 0;
    return count;
}

/* Only of a node it is known since when it is as it is. */
static void expect_no_ages(const struct finding *finding)
{
    ck_assert_uint_gt(finding->witness_count, 0);
    for (size_t i = 0; i < finding->witness_count; i++)
        if (strncmp(finding->witnesses[i].object, "node ", 5) != 0)
            ck_assert_msg(finding->witnesses[i].age_ms == -1, "%s: %s",
                          finding->witnesses[i].object, finding->witnesses[i].fact);
}

static void three_versions(void)
{
    hand_init(&hand, "2");
    hand.service.was = "1";
    hand_place(&hand, "n1", "1", 1, INSTANCE_SERVING);
    hand_place(&hand, "n2", "2", 1, INSTANCE_SERVING);
    hand_place(&hand, "n3", "0", 1, INSTANCE_SERVING);
    hand_place(&hand, "n4", "0", 0, INSTANCE_SERVING); /* nothing is left there */
    hand.versions[2].count[INSTANCE_SERVING] += 2;     /* and two are nowhere */
    hand_launcher(&hand, "asg", "0");
}

START_TEST(every_cause_is_named_once_with_its_count)
{
    three_versions();
    struct verdict verdict = judge(VERB_START, "2", 1, "", 0);
    const struct finding *r3 = &verdict.findings[RULE_R3];
    ck_assert_uint_eq(count_of(r3, "node n3", "runs 0 (1 instance)"), 1);
    ck_assert_uint_eq(count_of(r3, "service shop", "2 of 0, on a node that is not known"), 1);
    ck_assert_uint_eq(count_of(r3, "launcher asg", "would start 0"), 1);
    for (size_t i = 0; i < r3->witness_count; i++)
        ck_assert_str_ne(r3->witnesses[i].object, "node n4");
    expect_no_ages(r3);
    hand_release(&hand);
}
END_TEST

START_TEST(two_strays_are_each_named_once)
{
    hand_init(&hand, "2");
    hand.service.was = "2";
    hand_place(&hand, "n1", "0", 1, INSTANCE_SERVING);
    hand_place(&hand, "n2", "1", 1, INSTANCE_SERVING);
    hand_place(&hand, "n3", "2", 1, INSTANCE_SERVING);
    struct verdict verdict = judge(VERB_START, "3", 1, "", 0);
    const struct finding *r3 = &verdict.findings[RULE_R3];
    ck_assert_uint_eq(count_of(r3, "node n1", "runs 0 (1 instance)"), 1);
    ck_assert_uint_eq(count_of(r3, "node n2", "runs 1 (1 instance)"), 1);
    hand_release(&hand);
}
END_TEST

START_TEST(what_changed_since_the_screen_was_drawn_is_told_in_full)
{
    three_versions();
    hand_record(&hand, STAGE_WAVE, "1", "2");
    memcpy(hand.release.by, "a", 2);
    hand.service.by = "b";
    struct verdict verdict = judge(VERB_STEP, "2", 1, "other", 77);
    const struct finding *rl = &verdict.findings[RULE_RL];
    ck_assert_int_eq((int)rl->answer, ANSWER_REFUSE);
    ck_assert(strstr(rl->sentence, "shop") != NULL);
    ck_assert_uint_eq(count_of(rl, "service shop", "may now run 0, 1, 2"), 1);
    ck_assert_uint_eq(rl->witness_count, 3);
    expect_no_ages(rl);
    hand.service.spec_digest = "other";
    verdict = judge(VERB_STEP, "2", 1, "other", 77);
    ck_assert(strstr(verdict.findings[RULE_RL].sentence, "; a acted last") != NULL);
    hand.service.spec_digest = "spec-1";
    hand.service.version_count = hand.service.launcher_count = hand.service.placement_count = 0;
    verdict = judge(VERB_STEP, "2", 1, "", 77);
    hand_assert_witness(&verdict.findings[RULE_RL], "service shop", "may now run nothing");
    hand_release(&hand);
}
END_TEST

static void canary_of(const char *launcher, uint32_t replicas)
{
    hand_init(&hand, "2");
    hand.service.was = "1";
    hand.service.replicas = replicas;
    hand_place(&hand, "n1", "1", replicas - 1, INSTANCE_SERVING);
    hand_place(&hand, "n2", "2", 1, INSTANCE_SERVING);
    if (launcher)
        hand_launcher(&hand, launcher, "2");
    rehearsed = (struct rehearsed){.staged = true,
                                   .has = PROOF_NONE,
                                   .wants = PROOF_CERTIFIED,
                                   .version = "2",
                                   .voided = "",
                                   .waits = "",
                                   .canary = 1};
    hand.in.rehearsal = &rehearsed;
}

START_TEST(a_third_is_small_enough_for_a_canary_and_more_is_not)
{
    static const struct {
        uint32_t replicas, count;
        bool refused;
    } rows[] = {{6, 2, false}, {5, 2, true}, {3, 1, false}, {1, 1, false},
                {9, 3, false}, {9, 4, true}, {8, 3, true},  {2, 2, true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        canary_of(NULL, rows[i].replicas);
        rehearsed.canary = rows[i].count;
        struct verdict verdict = judge(VERB_START, "2", rows[i].count, "", 0);
        const struct finding *r4 = &verdict.findings[RULE_R4];
        ck_assert_msg((r4->answer == ANSWER_REFUSE) == rows[i].refused, "row %zu", i);
        if (rows[i].refused)
            expect_no_ages(r4);
        hand_release(&hand);
    }
}
END_TEST

START_TEST(the_only_launcher_of_an_unrehearsed_version_is_named)
{
    canary_of("asg", 8);
    struct verdict verdict = judge(VERB_START, "2", 1, "", 0);
    const struct finding *r4 = &verdict.findings[RULE_R4];
    ck_assert_uint_eq(count_of(r4, "launcher asg", "would start 2"), 1);
    expect_no_ages(r4);
    hand_release(&hand);
}
END_TEST

START_TEST(a_missing_certificate_has_no_age)
{
    canary_of(NULL, 8);
    struct verdict verdict = judge(VERB_STEP, "2", 8, "", 0);
    const struct finding *r4 = &verdict.findings[RULE_R4];
    ck_assert_int_eq((int)r4->answer, ANSWER_REFUSE);
    expect_no_ages(r4);
    hand_release(&hand);
}
END_TEST

/* The clock of a node may begin at 0. */
START_TEST(a_node_that_is_silent_since_the_beginning_of_time_has_an_age)
{
    canary_of(NULL, 8);
    hand_node(&hand, "n2", NODE_SILENT, hand.in.utc_ms);
    struct verdict verdict = judge(VERB_START, "2", 1, "", 0);
    const struct finding *r4 = &verdict.findings[RULE_R4];
    ck_assert_uint_eq(count_of(r4, "node n2", "silent, last ran 2"), 1);
    ck_assert_int_eq(r4->witnesses[0].age_ms, hand.in.utc_ms);
    verdict = judge(VERB_START, "3", 1, "", 0);
    const struct finding *r3 = &verdict.findings[RULE_R3];
    for (size_t i = 0; i < r3->witness_count; i++)
        if (strcmp(r3->witnesses[i].object, "node n2") == 0)
            ck_assert_int_eq(r3->witnesses[i].age_ms, hand.in.utc_ms);
    hand_release(&hand);
}
END_TEST

START_TEST(a_cluster_that_has_not_settled_and_what_it_is_not_known_have_no_age)
{
    struct finding found[WATCH_MAX];

    three_versions();
    hand_place(&hand, "n5", "?", 1, INSTANCE_SERVING);
    hand_node(&hand, "n1", NODE_UNSETTLED, 5000);
    struct verdict verdict = judge(VERB_START, "2", 1, "", 0);
    const struct finding *r3 = &verdict.findings[RULE_R3];
    ck_assert_int_eq((int)r3->answer, ANSWER_UNKNOWN);
    ck_assert_str_eq(r3->witnesses[0].object, "node n1");
    ck_assert_int_eq(r3->witnesses[0].age_ms, -1);
    /* nobody has been looking: since when is not known either */
    size_t count = guard_watch(&hand.in, hand.arena, found), seen = 0;
    for (size_t i = 0; i < count; i++)
        if (found[i].kind == ALARM_UNKNOWN) {
            ck_assert_str_eq(found[i].sentence, "a version of shop is not known");
            seen++;
        }
    ck_assert_uint_eq(seen, 1);
    hand_release(&hand);
}
END_TEST

START_TEST(the_step_of_a_release_that_waits_is_open_once_the_engine_moves)
{
    static const struct {
        enum stage stage;
        enum motion motion;
        bool open;
    } rows[] = {{STAGE_HELD, MOTION_MOVING, true},
                {STAGE_HELD, MOTION_NONE, false},
                {STAGE_STABLE, MOTION_MOVING, false},
                {STAGE_STABLE, MOTION_NONE, false},
                {STAGE_CANARY, MOTION_NONE, true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, "2");
        hand_place(&hand, "n1", "1", 1, INSTANCE_SERVING);
        hand_record(&hand, rows[i].stage, "1", "2");
        hand.service.motion = rows[i].motion;
        struct live live = live_collect(&hand.in, hand.arena);
        ck_assert_msg(pair_of(&hand.in, &live).open == rows[i].open, "row %zu", i);
        hand_release(&hand);
    }
}
END_TEST

/* -1: not known. */
START_TEST(since_when_what_it_wants_is_at_rest_is_what_its_youngest_instance_or_its_record_says)
{
    static const struct {
        const char *version; /* "?": what runs is not known */
        int64_t young[2];
        enum stage stage;
        const char *from, *to;
        int64_t since;
    } rows[] = {
        {"1", {7, 5}, STAGE_NONE, "", "", 7},
        {"1", {5, 7}, STAGE_NONE, "", "", 7},
        {"1", {1, 0}, STAGE_NONE, "", "", 1},
        {"1", {0, 0}, STAGE_NONE, "", "", -1},
        {"?", {5, 7}, STAGE_NONE, "", "", -1},
        {"1", {5, 7}, STAGE_STABLE, "0", "1", 3},
        {"1", {5, 7}, STAGE_STABLE, "1", "2", 7},
        {"1", {5, 7}, STAGE_ROLLED_BACK, "1", "2", 3},
        {"1", {5, 7}, STAGE_ROLLED_BACK, "0", "1", 7},
        {"1", {5, 7}, STAGE_HELD, "1", "2", 7},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, rows[i].version);
        hand_place(&hand, "n1", rows[i].version, 1, INSTANCE_SERVING);
        hand.versions[1] = hand.versions[0]; /* of the same version, another digest */
        hand.versions[0].young_utc_ms = rows[i].young[0];
        hand.versions[1].young_utc_ms = rows[i].young[1];
        hand.service.version_count = 2;
        if (rows[i].to[0])
            hand_record(&hand, rows[i].stage, rows[i].from, rows[i].to);
        hand.release.stage_utc_ms = 3;
        int64_t since = guard_stable_since(&hand.in);
        ck_assert_msg(since == rows[i].since, "row %zu: %lld", i, (long long)since);
        hand_release(&hand);
    }
}
END_TEST

SUITE(guard_witnesses)
{
    Suite *suite = suite_create("guard_witnesses");
    TCase *tc = test_case(suite, "witnesses", 10);

    tcase_add_test(tc, every_cause_is_named_once_with_its_count);
    tcase_add_test(tc, two_strays_are_each_named_once);
    tcase_add_test(tc, what_changed_since_the_screen_was_drawn_is_told_in_full);
    tcase_add_test(tc, a_third_is_small_enough_for_a_canary_and_more_is_not);
    tcase_add_test(tc, the_only_launcher_of_an_unrehearsed_version_is_named);
    tcase_add_test(tc, a_missing_certificate_has_no_age);
    tcase_add_test(tc, a_node_that_is_silent_since_the_beginning_of_time_has_an_age);
    tcase_add_test(tc, a_cluster_that_has_not_settled_and_what_it_is_not_known_have_no_age);
    tcase_add_test(tc, the_step_of_a_release_that_waits_is_open_once_the_engine_moves);
    tcase_add_test(
        tc, since_when_what_it_wants_is_at_rest_is_what_its_youngest_instance_or_its_record_says);
    return suite;
}
