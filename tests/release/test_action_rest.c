/* test_action_rest.c: between two writes and after them: what a later look says of the write
 * before, what a record keeps of a rollout that somebody else began, who is named when nothing was
 * done. */
#include "release/acting.h"

#include "base/json.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- between two writes ---- */

/* The second write of a start only holds: a new process sends it. */
START_TEST(what_only_holds_is_sent_by_the_process_that_comes_after)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];
    struct action_status s = {.end = END_NONE};

    acting_open(&bench, "eight");
    op->wire.plan_writes = 2;
    op->wire.plan_holds_from = 1;
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (op->last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    ck_assert_int_eq(op->wire.acts, 1);
    ck_assert_uint_eq(acting_restart(&bench, 0, &s), 1);
    acting_expect(&s, END_APPLIED);
    ck_assert_int_eq(op->wire.acts, 1);
    ck_assert_uint_eq(acting_applied(&bench, s.action.id), 2);
    acting_close(&bench);
}
END_TEST

static const struct {
    const char *what;
    enum verb verb;
    const char *version;
} same[] = {
    {"it names no version", VERB_PAUSE, ""},
    {"its first write leaves the version as it was", VERB_PAUSE, "9"},
};

START_TEST(a_first_write_that_changes_no_version_is_not_taken_for_a_change_by_others)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open_started(&bench, "eight");
    op->wire.plan_writes = 2;
    struct action_status s = acting_do(&bench, 0, same[_i].verb, same[_i].version, 1);
    ck_assert_msg(s.end == END_APPLIED, "%s: %s", same[_i].what, s.sentence);
    ck_assert_uint_eq(acting_applied(&bench, s.action.id), 2);
    acting_close(&bench);
}
END_TEST

START_TEST(given_up_while_nothing_answers_it_ends_with_what_is_in)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open(&bench, "eight-no-ledger");
    op->wire.plan_writes = 2;
    acting_press(&bench, 0, VERB_START, "5", 1);
    while (op->last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    op->wire.refuse_read = ERR_NETWORK;
    op->wire.refuse_times = 100;
    while (op->wire.refuse_times == 100)
        ck_assert(loop_turn(bench.loop, 0));
    action_give_up(op->run); /* that answer is on its way */
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_PARTIAL);
    ck_assert_msg(strstr(s.sentence, "1 of 2 writes are in") != NULL, "%s", s.sentence);
    ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
    acting_close(&bench);
}
END_TEST

/* ---- time ---- */

static struct clock *asleep; /* while the locks are asked for */

static size_t after_a_sleep(void *arg, const struct action *action, const struct service *service,
                            const struct release *release, struct lock_need needs[LOCKS_MAX])
{
    (void)arg, (void)action, (void)service, (void)release, (void)needs;
    clock_advance_ms(asleep, 11000);
    return 0;
}

START_TEST(a_machine_that_slept_between_judgement_and_claim_sends_nothing)
{
    struct acting bench;

    acting_open(&bench, "eight");
    asleep = bench.clock;
    bench.operators[0].env.owner.locks = after_a_sleep;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_msg(strstr(s.sentence, "too much time passed") != NULL, "%s", s.sentence);
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    acting_close(&bench);
}
END_TEST

/* ---- what the record then says ---- */

static const struct {
    const char *record;
    enum verb verb;
    uint32_t to_count, target;
    enum stage stage;
} adopted[] = {
    {"{\"schema\":1}", VERB_PAUSE, 0, 1, STAGE_WAVE},
    {"{\"schema\":1,\"to\":\"5\",\"stage\":\"canary\",\"target\":2}", VERB_PAUSE, 0, 2,
     STAGE_CANARY},
    {"{\"schema\":1,\"to\":\"5\",\"stage\":\"wave\",\"target\":1}", VERB_RESUME, 3, 3, STAGE_WAVE},
    {"{\"schema\":1,\"to\":\"5\",\"stage\":\"wave\",\"target\":6}", VERB_RESUME, 3, 6, STAGE_WAVE},
};

