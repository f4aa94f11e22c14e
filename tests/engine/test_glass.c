/* test_glass.c: going past rules that are enforced: what it takes, what it leaves, and what it
 * never goes past. */
#include "base/json.h"
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "guard/policy.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 120000, MINUTE = 60000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine[2];
    struct drive op[2];
    struct level_row level;
    struct guard_policy guard;
    struct profile_row row;
    struct profile_policy profiles;
    char journal[2][600];
};

static void open_operator(struct rig *rig, int who)
{
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = "eight", .shared = rig->sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = rig->journal[who],
                                         .plan = plan_default(),
                                         .policy = &rig->guard,
                                         .profiles = &rig->profiles,
                                         .clock = rig->clock};

    snprintf(rig->journal[who], sizeof rig->journal[who], "%s/journal-%d.jsonl", test_dir(), who);
    rig->engine[who] = engine_new(&config, &err);
    ck_assert_msg(rig->engine[who] != NULL, "%s", err.text);
    rig->op[who] = (struct drive){rig->engine[who], "lab", "web", LONG_MS};
    drive_sync(&rig->op[who]);
}

/* `rig` stays where it is: the engines keep pointers into it. */
static void rig_open(struct rig *rig, const char *profile, enum glass_policy glass, int operators)
{
    struct err err = {0};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig->level = (struct level_row){"", (1u << RULE_COUNT) - 1, LEVEL_ENFORCE};
    rig->guard = (struct guard_policy){.rows = &rig->level, .row_count = 1, .break_glass = glass};
    /* Only what can be seen: nothing is declared here. */
    rig->level.rules = 1u << RULE_R3 | 1u << RULE_R4 | 1u << RULE_RL;
    rig->row = (struct profile_row){"", profile_find(profile)};
    rig->profiles = (struct profile_policy){.rows = &rig->row, .row_count = 1};
    rig->sim = sim_new("eight", 1, rig->clock, &err);
    for (int i = 0; i < operators; i++)
        open_operator(rig, i);
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine[0]);
    engine_free(rig->engine[1]);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

static void inject(struct rig *rig, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(rig->sim, fault, target, &err), "%s", err.text);
}

static struct action_status press_past(struct rig *rig, int who, enum verb verb,
                                       const char *version, const char *reason)
{
    struct intent intent = drive_intent(&rig->op[who], verb, version);

    intent.flags |= INTENT_BREAK_GLASS;
    snprintf(intent.reason, sizeof intent.reason, "%s", reason);
    return drive_finish(&rig->op[who], engine_submit(rig->engine[who], &intent));
}

static struct glass_view glass_of(struct rig *rig, int who, enum board_state *state)
{
    static char rules[32], by[96], second[96];
    const struct frame *frame = engine_frame(rig->engine[who]);
    const struct row *row = frame_find_row(frame, "lab", "web");
    struct glass_view view = row->glass;

    snprintf(rules, sizeof rules, "%s", view.rules);
    snprintf(by, sizeof by, "%s", view.by);
    snprintf(second, sizeof second, "%s", view.second);
    view.rules = rules;
    view.by = by;
    view.second = second;
    *state = row->state;
    frame_unref(frame);
    return view;
}

static bool glass_is(void *arg, const struct frame *frame)
{
    const struct row *row = frame_find_row(frame, "lab", "web");

    return row->glass.broken == *(const bool *)arg;
}

static void wait_glass(struct rig *rig, int who, bool broken)
{
    ck_assert_msg(engine_run_until(rig->engine[who], LONG_MS, glass_is, &broken),
                  "the glass was never %s", broken ? "broken" : "whole");
}

static const struct alarm *find_alarm(const struct frame *frame)
{
    for (size_t i = 0; i < frame->alarm_count; i++)
        if (frame->alarms[i].kind == ALARM_GLASS)
            return &frame->alarms[i];
    return NULL;
}

static bool alarm_is_over(void *arg, const struct frame *frame)
{
    (void)arg;
    return find_alarm(frame)->resolved;
}

static const uint32_t waves[] = {1, 3, 8};
static const char why[] = "customers cannot pay, fix is in 6";

/* Everything on 5 but what w3 may run, which was silent meanwhile: 6 would be a third version. */
static void third_version(struct rig *rig)
{
    inject(rig, SIM_NODE_SILENT, "w3");
    drive_node(&rig->op[0], "w3", NODE_SILENT);
    drive_release(&rig->op[0], "5", waves, 3);
    if (rig->engine[1])
        drive_serving(&rig->op[1], "5", 8);
    drive_expect(&rig->op[0], VERB_START, "6", END_REFUSED);
}

static bool on_intent(void *arg, const json_t *record)
{
    const char **rules = arg;
    const char *broken = json_raw(json_object_get(json_object_get(record, "glass"), "rules"));

    if (broken) {
        free((void *)(uintptr_t)*rules);
        *rules = xstrdup(broken);
        ck_assert_str_eq(json_raw(json_object_get(record, "reason")), why);
        ck_assert_str_eq(json_raw(json_object_get(json_object_get(record, "verdict"), "answer")),
                         "refuse");
    }
    return true;
}

