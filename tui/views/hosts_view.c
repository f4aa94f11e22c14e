/* hosts_view.c: the view of nodes: which node runs which version of the selected service, as a grid
 * of all of them and as a list; silent ones first, with what they ran last and for how long. */
#include "views/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOSTS_WIDE = 110,
    HOSTS_LIST = 66,      /* cells of the list when the grid stands beside it */
    HOSTS_GRID_FROM = 14, /* lines of the body, below that there is only the list */
    HOSTS_NAME = 20,
    HOSTS_DETAIL = 4,
};

static int name_room(const struct hosts *hosts, const struct canvas *canvas, int width)
{
    int most = 8, limit = width >= 80 ? HOSTS_NAME + 8 : HOSTS_NAME;

    for (size_t i = 0; i < hosts->count && most < limit; i++) {
        int cells = text_cells(canvas, hosts->host[i].name);
        most = cells > most ? cells : most;
    }
    return most < limit ? most : limit;
}

static int version_room(const struct hosts *hosts, const struct canvas *canvas)
{
    int most = 5;

    for (size_t v = 0; v < hosts->version_count; v++) {
        int cells = text_cells(canvas, hosts->version[v]);
        most = cells > most ? cells : most;
    }
    return most < 10 ? most : 10;
}

struct columns {
    int name, version, note;
    size_t versions; /* shown */
};

static struct columns lay_columns(const struct hosts *hosts, const struct canvas *canvas, int width)
{
    struct columns c = {name_room(hosts, canvas, width), version_room(hosts, canvas), 0, 0};
    int left = 3 + c.name + 2;

    c.versions = hosts->version_count;
    while (c.versions > 1 && left + (int)c.versions * (c.version + 2) > width - 22)
        c.versions--;
    c.note = left + (int)c.versions * (c.version + 2);
    return c;
}

static void draw_header(const struct hosts *hosts, const struct columns *c, struct canvas *canvas,
                        int y, int width)
{
    char name[64];

    canvas_text(canvas, y, 3, c->name, ROLE_HEADER, "NODE");
    for (size_t v = 0; v < c->versions; v++)
        canvas_field(canvas, y, 3 + c->name + 2 + (int)v * (c->version + 2), c->version, true,
                     version_role(hosts->look->row, hosts->version[v]),
                     text_middle(canvas, hosts->version[v], c->version, name, sizeof name));
    canvas_text(canvas, y, c->note, width - c->note, ROLE_HEADER, "STATE");
}

/* "silent 41m00s, last ran 2.8.1" */
static void write_note(const struct hosts *hosts, const struct host *host, char *out, size_t size)
{
    char span[SPAN_TEXT] = "";
    const char *last = NULL;

    for (size_t v = hosts->version_count; v-- > 0;)
        last = host->on[v] ? hosts->version[v] : last;
    if (!host->node)
        snprintf(out, size, "never reported");
    else if (host->node->state != NODE_REPORTING) {
        if (host->node->state_utc_ms >= 0)
            since_text(hosts->look->frame, host->node->state_utc_ms, span);
        snprintf(out, size, "%s %s%s%s", node_state_word[host->node->state], span,
                 last ? ", last ran " : "", last ? last : "");
    } else if (host->third)
        snprintf(out, size, "runs a third version");
    else if (host->failing)
        snprintf(out, size, "%u failing", host->failing);
    else if (host->node->draining)
        snprintf(out, size, "draining");
    else if (host->others)
        snprintf(out, size, "reports; %u other instance%s", host->others,
                 host->others == 1 ? "" : "s");
    else
        snprintf(out, size, "reports");
}

static void draw_host(const struct hosts *hosts, const struct columns *c, size_t at,
                      struct canvas *canvas, int y, int width)
{
    const struct host *host = &hosts->host[at];
    bool worries = host->worry < 5;
    char name[512], text[300];

