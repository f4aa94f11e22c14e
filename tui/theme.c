/* theme.c: the built-in theme, finding theme files, and picking what a terminal can show. */
#include "theme.h"

#include "base/file.h"
#include "base/mem.h"
#include "theme_color.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *built_in_text(const char *name)
{
    for (size_t i = 0; i < theme_built_in_count; i++)
        if (strcmp(theme_built_in[i].name, name) == 0)
            return theme_built_in[i].text;
    return NULL;
}

void theme_init_default(struct theme *theme)
{
    const char *text = built_in_text("default");
    struct err err = {0};

    memset(theme, 0, sizeof *theme);
    bool ok = text && theme_parse(theme, text, strlen(text), "default.theme", &err);
    assert(ok);
    (void)ok;
}

static int pick(const struct theme_color *color, enum theme_depth depth)
{
    if (color->is_default)
        return -1;
    switch (depth) {
    case THEME_MONO:
        return -1;
    case THEME_8:
        return color->index_16 & 7;
    case THEME_16:
        return color->index_16;
    case THEME_256:
        return color->index_256;
    case THEME_TRUE:
        break;
    }
    /* Small values mean the first colours of the palette on terminals with direct colour. */
    if (color->index_256 < 8)
        return color->index_256;
    return color->rgb < 8 ? 8 : (int)color->rgb;
}

struct theme_pen theme_pen_of(const struct theme_color *fg, const struct theme_color *bg,
                              unsigned attrs, enum theme_depth depth)
{
    struct theme_pen pen = {pick(fg, depth), pick(bg, depth), attrs};

    if (depth == THEME_8 && !fg->is_default && fg->index_16 >= 8)
        pen.attrs |= THEME_BOLD;
    return pen;
}

struct theme_pen theme_pen(const struct theme *theme, enum role role, enum theme_depth depth)
{
    const struct theme_style *style = &theme->style[role], *text = &theme->style[ROLE_TEXT];
    bool overlay = role == ROLE_SELECTED;
    const struct theme_color *fg = style->fg.is_default && !overlay ? &text->fg : &style->fg;
    const struct theme_color *bg = style->bg.is_default && !overlay ? &text->bg : &style->bg;

    return theme_pen_of(fg, bg, style->attrs, depth);
}

const struct theme_color *theme_accent(const struct theme *theme, const char *context,
                                       bool production)
{
    for (size_t i = 0; i < theme->accent_count; i++) {
        const struct theme_accent *accent = &theme->accent[i];
        if (strcmp(accent->pattern, "@production") == 0 ? production
                                                        : fnmatch(accent->pattern, context, 0) == 0)
            return &accent->color;
    }
    return NULL;
}

const struct theme_color *theme_accent_ink(const struct theme *theme,
                                           const struct theme_color *accent)
{
    const struct theme_style *text = &theme->style[ROLE_TEXT];

    if (text->fg.is_default || text->bg.is_default)
        return &text->bg;
    return theme_contrast(accent->rgb, text->fg.rgb) > theme_contrast(accent->rgb, text->bg.rgb)
               ? &text->fg
               : &text->bg;
}

static bool exists(const char *path)
{
    FILE *f = fopen(path, "rbe");

    if (f)
        fclose(f);
    return f != NULL;
}

/* "DIR[:DIR…]" of the variable, else of the fallback (under $HOME when it is not absolute). */
static char *find_in(const char *variable, const char *fallback, const char *name)
{
    const char *dirs = getenv(variable), *home = getenv("HOME");
    char *rest = NULL, *found = NULL;

    if (dirs && *dirs)
        rest = xstrdup(dirs);
    else if (fallback[0] == '/')
        rest = xstrdup(fallback);
    else if (home)
        rest = xasprintf("%s/%s", home, fallback);
    for (char *dir = rest, *next; dir && !found; dir = next) {
        next = strchr(dir, ':');
        if (next)
            *next++ = '\0';
        char *path = xasprintf("%s/lockstep/themes/%s.theme", dir, name);
        if (dir[0] == '/' && exists(path))
            found = path;
        else
            free(path);
    }
    free(rest);
    return found;
}