START_TEST(a_pause_adopts_a_rollout_of_others_and_a_resume_never_lowers_what_is_asked_for)
{
    struct acting bench;

    acting_open_started(&bench, "eight");
    acting_put(&bench, "web", adopted[_i].record);
    bench.operators[0].wire.plan_writes = 1;
    struct action_status s = acting_do(&bench, 0, adopted[_i].verb, "5", adopted[_i].to_count);
    acting_expect(&s, END_APPLIED);
    struct release *release = acting_record(&bench);
    ck_assert_str_eq(release->to, "5");
    ck_assert_uint_eq(release->target, adopted[_i].target);
    ck_assert_int_eq(release->stage, adopted[_i].stage);
    ck_assert(release->paused == (adopted[_i].verb == VERB_PAUSE));
    release_free(release);
    acting_close(&bench);
}
END_TEST

START_TEST(a_rollback_of_what_others_began_leaves_no_artifact_of_theirs)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open_started(&bench, "eight");
    acting_put(&bench, "web", "{\"schema\":1,\"to\":\"9\",\"artifact\":\"img:9\"}");
    op->mark = (struct stage_mark){.after = STAGE_ROLLED_BACK};
    struct action_status s = acting_do(&bench, 0, VERB_ROLLBACK, "", 0);
    acting_expect(&s, END_APPLIED);
    struct release *release = acting_record(&bench);
    ck_assert_str_eq(release->to, "5");
    ck_assert_str_eq(release->artifact, "");
    ck_assert_int_eq(release->stage, STAGE_ROLLED_BACK);
    release_free(release);
    acting_close(&bench);
}
END_TEST

static bool plan_note(struct driver *driver, const struct service *service, const json_t *memo,
                      struct action *action, json_t **new_memo, struct err *err)
{
    (void)driver, (void)service, (void)memo, (void)err;
    action->writes = 0;
    *new_memo = json_pack("{s:i}", "was", 8);
    return true;
}

START_TEST(what_a_plan_wants_remembered_is_kept_also_when_nothing_is_written)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].wire.ops.plan = plan_note;
    struct action_status s = acting_do(&bench, 0, VERB_PAUSE, "", 0);
    acting_expect(&s, END_APPLIED);
    struct release *release = acting_record(&bench);
    ck_assert_int_eq(json_integer_value(json_object_get(release->memo, "was")), 8);
    release_free(release);
    acting_close(&bench);
}
END_TEST

static char asked[80]; /* the versions whose contract was asked for */

static json_t *contract_of(void *arg, const char *service_id, const char *version, json_t *archive)
{
    size_t used = strlen(asked);

    (void)arg, (void)service_id, (void)archive;
    snprintf(asked + used, sizeof asked - used, "[%s]", version);
    return NULL;
}

START_TEST(a_contract_is_asked_for_of_versions_that_have_a_name)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open(&bench, "eight");
    op->env.owner.contract = contract_of;
    op->wire.plan_writes = 1;
    asked[0] = '\0';
    struct action_status s = acting_do(&bench, 0, VERB_PAUSE, "", 0);
    acting_expect(&s, END_APPLIED);
    ck_assert_str_eq(asked, "[4]");
    acting_close(&bench);
}
END_TEST

/* ---- who, and why not ---- */

START_TEST(who_moved_a_record_that_knows_no_version_is_named_alone)
{
    struct acting bench;

    acting_open(&bench, "eight");
    acting_put(&bench, "web", "{\"schema\":1,\"by\":\"bob\"}");
    bench.operators[0].wire.refuse_put = ERR_CONFLICT;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_CONFLICT);
    ck_assert_msg(strstr(s.sentence, "bob was first") == s.sentence, "%s", s.sentence);
    acting_close(&bench);
}
END_TEST

static struct {
    int asked;
    driver_ledger_fn *fn;
    void *arg;
    void (*get)(struct driver *, const char *, driver_ledger_fn *, void *);
} gone;

static void say_gone(void *arg)
{
    const struct err none = {0};

    (void)arg;
    gone.fn(gone.arg, NULL, "", &none);
}

