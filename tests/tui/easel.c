/* easel.c: see easel.h. */
#include "tui/easel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct easel easel;

void easel_set_up(void)
{
    memset(&easel.screen, 0, sizeof easel.screen);
    memset(&easel.canvas, 0, sizeof easel.canvas);
    easel.frame = frames_board();
}

void easel_tear_down(void)
{
    free(easel.screen.order);
    canvas_release(&easel.canvas);
    frames_free(easel.frame);
}

void easel_use(struct frame *other)
{
    frames_free(easel.frame);
    easel.frame = other;
}

void easel_select(const char *cluster, const char *name)
{
    snprintf(easel.screen.cluster, sizeof easel.screen.cluster, "%s", cluster);
    snprintf(easel.screen.service, sizeof easel.screen.service, "%s.id", name);
}

/* The screen as text; freed by the caller. */
char *easel_draw(const struct view *view, int width, int height, bool ascii)
{
    canvas_release(&easel.canvas);
    canvas_init(&easel.canvas, width, height, ascii);
    screen_draw(view, &easel.screen, easel.frame, &easel.canvas);
    return canvas_dump(&easel.canvas);
}

/* Check cannot carry a whole screen in its message: that goes to stderr. */
static void assert_screen(const struct view *view, int width, int height, const char *text,
                          bool there)
{
    char *dump = easel_draw(view, width, height, false);
    bool found = strstr(dump, text) != NULL;

    if (found != there)
        fprintf(stderr, "%s", dump);
    ck_assert_msg(found == there, "%s the screen: %s", there ? "not on" : "on", text);
    free(dump);
}

void easel_shows(const struct view *view, int width, int height, const char *text)
{
    assert_screen(view, width, height, text, true);
}

void easel_hides(const struct view *view, int width, int height, const char *text)
{
    assert_screen(view, width, height, text, false);
}

void easel_press(const struct view *view, enum command command)
{
    ck_assert(view->command(&easel.screen, easel.frame, command, 24));
}

const char *easel_selected(void)
{
    const struct row *row = screen_selected(&easel.screen, easel.frame);

    return row ? row->service->name : "(none)";
}
