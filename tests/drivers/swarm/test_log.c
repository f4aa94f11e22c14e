/* test_log.c: a swarm's log stream, and which task an instance is. */
#include "drivers/swarm/log_task.h"
#include "drivers/swarm/recorded.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static void note(void *arg, const char *line)
{
    char *text = arg;
    size_t len = strlen(text);

    snprintf(text + len, 400 - len, "[%s]", line);
}

#define FRAME(stream, len) stream "\0\0\0\0\0\0" len
#define IS(bytes)          bytes, sizeof(bytes) - 1

static const struct {
    const char *bytes;
    size_t len;
    const char *lines;
} rows[] = {
    {IS(""), ""},
    {IS(FRAME("\1", "\4") "one\n" FRAME("\1", "\4") "two\n"), "[one][two]"},
    /* A line in two frames, and one of stderr between them. */
    {IS(FRAME("\1", "\3") "one" FRAME("\2", "\4") "err\n" FRAME("\1", "\4") "two\n"),
     "[err][onetwo]"},
    {IS(FRAME("\1", "\0") FRAME("\2", "\1") "x"), "[x]"},
    /* With a terminal there are no frames. */
    {IS("plain text\nof two lines\n"), "[plain text][of two lines]"},
    {IS("\1 is no frame\n"), "[\\x01 is no frame]"},
    {IS(FRAME("\1", "\7") "cut"), "[cut]"},
};

START_TEST(frames_become_lines_however_they_are_cut)
{
    for (size_t piece = 1; piece <= rows[_i].len + 1; piece++) {
        char text[400] = "";
        struct swarm_frames *frames = swarm_frames_new(note, text);
        for (size_t at = 0; at < rows[_i].len; at += piece)
            swarm_frames_feed(frames, rows[_i].bytes + at,
                              rows[_i].len - at < piece ? rows[_i].len - at : piece);
        swarm_frames_end(frames);
        ck_assert_str_eq(text, rows[_i].lines);
        swarm_frames_free(frames);
    }
}
END_TEST

START_TEST(an_instance_is_the_newest_task_of_its_slot)
{
    struct recorded r =
        recorded_view("services-v4", "tasks-crashloop", "nodes", "2026-11-22T14:00:00Z");
    const struct swarm_service *web = &r.view.services[0];
    size_t count, checked = 0;

    if (r.view.task_count > 0) { /* of whatever service they are, they are this one's now */
        struct swarm_service *of = (struct swarm_service *)(uintptr_t)web;
        of->id = r.view.tasks[0].service;
    }
    const struct swarm_task *tasks = swarm_tasks_of(&r.view, web->id, &count);
    for (size_t i = 0; i < count; i++) {
        char name[200];
        bool newest = i == 0 || tasks[i - 1].slot != tasks[i].slot;
        snprintf(name, sizeof name, "%s.%lld", web->name, (long long)tasks[i].slot);
        if (newest)
            ck_assert_ptr_eq(swarm_log_task(&r.view, web, name, false), &tasks[i]);
        else if (i == 1 || tasks[i - 2].slot != tasks[i].slot)
            ck_assert_ptr_eq(swarm_log_task(&r.view, web, name, true), &tasks[i]);
        checked++;
    }
    ck_assert_uint_gt(checked, 1);
    ck_assert_ptr_null(swarm_log_task(&r.view, web, "web.99", false));
    ck_assert_ptr_null(swarm_log_task(&r.view, web, "other.1", false));
    ck_assert_ptr_null(swarm_log_task(&r.view, web, "", false));
    recorded_free(&r);
}
END_TEST

SUITE(swarm_log)
{
    Suite *suite = suite_create("swarm_log");
    TCase *tcase = test_case(suite, "log", 10);

    tcase_add_loop_test(tcase, frames_become_lines_however_they_are_cut, 0, (int)ARRAY_LEN(rows));
    tcase_add_test(tcase, an_instance_is_the_newest_task_of_its_slot);
    return suite;
}
