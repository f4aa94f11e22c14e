/* Odd pictures: nodes without a name or with a clock ahead, services that want nothing, records
 * that say nothing. What is not known is said as not known, and nobody is named who is not there.
 */
#include "guard/bind.h"
#include "guard/fleet_by_hand.h"
#include "guard/judge.h"
#include "guard/observed.h"
#include "test.h"

#include <string.h>

enum { MINUTE = 60000 };

static struct hand hand;
static struct rehearsed rehearsed;
static struct seen seen;

static void two(enum instance_state second)
{
    hand_init(&hand, "2");
    hand.service.was = "1";
    hand_place(&hand, "n1", "2", 1, INSTANCE_SERVING);
    hand_place(&hand, "n2", "1", 1, second);
}

static const struct finding *r3(enum verb verb, const char *version)
{
    return &hand_judge(&hand, verb, version)->findings[RULE_R3];
}

static const struct finding *alarm(enum alarm_kind kind)
{
    struct finding *found = arena_alloc(hand.arena, WATCH_MAX, sizeof *found);
    size_t count = guard_watch(&hand.in, hand.arena, found);

    for (size_t i = 0; i < count; i++)
        if (found[i].kind == kind)
            return &found[i];
    return NULL;
}

START_TEST(a_node_is_called_by_its_name_or_else_by_its_id)
{
    static const struct {
        const char *name, *shown;
    } rows[] = {{"worker-7", "node worker-7"}, {"", "node n2"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        two(INSTANCE_SERVING);
        hand_node(&hand, "n2", NODE_SILENT, 5 * MINUTE);
        hand.nodes[1].name = rows[i].name;
        hand_assert_witness(r3(VERB_START, "3"), rows[i].shown, "silent for 5m00s, last ran 1");
        hand_release(&hand);
    }
    two(INSTANCE_SERVING); /* nobody tells of nodes */
    hand.in.snapshot = NULL;
    hand_assert_witness(r3(VERB_START, "3"), "node n2", "runs 1");
    hand_release(&hand);
}
END_TEST

START_TEST(since_when_a_node_is_away_is_said_only_when_it_is_known)
{
    static const struct {
        int64_t age;
        const char *fact;
        int64_t age_ms;
    } rows[] = {
        {5 * MINUTE, "silent for 5m00s, last ran 1", 5 * MINUTE},
        {0, "silent for 0s, last ran 1", 0},
        {-5 * MINUTE, "silent, last ran 1", -1}, /* its clock is ahead */
    };

    for (size_t i = 0; i <= ARRAY_LEN(rows); i++) {
        two(INSTANCE_SERVING);
        hand_node(&hand, "n2", NODE_SILENT, i < ARRAY_LEN(rows) ? rows[i].age : 0);
        if (i == ARRAY_LEN(rows))
            hand.nodes[1].state_utc_ms = -1;
        size_t row = i < ARRAY_LEN(rows) ? i : 2;
        const struct finding *finding = r3(VERB_START, "3");

        ck_assert_uint_ge(finding->witness_count, 1);
        hand_assert_witness(finding, "node n2", rows[row].fact);
        for (size_t w = 0; w < finding->witness_count; w++)
            if (strcmp(finding->witnesses[w].object, "node n2") == 0)
                ck_assert_int_eq(finding->witnesses[w].age_ms, rows[row].age_ms);
        hand_release(&hand);
    }
}
END_TEST

START_TEST(what_is_on_no_node_yet_is_a_witness_that_nobody_can_fence)
{
    static const struct {
        enum instance_state state;
        const char *fact;
    } rows[] = {{INSTANCE_STARTING, "runs 1 (1 instance)"}, {INSTANCE_GHOST, "silent, last ran 1"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        two(rows[i].state);
        hand.placements[1].node = "";
        const struct finding *finding = r3(VERB_START, "3");
        hand_assert_witness(finding, "instances of shop not placed yet", rows[i].fact);
        ck_assert_ptr_null(strstr(finding->way_out, "fence"));
        hand_release(&hand);
    }
    two(INSTANCE_GHOST);
    ck_assert(strstr(r3(VERB_START, "3")->way_out, "fence n2") != NULL);
    hand_release(&hand);
}
END_TEST

START_TEST(a_cluster_that_has_not_settled_says_why_if_it_can)
{
    static const struct {
        const char *note, *fact;
    } rows[] = {{NULL, "not settled"}, {"", "not settled"}, {"no leader", "no leader"}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        two(INSTANCE_SERVING);
        hand_node(&hand, "n2", NODE_UNSETTLED, MINUTE);
        hand.nodes[1].note = rows[i].note;
        ck_assert_int_eq((int)r3(VERB_STEP, "2")->answer, ANSWER_UNKNOWN);
        hand_assert_witness(r3(VERB_STEP, "2"), "node n2", rows[i].fact);
        ck_assert_int_eq((int)r3(VERB_ROLLBACK, "1")->answer, ANSWER_ALLOW);
        hand_release(&hand);
    }
}
END_TEST

/* What a key without a version would go to. */
START_TEST(the_step_is_what_the_record_says_else_what_the_engine_says_else_what_runs)
{
    static const struct {
        const char *wants, *was, *runs, *also;
        enum stage stage; /* STAGE_NONE: no record */
        const char *from, *to;
        const char *step, *back; /* R3's answer and the version in it: "" nobody knows */
    } rows[] = {
        {"2", "1", "1", "", STAGE_NONE, "", "", "2", "1"},
        {"2", "", "2", "1", STAGE_NONE, "", "", "2", "1"}, /* the only other one */
        {"2", "", "2", "?", STAGE_NONE, "", "", "2", ""},  /* that is none */
        {"", "", "1", "", STAGE_NONE, "", "", "1", ""},
        {"", "", "1", "2", STAGE_NONE, "", "", "", ""},
        {"", "", "", "", STAGE_NONE, "", "", "", ""},
        {"2", "1", "1", "", STAGE_WAVE, "1", "", "2", "1"}, /* a record that leads nowhere */
        {"2", "1", "1", "2", STAGE_WAVE, "0", "2", "2", "0"},
        {"2", "1", "1", "2", STAGE_STABLE, "0", "3", "3", "0"}, /* nothing is open */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, rows[i].wants);
        hand.service.was = rows[i].was;
        if (rows[i].runs[0])
            hand_place(&hand, "n1", rows[i].runs, 1, INSTANCE_SERVING);
        if (rows[i].also[0])
            hand_place(&hand, "n2", rows[i].also, 1, INSTANCE_SERVING);
        if (rows[i].stage != STAGE_NONE)
            hand_record(&hand, rows[i].stage, rows[i].from, rows[i].to);
        struct live live = live_collect(&hand.in, hand.arena);
        struct pair pair = pair_of(&hand.in, &live);
        ck_assert_msg(strcmp(pair.to, rows[i].step) == 0 && strcmp(pair.from, rows[i].back) == 0,
                      "row %zu: %s -> %s", i, pair.from, pair.to);
        for (int back = 0; back < 2; back++) {
            const char *to = back ? rows[i].back : rows[i].step;
            const struct finding *finding = r3(back ? VERB_ROLLBACK : VERB_STEP, "");

            if (!to[0])
                ck_assert_str_eq(finding->sentence, "which version shop would go to is not known");
        }
        hand_release(&hand);
    }
}
END_TEST

START_TEST(who_acts_on_an_old_picture_is_told_what_is_there_now)
{
    static const struct {
        const char *wants, *by, *sentence, *fact;
    } rows[] = {
        {"2", "eve", "shop was changed since your screen was drawn, by eve",
         "now wants 2 of shop, 8 instances"},
        {"", "", "shop was changed since your screen was drawn",
         "now wants nothing known of shop, 8 instances"},
    };
    const struct guard_ask other = {
        .verb = VERB_STEP, .version = "", .to_count = 1, .spec_digest = "other"};
    struct guard_ask older = {.verb = VERB_STEP, .version = "", .to_count = 1, .spec_digest = ""};
    struct verdict verdict;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, rows[i].wants);
        hand.service.by = rows[i].by;
        guard_judge(&hand.in, &other, hand.arena, &verdict);
        ck_assert_str_eq(verdict.findings[RULE_RL].sentence, rows[i].sentence);
        hand_assert_witness(&verdict.findings[RULE_RL], "service shop", rows[i].fact);
        hand_release(&hand);
    }
    for (unsigned running = 0; running < 3; running++) {
        static const char *const runs[] = {"may now run nothing", "may now run 2",
                                           "may now run 1, 2"};
        hand_init(&hand, "2");
        if (running > 0)
            hand_place(&hand, "n1", "2", 1, INSTANCE_SERVING);
        if (running > 1)
            hand_place(&hand, "n2", "1", 1, INSTANCE_SERVING);
        older.basis = guard_basis(&hand.in);
        guard_judge(&hand.in, &older, hand.arena, &verdict);
        ck_assert_int_eq((int)verdict.findings[RULE_RL].answer, ANSWER_ALLOW);
        older.basis ^= 1;
        guard_judge(&hand.in, &older, hand.arena, &verdict);
        const struct finding *finding = &verdict.findings[RULE_RL];
        ck_assert_int_eq((int)finding->answer, ANSWER_REFUSE);
        hand_assert_witness(finding, "service shop", runs[running]);
        ck_assert_uint_eq(finding->witness_count, 1); /* no record, no word of one */
        hand_record(&hand, STAGE_WAVE, "1", "2");
        guard_judge(&hand.in, &older, hand.arena, &verdict);
        hand_assert_witness(&verdict.findings[RULE_RL], "release record", "1 -> 2");
        hand_release(&hand);
    }
}
END_TEST

