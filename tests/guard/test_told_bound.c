/* Random fleets as engines and settings tell of them: every key's answer, every alarm and what a
 * certificate rests on, word by word.
 *
 * Contracts, stores and clients come from random_scenario; what runs is thrown beside them. */
#include "guard/bind.h"
#include "guard/guard.h"
#include "guard/random_world.h"
#include "guard/told.h"
#include "release/release.h"
#include "test.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FLEETS = 36, SERVICES_MAX = 4, NODES = 5, VERSIONS = 4, MINUTE_MS = 60000 };
#define NOW_UTC_MS INT64_C(1800000000000)

static const char *const versions[] = {"v1", "v2", "v3", "v4", "?"};
static const char *const nodes[NODES] = {"n1", "n2", "n3", "n4", "n5"};

struct thrown {
    struct dice dice;
    json_t *file;
    struct arena *arena;
    struct facts facts, record;
    struct guard_policy policy;
    struct bind *bind;
    struct fleet *fleet;
    const char *names[SERVICES_MAX];
    struct release *releases[SERVICES_MAX];
    size_t count;
    uint64_t told_basis; /* of the world that was told last */
};

static const char *throw_version(struct thrown *t, unsigned odd_percent)
{
    unsigned v = dice_below(&t->dice, 2);

    if (dice_percent(&t->dice, odd_percent))
        v = dice_below(&t->dice, ARRAY_LEN(versions));
    return versions[v];
}

static void throw_nodes(struct thrown *t)
{
    for (size_t n = 0; n < NODES; n++) {
        bool odd = dice_percent(&t->dice, 25);
        const struct node node = {.cluster = "c",
                                  .id = nodes[n],
                                  .name = nodes[n],
                                  .state =
                                      odd ? dice_below(&t->dice, NODE_STATE_COUNT) : NODE_REPORTING,
                                  .state_utc_ms = NOW_UTC_MS - dice_below(&t->dice, 9) * MINUTE_MS,
                                  .note = ""};

        fleet_put_node(t->fleet, &node);
    }
    bind_nodes_changed(t->bind);
}

static void place(struct thrown *t, struct service *s, const char *node)
{
    const char *version = throw_version(t, 15);
    enum instance_state state = INSTANCE_SERVING;
    uint32_t v = 0;

    if (dice_percent(&t->dice, 20))
        state = dice_below(&t->dice, INSTANCE_STATE_COUNT);
    while (v < s->version_count && strcmp(s->versions[v].version, version) != 0)
        v++;
    if (v == s->version_count)
        s->versions[s->version_count++] = (struct version_count){
            .version = version, .digest = dice_percent(&t->dice, 20) ? "sha256:aa" : ""};
    s->versions[v].count[state]++;
    struct placement *at = &s->placements[s->placement_count++];
    *at = (struct placement){.node = node, .version = v};
    at->count[state] = 1;
}

/* Everything serves what is wanted, and nothing is in flight. */
static void rest(struct service *s)
{
    s->wants = s->was = versions[0];
    s->motion = MOTION_NONE;
    s->version_count = s->placement_count > 0;
    s->launchers[0].version = s->wants;
    if (s->placement_count)
        s->versions[0] = (struct version_count){.version = s->wants, .digest = ""};
    for (size_t i = 0; i < s->placement_count; i++) {
        struct placement *at = &s->placements[i];

        *at = (struct placement){.node = at->node};
        at->count[INSTANCE_SERVING] = 1;
        s->versions[0].count[INSTANCE_SERVING]++;
    }
}

/* Some carry the contract of what they run on themselves. */
static const char *throw_contract(struct thrown *t, struct arena *arena, const char *name)
{
    json_t *service = json_object_get(json_object_get(t->file, "services"), name);
    const char *version = versions[dice_below(&t->dice, 2)];
    json_t *declared = json_object_get(json_object_get(service, "versions"), version);

    if (!declared || dice_percent(&t->dice, 70))
        return "";
    json_t *whole = json_copy(declared);
    json_object_set_new(whole, "service", json_string(name));
    json_object_set_new(whole, "version", json_string(version));
    char *text = json_text(whole);
    const char *kept = arena_strdup(arena, text);
    free(text);
    json_decref(whole);
    return kept;
}

