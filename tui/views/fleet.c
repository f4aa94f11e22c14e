/* fleet.c: the first screen: every rollout in order of urgency, the selected one in detail,
 * and what happened lately.
 *
 * From 120 columns the detail has a column of its own; below that it stands under the list. */
#include "views/list.h"
#include "views/sections.h"
#include "views/table.h"

#include <stdio.h>
#include <string.h>

enum {
    FLEET_TWO_COLUMNS = 120,
    FLEET_DETAIL_MIN = 48,
    FLEET_DETAIL_MAX = 64,
    FLEET_LIST_MIN = 3,
    FLEET_LIST_FIRST = 8, /* rows, before the detail gets more */
    FLEET_EVENTS_MAX = 200,
};

/* Where everything is; heights without the heading above. */
struct layout {
    struct area body;
    int table_width;         /* of the left part */
    int list_y, list_height; /* rows of the table */
    int detail_y, detail_x, detail_width, detail_height;
    int events_y, events_height; /* 0: no room */
};

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void lay_columns(struct layout *layout, int rows)
{
    const struct area *body = &layout->body;
    int detail = least(most(body->width * 2 / 5, FLEET_DETAIL_MIN), FLEET_DETAIL_MAX);

    layout->table_width = body->width - detail - 1;
    layout->detail_x = layout->table_width + 2; /* a line, a blank */
    layout->detail_width = detail - 1;
    layout->detail_y = body->y;
    layout->detail_height = body->height;
    layout->list_height = least(rows, most(body->height - 1 - 9, body->height / 2));
    layout->events_y = layout->list_y + layout->list_height + 1;
    layout->events_height = body->y + body->height - layout->events_y;
}

/* List, detail and events share the height: first each gets its least, then the list some
 * rows, then the detail, then the list again, and the events the rest. What is selected plays
 * no part: nothing jumps when the selection moves. */
static void lay_stack(struct layout *layout, int rows)
{
    const struct area *body = &layout->body;
    int room = body->height - 2; /* two headings: table, detail */
    int lines = least(most(body->height * 2 / 5, 3), 12);
    int list = least(rows, FLEET_LIST_MIN), detail = least(lines, 3), events = 0;

    room -= list + detail;
    if (room >= 7) {
        events = 2;
        room -= 3; /* its heading too */
    }
    int more = least(most(room, 0), least(rows, FLEET_LIST_FIRST) - list);
    list += most(more, 0);
    room -= most(more, 0);
    more = least(most(room, 0), lines - detail);
    detail += most(more, 0);
    room -= most(more, 0);
    more = least(most(room, 0), rows - list);
    list += most(more, 0);
    room -= most(more, 0);
    if (events)
        events += most(room, 0);
    layout->table_width = layout->detail_width = body->width;
    layout->list_height = list;
    layout->detail_y = layout->list_y + list;
    layout->detail_height = detail + 1;
    layout->events_y = layout->detail_y + detail + 2;
    layout->events_height = events;
}

static void compose_brief(struct sheet *sheet, const struct look *look, const char *place)
{
    section_head(sheet, look, place);
    section_brief(sheet, look);
}

static void compose_column(struct sheet *sheet, const struct look *look)
{
    sheet->rank = RANK_MUST;
    section_head(sheet, look, "");
    section_what(sheet, look);
    section_steps(sheet, look);
    section_undo(sheet, look);

    sheet->rank = RANK_MUST;
    sheet_rule(sheet, "what can I do");
    section_keys(sheet, look, false);
    section_rule_strip(sheet, look);
    section_versions(sheet, look);
    section_instances(sheet, look);
    section_nodes(sheet, look);
    section_record(sheet, look);
}

/* A line that answers a key comes and goes: only the events make room for it. */
static void take_from_events(struct layout *layout, int taken)
{
    int bottom = layout->body.y + layout->body.height;

    layout->events_height -= taken;
    if (layout->events_height <= 0) {
        layout->events_height = 0;
        layout->detail_height = least(layout->detail_height + 1, bottom - layout->detail_y);
    }
    layout->list_height = least(layout->list_height, bottom - layout->list_y);
}

static struct layout lay_out(const struct area *body, const struct list *list, int height,
                             bool zoom)
{
    struct layout layout = {.body = *body, .list_y = body->y + 1};
    int rows = most((int)list->count, 1);

    int taken = most(height - body->y - 2 - body->height, 0);

    if (zoom) {
        layout.table_width = layout.detail_width = body->width;
        layout.list_height = body->height - 1;
        layout.detail_y = layout.events_y = body->y + body->height;
        return layout;
    }
    if (body->width >= FLEET_TWO_COLUMNS) {
        lay_columns(&layout, rows);
        return layout;
    }
    layout.body.height += taken;
    lay_stack(&layout, rows);
    layout.body.height -= taken;
    take_from_events(&layout, taken);
    return layout;
}

