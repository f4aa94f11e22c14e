/* slow.h: the rules once more, word by word from their text, over names in JSON documents.
 *
 * Slow and obvious on purpose: it shares no code and no data structure with the guard, so that both
 * are wrong in the same way only by misreading the same sentence. No versions that are
 * not known ("?"): random scenarios do not have them. */
#ifndef LOCKSTEP_TESTS_GUARD_SLOW_H
#define LOCKSTEP_TESTS_GUARD_SLOW_H

#include <jansson.h>
#include <stdbool.h>

/* A scenario, and what its actions made of it: all by name.
 *   nodes   {service: {node: {state, runs, queued: [version], tried}}}
 *   certs   {service: {version: {stage, basis, from: [version]}}}
 *   may, has {store: [name]}   changing {service: version or null}
 *   launchers {service: {name: version}}   usage, ended as in the file   applied: number */
struct slow {
    const json_t *file;
    json_t *nodes, *certs, *may, *has, *changing, *launchers, *usage, *ended;
    json_int_t applied;
};

struct slow *slow_new(const json_t *file);
void slow_free(struct slow *slow);

/* "R1 R3 " for the rules that this action breaks, "" for none; yours to free. */
char *slow_judge(const struct slow *slow, const json_t *action);
void slow_apply(struct slow *slow, const json_t *action);

/* Shared by the two files of it. Lists are arrays of names; new ones are the caller's. */
bool slow_in(const json_t *list, const char *name);
bool slow_all_in(const json_t *part, const json_t *whole);
void slow_add(json_t *list, const char *name);
const char *slow_text(const json_t *object, const char *key); /* "" when missing */
/* The contract of a version, or NULL. */
const json_t *slow_contract(const struct slow *slow, const char *service, const char *version);
/* "follows" or "pred", "change" or "delta". */
const json_t *slow_follows(const json_t *contract);
const json_t *slow_change(const json_t *contract);
json_t *slow_live(const struct slow *slow, const char *service);
json_t *slow_poss(const json_t *node);
/* Services coupled to this one over any distance, itself not among them. */
json_t *slow_coupled(const struct slow *slow, const char *service);
/* Stores that any version of it touches, or that it owns. */
json_t *slow_stores(const struct slow *slow, const char *service);
const char *slow_stage(const struct slow *slow, const char *service, const char *version);

#endif
