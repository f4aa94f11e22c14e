/* What is bound together at its edges: services that come, go and contradict each other, records
 * that differ in one thing, stores and clients that nobody here touches. */
#include "guard/bind.h"
#include "guard/guard.h"
#include "guard/scenario.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fleet *fleet;
static struct bind *bind;
static struct arena *arena;
static struct facts facts[FACTS_SOURCE_COUNT];
static struct guard_policy policy;

static void setup(void)
{
    fleet = fleet_new();
    policy = guard_policy_default();
    bind = bind_new(&policy);
    arena = arena_new(1024);
    memset(facts, 0, sizeof facts);
}

static void teardown(void)
{
    bind_free(bind);
    fleet_free(fleet);
    arena_free(arena);
}

/* One instance on each node of `places`, "node:version node:version"; "-" is no node, and a second
 * colon counts instances that are on no node that is known. `wants` NULL: the first version. */
static struct service *made(const char *id, const char *name, const char *contract,
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

static void put(struct service *s)
{
    const struct service *sealed = service_seal(s);

    bind_put_service(bind, sealed);
    fleet_put_service(fleet, sealed);
}

static void service(const char *name, const char *contract, const char *places)
{
    put(made(name, name, contract, NULL, places));
}

static void declare(enum facts_source source, const char *text)
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
static struct bound world_of(const char *id, const struct release *release, const char *version)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    struct bound bound = bind_world(bind, snapshot, at, release, version);

    snapshot_unref(snapshot);
    return bound;
}

static size_t shares(const char *id, const char *from, const char *to, struct bind_shared *out,
                     size_t max)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    size_t count = bind_shares(bind, snapshot, at, NULL, from, to, out, max);

    snapshot_unref(snapshot);
    return count;
}

static struct grounds grounds(const char *id, const char *version)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *at = snapshot_find_service(snapshot, "c", id);
    struct grounds found = bind_grounds(bind, snapshot, at, NULL, version);

    snapshot_unref(snapshot);
    return found;
}

static struct verdict ask(const char *id, enum verb verb, const char *version)
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

START_TEST(what_a_workload_declares_anew_replaces_what_it_declared_before)
{
    setup();
    service("web", "{service: web, version: '1', provides: [A]}", "n1:1");
    service("web", "{service: web, version: '2'}", "n1:1");
    service("web", "{service: web, version: '1', provides: [A, B]}", "n1:1");
    ck_assert_uint_eq(bind_contract(bind, "web", "1")->provides_count, 2);
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    teardown();
}
END_TEST

/* A service is not observed, but a record of its release is. */
START_TEST(a_record_without_its_service_is_kept_and_judges_nobody)
{
    setup();
    struct release *release = release_new();
    bind_put_release(bind, "ghost", release);
    release_free(release);
    service("web", "{service: web, version: '1', requires: {ghost: [A]}}", "n1:1");
    ck_assert_str_eq(world_of("web", NULL, "").trouble, "");
    ck_assert(!bind_declares(bind, "ghost"));
    teardown();
}
END_TEST

START_TEST(of_several_troubles_the_first_is_told)
{
    char *text = NULL;
    size_t len;

    setup();
    FILE *f = open_memstream(&text, &len);
    fprintf(f, "{contracts: [{service: web, version: '1', follows: ['2']}, "
               "{service: web, version: '2', follows: ['1'], provides: [");
    for (unsigned i = 0; i < 300; i++)
        fprintf(f, "%sA%u", i ? ", " : "", i);
    fprintf(f, "]}]}");
    fclose(f);
    service("web", "", "n1:1");
    declare(FACTS_SETTINGS, text);
    ck_assert(strstr(world_of("web", NULL, "").trouble, "in a circle") != NULL);
    free(text);
    teardown();
}
END_TEST