    if (at == hosts->selected)
        canvas_glyph(canvas, y, 0, ROLE_SELECTED, GLYPH_CURSOR);
    canvas_glyph(canvas, y, 1, hosts_role(host), hosts_glyph(host));
    canvas_field(canvas, y, 3, c->name, false, worries ? ROLE_STRONG : ROLE_TEXT,
                 text_middle(canvas, host->name, c->name, name, sizeof name));
    for (size_t v = 0; v < c->versions; v++) {
        int x = 3 + c->name + 2 + (int)v * (c->version + 2);
        if (host->on[v] == 0) {
            canvas_glyph(canvas, y, x + c->version - 1, ROLE_DIM, GLYPH_MIDDOT);
            continue;
        }
        snprintf(text, sizeof text, "%u", host->on[v]);
        canvas_field(
            canvas, y, x, c->version, true,
            host->worry < 3 ? ROLE_STALE : version_role(hosts->look->row, hosts->version[v]), text);
    }
    write_note(hosts, host, text, sizeof text);
    canvas_field(canvas, y, c->note, width - c->note, false, worries ? hosts_role(host) : ROLE_DIM,
                 text);
    if (at != hosts->selected)
        return;
    canvas_select(canvas, y, 0, width);
    canvas->cursor_y = y;
    canvas->cursor_x = 0;
}

static int first_visible(struct screen *screen, const struct hosts *hosts, int height)
{
    int at = (int)hosts->selected, last = (int)hosts->count - height;

    screen->page = height;
    if (screen->scroll > at)
        screen->scroll = at;
    if (height > 0 && at >= screen->scroll + height)
        screen->scroll = at - height + 1;
    if (screen->scroll > last)
        screen->scroll = last > 0 ? last : 0;
    return screen->scroll < 0 ? 0 : screen->scroll;
}

/* Where the list stands. */
struct place {
    struct area body;
    int head;                  /* lines above it: heading, grid, titles */
    int width, height, list_y; /* rows of the list */
    int grid, detail;          /* lines of them below one another; 0 when beside it */
};

static struct place lay_out(const struct screen *screen, const struct frame *frame,
                            const struct canvas *canvas, size_t versions, size_t count)
{
    struct place place = {.body = screen_body(screen, frame, canvas)};
    int lines = place.body.height;
    bool wide = place.body.width >= HOSTS_WIDE;

    place.width = wide ? HOSTS_LIST : place.body.width;
    if (!wide && lines >= HOSTS_GRID_FROM) {
        place.grid = (int)versions + 1 < lines / 3 ? (int)versions + 1 : lines / 3;
        if (place.grid < 4 && (int)count > place.body.width - HOSTS_LABEL)
            place.grid = 4;
        place.detail = HOSTS_DETAIL;
    } else if (!wide && lines >= 6) {
        place.grid = 1;
    }
    place.head = 1 + place.grid + 1;
    place.list_y = place.body.y + place.head;
    place.height = lines - place.head - place.detail;
    return place;
}

static void draw_beside(const struct hosts *hosts, const struct place *place, struct canvas *canvas)
{
    struct sheet sheet;
    int width = place->body.width - HOSTS_LIST - 2, lines = place->body.height - 1;

    sheet_init(&sheet, canvas, width);
    hosts_grid(&sheet, hosts, lines * 2 / 3);
    sheet_line(&sheet);
    hosts_detail(&sheet, hosts);
    sheet_draw(&sheet, canvas, place->body.y + 1, HOSTS_LIST + 2, lines, 0);
    sheet_release(&sheet);
    for (int y = 0; y < lines; y++)
        canvas_glyph(canvas, place->body.y + 1 + y, HOSTS_LIST, ROLE_BORDER, GLYPH_VLINE);
}

static void draw_below(const struct hosts *hosts, const struct place *place, struct canvas *canvas)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, place->body.width);
    if (place->grid)
        hosts_grid(&sheet, hosts, place->grid);
    sheet_draw(&sheet, canvas, place->body.y + 1, 0, place->grid, 0);
    sheet_release(&sheet);
    if (!place->detail)
        return;
    sheet_init(&sheet, canvas, place->body.width);
    hosts_detail(&sheet, hosts);
    sheet_fit(&sheet, place->detail);
    sheet_draw(&sheet, canvas, place->list_y + place->height, 0, place->detail, 0);
    sheet_release(&sheet);
}

