/* test_kube_program.c: the program itself on a real Kubernetes, from the command line to the pods,
 * and killed on its way.
 *
 * Policy: lockstep's defaults (canary 1, waves 10 %, 33 %, 100 %), a context that is not
 * production, an unanswered write settled after 2 s. A second client sees every change: at no
 * moment more of the new version than was asked for. NIGHT=1: every point, and a long look. */
#include "base/json.h"
#include "base/mem.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 120, ALL = 6, FEW = 2 };

static unsigned all; /* pods of web */
static struct program program;
static struct kube_watch watch;
static json_t *before;

/* An operator: a home and a journal of their own, the same cluster. */
static void program_of_operator(struct program *operator_program, const char *who)
{
    char config[800], *context = NULL;

    ck_assert_int_eq(kube_ctl(who, "config current-context", &context), 0);
    context[strcspn(context, "\n")] = '\0';
    snprintf(config, sizeof config,
             "contexts:\n  - name: lab\n    kind: kubernetes\n    kubeconfig: %s\n"
             "    context: %s\n    namespaces: %s\n    production: false\n    settle: 2s\n",
             kube_config(who), context, kube_namespace());
    free(context);
    program_init(operator_program);
    program_write(operator_program, ".config/lockstep/config.yaml", config);
}

static void open_web(unsigned replicas)
{
    all = replicas;
    kube_open();
    program_of_operator(&program, "admin");
    kube_make("deployments", "web", replicas, KUBE_OLD,
              json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                        1, "maxUnavailable", 0));
    before = kube_get("deployments/web");
    kube_watch_start(&watch);
}

static void setup(void)
{
    open_web(ALL);
}

/* The canary is half of it: the next step is the last. */
static void setup_few(void)
{
    open_web(FEW);
}

static void teardown(void)
{
    kube_watch_stop(&watch);
    json_decref(before);
    kube_close();
}

static void never_more_than(unsigned most)
{
    ck_assert_uint_le(kube_watch_wanted(&watch, KUBE_NEW), most);
    ck_assert_uint_le(kube_watch_pods(&watch, KUBE_NEW), most);
}

static struct said run(const char *verb, const char *more)
{
    char words[300];

    snprintf(words, sizeof words, "%s web %s --timeout=90s", verb, more);
    return program_run(&program, words);
}

/* What is to work may be pressed again while it is too early. */
static void expect(const char *verb, const char *more, int status)
{
    char words[300];

    snprintf(words, sizeof words, "%s web %s --timeout=90s", verb, more);
    struct said said = status ? program_run(&program, words) : program_run_in_time(&program, words);

    ck_assert_msg(said.status == status, "%s %s: exit %d, not %d: %s%s", verb, more, said.status,
                  status, said.out, said.err);
    said_release(&said);
}

/* The verb answers when its write is in; the pods follow. */
static void expect_pods(unsigned fresh)
{
    ck_assert_msg(kube_wait_pods("web", KUBE_NEW, fresh), "%u new, not %u",
                  kube_pods("web", KUBE_NEW), fresh);
}

static void expect_old(void)
{
    expect_pods(0);
    ck_assert(kube_wait_pods("web", KUBE_OLD, all));
}

/* Accepted once the one before has come to rest, or there already. */
static void expect_step(const char *more, unsigned fresh)
{
    for (int tries = 0; tries < 60 && kube_wanted("web", KUBE_NEW) < fresh; tries++) {
        struct said said = run("step", more);
        ck_assert_msg(said.status == 0 || said.status == 1, "step %s: exit %d: %s%s", more,
                      said.status, said.out, said.err);
        said_release(&said);
    }
    expect_pods(fresh);
}

