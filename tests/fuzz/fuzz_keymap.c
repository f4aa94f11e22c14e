/* fuzz_keymap.c: a file of keys is either refused with one line, or no key is there twice, what
 * acts is where acting keys may be, and each command is found by the key that is shown for it. */
#include "base/mem.h"
#include "keymap.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct keymap keymap, before;
    struct err err = {0};
    char text[200];

    keymap_init(&keymap);
    before = keymap;
    if (!keymap_parse(&keymap, (const char *)data, size, "fuzz.conf", &err)) {
        require(err.code == ERR_CONFIG && err.text[0] && !strchr(err.text, '\n'));
        require(memcmp(&keymap, &before, sizeof keymap) == 0);
        return 0;
    }
    for (size_t i = 0; i < keymap.count; i++) {
        const struct keymap_binding *binding = &keymap.binding[i];
        require(keymap_find_command(&keymap, binding->key) == binding->command);
        require(keymap_parse_key(binding->word) == binding->key);
        require(!command_acts(binding->command) || (binding->key >= 'A' && binding->key <= 'Z') ||
                (binding->key >= KEYCODE_F1 && binding->key <= KEYCODE_F12));
    }
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        int key = keymap_find_key(&keymap, (enum command)c);
        require(!key || keymap_find_command(&keymap, key) == (enum command)c);
        require(!key == !keymap_shown(&keymap, (enum command)c)[0]);
    }
    keymap_rewrite(&keymap, "press S, then X 1 (why) enter", true, text, sizeof text);
    require(strlen(text) < sizeof text);
    return 0;
}
