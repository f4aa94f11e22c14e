/* near.c: see near.h. Damerau's distance over three rows; words longer than NEAR_MAX are
 * never near anything. */
#include "base/near.h"

#include <stdio.h>
#include <string.h>

enum { NEAR_MAX = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned row[3][NEAR_MAX + 1];

    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[a_len % 3][b_len];
}

const char *near_find(const char *word, const char *const *names, size_t count)
{
    size_t len = strlen(word);
    const char *best = NULL;

    if (len == 0 || len > NEAR_MAX)
        return NULL;
    unsigned limit = least((unsigned)(len + 2) / 3, 3);
    for (size_t i = 0; i < count; i++) {
        size_t name_len = names[i] ? strlen(names[i]) : 0;
        if (name_len == 0 || name_len > NEAR_MAX)
            continue;
        unsigned d = distance(word, len, names[i], name_len);
        if (d > limit || (best && d == limit))
            continue;
        best = names[i];
        limit = d;
    }
    return best;
}

const char *near_suggest(const char *word, const char *const *names, size_t count,
                         char out[NEAR_TEXT])
{
    const char *found = near_find(word, names, count);

    out[0] = '\0';
    if (found)
        snprintf(out, NEAR_TEXT, " Did you mean '%s'?", found);
    return out;
}
