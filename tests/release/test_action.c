/* test_action.c: intents against the simulated cluster, with everything that can happen
 * to the messages on the way. */
#include "release/acting.h"

#include "test.h"

#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void expect_versions(struct acting *bench, const char *version, unsigned count)
{
    acting_pass(bench, 60000);
    const struct service *service = acting_service(bench);
    ck_assert_uint_eq(service_count(service, version, STATES_SERVING), count);
    service_unref(service);
}

static void expect_at_rest(struct acting *bench)
{
    struct release *release = acting_record(bench);

    ck_assert_msg(!release || !release->claim.id[0], "the claim of %s stands", release->claim.by);
    release_free(release);
    ck_assert_uint_eq(acting_open_intents(bench, 0), 0);
    ck_assert_uint_eq(acting_open_intents(bench, 1), 0);
}

START_TEST(a_release_is_started_stepped_paused_resumed_and_rolled_back)
{
    struct acting bench;
    struct action_status s;

    acting_open(&bench, "eight-two-writes");
    s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    expect_versions(&bench, "5", 1);
    struct release *release = acting_record(&bench);
    ck_assert_int_eq(release->stage, STAGE_CANARY);
    ck_assert_str_eq(release->from, "4");
    ck_assert_str_eq(release->to, "5");
    ck_assert_str_eq(release->by, "ann");
    ck_assert_uint_eq(release->target, 1);
    ck_assert_ptr_nonnull(release->memo);
    ck_assert_str_eq(release->journal_head[0] ? "kept" : "", "kept");
    ck_assert_int_eq(release_recall(release, s.action.id), OUTCOME_APPLIED);
    release_free(release);
    s = acting_do(&bench, 1, VERB_STEP, "5", 3);
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_eq(s.action.writes, 2);
    expect_versions(&bench, "5", 3);
    s = acting_do(&bench, 0, VERB_PAUSE, "", 0);
    acting_expect(&s, END_APPLIED);
    release = acting_record(&bench);
    ck_assert(release->paused && release->target == 3 && release->stage == STAGE_WAVE);
    release_free(release);
    s = acting_do(&bench, 1, VERB_RESUME, "", 0);
    acting_expect(&s, END_APPLIED);
    s = acting_do(&bench, 1, VERB_ROLLBACK, "", 0);
    acting_expect(&s, END_APPLIED);
    expect_versions(&bench, "4", 8);
    release = acting_record(&bench);
    ck_assert(!release->paused && release->target == 0);
    release_free(release);
    expect_at_rest(&bench);
    acting_close(&bench);
}
END_TEST

START_TEST(a_refusal_sends_nothing_and_is_written_down)
{
    struct acting bench;

    acting_open(&bench, "eight");
    snprintf(bench.operators[0].refusal, 80, "R3: version 4 may still run on w3");
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_REFUSED);
    ck_assert_str_eq(s.sentence, "R3: version 4 may still run on w3");
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    ck_assert_uint_eq(sim_applied_total(bench.sim), 0);
    expect_at_rest(&bench);
    acting_close(&bench);
}
END_TEST

static const char *const scenarios[] = {"eight-two-writes", "eight-no-fence", "eight-no-ledger"};

START_TEST(of_two_who_press_at_once_one_wins_and_the_other_is_told)
{
    for (int lead = 0; lead < 40; lead++) {
        struct acting bench;
        acting_open(&bench, scenarios[_i]);
        acting_press(&bench, 0, VERB_START, "5", 1);
        for (int turn = 0; turn < lead; turn++)
            loop_turn(bench.loop, 0);
        acting_press(&bench, 1, VERB_START, "6", 1);
        struct action_status a = acting_finish(&bench, 0), b = acting_finish(&bench, 1);
        unsigned won = (a.end == END_APPLIED ? 1u : 0u) + (b.end == END_APPLIED ? 1u : 0u);
        ck_assert_msg(won == 1, "%d turns: %s / %s", lead, a.sentence, b.sentence);
        const struct action_status *loser = a.end == END_APPLIED ? &b : &a;
        const char *winner = a.end == END_APPLIED ? "ann" : "bob";
        if (loser->end == END_CONFLICT && strcmp(scenarios[_i], "eight-no-ledger") != 0)
            ck_assert_msg(strstr(loser->sentence, winner) != NULL, "%s", loser->sentence);
        else if (loser->end != END_CONFLICT) /* came when it was over: not possible any more */
            ck_assert_msg(loser->end == END_REFUSED || loser->end == END_UNKNOWN, "%d turns: %s",
                          lead, loser->sentence);
        ck_assert_uint_eq(acting_applied(&bench, loser->action.id), 0);
        ck_assert_uint_eq(sim_applied_total(bench.sim), 1);
        expect_at_rest(&bench);
        acting_close(&bench);
    }
}
END_TEST

