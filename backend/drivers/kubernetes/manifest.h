/* manifest.h: a manifest whose pod template is to be released. Pure.
 *
 * A start changes one pod template and nothing else. So everything else that the file asks for, of
 * the workload and of every other object in it, has to be there already, as kubectl would find it
 * unchanged: what differs is named with its line. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_MANIFEST_H
#define LOCKSTEP_DRIVERS_KUBERNETES_MANIFEST_H

#include "drivers/kubernetes/template.h"

#include "base/err.h"

#define KUBE_MANIFEST "manifest:" /* what action->artifact begins with until it is planned */
enum { KUBE_MANIFEST_REF = 32 };  /* "manifest:" and 16 digits */

/* An object that the file holds beside the workload. */
enum kube_beside_state {
    BESIDE_UNASKED,
    BESIDE_SAME,
    BESIDE_DIFFERS, /* or is not there; `why` says what */
    BESIDE_UNKNOWN, /* could not or may not be looked at; `why` says why */
};
struct kube_beside {
    json_t *object;
    char *text; /* of the document, its lines where they are */
    size_t len, line;
    enum kube_beside_state state;
    char name[120]; /* "ConfigMap settings", clean */
    char why[360];
};

struct kube_manifest {
    char ref[KUBE_MANIFEST_REF];
    char *service_id, *file, *text; /* text: of the one document, its lines where they are */
    size_t len;
    json_t *object;
    struct kube_beside *besides;
    size_t beside_count, beside_cap;
};

/* Takes the one object that is meant out of a file of one or more documents, YAML or JSON; the
 * others become besides, not asked for yet. False and err (file and line) when it is not there, or
 * there twice. */
bool kube_manifest_read(struct kube_manifest *out, const char *service_id, const char *file,
                        const char *text, size_t len, struct err *err);
void kube_manifest_release(struct kube_manifest *manifest);

/* Against the workload as it is: nothing but the pod template differs, none of the besides is known
 * to differ, and the template is of this version. *image becomes what its container runs, clean, in
 * the arena. */
bool kube_manifest_check(const struct kube_manifest *manifest, const struct kube_workload *w,
                         const char *version, struct arena *arena, const char **image,
                         struct err *err);

#endif
