/* address.h: where a Nomad server or agent is, as NOMAD_ADDR says it. Pure. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_ADDRESS_H
#define LOCKSTEP_DRIVERS_NOMAD_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>

struct nomad_address {
    char url[300];         /* "http://localhost" for a socket */
    char unix_socket[108]; /* or "" */
};

/* http://host:port, https://…, unix:///path. */
bool nomad_address_parse(const char *text, bool tls, struct nomad_address *out, struct err *err);

#endif
