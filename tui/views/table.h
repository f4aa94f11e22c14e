/* table.h: the table of rollouts: its columns, and which of them there is room for. */
#ifndef LOCKSTEP_TUI_VIEWS_TABLE_H
#define LOCKSTEP_TUI_VIEWS_TABLE_H

#include "views/list.h"
#include "views/parts.h"

/* TITLE, widest, narrowest. In the order of the screen. */
#define COLUMNS(X)                                                                                 \
    X(NAME, "ROLLOUT", 40, 12)                                                                     \
    X(CLUSTER, "CLUSTER", 14, 9)                                                                   \
    X(KIND, "TYPE", 10, 5)                                                                         \
    X(FROM, "LIVE", 14, 5)                                                                         \
    X(TO, "NEW", 14, 5)                                                                            \
    X(STEP, "STEP", 5, 4)                                                                          \
    X(BAR, "PROGRESS", 12, 6)                                                                      \
    X(DONE, "DONE", 14, 4)                                                                         \
    X(GHOST, "", 6, 2)                                                                             \
    X(SINCE, "SINCE", 7, 5)                                                                        \
    X(BY, "BY", 14, 7)                                                                             \
    X(WHY, "WHY", 80, 24)

#define X(name, title, most, least) COLUMN_##name,
enum column { COLUMNS(X) COLUMN_COUNT };
#undef X

struct table {
    const struct frame *frame;
    int width[COLUMN_COUNT];     /* 0: there is no room for it */
    int gap;                     /* between columns */
    const struct screen *screen; /* what it is sorted by, and which rows are marked */
};

/* Widths fit the whole frame, not only what is in sight: scrolling moves no column. */
void table_measure(struct table *table, const struct screen *screen, const struct frame *frame,
                   const struct canvas *canvas, int room);
void table_header(const struct table *table, struct canvas *canvas, int y, int x);
void table_row(const struct table *table, const struct row *row, bool selected,
               struct canvas *canvas, int y, int x, int room);

#endif
