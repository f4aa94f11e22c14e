/* observed.h: inside the guard only: what one service may be running, from observations.
 *
 * A silent or retired node counts with what it ran last; only a fenced one leaves the
 * count. Failing instances count too: a crash loop runs its version for seconds at a time. */
#ifndef LOCKSTEP_GUARD_OBSERVED_H
#define LOCKSTEP_GUARD_OBSERVED_H

#include "guard/guard.h"

#include <stdbool.h>

/* Versions that may run; sorted, unique. "?" stands for an unknown one. */
struct live {
    const char **versions;
    size_t count;
};

struct live live_collect(const struct guard_input *in, struct arena *arena);
bool live_has(const struct live *live, const char *version);
#define VERSION_UNKNOWN "?"

/* The two versions between which this service is declared to move. */
struct pair {
    const char *from, *to; /* "" where there is none */
    bool open;             /* a release or a rollout is in flight between them */
};
struct pair pair_of(const struct guard_input *in, const struct live *live);
bool pair_has(const struct pair *pair, const char *version);
/* "4 -> 5" */
const char *pair_arrow(const struct pair *pair, struct arena *arena);
/* The cheapest way to be rid of versions that stand in the way; `fence`: see live_witness. */
const char *pair_way_out(const struct pair *pair, const char *fence, struct arena *arena);
/* The version that counts as everywhere, whatever else runs. */
const char *pair_stable(const struct guard_input *in, const struct pair *pair);

/* State of the node of a placement; NODE_REPORTING, and no node, when nothing else is known. */
enum node_state node_state_of(const struct guard_input *in, const struct placement *place,
                              const struct node **node);
/* What people call it: the id where no name is known. */
const char *node_name_of(const struct guard_input *in, const struct placement *place);

/* Adds a witness for every place where `version` runs, may run or would be started.
 * Sets *fence to the name of the first silent or retired node among them. */
struct finding;
void live_witness(const struct guard_input *in, const char *version, struct arena *arena,
                  struct finding *finding, const char **fence);

#endif
