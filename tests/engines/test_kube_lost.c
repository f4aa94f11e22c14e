/* test_kube_lost.c: rule 3 on a real control plane: a node that is lost counts with what it last
 * ran, also when its pods are long evicted, until it is fenced; its return with an old version is
 * an alarm.
 *
 * Policy: lockstep's defaults; the context is not production. */
#include "engines/kube_op.h"
#include "engines/rig.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define LOST "node-4"

static struct kube_op op;
static const uint32_t waves[] = {1, 3, 8};

static void setup(void)
{
    kube_tell("return " LOST); /* a test that failed has left it silent */
    ck_assert(kube_wait_node(LOST, "True"));
    kube_forget_records();
    kube_open();
    /* Pods that take their time to end are there for a while when the node returns. */
    kube_make("deployments", "web", 8, KUBE_OLD,
              json_pack("{s:{s:{s:{s:{s:s}}}}}", "spec", "template", "metadata", "annotations",
                        "lockstep.test/stop-after", "3s"));
    kube_op_open(&op, "admin", NULL, false);
    drive_serving(&op.drive, KUBE_OLD, 8);
}

static void teardown(void)
{
    kube_tell("return " LOST);
    ck_assert(kube_wait_node(LOST, "True"));
    kube_op_close(&op);
    kube_close();
    kube_forget_records();
}

static bool is_replaced(void *arg, const struct frame *frame)
{
    const struct row *row = frame_find_row(frame, op.drive.context, op.drive.service);

    (void)arg;
    return row && row->ghosts > 0 && row->service->motion == MOTION_NONE &&
           service_count(row->service, KUBE_OLD, STATES_SERVING) == 8;
}

/* Loses the node, releases KUBE_NEW to all of the rest. */
static void release_without_it(void)
{
    kube_tell("silence " LOST);
    drive_node(&op.drive, LOST, NODE_SILENT);
    ck_assert_msg(engine_run_until(op.drive.engine, op.drive.patience_ms, is_replaced, NULL),
                  "what it ran is never a ghost, or never replaced on the other nodes");
    drive_release(&op.drive, KUBE_NEW, waves, 3);
    ck_assert_uint_gt(kube_truth("web", KUBE_OLD, LOST), 0); /* it really runs there */
}

START_TEST(a_second_release_is_refused_because_of_the_lost_node_and_its_return_is_an_alarm)
{
    release_without_it();
    struct action_status s = drive_press_in_time(&op.drive, VERB_START, KUBE_NEXT);
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "R3") && strstr(s.sentence, LOST), "%s", s.sentence);
    printf("refused: %s\n", s.sentence);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEXT), 0);
    kube_tell("return " LOST);
    const char *alarm = drive_alarm(&op.drive, false);
    ck_assert_msg(strstr(alarm, LOST) && strstr(alarm, KUBE_OLD), "%s", alarm);
    printf("alarm: %s\n", alarm);
    drive_alarm(&op.drive, true);
    drive_works(&op.drive, VERB_START, KUBE_NEXT);
    drive_serving(&op.drive, KUBE_NEXT, 1);
}
END_TEST

static bool is_gone_elsewhere(void *arg, const struct frame *frame)
{
    const struct row *row = frame_find_row(frame, op.drive.context, op.drive.service);

    (void)arg;
    return row && service_count(row->service, KUBE_OLD, STATES_ALL & ~(1u << INSTANCE_GHOST)) == 0;
}

START_TEST(a_fenced_node_leaves_the_count_until_it_returns)
{
    release_without_it();
    ck_assert(engine_run_until(op.drive.engine, op.drive.patience_ms, is_gone_elsewhere, NULL));
    struct action_status s = drive_press_in_time(&op.drive, VERB_START, KUBE_NEXT);
    drive_end_is(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "fence " LOST), "%s", s.sentence);
    drive_fence(&op.drive, LOST);
    drive_works(&op.drive, VERB_START, KUBE_NEXT);
    drive_serving(&op.drive, KUBE_NEXT, 1);
    kube_tell("return " LOST);
    const char *alarm = drive_alarm(&op.drive, false);
    ck_assert_msg(strstr(alarm, LOST) && strstr(alarm, KUBE_OLD), "%s", alarm);
    printf("alarm: %s\n", alarm);
}
END_TEST

SUITE(kube_lost)
{
    Suite *suite = suite_create("kube-lost");
    TCase *tc = test_case(suite, "lost", 300);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc,
                   a_second_release_is_refused_because_of_the_lost_node_and_its_return_is_an_alarm);
    tcase_add_test(tc, a_fenced_node_leaves_the_count_until_it_returns);
    return suite;
}
