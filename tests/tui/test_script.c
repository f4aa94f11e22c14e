/* test_script.c: keys that are pressed by themselves. */
#include "keymap.h"
#include "script.h"
#include "test.h"

#include <string.h>

static struct script script;
static struct err err;

static bool parse(const char *text)
{
    memset(&err, 0, sizeof err);
    return script_parse(&script, text, strlen(text), "x.keys", &err);
}

START_TEST(keys_come_when_they_are_due)
{
    ck_assert_msg(parse("# demo\n\n0.25 j\n  4\tS\r\n4 y\n5.5 #\n6.000 enter"), "%s", err.text);
    ck_assert_int_eq(script_due_ms(&script), 250);
    ck_assert_int_eq(script_take(&script, 249), KEYCODE_NONE);
    ck_assert_int_eq(script_take(&script, 250), 'j');
    ck_assert_int_eq(script_take(&script, 9000), 'S');
    ck_assert_int_eq(script_take(&script, 9000), 'y');
    ck_assert_int_eq(script_take(&script, 9000), '#');
    ck_assert_int_eq(script_take(&script, 9000), KEYCODE_ENTER);
    ck_assert_int_eq(script_take(&script, 9000), KEYCODE_NONE);
    ck_assert_int_eq(script_due_ms(&script), -1);
    script_release(&script);
}
END_TEST

START_TEST(an_error_names_file_and_line_and_leaves_nothing)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"j", "x.keys:1: 'j' is no time"},
        {"1 j\n-1 j", "x.keys:2: '-1' is no time"},
        {"1.2.3 j", "'1.2.3' is no time"},
        {"1.2345 j", "'1.2345' is no time"},
        {". j", "'.' is no time"},
        {"86401 j", "'86401' is no time"},
        {"99999999999999999999 j", "is no time"},
        {"1e3 j", "'1e3' is no time"},
        {"1", "x.keys:1: there is no key ''"},
        {"1 jj", "there is no key 'jj'"},
        {"1 \x1b", "there is no key '"},
        {"1 j k", "x.keys:1: one key a line"},
        {"2 j\n\n1 k", "x.keys:3: earlier"},
    };
    ck_assert(!parse(row[_i].text));
    ck_assert_msg(strstr(err.text, row[_i].want) != NULL, "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\x1b'));
    ck_assert_int_eq(script_due_ms(&script), -1);
}
END_TEST

START_TEST(a_missing_file_is_one_clear_sentence)
{
    memset(&err, 0, sizeof err);
    ck_assert(!script_load(&script, "/nowhere/x.keys", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read the script /nowhere/x.keys: No such file"));
    memset(&err, 0, sizeof err);
    ck_assert(!script_parse(&script, "1 j\0k", 5, "x.keys", &err));
}
END_TEST

SUITE(script)
{
    Suite *suite = suite_create("script");
    TCase *tcase = test_case(suite, "files", 5);

    tcase_add_test(tcase, keys_come_when_they_are_due);
    tcase_add_loop_test(tcase, an_error_names_file_and_line_and_leaves_nothing, 0, 13);
    tcase_add_test(tcase, a_missing_file_is_one_clear_sentence);
    return suite;
}
