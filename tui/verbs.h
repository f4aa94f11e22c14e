/* verbs.h: what can be said on the command line, as one table.
 *
 * `--help`, `help VERB`, suggestions and completion come from the rows. A verb prints its
 * result on stdout and everything else on stderr, one sentence per line, beginning with "lockstep:
 * ". */
#ifndef LOCKSTEP_TUI_VERBS_H
#define LOCKSTEP_TUI_VERBS_H

#include "args.h"

/* The exit status of every verb. */
enum exit_status {
    EXIT_DONE = 0,      /* done, or allowed */
    EXIT_REFUSED = 1,   /* by a rule; the refusal is on stdout */
    EXIT_USAGE = 2,     /* the command line or the configuration is wrong */
    EXIT_UNREACHED = 3, /* could not be known, reached or written down: nothing was done */
    EXIT_UNKNOWN = 4,   /* the outcome is unknown; `lockstep status` settles it */
};

struct verb_row;
typedef int verb_run_fn(const struct verb_row *row, const struct args *args);

struct verb_row {
    const char *name;   /* "" is the dashboard: what happens without a verb */
    const char *usage;  /* operands as in "SERVICE VERSION" */
    const char *help;   /* one line */
    uint64_t takes;     /* ARG_BITs */
    size_t least, most; /* operands */
    verb_run_fn *run;
};

/* All of them, in the order of the help; the first is the dashboard. */
const struct verb_row *verbs_table(size_t *count);

/* Runs what the words (without the program's name) say and returns the exit status. */
int verbs_run(const char *const *words, size_t count);

verb_run_fn verb_dashboard, verb_demo, verb_status, verb_act, verb_fence, verb_attest, verb_history,
    verb_audit, verb_doctor, verb_gate, verb_check, verb_init, verb_simulate, verb_theme,
    verb_completion, verb_watch, verb_replay;

/* verb_metrics.c: `check --metrics`. */
int verb_metrics(const struct args *args);
/* verb_past.c: `history --from-cluster`. */
int verb_past(const struct args *args);

/* The page for man(1), as roff, on stdout: verbs, options, keys. */
void manual_print(void);

/* "lockstep: …" on stderr. */
void complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The same for an error, and the exit status that its code means. */
int complain_err(const struct err *err);

#endif
