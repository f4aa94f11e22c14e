/* json_yaml_plain.c: what a YAML scalar without quotes is, by the core schema of YAML 1.2.
 *
 * Where readers of YAML disagree (010), or JSON has no such value (.inf), it is
 * refused rather than guessed. */
#include "base/json_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool looks_like_int(const char *text)
{
    text += *text == '-' || *text == '+';
    return digits(text) > 0 && text[digits(text)] == '\0';
}

static bool looks_like_float(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = digits(text), part = 0;
    text += whole;
    if (*text == '.') {
        part = digits(text + 1);
        text += 1 + part;
    }
    if (!whole && !part)
        return false;
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '-' || text[1] == '+');
        if (!digits(text))
            return false;
        text += digits(text);
    }
    return *text == '\0';
}

/* 0x1f and 0o17; 0 when it is neither. */
static int radix_of(const char *text)
{
    if (text[0] != '0' || !text[1] || !text[2])
        return 0;
    if (text[1] == 'x' && text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0')
        return 16;
    return text[1] == 'o' && text[2 + strspn(text + 2, "01234567")] == '\0' ? 8 : 0;
}

static json_t *read_int(const char *text, int radix, const char **complaint)
{
    errno = 0;
    long long value = strtoll(text, NULL, radix);
    if (!errno)
        return json_integer(value);
    *complaint = "this number does not fit in 64 bits; in quotes it would be a string";
    return NULL;
}

static json_t *read_float(const char *text, const char **complaint)
{
    double value = strtod(text, NULL);

    if (isfinite(value))
        return json_real(value);
    *complaint = "this number is too large; in quotes it would be a string";
    return NULL;
}

json_t *json_yaml_plain(const char *text, size_t len, const char **complaint)
{
    static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const true_words[] = {"true", "True", "TRUE", NULL};
    static const char *const false_words[] = {"false", "False", "FALSE", NULL};
    static const char *const odd_words[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                            "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                            ".NaN",  ".NAN",  NULL};

    if (is_one_of(text, null_words))
        return json_null();
    if (is_one_of(text, true_words))
        return json_true();
    if (is_one_of(text, false_words))
        return json_false();
    if (is_one_of(text, odd_words)) {
        *complaint = "infinity and not-a-number have no place here";
        return NULL;
    }
    if (radix_of(text))
        return read_int(text + 2, radix_of(text), complaint);
    if (looks_like_int(text)) {
        const char *d = text + (*text == '-' || *text == '+');
        if (d[0] == '0' && d[1]) {
            *complaint =
                "readers of YAML disagree about a number with a leading zero: drop the zero, "
                "or put it in quotes";
            return NULL;
        }
        return read_int(text, 10, complaint);
    }
    return looks_like_float(text) ? read_float(text, complaint) : json_stringn(text, len);
}
