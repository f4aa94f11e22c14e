/* test_nomad_old.c: the program on real servers from before there were variables (NOMAD_AGENT=
 * nomad-old, with VERSIONS=all): the journal alone remembers, that is said, and every step is as
 * exact as elsewhere. */
#include "base/mem.h"
#include "engines/nomad_rig.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct program program;
static struct nomad_rig_job web;

static void setup(void)
{
    char config[600];

    snprintf(config, sizeof config,
             "contexts:\n  - name: lab\n    kind: nomad\n    endpoint: %s\n"
             "    production: false\n    settle: 2s\n",
             nomad_rig_address());
    program_init(&program);
    program_write(&program, ".config/lockstep/config.yaml", config);
    web = nomad_rig_create(8, NULL);
}

static void teardown(void)
{
    nomad_rig_remove(&web);
}

/* A key is accepted once the one before has come to rest. */
static void expect(const char *verb, const char *more)
{
    struct said said = {0};
    char words[200];

    snprintf(words, sizeof words, "%s %s %s --timeout=90s", verb, web.name, more);
    for (int tries = 0; tries < 60; tries++) {
        said = program_run(&program, words);
        if (said.status != 1 || !strstr(said.out, "wait"))
            break;
        said_release(&said);
    }
    ck_assert_msg(said.status == 0, "%s: exit %d: %s%s", words, said.status, said.out, said.err);
    said_release(&said);
}

static void expect_allocs(const char *version, unsigned count)
{
    ck_assert_msg(nomad_rig_wait(&web, version, count), "%u allocations of %s, not %u",
                  nomad_rig_allocs(&web, version), version, count);
}

START_TEST(without_variables_the_journal_remembers_and_that_is_said)
{
    ck_assert_int_eq(nomad_rig_call("GET", "vars", NULL, NULL), 404);
    struct said said = program_run(&program, "status --timeout=60s");
    ck_assert_msg(said.status == 0 && strstr(said.out, "journal of this machine only"), "%s%s",
                  said.out, said.err);
    said_release(&said);
    json_t *ids = nomad_rig_alloc_ids(&web, "4");
    expect("start", "5");
    expect_allocs("5", 1);
    expect_allocs("4", 7);
    expect("step", "--to=5");
    expect_allocs("5", 5);
    expect_allocs("4", 3);
    ck_assert_uint_eq(nomad_rig_kept(&web, ids), 3);
    expect("rollback", "");
    expect_allocs("4", 8);
    expect_allocs("5", 0);
    ck_assert_uint_eq(nomad_rig_kept(&web, ids), 3);
    expect("start", "6");
    expect_allocs("6", 1);
    expect("step", "--to=8");
    expect_allocs("6", 8);
    said = program_run(&program, "history -o json");
    ck_assert_msg(said.status == 0 && strstr(said.out, "rollback"), "%s%s", said.out, said.err);
    said_release(&said);
    json_decref(ids);
}
END_TEST

SUITE(nomad_old)
{
    Suite *suite = suite_create("nomad-old");
    TCase *tc = test_case(suite, "old", 300);

    if (!getenv("NOMAD_AGENT"))
        return suite;
    nomad_rig_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, without_variables_the_journal_remembers_and_that_is_said);
    return suite;
}
