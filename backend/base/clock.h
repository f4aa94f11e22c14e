/* clock.h: the only source of time.
 *
 * now_ms is monotonic and goes on during suspend; at_utc is for people and for
 * records. A scaled clock runs the simulator faster; a virtual clock moves only
 * when a test or an idle loop moves it. */
#ifndef LOCKSTEP_BASE_CLOCK_H
#define LOCKSTEP_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock;

struct clock *clock_new_real(void);
/* Real time times `speed` (> 0) from this moment on; UTC starts at the real UTC
 * unless start_utc_ms >= 0 is given (demos that must look the same each time). */
struct clock *clock_new_scaled(double speed, int64_t start_utc_ms);
struct clock *clock_new_virtual(int64_t start_utc_ms);
/* For recordings: stands at start_ms until it is told to run. Any thread may steer it. */
struct clock *clock_new_tape(int64_t start_ms, int64_t start_utc_ms);
void clock_tape_run(struct clock *clock, double speed); /* 0: it stands */
/* Is a virtual clock until then, and runs on from there as before. */
void clock_tape_seek(struct clock *clock, int64_t until_ms);
/* Where it is going, while it does; -1 else. */
int64_t clock_tape_target_ms(const struct clock *clock);
void clock_free(struct clock *clock);

int64_t clock_now_ms(const struct clock *clock);
int64_t clock_utc_ms(const struct clock *clock);
/* How many real milliseconds pass until now_ms has advanced by `ms`; 0 for a virtual clock. */
int64_t clock_real_wait_ms(const struct clock *clock, int64_t ms);
int clock_is_virtual(const struct clock *clock);
/* Virtual clocks only; never backwards. */
void clock_advance_ms(struct clock *clock, int64_t ms);

/* "2026-11-22T16:02:32.120Z" into out[CLOCK_TEXT]. */
#define CLOCK_TEXT 32
const char *clock_format_utc(int64_t utc_ms, char out[CLOCK_TEXT]);
/* The reverse, for RFC 3339 with or without fraction; -1 when malformed, and for times
 * before 1970 (the year 1 is how some engines say "never"). */
int64_t clock_parse_utc(const char *text);

/* "12s", "4m01s", "3h20m", "2d04h", the way people say how long ago. */
#define SPAN_TEXT 16
const char *clock_format_span(int64_t ms, char out[SPAN_TEXT]);

#endif
