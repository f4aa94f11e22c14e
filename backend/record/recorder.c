/* recorder.c: see recorder.h. The shapes are those that tape.c takes. */
#include "record/recorder.h"

#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRESH_MS = 100, BUFFER = 64 << 10 };

struct tee {
    struct recorder *recorder;
    size_t index;
    struct driver_sink inner;
    int64_t fresh_ms;
};

struct recorder {
    FILE *file;
    char path[512], why[300];
    bool told_why;
    json_t *settings;
    const struct clock *clock; /* NULL: not begun */
    struct tee *tees;
    int64_t bytes;
};

struct recorder *recorder_open(const char *path, json_t *settings, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!file) {
        err_set(err, ERR_USAGE, "recording into %s: %s", path,
                errno == EEXIST ? "it is there already; name a new file" : strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct recorder *recorder = xcalloc(1, sizeof *recorder);
    setvbuf(file, NULL, _IOFBF, BUFFER);
    recorder->file = file;
    recorder->settings = json_incref(settings);
    snprintf(recorder->path, sizeof recorder->path, "%s", path);
    return recorder;
}

void recorder_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->file)
        fclose(recorder->file);
    json_decref(recorder->settings);
    free(recorder->tees);
    free(recorder);
}

static void stop(struct recorder *recorder, const char *why)
{
    snprintf(recorder->why, sizeof recorder->why, "nothing more is recorded: %.180s", why);
    fclose(recorder->file);
    recorder->file = NULL;
}

static void write_line(struct recorder *recorder, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);

    json_decref(line);
    if (!recorder->file || !text) {
        free(text);
        return;
    }
    recorder->bytes += (int64_t)strlen(text) + 1;
    if (recorder->bytes > RECORD_BYTES_MAX)
        stop(recorder, "the recording is as large as it may be");
    else if (fputs(text, recorder->file) < 0 || putc('\n', recorder->file) == EOF)
        stop(recorder, strerror(errno));
    free(text);
}

static void write_fact(struct recorder *recorder, size_t index, const char *word, json_t *fact)
{
    write_line(recorder,
               json_pack("{sI sI so}", "t", (json_int_t)clock_now_ms(recorder->clock), "c",
                         index == (size_t)-1 ? (json_int_t)-1 : (json_int_t)index, word, fact));
}

static bool is_on(const struct recorder *recorder)
{
    return recorder && recorder->file && recorder->clock;
}

static json_t *caps_json(const struct driver *driver)
{
    const struct driver_caps *caps = driver->ops->caps(driver);

    return json_pack("{sb sb sb sb ss}", "ledger", caps->ledger, "choose_nodes", caps->choose_nodes,
                     "measures", caps->measures, "clears_marks", caps->clears_marks, "drift_note",
                     caps->drift_note);
}

static json_t *past_json(const struct board_event *past, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{ss sI ss ss ss ss}", "kind", event_word[past[i].kind], "at",
                            (json_int_t)past[i].at_utc_ms, "cluster", past[i].cluster, "name",
                            past[i].name, "text", past[i].text, "by", past[i].by));
    return list;
}

void record_begin(struct recorder *recorder, const struct clock *clock,
                  const struct record_cluster *clusters, size_t count,
                  const struct board_event *past, size_t past_count)
{
    json_t *list = json_array();
    char at[CLOCK_TEXT];

    if (!recorder) {
        json_decref(list);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct record_cluster *c = &clusters[i];
        json_t *one =
            json_pack("{ss ss sb sb}", "name", c->config->name, "kind", c->config->kind,
                      "production", c->config->production, "read_only", c->config->read_only);
        if (c->driver)
            json_object_set_new(one, "caps", caps_json(c->driver));
        else
            json_object_set_new(one, "failed", json_string(c->why));
        json_array_append_new(list, one);
    }
    recorder->clock = clock;
    json_t *head =
        json_pack("{si ss ss sI so so}", "schema", 1, "lockstep", LOCKSTEP_VERSION, "at",
                  clock_format_utc(clock_utc_ms(clock), at), "t", (json_int_t)clock_now_ms(clock),
                  "clusters", list, "past", past_json(past, past_count));
    if (recorder->settings)
        json_object_set(head, "settings", recorder->settings);
    write_line(recorder, head);
}

static json_t *counts_json(const uint32_t count[INSTANCE_STATE_COUNT])
{
    json_t *list = json_array();

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        json_array_append_new(list, json_integer(count[s]));
    return list;
}

