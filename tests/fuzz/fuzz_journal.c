/* fuzz_journal.c: no bytes in a journal file crash the reader of its chain. */
#include "base/json.h"
#include "release/journal.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_audit audit = {0};

    json_init();
    (void)journal_verify_text((const char *)data, size, &audit);
    return 0;
}
