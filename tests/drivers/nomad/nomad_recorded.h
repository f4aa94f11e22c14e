/* nomad_recorded.h: answers of real Nomad servers (1.1 and 1.6), as a look at one job sees them. */
#ifndef LOCKSTEP_TESTS_DRIVERS_NOMAD_RECORDED_H
#define LOCKSTEP_TESTS_DRIVERS_NOMAD_RECORDED_H

#include "drivers/nomad/picture.h"

struct nomad_recorded {
    struct arena *arena;
    json_t *parts[12]; /* owned */
    size_t count;
    struct nomad_view view;
    struct nomad_history history;
    struct nomad_sight sight;
};

/* NAME-versions, -deployment, -allocations and -evaluations (where there is one), and nodes. */
struct nomad_recorded nomad_recorded_look(const char *name);
void nomad_recorded_free(struct nomad_recorded *recorded);
json_t *nomad_recorded_json(struct nomad_recorded *recorded, const char *file);
/* Of its first group; one reference, yours. */
const struct service *nomad_recorded_picture(const struct nomad_recorded *recorded);
const struct nomad_group *nomad_recorded_group(const struct nomad_recorded *recorded);

#endif
