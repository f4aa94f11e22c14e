/* same_world.h: a scenario written in another way that must not matter. Each returns a new one. */
#ifndef LOCKSTEP_TESTS_GUARD_SAME_WORLD_H
#define LOCKSTEP_TESTS_GUARD_SAME_WORLD_H

#include <jansson.h>

/* Every name is another one: of services, versions, nodes, launchers, stores, formats, clients. */
json_t *same_renamed(const json_t *root);
/* Members and lists stand in the other order, but for the actions. */
json_t *same_reversed(const json_t *root);
/* `follows` and `change` for `pred` and `delta`. */
json_t *same_spelled(const json_t *root);
/* Beside itself under other names: action i of the first is action 2i, of the second 2i + 1. */
json_t *same_twice(const json_t *root);
/* Where all nodes of a service run one version, many more do. */
json_t *same_crowded(const json_t *root);

#endif
