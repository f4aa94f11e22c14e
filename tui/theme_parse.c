/* theme_parse.c: reads .theme files, an INI-like format:
 *
 *   [palette]   night = #1b1d23 / 234 / black     truecolour / 256 / 16-colour name
 *   [roles]     alert = red on night bold         colour [on colour] [attributes]
 *   [glyphs]    failed = ✗ / x                    one cell; second one for ASCII mode
 *   [contexts]  prod-* = red                      the title's colour there
 *
 * "#" starts a comment at a line's start or after a blank, unless six hexadecimal digits
 * follow or a value is due. */
#include "theme.h"

#include "base/mem.h"
#include "base/text.h"
#include "theme_color.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum section {
    SECTION_NONE,
    SECTION_THEME,
    SECTION_PALETTE,
    SECTION_ROLES,
    SECTION_GLYPHS,
    SECTION_CONTEXTS
};

static const char *const section_word[] = {
    [SECTION_NONE] = "",       [SECTION_THEME] = "theme",   [SECTION_PALETTE] = "palette",
    [SECTION_ROLES] = "roles", [SECTION_GLYPHS] = "glyphs", [SECTION_CONTEXTS] = "contexts",
};

static const struct {
    const char *word;
    unsigned attr;
} attr_word[] = {
    {"bold", THEME_BOLD},       {"dim", THEME_DIM},       {"underline", THEME_UNDERLINE},
    {"reverse", THEME_REVERSE}, {"italic", THEME_ITALIC},
};

static const char *const glyph_name[GLYPH_COUNT] = {
#define X(name, utf8, ascii) [GLYPH_##name] = #name,
    GLYPHS(X)
#undef X
};

struct parser {
    struct theme theme;
    const char *file;
    int line;
    enum section section;
    int role_line[ROLE_COUNT], glyph_line[GLYPH_COUNT], palette_line[THEME_PALETTE_MAX];
    size_t accents; /* of this file; they come before those of its base */
    struct err *err;
};

/* Says what is wrong with which word, at file:line. */
static bool complain(struct parser *parser, const char *what, const char *word)
{
    char shown[80];

    text_clean_into(shown, sizeof shown, word, strlen(word));
    return err_set(parser->err, ERR_CONFIG, "%s:%d: %s '%s'", parser->file, parser->line, what,
                   shown);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

static bool parse_hex(const char *text, uint32_t *rgb)
{
    if (text[0] != '#')
        return false;
    for (int i = 1; i <= 6; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    if (isalnum((unsigned char)text[7]))
        return false;
    char digits[7];
    memcpy(digits, text + 1, 6);
    digits[6] = '\0';
    *rgb = (uint32_t)strtoul(digits, NULL, 16);
    return true;
}

static bool parse_index(const char *text, uint8_t *index)
{
    unsigned n = 0;

    if (!*text || strlen(text) > 3)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        n = n * 10 + (unsigned)(*text - '0');
    }
    *index = (uint8_t)n;
    return n < 256;
}

/* "#rrggbb / INDEX / NAME", at least one of them; what is missing is derived. */
static bool parse_color(char *text, struct theme_color *color, char **bad)
{
    bool has_rgb = false, has_256 = false, has_16 = false;

    memset(color, 0, sizeof *color);
    for (char *next = text; next;) {
        char *word = next;
        next = strchr(word, '/');
        if (next)
            *next++ = '\0';
        word = *bad = trim(word);
        if (!has_rgb && parse_hex(word, &color->rgb) && strlen(word) == 7)
            has_rgb = true;
        else if (!has_256 && parse_index(word, &color->index_256))
            has_256 = true;
        else if (!has_16 && theme_word_16(word, &color->index_16))
            has_16 = true;
        else if (!color->is_default && strcmp(word, "default") == 0)
            color->is_default = true;
        else
            return false;
    }
    if (!has_rgb)
        color->rgb = theme_rgb_256(has_256 ? color->index_256 : color->index_16);
    if (!has_256)
        color->index_256 = has_rgb ? theme_nearest_256(color->rgb) : color->index_16;
    if (!has_16)
        color->index_16 = theme_nearest_16(color->rgb);
    return true;
}

static bool find_color(const struct theme *theme, char *word, struct theme_color *color)
{
    char *bad;

    for (size_t i = 0; i < theme->palette_count; i++)
        if (strcmp(word, theme->palette[i].name) == 0) {
            *color = theme->palette[i].color;
            return true;
        }
    return parse_color(word, color, &bad);
}

static bool find_attr(const char *word, uint8_t *attrs)
{
    for (size_t i = 0; i < ARRAY_LEN(attr_word); i++)
        if (strcmp(word, attr_word[i].word) == 0) {
            *attrs = (uint8_t)(*attrs | attr_word[i].attr);
            return true;
        }
    return false;
}

bool theme_parse_style(const struct theme *theme, const char *text, struct theme_style *style,
                       char bad[THEME_NAME_MAX])
{
    enum { WANT_FG, WANT_ON, WANT_BG, WANT_ATTR } want = WANT_FG;

    memset(style, 0, sizeof *style);
    style->fg.is_default = style->bg.is_default = true;
    bad[0] = '\0';
    for (;;) {
        text += strspn(text, " \t");
        size_t len = strcspn(text, " \t");
        if (len == 0)
            return want != WANT_BG && want != WANT_FG;
        size_t keep = len < THEME_NAME_MAX ? len : THEME_NAME_MAX - 1;
        char word[THEME_NAME_MAX];
        memcpy(word, text, keep);
        word[keep] = '\0';
        memcpy(bad, word, keep + 1);
        if (len != keep)
            return false;
        text += len;
        if (want == WANT_ON && strcmp(word, "on") == 0)
            want = WANT_BG;
        else if (want != WANT_BG && find_attr(word, &style->attrs))
            want = WANT_ATTR;
        else if (want == WANT_FG && find_color(theme, word, &style->fg))
            want = WANT_ON;
        else if (want == WANT_BG && find_color(theme, word, &style->bg))
            want = WANT_ATTR;
        else
            return false;
    }
}

static bool is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

    return len > 0 && len < THEME_NAME_MAX && text[len] == '\0';
}

