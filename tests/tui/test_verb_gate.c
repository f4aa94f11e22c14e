/* test_verb_gate.c: `lockstep gate` and `lockstep init` on the simulator: exit statuses, the
 * document, and drafts that can be read back. */
#include "program.h"

#include <stdio.h>
#include <string.h>

static struct program program;

static void write_contract(const char *name, const char *version, const char *follows,
                           const char *format)
{
    char text[200];

    snprintf(text, sizeof text,
             "service: web\nversion: \"%s\"\nfollows: [%s]\nchange: [code]\n"
             "reads: {d: [%s]}\nwrites: {d: [%s]}\n",
             version, follows, format, format);
    program_write(&program, name, text);
}

static void setup(void)
{
    program_init(&program);
    write_contract("4.yaml", "4", "", "x");
    write_contract("5.yaml", "5", "\"4\"", "x");
    write_contract("5y.yaml", "5", "\"4\"", "y");
    write_contract("5z.yaml", "5", "\"3\"", "x");
}

static void expect(const char *words, int status, const char *part)
{
    struct said said = program_run(&program, words);

    ck_assert_msg(said.status == status && strstr(said.out[0] ? said.out : said.err, part),
                  "%s: exit %d: %s%s", words, said.status, said.out, said.err);
    said_release(&said);
}

START_TEST(the_gate_says_0_1_2_or_3)
{
    setup();
    expect("gate web 5 --context demo:eight", 0, "unproven: R0 R1 R2 RC");
    expect("gate web 5 %/4.yaml %/5.yaml --context demo:eight", 0, "allow");
    expect("gate web 5 %/4.yaml %/5y.yaml --context demo:eight", 1, "cannot read y");
    expect("gate web 5 %/4.yaml %/5z.yaml --context demo:eight", 1, "more than one step");
    expect("gate web 6 %/4.yaml %/5.yaml --context demo:eight", 1, "version 6 of web is not");
    expect("gate web 5 %/4.yaml %/5.yaml %/5y.yaml --context demo:eight", 3,
           "two contracts that differ");
    expect("gate nobody 5 --context demo:eight", 2, "nobody");
    expect("gate web 5 %/none.yaml --context demo:eight", 2, "cannot read");
}
END_TEST

START_TEST(the_settings_name_contracts_and_levels)
{
    setup();
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [4.yaml, 5y.yaml]\n");
    expect("gate web 5 --config %/c.yaml", 1, "cannot read y");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [4.yaml, 5y.yaml]\nlevels: {web: {R1: observe}}\n");
    expect("gate web 5 --config %/c.yaml", 0, "(only observed)");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim}]\nlevels: {web: {R9: observe}}\n");
    expect("gate web 5 --config %/c.yaml", 2, "unknown field 'R9'");
    program_write(&program, "c.yaml", "contexts: [{name: s, kind: sim}]\nlevels: {web: wran}\n");
    expect("gate web 5 --config %/c.yaml", 2, "expected observe, warn or enforce, found 'wran'");
}
END_TEST

START_TEST(a_warning_is_passed_with_a_reason_and_only_with_one)
{
    setup();
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [4.yaml, 5z.yaml]\n");
    expect("start web 5 --config %/c.yaml", 1, "override it, with the reason");
    expect("start web 5 --yes --config %/c.yaml", 1, "more than one step");
    expect("start web 5 --override incident-7 --config %/c.yaml", 0, "web");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [4.yaml, 5z.yaml]\nlevels: {default: enforce}\n");
    expect("start web 5 --override incident-7 --config %/c.yaml", 1, "more than one step");
}
END_TEST

START_TEST(only_what_nobody_writes_can_be_attested_as_gone)
{
    setup();
    write_contract("3.yaml", "3", "", "w");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [3.yaml, 4.yaml]\n");
    expect("attest d --gone w --evidence full-scan --config %/c.yaml", 0,
           "the format counts as gone while nobody writes it");
    expect("attest d --gone x --evidence full-scan --config %/c.yaml", 1, "still writes it");
    expect("attest d --gone q --evidence full-scan --config %/c.yaml", 1,
           "no contract names that format");
    expect("attest e --gone x --evidence full-scan --config %/c.yaml", 1,
           "no contract names that store");
    expect("attest d --gone x --config %/c.yaml", 2, "--evidence");
    expect("attest d --evidence full-scan --config %/c.yaml", 2, "--gone");
}
END_TEST

