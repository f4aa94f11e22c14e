/* test_acting.c: which key presses become intents, questions or refusals. */
#include "acting_hand.h"
#include "base/mem.h"
#include "board/safety.h"
#include "test.h"

#include <string.h>

static struct hand frames[2];
static struct acting acting;
static struct acting_answer answer;

static void setup(void)
{
    memset(&acting, 0, sizeof acting);
    hand_fill(&frames[0], 1);
    hand_fill(&frames[1], 2);
}

static void teardown(void)
{
    acting_release(&acting);
    for (size_t i = 0; i < 2; i++)
        ck_assert_uint_eq(frames[i].frame.refs, 1);
}

static void show(const struct hand *hand, unsigned service, int64_t now_ms)
{
    struct acting_picture picture = hand_picture(hand, &acting, service);

    acting_shown(&acting, &picture, now_ms);
}

static void command(enum command c, unsigned service, int64_t now_ms)
{
    struct acting_press press = hand_press(command_info[c].key[0], service, now_ms);

    acting_command(&acting, c, &press, &answer);
}

static void reply(int key, int64_t now_ms)
{
    struct acting_press press = hand_press(key, 0, now_ms);

    acting_reply(&acting, &press, &answer);
}

static void reply_text(const char *text, int64_t now_ms)
{
    for (; *text; text++)
        reply(*text, now_ms);
}

static void expect_says(const char *part)
{
    ck_assert_int_eq(answer.outcome, ACTING_SAYS);
    ck_assert_msg(strstr(answer.text, part) != NULL, "said: %s", answer.text);
}

START_TEST(the_strength_of_the_question_follows_the_context)
{
    static const struct {
        unsigned service;
        bool armed;
        enum command command;
        enum acting_outcome want;
        const char *expected; /* of the question, or part of what is said */
    } row[] = {
        {SIM, false, COMMAND_STEP, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_RESUME, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_UNDO, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_STEP, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_RESUME, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_UNDO, ACTING_ASKS, ""},
        {PROD, false, COMMAND_STEP, ACTING_SAYS, "prod is not armed: w arms"},
        {PROD, false, COMMAND_RESUME, ACTING_SAYS, "prod is not armed: w arms"},
        {PROD, false, COMMAND_PAUSE, ACTING_ASKS, ""},
        {PROD, false, COMMAND_UNDO, ACTING_ASKS, "web"},
        {PROD, true, COMMAND_STEP, ACTING_ASKS, ""},
        {PROD, true, COMMAND_RESUME, ACTING_ASKS, ""},
        {PROD, true, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {PROD, true, COMMAND_UNDO, ACTING_ASKS, "web"},
        {VIEW, false, COMMAND_STEP, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_PAUSE, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_UNDO, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_ARM, ACTING_SAYS, "cannot be armed"},
        {SIM, false, COMMAND_ARM, ACTING_SAYS, "always work"},
        {DEV, false, COMMAND_ARM, ACTING_SAYS, "without arming"},
        {PROD, false, COMMAND_ARM, ACTING_SAYS, "armed for 10 minutes"},
        {PROD, true, COMMAND_ARM, ACTING_SAYS, "not armed any more"},
    };
    show(&frames[0], row[_i].service, 0);
    if (row[_i].armed)
        command(COMMAND_ARM, row[_i].service, 0);
    command(row[_i].command, row[_i].service, 1);
    ck_assert_int_eq(answer.outcome, row[_i].want);
    if (row[_i].want == ACTING_ASKS)
        ck_assert_str_eq(acting.question.expected, row[_i].expected);
    if (row[_i].want == ACTING_SAYS)
        expect_says(row[_i].expected);
}
END_TEST

START_TEST(arming_ends_after_ten_minutes)
{
    show(&frames[0], PROD, 0);
    command(COMMAND_ARM, PROD, 0);
    ck_assert(acting_is_armed(&acting, &hand_clusters[2], ACTING_ARMED_MS - 1));
    ck_assert(!acting_is_armed(&acting, &hand_clusters[2], ACTING_ARMED_MS));
    ck_assert(!acting_is_armed(&acting, &hand_clusters[1], 0));
    ck_assert(acting_is_armed(&acting, &hand_clusters[0], 0));
    command(COMMAND_STEP, PROD, ACTING_ARMED_MS);
    expect_says("not armed");
}
END_TEST

START_TEST(an_intent_carries_what_was_shown_not_what_is_newer)
{
    show(&frames[0], SIM, 0);
    /* frames[1] is known to the program but not on the screen. */
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_str_eq(answer.intent.spec_digest, "r1.0");
    ck_assert_uint_eq(answer.intent.basis, 100);
    ck_assert_uint_eq(answer.intent.to_count, 1);
    ck_assert_int_eq(answer.intent.verb, VERB_STEP);
    ck_assert_str_eq(answer.intent.cluster, "sim");
    ck_assert_str_eq(answer.intent.service, "s0");
    ck_assert_uint_eq(answer.intent.flags, INTENT_CONFIRMED);
    show(&frames[1], SIM, 2);
    command(COMMAND_STEP, SIM, 3);
    ck_assert_str_eq(answer.intent.spec_digest, "r2.0");
}
END_TEST

START_TEST(nothing_acts_on_what_was_not_shown)
{
    command(COMMAND_STEP, SIM, 0);
    expect_says("stood still");
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM + 1, 1);
    expect_says("the selection moved");
    acting_forget(&acting);
    command(COMMAND_STEP, SIM, 2);
    expect_says("stood still");
}
END_TEST

