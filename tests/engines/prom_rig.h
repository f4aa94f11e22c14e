/* prom_rig.h: a real Prometheus on 127.0.0.1, and an exporter that plays what stands in front of a
 * service: requests of each version, as many as it has instances by its own count. */
#ifndef LOCKSTEP_TESTS_ENGINES_PROM_RIG_H
#define LOCKSTEP_TESTS_ENGINES_PROM_RIG_H

#include <stdbool.h>

struct prom_rig;

/* Instances of this version that really are there; called in the exporter's process. */
typedef unsigned prom_rig_count_fn(void *arg, const char *version);

/* Both run when it returns. `versions` ends with NULL. Fails the test when they do not come up. */
struct prom_rig *prom_rig_open(const char *service, const char *const *versions,
                               prom_rig_count_fn *count, void *arg);
void prom_rig_close(struct prom_rig *rig); /* NULL is fine */
const char *prom_rig_url(const struct prom_rig *rig);
/* Requests of this version fail under load, one of ten; "": of none. */
void prom_rig_errs(struct prom_rig *rig, const char *version);
/* Nothing is exported of this version; "": of all something. */
void prom_rig_mutes(struct prom_rig *rig, const char *version);
/* Waits until it has this many samples of the version. */
void prom_rig_wait(struct prom_rig *rig, const char *version, unsigned samples);
/* Prometheus dies at once, and comes again with what it had stored. */
void prom_rig_kill(struct prom_rig *rig);
void prom_rig_start(struct prom_rig *rig);

#endif
