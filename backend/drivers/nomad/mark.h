/* mark.h: lockstep's sign on a job: which write of which action made this version. Pure.
 *
 * A job has no free text that could change without replacing every allocation. But under
 * `health_check = "manual"` and without a progress deadline three times of the update block mean
 * nothing to Nomad (stagger, min_healthy_time, healthy_deadline), and a change of that block moves
 * nothing. So the sign is written there, bit by bit, and goes with lockstep's block. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_MARK_H
#define LOCKSTEP_DRIVERS_NOMAD_MARK_H

#include "base/hash.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct nomad_mark {
    char id[ID_TEXT]; /* of the action */
    uint8_t write, writes;
};

/* Sets the five members of an update block that carry it. */
void nomad_mark_write(json_t *update, const struct nomad_mark *mark);
/* False: no sign of lockstep's in this block. */
bool nomad_mark_read(const json_t *update, struct nomad_mark *out);

#endif
