/* credentials_proxy.h: the proxy that kubectl would take from the environment. Pure.
 *
 * HTTPS_PROXY or https_proxy (for an http server HTTP_PROXY or http_proxy), unless NO_PROXY or
 * no_proxy names the server: "*", a domain (of itself and of all below it), ".domain" (only of
 * those below), an address, a network (10.0.0.0/8), each with an optional port. This machine is
 * never reached through a proxy. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_PROXY_H
#define LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_PROXY_H

#include "base/mem.h"

#include <stdbool.h>

struct proxy_environment {
    const char *https_proxy, *http_proxy, *no_proxy; /* NULL or "" where not set */
};
struct proxy_environment proxy_environment(void);

/* The proxy's address, with a scheme, or "". `server` is a whole URL. */
const char *proxy_choose(struct arena *arena, const struct proxy_environment *env,
                         const char *server);
/* Is the host of this URL this machine? */
bool proxy_is_loopback(const char *server);
/* Without user name and password, for the screen. */
const char *proxy_without_password(struct arena *arena, const char *proxy);

#endif
