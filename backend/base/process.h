/* process.h: a program of the user's choice, run on the loop; no shell.
 *
 * It gets no terminal: it runs in a session of its own, which is also the group that is killed when
 * it takes too long, prints too much or is cancelled. Of our file descriptors it gets stdin, stdout
 * and stderr (all others are opened close-on-exec), and the signals that we ignore are its own
 * again. */
#ifndef LOCKSTEP_BASE_PROCESS_H
#define LOCKSTEP_BASE_PROCESS_H

#include "base/err.h"
#include "base/loop.h"

#include <stddef.h>

enum process_limit { PROCESS_CHECK_MS = 20 }; /* between two looks whether it has ended */

struct process_request {
    const char *const *argv; /* ends with NULL; argv[0] is looked for in PATH */
    const char *const *env;  /* ends with NULL; NULL: ours */
    const char *input;       /* what it reads from stdin; NULL: /dev/null */
    size_t input_len;
    size_t out_max;  /* bytes of stdout: more ends it. 0: stdout is our stderr */
    size_t said_max; /* bytes of stderr: its end is kept. 0: stderr is ours */
    bool terminal;   /* it may ask who sits here: our stdin, stderr and session; no group to kill */
    int64_t limit_ms;
};

enum process_how { PROCESS_EXITED, PROCESS_SIGNALLED, PROCESS_LATE, PROCESS_LOUD };

struct process_end {
    enum process_how how;
    int code;               /* EXITED: its status; SIGNALLED: the signal */
    int64_t limit_ms;       /* LATE: these were too few */
    size_t out_max;         /* LOUD: it printed more than this */
    const char *out, *said; /* borrowed for the call, not clean, a NUL behind; out is wiped then */
    size_t out_len, said_len;
};

struct process;
typedef void process_done_fn(void *arg, const struct process_end *end);

/* fn runs once, from the loop, when it ended or was killed; the handle is dead then. The request is
 * only read during the call. NULL with err when it cannot be started: CONFIG (not to be run), LIMIT
 * (no file descriptor is left). */
struct process *process_start(struct loop *loop, const struct process_request *request,
                              process_done_fn *fn, void *arg, struct err *err);
/* Kills it; fn never runs. NULL is fine. */
void process_cancel(struct process *process);

/* "failed (exit status 7)", "was ended by signal 15", "did not end within 60 s and was killed",
 * "printed more than 64 KiB": what follows its name in a sentence. */
const char *process_describe(const struct process_end *end, char *out, size_t size);

#endif
