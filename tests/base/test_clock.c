/* test_clock.c: times are read strictly and written the way people say them. */
#include "test.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

static const struct {
    const char *text;
    int64_t utc_ms;
} parsed[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-22T16:02:32.120Z", 1795363352120},
    {"2026-11-22T16:02:32.1209999Z", 1795363352120},
    {"2026-11-22T16:02:32Z", 1795363352000},
    {"2026-11-22t16:02:32z", 1795363352000},
    {"2026-11-22 16:02:32Z", 1795363352000},
    {"2026-11-22T17:02:32+01:00", 1795363352000},
    {"2026-11-22T11:32:32.5-04:30", 1795363352500},
    {"2024-02-29T00:00:00Z", 1709164800000},
    {"2016-12-31T23:59:60Z", 1483228800000},
    {"9999-12-31T23:59:59.999Z", 253402300799999},
    {"0001-01-01T00:00:00Z", -1},
    {"2026-02-29T00:00:00Z", -1},
    {"2100-02-29T00:00:00Z", -1},
    {"2026-13-01T00:00:00Z", -1},
    {"2026-00-01T00:00:00Z", -1},
    {"2026-04-31T00:00:00Z", -1},
    {"2026-11-22T24:00:00Z", -1},
    {"2026-11-22T16:02:32", -1},
    {"2026-11-22T16:02:32.Z", -1},
    {"2026-11-22T16:02:32Z ", -1},
    {"2026-11-22T16:02:32+0100", -1},
    {"2026-11-22T16:02:32+01:00x", -1},
    {"2026-11-22T16:02Z", -1},
    {"2026-11-22", -1},
    {" 2026-11-22T16:02:32Z", -1},
    {"+026-11-22T16:02:32Z", -1},
    {"2026-1-22T16:02:32Z", -1},
    {"", -1},
    {"never", -1},
};

START_TEST(times_are_parsed_strictly)
{
    ck_assert_int_eq(clock_parse_utc(parsed[_i].text), parsed[_i].utc_ms);
}
END_TEST

START_TEST(written_times_read_back)
{
    static const int64_t times[] = {0, 1, 999, 1795363352120, 253402300799999};
    char out[CLOCK_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        ck_assert_int_eq(clock_parse_utc(clock_format_utc(times[i], out)), times[i]);
    ck_assert_str_eq(clock_format_utc(1795363352120, out), "2026-11-22T16:02:32.120Z");
    ck_assert_str_eq(clock_format_utc(-1, out), "1969-12-31T23:59:59.999Z");
    ck_assert_str_eq(clock_format_utc(INT64_MAX, out), "9999-12-31T23:59:59.999Z");
    ck_assert_str_eq(clock_format_utc(INT64_MIN, out), "0001-01-01T00:00:00.000Z");
}
END_TEST

START_TEST(spans_are_said_as_people_say_them)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {-5, "0s"},        {0, "0s"},           {59999, "59s"},       {60000, "1m00s"},
        {241000, "4m01s"}, {12000000, "3h20m"}, {187200000, "2d04h"}, {INT64_MAX, "9999d00h"},
    };
    char out[SPAN_TEXT];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_str_eq(clock_format_span(rows[i].ms, out), rows[i].text);
}
END_TEST

START_TEST(a_virtual_clock_moves_only_when_moved)
{
    struct clock *clock = clock_new_virtual(1000);

    ck_assert(clock_is_virtual(clock));
    ck_assert_int_eq(clock_now_ms(clock), 0);
    clock_advance_ms(clock, 250);
    clock_advance_ms(clock, -100);
    ck_assert_int_eq(clock_now_ms(clock), 250);
    ck_assert_int_eq(clock_utc_ms(clock), 1250);
    ck_assert_int_eq(clock_real_wait_ms(clock, 9999), 0);
    clock_free(clock);
}
END_TEST

START_TEST(a_scaled_clock_starts_where_it_is_told)
{
    struct clock *clock = clock_new_scaled(1000, 5000);
    int64_t now = clock_now_ms(clock);

    ck_assert_int_ge(now, 0);
    ck_assert_int_ge(clock_utc_ms(clock), 5000 + now);
    ck_assert_int_eq(clock_real_wait_ms(clock, 10000), 11);
    ck_assert_int_eq(clock_real_wait_ms(clock, 0), 0);
    clock_advance_ms(clock, 1000000000);
    ck_assert_int_lt(clock_now_ms(clock), 1000000000);
    clock_free(clock);
    clock = clock_new_scaled(1e-9, 0);
    ck_assert_int_gt(clock_real_wait_ms(clock, INT64_MAX), 0);
    clock_free(clock);
}
END_TEST

START_TEST(a_real_clock_does_not_go_backwards)
{
    struct clock *clock = clock_new_real();
    int64_t last = clock_now_ms(clock);

    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now_ms(clock);
        ck_assert_int_ge(now, last);
        last = now;
    }
    ck_assert_int_eq(clock_real_wait_ms(clock, 77), 77);
    clock_free(clock);
}
END_TEST

SUITE(clock)
{
    Suite *suite = suite_create("clock");
    TCase *tcase = test_case(suite, "clock", 10);

    tcase_add_loop_test(tcase, times_are_parsed_strictly, 0, (int)ARRAY_LEN(parsed));
    tcase_add_test(tcase, written_times_read_back);
    tcase_add_test(tcase, spans_are_said_as_people_say_them);
    tcase_add_test(tcase, a_virtual_clock_moves_only_when_moved);
    tcase_add_test(tcase, a_scaled_clock_starts_where_it_is_told);
    tcase_add_test(tcase, a_real_clock_does_not_go_backwards);
    return suite;
}
