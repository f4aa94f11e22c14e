/* test_near.c: suggestions. */
#include "test.h"

#include "base/mem.h"
#include "base/near.h"

#include <string.h>

static const char *const names[] = {"status", "start",    "step", NULL,
                                    "pause",  "rollback", "demo", "contexts"};

static const struct {
    const char *word, *found;
} rows[] = {
    {"statsu", "status"},
    {"stauts", "status"},
    {"stp", "step"},
    {"steep", "step"},
    {"rolback", "rollback"},
    {"rollbak", "rollback"},
    {"context", "contexts"},
    {"demo", "demo"},
    {"xyzzy", NULL},
    {"", NULL},
    {"q", NULL},
};

START_TEST(a_slip_of_the_finger_is_understood_and_nonsense_is_not)
{
    const char *found = near_find(rows[_i].word, names, ARRAY_LEN(names));

    ck_assert_pstr_eq(found, rows[_i].found);
}
END_TEST

START_TEST(very_long_words_are_never_near)
{
    char word[300];

    memset(word, 's', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    ck_assert_ptr_null(near_find(word, names, ARRAY_LEN(names)));
}
END_TEST

START_TEST(the_suggestion_is_a_sentence_or_nothing)
{
    char out[NEAR_TEXT];

    ck_assert_str_eq(near_suggest("setp", names, ARRAY_LEN(names), out), " Did you mean 'step'?");
    ck_assert_str_eq(near_suggest("zzzzzz", names, ARRAY_LEN(names), out), "");
}
END_TEST

SUITE(near)
{
    Suite *suite = suite_create("near");
    TCase *tcase = test_case(suite, "near", 5);

    tcase_add_loop_test(tcase, a_slip_of_the_finger_is_understood_and_nonsense_is_not, 0,
                        ARRAY_LEN(rows));
    tcase_add_test(tcase, very_long_words_are_never_near);
    tcase_add_test(tcase, the_suggestion_is_a_sentence_or_nothing);
    return suite;
}
