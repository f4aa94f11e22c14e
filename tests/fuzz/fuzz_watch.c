/* fuzz_watch.c: what lies in the spool and in the record that watches share, and what asks for
 * metrics: reading it is safe, and what can be read can be written and read again to the same. */
#include "alerts/metrics.h"
#include "alerts/shared.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_spool(const char *text, size_t len)
{
    struct alerts book = {.sinks = {"stdout", "hook"}, .sink_count = 2}, again = book;
    char holder[ID_TEXT] = "", holder_again[ID_TEXT] = "";
    struct err err = {0};

    if (alerts_read(&book, text, len, 0, holder, &err)) {
        char *out = alerts_write(&book, holder);
        if (!alerts_read(&again, out, strlen(out), 0, holder_again, &err) ||
            again.count != book.count || strcmp(holder, holder_again) != 0)
            abort();
        free(out);
    }
    alerts_release(&book);
    alerts_release(&again);
}

static void try_shared(const char *text, size_t len)
{
    struct alerts book = {.sinks = {"stdout", "hook"}, .sink_count = 2};
    struct shared shared;
    struct err err = {0};

    if (shared_parse(text, len, &book, &shared, &err)) {
        shared_merge(&book, &shared, "lab", 0);
        shared_merge(&book, &shared, "lab", 0); /* once more changes nothing */
        int *written = calloc(book.count + 1, sizeof *written);
        char *out = shared_write(&book, "lab", shared.holder, 1, written);
        struct shared again;
        struct err bad = {0};
        if (strlen(out) <= SHARED_TEXT_MAX && !shared_parse(out, strlen(out), &book, &again, &bad))
            abort();
        if (strlen(out) <= SHARED_TEXT_MAX)
            shared_release(&again);
        free(out);
        free(written);
    }
    shared_release(&shared);
    alerts_release(&book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct metrics_request request;

    if (!ready)
        json_init();
    ready = true;
    if (metrics_parse((const char *)data, size, &request) == 200 && request.path[0] != '/')
        abort();
    char *text = calloc(size + 1, 1);
    memcpy(text, data, size);
    try_spool(text, size);
    try_shared(text, size);
    free(text);
    return 0;
}
