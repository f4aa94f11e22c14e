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

/* The title of the contexts that a pattern names (* and ?; "@production" is every production
 * context). */
struct theme_accent {
    char pattern[64];
    struct theme_color color;
};

enum theme_variant { THEME_ANY, THEME_DARK, THEME_LIGHT };

enum theme_limit {
    THEME_NAME_MAX = 32,
    THEME_PALETTE_MAX = 64,
    THEME_FILE_MAX = 64 * 1024,
    THEME_BASE_MAX = 4, /* themes on top of each other */
    THEME_ACCENTS_MAX = 16,
    THEME_STYLE_MAX = 128, /* bytes of a role's line */
};

struct theme_entry {
    char name[THEME_NAME_MAX];
    struct theme_color color;
};

struct theme {
    char name[THEME_NAME_MAX], base[THEME_NAME_MAX]; /* base "": none */
    enum theme_variant variant;
    struct theme_style style[ROLE_COUNT];
    char style_text[ROLE_COUNT]
                   [THEME_STYLE_MAX]; /* as written: a palette on top changes them, too */
    struct theme_entry palette[THEME_PALETTE_MAX];
    size_t palette_count;
    struct theme_accent accent[THEME_ACCENTS_MAX]; /* the first that matches counts */
    size_t accent_count;
    char glyph_utf8[GLYPH_COUNT][8], glyph_ascii[GLYPH_COUNT][2]; /* "": the built-in one */
};

/* What the terminal is told for one role: values for the depth, -1 the terminal's own. */
struct theme_pen {
    int fg, bg;
    unsigned attrs;
};

/* Themes that are part of the program: the files of themes/, made into text by the Makefile. */
struct theme_text {
    const char *name, *text;
};
extern const struct theme_text theme_built_in[];
extern const size_t theme_built_in_count;

/* The theme "default": the terminal's own colours only, safe with eight. */
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

/* "auto": "paper" or "dusk", as COLORFGBG tells what the terminal's background is, else "default";
 * any other name is itself. */
const char *theme_resolve(const char *name);

/* A path (it has a "/" or ends in ".theme"), or a name that is looked up in
 * $XDG_CONFIG_HOME/lockstep/themes, $XDG_DATA_HOME/…, each of $XDG_DATA_DIRS, then among those that
 * are built in; or "auto". */
bool theme_load(struct theme *theme, const char *name_or_path, struct err *err);

/* The accent of a context; NULL: none, the title is as the role says. */
const struct theme_color *theme_accent(const struct theme *theme, const char *context,
                                       bool production);

/* What is written on a title of that colour: of text's two colours the one that is told apart
 * better; the terminal's own where text has those. */
const struct theme_color *theme_accent_ink(const struct theme *theme,
                                           const struct theme_color *accent);

/* Files of themes, for whoever wants to know when one changes: `name_or_path` and what it rests on,
 * at most THEME_BASE_MAX + 1, each yours to free; none for what is built in. */
size_t theme_files(const char *name_or_path, char *paths[THEME_BASE_MAX + 1]);

/* In text "default" is the terminal's own colour, in every other role it is text's; but
 * row.selected lies over other roles, and there it is theirs (-1). */
/* The same for two colours. */
struct theme_pen theme_pen_of(const struct theme_color *fg, const struct theme_color *bg,
                              unsigned attrs, enum theme_depth depth);
struct theme_pen theme_pen(const struct theme *theme, enum role role, enum theme_depth depth);

#endif
