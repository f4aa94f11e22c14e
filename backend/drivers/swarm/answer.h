/* answer.h: what the engine's HTTP answers mean. Pure. */
#ifndef LOCKSTEP_DRIVERS_SWARM_ANSWER_H
#define LOCKSTEP_DRIVERS_SWARM_ANSWER_H

#include "net/http.h"

#include <stdbool.h>

/* True for a 2xx. Otherwise false and err; `what` is what was asked ("reading services").
 * For a write (`is_write`): CONFLICT, REJECTED, AUTH, NOT_FOUND and UNSUPPORTED mean certainly
 * not applied; everything else that it is not known. */
bool answer_judge(const struct http_answer *answer, bool sent, const struct err *failed,
                  bool is_write, const char *what, struct err *err);

/* Puts what a person can do about an unreachable socket in front; needs its path. */
void answer_explain_socket(const char *path, struct err *err);

#endif
