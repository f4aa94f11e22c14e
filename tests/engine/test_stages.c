/* test_stages.c: a release with stages on the simulated cluster, by S alone. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 3600000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct profile_row row;
    struct profile_policy policy;
    struct engine *engine[2];
    const char *dir;
};

static void open_operator(struct rig *rig, int who)
{
    char journal[600];
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = "eight", .shared = rig->sim};

    snprintf(journal, sizeof journal, "%s/journal-%d.jsonl", rig->dir, who);
    const struct engine_config config = {
        .clusters = &cluster,
        .cluster_count = 1,
        .journal_path = journal,
        .plan = plan_default(),
        .profiles = &rig->policy,
        .clock = rig->clock,
    };
    rig->engine[who] = engine_new(&config, &err);
    ck_assert_msg(rig->engine[who] != NULL, "%s", err.text);
}

static struct drive operator_of(const struct rig *rig, int who)
{
    struct drive drive = {rig->engine[who], "lab", "web", LONG_MS};

    drive_sync(&drive);
    return drive;
}

/* `rig` stays where it is: the engines keep a pointer to its policy. */
static struct drive rig_open(struct rig *rig, const char *profile)
{
    struct err err = {0};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000), .dir = test_dir()};
    rig->row = (struct profile_row){"", profile_find(profile)};
    rig->policy = (struct profile_policy){.rows = &rig->row, .row_count = 1};
    rig->sim = sim_new("eight", 1, rig->clock, &err);
    ck_assert_msg(rig->sim != NULL, "%s", err.text);
    open_operator(rig, 0);
    return operator_of(rig, 0);
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine[0]);
    engine_free(rig->engine[1]);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

struct waiting {
    const char *effect; /* what S is to say, in part */
    bool allowed;
    char seen[300];
};

static bool step_says(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;
    const struct row *row = frame_find_row(frame, "lab", "web");
    const struct option *step = &row->option[VERB_STEP];

    snprintf(w->seen, sizeof w->seen, "%s: %s", stage_word[row->stages.stage],
             step->offered ? step->effect : "not offered");
    return step->offered && step->allowed == w->allowed && strstr(step->effect, w->effect);
}

static bool says_within(const struct drive *op, int64_t ms, bool allowed, const char *effect)
{
    struct waiting w = {.effect = effect, .allowed = allowed};

    return engine_run_until(op->engine, ms, step_says, &w);
}

static void says(const struct drive *op, bool allowed, const char *effect)
{
    struct waiting w = {.effect = effect, .allowed = allowed};

    ck_assert_msg(engine_run_until(op->engine, LONG_MS, step_says, &w), "'%s' never, last: %s",
                  effect, w.seen);
}

static const struct row *look(const struct drive *op, const struct frame **frame)
{
    *frame = engine_frame(op->engine);
    return frame_find_row(*frame, "lab", "web");
}

/* Every stage of `fast` on eight instances: what S says then. */
static const struct {
    const char *says;
    enum stage stage; /* before it is pressed */
    uint32_t serving; /* on the new version afterwards */
    enum proof cert;
} stages[] = {
    {"rehearse: the canary goes back to 4", STAGE_BAKE, 0, PROOF_BAKED},
    {"wave: 4 of 8 on 5", STAGE_SETTLE, 4, PROOF_CERTIFIED},
    {"wave: 8 of 8 on 5", STAGE_BAKE, 8, PROOF_CERTIFIED},
    {"stable", STAGE_BAKE, 8, PROOF_CERTIFIED},
};

static void press_stage(const struct drive *op, size_t i)
{
    const struct frame *frame;

    says(op, true, stages[i].says);
    const struct row *row = look(op, &frame);
    ck_assert_str_eq(stage_word[row->stages.stage], stage_word[stages[i].stage]);
    ck_assert_str_eq(proof_word[row->stages.cert.state], proof_word[stages[i].cert]);
    frame_unref(frame);
    drive_expect(op, VERB_STEP, "", END_APPLIED);
    drive_serving(op, "5", stages[i].serving);
}

