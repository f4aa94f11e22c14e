/* picture.c: see picture.h. One <text> a run of cells of one look, stretched to its cells, so that
 * columns stand whatever font the reader has. */
#include "picture.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum picture_size { CELL_W = 8, CELL_H = 17, BASELINE = 13, MARGIN = 10, FONT = 13 };

struct look {
    uint32_t fg, bg;
    unsigned attrs;
};

struct painter {
    const struct canvas *canvas;
    const struct theme *theme;
    const struct theme_color *accent;
    uint32_t own_fg, own_bg; /* of a terminal with this variant */
    FILE *out;
};

static uint32_t or_own(const struct theme_color *color, uint32_t own)
{
    return color->is_default ? own : color->rgb;
}

static const struct theme_color *chain(const struct theme_color *a, const struct theme_color *b)
{
    return a->is_default ? b : a;
}

static struct look look_of(const struct painter *painter, const struct cell *cell)
{
    const struct theme *theme = painter->theme;
    const struct theme_style *style = &theme->style[cell->role], *text = &theme->style[ROLE_TEXT];
    const struct theme_color *fg = chain(&style->fg, &text->fg), *bg = chain(&style->bg, &text->bg);
    unsigned attrs = style->attrs;

    if (cell->role == ROLE_TITLE && painter->accent) {
        fg = painter->accent;
        bg = theme_accent_ink(theme, painter->accent);
        attrs |= THEME_REVERSE;
    }
    if (cell->attrs & CELL_SELECTED) {
        const struct theme_style *selected = &theme->style[ROLE_SELECTED];
        fg = chain(&selected->fg, fg);
        bg = chain(&selected->bg, bg);
        attrs = (attrs & ~(unsigned)THEME_DIM) | selected->attrs;
    }
    struct look look = {or_own(fg, painter->own_fg), or_own(bg, painter->own_bg), attrs};
    if (attrs & THEME_REVERSE) {
        uint32_t swap = look.fg;
        look.fg = look.bg;
        look.bg = swap;
    }
    return look;
}

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc(*text, out);
    }
}

static bool is_blank(const struct cell *cells, int from, int to)
{
    for (int x = from; x < to; x++)
        if (cells[x].bytes[0] && strcmp(cells[x].bytes, " ") != 0)
            return false;
    return true;
}

static void put_run(struct painter *painter, const struct cell *cells, int y, int from, int to,
                    const struct look *look)
{
    int left = MARGIN + from * CELL_W, top = MARGIN + y * CELL_H, width = (to - from) * CELL_W;
    uint32_t page = or_own(&painter->theme->style[ROLE_TEXT].bg, painter->own_bg);

    if (look->bg != page)
        fprintf(painter->out,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06" PRIx32 "\"/>\n",
                left, top, width, CELL_H, look->bg);
    if (is_blank(cells, from, to) && !(look->attrs & THEME_UNDERLINE))
        return;
    fprintf(painter->out,
            "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06" PRIx32 "\"%s%s%s%s>", left,
            top + BASELINE, width, look->fg,
            look->attrs & THEME_BOLD ? " font-weight=\"bold\"" : "",
            look->attrs & THEME_ITALIC ? " font-style=\"italic\"" : "",
            look->attrs & THEME_UNDERLINE ? " text-decoration=\"underline\"" : "",
            look->attrs & THEME_DIM ? " opacity=\"0.65\"" : "");
    for (int x = from; x < to; x++)
        if (cells[x].bytes[0])
            put_escaped(painter->out, cells[x].bytes);
    fputs("</text>\n", painter->out);
}

static bool same_look(const struct look *a, const struct look *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attrs == b->attrs;
}

static void put_line(struct painter *painter, int y)
{
    const struct cell *cells = painter->canvas->cells + (size_t)y * (size_t)painter->canvas->width;
    int width = painter->canvas->width;

    for (int from = 0, to; from < width; from = to) {
        struct look look = look_of(painter, &cells[from]);
        for (to = from + 1; to < width; to++) {
            struct look next = look_of(painter, &cells[to]);
            if (cells[to].bytes[0] && !same_look(&look, &next))
                break;
        }
        put_run(painter, cells, y, from, to, &look);
    }
}

char *picture_svg(const struct canvas *canvas, const struct theme *theme,
                  const struct theme_color *accent)
{
    bool light = theme->variant == THEME_LIGHT;
    struct painter painter = {.canvas = canvas,
                              .theme = theme,
                              .accent = accent,
                              .own_fg = light ? 0x22252b : 0xd7dae0,
                              .own_bg = light ? 0xffffff : 0x16181d};
    char *text = NULL;
    size_t len;
    int width = canvas->width * CELL_W + 2 * MARGIN, height = canvas->height * CELL_H + 2 * MARGIN;

    painter.out = open_memstream(&text, &len);
    if (!painter.out)
        fatal("no memory for a picture");
    fprintf(painter.out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" xml:space=\"preserve\" font-family=\"'DejaVu Sans Mono', Menlo, "
            "Consolas, monospace\" font-size=\"%d\">\n"
            "<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#%06" PRIx32 "\"/>\n",
            width, height, width, height, FONT, width, height,
            or_own(&theme->style[ROLE_TEXT].bg, painter.own_bg));
    for (int y = 0; y < canvas->height; y++)
        put_line(&painter, y);
    fputs("</svg>\n", painter.out);
    if (fclose(painter.out) != 0)
        fatal("no memory for a picture");
    return text;
}
