/* fuzz_selector.c: whatever is written as a query, what is found in it lies in it, in order, and
 * the search ends. */
#include "health/selector.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect_inside(struct piece piece, struct piece whole)
{
    if (piece.len && (piece.at < whole.at || piece.at + piece.len > whole.at + whole.len))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char *text = malloc(size + 1);
    struct selector found;

    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    const struct piece all = {text, strlen(text)};
    const char *at = text, *before = text;
    while (selector_next(&at, &found)) {
        if (at <= before || at != found.text.at + found.text.len || found.text.at < before ||
            found.count > SELECTOR_MATCHERS_MAX || (!found.name.len && !found.count))
            abort();
        expect_inside(found.text, all);
        expect_inside(found.name, found.text);
        expect_inside(found.range, all);
        for (size_t i = 0; i < found.count; i++) {
            expect_inside(found.matcher[i].text, found.text);
            expect_inside(found.matcher[i].label, found.matcher[i].text);
            expect_inside(found.matcher[i].value, found.matcher[i].text);
        }
        before = at;
    }
    free(text);
    return 0;
}
