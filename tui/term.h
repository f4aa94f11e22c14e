/* term.h: the one user of curses: keys in, canvases out.
 *
 * curses draws into memory; the bytes of a frame then go to the terminal in one piece and
 * without blocking, so that a terminal that stands still stops nobody, and it is known when a
 * frame is there completely. */
#ifndef LOCKSTEP_TUI_TERM_H
#define LOCKSTEP_TUI_TERM_H

#include "canvas.h"
#include "keymap.h"
#include "theme.h"

struct term;
struct tty;

/* The theme is borrowed. `ascii` forces what is otherwise decided by the locale. A TERM that is
 * not known is taken for an xterm. NULL, with the terminal as it was, on error. */
struct term *term_open(const struct theme *theme, bool ascii, struct err *err);
void term_close(struct term *term); /* NULL is fine */

struct tty *term_tty(struct term *term); /* its descriptors and events */
bool term_is_ascii(const struct term *term);
void term_set_mouse(struct term *term, bool on);

enum term_mouse { TERM_CLICK, TERM_SCROLL_UP, TERM_SCROLL_DOWN };

struct term_key {
    int key;               /* KEYCODE_NONE: something that is no key of ours, but was typed */
    enum term_mouse mouse; /* of KEYCODE_MOUSE */
    int x, y;
};

/* Everything that was typed until now. Pasted text is one KEYCODE_PASTE. Clears *gone unless the
 * terminal went away. */
size_t term_read_keys(struct term *term, struct term_key *keys, size_t max, bool *gone);

/* After TTY_RESIZED; then term_draw paints everything. */
void term_resize(struct term *term, int *width, int *height);
/* The next term_draw paints everything. */
void term_redraw(struct term *term);
/* The colours of *theme changed; then term_draw paints everything. */
void term_theme_changed(struct term *term);
/* The title's own colour here (theme_accent); copied, NULL: as the theme's role says. */
void term_set_accent(struct term *term, const struct theme_color *accent);
/* Sends what differs from the last one. Call only when tty_flush says that nothing waits; then
 * tty_flush says when it is there. */
void term_draw(struct term *term, const struct canvas *canvas);
/* Gives the text to the terminal's clipboard (OSC 52), in base64: no byte of it is anything else.
 */
void term_copy(struct term *term, const char *text);

/* Ctrl-Z: the shell has the terminal until it gives it back. */
void term_suspend(struct term *term);
/* After TTY_CONTINUED: sets the modes once more. */
void term_continue(struct term *term);

#endif
