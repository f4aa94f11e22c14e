/* library.h: which libraries this process really runs on, for `doctor` and bug reports. */
#ifndef LOCKSTEP_BASE_LIBRARY_H
#define LOCKSTEP_BASE_LIBRARY_H

#include <stddef.h>

/* "jansson 2.14, libyaml 0.2.5, OpenSSL 3.0.15 …" into out. */
const char *library_versions(char *out, size_t size);

#endif
