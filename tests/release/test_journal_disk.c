/* A disk that does not do what it should: what is in the way, belongs to others, is locked, too
 * large or cut. Nothing is lost silently, and what cannot be recorded is an error. */
#include "release/journal.h"
#include "release/journal_chain.h"

#include "base/mem.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };
#define NOW INT64_C(1772442000000)

static struct clock *virtual_clock;
static char path[600];

static void set_up(void)
{
    virtual_clock = clock_new_virtual(NOW);
    snprintf(path, sizeof path, "%s/journal.jsonl", test_dir());
}

static void tear_down(void)
{
    clock_free(virtual_clock);
}

static struct journal *opened(void)
{
    struct err err = {0};
    struct journal *journal = journal_open(path, virtual_clock, &err);

    ck_assert_msg(journal != NULL, "%s", err.text);
    return journal;
}

static bool append(struct journal *journal, struct err *err)
{
    json_t *fields = json_pack("{s:s}", "phase", "intent");
    bool ok = journal_append(journal, fields, err);

    json_decref(fields);
    return ok;
}

static void append_some(struct journal *journal, int count)
{
    struct err err = {0};

    for (int i = 0; i < count; i++)
        ck_assert_msg(append(journal, &err), "%s", err.text);
}

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *f = fopen(name, "wb");

    ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
    fclose(f);
    chmod(name, 0600);
}

static bool count_one(void *arg, const json_t *record)
{
    (void)record;
    return ++*(int *)arg < 1000;
}

static bool stop_at_once(void *arg, const json_t *record)
{
    (void)record;
    ++*(int *)arg;
    return false;
}

/* Root may do everything: then as nobody. */
static bool as_nobody(void)
{
    return geteuid() != 0 || seteuid(NOBODY) == 0;
}

START_TEST(a_directory_that_cannot_be_made_is_named)
{
    struct err err = {0};
    char deep[700];

    set_up();
    write_file(path, "", 0); /* a file where a directory should be */
    snprintf(deep, sizeof deep, "%s/more/journal.jsonl", path);
    ck_assert_ptr_null(journal_open(deep, virtual_clock, &err));
    ck_assert_int_eq(err.code, ERR_DISK);
    ck_assert_msg(strstr(err.text, "cannot make the directory") != NULL, "%s", err.text);
    ck_assert(strstr(err.text, path) != NULL);
    tear_down();
}
END_TEST

START_TEST(what_belongs_to_somebody_else_is_not_touched)
{
    struct err err = {0};
    char home[600], deep[700];

    if (geteuid() != 0)
        return;
    set_up();
    snprintf(home, sizeof home, "%s", path);
    *strrchr(home, '/') = '\0';
    write_file(path, "", 0);
    chmod(path, 0666);
    chmod(home, 0755);
    *strrchr(home, '/') = '\0';
    chmod(home, 0755); /* of all tests */
    ck_assert(as_nobody());
    ck_assert_ptr_null(journal_open(path, virtual_clock, &err));
    snprintf(deep, sizeof deep, "%s", path);
    snprintf(strrchr(deep, '/'), 30, "/new/journal.jsonl");
    struct err other = {0};
    ck_assert_ptr_null(journal_open(deep, virtual_clock, &other));
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_msg(strstr(err.text, "belongs to user 0") != NULL, "%s", err.text);
    ck_assert_msg(strstr(other.text, "cannot make the directory") != NULL, "%s", other.text);
    tear_down();
}
END_TEST

