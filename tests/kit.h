/* kit.h: for those who run tests; what tests use of it is in test.h. */
#ifndef LOCKSTEP_TESTS_KIT_H
#define LOCKSTEP_TESTS_KIT_H

#include "test.h"

#include <stdbool.h>
#include <stddef.h>

struct kit_suite {
    const char *name;
    test_suite_fn *make;
};

/* `self` is argv[0]: the program under test lies beside it. False, and a line on stderr, when
 * the files of the tests are not to be found. */
bool kit_init(const char *self);
void kit_release(void); /* removes the directories that tests made */
const struct kit_suite *kit_suites(size_t *count);
/* Suite `index` of them is chosen by one of the words (which end with NULL): the beginning of its
 * name, or "K/N", its share when N processes run them all; or there are none. "-NAME" takes out
 * again what begins like that. */
bool kit_is_chosen(size_t index, char *const *words);

#endif
