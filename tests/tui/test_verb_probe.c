/* test_verb_probe.c: `lockstep attest … --probe`: what is measured is attested, or refused. */
#include "base/mem.h"
#include "program.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *words;
    int status;
    const char *said; /* on either of stdout and stderr */
} row[] = {
    {"attest d --gone x --probe --yes", 0, "done"},
    {"attest d --gone y --probe --yes", 1,
     "refused: measured: 3 by printf, rows; y is not gone from d"},
    {"attest phones --usage Get/1 --probe --yes", 0, "done"},
    {"attest d --gone z --probe --yes", 2, "has no probe for z of d"},
    {"attest d --gone w --probe --yes", 3, "expected a number that is not negative, found 'many'"},
    {"attest d --gone x --probe --evidence seen", 2, "an attestation needs one fact"},
    {"attest phones --ended --probe", 2, "an attestation needs one fact"},
};

START_TEST(what_is_measured_is_attested_or_refused)
{
    struct program program;

    program_init(&program);
    program_write(&program, "4.yaml",
                  "service: web\nversion: \"4\"\nchange: [code]\nreads: {d: [w, x, y, z]}\n"
                  "writes: {d: [v]}\n");
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "contracts: [4.yaml]\n"
                  "clients: {phones: {requires: {agent: [Get/1]}, usage: {Get/1: 5}}}\n"
                  "stores: {d: {may: [w, x, y, z]}}\n"
                  "probes:\n"
                  "  - {store: d, gone: x, command: [printf, '0']}\n"
                  "  - {store: d, gone: y, command: [printf, '{\"rows\": 3}'], path: rows}\n"
                  "  - {store: d, gone: w, command: [printf, many]}\n"
                  "  - {clients: phones, usage: Get/1, command: [printf, '12']}\n");
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *words = xasprintf("%s --config %%/c.yaml --journal %%/j", row[i].words);
        struct said said = program_run(&program, words);
        ck_assert_msg(said.status == row[i].status, "%s: exit %d: %s%s", words, said.status,
                      said.out, said.err);
        ck_assert_msg(strstr(said.out, row[i].said) || strstr(said.err, row[i].said), "%s: %s%s",
                      words, said.out, said.err);
        said_release(&said);
        free(words);
    }
    struct said said = program_run(&program, "history --journal %/j");
    ck_assert_msg(strstr(said.out, "measured: 0 by printf") != NULL, "%s", said.out);
    ck_assert_msg(strstr(said.out, "measured: 12 by printf") != NULL, "%s", said.out);
    said_release(&said);
}
END_TEST

SUITE(verb_probe)
{
    Suite *suite = suite_create("verb_probe");
    TCase *tc = test_case(suite, "program", 60);

    tcase_add_test(tc, what_is_measured_is_attested_or_refused);
    return suite;
}
