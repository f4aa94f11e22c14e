/* test_verb_kube.c: what the command line says about Kubernetes without any cluster. */
#include "tui/program.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static struct program program;

static void setup(void)
{
    program_init(&program);
}

static void expect(const char *words, int status, const char *line)
{
    struct said said = program_run(&program, words);
    char first[1000];

    said_line(&said, status == 0, first, sizeof first);
    ck_assert_msg(said.status == status, "%s: %d, %s%s", words, said.status, said.out, said.err);
    ck_assert_msg(strstr(first, line) != NULL, "%s: '%s'", words, first);
    if (status)
        ck_assert_ptr_eq(strchr(said.err, '\n'), said.err + strlen(said.err) - 1); /* one line */
    said_release(&said);
}

START_TEST(roles_and_policy_are_printed_as_yaml)
{
    static const struct {
        const char *words;
        const char *holds[4];
        const char *not_in;
    } rows[] = {
        {"doctor --print-rbac view", {"name: lockstep-view", "pods/log", NULL}, "[patch]"},
        {"doctor --print-rbac operate",
         {"name: lockstep-operate", "[patch]", "pods/log"},
         "-view\n"},
        {"doctor --print-rbac",
         {"name: lockstep-view", "---\n", "name: lockstep-operate"},
         "Policy\n"},
        {"doctor --print-policy", {"kind: ValidatingAdmissionPolicy\n", "[Deny]", NULL}, "Role"},
        {"doctor --print-rbac view --print-policy",
         {"ClusterRole", "PolicyBinding", NULL},
         "-operate"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct said said = program_run(&program, rows[i].words);
        ck_assert_int_eq(said.status, 0);
        for (size_t j = 0; j < 4 && rows[i].holds[j]; j++)
            ck_assert_msg(strstr(said.out, rows[i].holds[j]) != NULL, "%s: %s", rows[i].words,
                          rows[i].holds[j]);
        ck_assert_msg(strstr(said.out, rows[i].not_in) == NULL, "%s: %s", rows[i].words,
                      rows[i].not_in);
        ck_assert_str_eq(said.err, "");
        said_release(&said);
    }
    expect("doctor --print-rbac admin", 2, "lockstep: expected: lockstep doctor --print-rbac ");
    expect("doctor operate", 2, "lockstep: expected: lockstep doctor --print-rbac ");
}
END_TEST

START_TEST(a_kubeconfig_that_cannot_be_used_is_one_line)
{
    expect("status --kubeconfig %/none", 2, "/none: No such file or directory");
    program_write(&program, "k", "contexts: [\n");
    expect("status --kubeconfig %/k", 2, "/k: line 2, column 1");
    program_write(&program, "k", "contexts: []\n");
    expect("status --kubeconfig %/k", 2, "/k: has no current-context; run: kubectl config ");
    expect("status --kubeconfig %/k --context prod", 2,
           "there is no context 'prod' in the environment");
    program_setenv(&program, "KUBECONFIG", "/nonexistent/kube");
    expect("status", 2, "lockstep: KUBECONFIG=/nonexistent/kube names no file that is there");
}
END_TEST

SUITE(verb_kube)
{
    Suite *suite = suite_create("verb_kube");
    TCase *tcase = test_case(suite, "verb_kube", 20);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, roles_and_policy_are_printed_as_yaml);
    tcase_add_test(tcase, a_kubeconfig_that_cannot_be_used_is_one_line);
    return suite;
}