static void draw_list(struct list *list, struct screen *screen, const struct frame *frame,
                      const struct layout *layout, struct canvas *canvas)
{
    struct table table;
    int top = list_scroll(list, screen, layout->list_height);

    bool wide = layout->body.width >= FLEET_TWO_COLUMNS && !screen->zoom;
    table_measure(&table, screen, frame, canvas, layout->table_width - wide);
    if (list->all)
        table_header(&table, canvas, layout->body.y, 0);
    for (int i = 0; i < layout->list_height && (size_t)(top + i) < list->count; i++)
        table_row(&table, list->rows[top + i], (size_t)(top + i) == list->selected, canvas,
                  layout->list_y + i, 0, layout->table_width);
    if (list->count)
        return;
    char none[64];
    snprintf(none, sizeof none, "nothing matches the filter: %s shows all",
             keymap_name(screen->keymap, COMMAND_BACK));
    const char *text = list->all       ? none
                       : frame->synced ? "there are no services here"
                                       : "waiting for the first answer of the clusters";
    canvas_text(canvas, layout->list_y, 3, layout->table_width - 3, ROLE_DIM, text);
}

static void draw_events(const struct look *all, const struct layout *layout, struct canvas *canvas)
{
    struct sheet sheet;
    struct look look = *all;

    if (layout->events_height <= 0)
        return;
    look.row = NULL;
    sheet_init(&sheet, canvas, layout->table_width);
    if (frame_alarms(&look) && layout->events_height > 8) {
        sheet_rule(&sheet, "broken rules");
        section_alarms(&sheet, &look);
    }
    sheet_rule(&sheet, "events");
    section_events(&sheet, &look, least(layout->events_height, FLEET_EVENTS_MAX));
    sheet_draw(&sheet, canvas, layout->events_y - 1, 0, layout->events_height + 1, 0);
    sheet_release(&sheet);
}

/* In two columns: the place in the list below it, and whether the detail goes on. */
static void put_corner(struct canvas *canvas, const struct layout *layout, const char *place,
                       bool more)
{
    int cells = text_cells(canvas, place) + 2;

    if (layout->events_height > 0 && place[0])
        canvas_print(canvas, layout->events_y - 1, layout->table_width - cells - 2, cells, ROLE_DIM,
                     " %s ", place);
    if (more)
        canvas_print(canvas, layout->body.y + layout->body.height - 1,
                     layout->detail_x + layout->detail_width - 9, 9, ROLE_KEY_HINT, " %s more ",
                     canvas_glyph_text(canvas, GLYPH_ENTER));
}

static void write_place(const struct list *list, char out[48])
{
    out[0] = '\0';
    if (list->count)
        snprintf(out, 48, "%zu/%zu", list->selected + 1, list->count);
}

static void fleet_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct area body = screen_body(screen, frame, canvas);
    struct list list;
    struct sheet sheet;
    char place[48];

    if (body.height <= 0)
        return;
    list_make(&list, screen, frame);
    write_place(&list, place);
    struct look look = {.screen = screen, .frame = frame};
    look.row = list.selected < list.count ? list.rows[list.selected] : NULL;
    bool wide = body.width >= FLEET_TWO_COLUMNS && !screen->zoom;
    struct layout layout = lay_out(&body, &list, canvas->height, screen->zoom);
    sheet_init(&sheet, canvas, layout.detail_width);
    if (look.row && wide)
        compose_column(&sheet, &look);
    else if (look.row)
        compose_brief(&sheet, &look, place);

    draw_list(&list, screen, frame, &layout, canvas);
    if (!wide)
        sheet_fit(&sheet, layout.detail_height);
    sheet_draw(&sheet, canvas, layout.detail_y, layout.detail_x, layout.detail_height, 0);
    for (int y = 0; wide && y < body.height; y++)
        canvas_glyph(canvas, body.y + y, layout.table_width, ROLE_BORDER, GLYPH_VLINE);
    draw_events(&look, &layout, canvas);
    if (wide)
        put_corner(canvas, &layout, place, (int)sheet.line_count > layout.detail_height);
    sheet_release(&sheet);
    list_release(&list);
}

static bool fleet_command(struct screen *screen, const struct frame *frame, enum command command,
                          int height)
{
    if (command == COMMAND_ZOOM) {
        screen->zoom = !screen->zoom;
        return true;
    }
    if (command == COMMAND_OPEN || command == COMMAND_HELP)
        screen->scroll = 0;
    return list_command(screen, frame, command, height);
}

static bool fleet_click(struct screen *screen, const struct frame *frame, int width, int height,
                        int y, int x)
{
    const struct canvas canvas = {.width = width, .height = height};
    struct area body = screen_body(screen, frame, &canvas);
    struct list list;
    int row = y - body.y - 1;
    bool hit = false;

    list_make(&list, screen, frame);
    struct layout layout = lay_out(&body, &list, height, screen->zoom);
    if (row >= 0 && row < screen->page && x >= 0 && x < layout.table_width &&
        (size_t)(screen->top + row) < list.count) {
        list_select(&list, screen, (size_t)(screen->top + row));
        hit = true;
    }
    list_release(&list);
    return hit;
}

const struct view view_fleet = {
    .name = "fleet", .draw = fleet_draw, .command = fleet_command, .click = fleet_click};
