/* nomad_rig.h: the real Nomad cluster of the engine tests, and oracles that share no code with
 * lockstep.
 *
 * One cluster serves the whole run: a server and three clients. It is started by the runner itself
 * before any test forks, and goes when the runner goes, however that happens. With NOMAD_TEST_ADDR
 * the tests that need no agents of their own run there, in a namespace of their own. */
#ifndef LOCKSTEP_TESTS_ENGINES_NOMAD_RIG_H
#define LOCKSTEP_TESTS_ENGINES_NOMAD_RIG_H

#include "drivers/driver.h"

#include <jansson.h>
#include <stdbool.h>

/* Starts it the first time; says why and ends the runner when it cannot. For SUITE functions. */
void nomad_rig_need(void);
bool nomad_rig_is_ours(void); /* false: somebody's cluster; its agents are left alone */
const char *nomad_rig_address(void);
struct cluster_config nomad_rig_config(void); /* of a context called lab */
const char *nomad_rig_apps(void);             /* "<path>/app": what -4, -5, -6 are added to */
/* A server with ACLs and nothing else; its own folder and lifetime. */
const char *nomad_rig_acl_address(void);
/* Three servers (server, server2, server3) and a client, for the tests that lose leaders. Started
 * by the first call; for SUITE functions. */
void nomad_rig_need_three(void);
const char *nomad_rig_three_address(void); /* of "server" */
const char *nomad_rig_three_folder(void);
const char *nomad_rig_folder(void);
/* nomad-cluster.sh VERB AGENT; fails the test when it fails. */
void nomad_rig_do(const char *verb, const char *agent);
void nomad_rig_do_three(const char *verb, const char *agent);

/* curl against a server. Returns the HTTP status; *answer (may be NULL) is a new reference, NULL
 * when the body is no JSON. token may be "". */
long nomad_rig_call_at(const char *address, const char *token, const char *method, const char *path,
                       const char *body, json_t **answer);
long nomad_rig_call(const char *method, const char *path, const char *body, json_t **answer);

struct nomad_rig_job {
    char name[32];
    unsigned count;
};
/* A job of this many allocations of version 4, four at once, running when it returns. update (may
 * be NULL) replaces its update block. */
struct nomad_rig_job nomad_rig_create(unsigned count, const char *update);
/* The same; an allocation ends so many seconds after it was told to. */
struct nomad_rig_job nomad_rig_create_slow(unsigned count, unsigned stop_s);
void nomad_rig_remove(const struct nomad_rig_job *job);
/* Removes every record of lockstep. */
void nomad_rig_forget_records(void);
/* The job as the server has it; a new reference. */
json_t *nomad_rig_read(const struct nomad_rig_job *job);
/* Registers it as it is, without a precondition; returns the HTTP status. */
long nomad_rig_register(const struct nomad_rig_job *job, json_t *body);
/* Sets the version of its task, and its update block when that is given: what somebody else does.
 */
void nomad_rig_change(const struct nomad_rig_job *job, const char *version, const char *update);

/* Allocations that the server lists as running and wanted, by version ("5"); "": all. */
unsigned nomad_rig_allocs(const struct nomad_rig_job *job, const char *version);
/* The ids of these, sorted, as a new array. */
json_t *nomad_rig_alloc_ids(const struct nomad_rig_job *job, const char *version);
/* How many of these ids are still among them. */
unsigned nomad_rig_kept(const struct nomad_rig_job *job, const json_t *ids);
/* Processes that really run, from /proc. */
unsigned nomad_rig_truth(const struct nomad_rig_job *job, const char *version);
/* Waits until the server lists so many of this version; false after 30 s. */
bool nomad_rig_wait(const struct nomad_rig_job *job, const char *version, unsigned count);
/* "ready", "down", … of a node by name; waits up to 30 s. */
bool nomad_rig_wait_node(const char *node, const char *state);
const char *nomad_rig_node_id(const char *name);
const char *nomad_rig_node_name(const char *id);

#endif
