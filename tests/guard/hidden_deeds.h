/* hidden_deeds.h: between the two files of the operator: what can be seen, and what can be done. */
#ifndef LOCKSTEP_TESTS_GUARD_HIDDEN_DEEDS_H
#define LOCKSTEP_TESTS_GUARD_HIDDEN_DEEDS_H

#include "guard/hidden.h"

struct choice {
    uint32_t seats[HIDDEN_NODES];
    size_t count;
};

/* Nodes that report and are seen to fail. */
unsigned op_failing(const struct hidden *h, unsigned s);
unsigned op_version_of(const char *name);
void op_look(const struct hidden *h, unsigned s, struct stage_view *view);
/* The version that it moves to, as a set. */
versions_t op_changing(const struct hidden *h, unsigned s);
/* `count` nodes that do not run v, from anywhere in the row, those that report first. */
struct choice op_choose(struct hidden *h, unsigned s, unsigned v, size_t count, bool silent);
struct choice op_all_on(const struct hidden *h, unsigned s, unsigned v);
unsigned op_count_on(const struct hidden *h, unsigned s, unsigned v);

bool op_judge(struct hidden *h, const struct deed *deed);
/* As it was decided, however long ago. */
bool op_carry_out(struct hidden *h, struct deed deed);
bool op_canary(struct hidden *h, unsigned s, unsigned v, uint32_t count, bool silent);
/* So many on v: the others are missed. */
bool op_release_to(struct hidden *h, unsigned s, unsigned v, uint32_t count);
bool op_bake(struct hidden *h, unsigned s, bool failed);
bool op_back(struct hidden *h, unsigned s, unsigned v, const struct choice *only);
bool op_point_launchers(struct hidden *h, unsigned s, unsigned v);
/* Somebody goes and pulls the plug of a node that does not answer, or of one that is broken. */
bool op_fence(struct hidden *h, unsigned s, bool broken);
bool op_admit(struct hidden *h, unsigned s);

#endif
