/* journal.h: the local record: append-only JSON lines, hash-chained, fsynced, 0600.
 *
 * Several lockstep processes of one user share the file: every append happens
 * under an exclusive flock, after reading what others added. A torn last line (power
 * loss in a write) is cut off into <path>.torn and reported. A last record that does not
 * hold its hash is damage: it is reported, the file is kept as <path>.damaged and a new one begun.
 * Rotated at JOURNAL_FILE_MAX to <path>.1 … with the chain going on. */
#ifndef LOCKSTEP_RELEASE_JOURNAL_H
#define LOCKSTEP_RELEASE_JOURNAL_H

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"

#include <jansson.h>

enum journal_limit {
    JOURNAL_LINE_MAX = 64 << 10,
    JOURNAL_FILE_MAX = 16 << 20,
    JOURNAL_KEEP = 16,      /* rotated files */
    JOURNAL_LOCK_MS = 2000, /* how long another process may hold the lock */
};

struct journal;

/* Opens or creates it (parents too, 0700). O_NOFOLLOW; refuses what is not a
 * regular file of this user with mode 0600. NULL and ERR_DISK with the reason. */
struct journal *journal_open(const char *path, struct clock *clock, struct err *err);
void journal_close(struct journal *journal); /* NULL is fine */
const char *journal_path(const struct journal *journal);
/* What was found wrong and mended at open ("cut a torn last record of 81 bytes"), or "". */
const char *journal_notice(const struct journal *journal);

/* Appends one record and returns only after fdatasync. Adds seq, prev, sha256,
 * at_utc, boot, pid and host. `fields` is borrowed. After a failed write or
 * fsync the journal is bad for good: every later append fails with the reason. */
bool journal_append(struct journal *journal, const json_t *fields, struct err *err);
bool journal_is_bad(const struct journal *journal);
/* Hash of the last record known here, "" for an empty journal. */
const char *journal_head(const struct journal *journal);
/* The running system's boot id and this process's id, as records carry them. */
const char *journal_boot_id(const struct journal *journal);

/* Calls fn for every record that can be read, oldest first, through all rotated files,
 * until it returns false. No locks; a torn tail is skipped. A missing journal is empty. */
typedef bool journal_read_fn(void *arg, const json_t *record);
bool journal_read(const char *path, journal_read_fn *fn, void *arg, struct err *err);

/* The same for the records in the last `bytes` of the newest file alone. */
bool journal_read_end(const char *path, size_t bytes, journal_read_fn *fn, void *arg,
                      struct err *err);

struct journal_audit {
    uint64_t records;
    uint64_t first_seq; /* above 1 where older files were rotated away */
    char head[HASH_TEXT];
    char bad_file[256]; /* "" when the chain holds */
    uint64_t bad_line;
    char what[160];
};
/* Checks the whole chain; false only when it could not be read at all. */
bool journal_verify(const char *path, struct journal_audit *out, struct err *err);
/* The same for the text of one file, going on from what *out says. Returns false at the first bad
 * line, which is in out->bad_line and out->what. */
bool journal_verify_text(const char *text, size_t len, struct journal_audit *out);

#endif
