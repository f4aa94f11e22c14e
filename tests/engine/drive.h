/* drive.h: an operator for tests: presses keys through the engine and waits for what
 * follows. The same on the simulator and on a real cluster. */
#ifndef LOCKSTEP_TESTS_ENGINE_DRIVE_H
#define LOCKSTEP_TESTS_ENGINE_DRIVE_H

#include "engine.h"

struct drive {
    struct engine *engine;
    const char *context, *service; /* names */
    int64_t patience_ms;           /* of the engine's clock */
};

/* Waits until the engine knows everything; fails the test when it never does. */
void drive_sync(const struct drive *drive);
/* Lets so long pass, of the engine's clock. */
void drive_pass(const struct drive *drive, int64_t ms);
/* The intent of a key pressed on the newest frame. `version` only for VERB_START, else "". */
struct intent drive_intent(const struct drive *drive, enum verb verb, const char *version);
/* Waits for the end of what was submitted. */
struct action_status drive_finish(const struct drive *drive, uint64_t ticket);
/* Presses it and waits for the end. */
struct action_status drive_press(const struct drive *drive, enum verb verb, const char *version);
/* Not now, says the guard: something moves still, a node is not heard for a moment, or the picture
 * is older than the key. */
bool drive_is_early(const struct action_status *status);
/* The same, pressed again while it is too early (something moves still, or the picture is older
 * than the key): on a real engine both come and go by themselves. */
struct action_status drive_press_in_time(const struct drive *drive, enum verb verb,
                                         const char *version);
/* The same, and fails the test unless it was applied. */
void drive_works(const struct drive *drive, enum verb verb, const char *version);
/* drive_works of VERB_START with an artifact. */
void drive_start(const struct drive *drive, const char *version, const char *artifact);
/* drive_press, and fails the test unless it ended like that. */
void drive_expect(const struct drive *drive, enum verb verb, const char *version,
                  enum action_end end);
/* Waits until exactly so many instances of the version are there, serving, and nothing moves;
 * ghosts on silent nodes come on top. */
void drive_serving(const struct drive *drive, const char *version, uint32_t serving);
/* Canary, wave, all; each waited for. */
void drive_release(const struct drive *drive, const char *version, const uint32_t *counts,
                   size_t count);
/* Waits until the node (by name) is in that state. */
void drive_node(const struct drive *drive, const char *name, enum node_state state);
/* Fences the node of this name. */
void drive_fence(const struct drive *drive, const char *name);
/* Waits until an alarm is open (or, `resolved`, none is) and returns its sentence, static. */
const char *drive_alarm(const struct drive *drive, bool resolved);
void drive_end_is(const struct action_status *status, enum action_end end);

#endif
