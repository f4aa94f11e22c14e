/* verb_simulate.c: `lockstep simulate FILE...`: worlds with actions, run against the guard as if
 * everything were enforced. Needs no cluster and no settings.
 *
 * Exit status: 0 every file went as it expects; 1 one did not; 2 one could not be read.
 *
 * -o json prints one line per file: {"name", "refused" (null, or action, rule, rules[], witness[],
 * way_out), "expected", "ok", "alerts" (what broke without being asked: texts)}. */
#include "guard/scenario.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>

/* The last line on the screen: whether anything above needs reading. */
static void print_sum(size_t files, size_t as_expected, size_t unread)
{
    printf("%zu scenarios: %zu as expected", files, as_expected);
    if (files - as_expected - unread)
        printf(", %zu not", files - as_expected - unread);
    if (unread)
        printf(", %zu could not be read", unread);
    putchar('\n');
}

int verb_simulate(const struct verb_row *row, const struct args *args)
{
    int status = EXIT_DONE;
    size_t as_expected = 0, unread = 0;

    (void)row;
    for (size_t i = 0; i < args->operand_count; i++) {
        struct err err = {0};
        char *text = NULL;
        bool ok = false;
        if (!scenario_run_file(args->operands[i], args->output == OUTPUT_JSON, &text, &ok, &err)) {
            complain_err(&err);
            status = EXIT_USAGE;
            unread++;
        } else {
            fputs(text, stdout);
            as_expected += ok;
            if (!ok && status == EXIT_DONE)
                status = EXIT_REFUSED;
        }
        free(text);
    }
    if (args->output != OUTPUT_JSON && args->operand_count > 1)
        print_sum(args->operand_count, as_expected, unread);
    return status;
}
