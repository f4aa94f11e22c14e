/* bound_by_hand.h: a cluster of a few services, facts about it, and what the guard makes of both,
 * for tests of what is bound together. One per test: setup() before, teardown() after. */
#ifndef LOCKSTEP_TESTS_GUARD_BOUND_BY_HAND_H
#define LOCKSTEP_TESTS_GUARD_BOUND_BY_HAND_H

#include "guard/bind.h"
#include "guard/guard.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who calls what `lib` may or may not provide. */
#define CALLER "{service: web, version: '1', requires: {lib: [Get]}}"

static struct fleet *fleet;
static struct bind *bind;
static struct arena *arena;
static struct facts facts[FACTS_SOURCE_COUNT];
static struct guard_policy policy;

static inline void setup(void)
{
    fleet = fleet_new();
    policy = guard_policy_default();
    bind = bind_new(&policy);
    arena = arena_new(1024);
    memset(facts, 0, sizeof facts);
}

static inline void teardown(void)
{
    bind_free(bind);
    fleet_free(fleet);
    arena_free(arena);
}

/* That service goes from 1 to 2, in its waves. */
static inline void in_flight(const char *id)
{
    struct release *release = release_new();

    release->stage = STAGE_WAVE;
    snprintf(release->from, sizeof release->from, "1");
    snprintf(release->to, sizeof release->to, "2");
    bind_put_release(bind, id, release);
    release_free(release);
}

/* One instance on each node of `places`, "node:version node:version"; "-" is no node, and a second
 * colon counts instances that are on no node that is known. `wants` NULL: the first version. */
static inline struct service *made(const char *id, const char *name, const char *contract,
                                   const char *wants, const char *places)
{
    struct service *s = service_new();
    char text[200], *rest = NULL;

    s->cluster = "c";
    s->id = arena_strdup(s->arena, id);
    s->name = arena_strdup(s->arena, name);
    s->scope = s->owner = s->was = s->artifact = s->reason = s->by = "";
    s->kind = "service";
    s->revision = "1";
    s->spec_digest = "spec";
    s->contract = arena_strdup(s->arena, contract);
    s->versions = arena_alloc(s->arena, 8, sizeof *s->versions);
    s->placements = arena_alloc(s->arena, 8, sizeof *s->placements);
    s->launchers = arena_alloc(s->arena, 2, sizeof *s->launchers);
    snprintf(text, sizeof text, "%s", places);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        uint32_t v = 0;

        *colon = '\0';
        while (v < s->version_count && strcmp(s->versions[v].version, colon + 1) != 0)
            v++;
        if (v == s->version_count)
            s->versions[s->version_count++] =
                (struct version_count){.version = arena_strdup(s->arena, colon + 1), .digest = ""};
        s->versions[v].count[INSTANCE_SERVING]++;
        s->replicas++;
        if (strcmp(word, "lost") == 0)
            continue;
        struct placement *place = &s->placements[s->placement_count++];
        *place = (struct placement){
            .node = strcmp(word, "-") == 0 ? "" : arena_strdup(s->arena, word), .version = v};
        place->count[INSTANCE_SERVING] = 1;
    }
    s->wants = wants ? arena_strdup(s->arena, wants) : s->versions[0].version;
    s->since_utc_ms = -1;
    return s;
}

static inline void put(struct service *s)
{
    const struct service *sealed = service_seal(s);

    bind_put_service(bind, sealed);
    fleet_put_service(fleet, sealed);
}

static inline void service(const char *name, const char *contract, const char *places)
{
    put(made(name, name, contract, NULL, places));
}

static inline void declare(enum facts_source source, const char *text)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "facts", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    struct json_at at = json_root(root, "facts", arena);
    struct json_at stores = json_key(&at, "stores"), clients = json_key(&at, "clients");
    struct json_at contracts = json_key(&at, "contracts");
    struct facts *out = &facts[source];
    *out = (struct facts){0};
    ck_assert_msg(facts_read_stores(&stores, out, &err), "%s", err.text);
    ck_assert_msg(facts_read_clients(&clients, out, &err), "%s", err.text);
    out->contracts =
        arena_alloc(arena, json_array_size(contracts.value) + 1, sizeof *out->contracts);
    for (size_t i = 0; i < json_array_size(contracts.value); i++) {
        struct json_at item = json_index(&contracts, i);
        struct contract *contract = &out->contracts[out->contract_count++];

        *contract = (struct contract){.digest = ""};
        ck_assert_msg(contract_parse(&item, CONTRACT_ALONE, contract, &err), "%s", err.text);
    }
    json_decref(root);
    bind_put_facts(bind, source, out);
}

/* Of the service as it was last put. */
static inline struct bound world_of(const char *id, const struct release *release,
                                    const char *version)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    struct bound bound = bind_world(bind, snapshot, at, release, version);

    snapshot_unref(snapshot);
    return bound;
}

static inline size_t shares(const char *id, const char *from, const char *to,
                            struct bind_shared *out, size_t max)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    size_t count = bind_shares(bind, snapshot, at, NULL, from, to, out, max);

    snapshot_unref(snapshot);
    return count;
}

static inline struct grounds grounds(const char *id, const char *version)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    struct grounds found = bind_grounds(bind, snapshot, at, NULL, version);

    snapshot_unref(snapshot);
    return found;
}

static inline struct verdict ask(const char *id, enum verb verb, const char *version)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", id),
                                   .utc_ms = 1800000000000,
                                   .bind = bind};
    const struct guard_ask question = {
        .verb = verb, .version = version, .to_count = 1, .spec_digest = ""};
    struct verdict verdict;

    guard_judge(&in, &question, arena, &verdict);
    snapshot_unref(snapshot);
    return verdict;
}

static inline size_t alarms(const char *id, struct finding found[WATCH_MAX])
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", id),
                                   .utc_ms = 1800000000000,
                                   .bind = bind};
    size_t count = guard_watch(&in, arena, found);

    snapshot_unref(snapshot);
    return count;
}

static inline bool clean(const char *id, unsigned rules)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", id),
                                   .utc_ms = 1800000000000,
                                   .bind = bind};
    bool is = guard_is_clean(&in, rules);

    snapshot_unref(snapshot);
    return is;
}

#endif
