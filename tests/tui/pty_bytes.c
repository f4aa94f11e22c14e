/* pty_bytes.c: what a terminal may be told. Anything else, above all what could come from a
 * cluster (OSC, DCS, questions, other modes), fails the test.
 *
 * The list is what terminfo has for the terminals in
 * test_pty_terminals.c, as curses uses it, and what tty.c
 * writes to give the terminal back. */
#include "pty.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CSI: prefix, parameters (NULL: numbers and semicolons), final. */
static const struct {
    char prefix;
    const char *parameters;
    char final;
} csi[] = {
    {0, NULL, 'H'},     {0, NULL, 'A'},     {0, NULL, 'B'},          {0, NULL, 'C'},
    {0, NULL, 'D'},     {0, NULL, 'G'},     {0, NULL, 'd'},          {0, NULL, 'J'},
    {0, NULL, 'K'},     {0, NULL, 'X'},     {0, NULL, 'P'},          {0, NULL, '@'},
    {0, NULL, 'L'},     {0, NULL, 'M'},     {0, NULL, 'S'},          {0, NULL, 'T'},
    {0, NULL, 'm'},     {0, NULL, 'r'},     {0, NULL, 'b'},          {0, NULL, 'Z'},
    {0, NULL, 'E'},     {0, "4", 'h'},      {0, "4", 'l'},           {0, "34", 'h'},
    {0, "34", 'l'},     {0, "22;0;0", 't'}, {0, "23;0;0", 't'},      {'?', "1", 'h'},
    {'?', "1", 'l'},    {'?', "7", 'h'},    {'?', "7", 'l'},         {'?', "12", 'l'},
    {'?', "12", 'h'},   {'?', "25", 'h'},   {'?', "25", 'l'},        {'?', "12;25", 'h'},
    {'?', "1049", 'h'}, {'?', "1049", 'l'}, {'?', "2004", 'h'},      {'?', "2004", 'l'},
    {'?', "1000", 'h'}, {'?', "1000", 'l'}, {'?', "1002", 'l'},      {'?', "1003", 'l'},
    {'?', "1006", 'h'}, {'?', "1006", 'l'}, {'?', "1006;1000", 'h'}, {'?', "1006;1000", 'l'},
    {'?', "0", 'c'},    {'?', "1", 'c'},    {'>', "4", 'm'},
};

/* The rest of what may follow ESC. */
static const char *const escapes[] = {"=", ">", "7", "8", "M", "D", "(B", "(0", ")0", "(U", "g"};

/* Backspace, tab, newline, return, shift out and in, and CAN, which ends what was cut short. */
static const char controls[] = "\b\t\n\r\016\017\030";

static size_t take_csi(const char *bytes, size_t len)
{
    char prefix = 0, parameters[64];
    size_t at = 2, n = 0;

    if (at < len && strchr("?>", bytes[at]) && bytes[at])
        prefix = bytes[at++];
    while (at < len && n < sizeof parameters - 1 && bytes[at] && strchr("0123456789;", bytes[at]))
        parameters[n++] = bytes[at++];
    parameters[n] = '\0';
    if (at == len)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(csi); i++)
        if (csi[i].prefix == prefix && csi[i].final == bytes[at] &&
            (!csi[i].parameters || strcmp(csi[i].parameters, parameters) == 0))
            return at + 1;
    return 0;
}

/* A crash may cut a piece short: then CAN comes next, which makes terminals forget it. */
static size_t take_cut(const char *bytes, size_t len)
{
    size_t n = 1;

    while (n < len && n < 32 && bytes[n] &&
           (strchr("[?>0123456789;", bytes[n]) || (unsigned char)bytes[n] >= 0x80))
        n++;
    return n < len && bytes[n] == 030 ? n + 1 : 0;
}

/* A copy that somebody asked for with `c`: base64 and nothing else, bounded. */
static size_t take_copy(const char *bytes, size_t len)
{
    static const char head[] = "\033]52;c;", tail[] = "\033\\";
    size_t at = sizeof head - 1;

    if (len < at || memcmp(bytes, head, at) != 0)
        return 0;
    while (at < len && bytes[at] && at < 8192 &&
           strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", bytes[at]))
        at++;
    return at + 2 <= len && memcmp(bytes + at, tail, 2) == 0 ? at + 2 : 0;
}

/* What would be drawn as nothing, or turn the order of what follows. Not from base/text.c: that is
 * what is tested. */
static bool is_unseen(unsigned codepoint)
{
    static const unsigned ranges[][2] = {{0x61c, 0x61c},   {0x200b, 0x200f},   {0x2028, 0x202e},
                                         {0x2060, 0x2069}, {0xe000, 0xf8ff},   {0xfeff, 0xfeff},
                                         {0xfff9, 0xfffb}, {0xe0000, 0xe007f}, {0xf0000, 0x10ffff}};

    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (codepoint >= ranges[i][0] && codepoint <= ranges[i][1])
            return true;
    return false;
}

/* Length of the allowed piece at the start; 0: not allowed. */
static size_t take_piece(const char *bytes, size_t len)
{
    unsigned char first = (unsigned char)bytes[0];
    unsigned codepoint;

    if (first >= 0x20 && first < 0x7f)
        return 1;
    if (first >= 0x80) {
        size_t used = text_next(bytes, len, &codepoint);
        bool valid =
            codepoint >= 0xa0 && !is_unseen(codepoint) && (codepoint != 0xfffd || used == 3);
        return valid || len < 4 ? used : 0; /* the log may end within a character */
    }
    if (first != 033)
        return first && strchr(controls, bytes[0]) ? 1 : 0;
    if (len > 1 && bytes[1] == '[')
        return take_csi(bytes, len);
    if (len > 1 && bytes[1] == ']')
        return take_copy(bytes, len);
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
        size_t n = strlen(escapes[i]);
        if (len > n && memcmp(bytes + 1, escapes[i], n) == 0)
            return n + 1;
    }
    return 0;
}

const char *pty_check_bytes(const char *bytes, size_t len, char why[128])
{
    for (size_t at = 0; at < len;) {
        size_t used = take_piece(bytes + at, len - at), n = 0;
        if (!used)
            used = take_cut(bytes + at, len - at);
        if (used) {
            at += used;
            continue;
        }
        n = (size_t)snprintf(why, 128, "at %zu:", at);
        for (size_t i = at; i < len && i < at + 16 && n < 118; i++)
            n += (size_t)snprintf(why + n, 128 - n,
                                  bytes[i] > ' ' && bytes[i] < 0x7f ? " %c" : " \\x%02x",
                                  (unsigned char)bytes[i]);
        return why;
    }
    return NULL;
}

bool pty_has_color(const char *bytes, size_t len)
{
    for (size_t at = 0; at + 2 < len; at++) {
        if (bytes[at] != 033 || bytes[at + 1] != '[')
            continue;
        size_t end = at + 2;
        while (end < len && bytes[end] && strchr("0123456789;:", bytes[end]))
            end++;
        for (size_t p = at + 2; end < len && bytes[end] == 'm' && p < end;) {
            long n = strtol(bytes + p, NULL, 10);
            if ((n >= 30 && n <= 49) || (n >= 90 && n <= 107))
                return true;
            while (p < end && bytes[p] != ';')
                p++;
            p++;
        }
    }
    return false;
}
