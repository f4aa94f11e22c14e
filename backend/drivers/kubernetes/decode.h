/* decode.h: what the decoders share. Private to them. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_DECODE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_DECODE_H

#include "drivers/kubernetes/facts.h"

/* A timestamp by path; -1. */
int64_t kube_time(const json_t *object, const char *path);
/* SHA-256 of the canonical text, its first 16 digits. */
void kube_hash_json(const json_t *value, char out[17]);

/* A count that must be right, or the object is not used; missing: 0. `what` is the object. */
bool kube_get_count(const json_t *object, const char *path, const char *what, uint32_t *out,
                    struct err *err);
/* The revision number in the annotations of an object, or of a ControllerRevision; 0 unknown. */
int64_t kube_sequence(const json_t *object);

#endif