START_TEST(a_lock_that_another_process_keeps_is_an_error_and_no_wait_for_ever)
{
    struct err err = {0};

    set_up();
    struct journal *journal = opened();
    append_some(journal, 1);
    int fd = open(path, O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert(!append(journal, &err));
    ck_assert(strstr(err.text, "another process holds its lock") != NULL);
    err = (struct err){0};
    ck_assert_ptr_null(journal_open(path, virtual_clock, &err));
    ck_assert(strstr(err.text, "another process holds its lock") != NULL);
    ck_assert(!journal_is_bad(journal)); /* it may come free */
    close(fd);
    append_some(journal, 1);
    journal_close(journal);
    tear_down();
}
END_TEST

START_TEST(a_torn_end_is_cut_off_even_where_it_cannot_be_kept)
{
    char torn[640];

    set_up();
    struct journal *journal = opened();
    append_some(journal, 2);
    journal_close(journal);
    FILE *f = fopen(path, "ab");
    fputs("{\"torn", f);
    fclose(f);
    snprintf(torn, sizeof torn, "%s.torn", path);
    ck_assert_int_eq(mkdir(torn, 0700), 0);
    journal = opened();
    ck_assert(strstr(journal_notice(journal), "torn last record of 6 bytes") != NULL);
    append_some(journal, 1);
    struct journal_audit audit;
    struct err err = {0};
    ck_assert(journal_verify(path, &audit, &err));
    ck_assert_str_eq(audit.bad_file, "");
    ck_assert_uint_eq(audit.records, 3);
    journal_close(journal);
    tear_down();
}
END_TEST

START_TEST(a_file_that_is_no_journal_is_set_aside_whole)
{
    enum { LONG = 3 * JOURNAL_LINE_MAX };
    char *bytes = xcalloc(LONG + 1, 1), aside[660];
    static const char *const texts[] = {"\n", "x\n", "\n\n", NULL};
    struct stat st;

    set_up();
    memset(bytes, 'x', LONG);
    if (texts[_i])
        write_file(path, texts[_i], strlen(texts[_i]));
    else
        write_file(path, bytes, LONG); /* and no line in it at all */
    struct journal *journal = opened();
    snprintf(aside, sizeof aside, "%s.damaged-%lld", path, (long long)NOW);
    ck_assert_int_eq(stat(aside, &st), 0);
    append_some(journal, 1);
    journal_close(journal);
    free(bytes);
    tear_down();
}
END_TEST

START_TEST(a_damaged_file_that_cannot_be_set_aside_stops_everything)
{
    struct err err = {0};
    char aside[660];

    set_up();
    struct journal *journal = opened();
    append_some(journal, 1);
    write_file(path, "x\n", 2);
    snprintf(aside, sizeof aside, "%s.damaged-%lld", path, (long long)NOW);
    ck_assert_int_eq(mkdir(aside, 0700), 0);
    ck_assert(!append(journal, &err)); /* somebody wrote into it meanwhile */
    ck_assert(strstr(err.text, "cannot be set aside") != NULL);
    err = (struct err){0};
    ck_assert_ptr_null(journal_open(path, virtual_clock, &err));
    ck_assert(strstr(err.text, "cannot be set aside") != NULL);
    ck_assert_int_eq(rmdir(aside), 0);
    append_some(journal, 1);
    ck_assert(strstr(journal_notice(journal), "damaged-") != NULL);
    journal_close(journal);
    tear_down();
}
END_TEST

START_TEST(a_file_that_vanished_and_cannot_come_back_is_an_error)
{
    struct err err = {0};

    set_up();
    struct journal *journal = opened();
    append_some(journal, 1);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(!append(journal, &err));
    ck_assert_int_eq(err.code, ERR_DISK);
    ck_assert_int_eq(rmdir(path), 0);
    append_some(journal, 1);
    journal_close(journal);
    tear_down();
}
END_TEST

START_TEST(a_journal_in_the_current_directory_needs_no_other)
{
    struct err err = {0};
    char here[600], *old = realpath(".", NULL);

    set_up();
    snprintf(here, sizeof here, "%s", path);
    *strrchr(here, '/') = '\0';
    ck_assert_int_eq(chdir(here), 0);
    struct journal *journal = journal_open("journal.jsonl", virtual_clock, &err);
    ck_assert_msg(journal != NULL, "%s", err.text);
    append_some(journal, 1);
    ck_assert_int_eq(unlink("journal.jsonl"), 0); /* so that it makes it anew */
    append_some(journal, 1);
    journal_close(journal);
    ck_assert_int_eq(chdir(old), 0);
    free(old);
    tear_down();
}
END_TEST

START_TEST(what_came_before_an_empty_file_counts_only_when_it_holds)
{
    static const char *const before[] = {"", "x", "x\n", "a\nb\n"};
    char rotated[640];
    struct err err = {0};

    set_up();
    snprintf(rotated, sizeof rotated, "%s.1", path);
    write_file(rotated, before[_i], strlen(before[_i]));
    struct journal *journal = opened();
    append_some(journal, 1);
    int count = 0;
    ck_assert(journal_read_end(path, 4096, count_one, &count, &err));
    ck_assert_int_eq(count, 1);
    journal_close(journal);
    tear_down();
}
END_TEST

/* Only the end of it is looked at, from the first whole line on. */
START_TEST(the_end_of_a_journal_is_read_without_the_rest)
{
    static const struct {
        size_t bytes;
        int least, most;
    } rows[] = {{1 << 20, 9, 9}, {700, 1, 5}, {20, 0, 0}, {0, 0, 0}};
    struct err err = {0};

    set_up();
    struct journal *journal = opened();
    append_some(journal, 9);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int count = 0;

        ck_assert(journal_read_end(path, rows[i].bytes, count_one, &count, &err));
        ck_assert_msg(count >= rows[i].least && count <= rows[i].most, "row %zu: %d", i, count);
    }
    int count = 0;
    ck_assert(journal_read_end(path, 1 << 20, stop_at_once, &count, &err));
    ck_assert_int_eq(count, 1);
    journal_close(journal);
    tear_down();
}
END_TEST

