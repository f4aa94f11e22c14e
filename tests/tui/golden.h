/* golden.h: screens as they should be, in files. */
#ifndef LOCKSTEP_TESTS_TUI_GOLDEN_H
#define LOCKSTEP_TESTS_TUI_GOLDEN_H

/* Fails the test, and prints the lines that differ, unless the file (relative to tests/) holds the
 * text. With LOCKSTEP_GOLDEN=write the file is written instead. */
void golden_check(const char *path, const char *found);

#endif
