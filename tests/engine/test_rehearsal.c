/* test_rehearsal.c: rehearsals, their certificates and time at rest, on simulated clusters. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "guard/facts.h"
#include "release/basis.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 3600000 };

/* One operator over "lab", and "staging" beside it where `sims` is 2. */
struct rig {
    struct clock *clock;
    struct sim *sim[2];
    struct profile_row row;
    struct profile_policy policy;
    struct facts facts;
    struct engine *engine;
    struct drive lab, staging;
    char journal[600];
};

static void open_engine(struct rig *rig)
{
    struct err err = {0};
    const struct cluster_config clusters[] = {
        {.name = "lab", .kind = "sim", .endpoint = "eight", .shared = rig->sim[0]},
        {.name = "staging", .kind = "sim", .endpoint = "eight", .shared = rig->sim[1]},
    };
    const struct engine_config config = {
        .clusters = clusters,
        .cluster_count = rig->sim[1] ? 2 : 1,
        .journal_path = rig->journal,
        .plan = plan_default(),
        .facts = &rig->facts,
        .profiles = &rig->policy,
        .clock = rig->clock,
    };

    rig->engine = engine_new(&config, &err);
    ck_assert_msg(rig->engine != NULL, "%s", err.text);
    rig->lab = (struct drive){rig->engine, "lab", "web", LONG_MS};
    rig->staging = (struct drive){rig->engine, "staging", "web", LONG_MS};
    drive_sync(&rig->lab);
}

/* `rig` stays where it is: the engine keeps pointers into it. */
static void rig_open(struct rig *rig, const char *profile, int sims)
{
    struct err err = {0};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    snprintf(rig->journal, sizeof rig->journal, "%s/journal.jsonl", test_dir());
    rig->row = (struct profile_row){"", profile_find(profile)};
    rig->policy = (struct profile_policy){.rows = &rig->row, .row_count = 1};
    for (int i = 0; i < sims; i++) {
        rig->sim[i] = sim_new("eight", 1, rig->clock, &err);
        ck_assert_msg(rig->sim[i] != NULL, "%s", err.text);
    }
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine);
    sim_unref(rig->sim[0]);
    sim_unref(rig->sim[1]);
    clock_free(rig->clock);
}

struct waiting {
    const struct drive *op;
    const char *effect; /* what S is to say, in part */
    bool allowed;
    char seen[300];
};

static bool step_says(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;
    const struct row *row = frame_find_row(frame, w->op->context, w->op->service);
    const struct option *step = &row->option[VERB_STEP];

    snprintf(w->seen, sizeof w->seen, "%s: %s", stage_word[row->stages.stage],
             step->offered ? step->effect : "not offered");
    return step->offered && step->allowed == w->allowed && strstr(step->effect, w->effect);
}

static void says(const struct drive *op, bool allowed, const char *effect)
{
    struct waiting w = {.op = op, .effect = effect, .allowed = allowed};

    ck_assert_msg(engine_run_until(op->engine, LONG_MS, step_says, &w), "'%s' never, last: %s",
                  effect, w.seen);
}

/* S as often as it takes, each time when it is allowed and says so. */
static void press_all(const struct drive *op, const char *const *effects, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        says(op, true, effects[i]);
        drive_expect(op, VERB_STEP, "", END_APPLIED);
    }
}

static void inject(struct rig *rig, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(rig->sim[0], fault, target, &err), "%s", err.text);
}

static const char *const whole[] = {"rehearse", "wave: 4", "wave: 8", "stable"};

