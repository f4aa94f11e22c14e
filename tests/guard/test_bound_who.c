/* Who is bound to whom, and through what: services that come, go and contradict each other, stores
 * and clients that nobody here touches. */
#include "guard/bound_by_hand.h"
#include "guard/scenario.h"

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
        {STAGE_NONE, 5, "1", "2"}, {STAGE_WAVE, 5, "?", "1"}, {STAGE_STABLE, 5, "1", "2"},
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

START_TEST(what_clients_require_is_gathered_from_all_who_say_so)
{
    const char *why;

    setup();
    service("web", "{service: web, version: '1', provides: [A, B, C]}", "n1:1");
    declare(FACTS_SETTINGS, "{clients: {other: {requires: {web: [C]}}, "
                            "app: {requires: {web: [A, B], lib: [A]}}}}");
    declare(FACTS_RECORD, "{clients: {app: {requires: {web: [B]}}}}");
    json_t *requires = bind_client_requires(bind, "app", "A", &why);
    ck_assert_str_eq(why, "");
    ck_assert_uint_eq(json_array_size(json_object_get(requires, "web")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(requires, "lib")), 1);
    ck_assert_uint_eq(json_object_size(requires), 2);
    json_decref(requires);
    bind_put_facts(bind, FACTS_RECORD, NULL);
    requires = bind_client_requires(bind, "app", NULL, &why);
    ck_assert_uint_eq(json_array_size(json_object_get(requires, "web")), 2);
    json_decref(requires);
    ck_assert_ptr_null(bind_contract(bind, "nobody", NULL));
    ck_assert(!bind_declares(bind, "nobody"));
    teardown();
}
END_TEST

START_TEST(two_places_of_one_node_are_as_bad_as_the_worse)
{
    for (int first = 0; first < 2; first++) {
        setup();
        struct service *s =
            made("web", "web", "{service: web, version: '2', follows: ['1']}", "2", "n1:1 n1:2");
        s->placements[first].count[INSTANCE_SERVING] = 0;
        s->placements[first].count[INSTANCE_GHOST] = 1;
        put(s);
        const struct world *world = world_of("web", NULL, "").world;
        uint32_t seat = book_find_seat(world->book, 0, "n1");
        ck_assert_int_eq((int)world->seats[seat].state, SEAT_SILENT);
        ck_assert_uint_eq(versions_count(world->seats[seat].runs), 2);
        teardown();
    }
}
END_TEST

static void count_one(void *arg, const char *id)
{
    *(unsigned *)arg += strcmp(id, "lib") == 0 ? 1 : 100;
}

