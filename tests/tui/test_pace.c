/* test_pace.c: how often new frames become pictures. */
#include "app_private.h"
#include "test.h"

/* Pictures between `from` and `to` when a newer frame is always there. */
static int flood(int64_t *due_ms, int64_t from, int64_t to)
{
    int pictures = 0;

    for (int64_t now = from; now < to; now++)
        if (now >= *due_ms) {
            *due_ms = app_frame_due(*due_ms, now);
            pictures++;
        }
    return pictures;
}

START_TEST(a_flood_of_frames_is_drawn_in_steady_steps)
{
    int64_t due_ms = 0;

    ck_assert_int_eq(flood(&due_ms, 100000, 101000), 1 + 1000 / APP_FRAME_MS);
    ck_assert_int_eq(flood(&due_ms, 101000, 102000), 1000 / APP_FRAME_MS);
    ck_assert_int_eq(flood(&due_ms, 102000, 102000 + APP_FRAME_MS), 1);
}
END_TEST

START_TEST(what_happens_behind_a_tick_is_shown_at_once)
{
    int64_t due_ms = app_frame_due(0, 100000); /* after a calm: the tick */

    ck_assert_int_le(due_ms, 100003);
    due_ms = app_frame_due(due_ms, 100003);
    ck_assert_int_eq(due_ms, 100000 + APP_FRAME_MS);
}
END_TEST

START_TEST(keys_that_draw_all_the_time_put_no_frame_off_for_longer)
{
    int64_t due_ms = 0;

    for (int64_t now = 100000; now < 101000; now += 5) {
        due_ms = app_frame_due(due_ms, now);
        ck_assert_int_le(due_ms, now + APP_FRAME_MS);
    }
}
END_TEST

SUITE(pace)
{
    Suite *suite = suite_create("pace");
    TCase *tcase = test_case(suite, "pace", 10);

    tcase_add_test(tcase, a_flood_of_frames_is_drawn_in_steady_steps);
    tcase_add_test(tcase, what_happens_behind_a_tick_is_shown_at_once);
    tcase_add_test(tcase, keys_that_draw_all_the_time_put_no_frame_off_for_longer);
    return suite;
}
