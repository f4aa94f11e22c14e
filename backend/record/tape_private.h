/* tape_private.h: what the files of the reader share. */
#ifndef LOCKSTEP_RECORD_TAPE_PRIVATE_H
#define LOCKSTEP_RECORD_TAPE_PRIVATE_H

#include "base/json.h"
#include "base/text.h"
#include "record/tape.h"

enum tape_read { TAPE_READ_BAD, TAPE_READ_UNKNOWN, TAPE_READ_GOOD };

/* Member "kind" of `up`. */
bool tape_read_event_kind(const struct json_at *up, enum event_kind *out, struct err *err);
/* What else is on the line but its time and cluster. */
enum tape_read tape_read_fact(struct tape *tape, const struct json_at *line, struct tape_fact *fact,
                              struct err *err);
/* tape_service.c */
bool tape_read_service(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                       struct err *err);
/* One of the words, by its index. */
bool tape_read_word(const struct json_at *at, const char *const *words, unsigned count,
                    unsigned *out, struct err *err);

#endif
