/* pty.c: see pty.h. */
#include "pty.h"

#include "base/mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

enum { WAIT_MS = 15000, ENV_MAX = 32 };

struct pty {
    pid_t pid;
    int master, slave; /* the slave stays open, so that its modes can be read at the end */
    int width, height;
    struct termios before;
    bool exited;
    int status;
    struct rusage usage;
    VTerm *vterm;
    VTermScreen *screen;
    bool alternate, asked;
    int mouse;
    char *log, *text;
    size_t log_len, log_cap, text_cap;
};

double pty_now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1e6;
}

static int on_property(VTermProp property, VTermValue *value, void *arg)
{
    struct pty *pty = arg;

    if (property == VTERM_PROP_ALTSCREEN)
        pty->alternate = value->boolean;
    else if (property == VTERM_PROP_MOUSE)
        pty->mouse = value->number;
    return 1;
}

/* libvterm answers questions of the program here: there must be none. */
static void on_answer(const char *bytes, size_t len, void *arg)
{
    struct pty *pty = arg;

    (void)bytes;
    pty->asked = pty->asked || len > 0;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void open_screen(struct pty *pty)
{
    pty->vterm = vterm_new(pty->height, pty->width);
    vterm_set_utf8(pty->vterm, 1);
    vterm_output_set_callback(pty->vterm, on_answer, pty);
    pty->screen = vterm_obtain_screen(pty->vterm);
    vterm_screen_set_callbacks(pty->screen, &callbacks, pty);
    vterm_screen_enable_altscreen(pty->screen, 1);
    vterm_screen_reset(pty->screen, 1);
}

/* In the child: what the program finds. */
static void set_environment(const struct pty_options *options)
{
    static const char *const fixed[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8",
                                        "HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent",
                                        "PATH=/usr/bin:/bin"};
    static const char *const kept[] = {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
                                       "LSAN_OPTIONS"};
    char *old[ARRAY_LEN(kept)];

    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        old[i] = getenv(kept[i]) ? xstrdup(getenv(kept[i])) : NULL;
    clearenv();
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (old[i])
            setenv(kept[i], old[i], 1);
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
        putenv(xstrdup(fixed[i]));
    for (size_t i = 0; i < ARRAY_LEN(options->env) && options->env[i]; i++)
        if (strchr(options->env[i], '='))
            putenv(xstrdup(options->env[i]));
        else
            unsetenv(options->env[i]);
}

static void take_terminal(int slave, enum pty_kind kind)
{
    if (kind != PTY_NO_CONTROL) {
        login_tty(slave);
    } else {
        setsid();
        for (int fd = 0; fd < 3; fd++)
            dup2(slave, fd);
    }
    if (kind == PTY_NO_STDIN)
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
}

static void run_program(const struct pty_options *options, int slave)
{
    static const char *const demo[] = {"demo", NULL};
    static const char job[] = "modes() { echo STTY \"$(stty -a | tr '\\n' ' ')\" .; }\n"
                              "set -m; modes; \"$@\"; modes; echo JOB-STOPPED; fg >/dev/null\n"
                              "code=$?; modes; echo JOB-DONE $code";
    const char *const *args = options->args ? options->args : demo;
    const char *argv[32] = {"sh", "-c", job, "sh"};
    size_t n = options->kind == PTY_SHELL ? 4 : 0;
    sigset_t none;

    take_terminal(slave, options->kind);
    set_environment(options);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGHUP, SIG_DFL);
    argv[n++] = test_program();
    for (size_t i = 0; args[i] && n < ARRAY_LEN(argv) - 1; i++)
        argv[n++] = args[i];
    argv[n] = NULL;
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void set_odd_modes(int slave)
{
    struct termios modes;

    tcgetattr(slave, &modes);
    modes.c_iflag |= IXOFF | IUTF8 | INPCK;
    modes.c_iflag &= ~(tcflag_t)(IXON | BRKINT);
    modes.c_oflag |= ONOCR;
    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHOE);
    modes.c_lflag |= NOFLSH;
    modes.c_cc[VINTR] = 7;
    modes.c_cc[VSUSP] = 26;
    modes.c_cc[VMIN] = 3;
    modes.c_cc[VTIME] = 2;
    cfsetospeed(&modes, B9600);
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
}