START_TEST(a_configuration_that_changes_while_it_settles_voids_the_certificate_and_says_so)
{
    struct rig rig;

    rig_open(&rig, "fast", 1);
    open_engine(&rig);
    drive_expect(&rig.lab, VERB_START, "5", END_APPLIED);
    press_all(&rig.lab, whole, 1);
    says(&rig.lab, false, "no certificate yet: settle");
    inject(&rig, SIM_RECONFIGURED, "web");
    says(&rig.lab, true, "canary: 1 of 8");
    const struct frame *frame = engine_frame(rig.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_str_eq(row->stages.voided, "what it rests on has changed: its configuration");
    frame_unref(frame);
    drive_expect(&rig.lab, VERB_STEP, "", END_APPLIED);
    press_all(&rig.lab, whole, ARRAY_LEN(whole));
    rig_end(&rig);
}
END_TEST

START_TEST(once_the_waves_move_the_certificate_is_frozen)
{
    struct rig rig;

    rig_open(&rig, "fast", 1);
    open_engine(&rig);
    drive_expect(&rig.lab, VERB_START, "5", END_APPLIED);
    press_all(&rig.lab, whole, 2);
    inject(&rig, SIM_RECONFIGURED, "web");
    press_all(&rig.lab, whole + 2, 2);
    rig_end(&rig);
}
END_TEST

START_TEST(start_with_a_profile_takes_its_stages_and_no_others)
{
    struct rig rig;

    rig_open(&rig, "plain", 1);
    open_engine(&rig);
    struct intent intent = drive_intent(&rig.lab, VERB_START, "5");
    snprintf(intent.profile, sizeof intent.profile, "quick");
    struct action_status status = drive_finish(&rig.lab, engine_submit(rig.engine, &intent));
    drive_end_is(&status, END_REFUSED);
    snprintf(intent.profile, sizeof intent.profile, "fast");
    status = drive_finish(&rig.lab, engine_submit(rig.engine, &intent));
    drive_end_is(&status, END_APPLIED);
    press_all(&rig.lab, whole, ARRAY_LEN(whole));
    rig_end(&rig);
}
END_TEST

START_TEST(a_canary_of_half_the_fleet_is_refused_without_any_profile)
{
    struct rig rig;

    rig_open(&rig, "plain", 1);
    open_engine(&rig);
    struct intent intent = drive_intent(&rig.lab, VERB_START, "5");
    intent.to_count = 4;
    struct action_status status = drive_finish(&rig.lab, engine_submit(rig.engine, &intent));
    drive_end_is(&status, END_REFUSED);
    ck_assert_msg(strstr(status.sentence, "R4"), "%s", status.sentence);
    drive_expect(&rig.lab, VERB_START, "5", END_APPLIED);
    rig_end(&rig);
}
END_TEST

START_TEST(a_rehearsal_in_staging_counts_where_policy_says_so)
{
    static const char *const here[] = {"wave: 4", "wave: 8", "stable"};
    static const char *const follows[] = {"4"};
    static struct contract contracts[2] = {
        {.service = "web", .version = "4", .digest = "", .artifact = true},
        {.service = "web",
         .version = "5",
         .digest = "",
         .follows = follows,
         .follows_count = 1,
         .change = 1u << CHANGE_CODE,
         .artifact = true},
    };
    struct rig rig;

    rig_open(&rig, "fast", 2);
    rig.policy.rehearse_in = "staging";
    rig.facts = (struct facts){.contracts = contracts, .contract_count = 2};
    open_engine(&rig);
    drive_expect(&rig.staging, VERB_START, "5", END_APPLIED);
    press_all(&rig.staging, whole, ARRAY_LEN(whole));
    drive_expect(&rig.lab, VERB_START, "5", END_APPLIED);
    press_all(&rig.lab, here, ARRAY_LEN(here));
    rig_end(&rig);
}
END_TEST

/* Web 4 wrote x; 5 writes y as well, which only 5 and 6 read. */
static const char *const only_x[] = {"x"}, *const x_and_y[] = {"x", "y"};
static const char *const four[] = {"4"}, *const five[] = {"5"};
static const struct contract_use uses_x = {"d", only_x, 1}, uses_xy = {"d", x_and_y, 2};

static struct contract of_web(const char *version, const char *const *follows, unsigned change,
                              const struct contract_use *reads, const struct contract_use *writes)
{
    return (struct contract){
        .service = "web",
        .version = version,
        .digest = "",
        .follows = follows,
        .follows_count = follows ? 1 : 0,
        .change = change,
        .reads = {(struct contract_use *)(uintptr_t)reads, 1},
        .writes = {(struct contract_use *)(uintptr_t)writes, 1},
        .artifact = true,
    };
}

static void expect_floor(const struct drive *op, const char *now, const char *after)
{
    const struct frame *frame = engine_frame(op->engine);
    const struct row *row = frame_find_row(frame, op->context, op->service);

    ck_assert_str_eq(row->floor.now, now);
    ck_assert_str_eq(row->floor.after, after);
    ck_assert_uint_eq(row->floor.store_count, 1);
    ck_assert_str_eq(row->floor.stores[0].store, "d");
    ck_assert_str_eq(row->floor.stores[0].now, now);
    frame_unref(frame);
}

START_TEST(a_data_step_waits_until_what_it_builds_on_is_stable_and_moves_the_floor)
{
    struct contract contracts[] = {
        of_web("4", NULL, 1u << CHANGE_CODE, &uses_x, &uses_x),
        of_web("5", four, 1u << CHANGE_READ_ADD, &uses_xy, &uses_x),
        of_web("6", five, 1u << CHANGE_WRITE_ADD, &uses_xy, &uses_xy),
    };
    struct rig rig;

    rig_open(&rig, "fast", 1);
    rig.facts = (struct facts){.contracts = contracts, .contract_count = 3};
    open_engine(&rig);
    expect_floor(&rig.lab, "4", "4");
    drive_expect(&rig.lab, VERB_START, "5", END_APPLIED);
    press_all(&rig.lab, whole, ARRAY_LEN(whole));
    expect_floor(&rig.lab, "4", "5"); /* what 6 will write 4 cannot read */
    struct action_status status = drive_press(&rig.lab, VERB_START, "6");
    drive_end_is(&status, END_REFUSED);
    ck_assert_msg(strstr(status.sentence, "R3") && strstr(status.sentence, "data step"), "%s",
                  status.sentence);
    struct waiting w = {.op = &rig.lab, .effect = "never", .allowed = true};
    ck_assert(!engine_run_until(rig.engine, 61000, step_says, &w));
    drive_expect(&rig.lab, VERB_START, "6", END_APPLIED);
    drive_serving(&rig.lab, "6", 1);
    expect_floor(&rig.lab, "5", "5");
    drive_expect(&rig.lab, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&rig.lab, "5", 8);
    expect_floor(&rig.lab, "5", "5"); /* what the canary wrote is still there */
    rig_end(&rig);
}
END_TEST

SUITE(rehearsal)
{
    Suite *suite = suite_create("rehearsal");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc,
                   a_configuration_that_changes_while_it_settles_voids_the_certificate_and_says_so);
    tcase_add_test(tc, once_the_waves_move_the_certificate_is_frozen);
    tcase_add_test(tc, start_with_a_profile_takes_its_stages_and_no_others);
    tcase_add_test(tc, a_canary_of_half_the_fleet_is_refused_without_any_profile);
    tcase_add_test(tc, a_rehearsal_in_staging_counts_where_policy_says_so);
    tcase_add_test(tc, a_data_step_waits_until_what_it_builds_on_is_stable_and_moves_the_floor);
    return suite;
}
