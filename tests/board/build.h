/* build.h: services by hand, for tests. */
#ifndef LOCKSTEP_TESTS_BOARD_BUILD_H
#define LOCKSTEP_TESTS_BOARD_BUILD_H

#include "board/board.h"
#include "release/release.h"

/* A service "web" of 8 in context "c" that wants `wants`; add versions, then seal it. */
struct service *build_service(const char *wants);
/* Adds instances of one version, all in one state, on one node. */
void build_instances(struct service *service, const char *version, enum instance_state state,
                     uint32_t count, const char *node);
/* A snapshot with this sealed service (a reference is taken) and nodes n1..n4 reporting. */
const struct snapshot *build_snapshot(const struct service *service);

#endif
