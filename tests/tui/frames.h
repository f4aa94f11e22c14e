/* frames.h: frames made by hand, for tests of views.
 *
 * Nothing here is random and nothing asks a clock: a frame looks the same each time. A test
 * may change the plain fields of the frame it got (times, flags, counts). */
#ifndef LOCKSTEP_TESTS_TUI_FRAMES_H
#define LOCKSTEP_TESTS_TUI_FRAMES_H

#include "frame.h"
#include "release/release.h"

enum frames_limit { FRAMES_NOW_MS = 7200000 };
#define FRAMES_UTC_MS INT64_C(1795357927000) /* 2026-11-22T14:32:07Z */

/* Eighteen rollouts on five clusters of four kinds: one failed, two stuck (one refused by R3
 * because of a silent node), some moving, one held, one rolling back, steady ones, and one in
 * a cluster that is not heard of; alarms, events, an action on its way. */
struct frame *frames_board(void);
/* The same; payments-api has contracts, stages, a certificate, coupled services, and rules that
 * refuse, warn, are not known and are only observed (frames_guard.c). */
struct frame *frames_guarded(void);
/* The board; the log of one instance of payments-api that failed is read (frames_log.c). */
struct frame *frames_log(void);
/* Adds lines "line <n>" up to `lines` to the log of a frame, which then follows. */
void frames_write(struct frame *frame, size_t lines, uint64_t dropped);
/* One simulated cluster, three services, all steady. */
struct frame *frames_quiet(void);
/* Nothing was heard yet. */
struct frame *frames_empty(void);
/* Names, versions and reasons as long, wide and strange as clean text can be. */
struct frame *frames_hostile(void);
/* `rows` services of `instances` each on 100 nodes. */
struct frame *frames_large(size_t rows, uint32_t instances);

/* The row of a service, to be changed by the test. */
struct row *frames_row(struct frame *frame, const char *cluster, const char *name);
void frames_free(struct frame *frame);

#endif
