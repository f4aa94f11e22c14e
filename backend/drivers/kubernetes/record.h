/* record.h: ledger records in ConfigMaps. Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RECORD_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RECORD_H

#include "drivers/kubernetes/api.h"

/* The namespace of records that are about none: every cluster has it, every operator finds it. */
#define RECORD_HOME "default"

/* Where the record of a key lies. */
struct record_place {
    char scope[64];
    char name[254];
};
void record_place(const char *key, struct record_place *out);

/* Of a ConfigMap: the key of the record in it, clean, or "". */
const char *record_key(const json_t *object, struct arena *arena);

#endif
