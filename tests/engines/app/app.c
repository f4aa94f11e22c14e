/* app.c: what the test clusters run: static, tiny, does nothing but say that it lives, and end.
 *
 *   app          runs until SIGTERM or SIGINT
 *   app health   exit 1 with APP_SICK=1, else 0
 * Environment: APP_CRASH_AFTER=s (exit 1 after s seconds), APP_STOP_DELAY=s (seconds
 * between the signal and the end). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned seconds(const char *name)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

/* Waits for the end in pieces, and says one line with each; false when `life` (0: for ever) is over
 * first. */
static int await_end(const sigset_t *stop, unsigned life)
{
    const struct timespec beat = {.tv_nsec = 500000000};

    for (unsigned beats = 0; life == 0 || beats < life * 2; beats++) {
        printf("beat %u\n", beats);
        fflush(stdout);
        if (sigtimedwait(stop, NULL, &beat) >= 0)
            return 1;
    }
    fprintf(stderr, "fatal: its time is over\n");
    return 0;
}

int main(int argc, char **argv)
{
    sigset_t stop;

    if (argc > 1 && strcmp(argv[1], "health") == 0)
        return getenv("APP_SICK") != NULL;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    /* Blocked and waited for: as process 1 the default action would ignore them. */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    if (!await_end(&stop, seconds("APP_CRASH_AFTER")))
        return 1;
    sleep(seconds("APP_STOP_DELAY"));
    return 0;
}