static void throw_service(struct thrown *t, const char *name)
{
    struct service *s = service_new();

    s->cluster = "c";
    s->id = s->name = arena_strdup(s->arena, name);
    s->scope = s->owner = s->artifact = s->reason = "";
    s->contract = throw_contract(t, s->arena, name);
    s->by = dice_percent(&t->dice, 50) ? "eve" : "";
    s->kind = "service";
    s->revision = "1";
    s->spec_digest = s->config_digest = "spec";
    s->versions = arena_alloc(s->arena, ARRAY_LEN(versions), sizeof *s->versions);
    s->placements = arena_alloc(s->arena, NODES, sizeof *s->placements);
    s->launchers = arena_alloc(s->arena, 2, sizeof *s->launchers);
    s->wants = throw_version(t, 10);
    s->was = dice_percent(&t->dice, 50) ? throw_version(t, 10) : "";
    for (size_t n = 0; n < NODES; n++)
        if (dice_percent(&t->dice, 70))
            place(t, s, nodes[n]);
    s->replicas = (uint32_t)s->placement_count;
    s->launchers[s->launcher_count++] = (struct launcher){LAUNCHER_SPEC, s->wants};
    if (dice_percent(&t->dice, 25))
        s->launchers[s->launcher_count++] = (struct launcher){"asg", throw_version(t, 10)};
    s->motion = dice_below(&t->dice, 4);
    if (dice_percent(&t->dice, 30))
        rest(s);
    s->since_utc_ms = dice_percent(&t->dice, 20) ? -1 : NOW_UTC_MS - 30 * (int64_t)MINUTE_MS;
    const struct service *sealed = service_seal(s);
    bind_put_service(t->bind, sealed);
    fleet_put_service(t->fleet, sealed);
}

static struct release *throw_release(struct thrown *t, const char *name)
{
    if (dice_percent(&t->dice, 30)) {
        bind_put_release(t->bind, name, NULL);
        return NULL;
    }
    struct release *release = release_new();

    release->stage = dice_below(&t->dice, STAGE_COUNT);
    release->cert.state = dice_below(&t->dice, PROOF_COUNT);
    snprintf(release->from, sizeof release->from, "%s", versions[0]);
    snprintf(release->to, sizeof release->to, "%s", versions[1 + dice_below(&t->dice, 2)]);
    if (dice_percent(&t->dice, 25)) { /* it is over, and led to what rests */
        release->stage = dice_percent(&t->dice, 50) ? STAGE_STABLE : STAGE_ROLLED_BACK;
        snprintf(release->from, sizeof release->from, "%s", versions[1]);
        snprintf(release->to, sizeof release->to, "%s", versions[0]);
        release->stage_utc_ms = NOW_UTC_MS - 50 * (int64_t)MINUTE_MS;
    }
    snprintf(release->by, sizeof release->by, "ann");
    release->since_utc_ms = NOW_UTC_MS - dice_below(&t->dice, 40) * 60 * (int64_t)MINUTE_MS;
    bind_put_release(t->bind, name, release);
    return release;
}

static void throw_policy(struct thrown *t)
{
    static const char *const of[] = {"", "app", "web", "jobs"};

    t->policy.coupling = dice_below(&t->dice, 3);
    t->policy.rows = arena_alloc(t->arena, ARRAY_LEN(of) * 2, sizeof *t->policy.rows);
    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        if (dice_percent(&t->dice, 40))
            t->policy.rows[t->policy.row_count++] =
                (struct level_row){.service = of[i],
                                   .rules = dice_below(&t->dice, 1U << RULE_COUNT),
                                   .level = dice_below(&t->dice, LEVEL_COUNT)};
    if (dice_percent(&t->dice, 30))
        t->policy.silent_ms = t->policy.unknown_ms = t->policy.open_ms = 4 * MINUTE_MS;
}

