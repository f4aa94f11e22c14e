/* test_verb_watch.c: the real program as a supervisor runs it: started, asked, told to end. */
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "program.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct program program;

static void setup(void)
{
    program_init(&program);
}

/* What it has said in this file, once the text is there; yours. */
static char *read_until(int fd, const char *text)
{
    char *out = xcalloc(1 << 16, 1);

    for (int turn = 0; turn < 3000 && !strstr(out, text); turn++) {
        poll(NULL, 0, 10);
        ck_assert_int_ge((int)pread(fd, out, (1 << 16) - 1, 0), 0);
    }
    ck_assert_msg(strstr(out, text) != NULL, "'%s' never came: %s", text, out);
    return out;
}

START_TEST(it_runs_until_it_is_told_to_end_and_ends_well)
{
    static const int signals[] = {SIGTERM, SIGINT};

    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "watch: {listen: '127.0.0.1:0'}\n");
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        struct running running = program_start(&program, "watch --config %/c.yaml -o json");
        char *said = read_until(running.err, "watching s\n");
        ck_assert_msg(strstr(said, "lockstep: metrics on http://127.0.0.1:") != NULL, "%s", said);
        free(said);
        kill(running.pid, signals[i]);
        struct said rest = program_finish(&running);
        ck_assert_int_eq(rest.status, 0);
        ck_assert_str_eq(rest.out, "");
        said_release(&rest);
    }
}
END_TEST

START_TEST(what_it_cannot_see_is_said_once_across_a_restart)
{
    /* a context whose socket is not there is not heard */
    program_write(&program, "d.yaml",
                  "contexts: [{name: d, kind: swarm, endpoint: 'unix:///nonexistent.sock'}]\n"
                  "watch:\n  listen: off\n  blind: 1s\n  spool: spool.json\n");
    struct running running = program_start(&program, "watch --config %/d.yaml -o json");
    char *line = read_until(running.out, "\n");
    ck_assert_msg(strstr(line, "\"event\": \"opened\"") || strstr(line, "\"event\":\"opened\""),
                  "%s", line);
    ck_assert_msg(strstr(line, "blind") != NULL, "%s", line);
    free(line);
    kill(running.pid, SIGTERM);
    struct said rest = program_finish(&running);
    ck_assert_int_eq(rest.status, 0);
    json_t *document = said_json(&rest); /* one line */
    json_decref(document);
    said_release(&rest);
    /* again: the spool knows that it was told */
    running = program_start(&program, "watch --config %/d.yaml");
    char *said = read_until(running.err, "watching d\n");
    free(said);
    kill(running.pid, SIGTERM);
    rest = program_finish(&running);
    ck_assert_str_eq(rest.out, "");
    said_release(&rest);
}
END_TEST

START_TEST(settings_that_cannot_work_end_it_with_2)
{
    static const struct {
        const char *settings, *said;
    } row[] = {
        {"watch: {listen: '0.0.0.0:0'}\n", "can be reached by others"},
        {"watch: {listen: '9797'}\n", "watch.listen: expected an address and a port"},
        {"watch: {sinks: [{kind: webhook, url: 'http://127.0.0.1:1/', secret_file: none}]}\n",
         "sink webhook: "},
        {"watch: {sinks: [{kind: webhook, url: 'http://'}]}\n", "sink webhook: "},
        {"watch: {snks: []}\n", "c.yaml:2:9: watch.snks: there is no such setting"},
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *text =
            xasprintf("contexts: [{name: s, kind: sim, endpoint: eight}]\n%s", row[i].settings);
        program_write(&program, "c.yaml", text);
        free(text);
        struct said said = program_run(&program, "watch --config %/c.yaml");
        ck_assert_msg(said.status == 2, "%s: exit %d: %s", row[i].settings, said.status, said.err);
        ck_assert_msg(strstr(said.err, row[i].said) != NULL, "%s", said.err);
        said_release(&said);
    }
}
END_TEST

static void write_count(const char *name, const char *count)
{
    char path[64];

    snprintf(path, sizeof path, "%s.new", name);
    program_write(&program, path, count);
    char *from = xasprintf("%s/%s", program.home, path),
         *to = xasprintf("%s/%s", program.home, name);
    ck_assert_int_eq(rename(from, to), 0);
    free(from);
    free(to);
}

