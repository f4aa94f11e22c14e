/* fuzz_yaml.c: any bytes are a value or a complaint in one clean line; a value is safe to walk. */
#include "fuzz_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};

    json_init();
    fuzz_value(json_parse_yaml((const char *)data, size, "fuzz", &err), &err);
    return 0;
}
