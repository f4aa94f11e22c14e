/* kube_web.h: releases of one workload "web" from KUBE_OLD to KUBE_NEW on the real Kubernetes,
 * with a second client that sees every change of its ReplicaSets and pods. */
#ifndef LOCKSTEP_TESTS_ENGINES_KUBE_WEB_H
#define LOCKSTEP_TESTS_ENGINES_KUBE_WEB_H

#include "engines/kube_fixture.h"

struct kube_web {
    struct bench bench;
    json_t *memo;
    struct kube_watch watch;
    char path[64]; /* "deployments/web" */
    unsigned replicas;
    json_t *before; /* the object before anything was done */
};

/* more (taken, may be NULL) is merged into the object. Deployments with NULL have the engine's own
 * strategy. */
void web_open(struct kube_web *web, const char *kind, unsigned replicas, json_t *more);
void web_close(struct kube_web *web);
/* Does it, all writes, until rest. After START and STEP exactly `to` are of the new version, and
 * never were more. */
void web_do(struct kube_web *web, enum verb verb, uint32_t to);
/* Begins it: its first write is in. */
struct action web_begin(struct kube_web *web, enum verb verb, uint32_t to);
/* Plans and must hear no, with these words. */
void web_refuses(struct kube_web *web, enum verb verb, uint32_t to, const char *words);
/* Waits until the controller has seen the last change; an annotation is one, too. */
void web_observed(struct kube_web *web);
/* This picture, all ready, and it stands. */
void web_stands(struct kube_web *web, unsigned old, unsigned fresh);
/* Everything as its user had it but the image, and nothing of lockstep is left. */
void web_is_clean(struct kube_web *web, const char *tag);
/* Waits until the driver tells of this trouble, with these words in its reason. */
void web_tells(struct kube_web *web, enum trouble trouble, const char *words);
/* {"spec": {"strategy": …}} */
json_t *web_strategy(int surge, int unavailable);

#endif
