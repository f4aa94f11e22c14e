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
        {"w.yaml", "service: a\nversion: \"?\"\n",
         "w.yaml:2:1: version: expected the name of a version, found '?'"},
        {"w.yaml", "service: a\nversion: \"2\"\nfollows: [\"1\", \"?\"]\n",
         "w.yaml:3:16: follows[1]: expected the name of a version, found '?'"},
        {"w.yaml", "service: a\nversion: \"2\"\npred: [\"?\"]\n", "w.yaml:3:8: pred[0]: expected"},
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
    program_write(&program, "5b.yaml", "version: \"5\"\nservice: a\n");
    expect("check %/5.yaml %/5b.yaml", 2,
           "5b.yaml:1:1: version: version 5 of a has two contracts, expected one; the other is ");
    expect("check %/5.yaml %/5b.yaml", 2, "5.yaml:2:1: version");
    expect("check %/5b.yaml %/6.yaml %/5.yaml", 2, "5b.yaml:1:1: version");
    program_write(&program, "4.yaml", "service: a\nversion: \"5\"\npred: [\"6\"]\n");
    expect("check %/4.yaml %/6.yaml", 2,
           "4.yaml:3:1: pred: the versions of a follow each other in a circle: 5 follows 6, "
           "6 follows 5 (");
    expect("check %/4.yaml %/6.yaml", 2, "6.yaml:3:1: follows)");
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

/* The whole of stdout, word for word. */
static void expect_text(const char *words, int status, const char *text)
{
    struct said said = program_run(&program, words);

    ck_assert_msg(said.status == status, "%s: exit %d: %s", words, said.status, said.err);
    ck_assert_str_eq(said.out, text);
    said_release(&said);
}

START_TEST(the_text_says_what_breaks_and_in_which_order_it_is_safe)
{
    char text[12000];

    setup();
    snprintf(
        text, sizeof text,
        "%s/6.yaml: a 6, a contract\n"
        "  remark: no digest: the version string is trusted to name what runs\n"
        "%s/7.json: a 7, a contract\n"
        "  remark: no digest: the version string is trusted to name what runs\n"
        "\n"
        "a 6 -> 7\n"
        "  changes   reads d: drops x\n"
        "            writes d: adds y\n"
        "            writes d: drops x\n"
        "  backward  yes: 7 lives with what 6 wrote and serves its callers\n"
        "  forward   no: 6 cannot read y, which 7 may write to d\n"
        "  rollback  no: 6 cannot read y, which 7 may write to d\n"
        "  in one step: refused\n"
        "    R1 data: a 7 changes code, write+ in one release\n"
        "      witness: version 7 of a: changes code, write+\n"
        "      witness: store d: a 7 may write y\n"
        "      witness: version 6 of a: cannot read y\n"
        "      witness: version 6 of a: cannot read y of d\n"
        "      way out: split it: first the release that changes the data in a way old and new "
        "code handle, then the code\n"
        "  safe order:\n"
        "    1. release a version that also reads y of d and does not write it (change: read+)\n"
        "    2. release the code of 7, reading and writing as before (change: code)\n"
        "    3. release the version that writes y to d (change: write+)\n"
        "    4. backfill d until x is gone, then `lockstep attest d --gone x --evidence "
        "TEXT`\n"
        "    5. release the version that no longer reads x (change: read-)\n",
        program.home, program.home);
    expect_text("check %/6.yaml %/7.json", 1, text);
}
END_TEST

START_TEST(a_step_whose_callers_are_not_among_the_files_is_not_simply_allowed)
{
    setup();
    program_write(&program, "p1.yaml",
                  "{service: p, version: '1', change: [code], provides: [G/1]}\n");
    program_write(&program, "p2.yaml",
                  "{service: p, version: '2', follows: ['1'], change: [api-], provides: []}\n");
    struct said said = program_run(&program, "check %/p1.yaml %/p2.yaml");
    ck_assert_int_eq(said.status, 0);
    ck_assert_msg(strstr(said.out, "backward  no: 2 does not provide G/1") != NULL, "%s", said.out);
    ck_assert_msg(strstr(said.out, "allowed, as far as these files name") != NULL, "%s", said.out);
    said_release(&said);
}
END_TEST

START_TEST(a_step_that_may_be_taken_says_so_in_a_few_lines)
{
    char text[12000];

    setup();
    snprintf(
        text, sizeof text,
        "%s/5.yaml: a 5, a contract\n"
        "  remark: no digest: the version string is trusted to name what runs\n"
        "  remark: follows nothing: it may run beside no other version, so there is no step to "
        "it and no way back\n"
        "  remark: names no kind of change\n"
        "%s/6.yaml: a 6, a contract\n"
        "  remark: no digest: the version string is trusted to name what runs\n"
        "\n"
        "a 5 -> 6\n"
        "  backward  yes: 6 lives with what 5 wrote and serves its callers\n"
        "  forward   yes: 5, still running, lives with what 6 writes\n"
        "  rollback  yes: 5 can run again after 6\n"
        "  in one step: allowed\n"
        "  safe order:\n"
        "    1. release 6 as it is\n",
        program.home, program.home);
    expect_text("check %/5.yaml %/6.yaml", 0, text);
}
END_TEST

#define REFUSED_R3                                                                                 \
    "      action 0 (canary app 3 on a) refused by R3 one step: app 3 is more than one step from " \
    "1, "                                                                                          \
    "which may still run\n"                                                                        \
    "        node a: runs 1\n"                                                                     \
    "        node b: runs 1\n"                                                                     \
    "        node c: runs 1\n"                                                                     \
    "      way out: release the versions between 1 and 3 first\n"
static const char third_version[] =
    "{\"name\": \"three at once\", \"services\": {\"app\": {\"versions\": {\"1\": {}, \"2\": "
    "{\"follows\": [\"1\"]}, \"3\": {\"follows\": [\"2\"]}}, \"nodes\": {\"a\": \"1\", "
    "\"b\": \"1\", \"c\": \"1\"}}}, \"actions\": [{\"do\": \"canary\", \"svc\": \"app\", "
    "\"ver\": \"3\", \"nodes\": [\"a\"]}], \"expect\": %s}";

START_TEST(scenarios_end_with_how_many_went_as_expected)
{
    char text[1000];

    setup();
    snprintf(text, sizeof text, third_version, "{\"action\": 0, \"rule\": \"R3\"}");
    program_write(&program, "as.json", text);
    snprintf(text, sizeof text, third_version, "null");
    program_write(&program, "not.json", text);
    expect_text("simulate %/as.json", 0, "ok    three at once\n" REFUSED_R3);
    expect_text("simulate %/as.json %/not.json %/none.json", 2,
                "ok    three at once\n" REFUSED_R3 "FAIL  three at once\n" REFUSED_R3
                "      expected: nothing refused\n"
                "3 scenarios: 1 as expected, 1 not, 1 could not be read\n");
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
    tcase_add_test(tcase, the_text_says_what_breaks_and_in_which_order_it_is_safe);
    tcase_add_test(tcase, a_step_whose_callers_are_not_among_the_files_is_not_simply_allowed);
    tcase_add_test(tcase, a_step_that_may_be_taken_says_so_in_a_few_lines);
    tcase_add_test(tcase, scenarios_end_with_how_many_went_as_expected);
    tcase_add_test(tcase, a_scenario_with_a_mistake_names_the_line);
    return suite;
}