static void throw_facts(struct thrown *t)
{
    static const char attested[] = "{attested: {db: {f1: {by: ann, reason: scan, at: now}}}}";
    struct err err = {0};
    struct json_at root = json_root(t->file, "random", t->arena);
    struct json_at stores = json_key(&root, "stores"), clients = json_key(&root, "clients");
    struct json_at services = json_key(&root, "services");
    const char *name, *version;
    json_t *service, *contract;

    ck_assert(facts_read_stores(&stores, &t->facts, &err));
    ck_assert(facts_read_clients(&clients, &t->facts, &err));
    t->facts.contracts = arena_alloc(t->arena, SERVICES_MAX * VERSIONS, sizeof *t->facts.contracts);
    json_object_foreach(json_object_get(t->file, "services"), name, service)
    {
        struct json_at at = json_key(&services, name), all = json_key(&at, "versions");

        t->names[t->count++] = name;
        json_object_foreach(json_object_get(service, "versions"), version, contract)
        {
            struct json_at item = json_key(&all, version);
            struct contract *made = &t->facts.contracts[t->facts.contract_count];

            if (dice_percent(&t->dice, 10))
                continue;
            *made = (struct contract){.service = name, .version = version, .digest = ""};
            ck_assert_msg(contract_parse(&item, CONTRACT_INSIDE, made, &err), "%s", err.text);
            t->facts.contract_count++;
        }
    }
    bind_put_facts(t->bind, FACTS_SETTINGS, &t->facts);
    if (dice_percent(&t->dice, 60))
        return;
    json_t *record = json_parse_yaml(attested, strlen(attested), "record", &err);
    struct json_at at = json_root(record, "record", t->arena);
    ck_assert(facts_read_record(&at, &t->record, &err));
    json_decref(record);
    bind_put_facts(t->bind, FACTS_RECORD, &t->record);
}

static void tell_binding(struct told *told, struct thrown *t, const struct guard_input *in)
{
    struct bind_shared shared[8];
    const char *const *live;
    size_t count;
    struct bound bound = bind_world(t->bind, in->snapshot, in->service, in->release, "v2");

    fprintf(told->out, "%s: %s%s\n", in->service->name, bound.declared ? "declared" : "bare",
            bound.trouble);
    if (bound.world && bound.basis != t->told_basis)
        told_world(told, bound.world);
    t->told_basis = bound.basis;
    count = guard_live(in, t->arena, &live);
    for (size_t i = 0; i < count; i++)
        fprintf(told->out, "  live %s\n", live[i]);
    count = bind_shares(t->bind, in->snapshot, in->service, in->release, "v1", "v2", shared,
                        ARRAY_LEN(shared));
    for (size_t i = 0; i < count && i < ARRAY_LEN(shared); i++)
        fprintf(told->out, "  shares %s %d\n", shared[i].name, shared[i].exclusive);
    struct grounds grounds = bind_grounds(t->bind, in->snapshot, in->service, in->release, "v2");
    fprintf(told->out, "  basis %016llx %016llx neighbours %016llx stores %016llx\n",
            (unsigned long long)bound.basis, (unsigned long long)guard_basis(in),
            (unsigned long long)grounds.neighbours, (unsigned long long)grounds.stores);
    fprintf(told->out, "  due %lld stable %lld clean %d %d gone '%s'\n",
            (long long)guard_watch_due(in), (long long)guard_stable_since(in),
            guard_is_clean(in, (1U << RULE_COUNT) - 1), guard_is_clean(in, 1U << RULE_R3),
            bind_not_gone(t->bind, "db", "f1"));
}

static void tell_service(struct told *told, struct thrown *t, const struct guard_input *in)
{
    static const enum verb verbs[] = {VERB_START, VERB_STEP, VERB_RESUME, VERB_ROLLBACK};
    struct finding found[WATCH_MAX];

    tell_binding(told, t, in);
    for (size_t v = 0; v < ARRAY_LEN(verbs); v++) {
        const struct guard_ask ask = {.verb = verbs[v],
                                      .version = throw_version(t, 30),
                                      .to_count = 1 + dice_below(&t->dice, 3),
                                      .spec_digest = dice_percent(&t->dice, 10) ? "other" : ""};
        struct verdict verdict;

        guard_judge(in, &ask, t->arena, &verdict);
        fprintf(told->out, " %s %s %u", verb_word[ask.verb], ask.version, ask.to_count);
        told_verdict(told, &verdict);
    }
    size_t count = guard_watch(in, t->arena, found);
    for (size_t i = 0; i < count; i++)
        told_finding(told, alarm_word[found[i].kind], &found[i]);
}

