/* term.c: see term.h.
 *
 * curses believes that it writes to a file in memory, so it sets no modes and catches no
 * signals: tty.c does. Paste mode and mouse reports are switched by curses or here, and undone in
 * tty.c's restore bytes as well. */
#include "term.h"

#include "base/mem.h"
#include "base/text.h"
#include "term_keys.h"
#include "tty.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termcap.h>
#include <unistd.h>

enum {
    PAIRS_MAX = 256,
    ESCAPE_MS = 25,
    CLOSE_WAIT_MS = 500,
};

struct pair {
    int fg, bg;
    short number;
};

struct term {
    struct tty *tty;
    const struct theme *theme;
    bool ascii, has_colors;
    enum theme_depth depth;
    FILE *memory; /* where curses writes */
    SCREEN *screen;
    WINDOW *input; /* a pad: reading keys from it never refreshes anything */
    struct pair pairs[PAIRS_MAX];
    size_t pair_count;
    bool has_accent;
    struct theme_color accent;
    struct cell *front;         /* what was given to curses last */
    int width, height, margins; /* margins: lines that scroll, 0: not set yet */
    struct term_keys keys;
};

static const char paste_on[] = "\033[?2004h", paste_off[] = "\033[?2004l";

static bool has_string(const char *text)
{
    return text && text != (char *)-1 && *text;
}

/* What curses would tell the terminal on its own account, by terminfo names: to reset a
 * palette that is the user's, and to send Alt as an eighth bit, which is not UTF-8. */
static const char *const unwanted[] = {"oc", "smm", "rmm"};

static size_t cut_unwanted(char *bytes, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(unwanted); i++) {
        const char *text = tigetstr(unwanted[i]);
        size_t n = has_string(text) ? strlen(text) : 0;
        for (char *at; n && (at = memmem(bytes, len, text, n)) != NULL; len -= n)
            memmove(at, at + n, len - n - (size_t)(at - bytes));
    }
    return len;
}

/* Hands over what curses wrote since the last time. */
static void collect(struct term *term)
{
    int fd = fileno(term->memory);
    off_t size = lseek(fd, 0, SEEK_CUR);

    if (size <= 0)
        return;
    char *bytes = xcalloc((size_t)size, 1);
    ssize_t n = pread(fd, bytes, (size_t)size, 0);
    lseek(fd, 0, SEEK_SET);
    if (n > 0)
        tty_write(term->tty, bytes, cut_unwanted(bytes, (size_t)n));
    free(bytes);
}

static FILE *open_memory(void)
{
#ifdef __linux__
    int fd = memfd_create("frame", MFD_CLOEXEC);
    FILE *f = fd >= 0 ? fdopen(fd, "r+") : NULL;

    if (!f && fd >= 0)
        close(fd);
    return f;
#else
    return tmpfile();
#endif
}

static enum theme_depth find_depth(void)
{
    const char *no_color = getenv("NO_COLOR");

    if ((no_color && *no_color) || !has_colors())
        return THEME_MONO;
    start_color();
    use_default_colors();
    if (COLORS >= 1 << 24)
        return THEME_TRUE;
    return COLORS >= 256 ? THEME_256 : COLORS >= 16 ? THEME_16 : COLORS >= 8 ? THEME_8 : THEME_MONO;
}

/* The terminal's name where it is known, else what most terminals understand. */
static const char *terminal_name(void)
{
    const char *name = getenv("TERM");

    return name && tgetent(NULL, name) == 1 ? name : "xterm-256color";
}

/* curses waits for no tty and opens none: input only. */
static bool start_curses(struct term *term)
{
    setenv("NCURSES_NO_UTF8_ACS", "1", 0);
    setenv("NCURSES_NO_PADDING", "1", 0);
    term->screen = newterm(terminal_name(), term->memory, stdin);
    if (!term->screen)
        return false;
    set_term(term->screen);
    raw();
    noecho();
    nonl();
    typeahead(-1);
    leaveok(stdscr, FALSE);
    curs_set(0);
    term->depth = find_depth();
    term->input = newpad(1, 1);
    keypad(term->input, TRUE);
    nodelay(term->input, TRUE);
    meta(term->input, TRUE); /* else bytes of UTF-8 would lose a bit and become other keys */
    if (getenv("ESCDELAY") == NULL)
        set_escdelay(ESCAPE_MS);
    mouseinterval(0);
    term_keys_define();
    return has_string(tigetstr("cup"));
}

