/* play.h: a story of the demo without a terminal: the real dashboard, engine, guard and
 * simulator, on a clock of its own. */
#ifndef LOCKSTEP_TESTS_TUI_PLAY_H
#define LOCKSTEP_TESTS_TUI_PLAY_H

#include "app_private.h"
#include "config.h"
#include "drivers/sim/sim.h"

struct recorder;

struct play {
    struct clock *clock;
    struct sim *sim;
    struct config config;
    struct cluster_config cluster;
    struct app_options options;
    struct app app;
};

/* `play` stays where it is. 80x24. */
void play_begin(struct play *play, const char *story, bool playing);
/* The same, while a recorder listens. */
void play_begin_recorded(struct play *play, const char *story, bool playing,
                         struct recorder *recorder);
/* Plays a story for so many turns and records it there. `each` is called before the first turn,
 * with 0, and after each. */
void play_record(const char *story, const char *path, int turns,
                 void (*each)(void *arg, struct play *play, int turn), void *arg);
void play_end(struct play *play);
/* Time passes and the newest frame reaches the screen; then what is played is pressed. */
void play_turn(struct play *play);
/* A key of the operator's. */
void play_press(struct play *play, int key);
const struct story_beat *play_beat(const struct play *play);
/* The row that the beat is about. */
const struct row *play_row(const struct play *play);
/* The screen as text; yours. */
char *play_screen(struct play *play);

#endif
