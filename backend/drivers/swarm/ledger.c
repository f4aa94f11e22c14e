/* ledger.c: records in the labels of Config objects.
 *
 * Labels of a Config can be changed with a compare-and-swap that touches no rollout; its data
 * cannot be changed, so it says only what it is. */
#include "drivers/swarm/client.h"

#include "base/json.h"
#include "drivers/swarm/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_DATA "bG9ja3N0ZXAgbGVkZ2VyIHYxCg==" /* "lockstep ledger v1\n" */
#define NO_REVISION "0"                            /* of no record: the next put conflicts */

struct entry {
    struct op op;
    char *key, *text;
    char expected[24];
    driver_ledger_fn *fn;
    driver_list_fn *list;
    void *arg;
};

static void drop_entry(struct op *op)
{
    struct entry *entry = (struct entry *)(void *)op;

    free(entry->key);
    free(entry->text);
    free(entry);
}

static struct entry *new_entry(struct driver *driver, const char *key, driver_ledger_fn *fn,
                               void *arg)
{
    struct entry *entry = xcalloc(1, sizeof *entry);

    entry->key = xstrdup(key);
    entry->fn = fn;
    entry->arg = arg;
    swarm_op_begin(swarm_of(driver), &entry->op, drop_entry);
    return entry;
}

static void end_entry(struct entry *entry, const char *text, const char *revision,
                      const struct err *err)
{
    driver_ledger_fn *fn = entry->fn;
    void *arg = entry->arg;

    op_end(&entry->op);
    fn(arg, text, revision, err_or_null(err));
}

static char *record_path(const char *key, const char *rest)
{
    char name[SWARM_RECORD_NAME];

    return xasprintf("/configs/%s%s", swarm_record_name(key, name), rest);
}

/* False with ERR_NONE: there is no record. */
static bool read_record(struct entry *entry, const struct http_answer *answer,
                        const struct err *failed, json_t **value, struct arena *arena,
                        struct swarm_record *record, struct err *err)
{
    *value =
        client_parse(swarm_of(entry->op.driver), answer, failed, "reading the release record", err);
    if (!*value && err->code == ERR_NOT_FOUND) {
        *err = (struct err){0};
        return false;
    }
    if (!*value || !swarm_decode_record(*value, arena, record, err))
        return false;
    if (record->text && strcmp(record->key, entry->key) == 0)
        return true;
    return err_set(err, ERR_REJECTED,
                   "the Config object for the record of %s is not lockstep's; remove or rename it",
                   entry->key);
}

static void on_got(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    struct arena *arena = arena_new(512);
    struct swarm_record record;
    struct err err = {0};
    json_t *value;
    char revision[24] = "";

    (void)sent;
    bool found = read_record(entry, answer, failed, &value, arena, &record, &err);
    if (found)
        snprintf(revision, sizeof revision, "%" PRIu64, record.index);
    end_entry(entry, found ? record.text : NULL, revision, &err);
    json_decref(value);
    arena_free(arena);
}

void swarm_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, key, fn, arg);

    client_get(swarm_of(driver), record_path(key, ""), on_got, entry);
}

/* The answer to a put does not say the new revision. When somebody was faster than this read, ours
 * is in the past, and the caller gets one that can only conflict. */
static void on_put_read(void *arg, const struct http_answer *answer, bool sent,
                        const struct err *failed)
{
    struct entry *entry = arg;
    struct arena *arena = arena_new(512);
    struct swarm_record record = {0};
    struct err ignored = {0};
    const struct err none = {0};
    json_t *value;
    char revision[24] = NO_REVISION;

    (void)sent;
    if (read_record(entry, answer, failed, &value, arena, &record, &ignored) &&
        strcmp(record.text, entry->text) == 0)
        snprintf(revision, sizeof revision, "%" PRIu64, record.index);
    end_entry(entry, entry->text, revision, &none);
    json_decref(value);
    arena_free(arena);
}

static void on_put(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    struct err err = {0};

    if (!answer_judge(answer, sent, failed, true, "writing the release record", &err)) {
        /* A record that was expected and is gone was changed by somebody, too. */
        if (err.code == ERR_NOT_FOUND)
            err.code = ERR_CONFLICT;
        end_entry(entry, NULL, "", &err);
        return;
    }
    client_get(swarm_of(entry->op.driver), record_path(entry->key, ""), on_put_read, entry);
}

static bool is_number(const char *text)
{
    return text[0] && strlen(text) < 20 && strspn(text, "0123456789") == strlen(text);
}

void swarm_ledger_put(struct driver *driver, const char *key, const char *text,
                      const char *expected, driver_ledger_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, key, fn, arg);
    char name[SWARM_RECORD_NAME], rest[48];
    json_t *spec =
        json_pack("{s:s, s:{s:s, s:s, s:s}}", "Name", swarm_record_name(key, name), "Labels",
                  SWARM_LABEL_OURS, "1", SWARM_LABEL_KEY, key, SWARM_LABEL_LEDGER, text);

    entry->text = xstrdup(text);
    if (!expected[0]) {
        json_object_set_new(spec, "Data", json_string(RECORD_DATA));
        client_post(swarm_of(driver), xstrdup("/configs/create"), spec, on_put, entry);
    } else {
        snprintf(rest, sizeof rest, "/update?version=%.20s",
                 is_number(expected) ? expected : NO_REVISION);
        client_post(swarm_of(driver), record_path(key, rest), spec, on_put, entry);
    }
    json_decref(spec);
}

static void on_list(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct entry *entry = arg;
    driver_list_fn *fn = entry->list;
    void *fn_arg = entry->arg;
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    json_t *value =
        client_parse(swarm_of(entry->op.driver), answer, failed, "listing release records", &err);
    const char **keys = arena_alloc(arena, json_array_size(value) + 1, sizeof *keys);
    size_t count = 0, i;
    json_t *item;

    (void)sent;
    json_array_foreach(value, i, item)
    {
        struct swarm_record record;
        if (swarm_decode_record(item, arena, &record, &err) && record.text && record.key[0])
            keys[count++] = record.key;
    }
    op_end(&entry->op);
    fn(fn_arg, keys, err.code == ERR_NONE ? count : 0, err_or_null(&err));
    json_decref(value);
    arena_free(arena);
}

void swarm_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg)
{
    struct entry *entry = new_entry(driver, "", NULL, arg);
    char *filter = client_filter("label", SWARM_LABEL_OURS "=1");

    entry->list = fn;
    client_get(swarm_of(driver), xasprintf("/configs?filters=%s", filter), on_list, entry);
    free(filter);
}
