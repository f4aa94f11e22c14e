/* test_release.c: what is written can be read, what is strange is refused, what is newer survives.
 */
#include "test.h"

#include "base/json.h"
#include "release/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct release *parse(const char *text, struct err *err)
{
    return release_parse(text, strlen(text), err);
}

static struct release *full_release(void)
{
    struct release *release = release_new();

    snprintf(release->service_id, sizeof release->service_id, "svc1");
    snprintf(release->from, sizeof release->from, "v4");
    snprintf(release->to, sizeof release->to, "v5 “quoted” \\ \"x\"");
    snprintf(release->artifact, sizeof release->artifact, "registry/app:v5");
    snprintf(release->by, sizeof release->by, "anna");
    release->stage = STAGE_WAVE;
    release->paused = true;
    release->target = 3;
    release->replicas = 8;
    release->since_utc_ms = 1763828552120;
    release->stage_utc_ms = 1763828559999;
    release->claim = (struct claim){.id = "00112233445566778899aabbccddeeff",
                                    .verb = VERB_ROLLBACK,
                                    .by = "ben",
                                    .from = "v5",
                                    .to = "v4",
                                    .base = "4711",
                                    .to_count = 8,
                                    .write = 1,
                                    .writes = 2,
                                    .at_utc_ms = 1763828560000};
    release->memo = json_pack("{s:s}", "version", "v4");
    for (int i = 0; i < 40; i++) {
        char id[ID_TEXT];
        snprintf(id, sizeof id, "%032d", i);
        release_note(release, id, OUTCOME_APPLIED);
    }
    return release;
}

START_TEST(what_was_written_is_read_back)
{
    struct release *release = full_release();
    struct err err = {0};
    char *text = release_write(release, &err);
    struct release *back = parse(text, &err);

    ck_assert_msg(back != NULL, "%s", err.text);
    ck_assert_str_eq(back->to, release->to);
    ck_assert_str_eq(back->service_id, "svc1");
    ck_assert_int_eq(back->stage, STAGE_WAVE);
    ck_assert(back->paused);
    ck_assert_int_eq(memcmp(&back->claim, &release->claim, sizeof back->claim), 0);
    ck_assert_int_eq(memcmp(back->recent, release->recent, sizeof back->recent), 0);
    ck_assert(json_equal(back->memo, release->memo));
    ck_assert_int_eq(back->stage_utc_ms, release->stage_utc_ms);
    char *again = release_write(back, &err);
    ck_assert_str_eq(again, text);
    free(text);
    free(again);
    release_free(release);
    release_free(back);
}
END_TEST

START_TEST(a_start_has_the_memo_of_its_own_release_only)
{
    static const struct {
        enum verb verb;
        enum stage stage;
        const char *to;
        bool given;
    } rows[] = {
        {VERB_START, STAGE_SETTLE, "v5", true}, /* the rehearsal took it away */
        {VERB_START, STAGE_SETTLE, "v6", false},
        {VERB_START, STAGE_ROLLED_BACK, "v5", false}, /* that release is over */
        {VERB_START, STAGE_STABLE, "v5", false},
        {VERB_STEP, STAGE_CANARY, "v5", true},
        {VERB_ROLLBACK, STAGE_STABLE, "v4", true},
    };
    struct release *release = full_release();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct action action = {.verb = rows[i].verb};
        snprintf(action.to, sizeof action.to, "%s", rows[i].to);
        release->stage = rows[i].stage;
        snprintf(release->to, sizeof release->to, "v5");
        ck_assert_msg((release_memo_for(release, &action) == release->memo) == rows[i].given,
                      "row %zu", i);
        ck_assert_ptr_null(release_memo_for(NULL, &action));
    }
    release_free(release);
}
END_TEST

START_TEST(thirty_two_ids_are_remembered_newest_first)
{
    struct release *release = full_release();

    ck_assert_uint_eq(release->recent_count, 32);
    ck_assert_str_eq(release->recent[0].id, "00000000000000000000000000000039");
    ck_assert_int_eq(release_recall(release, "00000000000000000000000000000008"), OUTCOME_APPLIED);
    ck_assert_int_eq(release_recall(release, "00000000000000000000000000000007"), OUTCOME_NONE);
    release_note(release, "00000000000000000000000000000020", OUTCOME_PARTIAL);
    ck_assert_uint_eq(release->recent_count, 32);
    ck_assert_str_eq(release->recent[0].id, "00000000000000000000000000000020");
    ck_assert_int_eq(release_recall(release, "00000000000000000000000000000020"), OUTCOME_PARTIAL);
    ck_assert_int_eq(release_recall(release, "00000000000000000000000000000008"), OUTCOME_APPLIED);
    release_free(release);
}
END_TEST

