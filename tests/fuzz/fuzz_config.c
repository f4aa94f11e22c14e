/* fuzz_config.c: any bytes as a settings file: problems or settings, never a crash, and every
 * problem is clean text. */
#include "base/json.h"
#include "base/text.h"
#include "config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static bool ready;
    struct config config;

    if (!ready)
        json_init();
    ready = true;
    bool good = config_parse((const char *)bytes, len, "/f/config.yaml", &config);
    assert(good == (config.problem_count == 0));
    for (size_t i = 0; i < config.problem_count; i++)
        assert(text_is_clean(config.problems[i]));
    for (size_t i = 0; good && i < config.context_count; i++)
        assert(config.contexts[i].name[0] && config.contexts[i].kind[0]);
    config_release(&config);
    return 0;
}
