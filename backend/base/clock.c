/* clock.c: see clock.h. */
#include "base/clock.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS       86400000LL
#define FOREVER_MS   (36500 * DAY_MS)
#define YEAR_1_MS    (-62135596800000LL)
#define YEAR_9999_MS 253402300799999LL

enum clock_kind { CLOCK_REAL, CLOCK_SCALED, CLOCK_VIRTUAL, CLOCK_TAPE };

struct clock {
    enum clock_kind kind;
    double speed;
    int64_t start_ms;  /* scaled: real monotonic at creation */
    int64_t start_utc; /* scaled and virtual: UTC at now_ms == 0 */
    int64_t virtual_ms;
    /* tape: virtual_ms while it seeks, and where it was at start_ms when it runs */
    pthread_mutex_t *lock;
    bool seeks;
    int64_t until_ms;
};

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t monotonic_ms(void)
{
#ifdef CLOCK_BOOTTIME
    return read_ms(CLOCK_BOOTTIME);
#else
    return read_ms(CLOCK_MONOTONIC);
#endif
}

struct clock *clock_new_real(void)
{
    struct clock *clock = xcalloc(1, sizeof *clock);

    clock->kind = CLOCK_REAL;
    clock->speed = 1;
    return clock;
}

struct clock *clock_new_scaled(double speed, int64_t start_utc_ms)
{
    struct clock *clock = xcalloc(1, sizeof *clock);

    clock->kind = CLOCK_SCALED;
    clock->speed = speed > 0 ? speed : 1;
    clock->start_ms = monotonic_ms();
    clock->start_utc = start_utc_ms >= 0 ? start_utc_ms : read_ms(CLOCK_REALTIME);
    return clock;
}

struct clock *clock_new_virtual(int64_t start_utc_ms)
{
    struct clock *clock = xcalloc(1, sizeof *clock);

    clock->kind = CLOCK_VIRTUAL;
    clock->start_utc = start_utc_ms;
    return clock;
}

struct clock *clock_new_tape(int64_t start_ms, int64_t start_utc_ms)
{
    struct clock *clock = xcalloc(1, sizeof *clock);

    clock->kind = CLOCK_TAPE;
    clock->lock = xcalloc(1, sizeof *clock->lock);
    pthread_mutex_init(clock->lock, NULL);
    clock->start_ms = monotonic_ms();
    clock->start_utc = start_utc_ms - start_ms;
    clock->virtual_ms = start_ms;
    return clock;
}

/* Under the lock. */
static int64_t tape_now(const struct clock *clock)
{
    if (clock->seeks)
        return clock->virtual_ms;
    return clock->virtual_ms + (int64_t)((double)(monotonic_ms() - clock->start_ms) * clock->speed);
}

void clock_tape_run(struct clock *clock, double speed)
{
    pthread_mutex_lock(clock->lock);
    clock->virtual_ms = tape_now(clock);
    clock->start_ms = monotonic_ms();
    clock->speed = speed;
    pthread_mutex_unlock(clock->lock);
}

void clock_tape_seek(struct clock *clock, int64_t until_ms)
{
    pthread_mutex_lock(clock->lock);
    clock->virtual_ms = tape_now(clock);
    clock->start_ms = monotonic_ms();
    clock->seeks = until_ms > clock->virtual_ms;
    clock->until_ms = until_ms;
    pthread_mutex_unlock(clock->lock);
}

int64_t clock_tape_target_ms(const struct clock *clock)
{
    if (clock->kind != CLOCK_TAPE)
        return -1;
    pthread_mutex_lock(clock->lock);
    int64_t target = clock->seeks ? clock->until_ms : -1;
    pthread_mutex_unlock(clock->lock);
    return target;
}

static void tape_advance(struct clock *clock, int64_t ms)
{
    pthread_mutex_lock(clock->lock);
    if (clock->seeks && ms >= clock->until_ms - clock->virtual_ms) {
        clock->virtual_ms = clock->until_ms;
        clock->start_ms = monotonic_ms();
        clock->seeks = false;
    } else if (clock->seeks && ms > 0) {
        clock->virtual_ms += ms;
    }
    pthread_mutex_unlock(clock->lock);
}

void clock_free(struct clock *clock)
{
    if (clock && clock->lock) {
        pthread_mutex_destroy(clock->lock);
        free(clock->lock);
    }
    free(clock);
}

int64_t clock_now_ms(const struct clock *clock)
{
    switch (clock->kind) {
    case CLOCK_REAL:
        return monotonic_ms();
    case CLOCK_SCALED:
        return (int64_t)((double)(monotonic_ms() - clock->start_ms) * clock->speed);
    case CLOCK_VIRTUAL:
        return clock->virtual_ms;
    case CLOCK_TAPE: {
        pthread_mutex_lock(clock->lock);
        int64_t now = tape_now(clock);
        pthread_mutex_unlock(clock->lock);
        return now;
    }
    }
    return 0;
}

int64_t clock_utc_ms(const struct clock *clock)
{
    if (clock->kind == CLOCK_REAL)
        return read_ms(CLOCK_REALTIME);
    return clock->start_utc + clock_now_ms(clock);
}