START_TEST(fields_of_a_newer_lockstep_survive)
{
    struct err err = {0};
    struct release *release =
        parse("{\"schema\":1,\"new\":[1,{\"a\":null}],\"stage\":\"canary\","
              "\"claim\":{\"id\":\"c1\",\"verb\":\"step\",\"writes\":1,\"mood\":\"calm\"},"
              "\"recent\":[{\"id\":\"r1\",\"outcome\":\"applied\",\"why\":7},"
              "{\"id\":\"r2\",\"outcome\":\"partial\"}]}",
              &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    release_note(release, "r3", OUTCOME_NOT_APPLIED);
    char *text = release_write(release, &err);
    ck_assert_ptr_nonnull(strstr(text, "\"new\":[1,{\"a\":null}]"));
    ck_assert_ptr_nonnull(strstr(text, "\"mood\":\"calm\""));
    ck_assert_ptr_nonnull(strstr(text, "\"why\":7"));
    free(text);
    snprintf(release->claim.id, sizeof release->claim.id, "c2");
    text = release_write(release, &err);
    ck_assert_ptr_null(strstr(text, "mood")); /* another claim's */
    free(text);
    release_free(release);
}
END_TEST

START_TEST(a_newer_schema_is_looked_at_and_not_touched)
{
    struct err err = {0};
    struct release *release =
        parse("{\"schema\":2,\"from\":\"v4\",\"stage\":{\"now\":\"else\"}}", &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    ck_assert(release->newer);
    ck_assert_ptr_null(release_write(release, &err));
    ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
    release_free(release);
}
END_TEST

static const char *const hostile[] = {
    "",
    "[]",
    "7",
    "null",
    "{}",
    "{\"schema\":0}",
    "{\"schema\":\"1\"}",
    "{\"schema\":1,\"schema\":1}",
    "{\"schema\":1,\"stage\":\"launched\"}",
    "{\"schema\":1,\"stage\":7}",
    "{\"schema\":1,\"paused\":\"no\"}",
    "{\"schema\":1,\"target\":-1}",
    "{\"schema\":1,\"target\":4294967296}",
    "{\"schema\":1,\"since_ms\":9223372036854775807}",
    "{\"schema\":1,\"claim\":[]}",
    "{\"schema\":1,\"claim\":{}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"verb\":\"explode\"}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"write\":2,\"writes\":2}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"write\":0,\"writes\":300}}",
    "{\"schema\":1,\"claim\":{\"id\":\"0123456789012345678901234567890123\",\"writes\":1}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\\u001b\",\"writes\":1}}",
    "{\"schema\":1,\"profile\":7}",
    "{\"schema\":1,\"profile\":\"longer than any profile\"}",
    "{\"schema\":1,\"rehearsed_ms\":-1}",
    "{\"schema\":1,\"certificate\":[]}",
    "{\"schema\":1,\"certificate\":{\"version\":7}}",
    "{\"schema\":1,\"certificate\":{\"at_ms\":-1}}",
    "{\"schema\":1,\"certificate\":{\"state\":\"framed\"}}",
    "{\"schema\":1,\"certificate\":{\"attended\":1}}",
    "{\"schema\":1,\"glass\":[]}",
    "{\"schema\":1,\"glass\":{\"rules\":7}}",
    "{\"schema\":1,\"glass\":{\"until_ms\":-1}}",
    "{\"schema\":1,\"glass\":{\"waits\":7}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"have_count\":-1}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"verb\":7}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"stage\":\"launched\"}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"profile\":7}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"certificate\":[]}}",
    "{\"schema\":1,\"claim\":{\"id\":\"a\",\"glass\":[]}}",
    "{\"schema\":1,\"recent\":{}}",
    "{\"schema\":1,\"recent\":[7]}",
    "{\"schema\":1,\"recent\":[{\"id\":7}]}",
    "{\"schema\":1,\"recent\":[{\"id\":\"a\",\"outcome\":\"maybe\"}]}",
};

START_TEST(a_hostile_record_is_refused_with_a_reason)
{
    struct err err = {0};

    ck_assert_msg(parse(hostile[_i], &err) == NULL, "%s", hostile[_i]);
    ck_assert_int_ne(err.code, ERR_NONE);
    ck_assert_uint_gt(strlen(err.text), 10);
}
END_TEST

START_TEST(what_is_null_was_never_said)
{
    struct err err = {0};
    struct release *release =
        parse("{\"schema\":1,\"certificate\":null,\"glass\":null,\"claim\":null,\"recent\":null,"
              "\"memo\":null,\"contracts\":null}",
              &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    ck_assert_int_eq(release->cert.state, PROOF_NONE);
    ck_assert_str_eq(release->claim.id, "");
    ck_assert_str_eq(release->glass.rules, "");
    ck_assert_uint_eq(release->recent_count, 0);
    ck_assert(!release->memo && !release->contracts);
    release->cert.state = PROOF_BAKED; /* and is said now */
    snprintf(release->glass.rules, sizeof release->glass.rules, "R3");
    char *text = release_write(release, &err);
    ck_assert_ptr_nonnull(strstr(text, "\"state\":\"baked\""));
    ck_assert_ptr_nonnull(strstr(text, "\"rules\":\"R3\""));
    free(text);
    release_free(release);
}
END_TEST

START_TEST(certificates_and_glass_keep_what_a_newer_lockstep_added)
{
    struct err err = {0};
    struct release *release =
        parse("{\"schema\":1,\"certificate\":{\"state\":\"baked\",\"version\":\"5\",\"mood\":1},"
              "\"glass\":{\"rules\":\"R3\",\"waits\":true,\"mood\":2}}",
              &err);

    ck_assert_msg(release != NULL, "%s", err.text);
    ck_assert(release->glass.waits);
    char *text = release_write(release, &err);
    ck_assert_ptr_nonnull(strstr(text, "\"mood\":1"));
    ck_assert_ptr_nonnull(strstr(text, "\"mood\":2"));
    free(text);
    release->cert.state = PROOF_NONE;
    release->glass = (struct glass){.rules = ""};
    text = release_write(release, &err);
    ck_assert_ptr_null(strstr(text, "mood"));
    free(text);
    release_free(release);
}
END_TEST

/* From which write on an action moves nothing any more, and may be finished after a crash. */
START_TEST(what_is_left_of_a_claim_holds_from_the_write_that_it_says)
{
    static const struct {
        uint32_t write, holds_from;
        bool rest;
    } row[] = {{0, 0, false}, {1, 0, false}, {0, 1, true},
               {0, 2, false}, {1, 2, true},  {2, 2, true}};

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        const struct claim claim = {
            .verb = VERB_STEP, .write = row[i].write, .holds_from = row[i].holds_from};
        struct claim back = claim;

        ck_assert_int_eq(claim_rest_holds(&claim), row[i].rest);
        ck_assert_uint_eq(claim_holds_from(&claim), row[i].holds_from);
        back.verb = VERB_PAUSE;
        ck_assert_uint_eq(claim_holds_from(&back), 0);
        back.verb = VERB_ROLLBACK;
        ck_assert_uint_eq(claim_holds_from(&back), 0);
    }
}
END_TEST

START_TEST(texts_are_clean_and_cut)
{
    struct err err = {0};
    char text[2000], filler[900];

    memset(filler, 'x', sizeof filler);
    filler[sizeof filler - 1] = '\0';
    snprintf(text, sizeof text, "{\"schema\":1,\"from\":\"\\u001b[31m\",\"artifact\":\"%s\"}",
             filler);
    struct release *release = parse(text, &err);
    ck_assert_msg(release != NULL, "%s", err.text);
    ck_assert_str_eq(release->from, "\\x1b[31m");
    ck_assert_uint_lt(strlen(release->artifact), sizeof release->artifact);
    release_free(release);
}
END_TEST

START_TEST(too_large_is_neither_read_nor_written)
{
    struct err err = {0};
    struct release *release = release_new();
    char *big = xcalloc(RELEASE_TEXT_MAX + 10, 1);

    memset(big, ' ', RELEASE_TEXT_MAX + 9);
    ck_assert_ptr_null(parse(big, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    memset(big, 'x', RELEASE_TEXT_MAX - 50);
    big[RELEASE_TEXT_MAX - 50] = '\0';
    release->memo = json_string(big);
    err = (struct err){0};
    ck_assert_ptr_null(release_write(release, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    free(big);
    release_free(release);
}
END_TEST

START_TEST(the_fullest_record_fits_beside_a_large_memo)
{
    struct release *release = full_release();
    struct err err = {0};
    char *text = release_write(release, &err);

    ck_assert_uint_lt(strlen(text), 8192);
    free(text);
    release_free(release);
}
END_TEST

SUITE(release)
{
    Suite *suite = suite_create("release");
    TCase *tcase = test_case(suite, "record", 10);

    tcase_add_test(tcase, what_was_written_is_read_back);
    tcase_add_test(tcase, a_start_has_the_memo_of_its_own_release_only);
    tcase_add_test(tcase, thirty_two_ids_are_remembered_newest_first);
    tcase_add_test(tcase, fields_of_a_newer_lockstep_survive);
    tcase_add_test(tcase, a_newer_schema_is_looked_at_and_not_touched);
    tcase_add_loop_test(tcase, a_hostile_record_is_refused_with_a_reason, 0,
                        (int)ARRAY_LEN(hostile));
    tcase_add_test(tcase, what_is_null_was_never_said);
    tcase_add_test(tcase, certificates_and_glass_keep_what_a_newer_lockstep_added);
    tcase_add_test(tcase, what_is_left_of_a_claim_holds_from_the_write_that_it_says);
    tcase_add_test(tcase, texts_are_clean_and_cut);
    tcase_add_test(tcase, too_large_is_neither_read_nor_written);
    tcase_add_test(tcase, the_fullest_record_fits_beside_a_large_memo);
    return suite;
}