/* What differs from before but the image, or is of lockstep; "": nothing. Static. */
static const char *left_over(const char *tag)
{
    static char text[3000];
    json_t *after = kube_get("deployments/web"), *meta = json_object_get(after, "metadata");
    json_t *spec = json_deep_copy(json_object_get(before, "spec")), *entry;
    json_t *pod = json_object_get(json_object_get(spec, "template"), "spec");
    const char *marks =
        json_raw(json_object_get(json_object_get(meta, "annotations"), "lockstep.marks"));
    size_t i;

    text[0] = '\0';
    json_object_set_new(json_array_get(json_object_get(pod, "containers"), 0), "image",
                        json_string(kube_image(tag)));
    json_array_foreach(json_object_get(meta, "managedFields"), i,
                       entry) if (strcmp(json_raw(json_object_get(entry, "manager")), "lockstep") ==
                                  0) snprintf(text, sizeof text, "a manager");
    if (marks)
        snprintf(text, sizeof text, "marks %s", marks);
    if (!json_equal(spec, json_object_get(after, "spec"))) {
        char *is = json_dumps(json_object_get(after, "spec"), 0);
        snprintf(text, sizeof text, "spec %s", is);
        free(is);
    }
    json_decref(spec);
    json_decref(after);
    return text;
}

START_TEST(canary_step_pause_resume_step_each_move_exactly_what_was_asked)
{
    expect("start", KUBE_NEW, 0);
    expect_pods(1);
    never_more_than(1);
    expect_step("--to=2", 2);
    never_more_than(2);
    expect("pause", "", 0);
    expect("step", "", 1);
    never_more_than(2);
    expect("resume", "", 0);
    expect_step("--to=6", ALL);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 0));
    ck_assert_str_eq(left_over(KUBE_NEW), "");
    expect("step", "", 1);
}
END_TEST

START_TEST(an_undo_leaves_the_untouched_pods_alone)
{
    expect("start", KUBE_NEW, 0);
    expect_pods(1);
    expect_step("--to=2", 2);
    json_t *names = kube_pod_names("web", KUBE_OLD);
    expect("rollback", "", 0);
    expect_old();
    ck_assert_uint_eq(kube_kept(names, "web"), json_array_size(names));
    ck_assert_str_eq(left_over(KUBE_OLD), "");
    json_decref(names);
}
END_TEST

/* ---- killed ---- */

/* Every point by night; else each third, and the last. */
static int stride(void)
{
    return getenv("NIGHT") ? 1 : 3;
}

/* Dies by SIGKILL at this point of the action's way; false when there was no such point. */
static bool killed_at_point(const char *point, const char *verb, const char *more)
{
    struct program dying = program;
    char words[300];

    program_setenv(&dying, "LOCKSTEP_FAILPOINT", point);
    snprintf(words, sizeof words, "%s web %s --timeout=90s", verb, more);
    struct said said = program_run_in_time(&dying, words);
    bool killed = said.status == 128 + 9;
    ck_assert_msg(killed || said.status == 0, "%s at point %s: exit %d: %s%s", verb, point,
                  said.status, said.out, said.err);
    said_release(&said);
    return killed;
}

/* The n-th point. */
static bool killed_at(int point, const char *verb, const char *more)
{
    char number[16];

    snprintf(number, sizeof number, "%d", point);
    return killed_at_point(number, verb, more);
}

