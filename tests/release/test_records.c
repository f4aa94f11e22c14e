/* test_records.c: what is read back after others had it in their hands: lock records, lines of the
 * journal, what a dead process left open. Each field that is wrong is refused or passed over. */
#include "release/action.h"
#include "release/archive.h"
#include "release/basis.h"
#include "release/journal_chain.h"
#include "release/plan.h"
#include "test.h"

#include "base/json.h"
#include "base/mem.h"
#include "model/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- records of locks ---- */

#define HOLDER(field) "{\"schema\":1,\"holders\":[{" field "}]}"

static const struct {
    const char *text, *why;
} bad_locks[] = {
    {"7", "expected"},
    {"[", "lock record"},
    {"{}", "schema"},
    {"{\"schema\":\"1\"}", "schema"},
    {"{\"schema\":2}", "newer lockstep"},
    {"{\"schema\":1,\"holders\":7}", "holders"},
    {"{\"schema\":1,\"holders\":[7]}", "holders[0]"},
    {HOLDER("\"id\":7"), "id"},
    {HOLDER("\"context\":7"), "context"},
    {HOLDER("\"service\":7"), "service"},
    {HOLDER("\"version\":7"), "version"},
    {HOLDER("\"by\":7"), "by"},
    {HOLDER("\"at_ms\":-1"), "at_ms"},
    {HOLDER("\"exclusive\":7"), "exclusive"},
};

START_TEST(a_lock_record_that_is_wrong_is_refused_with_the_place)
{
    struct lock_record record;
    struct err err = {0};

    ck_assert(!lock_parse(bad_locks[_i].text, strlen(bad_locks[_i].text), &record, &err));
    ck_assert_msg(strstr(err.text, bad_locks[_i].why) != NULL, "%s", err.text);
    lock_record_release(&record);
}
END_TEST

