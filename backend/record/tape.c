/* tape.c: see tape.h. */
#include "record/tape.h"

#include "base/json.h"
#include "record/tape_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_cluster(struct json_at *at, struct tape_cluster *out, struct err *err)
{
    struct json_at name = json_key(at, "name"), kind = json_key(at, "kind"),
                   production = json_key(at, "production"), read_only = json_key(at, "read_only"),
                   failed = json_key(at, "failed"), caps = json_key(at, "caps");

    out->failed = "";
    out->caps.drift_note = "";
    if (!json_get_text(&name, TEXT_NAME_MAX, &out->name, err) ||
        !json_get_text(&kind, 40, &out->kind, err) ||
        !json_get_bool(&production, &out->production, err) ||
        !json_get_bool(&read_only, &out->read_only, err))
        return false;
    if (failed.value)
        return json_get_text(&failed, TEXT_MESSAGE_MAX, &out->failed, err);
    struct json_at ledger = json_key(&caps, "ledger"), nodes = json_key(&caps, "choose_nodes"),
                   measures = json_key(&caps, "measures"), clears = json_key(&caps, "clears_marks"),
                   note = json_key(&caps, "drift_note");
    return json_get_object(&caps, err) && json_get_bool(&ledger, &out->caps.ledger, err) &&
           json_get_bool(&nodes, &out->caps.choose_nodes, err) &&
           json_get_bool(&measures, &out->caps.measures, err) &&
           json_get_bool(&clears, &out->caps.clears_marks, err) &&
           json_get_text(&note, TEXT_MESSAGE_MAX, &out->caps.drift_note, err);
}

static bool read_clusters(struct tape *tape, struct json_at *head, struct err *err)
{
    struct json_at list = json_key(head, "clusters");
    char path[300];

    if (!json_get_array(&list, &tape->cluster_count, err))
        return false;
    if (tape->cluster_count == 0 || tape->cluster_count > TAPE_CLUSTERS_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected 1 to %d clusters, found %zu",
                       json_path(&list, path, sizeof path), TAPE_CLUSTERS_MAX, tape->cluster_count);
    tape->clusters = arena_alloc(tape->arena, tape->cluster_count, sizeof *tape->clusters);
    for (size_t i = 0; i < tape->cluster_count; i++) {
        struct json_at one = json_index(&list, i);
        if (!json_get_object(&one, err) || !read_cluster(&one, &tape->clusters[i], err))
            return false;
    }
    return true;
}

static bool read_past(struct tape *tape, struct json_at *head, struct err *err)
{
    struct json_at list = json_key(head, "past");

    if (!list.value)
        return true;
    if (!json_get_array(&list, &tape->past_count, err))
        return false;
    tape->past = arena_alloc(tape->arena, tape->past_count + 1, sizeof *tape->past);
    for (size_t i = 0; i < tape->past_count; i++) {
        struct board_event *out = &tape->past[i];
        struct json_at one = json_index(&list, i), at = json_key(&one, "at"),
                       cluster = json_key(&one, "cluster"), name = json_key(&one, "name"),
                       text = json_key(&one, "text"), by = json_key(&one, "by");
        if (!json_get_object(&one, err) || !tape_read_event_kind(&one, &out->kind, err) ||
            !json_get_int(&at, -1, INT64_MAX, &out->at_utc_ms, err) ||
            !json_get_text(&cluster, TEXT_NAME_MAX, &out->cluster, err) ||
            !json_get_text(&name, TEXT_NAME_MAX, &out->name, err) ||
            !json_get_text(&text, TEXT_MESSAGE_MAX, &out->text, err) ||
            !json_get_text(&by, TEXT_NAME_MAX, &out->by, err))
            return false;
    }
    return true;
}

static bool read_head(struct tape *tape, struct json_at *head, struct err *err)
{
    struct json_at schema = json_key(head, "schema"), version = json_key(head, "lockstep"),
                   at = json_key(head, "at"), t = json_key(head, "t"),
                   settings = json_key(head, "settings");
    const char *began;
    char path[300];
    int64_t number;

    if (!json_get_object(head, err) || !json_get_int(&schema, 1, INT_MAX, &number, err))
        return false;
    if (number > 1)
        return err_set(err, ERR_CONFIG,
                       "%s: written by a newer lockstep (schema %d, this one knows 1)",
                       json_path(&schema, path, sizeof path), (int)number);
    if (!json_get_text(&version, 80, &tape->version, err) ||
        !json_get_text(&at, CLOCK_TEXT, &began, err) ||
        !json_get_int(&t, 0, INT64_MAX / 4, &tape->start_ms, err))
        return false;
    tape->start_utc_ms = clock_parse_utc(began);
    if (tape->start_utc_ms < 0)
        return err_set(err, ERR_CONFIG, "%s: expected a time as 2026-03-02T09:00:00Z, found '%s'",
                       json_path(&at, path, sizeof path), began);
    tape->end_ms = tape->start_ms;
    tape->settings = "";
    if (settings.value) {
        char *text = json_text(settings.value);
        if (!json_get_object(&settings, err)) {
            free(text);
            return false;
        }
        tape->settings = arena_strdup(tape->arena, text);
        free(text);
    }
    return read_clusters(tape, head, err) && read_past(tape, head, err);
}

