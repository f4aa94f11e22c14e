/* cast.c: see cast.h. */
#include "cast.h"

#include "base/mem.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct cast {
    FILE *out;
    bool v3;
    int width, height;
    int64_t last_ms; /* of the line before */
    struct cell *front;
    bool begun;
};

static void write_json(struct cast *cast, json_t *line)
{
    char *text = json_dumps(line, JSON_ENSURE_ASCII);

    fprintf(cast->out, "%s\n", text ? text : "");
    free(text);
    json_decref(line);
}

/* Version 2 counts from the beginning, 3 from the line before. */
static void write_event(struct cast *cast, int64_t at_ms, const char *code, const char *data)
{
    json_t *text = json_string(data);
    char *quoted = json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    int64_t ms = cast->v3 ? at_ms - cast->last_ms : at_ms;

    fprintf(cast->out, "[%" PRId64 ".%03d, \"%s\", %s]\n", ms / 1000, (int)(ms % 1000), code,
            quoted ? quoted : "\"\"");
    cast->last_ms = at_ms;
    free(quoted);
    json_decref(text);
}

struct cast *cast_new(FILE *out, bool v3, int width, int height, int64_t began_utc_ms,
                      const char *title)
{
    struct cast *cast = xcalloc(1, sizeof *cast);
    json_int_t began = began_utc_ms / 1000;

    *cast = (struct cast){.out = out, .v3 = v3, .width = width, .height = height};
    cast->front = xcalloc((size_t)width * (size_t)height, sizeof *cast->front);
    if (v3)
        write_json(cast,
                   json_pack("{si s{si si ss} sI ss}", "version", 3, "term", "cols", width, "rows",
                             height, "type", "xterm-256color", "timestamp", began, "title", title));
    else
        write_json(cast, json_pack("{si si si sI ss s{ss}}", "version", 2, "width", width, "height",
                                   height, "timestamp", began, "title", title, "env", "TERM",
                                   "xterm-256color"));
    return cast;
}

static void put_color(FILE *out, int base, int color)
{
    if (color >= 0 && color < 8)
        fprintf(out, ";%d", base + color);
    else if (color >= 8)
        fprintf(out, ";%d;5;%d", base + 8, color);
}

static struct theme_pen pen_of(const struct theme *theme, const struct cell *cell)
{
    struct theme_pen pen = theme_pen(theme, (enum role)cell->role, THEME_256);

    if (cell->attrs & CELL_SELECTED) {
        struct theme_pen selected = theme_pen(theme, ROLE_SELECTED, THEME_256);
        pen.fg = selected.fg >= 0 ? selected.fg : pen.fg;
        pen.bg = selected.bg >= 0 ? selected.bg : pen.bg;
        pen.attrs = (pen.attrs & ~(unsigned)THEME_DIM) | selected.attrs;
    }
    return pen;
}

static void put_pen(FILE *out, const struct theme_pen *pen)
{
    static const struct {
        unsigned attr;
        const char *code;
    } codes[] = {{THEME_BOLD, ";1"},
                 {THEME_DIM, ";2"},
                 {THEME_ITALIC, ";3"},
                 {THEME_UNDERLINE, ";4"},
                 {THEME_REVERSE, ";7"}};

    fputs("\033[0", out);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (pen->attrs & codes[i].attr)
            fputs(codes[i].code, out);
    put_color(out, 30, pen->fg);
    put_color(out, 40, pen->bg);
    putc('m', out);
}

static bool same_pen(const struct theme_pen *a, const struct theme_pen *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

/* The changed stretch of one line; wide characters stay whole. */
static void put_line(FILE *out, const struct cell *now, struct cell *front, int y, int width,
                     const struct theme *theme)
{
    struct theme_pen last = {0};
    bool any = false;
    int from = 0, to = width;

    while (from < width && memcmp(&now[from], &front[from], sizeof *now) == 0)
        from++;
    while (to > from && memcmp(&now[to - 1], &front[to - 1], sizeof *now) == 0)
        to--;
    if (from == to)
        return;
    while (from > 0 && !now[from].bytes[0])
        from--;
    fprintf(out, "\033[%d;%dH", y + 1, from + 1);
    for (int x = from; x < to; x++) {
        struct theme_pen pen = pen_of(theme, &now[x]);
        if (!now[x].bytes[0])
            continue;
        if (!any || !same_pen(&pen, &last))
            put_pen(out, &pen);
        fputs(now[x].bytes, out);
        last = pen;
        any = true;
    }
    memcpy(front, now, (size_t)width * sizeof *now);
}

void cast_picture(struct cast *cast, int64_t at_ms, const struct canvas *canvas,
                  const struct theme *theme)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);

    if (!out)
        fatal("no memory for a picture");
    if (!cast->begun)
        fputs("\033[?25l\033[0m\033[2J", out);
    cast->begun = true;
    for (int y = 0; y < cast->height; y++)
        put_line(out, canvas->cells + (size_t)y * (size_t)canvas->width,
                 cast->front + (size_t)y * (size_t)cast->width, y, cast->width, theme);
    if (fclose(out) != 0)
        fatal("no memory for a picture");
    if (len)
        write_event(cast, at_ms, "o", bytes);
    free(bytes);
}

void cast_mark(struct cast *cast, int64_t at_ms, const char *text)
{
    write_event(cast, at_ms, "m", text);
}

void cast_free(struct cast *cast, int64_t at_ms)
{
    write_event(cast, at_ms, "o", "\033[0m\033[?25h\r\n");
    if (cast->v3)
        write_event(cast, at_ms, "x", "0");
    free(cast->front);
    free(cast);
}
