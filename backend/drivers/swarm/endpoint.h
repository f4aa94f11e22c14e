/* endpoint.h: where a Docker engine is, as its own command line says it. Pure. */
#ifndef LOCKSTEP_DRIVERS_SWARM_ENDPOINT_H
#define LOCKSTEP_DRIVERS_SWARM_ENDPOINT_H

#include "base/err.h"

#include <stdbool.h>

struct endpoint {
    char url[300];         /* "http://localhost" for a socket */
    char unix_socket[108]; /* or "" */
};

/* unix:///path, tcp://host[:port] (https when `tls`), http://…, https://…. ERR_UNSUPPORTED for
 * ssh://, npipe:// and fd://, with what to use instead; ERR_CONFIG for what is no address. */
bool endpoint_parse(const char *text, bool tls, struct endpoint *out, struct err *err);

#endif