START_TEST(what_is_no_file_has_no_records_and_what_cannot_be_read_is_an_error)
{
    char below[640], large[640];
    int count = 0;
    struct err err = {0};
    struct journal_audit audit;

    set_up();
    ck_assert(journal_read_end(path, 100, count_one, &count, &err)); /* nobody wrote yet */
    ck_assert(journal_read(path, count_one, &count, &err));
    write_file(path, "", 0);
    snprintf(below, sizeof below, "%s/x", path);
    ck_assert(!journal_read_end(below, 100, count_one, &count, &err));
    ck_assert_int_eq(err.code, ERR_DISK);
    err = (struct err){0};
    ck_assert(!journal_read(below, count_one, &count, &err));
    ck_assert(strstr(err.text, "cannot be read") != NULL);
    err = (struct err){0};
    ck_assert(!journal_verify(below, &audit, &err));
    *strrchr(below, '/') = '\0';
    *strrchr(below, '/') = '\0';
    err = (struct err){0};
    ck_assert(journal_read_end(below, 100, count_one, &count, &err)); /* a directory */
    ck_assert(!journal_read(below, count_one, &count, &err));
    ck_assert(strstr(err.text, "regular file of a sane size") != NULL);
    err = (struct err){0};
    snprintf(large, sizeof large, "%s.2", path);
    write_file(large, "", 0);
    ck_assert_int_eq(truncate(large, 4 * (off_t)JOURNAL_FILE_MAX + 1), 0);
    ck_assert(!journal_read(path, count_one, &count, &err));
    ck_assert(strstr(err.text, "sane size") != NULL);
    ck_assert_int_eq(count, 0);
    tear_down();
}
END_TEST

/* A line whose hash holds, whatever stands in it; without its newline. */
static char *sealed(const char *body)
{
    char sum[HASH_TEXT];

    hash_sha256_text(body, strlen(body), sum);
    return xasprintf("%s,\"sha256\":\"%s\"}", body, sum);
}

