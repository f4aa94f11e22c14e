/* theme.c: the built-in theme, finding theme files, and picking what a terminal can show. */
#include "theme.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of themes/default.theme, which a test holds equal to this table. */
static const char *const default_style[ROLE_COUNT] = {
    [ROLE_TEXT] = "default",
    [ROLE_DIM] = "default dim",
    [ROLE_STRONG] = "default bold",
    [ROLE_TITLE] = "default reverse",
    [ROLE_TITLE_ARMED] = "red reverse bold",
    [ROLE_ALERT] = "red bold",
    [ROLE_HEADER] = "default underline",
    [ROLE_SELECTED] = "default reverse",
    [ROLE_MARKED] = "magenta bold",
    [ROLE_FAILED] = "red bold",
    [ROLE_STUCK] = "yellow bold",
    [ROLE_VIOLATED] = "red bold underline",
    [ROLE_UNDO] = "magenta bold",
    [ROLE_MOVING] = "cyan",
    [ROLE_HELD] = "yellow",
    [ROLE_OK] = "green",
    [ROLE_STALE] = "default dim underline",
    [ROLE_BAR_NEW] = "cyan",
    [ROLE_BAR_OLD] = "default dim",
    [ROLE_VERSION_LIVE] = "green",
    [ROLE_VERSION_NEW] = "cyan bold",
    [ROLE_GUARD_OK] = "green",
    [ROLE_GUARD_BLOCKED] = "red bold",
    [ROLE_KEY_HINT] = "default bold",
    [ROLE_KEY_LABEL] = "default",
    [ROLE_KEY_OFF] = "default dim",
    [ROLE_EVENT_TIME] = "default dim",
    [ROLE_BORDER] = "default dim",
    [ROLE_BORDER_FOCUS] = "cyan",
    [ROLE_DIALOG] = "default",
    [ROLE_DANGER] = "red reverse bold",
    [ROLE_INPUT] = "default underline",
    [ROLE_MATCH] = "black on yellow",
    [ROLE_CAPTION] = "cyan bold",
};

void theme_init_default(struct theme *theme)
{
    char bad[THEME_NAME_MAX];

    memset(theme, 0, sizeof *theme);
    snprintf(theme->name, sizeof theme->name, "default");
    for (int role = 0; role < ROLE_COUNT; role++) {
        bool ok = default_style[role] &&
                  theme_parse_style(theme, default_style[role], &theme->style[role], bad);
        assert(ok);
        (void)ok;
    }
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

struct theme_pen theme_pen(const struct theme *theme, enum role role, enum theme_depth depth)
{
    const struct theme_style *style = &theme->style[role];
    struct theme_pen pen = {pick(&style->fg, depth), pick(&style->bg, depth), style->attrs};

    if (depth == THEME_8 && !style->fg.is_default && style->fg.index_16 >= 8)
        pen.attrs |= THEME_BOLD;
    return pen;
}

static bool read_file(const char *path, char **text, size_t *len, struct err *err)
{
    FILE *f = fopen(path, "rbe");

    if (!f)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_CONFIG,
                       "The theme file %s cannot be opened: %s.", path, strerror(errno));
    *text = xcalloc(THEME_FILE_MAX + 1, 1);
    *len = fread(*text, 1, THEME_FILE_MAX + 1, f);
    bool bad = ferror(f) != 0;
    fclose(f);
    if (!bad && *len <= THEME_FILE_MAX)
        return true;
    free(*text);
    return bad ? err_set(err, ERR_CONFIG, "The theme file %s cannot be read.", path)
               : err_set(err, ERR_CONFIG, "The theme file %s is larger than %d bytes.", path,
                         THEME_FILE_MAX);
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

static bool load(struct theme *theme, const char *name, int depth, struct err *err);

static bool load_file(struct theme *theme, const char *path, int depth, struct err *err)
{
    char *text = NULL, base[THEME_NAME_MAX];
    size_t len = 0;

    if (!read_file(path, &text, &len, err))
        return false;
    bool ok = theme_parse_base(text, len, path, base, err);
    if (ok && base[0] && strcmp(base, "default") != 0)
        ok = depth < THEME_BASE_MAX
                 ? load(theme, base, depth + 1, err)
                 : err_set(err, ERR_CONFIG, "%s: more than %d themes rest on each other.", path,
                           THEME_BASE_MAX);
    ok = ok && theme_parse(theme, text, len, path, err);
    free(text);
    return ok;
}

static bool load(struct theme *theme, const char *name, int depth, struct err *err)
{
    char *path = find_theme(name);

    if (!path)
        return strcmp(name, "default") == 0 ||
               err_set(err, ERR_CONFIG,
                       "There is no theme '%s': give the path of a .theme file, or put %s.theme "
                       "into ~/.config/lockstep/themes.",
                       name, name);
    bool ok = load_file(theme, path, depth, err);
    free(path);
    return ok;
}

bool theme_load(struct theme *theme, const char *name_or_path, struct err *err)
{
    struct theme fresh;

    theme_init_default(&fresh);
    if (!load(&fresh, name_or_path, 1, err))
        return false;
    *theme = fresh;
    return true;
}
