/* test_nomad_lost.c: rule 3 on real agents: a client that is cut off counts with what it
 * last ran, until it is fenced, and its return with an old version is an alarm.
 *
 * Policy: lockstep's defaults; the context is not production. */
#include "base/mem.h"
#include "engine/drive.h"
#include "engines/nomad_rig.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 90000 };

static struct nomad_rig_job web;
static struct clock *wall;
static struct drive op;
static const uint32_t waves[] = {1, 3, 8};

static void setup(void)
{
    struct err err = {0};
    static char journal[700];

    nomad_rig_do("heal", "c3"); /* a test that failed has left it cut */
    ck_assert(nomad_rig_wait_node("c3", "ready"));
    nomad_rig_forget_records();
    web = nomad_rig_create(8, NULL);
    wall = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct cluster_config cluster = {.name = "lab",
                                           .kind = "nomad",
                                           .endpoint = nomad_rig_address(),
                                           .ca_file = "",
                                           .cert_file = "",
                                           .key_file = "",
                                           .settle_ms = 2000};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = wall};
    op = (struct drive){engine_new(&config, &err), "lab", web.name, PATIENCE_MS};
    ck_assert_msg(op.engine != NULL, "%s", err.text);
    drive_sync(&op);
    drive_serving(&op, "4", 8);
}

static void teardown(void)
{
    nomad_rig_do("heal", "c3");
    ck_assert(nomad_rig_wait_node("c3", "ready"));
    engine_free(op.engine);
    clock_free(wall);
    nomad_rig_remove(&web);
    nomad_rig_forget_records();
}

/* The old ones that canaries replace end a moment after the promotion. */
static void press_in_time(enum verb verb, const char *version)
{
    struct action_status status = drive_press(&op, verb, version);

    for (int tries = 0; tries < 20 && status.end == END_REFUSED && strstr(status.sentence, "wait");
         tries++)
        status = drive_press(&op, verb, version);
    drive_end_is(&status, END_APPLIED);
}

static void release(const char *version)
{
    for (size_t i = 0; i < ARRAY_LEN(waves); i++) {
        press_in_time(i ? VERB_STEP : VERB_START, i ? "" : version);
        drive_serving(&op, version, waves[i]);
    }
}

/* Cuts c3 off, releases 5 to all of the rest. */
static void release_without_c3(void)
{
    nomad_rig_do("cut", "c3");
    drive_node(&op, "c3", NODE_SILENT);
    drive_serving(&op, "4", 8); /* the replacements on the other clients; ghosts come on top */
    release("5");
    ck_assert_uint_gt(nomad_rig_truth(&web, "4"), 0); /* the old version really runs there */
}

START_TEST(a_second_release_is_refused_because_of_the_lost_client_and_its_return_is_an_alarm)
{
    release_without_c3();
    struct action_status s = drive_press(&op, VERB_START, "6");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "R3") && strstr(s.sentence, "c3"), "%s", s.sentence);
    printf("refused: %s\n", s.sentence);
    ck_assert_uint_eq(nomad_rig_allocs(&web, "6"), 0);
    nomad_rig_do("heal", "c3");
    const char *alarm = drive_alarm(&op, false);
    ck_assert_msg(strstr(alarm, "c3") && strstr(alarm, "4"), "%s", alarm);
    printf("alarm: %s\n", alarm);
    drive_alarm(&op, true);
    drive_expect(&op, VERB_START, "6", END_APPLIED);
    drive_serving(&op, "6", 1);
}
END_TEST

START_TEST(a_fenced_client_leaves_the_count)
{
    release_without_c3();
    drive_fence(&op, "c3");
    drive_expect(&op, VERB_START, "6", END_APPLIED);
    drive_serving(&op, "6", 1);
}
END_TEST

SUITE(nomad_lost)
{
    Suite *suite = suite_create("nomad-lost");
    TCase *tc = test_case(suite, "lost", 300);

    nomad_rig_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(
        tc, a_second_release_is_refused_because_of_the_lost_client_and_its_return_is_an_alarm);
    tcase_add_test(tc, a_fenced_client_leaves_the_count);
    return suite;
}
