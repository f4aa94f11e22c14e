/* guard.c: explores small fleets under the real guard. Without arguments what `make check` runs,
 * with --all everything; --trace prints how each missing rule breaks them, --only NAME runs one. */
#include "guard/explore_guard.h"

#include "base/json.h"

#include <string.h>

int main(int argc, char **argv)
{
    bool all = false, trace = false, ok = true;
    const char *only = NULL;

    for (int i = 1; i < argc; i++) {
        all = all || strcmp(argv[i], "--all") == 0;
        trace = trace || strcmp(argv[i], "--trace") == 0;
        if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
    }
    json_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < fleet_case_count; i++) {
        const struct fleet_case *fleet = &fleet_cases[i];
        if (only ? strcmp(only, fleet->name) != 0 : fleet->size == FLEET_LARGE && !all)
            continue;
        ok = fleet_run_case(fleet, trace, stdout) && ok;
    }
    search_print_whole(ok);
    return ok ? 0 : 1;
}