START_TEST(a_line_whose_hash_holds_and_that_is_no_record_is_none)
{
    static const struct {
        const char *body;
        bool holds;
    } rows[] = {
        {"{\"seq\":1,\"prev\":\"\"", true},
        {"{\"seq\":0,\"prev\":\"\"", false},
        {"{\"seq\":\"1\",\"prev\":\"\"", false},
        {"{\"seq\":1,\"prev\":7", false},
        {"{\"seq\":1", false},
        {"{\"seq\":1,\"prev\":\"abc\"", false},
        {"{\"seq\":1,\"prev\":", false},
        {"{\"prev\":\"\"", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *line = sealed(rows[i].body);
        struct chain_link link;
        const char *what = "";

        ck_assert_msg(chain_read(line, strlen(line), &link, &what) == rows[i].holds, "row %zu", i);
        ck_assert((what[0] == '\0') == rows[i].holds);
        free(line);
    }
}
END_TEST

/* Three records, of which one was forged with a hash of its own, or the file cut. */
START_TEST(what_does_not_hold_is_told_by_file_and_line)
{
    static const struct {
        uint64_t seq[3];
        bool wrong_prev, rotated; /* the second one's; as if older files had been dropped */
        uint64_t bad_line;        /* 0: it holds */
        const char *says;
    } rows[] = {
        {{1, 2, 3}, false, false, 0, ""},
        {{1, 2, 3}, true, false, 2, "does not follow the record before it"},
        {{1, 3, 4}, false, false, 2, "records are missing"},
        {{5, 6, 7}, false, false, 1, "missing, and too few to be rotated away"},
        {{5, 6, 7}, false, true, 0, ""},
        {{5, 6, 8}, false, false, 3, "records are missing"},
    };
    static const char other[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct chain_link link = {0};
        struct journal_audit audit;
        struct err err = {0};
        char oldest[640], before[HASH_TEXT] = "";

        set_up();
        FILE *f = fopen(path, "wb");
        for (size_t k = 0; k < 3; k++) {
            json_t *fields = json_pack("{s:s}", "phase", "intent");

            link.seq = rows[i].seq[k];
            memcpy(link.prev, k == 1 && rows[i].wrong_prev ? other : before, sizeof link.prev);
            char *line = chain_write(fields, &link);
            fputs(line, f);
            memcpy(before, link.hash, sizeof before);
            free(line);
            json_decref(fields);
        }
        fclose(f);
        snprintf(oldest, sizeof oldest, "%s.%d", path, JOURNAL_KEEP);
        if (rows[i].rotated)
            write_file(oldest, "", 0);
        ck_assert(journal_verify(path, &audit, &err));
        ck_assert_msg(audit.bad_line == rows[i].bad_line, "row %zu: line %llu %s", i,
                      (unsigned long long)audit.bad_line, audit.what);
        ck_assert_str_eq(audit.bad_file, rows[i].bad_line ? path : "");
        ck_assert_msg(strstr(audit.what, rows[i].says) != NULL, "row %zu: %s", i, audit.what);
        tear_down();
    }
}
END_TEST

/* The first record may not claim to follow one. */
START_TEST(a_first_record_that_follows_another_is_noticed)
{
    struct chain_link link = {.seq = 1};
    struct journal_audit audit;
    struct err err = {0};
    json_t *fields = json_object();

    set_up();
    memset(link.prev, 'b', sizeof link.prev - 1);
    char *line = chain_write(fields, &link);
    write_file(path, line, strlen(line));
    ck_assert(journal_verify(path, &audit, &err));
    ck_assert_uint_eq(audit.bad_line, 1);
    ck_assert(strstr(audit.what, "does not follow") != NULL);
    free(line);
    json_decref(fields);
    tear_down();
}
END_TEST

SUITE(journal_disk)
{
    Suite *suite = suite_create("journal_disk");
    TCase *tc = test_case(suite, "disk", 60);

    tcase_add_test(tc, a_directory_that_cannot_be_made_is_named);
    tcase_add_test(tc, what_belongs_to_somebody_else_is_not_touched);
    tcase_add_test(tc, a_lock_that_another_process_keeps_is_an_error_and_no_wait_for_ever);
    tcase_add_test(tc, a_torn_end_is_cut_off_even_where_it_cannot_be_kept);
    tcase_add_loop_test(tc, a_file_that_is_no_journal_is_set_aside_whole, 0, 4);
    tcase_add_test(tc, a_damaged_file_that_cannot_be_set_aside_stops_everything);
    tcase_add_test(tc, a_file_that_vanished_and_cannot_come_back_is_an_error);
    tcase_add_test(tc, a_journal_in_the_current_directory_needs_no_other);
    tcase_add_loop_test(tc, what_came_before_an_empty_file_counts_only_when_it_holds, 0, 4);
    tcase_add_test(tc, the_end_of_a_journal_is_read_without_the_rest);
    tcase_add_test(tc, what_is_no_file_has_no_records_and_what_cannot_be_read_is_an_error);
    tcase_add_test(tc, a_line_whose_hash_holds_and_that_is_no_record_is_none);
    tcase_add_test(tc, what_does_not_hold_is_told_by_file_and_line);
    tcase_add_test(tc, a_first_record_that_follows_another_is_noticed);
    return suite;
}
