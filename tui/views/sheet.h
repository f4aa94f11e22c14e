/* sheet.h: lines of text in several roles, composed first and drawn later.
 *
 * Between the two it can be measured, scrolled, or cut to a height by leaving out the
 * least important lines first: so one and the same text fills five lines at 80x24 and
 * a whole column at 140x45. Bounded: what goes beyond the limits is left out. */
#ifndef LOCKSTEP_TUI_VIEWS_SHEET_H
#define LOCKSTEP_TUI_VIEWS_SHEET_H

#include "canvas.h"

enum sheet_limit { SHEET_LINES_MAX = 2000, SHEET_SPANS_MAX = 16000, SHEET_TEXT_MAX = 512 << 10 };

struct sheet_line {
    size_t span, spans;
    int rank; /* 0 stays; the highest goes first when there is no room */
};

struct sheet_span {
    size_t text; /* offset into text, NUL-terminated */
    int width;
    unsigned char role;
};

struct sheet {
    const struct canvas *canvas; /* borrowed: its glyph set */
    int width;                   /* cells of a line */
    int column;                  /* cells used of the current line */
    int rank;                    /* of the lines to come */
    struct sheet_line *lines;
    struct sheet_span *spans;
    char *text;
    size_t line_count, line_cap, span_count, span_cap, text_len, text_cap;
};

void sheet_init(struct sheet *sheet, const struct canvas *canvas, int width);
void sheet_release(struct sheet *sheet);
void sheet_line(struct sheet *sheet); /* begins the next line */
/* Goes on with the current line; clipped with DOTS where the line is full. */
void sheet_text(struct sheet *sheet, enum role role, const char *text);
void sheet_put(struct sheet *sheet, enum role role, const char *fmt, ...) PRINTF_LIKE(3, 4);
void sheet_glyphs(struct sheet *sheet, enum role role, enum glyph glyph, unsigned count);
/* Blanks up to the column, at least one when something is there already. */
void sheet_tab(struct sheet *sheet, int column);
/* Words, going on at `indent` of the next lines; at most `lines` lines, the last one clipped. */
void sheet_wrap(struct sheet *sheet, enum role role, int indent, int lines, const char *text);
/* A heading over the whole width: "── nodes ────". */
void sheet_rule(struct sheet *sheet, const char *title);
/* Room left in the current line. */
int sheet_room(const struct sheet *sheet);
/* Leaves out lines, the highest rank first and of one rank the last first. */
void sheet_fit(struct sheet *sheet, int height);
/* Draws `height` lines, the first one is line `from`. */
void sheet_draw(const struct sheet *sheet, struct canvas *canvas, int y, int x, int height,
                int from);

/* Cells a text takes in this canvas. */
int text_cells(const struct canvas *canvas, const char *text);
/* Bytes of the longest head of the text that takes at most `room` cells. */
size_t text_fit(const struct canvas *canvas, const char *text, int room);
/* The text in at most `room` cells, the middle left out: what tells names apart is at both ends. */
const char *text_middle(const struct canvas *canvas, const char *text, int room, char *out,
                        size_t size);

#endif
