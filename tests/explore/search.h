/* search.h: visits every reachable state of a model, breadth first.
 *
 * States are flat and of one size; whole states are stored and compared, no hashes of them:
 * nothing is left to luck. What is found stays there to be asked afterwards, for instance whether
 * something good can still be reached from everywhere. */
#ifndef LOCKSTEP_TESTS_EXPLORE_SEARCH_H
#define LOCKSTEP_TESTS_EXPLORE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a step was: a number and a word of the model's own. */
struct search_label {
    unsigned what;
    const char *how;
};

/* One step; `wrong` is the promise that it broke, NULL none. False: enough. */
typedef bool search_emit(void *arg, const void *next, struct search_label label, const char *wrong);

struct search_space {
    size_t size; /* bytes of a state, a multiple of 2 */
    void *arg;
    /* Every state that may come next, in canonical form. */
    void (*steps)(void *arg, const void *state, search_emit *emit, void *emit_arg);
    void (*say)(void *arg, struct search_label label, char *out, size_t size);
};

struct search_result {
    const char *wrong; /* the broken promise, NULL none */
    bool too_many;     /* more than `states_max`: nothing was proven */
    size_t states, transitions, bytes;
    unsigned depth;   /* longest shortest path, or the length of the path to the violation */
    double seconds;   /* of the processor */
    char trace[4096]; /* the steps to the violation, one a line */
};

struct search;
/* Visits everything from `first`; `space` and `out` are borrowed until search_end. */
struct search *search_run(const struct search_space *space, const void *first, size_t states_max,
                          struct search_result *out);
/* In the order in which they were found. */
const void *search_state(const struct search *search, size_t at);
/* Index + 1; 0: never reached. */
uint32_t search_find(const struct search *search, const void *state);
/* What was found afterwards: the steps to `at`, and a last one. The first violation stays. */
void search_violate(struct search *search, size_t at, struct search_label last, const char *wrong);
/* Adds what was spent since to the result, `more` bytes of it, and frees. */
void search_end(struct search *search, size_t more);

/* One line: name, how much was visited, what broke. */
void search_print(const struct search_result *result, bool ok, const char *name, FILE *out);
/* The last line of a program that explores. */
void search_print_whole(bool ok);

#endif