static void put_what_runs(json_t *out, const struct service *s)
{
    json_t *versions = json_array(), *placements = json_array(), *launchers = json_array(),
           *instances = json_array();

    for (size_t i = 0; i < s->version_count; i++)
        json_array_append_new(
            versions, json_pack("{ss ss so sI}", "version", s->versions[i].version, "digest",
                                s->versions[i].digest, "count", counts_json(s->versions[i].count),
                                "young", (json_int_t)s->versions[i].young_utc_ms));
    for (size_t i = 0; i < s->placement_count; i++)
        json_array_append_new(placements, json_pack("{ss sI so}", "node", s->placements[i].node,
                                                    "version", (json_int_t)s->placements[i].version,
                                                    "count", counts_json(s->placements[i].count)));
    for (size_t i = 0; i < s->launcher_count; i++)
        json_array_append_new(launchers, json_pack("{ss ss}", "name", s->launchers[i].name,
                                                   "version", s->launchers[i].version));
    for (size_t i = 0; i < s->instance_count; i++) {
        const struct instance *one = &s->instances[i];
        json_array_append_new(instances,
                              json_pack("{ss ss sI ss ss sI}", "name", one->name, "node", one->node,
                                        "version", (json_int_t)one->version, "state",
                                        instance_state_word[one->state], "reason", one->reason,
                                        "since", (json_int_t)one->since_utc_ms));
    }
    json_object_set_new(out, "versions", versions);
    json_object_set_new(out, "placements", placements);
    json_object_set_new(out, "launchers", launchers);
    json_object_set_new(out, "instances", instances);
}

static json_t *service_json(const struct service *s)
{
    json_t *marks = json_array();

    for (size_t i = 0; i < s->mark_count; i++)
        json_array_append_new(marks, json_string(s->marks[i]));
    json_t *out = json_pack(
        "{ss ss ss ss ss ss ss ss sI sb ss ss ss ss sI sI ss ss sI sI so}", "id", s->id, "name",
        s->name, "scope", s->scope, "kind", s->kind, "owner", s->owner, "revision", s->revision,
        "spec_digest", s->spec_digest, "config_digest", s->config_digest, "replicas",
        (json_int_t)s->replicas, "per_node", s->per_node, "wants", s->wants, "was", s->was,
        "artifact", s->artifact, "contract", s->contract, "motion", (json_int_t)s->motion,
        "trouble", (json_int_t)s->trouble, "reason", s->reason, "by", s->by, "since",
        (json_int_t)s->since_utc_ms, "observed", (json_int_t)s->observed_ms, "marks", marks);

    put_what_runs(out, s);
    return out;
}

static void on_service(void *arg, const struct service *service)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "service", service_json(service));
    tee->inner.service(tee->inner.arg, service);
}

static void on_service_gone(void *arg, const char *id)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "service_gone", json_string(id));
    tee->inner.service_gone(tee->inner.arg, id);
}

static void on_node(void *arg, const struct node *node)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "node",
                   json_pack("{ss ss ss sb sI ss}", "id", node->id, "name", node->name, "state",
                             node_state_word[node->state], "draining", node->draining, "since",
                             (json_int_t)node->state_utc_ms, "note", node->note));
    tee->inner.node(tee->inner.arg, node);
}

static void on_node_gone(void *arg, const char *id)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "node_gone", json_string(id));
    tee->inner.node_gone(tee->inner.arg, id);
}

static void on_synced(void *arg)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "synced", json_true());
    tee->inner.synced(tee->inner.arg);
}

/* Ages on the screen are told in tenths of a second at best. */
static void on_fresh(void *arg)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder)) {
        int64_t now = clock_now_ms(tee->recorder->clock);
        if (now - tee->fresh_ms >= FRESH_MS) {
            write_fact(tee->recorder, tee->index, "fresh", json_true());
            tee->fresh_ms = now;
        }
    }
    tee->inner.fresh(tee->inner.arg);
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct tee *tee = arg;

    if (is_on(tee->recorder))
        write_fact(tee->recorder, tee->index, "state",
                   json_pack("{ss ss}", "state", cluster_state_word[state], "why",
                             err_failed(why) ? why->text : ""));
    tee->inner.state(tee->inner.arg, state, why);
}

/* What becomes of these is recorded: what was said, and the record that was read. */
static void on_event(void *arg, const char *service_id, const char *text)
{
    struct tee *tee = arg;

    tee->inner.event(tee->inner.arg, service_id, text);
}

