/* easel.h: a screen, a frame on it and a canvas, for tests of views. */
#ifndef LOCKSTEP_TESTS_TUI_EASEL_H
#define LOCKSTEP_TESTS_TUI_EASEL_H

#include "test.h"
#include "tui/frames.h"
#include "view.h"

struct easel {
    struct frame *frame;
    struct screen screen;
    struct canvas canvas;
};
extern struct easel easel;

/* Fixture: frames_board() on a fresh screen. */
void easel_set_up(void);
void easel_tear_down(void);
void easel_use(struct frame *frame); /* instead of the one before, adopted */
void easel_select(const char *cluster, const char *name);
/* The screen as text; yours to free. */
char *easel_draw(const struct view *view, int width, int height, bool ascii);
void easel_shows(const struct view *view, int width, int height, const char *text);
void easel_hides(const struct view *view, int width, int height, const char *text);
/* A command that the view must use. */
void easel_press(const struct view *view, enum command command);
const char *easel_selected(void); /* name, or "(none)" */

#endif