START_TEST(a_workload_goes_by_the_name_in_its_contract)
{
    unsigned count = 0;

    setup();
    service("web", CALLER, "n1:1");
    put(made("lib", "lib-7f9c", "{service: lib, version: '1', provides: [Get]}", NULL, "n1:1"));
    bind_each_coupled(bind, "web", count_one, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq((int)ask("web", VERB_START, "1").findings[RULE_R2].answer, ANSWER_ALLOW);
    teardown();
}
END_TEST

START_TEST(what_two_callers_share_with_a_provider_is_one_thing)
{
    struct bind_shared out[8];

    setup();
    service("a", "{service: a, version: '1', requires: {lib: [G]}}", "n1:1");
    service("b", "{service: b, version: '1', requires: {lib: [G]}}", "n1:1");
    service("lib", "{service: lib, version: '1', provides: [G]}", "n1:1");
    ck_assert_uint_eq(shares("lib", "1", "2", out, 8), 1);
    ck_assert_str_eq(out[0].name, "service.lib");
    ck_assert(out[0].exclusive);
    policy.coupling = COUPLING_COMPONENT;
    for (int i = 0; i < 3; i++) {
        static const char *const ids[] = {"a", "b", "lib"};

        ck_assert_uint_eq(shares(ids[i], "1", "2", out, 8), 1);
        ck_assert_str_eq(out[0].name, "component.a");
    }
    teardown();
}
END_TEST

/* a calls b, b calls c, d is by itself: one of them is in flight when a is to start. */
START_TEST(how_far_a_release_holds_others_is_what_the_settings_say)
{
    static const struct {
        enum coupling coupling;
        const char *moves;
        bool holds;
    } rows[] = {
        {COUPLING_NEIGHBOURS, "b", true},  {COUPLING_NEIGHBOURS, "c", false},
        {COUPLING_NEIGHBOURS, "d", false}, {COUPLING_COMPONENT, "c", true},
        {COUPLING_COMPONENT, "d", false},  {COUPLING_FLEET, "d", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        policy.coupling = rows[i].coupling;
        service("a", "{service: a, version: '2', follows: ['1'], requires: {b: [G]}}", "n1:1");
        service("b",
                "{service: b, version: '2', follows: ['1'], provides: [G], requires: {c: [H]}}",
                "n1:2");
        service("c", "{service: c, version: '2', follows: ['1'], provides: [H]}", "n1:2");
        service("d", "{service: d, version: '2', follows: ['1']}", "n1:2");
        in_flight(rows[i].moves);
        struct verdict verdict = ask("a", VERB_START, "2");
        ck_assert_msg((verdict.findings[RULE_R2].answer == ANSWER_REFUSE) == rows[i].holds,
                      "row %zu: %s", i, verdict.findings[RULE_R2].sentence);
        teardown();
    }
}
END_TEST

START_TEST(a_neighbour_in_flight_warns_from_day_one)
{
    setup();
    service("web", "{service: web, version: '2', follows: ['1'], requires: {lib: [G]}}", "n1:2");
    service("lib", "", "n1:1");
    in_flight("web");
    struct verdict verdict = ask("lib", VERB_START, "2");
    ck_assert_int_eq((int)verdict.findings[RULE_R2].answer, ANSWER_REFUSE);
    ck_assert_int_eq((int)verdict.findings[RULE_R2].level, LEVEL_WARN);
    /* what it provides is a matter of contracts */
    bind_put_release(bind, "web", NULL);
    service("web", "{service: web, version: '2', follows: ['1'], requires: {lib: [G]}}",
            "n1:2 n2:2");
    verdict = ask("lib", VERB_START, "2");
    ck_assert_int_eq((int)verdict.findings[RULE_R2].answer, ANSWER_UNKNOWN);
    ck_assert_int_eq((int)verdict.findings[RULE_R2].level, LEVEL_OBSERVE);
    teardown();
}
END_TEST

/* Only whole digests are compared with the declared one. */
START_TEST(another_digest_than_the_declared_one_is_another_version)
{
#define HEX63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    static const struct {
        const char *runs;
        enum answer answer;
    } rows[] = {
        {"sha256:" HEX63 "a", ANSWER_ALLOW}, {"sha256:" HEX63 "b", ANSWER_REFUSE},
        {"sha256:" HEX63, ANSWER_ALLOW},     {"sha256:" HEX63 "bb", ANSWER_ALLOW},
        {"sha512:" HEX63 "b", ANSWER_ALLOW}, {"", ANSWER_ALLOW},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        setup();
        struct service *s =
            made("web", "web",
                 "{service: web, version: '2', follows: ['1'], digest: 'sha256:" HEX63 "a'}", NULL,
                 "n1:1 n2:2");
        s->versions[1].digest = rows[i].runs;
        put(s);
        struct verdict verdict = ask("web", VERB_STEP, "2");
        ck_assert_msg(verdict.findings[RULE_R0].answer == rows[i].answer, "row %zu: %s", i,
                      verdict.findings[RULE_R0].sentence);
        teardown();
    }
#undef HEX63
}
END_TEST

SUITE(guard_bound_who)
{
    Suite *suite = suite_create("guard_bound_who");
    TCase *tcase = test_case(suite, "bound", 20);

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
    tcase_add_test(tcase, a_workload_goes_by_the_name_in_its_contract);
    tcase_add_test(tcase, what_two_callers_share_with_a_provider_is_one_thing);
    tcase_add_test(tcase, how_far_a_release_holds_others_is_what_the_settings_say);
    tcase_add_test(tcase, a_neighbour_in_flight_warns_from_day_one);
    tcase_add_test(tcase, another_digest_than_the_declared_one_is_another_version);
    tcase_add_test(tcase, what_clients_require_is_gathered_from_all_who_say_so);
    tcase_add_test(tcase, two_places_of_one_node_are_as_bad_as_the_worse);
    return suite;
}