START_TEST(keys_that_come_together_do_not_act)
{
    show(&frames[0], SIM, 0);
    struct acting_press press = hand_press('S', SIM, 1);
    press.alone = false;
    acting_command(&acting, COMMAND_STEP, &press, &answer);
    expect_says("together with other keys");
    show(&frames[0], PROD, 0);
    press = hand_press('w', PROD, 1);
    press.alone = false;
    acting_command(&acting, COMMAND_ARM, &press, &answer);
    ck_assert(!acting_is_armed(&acting, &hand_clusters[2], 1));
}
END_TEST

START_TEST(a_question_is_deaf_until_it_was_seen_for_300_ms)
{
    show(&frames[0], DEV, 0);
    command(COMMAND_UNDO, DEV, 10);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    reply('y', 1000); /* not drawn yet, whatever the time */
    ck_assert(acting.asking);
    show(&frames[0], DEV, 2000);
    reply('y', 2299);
    reply('n', 2299);
    ck_assert(acting.asking);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
    show(&frames[0], DEV, 2299); /* drawn again: the clock does not start again */
    reply('y', 2300);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_str_eq(answer.intent.spec_digest, "r1.2");
    ck_assert_int_eq(answer.intent.verb, VERB_ROLLBACK);
    ck_assert(!acting.asking);
}
END_TEST

START_TEST(a_picture_without_the_question_does_not_start_its_clock)
{
    show(&frames[0], DEV, 0);
    struct acting_picture before = hand_picture(&frames[0], &acting, DEV);
    command(COMMAND_UNDO, DEV, 10);
    acting_shown(&acting, &before, 20); /* was on its way when the key came */
    reply('y', 1000);
    ck_assert(acting.asking);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
}
END_TEST

