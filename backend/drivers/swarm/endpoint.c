/* endpoint.c: see endpoint.h. A tcp:// address without a port has the engine's own: 2375, with TLS
 * 2376. */
#include "drivers/swarm/endpoint.h"

#include <stdio.h>
#include <string.h>

static const char *after(const char *text, const char *scheme)
{
    size_t len = strlen(scheme);

    return strncmp(text, scheme, len) == 0 ? text + len : NULL;
}

static bool parse_socket(const char *path, struct endpoint *out, struct err *err)
{
    if (path[0] != '/')
        return err_set(err, ERR_CONFIG,
                       "unix://%s: the path of a socket is absolute: unix:///var/run/docker.sock",
                       path);
    if (strlen(path) >= sizeof out->unix_socket)
        return err_set(err, ERR_CONFIG, "unix://%.40s…: a socket's path has at most 107 bytes",
                       path);
    snprintf(out->url, sizeof out->url, "http://localhost");
    snprintf(out->unix_socket, sizeof out->unix_socket, "%s", path);
    return true;
}

/* host, host:port or [v6]:port, and nothing behind it. */
static bool parse_host(const char *text, const char *host, bool tls, struct endpoint *out,
                       struct err *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789.-:[]_%";
    size_t len = strlen(host);
    const char *bracket = strrchr(host, ']');
    bool port = strchr(bracket ? bracket : host, ':') != NULL;

    if (len > 0 && host[len - 1] == '/')
        len--;
    if (len == 0 || len > 255 || strspn(host, allowed) < len)
        return err_set(err, ERR_CONFIG, "%.200s: expected a host and a port, as tcp://10.0.0.1:%d",
                       text, tls ? 2376 : 2375);
    snprintf(out->url, sizeof out->url, "%s://%.*s%s", tls ? "https" : "http", (int)len, host,
             port  ? ""
             : tls ? ":2376"
                   : ":2375");
    return true;
}

bool endpoint_parse(const char *text, bool tls, struct endpoint *out, struct err *err)
{
    const char *rest;

    *out = (struct endpoint){0};
    if ((rest = after(text, "unix://")))
        return parse_socket(rest, out, err);
    if (text[0] == '/')
        return parse_socket(text, out, err);
    if ((rest = after(text, "tcp://")))
        return parse_host(text, rest, tls, out, err);
    if ((rest = after(text, "https://")))
        return parse_host(text, rest, true, out, err);
    if ((rest = after(text, "http://")))
        return parse_host(text, rest, false, out, err);
    if (after(text, "ssh://"))
        return err_set(err, ERR_UNSUPPORTED,
                       "%.150s: ssh is not supported; use a forwarded socket (ssh -L "
                       "/tmp/docker.sock:/var/run/docker.sock HOST, then "
                       "unix:///tmp/docker.sock) or tcp:// with TLS",
                       text);
    if (after(text, "npipe://") || after(text, "fd://"))
        return err_set(err, ERR_UNSUPPORTED, "%.150s: not supported; use unix:// or tcp://", text);
    return err_set(err, ERR_CONFIG,
                   "\"%.150s\" is no address of a Docker engine; use unix:///path or "
                   "tcp://host:port (docker contexts are not read)",
                   text);
}
