/* workload.h: workloads written down in tests. */
#ifndef LOCKSTEP_TESTS_DRIVERS_KUBERNETES_WORKLOAD_H
#define LOCKSTEP_TESTS_DRIVERS_KUBERNETES_WORKLOAD_H

#include "drivers/kubernetes/recipe.h"

enum { WORKLOAD_PARTS = 32 };

struct workload {
    json_t *root; /* object, revisions, pods */
    const json_t *revisions[WORKLOAD_PARTS], *pods[WORKLOAD_PARTS];
    struct kube_workload w;
};

/* From JSON with single quotes: {'object':{…},'revisions':[…],'pods':[…]}, each owned by the
 * object, which gets a name, namespace, uid and generations where it has none. */
void workload_open(struct workload *it, enum kube_kind kind, const char *text);
void workload_close(struct workload *it);
/* Sets a member of the object by path, "spec/paused", to JSON with single quotes. */
void workload_set(struct workload *it, const char *path, const char *value);
json_t *quoted(const char *text);

struct action workload_action(enum verb verb, const char *to, uint32_t have, uint32_t to_count,
                              uint32_t replicas);
/* The write as composed at its revision; fails the test when it is refused. */
struct kube_write workload_write(struct workload *it, struct action *action, const json_t *memo);
/* The value of the last operation on this path, or NULL. */
const json_t *write_value(const struct kube_write *write, size_t request, const char *path);
bool write_has(const struct kube_write *write, size_t request, const char *op, const char *path);

#endif
