/* test_err.c: errors are one clean sentence, and giving up gives the terminal back first. */
#include "test.h"

#include "base/err.h"
#include "base/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(the_first_error_wins)
{
    struct err err = {0};

    ck_assert(!err_set(&err, ERR_CONFIG, "first %d", 1));
    ck_assert(!err_set(&err, ERR_NETWORK, "second"));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    ck_assert_str_eq(err.text, "first 1");
}
END_TEST

START_TEST(context_goes_in_front)
{
    struct err err = {0};

    err_set(&err, ERR_DISK, "no space left");
    err_prefix(&err, "writing %s", "journal");
    ck_assert_str_eq(err.text, "writing journal: no space left");
}
END_TEST

START_TEST(texts_are_one_clean_line)
{
    struct err err = {0};

    err_set(&err, ERR_REJECTED, "two\nlines\tand \x1b[31m\xe2\x80\xae%s", "\xff");
    ck_assert_str_eq(err.text, "two lines and \\x1b[31m<U+202E>\xef\xbf\xbd");
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    struct err err = {0};
    char text[1000] = "";

    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    err_set(&err, ERR_REJECTED, "%s", text);
    ck_assert(text_is_clean(err.text));
    ck_assert_uint_gt(strlen(err.text), sizeof err.text - 5);
    ck_assert_str_eq(err.text + strlen(err.text) - 3, "\xe2\x80\xa6");
    err_prefix(&err, "%s", text);
    ck_assert(text_is_clean(err.text));
}
END_TEST

START_TEST(every_code_has_its_own_word)
{
    for (int i = 0; i < ERR_CODE_COUNT; i++)
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(err_word((enum err_code)i), err_word((enum err_code)k));
}
END_TEST

static void restore(void)
{
    ssize_t n = write(STDERR_FILENO, "restored\n", 9);
    (void)n;
}

START_TEST(fatal_restores_the_terminal_and_aborts)
{
    int pipe_fd[2];
    char out[64] = "";

    ck_assert_int_eq(pipe(pipe_fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipe_fd[1], STDERR_FILENO);
        fatal_set_hook(restore);
        fatal("no %s", "memory");
    }
    close(pipe_fd[1]);
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n < sizeof out - 1; n += (size_t)got)
        got = read(pipe_fd[0], out + n, sizeof out - 1 - n);
    ck_assert_str_eq(out, "restored\nlockstep: no memory\n");
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

SUITE(err)
{
    Suite *suite = suite_create("err");
    TCase *tcase = test_case(suite, "err", 10);

    tcase_add_test(tcase, the_first_error_wins);
    tcase_add_test(tcase, context_goes_in_front);
    tcase_add_test(tcase, texts_are_one_clean_line);
    tcase_add_test(tcase, long_texts_are_cut_between_characters);
    tcase_add_test(tcase, every_code_has_its_own_word);
    tcase_add_test(tcase, fatal_restores_the_terminal_and_aborts);
    return suite;
}
