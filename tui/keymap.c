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

    if (len == 1 && word[0] >= ' ' && word[0] < 0x7f) /* most of them, and most of what is asked */
        return word[0];
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

static void add(struct keymap *keymap, int key, enum command command, const char *word)
{
    struct keymap_binding *binding = &keymap->binding[keymap->count++];

    *binding = (struct keymap_binding){.key = key, .command = command};
    if (word)
        snprintf(binding->word, sizeof binding->word, "%s", word);
    else
        keymap_key_word(key, binding->word);
}

void keymap_init(struct keymap *keymap)
{
    keymap->count = 0;
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        add(keymap, keymap_parse_key(command_info[c].key), (enum command)c, command_info[c].key);
    for (size_t i = 0; i < ARRAY_LEN(more_keys); i++)
        add(keymap, more_keys[i].key, more_keys[i].command, NULL);
}

enum command keymap_find_command(const struct keymap *keymap, int key)
{
    if (!keymap)
        return keymap_command(key);
    for (size_t i = 0; i < keymap->count && key != KEYCODE_NONE; i++)
        if (keymap->binding[i].key == key)
            return keymap->binding[i].command;
    return COMMAND_NONE;
}

/* The first one of the file, else the first one of the table. */
static const struct keymap_binding *find_binding(const struct keymap *keymap, enum command command)
{
    const struct keymap_binding *found = NULL;

    for (size_t i = 0; i < keymap->count; i++) {
        const struct keymap_binding *binding = &keymap->binding[i];
        if (binding->command != command)
            continue;
        bool own = binding->line > 0;
        if (!found || (own && (found->line == 0 || binding->line < found->line)))
            found = binding;
    }
    return found;
}

int keymap_find_key(const struct keymap *keymap, enum command command)
{
    if (!keymap)
        return keymap_parse_key(command_info[command].key);
    const struct keymap_binding *binding = find_binding(keymap, command);
    return binding ? binding->key : KEYCODE_NONE;
}

const char *keymap_shown(const struct keymap *keymap, enum command command)
{
    if (!keymap)
        return command_info[command].key;
    const struct keymap_binding *binding = find_binding(keymap, command);
    return binding ? binding->word : "";
}

const char *keymap_name(const struct keymap *keymap, enum command command)
{
    const char *shown = keymap_shown(keymap, command);

    return shown[0] ? shown : command_info[command].word;
}

static enum command word_command(const char *word, size_t len)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++)
        if (strlen(command_info[c].word) == len && strncmp(command_info[c].word, word, len) == 0)
            return (enum command)c;
    return COMMAND_NONE;
}

void keymap_expand(const struct keymap *keymap, const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const char *at = text; *at && n + KEY_WORD + 1 < size; at++) {
        size_t len = *at == '{' ? strcspn(at, "}") : 0;
        enum command other = len ? word_command(at + 1, len - 1) : COMMAND_NONE;
        if (other)
            n += (size_t)snprintf(out + n, size - n, "%s", keymap_name(keymap, other));
        else
            out[n++] = *at;
        at += other ? len : 0;
    }
    if (size)
        out[n] = '\0';
}

const char *keymap_help(const struct keymap *keymap, enum command command, char out[KEYMAP_HELP])
{
    keymap_expand(keymap, command_info[command].help, out, KEYMAP_HELP);
    return out;
}

/* "goes" of "U goes back", and what else keys do in the engine's sentences. */
static bool is_deed(const char *text)
{
    static const char *const deeds[] = {"goes",  "ends",  "finishes", "takes",   "makes", "gives",
                                        "steps", "tries", "pauses",   "resumes", "rolls"};

    for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
        size_t len = strlen(deeds[i]);
        if (strncmp(text, deeds[i], len) == 0 && (text[len] == ' ' || text[len] == '\0'))
            return true;
    }
    return false;
}

/* The acting command that is told here as a word of its own, or COMMAND_NONE. */
static enum command told_at(const char *whole, const char *text)
{
    static const char until[] = "until ";
    size_t before = (size_t)(text - whole);

    if ((before && text[-1] != ' ') || (text[1] != ' ' && text[1] != '\0'))
        return COMMAND_NONE;
    enum command command = keymap_command((unsigned char)*text);
    if (!command_acts(command))
        return COMMAND_NONE;
    bool ends = text[1] == '\0' && before >= sizeof until - 1 &&
                strncmp(text - (sizeof until - 1), until, sizeof until - 1) == 0;
    return ends || (text[1] == ' ' && is_deed(text + 2)) ? command : COMMAND_NONE;
}

void keymap_tell(const struct keymap *keymap, const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const char *at = text; *at && n + 1 < size; at++) {
        enum command command = keymap ? told_at(text, at) : COMMAND_NONE;
        if (command)
            n += (size_t)snprintf(out + n, size - n, "%s", keymap_name(keymap, command));
        else
            out[n++] = *at;
        n = n < size ? n : size - 1;
    }
    if (size)
        out[n] = '\0';
}

void keymap_rewrite(const struct keymap *keymap, const char *text, bool leads, char *out,
                    size_t size)
{
    static const char ends[] = " .,:;?!()'";
    size_t n = 0;

    for (bool first = true; *text && n + KEY_WORD < size; first = false) {
        size_t len = strcspn(text, ends);
        char word[KEY_WORD] = "";
        if (len < sizeof word)
            snprintf(word, sizeof word, "%.*s", (int)len, text);
        enum command command = keymap_command(keymap_parse_key(word));
        const char *own = keymap_name(keymap, command);
        if (command && (command_acts(command) || (first && leads)))
            n += (size_t)snprintf(out + n, size - n, "%s", own);
        else
            n += (size_t)snprintf(out + n, size - n, "%.*s", (int)len, text);
        text += len;
        n = n < size ? n : size - 1;
        for (; *text && strchr(ends, *text) && n + 1 < size; text++)
            out[n++] = *text;
    }
    if (size)
        out[n] = '\0';
}

bool command_acts(enum command command)
{
    return command >= COMMAND_STEP && command <= COMMAND_MORE;
}
