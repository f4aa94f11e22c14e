/* selector.c: see selector.h. */
#include "health/selector.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Blanks and comments. */
static const char *skip_blanks(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n");
        if (*at != '#')
            return at;
        at += strcspn(at, "\n");
    }
}

/* Behind the string that begins here; NULL where it does not end. */
static const char *skip_string(const char *at)
{
    const char quote = *at++;

    while (*at && *at != quote) {
        if (*at == '\\' && quote != '`' && at[1])
            at++;
        at++;
    }
    return *at ? at + 1 : NULL;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static struct piece take_word(const char *at, bool colons)
{
    struct piece word = {at, 0};

    if (is_letter(*at) || (colons && *at == ':'))
        while (is_letter(at[word.len]) || is_digit(at[word.len]) || (colons && at[word.len] == ':'))
            word.len++;
    return word;
}

/* {name="value",…}: behind it, or NULL where it is something else. */
static const char *take_matchers(const char *at, struct selector *out)
{
    at = skip_blanks(at + 1);
    while (*at != '}') {
        struct matcher found = {.text = {at, 0}};
        const char *end = is_quote(*at) ? skip_string(at) : NULL;
        found.label = end ? (struct piece){at, (size_t)(end - at)} : take_word(at, false);
        if (found.label.len == 0)
            return NULL;
        at = skip_blanks(at + found.label.len);
        size_t sign =
            strncmp(at, "!=", 2) == 0 || strncmp(at, "=~", 2) == 0 || strncmp(at, "!~", 2) == 0 ? 2
            : *at == '='                                                                        ? 1
                                                                                                : 0;
        if (sign) {
            at = skip_blanks(at + sign);
            end = is_quote(*at) ? skip_string(at) : NULL;
            if (!end || out->count == SELECTOR_MATCHERS_MAX)
                return NULL;
            found.value = (struct piece){at, (size_t)(end - at)};
            found.text.len = (size_t)(end - found.text.at);
            out->matcher[out->count++] = found;
            at = skip_blanks(end);
        } else if (!end || out->name.len) {
            return NULL; /* only a quoted name of a metric stands alone */
        } else {
            out->name = found.label;
        }
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != '}')
            return NULL;
    }
    return at + 1;
}

static void take_range(const char *at, struct selector *out)
{
    at = skip_blanks(at);
    if (*at != '[')
        return;
    size_t len = strcspn(at, "]:");
    if (at[len] == ']' && len > 1)
        out->range = (struct piece){at + 1, len - 1};
}

static bool is_one_of(struct piece word, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == word.len && strncasecmp(*words, word.at, word.len) == 0)
            return true;
    return false;
}

/* Behind the closing brace, or the end of it all. */
static const char *skip_braces(const char *at)
{
    while (*at && *at != '}') {
        const char *end = is_quote(*at) ? skip_string(at) : at + 1;
        at = end ? end : at + strlen(at);
    }
    return *at ? at + 1 : at;
}

/* A word that begins no selector: behind it and what belongs to it; NULL: it does begin one. */
static const char *skip_word(struct piece word)
{
    static const char *const lists[] = {"by",         "without",     "on", "ignoring",
                                        "group_left", "group_right", NULL};
    static const char *const others[] = {"and",    "or",  "unless", "atan2", "bool",
                                         "offset", "inf", "nan",    NULL};
    const char *end = skip_blanks(word.at + word.len);

    if (is_one_of(word, lists))
        return *end == '(' ? end + strcspn(end, ")") : end;
    if (is_one_of(word, others) || *end == '(')
        return end;
    struct piece next = take_word(end, false); /* sum by (job) (…) */
    return is_one_of(next, (const char *const[]){"by", "without", NULL}) ? end : NULL;
}

/* The selector that begins here; NULL: none does. */
static const char *take(const char *at, struct piece name, struct selector *out)
{
    *out = (struct selector){.text = {at, 0}, .name = name};
    const char *end = at + name.len, *brace = skip_blanks(end);

    if (*brace == '{')
        end = take_matchers(brace, out);
    if (!end || (out->name.len == 0 && out->count == 0))
        return NULL;
    out->text.len = (size_t)(end - at);
    take_range(end, out);
    return end;
}

bool selector_next(const char **at, struct selector *out)
{
    while (*(*at = skip_blanks(*at))) {
        const char *end = NULL;
        struct piece word = take_word(*at, true);

        if (is_quote(**at) && !(end = skip_string(*at)))
            return false;
        if (**at == '[') /* a range, with units that look like words */
            end = *at + strcspn(*at, "]");
        if (is_digit(**at) || **at == '.')
            end = *at + strspn(*at, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFINX._");
        if (word.len)
            end = skip_word(word);
        if (!end && (word.len || **at == '{')) {
            end = take(*at, word, out);
            if (end) {
                *at = end;
                return true;
            }
            end = skip_blanks(*at + word.len);
            end = *end == '{' ? skip_braces(end) : end;
        }
        *at = end && end > *at ? end : *at + (word.len ? word.len : 1);
    }
    return false;
}
