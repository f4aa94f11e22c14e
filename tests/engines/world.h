/* world.h: suites that are the same on every real engine, written once over what differs.
 *
 * Policy: lockstep's defaults (canary 1, waves 10 %, 33 %, 100 %), a context that is not
 * production, an unanswered write settled after 2 s. What runs is asked of an oracle that shares no
 * code with lockstep. */
#ifndef LOCKSTEP_TESTS_ENGINES_WORLD_H
#define LOCKSTEP_TESTS_ENGINES_WORLD_H

#include "drivers/driver.h"
#include "test.h"

#include <jansson.h>

struct real_world {
    const char *program, *lost; /* names of the suites */
    void (*need)(void);         /* starts the cluster; for SUITE functions */
    /* The context of an operator: name, kind, endpoint; borrowed until the program ends. */
    struct cluster_config (*cluster)(void);
    /* A service of eight on "4", running, and no record of lockstep's; its name. */
    const char *(*create)(void);
    const char *(*create_slow)(void); /* the same, but a move takes ten seconds to come to rest */
    void (*remove)(void);
    unsigned (*running)(const char *version); /* "": all */
    bool (*wait)(const char *version, unsigned count);
    json_t *(*ids)(const char *version); /* of these, a new array */
    /* Processes of this version that really run, wherever; and a node that can be cut off. */
    unsigned (*truth)(const char *version);
    const char *away; /* its name */
    void (*cut)(void);
    void (*heal)(void); /* until it reports; also when it was never cut */
};

/* The command line, killed at every point of the protocol; two operators at once. */
Suite *program_suite(const struct real_world *world);
/* A node that is cut off counts with what it last ran, until it is fenced; its return is an alarm.
 */
Suite *lost_suite(const struct real_world *world);

/* Opens the world of this run, calls the body, closes it. */
const struct real_world *real_world_at(int index);
int real_world_add(const struct real_world *world); /* its index; the same for the same one */
#define ON_WORLD(test)                                                                             \
    static void body_##test(void);                                                                 \
    START_TEST(test)                                                                               \
    {                                                                                              \
        open_world(real_world_at(_i));                                                             \
        body_##test();                                                                             \
        close_world();                                                                             \
    }                                                                                              \
    END_TEST                                                                                       \
    static void body_##test(void)

#endif
