/* protocol.c: explores the action protocol. Without arguments what `make check` runs, with
 * --all also 2 operators x 2 actions; --trace prints how each missing protection breaks it. */
#include "release/explore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %ld.%01ld s, peak %ld MiB\n", ok ? "every case as it must be" : "FAILED",
           (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec / 100000,
           usage.ru_maxrss >> 10);
    return ok ? 0 : 1;
}