struct pty *pty_start(const struct pty_options *options)
{
    struct pty *pty = xcalloc(1, sizeof *pty);

    pty->width = options->width ? options->width : 80;
    pty->height = options->height ? options->height : 24;
    struct winsize size = {.ws_col = (unsigned short)pty->width,
                           .ws_row = (unsigned short)pty->height};
    ck_assert_int_eq(openpty(&pty->master, &pty->slave, NULL, NULL, &size), 0);
    if (options->odd_modes)
        set_odd_modes(pty->slave);
    tcgetattr(pty->slave, &pty->before);
    open_screen(pty);
    fflush(NULL);
    pty->pid = fork();
    ck_assert_int_ge(pty->pid, 0);
    if (pty->pid == 0) {
        close(pty->master);
        run_program(options, pty->slave);
    }
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
    return pty;
}

static void reap(struct pty *pty, int flags)
{
    int status;

    if (pty->exited || wait4(pty->pid, &status, flags, &pty->usage) != pty->pid)
        return;
    pty->exited = true;
    pty->status = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

void pty_free(struct pty *pty)
{
    if (!pty->exited) {
        kill(-pty->pid, SIGKILL);
        kill(pty->pid, SIGKILL);
        reap(pty, 0);
    }
    if (pty->master >= 0) {
        close(pty->master);
        close(pty->slave);
    }
    vterm_free(pty->vterm);
    free(pty->log);
    free(pty->text);
    free(pty);
}

/* Takes what the program wrote, waiting at most `ms` for it; false when nothing came. */
static bool read_some(struct pty *pty, int ms)
{
    struct pollfd ready = {pty->master, POLLIN, 0};
    char bytes[8192];

    if (pty->master < 0 || poll(&ready, 1, ms) <= 0)
        return false;
    ssize_t n = read(pty->master, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    ARRAY_RESERVE(pty->log, pty->log_cap, pty->log_len + (size_t)n);
    memcpy(pty->log + pty->log_len, bytes, (size_t)n);
    pty->log_len += (size_t)n;
    vterm_input_write(pty->vterm, bytes, (size_t)n);
    return true;
}

static void put_char(struct pty *pty, size_t *n, uint32_t c)
{
    ARRAY_RESERVE(pty->text, pty->text_cap, *n + 8);
    char *out = pty->text + *n;

    if (c < 0x80) {
        out[0] = (char)c;
        *n += 1;
    } else if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        *n += 2;
    } else {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        *n += 3;
    }
}

const char *pty_screen(struct pty *pty)
{
    size_t n = 0;

    for (int y = 0; y < pty->height; y++) {
        for (int x = 0; x < pty->width; x++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(pty->screen, (VTermPos){.row = y, .col = x}, &cell);
            if (cell.chars[0] == 0)
                put_char(pty, &n, ' ');
            for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
                if (cell.chars[i] != UINT32_MAX)
                    put_char(pty, &n, cell.chars[i]);
        }
        while (n && pty->text[n - 1] == ' ')
            n--;
        put_char(pty, &n, '\n');
    }
    pty->text[n] = '\0';
    return pty->text;
}

bool pty_has_text(struct pty *pty, const char *text)
{
    return strstr(pty_screen(pty), text) != NULL;
}

static void wait_text(struct pty *pty, const char *text, bool wanted)
{
    double end = pty_now_ms() + WAIT_MS;

    while (pty_has_text(pty, text) != wanted) {
        bool more = read_some(pty, 20);
        if (!more)
            reap(pty, WNOHANG);
        ck_assert_msg(pty_now_ms() < end && (more || !pty->exited),
                      "%s '%s' (exited %d, status %d); on the screen:\n%s",
                      wanted ? "never showed" : "always showed", text, pty->exited, pty->status,
                      pty_screen(pty));
    }
}

void pty_wait_text(struct pty *pty, const char *text)
{
    wait_text(pty, text, true);
}

void pty_wait_no_text(struct pty *pty, const char *text)
{
    wait_text(pty, text, false);
}

void pty_read_for(struct pty *pty, int ms)
{
    double end = pty_now_ms() + ms;

    for (double left = ms; left > 0; left = end - pty_now_ms())
        read_some(pty, (int)left + 1);
}

int pty_wait_exit(struct pty *pty)
{
    double end = pty_now_ms() + WAIT_MS;

    while (!pty->exited) {
        reap(pty, WNOHANG);
        if (!pty->exited)
            read_some(pty, 10);
        if (pty->master < 0)
            poll(NULL, 0, 5);
        ck_assert_msg(pty_now_ms() < end, "it does not end; on the screen:\n%s", pty_screen(pty));
    }
    while (read_some(pty, 0))
        ;
    return pty->status;
}

void pty_send_bytes(struct pty *pty, const void *bytes, size_t len)
{
    const char *at = bytes;
    double end = pty_now_ms() + WAIT_MS;

    while (len && pty_now_ms() < end) {
        ssize_t n = write(pty->master, at, len);
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        } else if (!read_some(pty, 10)) {
            reap(pty, WNOHANG);
            ck_assert_msg(!pty->exited, "it has exited with %d", pty->status);
        }
    }
    ck_assert_uint_eq(len, 0);
}

