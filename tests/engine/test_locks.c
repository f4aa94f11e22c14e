/* test_locks.c: two operators and two coupled services on one simulated cluster. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "guard/facts.h"
#include "guard/policy.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 300000 };

static const char *const calls[] = {"G/1"}, *const one[] = {"1"}, *const four[] = {"4"};
static const struct contract_use needs_web = {"web", calls, 1};

/* Agent calls web. */
static struct contract contract_of(const char *service, const char *version,
                                   const char *const *follows, unsigned change)
{
    struct contract contract = {.service = service,
                                .version = version,
                                .digest = "",
                                .follows = follows,
                                .follows_count = follows ? 1 : 0,
                                .change = change,
                                .artifact = true};

    if (strcmp(service, "agent") == 0)
    contract.requires = (struct contract_uses){(struct contract_use *)(uintptr_t)&needs_web, 1};
    else contract.provides = calls, contract.provides_count = 1;
    return contract;
}

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine[2];
    struct drive web, agent; /* of the first and the second operator */
    struct contract contracts[4];
    struct facts facts;
    struct guard_policy policy;
};

static void rig_open(struct rig *rig, unsigned change, const char *home)
{
    struct err err = {0};
    const struct cluster_config cluster = {.name = "lab", .kind = "sim", .endpoint = "pair"};
    struct cluster_config shared = cluster;

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig->contracts[0] = contract_of("web", "4", NULL, 0);
    rig->contracts[1] = contract_of("web", "5", four, change);
    rig->contracts[2] = contract_of("agent", "1", NULL, 0);
    rig->contracts[3] = contract_of("agent", "2", one, change);
    rig->facts = (struct facts){.contracts = rig->contracts, .contract_count = 4};
    rig->policy = guard_policy_default();
    rig->policy.home = home;
    rig->sim = sim_new("pair", 1, rig->clock, &err);
    shared.shared = rig->sim;
    for (int i = 0; i < 2; i++) {
        char journal[600];
        snprintf(journal, sizeof journal, "%s/journal-%d.jsonl", test_dir(), i);
        const struct engine_config config = {.clusters = &shared,
                                             .cluster_count = 1,
                                             .journal_path = journal,
                                             .plan = plan_default(),
                                             .facts = &rig->facts,
                                             .policy = &rig->policy,
                                             .clock = rig->clock};
        rig->engine[i] = engine_new(&config, &err);
        ck_assert_msg(rig->engine[i] != NULL, "%s", err.text);
    }
    rig->web = (struct drive){rig->engine[0], "lab", "web", LONG_MS};
    rig->agent = (struct drive){rig->engine[1], "lab", "agent", LONG_MS};
    drive_sync(&rig->web);
    drive_sync(&rig->agent);
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine[0]);
    engine_free(rig->engine[1]);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

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

/* Both decide on the same picture; their loops then turn by turns. */
static void start_both(struct rig *rig, struct ending end[2])
{
    const struct drive *op[2] = {&rig->web, &rig->agent};
    struct intent intent[2] = {drive_intent(op[0], VERB_START, "5"),
                               drive_intent(op[1], VERB_START, "2")};
    bool done = false;

    for (int i = 0; i < 2; i++) {
        intent[i].basis = 0; /* what neighbours do is not on their minds */
        end[i] = (struct ending){.ticket = engine_submit(op[i]->engine, &intent[i])};
    }
    for (int turn = 0; turn < 20000 && !done; turn++) {
        done = true;
        for (int i = 0; i < 2; i++)
            done &= engine_run_until(op[i]->engine, 1, ended, &end[i]);
    }
    ck_assert(done);
}

START_TEST(two_operators_cannot_start_two_coupled_services_at_once)
{
    struct rig rig;
    struct ending end[2];

    rig_open(&rig, 1u << CHANGE_API_ADD, NULL);
    start_both(&rig, end);
    ck_assert_msg((end[0].status.end == END_APPLIED) != (end[1].status.end == END_APPLIED),
                  "%s | %s", end[0].status.sentence, end[1].status.sentence);
    const struct action_status *loser = &end[end[0].status.end == END_APPLIED].status;
    ck_assert_int_eq((int)loser->end, (int)END_REFUSED);
    ck_assert_msg(strstr(loser->sentence, "R2"), "%s", loser->sentence);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 1);
    rig_end(&rig);
}
END_TEST

