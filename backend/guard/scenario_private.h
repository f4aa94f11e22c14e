/* scenario_private.h: what the files that read a scenario share. */
#ifndef LOCKSTEP_GUARD_SCENARIO_PRIVATE_H
#define LOCKSTEP_GUARD_SCENARIO_PRIVATE_H

#include "guard/scenario.h"

/* Reads the actions, and gives every name that they mention its number, but for the nodes: what
 * is left to do for those, in *seating (arena). */
struct scenario_seating;
bool scenario_read_actions(struct scenario *scenario, const struct json_at *actions,
                           struct scenario_seating **seating, struct err *err);
/* After the book is sealed: their nodes. */
bool scenario_seat_actions(struct scenario *scenario, const struct json_at *actions,
                           const struct scenario_seating *seating, struct err *err);
/* A version by name, "?" or null for one that is not known. */
bool scenario_version(struct book *book, uint32_t service, const struct json_at *at, unsigned *out,
                      struct err *err);

/* Adds to `text`, one line each, what broke by the action that led from one world to the other;
 * what is in it already is not said again. */
const char *scenario_alerts(const struct scenario *scenario, const struct world *before,
                            const struct world *after, size_t action, const char *text,
                            struct arena *arena);

#endif