static void start(const struct drive *op, const char *version)
{
    drive_expect(op, VERB_START, version, END_APPLIED);
}

START_TEST(a_release_with_rehearsal_goes_to_stable_by_s_alone)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");
    const struct frame *frame;

    start(&op, "5");
    drive_serving(&op, "5", 1);
    for (size_t i = 0; i < ARRAY_LEN(stages); i++)
        press_stage(&op, i);
    const struct row *row = look(&op, &frame);
    ck_assert_int_eq(row->release->stage, STAGE_STABLE);
    ck_assert_int_eq(row->state, BOARD_STEADY);
    ck_assert_int_eq(row->release->cert.state, PROOF_CERTIFIED);
    ck_assert_str_eq(row->release->cert.version, "5");
    ck_assert(row->release->cert.attended);
    ck_assert(row->release->rehearsed_utc_ms > 0);
    frame_unref(frame);
    start(&op, "6");
    rig_end(&rig);
}
END_TEST

START_TEST(what_somebody_else_brings_after_a_release_goes_through_with_its_own_image)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");
    const struct frame *frame;
    struct err err = {0};

    start(&op, "5");
    drive_serving(&op, "5", 1);
    for (size_t i = 0; i < ARRAY_LEN(stages); i++)
        press_stage(&op, i);
    ck_assert_msg(sim_inject(rig.sim, SIM_ARRIVES, "web:6", &err), "%s", err.text);
    static const char *const says_then[] = {"canary: 1 of 8 on 6", "rehearse", "wave: 4 of 8 on 6",
                                            "wave: 8 of 8 on 6", "stable: 6"};
    for (size_t i = 0; i < ARRAY_LEN(says_then); i++) {
        says(&op, true, says_then[i]);
        drive_expect(&op, VERB_STEP, "", END_APPLIED);
    }
    const struct row *row = look(&op, &frame);
    ck_assert_str_eq(row->service->artifact, "web:6");
    ck_assert_str_eq(row->release->artifact, "web:6");
    ck_assert_str_eq(row->release->to, "6");
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

START_TEST(s_is_refused_while_it_bakes_and_says_for_how_long)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");

    start(&op, "5");
    says(&op, false, "weak");
    struct action_status s = drive_press(&op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "left; evidence readiness and restarts only, weak"), "%s",
                  s.sentence);
    rig_end(&rig);
}
END_TEST

START_TEST(a_canary_that_crashes_again_and_again_never_passes_its_bake)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");

    start(&op, "bad!");
    ck_assert(!says_within(&op, 300000, true, ""));
    struct action_status s = drive_press(&op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&op, "4", 8);
    rig_end(&rig);
}
END_TEST

START_TEST(a_restart_of_the_canary_begins_its_bake_anew)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");
    struct err err = {0};

    start(&op, "5");
    drive_serving(&op, "5", 1);
    ck_assert(!says_within(&op, 6000, true, ""));
    for (int i = 0; i < 8; i++) /* whichever it takes, the canary is among them */
        ck_assert_msg(sim_inject(rig.sim, SIM_CRASH, "web", &err), "%s", err.text);
    ck_assert(!says_within(&op, 9000, true, ""));
    says(&op, true, "rehearse");
    rig_end(&rig);
}
END_TEST

START_TEST(a_lockstep_that_begins_between_two_stages_goes_on_where_it_was)
{
    for (size_t at = 0; at < ARRAY_LEN(stages); at++) {
        struct rig rig;
        struct drive op = rig_open(&rig, "fast");

        start(&op, "5");
        drive_serving(&op, "5", 1);
        for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
            if (i == at) {
                engine_free(rig.engine[0]);
                open_operator(&rig, 0);
                op = operator_of(&rig, 0);
            }
            press_stage(&op, i);
        }
        rig_end(&rig);
    }
}
END_TEST

