/* verb_doctor.c: `lockstep doctor`: what is configured, reachable and permitted, and what to do
 * about the rest. Looks only; creates nothing.
 *
 * Exit status: 0 nothing is wrong (warnings allowed); 2 settings; 3 a cluster, the metrics server
 * or the record.
 *
 * -o json prints one object: schema, checks[] (area, name, state (ok, warn, fail), text, todo),
 * exit. */
#include "base/json.h"
#include "base/library.h"
#include "drivers/kubernetes/policy.h"
#include "drivers/kubernetes/rbac.h"
#include "health/query_check.h"
#include "print.h"
#include "release/journal.h"
#include "session.h"
#include "verbs.h"

#include <errno.h>
#include <langinfo.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum health { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };
static const char *const health_word[] = {
    [HEALTH_OK] = "ok", [HEALTH_WARN] = "warn", [HEALTH_FAIL] = "fail"};

struct doctor {
    json_t *checks;
    int exit;
};

static void check(struct doctor *doctor, enum health health, const char *area, const char *name,
                  const char *text, const char *todo)
{
    json_t *item = json_object();

    json_put(item, "area", area);
    json_put(item, "name", name);
    json_put(item, "state", health_word[health]);
    json_put(item, "text", text);
    json_put(item, "todo", todo);
    json_array_append_new(doctor->checks, item);
}

static void fail(struct doctor *doctor, int status, const char *area, const char *name,
                 const char *text, const char *todo)
{
    check(doctor, HEALTH_FAIL, area, name, text, todo);
    if (doctor->exit == EXIT_DONE)
        doctor->exit = status;
}

static void check_settings(struct doctor *doctor, const struct session *session)
{
    const struct config *config = &session->config;

    for (size_t i = 0; i < config->problem_count; i++)
        fail(doctor, EXIT_USAGE, "settings", config->file, config->problems[i],
             "mend it; the other verbs refuse to run until then");
    if (config->problem_count == 0 && config->file[0])
        check(doctor, HEALTH_OK, "settings", config->file,
              config->file_found ? "read" : "not there; the environment is used", "");
    if (session->cluster_count == 0 && config->problem_count == 0)
        fail(doctor, EXIT_USAGE, "settings", "contexts", "no cluster is configured",
             "set KUBECONFIG or DOCKER_HOST, or name one in the file; `lockstep demo` needs none");
}

static void check_cluster(struct doctor *doctor, const struct session *session,
                          const struct board_cluster *cluster)
{
    const struct cluster_config *config = session_cluster(session, cluster->name);
    char text[700];

    if (cluster->state != CLUSTER_LIVE) {
        snprintf(text, sizeof text, "%s%s%s", config->endpoint, config->endpoint[0] ? ": " : "",
                 cluster->why[0] ? cluster->why : "no answer in the time given");
        fail(doctor, EXIT_UNREACHED, "cluster", cluster->name, text,
             "check the address, that the engine runs, and that you may open its socket or port");
        return;
    }
    snprintf(text, sizeof text, "%s%s%s: live, as %s, %s%s%s", cluster->kind,
             config->endpoint[0] ? " " : "", config->endpoint,
             cluster->who[0] ? cluster->who : "nobody it names",
             cluster->may_act ? "may act" : "may only look",
             cluster->production ? ", production" : "", cluster->read_only ? ", read-only" : "");
    check(doctor, HEALTH_OK, "cluster", cluster->name, text, "");
    if (cluster->note[0])
        check(doctor, HEALTH_WARN, "cluster", cluster->name, cluster->note, "");
    for (size_t i = 0; i < cluster->lack_count; i++)
        check(doctor, HEALTH_WARN, "rights", cluster->name, cluster->lacks[i],
              i + 1 < cluster->lack_count
                  ? ""
                  : "`lockstep doctor --print-rbac` prints the roles that give these rights");
}

/* The nearest folder that exists decides whether the file could be made. */
static bool may_create(const char *path)
{
    char *copy = xstrdup(path);
    char *folder = dirname(copy);

    while (access(folder, F_OK) != 0 && strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0)
        folder = dirname(folder);
    bool may = access(folder, W_OK | X_OK) == 0;
    free(copy);
    return may;
}

