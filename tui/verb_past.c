/* verb_past.c: `lockstep history --from-cluster [SERVICE]`: which releases of before would have
 * been worth a second look, from what the clusters still know; reads only.
 *
 * Exit status: 0; 2 usage; 3 a cluster could not be read.
 *
 * -o json prints one object: schema; since; clusters: of each cluster name, error (null), services,
 * services_cut, releases: of each service, service_id, scope, kind, from (null not known), to,
 * artifact, at (null not known), done, by, cause, running, replicas, unknown (whether it had canary
 * and bake), findings: of each fault, assumed, text; found: fault -> how many; not_known, untimed.
 */
#include "board/past.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

enum { PAST_MS = 120000, DAY_MS = 86400000, DAYS = 90, WHEN = 32 };

struct telling {
    const struct args *args;
    const char *cluster;
    int64_t since_utc_ms, utc_ms;
    bool several;
    json_t *clusters; /* OUTPUT_JSON */
    int status;
};

static const char *when_text(int64_t utc_ms, char out[WHEN])
{
    char text[CLOCK_TEXT];

    if (utc_ms < 0)
        snprintf(out, WHEN, "not known");
    else
        snprintf(out, WHEN, "%.10s %.8sZ", clock_format_utc(utc_ms, text), text + 11);
    return out;
}

static bool is_meant(const struct telling *telling, const struct past *past)
{
    const char *word = telling->args->operand_count ? telling->args->operands[0] : NULL;
    size_t scope = strlen(past->scope);

    return !word || strcmp(word, past->name) == 0 || strcmp(word, past->service_id) == 0 ||
           (scope && strncmp(word, past->scope, scope) == 0 && word[scope] == '/' &&
            strcmp(word + scope + 1, past->name) == 0);
}

static json_t *json_of_release(const struct past_row *row)
{
    const struct past_release *release = row->release;
    json_t *out = json_object(), *findings = json_array();

    json_put(out, "service", row->of->name);
    json_put(out, "service_id", row->of->service_id);
    json_put(out, "scope", row->of->scope);
    json_put(out, "kind", row->of->kind);
    json_object_set_new(out, "from", row->before ? json_string(row->before->version) : json_null());
    json_put(out, "to", release->version);
    json_put(out, "artifact", release->artifact);
    json_put_utc(out, "at", release->at_utc_ms);
    json_put_utc(out, "done", release->done_utc_ms);
    json_put(out, "by", release->by);
    json_put(out, "cause", release->cause);
    json_put_int(out, "running", release->running);
    json_put_int(out, "replicas", row->of->replicas);
    json_put_bool(out, "unknown", row->unknown);
    for (unsigned f = 0; f < PAST_FAULT_COUNT; f++) {
        if (!row->words[f])
            continue;
        json_t *finding = json_object();
        json_put(finding, "fault", past_fault_word[f]);
        json_put_bool(finding, "assumed", row->assumed[f]);
        json_put(finding, "text", row->words[f]);
        json_array_append_new(findings, finding);
    }
    json_object_set_new(out, "findings", findings);
    return out;
}

static void add_json(struct telling *telling, const struct past_report *report)
{
    json_t *out = json_object(), *releases = json_array(), *found = json_object();

    for (size_t i = 0; i < report->row_count; i++)
        json_array_append_new(releases, json_of_release(&report->rows[i]));
    for (unsigned f = 0; f < PAST_FAULT_COUNT; f++)
        json_put_int(found, past_fault_word[f], (int64_t)report->found[f]);
    json_put(out, "name", telling->cluster);
    json_object_set_new(out, "error", json_null());
    json_put_int(out, "services", (int64_t)report->services);
    json_put_int(out, "services_cut", (int64_t)report->cut);
    json_put_int(out, "not_known", (int64_t)report->unknown);
    json_put_int(out, "untimed", (int64_t)report->untimed);
    json_object_set_new(out, "found", found);
    json_object_set_new(out, "releases", releases);
    json_array_append_new(telling->clusters, out);
}

/* One line for each finding; the first one stands beside the release. */
static void add_findings(struct table *table, const struct past_row *row)
{
    bool first = true;

    for (unsigned f = 0; f < PAST_FAULT_COUNT; f++) {
        if (!row->words[f])
            continue;
        for (int i = 0; i < 4 && !first; i++)
            table_add(table, "");
        table_addf(table, "%s%s: %s", past_fault_word[f], row->assumed[f] ? "?" : "",
                   row->words[f]);
        first = false;
    }
    if (first)
        table_add(table, row->unknown ? "nothing; canary and bake are not known"
                         : row->alone ? "nothing; one instance has no canary"
                                      : "nothing");
}