START_TEST(only_a_lone_y_is_a_yes)
{
    static const struct {
        int key;
        bool alone, submits, asking;
    } row[] = {
        {'y', true, true, false},
        {'y', false, false, true},
        {'Y', true, false, false},
        {'n', true, false, false},
        {KEYCODE_ENTER, true, false, false},
        {KEYCODE_ESC, true, false, false},
        {3, true, false, false},
        {'U', true, false, false},
        {KEYCODE_PASTE, true, false, true},
        {KEYCODE_RESIZE, true, false, true},
        {KEYCODE_MOUSE, true, false, true},
    };
    show(&frames[0], DEV, 0);
    command(COMMAND_UNDO, DEV, 0);
    show(&frames[0], DEV, 0);
    struct acting_press press = hand_press(row[_i].key, DEV, 1000);
    press.alone = row[_i].alone;
    acting_reply(&acting, &press, &answer);
    ck_assert_int_eq(answer.outcome == ACTING_SUBMITS, row[_i].submits);
    ck_assert_int_eq(acting.asking, row[_i].asking);
}
END_TEST

START_TEST(undo_in_production_wants_the_name_and_arms)
{
    show(&frames[0], PROD, 0);
    command(COMMAND_UNDO, PROD, 0);
    show(&frames[0], PROD, 0);
    reply('y', 1000);
    ck_assert(acting.asking);
    reply(KEYCODE_ENTER, 1000);
    expect_says("that is not web");
    reply(KEYCODE_BACKSPACE, 1000);
    reply_text("weX", 1000);
    reply(KEYCODE_BACKSPACE, 1000);
    reply_text("b", 1000);
    ck_assert_str_eq(acting.question.typed, "web");
    struct acting_press press = hand_press(KEYCODE_ENTER, PROD, 1000);
    press.alone = false;
    acting_reply(&acting, &press, &answer);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
    ck_assert(!acting_is_armed(&acting, &hand_clusters[2], 1000));
    reply(KEYCODE_ENTER, 1000);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_int_eq(answer.intent.verb, VERB_ROLLBACK);
    ck_assert(acting_is_armed(&acting, &hand_clusters[2], 1000));
}
END_TEST

START_TEST(typing_never_overflows)
{
    static const int keys[] = {'a', 0xe9, 0x6f22, 0x1f600, 7, 0x9b, KEYCODE_UP, KEYCODE_BACKSPACE};

    show(&frames[0], PROD, 0);
    command(COMMAND_UNDO, PROD, 0);
    show(&frames[0], PROD, 0);
    for (unsigned i = 0; i < 1000; i++)
        reply(keys[i * 7 % (ARRAY_LEN(keys) - 1)], 1000);
    ck_assert_uint_lt(strlen(acting.question.typed), sizeof acting.question.typed);
    for (unsigned i = 0; i < 1000; i++)
        reply(KEYCODE_BACKSPACE, 1000);
    ck_assert_str_eq(acting.question.typed, "");
}
END_TEST

START_TEST(a_refusal_says_why_and_the_way_out)
{
    struct finding finding = {.rule = RULE_R3,
                              .answer = ANSWER_REFUSE,
                              .sentence = "4 still runs",
                              .way_out = "fence node w3"};
    struct option *option = &frames[0].row[SIM].option[VERB_STEP];

    option->allowed = false;
    option->effect = "R3: 4 still runs";
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    expect_says("web: R3: 4 still runs");
    option->verdict.first = &finding;
    command(COMMAND_STEP, SIM, 1);
    expect_says("web: R3: 4 still runs. Way out: fence node w3");
    option->offered = false;
    command(COMMAND_STEP, SIM, 1);
    expect_says("there is nothing to step");
    frames[0].row[SIM].option[VERB_START].offered = true;
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_int_eq(answer.intent.verb, VERB_START);
    ck_assert_str_eq(answer.intent.version, "2");
}
END_TEST

START_TEST(without_a_journal_only_pause_and_undo_after_a_yes)
{
    frames[0].frame.no_journal = true;
    show(&frames[0], DEV, 0);
    command(COMMAND_STEP, DEV, 1);
    expect_says("no journal: disk full");
    command(COMMAND_PAUSE, DEV, 1);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    show(&frames[0], DEV, 1);
    reply('y', 1000);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_uint_eq(answer.intent.flags, INTENT_CONFIRMED | INTENT_NO_JOURNAL);
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
}
END_TEST

