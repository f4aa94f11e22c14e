/* test_action_crash.c: a process dies before or after any single call; what is said after
 * its restart, or by another operator in its place, must be true and stay true. */
#include "release/acting.h"
#include "release/protocol.h"

#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* What the process was doing. */
static const struct {
    const char *name;
    enum verb verb;
    const char *version;
    uint32_t to;
} deeds[] = {
    {"start", VERB_START, "5", 1},
    {"step of two writes", VERB_STEP, "5", 3},
    {"rollback", VERB_ROLLBACK, "", 0},
};
static const char *const scenarios[] = {"eight-two-writes", "eight-no-fence", "eight-no-ledger"};

/* Who settles it. */
enum healer { HEALER_RESTART, HEALER_OTHER, HEALER_BOTH, HEALER_COUNT };

enum { CALLS_MAX = 60 };

static void prepare(struct acting *bench, size_t deed)
{
    if (deeds[deed].verb == VERB_START)
        return;
    struct action_status s = acting_do(bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    acting_pass(bench, 60000);
}

static unsigned writes_of(size_t scenario, size_t deed)
{
    return deeds[deed].verb == VERB_STEP && strcmp(scenarios[scenario], "eight-no-ledger") != 0 ? 2
                                                                                                : 1;
}

static void expect_told(struct acting *bench, const char *id, enum action_end end, unsigned writes,
                        const char *what)
{
    unsigned applied = acting_applied(bench, id);
    bool ok = false;

    switch (end) {
    case END_APPLIED:
        ok = applied == writes;
        break;
    case END_CONFLICT:
    case END_NOT_APPLIED:
        ok = applied == 0;
        break;
    case END_PARTIAL:
        ok = applied > 0 && applied < writes;
        break;
    case END_NONE:
    case END_REFUSED:
    case END_UNKNOWN:
    case END_COUNT:
        break;
    }
    ck_assert_msg(ok, "%s: said %s, applied %u of %u", what, action_end_word[end], applied, writes);
}

static enum action_end end_of(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_APPLIED:
        return END_APPLIED;
    case OUTCOME_NOT_APPLIED:
        return END_NOT_APPLIED;
    case OUTCOME_PARTIAL:
        return END_PARTIAL;
    case OUTCOME_NONE:
    case OUTCOME_UNKNOWN:
    case OUTCOME_COUNT:
        break;
    }
    return END_UNKNOWN;
}

/* The other operator presses a key long after; the record then tells how the dead one's ended. */
static void heal_by_other(struct acting *bench, const char *id, unsigned writes, const char *what)
{
    struct release *before = acting_record(bench);
    bool claimed = before && strcmp(before->claim.id, id) == 0;

    release_free(before);
    acting_pass(bench, 180000);
    struct action_status s = acting_do(bench, 1, VERB_PAUSE, "", 0);
    ck_assert_msg(s.end == (claimed ? END_CONFLICT : END_APPLIED), "%s: %s", what, s.sentence);
    struct release *record = acting_record(bench);
    if (claimed) {
        ck_assert_msg(strstr(s.sentence, "ann") != NULL, "%s: %s", what, s.sentence);
        ck_assert_str_eq(record->claim.id, "");
        expect_told(bench, id, end_of(release_recall(record, id)), writes, what);
    }
    release_free(record);
}