static bool set_theme(struct parser *parser, const char *key, const char *value)
{
    char *name = strcmp(key, "name") == 0   ? parser->theme.name
                 : strcmp(key, "base") == 0 ? parser->theme.base
                                            : NULL;

    if (name) {
        if (!is_name(value))
            return complain(parser, "a theme's name is a-z, 0-9, '-', '.' and '_', not", value);
        memcpy(name, value, strlen(value) + 1);
        return true;
    }
    if (strcmp(key, "format") == 0)
        return strcmp(value, "1") == 0 ||
               complain(parser, "this version reads format 1, not", value);
    if (strcmp(key, "variant") == 0) {
        bool dark = strcmp(value, "dark") == 0;
        parser->theme.variant = dark ? THEME_DARK : THEME_LIGHT;
        return dark || strcmp(value, "light") == 0 ||
               complain(parser, "a variant is dark or light, not", value);
    }
    return strcmp(key, "author") == 0 || complain(parser, "unknown key", key);
}

static bool set_palette(struct parser *parser, const char *key, char *value)
{
    struct theme *theme = &parser->theme;
    size_t i = 0;
    char *bad = value;

    if (!is_name(key))
        return complain(parser, "a colour's name is a-z, 0-9, '-', '.' and '_', not", key);
    while (i < theme->palette_count && strcmp(theme->palette[i].name, key) != 0)
        i++;
    if (i == THEME_PALETTE_MAX)
        return complain(parser, "more than 64 colours; too many is", key);
    if (parser->palette_line[i])
        return complain(parser, "given twice: colour", key);
    if (!parse_color(value, &theme->palette[i].color, &bad))
        return complain(parser, "unknown colour", bad);
    memcpy(theme->palette[i].name, key, strlen(key) + 1);
    if (i == theme->palette_count)
        theme->palette_count++;
    parser->palette_line[i] = parser->line;
    return true;
}

static bool set_role(struct parser *parser, const char *key, const char *value)
{
    char bad[THEME_NAME_MAX];

    for (int role = 0; role < ROLE_COUNT; role++) {
        if (strcmp(key, role_word[role]) != 0)
            continue;
        if (parser->role_line[role])
            return complain(parser, "given twice: role", key);
        parser->role_line[role] = parser->line;
        struct theme_style style;
        if (strlen(value) >= THEME_STYLE_MAX)
            return complain(parser, "too long for a role:", value);
        if (!theme_parse_style(&parser->theme, value, &style, bad))
            return complain(parser,
                            bad[0] ? "not a colour or attribute (or not here)" : "no colour for",
                            bad[0] ? bad : key);
        parser->theme.style[role] = style;
        memcpy(parser->theme.style_text[role], value, strlen(value) + 1);
        return true;
    }
    return complain(parser, "unknown role", key);
}

/* "stuck", "dot-old": the enum's words in lower case. */
static int find_glyph(const char *key)
{
    for (int g = 0; g < GLYPH_COUNT; g++) {
        const char *name = glyph_name[g];
        size_t i = 0;
        while (name[i] && key[i] == (name[i] == '_' ? '-' : tolower((unsigned char)name[i])))
            i++;
        if (!name[i] && !key[i])
            return g;
    }
    return -1;
}

static bool is_one_cell(const char *text, size_t max)
{
    unsigned codepoint;
    size_t len = strlen(text);

    return len > 0 && len < max && text_next(text, len, &codepoint) == len && codepoint > 0x20 &&
           text_is_clean(text) && text_codepoint_width(codepoint) == 1;
}

