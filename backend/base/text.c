/* text.c: see text.h.
 *
 * Text is copied unit by unit: a character as it is, or the whole mark that
 * stands for a character that may not be shown. A cut falls between units, so cleaning clean text
 * changes nothing. */
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { UNIT_MAX = 16, MARKS_MAX = 2, ELLIPSIS_LEN = 3, LAST_PLANE_END = 0x3ffff };

/* Not shown by terminals, or changing what is around them: general category Cf, variation
 * selectors, fillers, line and paragraph separators, private use, non-characters. */
static const struct {
    unsigned first, last;
} hidden[] = {
    {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},     {0x61c, 0x61c},
    {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},
    {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},   {0xe000, 0xf8ff},
    {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff9, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x13455}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff},
    {0x2fffe, 0x2ffff}, {0x3fffe, 0x3ffff},
};

static bool is_control(unsigned codepoint)
{
    return codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0);
}

static bool is_hidden(unsigned codepoint)
{
    if (codepoint < 0xad)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(hidden) && codepoint >= hidden[i].first; i++)
        if (codepoint <= hidden[i].last)
            return true;
    return codepoint > LAST_PLANE_END; /* tags, private planes, and nothing else yet */
}

bool text_is_shown(unsigned codepoint)
{
    return !is_control(codepoint) && !is_hidden(codepoint);
}

size_t text_next(const char *bytes, size_t len, unsigned *codepoint)
{
    static const unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)bytes;

    assert(len > 0);
    *codepoint = 0xfffd;
    if (p[0] < 0x80) {
        *codepoint = p[0];
        return 1;
    }
    size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || need > len)
        return 1;
    unsigned value = p[0] & (0x7fU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | (p[i] & 0x3fU);
    }
    if (value < smallest[need] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 1;
    *codepoint = value;
    return need;
}

/* Writes what stands for the character at `bytes` and returns how many bytes that takes,
 * 0 when it is dropped. `marks` counts the combining marks since the last base character
 * and is MARKS_MAX + 1 at the start, where a mark would join what is drawn before the text. */
static size_t clean_unit(char unit[UNIT_MAX], const char *bytes, size_t used, unsigned codepoint,
                         unsigned *marks)
{
    int n = 0;

    if (is_control(codepoint)) {
        n = snprintf(unit, UNIT_MAX, "\\x%02x", codepoint);
    } else if (is_hidden(codepoint)) {
        n = snprintf(unit, UNIT_MAX, "<U+%04X>", codepoint);
    } else if (text_codepoint_width(codepoint) == 0) {
        if (*marks <= MARKS_MAX) {
            if (++*marks > MARKS_MAX) {
                *marks = MARKS_MAX;
                return 0;
            }
            memcpy(unit, bytes, used);
            return used;
        }
        n = snprintf(unit, UNIT_MAX, "<U+%04X>", codepoint);
    } else if (codepoint == 0xfffd) {
        n = snprintf(unit, UNIT_MAX, "\xef\xbf\xbd");
    } else {
        memcpy(unit, bytes, used);
        n = (int)used;
    }
    *marks = 0;
    return (size_t)n;
}

/* Cleans into out (max + 1 bytes; NULL to measure only); returns the length. */
static size_t clean(char *out, size_t max, const char *bytes, size_t len)
{
    size_t n = 0, cut = 0; /* cut: where an ellipsis would still fit */
    unsigned marks = MARKS_MAX + 1;

    while (len) {
        char unit[UNIT_MAX];
        unsigned codepoint;
        size_t used = text_next(bytes, len, &codepoint);
        size_t add = clean_unit(unit, bytes, used, codepoint, &marks);
        if (add > max - n) {
            n = cut;
            if (max >= ELLIPSIS_LEN) {
                if (out)
                    memcpy(out + n, "\xe2\x80\xa6", ELLIPSIS_LEN);
                n += ELLIPSIS_LEN;
            }
            break;
        }
        if (out)
            memcpy(out + n, unit, add);
        n += add;
        if (n + ELLIPSIS_LEN <= max)
            cut = n;
        bytes += used;
        len -= used;
    }
    if (out)
        out[n] = '\0';
    return n;
}

/* How many bytes at the start are printable ASCII, which most of all text is. */
static size_t plain_length(const char *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && bytes[n] >= 0x20 && bytes[n] < 0x7f)
        n++;
    return n;
}

const char *text_clean(struct arena *arena, const char *bytes, size_t len, size_t max)
{
    if (len <= max && plain_length(bytes, len) == len) {
        char *copy = arena_alloc(arena, len + 1, 1);
        if (len)
            memcpy(copy, bytes, len);
        return copy;
    }
    size_t n = clean(NULL, max, bytes, len);
    char *out = arena_alloc(arena, n + 1, 1);
    clean(out, max, bytes, len);
    return out;
}

char *text_clean_into(char *out, size_t size, const char *bytes, size_t len)
{
    assert(size > 0);
    clean(out, size - 1, bytes, len);
    return out;
}

bool text_is_clean(const char *text)
{
    unsigned marks = MARKS_MAX + 1;

    for (size_t len = strlen(text); len;) {
        char unit[UNIT_MAX];
        unsigned codepoint;
        size_t used = text_next(text, len, &codepoint);
        size_t add = clean_unit(unit, text, used, codepoint, &marks);
        if (add != used || memcmp(unit, text, used) != 0)
            return false;
        text += used;
        len -= used;
    }
    return true;
}
