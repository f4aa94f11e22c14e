/* clock.c: see clock.h. */
#include "base/clock.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum clock_kind { CLOCK_REAL, CLOCK_SCALED, CLOCK_VIRTUAL };

struct clock {
    enum clock_kind kind;
    double speed;
    int64_t start_ms;  /* scaled: real monotonic at creation */
    int64_t start_utc; /* scaled and virtual: UTC at now_ms == 0 */
    int64_t virtual_ms;
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

void clock_free(struct clock *clock)
{
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
    if (ms <= 0 || clock->kind == CLOCK_VIRTUAL)
        return 0;
    if (clock->kind == CLOCK_REAL)
        return ms;
    return (int64_t)((double)ms / clock->speed) + 1;
}

int clock_is_virtual(const struct clock *clock)
{
    return clock->kind == CLOCK_VIRTUAL;
}

void clock_advance_ms(struct clock *clock, int64_t ms)
{
    if (clock->kind == CLOCK_VIRTUAL && ms > 0)
        clock->virtual_ms += ms;
}

const char *clock_format_utc(int64_t utc_ms, char out[CLOCK_TEXT])
{
    time_t s = (time_t)(utc_ms / 1000);
    struct tm tm;

    gmtime_r(&s, &tm);
    size_t n = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT - n, ".%03dZ", (int)(utc_ms % 1000));
    return out;
}

int64_t clock_parse_utc(const char *text)
{
    struct tm tm = {0};
    int used = 0;
    int64_t ms = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &used) != 6)
        return -1;
    const char *p = text + used;
    if (*p == '.') {
        int64_t unit = 100;
        for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
            ms += (*p - '0') * unit;
    }
    int64_t offset_min = 0;
    if (*p == '+' || *p == '-') {
        int h, m;
        if (sscanf(p + 1, "%2d:%2d", &h, &m) != 2)
            return -1;
        offset_min = (*p == '-' ? -1 : 1) * (h * 60 + m);
    } else if (*p != 'Z') {
        return -1;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t s = timegm(&tm);
    return s == (time_t)-1 ? -1 : (int64_t)s * 1000 + ms - offset_min * 60000;
}

const char *clock_format_span(int64_t ms, char out[SPAN_TEXT])
{
    const int64_t longest_ms = 9999LL * 86400000;
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
