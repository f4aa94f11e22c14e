/* manifest.h: a manifest whose pod template is to be released. Pure.
 *
 * A start changes one pod template and nothing else. So everything else that the file asks for has
 * to be there already, as kubectl would find it unchanged: what differs is named with its line. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_MANIFEST_H
#define LOCKSTEP_DRIVERS_KUBERNETES_MANIFEST_H

#include "drivers/kubernetes/template.h"

#include "base/err.h"

#define KUBE_MANIFEST "manifest:" /* what action->artifact begins with until it is planned */
enum { KUBE_MANIFEST_REF = 32 };  /* "manifest:" and 16 digits */

struct kube_manifest {
    char ref[KUBE_MANIFEST_REF];
    char *service_id, *file, *text; /* text: of the one document, its lines where they are */
    size_t len;
    json_t *object;
};

/* Takes the one object that is meant out of a file of one or more documents, YAML or JSON. False
 * and err (file and line) when it is not there, or when the file holds something else as well. */
bool kube_manifest_read(struct kube_manifest *out, const char *service_id, const char *file,
                        const char *text, size_t len, struct err *err);
void kube_manifest_release(struct kube_manifest *manifest);

/* Against the workload as it is: nothing but the pod template differs, and the template is of this
 * version. *image becomes what its container runs, clean, in the arena. */
bool kube_manifest_check(const struct kube_manifest *manifest, const struct kube_workload *w,
                         const char *version, struct arena *arena, const char **image,
                         struct err *err);

#endif