static void check_journal_file(struct doctor *doctor, const char *path)
{
    struct journal_audit audit = {0};
    struct err err = {0};
    struct stat st;
    char text[700];

    if (lstat(path, &st) != 0) {
        snprintf(text, sizeof text, "%s", errno == ENOENT ? "not there yet" : strerror(errno));
        if (errno == ENOENT && may_create(path))
            check(doctor, HEALTH_OK, "journal", path, text, "");
        else
            fail(doctor, EXIT_UNREACHED, "journal", path, "cannot be created here",
                 "make its folder writable or name another file; without it nothing is sent");
        return;
    }
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0777) != 0600) {
        fail(doctor, EXIT_UNREACHED, "journal", path,
             "is not a regular file of yours with mode 0600", "chmod 600, or name another file");
    } else if (access(path, W_OK) != 0) {
        fail(doctor, EXIT_UNREACHED, "journal", path, strerror(errno),
             "make it writable; until then nothing is sent");
    } else if (!journal_verify(path, &audit, &err)) {
        fail(doctor, EXIT_UNREACHED, "journal", path, err.text, "");
    } else if (audit.bad_file[0]) {
        snprintf(text, sizeof text, "%s line %llu: %s", audit.bad_file,
                 (unsigned long long)audit.bad_line, audit.what);
        fail(doctor, EXIT_UNREACHED, "journal", path, text, "see `lockstep audit verify`");
    } else {
        snprintf(text, sizeof text, "%llu records, the chain holds",
                 (unsigned long long)audit.records);
        check(doctor, HEALTH_OK, "journal", path, text, "");
    }
}

static void check_terminal(struct doctor *doctor)
{
    const char *term = getenv("TERM"), *color = getenv("COLORTERM");
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0, tty = isatty(0) && isatty(1);
    char text[300];

    snprintf(text, sizeof text, "TERM=%.60s COLORTERM=%.60s%s, %s%s", term ? term : "",
             color ? color : "", getenv("NO_COLOR") ? " NO_COLOR" : "", nl_langinfo(CODESET),
             tty ? "" : ", not a terminal here");
    check(doctor, term && *term ? HEALTH_OK : HEALTH_WARN, "terminal", "TERM", text,
          term && *term ? "" : "set TERM; until then the dashboard assumes the least");
    if (!utf8)
        check(doctor, HEALTH_WARN, "terminal", "locale", "not UTF-8: drawn with ASCII characters",
              "set LC_ALL=C.UTF-8 for the full set");
}

static void check_clusters(struct doctor *doctor, struct session *session, const struct args *args)
{
    int status = session_start_looking(session, args);

    if (status != EXIT_DONE) {
        fail(doctor, status, "cluster", "engine", "could not be started", "");
        return;
    }
    session_sync(session, args);
    for (size_t i = 0; i < session->frame->cluster_count; i++)
        check_cluster(doctor, session, &session->frame->clusters[i]);
}

/* What is not simulated measures nothing by itself. */
static bool needs_server(const struct session *session)
{
    for (size_t i = 0; i < session->cluster_count; i++)
        if (strcmp(session->clusters[i].kind, "sim") != 0)
            return true;
    return false;
}

static void ask_metrics(struct doctor *doctor, const struct metrics_settings *metrics)
{
    static const struct query_subject nobody = {.service = "", .window_ms = METRICS_EVERY_MS};
    const struct prom_config config = {
        .url = metrics->url, .token_file = metrics->token_file, .ca_file = metrics->ca_file};
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct arena *arena = arena_new(512);
    struct err err = {0};
    struct query_result result = {.why = err.text};
    struct prom *prom = prom_new(loop, &config, &err);

    if (prom)
        query_check(prom, loop, arena, "vector(1)", &nobody, &result);
    if (prom && result.state == QUERY_ANSWERS)
        check(doctor, HEALTH_OK, "metrics", metrics->url, "answers",
              "`lockstep check --metrics` asks it every query");
    else
        fail(doctor, EXIT_UNREACHED, "metrics", metrics->url, result.why,
             "until it answers, every bake that is measured waits");
    prom_free(prom);
    arena_free(arena);
    loop_free(loop);
    clock_free(clock);
}

