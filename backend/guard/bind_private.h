/* bind_private.h: what the files of bind share. */
#ifndef LOCKSTEP_GUARD_BIND_PRIVATE_H
#define LOCKSTEP_GUARD_BIND_PRIVATE_H

#include "guard/bind.h"
#include "guard/world.h"
#include "release/release.h"

/* One observed service. */
struct member {
    char *id;
    const struct service *service; /* a reference */
    struct release *release;       /* a copy without what belongs to others; NULL none */
    struct arena *arena;           /* of name and contracts */
    const char *name;              /* as contracts call it */
    struct contract *contracts;    /* declared by the workload, newest last */
    size_t contract_count, contract_cap;
    struct contract *archived; /* of the ledger, for versions that nobody else declares */
    size_t archived_count, archived_cap;
    struct arena *archive_arena; /* of these; NULL none */
    uint64_t archive;            /* hash of what they were read from */
    uint64_t text;               /* hash of the contract text they were read from last; 0: none */
    const char *wrong;           /* that it could not be read, or "" */
    const char *trouble;         /* of the index: why its contracts cannot be used, or "" */
    uint32_t at;                 /* in the index; BOOK_NONE: no contract names it */
};

/* The world of one component. */
struct part {
    struct book *book;
    struct world world;
    uint64_t basis;
    bool made;
};

/* What was said about its stores and by its clients, in the order of the sources. */
struct near_facts {
    const struct store_fact **stores;
    const struct client_fact **clients;
    size_t store_count, client_count;
};

struct bind {
    const struct guard_policy *policy;
    struct guard_policy fallback;
    const struct facts *facts[FACTS_SOURCE_COUNT];
    const char *trouble;     /* of the cluster's own record, or "" */
    struct member **members; /* sorted by id */
    size_t member_count, member_cap;
    /* the index: all contracts, no seats; made anew when any contract or name changes */
    bool indexed;
    struct arena *arena;
    struct book *book;
    struct member **member_of;         /* by its services; NULL: declared, not there */
    const struct contract **contracts; /* usable ones */
    size_t contract_count, contract_cap;
    uint32_t *everybody;     /* all ids of the index */
    struct part *parts;      /* by its components */
    struct near_facts *near; /* the same */
    size_t part_count;
};

/* bind_index.c */
void bind_index(struct bind *bind);
void bind_unindex(struct bind *bind);
/* Services (of the index) that one is coupled to under the policy, itself among them. */
const uint32_t *bind_component(const struct bind *bind, uint32_t at, size_t *count);
struct part *bind_part_of(const struct bind *bind, uint32_t at);
/* Usable contracts of one service. */
const struct contract *const *bind_contracts_of(const struct bind *bind, const char *service,
                                                size_t *count);

/* bind_archive.c: contracts that no workload needs to carry. What workloads and settings say of
 * a version stands. */
void bind_read_archive(struct bind *bind, struct member *member, json_t *archive);

/* bind_archive.c: why what the ledger says of it and those it is coupled to cannot be used, or ""
 */
const char *bind_record_trouble(const struct bind *bind, const struct member *member);

/* bind_facts.c: after everything else of the index */
void bind_place_facts(struct bind *bind);

/* bind_world.c: the world of the component that `target` is in, in which `version` ("": none) of
 * the target has a number. False and err when it does not fit. */
bool bind_make_part(const struct bind *bind, const struct snapshot *snapshot,
                    const struct member *target, const char *version, struct part *part,
                    struct err *err);
void bind_drop_part(struct part *part);
bool bind_locks_nobody(const struct book_version *from, const struct book_version *to);

#endif