static void print_rows(const struct past_report *report)
{
    static const char *const heads[] = {"WHEN", "SERVICE", "RELEASE", "BY", "FOUND"};
    struct table table;

    table_start(&table, ARRAY_LEN(heads), heads);
    for (size_t i = 0; i < report->row_count; i++) {
        const struct past_row *row = &report->rows[i];
        const struct past_release *release = row->release;
        char when[WHEN];
        table_add(&table, when_text(release->at_utc_ms, when));
        table_addf(&table, "%s%s%s", row->of->scope, row->of->scope[0] ? "/" : "", row->of->name);
        table_addf(&table, "%s -> %s", row->before ? row->before->version : "?", release->version);
        table_add(&table, release->by[0] ? release->by : release->cause[0] ? release->cause : "-");
        add_findings(&table, row);
    }
    table_end(&table);
}

static void print_sum(const struct telling *telling, const struct past_report *report)
{
    uint32_t days = telling->args->days ? telling->args->days : DAYS;

    printf("\n%zu release%s of %zu service%s in %u days", report->row_count,
           report->row_count == 1 ? "" : "s", report->services, report->services == 1 ? "" : "s",
           days);
    for (unsigned f = 0; f < PAST_FAULT_COUNT; f++)
        if (report->found[f])
            printf("\n%6zu %s: %s", report->found[f], past_fault_word[f], past_fault_means[f]);
    printf("\nWhat this cannot tell:\n");
    if (report->unknown)
        printf("  of %zu, whether they had a canary and a bake: that shows only while the first "
               "instances live, or in events, which a cluster keeps for about an hour\n",
               report->unknown);
    if (report->untimed)
        printf("  of %zu, when: they went back to what had been there before\n", report->untimed);
    if (report->cut)
        printf("  what %zu service%s released earlier: the cluster keeps only so many\n",
               report->cut, report->cut == 1 ? "" : "s");
    printf(
        "  who is coupled to whom (no contracts are read): a namespace is taken as coupled, a "
        "release as lasting 10 minutes where its end is not known, and versions as steps of one; "
        "what rests on this has a ?\n");
}

static void on_pasts(void *arg, const struct past *pasts, size_t count, const struct err *err)
{
    struct telling *telling = arg;
    struct arena *arena = arena_new(16384);

    if (err) {
        complain("%s: %s", telling->cluster, err->text);
        telling->status = EXIT_UNREACHED;
        if (telling->clusters) {
            json_t *out = json_object();
            json_put(out, "name", telling->cluster);
            json_put(out, "error", err->text);
            json_array_append_new(telling->clusters, out);
        }
        arena_free(arena);
        return;
    }
    struct past_report report = past_judge(pasts, count, telling->since_utc_ms, arena);
    size_t kept = 0; /* judged with all the others, told alone */
    for (size_t i = 0; i < report.row_count; i++)
        if (is_meant(telling, report.rows[i].of))
            report.rows[kept++] = report.rows[i];
    if (kept < report.row_count)
        past_count(&report, kept);
    if (telling->clusters) {
        add_json(telling, &report);
    } else {
        if (telling->several)
            printf("%s\n", telling->cluster);
        print_rows(&report);
        print_sum(telling, &report);
        if (telling->several)
            printf("\n");
    }
    arena_free(arena);
}

static int tell_all(struct session *session, struct telling *telling)
{
    int64_t timeout = telling->args->timeout_ms ? telling->args->timeout_ms : PAST_MS;

    for (size_t i = 0; i < session->cluster_count; i++) {
        struct err err = {0};
        telling->cluster = session->clusters[i].name;
        if (!engine_past(session->engine, telling->cluster, timeout, on_pasts, telling, &err))
            on_pasts(telling, NULL, 0, &err);
    }
    return telling->status;
}

int verb_past(const struct args *args)
{
    struct args looking = *args;
    struct session session;
    struct telling telling = {.args = args, .status = EXIT_DONE};

    looking.read_only = true; /* nothing but GET leaves this process */
    int status = session_configure(&session, &looking, SESSION_CLUSTERS_NEEDED);
    if (status == EXIT_DONE)
        status = session_start_looking(&session, &looking);
    if (status == EXIT_DONE) {
        telling.utc_ms = clock_utc_ms(session.clock);
        telling.since_utc_ms = telling.utc_ms - (args->days ? args->days : DAYS) * (int64_t)DAY_MS;
        telling.several = session.cluster_count > 1;
        telling.clusters = args->output == OUTPUT_JSON ? json_array() : NULL;
        status = tell_all(&session, &telling);
        if (telling.clusters) {
            json_t *out = json_object();
            json_put_int(out, "schema", 1);
            json_put_utc(out, "since", telling.since_utc_ms);
            json_object_set_new(out, "clusters", telling.clusters);
            print_json(out);
        }
    }
    session_close(&session);
    return status;
}
