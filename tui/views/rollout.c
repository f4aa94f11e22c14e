/* rollout.c: everything about one service: what it is doing and why, what each key would do,
 * where it runs, what is on record. Two columns from 110, else one that scrolls. */
#include "views/list.h"
#include "views/sections.h"

#include <stdio.h>

enum { ROLLOUT_TWO_COLUMNS = 110, ROLLOUT_EVENTS = 60 };

static void compose_story(struct sheet *sheet, const struct look *look)
{
    section_what(sheet, look);
    section_steps(sheet, look);

    sheet_rule(sheet, "what can I do");
    section_keys(sheet, look, false);
}

static void compose_history(struct sheet *sheet, const struct look *look, int most)
{
    if (frame_alarms(look)) {
        sheet_rule(sheet, "broken rules");
        section_alarms(sheet, look);
    }
    sheet_rule(sheet, "events");
    section_events(sheet, look, most);
}

static int clamp_scroll(struct screen *screen, size_t lines, int height)
{
    int last = (int)lines - height;

    if (screen->scroll > last)
        screen->scroll = last;
    if (screen->scroll < 0)
        screen->scroll = 0;
    screen->page = height;
    return screen->scroll;
}

static void draw_one(struct screen *screen, const struct look *look, const struct area *body,
                     struct canvas *canvas)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, body->width);
    compose_story(&sheet, look);
    section_versions(&sheet, look);
    section_instances(&sheet, look);
    section_nodes(&sheet, look);
    section_record(&sheet, look);
    compose_history(&sheet, look, ROLLOUT_EVENTS);
    int top = clamp_scroll(screen, sheet.line_count, body->height);
    sheet_draw(&sheet, canvas, body->y, 0, body->height, top);
    if ((size_t)(top + body->height) < sheet.line_count && body->height > 0)
        canvas_print(canvas, body->y + body->height - 1, body->width - 10, 10, ROLE_KEY_HINT,
                     " %s j more ", canvas_glyph_text(canvas, GLYPH_DOWN));
    sheet_release(&sheet);
}

static void draw_two(struct screen *screen, const struct look *look, const struct area *body,
                     struct canvas *canvas)
{
    struct sheet left, right;
    int width = body->width / 2;

    sheet_init(&left, canvas, width - 1);
    compose_story(&left, look);
    section_versions(&left, look);
    section_record(&left, look);
    compose_history(&left, look, ROLLOUT_EVENTS);
    sheet_init(&right, canvas, body->width - width - 2);
    section_instances(&right, look);
    section_nodes(&right, look);
    size_t longest = left.line_count > right.line_count ? left.line_count : right.line_count;
    int top = clamp_scroll(screen, longest, body->height);
    sheet_draw(&left, canvas, body->y, 0, body->height, top);
    sheet_draw(&right, canvas, body->y, width + 2, body->height, top);
    for (int y = 0; y < body->height; y++)
        canvas_glyph(canvas, body->y + y, width, ROLE_BORDER, GLYPH_VLINE);
    sheet_release(&left);
    sheet_release(&right);
}

static void rollout_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct area body = screen_body(screen, frame, canvas);
    struct look look = {.screen = screen, .frame = frame, .row = screen_selected(screen, frame)};
    struct sheet head;

    if (body.height <= 0)
        return;
    if (!look.row) {
        canvas_text(canvas, body.y + 1, 3, body.width - 3, ROLE_DIM,
                    "this service is not there any more: esc goes back");
        return;
    }
    sheet_init(&head, canvas, body.width);
    section_head(&head, &look, "");
    sheet_draw(&head, canvas, body.y, 0, 1, 0);
    sheet_release(&head);
    canvas->cursor_y = body.y;
    canvas->cursor_x = 0;
    body.y++;
    body.height--;
    if (body.width >= ROLLOUT_TWO_COLUMNS)
        draw_two(screen, &look, &body, canvas);
    else
        draw_one(screen, &look, &body, canvas);
}

/* For pages of text; also used by help. */
bool scroll_command(struct screen *screen, enum command command)
{
    int page = screen->page > 1 ? screen->page - 1 : 1;

    if (command == COMMAND_DOWN)
        screen->scroll++;
    else if (command == COMMAND_UP)
        screen->scroll--;
    else if (command == COMMAND_PAGE_DOWN)
        screen->scroll += page;
    else if (command == COMMAND_PAGE_UP)
        screen->scroll -= page;
    else if (command == COMMAND_HALF_DOWN)
        screen->scroll += (page + 1) / 2;
    else if (command == COMMAND_HALF_UP)
        screen->scroll -= (page + 1) / 2;
    else if (command == COMMAND_TOP)
        screen->scroll = 0;
    else if (command == COMMAND_BOTTOM)
        screen->scroll = SHEET_LINES_MAX;
    else
        return false;
    if (screen->scroll < 0)
        screen->scroll = 0;
    return true;
}

static bool rollout_command(struct screen *screen, const struct frame *frame, enum command command,
                            int height)
{
    screen->hold_order_until_ms = frame->now_ms + LIST_HOLD_MS;
    if (scroll_command(screen, command))
        return true;
    if (command == COMMAND_HELP)
        screen->scroll = 0;
    if (command != COMMAND_NEXT_ALERT && command != COMMAND_NEXT_MATCH &&
        command != COMMAND_PREV_MATCH)
        return false;
    screen->scroll = 0;
    return list_command(screen, frame, command, height);
}

static bool rollout_click(struct screen *screen, const struct frame *frame, int width, int height,
                          int y, int x)
{
    (void)screen, (void)frame, (void)width, (void)height, (void)y, (void)x;
    return false;
}

const struct view view_rollout = {
    .name = "rollout", .draw = rollout_draw, .command = rollout_command, .click = rollout_click};
