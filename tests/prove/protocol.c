/* protocol.c: explores the action protocol. Without arguments what `make check` runs, with
 * --all also 2 operators x 2 actions; --trace prints how each missing protection breaks it. */
#include "release/explore.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    bool all = false, trace = false, ok = true;

    for (int i = 1; i < argc; i++) {
        all = all || strcmp(argv[i], "--all") == 0;
        trace = trace || strcmp(argv[i], "--trace") == 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < explore_case_count; i++) {
        const struct explore_case *c = &explore_cases[i];
        if (c->size == CASE_LARGE && !all)
            continue;
        ok = explore_run_case(c, trace, stdout) && ok;
    }
    search_print_whole(ok);
    return ok ? 0 : 1;
}
