/* test_tapes.c: a release on a real cluster is recorded, and the recording shows what was seen: the
 * same pictures in every view at every rest, forwards and backwards, and the same end; then the
 * program makes a film of it. */
#include "base/mem.h"
#include "engine/drive.h"
#include "engines/kube_rig.h"
#include "engines/nomad_rig.h"
#include "engines/rig.h"
#include "record/recorder.h"
#include "test.h"
#include "tui/moments.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REPLICAS = 8, PATIENCE_MS = 120000, QUIET_MS = 1500, MOMENTS_MAX = 12 };

struct tape_case {
    struct cluster_config cluster;
    const char *service, *from, *to;
    /* Of this version, as the engine itself lists them. */
    unsigned (*running)(const char *version);
};

struct taping {
    const struct tape_case *c;
    char path[700];
    struct clock *clock;
    struct recorder *recorder;
    struct drive op;
    struct moment moments[MOMENTS_MAX];
    size_t count;
};

static void open_taping(struct taping *t, const struct tape_case *c)
{
    static char journal[700];
    struct err err = {0};

    *t = (struct taping){.c = c, .clock = clock_new_real()};
    snprintf(t->path, sizeof t->path, "%s/incident.jsonl", test_dir());
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    t->recorder = recorder_open(t->path, NULL, &err);
    ck_assert_msg(t->recorder != NULL, "%s", err.text);
    const struct engine_config config = {.clusters = &c->cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .recorder = t->recorder,
                                         .clock = t->clock};
    t->op = (struct drive){engine_new(&config, &err), c->cluster.name, c->service, PATIENCE_MS};
    ck_assert_msg(t->op.engine != NULL, "%s", err.text);
}

struct quiet {
    const struct row *row;
    size_t events;
    int64_t since_ms;
};

/* Nothing was said or seen anew for so long. */
static bool is_quiet(void *arg, const struct frame *frame)
{
    struct quiet *quiet = arg;
    const struct row *row = frame->row_count ? frame->rows[0] : NULL;

    if (row != quiet->row || frame->event_count != quiet->events)
        *quiet = (struct quiet){row, frame->event_count, frame->now_ms};
    return frame->now_ms - quiet->since_ms >= QUIET_MS;
}

static void take(struct taping *t, const char *after, const char *version, uint32_t serving)
{
    struct quiet quiet = {0};

    drive_serving(&t->op, version, serving);
    ck_assert_msg(engine_run_until(t->op.engine, PATIENCE_MS, is_quiet, &quiet), "never quiet");
    ck_assert_uint_lt(t->count, MOMENTS_MAX);
    t->moments[t->count++] = moment_take(t->op.engine, after);
}

/* Pressed again while it is too early. */
static void press(const struct taping *t, enum verb verb, const char *version)
{
    struct action_status status = {0};

    for (int tries = 0; tries < 60; tries++) {
        status = drive_press(&t->op, verb, version);
        if (status.end != END_REFUSED || !strstr(status.sentence, "wait"))
            break;
        const struct frame *frame = engine_frame(t->op.engine);
        struct quiet quiet = {.since_ms = frame->now_ms};
        frame_unref(frame);
        engine_run_until(t->op.engine, QUIET_MS, is_quiet, &quiet);
    }
    drive_end_is(&status, END_APPLIED);
}

static void release(struct taping *t)
{
    const char *to = t->c->to;

    drive_sync(&t->op);
    take(t, "the beginning", t->c->from, REPLICAS);
    press(t, VERB_START, to);
    take(t, "the canary", to, 1);
    ck_assert(engine_mark(t->op.engine, "the canary is up"));
    press(t, VERB_STEP, "");
    take(t, "a step", to, 3);
    press(t, VERB_PAUSE, "");
    take(t, "a pause", to, 3);
    press(t, VERB_RESUME, "");
    take(t, "a resume", to, 3);
    ck_assert(engine_mark(t->op.engine, "back"));
    press(t, VERB_ROLLBACK, "");
    take(t, "an undo", t->c->from, REPLICAS);
    struct action_status refused = drive_press(&t->op, VERB_STEP, "");
    drive_end_is(&refused, END_REFUSED);
    take(t, "a refusal", t->c->from, REPLICAS);
    ck_assert_uint_eq(t->c->running(t->c->from), REPLICAS);
    ck_assert_uint_eq(t->c->running(to), 0);
}

static void compare(const struct taping *t)
{
    char *marks = moments_same(t->path, t->moments, t->count);

    ck_assert_str_eq(marks, "the canary is up\nback\n");
    free(marks);
}

