/* kit.c: what tests lean on, whoever runs them: their list, their files, the program. */
#include "kit.h"
#include "test.h"

#include "base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct kit_suite suites[256];
static size_t suite_count;
static char program[PATH_MAX], scratch[PATH_MAX], tests_dir[PATH_MAX];

void test_register(const char *name, test_suite_fn *fn)
{
    if (suite_count < ARRAY_LEN(suites))
        suites[suite_count++] = (struct kit_suite){name, fn};
}

const struct kit_suite *kit_suites(size_t *count)
{
    *count = suite_count;
    return suites;
}

static bool begins(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

bool kit_is_chosen(size_t index, char *const *words)
{
    bool chosen = !*words;

    for (; *words; words++) {
        unsigned long share = strtoul(*words, NULL, 10);
        const char *slash = strchr(*words, '/');
        unsigned long of = slash ? strtoul(slash + 1, NULL, 10) : 0;
        if (**words == '-' && begins(suites[index].name, *words + 1))
            return false;
        chosen = chosen || (of ? index % of == share - 1 : begins(suites[index].name, *words));
    }
    return chosen;
}

TCase *test_case(Suite *suite, const char *name, double timeout_s)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, timeout_s);
    suite_add_tcase(suite, tcase);
    return tcase;
}

char *test_read_file(const char *path, size_t *len)
{
    char full[PATH_MAX * 2];

    snprintf(full, sizeof full, "%s/%s", tests_dir, path);
    FILE *f = fopen(full, "rb");
    ck_assert_msg(f != NULL, "cannot open %s", full);
    char *bytes = NULL;
    size_t cap = 0, n = 0, got;
    do {
        ARRAY_RESERVE(bytes, cap, n + 4096);
        got = fread(bytes + n, 1, 4095, f);
        n += got;
    } while (got);
    bytes[n] = '\0';
    fclose(f);
    if (len)
        *len = n;
    return bytes;
}

const char *test_dir(void)
{
    static char dir[PATH_MAX * 2];

    snprintf(dir, sizeof dir, "%s/XXXXXX", scratch);
    ck_assert_msg(mkdtemp(dir) != NULL, "cannot make %s", dir);
    return dir;
}

const char *test_program(void)
{
    return program;
}

static void find_program(const char *self)
{
    const char *given = getenv("LOCKSTEP_BIN"), *slash = strrchr(self, '/');

    if (given)
        snprintf(program, sizeof program, "%s", given);
    else
        snprintf(program, sizeof program, "%.*s/lockstep", slash ? (int)(slash - self) : 1,
                 slash ? self : ".");
    char *real = realpath(program, NULL);
    if (real)
        snprintf(program, sizeof program, "%s", real);
    free(real);
}

bool kit_init(const char *self)
{
    const char *dir = getenv("LOCKSTEP_TESTS");

    find_program(self);
    if (!realpath(dir ? dir : "tests", tests_dir)) {
        fprintf(stderr, "run from the top of the tree, or set LOCKSTEP_TESTS\n");
        return false;
    }
    snprintf(scratch, sizeof scratch, "/tmp/lockstep-test-XXXXXX");
    return mkdtemp(scratch) != NULL;
}

void kit_release(void)
{
    char rm_word[] = "rm", rm_flags[] = "-rf";
    char *const rm[] = {rm_word, rm_flags, scratch, NULL};

    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", rm);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
}