/* The next start settles what was left: then every action in the record has its outcome. */
static void settle(void)
{
    struct said said = program_run(&program, "status --timeout=60s");

    ck_assert_msg(said.status == 0, "status: exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
}

static void report(const char *verb, int point)
{
    ck_assert_int_gt(point, 5);
    ck_assert_int_lt(point, POINTS_MAX);
    printf("%s: killed at points up to %d, one of %d\n", verb, point - 1, stride());
}

START_TEST(a_start_killed_anywhere_moves_one_pod_or_none_and_is_finished_by_hand)
{
    int point = 1;

    for (; point < POINTS_MAX && killed_at(point, "start", KUBE_NEW); point += stride()) {
        rig_pause_ms(300);
        never_more_than(1);
        settle();
        if (kube_wanted("web", KUBE_NEW) == 0) {
            struct said said = run("start", KUBE_NEW);
            bool begun = said.status == 1 && strstr(said.out, "in flight");
            ck_assert_msg(said.status == 0 || begun, "after point %d: exit %d: %s%s", point,
                          said.status, said.out, said.err);
            said_release(&said);
        }
        expect_pods(1);
        expect("rollback", "", 0);
        expect_old();
        ck_assert_str_eq(left_over(KUBE_OLD), "");
    }
    never_more_than(1);
    report("start", point);
}
END_TEST

START_TEST(a_step_of_two_writes_killed_anywhere_never_moves_more_than_asked)
{
    int point = 1;

    for (; point < POINTS_MAX; point += stride()) {
        expect("start", KUBE_NEW, 0);
        expect_pods(1);
        if (!killed_at(point, "step", "--to=3"))
            break;
        rig_pause_ms(300);
        never_more_than(3);
        settle();
        expect_step("--to=3", 3);
        expect("rollback", "", 0);
        expect_old();
        ck_assert_str_eq(left_over(KUBE_OLD), "");
    }
    never_more_than(3);
    report("step", point);
}
END_TEST

/* What is left is done by the next start. */
static void wait_clean(const char *tag, int point)
{
    for (int tries = 0; tries < 20 && left_over(tag)[0]; tries++) {
        settle();
        rig_pause_ms(200);
    }
    ck_assert_msg(!left_over(tag)[0], "after point %d is left: %s", point, left_over(tag));
}

/* Or by hand. */
static void finish(void)
{
    for (int tries = 0; tries < 60 && kube_wanted("web", KUBE_OLD) > 0; tries++) {
        struct said said = run("step", "");
        ck_assert_msg(said.status == 0 || said.status == 1, "exit %d: %s%s", said.status, said.out,
                      said.err);
        said_release(&said);
        rig_pause_ms(200);
    }
    expect_pods(all);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 0));
}

START_TEST(a_finish_killed_anywhere_leaves_nothing_of_lockstep_in_the_end)
{
    int point = 1;

    for (; point < POINTS_MAX; point += stride()) {
        expect("start", KUBE_NEW, 0);
        expect_pods(1);
        if (!killed_at(point, "step", "--to=2"))
            break;
        settle();
        finish();
        wait_clean(KUBE_NEW, point);
        expect("rollback", "", 0);
        expect_old();
        wait_clean(KUBE_OLD, point);
    }
    report("finish", point);
}
END_TEST

/* Nothing is in flight any more, but the brake is on: one key ends it. */
static void expect_ended(const char *tag)
{
    json_t *names = kube_pod_names("web", tag);

    ck_assert_int_gt(kube_number("deployments/web", "spec/minReadySeconds"), 0);
    struct said said = program_run(&program, "status web");
    ck_assert_msg(strstr(said.out, "ends it: all run") != NULL, "%s%s", said.out, said.err);
    said_release(&said);
    expect("step", "", 0);
    ck_assert_int_le(kube_number("deployments/web", "spec/minReadySeconds"), 0);
    ck_assert_uint_eq(kube_kept(names, "web"), json_array_size(names));
    json_decref(names);
}

/* Under the brake somebody else's undo stands, too, and takes no new pod away. */
START_TEST(what_was_undone_past_lockstep_is_ended_by_an_undo)
{
    char *out = NULL;

    expect("start", KUBE_NEW, 0);
    expect_pods(1);
    json_t *names = kube_pod_names("web", KUBE_OLD);
    ck_assert_int_eq(kube_ctl("second", "rollout undo deployment/web", &out), 0);
    free(out);
    expect("rollback", "", 0);
    expect_old();
    ck_assert_uint_eq(kube_kept(names, "web"), 2);
    wait_clean(KUBE_OLD, 0);
    json_decref(names);
}
END_TEST

/* Its operator's disk is gone, and the record with it: what the user had is not known, but the
 * brake goes, and what it was stands in what was applied, where something was. */
