/* recorded.h: recorded answers of a real swarm as views, for tests of the pure code. */
#ifndef LOCKSTEP_TESTS_DRIVERS_SWARM_RECORDED_H
#define LOCKSTEP_TESTS_DRIVERS_SWARM_RECORDED_H

#include "drivers/swarm/picture.h"

#include <jansson.h>

struct recorded {
    struct arena *arena;
    json_t *parts[8];
    size_t count;
    struct swarm_view view;
};

/* Names of recordings without ".json"; services may be one service or a list. At the time given. */
struct recorded recorded_view(const char *services, const char *tasks, const char *nodes,
                              const char *at_utc);
void recorded_free(struct recorded *recorded);
/* One recording as JSON, owned by the view. */
json_t *recorded_json(struct recorded *recorded, const char *name);
/* The same from text; the test fails when it is none. */
json_t *recorded_text(struct recorded *recorded, const char *text);
/* Replaces the services by one whose Spec is the given one's with these keys merged in. */
void recorded_service(struct recorded *recorded, const char *json_text);
/* The first service's picture, with instances: one reference. */
const struct service *recorded_picture(const struct recorded *recorded);

#endif
