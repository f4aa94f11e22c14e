/* page.h: a page of text about the selected service: a heading, then one column that scrolls,
 * or two from a width on. */
#ifndef LOCKSTEP_TUI_VIEWS_PAGE_H
#define LOCKSTEP_TUI_VIEWS_PAGE_H

#include "views/sections.h"

typedef void page_compose(struct sheet *sheet, const struct look *look);

struct page {
    page_compose *left, *right;
    page_compose *one; /* everything in one column; NULL: left, then right */
    int two_columns;   /* from this width on */
    const char *name;  /* in the corner of the heading; NULL: none */
};

void page_draw(const struct page *page, struct screen *screen, struct canvas *canvas,
               const struct frame *frame);
/* Scrolls, and goes on to the next service that needs somebody; true when it used the command. */
bool page_command(struct screen *screen, const struct frame *frame, enum command command,
                  int height);
/* The part of it that leads to another service. */
bool page_go_on(struct screen *screen, const struct frame *frame, enum command command, int height);
/* No row can be clicked. */
bool page_click(struct screen *screen, const struct frame *frame, int width, int height, int y,
                int x);

#endif
