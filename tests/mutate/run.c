/* run.c: runs the guard's tests against every mutant of the guard, and tells who survived.
 *
 * One process knows all mutants and all tests; for each mutant it forks a child that chooses it and
 * runs the tests that reach it, the most lethal per second first, until one fails. A test of the
 * guard alone also fails when it leaves more memory behind than without a mutant, as it does under
 * the leak sanitizer. */
#include "kit.h"
#include "mutate/check.h"
#include "mutate/equivalent.h"
#include "mutate/mutate.h"

#include "base/json.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, MEMORY_MAX_MIB = 3000, PASS_SHARE = 95 };
#define LOOP_MAX_S   1.5 /* a loop test gets no further turn once they took that long */
#define TEST_MAX_S   2.5 /* a test that takes longer is left out */
#define SLOW_TEST_S  0.2
#define MUTANT_MAX_S 2.0 /* a mutant that lived that long is spared further slow tests */
#define EXCUSE_MAX_S 0.3 /* one that is said to change nothing is spared the others, too */
#define PATIENCE     5.0 /* a mutant may take that many times as long, and half a second */

unsigned mutate_chosen;
unsigned char *mutate_reached;

enum fate { FATE_NOT_RUN, FATE_NOT_REACHED, FATE_SURVIVED, FATE_KILLED };

struct worker {
    pid_t pid; /* 0: idle */
    size_t job;
    uint32_t *turn; /* shared: the test that runs now */
};

struct run {
    struct mutate_test *tests;
    size_t test_count, workers;
    struct worker worker[WORKERS_MAX];
    unsigned char *fates; /* by mutant */
    struct equivalents equivalents;
    double began, cpu;
    unsigned slow;
};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *shared(size_t size)
{
    void *p =
        mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return p;
}

static double used(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec / 1e6 +
           (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec / 1e6;
}

/* The process is ended when it has used that much time from now on. */
static void limit(double seconds)
{
    struct itimerval busy = {
        .it_value = {(time_t)seconds, (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)}};
    struct itimerval wall = {.it_value = {(time_t)(seconds * 20) + 20, 0}};

    setitimer(ITIMER_PROF, &busy, NULL);
    setitimer(ITIMER_REAL, &wall, NULL);
}

static void be_quiet(void)
{
    const struct rlimit memory = {(rlim_t)MEMORY_MAX_MIB << 20, (rlim_t)MEMORY_MAX_MIB << 20};
    const struct rlimit no_core = {0, 0};
    int null = open("/dev/null", O_RDWR);

    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(null, 1);
    dup2(null, 2);
}

/* ---- what takes how long, and reaches which mutants ---- */

static long in_use(void)
{
    struct mallinfo2 now = mallinfo2();

    return (long)(now.uordblks + now.hblkhd);
}

static long leaves_of(const struct mutate_test *test)
{
    long before = in_use();

    mutate_run_test(test);
    return in_use() - before;
}

static void map_one(const struct run *run, size_t job)
{
    be_quiet();
    mutate_reached = run->tests[job].reaches;
    limit(TEST_MAX_S);
    *run->tests[job].leaves = leaves_of(&run->tests[job]);
    _exit(0);
}

typedef void job_fn(const struct run *run, size_t job);
typedef void done_fn(struct run *run, const struct worker *worker, int status, double cpu);

static void wait_one(struct run *run, done_fn *done)
{
    struct rusage usage;
    int status;
    pid_t pid;

    do
        pid = wait4(-1, &status, 0, &usage);
    while (pid < 0 && errno == EINTR);
    for (size_t w = 0; w < run->workers; w++)
        if (run->worker[w].pid == pid) {
            run->cpu += used(&usage);
            done(run, &run->worker[w], status, used(&usage));
            run->worker[w].pid = 0;
        }
}

static struct worker *idle(struct run *run)
{
    for (size_t w = 0; w < run->workers; w++)
        if (!run->worker[w].pid)
            return &run->worker[w];
    return NULL;
}

static void start(struct run *run, size_t job, job_fn *fn, done_fn *done)
{
    struct worker *worker;

    while (!(worker = idle(run)))
        wait_one(run, done);
    *worker->turn = UINT32_MAX;
    worker->job = job;
    fflush(NULL);
    worker->pid = fork();
    if (worker->pid < 0) {
        perror("fork");
        exit(2);
    }
    if (worker->pid == 0)
        fn(run, job);
}

static void finish(struct run *run, done_fn *done)
{
    for (size_t w = 0; w < run->workers; w++)
        while (run->worker[w].pid)
            wait_one(run, done);
}

static void mapped(struct run *run, const struct worker *worker, int status, double cpu)
{
    struct mutate_test *test = &run->tests[worker->job];

    test->seconds = cpu;
    if (status == 0)
        return;
    bool late = WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGALRM);
    printf("  %s: %s, turn %d, %s\n", test->suite, test->name, test->turn,
           late ? "takes too long: left out" : "fails without any mutant");
    if (!late)
        exit(2);
    memset(test->reaches, 0, mutant_count);
}

