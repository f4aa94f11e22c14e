/* sheet.c: see sheet.h. */
#include "views/sheet.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int cells_of(const struct canvas *canvas, unsigned codepoint)
{
    int width = text_codepoint_width(codepoint);

    return canvas->ascii && width > 1 ? 1 : width;
}

size_t text_fit(const struct canvas *canvas, const char *text, int room)
{
    size_t at = 0, len = strlen(text);

    while (at < len) {
        unsigned codepoint;
        size_t used = text_next(text + at, len - at, &codepoint);
        room -= cells_of(canvas, codepoint);
        if (room < 0)
            break;
        at += used;
    }
    return at;
}

int text_cells(const struct canvas *canvas, const char *text)
{
    int cells = 0;

    for (size_t len = strlen(text); len;) {
        unsigned codepoint;
        size_t used = text_next(text, len, &codepoint);
        cells += cells_of(canvas, codepoint);
        text += used;
        len -= used;
    }
    return cells;
}

const char *text_middle(const struct canvas *canvas, const char *text, int room, char *out,
                        size_t size)
{
    int cells = text_cells(canvas, text);

    if (cells <= room) {
        snprintf(out, size, "%s", text);
        return out;
    }
    if (room < 5) {
        snprintf(out, size, "%.*s", (int)text_fit(canvas, text, room), text);
        return out;
    }
    int tail = (room - 1) / 2;
    size_t head = text_fit(canvas, text, room - 1 - tail);
    size_t skip = text_fit(canvas, text, cells - tail);
    /* A wide character across the cut stays out, not half in. */
    while (text_cells(canvas, text + skip) > tail) {
        unsigned codepoint;
        skip += text_next(text + skip, strlen(text + skip), &codepoint);
    }
    snprintf(out, size, "%.*s%s%s", (int)head, text, canvas_glyph_text(canvas, GLYPH_DOTS),
             text + skip);
    return out;
}

void sheet_init(struct sheet *sheet, const struct canvas *canvas, int width)
{
    memset(sheet, 0, sizeof *sheet);
    sheet->canvas = canvas;
    sheet->width = width;
}

void sheet_release(struct sheet *sheet)
{
    free(sheet->lines);
    free(sheet->spans);
    free(sheet->text);
    memset(sheet, 0, sizeof *sheet);
}

void sheet_line(struct sheet *sheet)
{
    if (sheet->line_count >= SHEET_LINES_MAX)
        return;
    ARRAY_RESERVE(sheet->lines, sheet->line_cap, sheet->line_count + 1);
    sheet->lines[sheet->line_count++] =
        (struct sheet_line){.span = sheet->span_count, .rank = sheet->rank};
    sheet->column = 0;
}

int sheet_room(const struct sheet *sheet)
{
    return sheet->width > sheet->column ? sheet->width - sheet->column : 0;
}

static void add_span(struct sheet *sheet, enum role role, const char *text, size_t len, int width)
{
    if (sheet->line_count == 0)
        sheet_line(sheet);
    if (sheet->span_count >= SHEET_SPANS_MAX || sheet->text_len + len + 1 > SHEET_TEXT_MAX)
        return;
    ARRAY_RESERVE(sheet->spans, sheet->span_cap, sheet->span_count + 1);
    ARRAY_RESERVE(sheet->text, sheet->text_cap, sheet->text_len + len + 1);
    memcpy(sheet->text + sheet->text_len, text, len);
    sheet->text[sheet->text_len + len] = '\0';
    sheet->spans[sheet->span_count++] =
        (struct sheet_span){.text = sheet->text_len, .width = width, .role = (unsigned char)role};
    sheet->text_len += len + 1;
    sheet->lines[sheet->line_count - 1].spans++;
    sheet->column += width;
}

void sheet_text(struct sheet *sheet, enum role role, const char *text)
{
    int room = sheet_room(sheet), cells = text_cells(sheet->canvas, text);

    if (cells <= room) {
        if (*text)
            add_span(sheet, role, text, strlen(text), cells);
        return;
    }
    if (room <= 0)
        return;
    const char *dots = canvas_glyph_text(sheet->canvas, GLYPH_DOTS);
    size_t head = text_fit(sheet->canvas, text, room - 1);
    if (head) {
        char *cut = xstrndup(text, head);
        add_span(sheet, role, cut, head, text_cells(sheet->canvas, cut));
        free(cut);
    }
    add_span(sheet, role, dots, strlen(dots), 1);
    sheet->column = sheet->width;
}