START_TEST(a_lock_record_that_is_too_large_is_refused)
{
    struct lock_record record;
    struct err err = {0};
    size_t len = (64 << 10) + 1;
    char *big = xcalloc(len + 1, 1), *many = xcalloc(len, 1);

    memset(big, ' ', len);
    ck_assert(!lock_parse(big, len, &record, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    size_t n = (size_t)snprintf(many, len, "{\"schema\":1,\"holders\":[{}");
    for (int i = 0; i < LOCK_HOLDERS_MAX; i++)
        n += (size_t)snprintf(many + n, len - n, ",{}");
    snprintf(many + n, len - n, "]}");
    err = (struct err){0};
    ck_assert(!lock_parse(many, strlen(many), &record, &err));
    ck_assert_msg(strstr(err.text, "holders") != NULL, "%s", err.text);
    lock_record_release(&record);
    free(big);
    free(many);
}
END_TEST

START_TEST(no_record_and_an_empty_one_have_no_holders)
{
    static const char *const texts[] = {NULL, "{\"schema\":1}", "{\"schema\":1,\"holders\":[]}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct lock_record record;
        struct err err = {0};

        ck_assert(lock_parse(texts[i], texts[i] ? strlen(texts[i]) : 0, &record, &err));
        ck_assert_uint_eq(record.count, 0);
        lock_record_release(&record);
    }
}
END_TEST

/* ---- lines of the journal ---- */

/* A line with a hash that holds, whatever is in it. */
static char *sealed(const char *body)
{
    char sum[HASH_TEXT];

    hash_sha256_text(body, strlen(body), sum);
    return xasprintf("%s,\"sha256\":\"%s\"}", body, sum);
}

#define HASH64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *body, *what; /* what "": it is read */
} lines[] = {
    {"{\"seq\":1,\"prev\":\"\"", ""},
    {"{\"seq\":7,\"prev\":\"" HASH64 "\"", ""},
    {"{\"seq\":\"1\",\"prev\":\"\"", "lacks seq or prev"},
    {"{\"seq\":0,\"prev\":\"\"", "lacks seq or prev"},
    {"{\"seq\":-1,\"prev\":\"\"", "lacks seq or prev"},
    {"{\"seq\":1", "lacks seq or prev"},
    {"{\"seq\":1,\"prev\":7", "lacks seq or prev"},
    {"{\"seq\":1,\"prev\":\"abc\"", "lacks seq or prev"},
    {"{\"prev\":\"\"", "lacks seq or prev"},
    {"[1", "is not a JSON object"},
};

START_TEST(a_line_is_read_by_its_number_and_the_hash_before)
{
    struct chain_link link = {0};
    const char *what = "";
    char *line = sealed(lines[_i].body);

    bool read = chain_read(line, strlen(line), &link, &what);
    ck_assert_int_eq(read, !lines[_i].what[0]);
    ck_assert_str_eq(what, lines[_i].what);
    free(line);
}
END_TEST

START_TEST(a_line_without_its_seal_is_refused)
{
    struct chain_link link = {0};
    const char *what = "";
    char *line = sealed("{\"seq\":1,\"prev\":\"\"");
    size_t len = strlen(line);

    ck_assert(!chain_read("{}", 2, &link, &what));
    ck_assert(!chain_read(line, len - 1, &link, &what)); /* not the end that it should have */
    line[len - 1] = ']';
    ck_assert(!chain_read(line, len, &link, &what));
    line[len - 1] = '}';
    line[0] = '[';
    ck_assert(!chain_read(line, len, &link, &what));
    ck_assert_msg(strstr(what, "was changed") != NULL, "%s", what);
    free(line);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");

    ck_assert(f != NULL);
    fputs(text, f);
    fclose(f);
}

struct counting {
    int seen, most;
};

static bool count(void *arg, const json_t *record)
{
    struct counting *counting = arg;

    (void)record;
    return ++counting->seen < counting->most;
}

START_TEST(reading_passes_over_what_is_no_object_and_ends_when_told)
{
    char path[600];
    struct counting all = {0, 99}, first = {0, 1};
    struct err err = {0};

    snprintf(path, sizeof path, "%s/journal", test_dir());
    write_file(path, "{\"a\":1}\n[1]\nnonsense\n{\"b\":2}\n{\"torn\":");
    ck_assert(journal_read(path, count, &all, &err));
    ck_assert_int_eq(all.seen, 2);
    ck_assert(journal_read(path, count, &first, &err));
    ck_assert_int_eq(first.seen, 1);
}
END_TEST

START_TEST(what_cannot_be_read_as_a_journal_is_said)
{
    char path[600], inside[700];
    struct counting counting = {0, 99};
    struct journal_audit audit;
    struct err err = {0};

    snprintf(path, sizeof path, "%s/journal", test_dir());
    write_file(path, "");
    snprintf(inside, sizeof inside, "%s/inside", path); /* a file is no folder */
    ck_assert(!journal_read(inside, count, &counting, &err));
    ck_assert_int_eq(err.code, ERR_DISK);
    err = (struct err){0};
    ck_assert(!journal_verify(inside, &audit, &err));
    err = (struct err){0};
    ck_assert(!journal_read(test_dir(), count, &counting, &err));
    ck_assert_msg(strstr(err.text, "not a regular file") != NULL, "%s", err.text);
    ck_assert_int_eq(truncate(path, 5 * (off_t)JOURNAL_FILE_MAX), 0);
    err = (struct err){0};
    ck_assert(!journal_read(path, count, &counting, &err));
    ck_assert_msg(strstr(err.text, "sane size") != NULL, "%s", err.text);
}
END_TEST

/* ---- what a dead process left open ---- */

#define ID         "00112233445566778899aabbccddeeff"
#define ID2        "ffeeddccbbaa99887766554433221100"
#define OPEN(more) "{\"kind\":\"intent\",\"id\":\"" ID "\",\"verb\":\"step\"" more "}"
#define CLOSED     "{\"kind\":\"outcome\",\"id\":\"" ID "\",\"outcome\":\"applied\"}"

static const struct {
    const char *records; /* one a line */
    int left;
} journals[] = {
    {OPEN(""), 1},
    {OPEN("") "\n" CLOSED, 0},
    {CLOSED, 0},
    {OPEN("") "\n" OPEN(",\"write\":1,\"writes\":2"), 1},
    {OPEN("") "\n{\"kind\":\"intent\",\"id\":\"" ID2 "\",\"verb\":\"pause\"}\n" CLOSED, 1},
    {"{\"id\":\"" ID "\",\"verb\":\"step\"}", 0},
    {"{\"kind\":\"intent\",\"verb\":\"step\"}", 0},
    {"{\"kind\":\"intent\",\"id\":\"short\",\"verb\":\"step\"}", 0},
    {"{\"kind\":\"intent\",\"id\":\"" ID "\"}", 0},
    {"{\"kind\":\"intent\",\"id\":\"" ID "\",\"verb\":\"explode\"}", 0},
    {"{\"kind\":\"settle\",\"id\":\"" ID "\",\"verb\":\"step\"}", 0},
    {OPEN(",\"writes\":65"), 0},
    {OPEN(",\"writes\":64"), 1},
    {OPEN(",\"writes\":-1,\"to_count\":99999999999"), 1},
    {OPEN(",\"stage\":\"launched\""), 1},
    {OPEN(",\"glass\":7"), 1},
    {OPEN(",\"attested\":\"ended\",\"calls\":7"), 1},
    {OPEN(",\"attested\":\"gladly\""), 1},
    {OPEN(",\"boot\":\"another\",\"pid\":1"), 1},
    {OPEN(",\"boot\":\"BOOT\",\"pid\":0"), 1},
    {OPEN(",\"boot\":\"BOOT\",\"pid\":SELF"), 1},
    {OPEN(",\"boot\":\"BOOT\",\"pid\":1"), 0}, /* somebody still lives who does it */
    {OPEN(",\"boot\":\"BOOT\",\"pid\":2147483646"), 1},
};

static char *replaced(const char *text, const char *word, const char *with)
{
    const char *at = strstr(text, word);

    return at ? xasprintf("%.*s%s%s", (int)(at - text), text, with, at + strlen(word))
              : xstrdup(text);
}

static void count_left(void *arg, const char *cluster, const char *service_id,
                       const struct claim *claim)
{
    int *left = arg;

    ck_assert(cluster && service_id);
    ck_assert_uint_le(claim->writes, RELEASE_WRITES_MAX);
    (*left)++;
}

START_TEST(only_what_is_open_understood_and_nobodys_any_more_is_settled)
{
    struct clock *clock = clock_new_virtual(1772442000000);
    struct err err = {0};
    char path[600], self[30];
    int left = 0;

    snprintf(path, sizeof path, "%s/other", test_dir());
    struct journal *journal = journal_open(path, clock, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    snprintf(self, sizeof self, "%d", (int)getpid());
    char *boot = replaced(journals[_i].records, "BOOT", journal_boot_id(journal));
    char *text = replaced(boot, "SELF", self), *with_end = xasprintf("%s\n", text);
    snprintf(path, sizeof path, "%s/journal", test_dir());
    write_file(path, with_end);
    ck_assert_msg(action_recover(path, count_left, &left, &err), "%s", err.text);
    ck_assert_int_eq(left, journals[_i].left);
    free(with_end);
    free(boot);
    free(text);
    journal_close(journal);
    clock_free(clock);
}
END_TEST

START_TEST(a_journal_that_cannot_be_read_leaves_nothing_to_settle)
{
    struct err err = {0};
    int left = 0;

    ck_assert(!action_recover(test_dir(), count_left, &left, &err));
    ck_assert_int_eq(left, 0);
    ck_assert_int_eq(err.code, ERR_DISK);
}
END_TEST

/* ---- the smaller ones ---- */

START_TEST(of_equally_old_contracts_the_same_one_goes_everywhere)
{
    json_t *forwards = NULL, *backwards = NULL;
    char text[60];

    for (int i = 0; i <= ARCHIVE_MAX; i++) {
        json_t *next;

        snprintf(text, sizeof text, "{n: %d}", i);
        next = archive_with(forwards, text, 5);
        json_decref(forwards);
        forwards = next;
        snprintf(text, sizeof text, "{n: %d}", i < ARCHIVE_MAX ? ARCHIVE_MAX - 1 - i : i);
        next = archive_with(backwards, text, 5);
        json_decref(backwards);
        backwards = next;
    }
    ck_assert_uint_eq(json_object_size(forwards), ARCHIVE_MAX);
    ck_assert(json_equal(forwards, backwards));
    json_t *same = archive_add(forwards, NULL, 6);
    ck_assert_ptr_eq(same, forwards);
    json_decref(same);
    json_decref(forwards);
    json_decref(backwards);
}
END_TEST

START_TEST(an_entry_of_the_archive_that_is_no_object_is_written_anew)
{
    json_t *archive = archive_with(NULL, "{n: 1}", 5), *next;
    const char *digest = json_object_iter_key(json_object_iter(archive));

    json_object_set_new(archive, digest, json_string("strange"));
    next = archive_with(archive, "{n: 1}", 6);
    json_t *entry = json_object_iter_value(json_object_iter(next));
    ck_assert_int_eq(json_integer_value(json_object_get(entry, "at_ms")), 6);
    json_decref(next);
    json_decref(archive);
}
END_TEST

START_TEST(a_part_that_is_not_there_agrees_with_nothing)
{
    ck_assert_int_eq(basis_differs("1.2.3.4.5.6.7", "1.2.3"), BASIS_SCOPE);
    ck_assert(!basis_agrees("1.2.3", "1.2.3.4.5.6.7", BASIS_STORES));
    ck_assert(!basis_agrees("1.2.3.4.5.6.7", "1.2.3", BASIS_STORES));
    ck_assert(!basis_agrees("1.2.3.4.5.6.77", "1.2.3.4.5.6.7", BASIS_STORES));
}
END_TEST

START_TEST(a_plan_without_waves_goes_from_the_canary_to_all)
{
    const struct plan bare = {.canary = 2};
    struct plan many = plan_default();

    ck_assert_uint_eq(plan_next(&bare, 8, 0), 2);
    ck_assert_uint_eq(plan_next(&bare, 8, 2), 8);
    many.wave_count = ARRAY_LEN(many.waves) + 5; /* no more than there is room for */
    for (size_t i = 0; i < ARRAY_LEN(many.waves); i++)
        many.waves[i] = 1;
    ck_assert_uint_eq(plan_next(&many, 100, 50), 100);
}
END_TEST

START_TEST(a_service_with_a_scope_is_kept_under_scope_kind_and_name)
{
    const struct service plain = {.scope = "", .kind = "service", .name = "web"};
    const struct service scoped = {.scope = "shop", .kind = "deployment", .name = "web"};
    char key[300];

    ck_assert_str_eq(release_key(&plain, key, sizeof key), "web");
    ck_assert_str_eq(release_key(&scoped, key, sizeof key), "shop/deployment.web");
}
END_TEST

SUITE(records)
{
    Suite *suite = suite_create("records");
    TCase *tc = test_case(suite, "records", 20);

    tcase_add_loop_test(tc, a_lock_record_that_is_wrong_is_refused_with_the_place, 0,
                        (int)ARRAY_LEN(bad_locks));
    tcase_add_test(tc, a_lock_record_that_is_too_large_is_refused);
    tcase_add_test(tc, no_record_and_an_empty_one_have_no_holders);
    tcase_add_loop_test(tc, a_line_is_read_by_its_number_and_the_hash_before, 0,
                        (int)ARRAY_LEN(lines));
    tcase_add_test(tc, a_line_without_its_seal_is_refused);
    tcase_add_test(tc, reading_passes_over_what_is_no_object_and_ends_when_told);
    tcase_add_test(tc, what_cannot_be_read_as_a_journal_is_said);
    tcase_add_loop_test(tc, only_what_is_open_understood_and_nobodys_any_more_is_settled, 0,
                        (int)ARRAY_LEN(journals));
    tcase_add_test(tc, a_journal_that_cannot_be_read_leaves_nothing_to_settle);
    tcase_add_test(tc, of_equally_old_contracts_the_same_one_goes_everywhere);
    tcase_add_test(tc, an_entry_of_the_archive_that_is_no_object_is_written_anew);
    tcase_add_test(tc, a_part_that_is_not_there_agrees_with_nothing);
    tcase_add_test(tc, a_plan_without_waves_goes_from_the_canary_to_all);
    tcase_add_test(tc, a_service_with_a_scope_is_kept_under_scope_kind_and_name);
    return suite;
}
