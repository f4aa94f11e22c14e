/* test_plain.c: the dashboard as lines of text. */
#include "base/mem.h"
#include "plain.h"
#include "tui/frames.h"
#include "tui/golden.h"
#include "tui/program.h"

#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *print(struct plain *plain, const struct frame *frame)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    plain_print(plain, frame, out);
    fclose(out);
    return text;
}

START_TEST(the_first_lines_tell_all_there_is)
{
    struct plain plain = {0};
    struct frame *frame = frames_board();
    char *text = print(&plain, frame);

    golden_check("tui/golden/plain.txt", text);
    for (const char *p = text; *p; p++)
        ck_assert_msg(*p == '\n' || (unsigned char)*p >= ' ', "a control byte");
    free(text);
    plain_release(&plain);
    frames_free(frame);
}
END_TEST

START_TEST(only_what_changed_is_said_and_ages_are_no_change)
{
    static const struct {
        const char *why; /* what it becomes; NULL: as it was */
        unsigned have;
        const char *says; /* NULL: nothing */
    } row[] = {
        {NULL, 0, NULL},
        {"n6 silent for 2h10m, 6s left", 0, "n6 silent for 2h10m, 6s left"},
        {"n6 silent for 2h11m, 5s left", 0, NULL},
        {"n6 silent for 3d, 12s left", 0, NULL},
        {"n7 silent for 3d, 12s left", 0, "n7 silent for 3d"},
        {NULL, 1, " 1 of "},
    };
    struct plain plain = {0};
    struct frame *frame = frames_board();
    struct row *one =
        frames_row(frame, frame->rows[0]->service->cluster, frame->rows[0]->service->name);

    free(print(&plain, frame));
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        if (row[i].why)
            one->why = row[i].why;
        if (row[i].have)
            one->have = row[i].have;
        frame->utc_ms += 1000;
        char *text = print(&plain, frame);
        if (row[i].says)
            ck_assert_msg(strstr(text, row[i].says) && !strchr(strchr(text, '\n') + 1, '\n'), "%s",
                          text);
        else
            ck_assert_str_eq(text, "");
        free(text);
    }
    plain_release(&plain);
    frames_free(frame);
}
END_TEST

START_TEST(a_service_that_is_no_more_is_gone_once)
{
    struct plain plain = {0};
    struct frame *frame = frames_board();
    size_t rows = frame->row_count;

    free(print(&plain, frame));
    frame->row_count = rows - 1;
    char *text = print(&plain, frame);
    ck_assert_msg(strstr(text, ": gone\n") != NULL, "%s", text);
    free(text);
    text = print(&plain, frame);
    ck_assert_str_eq(text, "");
    free(text);
    frame->row_count = rows;
    text = print(&plain, frame);
    ck_assert_str_ne(text, "");
    free(text);
    plain_release(&plain);
    frames_free(frame);
}
END_TEST

START_TEST(the_program_tells_until_it_is_interrupted)
{
    struct program program;
    char text[8192];
    size_t len = 0;
    int ends[2];

    program_init(&program);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    program.out = ends[1];
    struct running running = program_start(&program, "demo --plain");
    close(ends[1]);
    for (ssize_t got = 1; got > 0 && !memchr(text, '\n', len); len += (size_t)got) {
        got = read(ends[0], text + len, sizeof text - 1 - len);
        ck_assert_int_gt(got, 0);
    }
    kill(running.pid, SIGINT);
    struct said said = program_finish(&running);
    text[len] = '\0';
    ck_assert_int_eq(said.status, 0);
    ck_assert_msg(strstr(text, "demo payments: stuck, 2.8.4 to 2.9.0") != NULL, "%s", text);
    ck_assert_ptr_null(strchr(text, '\x1b'));
    ck_assert_str_eq(said.err, "");
    said_release(&said);
    close(ends[0]);
}
END_TEST

SUITE(plain)
{
    Suite *suite = suite_create("plain");
    TCase *tcase = test_case(suite, "plain", 30);

    tcase_add_test(tcase, the_first_lines_tell_all_there_is);
    tcase_add_test(tcase, only_what_changed_is_said_and_ages_are_no_change);
    tcase_add_test(tcase, a_service_that_is_no_more_is_gone_once);
    tcase_add_test(tcase, the_program_tells_until_it_is_interrupted);
    return suite;
}
