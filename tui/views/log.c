/* log.c: the log of one instance: what happened to it, and what it wrote.
 *
 * It follows the newest line until somebody scrolls up; then it stands on the lines that are read,
 * however many come behind them, until they are at the bottom again. */
#include "views/parts.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { HAPPENED_MAX = 6, HAPPENED_SHARE = 4, ROWS_MAX = 64 };

/* ---- finding ---- */

static bool compile(regex_t *regex, const char *find, struct err *err)
{
    int failed = regcomp(regex, find, REG_EXTENDED | REG_ICASE | REG_NEWLINE);

    return failed == 0 || err_set(err, ERR_CONFIG,
                                  "'%.60s' is no regular expression; \\ in front of a sign makes "
                                  "it a letter",
                                  find);
}

size_t log_matches(const struct log_view *log, const char *find, struct err *err)
{
    regex_t regex;
    size_t found = 0;

    if (!log || !find[0] || !compile(&regex, find, err))
        return 0;
    for (size_t i = 0; i < log->line_count; i++)
        found += regexec(&regex, log->line[i], 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

/* ---- where one is ---- */

static uint64_t last_line(const struct log_view *log)
{
    return log->dropped + log->line_count;
}

static void stand_at(struct log_place *place, const struct log_view *log, uint64_t top)
{
    place->stands = true;
    place->top = top < log->dropped ? log->dropped : top;
    if (place->top >= last_line(log))
        place->stands = false;
}

static void go_to_match(struct screen *screen, const struct frame *frame, bool newer)
{
    const struct log_view *log = frame->log;
    struct log_place *place = &screen->log;
    struct err ignored = {0};
    regex_t regex;

    if (!place->find[0] || !compile(&regex, place->find, &ignored))
        return;
    uint64_t from = place->match ? place->match - 1 : newer ? 0 : last_line(log);
    bool found = false;
    for (size_t n = 0; n < log->line_count && !found; n++) {
        size_t i = newer ? n : log->line_count - 1 - n;
        uint64_t number = log->dropped + i;
        bool beyond = newer ? place->match && number <= from : number >= from;
        if (beyond || regexec(&regex, log->line[i], 0, NULL, 0) != 0)
            continue;
        place->match = number + 1;
        uint64_t above = (uint64_t)(screen->page / 3);
        stand_at(place, log, number > above ? number - above : 0);
        found = true;
    }
    regfree(&regex);
    if (!found)
        screen_flash(screen, frame->now_ms, "%s: no %s line has it", place->find,
                     newer          ? "newer"
                     : place->match ? "older"
                                    : "such");
}

static bool log_command(struct screen *screen, const struct frame *frame, enum command command,
                        int height)
{
    const struct log_view *log = frame->log;
    struct log_place *place = &screen->log;
    uint64_t page = screen->page > 1 ? (uint64_t)screen->page - 1 : 1;
    uint64_t by = command == COMMAND_PAGE_DOWN || command == COMMAND_PAGE_UP   ? page
                  : command == COMMAND_HALF_DOWN || command == COMMAND_HALF_UP ? (page + 1) / 2
                                                                               : 1;

    (void)height;
    if (command == COMMAND_ZOOM) {
        place->cut = !place->cut;
        return true;
    }
    if (!log)
        return false;
    if (command == COMMAND_TOP)
        stand_at(place, log, log->dropped);
    else if (command == COMMAND_BOTTOM)
        place->stands = false;
    else if (command == COMMAND_UP || command == COMMAND_PAGE_UP || command == COMMAND_HALF_UP)
        stand_at(place, log, place->top > by ? place->top - by : 0);
    else if (command == COMMAND_DOWN || command == COMMAND_PAGE_DOWN ||
             command == COMMAND_HALF_DOWN)
        stand_at(place, log, place->top + by);
    else if (command == COMMAND_NEXT_MATCH || command == COMMAND_PREV_MATCH)
        go_to_match(screen, frame, command == COMMAND_NEXT_MATCH);
    else
        return false;
    return true;
}

/* ---- drawing ---- */

/* Bytes of the line's first rows, each as wide as there is room; returns how many rows. */
static size_t cut_rows(const struct canvas *canvas, const struct log_place *place, const char *line,
                       int width, size_t ends[ROWS_MAX])
{
    size_t len = strlen(line), rows = 0, at = 0;

    do {
        size_t part = text_fit(canvas, line + at, width);
        if (place->cut || part == 0 || rows == ROWS_MAX - 1)
            part = len - at;
        ends[rows++] = at += part;
    } while (at < len);
    return rows;
}

/* One row of a line, what was found in it marked. */
static void draw_row(struct canvas *canvas, int y, int width, const char *line, size_t from,
                     size_t to, const regex_t *regex)
{
    char part[1024];
    regmatch_t match;
    size_t at = 0;

    snprintf(part, sizeof part, "%.*s", (int)(to - from), line + from);
    canvas_field(canvas, y, 0, width, false, ROLE_TEXT, part);
    while (regex && regexec(regex, line + at, 1, &match, at ? REG_NOTBOL : 0) == 0) {
        size_t begin = at + (size_t)match.rm_so, end = at + (size_t)match.rm_eo;
        size_t left = begin > from ? begin : from, right = end < to ? end : to;
        if (left < right) {
            snprintf(part, sizeof part, "%.*s", (int)(left - from), line + from);
            int x = text_cells(canvas, part);
            snprintf(part, sizeof part, "%.*s", (int)(right - left), line + left);
            int cells = text_cells(canvas, part);
            canvas_fill(canvas, y, x, x + cells > width ? width - x : cells, ROLE_MATCH);
        }
        if (end == begin || end >= to)
            break;
        at = end;
    }
}

/* The first line to draw, and how many rows of it are above the area. */
static size_t find_first(struct screen *screen, const struct log_view *log,
                         const struct canvas *canvas, const struct area *area, size_t *above)
{
    struct log_place *place = &screen->log;
    size_t rows = 0, i = log->line_count, ends[ROWS_MAX];
    size_t top = place->top > log->dropped ? (size_t)(place->top - log->dropped) : 0;

    while (i > 0 && rows < (size_t)area->height && (!place->stands || i > top))
        rows += cut_rows(canvas, place, log->line[--i], area->width, ends);
    bool fills = rows >= (size_t)area->height;
    if (place->stands && fills) { /* what is below the area does not matter */
        *above = 0;
        return top;
    }
    place->stands = false; /* the last line is to be seen */
    while (!fills && i > 0) {
        rows += cut_rows(canvas, place, log->line[--i], area->width, ends);
        fills = rows >= (size_t)area->height;
    }
    *above = fills ? rows - (size_t)area->height : 0;
    place->top = log->dropped + i;
    return i;
}

static void draw_lines(struct screen *screen, const struct log_view *log, const struct area *area,
                       struct canvas *canvas)
{
    struct err ignored = {0};
    regex_t regex;
    bool finds = screen->log.find[0] && compile(&regex, screen->log.find, &ignored);
    size_t above, first = find_first(screen, log, canvas, area, &above), shown = 0;

    for (int y = 0; y < area->height && first + shown < log->line_count; shown++) {
        const char *line = log->line[first + shown];
        size_t ends[ROWS_MAX], rows = cut_rows(canvas, &screen->log, line, area->width, ends);
        for (size_t r = above; r < rows && y < area->height; r++)
            draw_row(canvas, area->y + y++, area->width, line, r ? ends[r - 1] : 0, ends[r],
                     finds ? &regex : NULL);
        above = 0;
    }
    screen->page = shown > 1 ? (int)shown : 1;
    if (finds)
        regfree(&regex);
}

static const char *state_words(const struct screen *screen, const struct log_view *log,
                               char out[40])
{
    if (log->state == LOG_FAILED)
        return "cannot be read";
    if (log->state == LOG_ENDED && !screen->log.stands)
        return "ended";
    if (log->state == LOG_ASKED)
        return "asked for";
    snprintf(out, 40, "stands, %s follows", keymap_name(screen->keymap, COMMAND_BOTTOM));
    return screen->log.stands ? out : "follows";
}

/* "── ▶ moving ── log web-1-fhmxl ── follows ── web @ demo ───── 60 of 412". */
static void draw_head(const struct screen *screen, const struct frame *frame, const struct row *row,
                      struct canvas *canvas, const struct area *area)
{
    const struct log_view *log = frame->log;
    char name[300], words[40], at[64] = "";
    struct sheet sheet;

    if (log && log->line_count > 0)
        snprintf(at, sizeof at, " %llu of %llu ",
                 (unsigned long long)screen->log.top + (unsigned long long)screen->page,
                 (unsigned long long)last_line(log));
    sheet_init(&sheet, canvas, area->width - text_cells(canvas, at));
    sheet_glyphs(&sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    sheet_text(&sheet, ROLE_BORDER, " ");
    sheet_glyphs(&sheet, state_role(row->state), state_glyph(row->state), 1);
    sheet_put(&sheet, state_role(row->state), " %s ", board_word[row->state]);
    sheet_glyphs(&sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    sheet_text(&sheet, ROLE_HEADER, log && log->previous ? " log before " : " log ");
    if (log && log->instance[0])
        sheet_text(&sheet, ROLE_STRONG,
                   text_middle(canvas, log->instance, area->width / (area->width < 80 ? 4 : 3),
                               name, sizeof name));
    sheet_text(&sheet, ROLE_BORDER, " ");
    sheet_glyphs(&sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    if (log) {
        sheet_put(&sheet, log->state == LOG_FAILED ? ROLE_FAILED : ROLE_MOVING, " %s ",
                  state_words(screen, log, words));
        sheet_glyphs(&sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    }
    sheet_put(&sheet, ROLE_HEADER, " %s @ %s ",
              text_middle(canvas, row->service->name, area->width / 5, name, sizeof name),
              row->service->cluster);
    sheet_glyphs(&sheet, ROLE_BORDER, GLYPH_HLINE, (unsigned)sheet_room(&sheet));
    sheet_draw(&sheet, canvas, area->y, 0, 1, 0);
    canvas_text(canvas, area->y, area->width - text_cells(canvas, at), area->width, ROLE_DIM, at);
    sheet_release(&sheet);
}

/* The newest of what happened, and a rule below; returns the rows used. */
static int draw_happened(const struct log_view *log, struct canvas *canvas, const struct area *area)
{
    int room = area->height / HAPPENED_SHARE;
    struct sheet sheet;

    room = room > HAPPENED_MAX ? HAPPENED_MAX : room;
    size_t most = room > 0 ? (size_t)room : 0;
    size_t first = log->happened_count > most ? log->happened_count - most : 0;
    sheet_init(&sheet, canvas, area->width);
    for (size_t i = first; i < log->happened_count; i++) {
        char day[DAYTIME_TEXT];
        sheet_line(&sheet);
        sheet_text(&sheet, ROLE_EVENT_TIME,
                   log->happened[i].at_utc_ms >= 0 ? daytime_text(log->happened[i].at_utc_ms, day)
                                                   : "        ");
        sheet_text(&sheet, ROLE_TEXT, " ");
        sheet_say(&sheet, ROLE_TEXT, sheet.column, 1, log->happened[i].text);
    }
    if (log->dropped > 0 && log->line_count > 0) {
        sheet_line(&sheet);
        sheet_put(&sheet, ROLE_DIM, "%llu older lines are not kept",
                  (unsigned long long)log->dropped);
    }
    if (sheet.line_count > 0)
        sheet_rule(&sheet, "wrote");
    sheet_draw(&sheet, canvas, area->y, 0, (int)sheet.line_count, 0);
    int used = (int)sheet.line_count;
    sheet_release(&sheet);
    return used;
}

static void say(struct canvas *canvas, const struct area *area, enum role role, const char *text)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, area->width - 4);
    sheet_say(&sheet, role, 0, area->height > 2 ? area->height - 1 : 1, text);
    sheet_draw(&sheet, canvas, area->y + 1, 3, area->height - 1, 0);
    sheet_release(&sheet);
}

static void log_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct area area = screen_body(screen, frame, canvas);
    const struct row *row = screen_selected(screen, frame);
    const struct log_view *log = frame->log;
    const struct area head = area;

    if (area.height <= 0)
        return;
    if (!row) {
        put_gone(canvas, &area);
        return;
    }
    area.y++;
    area.height--;
    if (log) {
        int used = draw_happened(log, canvas, &area);
        area.y += used;
        area.height -= used;
    }
    if (area.height > 0 && log && log->line_count > 0)
        draw_lines(screen, log, &area, canvas);
    else if (area.height > 0 && log && log->state == LOG_FAILED)
        say(canvas, &area, ROLE_STUCK, log->why);
    else if (area.height > 0 && log && log->instance[0])
        say(canvas, &area, ROLE_DIM,
            log->state == LOG_ENDED ? "it wrote nothing" : "it has written nothing yet");
    else if (area.height > 0)
        say(canvas, &area, ROLE_DIM,
            row->service->replicas ? "waiting for its instances to be known"
                                   : "no instance of it runs");
    draw_head(screen, frame, row, canvas, &head);
    canvas->cursor_y = head.y;
    canvas->cursor_x = 0;
}

static bool log_click(struct screen *screen, const struct frame *frame, int width, int height,
                      int y, int x)
{
    (void)screen, (void)frame, (void)width, (void)height, (void)y, (void)x;
    return false;
}

const struct view view_log = {
    .name = "log", .draw = log_draw, .command = log_command, .click = log_click};