static size_t count_of(const char *text, const char *needle)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, needle)); at++)
        count++;
    return count;
}

/* Once for each change, and nothing where there is no number. */
START_TEST(what_is_measured_again_and_again_is_attested_when_it_changes)
{
    program_write(&program, "4.yaml",
                  "service: web\nversion: \"4\"\nchange: [code]\nreads: {d: [x]}\n"
                  "writes: {d: [v]}\n");
    char *text = xasprintf("contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                           "contracts: [4.yaml]\n"
                           "clients: {phones: {requires: {agent: [Get/1]}, usage: {Get/1: 5}}}\n"
                           "stores: {d: {may: [x]}}\nwatch: {listen: off}\nprobes:\n"
                           "  - {store: d, gone: x, command: [cat, '%s/rows'], every: 1s}\n"
                           "  - {clients: phones, usage: Get/1, command: [cat, '%s/calls'], every: "
                           "1s, context: s}\n",
                           program.home, program.home);
    program_write(&program, "c.yaml", text);
    free(text);
    text = xasprintf("%s/j", program.home);
    program_setenv(&program, "LOCKSTEP_JOURNAL", text);
    free(text);
    write_count("rows", "3");
    write_count("calls", "none");
    struct running running = program_start(&program, "watch --config %/c.yaml");
    free(read_until(running.err, "probe of x of d: measured: 3 by cat"));
    free(read_until(running.err, "found 'none'; nothing is attested"));
    write_count("rows", "0");
    write_count("calls", "12");
    free(read_until(running.err, "probe of x of d: measured: 0 by cat"));
    free(read_until(running.err, "probe of Get/1 of phones: measured: 12 by cat"));
    write_count("calls", "13"); /* of another minute */
    write_count("rows", "2");
    free(read_until(running.err, "it was attested to be gone, and some are left"));
    write_count("calls", "0");
    free(read_until(running.err, "probe of Get/1 of phones: measured: 0 by cat"));
    /* Said first, then written. */
    struct said rest = program_run(&program, "history --journal %/j");
    for (int tries = 0; tries < 200 && count_of(rest.out, "measured: 0 by cat") < 2; tries++) {
        said_release(&rest);
        rest = program_run(&program, "history --journal %/j");
    }
    ck_assert_msg(count_of(rest.out, "measured: 0 by cat") == 2, "%s", rest.out);
    said_release(&rest);
    kill(running.pid, SIGTERM);
    rest = program_finish(&running);
    ck_assert_int_eq(rest.status, 0);
    said_release(&rest);
    rest = program_run(&program, "history --journal %/j");
    ck_assert_msg(count_of(rest.out, "measured: 0 by cat") == 2, "%s", rest.out);
    ck_assert_msg(count_of(rest.out, "measured: 12 by cat") == 1, "%s", rest.out);
    ck_assert_msg(count_of(rest.out, "measured: 3 by cat") == 0, "%s", rest.out);
    ck_assert_msg(count_of(rest.out, "measured: 13 by cat") == 0, "%s", rest.out);
    said_release(&rest);
}
END_TEST

START_TEST(a_probe_says_whose_record_it_goes_into)
{
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}, {name: t, kind: sim, "
                  "endpoint: eight}]\n"
                  "probes: [{store: d, gone: x, command: [printf, '0'], every: 1m}]\n");
    struct said said = program_run(&program, "watch --config %/c.yaml");
    ck_assert_int_eq(said.status, 2);
    ck_assert_msg(strstr(said.err, "probes[0].context: name the context") != NULL, "%s", said.err);
    said_release(&said);
}
END_TEST

SUITE(verb_watch)
{
    Suite *suite = suite_create("verb_watch");
    TCase *tc = test_case(suite, "program", 60);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, it_runs_until_it_is_told_to_end_and_ends_well);
    tcase_add_test(tc, what_it_cannot_see_is_said_once_across_a_restart);
    tcase_add_test(tc, settings_that_cannot_work_end_it_with_2);
    tcase_add_test(tc, what_is_measured_again_and_again_is_attested_when_it_changes);
    tcase_add_test(tc, a_probe_says_whose_record_it_goes_into);
    return suite;
}
