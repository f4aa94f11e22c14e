/* acting_hand.h: frames by hand for tests of acting keys: eight services in four clusters. */
#ifndef LOCKSTEP_TESTS_TUI_ACTING_HAND_H
#define LOCKSTEP_TESTS_TUI_ACTING_HAND_H

#include "acting.h"

enum { HAND_CLUSTERS = 4, HAND_SERVICES = 8 };
/* First service of each cluster. */
enum { SIM = 0, DEV = 2, PROD = 4, VIEW = 6 };

struct hand {
    struct frame frame;
    struct service service[HAND_SERVICES];
    struct row row[HAND_SERVICES]; /* of service s0, s1, … */
    const struct row *rows[HAND_SERVICES];
    char digest[HAND_SERVICES][24];
};

/* sim never asks, dev is not production, prod is, view is read-only; two services each. */
extern const struct board_cluster hand_clusters[HAND_CLUSTERS];
extern const char *const hand_names[2], *const hand_ids[HAND_SERVICES];

/* Every service offers and allows everything; each revision has other digests and counts. */
void hand_fill(struct hand *hand, unsigned revision);
/* The frame as drawn now, with this service selected. */
struct acting_picture hand_picture(const struct hand *hand, const struct acting *acting,
                                   unsigned service);
/* A key pressed alone. */
struct acting_press hand_press(int key, unsigned service, int64_t now_ms);

#endif
