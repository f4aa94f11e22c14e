/* keymap_file.c: keys of one's own: lines "KEY = command". */
#include "keymap.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/near.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_CTRL_C = 3 };

static const char blanks[] = " \t\r", hint[] = "keys are like S, enter, ctrl-d, page-down, f1";

static bool may_act(int key)
{
    return (key >= 'A' && key <= 'Z') || (key >= KEYCODE_F1 && key <= KEYCODE_F12);
}

/* False and an error; COMMAND_NONE is "none". */
static bool find_command(const char *word, const char *where, enum command *command,
                         struct err *err)
{
    const char *words[COMMAND_COUNT];
    char near[NEAR_TEXT], shown[64];

    words[COMMAND_NONE] = "none";
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        words[c] = command_info[c].word;
    for (int c = 0; c < COMMAND_COUNT; c++)
        if (strcmp(words[c], word) == 0) {
            *command = (enum command)c;
            return true;
        }
    text_clean_into(shown, sizeof shown, word, strlen(word));
    near_suggest(shown, words, COMMAND_COUNT, near);
    return err_set(err, ERR_CONFIG,
                   "%s: there is no command '%s'.%s The help (?) names them all, and `none` "
                   "unbinds",
                   where, shown, near);
}

static bool bind(struct keymap *keymap, const struct keymap_binding *line, const char *where,
                 struct err *err)
{
    struct keymap_binding *binding = keymap->binding;
    size_t at = 0;

    while (at < keymap->count && binding[at].key != line->key)
        at++;
    if (at < keymap->count && binding[at].line)
        return err_set(err, ERR_CONFIG, "%s: %s is bound on line %d already", where, line->word,
                       binding[at].line);
    if (at == KEYMAP_BINDINGS_MAX)
        return err_set(err, ERR_CONFIG, "%s: more keys than a keyboard has", where);
    enum command before = at < keymap->count ? binding[at].command : COMMAND_NONE;
    binding[at] = *line;
    binding[at].before = before;
    keymap->count += at == keymap->count;
    return true;
}

/* One that is not `=`, up to a blank or `=`; `=` itself is a key, too. */
static char *take_key(char **at)
{
    char *word = *at;
    size_t len = word[0] == '=' ? 1 : strcspn(word, " \t\r=");
    char *rest = word + len + strspn(word + len, blanks);

    if (*rest != '=')
        return NULL;
    *at = rest + 1 + strspn(rest + 1, blanks);
    word[len] = '\0';
    return word;
}

static bool parse_line(struct keymap *keymap, char *line, int number, const char *where,
                       struct err *err)
{
    struct keymap_binding made = {.line = number};
    char shown[64];

    line += strspn(line, blanks);
    if (!*line || *line == '#')
        return true;
    char *at = line, *word = take_key(&at);
    if (!word) {
        text_clean_into(shown, sizeof shown, line, strlen(line));
        return err_set(err, ERR_CONFIG, "%s: '%s' is not like `S = step`", where, shown);
    }
    char *end = at + strcspn(at, " \t\r"), *rest = end + strspn(end, blanks);
    bool more = *rest && *rest != '#';
    *end = '\0';
    text_clean_into(shown, sizeof shown, word, strlen(word));
    made.key = keymap_parse_key(word);
    if (made.key == KEYCODE_NONE || strlen(word) >= sizeof made.word)
        return err_set(err, ERR_CONFIG, "%s: there is no key '%s'; %s", where, shown, hint);
    keymap_key_word(made.key, made.word); /* ctrl-m is enter */
    if (!made.word[0])
        snprintf(made.word, sizeof made.word, "%s", word);
    if (!find_command(at, where, &made.command, err))
        return false;
    if (more)
        return err_set(err, ERR_CONFIG, "%s: one command a line, please", where);
    if (made.key == KEY_CTRL_C)
        return err_set(err, ERR_CONFIG, "%s: ctrl-c always cancels, and quits when pressed twice",
                       where);
    if (command_acts(made.command) && !may_act(made.key))
        return err_set(err, ERR_CONFIG,
                       "%s: %s may not act: lower case looks, upper case acts; bind `%s` to one of "
                       "A to Z or f1 to f12",
                       where, made.word, command_info[made.command].word);
    return bind(keymap, &made, where, err);
}

static bool is_bound(const struct keymap *keymap, enum command command)
{
    return command == COMMAND_NONE || keymap_find_key(keymap, command) != KEYCODE_NONE;
}

/* Nobody is to find out at 3 a.m. that a key does something else and another thing has none. */
static bool check_lost(const struct keymap *keymap, const char *file, struct err *err)
{
    for (size_t i = 0; i < keymap->count; i++) {
        const struct keymap_binding *binding = &keymap->binding[i];
        if (!binding->line || !binding->command || is_bound(keymap, binding->before))
            continue;
        const char *lost = command_info[binding->before].word;
        return err_set(err, ERR_CONFIG,
                       "%.250s:%d: %s is `%s`, which has no other key; give it one with a line "
                       "`KEY = %s`",
                       file, binding->line, binding->word, lost, lost);
    }
    return true;
}

bool keymap_parse(struct keymap *keymap, const char *text, size_t len, const char *file,
                  struct err *err)
{
    char *copy = xstrndup(text, len), *end = copy + strlen(copy);
    struct keymap made = *keymap;
    bool ok = true;

    if ((size_t)(end - copy) != len)
        ok = err_set(err, ERR_CONFIG, "%s: a NUL byte; this is no file of keys", file);
    int number = 0;
    for (char *line = copy, *next; ok && line < end; line = next) {
        char where[300], *newline = strchr(line, '\n');
        next = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0';
        snprintf(where, sizeof where, "%.250s:%d", file, ++number);
        ok = parse_line(&made, line, number, where, err);
    }
    free(copy);
    if (!ok || !check_lost(&made, file, err))
        return false;
    *keymap = made;
    return true;
}

static char *usual_path(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (config && config[0] == '/')
        return xasprintf("%s/lockstep/keys.conf", config);
    return home && home[0] == '/' ? xasprintf("%s/.config/lockstep/keys.conf", home) : NULL;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool keymap_load(struct keymap *keymap, const char *path, struct err *err)
{
    char *usual = path ? NULL : usual_path();
    const char *file = path ? path : usual;
    size_t len = 0;
    bool ok = true;

    if (path || (usual && is_there(usual))) {
        char *text = file_read("the keys", file, KEYMAP_FILE_MAX, &len, err);
        ok = text && keymap_parse(keymap, text, len, file, err);
        free(text);
    }
    free(usual);
    return ok;
}
