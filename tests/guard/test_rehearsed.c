/* test_rehearsed.c: R4 and the rest before a data step, by what is seen of one service: what its
 * stages say, where the canary is, who else would start it. */
#include "board/build.h"
#include "guard/guard.h"
#include "test.h"

#include <string.h>

#define NOW  INT64_C(1772442000000)
#define HOUR INT64_C(3600000)

struct scene {
    struct service *service;
    const struct snapshot *snapshot;
    struct release release;
    struct rehearsed rehearsed;
    struct arena *arena;
};

/* One of eight is on 5, in state `canary` on n2. */
static void set_up(struct scene *s, enum instance_state canary)
{
    *s = (struct scene){.service = build_service("5"), .arena = arena_new(1024)};
    build_instances(s->service, "4", INSTANCE_SERVING, 7, "n1");
    build_instances(s->service, "5", canary, 1, "n2");
    s->service->motion = MOTION_RESTING;
    s->release.stage = STAGE_CANARY;
    s->release.target = 1;
    memcpy(s->release.from, "4", 2);
    memcpy(s->release.to, "5", 2);
    s->rehearsed = (struct rehearsed){.staged = true,
                                      .has = PROOF_CERTIFIED,
                                      .wants = PROOF_CERTIFIED,
                                      .version = "5",
                                      .voided = "",
                                      .waits = "",
                                      .have = 1,
                                      .canary = 1};
}

static struct finding judge(struct scene *s, enum verb verb, const char *version, uint32_t to_count,
                            enum rule_id rule)
{
    struct verdict verdict;

    if (!s->snapshot)
        s->snapshot = build_snapshot(service_seal(s->service));
    const struct guard_input in = {.snapshot = s->snapshot,
                                   .service = s->service,
                                   .release = s->release.to[0] ? &s->release : NULL,
                                   .rehearsal = &s->rehearsed,
                                   .utc_ms = NOW};
    const struct guard_ask ask = {
        .verb = verb, .version = version, .to_count = to_count, .spec_digest = ""};
    guard_judge(&in, &ask, s->arena, &verdict);
    return verdict.findings[rule];
}

static void tear_down(struct scene *s)
{
    snapshot_unref(s->snapshot);
    service_unref(s->service);
    arena_free(s->arena);
}

static void refuses(const struct finding *finding, const char *sentence, const char *object)
{
    ck_assert_msg(finding->answer == ANSWER_REFUSE && strstr(finding->sentence, sentence), "%s: %s",
                  answer_word[finding->answer], finding->sentence);
    ck_assert_uint_gt(finding->witness_count, 0);
    ck_assert_str_eq(finding->witnesses[0].object, object);
    ck_assert(finding->way_out[0]);
}

/* What the certificate is, and what is asked: is it let through? */
static const struct {
    const char *claim;
    bool staged;
    enum proof has, wants;
    enum verb verb;
    uint32_t to_count;
    enum answer answer;
} certificates[] = {
    {"certified", true, PROOF_CERTIFIED, PROOF_CERTIFIED, VERB_STEP, 3, ANSWER_ALLOW},
    {"rolled back, not settled", true, PROOF_ROLLED, PROOF_CERTIFIED, VERB_STEP, 3, ANSWER_REFUSE},
    {"baked is no rehearsal", true, PROOF_BAKED, PROOF_CERTIFIED, VERB_STEP, 3, ANSWER_REFUSE},
    {"nothing", true, PROOF_NONE, PROOF_CERTIFIED, VERB_STEP, 8, ANSWER_REFUSE},
    {"a hotfix has baked", true, PROOF_BAKED, PROOF_BAKED, VERB_STEP, 3, ANSWER_ALLOW},
    {"a hotfix has not baked", true, PROOF_CANARIED, PROOF_BAKED, VERB_STEP, 3, ANSWER_REFUSE},
    {"to go on is as much", true, PROOF_BAKED, PROOF_CERTIFIED, VERB_RESUME, 3, ANSWER_REFUSE},
    {"no more than the canary", true, PROOF_CANARIED, PROOF_CERTIFIED, VERB_RESUME, 1,
     ANSWER_ALLOW},
    {"back", true, PROOF_NONE, PROOF_CERTIFIED, VERB_ROLLBACK, 8, ANSWER_ALLOW},
    {"plain asks for none", false, PROOF_NONE, PROOF_NONE, VERB_STEP, 8, ANSWER_NOT_EVALUATED},
};

