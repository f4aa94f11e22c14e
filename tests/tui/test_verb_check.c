/* test_verb_check.c: `lockstep check`: exit statuses, places of mistakes, and the JSON document. */
#include "program.h"

#include <stdio.h>
#include <string.h>

static struct program program;

static void setup(void)
{
    program_init(&program);
    program_write(&program, "5.yaml",
                  "service: a\nversion: \"5\"\nreads: {d: [x]}\nwrites: {d: [x]}\n");
    program_write(&program, "6.yaml",
                  "service: a\nversion: \"6\"\nfollows: [\"5\"]\nchange: [code]\n"
                  "reads: {d: [x]}\nwrites: {d: [x]}\n");
    program_write(&program, "7.json",
                  "{\"service\": \"a\", \"version\": \"7\", \"follows\": [\"6\"],\n"
                  " \"change\": [\"code\", \"write+\"], \"writes\": {\"d\": [\"y\"]}}\n");
}

static void expect(const char *words, int status, const char *err_begins)
{
    char line[5000];
    struct said said = program_run(&program, words);

    said_line(&said, 0, line, sizeof line);
    ck_assert_msg(said.status == status, "%s: exit %d: %s%s", words, said.status, said.out,
                  said.err);
    ck_assert_msg(strstr(line, err_begins) != NULL, "%s: %s", words, line);
    said_release(&said);
}

START_TEST(good_contracts_pass_and_a_refused_step_is_exit_1)
{
    setup();
    expect("check %/5.yaml %/6.yaml", 0, "");
    expect("check %/6.yaml %/7.json", 1, "");
    expect("check %/5.yaml %/7.json", 1, "");
}
END_TEST

START_TEST(mistakes_are_said_with_file_line_and_column)
{
    static const struct {
        const char *name, *text, *said;
    } wrong[] = {
        {"w.yaml", "service: a\nversion: \"1\"\nneds: {}\n", "w.yaml:3:1: unknown field 'neds'"},
        {"w.yaml", "service: a\nversion: 1\n", "w.yaml:2:1: version: expected a string"},
        {"w.yaml", "service: a\nversion: \"1\"\nreads:\n  d: [x, 3]\n",
         "w.yaml:4:10: reads.d[1]: expected a string"},
        {"w.json", "{\"service\": \"a\",\n\t\"version\": \"1\",\n\t\"change\": [\"cod\"]}",
         "w.json:3:13: change[0]: expected one of code"},
        {"w.yaml", "service: a\nversion: \"1\"\nfollows: [\"1\"]\n",
         "w.yaml:3:11: follows[0]: a version cannot follow itself"},
        {"w.yaml", "service: a\n", "w.yaml:1:1: version: expected a string, found nothing"},
        {"w.yaml", "[1]\n", "w.yaml:1:1: expected an object"},
        {"w.yaml", "a: [\n", "w.yaml: line 2"},
    };

    setup();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char words[40];
        program_write(&program, wrong[i].name, wrong[i].text);
        snprintf(words, sizeof words, "check %%/%s", wrong[i].name);
        expect(words, 2, wrong[i].said);
    }
    expect("check %/none.yaml", 2, "cannot read");
}
END_TEST

START_TEST(contradictions_between_files_are_exit_2)
{
    setup();
    expect("check %/5.yaml %/5.yaml", 2, "version 5 of a has two contracts");
    program_write(&program, "4.yaml", "service: a\nversion: \"5\"\nfollows: [\"6\"]\n");
    expect("check %/4.yaml %/6.yaml", 2, "circle");
}
END_TEST

START_TEST(the_json_document_has_every_part)
{
    setup();
    struct said said = program_run(&program, "check -o json %/6.yaml %/7.json");
    json_t *root = said_json(&said);
    json_t *step = json_array_get(json_object_get(root, "steps"), 0);

    ck_assert_int_eq(said.status, 1);
    ck_assert_int_eq((int)json_integer_value(json_object_get(root, "exit")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "files")), 2);
    ck_assert(json_is_true(json_object_get(step, "follows")));
    ck_assert(json_is_false(json_object_get(json_object_get(step, "forward"), "compatible")));
    ck_assert_uint_gt(json_array_size(json_object_get(step, "order")), 1);
    ck_assert_ptr_nonnull(json_object_get(json_object_get(step, "verdict"), "rules"));
    json_decref(root);
    said_release(&said);
}
END_TEST

START_TEST(a_scenario_with_a_mistake_names_the_line)
{
    setup();
    program_write(
        &program, "s.json",
        "{\"services\": {\"app\": {\"versions\": {\"1\": {}}, \"nodes\": {\"n\": \"1\"}}},\n"
        "  \"actions\": [{\"do\": \"fly\"}]}");
    expect("simulate %/s.json", 2, "s.json:2:16: actions[0]");
}
END_TEST

SUITE(verb_check)
{
    Suite *suite = suite_create("verb_check");
    TCase *tcase = test_case(suite, "check", 30);

    tcase_add_test(tcase, good_contracts_pass_and_a_refused_step_is_exit_1);
    tcase_add_test(tcase, mistakes_are_said_with_file_line_and_column);
    tcase_add_test(tcase, contradictions_between_files_are_exit_2);
    tcase_add_test(tcase, the_json_document_has_every_part);
    tcase_add_test(tcase, a_scenario_with_a_mistake_names_the_line);
    return suite;
}