START_TEST(a_brake_that_nobody_remembers_is_taken_off_by_one_step)
{
    char path[200];

    expect("start", KUBE_NEW, 0);
    expect_pods(1);
    ck_assert(killed_at_point("before-claim-1", "step", "--to=2"));
    expect_pods(2);
    program_of_operator(&program, "second");
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/configmaps/lockstep.deployment.web",
             kube_namespace());
    kube_delete(path);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 1));
    expect_ended(KUBE_NEW);
    expect_pods(2);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 0));
}
END_TEST

START_TEST(an_undo_killed_anywhere_is_finished_by_the_next_start_or_by_hand)
{
    int point = 1;

    for (; point < POINTS_MAX; point += stride()) {
        expect("start", KUBE_NEW, 0);
        expect_pods(1);
        if (!killed_at(point, "rollback", ""))
            break;
        settle();
        if (kube_wanted("web", KUBE_NEW) > 0) { /* it died before anything was sent */
            struct said said = run("rollback", "");
            ck_assert_msg(said.status == 0 || said.status == 1, "after point %d: exit %d: %s%s",
                          point, said.status, said.out, said.err);
            said_release(&said);
        }
        expect_old();
        wait_clean(KUBE_OLD, point);
    }
    never_more_than(1);
    report("undo", point);
}
END_TEST

static bool is_at_rest(void)
{
    return kube_number("deployments/web", "status/observedGeneration") ==
               kube_number("deployments/web", "metadata/generation") &&
           kube_ready_pods("web", KUBE_NEW) == kube_wanted("web", KUBE_NEW) &&
           kube_ready_pods("web", KUBE_OLD) == kube_wanted("web", KUBE_OLD) &&
           kube_leaving_pods("web", "") == 0;
}

/* The engine has done what it was told before the kill, however long that takes it. */
static void come_to_rest(void)
{
    for (int i = 0, calm = 0; i < 240; i++, rig_pause_ms(500)) {
        calm = is_at_rest() ? calm + 1 : 0;
        if (calm == 4)
            return;
    }
    ck_abort_msg("the engine never came to rest");
}

START_TEST(killed_in_the_middle_nothing_moves_for_as_long_as_one_looks)
{
    const int look_ms = getenv("NIGHT") ? 600000 : 4000;

    expect("start", KUBE_NEW, 0);
    expect_pods(1);
    ck_assert(killed_at(4, "step", "--to=3"));
    come_to_rest();
    json_t *uids = kube_pod_uids("web", "");
    rig_pause_ms(look_ms);
    ck_assert_uint_eq(kube_kept_uids(uids, "web"), json_array_size(uids));
    ck_assert_uint_eq(kube_pods("web", ""), json_array_size(uids));
    never_more_than(3);
    json_decref(uids);
}
END_TEST

/* Of an action that met the other's ("NAME (step to 2, 0s ago) was first"), or of a key that came
 * later ("wait: NAME stepped to 2 of 6 at …"). On a cluster of the user's both are the same person.
 */
static bool is_named(const char *told, const char *name)
{
    char later[128];

    snprintf(later, sizeof later, "wait: %s%s", kube_is_ours() ? name : "",
             kube_is_ours() ? " " : "");
    return (strstr(told, kube_is_ours() ? name : "another lockstep") &&
            strstr(told, "was first")) ||
           (strstr(told, later) && strstr(told, " of 6 "));
}

/* Both press S at once; one of them wins. Has the other met the winner, and been told so? One that
 * comes when all is over, or whose answer was lost on the way, has not. */
