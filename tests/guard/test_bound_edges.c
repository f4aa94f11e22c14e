/* What is bound together at its edges: records, levels, what is clean, what was declared anew. */
#include "guard/bound_by_hand.h"
#include "guard/scenario.h"

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

START_TEST(a_record_of_a_newer_lockstep_says_whose_it_is)
{
    setup();
    struct release *release = release_new();
    release->newer = true;
    service("web", CALLER, "n1:1");
    service("lib", "{service: lib, version: '1', provides: [Get]}", "n1:1");
    bind_put_release(bind, "lib", release);
    ck_assert(strstr(world_of("lib", release, "").trouble, "its ledger record") != NULL);
    ck_assert(strstr(world_of("web", NULL, "").trouble, "a service it is coupled to") != NULL);
    release_free(release);
    teardown();
}
END_TEST

/* Both a neighbour in flight and a missing element break R2: what is seen never binds less.
 */
START_TEST(of_two_reasons_of_one_rule_the_one_that_is_seen_is_told)
{
    static const struct {
        unsigned rows;
        const char *says;
    } levels[] = {{0, "is coupled to"}, {1, "is coupled to"}};

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        static struct level_row all = {
            .service = "", .rules = (1u << RULE_COUNT) - 1, .level = LEVEL_ENFORCE};
        setup();
        policy.rows = &all;
        policy.row_count = levels[i].rows;
        service("web", "{service: web, version: '2', follows: ['1'], requires: {lib: [Other]}}",
                "n1:1 n2:1");
        service("lib", "{service: lib, version: '2', follows: ['1'], provides: [Get]}",
                "n1:1 n2:2");
        struct release *release = release_new();
        release->stage = STAGE_WAVE;
        snprintf(release->from, sizeof release->from, "1");
        snprintf(release->to, sizeof release->to, "2");
        bind_put_release(bind, "lib", release);
        release_free(release);
        struct verdict verdict = ask("web", VERB_START, "2");
        ck_assert_int_eq((int)verdict.findings[RULE_R2].answer, ANSWER_REFUSE);
        ck_assert_msg(strstr(verdict.findings[RULE_R2].sentence, levels[i].says) != NULL, "%s",
                      verdict.findings[RULE_R2].sentence);
        teardown();
    }
}
END_TEST

/* What is seen is said once; what only contracts know is added to it. */
START_TEST(a_service_that_only_others_name_is_judged_by_what_is_seen)
{
    setup();
    service("web", CALLER, "n1:1");
    service("lib", "", "n1:1 n2:2");
    struct verdict bare = ask("lib", VERB_START, "3");
    ck_assert_int_eq((int)bare.findings[RULE_R3].answer, ANSWER_REFUSE);
    service("lib", "{service: lib, version: '3', follows: ['2']}", "n1:1 n2:2");
    struct verdict declared = ask("lib", VERB_START, "3");
    ck_assert_str_eq(declared.findings[RULE_R3].sentence, bare.findings[RULE_R3].sentence);
    service("lib", "{service: lib, version: '3', follows: ['2']}", "n1:1 n2:1");
    declared = ask("lib", VERB_START, "3");
    ck_assert(strstr(declared.findings[RULE_R3].sentence, "more than one step") != NULL);
    service("lib", "", "n1:1 n2:1");
    teardown();
}
END_TEST

START_TEST(only_versions_with_a_contract_are_watched_for_calls)
{
    struct finding found[WATCH_MAX];

    setup();
    service("web", "{service: web, version: '1', requires: {lib: [G]}}", "n1:9 n2:?");
    size_t count = alarms("web", found);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_ne((int)found[i].kind, ALARM_CALLS);
    teardown();
}
END_TEST

START_TEST(without_contracts_clean_is_what_is_seen)
{
    setup();
    service("web", "{service: web", "n1:1");
    ck_assert(!clean("web", ~0u));
    bind_free(bind);
    bind = NULL;
    ck_assert(clean("web", ~0u));
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
    tcase_add_test(tcase, a_record_of_a_newer_lockstep_says_whose_it_is);
    tcase_add_test(tcase, of_two_reasons_of_one_rule_the_one_that_is_seen_is_told);
    tcase_add_test(tcase, a_service_that_only_others_name_is_judged_by_what_is_seen);
    tcase_add_test(tcase, only_versions_with_a_contract_are_watched_for_calls);
    tcase_add_test(tcase, without_contracts_clean_is_what_is_seen);
    tcase_add_test(tcase, a_long_list_names_four_and_counts_the_others);
    tcase_add_test(tcase, nothing_is_freed_where_nothing_was_made);
    tcase_add_test(tcase, of_many_contracts_that_one_workload_carried_the_oldest_is_forgotten);
    tcase_add_test(tcase, a_contract_that_is_no_document_is_told_and_gone_once_it_is_removed);
    tcase_add_test(tcase, who_comes_later_counts_from_then_on);
    tcase_add_test(tcase, only_services_that_are_there_are_coupled);
    tcase_add_test(tcase, two_services_of_one_name_in_contracts_are_trouble_at_both);
    return suite;
}