/* What the earlier turns of the same loop test took. */
static double loop_took(const struct run *run, size_t i)
{
    double took = 0;

    for (size_t k = i; k-- > 0 && run->tests[k].fn == run->tests[i].fn;)
        took += run->tests[k].seconds;
    return took;
}

static void map_tests(struct run *run)
{
    unsigned char *rows = shared(run->test_count * mutant_count);
    long *leaves = shared(run->test_count * sizeof *leaves);
    double before = run->cpu;

    for (size_t i = 0; i < run->test_count; i++) {
        run->tests[i].reaches = rows + i * mutant_count;
        run->tests[i].leaves = leaves + i;
        if (loop_took(run, i) < LOOP_MAX_S)
            start(run, i, map_one, mapped);
    }
    finish(run, mapped);
    printf("%zu tests mapped to %u mutants in %.0f s (%.0f s of a processor)\n", run->test_count,
           mutant_count - 1, seconds_now() - run->began, run->cpu - before);
}

/* ---- mutants ---- */

struct turn {
    double price;
    uint32_t test;
};

static int by_price(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;

    return (x->price > y->price) - (x->price < y->price);
}

/* Tests that reach the mutant, the most lethal per second first. */
static size_t plan(const struct run *run, size_t mutant, struct turn *turns)
{
    size_t count = 0;

    for (size_t i = 0; i < run->test_count; i++) {
        const struct mutate_test *test = &run->tests[i];

        if (test->reaches[mutant])
            turns[count++] =
                (struct turn){(test->seconds + 0.002) / (test->kills + 1), (uint32_t)i};
    }
    qsort(turns, count, sizeof *turns, by_price);
    return count;
}

static void try_mutant(const struct run *run, size_t mutant)
{
    struct turn *turns = xcalloc(run->test_count, sizeof *turns);
    size_t count = plan(run, mutant, turns);
    uint32_t nobody, *now = &nobody;
    bool excused = equivalents_have(&run->equivalents, &mutants[mutant]);
    double spent = 0;

    for (size_t w = 0; w < run->workers; w++)
        if (run->worker[w].job == mutant && !run->worker[w].pid)
            now = run->worker[w].turn;
    be_quiet();
    mutate_chosen = (unsigned)mutant;
    for (size_t i = 0; i < count; i++) {
        const struct mutate_test *test = &run->tests[turns[i].test];

        if ((spent > MUTANT_MAX_S && test->seconds > SLOW_TEST_S) ||
            (excused && spent + test->seconds > EXCUSE_MAX_S))
            continue;
        spent += test->seconds;
        *now = turns[i].test;
        limit(0.5 + test->seconds * PATIENCE);
        /* What is said to change nothing may still lay memory out in another way. */
        if (leaves_of(test) > *test->leaves && !excused && strncmp(test->suite, "guard", 5) == 0)
            _exit(1);
    }
    _exit(0);
}

static void tried(struct run *run, const struct worker *worker, int status, double cpu)
{
    uint32_t turn = *worker->turn;

    run->slow += cpu > MUTANT_MAX_S;
    run->fates[worker->job] = status == 0 ? FATE_SURVIVED : FATE_KILLED;
    if (status != 0 && turn < run->test_count)
        run->tests[turn].kills++;
    if (getenv("MUTATE_VERBOSE"))
        fprintf(stderr, "%s:%u %s: %s %s %d %.2f s\n", mutants[worker->job].file,
                mutants[worker->job].line, mutants[worker->job].change,
                status == 0 ? "survived" : run->tests[turn].name, "", status, cpu);
}

static bool reached(const struct run *run, size_t mutant)
{
    for (size_t i = 0; i < run->test_count; i++)
        if (run->tests[i].reaches[mutant])
            return true;
    return false;
}

/* Which mutants are asked for: every so manieth, of files that are called so, that the output of an
 * earlier run lists as alive. */
struct choice {
    unsigned long every;
    const char *file; /* part of a path, or NULL */
    char *alive;      /* that output, or NULL */
};