static bool is_told(const struct program *other)
{
    struct running a = program_start(&program, "step web --to=2 --timeout=90s");
    struct running b = program_start(other, "step web --to=2 --timeout=90s");
    struct said first = program_finish(&a), second = program_finish(&b);
    ck_assert_msg((first.status == 0) != (second.status == 0), "%d: %s%s| %d: %s%s", first.status,
                  first.out, first.err, second.status, second.out, second.err);
    const struct said *lost = first.status ? &first : &second;
    bool told = lost->status == 1 && is_named(lost->out, first.status ? "second" : "admin");
    printf("the other was told: %s%s", lost->out, lost->err);
    ck_assert_msg(told || strstr(lost->out, "is not between") ||
                      strstr(lost->err, "is not between") ||
                      (lost->status == 3 && (strstr(lost->out, "nothing was sent") ||
                                             strstr(lost->out, "certainly not applied"))),
                  "exit %d: %s%s", lost->status, lost->out, lost->err);
    said_release(&first);
    said_release(&second);
    return told;
}

START_TEST(of_two_programs_that_step_at_once_one_steps_and_the_other_hears_who_won)
{
    struct program other;
    bool told = false;

    program_of_operator(&other, "second");
    for (int tries = 0; tries < 4 && !told; tries++) {
        expect("start", KUBE_NEW, 0);
        expect_pods(1);
        told = is_told(&other);
        expect_pods(2);
        never_more_than(2);
        expect("rollback", "", 0);
        expect_old();
    }
    ck_assert_msg(told, "nobody ever met the winner");
}
END_TEST

/* Is the key of a second operator, right after the first one's, refused with the name? */
static bool comes_too_early(const struct program *second)
{
    struct said said = program_run(second, "step web --to=2 --timeout=90s");
    bool early = said.status != 0;

    if (early) {
        printf("who came second was told: %s", said.out);
        ck_assert_int_eq(said.status, 1);
        ck_assert_msg(is_named(said.out, "admin"), "%s", said.out);
        ck_assert_msg(strstr(said.out, " began with 1 of 6 at "), "%s", said.out);
    }
    said_release(&said);
    return early;
}

/* A canary that is never ready: the second key always comes while it starts. */
START_TEST(who_steps_while_anothers_canary_starts_is_told_whose_it_is)
{
    struct program second;

    program_of_operator(&second, "second");
    expect("start", "sick", 0);
    ck_assert_msg(comes_too_early(&second), "a step past a canary that is not ready");
    ck_assert_uint_le(kube_watch_wanted(&watch, "sick"), 1);
    expect("rollback", "", 0);
    ck_assert(kube_wait_pods("web", KUBE_OLD, all));
}
END_TEST

SUITE(kube_program)
{
    Suite *suite = suite_create("kube-program");
    TCase *moves = test_case(suite, "moves", 240);
    TCase *kills = test_case(suite, "kills", 1800),
          *ends = test_case(suite, "kills-at-the-end", 1800);

    kube_need();
    tcase_add_checked_fixture(moves, setup, teardown);
    tcase_add_test(moves, canary_step_pause_resume_step_each_move_exactly_what_was_asked);
    tcase_add_test(moves, an_undo_leaves_the_untouched_pods_alone);
    tcase_add_test(moves, of_two_programs_that_step_at_once_one_steps_and_the_other_hears_who_won);
    if (kube_is_ours())
        tcase_add_test(moves, who_steps_while_anothers_canary_starts_is_told_whose_it_is);
    tcase_add_checked_fixture(kills, setup, teardown);
    tcase_add_test(kills, a_start_killed_anywhere_moves_one_pod_or_none_and_is_finished_by_hand);
    tcase_add_test(kills, a_step_of_two_writes_killed_anywhere_never_moves_more_than_asked);
    tcase_add_checked_fixture(ends, setup_few, teardown);
    tcase_add_test(ends, a_finish_killed_anywhere_leaves_nothing_of_lockstep_in_the_end);
    tcase_add_test(ends, an_undo_killed_anywhere_is_finished_by_the_next_start_or_by_hand);
    tcase_add_test(ends, what_was_undone_past_lockstep_is_ended_by_an_undo);
    tcase_add_test(ends, a_brake_that_nobody_remembers_is_taken_off_by_one_step);
    tcase_add_test(kills, killed_in_the_middle_nothing_moves_for_as_long_as_one_looks);
    return suite;
}
