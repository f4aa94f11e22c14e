/* tty.c: see tty.h.
 *
 * Output goes through a second opening of the terminal that does not block: the flag
 * would otherwise be set for the shell as well, which shares the first one. */
#include "tty.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { ASIDE_MAX = 16 * 1024, CRASH_WAIT_MS = 20, CRASH_TRIES = 25 };

static const int watched[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS};

/* Undoes every mode that may have been set, in reverse order, from any state. The first byte
 * ends a sequence that was cut short. */
static const char restore_bytes[] = "\030\033[?2004l\033[?1006l\033[?1003l\033[?1002l\033[?1000l"
                                    "\033[0m\033[r\033[?25h\033[?1l\033>\033[999;1H\033[?1049l\r\n";

struct tty {
    int out;            /* non-blocking */
    int signal_pipe[2]; /* handlers write the number of the signal */
    int aside;          /* what stderr is while it is away; -1: it was not on the terminal */
    int real_stderr;
    bool inside;
    struct termios saved;
    struct sigaction old_watched[ARRAY_LEN(watched)], old_pipe;
    char *queue;
    size_t queue_len, queue_at, queue_cap;
};

/* All that signal handlers may touch. */
static struct {
    volatile sig_atomic_t armed; /* the terminal is not as it was found */
    int out, signal_pipe, real_stderr;
    struct termios saved;
    struct sigaction old[ARRAY_LEN(crashes)];
} guard = {.signal_pipe = -1};

/* Async-signal-safe. Once: a crash in a crash must not come here again. */
static void give_back(void)
{
    const char *p = restore_bytes;
    size_t left = sizeof restore_bytes - 1;

    if (!guard.armed)
        return;
    guard.armed = 0;
    for (int i = 0; left && i < CRASH_TRIES; i++) {
        ssize_t n = write(guard.out, p, left);
        if (n > 0) {
            p += n;
            left -= (size_t)n;
        } else {
            struct pollfd ready = {guard.out, POLLOUT, 0};
            poll(&ready, 1, CRASH_WAIT_MS);
        }
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &guard.saved);
    if (guard.real_stderr >= 0)
        dup2(guard.real_stderr, STDERR_FILENO);
}

static void on_crash(int number)
{
    give_back();
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        sigaction(crashes[i], &guard.old[i], NULL);
    raise(number); /* comes when this handler returns, to whoever was there before */
}

static void on_watched(int number)
{
    int error = errno;
    char byte = (char)number;

    if (guard.signal_pipe >= 0 && write(guard.signal_pipe, &byte, 1) < 0 && errno == EBADF)
        guard.signal_pipe = -1;
    errno = error;
}

static void catch_signals(struct tty *tty)
{
    static char stack[64 * 1024]; /* a crash may be a stack that is full */
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction on = {.sa_handler = on_watched, .sa_flags = SA_RESTART};

    for (size_t i = 0; i < ARRAY_LEN(watched); i++)
        sigaction(watched[i], &on, &tty->old_watched[i]);
    sigaltstack(&alternate, NULL);
    on = (struct sigaction){.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        sigaction(crashes[i], &on, &guard.old[i]);
    on = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &on, &tty->old_pipe);
}

static void release_signals(struct tty *tty)
{
    for (size_t i = 0; i < ARRAY_LEN(watched); i++)
        sigaction(watched[i], &tty->old_watched[i], NULL);
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        sigaction(crashes[i], &guard.old[i], NULL);
    sigaction(SIGPIPE, &tty->old_pipe, NULL);
}

void tty_block_signals(void *old_sigset)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(watched); i++)
        sigaddset(&set, watched[i]);
    pthread_sigmask(SIG_BLOCK, &set, old_sigset);
}

static void set_modes(const struct tty *tty)
{
    struct termios raw = tty->saved;

    raw.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ICRNL | INLCR | IGNCR | ISTRIP | BRKINT);
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void tty_enter(struct tty *tty)
{
    if (tty->aside >= 0)
        dup2(tty->aside, STDERR_FILENO);
    set_modes(tty);
    guard.armed = 1;
    tty->inside = true;
}

void tty_leave(struct tty *tty)
{
    guard.armed = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &tty->saved);
    if (tty->aside >= 0)
        dup2(tty->real_stderr, STDERR_FILENO);
    tty->inside = false;
}

void tty_stop(struct tty *tty)
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, old;

    (void)tty;
    sigaction(SIGTSTP, &plain, &old);
    kill(0, SIGTSTP); /* does nothing where no shell could wake us up again */
    sigaction(SIGTSTP, &old, NULL);
}

static int open_output(void)
{
    const char *name = ttyname(STDOUT_FILENO);
    int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int fd = name ? open(name, flags) : -1;

    if (fd < 0)
        fd = open("/dev/tty", flags);
    return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

/* A place for what libraries print while the screen is ours. */
static int open_aside(void)
{
#ifdef __linux__
    return memfd_create("stderr", MFD_CLOEXEC);
#else
    FILE *f = tmpfile();
    int fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 3) : -1;

    if (f)
        fclose(f);
    return fd;
#endif
}

