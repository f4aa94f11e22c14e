/* test_archived.c: versions that only the ledger knows the contract of. */
#include "guard/bind.h"
#include "model/fleet.h"
#include "release/release.h"
#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bind *bind;

static void put_service(const char *contract)
{
    struct service *s = service_new();

    s->cluster = "c";
    s->id = s->name = "web";
    s->scope = s->owner = s->was = s->artifact = s->reason = s->by = "";
    s->kind = "service";
    s->revision = "1";
    s->spec_digest = "spec";
    s->wants = "2";
    s->contract = arena_strdup(s->arena, contract);
    s->since_utc_ms = -1;
    const struct service *sealed = service_seal(s);
    bind_put_service(bind, sealed);
    service_unref(sealed);
}

static void put_record(const char *text)
{
    struct err err = {0};
    struct release *release = release_parse(text, strlen(text), &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    bind_put_release(bind, "web", release);
    release_free(release);
}

#define TWO                     "{service: web, version: '2', follows: ['1'], provides: [G/1]}"
#define ONE(more)               "{\"service\":\"web\",\"version\":\"1\"" more "}"
#define KEPT(key, at, contract) "\"" key "\":{\"at_ms\":" at ",\"contract\":" contract "}"
#define RECORD(contracts)       "{\"schema\":1,\"contracts\":{" contracts "}}"

START_TEST(a_version_that_no_workload_declares_is_known_from_the_ledger)
{
    bind = bind_new(NULL);
    if (_i)
        put_record(RECORD(KEPT("a", "5", ONE("")))); /* in either order */
    put_service(TWO);
    if (!_i) {
        ck_assert_ptr_null(bind_contract(bind, "web", "1"));
        put_record(RECORD(KEPT("a", "5", ONE(""))));
    }
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "1"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    bind_free(bind);
}
END_TEST

START_TEST(a_service_that_declares_nothing_is_known_from_the_ledger)
{
    bind = bind_new(NULL);
    if (_i)
        put_record(RECORD(KEPT("a", "5", ONE(""))));
    bind_put_release(bind, "other", NULL);
    ck_assert(!bind_declares(bind, "other")); /* the index is there */
    put_service("");
    if (!_i)
        put_record(RECORD(KEPT("a", "5", ONE(""))));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "1"));
    ck_assert(bind_declares(bind, "web"));
    bind_free(bind);
}
END_TEST

START_TEST(what_the_workload_declares_stands_against_what_is_archived)
{
    bind = bind_new(NULL);
    put_record(RECORD(KEPT("a", "5", "{\"service\":\"web\",\"version\":\"2\"}")));
    put_service(TWO);
    ck_assert_uint_eq(bind_contract(bind, "web", "2")->provides_count, 1);
    bind_free(bind);
}
END_TEST

START_TEST(what_the_settings_declare_stands_against_what_is_archived)
{
    static const char *const elements[] = {"G/1"};
    struct contract one = {.service = "web",
                           .version = "1",
                           .digest = "",
                           .provides = elements,
                           .provides_count = 1,
                           .artifact = true};
    const struct facts facts = {.contracts = &one, .contract_count = 1};

    bind = bind_new(NULL);
    bind_put_facts(bind, FACTS_SETTINGS, &facts);
    put_service(TWO);
    put_record(RECORD(KEPT("a", "5", ONE(""))));
    ck_assert_uint_eq(bind_contract(bind, "web", "1")->provides_count, 1);
    bind_free(bind);
}
END_TEST

START_TEST(of_two_archived_contracts_of_a_version_the_latest_counts)
{
    static const char *const records[] = {
        RECORD(KEPT("a", "5", ONE("")) "," KEPT("b", "6", ONE(",\"provides\":[\"G/1\"]"))),
        RECORD(KEPT("b", "6", ONE(",\"provides\":[\"G/1\"]")) "," KEPT("a", "5", ONE(""))),
    };

    bind = bind_new(NULL);
    put_service(TWO);
    put_record(records[_i]);
    ck_assert_uint_eq(bind_contract(bind, "web", "1")->provides_count, 1);
    bind_free(bind);
}
END_TEST

START_TEST(what_is_archived_already_is_archived_once)
{
    const char *text =
        "{\"a\":7,\"b\":{\"contract\":{\"service\":\"web\",\"version\":\"9\"}},"
        "\"c\":{\"contract\":{\"service\":\"web\",\"version\":\"2\",\"follows\":[\"1\"],"
        "\"provides\":[\"G/1\"]}}}";
    struct err err = {0};
    json_t *archive = json_parse(text, strlen(text), "archive", &err);

    bind = bind_new(NULL);
    put_service(TWO);
    ck_assert_ptr_null(bind_to_archive(bind, "web", "7", archive));
    json_t *kept = bind_to_archive(bind, "web", "2", archive);
    ck_assert_ptr_eq(kept, json_object_get(json_object_get(archive, "c"), "contract"));
    json_decref(kept);
    json_object_del(archive, "c");
    json_t *made = bind_to_archive(bind, "web", "2", archive);
    ck_assert_str_eq(json_string_value(json_object_get(made, "version")), "2");
    json_decref(made);
    made = bind_to_archive(bind, "web", "2", NULL);
    ck_assert_str_eq(json_string_value(json_object_get(made, "service")), "web");
    json_decref(made);
    json_decref(archive);
    bind_free(bind);
}
END_TEST