START_TEST(with_a_reason_one_goes_past_and_it_is_red_until_all_is_allowed_again)
{
    struct rig rig;
    enum board_state state;
    const char *rules = NULL;
    struct err err = {0};

    rig_open(&rig, "plain", GLASS_ONE, 2);
    third_version(&rig);
    struct action_status s = press_past(&rig, 0, VERB_START, "6", "urgent");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "10 letters"), "%s", s.sentence);
    s = press_past(&rig, 0, VERB_START, "6", why);
    drive_end_is(&s, END_APPLIED);
    for (int who = 0; who < 2; who++) { /* every operator sees the same */
        drive_serving(&rig.op[who], "6", 1);
        wait_glass(&rig, who, true);
        struct glass_view view = glass_of(&rig, who, &state);
        ck_assert_int_eq((int)state, (int)BOARD_GLASS);
        ck_assert_str_eq(view.rules, "R3");
        ck_assert_int_eq((int)view.verb, (int)VERB_START);
        ck_assert(view.open && !view.waits && view.by[0]);
        const struct frame *frame = engine_frame(rig.engine[who]);
        const struct alarm *alarm = find_alarm(frame);
        ck_assert(alarm && !alarm->resolved && alarm->rule == RULE_R3);
        ck_assert_msg(strstr(alarm->fact, why), "%s", alarm->fact);
        frame_unref(frame);
    }
    ck_assert(journal_read(rig.journal[0], on_intent, &rules, &err));
    ck_assert_str_eq(rules, "R3");
    free((void *)(uintptr_t)rules);
    drive_fence(&rig.op[0], "w3");
    for (int i = 1; i < 3; i++) {
        ck_assert(glass_of(&rig, 0, &state).broken);
        drive_expect(&rig.op[0], VERB_STEP, "", END_APPLIED);
        drive_serving(&rig.op[0], "6", waves[i]);
    }
    wait_glass(&rig, 0, false);
    ck_assert(engine_run_until(rig.engine[0], LONG_MS, alarm_is_over, NULL));
    rig_end(&rig);
}
END_TEST

START_TEST(it_is_open_for_the_same_to_the_same_person_for_half_an_hour)
{
    struct rig rig;
    bool never = true;
    enum board_state state;

    rig_open(&rig, "plain", GLASS_ONE, 2);
    third_version(&rig);
    struct action_status s = press_past(&rig, 0, VERB_START, "6", why);
    drive_end_is(&s, END_APPLIED);
    drive_serving(&rig.op[0], "6", 1);
    drive_serving(&rig.op[1], "6", 1);
    drive_expect(&rig.op[0], VERB_STEP, "", END_REFUSED); /* it was for start */
    s = press_past(&rig, 0, VERB_STEP, "", why);
    drive_end_is(&s, END_APPLIED);
    drive_serving(&rig.op[0], "6", 3);
    drive_serving(&rig.op[1], "6", 3);
    drive_expect(&rig.op[1], VERB_STEP, "", END_REFUSED); /* and not for anybody */
    const struct frame *frame = engine_frame(rig.engine[0]);
    const struct option *step = &frame_find_row(frame, "lab", "web")->option[VERB_STEP];
    ck_assert_msg(step->allowed && strstr(step->effect, "past R3"), "%s", step->effect);
    frame_unref(frame);
    never = false;
    ck_assert(!engine_run_until(rig.engine[0], 31 * MINUTE, glass_is, &never));
    ck_assert(!glass_of(&rig, 0, &state).open);
    drive_expect(&rig.op[0], VERB_STEP, "", END_REFUSED);
    rig_end(&rig);
}
END_TEST

START_TEST(nothing_goes_past_old_news_a_pause_or_missing_permission)
{
    struct rig rig;
    struct err err = {0};

    rig_open(&rig, "plain", GLASS_ONE, 1);
    third_version(&rig);
    struct intent old = drive_intent(&rig.op[0], VERB_START, "6");
    ck_assert(sim_inject(rig.sim, SIM_RECONFIGURED, "web", &err));
    old.flags |= INTENT_BREAK_GLASS;
    snprintf(old.reason, sizeof old.reason, "%s", why);
    struct action_status s = drive_finish(&rig.op[0], engine_submit(rig.engine[0], &old));
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "RL"), "%s", s.sentence);
    s = press_past(&rig, 0, VERB_START, "6", why);
    drive_end_is(&s, END_APPLIED);
    drive_serving(&rig.op[0], "6", 1);
    drive_expect(&rig.op[0], VERB_PAUSE, "", END_APPLIED);
    s = press_past(&rig, 0, VERB_STEP, "", why);
    drive_end_is(&s, END_REFUSED);
    s = press_past(&rig, 0, VERB_RESUME, "", why);
    drive_end_is(&s, END_APPLIED);
    inject(&rig, SIM_FORBIDDEN, "");
    unsigned applied = sim_applied_total(rig.sim);
    s = press_past(&rig, 0, VERB_STEP, "", why);
    ck_assert_int_ne((int)s.end, (int)END_APPLIED);
    inject(&rig, SIM_PERMITTED, "");
    inject(&rig, SIM_UNREACHABLE, "");
    s = press_past(&rig, 0, VERB_STEP, "", why);
    ck_assert_int_ne((int)s.end, (int)END_APPLIED);
    ck_assert_uint_eq(sim_applied_total(rig.sim), applied);
    rig_end(&rig);
}
END_TEST

