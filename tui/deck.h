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
    struct deck_index *index; /* NULL: none */
};

/* At the beginning, standing, the engine not started. False and err; close it in both cases. */
bool deck_open(struct deck *deck, const char *path, struct err *err);
void deck_close(struct deck *deck);

int64_t deck_now_ms(const struct deck *deck); /* since its beginning */
int64_t deck_length_ms(const struct deck *deck);
/* The moment that is shown: the end, when a quick clock has run past it. */
int64_t deck_shown_ms(const struct deck *deck);
/* The pace that the clock has now: 0 while it stands. */
double deck_pace(const struct deck *deck);
void deck_set_pace(struct deck *deck, double speed, bool stands);
/* To that moment: on by turning quickly; back, and far, with a new engine from the nearest moment
 * before that is kept, which the caller starts. True when deck->engine is a new one. False, and
 * err, also when there is none. */
bool deck_seek(struct deck *deck, int64_t to_ms, struct err *err);
/* "0:12 of 3:40, 2x" and the mark passed last. */
void deck_describe(const struct deck *deck, char *out, size_t size);

/* deck_index.c */
/* Moments to begin at are made on another thread from now on, if the recording is long. */
void deck_index(struct deck *deck);
/* The same, so many, before this returns; whatever its length. */
void deck_index_now(struct deck *deck, size_t keyframes);
bool deck_is_indexed(const struct deck *deck); /* no more come */
/* The newest not after that time of the engine's clock; NULL: the beginning. */
const struct keyframe *deck_keyframe(const struct deck *deck, int64_t at_ms);
void deck_index_free(struct deck_index *index); /* NULL is fine */
/* An engine on that clock, at its moment. */
struct engine *deck_new_engine(const struct deck *deck, struct clock *clock,
                               const struct keyframe *from, struct err *err);

#endif
