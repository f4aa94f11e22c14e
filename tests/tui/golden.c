/* golden.c: see golden.h. */
#include "tui/golden.h"

#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *line_end(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end : line + strlen(line);
}

/* Lines of both that differ, side by side one under the other. */
static void print_difference(const char *expected, const char *found)
{
    for (int n = 1; *expected || *found; n++) {
        const char *left = line_end(expected), *right = line_end(found);
        size_t a = (size_t)(left - expected), b = (size_t)(right - found);
        if (a != b || memcmp(expected, found, a) != 0)
            fprintf(stderr, "%3d - %.*s\n    + %.*s\n", n, (int)a, expected, (int)b, found);
        expected = *left ? left + 1 : left;
        found = *right ? right + 1 : right;
    }
}

static void write_golden(const char *path, const char *text)
{
    const char *dir = getenv("LOCKSTEP_TESTS");
    char full[PATH_MAX];

    snprintf(full, sizeof full, "%s/%s", dir ? dir : "tests", path);
    FILE *f = fopen(full, "w");
    ck_assert_msg(f != NULL, "cannot write %s", full);
    fputs(text, f);
    fclose(f);
}

void golden_check(const char *path, const char *found)
{
    const char *mode = getenv("LOCKSTEP_GOLDEN");

    if (mode && strcmp(mode, "write") == 0) {
        write_golden(path, found);
        return;
    }
    char *expected = test_read_file(path, NULL);
    if (strcmp(expected, found) != 0)
        print_difference(expected, found);
    ck_assert_msg(strcmp(expected, found) == 0, "%s differs; LOCKSTEP_GOLDEN=write writes it anew",
                  path);
    free(expected);
}
