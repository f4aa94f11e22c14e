/* test_engine.c: from an intent to the simulated cluster and back, through everything
 * between: judgement, journal, ledger, driver, and the next frame. */
#include "board/safety.h"
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "guard/facts.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 120000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine[2]; /* two operators on one cluster; the second may be NULL */
    char journal[2][600];
    const struct facts *facts; /* of the settings; NULL none */
};

static struct engine *operator_new(struct rig *rig, int who, const char *dir, bool production)
{
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = "lab",
        .kind = "sim",
        .endpoint = "eight",
        .production = production,
        .shared = rig->sim,
    };

    snprintf(rig->journal[who], sizeof rig->journal[who], "%s/journal-%d.jsonl", dir, who);
    const struct engine_config config = {
        .clusters = &cluster,
        .cluster_count = 1,
        .journal_path = rig->journal[who],
        .plan = plan_default(),
        .facts = rig->facts,
        .clock = rig->clock,
    };
    struct engine *engine = engine_new(&config, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    return engine;
}

static struct rig rig_with(int operators, bool production, const struct facts *facts)
{
    struct rig rig = {.clock = clock_new_virtual(1772442000000), .facts = facts};
    struct err err = {0};
    const char *dir = test_dir();

    rig.sim = sim_new("eight", 1, rig.clock, &err);
    ck_assert_msg(rig.sim != NULL, "%s", err.text);
    for (int i = 0; i < operators; i++)
        rig.engine[i] = operator_new(&rig, i, dir, production);
    return rig;
}

static struct rig rig_new(int operators, bool production)
{
    return rig_with(operators, production, NULL);
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine[0]);
    engine_free(rig->engine[1]);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

static struct drive operator_of(const struct rig *rig, int who)
{
    return (struct drive){rig->engine[who], "lab", "web", LONG_MS};
}

static struct drive synced(const struct rig *rig, int who)
{
    struct drive drive = operator_of(rig, who);

    drive_sync(&drive);
    return drive;
}

static const uint32_t waves[] = {1, 3, 8};

START_TEST(a_release_goes_from_canary_to_all_by_steps)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);

    drive_release(&op, "5", waves, 3);
    const struct frame *frame = engine_frame(op.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_int_eq(row->state, BOARD_STEADY);
    ck_assert_str_eq(row->from, "5");
    ck_assert_uint_eq(sim_applied_total(rig.sim), 3);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

START_TEST(a_rollback_from_three_brings_back_the_old_version)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);

    drive_release(&op, "5", waves, 2);
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&op, "4", 8);
    drive_serving(&op, "5", 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_paused_release_refuses_the_step_until_it_is_resumed)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);

    drive_release(&op, "5", waves, 1);
    drive_expect(&op, VERB_PAUSE, "", END_APPLIED);
    struct action_status s = drive_press(&op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "paused by") != NULL, "%s", s.sentence);
    drive_expect(&op, VERB_RESUME, "", END_APPLIED);
    drive_expect(&op, VERB_STEP, "", END_APPLIED);
    drive_serving(&op, "5", 3);
    rig_end(&rig);
}
END_TEST

struct ending {
    uint64_t ticket;
    struct action_status status;
};

static bool ended(void *arg, const struct frame *frame)
{
    struct ending *ending = arg;

    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->tickets[i] == ending->ticket)
            ending->status = frame->actions[i];
    return ending->status.phase == PHASE_DONE;
}

START_TEST(of_two_operators_who_press_at_once_one_wins_and_the_other_is_told)
{
    struct rig rig = rig_new(2, false);
    struct drive op[2] = {synced(&rig, 0), synced(&rig, 1)};

    drive_release(&op[0], "5", waves, 1);
    drive_serving(&op[1], "5", 1);
    /* Both decide on the same picture; their loops then turn by turns. */
    struct intent intent[2] = {drive_intent(&op[0], VERB_STEP, ""),
                               drive_intent(&op[1], VERB_STEP, "")};
    struct ending end[2] = {{.ticket = engine_submit(op[0].engine, &intent[0])},
                            {.ticket = engine_submit(op[1].engine, &intent[1])}};
    bool done = false;
    for (int turn = 0; turn < 20000 && !done; turn++) {
        done = true;
        for (int i = 0; i < 2; i++)
            done &= engine_run_until(op[i].engine, 1, ended, &end[i]);
    }
    ck_assert(done);
    ck_assert_msg((end[0].status.end == END_APPLIED) != (end[1].status.end == END_APPLIED),
                  "%s | %s", end[0].status.sentence, end[1].status.sentence);
    drive_serving(&op[0], "5", 3);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 2);
    rig_end(&rig);
}
END_TEST