/* Nothing is in flight while what is wanted waits for its first key. */
START_TEST(what_changes_is_what_the_record_or_the_engine_has_begun)
{
    static const struct {
        const char *wants, *was, *places;
        enum motion motion;
        enum stage stage;
        const char *from, *to;
        const char *changing; /* "": nothing */
    } rows[] = {
        {"2", "1", "n1:1", MOTION_NONE, STAGE_NONE, "", "", ""},
        {"2", "1", "n1:1", MOTION_RESTING, STAGE_NONE, "", "", ""},
        {"2", "1", "n1:1 n2:2", MOTION_RESTING, STAGE_NONE, "", "", "2"},
        {"2", "1", "n1:1", MOTION_MOVING, STAGE_NONE, "", "", "2"},
        {"2", "1", "n1:1", MOTION_RESTING, STAGE_CANARY, "1", "2", "2"},
        {"2", "1", "n1:1", MOTION_RESTING, STAGE_HELD, "1", "3", ""},
        {"2", "1", "n1:1", MOTION_RESTING, STAGE_STABLE, "1", "3", ""},
        {"", "1", "n1:1 n2:2", MOTION_MOVING, STAGE_NONE, "", "", ""},
        {"?", "1", "n1:1", MOTION_MOVING, STAGE_NONE, "", "", ""},
        {"2", "", "n1:2 n2:?", MOTION_MOVING, STAGE_NONE, "", "", "2"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        struct release *release = release_new();
        struct service *s = made("web", "web", "{service: web, version: '2', follows: ['1']}",
                                 rows[i].wants, rows[i].places);
        s->was = rows[i].was;
        s->motion = rows[i].motion;
        put(s);
        release->stage = rows[i].stage;
        snprintf(release->from, sizeof release->from, "%s", rows[i].from);
        snprintf(release->to, sizeof release->to, "%s", rows[i].to);
        const struct world *world =
            world_of("web", rows[i].stage == STAGE_NONE ? NULL : release, "").world;
        uint64_t changing = world->services[0].changing;
        ck_assert_msg(strcmp(changing == NOT_CHANGING
                                 ? ""
                                 : book_version_name(world->book, 0, (unsigned)changing),
                             rows[i].changing) == 0,
                      "row %zu", i);
        release_free(release);
        teardown();
    }
}
END_TEST

START_TEST(a_place_where_nothing_is_left_or_that_is_fenced_runs_nothing)
{
    for (int fenced = 0; fenced < 2; fenced++) {
        setup();
        const struct node n2 = {.cluster = "c",
                                .id = "n2",
                                .name = "n2",
                                .state_utc_ms = -1,
                                .state = fenced ? NODE_FENCED : NODE_REPORTING,
                                .note = ""};
        fleet_put_node(fleet, &n2);
        struct service *s = made("web", "web", "{service: web, version: '2'}", NULL, "n1:2 n2:1");
        if (!fenced)
            s->placements[1].count[INSTANCE_SERVING] = s->versions[1].count[INSTANCE_SERVING] = 0;
        put(s);
        const struct world *world = world_of("web", NULL, "").world;
        ck_assert_uint_eq(versions_count(world->services[0].live), 1);
        teardown();
    }
}
END_TEST

/* It may write anything, so that nothing it could have written is known to be gone or at rest. */
START_TEST(a_version_that_is_not_known_moves_the_basis_and_writes_nothing_that_is_known)
{
    setup();
    service("web", "{service: web, version: '2', writes: {d: [f]}}", "n1:2");
    declare(FACTS_SETTINGS, "{stores: {d: {may: [g]}}}");
    uint64_t before = world_of("web", NULL, "").basis;
    service("web", "{service: web, version: '2', writes: {d: [f]}}", "n1:2 n2:?");
    const struct world *world = world_of("web", NULL, "").world;
    ck_assert_uint_ne(world_of("web", NULL, "").basis, before);
    ck_assert(world->services[0].live & VERSION_BIT(VERSION_NOT_KNOWN));
    ck_assert_int_ne((int)ask("web", VERB_START, "3").answer, ANSWER_ALLOW);
    teardown();
}
END_TEST

START_TEST(clients_that_settings_and_record_name_are_the_same_ones)
{
    setup();
    service("web", "{service: web, version: '1', provides: [A, B]}", "n1:1");
    declare(FACTS_SETTINGS, "{clients: {app: {requires: {web: [A]}, usage: {A: 1}}}}");
    declare(FACTS_RECORD, "{clients: {app: {requires: {web: [A, B]}, usage: {A: 2, B: 3}}}}");
    const struct world *world = world_of("web", NULL, "").world;
    ck_assert_uint_eq(world->book->cohort_count, 1);
    teardown();
}
END_TEST

static size_t alarms(const char *id, struct finding found[WATCH_MAX])
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

static bool clean(const char *id, unsigned rules)
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

START_TEST(clean_is_one_known_version_at_rest_that_breaks_no_rule)
{
    const unsigned all = (1u << RULE_COUNT) - 1;
    static const struct {
        const char *contract, *places;
        unsigned rules;
        bool clean;
    } rows[] = {
        {"{service: web, version: '1', provides: [A]}", "n1:1 n2:1", ~0u, true},
        {"", "n1:1", ~0u, true},
        {"", "n1:?", ~0u, false},
        {"{service: web, version: '1'}", "n1:1 n2:2", ~0u, false},
        {"{service: web", "n1:1", ~0u, false},
        {"{service: web", "n1:1", 1u << RULE_R3, true},
        {"{service: web, version: '1', requires: {lib: [G]}}", "n1:1", ~0u, false},
        {"{service: web, version: '1', requires: {lib: [G]}}", "n1:1", 1u << RULE_RC, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        service("web", rows[i].contract, rows[i].places);
        ck_assert_msg(clean("web", rows[i].rules & all) == rows[i].clean, "row %zu", i);
        teardown();
    }
}
END_TEST

START_TEST(only_who_is_declared_and_whose_world_is_known_is_watched_for_calls)
{
    struct finding found[WATCH_MAX];

    setup();
    service("web", "{service: web, version: '1', requires: {lib: [G]}}", "n1:1 n2:1");
    ck_assert_uint_eq(alarms("web", found), 1);
    ck_assert_int_eq((int)found[0].kind, ALARM_CALLS);
    service("lib", "", "n1:1");
    ck_assert_uint_eq(alarms("lib", found), 0);
    service("web", "{service: web, version: '1', requires: [G]}", "n1:1 n2:1");
    ck_assert_uint_eq(alarms("web", found), 0); /* it is told as a contract that cannot be read */
    teardown();
}
END_TEST

START_TEST(a_long_list_names_four_and_counts_the_others)
{
    static const char *const text[] = {"a", "b", "c", "d", "e", "f"};
    static const char *const said[] = {
        "", "a", "a, b", "a, b, c", "a, b, c, d", "a, b, c, d and 1 more", "a, b, c, d and 2 more"};
    const struct names names = {.text = (const char **)(uintptr_t)text, .count = 6};
    struct set set = {{0}};

    setup();
    for (unsigned i = 0; i <= 6; i++) {
        ck_assert_str_eq(book_list(&names, &set, arena), said[i]);
        set_add(&set, i);
    }
    teardown();
}
END_TEST

START_TEST(nothing_is_freed_where_nothing_was_made)
{
    bind_free(NULL);
    book_free(NULL);
    scenario_free(NULL);
}
END_TEST

START_TEST(of_many_contracts_that_one_workload_carried_the_oldest_is_forgotten)
{
    char text[80];

    setup();
    for (unsigned i = 0; i <= CONTRACT_VERSIONS_MAX; i++) {
        snprintf(text, sizeof text, "{service: web, version: '%u'}", i);
        service("web", text, "n1:1");
    }
    ck_assert_ptr_null(bind_contract(bind, "web", "0"));
    for (unsigned i = 1; i <= CONTRACT_VERSIONS_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        ck_assert_ptr_nonnull(bind_contract(bind, "web", text));
    }
    ck_assert_str_eq(world_of("web", NULL, "1").trouble, "");
    teardown();
}
END_TEST

START_TEST(a_contract_that_is_no_document_is_told_and_gone_once_it_is_removed)
{
    setup();
    service("web", "{service: web", "n1:1 n2:1");
    struct verdict verdict = ask("web", VERB_START, "2");
    ck_assert_int_ne((int)verdict.answer, ANSWER_ALLOW);
    ck_assert(bind_declares(bind, "web"));
    ck_assert(strstr(world_of("web", NULL, "2").trouble, "lockstep.contract") != NULL);
    service("web", "", "n1:1 n2:1");
    ck_assert(!bind_declares(bind, "web"));
    ck_assert_str_eq(world_of("web", NULL, "2").trouble, "");
    teardown();
}
END_TEST

#define CALLER "{service: web, version: '1', requires: {lib: [Get]}}"

/* The world of those who are there is made anew when somebody comes whom a contract names, only. */
START_TEST(who_comes_later_counts_from_then_on)
{
    setup();
    service("web", CALLER, "n1:1 n2:1");
    ck_assert_int_eq((int)ask("web", VERB_START, "1").findings[RULE_R2].answer, ANSWER_REFUSE);
    uint64_t before = world_of("web", NULL, "").basis;
    service("other", "", "n1:7");
    ck_assert_uint_eq(world_of("web", NULL, "").basis, before);
    ck_assert_uint_eq(world_of("other", NULL, "").basis, 0);
    service("lib", "", "n1:7");
    ck_assert_uint_ne(world_of("web", NULL, "").basis, before);
    bind_drop_service(bind, "lib");
    ck_assert_uint_eq(world_of("web", NULL, "").basis, before);
    bind_drop_service(bind, "nobody");
    ck_assert_uint_eq(world_of("web", NULL, "").basis, before);
    teardown();
}
END_TEST

static void count_id(void *arg, const char *id)
{
    *(unsigned *)arg += strcmp(id, "lib") == 0 ? 1 : 100;
}

START_TEST(only_services_that_are_there_are_coupled)
{
    unsigned count = 0;

    setup();
    service("web", CALLER, "n1:1");
    bind_each_coupled(bind, "web", count_id, &count);
    bind_each_coupled(bind, "nobody", count_id, &count);
    ck_assert_uint_eq(count, 0);
    service("bare", "", "n1:1");
    bind_each_coupled(bind, "bare", count_id, &count);
    ck_assert_uint_eq(count, 0);
    service("lib", "", "n1:1");
    bind_each_coupled(bind, "web", count_id, &count);
    ck_assert_uint_eq(count, 1);
    teardown();
}
END_TEST

START_TEST(two_services_of_one_name_in_contracts_are_trouble_at_both)
{
    setup();
    service("web", CALLER, "n1:1");
    put(made("lib", "lib", "", NULL, "n1:1"));
    put(made("lib-2", "lib", "", NULL, "n1:1"));
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "lib-2" : "lib";

        ck_assert_str_eq(world_of(id, NULL, "").trouble,
                         "lib and lib are both called lib in contracts");
        ck_assert(bind_declares(bind, id));
        ck_assert_int_ne((int)ask(id, VERB_START, "2").answer, ANSWER_ALLOW);
    }
    teardown();
}
END_TEST

START_TEST(a_conflict_of_one_service_is_trouble_of_those_coupled_to_it_alone)
{
    setup();
    service("web", "{service: web, version: '1', follows: ['2']}", "n1:1");
    declare(FACTS_SETTINGS, "{contracts: [{service: web, version: '2', follows: ['1']}]}");
    service("lib", "{service: lib, version: '1'}", "n1:1");
    for (int i = 0; i < 2; i++) {
        struct verdict verdict = ask("web", i ? VERB_ROLLBACK : VERB_START, "2");
        const struct finding *finding = &verdict.findings[RULE_R0];

        ck_assert_int_ne((int)verdict.answer, ANSWER_ALLOW);
        ck_assert_msg(strstr(finding->sentence, "in a circle") != NULL, "%s", finding->sentence);
    }
    ck_assert(strstr(world_of("web", NULL, "").trouble, "in a circle") != NULL);
    ck_assert_str_eq(world_of("lib", NULL, "").trouble, "");
    service("caller", "{service: caller, version: '1', requires: {web: [A]}}", "n1:1");
    service("reader", "{service: reader, version: '1', requires: {caller: [A]}}", "n1:1");
    for (int i = 0; i < 2; i++) {
        const char *coupled = i ? "reader" : "caller";

        ck_assert(strstr(world_of(coupled, NULL, "").trouble, "in a circle") != NULL);
        ck_assert_int_ne((int)ask(coupled, VERB_START, "2").answer, ANSWER_ALLOW);
    }
    ck_assert_str_eq(world_of("lib", NULL, "").trouble, "");
    teardown();
}
END_TEST

/* The record that comes with the question counts, not the one that was put before. */
START_TEST(a_record_that_differs_in_one_thing_is_another_one)
{
    static const struct {
        enum stage stage;
        int64_t at;
        const char *from, *to;
    } rows[] = {
        {STAGE_WAVE, 5, "1", "2"}, {STAGE_BAKE, 5, "1", "2"}, {STAGE_WAVE, 6, "1", "2"},
        {STAGE_WAVE, 5, "0", "2"}, {STAGE_WAVE, 5, "1", "3"}, {STAGE_NONE, 0, "", ""},
        {STAGE_HELD, 0, "1", "?"}, {STAGE_WAVE, 5, "?", "2"},
    };
    const char *contracts = "{contracts: [{service: web, version: '2', follows: ['1']}, "
                            "{service: web, version: '3', follows: ['1'], writes: {d: [f]}}, "
                            "{service: web, version: '0', writes: {d: [g]}}]}";

    for (size_t a = 0; a < ARRAY_LEN(rows); a++)
        for (size_t b = 0; b <= ARRAY_LEN(rows); b++) {
            struct release *release[2] = {release_new(), release_new()};
            uint64_t basis[2];

            for (int i = 0; i < 2; i++) {
                size_t row = i ? (b < ARRAY_LEN(rows) ? b : 0) : a;

                release[i]->stage = rows[row].stage;
                release[i]->stage_utc_ms = rows[row].at;
                snprintf(release[i]->from, sizeof release[i]->from, "%s", rows[row].from);
                snprintf(release[i]->to, sizeof release[i]->to, "%s", rows[row].to);
            }
            const struct release *asked = b < ARRAY_LEN(rows) ? release[1] : NULL;
            for (int fresh = 0; fresh < 2; fresh++) {
                setup();
                declare(FACTS_SETTINGS, contracts);
                service("web", "", "n1:1 n2:2");
                if (!fresh)
                    world_of("web", release[0], "");
                basis[fresh] = world_of("web", asked, "").basis;
                teardown();
            }
            ck_assert_msg(basis[0] == basis[1], "%zu then %zu", a, b);
            release_free(release[0]);
            release_free(release[1]);
        }
}
END_TEST

#define WRITES                                                                                     \
    "contracts: [{service: web, version: '1', writes: {d: [f]}}, "                                 \
    "{service: web, version: '2', follows: ['1'], reads: {d: [f]}}]"

START_TEST(a_format_is_gone_only_when_no_writer_of_it_may_run)
{
    static const struct {
        const char *wants, *places, *launches;
        bool gone;
    } rows[] = {
        {"2", "n1:2", "", true},         {"1", "n1:2", "", false},  {"2", "n1:1", "", false},
        {"2", "n1:2 n2:1", "", false},   {"2", "n1:2", "1", false}, {"2", "n1:2", "2", true},
        {"2", "n1:2 lost:1", "", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        declare(FACTS_SETTINGS, "{" WRITES "}");
        ck_assert_str_eq(bind_not_gone(bind, "d", "f"), ""); /* nobody is there at all */
        struct service *s = made("web", "web", "", rows[i].wants, rows[i].places);
        if (rows[i].launches[0])
            s->launchers[s->launcher_count++] = (struct launcher){"asg", rows[i].launches};
        put(s);
        ck_assert_msg((bind_not_gone(bind, "d", "f")[0] == '\0') == rows[i].gone, "row %zu", i);
        ck_assert(strstr(bind_not_gone(bind, "d", "g"), "format") != NULL);
        ck_assert(strstr(bind_not_gone(bind, "e", "f"), "store") != NULL);
        teardown();
    }
}
END_TEST

/* Contracts that contradict each other say nothing about what runs, so it may be the writer. */
START_TEST(a_format_is_not_gone_while_contracts_of_its_writer_contradict_each_other)
{
    setup();
    service("reader", "{service: reader, version: '1', reads: {d: [f]}}", "n1:1");
    ck_assert_str_eq(bind_not_gone(bind, "d", "f"), "");
    declare(FACTS_SETTINGS, "{contracts: [{service: web, version: '1', writes: {d: [f]}}]}");
    service("web", "{service: web, version: '1'}", "n1:1");
    ck_assert(bind_not_gone(bind, "d", "f")[0] != '\0');
    teardown();
}
END_TEST

#define FROM                                                                                       \
    "{service: web, version: '1', provides: [A], reads: {d: [f]}, writes: {d: [f]}, "              \
    "needs: {d: [c]}, requires: {lib: [G]}}"
#define TO(what) "{service: web, version: '2', follows: ['1'], change: [" what "}"

START_TEST(only_a_change_of_code_that_touches_nothing_shared_locks_nobody)
{
    static const struct {
        const char *to;
        bool locks;
    } rows[] = {
#define SAME "provides: [A], reads: {d: [f]}, writes: {d: [f]}, needs: {d: [c]}"
        {TO("code], " SAME ", requires: {lib: [G]}"), false},
        {TO("code, config], " SAME ", requires: {lib: [G]}"), true},
        {TO("code], provides: [A, B], reads: {d: [f]}, writes: {d: [f]}, needs: {d: [c]}, "
            "requires: {lib: [G]}"),
         true},
        {TO("code], reads: {d: [f]}, writes: {d: [f]}, needs: {d: [c]}, requires: {lib: [G]}"),
         true},
        {TO("code], provides: [A], reads: {d: [f, g]}, writes: {d: [f]}, needs: {d: [c]}, "
            "requires: {lib: [G]}"),
         true},
        {TO("code], provides: [A], writes: {d: [f]}, needs: {d: [c]}, requires: {lib: [G]}"), true},
        {TO("code], provides: [A], reads: {d: [f], e: [f]}, writes: {d: [f]}, needs: {d: [c]}, "
            "requires: {lib: [G]}"),
         true},
        {TO("code], provides: [A], reads: {d: [f]}, writes: {d: [g]}, needs: {d: [c]}, "
            "requires: {lib: [G]}"),
         true},
        {TO("code], provides: [A], reads: {d: [f]}, writes: {d: [f]}, needs: {d: [c, e]}, "
            "requires: {lib: [G]}"),
         true},
        {TO("code], " SAME ", requires: {lib: [H]}"), true},
        {TO("code], " SAME), true},
#undef SAME
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bind_shared out[8];
        char text[700];

        setup();
        service("web", "", "n1:1");
        snprintf(text, sizeof text, "{contracts: [" FROM ", %s]}", rows[i].to);
        declare(FACTS_SETTINGS, text);
        service("lib", "{service: lib, version: '1', provides: [G]}", "n1:1");
        ck_assert_msg((shares("web", "1", "2", out, 8) > 0) == rows[i].locks, "row %zu", i);
        ck_assert_uint_gt(shares("web", "0", "2", out, 8), 0); /* undeclared: it may be anything */
        ck_assert_uint_gt(shares("web", "1", "9", out, 8), 0);
        ck_assert_uint_gt(shares("web", "1", "", out, 8), 0);
        teardown();
    }
}
END_TEST

START_TEST(what_is_shared_is_counted_beyond_the_room_for_it)
{
    struct bind_shared out[8];

    setup();
    service("web", "{service: web, version: '2', requires: {lib: [G]}, writes: {d: [f], e: [f]}}",
            "n1:1");
    service("lib", "{service: lib, version: '1', provides: [G], reads: {d: [f]}}", "n1:1");
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 2); /* nobody else touches e */
    ck_assert_str_eq(out[0].name, "store.d");
    ck_assert(out[0].exclusive);
    ck_assert_str_eq(out[1].name, "service.lib");
    ck_assert(!out[1].exclusive);
    ck_assert_uint_eq(shares("web", "1", "2", out, 1), 2);
    ck_assert_uint_eq(shares("lib", "1", "2", out, 8), 2); /* web calls lib, not the other way */
    ck_assert(out[0].exclusive && out[1].exclusive);
    policy.coupling = COUPLING_COMPONENT;
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 1);
    ck_assert_str_eq(out[0].name, "component.lib");
    policy.coupling = COUPLING_FLEET;
    bind_free(bind);
    bind = bind_new(&policy);
    service("web", "{service: web, version: '2', writes: {d: [f]}}", "n1:1");
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 1);
    ck_assert_str_eq(out[0].name, "fleet.all");
    teardown();
}
END_TEST