static void draw_all(struct hosts *hosts, struct screen *screen, struct canvas *canvas,
                     const struct frame *frame)
{
    struct place place = lay_out(screen, frame, canvas, hosts->version_count, hosts->count);
    struct columns c = lay_columns(hosts, canvas, place.width);
    struct sheet head;
    char at[48];

    snprintf(at, sizeof at, "nodes %zu/%zu", hosts->count ? hosts->selected + 1 : 0, hosts->count);
    sheet_init(&head, canvas, place.body.width);
    section_head(&head, hosts->look, at);
    sheet_draw(&head, canvas, place.body.y, 0, 1, 0);
    sheet_release(&head);
    if (place.body.width >= HOSTS_WIDE)
        draw_beside(hosts, &place, canvas);
    else
        draw_below(hosts, &place, canvas);
    int top = first_visible(screen, hosts, place.height);
    draw_header(hosts, &c, canvas, place.list_y - 1, place.width);
    for (int i = 0; i < place.height && (size_t)(top + i) < hosts->count; i++)
        draw_host(hosts, &c, (size_t)(top + i), canvas, place.list_y + i, place.width);
    if (hosts->count == 0)
        canvas_text(canvas, place.list_y, 3, place.width - 3, ROLE_DIM,
                    hosts->all ? "no node matches the filter"
                               : "this cluster names no nodes, or this identity may not list them");
}

static void hosts_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct look look = {.screen = screen, .frame = frame, .row = screen_selected(screen, frame)};
    struct area body = screen_body(screen, frame, canvas);
    struct hosts hosts;

    if (body.height <= 0)
        return;
    if (!look.row) {
        put_gone(canvas, &body);
        return;
    }
    hosts_make(&hosts, &look);
    hosts_settle(&hosts, screen);
    screen->sift.shown = hosts.count;
    screen->sift.all = hosts.all;
    draw_all(&hosts, screen, canvas, frame);
    free(hosts.host);
}

static void move_selection(struct hosts *hosts, struct screen *screen, long by)
{
    long at = (long)hosts->selected + by, last = (long)hosts->count - 1;

    if (hosts->count)
        hosts_select(hosts, screen, (size_t)(at < 0 ? 0 : at > last ? last : at));
}

static bool hosts_command(struct screen *screen, const struct frame *frame, enum command command,
                          int height)
{
    const struct look look = {screen, frame, screen_selected(screen, frame)};
    int page = screen->page > 1 ? screen->page : 1;
    struct hosts hosts;
    long by = 0;

    if (screen->sift.filter[0] && command == COMMAND_NEXT_MATCH)
        command = COMMAND_DOWN;
    if (screen->sift.filter[0] && command == COMMAND_PREV_MATCH)
        command = COMMAND_UP;
    if (page_go_on(screen, frame, command, height)) {
        screen->node[0] = '\0';
        return true;
    }
    if (command == COMMAND_DOWN || command == COMMAND_UP)
        by = 1;
    else if (command == COMMAND_PAGE_DOWN || command == COMMAND_PAGE_UP)
        by = page;
    else if (command == COMMAND_HALF_DOWN || command == COMMAND_HALF_UP)
        by = (page + 1) / 2;
    else if (command == COMMAND_TOP || command == COMMAND_BOTTOM)
        by = INT32_MAX / 2;
    if (by == 0 || !look.row)
        return false;
    bool up = command == COMMAND_UP || command == COMMAND_PAGE_UP || command == COMMAND_HALF_UP ||
              command == COMMAND_TOP;
    hosts_make(&hosts, &look);
    hosts_settle(&hosts, screen);
    move_selection(&hosts, screen, up ? -by : by);
    free(hosts.host);
    return true;
}

static bool hosts_click(struct screen *screen, const struct frame *frame, int width, int height,
                        int y, int x)
{
    const struct canvas canvas = {.width = width, .height = height};
    const struct look look = {screen, frame, screen_selected(screen, frame)};
    struct hosts hosts;

    if (!look.row)
        return false;
    hosts_make(&hosts, &look);
    struct place place = lay_out(screen, frame, &canvas, hosts.version_count, hosts.count);
    size_t at = (size_t)(screen->scroll + y - place.list_y);
    bool hit = y >= place.list_y && y < place.list_y + place.height && x >= 0 && x < place.width &&
               at < hosts.count;
    if (hit)
        hosts_select(&hosts, screen, at);
    free(hosts.host);
    return hit;
}

const struct view view_nodes = {
    .name = "nodes", .draw = hosts_draw, .command = hosts_command, .click = hosts_click};