/* The program makes the same film of it each time, with the service, its versions and the marks. */
static void film(const struct taping *t)
{
    struct program program;
    char words[900];
    struct stat st;

    ck_assert_int_eq(stat(t->path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    program_init(&program);
    snprintf(words, sizeof words, "replay %s --asciicast - --speed 8", t->path);
    struct said said = program_run(&program, words), again = program_run(&program, words);
    ck_assert_msg(said.status == 0, "exit %d: %s", said.status, said.err);
    ck_assert_str_eq(said.out, again.out);
    ck_assert(strstr(said.out, t->c->service) != NULL);
    ck_assert(strstr(said.out, "\"m\", \"the canary is up\"]") != NULL);
    said_release(&said);
    said_release(&again);
}

static void tape_release(const struct tape_case *c)
{
    struct taping t;

    open_taping(&t, c);
    release(&t);
    engine_free(t.op.engine);
    recorder_close(t.recorder);
    compare(&t);
    film(&t);
    for (size_t i = 0; i < t.count; i++)
        free(t.moments[i].text);
    clock_free(t.clock);
}

/* --- Docker Swarm --- */

static struct rig_service swarm_web;

static void swarm_setup(void)
{
    rig_forget_records();
    swarm_web = rig_create(REPLICAS, NULL);
}

static void swarm_teardown(void)
{
    rig_remove(&swarm_web);
    rig_forget_records();
}

static unsigned swarm_running(const char *version)
{
    return rig_tasks(&swarm_web, version);
}

START_TEST(a_release_on_a_swarm_is_seen_again_as_it_was)
{
    const struct tape_case c = {.cluster = {.name = "lab",
                                            .kind = "swarm",
                                            .endpoint = rig_endpoint("m1"),
                                            .settle_ms = 2000},
                                .service = swarm_web.name,
                                .from = "4",
                                .to = "5",
                                .running = swarm_running};

    tape_release(&c);
}
END_TEST

SUITE(swarm_tape)
{
    Suite *suite = suite_create("swarm-tape");
    TCase *tcase = test_case(suite, "tape", 400);

    rig_need();
    tcase_add_checked_fixture(tcase, swarm_setup, swarm_teardown);
    tcase_add_test(tcase, a_release_on_a_swarm_is_seen_again_as_it_was);
    return suite;
}

/* --- Nomad --- */

static struct nomad_rig_job nomad_web;

static void nomad_setup(void)
{
    nomad_rig_forget_records();
    nomad_web = nomad_rig_create(REPLICAS, NULL);
}

static void nomad_teardown(void)
{
    nomad_rig_remove(&nomad_web);
    nomad_rig_forget_records();
}

static unsigned nomad_running(const char *version)
{
    return nomad_rig_allocs(&nomad_web, version);
}

START_TEST(a_release_on_nomad_is_seen_again_as_it_was)
{
    struct tape_case c = {.cluster = nomad_rig_config(),
                          .service = nomad_web.name,
                          .from = "4",
                          .to = "5",
                          .running = nomad_running};

    c.cluster.settle_ms = 2000;
    tape_release(&c);
}
END_TEST

SUITE(nomad_tape)
{
    Suite *suite = suite_create("nomad-tape");
    TCase *tcase = test_case(suite, "tape", 400);

    nomad_rig_need();
    tcase_add_checked_fixture(tcase, nomad_setup, nomad_teardown);
    tcase_add_test(tcase, a_release_on_nomad_is_seen_again_as_it_was);
    return suite;
}

/* --- Kubernetes --- */

static void kube_setup(void)
{
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", REPLICAS, KUBE_OLD,
              json_pack("{s:{s:{s:{s:i, s:i}}}}", "spec", "strategy", "rollingUpdate", "maxSurge",
                        1, "maxUnavailable", 0));
}

static void kube_teardown(void)
{
    kube_close();
    kube_forget_records();
}

static unsigned kube_running(const char *version)
{
    return kube_ready_pods("web", version);
}

START_TEST(a_release_on_kubernetes_is_seen_again_as_it_was)
{
    const struct tape_case c = {.cluster = kube_cluster("admin"),
                                .service = "web",
                                .from = KUBE_OLD,
                                .to = KUBE_NEW,
                                .running = kube_running};

    tape_release(&c);
}
END_TEST

SUITE(kube_tape)
{
    Suite *suite = suite_create("kube-tape");
    TCase *tcase = test_case(suite, "tape", 400);

    kube_need();
    tcase_add_checked_fixture(tcase, kube_setup, kube_teardown);
    tcase_add_test(tcase, a_release_on_kubernetes_is_seen_again_as_it_was);
    return suite;
}
