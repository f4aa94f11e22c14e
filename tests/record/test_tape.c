/* test_tape.c: what is wrong with a recording is said with file, line, path and what was expected;
 * what a newer lockstep adds is left alone. */
#include "base/mem.h"
#include "record/tape.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPS                                                                                       \
    "\"caps\":{\"ledger\":true,\"choose_nodes\":true,\"measures\":false,\"clears_marks\":false,"   \
    "\"drift_note\":\"\"}"
#define ONE "{\"name\":\"a\",\"kind\":\"sim\",\"production\":false,\"read_only\":false," CAPS "}"
#define HEAD                                                                                       \
    "{\"schema\":1,\"lockstep\":\"x\",\"at\":\"2026-03-02T09:00:00Z\",\"t\":5,\"clusters\":[" ONE  \
    "]}\n"
#define SERVICE(versions, rest)                                                                    \
    "{\"t\":5,\"c\":0,\"service\":{\"id\":\"i\",\"name\":\"n\",\"scope\":\"\",\"kind\":\"k\","     \
    "\"owner\":\"\",\"revision\":\"1\",\"spec_digest\":\"d\",\"config_digest\":\"\",\"replicas\":" \
    "1,\"per_node\":false,\"wants\":\"1\",\"was\":\"\",\"artifact\":\"\",\"contract\":\"a\\nb\","  \
    "\"motion\":0,\"trouble\":0,\"reason\":\"\",\"by\":\"\",\"since\":-1,\"observed\":5,\"marks\"" \
    ":[],\"versions\":" versions ",\"placements\":[],\"launchers\":[],\"instances\":" rest "}}\n"
#define VERSION "[{\"version\":\"1\",\"digest\":\"\",\"count\":[0,1,0,0,0],\"young\":0}]"

static struct tape *parse(const char *text, struct err *err)
{
    memset(err, 0, sizeof *err);
    return tape_parse(text, strlen(text), "x.jsonl", err);
}

START_TEST(what_is_wrong_is_said_with_line_and_path)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"", "x.jsonl: expected a recording of lockstep's, found an empty file"},
        {"\n", "x.jsonl:1"},
        {"nonsense\n", "x.jsonl:1"},
        {"[]\n", "x.jsonl:1: expected an object, found an array"},
        {"{}\n", "x.jsonl:1: schema: expected a whole number"},
        {"{\"schema\":2}\n", "x.jsonl:1: schema: written by a newer lockstep"},
        {"{\"schema\":1,\"lockstep\":\"x\",\"at\":\"noon\",\"t\":0}\n",
         "x.jsonl:1: at: expected a time as 2026-03-02T09:00:00Z, found 'noon'"},
        {"{\"schema\":1,\"lockstep\":\"x\",\"at\":\"2026-03-02T09:00:00Z\",\"t\":0,\"clusters\":[]}"
         "\n",
         "x.jsonl:1: clusters: expected 1 to 64 clusters, found 0"},
        {"{\"schema\":1,\"lockstep\":\"x\",\"at\":\"2026-03-02T09:00:00Z\",\"t\":0,\"clusters\":["
         "{\"name\":7}]}\n",
         "x.jsonl:1: clusters[0].name: expected a string"},
        {HEAD "{}\n", "x.jsonl:2: t: expected a whole number"},
        {HEAD "{\"t\":6,\"c\":1,\"fresh\":true}\n", "x.jsonl:2: c: expected"},
        {HEAD "{\"t\":4,\"c\":0,\"fresh\":true}\n",
         "x.jsonl:2: t: expected no time before that of the line above"},
        {HEAD "{\"t\":6,\"c\":-1,\"fresh\":true}\n",
         "x.jsonl:2: fresh: expected the cluster it is of in \"c\", found none"},
        {HEAD "{\"t\":6,\"c\":0,\"state\":{\"state\":\"odd\",\"why\":\"\"}}\n",
         "x.jsonl:2: state.state: expected one of connecting, live, stale, found 'odd'"},
        {HEAD "{\"t\":6,\"c\":0,\"node\":{\"id\":3}}\n", "x.jsonl:2: node.id: expected a string"},
        {HEAD SERVICE("[]", "[{\"name\":\"p\",\"node\":\"\",\"reason\":\"\",\"version\":0}]"),
         "x.jsonl:2: service: instances[0].version: expected"},
        {HEAD SERVICE("[{\"version\":\"1\",\"digest\":\"\",\"count\":[1]}]", "[]"),
         "x.jsonl:2: service: versions[0].count: expected 5 numbers, found 1"},
        {HEAD "{\"t\":6,\"c\":0,\"measure\":{\"service\":\"s\",\"version\":\"1\",\"measure\":0,"
              "\"from\":0,\"step\":1,\"values\":[true]}}\n",
         "x.jsonl:2: measure.values[0]: expected a number or null"},
        {HEAD "{\"t\":6,\"c\":0,\"action\":{\"ticket\":1,\"phase\":0,\"since\":0,\"verb\":\"fly\","
              "\"end\":\"\"}}\n",
         "x.jsonl:2: action.verb: expected one of start, step,"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct err err;
        struct tape *tape = parse(row[i].text, &err);
        ck_assert_msg(tape == NULL, "row %zu was taken", i);
        ck_assert_int_eq(err.code, ERR_CONFIG);
        ck_assert_msg(strstr(err.text, row[i].want) != NULL, "row %zu: %s", i, err.text);
    }
}
END_TEST

