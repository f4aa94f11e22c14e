/* kube_second.h: a second API server on the same store as the rig's, as in every cluster of more
 * than one control plane. Only the test's lockstep asks it, so that what it counts is what lockstep
 * did; what happens while it is away is done through the first. */
#ifndef LOCKSTEP_TESTS_ENGINES_KUBE_SECOND_H
#define LOCKSTEP_TESTS_ENGINES_KUBE_SECOND_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct kube_second {
    pid_t pid;
    unsigned port;
    char url[64], store[128]; /* its own, and etcd's */
    char config[PATH_MAX];    /* kubeconfig of an admin */
    char gates[80];
};

/* Starts it as the first one was started, with these feature gates ("": none), and waits until it
 * is ready. It ends with the test at the latest. */
void kube_second_start(struct kube_second *second, const char *gates);
void kube_second_stop(struct kube_second *second);
/* At the same address, with nothing in its memory. */
void kube_second_restart(struct kube_second *second);
/* What a GET of it answers, yours; the path as it is. */
char *kube_second_ask(const struct kube_second *second, const char *path);
/* The sum of the lines of /metrics that begin with `name` and have all of these labels. */
double kube_second_counts(const struct kube_second *second, const char *name,
                          const char *const labels[], size_t count);

#endif
