/* conformance.h: what every driver must do, as tests written once.
 *
 * A fixture gives the suite a fresh service of eight instances on its old
 * version, on a simulated cluster or a real engine; the suite calls the driver's
 * slots directly and believes only what reads and the stream say. */
#ifndef LOCKSTEP_TESTS_DRIVERS_CONFORMANCE_H
#define LOCKSTEP_TESTS_DRIVERS_CONFORMANCE_H

#include "drivers/driver.h"
#include "test.h"

struct conformance_world {
    const struct conformance_fixture *fixture;
    /* Filled by setup; released by teardown. The name of the service is free: "web". */
    struct clock *clock;
    struct cluster_config config;
    const char *service_name;
    uint32_t instances; /* eight, unless setup says otherwise; the suite itself wants eight */
    void *own;
};

struct conformance_fixture {
    const char *name; /* of the suite, and in messages */
    /* Versions and artifacts; artifact "": the driver derives it from what runs. */
    const char *old_version, *new_version, *next_version, *missing_version;
    const char *new_artifact, *next_artifact, *missing_artifact;
    int64_t patience_ms; /* until something that must happen has happened */
    int64_t calm_ms;     /* how long something that must not happen is waited for */
    double timeout_s;    /* of one test */
    void (*setup)(struct conformance_world *world);
    void (*teardown)(struct conformance_world *world);
    /* NULL where the fixture cannot; then the tests that need it are left out. */
    void (*silence_node)(struct conformance_world *world, const char *node_id);
    void (*return_node)(struct conformance_world *world, const char *node_id);
    /* Somebody else changes the service, in any way that moves no instance. */
    void (*foreign_write)(struct conformance_world *world, const char *service_id);
    /* Does an instance write a line now and then, so that a log can be followed? */
    bool talks;
};

/* A suite of all tests that this fixture can run. The fixture lives as long as the program. */
Suite *conformance_suite(const struct conformance_fixture *fixture);

#endif
