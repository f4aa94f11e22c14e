/* alarms.h: `lockstep watch` on any real engine tells a real Alertmanager, which tells a receiver
 * of ours; a webhook of lockstep's own is beside it. Written once over what differs.
 *
 * A second step is made by changing the service twice behind everybody's back; that it is live is
 * read from the engine's own list. */
#ifndef LOCKSTEP_TESTS_ENGINES_ALARMS_H
#define LOCKSTEP_TESTS_ENGINES_ALARMS_H

#include "test.h"

#include <stdbool.h>

struct alarms_world {
    const char *suite;  /* its name */
    void (*need)(void); /* starts the cluster; for SUITE functions */
    /* A service of six on one version, running, and no record of lockstep's; its name. */
    const char *(*create)(void);
    void (*remove)(void);
    /* Of the context, as an element of a YAML flow sequence; static. */
    const char *(*context)(void);
    void (*steps)(void); /* returns when three versions are live */
    void (*undo)(void);  /* and when there is one again */
    bool every; /* fault; else those that rest on the engine's own store, NIGHT=1: every one */
};

/* It arrives in the Alertmanager within ten seconds, resolves by itself, and is neither lost nor
 * told twice, whatever is restarted meanwhile. */
Suite *alarms_suite(const struct alarms_world *world);

#endif
