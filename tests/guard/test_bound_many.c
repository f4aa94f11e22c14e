/* Where there are several of a kind, or a name is one letter long, each counts and none too many:
 * members, launchers, neighbours, clients, contracts of a ledger. */
#include "guard/bind_private.h"
#include "guard/bound_by_hand.h"
#include "guard/judge.h"

static const struct world *world(const char *id)
{
    struct bound bound = world_of(id, NULL, "");

    ck_assert_str_eq(bound.trouble, "");
    ck_assert_ptr_nonnull(bound.world);
    return bound.world;
}

static unsigned live(const struct world *w, const char *service)
{
    return versions_count(w->services[book_find_service(w->book, service)].live);
}

START_TEST(a_workload_keeps_the_name_of_its_contract_when_it_carries_another_one_or_none)
{
    static const char *const later[] = {"", "{service: lib", "{service: lib, version: '2'}"};

    setup();
    put(made("lib", "lib-7f9c", "{service: lib, version: '1'}", NULL, "n1:1"));
    put(made("lib", "lib-7f9c", later[_i], NULL, "n1:1"));
    ck_assert_ptr_nonnull(bind_contract(bind, "lib", "1"));
    ck_assert_str_eq(bind_contract(bind, "lib", "1")->service, "lib");
    teardown();
}
END_TEST

START_TEST(what_a_workload_may_declare_is_bounded_and_the_oldest_goes)
{
    setup();
    for (unsigned v = 1; v <= CONTRACT_VERSIONS_MAX + 4; v++) {
        char contract[80], places[20];

        snprintf(contract, sizeof contract, "{service: web, version: '%u'}", v);
        snprintf(places, sizeof places, "n1:%u", v);
        service("web", contract, places);
    }
    ck_assert_str_eq(world_of("web", NULL, "").trouble, "");
    ck_assert_ptr_null(bind_contract(bind, "web", "4"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "5"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "67"));
    teardown();
}
END_TEST

START_TEST(a_contract_that_cannot_be_read_says_where)
{
    static const struct {
        const char *contract, *says;
    } rows[] = {
        {"service: web\nversion: '1'\nmood: calm\n", "lockstep.contract:3:"},
        {"service: web\nversion: [\n", "lockstep.contract:"},
        {"service: web\nversion: '1'\nfollows: 7\n", "expected an array"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        service("web", rows[i].contract, "n1:1");
        const char *trouble = world_of("web", NULL, "").trouble;
        ck_assert_msg(strstr(trouble, rows[i].says) != NULL, "%s", trouble);
        ck_assert(strstr(trouble, "expected an object, found nothing") == NULL);
        teardown();
    }
}
END_TEST

START_TEST(a_node_that_changes_is_seen_by_every_service)
{
    static const char *const names[] = {"a", "b", "c"};

    setup();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char contract[60];

        snprintf(contract, sizeof contract, "{service: %s, version: '1'}", names[i]);
        service(names[i], contract, "n1:1");
        ck_assert_uint_eq(live(world(names[i]), names[i]), 1);
    }
    const struct node n1 = {
        .cluster = "c", .id = "n1", .name = "n1", .state = NODE_FENCED, .note = ""};
    fleet_put_node(fleet, &n1);
    bind_nodes_changed(bind);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_uint_eq(live(world(names[i]), names[i]), 0);
    teardown();
}
END_TEST

START_TEST(a_node_in_a_state_is_a_seat_in_that_state)
{
    static const enum seat_state seats[NODE_STATE_COUNT] = {
        [NODE_REPORTING] = SEAT_REPORTING, [NODE_UNSETTLED] = SEAT_REPORTING,
        [NODE_SILENT] = SEAT_SILENT,       [NODE_RETIRED] = SEAT_RETIRED,
        [NODE_FENCED] = SEAT_ABSENT,
    };

    setup();
    const struct node n = {
        .cluster = "c", .id = "n", .name = "n", .state = (unsigned)_i, .note = ""};
    fleet_put_node(fleet, &n);
    service("web", "{service: web, version: '1'}", "n:1");
    const struct world *w = world("web");
    uint32_t seat = book_find_seat(w->book, 0, "n");
    ck_assert_uint_ne(seat, BOOK_NONE);
    ck_assert_uint_eq(w->seats[seat].state, (unsigned)seats[_i]);
    teardown();
}
END_TEST