static bool read_fact_line(struct tape *tape, struct json_at *line, struct err *err)
{
    struct json_at t = json_key(line, "t"), c = json_key(line, "c");
    struct tape_fact fact = {.text = ""};
    int64_t cluster;
    char path[300];

    if (!json_get_object(line, err) || !json_get_int(&t, 0, INT64_MAX / 4, &fact.at_ms, err) ||
        !json_get_int(&c, -1, (int64_t)tape->cluster_count - 1, &cluster, err))
        return false;
    if (fact.at_ms < tape->end_ms)
        return err_set(err, ERR_CONFIG, "%s: expected no time before that of the line above",
                       json_path(&t, path, sizeof path));
    fact.cluster = cluster < 0 ? TAPE_CLUSTERS_MAX : (size_t)cluster;
    switch (tape_read_fact(tape, line, &fact, err)) {
    case TAPE_READ_BAD:
        return false;
    case TAPE_READ_UNKNOWN: /* of a newer lockstep of the same schema */
        return true;
    case TAPE_READ_GOOD:
        break;
    }
    tape->end_ms = fact.at_ms;
    ARRAY_RESERVE(tape->facts, tape->cap, tape->count + 1);
    tape->facts[tape->count++] = fact;
    return true;
}

static bool read_line(struct tape *tape, const char *text, size_t len, size_t number,
                      struct err *err)
{
    const char *what = arena_printf(tape->arena, "%s:%zu", tape->file, number);
    json_t *root = len > TAPE_LINE_MAX ? NULL : json_parse(text, len, what, err);

    if (!root)
        return err_set(err, ERR_CONFIG, "%s: the line is longer than %d bytes", what,
                       TAPE_LINE_MAX);
    struct json_at at = json_root(root, what, tape->arena);
    at.code = ERR_CONFIG;
    bool good = number == 1 ? read_head(tape, &at, err) : read_fact_line(tape, &at, err);
    json_decref(root);
    return good;
}

struct tape *tape_parse(const char *bytes, size_t len, const char *file, struct err *err)
{
    struct arena *arena = arena_new(64 << 10);
    struct tape *tape = arena_alloc(arena, 1, sizeof *tape);
    size_t number = 0;

    tape->arena = arena;
    tape->file = arena_strdup(arena, file);
    for (size_t at = 0; at < len;) {
        const char *end = memchr(bytes + at, '\n', len - at);
        size_t n = end ? (size_t)(end - bytes) - at : len - at;
        number++;
        tape->cut = !end && number > 1; /* a kill while it was written: what is whole counts */
        if (!tape->cut && !read_line(tape, bytes + at, n, number, err)) {
            err->code = ERR_CONFIG;
            tape_free(tape);
            return NULL;
        }
        at += n + 1;
    }
    if (number == 0) {
        err_set(err, ERR_CONFIG, "%s: expected a recording of lockstep's, found an empty file",
                file);
        tape_free(tape);
        return NULL;
    }
    return tape;
}

struct tape *tape_load(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st = {0};
    struct tape *tape = NULL;

    if (fd < 0 || fstat(fd, &st) != 0) {
        err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)INT_MAX) {
        err_set(err, ERR_CONFIG, "%s: expected a file of at most 2 GiB", path);
    } else {
        char *bytes = xcalloc((size_t)st.st_size + 1, 1);
        size_t len = 0;
        for (ssize_t n;
             len < (size_t)st.st_size && (n = read(fd, bytes + len, (size_t)st.st_size - len)) > 0;)
            len += (size_t)n;
        tape = tape_parse(bytes, len, path, err);
        free(bytes);
    }
    if (fd >= 0)
        close(fd);
    return tape;
}

void tape_free(struct tape *tape)
{
    if (!tape)
        return;
    for (size_t i = 0; i < tape->count; i++)
        if (tape->facts[i].kind == TAPE_SERVICE)
            service_unref(tape->facts[i].is.service);
    free(tape->facts);
    arena_free(tape->arena);
}

size_t tape_after(const struct tape *tape, int64_t at_ms)
{
    size_t low = 0, high = tape->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (tape->facts[mid].at_ms <= at_ms)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct tape_fact *tape_mark(const struct tape *tape, int64_t at_ms, bool after)
{
    size_t from = tape_after(tape, at_ms);

    for (size_t i = from; after && i < tape->count; i++)
        if (tape->facts[i].kind == TAPE_MARK)
            return &tape->facts[i];
    for (size_t i = from; !after && i > 0; i--)
        if (tape->facts[i - 1].kind == TAPE_MARK && tape->facts[i - 1].at_ms < at_ms)
            return &tape->facts[i - 1];
    return NULL;
}