START_TEST(names_are_not_taken_for_ids)
{
    /* A service whose name is another one's id must not be hit in its place. */
    frames[0].service[1].name = hand_ids[0];
    const struct row *first = frames[0].rows[0];
    frames[0].rows[0] = frames[0].rows[1];
    frames[0].rows[1] = first;
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    ck_assert_str_eq(answer.intent.service, "s0");
    ck_assert_str_eq(answer.intent.spec_digest, "r1.0");
}
END_TEST

/* What rules that only warn, or are enforced, leave of a key. */

static void refuse(struct hand *hand, unsigned service, enum verb verb, enum level level)
{
    static const struct witness witness = {"node w7", "silent, last ran 4", 41000};
    struct option *option = &hand->row[service].option[verb];
    struct finding *finding = &option->verdict.findings[RULE_R3];

    *finding = (struct finding){.rule = RULE_R3,
                                .answer = ANSWER_REFUSE,
                                .level = level,
                                .sentence = "4 may still run beside 5 and 6",
                                .way_out = "fence w7",
                                .witnesses = (struct witness *)(uintptr_t)&witness,
                                .witness_count = 1};
    option->allowed = false;
    option->verdict.answer = ANSWER_REFUSE;
    option->verdict.level = level;
    option->verdict.first = finding;
}

START_TEST(a_rule_that_warns_asks_once_more_and_one_that_is_enforced_does_not)
{
    static const struct {
        unsigned service;
        bool armed;
        enum level level;
        enum command command;
        enum verb verb;
        enum acting_outcome want;
        const char *expected; /* of the question, or part of what is said */
    } row[] = {
        {SIM, false, LEVEL_WARN, COMMAND_STEP, VERB_STEP, ACTING_SAYS, "Way out: fence w7"},
        {DEV, false, LEVEL_WARN, COMMAND_STEP, VERB_STEP, ACTING_ASKS, ""},
        {PROD, false, LEVEL_WARN, COMMAND_STEP, VERB_STEP, ACTING_SAYS, "w arms"},
        {PROD, true, LEVEL_WARN, COMMAND_STEP, VERB_STEP, ACTING_ASKS, "R3"},
        {PROD, true, LEVEL_WARN, COMMAND_RESUME, VERB_RESUME, ACTING_ASKS, "R3"},
        {PROD, false, LEVEL_WARN, COMMAND_UNDO, VERB_ROLLBACK, ACTING_ASKS, "web"},
        {VIEW, false, LEVEL_WARN, COMMAND_STEP, VERB_STEP, ACTING_SAYS, "read-only"},
        {DEV, false, LEVEL_ENFORCE, COMMAND_STEP, VERB_STEP, ACTING_SAYS, "Way out: fence w7"},
        {PROD, true, LEVEL_ENFORCE, COMMAND_STEP, VERB_STEP, ACTING_SAYS, "Way out: fence w7"},
        {PROD, true, LEVEL_ENFORCE, COMMAND_UNDO, VERB_ROLLBACK, ACTING_SAYS, "fence w7"},
    };
    refuse(&frames[0], row[_i].service, row[_i].verb, row[_i].level);
    show(&frames[0], row[_i].service, 0);
    if (row[_i].armed)
        command(COMMAND_ARM, row[_i].service, 0);
    command(row[_i].command, row[_i].service, 1);
    ck_assert_int_eq(answer.outcome, row[_i].want);
    if (row[_i].want == ACTING_SAYS) {
        expect_says(row[_i].expected);
        return;
    }
    ck_assert_str_eq(acting.question.expected, row[_i].expected);
    ck_assert_ptr_nonnull(strstr(acting.question.line[1], "R3 one step warns: 4 may still run"));
    ck_assert_ptr_nonnull(strstr(acting.question.line[2], "node w7: silent, last ran 4"));
    ck_assert(acting.pending.flags & INTENT_WARNED);
    ck_assert(!(acting.pending.flags & INTENT_BREAK_GLASS));
}
END_TEST

