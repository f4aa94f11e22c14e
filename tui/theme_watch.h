/* theme_watch.h: reads a theme again when one of its files changes, on a thread of its own: a
 * terminal never waits for a disk. */
#ifndef LOCKSTEP_TUI_THEME_WATCH_H
#define LOCKSTEP_TUI_THEME_WATCH_H

#include "theme.h"

struct theme_watch;

/* Watches the files of this theme (theme_files). NULL when nothing can change. */
struct theme_watch *theme_watch_new(const char *name_or_path);
void theme_watch_free(struct theme_watch *watch); /* NULL is fine */

/* Readable when there is news; -1 for NULL. */
int theme_watch_fd(const struct theme_watch *watch);
/* Takes the news: true and *theme is the new one, or false and err says file, line and what is
 * wrong (ERR_NONE: no news). */
bool theme_watch_take(struct theme_watch *watch, struct theme *theme, struct err *err);

#endif
