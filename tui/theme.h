/* theme.h: turns roles into colours and attributes, for terminals of any depth.
 *
 * A colour carries a value for every depth; the ones a theme file leaves out are
 * derived when it is parsed, so that drawing only picks. Without colours (monochrome
 * terminals, NO_COLOR) only the attributes are left, and they must be enough. */
#ifndef LOCKSTEP_TUI_THEME_H
#define LOCKSTEP_TUI_THEME_H

#include "canvas.h"

#include <stdint.h>

enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_TRUE };

enum theme_attr {
    THEME_BOLD = 1,
    THEME_DIM = 2,
    THEME_UNDERLINE = 4,
    THEME_REVERSE = 8,
    THEME_ITALIC = 16,
};

struct theme_color {
    bool is_default;   /* the terminal's own */
    uint32_t rgb;      /* 0xRRGGBB */
    uint8_t index_256; /* 0-15 only when the theme names one of the sixteen */
    uint8_t index_16;  /* 0-7 and their bright ones 8-15 */
};

struct theme_style {
    struct theme_color fg, bg;
    uint8_t attrs; /* enum theme_attr */
};

enum theme_limit {
    THEME_NAME_MAX = 32,
    THEME_PALETTE_MAX = 64,
    THEME_FILE_MAX = 64 * 1024,
    THEME_BASE_MAX = 4, /* themes on top of each other */
};

struct theme_entry {
    char name[THEME_NAME_MAX];
    struct theme_color color;
};

struct theme {
    char name[THEME_NAME_MAX], base[THEME_NAME_MAX]; /* base "": none */
    struct theme_style style[ROLE_COUNT];
    struct theme_entry palette[THEME_PALETTE_MAX];
    size_t palette_count;
    char glyph_utf8[GLYPH_COUNT][8], glyph_ascii[GLYPH_COUNT][2]; /* "": the built-in one */
};

/* What the terminal is told for one role: values for the depth, -1 the terminal's own. */
struct theme_pen {
    int fg, bg;
    unsigned attrs;
};

/* The built-in one: the terminal's own colours only, safe with eight. */
void theme_init_default(struct theme *theme);

/* One style as a role's line has it: "red on default bold". False: `bad` is the word it was. */
bool theme_parse_style(const struct theme *theme, const char *text, struct theme_style *style,
                       char bad[THEME_NAME_MAX]);

/* Reads the text of a theme file over what *theme holds (its base). On error, which
 * says "file:line: what", *theme is as it was. `file` is for messages only. */
bool theme_parse(struct theme *theme, const char *text, size_t len, const char *file,
                 struct err *err);

/* Only the name of the theme it rests on, which is read first; "" for the built-in one. */
bool theme_parse_base(const char *text, size_t len, const char *file, char base[THEME_NAME_MAX],
                      struct err *err);

/* A path (it has a "/" or ends in ".theme"), or a name that is looked up in
 * $XDG_CONFIG_HOME/lockstep/themes, $XDG_DATA_HOME/…, each of $XDG_DATA_DIRS, then built in. */
bool theme_load(struct theme *theme, const char *name_or_path, struct err *err);

struct theme_pen theme_pen(const struct theme *theme, enum role role, enum theme_depth depth);

#endif
