/* test_soak.c: two hundred delivery faults around troubles whose truth is known: nothing is lost,
 * nothing is told twice, and nothing grows. The whole half year: `make prove`. */
#include "alerts/soak.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROUNDS = 40 }; /* ten times as slow */
#else
enum { ROUNDS = 200 };
#endif

/* Some thousand times the spool is fsynced: in memory, where there is such a place. */
static const char *folder(void)
{
    static char made[] = "/dev/shm/lockstep-soak-XXXXXX";

    return mkdtemp(made) ? made : test_dir();
}

static void remove_files(const char *at)
{
    static const char *const names[] = {"journal.jsonl", "watch-0.json", "watch-0.json.lock",
                                        "watch-1.json", "watch-1.json.lock"};
    char path[300];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", at, names[i]);
        unlink(path);
    }
    rmdir(at);
}

START_TEST(in_two_hundred_faults_nothing_is_lost_or_doubled)
{
    const char *at = folder();
    struct soak_report r = soak_run(ROUNDS, 20000, 1000, 1, at, stdout);
    remove_files(at);

    soak_print(&r, stdout);
    ck_assert_uint_eq(r.rounds, ROUNDS);
    ck_assert_uint_ge(r.troubles, ROUNDS / 2);
    ck_assert_uint_eq(r.lost, 0);
    ck_assert_uint_eq(r.doubled, 0);
    ck_assert_uint_le(r.excused, 4);
    ck_assert_uint_eq(r.late, 0);
    ck_assert_uint_eq(r.unfounded, 0);
}
END_TEST

SUITE(soak)
{
    Suite *suite = suite_create("soak");
    TCase *tc = test_case(suite, "watch", 120);

    tcase_add_test(tc, in_two_hundred_faults_nothing_is_lost_or_doubled);
    return suite;
}
