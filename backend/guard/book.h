/* book.h: everything that does not change while a verdict is made, as small numbers.
 *
 * Services with their declared versions, stores, client cohorts, and who is there to be
 * observed: seats (one service on one node) and launchers. Filled name by name, then
 * sealed; what varies lies beside it in a struct world, flat and without pointers. */
#ifndef LOCKSTEP_GUARD_BOOK_H
#define LOCKSTEP_GUARD_BOOK_H

#include "base/mem.h"
#include "guard/contract.h"
#include "guard/set.h"

#define BOOK_NONE UINT32_MAX

/* Names in order of appearance; the index is the id. */
struct names {
    const char **text;
    size_t count, cap;
};

/* What a version uses of a store (reads, writes, needs) or of a service (requires). */
struct use {
    uint32_t of;
    struct set names;
};

struct uses {
    struct use *use;
    size_t count;
};

struct book_version {
    const char *name;
    bool declared; /* has a contract */
    bool artifact;
    const char *digest; /* "" unless declared */
    unsigned change;
    versions_t follows;
    struct uses reads, writes, needs, requires;
    struct set provides;
};

struct book_service {
    const char *name;
    bool known; /* false: only named by others */
    struct book_version *versions;
    size_t version_count, version_cap;
    struct names elements; /* of its API */
    /* derived by book_seal */
    uint32_t first_seat, seat_count;
    uint32_t first_cert;  /* of its versions, in a world */
    uint32_t component;   /* equal for services that are coupled over any distance */
    uint32_t *neighbours; /* directly coupled services, ascending, without itself */
    size_t neighbour_count;
    uint32_t *stores; /* that any of its versions touches, or that it owns; ascending */
    size_t store_count;
    uint32_t *launchers, *usages; /* ids of its launchers, of calls to it */
    size_t launcher_count, usage_count;
};

struct book_store {
    const char *name;
    uint32_t owner;     /* service or BOOK_NONE */
    struct names names; /* formats and schema elements share one numbering */
    uint32_t *users;    /* services that touch or own it, ascending; by book_seal */
    size_t user_count;
};

struct book_cohort {
    const char *name;
    const char *said; /* who said whether it is supported, "" nobody */
};

/* One service on one node. Sorted by service when sealed. */
struct seat {
    uint32_t service;
    const char *node;
};

struct book_launcher {
    uint32_t service;
    const char *name;
};

/* An element that a cohort requires; how often it calls it lies in the world. */
struct book_usage {
    uint32_t cohort, service;
    unsigned element;
    const char *said; /* who counted, "" nobody */
};

struct book {
    struct arena *arena;
    struct book_service *services;
    struct book_store *stores;
    struct book_cohort *cohorts;
    struct seat *seats;
    struct book_launcher *launchers;
    struct book_usage *usages;
    size_t service_count, store_count, cohort_count, seat_count, launcher_count, usage_count;
    size_t service_cap, store_cap, cohort_cap, seat_cap, launcher_cap, usage_cap;
    uint32_t cert_count;
    uint32_t *component_services; /* grouped by component, ascending; see book_component */
    uint32_t *component_first;    /* index of a component's first in it; one more at the end */
    bool sealed;
};

struct book *book_new(void);
void book_free(struct book *book); /* NULL is fine */

/* The id of a name; added when it is not there yet, BOOK_NONE and err (ERR_LIMIT) when full.
 * Names are copied. */
uint32_t book_service(struct book *book, const char *name);
uint32_t book_store(struct book *book, const char *name);
uint32_t book_cohort(struct book *book, const char *name);
uint32_t book_launcher(struct book *book, uint32_t service, const char *name);
bool book_version(struct book *book, uint32_t service, const char *name, unsigned *out,
                  struct err *err);
bool book_format(struct book *book, uint32_t store, const char *name, unsigned *out,
                 struct err *err);
bool book_element(struct book *book, uint32_t service, const char *name, unsigned *out,
                  struct err *err);
/* Seats are numbered anew by book_seal: ids are found by book_find_seat afterwards. */
void book_seat(struct book *book, uint32_t service, const char *node);

/* Interns everything in the contract (strings are copied). */
bool book_declare(struct book *book, const struct contract *contract, struct err *err);
/* Adds to what the cohort requires already. */
bool book_require(struct book *book, uint32_t cohort, const struct contract_uses *requires,
                  struct err *err);

/* Computes neighbours, components and the seats of each service. Nothing may be added after. */
void book_seal(struct book *book);

/* BOOK_NONE when not there. */
uint32_t book_find_service(const struct book *book, const char *name);
uint32_t book_find_store(const struct book *book, const char *name);
uint32_t book_find_cohort(const struct book *book, const char *name);
uint32_t book_find_seat(const struct book *book, uint32_t service, const char *node);
/* Services of the component of `service`, itself among them. */
const uint32_t *book_component(const struct book *book, uint32_t service, size_t *count);

/* What `uses` says about one store or service; NULL when it declares nothing. */
const struct set *uses_of(const struct uses *uses, uint32_t of);
/* "v2", or "?" for VERSION_NOT_KNOWN. */
const char *book_version_name(const struct book *book, uint32_t service, unsigned version);
/* "xml, json" of a set, at most a few; into the arena. */
const char *book_list(const struct names *names, const struct set *set, struct arena *arena);

#endif