START_TEST(who_is_alone_or_only_observed_shares_nothing)
{
    struct bind_shared out[8];

    setup();
    service("web", "{service: web, version: '2', writes: {d: [f]}}", "n1:1");
    service("bare", "", "n1:1");
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 0);
    ck_assert_uint_eq(shares("bare", "1", "2", out, 8), 0);
    policy.coupling = COUPLING_COMPONENT;
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 0);
    teardown();
}
END_TEST

START_TEST(a_client_of_two_services_is_one_client_of_each)
{
    setup();
    service("web", "{service: web, version: '1', provides: [A], requires: {lib: [G]}}", "n1:1");
    service("lib", "{service: lib, version: '1', provides: [G]}", "n1:1");
    service("far", "{service: far, version: '1', provides: [Z]}", "n1:1");
    declare(FACTS_SETTINGS, "{clients: {app: {requires: {web: [A], lib: [G], far: [Z], gone: [Y]}, "
                            "usage: {A: 3, Z: 4}}}}");
    const struct world *near = world_of("web", NULL, "").world;
    ck_assert_uint_eq(near->book->cohort_count, 1);
    ck_assert_uint_eq(near->book->usage_count, 2); /* what far provides is not of this world */
    ck_assert_uint_eq(near->usages[0] + near->usages[1], 3);
    const struct world *away = world_of("far", NULL, "").world;
    ck_assert_uint_eq(away->book->usage_count, 1);
    ck_assert_uint_eq(away->usages[0], 4);
    teardown();
}
END_TEST

