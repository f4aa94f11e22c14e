/* kube_rig.h: the real Kubernetes control plane of the engine tests, and oracles that share no code
 * with lockstep.
 *
 * One control plane and four nodes that run nothing (tests/engines/kubernetes says how) serve the
 * whole run; each test gets a namespace of its own. KUBECONFIG_TEST: that cluster serves instead,
 * with KUBE_TEST_IMAGE an image whose tags 3.4, 3.5 and 3.6 it can run (that of `pause` has them),
 * and tests that command nodes, parts or identities are left out (kube_is_ours).
 * KUBE_CONTROL_PLANE: the control plane of another name that tests/engines/build.sh made.
 *
 * A path that does not begin with '/' is one of this test's namespace: "deployments/web". */
#ifndef LOCKSTEP_TESTS_ENGINES_KUBE_RIG_H
#define LOCKSTEP_TESTS_ENGINES_KUBE_RIG_H

#include "drivers/driver.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#define KUBE_OLD  "3.4"
#define KUBE_NEW  "3.5"
#define KUBE_NEXT "3.6"

/* Starts it the first time; says why and ends the runner when it cannot. For SUITE functions. */
void kube_need(void);
bool kube_is_ours(void);
/* The kubeconfig file of admin, second (an admin, too), viewer, operator, local (no rights until
 * kube_bind), certificate (an admin by certificate) or expired. Static. */
const char *kube_config(const char *who);
const char *kube_folder(void);  /* of the rig */
const char *kube_server(void);  /* its URL */
const char *kube_program(void); /* the control plane's; `PROGRAM kubectl …` */
/* "stop PART", "start PART" (apiserver, controller-manager, scheduler), "silence NODE", "return
 * NODE", "rotate WHO" (a new token; the old one counts no more). Fails the test when it fails. */
void kube_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For curl -K: who asks, and how. */
const char *kube_curlrc(void);
void kube_url(const char *path, char *url, size_t size);

/* A fresh namespace, and its removal (which is not waited for): a checked fixture. */
void kube_open(void);
void kube_close(void);
const char *kube_namespace(void);

/* The settings of a context for this namespace, as this identity; valid until the next call. */
struct cluster_config kube_cluster(const char *who);
/* Removes the records that lockstep keeps outside of the test's namespace. */
void kube_forget_records(void);

/* As admin, by curl. PATCH is a merge patch, or a JSON patch where the body is an array. Returns
 * the HTTP status, 0 when there was none; *answer (may be NULL) is a new reference, NULL when the
 * body is no JSON. */
long kube_call(const char *method, const char *path, const char *body, json_t **answer);
/* The status of a GET as somebody else of the rig. */
long kube_status_as(const char *who, const char *path);
/* A POST of theirs whose body never ends: the server works at it until kube_let_go, for a minute at
 * most. */
pid_t kube_hang_as(const char *who, const char *path);
void kube_let_go(pid_t pid);
/* These fail the test when the status is not one of success. */
json_t *kube_get(const char *path);                 /* a new reference */
void kube_patch(const char *path, json_t *change);  /* takes the reference */
void kube_create(const char *path, json_t *object); /* takes the reference */
void kube_delete(const char *path);
/* What is at the end of "spec/replicas"; -1 when nothing is there. */
json_int_t kube_number(const char *path, const char *keys);
bool kube_wait_number(const char *path, const char *keys, json_int_t wanted);
/* kubectl in this namespace; words are separated by blanks. Returns its status; *out is yours. */
int kube_ctl(const char *who, const char *words, char **out);

/* A workload of pods app=NAME of the image with this tag, all ready when it returns. kind is
 * "deployments", "statefulsets" or "daemonsets" (replicas ignored); more (may be NULL, taken) is
 * merged into the object. Tags bad, missing, sick and slow behave like that. */
void kube_make(const char *kind, const char *name, unsigned replicas, const char *tag,
               json_t *more);
/* The same, and does not wait. */
void kube_put(const char *kind, const char *name, unsigned replicas, const char *tag, json_t *more);
/* "pause:TAG", as a rule; static. */
const char *kube_image(const char *tag);
/* Merges a template with that image: what somebody else does. */
void kube_set_image(const char *kind, const char *name, const char *tag);
/* Gives an identity a ClusterRole in this namespace. */
void kube_bind(const char *who, const char *role);

/* Pods app=NAME by image tag ("": all) that are not on their way out. */
unsigned kube_pods(const char *name, const char *tag);
unsigned kube_ready_pods(const char *name, const char *tag);
unsigned kube_leaving_pods(const char *name, const char *tag);
/* Their names, sorted, as a new array. */
json_t *kube_pod_names(const char *name, const char *tag);
/* How many of these names are still there. */
unsigned kube_kept(const json_t *names, const char *name);
/* The same by UID, for kinds that use a name again. */
json_t *kube_pod_uids(const char *name, const char *tag);
unsigned kube_kept_uids(const json_t *uids, const char *name);
/* What the ReplicaSets of this image are told to have. */
unsigned kube_wanted(const char *name, const char *tag);
/* Waits until so many are there, ready, and none of the tag is on its way out. */
bool kube_wait_pods(const char *name, const char *tag, unsigned count);
/* Containers that really run, also where nobody hears of them; node "" for all. Ours only. */
unsigned kube_truth(const char *name, const char *tag, const char *node);
/* Ready is "True" or "Unknown". */
bool kube_wait_node(const char *node, const char *ready);

/* A second client: every change of the ReplicaSets and pods of this namespace from now on. */
struct kube_watch {
    pid_t pids[2];
    char sets[64], pods[64]; /* files */
};
void kube_watch_start(struct kube_watch *watch);
void kube_watch_stop(struct kube_watch *watch);
/* The most that the ReplicaSets of this image were ever told to have, and ever had. These may be
 * asked before stop, too: then until now. */
unsigned kube_watch_wanted(const struct kube_watch *watch, const char *tag);
/* The most pods of this image that ever were at the same time. */
unsigned kube_watch_pods(const struct kube_watch *watch, const char *tag);
/* The most that all ReplicaSets together were ever told to have. */
unsigned kube_watch_total(const struct kube_watch *watch);

#endif