/* Crashes at call `at`; false when the deed was over before. */
static bool crash_once(size_t scenario, size_t deed, int at, bool answer_only, enum healer healer)
{
    struct acting bench;
    struct action_status s = {.end = END_NONE};
    char id[ID_TEXT], what[160];

    acting_open(&bench, scenarios[scenario]);
    prepare(&bench, deed);
    struct wire *wire = &bench.operators[0].wire;
    wire->cut_at = wire->calls + at;
    wire->answer_only = answer_only;
    acting_press(&bench, 0, deeds[deed].verb, deeds[deed].version, deeds[deed].to);
    snprintf(id, sizeof id, "%s", action_status_of(bench.operators[0].run)->action.id);
    while (!wire->cut && action_status_of(bench.operators[0].run)->phase != PHASE_DONE)
        ck_assert(loop_turn(bench.loop, 0));
    bool cut = wire->cut;
    snprintf(what, sizeof what, "%s, %s, crash %s call %d (%s)", scenarios[scenario],
             deeds[deed].name, answer_only ? "after" : "before", at,
             cut ? wire->cut_call : "never");
    if (cut) {
        unsigned writes = writes_of(scenario, deed);
        bool intended = false;
        acting_pass(&bench, (int64_t)at * 700 % 4000);
        acting_drop(&bench, 0);
        intended = acting_open_intents(&bench, 0) > 0;
        if (!intended)
            ck_assert_msg(acting_applied(&bench, id) == 0, "%s: applied without intent", what);
        if (healer != HEALER_RESTART)
            heal_by_other(&bench, id, writes, what);
        if (healer != HEALER_OTHER) {
            ck_assert_uint_eq(acting_restart(&bench, 0, &s), intended ? 1 : 0);
            if (intended)
                expect_told(&bench, id, s.end, writes, what);
            ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
        }
        acting_pass(&bench, 60000);
        if (intended && healer != HEALER_OTHER)
            expect_told(&bench, id, s.end, writes, what);
        acting_applied(&bench, id);
        struct release *record = acting_record(&bench);
        ck_assert_msg(!record || !record->claim.id[0], "%s: the claim stands", what);
        release_free(record);
    }
    acting_close(&bench);
    return cut;
}

static void crash_everywhere(size_t scenario, enum healer healer)
{
    for (size_t deed = 0; deed < ARRAY_LEN(deeds); deed++)
        for (int answer_only = 0; answer_only < 2; answer_only++) {
            int at = 1;
            while (crash_once(scenario, deed, at, answer_only, healer))
                ck_assert_int_lt(++at, CALLS_MAX);
            ck_assert_int_gt(at, 2);
        }
}

START_TEST(after_a_restart_the_true_state_is_told)
{
    crash_everywhere((size_t)_i, HEALER_RESTART);
}
END_TEST

START_TEST(another_operator_settles_what_the_dead_one_left)
{
    crash_everywhere((size_t)_i, HEALER_OTHER);
}
END_TEST

START_TEST(whoever_comes_later_tells_the_same)
{
    crash_everywhere((size_t)_i, HEALER_BOTH);
}
END_TEST

/* The second process dies as well, at every one of its calls. */
START_TEST(a_crash_while_settling_changes_nothing)
{
    for (int first = 5; first < 9; first++)
        for (int second = 1; second < 12; second++) {
            struct acting bench;
            struct action_status s = {.end = END_NONE};
            char id[ID_TEXT], what[100];
            acting_open(&bench, scenarios[_i]);
            struct wire *wire = &bench.operators[0].wire;
            wire->cut_at = first;
            wire->answer_only = second % 2;
            acting_press(&bench, 0, VERB_START, "5", 1);
            snprintf(id, sizeof id, "%s", action_status_of(bench.operators[0].run)->action.id);
            while (!wire->cut && action_status_of(bench.operators[0].run)->phase != PHASE_DONE)
                ck_assert(loop_turn(bench.loop, 0));
            snprintf(what, sizeof what, "%s, calls %d and %d", scenarios[_i], first, second);
            struct action_status half = *action_status_of(bench.operators[0].run);
            acting_drop(&bench, 0);
            if (half.phase != PHASE_DONE && acting_open_intents(&bench, 0) > 0) {
                struct claim claim = {.writes = 1};
                const struct service *service = acting_service(&bench);
                struct release *record = acting_record(&bench);
                if (record && record->claim.id[0])
                    claim = record->claim;
                else
                    snprintf(claim.id, sizeof claim.id, "%s", id);
                snprintf(claim.by, sizeof claim.by, "ann");
                release_free(record);
                wire->cut_at = second;
                wire->answer_only = !(second % 2);
                bench.operators[0].run =
                    action_settle(&bench.operators[0].env, service->id, &claim);
                service_unref(service);
                acting_pass(&bench, 30000);
                acting_restart(&bench, 0, &s);
                if (s.end != END_NONE)
                    expect_told(&bench, id, s.end, 1, what);
                acting_pass(&bench, 60000);
                if (s.end != END_NONE)
                    expect_told(&bench, id, s.end, 1, what);
                ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
            }
            acting_close(&bench);
        }
}
END_TEST