static const enum sim_fault faults[] = {SIM_LOSE_REQUEST, SIM_LOSE_ANSWER,       SIM_DELAY_REQUEST,
                                        SIM_DELAY_ANSWER, SIM_DUPLICATE_REQUEST, SIM_CONFLICT};
static const char *const targets[] = {"act", "ledger", "fence"};

/* What was said must be so, now and for ever, and nothing may be left hanging. */
static void expect_truth(struct acting *bench, const struct action_status *s, const char *what)
{
    acting_pass(bench, 60000);
    unsigned applied = acting_applied(bench, s->action.id);
    unsigned writes = s->action.writes;

    switch (s->end) {
    case END_APPLIED:
        ck_assert_msg(applied == writes, "%s: said applied, %u of %u", what, applied, writes);
        break;
    case END_REFUSED:
    case END_CONFLICT:
    case END_NOT_APPLIED:
        ck_assert_msg(applied == 0, "%s: said %s, %u of %u", what, action_end_word[s->end], applied,
                      writes);
        break;
    case END_PARTIAL:
        ck_assert_msg(applied > 0 && applied < writes, "%s: said partial, %u of %u", what, applied,
                      writes);
        break;
    case END_NONE:
    case END_UNKNOWN:
    case END_COUNT:
        ck_abort_msg("%s: %s", what, s->sentence);
    }
    ck_assert_uint_gt(strlen(s->sentence), 5);
    expect_at_rest(bench);
}

static void inject(struct acting *bench, int fault, int target, int times)
{
    struct err err = {0};

    for (int i = 0; i < times; i++)
        ck_assert_msg(sim_inject(bench->sim, faults[fault], targets[target], &err), "%s", err.text);
}

/* Fault x what it meets x how often x kind of cluster, on a step of two writes. */
START_TEST(what_is_said_is_true_whatever_happens_to_the_messages)
{
    for (int fault = 0; fault < (int)ARRAY_LEN(faults); fault++)
        for (int target = 0; target < (int)ARRAY_LEN(targets); target++)
            for (int times = 1; times <= 3; times++) {
                struct acting bench;
                struct err err = {0};
                char what[100];
                acting_open(&bench, scenarios[_i]);
                struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
                acting_expect(&s, END_APPLIED);
                acting_pass(&bench, 60000);
                snprintf(what, sizeof what, "%s: %s of %s, %d times", scenarios[_i],
                         sim_fault_word[faults[fault]], targets[target], times);
                inject(&bench, fault, target, times);
                if (target == 2) /* a fence needs a reason */
                    sim_inject(bench.sim, SIM_LOSE_REQUEST, "act", &err);
                s = acting_do(&bench, 0, VERB_STEP, "5", 3);
                expect_truth(&bench, &s, what);
                acting_close(&bench);
            }
}
END_TEST

START_TEST(a_lost_request_is_fenced_off_and_a_lost_answer_is_found)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight");
    sim_inject(bench.sim, SIM_DELAY_REQUEST, "act", &err);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_eq(bench.operators[0].wire.fences, 1);
    expect_truth(&bench, &s, "delayed request");
    sim_inject(bench.sim, SIM_LOSE_ANSWER, "act", &err);
    s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    expect_truth(&bench, &s, "lost answer");
    acting_close(&bench);
}
END_TEST

START_TEST(without_a_fence_it_waits_until_nothing_can_arrive)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight-no-fence");
    sim_inject(bench.sim, SIM_LOSE_REQUEST, "act", &err);
    int64_t began = loop_now_ms(bench.loop);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_ge(loop_now_ms(bench.loop) - began, bench.operators[0].wire.caps.settle_ms);
    ck_assert_int_eq(bench.operators[0].wire.fences, 0);
    expect_truth(&bench, &s, "lost request");
    acting_close(&bench);
}
END_TEST

