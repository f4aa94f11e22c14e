/* app.c: what the test clusters run: static, tiny, does nothing but live and end.
 *
 *   app          runs until SIGTERM or SIGINT
 *   app health   exit 1 with APP_SICK=1, else 0
 * Environment: APP_CRASH_AFTER=s (exit 1 after s seconds), APP_STOP_DELAY=s (seconds
 * between the signal and the end). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned seconds(const char *name)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    struct timespec life = {.tv_sec = (time_t)seconds("APP_CRASH_AFTER")};
    sigset_t stop;

    if (argc > 1 && strcmp(argv[1], "health") == 0)
        return getenv("APP_SICK") != NULL;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    /* Blocked and waited for: as process 1 the default action would ignore them. */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    if (life.tv_sec > 0 && sigtimedwait(&stop, NULL, &life) < 0)
        return 1;
    if (life.tv_sec == 0)
        sigwaitinfo(&stop, NULL);
    sleep(seconds("APP_STOP_DELAY"));
    return 0;
}
