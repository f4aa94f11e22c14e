/* verb_audit.c: `lockstep audit verify`: has the local record been changed?
 *
 * The chain shows edits in the middle. It does not show a cut tail, so the hash of the last
 * record lies in the cluster beside each service: what the clusters in reach know of this
 * record must be in it.
 *
 * Exit status: 0 the chain holds; 1 it does not, or a cluster knows of a record of this user
 * that is not here; 2 no record is kept; 3 it could not be read.
 *
 * -o json prints one object: schema, file, records, head, chain ("holds" or "broken"), bad_file,
 * bad_line, what, ledger[] (cluster, service, by, head, found), exit. */
#include "base/json.h"
#include "print.h"
#include "release/journal.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one cluster knows of a journal. */
struct head {
    const struct row *row;
    bool mine; /* written by the identity that asks now */
    bool found;
};

struct heads {
    struct head *head;
    size_t count;
};

static bool mark_found(void *arg, const json_t *record)
{
    struct heads *heads = arg;
    const char *hash = json_raw(json_object_get(record, "sha256"));

    for (size_t i = 0; hash && i < heads->count; i++)
        if (strcmp(heads->head[i].row->release->journal_head, hash) == 0)
            heads->head[i].found = true;
    return true;
}

static const char *who_am_i(const struct frame *frame, const char *cluster)
{
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (strcmp(frame->clusters[i].name, cluster) == 0)
            return frame->clusters[i].who;
    return "";
}

/* Borrowed from the session's frame. */
static struct heads collect_heads(const struct session *session)
{
    const struct frame *frame = session->frame;
    struct heads heads = {0};

    if (!frame)
        return heads;
    heads.head = xcalloc(frame->row_count, sizeof *heads.head);
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct row *row = frame->rows[i];
        if (!row->release || !row->release->journal_head[0])
            continue;
        heads.head[heads.count++] = (struct head){
            .row = row,
            .mine = strcmp(row->release->by, who_am_i(frame, row->service->cluster)) == 0,
        };
    }
    return heads;
}

static int exit_of(const struct journal_audit *audit, const struct heads *heads)
{
    if (audit->bad_file[0])
        return EXIT_REFUSED;
    for (size_t i = 0; i < heads->count; i++)
        if (heads->head[i].mine && !heads->head[i].found)
            return EXIT_REFUSED;
    return EXIT_DONE;
}

static void print_audit_json(const char *path, const struct journal_audit *audit,
                             const struct heads *heads)
{
    json_t *out = json_object(), *ledger = json_array();

    json_put_int(out, "schema", 1);
    json_put(out, "file", path);
    json_put_int(out, "records", (int64_t)audit->records);
    json_put(out, "head", audit->head);
    json_put(out, "chain", audit->bad_file[0] ? "broken" : "holds");
    json_put(out, "bad_file", audit->bad_file);
    json_put_int(out, "bad_line", (int64_t)audit->bad_line);
    json_put(out, "what", audit->what);
    for (size_t i = 0; i < heads->count; i++) {
        const struct row *row = heads->head[i].row;
        json_t *item = json_object();
        json_put(item, "cluster", row->service->cluster);
        json_put(item, "service", row->service->name);
        json_put(item, "by", row->release->by);
        json_put(item, "head", row->release->journal_head);
        json_put_bool(item, "found", heads->head[i].found);
        json_array_append_new(ledger, item);
    }
    json_object_set_new(out, "ledger", ledger);
    json_put_int(out, "exit", exit_of(audit, heads));
    print_json(out);
}

static void print_audit(const char *path, const struct journal_audit *audit,
                        const struct heads *heads)
{
    if (audit->bad_file[0])
        printf("broken: %s line %llu: %s\n", audit->bad_file, (unsigned long long)audit->bad_line,
               audit->what);
    else
        printf("the chain of %llu records in %s holds\n", (unsigned long long)audit->records, path);
    for (size_t i = 0; i < heads->count; i++) {
        const struct head *head = &heads->head[i];
        printf("%s/%s: last written by %s: %s\n", head->row->service->cluster,
               head->row->service->name, head->row->release->by,
               head->found  ? "its record is here"
               : head->mine ? "ITS RECORD IS MISSING HERE: this file was cut or replaced, or they "
                              "acted from another machine"
                            : "its record is another operator's, ask them to run audit verify");
    }
}

static int verify(const char *path, const struct heads *heads, enum output output)
{
    struct journal_audit audit = {0};
    struct err err = {0};

    if (access(path, F_OK) == 0) {
        if (!journal_verify(path, &audit, &err) ||
            !journal_read(path, mark_found, (void *)(uintptr_t)heads, &err)) {
            complain_err(&err);
            return EXIT_UNREACHED;
        }
    }
    if (output == OUTPUT_JSON)
        print_audit_json(path, &audit, heads);
    else
        print_audit(path, &audit, heads);
    return exit_of(&audit, heads);
}

/* The clusters' own view, as far as they can be reached; the chain is checked without them too. */
static int open_clusters(struct session *session, const struct args *args)
{
    int status = session_configure(session, args, SESSION_CLUSTERS_OPTIONAL);

    if (status != EXIT_DONE || session->cluster_count == 0)
        return status;
    status = session_start_looking(session, args);
    if (status != EXIT_DONE)
        return status;
    session_sync(session, args);
    session_complain_unreached(session);
    return EXIT_DONE;
}

int verb_audit(const struct verb_row *row, const struct args *args)
{
    struct session session;
    struct err err = {0};

    (void)row;
    if (strcmp(args->operands[0], "verify") != 0) {
        err_set(&err, ERR_USAGE, "expected: lockstep audit verify");
        return complain_err(&err);
    }
    int status = open_clusters(&session, args);
    if (status == EXIT_DONE && !session.journal) {
        err_set(&err, ERR_CONFIG, "no record is kept here; name one with --journal FILE");
        status = complain_err(&err);
    } else if (status == EXIT_DONE) {
        struct heads heads = collect_heads(&session);
        status = verify(session.journal, &heads, args->output);
        free(heads.head);
    }
    session_close(&session);
    return status;
}