static bool lived(const struct mutant *mutant, const char *alive)
{
    char *head = xasprintf("%s:", mutant->file), *tail = xasprintf(": %s", mutant->change);
    bool found = false;

    for (const char *at = alive; !found && (at = strstr(at, head)) != NULL; at++) {
        const char *colon = at + strlen(head) + strspn(at + strlen(head), "0123456789");
        size_t len = strlen(tail);

        found = (at == alive || at[-1] == '\n') && strncmp(colon, tail, len) == 0 &&
                (colon[len] == '\n' || strncmp(colon + len, " (no ", 5) == 0);
    }
    free(head);
    free(tail);
    return found;
}

static void try_all(struct run *run, const struct choice *choice)
{
    for (size_t m = 1; m < mutant_count; m++) {
        if (m % choice->every != 1 % choice->every ||
            (choice->file && !strstr(mutants[m].file, choice->file)) ||
            (choice->alive && !lived(&mutants[m], choice->alive)))
            continue;
        if (!reached(run, m))
            run->fates[m] = FATE_NOT_REACHED;
        else
            start(run, m, try_mutant, tried);
    }
    finish(run, tried);
}

/* Prints survivors; false when too many. */
static bool report(const struct run *run)
{
    unsigned killed = 0, same = 0, left = 0;

    for (size_t m = 1; m < mutant_count; m++) {
        bool excused = equivalents_have(&run->equivalents, &mutants[m]);

        if (run->fates[m] == FATE_KILLED)
            killed++;
        else if (run->fates[m] != FATE_NOT_RUN && excused)
            same++;
        else if (run->fates[m] != FATE_NOT_RUN) {
            left++;
            printf("%s:%u: %s%s\n", mutants[m].file, mutants[m].line, mutants[m].change,
                   run->fates[m] == FATE_NOT_REACHED ? " (no test gets there)" : "");
        }
    }
    unsigned tried_count = killed + left;
    double share = tried_count ? 100.0 * killed / tried_count : 100;
    printf("%u of %u mutants killed: %.1f %% (%d %% wanted); %u more change nothing; %.0f s, "
           "%.0f s of a processor\n",
           killed, tried_count, share, PASS_SHARE, same, seconds_now() - run->began, run->cpu);
    return share >= PASS_SHARE;
}

/* A mutant that was excused and dies all the same was not the same program. */
static bool excuses_hold(const struct run *run)
{
    bool ok = equivalents_all_exist(&run->equivalents, stdout);

    for (size_t m = 1; m < mutant_count; m++)
        if (run->fates[m] == FATE_KILLED && equivalents_have(&run->equivalents, &mutants[m])) {
            printf("%s:%u: %s: excused, but killed\n", mutants[m].file, mutants[m].line,
                   mutants[m].change);
            ok = false;
        }
    return ok;
}

/* The environment's word for it; "" is none. */
static const char *asked(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static bool choose(struct choice *out)
{
    const char *every = asked("SAMPLE"), *again = asked("AGAIN");

    *out = (struct choice){.every = every ? strtoul(every, NULL, 10) : 1, .file = asked("ONLY")};
    if (out->every == 0)
        out->every = 1;
    if (!again)
        return true;
    FILE *f = fopen(again, "r");
    size_t cap = 0;
    if (!f || getdelim(&out->alive, &cap, '\0', f) < 0)
        fprintf(stderr, "%s cannot be read\n", again);
    if (f)
        fclose(f);
    return out->alive != NULL;
}

int main(int argc, char **argv)
{
    struct run run = {.began = seconds_now(), .workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN)};
    struct choice choice;
    size_t suites;

    (void)argc;
    json_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!kit_init(argv[0]) || !equivalents_load(&run.equivalents, "tests/mutate/equivalent") ||
        !choose(&choice))
        return 2;
    const struct kit_suite *suite = kit_suites(&suites);
    for (size_t i = 0; i < suites; i++)
        suite[i].make();
    if (run.workers > WORKERS_MAX)
        run.workers = WORKERS_MAX;
    uint32_t *turns = shared(sizeof *turns * WORKERS_MAX);
    for (size_t w = 0; w < run.workers; w++)
        run.worker[w].turn = &turns[w];
    run.tests = mutate_tests(&run.test_count);
    run.fates = xcalloc(mutant_count, 1);
    map_tests(&run);
    try_all(&run, &choice);
    free(choice.alive);
    bool ok = report(&run);
    ok = excuses_hold(&run) && ok;
    kit_release();
    return ok ? 0 : 1;
}
