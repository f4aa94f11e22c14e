/* address.c: see address.h. */
#include "drivers/nomad/address.h"

#include <stdio.h>
#include <string.h>

bool nomad_address_parse(const char *text, bool tls, struct nomad_address *out, struct err *err)
{
    static const char unix_scheme[] = "unix://";
    const char *path = text + sizeof unix_scheme - 1;

    *out = (struct nomad_address){0};
    if (strncmp(text, unix_scheme, sizeof unix_scheme - 1) == 0) {
        if (path[0] != '/' || strlen(path) >= sizeof out->unix_socket)
            return err_set(err, ERR_CONFIG,
                           "%.100s: the path of a socket is absolute and has at most 107 bytes",
                           text);
        snprintf(out->url, sizeof out->url, "http://localhost");
        snprintf(out->unix_socket, sizeof out->unix_socket, "%s", path);
        return true;
    }
    if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
        return err_set(err, ERR_CONFIG,
                       "\"%.150s\" is no address of Nomad; use http://host:4646, https://host:4646 "
                       "or unix:///path",
                       text);
    if (tls && text[4] == ':')
        return err_set(err, ERR_CONFIG, "%.150s: TLS files are given, but the address is http://",
                       text);
    if (strlen(text) >= sizeof out->url)
        return err_set(err, ERR_CONFIG, "%.150s: the address is too long", text);
    snprintf(out->url, sizeof out->url, "%s", text);
    return true;
}