static bool set_glyph(struct parser *parser, const char *key, char *value)
{
    int glyph = find_glyph(key);

    if (glyph < 0)
        return complain(parser, "unknown glyph", key);
    if (parser->glyph_line[glyph])
        return complain(parser, "given twice: glyph", key);
    parser->glyph_line[glyph] = parser->line;
    char *utf8 = parser->theme.glyph_utf8[glyph], *ascii = parser->theme.glyph_ascii[glyph];
    char *slash = strstr(value, " / ");
    if (slash) {
        *slash = '\0';
        const char *twin = trim(slash + 3);
        if (strlen(twin) != 1 || !is_one_cell(twin, 2) || (unsigned char)*twin >= 0x7f)
            return complain(parser, "not one ASCII character:", twin);
        memcpy(ascii, twin, 2);
    }
    value = trim(value);
    if (!is_one_cell(value, 8))
        return complain(parser, "not one character of one cell:", value);
    memcpy(utf8, value, strlen(value) + 1);
    return true;
}

static bool set_context(struct parser *parser, const char *pattern, char *value)
{
    struct theme *theme = &parser->theme;
    struct theme_accent *accent = &theme->accent[parser->accents];

    if (!*pattern || strlen(pattern) >= sizeof accent->pattern || !text_is_clean(pattern))
        return complain(parser, "not a pattern of context names:", pattern);
    if (parser->accents == THEME_ACCENTS_MAX)
        return complain(parser, "more than 16 contexts; too many is", pattern);
    struct theme_accent fresh;
    memcpy(fresh.pattern, pattern, strlen(pattern) + 1);
    if (!find_color(theme, value, &fresh.color) || fresh.color.is_default)
        return complain(parser, "unknown colour", value);
    if (theme->accent_count == THEME_ACCENTS_MAX)
        theme->accent_count--;
    memmove(accent + 1, accent, (theme->accent_count - parser->accents) * sizeof *accent);
    *accent = fresh;
    theme->accent_count++;
    parser->accents++;
    return true;
}

static bool set_section(struct parser *parser, char *text)
{
    size_t len = strlen(text);

    if (text[len - 1] != ']')
        return complain(parser, "a section ends in ']', unlike", text);
    text[len - 1] = '\0';
    for (size_t i = 1; i < ARRAY_LEN(section_word); i++)
        if (strcmp(trim(text + 1), section_word[i]) == 0) {
            parser->section = (enum section)i;
            return true;
        }
    return complain(parser, "unknown section", text + 1);
}

/* Where a value is due ("bar = # / #"), "#" is the value. */
static void cut_comment(char *line)
{
    uint32_t rgb;
    char last = '\0'; /* that is not blank */

    for (char *p = line; *p; p++) {
        bool starts = *p == '#' && (p == line || isspace((unsigned char)p[-1]));
        if (starts && last != '=' && last != '/' && !parse_hex(p, &rgb)) {
            *p = '\0';
            return;
        }
        if (!isspace((unsigned char)*p))
            last = *p;
    }
}

static bool parse_line(struct parser *parser, char *line)
{
    cut_comment(line);
    line = trim(line);
    if (!*line)
        return true;
    if (*line == '[')
        return set_section(parser, line);
    char *value = strchr(line, '=');
    if (!value)
        return complain(parser, "expected 'key = value', found", line);
    *value++ = '\0';
    char *key = trim(line);
    value = trim(value);
    switch (parser->section) {
    case SECTION_NONE:
        return complain(parser, "before the first [section]:", key);
    case SECTION_THEME:
        return set_theme(parser, key, value);
    case SECTION_PALETTE:
        return set_palette(parser, key, value);
    case SECTION_ROLES:
        return set_role(parser, key, value);
    case SECTION_GLYPHS:
        return set_glyph(parser, key, value);
    case SECTION_CONTEXTS:
        return set_context(parser, key, value);
    }
    return false;
}

/* Until the end, or only as far as [theme] goes. */
static bool parse_text(struct parser *parser, const char *text, size_t len, bool only_theme)
{
    char *copy = xstrndup(text, len), *end = copy + strlen(copy);
    bool ok = true;

    if ((size_t)(end - copy) != len)
        ok = err_set(parser->err, ERR_CONFIG, "%s: a NUL byte; this is not a theme file",
                     parser->file);
    for (char *line = copy, *next; ok && line < end; line = next) {
        char *newline = strchr(line, '\n');
        next = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0';
        parser->line++;
        ok = parse_line(parser, line);
        if (only_theme && parser->section > SECTION_THEME)
            break;
    }
    free(copy);
    return ok;
}

bool theme_parse(struct theme *theme, const char *text, size_t len, const char *file,
                 struct err *err)
{
    struct parser parser = {.theme = *theme, .file = file, .err = err};

    parser.theme.base[0] = '\0';
    if (!parse_text(&parser, text, len, false))
        return false;
    for (int role = 0; role < ROLE_COUNT; role++) {
        char bad[THEME_NAME_MAX];
        bool ok = theme_parse_style(&parser.theme, parser.theme.style_text[role],
                                    &parser.theme.style[role], bad);
        assert(ok || !parser.theme.style_text[role][0]);
    }
    *theme = parser.theme;
    return true;
}

bool theme_parse_base(const char *text, size_t len, const char *file, char base[THEME_NAME_MAX],
                      struct err *err)
{
    struct parser parser = {.file = file, .err = err};

    if (!parse_text(&parser, text, len, true))
        return false;
    memcpy(base, parser.theme.base, THEME_NAME_MAX);
    return true;
}