START_TEST(two_operators_see_the_same_stage_and_press_in_turn)
{
    struct rig rig;
    struct drive op[2] = {rig_open(&rig, "fast")};

    open_operator(&rig, 1);
    op[1] = operator_of(&rig, 1);
    start(&op[0], "5");
    drive_serving(&op[1], "5", 1);
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        says(&op[(i + 1) % 2], true, stages[i].says);
        says(&op[i % 2], true, stages[i].says);
        drive_expect(&op[i % 2], VERB_STEP, "", END_APPLIED);
        for (int who = 0; who < 2; who++)
            drive_serving(&op[who], "5", stages[i].serving);
    }
    const struct frame *frame;
    const struct row *row = look(&op[1], &frame);
    ck_assert(row->release->stage == STAGE_STABLE);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

START_TEST(u_while_it_settles_ends_the_release_and_sends_nothing)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "fast");
    const struct frame *frame;

    start(&op, "5");
    drive_serving(&op, "5", 1);
    press_stage(&op, 0);
    says(&op, false, "settle");
    unsigned sent = sim_applied_total(rig.sim);
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    ck_assert_uint_eq(sim_applied_total(rig.sim), sent);
    const struct row *row = look(&op, &frame);
    ck_assert_int_eq(row->release->stage, STAGE_ROLLED_BACK);
    ck_assert_int_eq(row->release->cert.state, PROOF_NONE);
    frame_unref(frame);
    start(&op, "6");
    rig_end(&rig);
}
END_TEST

START_TEST(a_hotfix_has_no_rehearsal)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "hotfix");

    start(&op, "5");
    drive_serving(&op, "5", 1);
    says(&op, true, "wave: 3 of 8 on 5");
    drive_expect(&op, VERB_STEP, "", END_APPLIED);
    says(&op, true, "wave: 8 of 8 on 5");
    drive_expect(&op, VERB_STEP, "", END_APPLIED);
    says(&op, true, "stable");
    rig_end(&rig);
}
END_TEST

START_TEST(code_that_was_rehearsed_lately_needs_no_second_rehearsal)
{
    struct rig rig;
    struct drive op = rig_open(&rig, "code");
    const char *const first[] = {"rehearse", "wave: 3", "wave: 8", "stable"};
    const char *const second[] = {"wave: 3", "wave: 8", "stable"};

    start(&op, "5");
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        says(&op, true, first[i]);
        drive_expect(&op, VERB_STEP, "", END_APPLIED);
    }
    start(&op, "6");
    for (size_t i = 0; i < ARRAY_LEN(second); i++) {
        says(&op, true, second[i]);
        drive_expect(&op, VERB_STEP, "", END_APPLIED);
    }
    rig_end(&rig);
}
END_TEST

SUITE(stages)
{
    Suite *suite = suite_create("stages");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, a_release_with_rehearsal_goes_to_stable_by_s_alone);
    tcase_add_test(tc, what_somebody_else_brings_after_a_release_goes_through_with_its_own_image);
    tcase_add_test(tc, s_is_refused_while_it_bakes_and_says_for_how_long);
    tcase_add_test(tc, a_canary_that_crashes_again_and_again_never_passes_its_bake);
    tcase_add_test(tc, a_restart_of_the_canary_begins_its_bake_anew);
    tcase_add_test(tc, a_lockstep_that_begins_between_two_stages_goes_on_where_it_was);
    tcase_add_test(tc, two_operators_see_the_same_stage_and_press_in_turn);
    tcase_add_test(tc, u_while_it_settles_ends_the_release_and_sends_nothing);
    tcase_add_test(tc, a_hotfix_has_no_rehearsal);
    tcase_add_test(tc, code_that_was_rehearsed_lately_needs_no_second_rehearsal);
    return suite;
}
