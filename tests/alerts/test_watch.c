/* test_watch.c: what a watch tells, to whom, and how often. */
#include "alerts/lab.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MINUTE = 60000 };

static struct lab lab;

static void setup(void)
{
    lab_open(&lab, "eight", test_dir());
    lab_start(&lab, 0);
    lab_run(&lab, MINUTE);
}

static void teardown(void)
{
    lab_close(&lab);
}

/* Somebody changes web behind everybody's back, and later puts it back. */
static void begin(void)
{
    lab_push(&lab, "6", 3);
}

static void finish(void)
{
    lab_push(&lab, "5", 8);
}

/* One alarm of this kind: opened once, resolved once, and nothing else was told twice either. */
static void told_once(const char *kind)
{
    ck_assert_uint_eq(lab_count(&lab, 0, kind, ALERT_OPENED), 1);
    ck_assert_uint_eq(lab_count(&lab, 0, kind, ALERT_RESOLVED), 1);
    ck_assert_uint_eq(lab_doubles(&lab), 0);
    ck_assert_uint_eq(lab_count(&lab, 0, NULL, ALERT_OPENED),
                      lab_count(&lab, 0, NULL, ALERT_RESOLVED));
}

static const char *id_of(const char *kind, enum alert_event event)
{
    for (size_t i = 0; i < lab.receiver.count; i++)
        if (lab.receiver.got[i].event == event && strcmp(lab.receiver.got[i].kind, kind) == 0)
            return lab.receiver.got[i].id;
    return "";
}

/* What is over is what was opened. */
static void same_id(const char *kind)
{
    ck_assert_str_ne(id_of(kind, ALERT_OPENED), "");
    ck_assert_str_eq(id_of(kind, ALERT_OPENED), id_of(kind, ALERT_RESOLVED));
}

START_TEST(a_quiet_fleet_tells_nothing)
{
    lab_run(&lab, 10 * MINUTE);
    ck_assert_uint_eq(lab.receiver.count, 0);
}
END_TEST

START_TEST(an_alarm_is_told_once_when_it_opens_and_once_when_it_is_over)
{
    int64_t at = clock_utc_ms(lab.clock);

    begin();
    lab_until(&lab, 1, 10000);
    ck_assert_int_le(lab.receiver.got[0].at_utc_ms - at, 10000);
    lab_run(&lab, 30 * MINUTE);
    ck_assert_uint_eq(lab.receiver.count, 1);
    finish();
    lab_until(&lab, 2, 10000);
    lab_run(&lab, 90 * MINUTE);
    told_once("drift");
    ck_assert_uint_eq(watch_alerts(lab.watch[0])->count, 0); /* told everywhere: forgotten */
}
END_TEST

START_TEST(a_second_step_is_told_with_its_kind)
{
    lab_push(&lab, "6", 3);
    lab_run(&lab, MINUTE);
    lab_push(&lab, "7", 2);
    lab_run(&lab, MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "step", ALERT_OPENED), 1);
    finish();
    lab_run(&lab, MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "step", ALERT_RESOLVED), 1);
}
END_TEST

START_TEST(a_receiver_that_refuses_is_asked_again_until_it_takes_it)
{
    lab.receiver.refuse = 7;
    begin();
    lab_until(&lab, 1, 10 * MINUTE);
    ck_assert_uint_eq(lab.receiver.refuse, 0);
    finish();
    lab_until(&lab, 2, MINUTE);
    ck_assert_uint_eq(lab_doubles(&lab), 0);
}
END_TEST

START_TEST(an_alarm_that_is_over_before_it_could_be_told_is_told_all_the_same)
{
    lab.receiver.refuse = 5;
    begin();
    lab_run(&lab, 3000);
    finish();
    lab_until(&lab, 2, 5 * MINUTE);
    ck_assert_int_eq((int)lab.receiver.got[0].event, ALERT_OPENED);
    ck_assert_int_eq((int)lab.receiver.got[1].event, ALERT_RESOLVED);
}
END_TEST

START_TEST(what_was_told_twice_has_the_same_id)
{
    lab.receiver.lose_answer = 1;
    begin();
    lab_until(&lab, 2, 5 * MINUTE);
    ck_assert_uint_eq(lab_doubles(&lab), 1);
    ck_assert_str_eq(lab.receiver.got[0].id, lab.receiver.got[1].id);
}
END_TEST

START_TEST(a_restart_repeats_nothing_and_forgets_nothing)
{
    struct stat st;

    begin();
    lab_until(&lab, 1, MINUTE);
    lab_run(&lab, 2000);
    lab_kill(&lab, 0);
    ck_assert_int_eq(stat(lab.spool[0], &st), 0);
    ck_assert_int_eq((int)(st.st_mode & 0777), 0600);
    lab_run(&lab, MINUTE);
    lab_start(&lab, 0);
    lab_run(&lab, 10 * MINUTE);
    ck_assert_uint_eq(lab.receiver.count, 1);
    finish();
    lab_run(&lab, MINUTE);
    same_id("drift");
}
END_TEST

