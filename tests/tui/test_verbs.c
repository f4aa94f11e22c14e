/* test_verbs.c: every verb on the simulator, and its JSON. */
#include "base/mem.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct program program;

static void setup(void)
{
    program_init(&program);
}

static bool contains(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static json_t *run_json(const char *words, int status)
{
    struct said said = program_run(&program, words);

    ck_assert_msg(said.status == status, "%s: exit %d: %s%s", words, said.status, said.out,
                  said.err);
    json_t *root = said_json(&said);
    said_release(&said);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    ck_assert_msg(text != NULL, "no text '%s'", key);
    return text;
}

static void expect_keys(const json_t *object, const char *keys)
{
    char key[40];
    int used;

    ck_assert(json_is_object(object));
    while (sscanf(keys, "%39s%n", key, &used) == 1) {
        ck_assert_msg(json_object_get(object, key) != NULL, "no key '%s'", key);
        keys += used;
    }
}

/* What a person sees: words, status, and a text that must be on stdout. */
static const struct {
    const char *words;
    int status;
    const char *out;
} spoken[] = {
    {"--version", 0, "lockstep 0."},
    {"--help", 0, "lockstep status [SERVICE]"},
    {"help step", 0, "--to N"},
    {"step --help", 0, "--yes"},
    {"help", 0, "lockstep demo [STORY]"},
    {"help --man", 0, ".TH LOCKSTEP 1"},
    {"completion bash", 0, "complete -o filenames -F _lockstep lockstep"},
    {"completion zsh", 0, "#compdef lockstep"},
    {"completion fish", 0, "complete -c lockstep -n __fish_use_subcommand -a status"},
    {"status --context demo:", 0, "billing"},
    {"status --context demo:eight", 0, "web      steady  4        8/8"},
    {"status web --context demo:eight", 0, "web (service, demo:eight): steady, 4, 8 of 8"},
    {"status inventory --context demo:", 0, "30 -> 31"},
    {"status --context demo:eight --context demo:pair", 0, "demo:pair   agent"},
    {"start web 5 --context demo:eight", 0, "web"},
    {"start web 5 --profile fast --context demo:eight", 0, "web"},
    {"start web 5 --profile quick --context demo:eight", 1, "no profile is called that"},
    {"pause checkout --context demo:", 0, "checkout"},
    {"rollback inventory --context demo:", 0, "inventory"},
    {"step inventory --context demo:", 0, "inventory"},
    {"step auth --context demo:", 1, "nothing to step"},
    {"resume auth --context demo:", 1, "nothing to resume"},
    {"start web 6 --context demo:eight --timeout=20m", 0, "web"},
    {"doctor --context demo:eight", 0, "demo:eight"},
};

START_TEST(a_verb_says_what_happened_and_leaves_with_its_status)
{
    struct said said = program_run(&program, spoken[_i].words);

    ck_assert_msg(said.status == spoken[_i].status, "%s: exit %d, not %d: %s%s", spoken[_i].words,
                  said.status, spoken[_i].status, said.out, said.err);
    ck_assert_msg(contains(said.out, spoken[_i].out), "%s: no '%s' in %s", spoken[_i].words,
                  spoken[_i].out, said.out);
    ck_assert_str_eq(said.err, "");
    said_release(&said);
}
END_TEST

START_TEST(status_as_json_has_its_keys)
{
    json_t *root = run_json("status --context demo: -o json", 0), *services;

    expect_keys(root, "schema at_utc services alarms clusters nodes notice");
    services = json_object_get(root, "services");
    ck_assert_uint_eq(json_array_size(services), 12);
    expect_keys(json_array_get(services, 0),
                "cluster service id scope kind owner state from to have want ghosts step steps "
                "since_utc by why drift moves_by_itself revision versions broken release options");
    ck_assert_str_eq(text_of(json_array_get(services, 0), "service"), "payments");
    ck_assert_str_eq(text_of(json_array_get(services, 0), "state"), "stuck");
    expect_keys(json_array_get(json_object_get(root, "clusters"), 0),
                "name kind state age_ms why who production read_only may_act note");
    expect_keys(json_array_get(json_object_get(root, "nodes"), 0),
                "cluster id name state draining since_utc note");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "nodes")), 14);
    json_decref(root);
}
END_TEST

