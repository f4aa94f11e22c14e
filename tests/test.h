/* test.h: what every test file includes.
 *
 * A file of tests registers its suite by itself: SUITE(json) { … return suite; }
 * CK_RUN_SUITE=json runs one. Tests wait for states, never for time. */
#ifndef LOCKSTEP_TESTS_TEST_H
#define LOCKSTEP_TESTS_TEST_H

#include <check.h>

typedef Suite *test_suite_fn(void);
void test_register(const char *name, test_suite_fn *fn);

#define SUITE(name)                                                                                \
    static Suite *suite_##name(void);                                                              \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        test_register(#name, suite_##name);                                                        \
    }                                                                                              \
    static Suite *suite_##name(void)

/* Adds one test case to a suite and returns it. */
TCase *test_case(Suite *suite, const char *name, double timeout_s);

/* Whole file, NUL-terminated, relative to tests/; the caller frees. Fails the test when missing. */
char *test_read_file(const char *path, size_t *len);
/* A fresh directory for this test, removed at exit of the runner. */
const char *test_dir(void);
/* The program under test (LOCKSTEP_BIN, else the one beside the runner). */
const char *test_program(void);

#endif