START_TEST(where_policy_says_so_it_takes_two_identities)
{
    struct rig rig;
    enum board_state state;

    rig_open(&rig, "plain", GLASS_TWO, 2);
    third_version(&rig);
    unsigned applied = sim_applied_total(rig.sim);
    for (int i = 0; i < 2; i++) { /* the same person twice is one person */
        struct action_status s = press_past(&rig, 0, VERB_START, "6", why);
        drive_end_is(&s, END_REFUSED);
        ck_assert_msg(strstr(s.sentence, "waits for a second identity until 09:"), "%s",
                      s.sentence);
    }
    ck_assert_uint_eq(sim_applied_total(rig.sim), applied);
    wait_glass(&rig, 1, true);
    struct glass_view view = glass_of(&rig, 1, &state);
    ck_assert(view.waits && view.open);
    ck_assert_int_ne((int)state, (int)BOARD_GLASS);
    struct action_status s = press_past(&rig, 1, VERB_START, "6", "seen, it is as she says");
    drive_end_is(&s, END_APPLIED);
    drive_serving(&rig.op[1], "6", 1);
    view = glass_of(&rig, 1, &state);
    ck_assert_int_eq((int)state, (int)BOARD_GLASS);
    ck_assert(!view.waits && view.by[0] && view.second[0] && strcmp(view.by, view.second) != 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_wish_that_nobody_confirms_in_time_is_over)
{
    struct rig rig;
    bool broken = false;

    rig_open(&rig, "plain", GLASS_TWO, 2);
    third_version(&rig);
    struct action_status s = press_past(&rig, 0, VERB_START, "6", why);
    drive_end_is(&s, END_REFUSED);
    wait_glass(&rig, 1, true);
    ck_assert(engine_run_until(rig.engine[1], 31 * MINUTE, glass_is, &broken));
    s = press_past(&rig, 1, VERB_START, "6", why);
    drive_end_is(&s, END_REFUSED);
    rig_end(&rig);
}
END_TEST

struct effect {
    const char *text;
    bool allowed;
};

static bool step_says(void *arg, const struct frame *frame)
{
    const struct effect *effect = arg;
    const struct option *step = &frame_find_row(frame, "lab", "web")->option[VERB_STEP];

    return step->offered && step->allowed == effect->allowed && strstr(step->effect, effect->text);
}

static void says(struct rig *rig, bool allowed, const char *text)
{
    struct effect effect = {text, allowed};

    ck_assert_msg(engine_run_until(rig->engine[0], LONG_MS, step_says, &effect), "'%s' never",
                  text);
}

START_TEST(past_a_bake_the_certificate_and_the_rehearsal_are_void)
{
    struct rig rig;

    rig_open(&rig, "fast", GLASS_ONE, 1);
    drive_expect(&rig.op[0], VERB_START, "5", END_APPLIED);
    says(&rig, true, "rehearse");
    drive_expect(&rig.op[0], VERB_STEP, "", END_APPLIED);
    says(&rig, false, "settle");
    struct action_status s = press_past(&rig, 0, VERB_STEP, "", why);
    drive_end_is(&s, END_APPLIED);
    drive_serving(&rig.op[0], "5", 4);
    const struct frame *frame = engine_frame(rig.engine[0]);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_int_eq((int)row->state, (int)BOARD_GLASS);
    ck_assert_str_eq(row->glass.rules, "R4");
    ck_assert_int_eq((int)row->release->cert.state, (int)PROOF_NONE);
    ck_assert_int_eq((int)row->release->rehearsed_utc_ms, 0);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

SUITE(glass)
{
    Suite *suite = suite_create("glass");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, with_a_reason_one_goes_past_and_it_is_red_until_all_is_allowed_again);
    tcase_add_test(tc, it_is_open_for_the_same_to_the_same_person_for_half_an_hour);
    tcase_add_test(tc, nothing_goes_past_old_news_a_pause_or_missing_permission);
    tcase_add_test(tc, where_policy_says_so_it_takes_two_identities);
    tcase_add_test(tc, a_wish_that_nobody_confirms_in_time_is_over);
    tcase_add_test(tc, past_a_bake_the_certificate_and_the_rehearsal_are_void);
    return suite;
}