void sheet_put(struct sheet *sheet, enum role role, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    sheet_text(sheet, role, text);
}

void sheet_glyphs(struct sheet *sheet, enum role role, enum glyph glyph, unsigned count)
{
    const char *one = canvas_glyph_text(sheet->canvas, glyph);
    size_t size = strlen(one), room = (size_t)sheet_room(sheet);

    if (count > room)
        count = (unsigned)room;
    if (count == 0)
        return;
    char *text = xcalloc(count, size);
    for (unsigned i = 0; i < count; i++)
        memcpy(text + i * size, one, size);
    add_span(sheet, role, text, count * size, (int)count);
    free(text);
}

void sheet_tab(struct sheet *sheet, int column)
{
    static const char blanks[] = "                                                                ";
    int want = column - sheet->column;

    if (want < 1)
        want = sheet->column > 0;
    if (want > (int)sizeof blanks - 1)
        want = (int)sizeof blanks - 1;
    if (want > sheet_room(sheet))
        want = sheet_room(sheet);
    if (want > 0)
        add_span(sheet, ROLE_TEXT, blanks + sizeof blanks - 1 - want, (size_t)want, want);
}

/* Bytes of the next line of words: the whole rest, or up to a blank, or a hard cut. */
static size_t next_words(const struct canvas *canvas, const char *text, int room)
{
    size_t fits = text_fit(canvas, text, room), at = fits;

    if (text[fits] == '\0' || text[fits] == ' ')
        return fits;
    while (at > 0 && text[at] != ' ')
        at--;
    return at > 0 ? at : fits;
}

void sheet_wrap(struct sheet *sheet, enum role role, int indent, int lines, const char *text)
{
    if (sheet->line_count == 0)
        sheet_line(sheet);
    while (*text) {
        size_t len = next_words(sheet->canvas, text, sheet_room(sheet));
        if (lines <= 1 || len == 0) {
            sheet_text(sheet, role, text);
            return;
        }
        char *part = xstrndup(text, len);
        sheet_text(sheet, role, part);
        free(part);
        text += len;
        text += strspn(text, " ");
        if (*text == '\0')
            return;
        lines--;
        sheet_line(sheet);
        sheet_tab(sheet, indent);
    }
}

void sheet_rule(struct sheet *sheet, const char *title)
{
    sheet_line(sheet);
    sheet_glyphs(sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    sheet_put(sheet, ROLE_BORDER, " ");
    sheet_text(sheet, ROLE_HEADER, title);
    sheet_put(sheet, ROLE_BORDER, " ");
    sheet_glyphs(sheet, ROLE_BORDER, GLYPH_HLINE, (unsigned)sheet_room(sheet));
}

void sheet_fit(struct sheet *sheet, int height)
{
    while (sheet->line_count > (size_t)(height > 0 ? height : 0)) {
        size_t victim = sheet->line_count - 1;
        for (size_t i = sheet->line_count; i-- > 0;)
            if (sheet->lines[i].rank > sheet->lines[victim].rank)
                victim = i;
        memmove(sheet->lines + victim, sheet->lines + victim + 1,
                (sheet->line_count - victim - 1) * sizeof *sheet->lines);
        sheet->line_count--;
    }
}

void sheet_draw(const struct sheet *sheet, struct canvas *canvas, int y, int x, int height,
                int from)
{
    for (int i = 0; i < height && (size_t)(from + i) < sheet->line_count; i++) {
        const struct sheet_line *line = &sheet->lines[from + i];
        int at = 0;
        for (size_t s = line->span; s < line->span + line->spans; s++) {
            const struct sheet_span *span = &sheet->spans[s];
            at += canvas_text(canvas, y + i, x + at, sheet->width - at, (enum role)span->role,
                              sheet->text + span->text);
        }
    }
}