/* The youngest instance of what it wants, or the end of the release that led there. */
START_TEST(since_when_a_service_is_at_rest)
{
    enum { NONE, ELSEWHERE, YOUNG = 70, ENDED = 90 };
    static const struct {
        enum stage stage;
        const char *from, *to;
        int64_t ended;
        const char *runs, *also;
        int64_t since;
    } rows[] = {
        {STAGE_NONE, "", "", 0, "2", "", YOUNG},
        {STAGE_STABLE, "1", "2", ENDED, "2", "", ENDED},
        {STAGE_STABLE, "1", "3", ENDED, "2", "", YOUNG},
        {STAGE_STABLE, "1", "2", 0, "2", "", YOUNG},
        {STAGE_ROLLED_BACK, "2", "3", ENDED, "2", "", ENDED},
        {STAGE_ROLLED_BACK, "1", "2", ENDED, "2", "", YOUNG},
        {STAGE_HELD, "1", "2", ENDED, "2", "", YOUNG},
        {STAGE_WAVE, "1", "2", ENDED, "2", "", -1},
        {STAGE_NONE, "", "", 0, "2", "1", -1},
        {STAGE_NONE, "", "", 0, "?", "", -1},
        {STAGE_NONE, "", "", 0, "", "", -1},
        {STAGE_NONE, "", "", 0, "1", "", -1}, /* of what it wants there is none */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, "2");
        if (rows[i].runs[0])
            hand_place(&hand, "n1", rows[i].runs, 1, INSTANCE_SERVING);
        if (rows[i].also[0])
            hand_place(&hand, "n2", rows[i].also, 1, INSTANCE_SERVING);
        hand.versions[0].young_utc_ms = YOUNG;
        hand.versions[1].young_utc_ms = YOUNG + 5;
        if (rows[i].stage != STAGE_NONE)
            hand_record(&hand, rows[i].stage, rows[i].from, rows[i].to);
        hand.release.stage_utc_ms = rows[i].ended;
        ck_assert_msg(guard_stable_since(&hand.in) == rows[i].since, "row %zu: %lld", i,
                      (long long)guard_stable_since(&hand.in));
        hand_release(&hand);
    }
}
END_TEST