static void stop_curses(struct term *term, bool was_shown)
{
    if (!term->screen)
        return;
    endwin();
    if (was_shown)
        collect(term);
    if (term->input)
        delwin(term->input);
    delscreen(term->screen);
    term->screen = NULL;
}

struct term *term_open(const struct theme *theme, bool ascii, struct err *err)
{
    struct tty *tty = tty_open(err);

    if (!tty)
        return NULL;
    struct term *term = xcalloc(1, sizeof *term);
    term->tty = tty;
    term->theme = theme;
    term->ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    term->memory = open_memory();
    if (!term->memory || !start_curses(term)) {
        const char *name = getenv("TERM");
        err_set(err, ERR_USAGE,
                "the terminal '%.40s' (TERM) cannot place a cursor; `lockstep status` needs none",
                name ? name : "");
        stop_curses(term, false);
        term_close(term);
        return NULL;
    }
    int width, height;
    term_resize(term, &width, &height);
    tty_write(tty, paste_on, sizeof paste_on - 1);
    return term;
}

void term_close(struct term *term)
{
    if (!term)
        return;
    if (term->screen) {
        tty_write(term->tty, paste_off, sizeof paste_off - 1);
        stop_curses(term, true);
        tty_drain(term->tty, CLOSE_WAIT_MS);
    }
    if (term->memory)
        fclose(term->memory);
    tty_close(term->tty);
    free(term->front);
    free(term);
}

struct tty *term_tty(struct term *term)
{
    return term->tty;
}

bool term_is_ascii(const struct term *term)
{
    return term->ascii;
}