START_TEST(of_clients_one_says_what_they_call_and_whether_they_are_supported)
{
    static const struct {
        const char *words;
        int status;
        const char *says;
    } row[] = {
        {"phones-4.1 --usage Get/1=0 --evidence log", 0, "0 calls of Get/1 are on record"},
        {"phones-4.1 --usage=Get/1=7 --evidence log", 0, "7 calls of Get/1 are on record"},
        {"phones-4.1 --ended --evidence mail", 0, "support of these clients has ended"},
        {"phones-4.1 --supported --evidence mail", 0, "these clients are supported"},
        {"tablets --usage Get/2=3 --evidence log", 0, "3 calls of Get/2 are on record"},
        {"phones-4.1 --usage Get/9=3 --evidence log", 1, "no contract provides that element"},
        {"tablets --ended --evidence mail", 1, "no clients are called that"},
        {"phones-4.1 --usage Get/1 --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage =1 --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage Get/1= --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage Get/1=-1 --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage Get/1=1x --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage Get/1=99999999999999999999 --evidence log", 2, "ELEMENT=CALLS"},
        {"phones-4.1 --usage Get/1=0 --ended --evidence log", 2, "one fact"},
        {"phones-4.1 --usage Get/1=0", 2, "--evidence"},
    };
    char words[200];

    setup();
    snprintf(words, sizeof words, "attest %s --context demo:old-client", row[_i].words);
    expect(words, row[_i].status, row[_i].says);
}
END_TEST

START_TEST(the_document_names_every_rule)
{
    setup();
    struct said said =
        program_run(&program, "gate web 5 %/4.yaml %/5y.yaml --context demo:eight -o json");
    json_t *root = said_json(&said), *verdict = json_object_get(root, "verdict");

    ck_assert_int_eq(said.status, 1);
    ck_assert_str_eq(json_string_value(json_object_get(root, "answer")), "refuse");
    ck_assert_uint_eq(json_array_size(json_object_get(verdict, "rules")), 7);
    ck_assert_str_eq(json_string_value(json_object_get(verdict, "rule")), "R1");
    ck_assert_int_eq((int)json_integer_value(json_object_get(root, "exit")), 1);
    json_decref(root);
    said_release(&said);
}
END_TEST

/* A pipeline reads one document whether the cluster answers or not. */
START_TEST(a_cluster_that_does_not_answer_is_a_document_as_well)
{
    setup();
    program_write(&program, "away.yaml",
                  "contexts:\n  - {name: s, kind: sim, endpoint: eight}\n"
                  "  - {name: away, kind: nomad, endpoint: \"http://127.0.0.1:1\"}\n");
    struct said said = program_run(&program, "gate shop 5 --config %/away.yaml -o json");
    json_t *root = said_json(&said);

    ck_assert_int_eq(said.status, 3);
    ck_assert(strstr(said.err, "away: ") != NULL);
    ck_assert_str_eq(json_string_value(json_object_get(root, "cluster")), "");
    ck_assert_str_eq(json_string_value(json_object_get(root, "service")), "shop");
    ck_assert_str_eq(json_string_value(json_object_get(root, "version")), "5");
    ck_assert_str_eq(json_string_value(json_object_get(root, "answer")), "unknown");
    ck_assert(json_is_null(json_object_get(root, "verdict")));
    ck_assert_int_eq((int)json_integer_value(json_object_get(root, "exit")), 3);
    ck_assert(strstr(json_string_value(json_object_get(root, "sentence")), "not all answered"));
    json_decref(root);
    said_release(&said);
    expect("gate shop 5 --config %/away.yaml", 3, "there is no service 'shop'");
    expect("gate shop 5 --config %/away.yaml --context s -o json", 2, "there is no service");
}
END_TEST

START_TEST(drafts_are_contracts_and_settings)
{
    setup();
    struct said said = program_run(&program, "init web --context demo:eight");
    ck_assert_int_eq(said.status, 0);
    program_write(&program, "draft.yaml", said.out);
    said_release(&said);
    expect("check %/draft.yaml", 0, "web 4, a contract");
    said = program_run(&program, "init --context demo:eight");
    ck_assert_int_eq(said.status, 0);
    ck_assert_ptr_nonnull(strstr(said.out, "contracts/web-4.yaml"));
    said_release(&said);
    expect("init nobody --context demo:eight", 2, "nobody");
}
END_TEST

SUITE(verb_gate)
{
    Suite *suite = suite_create("verb_gate");
    TCase *tcase = test_case(suite, "gate", 30);

    tcase_add_test(tcase, the_gate_says_0_1_2_or_3);
    tcase_add_test(tcase, the_settings_name_contracts_and_levels);
    tcase_add_test(tcase, a_cluster_that_does_not_answer_is_a_document_as_well);
    tcase_add_test(tcase, a_warning_is_passed_with_a_reason_and_only_with_one);
    tcase_add_test(tcase, only_what_nobody_writes_can_be_attested_as_gone);
    tcase_add_loop_test(tcase, of_clients_one_says_what_they_call_and_whether_they_are_supported, 0,
                        15);
    tcase_add_test(tcase, the_document_names_every_rule);
    tcase_add_test(tcase, drafts_are_contracts_and_settings);
    return suite;
}