START_TEST(a_store_belongs_to_the_last_who_is_said_to_own_it)
{
    setup();
    service("web", "{service: web, version: '1', writes: {d: [f]}}", "n1:1");
    service("lib", "{service: lib, version: '1'}", "n1:1");
    declare(FACTS_SETTINGS, "{stores: {d: {owner: far, may: [g]}, x: {may: [f]}}}");
    const struct world *world = world_of("web", NULL, "").world;
    ck_assert_ptr_nonnull(world);
    ck_assert_uint_eq(world->book->store_count, 1);
    ck_assert_ptr_nonnull(world_of("lib", NULL, "").world);
    ck_assert_uint_eq(world_of("lib", NULL, "").world->book->store_count, 0);
    declare(FACTS_RECORD, "{stores: {d: {owner: lib, may: [h]}}}");
    world = world_of("lib", NULL, "").world;
    ck_assert_uint_eq(world->book->store_count, 1);
    ck_assert_str_eq(world->book->services[world->book->stores[0].owner].name, "lib");
    ck_assert_uint_eq(world->book->stores[0].names.count, 3);
    teardown();
}
END_TEST

/* Counted, but on no node that is known, or not placed yet: it may run all the same. */
START_TEST(an_instance_without_a_node_may_run_all_the_same)
{
    static const char *const places[] = {"n1:1 lost:2", "n1:1 -:2"};

    setup();
    service("web", "{service: web, version: '2', follows: ['1'], writes: {d: [g]}}", places[_i]);
    const struct world *world = world_of("web", NULL, "").world;
    ck_assert_uint_eq(versions_count(world->services[0].live), 2);
    ck_assert(!set_empty(&world->stores[0].may));
    teardown();
}
END_TEST

