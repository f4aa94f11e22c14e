/* test_file.c: whole files, those that are too large or not there, and tokens. */
#include "test.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path;

static void setup(void)
{
    path = xasprintf("%s/it", test_dir());
}

static void teardown(void)
{
    free(path);
}

static void write_bytes(const char *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
}

START_TEST(a_file_is_read_whole_with_its_nul_bytes)
{
    struct err err = {0};
    size_t len = 0;

    write_bytes("a\0b\n", 4);
    char *text = file_read("the script", path, 4, &len, &err);
    ck_assert_msg(text != NULL, "%s", err.text);
    ck_assert_uint_eq(len, 4);
    ck_assert_mem_eq(text, "a\0b\n", 5); /* and one behind */
    free(text);
    write_bytes("", 0);
    text = file_read("", path, 4, &len, &err);
    ck_assert_msg(text != NULL, "%s", err.text);
    ck_assert_uint_eq(len, 0);
    free(text);
}
END_TEST

START_TEST(one_byte_more_is_said_and_nothing_is_given)
{
    struct err err = {0};
    size_t len = 0;
    char want[700];

    write_bytes("12345", 5);
    ck_assert_ptr_null(file_read("the script", path, 4, &len, &err));
    ck_assert_int_eq((int)err.code, (int)ERR_CONFIG);
    snprintf(want, sizeof want, "the script %s is larger than 4 bytes", path);
    ck_assert_str_eq(err.text, want);
}
END_TEST

/* What comes out of a pipe has no size to begin with. */
START_TEST(a_pipe_is_read_whole_up_to_the_bound)
{
    static const size_t bounds[] = {9999, 10000, 20000};
    char bytes[10000];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        struct err err = {0};
        size_t len = 0;
        int ends[2];
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(write(ends[1], bytes, sizeof bytes), sizeof bytes);
        close(ends[1]);
        char *text = file_read_open(ends[0], "", "pipe", bounds[i], &len, &err);
        close(ends[0]);
        ck_assert_msg((text == NULL) == (bounds[i] < sizeof bytes), "%zu: %s", bounds[i], err.text);
        if (text) {
            ck_assert_uint_eq(len, sizeof bytes);
            ck_assert_mem_eq(text, bytes, sizeof bytes);
            ck_assert_int_eq(text[len], '\0');
        }
        free(text);
    }
}
END_TEST

START_TEST(a_small_file_takes_little_memory_however_large_it_might_be)
{
    struct rusage before, after;

    write_bytes("1234", 4);
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 4; i++) {
        struct err err = {0};
        size_t len = 0;
        char *text = file_read("", path, 24 << 20, &len, &err);
        ck_assert_uint_eq(len, 4);
        free(text);
    }
    getrusage(RUSAGE_SELF, &after);
    ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 4096); /* KiB */
}
END_TEST

START_TEST(why_it_cannot_be_read_is_said)
{
    struct err none = {0}, folder = {0}, not_open = {0};
    size_t len = 0;

    ck_assert_ptr_null(file_read("the keys", "/nowhere/x\033y", 9, &len, &none));
    ck_assert_int_eq((int)none.code, (int)ERR_CONFIG);
    ck_assert_str_eq(none.text, "cannot read the keys /nowhere/x\\x1by: No such file or directory");
    ck_assert_ptr_null(file_read("", test_dir(), 9, &len, &folder));
    ck_assert_ptr_nonnull(strstr(folder.text, ": Is a directory"));
    errno = EACCES; /* what an open that failed left */
    ck_assert_ptr_null(file_read_open(-1, "the keys", "x", 9, &len, &not_open));
    ck_assert_str_eq(not_open.text, "cannot read the keys x: Permission denied");
}
END_TEST

static const struct {
    const char *bytes, *token; /* NULL: refused */
} tokens[] = {
    {"abc", "abc"}, {"abc\n", "abc"}, {" \tabc def \r\nsecond line\n", "abc def"},
    {"", NULL},     {"\n", NULL},     {" \t\nabc", NULL},
};

START_TEST(a_token_is_the_first_line_without_white_space_around_it)
{
    struct err err = {0};

    write_bytes(tokens[_i].bytes, strlen(tokens[_i].bytes));
    char *token = file_read_token(path, &err);
    if (tokens[_i].token) {
        ck_assert_msg(token != NULL, "%s", err.text);
        ck_assert_str_eq(token, tokens[_i].token);
    } else {
        ck_assert_ptr_null(token);
        ck_assert_ptr_nonnull(strstr(err.text, " is empty"));
    }
    free(token);
}
END_TEST

START_TEST(a_token_may_lie_behind_a_link_and_a_pipe_does_not_keep_us_waiting)
{
    struct err err = {0};
    char *other = xasprintf("%s.link", path), *pipe = xasprintf("%s.pipe", path);

    write_bytes("abc\n", 4); /* as Kubernetes mounts a secret */
    ck_assert_int_eq(symlink("it", other), 0);
    char *token = file_read_token(other, &err);
    ck_assert_msg(token && strcmp(token, "abc") == 0, "%s", err.text);
    free(token);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    ck_assert_ptr_null(file_read_token(pipe, &err));
    ck_assert_int_eq((int)err.code, (int)ERR_CONFIG);
    free(other);
    free(pipe);
}
END_TEST

SUITE(file)
{
    Suite *suite = suite_create("file");
    TCase *tc = test_case(suite, "reading", 30);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_file_is_read_whole_with_its_nul_bytes);
    tcase_add_test(tc, one_byte_more_is_said_and_nothing_is_given);
    tcase_add_test(tc, a_pipe_is_read_whole_up_to_the_bound);
    tcase_add_test(tc, a_small_file_takes_little_memory_however_large_it_might_be);
    tcase_add_test(tc, why_it_cannot_be_read_is_said);
    tcase_add_loop_test(tc, a_token_is_the_first_line_without_white_space_around_it, 0,
                        (int)ARRAY_LEN(tokens));
    tcase_add_test(tc, a_token_may_lie_behind_a_link_and_a_pipe_does_not_keep_us_waiting);
    return suite;
}
