/* key.c: where a service's record lies in the ledger. */
#include "model/service.h"
#include "release/release.h"

#include <stdio.h>

const char *release_key(const struct service *service, char *out, size_t size)
{
    if (service->scope[0])
        snprintf(out, size, "%s/%s.%s", service->scope, service->kind, service->name);
    else
        snprintf(out, size, "%s", service->name);
    return out;
}
