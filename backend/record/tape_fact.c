/* tape_fact.c: the facts of a recording but services. */
#include "record/tape_private.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { DENIALS_MAX = 4096, VALUES_MAX = 4096 };

bool tape_read_word(const struct json_at *at, const char *const *words, unsigned count,
                    unsigned *out, struct err *err)
{
    char path[300], all[200] = "";
    const char *text;
    size_t used = 0;

    if (!json_get_text(at, 40, &text, err))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
        if (used < sizeof all)
            used +=
                (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", words[i]);
    }
    return err_set(err, ERR_CONFIG, "%s: expected one of %s, found '%s'",
                   json_path(at, path, sizeof path), all, text);
}

bool tape_read_event_kind(const struct json_at *up, enum event_kind *out, struct err *err)
{
    struct json_at at = json_key(up, "kind");
    unsigned word;

    if (!tape_read_word(&at, event_word, EVENT_COUNT, &word, err))
        return false;
    *out = (enum event_kind)word;
    return true;
}

static bool read_text(const struct json_at *up, const char *key, size_t max, const char **out,
                      struct err *err)
{
    struct json_at at = json_key(up, key);

    return json_get_text(&at, max, out, err);
}

static bool read_flag(const struct json_at *up, const char *key, bool *out, struct err *err)
{
    struct json_at at = json_key(up, key);

    return json_get_bool(&at, out, err);
}