START_TEST(facts_are_those_of_the_file)
{
    struct err err;
    struct tape *tape = parse(HEAD SERVICE(VERSION, "[]") "{\"t\":7,\"c\":-1,\"mark\":\"here\"}\n"
                                                          "{\"t\":8,\"c\":0,\"of_later\":1}\n"
                                                          "{\"t\":9,\"c\":0,\"synced\":true}\n",
                              &err);

    ck_assert_msg(tape != NULL, "%s", err.text);
    ck_assert_uint_eq(tape->count, 3);
    ck_assert_int_eq(tape->end_ms, 9);
    ck_assert_str_eq(tape->facts[0].is.service->contract, "a\nb");
    ck_assert_uint_eq(tape->facts[0].is.service->versions[0].count[INSTANCE_SERVING], 1);
    ck_assert_uint_eq(tape_after(tape, 7), 2);
    ck_assert_str_eq(tape_mark(tape, 5, true)->text, "here");
    ck_assert(tape_mark(tape, 7, true) == NULL);
    ck_assert(tape_mark(tape, 7, false) == NULL);
    ck_assert_str_eq(tape_mark(tape, 8, false)->text, "here");
    ck_assert(!tape->cut);
    tape_free(tape);
}
END_TEST

START_TEST(a_last_line_that_was_being_written_is_left_out)
{
    struct err err;
    struct tape *tape = parse(HEAD "{\"t\":7,\"c\":0,\"fresh\":true}\n{\"t\":8,\"c\"", &err);

    ck_assert_msg(tape != NULL, "%s", err.text);
    ck_assert(tape->cut);
    ck_assert_uint_eq(tape->count, 1);
    tape_free(tape);
}
END_TEST

START_TEST(what_a_cluster_said_cannot_steer_a_terminal)
{
    struct err err;
    struct tape *tape =
        parse(HEAD "{\"t\":7,\"c\":-1,\"mark\":\"a\\u001b]52;c;eA\\u0007\"}\n", &err);

    ck_assert_msg(tape != NULL, "%s", err.text);
    ck_assert(strpbrk(tape->facts[0].text, "\033\007") == NULL);
    tape_free(tape);
}
END_TEST

SUITE(tape)
{
    Suite *suite = suite_create("tape");
    TCase *tcase = test_case(suite, "tape", 20);

    tcase_add_test(tcase, what_is_wrong_is_said_with_line_and_path);
    tcase_add_test(tcase, facts_are_those_of_the_file);
    tcase_add_test(tcase, a_last_line_that_was_being_written_is_left_out);
    tcase_add_test(tcase, what_a_cluster_said_cannot_steer_a_terminal);
    return suite;
}
