/* term_keys.c: see term_keys.h. */
#include "term_keys.h"

#include "base/mem.h"
#include "base/text.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <time.h>

enum {
    PASTE_BEGIN = 0x1000, /* beyond curses' own codes */
    PASTE_END,
    PASTE_QUIET_MS = 1000, /* a paste whose end never comes is over then */
};

static const struct {
    const char *sequence;
    int code;
} sequences[] = {
    {"\033[A", KEY_UP},         {"\033[B", KEY_DOWN},     {"\033[C", KEY_RIGHT},
    {"\033[D", KEY_LEFT},       {"\033[H", KEY_HOME},     {"\033[F", KEY_END},
    {"\033OA", KEY_UP},         {"\033OB", KEY_DOWN},     {"\033OC", KEY_RIGHT},
    {"\033OD", KEY_LEFT},       {"\033OH", KEY_HOME},     {"\033OF", KEY_END},
    {"\033[1~", KEY_HOME},      {"\033[4~", KEY_END},     {"\033[5~", KEY_PPAGE},
    {"\033[6~", KEY_NPAGE},     {"\033OP", KEY_F(1)},     {"\033[11~", KEY_F(1)},
    {"\033[200~", PASTE_BEGIN}, {"\033[201~", PASTE_END},
};

static const struct {
    int code, key;
} key_codes[] = {
    {KEY_UP, KEYCODE_UP},         {KEY_DOWN, KEYCODE_DOWN},
    {KEY_LEFT, KEYCODE_LEFT},     {KEY_RIGHT, KEYCODE_RIGHT},
    {KEY_HOME, KEYCODE_HOME},     {KEY_END, KEYCODE_END},
    {KEY_PPAGE, KEYCODE_PAGE_UP}, {KEY_NPAGE, KEYCODE_PAGE_DOWN},
    {KEY_ENTER, KEYCODE_ENTER},   {KEY_BACKSPACE, KEYCODE_BACKSPACE},
    {'\b', KEYCODE_BACKSPACE},
};

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void term_keys_define(void)
{
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
        if (!key_defined(sequences[i].sequence))
            define_key(sequences[i].sequence, sequences[i].code);
}

/* A character of ours from the bytes that curses hands out; KEYCODE_NONE: not yet, or garbage. */
static int add_byte(struct term_keys *keys, int byte)
{
    unsigned codepoint;

    if (byte < 0x80) {
        keys->utf8_len = 0;
        return byte;
    }
    if (keys->utf8_len == sizeof keys->utf8 || (byte & 0xc0) == 0xc0)
        keys->utf8_len = 0;
    keys->utf8[keys->utf8_len++] = (char)byte;
    size_t used = text_next(keys->utf8, keys->utf8_len, &codepoint);
    if (codepoint == 0xfffd || used != keys->utf8_len)
        return KEYCODE_NONE;
    keys->utf8_len = 0;
    return (int)codepoint;
}

static struct term_key mouse_key(void)
{
    struct term_key key = {.key = KEYCODE_NONE};
    MEVENT event;

    if (getmouse(&event) != OK)
        return key;
    key = (struct term_key){.key = KEYCODE_MOUSE, .x = event.x, .y = event.y};
    if (event.bstate & BUTTON4_PRESSED)
        key.mouse = TERM_SCROLL_UP;
    else if (event.bstate & BUTTON5_PRESSED)
        key.mouse = TERM_SCROLL_DOWN;
    else if (!(event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)))
        key.key = KEYCODE_NONE;
    return key;
}

static struct term_key key_of(struct term_keys *keys, int code)
{
    struct term_key key = {.key = KEYCODE_NONE};

    if (code == KEY_MOUSE)
        return mouse_key();
    for (size_t i = 0; i < ARRAY_LEN(key_codes); i++)
        if (key_codes[i].code == code) {
            key.key = key_codes[i].key;
            return key;
        }
    if (code >= KEY_F(1) && code <= KEY_F(12))
        key.key = KEYCODE_F1 + code - KEY_F(1);
    else if (code < 0x100)
        key.key = add_byte(keys, code);
    return key;
}

/* An escape sequence that nobody knows arrives as ESC and its characters, which must not
 * become keys. True: `key` belongs to one. */
static bool is_escape(struct term_keys *keys, int key)
{
    switch (keys->escape) {
    case ESCAPE_NONE:
        break;
    case ESCAPE_SEEN:
        if (key == KEYCODE_ESC)
            return false;
        keys->escape = key == '[' ? ESCAPE_CSI : key == 'O' ? ESCAPE_SS3 : ESCAPE_NONE;
        return true;
    case ESCAPE_CSI:
        if (key >= 0x40 && key <= 0x7e)
            keys->escape = ESCAPE_NONE;
        return true;
    case ESCAPE_SS3:
        keys->escape = ESCAPE_NONE;
        return true;
    }
    if (key == KEYCODE_ESC)
        keys->escape = ESCAPE_SEEN;
    return false;
}

/* One code of curses; false: it is pasted text, or swallowed otherwise. */
static bool take_code(struct term_keys *keys, int code, struct term_key *key)
{
    if (code == PASTE_BEGIN) {
        keys->in_paste = true;
        keys->paste_ms = now_ms();
        *key = (struct term_key){.key = KEYCODE_PASTE};
        return true;
    }
    if (code == PASTE_END) {
        keys->in_paste = false;
        return false;
    }
    if (keys->in_paste) {
        keys->paste_ms = now_ms();
        return false;
    }
    *key = key_of(keys, code);
    return true;
}

void term_keys_begin(struct term_keys *keys)
{
    keys->escape = ESCAPE_NONE;
    if (keys->in_paste && now_ms() - keys->paste_ms > PASTE_QUIET_MS)
        keys->in_paste = false;
}

size_t term_keys_take(struct term_keys *keys, int code, struct term_key *out, size_t count)
{
    struct term_key key;

    if (!take_code(keys, code, &key))
        return count;
    if (is_escape(keys, key.key)) {
        if (count && out[count - 1].key == KEYCODE_ESC)
            out[count - 1].key = KEYCODE_NONE; /* it was no key by itself */
        key.key = KEYCODE_NONE;
    }
    out[count] = key;
    return count + 1;
}
