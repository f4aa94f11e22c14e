/* test_archive.c: contracts that a record keeps. */
#include "base/json.h"
#include "release/archive.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *add(json_t *archive, const char *text, int64_t utc_ms)
{
    json_t *next = archive_with(archive, text, utc_ms);

    json_decref(archive);
    return next;
}

static bool has(json_t *archive, const char *what)
{
    char *text = json_text(archive);
    bool found = strstr(text, what) != NULL;

    free(text);
    return found;
}

START_TEST(the_newest_contracts_are_kept_and_the_oldest_goes)
{
    json_t *archive = NULL;
    char text[80];

    for (int i = 0; i < ARCHIVE_MAX; i++) {
        snprintf(text, sizeof text, "{service: web, version: 'v%d.'}", i);
        archive = add(archive, text, 100 + i);
    }
    archive = add(archive, "{version: 'v0.', service: web}", 300); /* other text, one more */
    ck_assert_uint_eq(json_object_size(archive), ARCHIVE_MAX);
    archive = add(archive, "{service: web, version: 'v1.'}", 301); /* carried again */
    archive = add(archive, "{service: web, version: 'new'}", 302);
    ck_assert_uint_eq(json_object_size(archive), ARCHIVE_MAX);
    ck_assert(has(archive, "v1."));
    ck_assert(has(archive, "new"));
    ck_assert(!has(archive, "v2."));
    json_decref(archive);
}
END_TEST

/* Two operators that add at one time must drop the same one. */
START_TEST(of_those_that_are_equally_old_the_first_digest_goes)
{
    json_t *archive = NULL;
    char text[80], first[80] = "";
    const char *key;
    json_t *entry;

    for (int i = 0; i < ARCHIVE_MAX; i++) {
        snprintf(text, sizeof text, "{service: web, version: 'v%d.'}", i);
        archive = add(archive, text, 100);
    }
    json_object_foreach(archive, key, entry)
    {
        if (!first[0] || strcmp(key, first) < 0)
            snprintf(first, sizeof first, "%s", key);
    }
    archive = add(archive, "{service: web, version: 'new'}", 100);
    ck_assert_uint_eq(json_object_size(archive), ARCHIVE_MAX);
    ck_assert_ptr_null(json_object_get(archive, first));
    ck_assert(has(archive, "new"));
    json_decref(archive);
}
END_TEST

START_TEST(the_same_contract_is_kept_once_with_what_a_newer_lockstep_added)
{
    static const char one[] = "{service: web, version: '1'}";
    json_t *archive = add(NULL, one, 1);
    json_t *first = json_object_iter_value(json_object_iter(archive));

    json_object_set_new(first, "mood", json_string("calm"));
    json_t *next = archive_with(archive, one, 2);
    ck_assert_uint_eq(json_object_size(next), 1);
    ck_assert(has(next, "calm"));
    ck_assert(has(next, "\"at_ms\":2"));
    ck_assert(has(archive, "\"at_ms\":1")); /* left as it was */
    json_decref(next);
    json_decref(archive);
}
END_TEST

START_TEST(an_entry_that_is_none_is_written_anew)
{
    static const char one[] = "{service: web, version: '1'}";
    json_t *archive = add(NULL, one, 1);
    const char *digest = json_object_iter_key(json_object_iter(archive));

    json_object_set_new(archive, digest, json_integer(7));
    archive = add(archive, one, 2);
    ck_assert(has(archive, "\"at_ms\":2"));
    json_decref(archive);
}
END_TEST

START_TEST(what_is_no_contract_or_too_long_is_not_kept)
{
    static const char *const texts[] = {"", "[1]", "{a: [", "7"};
    char *big = malloc(2 * ARCHIVE_TEXT_MAX);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_ptr_null(archive_with(NULL, texts[i], 1));
    ck_assert_ptr_nonnull(big);
    snprintf(big, 2 * ARCHIVE_TEXT_MAX, "{a: '%0*d'}", ARCHIVE_TEXT_MAX, 0);
    ck_assert_ptr_null(archive_with(NULL, big, 1));
    free(big);
    json_t *strange = json_string("of a newer lockstep");
    json_t *same = archive_with(strange, "{a: 1}", 1);
    ck_assert_ptr_eq(same, strange);
    json_decref(same);
    json_decref(strange);
}
END_TEST

SUITE(archive)
{
    Suite *suite = suite_create("archive");
    TCase *tc = test_case(suite, "archive", 10);

    tcase_add_test(tc, the_newest_contracts_are_kept_and_the_oldest_goes);
    tcase_add_test(tc, of_those_that_are_equally_old_the_first_digest_goes);
    tcase_add_test(tc, the_same_contract_is_kept_once_with_what_a_newer_lockstep_added);
    tcase_add_test(tc, an_entry_that_is_none_is_written_anew);
    tcase_add_test(tc, what_is_no_contract_or_too_long_is_not_kept);
    return suite;
}
