/* test_watch.c: what is wrong without any action, kind by kind, with the object that makes it so.
 */
#include "guard/fleet_by_hand.h"
#include "guard/judge.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static struct hand hand;
static struct finding found[WATCH_MAX];
static struct seen seen;

enum { MINUTE = 60000 };

static void half_way(void)
{
    hand_init(&hand, "5");
    hand.service.was = "4";
    hand.service.motion = MOTION_RESTING;
    hand.service.replicas = 8;
    hand_place(&hand, "w1", "5", 1, INSTANCE_SERVING);
    hand_place(&hand, "w2", "4", 7, INSTANCE_SERVING);
    hand_record(&hand, STAGE_CANARY, "4", "5");
    hand.service.since_utc_ms = hand.release.since_utc_ms = hand.in.utc_ms - MINUTE;
    seen = (struct seen){.drift = ""};
    hand.in.seen = &seen;
}

static void stable(void)
{
    half_way();
    hand.versions[1].count[INSTANCE_SERVING] = 0;
    hand.service.placement_count = 1;
    hand.service.version_count = 1;
    hand.service.motion = MOTION_NONE;
    hand.release.stage = STAGE_STABLE;
}

static const struct finding *find(enum alarm_kind kind)
{
    size_t count = guard_watch(&hand.in, hand.arena, found);

    for (size_t i = 0; i < count; i++)
        if (found[i].kind == kind) {
            ck_assert(found[i].sentence[0] && found[i].way_out[0]);
            ck_assert_uint_ge(found[i].witness_count, 1);
            return &found[i];
        }
    return NULL;
}

static void expect(enum alarm_kind kind, const char *object, const char *fact)
{
    const struct finding *finding = find(kind);

    ck_assert_msg(finding != NULL, "no alarm of kind %s", alarm_word[kind]);
    hand_assert_witness(finding, object, fact);
    /* only of a node that is away, and of a step, it is known since when */
    for (size_t i = 0; i < finding->witness_count; i++)
        if (kind != ALARM_SILENT && kind != ALARM_OPEN &&
            !strstr(finding->witnesses[i].fact, " for "))
            ck_assert_msg(finding->witnesses[i].age_ms == -1, "%s: %s",
                          finding->witnesses[i].object, finding->witnesses[i].fact);
}

static void expect_none(void)
{
    size_t count = guard_watch(&hand.in, hand.arena, found);

    ck_assert_msg(count == 0, "%s: %s", alarm_word[found[0].kind], found[0].sentence);
}

START_TEST(each_kind_of_node_trouble_is_an_alarm_of_its_own)
{
    half_way();
    expect_none();
    hand_place(&hand, "w3", "3", 1, INSTANCE_SERVING);
    expect(ALARM_STEP, "node w3", "runs 3");
    ck_assert_ptr_null(find(ALARM_RETURNED));
    hand_release(&hand);

    half_way();
    hand_node(&hand, "w2", NODE_RETIRED, 10 * MINUTE);
    expect(ALARM_SILENT, "node w2", "retired, last ran 4");
    ck_assert_ptr_null(find(ALARM_STEP));
    hand_release(&hand);

    stable();
    expect_none();
    hand_place(&hand, "w3", "4", 1, INSTANCE_SERVING);
    expect(ALARM_RETURNED, "node w3", "runs 4");
    hand_release(&hand);
}
END_TEST

START_TEST(a_launcher_must_not_run_ahead_of_a_release_nor_stay_behind)
{
    half_way();
    hand_launcher(&hand, "spec", "5");
    hand_launcher(&hand, "asg", "4");
    expect_none();
    hand.launchers[1].version = "5";
    expect(ALARM_LAUNCHER, "launcher asg", "would start 5");
    hand.release.stage = STAGE_WAVE;
    expect_none();
    hand_release(&hand);

    stable();
    hand.in.release = NULL; /* also where nothing is on record */
    hand_launcher(&hand, "asg", "4");
    expect(ALARM_LAUNCHER, "launcher asg", "would start 4");
    hand_release(&hand);
}
END_TEST

START_TEST(a_version_that_is_not_known_is_an_alarm_after_its_time)
{
    half_way();
    hand_place(&hand, "w3", "?", 1, INSTANCE_STARTING);
    seen.unknown_since_utc_ms = hand.in.utc_ms - 5 * MINUTE + 1;
    expect_none();
    ck_assert_int_eq(guard_watch_due(&hand.in), hand.in.utc_ms + 1);
    hand.in.utc_ms++;
    expect(ALARM_UNKNOWN, "node w3", "runs ?");
    hand.in.seen = NULL; /* nobody has been looking: then it is said at once */
    expect(ALARM_UNKNOWN, "node w3", "runs ?");
    hand_release(&hand);
}
END_TEST

