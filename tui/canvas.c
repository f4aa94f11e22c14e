/* canvas.c: drawing into the grid of cells.
 *
 * What is printable is decided in base/text.c; here it is asked once more for
 * every character that is not ASCII, because this is the last gate before the terminal. */
#include "canvas.h"

#include "base/mem.h"
#include "base/text.h"
#include "theme.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum canvas_limit { CANVAS_SIDE_MAX = 4096 };

#define X(name, word) [ROLE_##name] = word,
const char *const role_word[ROLE_COUNT] = {ROLES(X)};
#undef X

static const struct {
    const char *utf8, *ascii;
} glyphs[GLYPH_COUNT] = {
#define X(name, utf8, ascii) [GLYPH_##name] = {utf8, ascii},
    GLYPHS(X)
#undef X
};

static const char replacement[] = "\xef\xbf\xbd";

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void canvas_init(struct canvas *canvas, int width, int height, bool ascii)
{
    memset(canvas, 0, sizeof *canvas);
    canvas->ascii = ascii;
    canvas_resize(canvas, width, height);
}

void canvas_resize(struct canvas *canvas, int width, int height)
{
    free(canvas->cells);
    canvas->width = clamp(width, 0, CANVAS_SIDE_MAX);
    canvas->height = clamp(height, 0, CANVAS_SIDE_MAX);
    size_t count = (size_t)canvas->width * (size_t)canvas->height;
    canvas->cells = xcalloc(count ? count : 1, sizeof *canvas->cells);
    canvas_clear(canvas);
}

void canvas_clear(struct canvas *canvas)
{
    const struct cell blank = {.bytes = " ", .role = ROLE_TEXT};
    size_t count = (size_t)canvas->width * (size_t)canvas->height;

    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = blank;
    canvas->cursor_x = canvas->cursor_y = -1;
}

void canvas_release(struct canvas *canvas)
{
    free(canvas->cells);
    memset(canvas, 0, sizeof *canvas);
}

/* One character of the text: what goes into its cell, and how many cells it takes. */
struct piece {
    char bytes[8];
    int width; /* 0: belongs to the cell before */
};

/* The text of a glyph in ASCII mode, "?" for anything else. */
static const char *ascii_twin(const char *bytes, size_t len)
{
    for (size_t i = 0; i < GLYPH_COUNT; i++)
        if (strlen(glyphs[i].utf8) == len && memcmp(glyphs[i].utf8, bytes, len) == 0)
            return glyphs[i].ascii;
    return "?";
}

static size_t next_piece(const struct canvas *canvas, const char *text, size_t len,
                         struct piece *piece)
{
    unsigned char first = (unsigned char)text[0];

    memset(piece, 0, sizeof *piece);
    piece->width = 1;
    if (first >= 0x20 && first < 0x7f) {
        piece->bytes[0] = text[0];
        return 1;
    }
    unsigned codepoint;
    size_t used = text_next(text, len, &codepoint);
    bool printable = first >= 0x80 && codepoint != 0xfffd && text_is_shown(codepoint);
    if (printable)
        piece->width = text_codepoint_width(codepoint);
    if (canvas->ascii && piece->width) {
        piece->width = 1;
        piece->bytes[0] = printable ? ascii_twin(text, used)[0] : '?';
    } else if (printable) {
        memcpy(piece->bytes, text, used);
    } else {
        memcpy(piece->bytes, replacement, sizeof replacement);
    }
    return used;
}

static struct cell *row_of(const struct canvas *canvas, int y)
{
    return canvas->cells + (size_t)y * (size_t)canvas->width;
}

/* Writing over half of a wide character must not leave the other half. */
static void blank_cell(struct canvas *canvas, int y, int x, enum role role)
{
    struct cell *row = row_of(canvas, y);
    const struct cell blank = {.bytes = " ", .role = (unsigned char)role};

    if (row[x].bytes[0] == '\0' && x > 0)
        memcpy(row[x - 1].bytes, " ", 2);
    if (x + 1 < canvas->width && row[x + 1].bytes[0] == '\0')
        memcpy(row[x + 1].bytes, " ", 2);
    row[x] = blank;
}

/* Only what is inside the canvas; of a wide one that is cut by the left edge, a blank. */
static void put_piece(struct canvas *canvas, int y, int x, enum role role,
                      const struct piece *piece)
{
    for (int i = 0; i < piece->width; i++)
        if (x + i >= 0)
            blank_cell(canvas, y, x + i, role);
    if (x < 0)
        return;
    struct cell *cell = row_of(canvas, y) + x;
    memcpy(cell[0].bytes, piece->bytes, sizeof cell[0].bytes);
    if (piece->width == 2)
        cell[1].bytes[0] = '\0';
}

static void add_mark(struct canvas *canvas, int y, int x, const char *mark)
{
    struct cell *row = row_of(canvas, y);

    if (x > 0 && row[x].bytes[0] == '\0')
        x--;
    size_t have = strlen(row[x].bytes), more = strlen(mark);
    if (have && have + more < sizeof row[x].bytes)
        memcpy(row[x].bytes + have, mark, more + 1);
}

int canvas_text(struct canvas *canvas, int y, int x, int room, enum role role, const char *utf8)
{
    if (y < 0 || y >= canvas->height || x >= canvas->width || room <= 0)
        return 0;
    int end = room < canvas->width - x ? x + room : canvas->width, at = x;
    size_t left = strlen(utf8);

    while (left) {
        struct piece piece;
        size_t used = next_piece(canvas, utf8, left, &piece);
        utf8 += used;
        left -= used;
        if (at + piece.width > end)
            break;
        if (piece.width)
            put_piece(canvas, y, at, role, &piece);
        else if (at > x && at > 0 && !canvas->ascii)
            add_mark(canvas, y, at - 1, piece.bytes);
        at += piece.width;
    }
    return at - x;
}

