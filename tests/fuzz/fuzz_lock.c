/* fuzz_lock.c: whatever lies in a lock record, reading it is safe, and what can be read can be
 * written and read again to the same. */
#include "base/json.h"
#include "release/lock.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    static struct lock_record record, again;
    struct err err = {0};

    if (!ready)
        json_init();
    ready = true;
    if (lock_parse((const char *)data, size, &record, &err)) {
        char *text = lock_write(&record);
        if (!lock_parse(text, strlen(text), &again, &err) || again.count != record.count)
            abort();
        lock_record_release(&again);
        free(text);
    }
    lock_record_release(&record);
    return 0;
}
