/* test_mem.c: arrays grow zeroed, arenas give zeroed and aligned memory. */
#include "test.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(arrays_grow_zeroed_and_keep_their_content)
{
    int *array = NULL;
    size_t cap = 0;

    for (int i = 0; i < 1000; i++) {
        ARRAY_RESERVE(array, cap, (size_t)i + 1);
        ck_assert_int_eq(array[i], 0);
        array[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(array[i], i);
    ck_assert_uint_lt(cap, 2048);
    free(array);
}
END_TEST

START_TEST(an_arena_gives_zeroed_aligned_memory)
{
    struct arena *arena = arena_new(1);

    for (size_t size = 0; size < 300; size++) {
        unsigned char *p = arena_alloc(arena, 1, size);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(p[i], 0);
        memset(p, 0xff, size);
    }
    ck_assert_str_eq(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    ck_assert_str_eq(arena_strdup(arena, "copy"), "copy");
    ck_assert_ptr_null(arena_strdup(arena, NULL));
    arena_free(arena);
    arena_free(NULL);
}
END_TEST

START_TEST(one_large_text_does_not_make_every_block_large)
{
    struct arena *arena = arena_new(64);

    arena_alloc(arena, 8 << 20, 1);
    arena_alloc(arena, 1, 1);
    ck_assert_uint_lt(arena_bytes(arena), (8 << 20) + 4096);
    arena_free(arena);
}
END_TEST

START_TEST(strings_are_copied_and_printed)
{
    char *a = xstrdup("abc"), *b = xstrndup("abcdef", 2), *c = xasprintf("%s%s", a, b);

    ck_assert_str_eq(c, "abcab");
    free(a);
    free(b);
    free(c);
}
END_TEST

START_TEST(an_impossible_size_is_fatal)
{
    xrealloc(NULL, SIZE_MAX / 2, 4);
}
END_TEST

SUITE(mem)
{
    Suite *suite = suite_create("mem");
    TCase *tcase = test_case(suite, "mem", 10);

    tcase_add_test(tcase, arrays_grow_zeroed_and_keep_their_content);
    tcase_add_test(tcase, an_arena_gives_zeroed_aligned_memory);
    tcase_add_test(tcase, one_large_text_does_not_make_every_block_large);
    tcase_add_test(tcase, strings_are_copied_and_printed);
    tcase_add_test_raise_signal(tcase, an_impossible_size_is_fatal, 6);
    return suite;
}
