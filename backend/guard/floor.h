/* floor.h: how far back a service can still go, and what the next key would make of that. */
#ifndef LOCKSTEP_GUARD_FLOOR_H
#define LOCKSTEP_GUARD_FLOOR_H

#include "guard/guard.h"

/* How far back one store still lets the service go. Versions as text: "" nothing is declared, "?"
 * none of the known ones can read it. */
struct floor_store {
    const char *store;
    const char *may;   /* formats that may be at rest, "json-3, json-4" */
    const char *now;   /* the oldest version that can read all of it */
    const char *after; /* and once the next key was pressed */
};

/* The oldest version that it is still safe to return to. */
struct floor_view {
    const char *now;   /* over all stores; as in struct floor_store */
    const char *after; /* after the key that comes next; equal to `now` when it moves nothing */
    const char *next;  /* the version that key brings, "" when nobody can say */
    const struct floor_store *stores;
    size_t store_count;
};

/* As contracts and what may be at rest say it. `next`: the version that is being released; "":
 * none, and then it is the only declared one that may follow what runs. Texts go into the arena;
 * all are "" where no contract says anything. */
void guard_floor(const struct guard_input *in, const char *next, struct arena *arena,
                 struct floor_view *out);

#endif