START_TEST(an_answer_of_refusal_ends_it_at_once)
{
    static const enum err_code codes[] = {ERR_REJECTED, ERR_AUTH, ERR_NOT_FOUND, ERR_UNSUPPORTED};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct acting bench;
        acting_open(&bench, "eight");
        bench.operators[0].wire.refuse_act = codes[i];
        struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
        acting_expect(&s, END_NOT_APPLIED);
        ck_assert_msg(strstr(s.sentence, "the cluster said no") != NULL, "%s", s.sentence);
        ck_assert_int_eq(bench.operators[0].wire.fences, 0);
        expect_truth(&bench, &s, "refused");
        struct release *release = acting_record(&bench);
        ck_assert_int_eq(release->stage, STAGE_NONE);
        ck_assert_ptr_null(release->memo);
        release_free(release);
        acting_close(&bench);
    }
}
END_TEST

START_TEST(a_claim_that_is_refused_sends_nothing)
{
    struct acting bench;

    acting_open(&bench, "eight");
    bench.operators[0].wire.refuse_put = ERR_AUTH;
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    expect_truth(&bench, &s, "claim refused");
    acting_close(&bench);
}
END_TEST

START_TEST(a_ledger_write_without_answer_is_sent_again_identically)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight");
    sim_inject(bench.sim, SIM_LOSE_REQUEST, "ledger", &err);
    sim_inject(bench.sim, SIM_LOSE_ANSWER, "ledger", &err);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    struct wire *wire = &bench.operators[0].wire;
    ck_assert_int_ge(wire->puts, 3);
    ck_assert_str_eq(wire->put[0], wire->put[1]);
    ck_assert_str_eq(wire->put[1], wire->put[2]);
    expect_truth(&bench, &s, "claims lost");
    acting_close(&bench);
}
END_TEST

START_TEST(long_after_the_judgement_nothing_is_sent)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight");
    for (int i = 0; i < 6; i++)
        sim_inject(bench.sim, SIM_LOSE_REQUEST, "ledger", &err);
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    ck_assert_msg(strstr(s.sentence, "nothing was sent") != NULL, "%s", s.sentence);
    expect_truth(&bench, &s, "late");
    acting_close(&bench);
}
END_TEST

/* ---- the journal ---- */

static void fill_the_disk(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
}

/* What the runner and the compiler count at the end are files as well. */
static void clear_the_disk(void)
{
    const struct rlimit any = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    setrlimit(RLIMIT_FSIZE, &any);
}

START_TEST(with_a_full_disk_nothing_is_sent)
{
    struct acting bench;

    acting_open(&bench, "eight");
    fill_the_disk();
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    clear_the_disk();
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert_msg(strstr(s.sentence, "nothing was sent") != NULL, "%s", s.sentence);
    ck_assert_int_eq(bench.operators[0].wire.acts, 0);
    ck_assert_ptr_null(acting_record(&bench));
    acting_close(&bench);
}
END_TEST

START_TEST(with_a_full_disk_undo_goes_after_an_explicit_yes)
{
    struct acting bench;

    acting_open_started(&bench, "eight");
    fill_the_disk();
    struct action_status s = acting_do(&bench, 0, VERB_ROLLBACK, "", 0);
    acting_expect(&s, END_NOT_APPLIED);
    ck_assert(journal_is_bad(bench.operators[0].journal));
    acting_press_flags(&bench, 0, VERB_STEP, INTENT_NO_JOURNAL);
    s = acting_finish(&bench, 0);
    ck_assert_int_ne(s.end, END_APPLIED); /* that flag is for pause and undo only */
    acting_press_flags(&bench, 0, VERB_ROLLBACK, INTENT_NO_JOURNAL);
    s = acting_finish(&bench, 0);
    clear_the_disk();
    acting_expect(&s, END_APPLIED);
    struct release *release = acting_record(&bench);
    ck_assert_int_eq(release_recall(release, s.action.id), OUTCOME_APPLIED);
    release_free(release);
    acting_close(&bench);
}
END_TEST

/* ---- between two writes ---- */

START_TEST(somebody_in_between_ends_it_in_part)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight-two-writes");
    struct action_status s = acting_do(&bench, 0, VERB_START, "5", 1);
    acting_pass(&bench, 60000);
    acting_press(&bench, 0, VERB_STEP, "5", 4);
    while (bench.operators[0].last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    ck_assert_msg(sim_push_foreign(bench.sim, "web", "6", 2, 0, &err), "%s", err.text);
    s = acting_finish(&bench, 0);
    acting_expect(&s, END_PARTIAL);
    ck_assert_msg(strstr(s.sentence, "1 of 2") != NULL, "%s", s.sentence);
    expect_truth(&bench, &s, "foreign push");
    acting_close(&bench);
}
END_TEST