START_TEST(options_carry_verdicts_with_every_rule)
{
    json_t *root = run_json("status inventory --context demo: -o json", 0);
    json_t *services = json_object_get(root, "services");
    json_t *options = json_object_get(json_array_get(services, 0), "options");

    ck_assert_uint_eq(json_array_size(services), 1);
    expect_keys(options, "step rollback");
    json_t *step = json_object_get(options, "step");
    expect_keys(step, "allowed effect to_count verdict warning");
    expect_keys(json_object_get(step, "verdict"), "answer rule rules");
    ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(step, "verdict"), "rules")),
                      7);
    json_decref(root);
}
END_TEST

static const char *const acting[] = {
    "start web 5 --context demo:eight -o json",
    "step inventory --context demo: -o json",
    "pause checkout --context demo: -o json",
    "rollback inventory --context demo: -o json",
};

START_TEST(an_action_as_json_says_how_it_ended)
{
    json_t *root = run_json(acting[_i], 0), *action = json_object_get(root, "action");

    expect_keys(root, "schema verb cluster service end sentence action verdict exit");
    ck_assert_str_eq(text_of(root, "end"), "applied");
    ck_assert(text_of(root, "sentence")[0] != '\0');
    expect_keys(action, "id verb cluster service_id by from to have_count to_count replicas write "
                        "writes phase");
    ck_assert_str_eq(text_of(action, "verb"), text_of(root, "verb"));
    ck_assert(text_of(action, "id")[0] != '\0');
    json_decref(root);
}
END_TEST

START_TEST(a_refusal_as_json_has_exit_1_and_its_sentence)
{
    json_t *root = run_json("step auth --context demo: -o json", 1);

    ck_assert_str_eq(text_of(root, "end"), "refused");
    ck_assert(contains(text_of(root, "sentence"), "nothing to step"));
    ck_assert(json_is_null(json_object_get(root, "verdict")));
    ck_assert_int_eq(json_integer_value(json_object_get(root, "exit")), 1);
    json_decref(root);
}
END_TEST

START_TEST(the_same_seed_says_the_same_thing)
{
    struct said one = program_run(&program, "status --context demo: --seed 4 -o json");
    struct said two = program_run(&program, "status --context demo: --seed 4 -o json");

    ck_assert_int_eq(one.status, 0);
    ck_assert_str_eq(one.out, two.out);
    said_release(&one);
    said_release(&two);
}
END_TEST

START_TEST(doctor_as_json_lists_checks)
{
    json_t *root = run_json("doctor --context demo:eight -o json", 0);
    json_t *checks = json_object_get(root, "checks");

    expect_keys(root, "schema checks exit");
    ck_assert_uint_ge(json_array_size(checks), 3);
    expect_keys(json_array_get(checks, 0), "area name state text todo");
    json_decref(root);
}
END_TEST