START_TEST(a_step_that_stays_open_is_an_alarm_that_breaks_no_rule)
{
    half_way();
    hand.release.since_utc_ms = hand.in.utc_ms - 24 * 60 * MINUTE + 1;
    expect_none();
    ck_assert_int_eq(guard_watch_due(&hand.in), hand.in.utc_ms + 1);
    hand.in.utc_ms++;
    expect(ALARM_OPEN, "service shop", "4 -> 5");
    ck_assert_int_eq((int)find(ALARM_OPEN)->level, LEVEL_OBSERVE);
    hand_release(&hand);

    half_way(); /* without record and time of the engine's: since somebody has been looking */
    hand.in.release = NULL;
    hand.service.since_utc_ms = -1;
    seen.moving_since_utc_ms = hand.in.utc_ms - 24 * 60 * MINUTE;
    expect(ALARM_OPEN, "service shop", "4 -> 5");
    hand_release(&hand);
}
END_TEST

START_TEST(scaled_to_nothing_half_way_it_is_an_alarm_until_it_goes_back)
{
    half_way();
    hand.versions[0].count[INSTANCE_SERVING] = hand.versions[1].count[INSTANCE_SERVING] = 0;
    hand.service.placement_count = 0;
    expect_none(); /* instances that are wanted will come */
    hand.service.replicas = 0;
    expect(ALARM_EMPTY, "service shop", "no instance is wanted, in flight 4 -> 5");
    ck_assert_ptr_nonnull(strstr(find(ALARM_EMPTY)->sentence, "come back as 5 alone"));
    ck_assert_ptr_nonnull(strstr(find(ALARM_EMPTY)->way_out, "roll back"));
    ck_assert_int_eq((int)find(ALARM_EMPTY)->level, LEVEL_OBSERVE);
    hand.service.wants = "4"; /* on its way back */
    ck_assert_ptr_null(find(ALARM_EMPTY));
    hand.service.wants = "5"; /* the same version once more: nothing else can come back */
    snprintf(hand.release.from, sizeof hand.release.from, "5");
    hand.service.was = "5";
    ck_assert_ptr_null(find(ALARM_EMPTY));
    hand_release(&hand);

    stable();
    hand.service.replicas = 0; /* nobody is half way anywhere */
    expect_none();
    hand_release(&hand);
}
END_TEST

START_TEST(a_certificate_that_became_void_half_way_is_an_alarm)
{
    struct rehearsed rehearsal = {.staged = true, .version = "5", .voided = "", .waits = ""};

    half_way();
    hand.in.rehearsal = &rehearsal;
    expect_none();
    rehearsal.voided = "its configuration";
    expect(ALARM_EXPIRED, "version 5 of shop", "not rehearsed");
    ck_assert_int_eq((int)find(ALARM_EXPIRED)->rule, RULE_R4);
    hand_release(&hand);
}
END_TEST

START_TEST(what_was_changed_outside_of_lockstep_is_an_alarm)
{
    static const char *const marks[] = {"0123456789abcdef0123456789abcdef.0"};

    stable();
    hand.service.wants = "6";
    hand.service.by = "eve";
    expect(ALARM_DRIFT, "service shop", "it wants 6, and its record says 5");
    ck_assert_ptr_nonnull(strstr(find(ALARM_DRIFT)->sentence, "by eve"));
    hand.service.marks = marks; /* of an action that the record does not know yet */
    hand.service.mark_count = 1;
    expect_none();
    release_note(&hand.release, "0123456789abcdef0123456789abcdef", OUTCOME_APPLIED);
    expect(ALARM_DRIFT, "service shop", "it wants 6, and its record says 5");
    snprintf(hand.release.claim.id, sizeof hand.release.claim.id, "other");
    expect_none();
    hand_release(&hand);

    stable();
    hand.service.wants = "6"; /* arrived, and waits for its first instance */
    hand.service.motion = MOTION_RESTING;
    seen.drift = "it wants 6, and wanted 5";
    ck_assert_ptr_null(find(ALARM_DRIFT));
    hand.service.motion = MOTION_MOVING;
    expect(ALARM_DRIFT, "service shop", "it wants 6, and wanted 5");
    hand_release(&hand);

    stable();
    seen.drift = "its configuration is another one";
    expect(ALARM_DRIFT, "service shop", "its configuration is another one");
    hand.in.release = NULL; /* never lockstep's, and no contract: nobody said how it must be */
    expect_none();
    hand_release(&hand);
}
END_TEST

SUITE(guard_watch)
{
    Suite *suite = suite_create("guard_watch");
    TCase *tcase = test_case(suite, "watch", 10);

    tcase_add_test(tcase, each_kind_of_node_trouble_is_an_alarm_of_its_own);
    tcase_add_test(tcase, a_launcher_must_not_run_ahead_of_a_release_nor_stay_behind);
    tcase_add_test(tcase, a_version_that_is_not_known_is_an_alarm_after_its_time);
    tcase_add_test(tcase, a_step_that_stays_open_is_an_alarm_that_breaks_no_rule);
    tcase_add_test(tcase, scaled_to_nothing_half_way_it_is_an_alarm_until_it_goes_back);
    tcase_add_test(tcase, a_certificate_that_became_void_half_way_is_an_alarm);
    tcase_add_test(tcase, what_was_changed_outside_of_lockstep_is_an_alarm);
    return suite;
}
