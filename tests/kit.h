/* kit.h: for those who run tests; what tests use of it is in test.h. */
#ifndef LOCKSTEP_TESTS_KIT_H
#define LOCKSTEP_TESTS_KIT_H

#include "test.h"

#include <stdbool.h>
#include <stddef.h>

/* `self` is argv[0]: the program under test lies beside it. False, and a line on stderr, when
 * the files of the tests are not to be found. */
bool kit_init(const char *self);
void kit_release(void); /* removes the directories that tests made */
test_suite_fn *const *kit_suites(size_t *count);

#endif
