/* test_basis.c: which part of what a certificate rests on has changed. */
#include "release/basis.h"
#include "test.h"

#include <stdio.h>

static void write_parts(uint64_t seed, unsigned other, char out[BASIS_TEXT])
{
    uint64_t parts[BASIS_PART_COUNT];

    for (unsigned i = 0; i < BASIS_PART_COUNT; i++)
        parts[i] = seed + i + (i == other ? 1000 : 0);
    basis_write(parts, out);
}

START_TEST(each_part_is_found_to_differ_by_itself)
{
    char before[BASIS_TEXT], now[BASIS_TEXT];

    write_parts(UINT64_C(0xffffffffffff0000), BASIS_PART_COUNT, before);
    write_parts(UINT64_C(0xffffffffffff0000), (unsigned)_i, now);
    ck_assert_int_eq(basis_differs(before, now), _i);
    ck_assert(basis_word[_i][0]);
    for (unsigned i = 0; i < BASIS_PART_COUNT; i++)
        ck_assert_int_eq(basis_agrees(before, now, (enum basis_part)i), i != (unsigned)_i);
}
END_TEST

START_TEST(equal_ones_do_not_differ)
{
    char before[BASIS_TEXT], now[BASIS_TEXT];

    write_parts(7, BASIS_PART_COUNT, before);
    write_parts(7, BASIS_PART_COUNT, now);
    ck_assert_int_eq(basis_differs(before, now), BASIS_PART_COUNT);
}
END_TEST

START_TEST(a_part_that_is_not_known_is_not_compared_and_agrees_with_nothing)
{
    uint64_t parts[BASIS_PART_COUNT] = {1, 2, 3, 4, 5, 6, 7};
    char before[BASIS_TEXT], now[BASIS_TEXT];

    basis_write(parts, before);
    parts[BASIS_CONFIG] = 0;
    basis_write(parts, now);
    ck_assert_int_eq(basis_differs(before, now), BASIS_PART_COUNT);
    ck_assert_int_eq(basis_differs(now, before), BASIS_PART_COUNT);
    ck_assert(!basis_agrees(before, now, BASIS_CONFIG));
    ck_assert(!basis_agrees(now, now, BASIS_CONFIG));
    ck_assert(basis_agrees(before, now, BASIS_STORES));
}
END_TEST

START_TEST(what_is_no_basis_differs)
{
    char now[BASIS_TEXT];
    static const char *const odd[] = {"", "b1", "1.2.3", "......", ".1.2.3.4.5.6"};

    write_parts(7, BASIS_PART_COUNT, now);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        ck_assert_int_eq(basis_differs(odd[i], now), BASIS_SCOPE);
}
END_TEST

SUITE(basis)
{
    Suite *suite = suite_create("basis");
    TCase *tc = test_case(suite, "basis", 5);

    tcase_add_loop_test(tc, each_part_is_found_to_differ_by_itself, 0, BASIS_PART_COUNT);
    tcase_add_test(tc, equal_ones_do_not_differ);
    tcase_add_test(tc, a_part_that_is_not_known_is_not_compared_and_agrees_with_nothing);
    tcase_add_test(tc, what_is_no_basis_differs);
    return suite;
}