/* The journal may know of a write whose claim never came to be. */
START_TEST(the_base_that_counts_is_the_one_in_the_ledger)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, scenarios[_i]);
    sim_inject(bench.sim, SIM_DELAY_REQUEST, "act", &err);
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (bench.operators[0].wire.acts == 0)
        ck_assert(loop_turn(bench.loop, 0));
    struct claim claim = {.verb = VERB_START, .by = "ann", .base = "another", .writes = 1};
    snprintf(claim.id, sizeof claim.id, "%s", action_status_of(bench.operators[0].run)->action.id);
    acting_drop(&bench, 0);
    const struct service *service = acting_service(&bench);
    bench.operators[0].run = action_settle(&bench.operators[0].env, service->id, &claim);
    service_unref(service);
    struct action_status s = acting_finish(&bench, 0);
    expect_told(&bench, claim.id, s.end, 1, "at once");
    if (s.end == END_UNKNOWN)
        ck_assert_msg(strstr(s.sentence, "Look at the service") != NULL, "%s", s.sentence);
    acting_pass(&bench, 60000);
    expect_told(&bench, claim.id, s.end, 1, "a minute later");
    acting_close(&bench);
}
END_TEST

START_TEST(without_a_store_an_object_that_moved_since_says_nothing_of_what_was_sent)
{
    struct acting bench;
    struct claim claim = {.verb = VERB_START, .by = "ann", .base = "another", .writes = 1};

    acting_open(&bench, "eight-no-ledger");
    snprintf(claim.id, sizeof claim.id, "00112233445566778899aabbccddeeff");
    const struct service *service = acting_service(&bench);
    bench.operators[0].run = action_settle(&bench.operators[0].env, service->id, &claim);
    service_unref(service);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_UNKNOWN);
    ck_assert_str_eq(s.sentence,
                     "could not be found out. Look at the service before you act again");
    acting_close(&bench);
}
END_TEST

/* The form of the explorer that shows what a claim is for. */
START_TEST(an_outcome_without_a_claim_is_stored_past_what_others_put_there)
{
    struct protocol p = protocol_new(CAP_LEDGER | CAP_FENCE);
    static const struct protocol_event events[] = {
        {.reply = REPLY_OK},              /* the service */
        {.reply = REPLY_OK},              /* its record */
        {.reply = REPLY_OK, .writes = 1}, /* judged */
        {.reply = REPLY_OK},              /* sent */
        {.reply = REPLY_CONFLICT},        /* stored, and somebody was faster */
        {.reply = REPLY_OK, .facts = 0},  /* looked: nothing of ours */
    };
    struct protocol_effect effect = protocol_effect_of(&p);

    p.protections = PROTECT_ALL & ~(unsigned)PROTECT_CLAIM;
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        effect = protocol_next(&p, events[i]);
    ck_assert_int_eq(effect.kind, EFFECT_STORE);
    ck_assert_int_eq(effect.outcome, OUTCOME_APPLIED);
}
END_TEST

