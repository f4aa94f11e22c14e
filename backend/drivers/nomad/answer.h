/* answer.h: what the servers' HTTP answers mean. Pure. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_ANSWER_H
#define LOCKSTEP_DRIVERS_NOMAD_ANSWER_H

#include "net/http.h"

#include <stdbool.h>
#include <stdint.h>

/* True for a 2xx. Otherwise false and err; `what` is what was asked ("reading jobs").
 * For a write (`is_write`): CONFLICT, REJECTED, AUTH, NOT_FOUND and UNSUPPORTED mean certainly
 * not applied; everything else that it is not known. */
bool nomad_answer_judge(const struct http_answer *answer, bool sent, const struct err *failed,
                        bool is_write, const char *what, struct err *err);

/* False and ERR_NETWORK: the server that answered knows no leader, or last heard from it longer
 * than this ago. */
bool nomad_answer_is_current(const struct http_answer *answer, int64_t contact_max_ms,
                             const char *what, struct err *err);
/* X-Nomad-Index, 0 where there is none. */
uint64_t nomad_answer_index(const struct http_answer *answer);

/* Puts what a person can do about an unreachable socket in front; needs its path. */
void nomad_answer_explain_socket(const char *path, struct err *err);

#endif