START_TEST(a_stale_picture_cannot_be_warned_away)
{
    struct finding *serial = &frames[0].row[DEV].option[VERB_STEP].verdict.findings[RULE_RL];

    refuse(&frames[0], DEV, VERB_STEP, LEVEL_WARN);
    *serial = (struct finding){.rule = RULE_RL,
                               .answer = ANSWER_REFUSE,
                               .level = LEVEL_WARN,
                               .sentence = "it changed",
                               .way_out = "look again"};
    show(&frames[0], DEV, 0);
    command(COMMAND_STEP, DEV, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SAYS);
    command(COMMAND_MORE, DEV, 1);
    expect_says("nothing more to do");
}
END_TEST

/* Opens X and its first choice, and puts each on the screen. */
static void choose_first(unsigned service)
{
    show(&frames[0], service, 0);
    command(COMMAND_ARM, service, 0);
    command(COMMAND_MORE, service, 1);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    show(&frames[0], service, 2);
    reply('1', 400);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    ck_assert_int_eq(acting.question.kind, QUESTION_REASON);
    show(&frames[0], service, 500);
}

START_TEST(the_glass_breaks_with_a_reason_and_the_key_that_nobody_presses_by_habit)
{
    refuse(&frames[0], PROD, VERB_STEP, LEVEL_ENFORCE);
    choose_first(PROD);
    ck_assert(acting.question.danger);
    ck_assert_ptr_nonnull(strstr(acting.question.title, "Break the glass: S past R3"));
    reply_text("y", 900);
    reply(24, 900);
    expect_says("say why, in 10 letters");
    reply_text("es, the readers are off", 900);
    reply(KEYCODE_ENTER, 900);
    expect_says("ctrl-x breaks the glass");
    struct acting_press pasted = hand_press(24, PROD, 900);
    pasted.alone = false;
    acting_reply(&acting, &pasted, &answer);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
    reply(24, 900);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_int_eq(answer.intent.verb, VERB_STEP);
    ck_assert(answer.intent.flags & INTENT_BREAK_GLASS);
    ck_assert_str_eq(answer.intent.reason, "yes, the readers are off");
    ck_assert_str_eq(answer.intent.spec_digest, frames[0].service[PROD].spec_digest);
    ck_assert_uint_eq(answer.intent.basis, frames[0].row[PROD].basis);
}
END_TEST

START_TEST(more_needs_arming_in_production_and_cancels_on_anything_else)
{
    refuse(&frames[0], PROD, VERB_STEP, LEVEL_ENFORCE);
    show(&frames[0], PROD, 0);
    command(COMMAND_MORE, PROD, 0);
    expect_says("w arms");
    command(COMMAND_ARM, PROD, 0);
    command(COMMAND_MORE, PROD, 1);
    show(&frames[0], PROD, 2);
    reply('1', 100);
    ck_assert_int_eq(acting.question.kind, QUESTION_MENU); /* too early */
    reply('7', 400);
    expect_says("cancelled");
    ck_assert(!acting.asking);
    show(&frames[0], VIEW, 500);
    command(COMMAND_MORE, VIEW, 500);
    expect_says("read-only");
    show(&frames[0], DEV, 500);
    command(COMMAND_MORE, DEV, 500);
    expect_says("nothing more to do");
}
END_TEST

