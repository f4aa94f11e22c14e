/* answer.h: what the API server's HTTP answers mean. Pure. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_ANSWER_H
#define LOCKSTEP_DRIVERS_KUBERNETES_ANSWER_H

#include "drivers/kubernetes/recipe.h"
#include "net/http.h"

#include <stdbool.h>

/* True for a 2xx. Otherwise false and err; `what` is what was asked ("listing deployments").
 * `write` is the request when it was one, else NULL: then CONFLICT, REJECTED, AUTH, NOT_FOUND and
 * UNSUPPORTED mean certainly not applied; everything else that it is not known. */
bool api_judge(const struct http_answer *answer, bool sent, const struct err *failed,
               const struct kube_request *write, const char *what, struct err *err);

#endif