START_TEST(a_certificate_rests_on_neighbours_and_on_what_is_at_rest)
{
    setup();
    service("web",
            "{service: web, version: '2', reads: {d: [f]}, writes: {d: [g]}, "
            "requires: {lib: [G]}}",
            "n1:1");
    service("lib", "{service: lib, version: '1', provides: [G]}", "n1:1");
    service("bare", "", "n1:1");
    struct grounds two = grounds("web", "2"), none = grounds("web", ""),
                   other = grounds("web", "?");
    ck_assert_uint_ne(two.stores, none.stores); /* what it would write */
    ck_assert_uint_eq(none.stores, other.stores);
    ck_assert_uint_eq(two.neighbours, none.neighbours);
    service("lib", "{service: lib, version: '1', provides: [G]}", "n1:1 n2:2");
    ck_assert_uint_ne(grounds("web", "2").neighbours, two.neighbours);
    ck_assert_uint_eq(grounds("web", "2").stores, two.stores);
    declare(FACTS_SETTINGS, "{stores: {d: {may: [h]}}}");
    ck_assert_uint_ne(grounds("web", "2").stores, two.stores);
    ck_assert_uint_eq(grounds("bare", "2").stores, 0);
    ck_assert_uint_eq(grounds("bare", "2").neighbours, 0);
    teardown();
}
END_TEST

