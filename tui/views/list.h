/* list.h: the rows that are shown, in the order in which they are shown.
 *
 * That is the frame's order of urgency, except within two seconds after a key:
 * then rows stay where the operator saw them, and new ones come at the end. */
#ifndef LOCKSTEP_TUI_VIEWS_LIST_H
#define LOCKSTEP_TUI_VIEWS_LIST_H

#include "view.h"

enum list_limit { LIST_HOLD_MS = 2000 };

struct list {
    const struct row **rows;
    size_t count, all;   /* shown; in the frame */
    size_t selected;     /* index; count when nothing is */
    char complaint[120]; /* about the filter */
};

/* Settles the selection too: an object that is gone or filtered out hands it on to the
 * row in its place. */
void list_make(struct list *list, struct screen *screen, const struct frame *frame);
void list_release(struct list *list);
/* Moves the selection; true when it used the command. */
bool list_command(struct screen *screen, const struct frame *frame, enum command command,
                  int height);
/* Selects one row by its index. */
void list_select(struct list *list, struct screen *screen, size_t index);
/* Keeps the selection in sight and returns the first visible row. */
int list_scroll(const struct list *list, struct screen *screen, int height);

#endif