int canvas_print(struct canvas *canvas, int y, int x, int room, enum role role, const char *fmt,
                 ...)
{
    char small[1024], *text = small;
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int need = vsnprintf(small, sizeof small, fmt, ap);
    if (need >= (int)sizeof small) {
        text = xcalloc((size_t)need + 1, 1);
        vsnprintf(text, (size_t)need + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    int used = need < 0 ? 0 : canvas_text(canvas, y, x, room, role, text);
    if (text != small)
        free(text);
    return used;
}

const char *canvas_glyph_text(const struct canvas *canvas, enum glyph glyph)
{
    const char *own = NULL;

    if (canvas->theme)
        own = canvas->ascii ? canvas->theme->glyph_ascii[glyph] : canvas->theme->glyph_utf8[glyph];
    if (own && *own)
        return own;
    return canvas->ascii ? glyphs[glyph].ascii : glyphs[glyph].utf8;
}

int canvas_glyph(struct canvas *canvas, int y, int x, enum role role, enum glyph glyph)
{
    return canvas_text(canvas, y, x, 1, role, canvas_glyph_text(canvas, glyph));
}

/* Cells the text takes in this canvas, and how many of its bytes fit into `room` cells. */
static int measure(const struct canvas *canvas, const char *utf8, int room, size_t *fits)
{
    int width = 0;
    size_t at = 0, len = strlen(utf8);

    *fits = 0;
    while (at < len) {
        struct piece piece;
        at += next_piece(canvas, utf8 + at, len - at, &piece);
        width += piece.width;
        if (width <= room)
            *fits = at;
    }
    return width;
}

int canvas_field(struct canvas *canvas, int y, int x, int room, bool right, enum role role,
                 const char *utf8)
{
    size_t fits;

    if (room <= 0)
        return 0;
    int width = measure(canvas, utf8, room, &fits);
    if (width <= room)
        return canvas_text(canvas, y, right ? x + room - width : x, width, role, utf8);
    (void)measure(canvas, utf8, room - 1, &fits);
    char *head = xstrndup(utf8, fits);
    int used = canvas_text(canvas, y, x, room - 1, role, head);
    free(head);
    return used + canvas_glyph(canvas, y, x + used, role, GLYPH_DOTS);
}

/* The same glyph again and again, looked up once. */
static void glyph_run(struct canvas *canvas, int y, int x, int count, enum role role,
                      enum glyph glyph)
{
    int end = count < canvas->width - x ? x + count : canvas->width;

    if (y < 0 || y >= canvas->height)
        return;
    x = x > 0 ? x : 0;
    if (x < end)
        canvas_glyph(canvas, y, x, role, glyph);
    for (struct cell *row = row_of(canvas, y); ++x < end;) {
        blank_cell(canvas, y, x, role);
        row[x] = row[x - 1];
    }
}

void canvas_bar(struct canvas *canvas, int y, int x, int room, unsigned done, unsigned all)
{
    if (room <= 0)
        return;
    if (done > all)
        done = all;
    int full = all ? (int)((unsigned long long)done * (unsigned)room / all) : 0;

    glyph_run(canvas, y, x, full, ROLE_BAR_NEW, GLYPH_BAR);
    glyph_run(canvas, y, x + full, room - full, ROLE_BAR_OLD, GLYPH_TRACK);
}

void canvas_hline(struct canvas *canvas, int y, int x, int room, enum role role)
{
    glyph_run(canvas, y, x, room, role, GLYPH_HLINE);
}

/* The stretch of a line that is inside the canvas; NULL and 0 when nothing is. */
static struct cell *stretch(struct canvas *canvas, int y, int x, int room, int *count)
{
    *count = 0;
    if (y < 0 || y >= canvas->height || room <= 0 || x >= canvas->width)
        return NULL;
    int end = room < canvas->width - x ? x + room : canvas->width, from = x < 0 ? 0 : x;
    if (end <= from)
        return NULL;
    *count = end - from;
    return row_of(canvas, y) + from;
}

void canvas_select(struct canvas *canvas, int y, int x, int room)
{
    int count;
    struct cell *cell = stretch(canvas, y, x, room, &count);

    for (int i = 0; i < count; i++)
        cell[i].attrs |= CELL_SELECTED;
}

void canvas_fill(struct canvas *canvas, int y, int x, int room, enum role role)
{
    int count;
    struct cell *cell = stretch(canvas, y, x, room, &count);

    for (int i = 0; i < count; i++)
        cell[i].role = (unsigned char)role;
}

static size_t row_bytes(const struct cell *row, int width)
{
    size_t n = 0;

    for (int x = 0; x < width; x++)
        n += strlen(row[x].bytes);
    return n;
}

char *canvas_dump(const struct canvas *canvas)
{
    size_t size = 1, n = 0;

    for (int y = 0; y < canvas->height; y++)
        size += row_bytes(row_of(canvas, y), canvas->width) + 1;
    char *out = xcalloc(size, 1);
    for (int y = 0; y < canvas->height; y++) {
        const struct cell *row = row_of(canvas, y);
        size_t line = n;
        for (int x = 0; x < canvas->width; x++) {
            size_t len = strlen(row[x].bytes);
            memcpy(out + n, row[x].bytes, len);
            n += len;
        }
        while (n > line && out[n - 1] == ' ')
            n--;
        out[n++] = '\n';
    }
    out[n] = '\0';
    return out;
}
