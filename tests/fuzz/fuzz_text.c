/* fuzz_text.c: whatever comes in, clean text goes out, within its ceiling. */
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                               \
    do {                                                                                           \
        if (!(claim))                                                                              \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte is the ceiling, the rest the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char into[256];

    if (!size)
        return 0;
    const size_t max = data[0];
    const char *bytes = (const char *)data + 1;
    const size_t len = size - 1;
    struct arena *arena = arena_new(256);
    const char *out = text_clean(arena, bytes, len, max);

    CHECK(strlen(out) <= max);
    CHECK(text_is_clean(out));
    CHECK(strcmp(text_clean(arena, out, strlen(out), max), out) == 0);
    CHECK(strcmp(text_clean_into(into, max + 1, bytes, len), out) == 0);
    CHECK(text_width(out) <= strlen(out));
    for (const unsigned char *p = (const unsigned char *)out; *p; p++)
        CHECK(*p >= 0x20 && *p != 0x7f);
    size_t steps = 0;
    for (size_t at = 0; at < len; steps++) {
        unsigned codepoint;
        size_t used = text_next(bytes + at, len - at, &codepoint);
        CHECK(used >= 1 && used <= 4 && at + used <= len && codepoint <= 0x10ffff);
        at += used;
    }
    CHECK(steps <= len);
    arena_free(arena);
    return 0;
}