/* Whatever their state, and whether others of their version are placed or not. */
START_TEST(instances_that_are_nowhere_may_run)
{
    static const struct {
        const char *places;
        unsigned live;
        bool rest; /* somewhere that is not known */
    } rows[] = {
        {"n1:1 n2:2", 2, false},       {"lost:1 n1:2", 2, true},   {"n1:2 lost:2", 1, true},
        {"n1:1 n2:2 lost:2", 2, true}, {"lost:2 lost:3", 2, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned state = 0; state < INSTANCE_STATE_COUNT; state++) {
            setup();
            struct service *s =
                made("web", "web", "{service: web, version: '2'}", NULL, rows[i].places);
            for (size_t v = 0; v < s->version_count; v++) {
                uint32_t n = s->versions[v].count[INSTANCE_SERVING];

                s->versions[v].count[INSTANCE_SERVING] = 0;
                s->versions[v].count[state] = n;
            }
            put(s);
            const struct world *w = world("web");
            const struct seat_now *rest = &w->seats[book_find_seat(w->book, 0, "(not placed yet)")];
            ck_assert_uint_eq(live(w, "web"), rows[i].live);
            ck_assert_msg((rest->state == SEAT_REPORTING) == rows[i].rest, "row %zu", i);
            teardown();
        }
}
END_TEST

/* Who provides it is only asked when the clients are not known to call it. */
START_TEST(clients_that_call_an_element_call_it_where_they_said)
{
    static const struct {
        const char *element, *service; /* the only one */
        size_t count;
    } rows[] = {{"A", "web", 1}, {"B", "web", 1}, {"Z", "far", 2}, {"Y", "far", 2}};

    setup();
    service("far", "{service: far, version: '1', provides: [A, B, Y, Z]}", "n1:1");
    service("web", "{service: web, version: '1', provides: [A, B]}", "n1:1");
    declare(FACTS_SETTINGS, "{clients: {app: {requires: {web: [A, B]}}}}");
    declare(FACTS_RECORD, "{clients: {else: {requires: {far: [Z]}}, app: {requires: {web: [B]}}}}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why;
        json_t *requires = bind_client_requires(bind, "app", rows[i].element, &why);

        ck_assert_uint_eq(json_object_size(requires), rows[i].count);
        ck_assert_ptr_nonnull(json_object_get(requires, rows[i].service));
        json_decref(requires);
    }
    teardown();
}
END_TEST

/* Versions may be called by a letter. */
START_TEST(a_record_says_how_far_its_version_is_rehearsed)
{
    static const struct {
        enum stage stage;
        enum cert_stage from, to;
    } rows[] = {{STAGE_BAKE, CERT_STABLE, CERT_BAKED},
                {STAGE_WAVE, CERT_STABLE, CERT_RELEASED},
                {STAGE_STABLE, CERT_NONE, CERT_STABLE},
                {STAGE_ROLLED_BACK, CERT_STABLE, CERT_NONE},
                {STAGE_ROLLING_BACK, CERT_STABLE, CERT_NONE}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct release *release = release_new();
        unsigned v;

        setup();
        declare(FACTS_SETTINGS, "{contracts: [{service: web, version: a}, "
                                "{service: web, version: b, follows: [a]}]}");
        release->stage = rows[i].stage;
        release->cert.state = PROOF_BAKED;
        snprintf(release->from, sizeof release->from, "a");
        snprintf(release->to, sizeof release->to, "b");
        put(made("web", "web", "", "b", "n1:a n2:b"));
        const struct world *w = world_of("web", release, "").world;
        for (v = 0; v < 2; v++)
            ck_assert_msg(world_cert(w, 0, v)->stage ==
                              (strcmp(book_version_name(w->book, 0, v), "a") == 0
                                   ? (uint64_t)rows[i].from
                                   : (uint64_t)rows[i].to),
                          "row %zu: version %u is %s", i, v, cert_word[world_cert(w, 0, v)->stage]);
        release_free(release);
        teardown();
    }
}
END_TEST

START_TEST(a_version_without_a_contract_follows_what_its_release_began_from_when_that_is_known)
{
    static const struct {
        const char *from, *to;
        bool follows;
    } rows[] = {{"1", "2", true}, {"?", "2", false}, {"", "2", false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct release *release = release_new();
        unsigned to = 0;

        setup();
        service("web", "{service: web, version: '1'}", "n1:1");
        release->stage = STAGE_CANARY;
        snprintf(release->from, sizeof release->from, "%s", rows[i].from);
        snprintf(release->to, sizeof release->to, "%s", rows[i].to);
        const struct world *w = world_of("web", release, "2").world;
        while (strcmp(book_version_name(w->book, 0, to), "2") != 0)
            to++;
        ck_assert_msg((w->book->services[0].versions[to].follows != 0) == rows[i].follows,
                      "row %zu", i);
        release_free(release);
        teardown();
    }
}
END_TEST

/* More versions than fit: said wherever the one too many is named first. */
START_TEST(one_version_too_many_is_trouble_wherever_it_is_named)
{
    char *text = NULL;
    size_t len;

    FILE *f = open_memstream(&text, &len);
    for (unsigned v = 1; v <= CONTRACT_VERSIONS_MAX; v++)
        fprintf(f, "%s{service: web, version: '%u'}", v > 1 ? ", " : "{contracts: [", v);
    fprintf(f, "]}");
    fclose(f);
    for (int where = 0; where < 4; where++) {
        setup();
        declare(FACTS_SETTINGS, text);
        struct service *s = made("web", "web", "", "1", where == 0 ? "n1:new n2:1" : "n1:1");
        if (where == 1)
            s->launchers[s->launcher_count++] = (struct launcher){"asg", "new"};
        if (where == 1)
            s->launchers[s->launcher_count++] = (struct launcher){"cron", "1"};
        put(s);
        struct bound bound = world_of("web", NULL, where == 2 ? "new" : "");
        ck_assert_msg((strstr(bound.trouble, "more than") != NULL) == (where < 3), "%d: %s", where,
                      bound.trouble);
        teardown();
    }
    free(text);
}
END_TEST

START_TEST(every_service_whose_contracts_contradict_each_other_says_so_until_they_are_mended)
{
    static const char *const names[] = {"a", "b", "c"};

    setup();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        service(names[i], "", "n1:1");
    declare(FACTS_SETTINGS, "{contracts: [{service: a, version: '1', follows: ['2']}, "
                            "{service: a, version: '2', follows: ['1']}, "
                            "{service: b, version: '1', follows: ['2']}, "
                            "{service: b, version: '2', follows: ['1']}, "
                            "{service: c, version: '1'}]}");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_msg((world_of(names[i], NULL, "").trouble[0] != '\0') == (i < 2), "%zu", i);
    declare(FACTS_SETTINGS,
            "{contracts: [{service: a, version: '1'}, {service: b, version: '1'}]}");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_str_eq(world_of(names[i], NULL, "").trouble, "");
    declare(FACTS_RECORD, "{contracts: [{service: c, version: '4', provides: [A]}]}");
    ck_assert_ptr_nonnull(bind_contract(bind, "c", "4"));
    teardown();
}
END_TEST

START_TEST(every_user_of_a_store_is_next_to_every_other)
{
    static const char *const names[] = {"a", "b", "c", "d"};

    setup();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char contract[80];

        snprintf(contract, sizeof contract, "{service: %s, version: '1', writes: {s: [f]}}",
                 names[i]);
        service(names[i], contract, "n1:1");
    }
    const struct world *w = world("a");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_uint_eq(w->book->services[i].neighbour_count, ARRAY_LEN(names) - 1);
    teardown();
}
END_TEST

START_TEST(what_is_shared_is_named_once_and_only_where_it_is_shared)
{
    struct bind_shared out[8];

    setup();
    service("web", "{service: web, version: '1', writes: {d: [f], e: [f]}, requires: {a: [G]}}",
            "n1:1");
    service("lib", "{service: lib, version: '1', reads: {d: [f], e: [f]}}", "n1:1");
    declare(FACTS_SETTINGS, "{stores: {x: {owner: 'Z'}}}");
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 3);
    ck_assert_str_eq(out[0].name, "store.d");
    ck_assert_str_eq(out[1].name, "store.e");
    ck_assert_str_eq(out[2].name, "service.a");
    memset(out, '#', sizeof out);
    ck_assert_uint_eq(shares("web", "1", "2", out, 1), 3);
    ck_assert_int_eq(out[1].name[0], '#'); /* no room was given there */
    policy.coupling = COUPLING_COMPONENT;
    ck_assert_uint_eq(shares("web", "1", "2", out, 8), 1);
    ck_assert_str_eq(out[0].name, "component.a");
    teardown();
}
END_TEST

