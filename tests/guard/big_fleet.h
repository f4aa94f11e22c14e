/* big_fleet.h: a fleet of any size with contracts for everything, for measuring the guard.
 *
 * Services come in groups that call each other along a chain and share one store; in every second
 * group one release is half way. One node in a hundred is silent. */
#ifndef LOCKSTEP_TESTS_GUARD_BIG_FLEET_H
#define LOCKSTEP_TESTS_GUARD_BIG_FLEET_H

#include "guard/bind.h"
#include "guard/guard.h"
#include "release/release.h"

enum { BIG_GROUP = 5, BIG_SPREAD = 100 }; /* services of a group; instances of a service */

struct big_fleet {
    struct arena *arena;
    struct fleet *fleet;
    const struct snapshot *snapshot;
    struct facts facts;
    struct bind *bind;
    struct release *releases; /* per service; STAGE_NONE: none on record */
    const struct service **services;
    size_t service_count, node_count;
    unsigned build; /* of the last service that was observed again */
};

/* Ten nodes and a hundred instances for each service. */
void big_fleet_init(struct big_fleet *big, size_t services);
void big_fleet_release(struct big_fleet *big);
struct guard_input big_fleet_input(const struct big_fleet *big, size_t service);
/* Judges the next step of every service; how many are allowed. */
size_t big_fleet_judge_all(const struct big_fleet *big);
/* The service is observed again, with one instance in another state: it and those it is coupled to
 * are judged anew. */
void big_fleet_observe(struct big_fleet *big, size_t service);

#endif