START_TEST(what_is_over_while_no_watch_runs_is_told_after_the_restart)
{
    lab_push(&lab, "6", 3);
    lab_run(&lab, MINUTE);
    lab_push(&lab, "7", 2);
    lab_run(&lab, MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "step", ALERT_OPENED), 1);
    lab_kill(&lab, 0);
    finish();
    lab_run(&lab, MINUTE);
    lab_start(&lab, 0);
    lab_run(&lab, MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "step", ALERT_RESOLVED), 1);
}
END_TEST

START_TEST(what_could_not_be_told_before_a_restart_is_told_after_it)
{
    lab.receiver.refuse = 1000;
    begin();
    lab_run(&lab, MINUTE);
    lab_kill(&lab, 0);
    lab_run(&lab, MINUTE);
    lab.receiver.refuse = 0;
    lab_start(&lab, 0);
    lab_until(&lab, 1, MINUTE);
}
END_TEST

START_TEST(a_damaged_spool_is_put_aside_and_alarms_go_on)
{
    lab_kill(&lab, 0);
    FILE *f = fopen(lab.spool[0], "w");
    ck_assert_ptr_nonnull(f);
    fputs("{\"schema\":1,\"alarms\":[{\"id\":7}]}", f);
    fclose(f);
    lab_start(&lab, 0);
    ck_assert_uint_eq(lab.said, 1);
    begin();
    lab_until(&lab, 1, 2 * MINUTE);
}
END_TEST

START_TEST(a_wish_to_break_the_glass_pages_the_second_person)
{
    const struct frame *frame = engine_frame(lab.engine);
    struct row row = *frame->rows[0];
    const struct row *rows[] = {&row};
    struct frame made = *frame;

    row.glass = (struct glass_view){.broken = true,
                                    .open = true,
                                    .waits = true,
                                    .verb = VERB_START,
                                    .rules = "R3",
                                    .reason = "the pager burns",
                                    .by = "ann",
                                    .second = "",
                                    .at_utc_ms = 1772442000000,
                                    .until_utc_ms = 1772443800000};
    made.rows = rows;
    made.row_count = 1;
    made.seq += 1000000;
    made.refs = 1000; /* nobody frees it */
    watch_look(lab.watch[0], &made);
    const struct alert *alert = &watch_alerts(lab.watch[0])->items[0]->alert;
    ck_assert_str_eq(alert->sentence, "a second identity is asked to break the glass: start of "
                                      "web, past R3, until 2026-03-02T09:30Z");
    ck_assert_str_eq(alert->fact, "start: the pager burns");
    ck_assert(alert_is_critical(alert->kind));
    lab_until(&lab, 2, MINUTE); /* the next picture has no such wish any more */
    told_once("glass");
    frame_unref(frame);
}
END_TEST

START_TEST(a_cluster_that_is_not_heard_is_told_and_ends_no_alarm)
{
    begin();
    lab_until(&lab, 1, MINUTE);
    lab_inject(&lab, SIM_UNREACHABLE, "");
    lab_run(&lab, 5 * MINUTE);
    ck_assert_uint_eq(lab.receiver.count, 2);
    ck_assert_str_eq(lab.receiver.got[1].kind, "blind");
    lab_inject(&lab, SIM_REACHABLE, "");
    lab_run(&lab, 5 * MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "blind", ALERT_RESOLVED), 1);
    ck_assert_uint_eq(lab_count(&lab, 0, "drift", ALERT_RESOLVED), 0);
}
END_TEST

START_TEST(a_restart_that_hears_nothing_ends_no_alarm)
{
    begin();
    lab_until(&lab, 1, MINUTE);
    lab_run(&lab, 2000);
    lab_kill(&lab, 0);
    lab_inject(&lab, SIM_UNREACHABLE, "");
    lab_start(&lab, 0);
    lab_run(&lab, 10 * MINUTE);
    ck_assert_uint_eq(lab_count(&lab, 0, "drift", ALERT_RESOLVED), 0);
    lab_inject(&lab, SIM_REACHABLE, "");
    lab_run(&lab, 2 * MINUTE);
    finish();
    lab_run(&lab, 2 * MINUTE);
    told_once("drift");
}
END_TEST

START_TEST(what_the_first_told_the_second_does_not_tell_again)
{
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    begin();
    lab_until(&lab, 1, MINUTE);
    lab_run(&lab, 2000);
    lab_kill(&lab, 0);
    lab_run(&lab, 5 * MINUTE);
    ck_assert_int_eq((int)watch_lease(lab.watch[1], "lab"), (int)LEASE_LEADS);
    ck_assert_uint_eq(lab.receiver.count, 1);
    lab_kill(&lab, 1); /* nor does one that never saw anything */
    remove(lab.spool[1]);
    lab_start(&lab, 1);
    lab_run(&lab, 5 * MINUTE);
    ck_assert_uint_eq(lab.receiver.count, 1);
    finish();
    lab_run(&lab, 2 * MINUTE);
    told_once("drift");
    same_id("drift");
}
END_TEST