/* A node that is silent with an old version, and a format that nothing writes any more. */
static void lose(struct hand *hand, unsigned service)
{
    static struct node nodes[2];
    static struct placement place = {.node = "n7"};
    static struct version_count version = {.version = "4"};
    static struct snapshot snapshot = {.nodes = nodes, .node_count = 2};
    static const char *const gone[] = {"json-3"};
    static const struct safety_store store = {
        .name = "invoices", .may = "json-3", .has = "", .adds = "", .gone = gone, .gone_count = 1};
    static const struct safety safety = {.stores = &store, .store_count = 1};
    const char *cluster = hand_clusters[service / 2].name;

    nodes[0] = (struct node){.cluster = cluster, .id = "n6", .name = "w6", .note = ""};
    nodes[1] = (struct node){
        .cluster = cluster, .id = "n7", .name = "w7", .state = NODE_SILENT, .note = ""};
    hand->service[service].placements = &place;
    hand->service[service].placement_count = 1;
    hand->service[service].versions = &version;
    hand->service[service].version_count = 1;
    hand->row[service].safety = &safety;
    hand->frame.snapshot = &snapshot;
}

START_TEST(silent_nodes_are_fenced_and_formats_attested_with_evidence)
{
    static const struct {
        int key;
        enum verb verb;
        const char *target, *version, *choice;
    } row[] = {
        {'1', VERB_FENCE, "n7", "", "fence node w7: silent"},
        {'2', VERB_ATTEST, "invoices", "json-3", "attest: json-3 is gone from store invoices"},
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        lose(&frames[0], SIM);
        show(&frames[0], SIM, 0);
        command(COMMAND_MORE, SIM, 1);
        ck_assert_uint_eq(acting.question.choice_count, 2);
        ck_assert_ptr_nonnull(strstr(acting.question.choice[i], row[i].choice));
        show(&frames[0], SIM, 2);
        reply(row[i].key, 400);
        show(&frames[0], SIM, 500);
        reply_text("disk wiped by Ana", 900);
        reply(KEYCODE_ENTER, 900);
        ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
        ck_assert_int_eq(answer.intent.verb, row[i].verb);
        ck_assert_str_eq(answer.intent.service, row[i].target);
        ck_assert_str_eq(answer.intent.version, row[i].version);
        ck_assert_str_eq(answer.intent.reason, "disk wiped by Ana");
        ck_assert_uint_eq(answer.intent.flags, INTENT_CONFIRMED);
    }
}
END_TEST

SUITE(acting)
{
    Suite *suite = suite_create("acting");
    TCase *tcase = test_case(suite, "rules", 5);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_strength_of_the_question_follows_the_context, 0, 24);
    tcase_add_test(tcase, arming_ends_after_ten_minutes);
    tcase_add_test(tcase, an_intent_carries_what_was_shown_not_what_is_newer);
    tcase_add_test(tcase, nothing_acts_on_what_was_not_shown);
    tcase_add_test(tcase, keys_that_come_together_do_not_act);
    tcase_add_test(tcase, a_question_is_deaf_until_it_was_seen_for_300_ms);
    tcase_add_test(tcase, a_picture_without_the_question_does_not_start_its_clock);
    tcase_add_loop_test(tcase, only_a_lone_y_is_a_yes, 0, 11);
    tcase_add_test(tcase, undo_in_production_wants_the_name_and_arms);
    tcase_add_test(tcase, typing_never_overflows);
    tcase_add_test(tcase, a_refusal_says_why_and_the_way_out);
    tcase_add_test(tcase, without_a_journal_only_pause_and_undo_after_a_yes);
    tcase_add_test(tcase, names_are_not_taken_for_ids);
    tcase_add_loop_test(tcase, a_rule_that_warns_asks_once_more_and_one_that_is_enforced_does_not,
                        0, 10);
    tcase_add_test(tcase, a_stale_picture_cannot_be_warned_away);
    tcase_add_test(tcase, the_glass_breaks_with_a_reason_and_the_key_that_nobody_presses_by_habit);
    tcase_add_test(tcase, more_needs_arming_in_production_and_cancels_on_anything_else);
    tcase_add_test(tcase, silent_nodes_are_fenced_and_formats_attested_with_evidence);
    return suite;
}
