/* certs.h: certificates made for one test. */
#ifndef LOCKSTEP_TESTS_NET_CERTS_H
#define LOCKSTEP_TESTS_NET_CERTS_H

#include <stdbool.h>

struct cert_spec {
    const char *name;     /* subject, and file name: <dir>/<name>.crt and .key */
    const char *alt_name; /* "IP:127.0.0.1,DNS:x"; NULL for an authority */
    const char *issuer;   /* another one's name; NULL: signs itself */
    long until_s;         /* valid until so many seconds from now; may be negative */
};

/* Fails the test when OpenSSL does. */
void certs_make(const char *dir, const struct cert_spec *spec);

#endif
