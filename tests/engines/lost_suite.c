/* lost_suite.c: rule 3 on real nodes (world.h). */
#include "base/mem.h"
#include "engine/drive.h"
#include "engines/world.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 90000 };

static const struct real_world *world;
static struct clock *wall;
static struct drive op;
static const uint32_t waves[] = {1, 3, 8};

static void open_world(const struct real_world *of)
{
    struct err err = {0};
    static char journal[700];
    static struct cluster_config cluster;

    world = of;
    world->heal(); /* a test that failed has left it cut */
    const char *service = world->create();
    wall = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    cluster = world->cluster();
    cluster.settle_ms = 2000;
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = wall};
    op = (struct drive){engine_new(&config, &err), "lab", service, PATIENCE_MS};
    ck_assert_msg(op.engine != NULL, "%s", err.text);
    drive_sync(&op);
    drive_serving(&op, "4", 8);
}

static void close_world(void)
{
    world->heal();
    engine_free(op.engine);
    clock_free(wall);
    world->remove();
}

/* Cuts a node off, releases 5 to all of the rest. */
static void release_without_it(void)
{
    world->cut();
    drive_node(&op, world->away, NODE_SILENT);
    drive_serving(&op, "4", 8); /* the replacements on the other nodes; ghosts come on top */
    drive_release(&op, "5", waves, ARRAY_LEN(waves));
    ck_assert_uint_gt(world->truth("4"), 0); /* the old version really runs there */
}

ON_WORLD(a_second_release_is_refused_because_of_the_lost_node_and_its_return_is_an_alarm)
{
    release_without_it();
    struct action_status s = drive_press_in_time(&op, VERB_START, "6");
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "R3") && strstr(s.sentence, world->away), "%s", s.sentence);
    printf("refused: %s\n", s.sentence);
    ck_assert_uint_eq(world->running("6"), 0);
    world->heal();
    const char *alarm = drive_alarm(&op, false);
    ck_assert_msg(strstr(alarm, world->away) && strstr(alarm, "4"), "%s", alarm);
    printf("alarm: %s\n", alarm);
    drive_alarm(&op, true);
    drive_works(&op, VERB_START, "6");
    drive_serving(&op, "6", 1);
}

ON_WORLD(a_fenced_node_leaves_the_count)
{
    release_without_it();
    drive_fence(&op, world->away);
    drive_works(&op, VERB_START, "6");
    drive_serving(&op, "6", 1);
}

Suite *lost_suite(const struct real_world *of)
{
    Suite *suite = suite_create(of->lost);
    TCase *tc = test_case(suite, "lost", 300);
    int at = real_world_add(of);

    of->need();
    tcase_add_loop_test(
        tc, a_second_release_is_refused_because_of_the_lost_node_and_its_return_is_an_alarm, at,
        at + 1);
    tcase_add_loop_test(tc, a_fenced_node_leaves_the_count, at, at + 1);
    return suite;
}
