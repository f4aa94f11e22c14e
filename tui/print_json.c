/* print_json.c: frames, rows, verdicts and actions as JSON. */
#include "print.h"

#include "board/verdict_json.h"
#include "health/evidence.h"

#include <math.h>
#include <string.h>

void json_put(json_t *object, const char *key, const char *text)
{
    json_t *value = json_string(text ? text : "");

    json_object_set_new(object, key, value ? value : json_string(""));
}

void json_put_int(json_t *object, const char *key, int64_t number)
{
    json_object_set_new(object, key, json_integer(number));
}

void json_put_bool(json_t *object, const char *key, bool flag)
{
    json_object_set_new(object, key, json_boolean(flag));
}

void json_put_utc(json_t *object, const char *key, int64_t utc_ms)
{
    char text[CLOCK_TEXT];

    if (utc_ms < 0)
        json_object_set_new(object, key, json_null());
    else
        json_put(object, key, clock_format_utc(utc_ms, text));
}

static json_t *json_of_options(const struct row *row)
{
    json_t *out = json_object();

    for (unsigned v = 0; v < VERB_COUNT; v++) {
        const struct option *option = &row->option[v];
        if (!option->offered)
            continue;
        json_t *item = json_object();
        json_put_bool(item, "allowed", option->allowed);
        json_put(item, "effect", option->effect);
        json_put_int(item, "to_count", option->to_count);
        json_object_set_new(item, "verdict", verdict_json(&option->verdict));
        json_put(item, "warning", option->verdict.warning);
        json_object_set_new(out, verb_word[v], item);
    }
    return out;
}

