/* archive.h: contracts of versions that ran or were begun, in the record of their service, so that
 * a version is still known when no workload carries its contract any more, and to operators whose
 * settings never named it.
 *
 * {DIGEST: {"at_ms": when a claim last found it in force, "contract": {…}}}; the digest is
 * that of the contract's text as JSON. What a newer lockstep adds to an entry is kept. */
#ifndef LOCKSTEP_RELEASE_ARCHIVE_H
#define LOCKSTEP_RELEASE_ARCHIVE_H

#include <jansson.h>
#include <stdint.h>

enum archive_limit {
    ARCHIVE_MAX = 8,           /* contracts kept, the oldest one goes */
    ARCHIVE_TEXT_MAX = 4 << 10 /* bytes of one; a longer one is not kept */
};

/* The archive with this contract (YAML or JSON) in it: a new reference, the one that was given is
 * left as it is. What cannot be read, is too long or empty changes nothing. NULL: no archive. */
json_t *archive_with(json_t *archive, const char *contract, int64_t utc_ms);
/* The same with one that is read already; NULL changes nothing. */
json_t *archive_add(json_t *archive, json_t *contract, int64_t utc_ms);

#endif
