/* ledger.c: records in Nomad variables, below "lockstep/" in the namespace of the service.
 *
 * A record's key begins with the namespace where that is not the default one. */
#include "drivers/nomad/client.h"

#include "base/json.h"
#include "drivers/nomad/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct op op;
    char *key, *text;
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
    nomad_op_begin(nomad_of(driver), &entry->op, drop_entry);
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

/* "shop/service.web" lies in namespace shop; "web" and "@cluster" at home. */
static char *record_path(struct nomad *nomad, const char *key, const char *more)
{
    char path[NOMAD_PATH_TEXT];
    const char *slash = strchr(key, '/');
    char *space = slash ? xstrndup(key, (size_t)(slash - key)) : xstrdup(nomad_home_space(nomad));
    char *rest = xasprintf("var/%s", nomad_record_path(key, path));
    char *made = nomad_client_path(nomad, rest, space, more);

    free(rest);
    free(space);
    return made;
}

/* False with ERR_NONE: there is no record. */
static bool read_record(struct entry *entry, const json_t *value, struct arena *arena,
                        struct nomad_record *record, struct err *err)
{
    if (!nomad_decode_record(value, arena, record, err))
        return false;
    if (record->text && strcmp(record->key, entry->key) == 0)
        return true;
    return err_set(err, ERR_REJECTED,
                   "the variable for the record of %s is not lockstep's; remove or rename it",
                   entry->key);
}

static void on_got(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    struct arena *arena = arena_new(512);
    struct nomad_record record = {0};
    struct err err = {0};
    char revision[24] = "";
    bool found = false;

    (void)sent;
    json_t *value = nomad_client_parse(nomad_of(entry->op.driver), answer, failed,
                                       "reading the release record", &err);
    if (!value && err.code == ERR_NOT_FOUND)
        err = (struct err){0};
    else if (value)
        found = read_record(entry, value, arena, &record, &err);
    if (found)
        snprintf(revision, sizeof revision, "%" PRIu64, record.index);
    end_entry(entry, found ? record.text : NULL, revision, &err);
    json_decref(value);
    arena_free(arena);
}

void nomad_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct entry *entry = new_entry(driver, key, fn, arg);

    nomad_client_get(nomad, record_path(nomad, key, "&consistent"), on_got, entry);
}

static void on_put(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct entry *entry = arg;
    struct arena *arena = arena_new(512);
    struct nomad_record record = {0};
    struct err err = {0}, ignored = {0};
    char revision[24] = "0";
    json_t *value = NULL;

    if (nomad_answer_judge(answer, sent, failed, true, "writing the release record", &err)) {
        value = json_parse(answer->body, answer->body_len, "the release record", &ignored);
        if (value && nomad_decode_record(value, arena, &record, &ignored))
            snprintf(revision, sizeof revision, "%" PRIu64, record.index);
        end_entry(entry, entry->text, revision, &err);
    } else {
        end_entry(entry, NULL, "", &err);
    }
    json_decref(value);
    arena_free(arena);
}

static bool is_number(const char *text)
{
    return text[0] && strlen(text) < 20 && strspn(text, "0123456789") == strlen(text);
}

void nomad_ledger_put(struct driver *driver, const char *key, const char *text,
                      const char *expected, driver_ledger_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct entry *entry = new_entry(driver, key, fn, arg);
    char more[48];
    json_t *body =
        json_pack("{s:{s:s, s:s}}", "Items", NOMAD_RECORD_KEY, key, NOMAD_RECORD_TEXT, text);

    entry->text = xstrdup(text);
    /* What is no index can only be wrong: 1 is never a variable's. */
    snprintf(more, sizeof more, "&cas=%.20s",
             !expected[0]                                        ? "0"
             : is_number(expected) && strcmp(expected, "0") != 0 ? expected
                                                                 : "1");
    nomad_client_put(nomad, record_path(nomad, key, more), body, on_put, entry);
    json_decref(body);
}

static void on_list(void *arg, const struct http_answer *answer, bool sent,
                    const struct err *failed)
{
    struct entry *entry = arg;
    driver_list_fn *fn = entry->list;
    void *fn_arg = entry->arg;
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    json_t *value = nomad_client_parse(nomad_of(entry->op.driver), answer, failed,
                                       "listing release records", &err);
    const char **keys = arena_alloc(arena, json_array_size(value) + 1, sizeof *keys);
    size_t count = 0, i;
    json_t *item;

    (void)sent;
    json_array_foreach(value, i, item)
    {
        const char *path = json_raw(json_object_get(item, "Path"));
        const char *key = path ? nomad_record_key(arena, path) : NULL;
        if (key)
            keys[count++] = key;
    }
    op_end(&entry->op);
    fn(fn_arg, keys, err.code == ERR_NONE ? count : 0, err_or_null(&err));
    json_decref(value);
    arena_free(arena);
}

void nomad_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg)
{
    struct nomad *nomad = nomad_of(driver);
    struct entry *entry = new_entry(driver, "", NULL, arg);

    entry->list = fn;
    nomad_client_get(nomad, nomad_client_path(nomad, "vars", nomad->space, "&prefix=lockstep%2F"),
                     on_list, entry);
}