/* What only holds or goes back is finished; a step is offered. */
START_TEST(after_a_crash_a_step_is_not_finished_by_itself)
{
    struct acting bench;
    struct action_status s;

    acting_open(&bench, "eight-two-writes");
    acting_do(&bench, 0, VERB_START, "5", 1);
    acting_pass(&bench, 60000);
    acting_press(&bench, 0, VERB_STEP, "5", 4);
    while (bench.operators[0].last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    ck_assert_uint_eq(acting_restart(&bench, 0, &s), 1);
    acting_expect(&s, END_PARTIAL);
    ck_assert_msg(strstr(s.sentence, "1 of 2") && strstr(s.sentence, "U goes back"), "%s",
                  s.sentence);
    struct release *record = acting_record(&bench);
    ck_assert_int_eq(release_recall(record, s.action.id), OUTCOME_PARTIAL);
    release_free(record);
    s = acting_do(&bench, 0, VERB_ROLLBACK, "", 0);
    acting_expect(&s, END_APPLIED);
    acting_close(&bench);
}
END_TEST

/* Write 1 of 3 was claimed and never sent, which only a fence can tell. */
static struct protocol_effect missed_write(unsigned caps, uint32_t holds_from)
{
    struct protocol p = protocol_settle(caps, 1, 3, holds_from);
    const struct protocol_event claimed = {.facts = FACT_CLAIMED, .write = 1, .writes = 3};

    protocol_next(&p, claimed);
    protocol_next(&p, (struct protocol_event){.facts = FACT_CURRENT});
    protocol_next(&p, (struct protocol_event){.reply = REPLY_OK});
    return protocol_next(&p, (struct protocol_event){.facts = 0});
}

START_TEST(what_only_holds_is_sent_again_after_a_crash_and_nothing_else)
{
    const unsigned caps = CAP_FENCE | CAP_LEDGER | CAP_JOURNAL;
    struct protocol_effect again = missed_write(caps | CAP_HOLDS, 1);

    ck_assert_int_eq(again.kind, EFFECT_READ_SERVICE);
    ck_assert(again.rebase);
    ck_assert_uint_eq(again.write, 0);
    const struct protocol_effect over[] = {missed_write(caps | CAP_HOLDS, 2),
                                           missed_write(caps, 1)};
    for (size_t i = 0; i < ARRAY_LEN(over); i++) {
        ck_assert_int_eq(over[i].kind, EFFECT_STORE);
        ck_assert_int_eq(over[i].outcome, OUTCOME_PARTIAL);
    }
}
END_TEST

/* The intent of a write that moves was on disk, but not its claim. */
START_TEST(a_write_that_moves_is_not_sent_after_a_crash_though_the_next_one_holds)
{
    struct protocol p = protocol_settle(CAP_ALL, 1, 3, 2);
    const struct protocol_event claimed = {.facts = FACT_CLAIMED, .write = 0, .writes = 3};

    protocol_next(&p, claimed);
    struct protocol_effect e = protocol_next(&p, (struct protocol_event){.facts = FACT_MARK});
    ck_assert_int_eq(e.kind, EFFECT_STORE);
    ck_assert_int_eq(e.outcome, OUTCOME_PARTIAL);
}
END_TEST

SUITE(action_crash)
{
    Suite *suite = suite_create("action_crash");
    TCase *tcase = test_case(suite, "crash", 120);

    tcase_add_loop_test(tcase, after_a_restart_the_true_state_is_told, 0,
                        (int)ARRAY_LEN(scenarios));
    tcase_add_loop_test(tcase, another_operator_settles_what_the_dead_one_left, 0, 2);
    tcase_add_loop_test(tcase, whoever_comes_later_tells_the_same, 0, 2);
    tcase_add_loop_test(tcase, a_crash_while_settling_changes_nothing, 0,
                        (int)ARRAY_LEN(scenarios));
    tcase_add_loop_test(tcase, the_base_that_counts_is_the_one_in_the_ledger, 0, 2);
    tcase_add_test(tcase, without_a_store_an_object_that_moved_since_says_nothing_of_what_was_sent);
    tcase_add_test(tcase, an_outcome_without_a_claim_is_stored_past_what_others_put_there);
    tcase_add_test(tcase, after_a_crash_a_step_is_not_finished_by_itself);
    tcase_add_test(tcase, what_only_holds_is_sent_again_after_a_crash_and_nothing_else);
    tcase_add_test(tcase, a_write_that_moves_is_not_sent_after_a_crash_though_the_next_one_holds);
    return suite;
}
