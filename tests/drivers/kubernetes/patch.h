/* patch.h: RFC 6902 as the API server does it, for tests: all operations or none. */
#ifndef LOCKSTEP_TESTS_DRIVERS_KUBERNETES_PATCH_H
#define LOCKSTEP_TESTS_DRIVERS_KUBERNETES_PATCH_H

#include <jansson.h>

/* 200 and *after (yours), 422 when a test or a path fails, 409 when a resourceVersion that is put
 * into the object is not its own. */
long patch_apply(const json_t *before, const json_t *ops, json_t **after);

#endif
