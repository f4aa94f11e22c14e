/* program_suite.c: the program itself on a real cluster, from the command line to the instances
 * (world.h). */
#include "base/mem.h"
#include "engines/world.h"
#include "tui/program.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POINTS_MAX = 80, WORLDS_MAX = 4 };

static const struct real_world *worlds[WORLDS_MAX];

static const struct real_world *world;
static struct program program;
static const char *web;

const struct real_world *real_world_at(int index)
{
    return worlds[index];
}

int real_world_add(const struct real_world *added)
{
    int index = 0;

    while (index < WORLDS_MAX && worlds[index] && worlds[index] != added)
        index++;
    if (index == WORLDS_MAX)
        fatal("more worlds than %d", WORLDS_MAX);
    worlds[index] = added;
    return index;
}

/* An operator: a home and a journal of their own, the same cluster. */
static void program_of_operator(struct program *operator_program)
{
    const struct cluster_config cluster = world->cluster();
    bool scope = cluster.namespaces && cluster.namespaces[0];
    char config[600];

    snprintf(config, sizeof config,
             "contexts:\n  - name: lab\n    kind: %s\n    endpoint: %s\n"
             "    production: false\n    settle: 2s\n%s%s\n",
             cluster.kind, cluster.endpoint, scope ? "    namespaces: " : "",
             scope ? cluster.namespaces : "");
    program_init(operator_program);
    if (cluster.token && cluster.token[0])
        program_setenv(operator_program, "NOMAD_TOKEN", cluster.token);
    program_write(operator_program, ".config/lockstep/config.yaml", config);
}

static void open_world(const struct real_world *of)
{
    world = of;
    program_of_operator(&program);
    web = world->create();
}

static void close_world(void)
{
    world->remove();
}

static struct said run(const char *verb, const char *more)
{
    char words[300];

    snprintf(words, sizeof words, "%s %s %s --timeout=90s", verb, web, more);
    return program_run(&program, words);
}

/* What is to work may be pressed again while it is too early. */
static void expect(const char *verb, const char *more, int status)
{
    char words[300];

    snprintf(words, sizeof words, "%s %s %s --timeout=90s", verb, web, more);
    struct said said = status ? program_run(&program, words) : program_run_in_time(&program, words);

    ck_assert_msg(said.status == status, "%s %s: exit %d, not %d: %s%s", verb, more, said.status,
                  status, said.out, said.err);
    said_release(&said);
}

/* The verb answers when its write is in; the instances follow. */
static void expect_running(const char *tag, unsigned count)
{
    ck_assert_msg(world->wait(tag, count), "%u instances of %s, not %u", world->running(tag), tag,
                  count);
}

static void watch_calm(unsigned most, int for_ms)
{
    const struct timespec pause = {0, 100000000};

    for (int ms = 0; ms < for_ms; ms += 100) {
        unsigned now = world->running("5");
        ck_assert_msg(now <= most, "%u instances of 5, at most %u were asked for", now, most);
        nanosleep(&pause, NULL);
    }
}

ON_WORLD(canary_step_pause_resume_step_each_move_exactly_what_was_asked)
{
    expect("start", "5", 0);
    expect_running("5", 1);
    watch_calm(1, 1500);
    expect("step", "", 0);
    expect_running("5", 3);
    expect("pause", "", 0);
    expect("step", "", 1);
    watch_calm(3, 1500);
    expect("resume", "", 0);
    expect("step", "", 0);
    expect_running("5", 8);
    expect_running("4", 0);
    expect("step", "", 1);
}

ON_WORLD(rollback_from_three_leaves_the_untouched_alone)
{
    expect("start", "5", 0);
    expect_running("5", 1);
    expect("step", "", 0);
    expect_running("5", 3);
    json_t *before = world->ids("4");
    expect("rollback", "", 0);
    expect_running("4", 8);
    expect_running("5", 0);
    json_t *after = world->ids("4"), *id;
    unsigned kept = 0;
    size_t i, k;
    json_array_foreach(before, i, id)
    {
        json_t *other;
        json_array_foreach(after, k, other) kept += json_equal(id, other) ? 1u : 0u;
    }
    ck_assert_uint_eq(json_array_size(before), 5);
    ck_assert_uint_eq(kept, 5);
    json_decref(before);
    json_decref(after);
}

