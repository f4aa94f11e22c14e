/* canvas.h: a grid of cells that views draw into. No curses here: a canvas can be
 * printed as text, compared in a test, or blitted to the terminal by term.c.
 *
 * A cell holds one printable character of width 1 (or the left half of a wide one) and a
 * role; anything else that is drawn becomes U+FFFD, so that nothing from a
 * cluster can control the terminal even if it got this far. */
#ifndef LOCKSTEP_TUI_CANVAS_H
#define LOCKSTEP_TUI_CANVAS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Meaning, never colour. theme.h turns roles into colours and attributes. The
 * words are those of theme files. */
/* clang-format off */
#define ROLES(X)                                                                                   \
    X(TEXT, "text")                                                                                \
    X(DIM, "dim") X(STRONG, "strong") X(TITLE, "title") X(TITLE_ARMED, "title.armed")              \
        X(ALERT, "alert") X(HEADER, "header") X(SELECTED, "row.selected") X(MARKED, "row.marked")  \
            X(FAILED, "status.failed") X(STUCK, "status.stuck") X(VIOLATED, "status.violated")     \
                X(UNDO, "status.undo") X(MOVING, "status.moving") X(HELD, "status.held")           \
                    X(OK, "status.ok") X(STALE, "status.stale") X(BAR_NEW, "bar.new")              \
                        X(BAR_OLD, "bar.old") X(VERSION_LIVE, "version.live")                      \
                            X(VERSION_NEW, "version.new") X(GUARD_OK, "guard.ok")                  \
                                X(GUARD_BLOCKED, "guard.blocked") X(KEY_HINT, "key.hint")          \
                                    X(KEY_LABEL, "key.label") X(KEY_OFF, "key.off")                \
                                        X(EVENT_TIME, "event.time") X(BORDER, "border")            \
                                            X(BORDER_FOCUS, "border.focus") X(DIALOG, "dialog")    \
                                                X(DANGER, "dialog.danger") X(INPUT, "input")       \
                                                    X(MATCH, "search.match") X(CAPTION, "caption")

#define X(name, word) ROLE_##name,
enum role { ROLES(X) ROLE_COUNT };
#undef X
extern const char *const role_word[ROLE_COUNT];

/* Glyphs with an ASCII twin; views never write non-ASCII characters themselves. */
#define GLYPHS(X)                                                                                  \
    X(FAILED, "✗", "x")                                                                            \
    X(STUCK, "!", "!") X(VIOLATED, "⚠", "%") X(UNDO, "↺", "<") X(MOVING, "▶", ">")                 \
        X(HELD, "‖", "=") X(STEADY, "·", ".") X(STALE, "?", "?") X(ARROW, "→", ">")                \
            X(BAR, "█", "#") X(TRACK, "░", "-") X(DASH, "—", "-") X(HLINE, "─", "-")               \
                X(VLINE, "│", "|") X(CURSOR, "▌", ">") X(TICK, "✓", "+") X(DOT_OLD, "●", "o")      \
                    X(DOT_NEW, "◉", "@") X(DOT_BAD, "✗", "x") X(DOT_GHOST, "◌", "?")               \
                        X(DOT_BOTH, "◐", "&") X(DOT_WAIT, "○", ".") X(DOTS, "…", "~") X(TIMES, "×", "x")                 \
                            X(MIDDOT, "·", ".") X(ENTER, "↵", "^") X(UP, "↑", "^")                 \
                                X(DOWN, "↓", "v")

/* clang-format on */

#define X(name, utf8, ascii) GLYPH_##name,
enum glyph { GLYPHS(X) GLYPH_COUNT };
#undef X

struct theme;
struct keymap;

struct cell {
    char bytes[8]; /* UTF-8 of one character with its combining marks; "" = right half of a wide one
                    */
    unsigned char role;
    unsigned char attrs; /* enum cell_attr, on top of the role's own */
};
enum cell_attr { CELL_SELECTED = 1 };

struct canvas {
    int width, height;
    bool ascii;                /* use the ASCII twin of every glyph, '?' for other non-ASCII text */
    struct cell *cells;        /* row by row */
    int cursor_x, cursor_y;    /* parked here for screen readers; -1 none */
    const struct theme *theme; /* whose glyphs are used; borrowed; NULL: built-in ones */
    const struct keymap *keymap; /* whose keys texts name; borrowed; NULL: those of the table */
};

void canvas_init(struct canvas *canvas, int width, int height, bool ascii);
void canvas_resize(struct canvas *canvas, int width, int height); /* and clears */
void canvas_clear(struct canvas *canvas);
void canvas_release(struct canvas *canvas);

/* All drawing clips to the canvas and to [x, x + room). They return the cells used. */
int canvas_text(struct canvas *canvas, int y, int x, int room, enum role role, const char *utf8);
int canvas_print(struct canvas *canvas, int y, int x, int room, enum role role, const char *fmt,
                 ...) PRINTF_LIKE(6, 7);
int canvas_glyph(struct canvas *canvas, int y, int x, enum role role, enum glyph glyph);
/* Text that does not fit ends in the DOTS glyph; `right` aligns to the right edge of room. */
int canvas_field(struct canvas *canvas, int y, int x, int room, bool right, enum role role,
                 const char *utf8);
/* A progress bar of `room` cells: done of all. */
void canvas_bar(struct canvas *canvas, int y, int x, int room, unsigned done, unsigned all);
void canvas_hline(struct canvas *canvas, int y, int x, int room, enum role role);
/* Marks a stretch of a line as selected (or sets its role with canvas_fill). */
void canvas_select(struct canvas *canvas, int y, int x, int room);
void canvas_fill(struct canvas *canvas, int y, int x, int room, enum role role);
/* The glyph's text in this canvas's set, for composing lines. */
const char *canvas_glyph_text(const struct canvas *canvas, enum glyph glyph);

/* The whole grid as lines of text, trailing blanks cut; yours to free. */
char *canvas_dump(const struct canvas *canvas);

#endif
