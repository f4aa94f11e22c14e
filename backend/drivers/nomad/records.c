/* records.c: hears of ledger records that changed, by a blocking query on their list. */
#include "drivers/nomad/follow.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_VARIABLES                                                                               \
    "these servers have no variables (Nomad 1.4): releases are remembered in the journal of this " \
    "machine only, and other operators are not seen before they act"

struct watch {
    struct op op;
    struct follow *follow;
};

static void watch_again(void *arg);

void nomad_records_free(struct follow *follow)
{
    for (size_t i = 0; i < follow->record_count; i++) {
        free(follow->records[i].path);
        free(follow->records[i].space);
    }
    free(follow->records);
}

static void on_hashed(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->nomad->base.env.sink;
    struct arena *arena = arena_new(512);
    struct nomad_record record;
    struct err err = {0};

    (void)sent;
    json_t *value = nomad_client_parse(follow->nomad, answer, failed, "reading a record", &err);
    if (value && nomad_decode_record(value, arena, &record, &err) && record.key[0])
        sink->ledger_changed(sink->arg, record.key);
    json_decref(value);
    arena_free(arena);
}

/* The path is the key, except where it is a hash: then the record says it. */
static void tell(struct follow *follow, struct arena *arena, const char *path, const char *space)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;
    const char *key = nomad_record_key(arena, path);

    if (key) {
        sink->ledger_changed(sink->arg, key);
        return;
    }
    char *rest = xasprintf("var/%s", path);
    nomad_client_get(follow->nomad, nomad_client_path(follow->nomad, rest, space, ""), on_hashed,
                     follow);
    free(rest);
}

static struct seen_record *find(struct follow *follow, const char *path, const char *space)
{
    for (size_t i = 0; i < follow->record_count; i++)
        if (strcmp(follow->records[i].path, path) == 0 &&
            strcmp(follow->records[i].space, space) == 0)
            return &follow->records[i];
    ARRAY_RESERVE(follow->records, follow->record_cap, follow->record_count + 1);
    struct seen_record *made = &follow->records[follow->record_count++];
    *made = (struct seen_record){.path = xstrdup(path), .space = xstrdup(space)};
    return made;
}

static void forget_unseen(struct follow *follow, struct arena *arena)
{
    for (size_t i = follow->record_count; i-- > 0;) {
        struct seen_record *record = &follow->records[i];
        if (record->seen)
            continue;
        tell(follow, arena, record->path, record->space);
        free(record->path);
        free(record->space);
        *record = follow->records[--follow->record_count];
    }
}

static void take_list(struct follow *follow, const json_t *list)
{
    struct arena *arena = arena_new(1024);
    struct json_at root = json_root(list, "variables", arena);
    struct err err = {0};
    size_t count = 0;

    for (size_t i = 0; i < follow->record_count; i++)
        follow->records[i].seen = false;
    json_get_array(&root, &count, &err);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(&root, i), at_path = json_key(&item, "Path");
        struct json_at at_space = json_key(&item, "Namespace");
        struct json_at at_index = json_key(&item, "ModifyIndex");
        const char *path, *space;
        int64_t index;
        path = json_raw(at_path.value);
        if (!path || strncmp(path, "lockstep/", 9) != 0 ||
            !json_opt_text(&at_space, 128, "default", &space, &err) ||
            !json_opt_int(&at_index, 0, INT64_MAX, 0, &index, &err))
            continue; /* somebody else's */
        struct seen_record *record = find(follow, path, space);
        record->seen = true;
        if (record->index != (uint64_t)index)
            tell(follow, arena, path, space);
        record->index = (uint64_t)index;
    }
    forget_unseen(follow, arena);
    arena_free(arena);
}

/* Servers before 1.4 have none: the journal alone remembers, and that is said. */
static void no_variables(struct follow *follow)
{
    struct driver_sink *sink = &follow->nomad->base.env.sink;

    if (follow->nomad->caps.ledger)
        sink->event(sink->arg, "", NO_VARIABLES);
    follow->nomad->caps.ledger = false;
    follow->nomad->caps.drift_note = NO_VARIABLES;
}

static void on_list(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct watch *watch = arg;
    struct follow *follow = watch->follow;
    struct err err = {0};

    (void)sent;
    json_t *list =
        nomad_client_parse(follow->nomad, answer, failed, "listing release records", &err);
    if (list) {
        take_list(follow, list);
        follow->record_index = nomad_answer_index(answer);
        json_decref(list);
        nomad_client_later(follow->nomad, 0, watch_again, watch);
    } else if (err.code == ERR_NOT_FOUND) {
        no_variables(follow);
        follow->record_watch = false;
        op_end(&watch->op);
    } else {
        follow->record_index = 0;
        nomad_client_later(follow->nomad, NOMAD_PING_MS, watch_again, watch);
    }
    follow->records_known = true;
    nomad_follow_synced(follow);
}

static void watch_again(void *arg)
{
    struct watch *watch = arg;
    struct nomad *nomad = nomad_of(watch->op.driver);
    char *more = xasprintf("&prefix=lockstep%%2F&index=%" PRIu64 "&wait=%ds",
                           watch->follow->record_index, NOMAD_BLOCK_S);

    nomad_client_get(nomad, nomad_client_path(nomad, "vars", nomad->space, more), on_list, watch);
    free(more);
}

void nomad_records_follow(struct follow *follow)
{
    struct watch *watch;

    if (follow->record_watch || !follow->nomad->caps.ledger)
        return;
    follow->record_watch = true;
    watch = xcalloc(1, sizeof *watch);
    watch->follow = follow;
    nomad_op_begin(follow->nomad, &watch->op, NULL);
    watch_again(watch);
}