/* The file of a theme; NULL when it is the built-in one or none. */
static char *find_theme(const char *name)
{
    size_t len = strlen(name);

    if (strchr(name, '/') || (len > 6 && strcmp(name + len - 6, ".theme") == 0))
        return xstrdup(name);
    char *path = find_in("XDG_CONFIG_HOME", ".config", name);
    if (!path)
        path = find_in("XDG_DATA_HOME", ".local/share", name);
    if (!path)
        path = find_in("XDG_DATA_DIRS", "/usr/local/share:/usr/share", name);
    return path;
}

/* The text of a theme: of its file, or what is built in. `shown` is its file for messages. */
static bool read_theme(const char *name, char **text, size_t *len, char **shown, struct err *err)
{
    char *path = find_theme(name);
    const char *built_in = path ? NULL : built_in_text(name);

    *text = NULL;
    *shown = path ? path : xasprintf("%s.theme", name);
    if (path) {
        *text = file_read("the theme", path, THEME_FILE_MAX, len, err);
        return *text != NULL;
    }
    if (!built_in)
        return err_set(err, ERR_CONFIG,
                       "There is no theme '%s': give the path of a .theme file, or put %s.theme "
                       "into ~/.config/lockstep/themes; `lockstep theme list` names those there "
                       "are.",
                       name, name);
    *text = xstrdup(built_in);
    *len = strlen(built_in);
    return true;
}

static bool load(struct theme *theme, const char *name, int depth, struct err *err)
{
    char *text, *shown, base[THEME_NAME_MAX];
    size_t len;
    bool ok =
        read_theme(name, &text, &len, &shown, err) && theme_parse_base(text, len, shown, base, err);

    if (ok && base[0] && strcmp(base, "default") != 0)
        ok = depth < THEME_BASE_MAX
                 ? load(theme, base, depth + 1, err)
                 : err_set(err, ERR_CONFIG, "%s: more than %d themes rest on each other.", shown,
                           THEME_BASE_MAX);
    ok = ok && theme_parse(theme, text, len, shown, err);
    free(text);
    free(shown);
    return ok;
}

/* "15;0", or "15;default;0": what is last is the background, one of the sixteen. */
const char *theme_resolve(const char *name)
{
    const char *colors = getenv("COLORFGBG"), *last = colors ? strrchr(colors, ';') : NULL;
    size_t digits = last ? strspn(last + 1, "0123456789") : 0;

    if (strcmp(name, "auto") != 0)
        return name;
    if (digits < 1 || digits > 2 || last[1 + digits])
        return "default";
    int ground = last[1] - '0';
    if (digits == 2)
        ground = ground * 10 + last[2] - '0';
    if (ground > 15)
        return "default";
    return ground == 7 || ground > 8 ? "paper" : "dusk";
}

bool theme_load(struct theme *theme, const char *name_or_path, struct err *err)
{
    struct theme fresh;

    theme_init_default(&fresh);
    if (!load(&fresh, theme_resolve(name_or_path), 1, err))
        return false;
    *theme = fresh;
    return true;
}

size_t theme_files(const char *name_or_path, char *paths[THEME_BASE_MAX + 1])
{
    char name[4096], base[THEME_NAME_MAX] = "";
    size_t count = 0;

    for (snprintf(name, sizeof name, "%s", theme_resolve(name_or_path));
         name[0] && count <= THEME_BASE_MAX; snprintf(name, sizeof name, "%s", base)) {
        char *text, *shown;
        size_t len;
        struct err err = {0};
        char *path = find_theme(name);
        bool ok = read_theme(name, &text, &len, &shown, &err) &&
                  theme_parse_base(text, len, shown, base, &err);
        if (path)
            paths[count++] = path;
        free(text);
        free(shown);
        if (!ok)
            break;
    }
    return count;
}
