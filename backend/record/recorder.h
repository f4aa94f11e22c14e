/* recorder.h: writes an incident log: what the engine heard, said and did, as it happened.
 *
 * JSON lines. The first one says "schema": 1, who wrote it, which clusters there are and which
 * settings counted; each further one has "t" (milliseconds of the engine's clock), "c" (index of
 * the cluster, -1: none) and one fact. tape.h reads it. Everything belongs to the engine thread,
 * but recorder_open and recorder_close. A recorder that cannot write says so once and stops. */
#ifndef LOCKSTEP_RECORD_RECORDER_H
#define LOCKSTEP_RECORD_RECORDER_H

#include "drivers/driver.h"

#define RECORD_BYTES_MAX (INT64_C(512) << 20)

struct recorder;
struct board_event;

/* A new file, 0600: one that is there is not written over. `settings` is kept for the reader (a new
 * reference is taken; NULL none). */
struct recorder *recorder_open(const char *path, json_t *settings, struct err *err);
void recorder_close(struct recorder *recorder); /* NULL is fine, here and below */

/* One cluster of the head; driver NULL: it could not be opened, `why` says so. */
struct record_cluster {
    const struct cluster_config *config;
    const struct driver *driver;
    const char *why;
};
void record_begin(struct recorder *recorder, const struct clock *clock,
                  const struct record_cluster *clusters, size_t count,
                  const struct board_event *past, size_t past_count);

/* The sink of cluster `index`, told of everything that goes into `inner`. */
struct driver_sink record_sink(struct recorder *recorder, size_t index,
                               const struct driver_sink *inner);

/* text NULL: there is no such record. */
void record_ledger(struct recorder *recorder, size_t index, const char *key, const char *text);
void record_permissions(struct recorder *recorder, size_t index,
                        const struct driver_permissions *permissions);
void record_measure(struct recorder *recorder, size_t index, const struct driver_measure *measure,
                    const double *values);
/* index (size_t)-1: of no cluster. */
void record_told(struct recorder *recorder, size_t index, unsigned kind, const char *name,
                 const char *by, const char *text);
void record_action(struct recorder *recorder, size_t index, uint64_t ticket,
                   const struct action_status *status);
void record_mark(struct recorder *recorder, const char *text);
/* What was gathered goes to the file; why it stopped, once, or "". */
const char *recorder_flush(struct recorder *recorder);

#endif
