/* fuzz_release.c: whatever lies in the ledger, reading it is safe, and what can be read
 * can be written and read again to the same. */
#include "base/json.h"
#include "release/release.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct err err = {0};

    if (!ready)
        json_init();
    ready = true;
    struct release *release = release_parse((const char *)data, size, &err);
    if (!release)
        return 0;
    char *text = release_write(release, &err);
    if (text) {
        struct release *again = release_parse(text, strlen(text), &err);
        char *same = again ? release_write(again, &err) : NULL;
        if (!same || strcmp(same, text) != 0)
            abort();
        free(same);
        release_free(again);
    }
    free(text);
    release_free(release);
    return 0;
}