START_TEST(a_key_on_an_older_picture_is_refused_with_what_changed)
{
    struct rig rig = rig_new(2, false);
    struct drive op[2] = {synced(&rig, 0), synced(&rig, 1)};

    drive_release(&op[0], "5", waves, 1);
    drive_serving(&op[1], "5", 1);
    struct intent stale = drive_intent(&op[1], VERB_STEP, "");
    drive_expect(&op[0], VERB_STEP, "", END_APPLIED);
    drive_serving(&op[0], "5", 3);
    struct action_status s = drive_finish(&op[1], engine_submit(op[1].engine, &stale));
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strncmp(s.sentence, "RL", 2) == 0 || strstr(s.sentence, "RL "), "%s", s.sentence);
    rig_end(&rig);
}
END_TEST

START_TEST(production_asks_first)
{
    struct rig rig = rig_new(1, true);
    struct drive op = synced(&rig, 0);

    drive_expect(&op, VERB_START, "5", END_REFUSED);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_key_that_this_identity_may_not_use_is_refused_with_what_is_missing)
{
    struct rig rig = {.clock = clock_new_virtual(1772442000000)};
    struct err err = {0};

    rig.sim = sim_new("eight", 1, rig.clock, &err);
    ck_assert(sim_inject(rig.sim, SIM_DENIED, "", &err));
    rig.engine[0] = operator_new(&rig, 0, test_dir(), false);
    struct drive op = synced(&rig, 0);
    struct action_status s = drive_press(&op, VERB_START, "5");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "this identity may not: update services forward") != NULL,
                  "%s", s.sentence);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 0);
    const struct frame *frame = engine_frame(rig.engine[0]);
    ck_assert(frame->clusters[0].may_act);
    ck_assert_uint_eq(frame->clusters[0].lack_count, 2);
    ck_assert_str_eq(frame->clusters[0].lacks[1], "this identity may not: update services forward");
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

static void lose_node_during_a_release(struct rig *rig, const struct drive *op)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(rig->sim, SIM_NODE_SILENT, "w3", &err), "%s", err.text);
    drive_node(op, "w3", NODE_SILENT);
    drive_release(op, "5", waves, 3);
}

START_TEST(a_second_release_is_refused_while_a_silent_node_may_run_the_first_version)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);
    struct err err = {0};

    lose_node_during_a_release(&rig, &op);
    struct action_status s = drive_press(&op, VERB_START, "6");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "R3") && strstr(s.sentence, "w3"), "%s", s.sentence);
    ck_assert_msg(sim_inject(rig.sim, SIM_NODE_RETURNS, "w3", &err), "%s", err.text);
    const char *alarm = drive_alarm(&op, false);
    ck_assert_msg(strstr(alarm, "w3") && strstr(alarm, "4"), "%s", alarm);
    rig_end(&rig);
}
END_TEST

START_TEST(a_fenced_node_leaves_the_count)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);

    lose_node_during_a_release(&rig, &op);
    drive_fence(&op, "w3");
    drive_expect(&op, VERB_START, "6", END_APPLIED);
    rig_end(&rig);
}
END_TEST

START_TEST(a_fence_is_over_once_the_node_was_heard_again)
{
    struct rig rig = rig_new(1, false);
    struct drive op = synced(&rig, 0);
    struct err err = {0};

    ck_assert_msg(sim_inject(rig.sim, SIM_NODE_SILENT, "w3", &err), "%s", err.text);
    drive_node(&op, "w3", NODE_SILENT);
    drive_fence(&op, "w3");
    ck_assert_msg(sim_inject(rig.sim, SIM_NODE_RETURNS, "w3", &err), "%s", err.text);
    drive_node(&op, "w3", NODE_REPORTING);
    clock_advance_ms(rig.clock, 5000);
    lose_node_during_a_release(&rig, &op);
    struct action_status s = drive_press(&op, VERB_START, "6");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "R3") && strstr(s.sentence, "w3"), "%s", s.sentence);
    drive_fence(&op, "w3");
    drive_expect(&op, VERB_START, "6", END_APPLIED);
    rig_end(&rig);
}
END_TEST

/* Versions of web: 3 wrote w, 4 reads both, 5 reads x alone. */
static struct contract contract_of(const char *version, const char *const *follows,
                                   const struct contract_use *reads,
                                   const struct contract_use *writes)
{
    return (struct contract){
        .service = "web",
        .version = version,
        .digest = "",
        .follows = follows,
        .follows_count = follows ? 1 : 0,
        .reads = {(struct contract_use *)(uintptr_t)reads, 1},
        .writes = {(struct contract_use *)(uintptr_t)writes, 1},
        .artifact = true,
    };
}

static bool basis_moved(void *arg, const struct frame *frame)
{
    return frame_find_row(frame, "lab", "web")->basis != *(const uint64_t *)arg;
}