SUITE(guard_bound_edges)
{
    Suite *suite = suite_create("guard_bound_edges");
    TCase *tcase = test_case(suite, "bound", 20);

    tcase_add_test(tcase, what_a_workload_declares_anew_replaces_what_it_declared_before);
    tcase_add_test(tcase, a_record_without_its_service_is_kept_and_judges_nobody);
    tcase_add_test(tcase, of_several_troubles_the_first_is_told);
    tcase_add_test(tcase, what_changes_is_what_the_record_or_the_engine_has_begun);
    tcase_add_test(tcase, a_place_where_nothing_is_left_or_that_is_fenced_runs_nothing);
    tcase_add_test(tcase,
                   a_version_that_is_not_known_moves_the_basis_and_writes_nothing_that_is_known);
    tcase_add_test(tcase, clients_that_settings_and_record_name_are_the_same_ones);
    tcase_add_test(tcase, clean_is_one_known_version_at_rest_that_breaks_no_rule);
    tcase_add_test(tcase, only_who_is_declared_and_whose_world_is_known_is_watched_for_calls);
    tcase_add_test(tcase, a_long_list_names_four_and_counts_the_others);
    tcase_add_test(tcase, nothing_is_freed_where_nothing_was_made);
    tcase_add_test(tcase, of_many_contracts_that_one_workload_carried_the_oldest_is_forgotten);
    tcase_add_test(tcase, a_contract_that_is_no_document_is_told_and_gone_once_it_is_removed);
    tcase_add_test(tcase, who_comes_later_counts_from_then_on);
    tcase_add_test(tcase, only_services_that_are_there_are_coupled);
    tcase_add_test(tcase, two_services_of_one_name_in_contracts_are_trouble_at_both);
    tcase_add_test(tcase, a_conflict_of_one_service_is_trouble_of_those_coupled_to_it_alone);
    tcase_add_test(tcase, a_record_that_differs_in_one_thing_is_another_one);
    tcase_add_test(tcase, a_format_is_gone_only_when_no_writer_of_it_may_run);
    tcase_add_test(tcase, a_format_is_not_gone_while_contracts_of_its_writer_contradict_each_other);
    tcase_add_test(tcase, only_a_change_of_code_that_touches_nothing_shared_locks_nobody);
    tcase_add_test(tcase, what_is_shared_is_counted_beyond_the_room_for_it);
    tcase_add_test(tcase, who_is_alone_or_only_observed_shares_nothing);
    tcase_add_test(tcase, a_client_of_two_services_is_one_client_of_each);
    tcase_add_test(tcase, a_store_belongs_to_the_last_who_is_said_to_own_it);
    tcase_add_loop_test(tcase, an_instance_without_a_node_may_run_all_the_same, 0, 2);
    tcase_add_test(tcase, a_certificate_rests_on_neighbours_and_on_what_is_at_rest);
    return suite;
}
