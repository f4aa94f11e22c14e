/* test_keymap_file.c: keys of one's own, good files and bad. */
#include "base/mem.h"
#include "keymap.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse(struct keymap *keymap, const char *text, struct err *err)
{
    keymap_init(keymap);
    return keymap_parse(keymap, text, strlen(text), "keys.conf", err);
}

START_TEST(without_a_file_the_keys_are_those_of_the_table)
{
    struct keymap keymap;

    keymap_init(&keymap);
    for (int key = 0; key < KEYCODE_PASTE; key += key < 0x500 || key >= KEYCODE_UP - 2 ? 1 : 37)
        ck_assert_int_eq(keymap_find_command(&keymap, key), keymap_command(key));
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        enum command command = (enum command)c;
        ck_assert_str_eq(keymap_shown(&keymap, command), command_info[c].key);
        ck_assert_str_eq(keymap_shown(NULL, command), command_info[c].key);
        ck_assert_int_eq(keymap_find_key(&keymap, command), keymap_find_key(NULL, command));
    }
    ck_assert_uint_lt(keymap.count, KEYMAP_BINDINGS_MAX);
}
END_TEST

START_TEST(a_line_binds_a_key)
{
    static const struct {
        const char *text, *key;
        enum command command;
        const char *shown; /* for the command; NULL not asked */
    } row[] = {
        {"x = nodes", "x", COMMAND_NODES, "x"},
        {"x = nodes", "h", COMMAND_NODES, NULL}, /* the old one stays */
        {"  x=nodes # mine\r\n", "x", COMMAND_NODES, "x"},
        {"# x = nodes\n\n", "x", COMMAND_NONE, NULL},
        {"x = none", "x", COMMAND_NONE, NULL},
        {"h = none", "h", COMMAND_NONE, NULL},
        {"h = none\nx = nodes", "x", COMMAND_NODES, "x"},
        {"j = up\nk = down", "j", COMMAND_UP, "j"},
        {"j = up\nk = down", "k", COMMAND_DOWN, "k"},
        {"F = step\nS = save-screen", "S", COMMAND_SAVE, "S"},
        {"F = step\nS = save-screen", "F", COMMAND_STEP, "F"},
        {"f5 = step", "f5", COMMAND_STEP, "f5"},
        {"f5 = step\nF = step", "F", COMMAND_STEP, "f5"}, /* the first line is shown */
        {"= = help", "=", COMMAND_HELP, "="},
        {"é = help", "é", COMMAND_HELP, "é"},
        {"ctrl-m = help\no = open\n> = sort-turn", "enter", COMMAND_HELP, "enter"},
        {"q = none", "f10", COMMAND_QUIT, "f10"},
        {"U = none", "U", COMMAND_NONE, NULL},
        {"1 = help", "1", COMMAND_HELP, "1"},
        {"1 = help", "2", COMMAND_CLUSTER, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct keymap keymap;
        struct err err = {0};
        ck_assert_msg(parse(&keymap, row[i].text, &err), "row %zu: %s", i, err.text);
        ck_assert_msg(keymap_find_command(&keymap, keymap_parse_key(row[i].key)) == row[i].command,
                      "row %zu", i);
        if (row[i].shown)
            ck_assert_str_eq(keymap_shown(&keymap, row[i].command), row[i].shown);
    }
}
END_TEST

START_TEST(an_unbound_command_shows_no_key)
{
    struct keymap keymap;
    struct err err = {0};

    ck_assert(parse(&keymap, "U = none", &err));
    ck_assert_str_eq(keymap_shown(&keymap, COMMAND_UNDO), "");
    ck_assert_int_eq(keymap_find_key(&keymap, COMMAND_UNDO), KEYCODE_NONE);
}
END_TEST

START_TEST(bad_lines_are_named_with_what_helps)
{
    static const struct {
        const char *text, *said[3];
    } row[] = {
        {"x nodes", {"keys.conf:1:", "'x nodes' is not like `S = step`"}},
        {"[list]", {"keys.conf:1:", "is not like"}},
        {"\n\nx = nods", {"keys.conf:3:", "no command 'nods'", "'nodes'"}},
        {"x =", {"keys.conf:1:", "no command ''"}},
        {"pgdn = down", {"keys.conf:1:", "no key 'pgdn'", "page-down"}},
        {"delete = undo", {"keys.conf:1:", "no key 'delete'"}},
        {"x = nodes log", {"keys.conf:1:", "one command a line"}},
        {"x = nodes\nx = log", {"keys.conf:2:", "x is bound on line 1 already"}},
        {"enter = nodes\nctrl-m = log", {"keys.conf:2:", "enter is bound on line 1"}},
        {"x = none\nx = none", {"keys.conf:2:", "on line 1"}},
        {"# one\nh = log", {"keys.conf:2:", "h is `nodes`", "KEY = nodes"}},
        {"S = pause", {"keys.conf:1:", "S is `step`"}},
        {"S = save-screen", {"keys.conf:1:", "S is `step`"}},
        {"ctrl-c = quit", {"keys.conf:1:", "ctrl-c always cancels"}},
        {"\x1b[31m = quit", {"keys.conf:1:", "no key"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct keymap keymap;
        struct err err = {0};
        ck_assert_msg(!parse(&keymap, row[i].text, &err), "row %zu", i);
        ck_assert_int_eq(err.code, ERR_CONFIG);
        for (size_t s = 0; s < 3 && row[i].said[s]; s++)
            ck_assert_msg(strstr(err.text, row[i].said[s]) != NULL, "row %zu: %s", i, err.text);
        ck_assert_ptr_null(strchr(err.text, 033));
        ck_assert_int_eq(keymap_find_command(&keymap, 'S'), COMMAND_STEP);
    }
}
END_TEST

START_TEST(nothing_acts_on_a_key_that_slips)
{
    static const char *const keys[] = {"ctrl-d", "ctrl-k", "backspace", "enter",   "esc",
                                       "space",  "tab",    "a",         "s",       "z",
                                       "up",     "ctrl-x", "1",         "page-up", "é"};
    static const char *const words[] = {"step", "pause", "resume", "undo", "more"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        for (size_t w = 0; w < ARRAY_LEN(words); w++) {
            struct keymap keymap;
            struct err err = {0};
            char *text = xasprintf("%s = %s", keys[i], words[w]);
            ck_assert_msg(!parse(&keymap, text, &err), "%s", text);
            ck_assert_msg(strstr(err.text, "keys.conf:1:") && strstr(err.text, "upper case acts"),
                          "%s", err.text);
            free(text);
        }
}
END_TEST

START_TEST(texts_that_name_keys_name_those_of_the_operator)
{
    static const struct {
        const char *text, *lead, *plain;
    } row[] = {
        {"S", "F", "F"},
        {"X 1 (why) enter", "X 1 (why) enter", "X 1 (why) enter"},
        {"j", "ctrl-n", "j"},
        {"wait", "wait", "wait"},
        {"", "", ""},
        {"The market opens: press S.", "The market opens: press F.", "The market opens: press F."},
        {"i shows what S does; Sun, S3", "i shows what F does; Sun, S3",
         "i shows what F does; Sun, S3"},
    };
    struct keymap keymap;
    struct err err = {0};
    char out[100], small[8];

    ck_assert(parse(&keymap, "F = step\nS = none\nctrl-n = down", &err));
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        keymap_rewrite(&keymap, row[i].text, true, out, sizeof out);
        ck_assert_str_eq(out, row[i].lead);
        keymap_rewrite(&keymap, row[i].text, false, out, sizeof out);
        ck_assert_str_eq(out, row[i].plain);
        keymap_rewrite(NULL, row[i].text, true, out, sizeof out);
        ck_assert_str_eq(out, row[i].text);
        keymap_rewrite(&keymap, row[i].text, true, small, sizeof small);
        ck_assert_uint_lt(strlen(small), sizeof small);
    }
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(a_file_is_read_from_where_it_is_said)
{
    char *path = xasprintf("%s/own.conf", test_dir());
    struct keymap keymap;
    struct err err = {0};

    keymap_init(&keymap);
    write_file(path, "x = nodes\n");
    ck_assert(keymap_load(&keymap, path, &err));
    ck_assert_int_eq(keymap_find_command(&keymap, 'x'), COMMAND_NODES);
    write_file(path, "x = nods\n");
    ck_assert(!keymap_load(&keymap, path, &err));
    ck_assert_msg(strstr(err.text, "own.conf:1:") != NULL, "%s", err.text);
    ck_assert(!keymap_load(&keymap, "/nonexistent/keys", &err)); /* one that was asked for */
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    ck_assert(keymap_load(&keymap, NULL, &err)); /* the usual one need not be there */
    free(path);
}
END_TEST

SUITE(keymap_file)
{
    Suite *suite = suite_create("keymap-file");
    TCase *tcase = test_case(suite, "keys", 60);

    tcase_add_test(tcase, without_a_file_the_keys_are_those_of_the_table);
    tcase_add_test(tcase, a_line_binds_a_key);
    tcase_add_test(tcase, an_unbound_command_shows_no_key);
    tcase_add_test(tcase, bad_lines_are_named_with_what_helps);
    tcase_add_test(tcase, nothing_acts_on_a_key_that_slips);
    tcase_add_test(tcase, texts_that_name_keys_name_those_of_the_operator);
    tcase_add_test(tcase, a_file_is_read_from_where_it_is_said);
    return suite;
}