static bool read_count(const struct json_at *up, const char *key, uint32_t *out, struct err *err)
{
    struct json_at at = json_key(up, key);
    int64_t n;

    if (!json_get_int(&at, 0, INT_MAX, &n, err))
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool read_id(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                    struct err *err)
{
    (void)tape;
    return json_get_text(at, TEXT_NAME_MAX, &fact->text, err);
}

static bool read_nothing(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                         struct err *err)
{
    (void)tape, (void)at, (void)fact, (void)err;
    return true;
}

static bool read_node(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                      struct err *err)
{
    struct node *node = arena_alloc(tape->arena, 1, sizeof *node);
    struct json_at state = json_key(at, "state"), since = json_key(at, "since");
    unsigned word;

    if (!read_text(at, "id", TEXT_NAME_MAX, &node->id, err) ||
        !read_text(at, "name", TEXT_NAME_MAX, &node->name, err) ||
        !read_text(at, "note", TEXT_MESSAGE_MAX, &node->note, err) ||
        !read_flag(at, "draining", &node->draining, err) ||
        !json_get_int(&since, INT64_MIN, INT64_MAX, &node->state_utc_ms, err) ||
        !tape_read_word(&state, node_state_word, NODE_STATE_COUNT, &word, err))
        return false;
    node->state = (enum node_state)word;
    node->cluster = tape->clusters[fact->cluster].name;
    fact->is.node = node;
    return true;
}

static bool read_state(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                       struct err *err)
{
    struct json_at state = json_key(at, "state");
    unsigned word;

    (void)tape;
    if (!tape_read_word(&state, cluster_state_word, CLUSTER_STATE_COUNT, &word, err) ||
        !read_text(at, "why", TEXT_MESSAGE_MAX, &fact->text, err))
        return false;
    fact->is.state = (enum cluster_state)word;
    return true;
}

/* The record is read by its own reader. */
static bool read_ledger(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                        struct err *err)
{
    struct json_at text = json_key(at, "text");
    const char *clean;

    if (!read_text(at, "key", TEXT_NAME_MAX, &fact->text, err) ||
        !json_opt_text(&text, TEXT_NAME_MAX, "", &clean, err))
        return false;
    fact->is.record = arena_strdup(tape->arena, json_raw(text.value));
    return true;
}

static bool read_denial(const struct json_at *at, struct driver_denial *out, struct err *err)
{
    uint32_t verbs;

    if (!json_get_object(at, err) || !read_count(at, "verbs", &verbs, err) ||
        !read_text(at, "kind", TEXT_NAME_MAX, &out->kind, err) ||
        !read_text(at, "scope", TEXT_NAME_MAX, &out->scope, err) ||
        !read_flag(at, "unscoped", &out->unscoped, err) ||
        !read_text(at, "missing", TEXT_MESSAGE_MAX, &out->missing, err))
        return false;
    out->verbs = verbs;
    return true;
}

static bool read_permissions(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                             struct err *err)
{
    struct driver_permissions *p = arena_alloc(tape->arena, 1, sizeof *p);
    struct json_at list = json_key(at, "denials");
    char path[300];

    if (!read_text(at, "who", TEXT_NAME_MAX, &p->who, err) ||
        !read_flag(at, "verified", &p->verified, err) ||
        !read_flag(at, "may_view", &p->may_view, err) ||
        !read_flag(at, "may_act", &p->may_act, err) ||
        !read_text(at, "missing", TEXT_MESSAGE_MAX, &p->missing, err) ||
        !json_get_array(&list, &p->denial_count, err))
        return false;
    if (p->denial_count > DENIALS_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected at most %d entries",
                       json_path(&list, path, sizeof path), DENIALS_MAX);
    struct driver_denial *denials = arena_alloc(tape->arena, p->denial_count + 1, sizeof *denials);
    p->denials = denials;
    fact->is.permissions = p;
    for (size_t i = 0; i < p->denial_count; i++) {
        struct json_at one = json_index(&list, i);
        if (!read_denial(&one, &denials[i], err))
            return false;
    }
    return true;
}

static bool read_measure(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                         struct err *err)
{
    struct tape_measure *m = arena_alloc(tape->arena, 1, sizeof *m);
    struct json_at from = json_key(at, "from"), step = json_key(at, "step"),
                   list = json_key(at, "values"), which = json_key(at, "measure");
    int64_t measure;
    char path[300];

    if (!read_text(at, "service", TEXT_NAME_MAX, &m->of.service_id, err) ||
        !read_text(at, "version", TEXT_NAME_MAX, &m->of.version, err) ||
        !json_get_int(&which, 0, MEASURE_COUNT - 1, &measure, err) ||
        !json_get_int(&from, 0, INT64_MAX / 4, &m->of.from_utc_ms, err) ||
        !json_get_int(&step, 1, INT_MAX, &m->of.step_ms, err) ||
        !json_get_array(&list, &m->of.count, err))
        return false;
    if (m->of.count > VALUES_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected at most %d entries",
                       json_path(&list, path, sizeof path), VALUES_MAX);
    m->of.measure = (enum measure)measure;
    double *values = arena_alloc(tape->arena, m->of.count + 1, sizeof *values);
    for (size_t i = 0; i < m->of.count; i++) {
        const json_t *one = json_array_get(list.value, i);
        struct json_at here = json_index(&list, i);
        if (!json_is_number(one) && !json_is_null(one))
            return err_set(err, ERR_CONFIG, "%s: expected a number or null",
                           json_path(&here, path, sizeof path));
        values[i] = json_is_number(one) ? json_number_value(one) : (double)NAN;
    }
    m->values = values;
    fact->is.measure = m;
    return true;
}

static bool read_told(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                      struct err *err)
{
    struct tape_told *told = arena_alloc(tape->arena, 1, sizeof *told);

    fact->is.told = told;
    return tape_read_event_kind(at, &told->kind, err) &&
           read_text(at, "name", TEXT_NAME_MAX, &told->name, err) &&
           read_text(at, "by", TEXT_NAME_MAX, &told->by, err) &&
           read_text(at, "text", TEXT_MESSAGE_MAX, &fact->text, err);
}

struct into {
    const char *key;
    char *out;
    size_t size;
};

static bool read_action_texts(const struct json_at *at, struct action_status *status,
                              struct err *err)
{
    struct action *a = &status->action;
    const struct into rows[] = {
        {"id", a->id, sizeof a->id}, {"service", a->service, sizeof a->service},
        {"by", a->by, sizeof a->by}, {"from", a->from, sizeof a->from},
        {"to", a->to, sizeof a->to}, {"sentence", status->sentence, sizeof status->sentence},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text;
        if (!read_text(at, rows[i].key, rows[i].size - 1, &text, err))
            return false;
        snprintf(rows[i].out, rows[i].size, "%s", text);
    }
    return true;
}

static bool read_action(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                        struct err *err)
{
    struct tape_action *out = arena_alloc(tape->arena, 1, sizeof *out);
    struct action_status *status = &out->status;
    struct action *a = &status->action;
    struct json_at ticket = json_key(at, "ticket"), verb = json_key(at, "verb"),
                   phase = json_key(at, "phase"), end = json_key(at, "end"),
                   since = json_key(at, "since");
    int64_t number, phase_at;
    unsigned verb_at, end_at;

    if (!json_get_int(&ticket, 0, INT64_MAX, &number, err) ||
        !json_get_int(&phase, 0, PHASE_COUNT - 1, &phase_at, err) ||
        !json_get_int(&since, 0, INT64_MAX / 4, &status->since_ms, err) ||
        !tape_read_word(&verb, verb_word, VERB_COUNT, &verb_at, err) ||
        !tape_read_word(&end, action_end_word, END_COUNT, &end_at, err) ||
        !read_action_texts(at, status, err) || !read_count(at, "have", &a->have_count, err) ||
        !read_count(at, "to_count", &a->to_count, err) ||
        !read_count(at, "replicas", &a->replicas, err) ||
        !read_count(at, "write", &a->write, err) || !read_count(at, "writes", &a->writes, err))
        return false;
    out->ticket = (uint64_t)number;
    a->verb = (enum verb)verb_at;
    status->phase = (enum action_phase)phase_at;
    status->end = (enum action_end)end_at;
    snprintf(a->cluster, sizeof a->cluster, "%s", tape->clusters[fact->cluster].name);
    fact->is.action = out;
    return true;
}

static const struct {
    const char *word;
    enum tape_kind kind;
    bool alone; /* may be of no cluster */
    bool (*read)(struct tape *tape, const struct json_at *at, struct tape_fact *fact,
                 struct err *err);
} readers[] = {
    {"service", TAPE_SERVICE, false, tape_read_service},
    {"service_gone", TAPE_SERVICE_GONE, false, read_id},
    {"node", TAPE_NODE, false, read_node},
    {"node_gone", TAPE_NODE_GONE, false, read_id},
    {"synced", TAPE_SYNCED, false, read_nothing},
    {"fresh", TAPE_FRESH, false, read_nothing},
    {"state", TAPE_STATE, false, read_state},
    {"ledger", TAPE_LEDGER, false, read_ledger},
    {"permissions", TAPE_PERMISSIONS, false, read_permissions},
    {"measure", TAPE_MEASURE, false, read_measure},
    {"told", TAPE_TOLD, true, read_told},
    {"action", TAPE_ACTION, false, read_action},
    {"mark", TAPE_MARK, true, read_id},
};

enum tape_read tape_read_fact(struct tape *tape, const struct json_at *line, struct tape_fact *fact,
                              struct err *err)
{
    char path[300];

    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        struct json_at at = json_key(line, readers[i].word);
        if (!at.value)
            continue;
        fact->kind = readers[i].kind;
        if (fact->cluster == TAPE_CLUSTERS_MAX && !readers[i].alone) {
            err_set(err, ERR_CONFIG, "%s: expected the cluster it is of in \"c\", found none",
                    json_path(&at, path, sizeof path));
            return TAPE_READ_BAD;
        }
        return readers[i].read(tape, &at, fact, err) ? TAPE_READ_GOOD : TAPE_READ_BAD;
    }
    return TAPE_READ_UNKNOWN;
}
