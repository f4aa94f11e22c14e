/* fuzz_filter.c: whatever is typed as a filter is either understood or complained about, and in
 * the second case hides nothing. */
#include "views/filter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct version_count version = {.version = "1.2.3", .digest = ""};
    static const struct service service = {.cluster = "prod",
                                           .id = "billing",
                                           .kind = "service",
                                           .name = "billing",
                                           .scope = "money",
                                           .versions = &version,
                                           .version_count = 1};
    static const struct row row = {
        .service = &service, .from = "1.2.3", .to = "1.3.0", .why = "", .by = "somebody"};
    static const struct screen screen = {.filter = ""};
    static const struct frame frame = {.row_count = 0};
    struct filter filter;
    char text[128]; /* as long as a screen keeps */

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    bool good = filter_parse(&filter, text);
    bool holds = filter_holds(&filter, &screen, &frame, &row);
    if (good == (filter.complaint[0] != '\0') || (!good && !holds))
        abort();
    filter_release(&filter);
    return 0;
}
