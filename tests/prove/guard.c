/* guard.c: explores small fleets under the real guard. Without arguments what `make check` runs,
 * with --all everything; --trace prints how each missing rule breaks them, --only NAME runs one,
 * --share 2/8 every eighth from the second on. */
#include "guard/explore_guard.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool all = false, trace = false, ok = true;
    const char *only = NULL;
    size_t share = 1, of = 1;

    for (int i = 1; i < argc; i++) {
        all = all || strcmp(argv[i], "--all") == 0;
        trace = trace || strcmp(argv[i], "--trace") == 0;
        if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--share") == 0 && i + 1 < argc) {
            char *slash;
            share = strtoul(argv[++i], &slash, 10);
            of = *slash == '/' ? strtoul(slash + 1, NULL, 10) : 0;
        }
    }
    if (share < 1 || share > of) {
        fputs("--share: expected K/N, K from 1 to N\n", stderr);
        return 2;
    }
    json_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < fleet_case_count; i++) {
        const struct fleet_case *fleet = &fleet_cases[i];
        if (i % of != share - 1)
            continue;
        if (only ? strcmp(only, fleet->name) != 0 : fleet->size == FLEET_LARGE && !all)
            continue;
        ok = fleet_run_case(fleet, trace, stdout) && ok;
    }
    search_print_whole(ok);
    return ok ? 0 : 1;
}
