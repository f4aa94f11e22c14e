/* fuzz_theme.c: a theme file is either refused with one line, or every role has a pen. */
#include "theme.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct theme theme;
    struct err err = {0};

    theme_init_default(&theme);
    if (!theme_parse(&theme, (const char *)data, size, "fuzz.theme", &err)) {
        if (err.code != ERR_CONFIG || !err.text[0])
            abort();
        return 0;
    }
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int depth = THEME_MONO; depth <= THEME_TRUE; depth++) {
            struct theme_pen pen = theme_pen(&theme, (enum role)role, (enum theme_depth)depth);
            if (pen.fg < -1 || pen.fg > 0xffffff || pen.bg < -1 || pen.bg > 0xffffff)
                abort();
        }
    for (int glyph = 0; glyph < GLYPH_COUNT; glyph++)
        if (strlen(theme.glyph_utf8[glyph]) >= sizeof theme.glyph_utf8[glyph])
            abort();
    return 0;
}
