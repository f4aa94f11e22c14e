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
/* Its name begins with one of the words (which end with NULL), or there are none. */
bool kit_is_chosen(const struct kit_suite *suite, char *const *words);

#endif