START_TEST(what_one_operator_attests_every_operator_knows)
{
    static const char *const w[] = {"w"}, *const x[] = {"x"}, *const both[] = {"w", "x"};
    static const char *const three[] = {"3"}, *const four[] = {"4"};
    static const struct contract_use only_w = {"d", w, 1}, only_x = {"d", x, 1},
                                     w_and_x = {"d", both, 2};
    struct contract contracts[] = {
        contract_of("3", NULL, &only_w, &only_w),
        contract_of("4", three, &w_and_x, &only_x),
        contract_of("5", four, &only_x, &only_x),
    };
    const struct facts facts = {.contracts = contracts, .contract_count = 3};
    struct rig rig = rig_with(2, false, &facts);
    struct drive op = synced(&rig, 0), other = synced(&rig, 1);
    struct intent said = {.verb = VERB_ATTEST,
                          .cluster = "lab",
                          .service = "d",
                          .version = "w",
                          .reason = "full scan"};

    drive_expect(&other, VERB_START, "5", END_REFUSED);
    const struct frame *shown = engine_frame(rig.engine[1]);
    uint64_t basis = frame_find_row(shown, "lab", "web")->basis;
    frame_unref(shown);
    struct action_status status = drive_finish(&op, engine_submit(rig.engine[0], &said));
    ck_assert_msg(status.end == END_APPLIED, "%s", status.sentence);
    ck_assert(engine_run_until(rig.engine[1], LONG_MS, basis_moved, &basis));
    drive_expect(&other, VERB_START, "5", END_APPLIED);
    rig_end(&rig);
}
END_TEST

static bool counts(const struct frame *frame, uint64_t calls, bool ended)
{
    const struct safety *safety = frame_find_row(frame, "lab", "web")->safety;

    for (size_t i = 0; i < safety->client_count; i++)
        if (strcmp(safety->clients[i].name, "phones") == 0)
            return safety->clients[i].calls == calls && safety->clients[i].ended == ended;
    return false;
}

static bool some_calls(void *arg, const struct frame *frame)
{
    (void)arg;
    return counts(frame, 7, false);
}

static bool nobody_calls(void *arg, const struct frame *frame)
{
    (void)arg;
    return counts(frame, 0, true);
}

static void say_of_phones(struct rig *rig, enum attested attested, uint64_t calls)
{
    struct intent said = {.verb = VERB_ATTEST,
                          .attested = attested,
                          .cluster = "lab",
                          .service = "phones",
                          .reason = "access log"};
    struct drive op = operator_of(rig, 0);

    if (attested == ATTEST_USAGE)
        snprintf(said.version, sizeof said.version, "Get/1");
    said.calls = calls;
    struct action_status status = drive_finish(&op, engine_submit(rig->engine[0], &said));
    ck_assert_msg(status.end == END_APPLIED, "%s", status.sentence);
}

/* Only the first operator has heard of phones; what is said of them is everybody's. */
START_TEST(what_one_operator_says_of_clients_every_operator_knows)
{
    static const char *const get[] = {"Get/1", "Get/2"}, *const four[] = {"4"};
    struct contract contracts[] = {
        {.service = "web",
         .version = "4",
         .digest = "",
         .artifact = true,
         .provides = get,
         .provides_count = 2},
        {.service = "web",
         .version = "5",
         .digest = "",
         .artifact = true,
         .follows = four,
         .follows_count = 1,
         .change = 1u << CHANGE_API_DROP,
         .provides = get + 1,
         .provides_count = 1},
    };
    const struct facts facts = {.contracts = contracts, .contract_count = 2};
    struct rig rig = rig_with(2, false, &facts);
    struct drive op = synced(&rig, 0), other = synced(&rig, 1);

    (void)op;
    say_of_phones(&rig, ATTEST_USAGE, 7);
    ck_assert(engine_run_until(rig.engine[1], LONG_MS, some_calls, NULL));
    struct action_status status = drive_press(&other, VERB_START, "5");
    drive_end_is(&status, END_REFUSED);
    ck_assert_msg(strstr(status.sentence, "RC") && strstr(status.sentence, "phones"), "%s",
                  status.sentence);
    say_of_phones(&rig, ATTEST_USAGE, 0);
    say_of_phones(&rig, ATTEST_ENDED, 0);
    ck_assert(engine_run_until(rig.engine[1], LONG_MS, nobody_calls, NULL));
    drive_expect(&other, VERB_START, "5", END_APPLIED);
    rig_end(&rig);
}
END_TEST

SUITE(engine)
{
    Suite *suite = suite_create("engine");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, a_release_goes_from_canary_to_all_by_steps);
    tcase_add_test(tc, a_rollback_from_three_brings_back_the_old_version);
    tcase_add_test(tc, a_paused_release_refuses_the_step_until_it_is_resumed);
    tcase_add_test(tc, of_two_operators_who_press_at_once_one_wins_and_the_other_is_told);
    tcase_add_test(tc, a_key_on_an_older_picture_is_refused_with_what_changed);
    tcase_add_test(tc, production_asks_first);
    tcase_add_test(tc, a_key_that_this_identity_may_not_use_is_refused_with_what_is_missing);
    tcase_add_test(tc, a_second_release_is_refused_while_a_silent_node_may_run_the_first_version);
    tcase_add_test(tc, a_fenced_node_leaves_the_count);
    tcase_add_test(tc, a_fence_is_over_once_the_node_was_heard_again);
    tcase_add_test(tc, what_one_operator_attests_every_operator_knows);
    tcase_add_test(tc, what_one_operator_says_of_clients_every_operator_knows);
    return suite;
}
