/* keymap.c: the command table, and keys by their words. */
#include "keymap.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define GROUP_OF(command)                                                                          \
    ((command) < COMMAND_OPEN     ? "Looking"                                                      \
     : (command) < COMMAND_ARM    ? "Views"                                                        \
     : (command) < COMMAND_REWIND ? "Acting"                                                       \
                                  : "Recording")
const struct command_info command_info[COMMAND_COUNT] = {[COMMAND_NONE] = {"", "", "", "", ""},
#define GROUP(title)
#define X(name, word, key, label, help)                                                            \
    [COMMAND_##name] = {GROUP_OF(COMMAND_##name), word, key, label, help},
                                                         COMMANDS(GROUP, X)
#undef X
#undef GROUP
};

static const struct {
    const char *word;
    int key;
} key_word[] = {
    {"enter", KEYCODE_ENTER},
    {"esc", KEYCODE_ESC},
    {"tab", '\t'},
    {"space", ' '},
    {"backspace", KEYCODE_BACKSPACE},
    {"up", KEYCODE_UP},
    {"down", KEYCODE_DOWN},
    {"left", KEYCODE_LEFT},
    {"right", KEYCODE_RIGHT},
    {"home", KEYCODE_HOME},
    {"end", KEYCODE_END},
    {"page-up", KEYCODE_PAGE_UP},
    {"page-down", KEYCODE_PAGE_DOWN},
};

/* Keys besides the ones in the table; none of them acts. */
static const struct {
    int key;
    enum command command;
} more_keys[] = {
    {KEYCODE_DOWN, COMMAND_DOWN},
    {KEYCODE_UP, COMMAND_UP},
    {KEYCODE_HOME, COMMAND_TOP},
    {KEYCODE_END, COMMAND_BOTTOM},
    {KEYCODE_PAGE_DOWN, COMMAND_PAGE_DOWN},
    {KEYCODE_PAGE_UP, COMMAND_PAGE_UP},
    {14 /* ctrl-n */, COMMAND_DOWN},
    {16 /* ctrl-p */, COMMAND_UP},
    {'1', COMMAND_CLUSTER},
    {'2', COMMAND_CLUSTER},
    {'3', COMMAND_CLUSTER},
    {'4', COMMAND_CLUSTER},
    {'5', COMMAND_CLUSTER},
    {'6', COMMAND_CLUSTER},
    {'7', COMMAND_CLUSTER},
    {'8', COMMAND_CLUSTER},
    {'9', COMMAND_CLUSTER},
    {KEYCODE_F1 + 5, COMMAND_SORT_NEXT},
    {KEYCODE_F1, COMMAND_HELP},
    {KEYCODE_F1 + 9, COMMAND_QUIT},
};

int keymap_parse_key(const char *word)
{
    size_t len = strlen(word);
    unsigned codepoint;

    for (size_t i = 0; i < ARRAY_LEN(key_word); i++)
        if (strcmp(word, key_word[i].word) == 0)
            return key_word[i].key;
    if (len == 6 && strncmp(word, "ctrl-", 5) == 0 && word[5] >= 'a' && word[5] <= 'z')
        return word[5] - 'a' + 1;
    if (word[0] == 'f' && len >= 2 && len <= 3 && strspn(word + 1, "0123456789") == len - 1) {
        int n = word[1] - '0';
        if (len == 3)
            n = n * 10 + word[2] - '0';
        return n >= 1 && n <= 12 ? KEYCODE_F1 + n - 1 : KEYCODE_NONE;
    }
    if (len == 0 || !text_is_clean(word) || text_next(word, len, &codepoint) != len)
        return KEYCODE_NONE;
    return (int)codepoint;
}

const char *keymap_key_word(int key, char out[KEY_WORD])
{
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(key_word); i++)
        if (key == key_word[i].key) {
            snprintf(out, KEY_WORD, "%s", key_word[i].word);
            return out;
        }
    if (key >= KEYCODE_CTRL_A && key < KEYCODE_CTRL_A + 26)
        snprintf(out, KEY_WORD, "ctrl-%c", 'a' + key - KEYCODE_CTRL_A);
    else if (key >= KEYCODE_F1 && key <= KEYCODE_F12)
        snprintf(out, KEY_WORD, "f%d", key - KEYCODE_F1 + 1);
    else if (key > ' ' && key < KEYCODE_BACKSPACE)
        snprintf(out, KEY_WORD, "%c", key);
    return out;
}

size_t keymap_write_utf8(int key, char *out, size_t size)
{
    unsigned c = (unsigned)key;
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    if (size)
        out[0] = '\0';
    if (key < ' ' || key >= KEYCODE_UP || (key >= 0x7f && key < 0xa0) || len >= size)
        return 0;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 63));
    out[0] = (char)(lead[len] | c);
    out[len] = '\0';
    if (text_is_clean(out))
        return len;
    out[0] = '\0';
    return 0;
}

enum command keymap_command(int key)
{
    if (key == KEYCODE_NONE)
        return COMMAND_NONE;
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        if (keymap_parse_key(command_info[c].key) == key)
            return (enum command)c;
    for (size_t i = 0; i < ARRAY_LEN(more_keys); i++)
        if (more_keys[i].key == key)
            return more_keys[i].command;
    return COMMAND_NONE;
}

bool command_acts(enum command command)
{
    return command >= COMMAND_STEP && command <= COMMAND_MORE;
}
