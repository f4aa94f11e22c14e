/* rig.h: the real Docker Swarm of the engine tests, and oracles that share no code with lockstep.
 *
 * One cluster serves the whole run: m1, w1, w2, w3. It is started by the runner
 * itself before any test forks, and goes when the runner goes, however that happens. */
#ifndef LOCKSTEP_TESTS_ENGINES_RIG_H
#define LOCKSTEP_TESTS_ENGINES_RIG_H

#include <jansson.h>
#include <stdbool.h>

enum { RIG_NAME = 32 };

/* Starts it the first time; says why and ends the runner when it cannot. For SUITE functions. */
void rig_need(void);
const char *rig_endpoint(const char *node); /* "unix:///…/m1/docker.sock" */
const char *rig_folder(void);               /* of the rig; tests may put files there */
/* swarm-cluster.sh VERB NODE; fails the test when it fails. */
void rig_do(const char *verb, const char *node);

/* curl against a node's engine. Returns the HTTP status; *answer (may be NULL) is a new
 * reference, NULL when the body is no JSON. body NULL: GET; "": DELETE. */
long rig_call(const char *node, const char *path, const char *body, json_t **answer);

struct rig_service {
    char name[RIG_NAME];
    char id[64];
    unsigned replicas;
};
/* A service of this many instances of app:4 on the workers, four at once, running when it
 * returns. update (may be NULL) replaces its UpdateConfig. */
struct rig_service rig_create(unsigned replicas, const char *update);
/* The same; a task ends so many seconds after it was told to. */
struct rig_service rig_create_slow(unsigned replicas, unsigned stop_s);
void rig_remove(const struct rig_service *service);
/* Removes every record of lockstep. */
void rig_forget_records(void);
/* Reads the Spec, sets the value at a path like Labels/team in it, posts it back: what somebody
 * else does. */
void rig_change(const struct rig_service *service, const char *path, json_t *value);

/* Tasks that the engine lists as running and wanted, by image tag ("5"); "": all. */
unsigned rig_tasks(const struct rig_service *service, const char *tag);
/* The ids of these, sorted, as a new array. */
json_t *rig_task_ids(const struct rig_service *service, const char *tag);
/* Processes that really run, from /proc; node "" for all. */
unsigned rig_truth(const struct rig_service *service, const char *version, const char *node);
/* Waits until the engine lists so many of this tag; false after 30 s. */
bool rig_wait_tasks(const struct rig_service *service, const char *tag, unsigned count);
/* "ready", "down", … as the manager says it, of a node by name; waits up to 30 s. */
bool rig_wait_node(const char *node, const char *state);
/* Id of a node by its name; fails the test when there is none. */
const char *rig_node_id(const char *name);
const char *rig_node_name(const char *id);

/* Whether CK_RUN_SUITE leaves any suite whose name begins like this. */
bool rig_wanted(const char *prefix);
void rig_pause_ms(long ms);
/* Runs a program to its end; returns its status, *out its stdout (yours). */
int rig_run(const char *const argv[], char **out);

#endif