static bool sees_it_move(void *arg, const struct frame *frame)
{
    (void)arg;
    for (size_t i = 0; i < frame->row_count; i++)
        if (strcmp(frame->rows[i]->service->name, "web") == 0)
            return strcmp(frame->rows[i]->service->wants, "5") == 0 &&
                   service_count(frame->rows[i]->service, "5", 1u << INSTANCE_STARTING) == 1;
    return false;
}

/* As a command does: no verdict was on a screen before. */
static struct action_status press_unseen(const struct drive *drive, enum verb verb,
                                         const char *version)
{
    struct intent intent = drive_intent(drive, verb, version);

    intent.basis = 0;
    return drive_finish(drive, engine_submit(drive->engine, &intent));
}

/* The second operator's key comes while the first one's instances still start. */
START_TEST(who_comes_second_is_told_who_moves_it_and_where_to)
{
    struct rig rig;
    char moves[160], last[160];

    rig_open(&rig, 1u << CHANGE_CODE, NULL);
    struct drive second = {rig.engine[1], "lab", "web", LONG_MS};
    drive_expect(&rig.web, VERB_START, "5", END_APPLIED);
    ck_assert(engine_run_until(second.engine, LONG_MS, sees_it_move, NULL));
    const struct frame *frame = engine_frame(rig.engine[0]);
    const struct frame *seen = engine_frame(rig.engine[1]);
    const char *first = frame->clusters[0].who;
    const struct intent shown = drive_intent(&second, VERB_STEP, "");
    struct action_status step = press_unseen(&second, VERB_STEP, "");
    drive_expect(&rig.web, VERB_PAUSE, "", END_APPLIED);
    struct action_status stale = drive_finish(&second, engine_submit(second.engine, &shown));
    snprintf(moves, sizeof moves, "wait: %s began with 1 of ", first);
    snprintf(last, sizeof last, "; %s acted last", first);
    ck_assert_str_ne(first, "");
    ck_assert_str_ne(first, seen->clusters[0].who);
    drive_end_is(&step, END_REFUSED);
    ck_assert_msg(strstr(step.sentence, moves) && strstr(step.sentence, ", 1 is starting"),
                  "not '%s': %s", moves, step.sentence);
    drive_end_is(&stale, END_REFUSED);
    ck_assert_msg(strstr(stale.sentence, "has changed; ") && strstr(stale.sentence, last),
                  "not '%s': %s", last, stale.sentence);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 2);
    frame_unref(frame);
    frame_unref(seen);
    rig_end(&rig);
}
END_TEST

START_TEST(code_that_touches_nothing_shared_waits_for_nobody)
{
    struct rig rig;
    struct ending end[2];

    rig_open(&rig, 1u << CHANGE_CODE, NULL);
    start_both(&rig, end);
    drive_end_is(&end[0].status, END_APPLIED);
    drive_end_is(&end[1].status, END_APPLIED);
    rig_end(&rig);
}
END_TEST

START_TEST(when_a_release_is_over_the_next_one_may_begin)
{
    struct rig rig;
    static const uint32_t waves[] = {1, 3, 8};

    rig_open(&rig, 1u << CHANGE_API_ADD, NULL);
    drive_release(&rig.web, "5", waves, 3);
    struct drive seen = {rig.engine[1], "lab", "web", LONG_MS};
    drive_serving(&seen, "5", 8);
    drive_expect(&rig.agent, VERB_START, "2", END_APPLIED);
    rig_end(&rig);
}
END_TEST

START_TEST(a_lock_that_cannot_be_reached_is_not_known_and_nothing_is_sent)
{
    struct rig rig;

    rig_open(&rig, 1u << CHANGE_API_ADD, "elsewhere");
    struct action_status s = drive_press(&rig.web, VERB_START, "5");
    drive_end_is(&s, END_NOT_APPLIED); /* exit 3 */
    ck_assert_msg(strstr(s.sentence, "nothing was sent") && strstr(s.sentence, "not open here"),
                  "%s", s.sentence);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 0);
    rig_end(&rig);
}
END_TEST

SUITE(locks)
{
    Suite *suite = suite_create("locks");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, two_operators_cannot_start_two_coupled_services_at_once);
    tcase_add_test(tc, who_comes_second_is_told_who_moves_it_and_where_to);
    tcase_add_test(tc, code_that_touches_nothing_shared_waits_for_nobody);
    tcase_add_test(tc, when_a_release_is_over_the_next_one_may_begin);
    tcase_add_test(tc, a_lock_that_cannot_be_reached_is_not_known_and_nothing_is_sent);
    return suite;
}