START_TEST(what_is_archived_is_asked_for_by_service_and_version)
{
    bind = bind_new(NULL);
    const struct contract lib[] = {{.service = "lib", .version = "1", .digest = ""},
                                   {.service = "lib", .version = "2", .digest = ""}};
    const struct facts facts = {.contracts = (struct contract *)(uintptr_t)lib,
                                .contract_count = 2};
    bind_put_facts(bind, FACTS_SETTINGS, &facts);
    put_service(TWO);
    put_record(RECORD(KEPT("a", "5", ONE(""))));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "1"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    ck_assert_ptr_null(bind_contract(bind, "web", "3"));
    bind_free(bind);
}
END_TEST

START_TEST(an_archive_holds_as_many_versions_as_a_service_may_have)
{
    char *text = xstrdup("{\"schema\":1,\"contracts\":{");

    bind = bind_new(NULL);
    for (unsigned i = 0; i <= CONTRACT_VERSIONS_MAX; i++) {
        char *more = xasprintf("%s%s\"k%02u\":{\"at_ms\":5,\"contract\":{\"service\":\"web\","
                               "\"version\":\"%u\"}}",
                               text, i ? "," : "", i, i);
        free(text);
        text = more;
    }
    char *whole = xasprintf("%s}}", text);
    put_service("");
    put_record(whole);
    put_record(whole); /* the same once more changes nothing */
    char last[8];
    snprintf(last, sizeof last, "%u", CONTRACT_VERSIONS_MAX);
    ck_assert_ptr_null(bind_contract(bind, "web", last));
    for (unsigned i = 0; i < CONTRACT_VERSIONS_MAX; i++) {
        snprintf(last, sizeof last, "%u", i);
        ck_assert_ptr_nonnull(bind_contract(bind, "web", last));
    }
    free(whole);
    free(text);
    bind_free(bind);
}
END_TEST

START_TEST(an_archived_contract_of_another_service_says_nothing_about_this_one)
{
    bind = bind_new(NULL);
    put_service(TWO);
    put_record(RECORD(
        KEPT("a", "5", "{\"service\":\"lib\",\"version\":\"1\"}") "," KEPT("b", "5", ONE(""))));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "1"));
    bind_put_release(bind, "lib", NULL);
    ck_assert_ptr_null(bind_contract(bind, "lib", NULL));
    bind_free(bind);
}
END_TEST

START_TEST(an_archived_contract_of_a_newer_lockstep_is_not_known_and_spoils_nothing)
{
    bind = bind_new(NULL);
    put_service(TWO);
    put_record(
        RECORD(KEPT("a", "5", ONE(",\"mood\":[\"calm\"]")) ",\"b\":7,\"c\":{\"contract\":[]}"));
    ck_assert_ptr_null(bind_contract(bind, "web", "1"));
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    put_record("{\"schema\":1,\"contracts\":\"elsewhere\"}");
    ck_assert_ptr_nonnull(bind_contract(bind, "web", "2"));
    bind_free(bind);
}
END_TEST

SUITE(guard_archived)
{
    Suite *suite = suite_create("guard_archived");
    TCase *tc = test_case(suite, "archived", 10);

    tcase_add_loop_test(tc, a_version_that_no_workload_declares_is_known_from_the_ledger, 0, 2);
    tcase_add_loop_test(tc, a_service_that_declares_nothing_is_known_from_the_ledger, 0, 2);
    tcase_add_test(tc, what_the_workload_declares_stands_against_what_is_archived);
    tcase_add_test(tc, what_the_settings_declare_stands_against_what_is_archived);
    tcase_add_loop_test(tc, of_two_archived_contracts_of_a_version_the_latest_counts, 0, 2);
    tcase_add_test(tc, what_is_archived_already_is_archived_once);
    tcase_add_test(tc, what_is_archived_is_asked_for_by_service_and_version);
    tcase_add_test(tc, an_archive_holds_as_many_versions_as_a_service_may_have);
    tcase_add_test(tc, an_archived_contract_of_another_service_says_nothing_about_this_one);
    tcase_add_test(tc, an_archived_contract_of_a_newer_lockstep_is_not_known_and_spoils_nothing);
    return suite;
}
