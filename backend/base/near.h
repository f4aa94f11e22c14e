/* near.h: the word somebody probably meant. */
#ifndef LOCKSTEP_BASE_NEAR_H
#define LOCKSTEP_BASE_NEAR_H

#include <stddef.h>

/* The name closest to `word` by insertions, deletions, replacements and swaps of neighbours;
 * NULL when none is close enough to be worth suggesting (a third of the word's length, at
 * least 1, at most 3) . Names may contain NULLs, which are skipped. */
const char *near_find(const char *word, const char *const *names, size_t count);

/* " Did you mean 'contexts'?" into out, or "" when nothing is near. Returns out. */
#define NEAR_TEXT 96
const char *near_suggest(const char *word, const char *const *names, size_t count,
                         char out[NEAR_TEXT]);

#endif