static json_t *json_of_versions(const struct service *service)
{
    json_t *out = json_array();

    for (size_t i = 0; i < service->version_count; i++) {
        const struct version_count *version = &service->versions[i];
        json_t *item = json_object();
        json_put(item, "version", version->version);
        json_put(item, "digest", version->digest);
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            json_put_int(item, instance_state_word[s], version->count[s]);
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_release(const struct release *release)
{
    json_t *out = json_object();

    json_put(out, "stage", stage_word[release->stage]);
    json_put_bool(out, "paused", release->paused);
    json_put(out, "from", release->from);
    json_put(out, "to", release->to);
    json_put_int(out, "target", release->target);
    json_put(out, "by", release->by);
    json_put_utc(out, "since_utc", release->since_utc_ms);
    return out;
}

static json_t *json_of_certificate(const struct certificate *cert)
{
    json_t *out = json_object();

    json_put(out, "state", proof_word[cert->state]);
    json_put(out, "version", cert->version);
    json_put(out, "from", cert->from);
    json_put(out, "digest", cert->digest);
    json_put(out, "basis", cert->basis);
    json_put(out, "by", cert->by);
    json_put_utc(out, "at_utc", cert->at_utc_ms > 0 ? cert->at_utc_ms : -1);
    json_put_bool(out, "attended", cert->attended);
    json_put(out, "evidence", cert->evidence);
    return out;
}

static json_t *json_of_value(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_of_series(const struct evidence *e, unsigned measure, unsigned group)
{
    json_t *out = json_array();

    for (size_t i = 0; i < e->count[group]; i++)
        json_array_append_new(out, json_of_value(e->measure[measure].value[group][i]));
    return out;
}

static json_t *json_of_measures(const struct evidence *e)
{
    json_t *out = json_array();

    for (unsigned m = 0; m < MEASURE_COUNT; m++) {
        if (!e->measure[m].asked)
            continue;
        const struct judgement *said = &e->measure[m].said;
        json_t *item = json_object();
        json_put(item, "measure", measure_word[m]);
        json_put(item, "answer", m == MEASURE_TRAFFIC ? "" : judge_answer_word[said->answer]);
        json_put(item, "reason", said->reason);
        json_object_set_new(item, "new", json_of_series(e, m, GROUP_CANARY));
        json_object_set_new(item, "old", json_of_series(e, m, GROUP_CONTROL));
        json_array_append_new(out, item);
    }
    return out;
}

/* What the bake that runs is judged by; null where nothing is measured. */
static json_t *json_of_evidence(const struct evidence *e)
{
    json_t *out = e ? json_object() : json_null();

    if (!e)
        return out;
    json_put(out, "version", e->version);
    json_put(out, "against", e->control);
    json_put_bool(out, "before_after", e->before_after);
    json_put(out, "answer", judge_answer_word[e->answer]);
    json_put(out, "reason", e->reason);
    json_put(out, "trouble", e->trouble);
    json_put_bool(out, "exposed", e->exposed);
    json_put_int(out, "samples", (int64_t)e->samples);
    json_put_int(out, "needed", (int64_t)e->needed);
    json_put_int(out, "step_ms", e->step_ms);
    json_put_utc(out, "began_utc", e->began_utc_ms);
    json_put_utc(out, "newest_utc", evidence_newest_utc_ms(e) ? evidence_newest_utc_ms(e) : -1);
    json_object_set_new(out, "measures", json_of_measures(e));
    return out;
}

static json_t *json_of_stages(const struct row *row)
{
    const struct stage_view *stages = &row->stages;
    json_t *out = json_object();

    json_put(out, "profile", stages->profile);
    json_put_bool(out, "active", stages->active);
    json_put(out, "stage", stage_word[stages->stage]);
    json_put_int(out, "wave", stages->wave);
    json_put_int(out, "waves", stages->waves);
    json_put(out, "next", stage_word[stages->next]);
    json_put_int(out, "next_count", stages->next_count);
    json_put(out, "waits", stages->waits);
    json_put_int(out, "left_ms", stages->left_ms);
    json_put_int(out, "total_ms", stages->total_ms);
    json_put_int(out, "whole_ms", stages->whole_ms);
    json_put_bool(out, "rehearsal", stages->rehearsal);
    json_put(out, "evidence",
             !stages->judged        ? "readiness and restarts only, weak"
             : stages->before_after ? "measured, against what was before"
                                    : "measured, against what runs beside it");
    json_put_bool(out, "worse", stages->worse);
    json_object_set_new(out, "measured", json_of_evidence(row->evidence));
    json_object_set_new(out, "certificate",
                        stages->cert.state == PROOF_NONE ? json_null()
                                                         : json_of_certificate(&stages->cert));
    json_put_bool(out, "attend", stages->attend);
    json_put_bool(out, "watched", stages->watched);
    json_put(out, "elsewhere", stages->elsewhere);
    json_put(out, "voided", stages->voided);
    json_put(out, "voids", stages->voids);
    return out;
}

static json_t *json_of_broken(const struct row *row)
{
    json_t *out = json_array();

    for (size_t i = 0; i < row->broken_count; i++)
        json_array_append_new(out, finding_json(&row->broken[i]));
    return out;
}

json_t *json_of_row(const struct row *row)
{
    const struct service *service = row->service;
    json_t *out = json_object();

    json_put(out, "cluster", service->cluster);
    json_put(out, "service", service->name);
    json_put(out, "id", service->id);
    json_put(out, "scope", service->scope);
    json_put(out, "kind", service->kind);
    json_put(out, "owner", service->owner);
    json_put(out, "state", board_word[row->state]);
    json_put(out, "from", row->from);
    json_put(out, "to", row->to);
    json_put_int(out, "have", row->have);
    json_put_int(out, "want", row->want);
    json_put_int(out, "ghosts", row->ghosts);
    json_put_int(out, "step", row->step);
    json_put_int(out, "steps", row->steps);
    json_put_utc(out, "since_utc", row->since_utc_ms);
    json_put(out, "by", row->by);
    json_put(out, "why", row->why);
    json_put(out, "drift", row->drift);
    json_put_bool(out, "moves_by_itself", row->moves_by_itself);
    json_put(out, "revision", service->revision);
    json_object_set_new(out, "versions", json_of_versions(service));
    json_object_set_new(out, "broken", json_of_broken(row));
    json_object_set_new(out, "release", row->release ? json_of_release(row->release) : json_null());
    if (row->stages.whole_ms > 0) /* its profile has stages */
        json_object_set_new(out, "stages", json_of_stages(row));
    json_object_set_new(out, "safety", json_of_safety(row->safety));
    json_object_set_new(out, "floor", json_of_floor(&row->floor));
    json_object_set_new(out, "glass", json_of_glass(&row->glass));
    json_put_utc(out, "stable_since_utc", row->stable_since_utc_ms);
    json_object_set_new(out, "stable_left_ms",
                        row->stable_left_ms < 0 ? json_null() : json_integer(row->stable_left_ms));
    json_object_set_new(out, "options", json_of_options(row));
    return out;
}

json_t *json_of_action(const struct action_status *status)
{
    const struct action *action = &status->action;
    json_t *out = json_object();

    json_put(out, "id", action->id);
    json_put(out, "verb", verb_word[action->verb]);
    json_put(out, "cluster", action->cluster);
    json_put(out, "service_id", action->service);
    json_put(out, "by", action->by);
    json_put(out, "from", action->from);
    json_put(out, "to", action->to);
    if (action->verb == VERB_ATTEST) {
        json_put(out, "attested", attested_word[action->attested]);
        if (action->attested == ATTEST_USAGE)
            json_put_int(out, "calls", (int64_t)action->calls);
    }
    json_put_int(out, "have_count", action->have_count);
    json_put_int(out, "to_count", action->to_count);
    json_put_int(out, "replicas", action->replicas);
    json_put_int(out, "write", action->write);
    json_put_int(out, "writes", action->writes);
    json_put(out, "phase", action_phase_word[status->phase]);
    return out;
}

static json_t *json_of_alarms(const struct frame *frame, const struct row *only)
{
    json_t *out = json_array();

    for (size_t i = 0; i < frame->alarm_count; i++) {
        const struct alarm *alarm = &frame->alarms[i];
        if (only && alarm->service_id && alarm->service_id[0] &&
            strcmp(alarm->service_id, only->service->id) != 0)
            continue;
        json_t *item = json_object();
        json_put(item, "cluster", alarm->cluster);
        json_put(item, "name", alarm->name);
        json_put(item, "rule", rule_word[alarm->rule]);
        json_put(item, "kind", alarm_word[alarm->kind]);
        json_put(item, "sentence", alarm->sentence);
        json_put(item, "object", alarm->object);
        json_put(item, "fact", alarm->fact);
        json_put(item, "way_out", alarm->way_out);
        json_put_utc(item, "first_utc", alarm->first_utc_ms);
        json_put_utc(item, "last_utc", alarm->last_utc_ms);
        json_put_bool(item, "resolved", alarm->resolved);
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_clusters(const struct frame *frame)
{
    json_t *out = json_array();

    for (size_t i = 0; i < frame->cluster_count; i++) {
        const struct board_cluster *cluster = &frame->clusters[i];
        json_t *item = json_object();
        json_put(item, "name", cluster->name);
        json_put(item, "kind", cluster->kind);
        json_put(item, "state", cluster_state_word[cluster->state]);
        if (cluster->age_ms >= 0)
            json_put_int(item, "age_ms", cluster->age_ms);
        else
            json_object_set_new(item, "age_ms", json_null());
        json_put(item, "why", cluster->why);
        json_put(item, "who", cluster->who);
        json_put_bool(item, "production", cluster->production);
        json_put_bool(item, "read_only", cluster->read_only);
        json_put_bool(item, "may_act", cluster->may_act);
        json_put(item, "note", cluster->note);
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *json_of_nodes(const struct snapshot *snapshot)
{
    json_t *out = json_array();

    for (size_t i = 0; snapshot && i < snapshot->node_count; i++) {
        const struct node *node = &snapshot->nodes[i];
        json_t *item = json_object();
        json_put(item, "cluster", node->cluster);
        json_put(item, "id", node->id);
        json_put(item, "name", node->name);
        json_put(item, "state", node_state_word[node->state]);
        json_put_bool(item, "draining", node->draining);
        json_put_utc(item, "since_utc", node->state_utc_ms);
        json_put(item, "note", node->note);
        json_array_append_new(out, item);
    }
    return out;
}

json_t *json_of_frame(const struct frame *frame, const struct row *only)
{
    json_t *out = json_object(), *services = json_array();

    json_put_int(out, "schema", 1);
    json_put_utc(out, "at_utc", frame->utc_ms);
    for (size_t i = 0; i < frame->row_count; i++)
        if (!only || only == frame->rows[i])
            json_array_append_new(services, json_of_row(frame->rows[i]));
    json_object_set_new(out, "services", services);
    json_object_set_new(out, "alarms", json_of_alarms(frame, only));
    json_object_set_new(out, "clusters", json_of_clusters(frame));
    json_object_set_new(out, "nodes", json_of_nodes(frame->snapshot));
    json_put(out, "notice", frame->notice);
    return out;
}