void pty_send(struct pty *pty, const char *bytes)
{
    pty_send_bytes(pty, bytes, strlen(bytes));
}

void pty_signal(struct pty *pty, int number)
{
    kill(pty->pid, number);
}

void pty_resize(struct pty *pty, int width, int height)
{
    struct winsize size = {.ws_col = (unsigned short)width, .ws_row = (unsigned short)height};

    pty->width = width;
    pty->height = height;
    vterm_set_size(pty->vterm, height, width);
    ioctl(pty->master, TIOCSWINSZ, &size);
}

void pty_hang_up(struct pty *pty)
{
    close(pty->slave);
    close(pty->master);
    pty->master = pty->slave = -1;
}

const char *pty_log(const struct pty *pty, size_t *len)
{
    *len = pty->log_len;
    return pty->log;
}

long pty_cpu_ms(const struct pty *pty)
{
    const struct timeval *user = &pty->usage.ru_utime, *system = &pty->usage.ru_stime;

    return (long)(user->tv_sec + system->tv_sec) * 1000 +
           (long)(user->tv_usec + system->tv_usec) / 1000;
}

/* By the log: libvterm takes it for a part of what saving the cursor saves, terminals do not. */
static bool is_cursor_hidden(const struct pty *pty)
{
    static const char hide[] = "\033[?25l", show[] = "\033[?25h";
    bool hidden = false;

    for (size_t at = 0; at + 6 <= pty->log_len; at++)
        if (memcmp(pty->log + at, hide, 6) == 0)
            hidden = true;
        else if (memcmp(pty->log + at, show, 6) == 0)
            hidden = false;
    return hidden;
}

void pty_assert_restored(struct pty *pty)
{
    struct termios after;
    char why[128];
    const char *bad = pty_check_bytes(pty->log, pty->log_len, why);

    tcgetattr(pty->slave, &after);
    ck_assert_uint_eq(after.c_iflag, pty->before.c_iflag);
    ck_assert_uint_eq(after.c_oflag, pty->before.c_oflag);
    ck_assert_uint_eq(after.c_cflag, pty->before.c_cflag);
    ck_assert_uint_eq(after.c_lflag, pty->before.c_lflag);
    ck_assert_uint_eq(cfgetispeed(&after), cfgetispeed(&pty->before));
    ck_assert_uint_eq(cfgetospeed(&after), cfgetospeed(&pty->before));
    ck_assert(memcmp(after.c_cc, pty->before.c_cc, sizeof after.c_cc) == 0);
    ck_assert_msg(!pty->alternate, "still on the alternate screen");
    ck_assert_msg(!is_cursor_hidden(pty), "the cursor is still hidden");
    ck_assert_msg(pty->mouse == VTERM_PROP_MOUSE_NONE, "mouse reports are still on");
    ck_assert_msg(!pty->asked, "the terminal was asked something");
    ck_assert_msg(!bad, "not allowed: %s", bad ? bad : "");
}