START_TEST(a_revision_that_only_moves_does_not_stop_the_second_write)
{
    struct acting bench;
    struct err err = {0};

    acting_open(&bench, "eight-two-writes");
    acting_do(&bench, 0, VERB_START, "5", 1);
    acting_pass(&bench, 60000);
    acting_press(&bench, 0, VERB_STEP, "5", 4);
    while (bench.operators[0].last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    sim_inject(bench.sim, SIM_TOUCHED, "web", &err);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    expect_versions(&bench, "5", 4);
    acting_close(&bench);
}
END_TEST

START_TEST(giving_up_leaves_the_second_write_unsent)
{
    struct acting bench;

    acting_open(&bench, "eight-two-writes");
    acting_do(&bench, 0, VERB_START, "5", 1);
    acting_pass(&bench, 60000);
    acting_press(&bench, 0, VERB_STEP, "5", 4);
    while (bench.operators[0].last.phase != PHASE_WAITING)
        ck_assert(loop_turn(bench.loop, 0));
    action_give_up(bench.operators[0].run);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_PARTIAL);
    expect_truth(&bench, &s, "given up");
    acting_close(&bench);
}
END_TEST

/* ---- a node is fenced ---- */

START_TEST(a_fenced_node_is_written_once_and_the_second_is_told)
{
    struct acting bench;
    struct err err = {0};
    struct intent intent = {
        .verb = VERB_FENCE, .cluster = "lab", .service = "w3", .reason = "disk wiped"};

    acting_open(&bench, "eight");
    sim_inject(bench.sim, SIM_LOSE_ANSWER, "ledger", &err);
    bench.operators[0].run = action_start(&bench.operators[0].env, &intent);
    struct action_status s = acting_finish(&bench, 0);
    acting_expect(&s, END_APPLIED);
    bench.operators[1].run = action_start(&bench.operators[1].env, &intent);
    s = acting_finish(&bench, 1);
    acting_expect(&s, END_CONFLICT);
    ck_assert_msg(strstr(s.sentence, "ann") != NULL, "%s", s.sentence);
    snprintf(intent.service, sizeof intent.service, "w4");
    bench.operators[1].run = action_start(&bench.operators[1].env, &intent);
    s = acting_finish(&bench, 1);
    acting_expect(&s, END_APPLIED);
    ck_assert_uint_eq(acting_open_intents(&bench, 0), 0);
    ck_assert_uint_eq(acting_open_intents(&bench, 1), 0);
    acting_close(&bench);
}
END_TEST

SUITE(action)
{
    Suite *suite = suite_create("action");
    TCase *tcase = test_case(suite, "action", 60);

    tcase_add_test(tcase, a_release_is_started_stepped_paused_resumed_and_rolled_back);
    tcase_add_test(tcase, a_refusal_sends_nothing_and_is_written_down);
    tcase_add_loop_test(tcase, of_two_who_press_at_once_one_wins_and_the_other_is_told, 0,
                        (int)ARRAY_LEN(scenarios));
    tcase_add_loop_test(tcase, what_is_said_is_true_whatever_happens_to_the_messages, 0,
                        (int)ARRAY_LEN(scenarios));
    tcase_add_test(tcase, a_lost_request_is_fenced_off_and_a_lost_answer_is_found);
    tcase_add_test(tcase, without_a_fence_it_waits_until_nothing_can_arrive);
    tcase_add_test(tcase, an_answer_of_refusal_ends_it_at_once);
    tcase_add_test(tcase, a_claim_that_is_refused_sends_nothing);
    tcase_add_test(tcase, a_ledger_write_without_answer_is_sent_again_identically);
    tcase_add_test(tcase, long_after_the_judgement_nothing_is_sent);
    tcase_add_test(tcase, with_a_full_disk_nothing_is_sent);
    tcase_add_test(tcase, with_a_full_disk_undo_goes_after_an_explicit_yes);
    tcase_add_test(tcase, somebody_in_between_ends_it_in_part);
    tcase_add_test(tcase, a_revision_that_only_moves_does_not_stop_the_second_write);
    tcase_add_test(tcase, giving_up_leaves_the_second_write_unsent);
    tcase_add_test(tcase, a_fenced_node_is_written_once_and_the_second_is_told);
    return suite;
}