static void check_metrics(struct doctor *doctor, const struct session *session)
{
    const struct metrics_settings *metrics = &session->config.metrics;
    bool has_url = metrics->url && metrics->url[0];

    if (has_url)
        ask_metrics(doctor, metrics);
    if (has_url && prom_is_exposed(metrics->url))
        check(doctor, HEALTH_WARN, "metrics", metrics->url,
              metrics->token_file && metrics->token_file[0]
                  ? "plain http to another host: whoever is on the way can read the token, and "
                    "change what a bake is judged by"
                  : "plain http to another host: whoever is on the way can change what a bake is "
                    "judged by",
              "use https, or a tunnel that ends on this machine");
    if (has_url && !metrics->row_count)
        check(doctor, HEALTH_WARN, "metrics", metrics->url, "metrics.services is not set",
              "nothing is measured until it names queries");
    if (!has_url && metrics->row_count && needs_server(session))
        check(doctor, HEALTH_WARN, "metrics", "metrics.url", "is not set",
              "until it is, every bake that is measured waits");
}

static void print_checks(const struct doctor *doctor)
{
    struct table table;
    size_t i;
    json_t *item;

    table_start(&table, 4, NULL);
    json_array_foreach(doctor->checks, i, item)
    {
        table_add(&table, json_raw(json_object_get(item, "state")));
        table_add(&table, json_raw(json_object_get(item, "area")));
        table_add(&table, json_raw(json_object_get(item, "name")));
        table_add(&table, json_raw(json_object_get(item, "text")));
        const char *todo = json_raw(json_object_get(item, "todo"));
        if (todo && *todo) {
            for (int column = 0; column < 3; column++)
                table_add(&table, "");
            table_addf(&table, "-> %s", todo);
        }
    }
    table_end(&table);
}

static int print_yaml(const struct args *args)
{
    const char *which = args->operand_count ? args->operands[0] : "";
    static const char *const words[] = {[RBAC_VIEW] = "view", [RBAC_OPERATE] = "operate"};
    bool printed = false;

    for (size_t i = 0; args->print_rbac && i < ARRAY_LEN(words); i++) {
        if (which[0] && strcmp(which, words[i]) != 0)
            continue;
        char *text = rbac_yaml((enum rbac_role)i);
        printf("%s%s", printed ? "---\n" : "", text);
        free(text);
        printed = true;
    }
    if (args->print_policy)
        printf("%s%s", printed ? "---\n" : "", policy_yaml());
    if (printed || (args->print_policy && !which[0]))
        return EXIT_DONE;
    complain("expected: lockstep doctor --print-rbac [view|operate], not '%s'", which);
    return EXIT_USAGE;
}

int verb_doctor(const struct verb_row *row, const struct args *args)
{
    struct session session;
    struct doctor doctor = {.checks = json_array()};
    char text[200];

    (void)row;
    if (args->print_rbac || args->print_policy || args->operand_count) {
        json_decref(doctor.checks);
        return print_yaml(args);
    }
    check(&doctor, HEALTH_OK, "lockstep", LOCKSTEP_VERSION, library_versions(text, sizeof text),
          "");
    int status = session_configure(&session, args, SESSION_CLUSTERS_INSPECTED);
    if (status != EXIT_DONE)
        doctor.exit = status;
    check_settings(&doctor, &session);
    if (session.cluster_count && doctor.exit == EXIT_DONE)
        check_clusters(&doctor, &session, args);
    check_metrics(&doctor, &session);
    if (session.journal)
        check_journal_file(&doctor, session.journal);
    check_terminal(&doctor);
    if (args->output == OUTPUT_JSON) {
        json_t *out = json_object();
        json_put_int(out, "schema", 1);
        json_object_set(out, "checks", doctor.checks);
        json_put_int(out, "exit", doctor.exit);
        print_json(out);
    } else {
        print_checks(&doctor);
    }
    json_decref(doctor.checks);
    session_close(&session);
    return doctor.exit;
}
