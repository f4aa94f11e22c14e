/* check.h: the registered tests, one by one. */
#ifndef LOCKSTEP_TESTS_MUTATE_CHECK_H
#define LOCKSTEP_TESTS_MUTATE_CHECK_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

struct mutate_test {
    const char *suite, *name;
    TFun fn;
    int turn; /* of a loop test */
    SFun setup, teardown;
    double seconds;         /* that it takes */
    unsigned char *reaches; /* by mutant */
    unsigned kills;
    long *leaves; /* bytes that it does not give back; in memory that children share */
};

/* All that suites have added; ours to fill in. */
struct mutate_test *mutate_tests(size_t *count);
/* A failed assertion ends the process with status 1. */
void mutate_run_test(const struct mutate_test *test);

#endif
