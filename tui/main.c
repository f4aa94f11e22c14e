/* main.c: from exec to the verb. Nothing here costs time: the first frame of the demo is due
 * 50 ms after exec, so libraries that are slow to start are started by whoever needs them. */
#include "base/json.h"
#include "release/action.h"
#include "verbs.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Credentials must not end in a core file. */
static void forbid_core_files(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
}

/* The reader of a pipe left, as `| head` does. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* For tests that kill it at every point between a key and its answer: LOCKSTEP_FAILPOINT=7 dies at
 * the seventh, before-claim-1 where that comes (release/action.h). */
static void die_at_point(const char *name)
{
    static long left;
    const char *point = getenv("LOCKSTEP_FAILPOINT");

    if (!left && point)
        left = strtol(point, NULL, 10);
    if (--left == 0 || (point && strcmp(point, name) == 0))
        raise(SIGKILL);
}

/* What a verb printed but could not be written was not said. */
static int close_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (reader_left())
        return status == EXIT_DONE ? 128 + SIGPIPE : status;
    complain("the output could not be written");
    return status == EXIT_DONE ? EXIT_UNREACHED : status;
}

int main(int argc, char **argv)
{
    if (geteuid() != getuid() || getegid() != getgid()) {
        complain("it must not be installed setuid or setgid");
        return EXIT_USAGE;
    }
    forbid_core_files();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a journal at its limit is an error, not the end */
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    json_init();
    if (getenv("LOCKSTEP_FAILPOINT"))
        action_failpoint = die_at_point;
    size_t count = argc > 1 ? (size_t)argc - 1 : 0;
    return close_output(verbs_run((const char *const *)argv + 1, count));
}