struct tty *tty_open(struct err *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        err_set(err, ERR_USAGE,
                "the dashboard needs a terminal on standard input and output; `lockstep status` "
                "does not");
        return NULL;
    }
    struct tty *tty = xcalloc(1, sizeof *tty);
    tty->aside = tty->real_stderr = -1;
    if (tcgetattr(STDIN_FILENO, &tty->saved) || pipe(tty->signal_pipe)) {
        err_set(err, ERR_LIMIT, "the terminal cannot be prepared: %s", strerror(errno));
        free(tty);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(tty->signal_pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(tty->signal_pipe[i], F_SETFL, O_NONBLOCK);
    }
    tty->out = open_output();
    if (isatty(STDERR_FILENO)) {
        tty->real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        tty->aside = tty->real_stderr >= 0 ? open_aside() : -1;
    }
    guard.out = tty->out;
    guard.signal_pipe = tty->signal_pipe[1];
    guard.real_stderr = tty->aside >= 0 ? tty->real_stderr : -1;
    guard.saved = tty->saved;
    catch_signals(tty);
    fatal_set_hook(give_back);
    tty_enter(tty);
    return tty;
}

/* What went aside, without anything that could control the terminal. */
static void print_aside(const struct tty *tty)
{
    char *text = xcalloc(ASIDE_MAX + 1, 1);
    ssize_t n = tty->aside >= 0 ? pread(tty->aside, text, ASIDE_MAX, 0) : 0;

    for (char *line = text, *end = text + (n > 0 ? n : 0); line < end;) {
        char clean[1024], *newline = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((newline ? newline : end) - line);
        fprintf(stderr, "%s\n", text_clean_into(clean, sizeof clean, line, len));
        line += len + 1;
    }
    free(text);
}

void tty_close(struct tty *tty)
{
    if (!tty)
        return;
    if (tty->inside)
        tty_leave(tty);
    fatal_set_hook(NULL);
    release_signals(tty);
    guard.signal_pipe = -1;
    print_aside(tty);
    const int fds[] = {tty->out, tty->signal_pipe[0], tty->signal_pipe[1], tty->aside,
                       tty->real_stderr};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(tty->queue);
    free(tty);
}

int tty_input_fd(const struct tty *tty)
{
    (void)tty;
    return STDIN_FILENO;
}

int tty_signal_fd(const struct tty *tty)
{
    return tty->signal_pipe[0];
}

int tty_output_fd(const struct tty *tty)
{
    return tty->queue_at < tty->queue_len ? tty->out : -1;
}

unsigned tty_events(struct tty *tty, int *end_signal)
{
    unsigned events = 0;
    unsigned char bytes[64];
    ssize_t n;

    while ((n = read(tty->signal_pipe[0], bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] == SIGWINCH)
                events |= TTY_RESIZED;
            else if (bytes[i] == SIGTSTP)
                events |= TTY_STOP;
            else if (bytes[i] == SIGCONT)
                events |= TTY_CONTINUED;
            else {
                events |= TTY_END;
                *end_signal = bytes[i];
            }
    return events;
}

void tty_size(const struct tty *tty, int *width, int *height)
{
    struct winsize size = {0};

    (void)tty;
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *width = size.ws_col ? size.ws_col : 80;
    *height = size.ws_row ? size.ws_row : 24;
}

bool tty_is_gone(const struct tty *tty)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int waiting = 0;

    (void)tty;
    if (poll(&input, 1, 0) <= 0)
        return false;
    if (input.revents & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

void tty_drop_input(struct tty *tty)
{
    (void)tty;
    tcflush(STDIN_FILENO, TCIFLUSH);
}

bool tty_flush(struct tty *tty)
{
    while (tty->queue_at < tty->queue_len) {
        ssize_t n = write(tty->out, tty->queue + tty->queue_at, tty->queue_len - tty->queue_at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (n < 0)
            break; /* gone: its input will say so */
        tty->queue_at += (size_t)n;
    }
    tty_drop_output(tty);
    return true;
}

void tty_drop_output(struct tty *tty)
{
    tty->queue_at = tty->queue_len = 0;
}

void tty_write(struct tty *tty, const char *bytes, size_t len)
{
    if (len == 0)
        return;
    ARRAY_RESERVE(tty->queue, tty->queue_cap, tty->queue_len + len);
    memcpy(tty->queue + tty->queue_len, bytes, len);
    tty->queue_len += len;
    tty_flush(tty);
}

void tty_drain(struct tty *tty, int ms)
{
    while (!tty_flush(tty)) {
        struct pollfd ready = {tty->out, POLLOUT, 0};
        if (poll(&ready, 1, ms) <= 0)
            return;
    }
}