START_TEST(more_than_the_canary_needs_the_certificate_that_the_profile_wants)
{
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.rehearsed.staged = certificates[_i].staged;
    s.rehearsed.has = certificates[_i].has;
    s.rehearsed.wants = certificates[_i].wants;
    const char *version = certificates[_i].verb == VERB_ROLLBACK ? "4" : "5";
    struct finding found =
        judge(&s, certificates[_i].verb, version, certificates[_i].to_count, RULE_R4);
    ck_assert_msg(found.answer == certificates[_i].answer, "%s: %s %s", certificates[_i].claim,
                  answer_word[found.answer], found.sentence);
    if (found.answer == ANSWER_REFUSE)
        refuses(&found, "has no certificate", "version 5 of web");
    tear_down(&s);
}
END_TEST

START_TEST(a_certificate_of_another_version_is_none)
{
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.rehearsed.version = "6";
    struct finding found = judge(&s, VERB_STEP, "5", 3, RULE_R4);
    refuses(&found, "no certificate of a rehearsal", "version 5 of web");
    tear_down(&s);
}
END_TEST

START_TEST(a_void_certificate_says_why)
{
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.rehearsed.has = PROOF_NONE;
    s.rehearsed.voided = "what it rests on has changed: its configuration";
    struct finding found = judge(&s, VERB_STEP, "5", 3, RULE_R4);
    refuses(&found, "is void: what it rests on has changed: its configuration", "version 5 of web");
    tear_down(&s);
}
END_TEST

START_TEST(a_certificate_that_is_still_baking_says_how_long)
{
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.rehearsed.has = PROOF_ROLLED;
    s.rehearsed.waits = "settle: 9s left";
    struct finding found = judge(&s, VERB_STEP, "5", 3, RULE_R4);
    refuses(&found, "no certificate yet: settle: 9s left", "version 5 of web");
    tear_down(&s);
}
END_TEST

START_TEST(a_canary_on_more_than_a_third_is_none_whatever_the_profile)
{
    for (int staged = 0; staged < 2; staged++)
        for (uint32_t count = 1; count <= 4; count++) {
            struct scene s;

            set_up(&s, INSTANCE_SERVING);
            s.rehearsed.staged = staged;
            s.rehearsed.version = "";
            s.release.to[0] = '\0';
            struct finding found = judge(&s, VERB_START, "5", count, RULE_R4);
            if (count > 2)
                refuses(&found, "of 8 instances of web would run 5 before it is rehearsed",
                        "service web");
            else
                ck_assert_int_eq(found.answer, staged ? ANSWER_ALLOW : ANSWER_NOT_EVALUATED);
            tear_down(&s);
        }
}
END_TEST

START_TEST(a_canary_of_one_is_always_small_enough)
{
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.service->replicas = 1;
    ck_assert_int_eq(judge(&s, VERB_START, "5", 1, RULE_R4).answer, ANSWER_ALLOW);
    tear_down(&s);
}
END_TEST

START_TEST(a_canary_that_does_not_report_proves_nothing_whatever_the_profile)
{
    for (int staged = 0; staged < 2; staged++) {
        struct scene s;

        set_up(&s, INSTANCE_GHOST);
        s.rehearsed.staged = staged;
        s.rehearsed.has = s.rehearsed.wants = PROOF_NONE;
        struct finding found = judge(&s, VERB_STEP, "5", 3, RULE_R4);
        refuses(&found, "n2 does not report, the canary there proves nothing", "node n2");
        tear_down(&s);
    }
}
END_TEST

START_TEST(a_launcher_of_an_unrehearsed_version_is_a_push_nobody_rehearsed)
{
    static struct launcher launchers[] = {{LAUNCHER_SPEC, "5"}, {"nightly", "5"}};
    struct scene s;

    set_up(&s, INSTANCE_SERVING);
    s.service->launchers = launchers;
    s.service->launcher_count = 1;
    s.rehearsed.staged = false;
    ck_assert_int_eq(judge(&s, VERB_STEP, "5", 3, RULE_R4).answer, ANSWER_NOT_EVALUATED);
    s.service->launcher_count = 2;
    struct finding found = judge(&s, VERB_STEP, "5", 3, RULE_R4);
    refuses(&found, "launcher nightly would start web 5", "launcher nightly");
    tear_down(&s);
}
END_TEST

