/* fleet_by_hand.h: one service on a few nodes, spelled out, for tests of the guard. */
#ifndef LOCKSTEP_TESTS_GUARD_FLEET_BY_HAND_H
#define LOCKSTEP_TESTS_GUARD_FLEET_BY_HAND_H

#include "guard/guard.h"
#include "release/release.h"

enum { HAND_MAX = 16 };

/* Everything by value; the input points into it, so it must not be moved. */
struct hand {
    struct arena *arena;
    struct service service;
    struct snapshot snapshot;
    struct release release;
    struct guard_input in;
    struct version_count versions[HAND_MAX];
    struct placement placements[HAND_MAX];
    struct launcher launchers[HAND_MAX];
    struct node nodes[HAND_MAX];
};

/* Service "shop" of cluster "c" that wants `wants`; nothing runs yet; no release on record. */
void hand_init(struct hand *hand, const char *wants);
void hand_release(struct hand *hand);
/* `node` runs `count` instances of `version` in `state`; the node reports unless said otherwise.
 * Call in the order of node names. */
void hand_place(struct hand *hand, const char *node, const char *version, uint32_t count,
                enum instance_state state);
/* The node has been in this state for `age_ms`. */
void hand_node(struct hand *hand, const char *node, enum node_state state, int64_t age_ms);
void hand_launcher(struct hand *hand, const char *name, const char *version);
void hand_record(struct hand *hand, enum stage stage, const char *from, const char *to);

/* Judged into hand->arena; "" and 0: nothing was shown. */
struct verdict *hand_judge(struct hand *hand, enum verb verb, const char *version);
/* Fails the test unless some witness of the finding has this object and its fact contains `fact`.
 */
void hand_assert_witness(const struct finding *finding, const char *object, const char *fact);

#endif
