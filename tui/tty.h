/* tty.h: the terminal as a device: modes, signals, output that never blocks, and giving it
 * back. No curses here.
 *
 * One per process, because signal handlers need to find it. */
#ifndef LOCKSTEP_TUI_TTY_H
#define LOCKSTEP_TUI_TTY_H

#include "base/err.h"

#include <stddef.h>

struct tty;

/* Standard input and output must be one terminal. Saves its modes, goes raw (flow control
 * off, Ctrl-C and Ctrl-Z are keys), takes over the signals below, and points stderr away from
 * the screen. From here on crashes and fatal() give the terminal back first. NULL on error. */
struct tty *tty_open(struct err *err);
/* Everything as before; what was written to stderr meanwhile is printed now. NULL is fine. */
void tty_close(struct tty *tty);

int tty_input_fd(const struct tty *tty);
int tty_signal_fd(const struct tty *tty); /* readable: call tty_events */
int tty_output_fd(const struct tty *tty); /* writable: call tty_flush; -1: nothing waits */

enum tty_event {
    TTY_RESIZED = 1,
    TTY_STOP = 2,      /* SIGTSTP */
    TTY_CONTINUED = 4, /* SIGCONT: somebody else may have changed the modes */
    TTY_END = 8,       /* SIGTERM, SIGINT, SIGHUP, SIGQUIT: *end_signal says which */
};
unsigned tty_events(struct tty *tty, int *end_signal);

void tty_size(const struct tty *tty, int *width, int *height); /* 80x24 when it does not say */
/* True when the terminal is gone although poll says that it is readable. */
bool tty_is_gone(const struct tty *tty);
void tty_drop_input(struct tty *tty);

/* Queues bytes and writes what the terminal takes now. */
void tty_write(struct tty *tty, const char *bytes, size_t len);
/* True when nothing waits any more. A terminal that fails counts as one that takes everything. */
bool tty_flush(struct tty *tty);
void tty_drop_output(struct tty *tty);
/* Waits at most `ms` until everything is written. */
void tty_drain(struct tty *tty, int ms);

/* Between the two the terminal has its own modes, and stderr its place. */
void tty_leave(struct tty *tty);
void tty_enter(struct tty *tty);
/* Stops this process group as Ctrl-Z does; returns when it goes on. Call between the two. */
void tty_stop(struct tty *tty);

/* Keeps the signals above from this thread and those it starts; *old is for the way back. */
void tty_block_signals(void *old_sigset);

#endif
