/* test_journal.c: what the local record promises, and what it notices. */
#include "release/journal.h"

#include "base/mem.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 20 };

struct fixture {
    char path[600];
    struct clock *clock;
    struct journal *journal;
};

static struct fixture open_new(void)
{
    struct fixture f = {.clock = clock_new_virtual(1772442000000)};
    struct err err = {0};

    snprintf(f.path, sizeof f.path, "%s/state/lockstep/journal.jsonl", test_dir());
    f.journal = journal_open(f.path, f.clock, &err);
    ck_assert_msg(f.journal != NULL, "%s", err.text);
    return f;
}

static void end(struct fixture *f)
{
    journal_close(f->journal);
    clock_free(f->clock);
}

static void append(struct journal *journal, int number)
{
    struct err err = {0};
    json_t *fields = json_pack("{s:s, s:i}", "phase", "intent", "number", number);

    ck_assert_msg(journal_append(journal, fields, &err), "%s", err.text);
    json_decref(fields);
}

static struct journal_audit audit_of(const char *path)
{
    struct journal_audit audit;
    struct err err = {0};

    ck_assert_msg(journal_verify(path, &audit, &err), "%s", err.text);
    return audit;
}

static char *slurp(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *bytes = xcalloc(1 << 20, 1);

    ck_assert(f != NULL);
    *len = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

static bool count_record(void *arg, const json_t *record)
{
    int *count = arg;

    ck_assert_int_eq(json_integer_value(json_object_get(record, "number")), *count);
    (*count)++;
    return true;
}

START_TEST(what_was_appended_is_read_in_order_and_holds)
{
    struct fixture f = open_new();
    struct err err = {0};
    struct stat st;
    int count = 0;

    for (int i = 0; i < RECORDS; i++)
        append(f.journal, i);
    ck_assert(journal_read(f.path, count_record, &count, &err));
    ck_assert_int_eq(count, RECORDS);
    struct journal_audit audit = audit_of(f.path);
    ck_assert_str_eq(audit.bad_file, "");
    ck_assert_uint_eq(audit.records, RECORDS);
    ck_assert_str_eq(audit.head, journal_head(f.journal));
    ck_assert_int_eq(stat(f.path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    end(&f);
}
END_TEST

START_TEST(every_changed_byte_is_noticed)
{
    struct fixture f = open_new();
    size_t len;

    for (int i = 0; i < RECORDS; i++)
        append(f.journal, i);
    char *bytes = slurp(f.path, &len);
    char head[HASH_TEXT];
    snprintf(head, sizeof head, "%s", journal_head(f.journal));
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct journal_audit audit = {0};
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
            bool holds = journal_verify_text(bytes, len, &audit);
            if (holds || audit.bad_line == 0)
                ck_abort_msg("byte %zu bit %d of %zu", i, bit, len);
            bytes[i] = (char)(bytes[i] ^ (1 << bit));
        }
    free(bytes);
    end(&f);
}
END_TEST

/* A cut at the end of a record leaves a shorter whole chain: only the head tells. */
START_TEST(every_cut_is_noticed_by_the_chain_or_by_its_head)
{
    struct fixture f = open_new();
    size_t len;

    for (int i = 0; i < RECORDS; i++)
        append(f.journal, i);
    char *bytes = slurp(f.path, &len);
    for (size_t cut = 0; cut < len; cut++) {
        struct journal_audit audit = {0};
        bool holds = journal_verify_text(bytes, cut, &audit);
        if (holds)
            ck_assert_str_ne(audit.head, journal_head(f.journal));
        else
            ck_assert_str_eq(audit.what, "is torn: it has no end");
    }
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(a_record_taken_out_of_the_middle_is_noticed)
{
    struct fixture f = open_new();
    struct journal_audit audit = {0};
    size_t len;

    for (int i = 0; i < RECORDS; i++)
        append(f.journal, i);
    char *bytes = slurp(f.path, &len);
    char *second = strchr(bytes, '\n') + 1, *third = strchr(second, '\n') + 1;
    memmove(second, third, len - (size_t)(third - bytes) + 1);
    ck_assert(!journal_verify_text(bytes, len - (size_t)(third - second), &audit));
    ck_assert_uint_eq(audit.bad_line, 2);
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(a_torn_last_record_is_cut_off_and_the_chain_goes_on)
{
    struct fixture f = open_new();
    struct err err = {0};
    size_t len;

    for (int i = 0; i < 3; i++)
        append(f.journal, i);
    journal_close(f.journal);
    char *bytes = slurp(f.path, &len);
    free(bytes);
    ck_assert_int_eq(truncate(f.path, (off_t)len - 7), 0);
    f.journal = journal_open(f.path, f.clock, &err);
    ck_assert_msg(f.journal != NULL, "%s", err.text);
    ck_assert_msg(strstr(journal_notice(f.journal), "torn") != NULL, "%s",
                  journal_notice(f.journal));
    append(f.journal, 2);
    struct journal_audit audit = audit_of(f.path);
    ck_assert_str_eq(audit.bad_file, "");
    ck_assert_uint_eq(audit.records, 3);
    end(&f);
}
END_TEST

START_TEST(a_changed_last_record_sets_the_file_aside)
{
    struct fixture f = open_new();
    struct err err = {0};
    size_t len;

    append(f.journal, 0);
    journal_close(f.journal);
    char *bytes = slurp(f.path, &len);
    FILE *out = fopen(f.path, "wb");
    bytes[10] ^= 1;
    fwrite(bytes, 1, len, out);
    fclose(out);
    free(bytes);
    f.journal = journal_open(f.path, f.clock, &err);
    ck_assert_msg(f.journal != NULL, "%s", err.text);
    ck_assert_msg(strstr(journal_notice(f.journal), "damaged-") != NULL, "%s",
                  journal_notice(f.journal));
    append(f.journal, 0);
    ck_assert_uint_eq(audit_of(f.path).records, 1);
    end(&f);
}
END_TEST

START_TEST(two_processes_share_one_chain)
{
    struct fixture f = open_new();
    struct err err = {0};
    struct journal *other = journal_open(f.path, f.clock, &err);

    ck_assert_msg(other != NULL, "%s", err.text);
    for (int i = 0; i < RECORDS; i++)
        append(i % 2 ? other : f.journal, i);
    struct journal_audit audit = audit_of(f.path);
    ck_assert_msg(audit.bad_file[0] == '\0', "line %llu %s", (unsigned long long)audit.bad_line,
                  audit.what);
    ck_assert_uint_eq(audit.records, RECORDS);
    journal_close(other);
    end(&f);
}
END_TEST

START_TEST(a_full_file_is_rotated_and_the_chain_goes_on)
{
    struct fixture f = open_new();
    struct err err = {0};
    struct journal *other = journal_open(f.path, f.clock, &err);
    char *filler = xcalloc(60001, 1);
    char rotated[620];

    memset(filler, 'x', 60000);
    json_t *fields = json_pack("{s:s}", "filler", filler);
    const int count = JOURNAL_FILE_MAX / 60000 + 3;
    for (int i = 0; i < count; i++)
        ck_assert_msg(journal_append(i % 2 ? other : f.journal, fields, &err), "%s", err.text);
    snprintf(rotated, sizeof rotated, "%s.1", f.path);
    ck_assert_int_eq(access(rotated, R_OK), 0);
    struct journal_audit audit = audit_of(f.path);
    ck_assert_msg(audit.bad_file[0] == '\0', "%s %llu %s", audit.bad_file,
                  (unsigned long long)audit.bad_line, audit.what);
    ck_assert_uint_eq(audit.records, (unsigned)count);
    json_decref(fields);
    free(filler);
    journal_close(other);
    end(&f);
}
END_TEST

/* Whoever rotated died before its first record; `other` is one that fell behind before that. */
START_TEST(a_rotation_that_was_not_finished_is_gone_on_from)
{
    struct fixture f = open_new();
    struct err err = {0};
    struct journal *other = journal_open(f.path, f.clock, &err);
    char rotated[620];

    append(other, 0);
    for (int i = 0; i < 5; i++)
        append(f.journal, i);
    snprintf(rotated, sizeof rotated, "%s.1", f.path);
    ck_assert_int_eq(rename(f.path, rotated), 0);
    if (_i == 0)
        append(other, 6);
    struct journal *next = journal_open(f.path, f.clock, &err);
    append(next, 7);
    append(f.journal, 8);
    struct journal_audit audit = audit_of(f.path);
    ck_assert_msg(audit.bad_file[0] == '\0', "%s", audit.what);
    ck_assert_uint_eq(audit.records, _i == 0 ? 9 : 8);
    journal_close(next);
    journal_close(other);
    end(&f);
}
END_TEST

START_TEST(records_missing_at_the_beginning_are_noticed)
{
    struct fixture f = open_new();
    size_t len;

    for (int i = 0; i < RECORDS; i++)
        append(f.journal, i);
    char *bytes = slurp(f.path, &len), *second = strchr(bytes, '\n') + 1;
    FILE *file = fopen(f.path, "wb");
    ck_assert_uint_eq(fwrite(second, 1, strlen(second), file), strlen(second));
    fclose(file);
    ck_assert_str_eq(audit_of(f.path).bad_file, f.path);
    free(bytes);
    end(&f);
}
END_TEST

START_TEST(a_full_file_that_cannot_be_rotated_stays_whole)
{
    struct fixture f = open_new();
    struct err err = {0};
    char rotated[620], inside[640], *filler = xcalloc(60001, 1);
    struct stat st;

    for (int n = 1; n <= JOURNAL_KEEP; n++) { /* a directory in each place, the last not empty */
        snprintf(rotated, sizeof rotated, "%s.%d", f.path, n);
        ck_assert_int_eq(mkdir(rotated, 0700), 0);
    }
    snprintf(inside, sizeof inside, "%s/in-the-way", rotated);
    ck_assert_int_eq(mkdir(inside, 0700), 0);
    memset(filler, 'x', 60000);
    json_t *fields = json_pack("{s:s}", "filler", filler);
    bool ok = true;
    for (int i = 0; i < JOURNAL_FILE_MAX / 60000 + 3 && ok; i++)
        ok = journal_append(f.journal, fields, &err);
    ck_assert(!ok && err.code == ERR_DISK);
    ck_assert_int_eq(stat(f.path, &st), 0);
    ck_assert_int_gt(st.st_size, JOURNAL_FILE_MAX - 70000);
    json_decref(fields);
    free(filler);
    end(&f);
}
END_TEST

START_TEST(a_full_disk_makes_the_journal_bad_for_good_and_leaves_no_torn_record)
{
    struct fixture f = open_new();
    struct err err = {0};
    json_t *fields = json_pack("{s:s}", "phase", "intent");
    size_t len;

    append(f.journal, 0);
    free(slurp(f.path, &len));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {len + 20, RLIM_INFINITY};
    /* No assertion meanwhile: the runner's own messages are a file too. */
    int limited = setrlimit(RLIMIT_FSIZE, &limit);
    bool written = journal_append(f.journal, fields, &err);
    limit.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(limited, 0);
    ck_assert(!written);
    ck_assert_int_eq(err.code, ERR_DISK);
    ck_assert(journal_is_bad(f.journal));
    err = (struct err){0};
    ck_assert(!journal_append(f.journal, fields, &err));
    ck_assert_uint_eq(audit_of(f.path).records, 1);
    json_decref(fields);
    end(&f);
}
END_TEST

START_TEST(a_record_over_the_limit_is_refused_and_nothing_is_written)
{
    struct fixture f = open_new();
    struct err err = {0};
    char *filler = xcalloc(JOURNAL_LINE_MAX + 1, 1);

    memset(filler, 'x', JOURNAL_LINE_MAX);
    json_t *fields = json_pack("{s:s}", "filler", filler);
    ck_assert(!journal_append(f.journal, fields, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert(!journal_is_bad(f.journal));
    append(f.journal, 0);
    json_decref(fields);
    free(filler);
    end(&f);
}
END_TEST

/* What must not be opened: each is made at the path, and named in the error. */
static void make_symlink(const char *path)
{
    ck_assert_int_eq(symlink("/dev/null", path), 0);
}

static void make_fifo(const char *path)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_readable(const char *path)
{
    close(open(path, O_CREAT | O_WRONLY, 0644));
    chmod(path, 0644);
}

static void make_directory(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static const struct {
    void (*make)(const char *path);
    const char *says;
} refused[] = {
    {make_symlink, "symbolic link"},
    {make_fifo, "not a regular file"},
    {make_readable, "chmod 600"},
    {make_directory, "cannot be opened"},
};

START_TEST(what_is_no_private_regular_file_is_refused)
{
    struct clock *clock = clock_new_virtual(0);
    struct err err = {0};
    char path[600];

    snprintf(path, sizeof path, "%s/journal.jsonl", test_dir());
    refused[_i].make(path);
    ck_assert(journal_open(path, clock, &err) == NULL);
    ck_assert_int_eq(err.code, ERR_DISK);
    ck_assert_msg(strstr(err.text, refused[_i].says) != NULL, "%s", err.text);
    clock_free(clock);
}
END_TEST

SUITE(journal)
{
    Suite *suite = suite_create("journal");
    TCase *tc = test_case(suite, "journal", 60);

    tcase_add_test(tc, what_was_appended_is_read_in_order_and_holds);
    tcase_add_test(tc, every_changed_byte_is_noticed);
    tcase_add_test(tc, every_cut_is_noticed_by_the_chain_or_by_its_head);
    tcase_add_test(tc, a_record_taken_out_of_the_middle_is_noticed);
    tcase_add_test(tc, a_torn_last_record_is_cut_off_and_the_chain_goes_on);
    tcase_add_test(tc, a_changed_last_record_sets_the_file_aside);
    tcase_add_test(tc, two_processes_share_one_chain);
    tcase_add_test(tc, a_full_file_is_rotated_and_the_chain_goes_on);
    tcase_add_loop_test(tc, a_rotation_that_was_not_finished_is_gone_on_from, 0, 2);
    tcase_add_test(tc, records_missing_at_the_beginning_are_noticed);
    tcase_add_test(tc, a_full_file_that_cannot_be_rotated_stays_whole);
    tcase_add_test(tc, a_full_disk_makes_the_journal_bad_for_good_and_leaves_no_torn_record);
    tcase_add_test(tc, a_record_over_the_limit_is_refused_and_nothing_is_written);
    tcase_add_loop_test(tc, what_is_no_private_regular_file_is_refused, 0, (int)ARRAY_LEN(refused));
    return suite;
}