void term_copy(struct term *term, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char head[] = "\033]52;c;", tail[] = "\033\\";
    size_t len = strlen(text), n = 0;
    char *out = xcalloc(len + 3, 2);

    for (size_t i = 0; i < len; i += 3) {
        unsigned long three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < len ? (unsigned char)text[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            out[n++] = i + k <= len ? digits[three >> (18 - 6 * k) & 63] : '=';
    }
    tty_write(term->tty, head, sizeof head - 1);
    tty_write(term->tty, out, n);
    tty_write(term->tty, tail, sizeof tail - 1);
    free(out);
}

void term_set_mouse(struct term *term, bool on)
{
    mousemask(on ? BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
    collect(term);
}

void term_redraw(struct term *term)
{
    clearok(curscr, TRUE);
    free(term->front);
    term->front = NULL;
}

void term_theme_changed(struct term *term)
{
    term->pair_count = 0;
    term_redraw(term);
}

static bool same_color(const struct theme_color *a, const struct theme_color *b)
{
    return a->is_default == b->is_default && a->rgb == b->rgb && a->index_256 == b->index_256 &&
           a->index_16 == b->index_16;
}

void term_set_accent(struct term *term, const struct theme_color *accent)
{
    if (term->has_accent == (accent != NULL) && (!accent || same_color(&term->accent, accent)))
        return;
    term->has_accent = accent != NULL;
    if (accent)
        term->accent = *accent;
    for (int x = 0; term->front && x < term->width; x++)
        term->front[x] = (struct cell){0}; /* the title is drawn again */
}

void term_resize(struct term *term, int *width, int *height)
{
    tty_size(term->tty, width, height);
    term->width = *width;
    term->height = *height;
    resize_term(*height, *width);
    term_redraw(term);
}

/* Lazily, because small terminals have few; out of pairs means default colours. */
static short pair_of(struct term *term, int fg, int bg)
{
    if (term->depth == THEME_MONO || (fg == -1 && bg == -1))
        return 0;
    for (size_t i = 0; i < term->pair_count; i++)
        if (term->pairs[i].fg == fg && term->pairs[i].bg == bg)
            return term->pairs[i].number;
    if (term->pair_count == PAIRS_MAX)
        return 0;
    struct pair *pair = &term->pairs[term->pair_count];
    short number = (short)(term->pair_count + 1);
    *pair = (struct pair){fg, bg, init_extended_pair(number, fg, bg) == OK ? number : 0};
    term->pair_count++;
    return pair->number;
}

static attr_t attrs_of(unsigned attrs)
{
    static const struct {
        unsigned theme;
        attr_t curses;
    } row[] = {
        {THEME_BOLD, A_BOLD},       {THEME_DIM, A_DIM},       {THEME_UNDERLINE, A_UNDERLINE},
        {THEME_REVERSE, A_REVERSE}, {THEME_ITALIC, A_ITALIC},
    };
    attr_t out = A_NORMAL;

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        if (attrs & row[i].theme)
            out |= row[i].curses;
    return out;
}

static struct theme_pen pen_of(const struct term *term, const struct cell *cell)
{
    struct theme_pen pen = theme_pen(term->theme, (enum role)cell->role, term->depth);

    if (cell->role == ROLE_TITLE && term->has_accent) {
        const struct theme_color *ink = theme_accent_ink(term->theme, &term->accent);
        pen = theme_pen_of(&term->accent, ink, pen.attrs | THEME_REVERSE, term->depth);
    }
    if (cell->attrs & CELL_SELECTED) {
        struct theme_pen selected = theme_pen(term->theme, ROLE_SELECTED, term->depth);
        pen.fg = selected.fg >= 0 ? selected.fg : pen.fg;
        pen.bg = selected.bg >= 0 ? selected.bg : pen.bg;
        pen.attrs = (pen.attrs & ~(unsigned)THEME_DIM) | selected.attrs;
    }
    return pen;
}

static void put_cell(struct term *term, int y, int x, const struct cell *cell)
{
    wchar_t text[CCHARW_MAX + 1] = {0};
    size_t len = strlen(cell->bytes), n = 0;
    unsigned codepoint;
    cchar_t out;

    for (size_t at = 0; at < len && n < CCHARW_MAX;) {
        at += text_next(cell->bytes + at, len - at, &codepoint);
        text[n++] = (wchar_t)codepoint;
    }
    struct theme_pen pen = pen_of(term, cell);
    setcchar(&out, text, attrs_of(pen.attrs), pair_of(term, pen.fg, pen.bg), NULL);
    mvadd_wch(y, x, &out);
}

/* curses sets them once, for the height that terminfo says: below them some terminals delete and
 * insert nothing. */
static void set_margins(struct term *term)
{
    const char *csr = tigetstr("csr"), *save = tigetstr("sc"), *back = tigetstr("rc");
    char text[80];

    term->margins = term->height;
    if (!has_string(csr) || !has_string(save) || !has_string(back))
        return;
    int n = snprintf(text, sizeof text, "%s%s%s", save, tiparm(csr, 0, term->height - 1), back);
    tty_write(term->tty, text, (size_t)n);
}

void term_draw(struct term *term, const struct canvas *canvas)
{
    int width = canvas->width < term->width ? canvas->width : term->width;
    int height = canvas->height < term->height ? canvas->height : term->height;
    size_t count = (size_t)term->width * (size_t)term->height;

    if (!term->front) {
        term->front = xcalloc(count, sizeof *term->front);
        erase();
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const struct cell *cell = canvas->cells + (size_t)y * (size_t)canvas->width + x;
            struct cell *front = term->front + (size_t)y * (size_t)term->width + x;
            if (memcmp(front, cell, sizeof *cell) == 0)
                continue;
            *front = *cell;
            if (cell->bytes[0])
                put_cell(term, y, x, cell);
            else if (x > 0) /* its left half may look the same and still be overwritten */
                put_cell(term, y, x - 1, cell - 1);
        }
    if (canvas->cursor_y >= 0 && canvas->cursor_y < height && canvas->cursor_x >= 0 &&
        canvas->cursor_x < width)
        move(canvas->cursor_y, canvas->cursor_x);
    else
        move(0, 0);
    wnoutrefresh(stdscr);
    doupdate();
    collect(term);
    if (term->margins != term->height)
        set_margins(term);
}

size_t term_read_keys(struct term *term, struct term_key *keys, size_t max, bool *gone)
{
    size_t count = 0;
    bool any = false;
    int code;

    term_keys_begin(&term->keys);
    while (count < max && (code = wgetch(term->input)) != ERR) {
        any = true;
        count = term_keys_take(&term->keys, code, keys, count);
    }
    *gone = !any && tty_is_gone(term->tty);
    return count;
}

void term_suspend(struct term *term)
{
    tty_drop_output(term->tty);
    tty_write(term->tty, paste_off, sizeof paste_off - 1);
    endwin();
    collect(term);
    tty_drain(term->tty, CLOSE_WAIT_MS);
    tty_leave(term->tty);
    tty_stop(term->tty);
    tty_enter(term->tty);
    tty_drop_input(term->tty);
    tty_write(term->tty, paste_on, sizeof paste_on - 1);
    doupdate(); /* takes the screen again; what it paints is replaced by the next frame */
    collect(term);
    term_redraw(term);
}

void term_continue(struct term *term)
{
    tty_enter(term->tty);
    tty_drop_input(term->tty);
    tty_drop_output(term->tty);
    tty_write(term->tty, paste_on, sizeof paste_on - 1);
    endwin();
    doupdate();
    collect(term);
    term_redraw(term);
}
