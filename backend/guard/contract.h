/* contract.h: what one version of a service declares about itself. Immutable once released.
 *
 * YAML or JSON; unknown fields are errors, because a misspelt "needs" that is ignored
 * would let through exactly what it was written to stop. */
#ifndef LOCKSTEP_GUARD_CONTRACT_H
#define LOCKSTEP_GUARD_CONTRACT_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a release changes. The data kinds are those of which one release may have one, and
 * not together with code. */
#define CHANGE_TABLE(X)                                                                            \
    X(CODE, "code", false)                                                                         \
    X(READ_ADD, "read+", true)                                                                     \
    X(WRITE_ADD, "write+", true)                                                                   \
    X(READ_DROP, "read-", true)                                                                    \
    X(DDL_ADD, "ddl+", true)                                                                       \
    X(DDL_DROP, "ddl-", true)                                                                      \
    X(SEMANTIC, "semantic", true)                                                                  \
    X(API_ADD, "api+", false)                                                                      \
    X(API_DROP, "api-", false)                                                                     \
    X(CONFIG, "config", false)

#define CHANGE_ENUM(name, word, data) CHANGE_##name,
enum change { CHANGE_TABLE(CHANGE_ENUM) CHANGE_COUNT };
#undef CHANGE_ENUM
extern const char *const change_word[CHANGE_COUNT];
extern const unsigned change_data_kinds; /* set of 1 << enum change */

enum { CONTRACT_VERSIONS_MAX = 63 };

/* Names that a version uses of one store or service. */
struct contract_use {
    const char *of;
    const char *const *names;
    size_t count;
};

struct contract_uses {
    struct contract_use *use;
    size_t count;
};

/* Everything in the arena of the json_at it was parsed from. */
struct contract {
    const char *service, *version;
    const char *digest; /* "" when the version string is trusted */
    const char *const *follows;
    size_t follows_count;
    unsigned change; /* set of 1 << enum change */
    struct contract_uses reads, writes, needs, requires;
    const char *const *provides;
    size_t provides_count;
    bool artifact;
    /* "FILE:LINE:COLUMN: version" and the same of what it follows, when it has a file to itself;
     * else NULL. Says nothing about the version. */
    const char *version_place, *follows_place;
};

/* Where service and version come from. */
enum contract_place {
    CONTRACT_ALONE,  /* a document of its own: both must be in it */
    CONTRACT_INSIDE, /* named by the document around it: out->service and ->version are set
                        already; if they are in it too, they must be the same */
};

/* Accepts `follows` or `pred`, and `change` or `delta`. False and err with the path. */
bool contract_parse(const struct json_at *at, enum contract_place place, struct contract *out,
                    struct err *err);

/* One contract from a file; everything in the arena. False and err with line and column. */
bool contract_load(const char *path, struct arena *arena, struct contract *out, struct err *err);

/* What contract_parse makes the same of again; yours. */
json_t *contract_write(const struct contract *contract);

/* All versions of one service together: no version twice, no circle in `follows`. The message names
 * their places, or `what` where they have none. */
bool contract_check_together(const struct contract *contracts, size_t count, const char *what,
                             struct err *err);

/* A list of clean names, none twice. A missing value is an empty list. */
bool contract_names(const struct json_at *at, const char *const **names, size_t *count,
                    struct err *err);
/* An object of lists. A missing value is no use. */
bool contract_uses(const struct json_at *at, struct contract_uses *out, struct err *err);
/* Fails unless every member of the object is called one of these. */
bool contract_fields(const struct json_at *at, const char *const *known, size_t count,
                     struct err *err);
/* The keys of an object as clean names (arena), in the document's order. */
bool contract_keys(const struct json_at *at, const char *const **keys, size_t *count,
                   struct err *err);

#endif