/* A data step on a service that has been at rest at 4 for `hours`; -1: nobody knows. */
static const struct {
    const char *claim;
    bool data;
    int64_t hours, stable_hours;
    enum answer answer;
} rests[] = {
    {"long enough", true, 24, 24, ANSWER_ALLOW},
    {"an hour short", true, 23, 24, ANSWER_REFUSE},
    {"code does not wait", false, 1, 24, ANSWER_ALLOW},
    {"nobody knows", true, -1, 24, ANSWER_UNKNOWN},
    {"no time is set", true, 0, 0, ANSWER_ALLOW},
};

START_TEST(a_data_step_builds_only_on_what_has_been_stable_for_long_enough)
{
    struct scene s = {.service = build_service("4"), .arena = arena_new(1024)};

    build_instances(s.service, "4", INSTANCE_SERVING, 8, "n1");
    if (rests[_i].hours >= 0)
        s.service->versions[0].young_utc_ms = NOW - rests[_i].hours * HOUR;
    s.rehearsed = (struct rehearsed){.version = "",
                                     .voided = "",
                                     .waits = "",
                                     .canary = 1,
                                     .data = rests[_i].data,
                                     .stable_ms = rests[_i].stable_hours * HOUR};
    struct finding found = judge(&s, VERB_START, "5", 1, RULE_R3);
    ck_assert_msg(found.answer == rests[_i].answer, "%s: %s", rests[_i].claim, found.sentence);
    if (found.answer == ANSWER_REFUSE) {
        refuses(&found, "web 4 is stable only since 23h", "version 4 of web");
        ck_assert_msg(strstr(found.way_out, "wait 1h"), "%s", found.way_out);
    }
    tear_down(&s);
}
END_TEST

START_TEST(stable_since_is_what_the_record_says_before_what_instances_say)
{
    struct scene s = {.service = build_service("5"), .arena = arena_new(256)};

    build_instances(s.service, "5", INSTANCE_SERVING, 8, "n1");
    s.service->versions[0].young_utc_ms = NOW - HOUR;
    service_seal(s.service);
    struct guard_input in = {.service = s.service, .release = &s.release, .utc_ms = NOW};
    ck_assert_int_eq(guard_stable_since(&in), NOW - HOUR);
    s.release.stage = STAGE_STABLE;
    s.release.stage_utc_ms = NOW - 9 * HOUR;
    memcpy(s.release.from, "4", 2);
    memcpy(s.release.to, "5", 2);
    ck_assert_int_eq(guard_stable_since(&in), NOW - 9 * HOUR);
    s.release.stage = STAGE_WAVE;
    ck_assert_int_eq(guard_stable_since(&in), -1);
    tear_down(&s);
}
END_TEST

SUITE(guard_rehearsed)
{
    Suite *suite = suite_create("guard_rehearsed");
    TCase *tc = test_case(suite, "rehearsed", 10);

    tcase_add_loop_test(tc, more_than_the_canary_needs_the_certificate_that_the_profile_wants, 0,
                        ARRAY_LEN(certificates));
    tcase_add_test(tc, a_certificate_of_another_version_is_none);
    tcase_add_test(tc, a_void_certificate_says_why);
    tcase_add_test(tc, a_certificate_that_is_still_baking_says_how_long);
    tcase_add_test(tc, a_canary_on_more_than_a_third_is_none_whatever_the_profile);
    tcase_add_test(tc, a_canary_of_one_is_always_small_enough);
    tcase_add_test(tc, a_canary_that_does_not_report_proves_nothing_whatever_the_profile);
    tcase_add_test(tc, a_launcher_of_an_unrehearsed_version_is_a_push_nobody_rehearsed);
    tcase_add_loop_test(tc, a_data_step_builds_only_on_what_has_been_stable_for_long_enough, 0,
                        ARRAY_LEN(rests));
    tcase_add_test(tc, stable_since_is_what_the_record_says_before_what_instances_say);
    return suite;
}