START_TEST(the_simulator_needs_no_settings_and_leaves_no_record)
{
    struct said said;
    char path[4400];

    program_write(&program, ".config/lockstep/config.yaml", "broken: [\n");
    said = program_run(&program, "start web 5 --context demo:eight");
    ck_assert_msg(said.status == 0, "%s", said.err);
    said_release(&said);
    snprintf(path, sizeof path, "%s/.local", program.home);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Two actions and a refusal, written down in %/j.jsonl. */
static void act_thrice(void)
{
    static const char *const words[] = {
        "start web 5 --context demo:eight --journal %/j.jsonl",
        "rollback inventory --context demo: --journal %/j.jsonl",
        "step auth --context demo: --journal %/j.jsonl",
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct said said = program_run(&program, words[i]);
        ck_assert_msg(said.status == (i == 2), "%s: %s%s", words[i], said.out, said.err);
        said_release(&said);
    }
}

static void expect_said(const char *words, int status, const char *out)
{
    struct said said = program_run(&program, words);

    ck_assert_msg(said.status == status, "%s: exit %d: %s%s", words, said.status, said.out,
                  said.err);
    ck_assert_msg(contains(said.out, out), "%s: no '%s' in %s", words, out, said.out);
    said_release(&said);
}

START_TEST(history_tells_each_action_once)
{
    act_thrice();
    expect_said("history --journal %/j.jsonl", 0, "demo:eight  web        start     1 of 8 on 5");
    expect_said("history --journal %/j.jsonl", 0, "applied");
    expect_said("history --journal %/j.jsonl", 0, "auth: there is nothing to step");
    expect_said("history web --journal %/j.jsonl", 0, "web");
    expect_said("history nobody --journal %/j.jsonl", 0, "nothing is on record of nobody");
    expect_said("history --journal %/none.jsonl", 0, "nothing is on record");
    struct said said = program_run(&program, "history web --journal %/j.jsonl");
    ck_assert(!contains(said.out, "inventory"));
    said_release(&said);
}
END_TEST

START_TEST(history_as_json_is_one_record_per_line)
{
    struct said said;
    char *rest = NULL;
    size_t count = 0;

    act_thrice();
    said = program_run(&program, "history web -o json --journal %/j.jsonl");
    for (char *line = strtok_r(said.out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        expect_keys(record, "kind id verb cluster service by at_utc seq prev sha256");
        ck_assert_str_eq(text_of(record, "key"), "web");
        json_decref(record);
        count++;
    }
    ck_assert_uint_eq(count, 2); /* intent and outcome */
    said_release(&said);
}
END_TEST

START_TEST(a_changed_record_is_found_by_audit)
{
    char path[4400];

    act_thrice();
    expect_said("audit verify --journal %/j.jsonl", 0, "the chain of 5 records in ");
    json_t *root = run_json("audit verify -o json --journal %/j.jsonl --context demo:eight", 0);
    expect_keys(root, "schema file records head chain bad_file bad_line what ledger exit");
    ck_assert_str_eq(text_of(root, "chain"), "holds");
    json_decref(root);
    snprintf(path, sizeof path, "%s/j.jsonl", program.home);
    FILE *f = fopen(path, "r+");
    ck_assert_ptr_nonnull(f);
    fseek(f, 40, SEEK_SET);
    int byte = fgetc(f);
    fseek(f, 40, SEEK_SET);
    fputc(byte == '0' ? '1' : '0', f);
    fclose(f);
    expect_said("audit verify --journal %/j.jsonl", 1, "broken: ");
    expect_said("doctor --context demo:eight --journal %/j.jsonl", 3,
                "see `lockstep audit verify`");
}
END_TEST

START_TEST(simulate_says_where_the_guard_refused_and_whether_that_was_right)
{
    static const char file[] = "recordings/incidents/c11-gitlab-475192-to-17-1-without-17-0.json";
    char *text = test_read_file(file, NULL);
    json_t *scenario = json_loads(text, 0, NULL);

    program_write(&program, "c11.json", text);
    json_t *root = run_json("simulate -o json %/c11.json", 0);
    expect_keys(root, "name refused expected ok alerts");
    ck_assert(json_is_true(json_object_get(root, "ok")));
    ck_assert_str_eq(text_of(json_object_get(root, "refused"), "rule"), "R3");
    json_decref(root);
    json_object_set_new(scenario, "expect", json_null()); /* that nothing is refused: wrong */
    free(text);
    text = json_dumps(scenario, 0);
    program_write(&program, "wrong.json", text);
    json_decref(scenario);
    struct said said = program_run(&program, "simulate %/c11.json %/wrong.json");
    ck_assert_msg(said.status == 1, "exit %d: %s", said.status, said.err);
    ck_assert(contains(said.out, "ok    C11") && contains(said.out, "FAIL  C11"));
    said_release(&said);
    free(text);
}
END_TEST

/* A configured context that is production, on the simulator. */
static void write_production(void)
{
    program_write(&program, ".config/lockstep/config.yaml",
                  "contexts:\n"
                  "- {name: prod, kind: sim, endpoint: eight, production: true}\n"
                  "- {name: glass, kind: sim, endpoint: eight, read_only: true}\n");
}

START_TEST(production_is_acted_on_only_with_yes)
{
    char line[400];

    write_production();
    struct said said = program_run(&program, "start web 5 --context prod");
    ck_assert_int_eq(said.status, 2);
    ck_assert_str_eq(said_line(&said, 0, line, sizeof line),
                     "lockstep: 'prod' is a production context: repeat with --yes to start web");
    ck_assert_str_eq(said.out, "");
    said_release(&said);
    said = program_run(&program, "start web 5 --context prod --yes");
    ck_assert_msg(said.status == 0, "%s%s", said.out, said.err);
    said_release(&said);
}
END_TEST

START_TEST(broken_glass_takes_a_reason_and_is_a_word_of_verbs_that_move_something)
{
    program_write(&program, ".config/lockstep/config.yaml",
                  "levels: {web: {R3: enforce, R4: enforce}}\ncanary: 4\n"
                  "contexts: [{name: lab, kind: sim, endpoint: eight}]\n");
    struct said said = program_run(&program, "start web 5 --context lab");
    ck_assert_msg(said.status == 1 && contains(said.out, "R4"), "%s%s", said.out, said.err);
    said_release(&said);
    said = program_run(&program, "start web 5 --context lab --override because_I_say_so");
    ck_assert_int_eq(said.status, 1); /* that is for rules that warn */
    said_release(&said);
    said = program_run(&program, "start web 5 --context lab --break-glass soon");
    ck_assert_msg(said.status == 1 && contains(said.out, "10 letters"), "%s", said.out);
    said_release(&said);
    said = program_run(&program, "start web 5 --context lab --break-glass nobody_can_pay");
    ck_assert_msg(said.status == 0, "%s%s", said.out, said.err);
    said_release(&said);
    said = program_run(&program, "pause web --context lab --break-glass nobody_can_pay");
    ck_assert_int_eq(said.status, 2);
    said_release(&said);
}
END_TEST

START_TEST(a_read_only_context_is_not_acted_on)
{
    char line[400];

    write_production();
    struct said said = program_run(&program, "start web 5 --context glass --yes");
    ck_assert_int_eq(said.status, 2);
    ck_assert_str_eq(said_line(&said, 0, line, sizeof line),
                     "lockstep: the context 'glass' is read-only");
    said_release(&said);
}
END_TEST

START_TEST(a_name_in_two_clusters_must_be_made_clear)
{
    char line[400];

    write_production();
    struct said said = program_run(&program, "status web");
    ck_assert_int_eq(said.status, 2);
    ck_assert_str_eq(said_line(&said, 0, line, sizeof line),
                     "lockstep: there is more than one service 'web' (in glass and prod); name the "
                     "context, the scope or the id");
    said_release(&said);
}
END_TEST

SUITE(verbs)
{
    Suite *suite = suite_create("verbs");
    TCase *tcase = test_case(suite, "verbs", 30);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_loop_test(tcase, a_verb_says_what_happened_and_leaves_with_its_status, 0,
                        ARRAY_LEN(spoken));
    tcase_add_test(tcase, status_as_json_has_its_keys);
    tcase_add_test(tcase, options_carry_verdicts_with_every_rule);
    tcase_add_loop_test(tcase, an_action_as_json_says_how_it_ended, 0, ARRAY_LEN(acting));
    tcase_add_test(tcase, a_refusal_as_json_has_exit_1_and_its_sentence);
    tcase_add_test(tcase, the_same_seed_says_the_same_thing);
    tcase_add_test(tcase, doctor_as_json_lists_checks);
    tcase_add_test(tcase, the_simulator_needs_no_settings_and_leaves_no_record);
    tcase_add_test(tcase, history_tells_each_action_once);
    tcase_add_test(tcase, history_as_json_is_one_record_per_line);
    tcase_add_test(tcase, a_changed_record_is_found_by_audit);
    tcase_add_test(tcase, simulate_says_where_the_guard_refused_and_whether_that_was_right);
    tcase_add_test(tcase, production_is_acted_on_only_with_yes);
    tcase_add_test(tcase, a_read_only_context_is_not_acted_on);
    tcase_add_test(tcase, broken_glass_takes_a_reason_and_is_a_word_of_verbs_that_move_something);
    tcase_add_test(tcase, a_name_in_two_clusters_must_be_made_clear);
    return suite;
}
