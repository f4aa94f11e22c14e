/* page.c: see page.h. */
#include "views/page.h"

#include "views/list.h"

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

static void hint_more(struct canvas *canvas, const struct area *body, int top, size_t lines)
{
    if ((size_t)(top + body->height) < lines && body->height > 0)
        put_more(canvas, body->y + body->height - 1, body->width);
}

static void draw_one(const struct page *page, struct screen *screen, const struct look *look,
                     const struct area *body, struct canvas *canvas)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, body->width);
    if (page->one) {
        page->one(&sheet, look);
    } else {
        page->left(&sheet, look);
        page->right(&sheet, look);
    }
    int top = clamp_scroll(screen, sheet.line_count, body->height);
    sheet_draw(&sheet, canvas, body->y, 0, body->height, top);
    hint_more(canvas, body, top, sheet.line_count);
    sheet_release(&sheet);
}

static void draw_two(const struct page *page, struct screen *screen, const struct look *look,
                     const struct area *body, struct canvas *canvas)
{
    struct sheet left, right;
    int width = body->width / 2;

    sheet_init(&left, canvas, width - 1);
    page->left(&left, look);
    sheet_init(&right, canvas, body->width - width - 2);
    page->right(&right, look);
    size_t longest = left.line_count > right.line_count ? left.line_count : right.line_count;
    int top = clamp_scroll(screen, longest, body->height);
    sheet_draw(&left, canvas, body->y, 0, body->height, top);
    sheet_draw(&right, canvas, body->y, width + 2, body->height, top);
    for (int y = 0; y < body->height; y++)
        canvas_glyph(canvas, body->y + y, width, ROLE_BORDER, GLYPH_VLINE);
    hint_more(canvas, body, top, longest);
    sheet_release(&left);
    sheet_release(&right);
}

void page_draw(const struct page *page, struct screen *screen, struct canvas *canvas,
               const struct frame *frame)
{
    struct area body = screen_body(screen, frame, canvas);
    struct look look = {.screen = screen, .frame = frame, .row = screen_selected(screen, frame)};
    struct sheet head;

    if (body.height <= 0)
        return;
    if (!look.row) {
        put_gone(canvas, &body);
        return;
    }
    sheet_init(&head, canvas, body.width);
    section_head(&head, &look, page->name ? page->name : "");
    sheet_draw(&head, canvas, body.y, 0, 1, 0);
    sheet_release(&head);
    canvas->cursor_y = body.y;
    canvas->cursor_x = 0;
    body.y++;
    body.height--;
    if (body.width >= page->two_columns)
        draw_two(page, screen, &look, &body, canvas);
    else
        draw_one(page, screen, &look, &body, canvas);
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

bool page_go_on(struct screen *screen, const struct frame *frame, enum command command, int height)
{
    if (command != COMMAND_NEXT_ALERT && command != COMMAND_NEXT_MATCH &&
        command != COMMAND_PREV_MATCH && command != COMMAND_NEXT_SERVICE &&
        command != COMMAND_PREV_SERVICE)
        return false;
    screen->scroll = 0;
    return list_command(screen, frame, command, height);
}

bool page_command(struct screen *screen, const struct frame *frame, enum command command,
                  int height)
{
    screen->hold_order_until_ms = frame->now_ms + LIST_HOLD_MS;
    if (scroll_command(screen, command))
        return true;
    if (command == COMMAND_HELP)
        screen->scroll = 0;
    return page_go_on(screen, frame, command, height);
}

bool page_click(struct screen *screen, const struct frame *frame, int width, int height, int y,
                int x)
{
    (void)screen, (void)frame, (void)width, (void)height, (void)y, (void)x;
    return false;
}
