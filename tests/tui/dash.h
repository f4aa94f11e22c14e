/* dash.h: the dashboard in a pseudo-terminal, as the suites of it begin and end. */
#ifndef LOCKSTEP_TESTS_TUI_DASH_H
#define LOCKSTEP_TESTS_TUI_DASH_H

#include "pty.h"

#include <check.h>

#define DASH_FLEET "ROLLOUT" /* head of the first screen */
#define DASH_HELP  "Looking" /* first group of keys */

/* The one of this test; freed by the fixture of dash_case, whatever became of it. */
extern struct pty *pty;

TCase *dash_case(Suite *suite, const char *name, double timeout_s);
/* Until its first screen is there. */
void dash_start(const struct pty_options *options);
void dash_start_plain(void);
/* By q, with status 0 and the terminal as before. */
void dash_quit(void);
/* Something that the log of every byte has to hold: of what the screen does not show any more. */
void dash_wait_written(const char *text);

/* Presses a key that does the same twice as once until that is on the screen: what is typed just
 * after the terminal stood still is dropped. */
void dash_press_until(const char *key, const char *text);

#endif
