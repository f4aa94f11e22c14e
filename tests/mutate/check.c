/* check.c: as much of Check as the guard's tests use, for a runner that calls them by itself:
 * a failed assertion ends the process, and nothing else is done about it. */
#include "mutate/check.h"

#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

struct Suite {
    const char *name;
};

struct TCase {
    const struct Suite *suite;
    SFun setup, teardown;
    bool special; /* a signal or an exit status is expected: not ours */
};

static struct mutate_test *tests; /* filled once, while suites register */
static size_t count, cap;

/* The names of Check's own header. NOLINTBEGIN */
Suite *suite_create(const char *name)
{
    Suite *suite = xcalloc(1, sizeof *suite);

    suite->name = name;
    return suite;
}

TCase *tcase_create(const char *name)
{
    (void)name;
    return xcalloc(1, sizeof(TCase));
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
    tcase->suite = suite;
}

void tcase_set_timeout(TCase *tcase, double seconds)
{
    (void)tcase;
    (void)seconds;
}

void tcase_add_checked_fixture(TCase *tcase, SFun setup, SFun teardown)
{
    tcase->setup = setup;
    tcase->teardown = teardown;
}

void _tcase_add_test(TCase *tcase, const TTest *test, int raises, int status, int start, int end)
{
    if (raises || status)
        return;
    for (int i = start; i < end; i++) {
        ARRAY_RESERVE(tests, cap, count + 1);
        tests[count++] = (struct mutate_test){.suite = tcase->suite->name,
                                              .name = test->name,
                                              .fn = test->fn,
                                              .turn = i,
                                              .setup = tcase->setup,
                                              .teardown = tcase->teardown};
    }
}

void _ck_assert_failed(const char *file, int line, const char *expr, const char *msg, ...)
{
    (void)file;
    (void)line;
    (void)expr;
    (void)msg;
    _exit(1);
}

void _mark_point(const char *file, int line)
{
    (void)file;
    (void)line;
}
/* NOLINTEND */

struct mutate_test *mutate_tests(size_t *out)
{
    *out = count;
    return tests;
}

void mutate_run_test(const struct mutate_test *test)
{
    if (test->setup)
        test->setup();
    test->fn(test->turn);
    if (test->teardown)
        test->teardown();
}