int64_t clock_real_wait_ms(const struct clock *clock, int64_t ms)
{
    double speed = 1;

    if (ms <= 0 || clock_is_virtual(clock))
        return 0;
    if (clock->kind == CLOCK_REAL)
        return ms;
    if (clock->kind == CLOCK_TAPE) {
        pthread_mutex_lock(clock->lock);
        speed = clock->speed;
        pthread_mutex_unlock(clock->lock);
    } else {
        speed = clock->speed;
    }
    if (speed <= 0)
        return FOREVER_MS;
    double real = (double)ms / speed + 1;
    return real < (double)FOREVER_MS ? (int64_t)real : FOREVER_MS;
}

int clock_is_virtual(const struct clock *clock)
{
    if (clock->kind != CLOCK_TAPE)
        return clock->kind == CLOCK_VIRTUAL;
    pthread_mutex_lock(clock->lock);
    bool seeks = clock->seeks;
    pthread_mutex_unlock(clock->lock);
    return seeks;
}

void clock_advance_ms(struct clock *clock, int64_t ms)
{
    if (clock->kind == CLOCK_TAPE)
        tape_advance(clock, ms);
    else if (clock->kind == CLOCK_VIRTUAL && ms > 0)
        clock->virtual_ms += ms;
}

const char *clock_format_utc(int64_t utc_ms, char out[CLOCK_TEXT])
{
    struct tm tm;

    if (utc_ms < YEAR_1_MS || utc_ms > YEAR_9999_MS)
        utc_ms = utc_ms < 0 ? YEAR_1_MS : YEAR_9999_MS;
    int ms = (int)(utc_ms % 1000 + 1000) % 1000;
    time_t s = (time_t)((utc_ms - ms) / 1000);
    gmtime_r(&s, &tm);
    int n = snprintf(out, CLOCK_TEXT, "%04d", tm.tm_year + 1900);
    size_t end = (size_t)n + strftime(out + n, CLOCK_TEXT - (size_t)n, "-%m-%dT%H:%M:%S", &tm);
    snprintf(out + end, CLOCK_TEXT - end, ".%03dZ", ms);
    return out;
}

/* Exactly `count` digits with a value in [low, high], then `after` (0: anything). */
static bool take(const char **text, int count, int low, int high, const char *after, int *out)
{
    const char *p = *text;

    for (*out = 0; count > 0; count--, p++) {
        if (*p < '0' || *p > '9')
            return false;
        *out = *out * 10 + (*p - '0');
    }
    if (*out < low || *out > high || (after && (!*p || !strchr(after, *p))))
        return false;
    *text = p + (after != NULL);
    return true;
}

static bool take_fraction(const char **text, int *ms)
{
    const char *p = *text;
    int unit = 100;

    *ms = 0;
    if (*p != '.')
        return true;
    for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
        *ms += (*p - '0') * unit;
    bool any = p[-1] != '.';
    *text = p;
    return any;
}

static bool take_offset(const char **text, int *minutes)
{
    const char sign = *(*text)++;
    int h, m;

    *minutes = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    if ((sign != '+' && sign != '-') || !take(text, 2, 0, 23, ":", &h) ||
        !take(text, 2, 0, 59, NULL, &m))
        return false;
    *minutes = (sign == '-' ? -1 : 1) * (h * 60 + m);
    return true;
}

int64_t clock_parse_utc(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct tm tm = {0};
    int ms, offset;

    if (!take(&text, 4, 1, 9999, "-", &tm.tm_year) || !take(&text, 2, 1, 12, "-", &tm.tm_mon) ||
        !take(&text, 2, 1, 31, "Tt ", &tm.tm_mday) || !take(&text, 2, 0, 23, ":", &tm.tm_hour) ||
        !take(&text, 2, 0, 59, ":", &tm.tm_min) || !take(&text, 2, 0, 60, NULL, &tm.tm_sec) ||
        !take_fraction(&text, &ms) || !take_offset(&text, &offset) || *text)
        return -1;
    bool leap = (tm.tm_year % 4 == 0 && tm.tm_year % 100 != 0) || tm.tm_year % 400 == 0;
    if (tm.tm_mday > days[tm.tm_mon - 1] + (leap && tm.tm_mon == 2))
        return -1;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t utc_ms = (int64_t)timegm(&tm) * 1000 + ms - offset * 60000LL;
    return utc_ms < 0 ? -1 : utc_ms;
}

const char *clock_format_span(int64_t ms, char out[SPAN_TEXT])
{
    const int64_t longest_ms = 9999 * DAY_MS;
    unsigned s = (unsigned)((ms < 0 ? 0 : ms > longest_ms ? longest_ms : ms) / 1000);

    if (s < 60)
        snprintf(out, SPAN_TEXT, "%us", s);
    else if (s < 3600)
        snprintf(out, SPAN_TEXT, "%um%02us", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, SPAN_TEXT, "%uh%02um", s / 3600, s / 60 % 60);
    else
        snprintf(out, SPAN_TEXT, "%ud%02uh", s / 86400, s / 3600 % 24);
    return out;
}
