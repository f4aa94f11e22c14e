/* set.h: sets of small numbers, by value: formats of a store, API elements of a service. */
#ifndef LOCKSTEP_GUARD_SET_H
#define LOCKSTEP_GUARD_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SET_WORDS = 4, SET_MAX = 64 * SET_WORDS };

struct set {
    uint64_t word[SET_WORDS];
};

static inline void set_add(struct set *set, unsigned id)
{
    set->word[id / 64] |= UINT64_C(1) << (id % 64);
}

static inline bool set_has(const struct set *set, unsigned id)
{
    return set->word[id / 64] >> (id % 64) & 1;
}

static inline void set_join(struct set *set, const struct set *more)
{
    for (unsigned i = 0; i < SET_WORDS; i++)
        set->word[i] |= more->word[i];
}

static inline struct set set_minus(const struct set *set, const struct set *less)
{
    struct set left;

    for (unsigned i = 0; i < SET_WORDS; i++)
        left.word[i] = set->word[i] & ~less->word[i];
    return left;
}

static inline struct set set_common(const struct set *a, const struct set *b)
{
    struct set both;

    for (unsigned i = 0; i < SET_WORDS; i++)
        both.word[i] = a->word[i] & b->word[i];
    return both;
}

static inline bool set_empty(const struct set *set)
{
    for (unsigned i = 0; i < SET_WORDS; i++)
        if (set->word[i])
            return false;
    return true;
}

static inline bool set_within(const struct set *part, const struct set *whole)
{
    const struct set left = set_minus(part, whole);

    return set_empty(&left);
}

/* Versions of one service: at most 63 of them, and the last bit for one that is not known. */
typedef uint64_t versions_t;
enum { VERSIONS_MAX = 63, VERSION_NOT_KNOWN = 63 };
#define VERSION_BIT(v) (UINT64_C(1) << (v))

/* Lowest member; the set must not be empty. */
static inline unsigned versions_first(versions_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

static inline unsigned versions_count(versions_t set)
{
    return (unsigned)__builtin_popcountll(set);
}

/* for (versions_t rest = set; versions_next(&rest, &v);) …: ascending. */
static inline bool versions_next(versions_t *rest, unsigned *version)
{
    if (!*rest)
        return false;
    *version = versions_first(*rest);
    *rest &= *rest - 1;
    return true;
}

#endif
