/* stage_scenes.h: releases in every stage, as tables say and as a test changes them. */
#ifndef LOCKSTEP_TESTS_RELEASE_STAGE_SCENES_H
#define LOCKSTEP_TESTS_RELEASE_STAGE_SCENES_H

#include "release/stage.h"

#define NOW INT64_C(1772442000000)
#define MIN INT64_C(60000)

/* Of "data" with eight instances: canary 1, waves 3 and 8. */
struct scene {
    const char *what;
    enum stage recorded;
    uint32_t target, have;
    int64_t stage_age, young_age; /* minutes */
    bool moving, troubled;
    uint32_t ghosts, failing, stray;
    enum stage stage, next;
    uint32_t next_count;
    const char *waits; /* "": S may go; else a part of why not */
};

extern const struct scene scenes[];
extern const size_t scene_count;

struct stand {
    struct release release;
    struct plan plan;
    struct stage_input in;
};

/* `stand` stays where it is. */
void stand_up(struct stand *stand, const struct scene *scene, const char *profile);
/* The scene that is called so; aborts the test when there is none. */
const struct scene *scene_of(const char *what);
/* How it looks after `change`, which may be NULL. */
struct stage_view view_of(const char *what, const char *profile, void (*change)(struct stand *));

#endif
