/* fuzz_probe.c: whatever a Prometheus, a document or a command answers, it is a number that is
 * finite and not negative, or none. The first line is the path for the document. */
#include "base/json.h"
#include "health/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool good, double number)
{
    if (good && (!isfinite(number) || number < 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct err err = {0};
    double number = -1;
    char *text = calloc(size + 1, 1);

    if (!ready)
        json_init();
    ready = true;
    memcpy(text, data, size);
    expect(probe_read_number(text, size, &number, &err), number);
    number = -1;
    expect(probe_read_prometheus(text, size, &number, &err), number);
    char *line = memchr(text, '\n', size);
    if (line) {
        *line = '\0';
        number = -1;
        expect(probe_read_path(line + 1, size - (size_t)(line + 1 - text), text, &number, &err),
               number);
    }
    free(text);
    return 0;
}
