/* script.c: see script.h. */
#include "script.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "keymap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r";

/* "12", "2.5", "0.125": at most three digits behind the point. */
static bool parse_seconds(const char *text, size_t len, int64_t *ms)
{
    int64_t value = 0, scale = 1000;
    bool point = false, digits = false;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || (point && scale == 1))
            return false;
        digits = true;
        value = value * 10 + (text[i] - '0');
        if (point)
            scale /= 10;
        if (value > (int64_t)SCRIPT_SECONDS_MAX * 1000)
            return false;
    }
    *ms = value * scale;
    return digits && *ms <= (int64_t)SCRIPT_SECONDS_MAX * 1000;
}

static bool parse_line(struct script *script, char *line, const char *where, struct err *err)
{
    char shown[64];
    struct script_press press;

    line += strspn(line, blanks);
    if (!*line || *line == '#')
        return true;
    size_t len = strcspn(line, blanks);
    if (!parse_seconds(line, len, &press.at_ms)) {
        text_clean_into(shown, sizeof shown, line, len);
        return err_set(err, ERR_CONFIG, "%s: '%s' is no time in seconds, like 2.5", where, shown);
    }
    if (script->count && press.at_ms < script->presses[script->count - 1].at_ms)
        return err_set(err, ERR_CONFIG, "%s: earlier than the line before", where);
    char *word = line + len + strspn(line + len, blanks);
    char *end = word + strcspn(word, blanks);
    if (end[strspn(end, blanks)])
        return err_set(err, ERR_CONFIG, "%s: one key a line, please", where);
    *end = '\0';
    press.key = keymap_parse_key(word);
    if (press.key == KEYCODE_NONE) {
        text_clean_into(shown, sizeof shown, word, strlen(word));
        return err_set(err, ERR_CONFIG,
                       "%s: there is no key '%s'; keys are like S, enter, ctrl-d, page-down, f1",
                       where, shown);
    }
    ARRAY_RESERVE(script->presses, script->cap, script->count + 1);
    script->presses[script->count++] = press;
    return true;
}

bool script_parse(struct script *script, const char *text, size_t len, const char *file,
                  struct err *err)
{
    char *copy = xstrndup(text, len), *end = copy + strlen(copy);
    bool ok = true;

    memset(script, 0, sizeof *script);
    if ((size_t)(end - copy) != len)
        ok = err_set(err, ERR_CONFIG, "%s: a NUL byte; this is not a script", file);
    int number = 0;
    for (char *line = copy, *next; ok && line < end; line = next) {
        char where[300], *newline = strchr(line, '\n');
        next = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0';
        snprintf(where, sizeof where, "%.250s:%d", file, ++number);
        ok = parse_line(script, line, where, err);
    }
    free(copy);
    if (!ok)
        script_release(script);
    return ok;
}

bool script_load(struct script *script, const char *path, struct err *err)
{
    size_t len = 0;
    char *text = file_read("the script", path, SCRIPT_FILE_MAX, &len, err);
    bool ok = text && script_parse(script, text, len, path, err);

    if (!text)
        memset(script, 0, sizeof *script);
    free(text);
    return ok;
}

void script_release(struct script *script)
{
    free(script->presses);
    memset(script, 0, sizeof *script);
}

int64_t script_due_ms(const struct script *script)
{
    return script->next < script->count ? script->presses[script->next].at_ms : -1;
}

int script_take(struct script *script, int64_t elapsed_ms)
{
    int64_t due = script_due_ms(script);

    if (due < 0 || elapsed_ms < due)
        return KEYCODE_NONE;
    return script->presses[script->next++].key;
}