/* Dies by SIGKILL at the n-th point of the action's way; false when it had no n-th point. */
static bool killed_at(int point, const char *verb, const char *more)
{
    struct program dying = program;
    char number[16];

    snprintf(number, sizeof number, "%d", point);
    program_setenv(&dying, "LOCKSTEP_FAILPOINT", number);
    char words[300];
    snprintf(words, sizeof words, "%s %s %s --timeout=90s", verb, web, more);
    struct said said = program_run_in_time(&dying, words);
    bool killed = said.status == 128 + 9;
    ck_assert_msg(killed || said.status == 0, "%s at point %d: exit %d: %s%s", verb, point,
                  said.status, said.out, said.err);
    said_release(&said);
    return killed;
}

/* The next start settles what was left: then every action in the record has its outcome. */
static void settle(void)
{
    struct said said = program_run(&program, "status --timeout=60s");

    ck_assert_msg(said.status == 0, "status: exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
}

ON_WORLD(a_start_killed_anywhere_moves_one_or_none_and_is_finished_by_hand)
{
    int point = 1;

    for (; point < POINTS_MAX && killed_at(point, "start", "5"); point++) {
        watch_calm(1, 300);
        settle();
        watch_calm(1, 300);
        if (world->running("5") == 0 && world->running("4") == 8) {
            struct said said = run("start", "5");
            bool begun = said.status == 1 && strstr(said.out, "in flight");
            ck_assert_msg(said.status == 0 || begun, "after point %d: exit %d: %s%s", point,
                          said.status, said.out, said.err);
            said_release(&said);
        }
        expect_running("5", 1);
        watch_calm(1, 300);
        expect("rollback", "", 0);
        expect_running("4", 8);
    }
    ck_assert_int_gt(point, 5);
    ck_assert_int_lt(point, POINTS_MAX);
    printf("start: killed at each of %d points\n", point - 1);
}

/* By hand, to four: a step that is still on its way is waited for, not repeated. */
static void finish_to_four(void)
{
    for (int tries = 0; tries < 30 && world->running("5") < 4; tries++) {
        struct said said = run("step", "--to=4");
        ck_assert_msg(said.status == 0 || said.status == 1, "exit %d: %s%s", said.status, said.out,
                      said.err);
        said_release(&said);
    }
    expect_running("5", 4);
}

ON_WORLD(a_step_killed_anywhere_never_moves_more_than_asked)
{
    int point = 1;

    for (; point < POINTS_MAX; point++) {
        expect("start", "5", 0);
        expect_running("5", 1);
        watch_calm(1, 300);
        if (!killed_at(point, "step", "--to=4"))
            break;
        watch_calm(4, 300);
        settle();
        watch_calm(4, 300);
        finish_to_four();
        watch_calm(4, 300);
        expect("rollback", "", 0);
        expect_running("4", 8);
    }
    ck_assert_int_gt(point, 8);
    ck_assert_int_lt(point, POINTS_MAX);
    printf("step: killed at each of %d points\n", point - 1);
}

ON_WORLD(an_undo_killed_anywhere_is_finished_by_the_next_start_or_by_hand)
{
    int point = 1;

    for (; point < POINTS_MAX; point++) {
        expect("start", "5", 0);
        expect_running("5", 1);
        watch_calm(1, 300);
        if (!killed_at(point, "rollback", ""))
            break;
        watch_calm(1, 300);
        settle();
        if (world->running("5") > 0) { /* it died before anything was sent */
            struct said said = run("rollback", "");
            ck_assert_msg(said.status == 0 || said.status == 1, "after point %d: exit %d: %s%s",
                          point, said.status, said.out, said.err);
            said_release(&said);
        }
        expect_running("4", 8);
        expect_running("5", 0);
    }
    ck_assert_int_gt(point, 8);
    ck_assert_int_lt(point, POINTS_MAX);
    printf("undo: killed at each of %d points\n", point - 1);
}

/* Both run as the same person, by whose name the winner is called: of an action that met the
 * other's ("another lockstep of NAME (step to 5, 0s ago) was first", or "(3 of 8 on 5)" once that
 * is done), or of a key that came later ("wait: NAME stepped to 3 of 8 at 14:31:58, ..."). */
static void expect_named(const char *told)
{
    const struct passwd *me = getpwuid(geteuid());
    char name[128];

    ck_assert_ptr_nonnull(me);
    snprintf(name, sizeof name, "another lockstep of %s", me->pw_name);
    bool met = strstr(told, name) && strstr(told, "was first") &&
               (strstr(told, " (step to 5, ") || strstr(told, " (3 of 8 on 5) "));
    snprintf(name, sizeof name, "wait: %s ", me->pw_name);
    bool later = strstr(told, name) && strstr(told, " of 8 ");
    ck_assert_msg(met || later, "nobody is named, or not what for: %s", told);
}

/* Both press S at once; one of them wins. Has the other met the winner, and been told so? An answer
 * that was lost on the way, or a machine too busy to send in time, is no meeting. */
static bool is_told(const struct program *other)
{
    char words[200];

    snprintf(words, sizeof words, "step %s --timeout=90s", web);
    struct running a = program_start(&program, words), b = program_start(other, words);
    struct said first = program_finish(&a), second = program_finish(&b);
    ck_assert_msg((first.status == 0) != (second.status == 0), "%d: %s%s| %d: %s%s", first.status,
                  first.out, first.err, second.status, second.out, second.err);
    const struct said *lost = first.status ? &first : &second;
    bool told = lost->status == 1;
    printf("the other was told: %s", lost->out);
    if (told)
        expect_named(lost->out);
    else
        ck_assert_msg(lost->status == 3 && (strstr(lost->out, "nothing was sent") ||
                                            strstr(lost->out, "certainly not applied")),
                      "exit %d: %s%s", lost->status, lost->out, lost->err);
    said_release(&first);
    said_release(&second);
    return told;
}

ON_WORLD(of_two_programs_that_step_at_once_one_steps_and_the_other_hears_who_won)
{
    struct program other;
    bool told = false;

    program_of_operator(&other);
    for (int tries = 0; tries < 4 && !told; tries++) {
        expect("start", "5", 0);
        expect_running("5", 1);
        watch_calm(1, 1500);
        told = is_told(&other);
        expect_running("5", 3);
        watch_calm(3, 1500);
        expect("rollback", "", 0);
        expect_running("4", 8);
        expect_running("5", 0);
    }
    ck_assert_msg(told, "nobody ever met the winner");
}

ON_WORLD(who_steps_while_anothers_canary_starts_is_told_whose_it_is)
{
    struct program second;
    char words[200];

    program_of_operator(&second);
    world->remove();
    web = world->create_slow();
    expect("start", "5", 0);
    snprintf(words, sizeof words, "step %s --timeout=90s", web);
    struct said said = program_run(&second, words);
    ck_assert_msg(said.status == 1, "exit %d: %s%s", said.status, said.out, said.err);
    printf("who came second was told: %s", said.out);
    expect_named(said.out);
    ck_assert_msg(strstr(said.out, " began with 1 of 8 at "), "%s", said.out);
    said_release(&said);
}

Suite *program_suite(const struct real_world *of)
{
    Suite *suite = suite_create(of->program);
    TCase *moves = test_case(suite, "moves", 180), *starts = test_case(suite, "kill-start", 900);
    TCase *undos = test_case(suite, "kill-undo", 900), *steps = test_case(suite, "kill-step", 900);
    int at = real_world_add(of);

    of->need();
    tcase_add_loop_test(moves, canary_step_pause_resume_step_each_move_exactly_what_was_asked, at,
                        at + 1);
    tcase_add_loop_test(moves, rollback_from_three_leaves_the_untouched_alone, at, at + 1);
    tcase_add_loop_test(
        moves, of_two_programs_that_step_at_once_one_steps_and_the_other_hears_who_won, at, at + 1);
    tcase_add_loop_test(moves, who_steps_while_anothers_canary_starts_is_told_whose_it_is, at,
                        at + 1);
    tcase_add_loop_test(starts, a_start_killed_anywhere_moves_one_or_none_and_is_finished_by_hand,
                        at, at + 1);
    tcase_add_loop_test(undos, an_undo_killed_anywhere_is_finished_by_the_next_start_or_by_hand, at,
                        at + 1);
    tcase_add_loop_test(steps, a_step_killed_anywhere_never_moves_more_than_asked, at, at + 1);
    return suite;
}