static void get_once(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg)
{
    if (++gone.asked == 1) {
        gone.get(driver, key, fn, arg);
        return;
    }
    gone.fn = fn;
    gone.arg = arg;
    loop_post(driver->env.loop, say_gone, NULL);
}

START_TEST(an_old_claim_whose_record_vanishes_is_not_said_to_have_ended)
{
    struct acting bench;
    struct wire *wire = &bench.operators[0].wire;

    acting_open(&bench, "eight");
    acting_put(&bench, "web",
               "{\"schema\":1,\"claim\":{\"id\":\"0123\",\"verb\":\"step\",\"by\":\"bob\","
               "\"to\":\"5\",\"writes\":1,\"at_ms\":1772400000000}}");
    gone.asked = 0;
    gone.get = wire->ops.ledger_get;
    wire->ops.ledger_get = get_once;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_CONFLICT);
    ck_assert_msg(strstr(s.sentence, "it was still open") != NULL, "%s", s.sentence);
    ck_assert_int_eq(gone.asked, 2);
    acting_close(&bench);
}
END_TEST

START_TEST(a_wish_to_break_the_glass_that_is_not_on_record_waits_for_nobody)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];

    acting_open(&bench, "eight");
    op->glass = (struct glass){.rules = "R1", .waits = true};
    op->wire.refuse_put = _i ? ERR_REJECTED : ERR_NONE;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, _i ? END_NOT_APPLIED : END_REFUSED);
    ck_assert_msg(!strstr(s.sentence, "waits for a second identity") == (_i > 0), "%s", s.sentence);
    ck_assert_int_eq(op->wire.acts, 0);
    acting_close(&bench);
}
END_TEST

START_TEST(a_refusal_without_a_verdict_is_on_record_with_its_reason)
{
    struct acting bench;
    struct acting_operator *op = &bench.operators[0];
    char *text, path[320];
    size_t len = 0;

    acting_open(&bench, "eight");
    snprintf(op->refusal, sizeof op->refusal, "nothing is known of it yet");
    op->no_verdict = true;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_REFUSED);
    snprintf(path, sizeof path, "%s", op->journal_path);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    text = xcalloc(JOURNAL_LINE_MAX, 1);
    len = fread(text, 1, JOURNAL_LINE_MAX - 1, f);
    fclose(f);
    ck_assert_uint_gt(len, 0);
    ck_assert_msg(strstr(text, "nothing is known of it yet") && !strstr(text, "\"verdict\""), "%s",
                  text);
    free(text);
    acting_close(&bench);
}
END_TEST

SUITE(action_rest)
{
    Suite *suite = suite_create("action_rest");
    TCase *tcase = test_case(suite, "rest", 60);

    tcase_add_test(tcase, what_only_holds_is_sent_by_the_process_that_comes_after);
    tcase_add_loop_test(tcase,
                        a_first_write_that_changes_no_version_is_not_taken_for_a_change_by_others,
                        0, (int)ARRAY_LEN(same));
    tcase_add_test(tcase, given_up_while_nothing_answers_it_ends_with_what_is_in);
    tcase_add_test(tcase, a_machine_that_slept_between_judgement_and_claim_sends_nothing);
    tcase_add_loop_test(
        tcase, a_pause_adopts_a_rollout_of_others_and_a_resume_never_lowers_what_is_asked_for, 0,
        (int)ARRAY_LEN(adopted));
    tcase_add_test(tcase, a_rollback_of_what_others_began_leaves_no_artifact_of_theirs);
    tcase_add_test(tcase, what_a_plan_wants_remembered_is_kept_also_when_nothing_is_written);
    tcase_add_test(tcase, a_contract_is_asked_for_of_versions_that_have_a_name);
    tcase_add_test(tcase, who_moved_a_record_that_knows_no_version_is_named_alone);
    tcase_add_test(tcase, an_old_claim_whose_record_vanishes_is_not_said_to_have_ended);
    tcase_add_loop_test(tcase, a_wish_to_break_the_glass_that_is_not_on_record_waits_for_nobody, 0,
                        2);
    tcase_add_test(tcase, a_refusal_without_a_verdict_is_on_record_with_its_reason);
    return suite;
}
