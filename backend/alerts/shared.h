/* shared.h: the record by which the watches of one context agree who speaks and what was said.
 *
 * {"schema":1, "holder":ID, "by":"host", "beat":N, "alarms":[{alarm, "said":{sink: 1|2}}]} under
 * SHARED_KEY in the context's own store. Older locksteps take its key for a lock's and leave it
 * alone. */
#ifndef LOCKSTEP_ALERTS_SHARED_H
#define LOCKSTEP_ALERTS_SHARED_H

#include "alerts/alerts.h"

#define SHARED_KEY "@lock.@watch"

enum shared_limit {
    SHARED_TEXT_MAX = 60 << 10,  /* that is read */
    SHARED_WRITE_MAX = 40 << 10, /* alarms that do not fit are not written */
};

struct shared {
    char holder[ID_TEXT]; /* "": nobody */
    int64_t beat;
    struct alerts book; /* its alarms; `to` by the sinks of whoever reads */
};

/* `sinks`: names, as of the reader's own book. NULL text: nobody ever wrote it. False and err when
 * it is damaged, or of a newer lockstep (ERR_UNSUPPORTED). shared_release in both cases. */
bool shared_parse(const char *text, size_t len, const struct alerts *sinks, struct shared *out,
                  struct err *err);
void shared_release(struct shared *shared);

/* The record, yours: this context's alarms of the book. written[i] tells how far alarm i is in
 * it: what was left out for lack of room counts as written, it is then told without being shared.
 */
char *shared_write(const struct alerts *book, const char *context, const char *holder, int64_t beat,
                   int *written);

/* Takes over what others have said, and what is in the record and not in the book. */
void shared_merge(struct alerts *book, const struct shared *shared, const char *context,
                  int64_t now_ms);

#endif