static void on_ledger_changed(void *arg, const char *key)
{
    struct tee *tee = arg;

    tee->inner.ledger_changed(tee->inner.arg, key);
}

struct driver_sink record_sink(struct recorder *recorder, size_t index,
                               const struct driver_sink *inner)
{
    enum { CLUSTERS_MAX = 64 };

    if (!recorder || index >= CLUSTERS_MAX)
        return *inner;
    if (!recorder->tees)
        recorder->tees = xcalloc(CLUSTERS_MAX, sizeof *recorder->tees);
    struct tee *tee = &recorder->tees[index];
    *tee = (struct tee){recorder, index, *inner, -FRESH_MS};
    return (struct driver_sink){
        .arg = tee,
        .service = on_service,
        .service_gone = on_service_gone,
        .node = on_node,
        .node_gone = on_node_gone,
        .synced = on_synced,
        .fresh = on_fresh,
        .state = on_state,
        .event = on_event,
        .ledger_changed = on_ledger_changed,
    };
}

void record_ledger(struct recorder *recorder, size_t index, const char *key, const char *text)
{
    if (is_on(recorder))
        write_fact(recorder, index, "ledger", json_pack("{ss ss?}", "key", key, "text", text));
}

void record_permissions(struct recorder *recorder, size_t index, const struct driver_permissions *p)
{
    json_t *denials;

    if (!is_on(recorder))
        return;
    denials = json_array();
    for (size_t i = 0; i < p->denial_count; i++) {
        const struct driver_denial *d = &p->denials[i];
        json_array_append_new(denials, json_pack("{sI ss ss sb ss}", "verbs", (json_int_t)d->verbs,
                                                 "kind", d->kind, "scope", d->scope, "unscoped",
                                                 d->unscoped, "missing", d->missing));
    }
    write_fact(recorder, index, "permissions",
               json_pack("{ss sb sb sb ss so}", "who", p->who, "verified", p->verified, "may_view",
                         p->may_view, "may_act", p->may_act, "missing", p->missing, "denials",
                         denials));
}

void record_measure(struct recorder *recorder, size_t index, const struct driver_measure *m,
                    const double *values)
{
    json_t *list;

    if (!is_on(recorder))
        return;
    list = json_array();
    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(list, isfinite(values[i]) ? json_real(values[i]) : json_null());
    write_fact(recorder, index, "measure",
               json_pack("{ss ss sI sI sI so}", "service", m->service_id, "version", m->version,
                         "measure", (json_int_t)m->measure, "from", (json_int_t)m->from_utc_ms,
                         "step", (json_int_t)m->step_ms, "values", list));
}

void record_told(struct recorder *recorder, size_t index, unsigned kind, const char *name,
                 const char *by, const char *text)
{
    if (is_on(recorder))
        write_fact(recorder, index, "told",
                   json_pack("{ss ss ss ss}", "kind", event_word[kind], "name", name, "by", by,
                             "text", text));
}

void record_action(struct recorder *recorder, size_t index, uint64_t ticket,
                   const struct action_status *status)
{
    const struct action *a = &status->action;

    if (is_on(recorder))
        write_fact(recorder, index, "action",
                   json_pack("{sI ss ss ss ss ss ss sI sI sI sI sI sI ss ss sI}", "ticket",
                             (json_int_t)ticket, "id", a->id, "verb", verb_word[a->verb], "service",
                             a->service, "by", a->by, "from", a->from, "to", a->to, "have",
                             (json_int_t)a->have_count, "to_count", (json_int_t)a->to_count,
                             "replicas", (json_int_t)a->replicas, "write", (json_int_t)a->write,
                             "writes", (json_int_t)a->writes, "phase", (json_int_t)status->phase,
                             "end", action_end_word[status->end], "sentence", status->sentence,
                             "since", (json_int_t)status->since_ms));
}

void record_mark(struct recorder *recorder, const char *text)
{
    if (is_on(recorder))
        write_fact(recorder, (size_t)-1, "mark", json_string(text));
}

const char *recorder_flush(struct recorder *recorder)
{
    if (!recorder)
        return "";
    if (recorder->file && fflush(recorder->file) != 0)
        stop(recorder, strerror(errno));
    if (!recorder->why[0] || recorder->told_why)
        return "";
    recorder->told_why = true;
    return recorder->why;
}
