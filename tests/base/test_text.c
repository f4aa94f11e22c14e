/* test_text.c: what comes in dirty goes out clean. */
#include "test.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define DIRTY(s) s, sizeof(s) - 1

static const struct {
    const char *in;
    size_t len;
    const char *out;
} cleaned[] = {
    {DIRTY(""), ""},
    {DIRTY("plain-name_1.2"), "plain-name_1.2"},
    {DIRTY("caf\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x9a\x80"),
     "caf\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x9a\x80"},
    {DIRTY("\x1b[31mred"), "\\x1b[31mred"},
    {DIRTY("\x1b]52;c;aGk=\x07"), "\\x1b]52;c;aGk=\\x07"},
    {DIRTY("a\r\nb\tc\x7f"), "a\\x0d\\x0ab\\x09c\\x7f"},
    {DIRTY("nul\0in it"), "nul\\x00in it"},
    {DIRTY("\xc2\x9b"
           "31m"),
     "\\x9b31m"}, /* U+009B: CSI in one character */
    {DIRTY("\x9b"
           "31m"),
     "\xef\xbf\xbd"
     "31m"},                                                         /* the same as a lone byte */
    {DIRTY("\xc3"), "\xef\xbf\xbd"},                                 /* cut */
    {DIRTY("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong '/' */
    {DIRTY("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* half of a surrogate pair */
    {DIRTY("\xf4\x90\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {DIRTY("\xef\xbf\xbd"), "\xef\xbf\xbd"},
    {DIRTY("x\xe2\x80\xae"
           "gpj"),
     "x<U+202E>gpj"}, /* right-to-left override */
    {DIRTY("a\xe2\x80\x8b"
           "b"),
     "a<U+200B>b"}, /* zero width space */
    {DIRTY("a\xe2\x80\xa8"
           "b"),
     "a<U+2028>b"},                           /* line separator */
    {DIRTY("\xf3\xa0\x81\x81"), "<U+E0041>"}, /* tag */
    {DIRTY("\xee\x80\x80"), "<U+E000>"},      /* private use */
    {DIRTY("\xef\xbb\xbfx"), "<U+FEFF>x"},    /* byte order mark */
    {DIRTY("\xe2\x9a\xa0\xef\xb8\x8f"), "\xe2\x9a\xa0<U+FE0F>"},
    {DIRTY("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81z"), "e\xcc\x81\xcc\x81z"},
    {DIRTY("\xcc\x81x"), "<U+0301>x"}, /* would join the cell before it */
};

START_TEST(text_from_outside_becomes_harmless)
{
    struct arena *arena = arena_new(256);
    const char *out = text_clean(arena, cleaned[_i].in, cleaned[_i].len, TEXT_MESSAGE_MAX);
    char into[TEXT_MESSAGE_MAX + 1];

    ck_assert_str_eq(out, cleaned[_i].out);
    ck_assert_str_eq(text_clean_into(into, sizeof into, cleaned[_i].in, cleaned[_i].len),
                     cleaned[_i].out);
    ck_assert(text_is_clean(out));
    bool same = strcmp(cleaned[_i].in, cleaned[_i].out) == 0;
    if (strlen(cleaned[_i].in) == cleaned[_i].len)
        ck_assert_int_eq(text_is_clean(cleaned[_i].in), same);
    ck_assert_str_eq(text_clean(arena, out, strlen(out), TEXT_MESSAGE_MAX), out);
    arena_free(arena);
}
END_TEST

static const struct {
    const char *in;
    size_t max;
    const char *out;
} cuts[] = {
    {"abcdef", 6, "abcdef"},
    {"abcdefg", 6, "abc\xe2\x80\xa6"},
    {"abcdefg", 3, "\xe2\x80\xa6"},
    {"abcdefg", 2, ""},
    {"abcdefg", 0, ""},
    {"ab\xc3\xa9"
     "defg",
     6, "ab\xe2\x80\xa6"}, /* not through a character */
    {"ab\x1b\x1b"
     "defg",
     8, "ab\xe2\x80\xa6"}, /* not through what stands for one */
    {"ab\x1b\x1b"
     "defg",
     10, "ab\\x1b\xe2\x80\xa6"},
};

START_TEST(long_text_ends_in_an_ellipsis_within_the_ceiling)
{
    struct arena *arena = arena_new(256);
    const char *out = text_clean(arena, cuts[_i].in, strlen(cuts[_i].in), cuts[_i].max);

    ck_assert_str_eq(out, cuts[_i].out);
    ck_assert_uint_le(strlen(out), cuts[_i].max);
    arena_free(arena);
}
END_TEST

START_TEST(widths_are_those_of_a_terminal)
{
    static const struct {
        unsigned codepoint;
        int width;
    } rows[] = {
        {'a', 1},     {0xe9, 1},    {0x3b1, 1},  {0x5d0, 1},  {0x301, 0},   {0x20dd, 0},
        {0x1100, 2},  {0x1161, 0},  {0x2500, 1}, {0x2588, 1}, {0x2026, 1},  {0x3042, 2},
        {0x6f22, 2},  {0xac00, 2},  {0xff21, 2}, {0xff71, 1}, {0x1f680, 2}, {0x20000, 2},
        {0x3fffd, 2}, {0x1d400, 1}, {0xfffd, 1}, {0x2800, 1}, {0xa0, 1},    {0x1dff, 0},
        {0x2010, 1},  {0x20cf, 1},  {0x20d0, 0}, {0x20f0, 0}, {0x2100, 1},  {0x2319, 1},
        {0x231a, 2},  {0x23f3, 2},  {0x2400, 1}, {0x25fc, 1}, {0x25fd, 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(text_codepoint_width(rows[i].codepoint) == rows[i].width, "U+%04X",
                      rows[i].codepoint);
    ck_assert_uint_eq(text_width("caf\xc3\xa9"), 4);
    ck_assert_uint_eq(text_width("cafe\xcc\x81 \xe6\xbc\xa2"), 7);
    ck_assert_uint_eq(text_width(""), 0);
}
END_TEST

START_TEST(every_codepoint_cleans_to_clean_text)
{
    for (unsigned c = 0; c < 0x110000; c++) {
        char bytes[6] = {'x'}, out[32];
        size_t len = 1;
        unsigned seen = 0;
        if (c < 0x800) {
            bytes[len++] = (char)(c < 0x80 ? c : 0xc0 | c >> 6);
        } else {
            bytes[len++] = (char)(c < 0x10000 ? 0xe0 | c >> 12 : 0xf0 | c >> 18);
            if (c >= 0x10000)
                bytes[len++] = (char)(0x80 | (c >> 12 & 63));
            bytes[len++] = (char)(0x80 | (c >> 6 & 63));
        }
        if (c >= 0x80)
            bytes[len++] = (char)(0x80 | (c & 63));
        text_clean_into(out, sizeof out, bytes, len);
        if (!text_is_clean(out) || out[0] != 'x')
            ck_abort_msg("U+%04X gives \"%s\"", c, out);
        if (c && c != 0xfffd && text_next(bytes + 1, len - 1, &seen) == len - 1 && seen == c &&
            text_is_shown(c) != text_is_clean(bytes))
            ck_abort_msg("U+%04X is shown, or is not", c);
    }
}
END_TEST

START_TEST(decoding_never_passes_the_end)
{
    unsigned codepoint;

    ck_assert_uint_eq(text_next("\xf0\x9f\x9a\x80", 4, &codepoint), 4);
    ck_assert_uint_eq(codepoint, 0x1f680);
    for (size_t len = 1; len < 4; len++) {
        ck_assert_uint_eq(text_next("\xf0\x9f\x9a\x80", len, &codepoint), 1);
        ck_assert_uint_eq(codepoint, 0xfffd);
    }
}
END_TEST

SUITE(text)
{
    Suite *suite = suite_create("text");
    TCase *tcase = test_case(suite, "text", 10);

    tcase_add_loop_test(tcase, text_from_outside_becomes_harmless, 0, (int)ARRAY_LEN(cleaned));
    tcase_add_loop_test(tcase, long_text_ends_in_an_ellipsis_within_the_ceiling, 0,
                        (int)ARRAY_LEN(cuts));
    tcase_add_test(tcase, widths_are_those_of_a_terminal);
    tcase_add_test(tcase, every_codepoint_cleans_to_clean_text);
    tcase_add_test(tcase, decoding_never_passes_the_end);
    return suite;
}
