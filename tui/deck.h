/* deck.h: plays a recording: an engine that is fed from it, and a clock that can be steered. */
#ifndef LOCKSTEP_TUI_DECK_H
#define LOCKSTEP_TUI_DECK_H

#include "config.h"
#include "engine.h"
#include "record/tape.h"

#define DECK_SPEED_MIN 0.25
#define DECK_SPEED_MAX 64
enum deck_limit { DECK_STEP_MS = 10000 };

struct deck {
    struct tape *tape;
    struct config config;
    struct cluster_config *clusters;
    struct clock *clock;
    struct engine *engine;
    double speed; /* while it does not stand */
    bool stands;
};

/* At the beginning, standing, the engine not started. False and err; close it in both cases. */
bool deck_open(struct deck *deck, const char *path, struct err *err);
void deck_close(struct deck *deck);

int64_t deck_now_ms(const struct deck *deck); /* since its beginning */
int64_t deck_length_ms(const struct deck *deck);
/* The pace that the clock has now: 0 while it stands. */
double deck_pace(const struct deck *deck);
void deck_set_pace(struct deck *deck, double speed, bool stands);
/* To that moment: on by turning quickly, back from the beginning with a new engine, which the
 * caller starts. True when deck->engine is a new one. False, and err, also when there is none. */
bool deck_seek(struct deck *deck, int64_t to_ms, struct err *err);
/* "0:12 of 3:40, 2x" and the mark passed last. */
void deck_describe(const struct deck *deck, char *out, size_t size);

#endif
