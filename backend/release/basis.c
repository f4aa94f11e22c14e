/* basis.c: see basis.h. Each part is eight hex digits, or "-" when it is not known. */
#include "release/basis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const basis_word[BASIS_PART_COUNT] = {
    [BASIS_SCOPE] = "where it is",
    [BASIS_ARTIFACT] = "the artifact",
    [BASIS_BEFORE] = "the version before",
    [BASIS_BESIDE] = "what may run beside it",
    [BASIS_CONFIG] = "its configuration",
    [BASIS_NEIGHBOURS] = "what may run of the services it is coupled to",
    [BASIS_STORES] = "what may be at rest in its stores",
};

void basis_write(const uint64_t parts[BASIS_PART_COUNT], char out[BASIS_TEXT])
{
    size_t used = 0;

    for (unsigned i = 0; i < BASIS_PART_COUNT; i++) {
        const char *dot = i ? "." : "";
        uint32_t half = (uint32_t)(parts[i] ^ parts[i] >> 32);
        int n = parts[i] ? snprintf(out + used, BASIS_TEXT - used, "%s%08" PRIx32, dot, half)
                         : snprintf(out + used, BASIS_TEXT - used, "%s-", dot);
        used += n > 0 ? (size_t)n : 0;
    }
}

/* Where a part begins, and how long it is; NULL when there is none. */
static const char *part_of(const char *basis, unsigned part, size_t *len)
{
    for (unsigned i = 0;; i++) {
        *len = strcspn(basis, ".");
        if (i == part)
            return *len ? basis : NULL;
        if (!basis[*len])
            return NULL;
        basis += *len + 1;
    }
}

static bool is_unknown(const char *part, size_t len)
{
    return len == 1 && part[0] == '-';
}

enum basis_part basis_differs(const char *before, const char *now)
{
    for (unsigned i = 0; strcmp(before, now) != 0 && i < BASIS_PART_COUNT; i++) {
        size_t was_len, is_len;
        const char *was = part_of(before, i, &was_len), *is = part_of(now, i, &is_len);

        if (!was || !is)
            return BASIS_SCOPE;
        if (is_unknown(was, was_len) || is_unknown(is, is_len))
            continue;
        if (was_len != is_len || memcmp(was, is, was_len) != 0)
            return (enum basis_part)i;
    }
    return BASIS_PART_COUNT;
}

bool basis_agrees(const char *before, const char *now, enum basis_part part)
{
    size_t was_len, is_len;
    const char *was = part_of(before, part, &was_len), *is = part_of(now, part, &is_len);

    return was && is && !is_unknown(was, was_len) && was_len == is_len &&
           memcmp(was, is, was_len) == 0;
}