static void tell_all(struct told *told, struct thrown *t)
{
    const struct snapshot *snapshot = fleet_snapshot(t->fleet);

    for (size_t s = 0; s < t->count; s++) {
        bool staged = dice_percent(&t->dice, 60), data = dice_percent(&t->dice, 40);
        const struct rehearsed rehearsed = {.staged = staged,
                                            .data = data,
                                            .has = dice_below(&t->dice, PROOF_COUNT),
                                            .wants = dice_below(&t->dice, PROOF_COUNT),
                                            .version = throw_version(t, 10),
                                            .voided = dice_percent(&t->dice, 10) ? "voided" : "",
                                            .waits = dice_percent(&t->dice, 20) ? "a bake" : "",
                                            .have = dice_below(&t->dice, 3),
                                            .canary = 1 + dice_below(&t->dice, 2),
                                            .stable_ms = dice_below(&t->dice, 3) * 20 * MINUTE_MS};
        const struct seen seen = {
            .unknown_since_utc_ms = NOW_UTC_MS - dice_below(&t->dice, 9) * MINUTE_MS,
            .moving_since_utc_ms = NOW_UTC_MS - dice_below(&t->dice, 9) * MINUTE_MS,
            .drift = dice_percent(&t->dice, 20) ? "it is another one" : ""};
        const struct guard_input in = {.snapshot = snapshot,
                                       .service = snapshot_find_service(snapshot, "c", t->names[s]),
                                       .release = t->releases[s],
                                       .now_ms = 1000000,
                                       .utc_ms = NOW_UTC_MS,
                                       .bind = t->bind,
                                       .rehearsal = dice_percent(&t->dice, 80) ? &rehearsed : NULL,
                                       .seen = dice_percent(&t->dice, 80) ? &seen : NULL};

        tell_service(told, t, &in);
    }
    snapshot_unref(snapshot);
}

START_TEST(a_random_fleet_that_is_observed_is_told_as_recorded)
{
    struct thrown t = {.dice = dice_of((uint64_t)(77 + _i)),
                       .file = random_scenario((uint64_t)(3000 + _i), 0),
                       .arena = arena_new(4096),
                       .policy = guard_policy_default(),
                       .fleet = fleet_new()};
    struct told told;
    char name[32];

    throw_policy(&t);
    t.bind = bind_new(&t.policy);
    throw_facts(&t);
    throw_nodes(&t);
    t.names[t.count++] = "bare";
    for (size_t s = 0; s < t.count; s++) {
        throw_service(&t, t.names[s]);
        t.releases[s] = throw_release(&t, t.names[s]);
    }
    snprintf(name, sizeof name, "observed-%02d", _i);
    told_begin(&told, name);
    tell_all(&told, &t);
    size_t s = dice_below(&t.dice, (unsigned)t.count); /* and after something changed */
    release_free(t.releases[s]);
    throw_nodes(&t);
    throw_service(&t, t.names[s]);
    t.releases[s] = throw_release(&t, t.names[s]);
    fprintf(told.out, "%s changed\n", t.names[s]);
    tell_all(&told, &t);
    told_end(&told);
    for (s = 0; s < t.count; s++)
        release_free(t.releases[s]);
    bind_free(t.bind);
    fleet_free(t.fleet);
    arena_free(t.arena);
    json_decref(t.file);
}
END_TEST

SUITE(guard_told_bound)
{
    Suite *suite = suite_create("guard_told_bound");

    tcase_add_loop_test(test_case(suite, "told", 20),
                        a_random_fleet_that_is_observed_is_told_as_recorded, 0, FLEETS);
    return suite;
}