START_TEST(of_two_watches_one_tells)
{
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    ck_assert_int_eq((int)watch_lease(lab.watch[0], "lab"), (int)LEASE_LEADS);
    ck_assert_int_eq((int)watch_lease(lab.watch[1], "lab"), (int)LEASE_FOLLOWS);
    begin();
    lab_run(&lab, 10 * MINUTE);
    finish();
    lab_run(&lab, 10 * MINUTE);
    told_once("drift");
}
END_TEST

START_TEST(when_the_one_dies_the_other_tells_within_its_time)
{
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    lab_kill(&lab, 0);
    begin();
    int64_t at = clock_utc_ms(lab.clock);
    lab_until(&lab, 1, MINUTE);
    ck_assert_int_le(lab.receiver.got[0].at_utc_ms - at, LEASE_MS + 2 * LEASE_BEAT_MS);
    lab_run(&lab, 5 * MINUTE);
    lab_start(&lab, 0); /* back, as the second now */
    lab_run(&lab, 5 * MINUTE);
    ck_assert_int_eq((int)watch_lease(lab.watch[1], "lab"), (int)LEASE_LEADS);
    finish();
    lab_run(&lab, 5 * MINUTE);
    told_once("drift");
}
END_TEST

START_TEST(what_the_first_could_not_tell_the_second_tells)
{
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    lab.receiver.hang = 1;
    begin();
    lab_run(&lab, 4000);
    lab_kill(&lab, 0);
    lab_until(&lab, 1, 2 * MINUTE);
    finish();
    lab_until(&lab, 2, MINUTE);
    lab_run(&lab, 5 * MINUTE);
    told_once("drift");
}
END_TEST

START_TEST(who_leaves_gives_the_lease_back_at_once)
{
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    for (int i = 0; i < 100 && !watch_leave(lab.watch[0]); i++)
        lab_run(&lab, 20);
    ck_assert(watch_leave(lab.watch[0]));
    lab_kill(&lab, 0);
    lab_run(&lab, LEASE_BEAT_MS + 1000);
    ck_assert_int_eq((int)watch_lease(lab.watch[1], "lab"), (int)LEASE_LEADS);
}
END_TEST

START_TEST(without_a_store_every_watch_tells_for_itself)
{
    lab_close(&lab);
    lab_open(&lab, "eight-no-ledger", test_dir());
    lab_start(&lab, 0);
    lab_start(&lab, 1);
    lab_run(&lab, MINUTE);
    ck_assert_int_eq((int)watch_lease(lab.watch[0], "lab"), (int)LEASE_ALONE);
    begin();
    lab_until(&lab, 2, MINUTE);
    ck_assert(strcmp(lab.receiver.got[0].id, lab.receiver.got[1].id) != 0);
}
END_TEST

SUITE(watch)
{
    Suite *suite = suite_create("watch");
    TCase *tc = test_case(suite, "telling", 60);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_quiet_fleet_tells_nothing);
    tcase_add_test(tc, an_alarm_is_told_once_when_it_opens_and_once_when_it_is_over);
    tcase_add_test(tc, a_second_step_is_told_with_its_kind);
    tcase_add_test(tc, a_receiver_that_refuses_is_asked_again_until_it_takes_it);
    tcase_add_test(tc, an_alarm_that_is_over_before_it_could_be_told_is_told_all_the_same);
    tcase_add_test(tc, what_was_told_twice_has_the_same_id);
    tcase_add_test(tc, a_restart_repeats_nothing_and_forgets_nothing);
    tcase_add_test(tc, what_is_over_while_no_watch_runs_is_told_after_the_restart);
    tcase_add_test(tc, what_could_not_be_told_before_a_restart_is_told_after_it);
    tcase_add_test(tc, a_damaged_spool_is_put_aside_and_alarms_go_on);
    tcase_add_test(tc, a_wish_to_break_the_glass_pages_the_second_person);
    tcase_add_test(tc, a_cluster_that_is_not_heard_is_told_and_ends_no_alarm);
    tcase_add_test(tc, a_restart_that_hears_nothing_ends_no_alarm);
    tcase_add_test(tc, what_the_first_told_the_second_does_not_tell_again);
    tcase_add_test(tc, of_two_watches_one_tells);
    tcase_add_test(tc, when_the_one_dies_the_other_tells_within_its_time);
    tcase_add_test(tc, what_the_first_could_not_tell_the_second_tells);
    tcase_add_test(tc, who_leaves_gives_the_lease_back_at_once);
    tcase_add_test(tc, without_a_store_every_watch_tells_for_itself);
    return suite;
}
