/* view.c: see view.h. */
#include "view.h"

#include "views/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FLASH_MS = 5000 };

bool screen_is_on(const struct screen *screen, const struct row *row)
{
    const struct service *service = row->service;

    return strncmp(service->id, screen->service, sizeof screen->service - 1) == 0 &&
           strncmp(service->cluster, screen->cluster, sizeof screen->cluster - 1) == 0;
}

const struct row *screen_selected(const struct screen *screen, const struct frame *frame)
{
    for (size_t i = 0; i < frame->row_count; i++)
        if (screen_is_on(screen, frame->rows[i]))
            return frame->rows[i];
    return NULL;
}

void screen_flash(struct screen *screen, int64_t now_ms, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(screen->flash, sizeof screen->flash, fmt, ap);
    va_end(ap);
    screen->flash_until_ms = now_ms + FLASH_MS;
}

static void draw_too_small(const struct screen *screen, struct canvas *canvas)
{
    char text[80];
    int y = canvas->height / 2;

    snprintf(text, sizeof text, "lockstep needs %dx%d, have %dx%d", VIEW_WIDTH_MIN, VIEW_HEIGHT_MIN,
             canvas->width, canvas->height);
    int x = (canvas->width - (int)strlen(text)) / 2;
    canvas_text(canvas, y, x > 0 ? x : 0, canvas->width, ROLE_STRONG, text);
    snprintf(text, sizeof text, "%s quits", keymap_name(screen->keymap, COMMAND_QUIT));
    if (y + 1 < canvas->height)
        canvas_text(canvas, y + 1, x > 0 ? x : 0, canvas->width, ROLE_KEY_LABEL, text);
}

void screen_draw(const struct view *view, struct screen *screen, const struct frame *frame,
                 struct canvas *canvas)
{
    canvas_clear(canvas);
    canvas->keymap = screen->keymap;
    if (canvas->width < VIEW_WIDTH_MIN || canvas->height < VIEW_HEIGHT_MIN) {
        draw_too_small(screen, canvas);
        return;
    }
    view->draw(screen, frame, canvas);
    chrome_draw(view, screen, frame, canvas);
    if (screen->question)
        dialog_draw(screen->question, canvas);
}

bool option_warns(const struct option *option, const struct board_cluster *cluster)
{
    enum answer serial = option->verdict.findings[RULE_RL].answer;

    return option->offered && !option->allowed && option->verdict.first &&
           option->verdict.level == LEVEL_WARN && serial != ANSWER_REFUSE &&
           serial != ANSWER_UNKNOWN && strcmp(cluster->kind, "sim") != 0;
}
