/* test_keymap.c: lower case looks, upper case acts. */
#include "base/mem.h"
#include "keymap.h"
#include "test.h"

#include <string.h>

START_TEST(every_command_has_a_key_a_word_and_help)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        const struct command_info *info = &command_info[c];
        ck_assert_msg(keymap_command(keymap_parse_key(info->key)) == (enum command)c,
                      "%s does not give %s", info->key, info->word);
        ck_assert_uint_gt(strlen(info->word), 0);
        ck_assert_uint_gt(strlen(info->help), 0);
        ck_assert_uint_le(strlen(info->label), 8);
        for (int d = COMMAND_NONE + 1; d < c; d++) {
            ck_assert_str_ne(info->word, command_info[d].word);
            ck_assert_str_ne(info->key, command_info[d].key);
        }
    }
}
END_TEST

START_TEST(groups_are_those_of_the_table)
{
    static const struct {
        const char *title;
        int count;
    } group[] = {{NULL, 0
#define GROUP(title)                                                                               \
    }                                                                                              \
    ,                                                                                              \
    {                                                                                              \
        title, 0
#define X(name, word, key, label, help) +1
                  COMMANDS(GROUP, X)
#undef X
#undef GROUP
    }};
    int c = COMMAND_NONE + 1;

    for (size_t i = 1; i < ARRAY_LEN(group); i++)
        for (int n = 0; n < group[i].count; n++)
            ck_assert_str_eq(command_info[c++].group, group[i].title);
    ck_assert_int_eq(c, COMMAND_COUNT);
}
END_TEST

/* The keys of a keyboard: characters below 0x200, then the named ones. */
enum { KEY_COUNT = 0x200 + KEYCODE_PASTE - KEYCODE_UP + 1 };

static int key_at(int i)
{
    return i < 0x200 ? i : KEYCODE_UP + i - 0x200;
}

START_TEST(only_upper_case_acts)
{
    static const char *const never[] = {"ctrl-d", "ctrl-k", "backspace", "enter",
                                        "space",  "ctrl-s", "tab",       "N"};

    for (int i = 0; i < KEY_COUNT; i++) {
        int key = key_at(i);
        if (command_acts(keymap_command(key)))
            ck_assert_msg(key >= 'A' && key <= 'Z', "key %d acts", key);
    }
    for (size_t i = 0; i < ARRAY_LEN(never); i++)
        ck_assert(!command_acts(keymap_command(keymap_parse_key(never[i]))));
    ck_assert(command_acts(keymap_command('S')) && command_acts(keymap_command('P')));
    ck_assert(command_acts(keymap_command('R')) && command_acts(keymap_command('U')));
}
END_TEST

START_TEST(keys_have_words_both_ways)
{
    char word[KEY_WORD];

    for (int i = 1; i < KEY_COUNT; i++) {
        int key = key_at(i);
        keymap_key_word(key, word);
        ck_assert_msg(!word[0] || keymap_parse_key(word) == key, "%s is not %d", word, key);
    }
    static const struct {
        const char *word;
        int key;
    } row[] = {
        {"j", 'j'},
        {"enter", 13},
        {"ctrl-m", 13},
        {"ctrl-c", 3},
        {"f10", KEYCODE_F1 + 9},
        {"f13", 0},
        {"f0", 0},
        {"f", 'f'},
        {"é", 0xe9},
        {"", 0},
        {"\x1b", 0},
        {"jj", 0},
        {"ctrl-", 0},
        {"ctrl-S", 0},
        {"\xff", 0},
        {"page-down", KEYCODE_PAGE_DOWN},
        {"space", ' '},
        {"?", '?'},
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        ck_assert_msg(keymap_parse_key(row[i].word) == row[i].key, "row %zu", i);
}
END_TEST

START_TEST(what_is_not_a_key_is_no_command)
{
    static const int keys[] = {KEYCODE_NONE,
                               KEYCODE_RESIZE,
                               KEYCODE_MOUSE,
                               KEYCODE_PASTE,
                               -1,
                               0xe9,
                               0x7fffffff,
                               KEYCODE_F1 + 1,
                               28};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        ck_assert_int_eq(keymap_command(keys[i]), COMMAND_NONE);
}
END_TEST

SUITE(keymap)
{
    Suite *suite = suite_create("keymap");
    TCase *tcase = test_case(suite, "keys", 5);

    tcase_add_test(tcase, every_command_has_a_key_a_word_and_help);
    tcase_add_test(tcase, groups_are_those_of_the_table);
    tcase_add_test(tcase, only_upper_case_acts);
    tcase_add_test(tcase, keys_have_words_both_ways);
    tcase_add_test(tcase, what_is_not_a_key_is_no_command);
    return suite;
}
