/* fuzz_script.c: a script is either refused with one line, or its keys come in order of time. */
#include "keymap.h"
#include "script.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct script script;
    struct err err = {0};
    int64_t last = 0;

    if (!script_parse(&script, (const char *)data, size, "fuzz.keys", &err)) {
        if (err.code != ERR_CONFIG || !err.text[0])
            abort();
        return 0;
    }
    for (int64_t due; (due = script_due_ms(&script)) >= 0; last = due)
        if (due < last || script_take(&script, due) == KEYCODE_NONE)
            abort();
    script_release(&script);
    return 0;
}
