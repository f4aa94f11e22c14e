/* alert.h: one thing that was wrong, from when it was first seen to when it was over, as it leaves
 * lockstep.
 *
 * An alert is identified for people and receivers by its id; at most one is open per context,
 * service, kind and rule (its key). All texts are clean. */
#ifndef LOCKSTEP_ALERTS_ALERT_H
#define LOCKSTEP_ALERTS_ALERT_H

#include "base/hash.h"
#include "base/json.h"

struct alert {
    char id[ID_TEXT];
    char cluster[64], service_id[160], name[160]; /* a cluster's own: service_id "" */
    char kind[16], rule[8];
    char sentence[400], object[200], fact[240], way_out[240];
    int64_t first_utc_ms, last_utc_ms;
    int64_t resolved_utc_ms; /* 0: it is open */
};

enum alert_event { ALERT_OPENED = 1, ALERT_RESOLVED };

/* Kinds that somebody must look at now; the others can wait for the morning. */
bool alert_is_critical(const char *kind);
bool alert_same_key(const struct alert *a, const struct alert *b);

/* The document that every sink sends or prints: "schema" 1; fields: `lockstep help watch`. */
json_t *alert_json(const struct alert *alert, enum alert_event event);
/* Reads what alert_json wrote. False and err when it is damaged. */
bool alert_read(const struct json_at *at, struct alert *out, struct err *err);
/* One line for people, without the newline; what does not fit is cut. */
const char *alert_line(const struct alert *alert, enum alert_event event, char *out, size_t size);

#endif