START_TEST(a_canary_on_a_node_that_does_not_report_proves_nothing)
{
    static const struct {
        enum node_state node;
        enum instance_state instance;
        int64_t age;
        const char *fact; /* NULL: nothing is wrong */
    } rows[] = {
        {NODE_REPORTING, INSTANCE_SERVING, 0, NULL},
        {NODE_REPORTING, INSTANCE_GHOST, 0, "silent, last ran 2"},
        {NODE_SILENT, INSTANCE_SERVING, MINUTE, "silent, last ran 2"},
        {NODE_SILENT, INSTANCE_SERVING, -1, "silent, last ran 2"},
        {NODE_RETIRED, INSTANCE_SERVING, MINUTE, "retired, last ran 2"},
        {NODE_FENCED, INSTANCE_GHOST, MINUTE, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        two(INSTANCE_SERVING);
        rehearsed = (struct rehearsed){.staged = true,
                                       .has = PROOF_CERTIFIED,
                                       .wants = PROOF_CERTIFIED,
                                       .version = "2",
                                       .voided = "",
                                       .waits = "",
                                       .canary = 1};
        hand.in.rehearsal = &rehearsed;
        hand.placements[0].count[INSTANCE_SERVING] = 0;
        hand.placements[0].count[rows[i].instance] = 1;
        hand_node(&hand, "n1", rows[i].node, rows[i].age);
        if (rows[i].age < 0)
            hand.nodes[0].state_utc_ms = -1;
        const struct finding *finding = &hand_judge(&hand, VERB_STEP, "2")->findings[RULE_R4];
        if (rows[i].fact)
            hand_assert_witness(finding, "node n1", rows[i].fact);
        for (size_t w = 0; w < finding->witness_count; w++)
            ck_assert_int_eq(finding->witnesses[w].age_ms, rows[i].age > 0   ? rows[i].age
                                                           : rows[i].age < 0 ? -1
                                                           : hand.nodes[0].state_utc_ms < 0 ? -1
                                                                                            : 0);
        ck_assert_msg((finding->answer == ANSWER_ALLOW) == !rows[i].fact, "row %zu: %s", i,
                      finding->sentence);
        hand_release(&hand);
    }
    hand_init(&hand, ""); /* which version is not known: nothing is said about its rehearsal */
    hand.in.rehearsal = &rehearsed;
    ck_assert_int_eq((int)hand_judge(&hand, VERB_STEP, "")->findings[RULE_R4].answer,
                     ANSWER_NOT_EVALUATED);
    hand_release(&hand);
}
END_TEST

START_TEST(a_version_that_is_not_known_is_fenced_where_its_node_is_silent)
{
    two(INSTANCE_SERVING);
    hand_place(&hand, "n3", "?", 1, INSTANCE_SERVING);
    seen = (struct seen){.unknown_since_utc_ms = hand.in.utc_ms - 60 * MINUTE, .drift = NULL};
    hand.in.seen = &seen;
    ck_assert(strstr(alarm(ALARM_UNKNOWN)->way_out, "find out which version") != NULL);
    hand_node(&hand, "n3", NODE_SILENT, 60 * MINUTE);
    ck_assert(strstr(alarm(ALARM_UNKNOWN)->way_out, "fence n3") != NULL);
    hand_assert_witness(alarm(ALARM_UNKNOWN), "node n3", "last ran ?");
    hand_release(&hand);
}
END_TEST

/* A node that is silent since nobody knows when is no alarm of its own, and nothing is due. */
START_TEST(a_silence_is_an_alarm_once_it_is_known_to_be_long)
{
    for (int known = 0; known < 2; known++) {
        two(INSTANCE_SERVING);
        hand.service.motion = MOTION_RESTING;
        hand_record(&hand, STAGE_WAVE, "1", "2");
        hand.release.since_utc_ms = 0;
        hand.service.since_utc_ms = -1;
        hand_node(&hand, "n2", NODE_SILENT, 0);
        if (!known)
            hand.nodes[1].state_utc_ms = -1;
        ck_assert_ptr_null(alarm(ALARM_SILENT));
        int64_t due = guard_watch_due(&hand.in);
        ck_assert_msg((due < INT64_MAX) == known, "%lld", (long long)due);
        hand.in.utc_ms = known ? due : hand.in.utc_ms + 600 * (int64_t)MINUTE;
        ck_assert((alarm(ALARM_SILENT) != NULL) == known);
        hand_release(&hand);
    }
}
END_TEST

START_TEST(only_what_is_known_to_be_another_version_has_returned)
{
    static const struct {
        const char *runs;
        enum instance_state state;
        enum node_state node;
        bool returned;
    } rows[] = {
        {"1", INSTANCE_SERVING, NODE_REPORTING, true},
        {"1", INSTANCE_STARTING, NODE_REPORTING, true},
        {"1", INSTANCE_STOPPING, NODE_REPORTING, false},
        {"1", INSTANCE_SERVING, NODE_SILENT, false},
        {"2", INSTANCE_SERVING, NODE_REPORTING, false},
        {"?", INSTANCE_SERVING, NODE_REPORTING, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, "2");
        hand_place(&hand, "n1", "2", 1, INSTANCE_SERVING);
        hand_place(&hand, "n2", rows[i].runs, 1, rows[i].state);
        hand_node(&hand, "n2", rows[i].node, MINUTE);
        hand_record(&hand, STAGE_STABLE, "1", "2");
        ck_assert_msg((alarm(ALARM_RETURNED) != NULL) == rows[i].returned, "row %zu", i);
        hand_release(&hand);
    }
}
END_TEST

START_TEST(what_it_wants_against_its_record_is_drift)
{
    static const struct {
        const char *wants;
        enum stage stage;
        const char *from, *to;
        const char *says; /* NULL: it is none */
    } rows[] = {
        {"2", STAGE_STABLE, "1", "2", NULL},
        {"3", STAGE_STABLE, "1", "2", "it wants 3, and its record says 2"},
        {"3", STAGE_ROLLED_BACK, "1", "2", "it wants 3, and its record says 1"},
        {"3", STAGE_ROLLED_BACK, "", "2", NULL}, /* it says of no version where it was */
        {"1", STAGE_WAVE, "1", "2", NULL},
        {"2", STAGE_WAVE, "1", "2", NULL},
        {"3", STAGE_WAVE, "1", "2", "it wants 3, and its record says 1 -> 2"},
        {"3", STAGE_WAVE, "1", "", NULL},
        {"3", STAGE_HELD, "1", "2", "it wants 3, and its record says 1 -> 2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        hand_init(&hand, rows[i].wants);
        hand_place(&hand, "n1", rows[i].wants, 1, INSTANCE_SERVING);
        hand_record(&hand, rows[i].stage, rows[i].from, rows[i].to);
        const struct finding *finding = alarm(ALARM_DRIFT);
        ck_assert_msg((finding != NULL) == (rows[i].says != NULL), "row %zu", i);
        if (finding)
            hand_assert_witness(finding, "service shop", rows[i].says);
        hand_release(&hand);
    }
}
END_TEST

/* Nobody is told of a change from outside where lockstep never was. */
START_TEST(only_who_is_managed_can_drift)
{
    static const char *const marks[] = {"op-1.step"};
    enum { NOTHING, RECORD, MARKS, CONTRACT };

    for (int by = NOTHING; by <= CONTRACT; by++) {
        hand_init(&hand, "2");
        hand_place(&hand, "n1", "2", 1, INSTANCE_SERVING);
        seen = (struct seen){.drift = "replicas are 3, 5 were asked for"};
        hand.in.seen = &seen;
        if (by == RECORD)
            hand_record(&hand, STAGE_STABLE, "1", "2");
        if (by == MARKS) {
            hand.service.marks = (const char **)(uintptr_t)marks;
            hand.service.mark_count = 1;
        }
        if (by == CONTRACT) {
            hand.service.contract = "{service: shop, version: '2'}";
            hand.in.bind = bind_new(NULL);
            bind_put_service(hand.in.bind, &hand.service);
        }
        ck_assert_msg((alarm(ALARM_DRIFT) != NULL) == (by != NOTHING), "%d", by);
        bind_free(hand.in.bind);
        hand_release(&hand);
    }
}
END_TEST

SUITE(guard_observed_edges)
{
    Suite *suite = suite_create("guard_observed_edges");
    TCase *tcase = test_case(suite, "observed", 20);

    tcase_add_test(tcase, a_node_is_called_by_its_name_or_else_by_its_id);
    tcase_add_test(tcase, since_when_a_node_is_away_is_said_only_when_it_is_known);
    tcase_add_test(tcase, what_is_on_no_node_yet_is_a_witness_that_nobody_can_fence);
    tcase_add_test(tcase, a_cluster_that_has_not_settled_says_why_if_it_can);
    tcase_add_test(tcase,
                   the_step_is_what_the_record_says_else_what_the_engine_says_else_what_runs);
    tcase_add_test(tcase, who_acts_on_an_old_picture_is_told_what_is_there_now);
    tcase_add_test(tcase, since_when_a_service_is_at_rest);
    tcase_add_test(tcase, a_canary_on_a_node_that_does_not_report_proves_nothing);
    tcase_add_test(tcase, a_version_that_is_not_known_is_fenced_where_its_node_is_silent);
    tcase_add_test(tcase, a_silence_is_an_alarm_once_it_is_known_to_be_long);
    tcase_add_test(tcase, only_what_is_known_to_be_another_version_has_returned);
    tcase_add_test(tcase, what_it_wants_against_its_record_is_drift);
    tcase_add_test(tcase, only_who_is_managed_can_drift);
    return suite;
}
