/* basis.h: what a certificate rests on beside the artifact itself, part by part, as short text.
 *
 * The text lies in the ledger and is compared with what is so now: the certificate is void when
 * a part differs, and it can be said which. A part that is not known on one side is not compared.
 */
#ifndef LOCKSTEP_RELEASE_BASIS_H
#define LOCKSTEP_RELEASE_BASIS_H

#include <stdbool.h>
#include <stdint.h>

enum basis_part {
    BASIS_SCOPE,      /* context, service */
    BASIS_ARTIFACT,   /* as it was named */
    BASIS_BEFORE,     /* the version before, and its digest */
    BASIS_BESIDE,     /* Live of the service, without the version itself */
    BASIS_CONFIG,     /* how instances are configured */
    BASIS_NEIGHBOURS, /* Live of the coupled services */
    BASIS_STORES,     /* what may be at rest, together with what the version writes */
    BASIS_PART_COUNT
};

enum { BASIS_TEXT = 96 };

/* A hash of 0 is a part that is not known. */
void basis_write(const uint64_t parts[BASIS_PART_COUNT], char out[BASIS_TEXT]);
/* The first part in which they differ, BASIS_PART_COUNT when in none. Texts that are no basis
 * differ in the first one. */
enum basis_part basis_differs(const char *before, const char *now);
/* "its configuration": for "…has changed since". */
extern const char *const basis_word[BASIS_PART_COUNT];
/* Whether this one part is known on both sides and the same. */
bool basis_agrees(const char *before, const char *now, enum basis_part part);

#endif