/* It takes both ways of looking at it, and a contract of each. */
START_TEST(a_change_that_takes_something_away_locks_as_well)
{
    static const struct {
        const char *from, *to;
        bool locks;
    } rows[] = {
        {"reads: {d: [f, g]}", "reads: {d: [f, g]}", false},
        {"reads: {d: [f, g]}", "reads: {d: [f]}", true},
        {"reads: {d: [f]}", "reads: {d: [f, g]}", true},
        {"reads: {d: [f], e: [f]}", "reads: {d: [f], e: [f]}", false},
        {"reads: {d: [f], e: [f]}", "reads: {d: [f], e: [g]}", true},
        {"reads: {d: [f], e: [f]}", "reads: {d: [f]}", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct bind_shared out[8];
        char text[500];

        setup();
        snprintf(text, sizeof text,
                 "{contracts: [{service: web, version: '1', change: [code], %s}, "
                 "{service: web, version: '2', follows: ['0'], change: [code], %s}, "
                 "{service: lib, version: '1', writes: {d: [f, g], e: [f, g]}}, "
                 "{service: web, version: '3', follows: ['0'], change: [code]}]}",
                 rows[i].from, rows[i].to);
        declare(FACTS_SETTINGS, text);
        service("web", "", "n1:1");
        ck_assert_msg((shares("web", "1", "2", out, 8) > 0) == rows[i].locks, "row %zu", i);
        ck_assert_uint_gt(shares("web", "0", "3", out, 8), 0); /* nobody declared what 0 does */
        teardown();
    }
}
END_TEST

static void put_ledger(const char *text)
{
    struct err err = {0};
    struct release *release = release_parse(text, strlen(text), &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    bind_put_release(bind, "web", release);
    release_free(release);
}

#define KEPT(key, at, more)                                                                        \
    "\"" key "\":{\"at_ms\":" at ",\"contract\":{\"service\":\"web\"," more "}}"
#define LEDGER(contracts) "{\"schema\":1,\"contracts\":{" contracts "}}"

START_TEST(of_archived_contracts_the_ledger_says_which_are_known_and_since_when)
{
    static const struct {
        const char *ledger;
        const char *version; /* "-1": not known; else how many elements it provides */
        int provides;
    } rows[] = {
        {LEDGER(KEPT("a", "0", "\"version\":\"1\",\"provides\":[\"A\"]")), "1", 1},
        {LEDGER(KEPT("b", "0", "\"version\":\"2\"")), "1", -1}, /* no more */
        {LEDGER(KEPT("b", "0", "\"version\":\"2\"")), "2", 0},
        {LEDGER(KEPT("c", "0", "\"version\":\"3\"")), "3", 0}, /* as long and as old */
        {LEDGER(KEPT("c", "5", "\"version\":\"3\",\"provides\":[\"A\"]")), "3", 1},
        {LEDGER(KEPT("d", "5", "\"version\":\"4\",\"provides\":[\"A\"]") "," KEPT(
             "e", "5", "\"version\":\"4\"")),
         "4", 1}, /* of two at once the first */
    };

    setup();
    service("web", "", "n1:1");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_ledger(rows[i].ledger);
        const struct contract *found = bind_contract(bind, "web", rows[i].version);
        ck_assert_msg((found ? (int)found->provides_count : -1) == rows[i].provides, "row %zu", i);
    }
    teardown();
}
END_TEST

START_TEST(an_archived_contract_that_cannot_be_read_whole_is_archived_anew)
{
    static const char text[] = "{\"c\":{\"contract\":{\"service\":\"web\",\"version\":\"2\","
                               "\"follows\":[\"1\"],\"requires\":7}}}";
    struct err err = {0};
    json_t *archive = json_parse(text, strlen(text), "archive", &err);

    setup();
    service("web", "{service: web, version: '2', follows: ['1']}", "n1:2");
    json_t *made_anew = bind_to_archive(bind, "web", "2", archive);
    ck_assert_ptr_null(json_object_get(made_anew, "requires"));
    json_decref(made_anew);
    json_decref(archive);
    teardown();
}
END_TEST

/* The ledger's contract of a version that is declared today is no contradiction. */
START_TEST(what_is_archived_contradicts_nobody)
{
    setup();
    service("a", "{service: a, version: '1', provides: [A]}", "n1:1");
    service("web", "{service: web, version: '1', provides: [B]}", "n1:1");
    put_ledger(LEDGER(KEPT("k", "5", "\"version\":\"1\"") "," KEPT("l", "5", "\"version\":\"2\"")));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    ck_assert_uint_eq(bind_contract(bind, "web", "1")->provides_count, 1);
    bind_index(bind);
    for (size_t i = 0; i < bind->member_count; i++)
        ck_assert_str_eq(bind->members[i]->trouble, "");
    bind_drop_service(bind, "a");
    bind_index(bind);
    for (size_t i = 0; i < bind->member_count; i++)
        ck_assert_str_eq(bind->members[i]->trouble, "");
    teardown();
}
END_TEST

START_TEST(an_element_that_clients_are_said_twice_to_require_is_one)
{
    setup();
    service("web", "{service: web, version: '1', provides: [A, B]}", "n1:1");
    declare(FACTS_SETTINGS,
            "{clients: {x: {requires: {web: [A]}}, app: {requires: {web: [A, B]}}}}");
    declare(FACTS_RECORD, "{clients: {app: {requires: {web: [B, A]}}, x: {requires: {web: [A]}}}}");
    ck_assert_uint_eq(world("web")->book->usage_count, 3);
    teardown();
}
END_TEST

/* It is there and runs nothing, or nobody knows it. */
START_TEST(a_provider_that_is_there_without_a_contract_is_known)
{
    setup();
    service("web", "{service: web, version: '2', follows: ['1'], requires: {lib: [G]}}", "n1:2");
    struct verdict verdict = ask("web", VERB_STEP, "2");
    ck_assert(answer_is_broken(verdict.findings[RULE_R2].answer));
    struct service *s = made("lib", "lib", "", "1", "n1:1");
    s->version_count = s->placement_count = 0;
    put(s);
    verdict = ask("web", VERB_STEP, "2");
    ck_assert_int_eq((int)verdict.findings[RULE_R2].answer, ANSWER_ALLOW);
    teardown();
}
END_TEST

SUITE(guard_bound_many)
{
    Suite *suite = suite_create("guard_bound_many");
    TCase *tc = test_case(suite, "many", 20);

    tcase_add_loop_test(
        tc, a_workload_keeps_the_name_of_its_contract_when_it_carries_another_one_or_none, 0, 3);
    tcase_add_test(tc, what_a_workload_may_declare_is_bounded_and_the_oldest_goes);
    tcase_add_test(tc, a_contract_that_cannot_be_read_says_where);
    tcase_add_test(tc, a_node_that_changes_is_seen_by_every_service);
    tcase_add_loop_test(tc, a_node_in_a_state_is_a_seat_in_that_state, 0, NODE_STATE_COUNT);
    tcase_add_test(tc, instances_that_are_nowhere_may_run);
    tcase_add_test(tc, clients_that_call_an_element_call_it_where_they_said);
    tcase_add_test(tc, a_record_says_how_far_its_version_is_rehearsed);
    tcase_add_test(
        tc, a_version_without_a_contract_follows_what_its_release_began_from_when_that_is_known);
    tcase_add_test(tc, one_version_too_many_is_trouble_wherever_it_is_named);
    tcase_add_test(
        tc, every_service_whose_contracts_contradict_each_other_says_so_until_they_are_mended);
    tcase_add_test(tc, every_user_of_a_store_is_next_to_every_other);
    tcase_add_test(tc, what_is_shared_is_named_once_and_only_where_it_is_shared);
    tcase_add_test(tc, a_change_that_takes_something_away_locks_as_well);
    tcase_add_test(tc, of_archived_contracts_the_ledger_says_which_are_known_and_since_when);
    tcase_add_test(tc, an_archived_contract_that_cannot_be_read_whole_is_archived_anew);
    tcase_add_test(tc, what_is_archived_contradicts_nobody);
    tcase_add_test(tc, an_element_that_clients_are_said_twice_to_require_is_one);
    tcase_add_test(tc, a_provider_that_is_there_without_a_contract_is_known);
    return suite;
}
