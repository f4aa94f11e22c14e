/* test_lines.c: whatever a program writes, in whatever pieces: clean lines. */
#include "base/lines.h"
#include "base/mem.h"
#include "base/text.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct heard {
    char text[8000];
    size_t count;
};

static void note(void *arg, const char *line)
{
    struct heard *heard = arg;
    size_t len = strlen(heard->text);

    ck_assert(text_is_clean(line));
    ck_assert_uint_le(strlen(line), LINES_MAX);
    snprintf(heard->text + len, sizeof heard->text - len, "[%s]", line);
    heard->count++;
}

static const struct {
    const char *in, *out;
} rows[] = {
    {"", ""},
    {"one\ntwo\n", "[one][two]"},
    {"one\n\ntwo", "[one][][two]"},
    {"dos\r\nline\r\n", "[dos][line]"},
    {"\x1b[31mred\x1b[0m and \x1b[1;38;5;9mbold\x1b[m\n", "[red and bold]"},
    {"\x1b]0;title\a\n", "[\\x1b]0;title\\x07]"}, /* not a colour: shown, not obeyed */
    {"\x1b[2J\x1b[H\n", "[\\x1b[2J\\x1b[H]"},
    {"a\tb\n", "[a       b]"},
    {"12345678\tb\n", "[12345678        b]"},
    {"half \x1b[31\n", "[half \\x1b[31]"},
    {"bad \xff byte\n", "[bad \xef\xbf\xbd byte]"},
};

START_TEST(lines_are_clean_however_they_come)
{
    for (size_t piece = 1; piece <= strlen(rows[_i].in) + 1; piece++) {
        struct heard heard = {.count = 0};
        struct lines *lines = lines_new(note, &heard);
        for (size_t at = 0, len = strlen(rows[_i].in); at < len; at += piece)
            lines_feed(lines, rows[_i].in + at, len - at < piece ? len - at : piece);
        lines_end(lines);
        lines_end(lines);
        ck_assert_str_eq(heard.text, rows[_i].out);
        lines_free(lines);
    }
}
END_TEST

START_TEST(a_line_without_end_is_cut_and_the_next_is_whole)
{
    struct heard heard = {.count = 0};
    struct lines *lines = lines_new(note, &heard);

    for (int i = 0; i < 10000; i++)
        lines_feed(lines, "xxxxxxxxx\t", 10);
    lines_feed(lines, "\nnext\n", 6);
    ck_assert_uint_eq(heard.count, 2);
    ck_assert_ptr_nonnull(strstr(heard.text, "\xe2\x80\xa6][next]"));
    lines_free(lines);
    lines_free(NULL);
}
END_TEST

SUITE(lines)
{
    Suite *suite = suite_create("lines");
    TCase *tcase = test_case(suite, "lines", 10);

    tcase_add_loop_test(tcase, lines_are_clean_however_they_come, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tcase, a_line_without_end_is_cut_and_the_next_is_whole);
    return suite;
}
