/* measured.h: bakes on any real engine, judged by what a real Prometheus has measured, written once
 * over what differs. Profile fast, eight instances; a context that is not production. What runs is
 * asked of an oracle that shares no code with lockstep, and so is what the exporter plays. */
#ifndef LOCKSTEP_TESTS_ENGINES_MEASURED_H
#define LOCKSTEP_TESTS_ENGINES_MEASURED_H

#include "drivers/driver.h"
#include "test.h"

struct measured_world {
    const char *suite;     /* its name */
    const char *from, *to; /* versions */
    void (*need)(void);    /* starts the cluster; for SUITE functions */
    /* A service of eight on `from`, running, and no record of lockstep's; its name. */
    const char *(*create)(void);
    void (*remove)(void);
    /* The context of an operator; borrowed until the next call. */
    struct cluster_config (*cluster)(void);
    unsigned (*running)(const char *version);
};

/* A good version reaches stable; one that errs only under load is stopped at the canary; one whose
 * metrics are missing is not passed; while Prometheus is away the bake waits and says why. */
Suite *measured_suite(const struct measured_world *world);

#endif
