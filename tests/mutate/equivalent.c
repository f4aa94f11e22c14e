/* equivalent.c: reads the list of mutants that change nothing. */
#include "mutate/equivalent.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool equivalents_load(struct equivalents *out, const char *path)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    bool wants_reason = false, ok = true;

    *out = (struct equivalents){0};
    if (!f) {
        fprintf(stderr, "%s cannot be read\n", path);
        return false;
    }
    for (ssize_t n; ok && (n = getline(&line, &size, f)) >= 0;) {
        line[strcspn(line, "\n")] = '\0';
        if (!*line || *line == '#')
            continue;
        ok = (*line == ' ') == wants_reason;
        if (!ok)
            fprintf(stderr, "%s: a reason is missing before, or nothing is excused by: %s\n", path,
                    line);
        wants_reason = *line != ' ';
        if (!wants_reason)
            continue;
        ARRAY_RESERVE(out->line, out->cap, out->count + 1);
        out->line[out->count++] = xstrdup(line);
    }
    free(line);
    fclose(f);
    return ok && !wants_reason;
}

static bool names(const char *line, const struct mutant *mutant)
{
    char *text = xasprintf("%s: %s => %s", mutant->file, mutant->source, mutant->change);
    bool same = strcmp(line, text) == 0;

    free(text);
    return same;
}

bool equivalents_have(const struct equivalents *equivalents, const struct mutant *mutant)
{
    for (size_t i = 0; i < equivalents->count; i++)
        if (names(equivalents->line[i], mutant))
            return true;
    return false;
}

bool equivalents_all_exist(const struct equivalents *equivalents, FILE *out)
{
    bool ok = true;

    for (size_t i = 0; i < equivalents->count; i++) {
        bool found = false;

        for (size_t m = 1; m < mutant_count && !found; m++)
            found = names(equivalents->line[i], &mutants[m]);
        if (!found)
            fprintf(out, "tests/mutate/equivalent: no such mutant: %s\n", equivalents->line[i]);
        ok = ok && found;
    }
    return ok;
}
