/* journal_chain.h: inside the journal only: one record as a line of a hash chain.
 *
 * The line is a JSON object whose last member is "sha256": the hash of everything
 * in front of it. "prev" repeats the hash of the record before. */
#ifndef LOCKSTEP_RELEASE_JOURNAL_CHAIN_H
#define LOCKSTEP_RELEASE_JOURNAL_CHAIN_H

#include "base/hash.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct chain_link {
    uint64_t seq;
    char prev[HASH_TEXT], hash[HASH_TEXT];
};

/* The line of this record, newline included; yours. link->seq and prev are given, hash is filled
 * in. */
char *chain_write(const json_t *fields, struct chain_link *link);
/* Reads a line without its newline; false with what is wrong with it. */
bool chain_read(const char *line, size_t len, struct chain_link *out, const char **what);

#endif
