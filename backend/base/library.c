/* library.c: see library.h. */
#include "base/library.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <yaml.h>

const char *library_versions(char *out, size_t size)
{
    snprintf(out, size, "jansson %s, libyaml %s, %s", jansson_version_str(),
             yaml_get_version_string(), OpenSSL_version(OPENSSL_VERSION));
    return out;
}
