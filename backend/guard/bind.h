/* bind.h: from what is observed and declared to the flat world that the rules judge.
 *
 * One struct bind per cluster, fed with every observation. Services that no contract names
 * are in no world and cost nothing. The world of coupled services is made when one of them is
 * judged and kept until one of them changes: an observation costs its component, not the fleet. */
#ifndef LOCKSTEP_GUARD_BIND_H
#define LOCKSTEP_GUARD_BIND_H

#include "guard/facts.h"
#include "guard/policy.h"
#include "model/service.h"

#include <jansson.h>

struct bind;
struct release;
struct snapshot;

struct bind *bind_new(const struct guard_policy *policy); /* borrowed; NULL: nothing is set */
void bind_free(struct bind *bind);                        /* NULL is fine */

/* Takes a reference. What it declares of a version is remembered after it declares another. */
void bind_put_service(struct bind *bind, const struct service *service);
void bind_drop_service(struct bind *bind, const char *id);
/* Copied; NULL: none on record. */
void bind_put_release(struct bind *bind, const char *id, const struct release *release);
/* Some node came, went, or is in another state. */
void bind_nodes_changed(struct bind *bind);

enum facts_source { FACTS_SETTINGS, FACTS_RECORD, FACTS_SOURCE_COUNT };
/* Borrowed until replaced; NULL: none. */
void bind_put_facts(struct bind *bind, enum facts_source source, const struct facts *facts);
/* Why the cluster's own record cannot be used, or "": no verdict that rests on contracts is known
 * then. A literal. */
void bind_put_trouble(struct bind *bind, const char *why);

/* Calls fn for every service whose verdicts may rest on this one, itself not among them. */
typedef void bind_coupled_fn(void *arg, const char *id);
void bind_each_coupled(struct bind *bind, const char *id, bind_coupled_fn *fn, void *arg);

/* Whether any version of it has a contract, or tried to have one. */
bool bind_declares(struct bind *bind, const char *id);
/* The contract of one version (NULL: any version) of a service; NULL when none is known. */
const struct contract *bind_contract(struct bind *bind, const char *id, const char *version);

/* The contract of this version as it belongs into the archive of the service's record: what lies
 * there when that says the same. Yours; NULL when none is known. */
json_t *bind_to_archive(struct bind *bind, const char *id, const char *version, json_t *archive);

/* Why nobody can attest that the store no longer holds the format, or "": no contract names them,
 * or what may run writes it still. A literal. */
const char *bind_not_gone(struct bind *bind, const char *store, const char *format);

/* Who said that the store no longer holds the format; NULL: nobody. Valid until facts are put. */
const struct said *bind_attestation(const struct bind *bind, const char *store, const char *format);

/* What these clients are known to require, {SERVICE: [ELEMENT]}, yours; with `element`, whoever
 * provides it is among it. NULL when nothing is known of them, or nobody provides that; `why` (a
 * literal) says so. */
json_t *bind_client_requires(struct bind *bind, const char *clients, const char *element,
                             const char **why);

/* One service in the world of those it is coupled to. */
struct bound {
    const struct world *world; /* NULL: no contract names the service, or `trouble` */
    uint32_t service;
    const char *trouble; /* why what is declared cannot be used, or "" */
    bool declared;       /* the service has contracts */
    uint64_t basis;      /* digest of everything in the world that a verdict may rest on */
};
/* `service` may be fresher than what was put. `version` ("": none) gets a number even when nobody
 * has named it before. Valid until the next call or change. */
struct bound bind_world(struct bind *bind, const struct snapshot *snapshot,
                        const struct service *service, const struct release *release,
                        const char *version);

/* What a certificate of `version` rests on beside its own service: what may run of the services it
 * is coupled to, and what may be at rest in its stores together with what it writes. By name, so
 * that two clusters can be compared; 0: no contract says. */
struct grounds {
    uint64_t neighbours, stores;
};
struct grounds bind_grounds(struct bind *bind, const struct snapshot *snapshot,
                            const struct service *service, const struct release *release,
                            const char *version);

/* What a release from one version to the other shares with services that it is coupled to, as
 * "store.NAME", "service.NAME": a store, or an API that one of both provides. None when nothing is
 * shared, when the change stands in nobody's way, or where R2 is only observed. More than `max`:
 * the count says so, and only `max` are there. */
struct bind_shared {
    char name[180];
    bool exclusive; /* else others who only call it may change as well */
};
size_t bind_shares(struct bind *bind, const struct snapshot *snapshot,
                   const struct service *service, const struct release *release, const char *from,
                   const char *to, struct bind_shared *out, size_t max);

const struct guard_policy *bind_policy(const struct bind *bind); /* never NULL */

#endif
