/* pty.h: the program in a pseudo-terminal, with libvterm as the screen that a person would see.
 *
 * Every wait is for a state and fails the test with a dump of the screen when it does not
 * come. Every byte the program writes is kept and can be checked against the list of what a
 * terminal may be told (pty_bytes.c). */
#ifndef LOCKSTEP_TESTS_TUI_PTY_H
#define LOCKSTEP_TESTS_TUI_PTY_H

#include <stdbool.h>
#include <stddef.h>

struct pty;

enum pty_kind {
    PTY_PLAIN,
    /* As a job of a shell that says JOB-STOPPED, then runs fg, then says JOB-DONE n; and what
     * stty -a says before, when it stopped, and at the end, each behind STTY. */
    PTY_SHELL,
    PTY_NO_CONTROL, /* not the controlling terminal: no SIGHUP comes when it goes */
    PTY_NO_STDIN,   /* standard input is /dev/null */
};

struct pty_options {
    int width, height; /* 0: 80x24 */
    enum pty_kind kind;
    bool odd_modes; /* of the terminal, before the program starts: not those of any program */
    const char *const *args; /* NULL-terminated; NULL: "demo" */
    const char *env[8];      /* "NAME=value", or "NAME" to unset; over a small fixed environment */
};

struct pty *pty_start(const struct pty_options *options);
/* Kills what still runs. */
void pty_free(struct pty *pty);

void pty_send(struct pty *pty, const char *bytes);
void pty_send_bytes(struct pty *pty, const void *bytes, size_t len);
void pty_signal(struct pty *pty, int number);
void pty_resize(struct pty *pty, int width, int height);
void pty_hang_up(struct pty *pty); /* the terminal goes away */

void pty_wait_text(struct pty *pty, const char *text);
void pty_wait_no_text(struct pty *pty, const char *text);
/* The exit status, or 256 + n when signal n ended it. */
int pty_wait_exit(struct pty *pty);
/* Reads whatever comes for so long. */
void pty_read_for(struct pty *pty, int ms);
bool pty_has_text(struct pty *pty, const char *text);
const char *pty_screen(struct pty *pty);                 /* valid until the next call */
const char *pty_log(const struct pty *pty, size_t *len); /* every byte so far */
/* Processor time that the exited program took, in milliseconds. */
long pty_cpu_ms(const struct pty *pty);
double pty_now_ms(void);

/* Modes of the device, screen, cursor and mouse are as before the start, no question was put to
 * the terminal, and every byte was allowed. */
void pty_assert_restored(struct pty *pty);

/* NULL when every byte is allowed, else what is not, in `why`. */
const char *pty_check_bytes(const char *bytes, size_t len, char why[128]);
/* True when some SGR sequence sets a colour. */
bool pty_has_color(const char *bytes, size_t len);

#endif
