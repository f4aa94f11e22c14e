/* facts.h: what somebody said about a fleet that no engine can show: contracts, what is at
 * rest in stores, which clients are out there, what was attested.
 *
 * One value per source: the settings, and each cluster's ledger record "@cluster". */
#ifndef LOCKSTEP_GUARD_FACTS_H
#define LOCKSTEP_GUARD_FACTS_H

#include "guard/contract.h"

/* Who said it, how they know, and when: "" where nobody was asked, as in the settings. `by` is a
 * person, or what measured it. */
struct said {
    const char *by, *evidence, *at;
};

/* Somebody said, with evidence, that no trace of this format is left. */
struct attestation {
    const char *format;
    struct said said;
};

struct store_fact {
    const char *name, *owner; /* owner: a service, or "" */
    const char *const *may;   /* formats that may be at rest */
    size_t may_count;
    const char *const *has; /* schema elements that are there */
    size_t has_count;
    bool has_known; /* `has` was said; else it is what runs that needs it */
    struct attestation *gone;
    size_t gone_count;
};

struct usage_fact {
    const char *element;
    uint64_t calls;
    struct said said;
};

struct client_fact {
    const char *name;
    struct contract_uses requires;
    struct usage_fact *usage; /* elements that are not named: 0 calls */
    size_t usage_count;
    bool ended, ended_known; /* known: it was said, either way */
    struct said support;     /* who said that */
};

struct facts {
    struct contract *contracts;
    size_t contract_count;
    struct store_fact *stores;
    size_t store_count;
    struct client_fact *clients;
    size_t client_count;
};

/* {NAME: {may: […], has: […], owner: SERVICE}}, as in scenario files; into the arena of `at`. */
bool facts_read_stores(const struct json_at *at, struct facts *out, struct err *err);
/* {NAME: {requires: {SERVICE: […]}, usage: {ELEMENT: calls}, ended: false}} */
bool facts_read_clients(const struct json_at *at, struct facts *out, struct err *err);
/* The record "@cluster": its `attested` {STORE: {FORMAT: {by, reason, at}}} and `clients` {NAME:
 * {requires: as above, usage: {ELEMENT: {calls, by, reason, at}}, support: {ended, by, reason,
 * at}}}; what else is in it belongs to others. */
bool facts_read_record(const struct json_at *at, struct facts *out, struct err *err);

/* Equal for contracts that say the same. */
uint64_t contract_digest(const struct contract *contract);

#endif
