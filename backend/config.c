/* config.c: the table of settings, and reading a file by it. */
#include "config.h"

#include "base/json.h"
#include "base/near.h"
#include "base/text.h"
#include "config_env.h"
#include "drivers/sim/sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {"kubernetes", "nomad", "swarm", "sim", NULL};
static const char *const clipboard_words[] = {"on", "off", NULL};
static const char *const glyph_words[] = {"auto", "utf8", "ascii", NULL};

static const char *const attendance_words[] = {"recorded", "required", NULL};

static const char *const glass_words[] = {"one", "two-identities", NULL};

#define CONTEXTS   "contexts[]"
#define METRICS    "metrics"
#define SINK(m)    offsetof(struct sink_settings, m)
#define PROBE(m)   offsetof(struct probe_settings, m)
#define ROOT(m)    offsetof(struct config, m)
#define CLUSTER(m) offsetof(struct cluster_config, m)

const struct config_setting config_settings[] = {
    {"", "contexts", SETTING_LIST, "what the environment names",
     "the clusters, in the order of the screen", ROOT(contexts), NULL},
    {"", "journal", SETTING_PATH, "$XDG_STATE_HOME/lockstep/journal.jsonl",
     "where every action is written down before it is sent", ROOT(journal), NULL},
    {"", "canary", SETTING_COUNT, "5 %, at least 1", "instances of the first step",
     ROOT(plan.canary), NULL},
    {"", "waves", SETTING_SHARES, "[10, 33, 100]",
     "percent of the instances after each further step", ROOT(plan), NULL},
    {"", "contracts", SETTING_CONTRACTS, "those on the workloads",
     "files with release contracts, beside the label lockstep.contract", ROOT(facts), NULL},
    {"", "levels", SETTING_LEVELS, "warn; without a contract only what can be seen",
     "observe, warn or enforce, by default and per service, for all rules or one by one",
     ROOT(policy), NULL},
    {"", "coupling", SETTING_COUPLING, "neighbours",
     "whose releases wait for each other: neighbours, component, fleet", ROOT(policy), NULL},
    {"", "stores", SETTING_STORES, "what the contracts say",
     "per store: formats that may be at rest, elements it has, owner", ROOT(facts), NULL},
    {"", "clients", SETTING_CLIENTS, "none",
     "per cohort of clients: what it requires, calls seen, whether support has ended", ROOT(facts),
     NULL},
    {"", "profile", SETTING_PROFILE, "plain",
     "stages of a release: plain, code, data, api, hotfix, fast; or {default: …, SERVICE: …}",
     ROOT(profiles), NULL},
    {"", "stable", SETTING_SPAN, "24h; fast 1m, code and hotfix 1h",
     "how long a service must have been stable before a data step builds on it",
     ROOT(profiles.stable_ms), NULL},
    {"", "attended", SETTING_CHOICE, "recorded",
     "required: a dashboard must be open while the canary of a rehearsal bakes and settles",
     ROOT(profiles.attended), attendance_words},
    {"", "rehearse_in", SETTING_NAME, "",
     "a context whose rehearsals count here: the same digest, beside the same versions",
     ROOT(profiles.rehearse_in), NULL},
    {"", "home", SETTING_NAME, "each context its own",
     "context that keeps the records that lock coupled services while one is started",
     ROOT(policy.home), NULL},
    {"", "break_glass", SETTING_CHOICE, "one",
     "who may go past rules that are enforced: one, or two-identities of the cluster",
     ROOT(policy.break_glass), glass_words},
    {"", "alarm_silent", SETTING_SPAN, "2m",
     "a node that is silent for longer while a release moves is an alarm", ROOT(policy.silent_ms),
     NULL},
    {"", "alarm_unknown", SETTING_SPAN, "5m", "and a version that is not known for longer",
     ROOT(policy.unknown_ms), NULL},
    {"", "alarm_open", SETTING_SPAN, "24h", "and a step that is open for longer",
     ROOT(policy.open_ms), NULL},
    {"", "metrics", SETTING_METRICS, "none: readiness and restarts are the evidence, weak",
     "where the measures come from that a bake is judged by", ROOT(metrics), NULL},
    {"", "rollback", SETTING_ROLLBACK, "manual",
     "auto: lockstep goes back by itself from a bake that fails, where the guard allows it; or "
     "{default: …, SERVICE: …}",
     ROOT(autos), NULL},
    {"", "auto", SETTING_STEPS, "off",
     "until wave N, until stable: lockstep steps by itself, through the same guard; or {default: "
     "…, SERVICE: …}",
     ROOT(autos), NULL},
    {"", "watch", SETTING_WATCH, "alarms on stdout", "what `lockstep watch` does with alarms",
     ROOT(watch), NULL},
    {"", "theme", SETTING_TEXT, "the built-in one", "colours: a theme's name or file", ROOT(theme),
     NULL},
    {"", "glyphs", SETTING_CHOICE, "auto", "auto asks the locale; utf8; ascii", ROOT(glyphs),
     glyph_words},
    {"", "clipboard", SETTING_CHOICE, "on", "off: c gives nothing to the terminal's clipboard",
     ROOT(clipboard), clipboard_words},
    {METRICS, "url", SETTING_TEXT, "",
     "of a Prometheus, or of what answers its HTTP API: what comes before /api/v1",
     ROOT(metrics.url), NULL},
    {METRICS, "token_file", SETTING_PATH, "", "sent as Authorization: Bearer",
     ROOT(metrics.token_file), NULL},
    {METRICS, "ca_file", SETTING_PATH, "the system's", "certificate authority of an https url",
     ROOT(metrics.ca_file), NULL},
    {METRICS, "every", SETTING_SPAN, "30s",
     "between two samples, and {window} in queries: at least twice the scrape interval",
     ROOT(metrics.every_ms), NULL},
    {METRICS, "services", SETTING_QUERIES, "none",
     "per service, or default: set (http_requests_total, envoy, istio, ingress-nginx, cadvisor, "
     "kube-state), or queries errors, traffic, latency, saturation with {service} {version} "
     "{scope} {instance} "
     "{window}",
     ROOT(metrics), NULL},
    {CONFIG_WATCH, "listen", SETTING_TEXT, "127.0.0.1:9797",
     "where /metrics is served: an address of this machine's own loopback and a port, or off",
     ROOT(watch.listen), NULL},
    {CONFIG_WATCH, "listen_anywhere", SETTING_BOOL, "false",
     "/metrics may be served on an address that others reach; nothing protects it",
     ROOT(watch.listen_anywhere), NULL},
    {CONFIG_WATCH, "spool", SETTING_PATH, "$XDG_STATE_HOME/lockstep/watch.json",
     "what was told to whom, kept across restarts", ROOT(watch.spool), NULL},
    {CONFIG_WATCH, "blind", SETTING_SPAN, "1m",
     "a context that is not heard for longer is an alarm", ROOT(watch.blind_ms), NULL},
    {CONFIG_WATCH, "sinks", SETTING_SINKS, "none beside stdout", "who is told", ROOT(watch), NULL},
    {CONFIG_SINKS, "kind", SETTING_CHOICE, "", "alertmanager, webhook or command", SINK(kind),
     config_sink_words + 1},
    {CONFIG_SINKS, "name", SETTING_NAME, "its kind",
     "in messages, in metrics, and among several watches of one context", SINK(name), NULL},
    {CONFIG_SINKS, "url", SETTING_TEXT, "",
     "alertmanager: what comes before /api/v2/alerts; webhook: where to POST", SINK(url), NULL},
    {CONFIG_SINKS, "ca_file", SETTING_PATH, "the system's", "certificate authority of an https url",
     SINK(ca_file), NULL},
    {CONFIG_SINKS, "token_file", SETTING_PATH, "", "sent as Authorization: Bearer",
     SINK(token_file), NULL},
    {CONFIG_SINKS, "secret_file", SETTING_PATH, "",
     "webhook: key of the signature in X-Lockstep-Signature-256", SINK(secret_file), NULL},
    {CONFIG_SINKS, "command", SETTING_COMMAND, "",
     "command: the program and its arguments; it gets the alarm as JSON on stdin", SINK(command),
     NULL},
    {CONFIG_SINKS, "timeout", SETTING_SPAN, "10s", "at most 10s", SINK(timeout_ms), NULL},
    {"", "probes", SETTING_PROBES, "none",
     "what counts what is left of a format, or calls of an element, for attest --probe",
     ROOT(probes), NULL},
    {CONFIG_PROBES, "store", SETTING_NAME, "", "counts what is left there of a format",
     PROBE(store), NULL},
    {CONFIG_PROBES, "gone", SETTING_NAME, "", "of this format", PROBE(gone), NULL},
    {CONFIG_PROBES, "clients", SETTING_NAME, "", "or counts calls by these clients", PROBE(clients),
     NULL},
    {CONFIG_PROBES, "usage", SETTING_TEXT, "", "of this element", PROBE(usage), NULL},
    {CONFIG_PROBES, "prometheus", SETTING_TEXT, "", "URL of a Prometheus that is asked",
     PROBE(prometheus), NULL},
    {CONFIG_PROBES, "query", SETTING_TEXT, "", "prometheus: gives the one number", PROBE(query),
     NULL},
    {CONFIG_PROBES, "coverage", SETTING_TEXT, "",
     "prometheus: gives the share, 0 to 1, of all of them that the query sees", PROBE(coverage),
     NULL},
    {CONFIG_PROBES, "coverage_least", SETTING_COUNT, "99", "percent; below it nothing is attested",
     PROBE(coverage_least), NULL},
    {CONFIG_PROBES, "url", SETTING_TEXT, "", "or a URL that answers with JSON, or the number alone",
     PROBE(url), NULL},
    {CONFIG_PROBES, "path", SETTING_TEXT, "", "where the number stands in the JSON: rows.old[0]",
     PROBE(path), NULL},
    {CONFIG_PROBES, "command", SETTING_COMMAND, "", "or a program that prints it", PROBE(command),
     NULL},
    {CONFIG_PROBES, "every", SETTING_SPAN, "never", "so often it is asked by `watch`, and attested",
     PROBE(every_ms), NULL},
    {CONFIG_PROBES, "context", SETTING_NAME, "the only one", "whose record it is attested in",
     PROBE(context), NULL},
    {CONFIG_PROBES, "ca_file", SETTING_PATH, "the system's",
     "certificate authority of an https URL", PROBE(ca_file), NULL},
    {CONFIG_PROBES, "token_file", SETTING_PATH, "", "sent as Authorization: Bearer",
     PROBE(token_file), NULL},
    {CONTEXTS, "name", SETTING_NAME, "", "its name on the screen and for --context", CLUSTER(name),
     NULL},
    {CONTEXTS, "kind", SETTING_WORD, "",
     "kubernetes, nomad, swarm, or sim for the built-in simulator", CLUSTER(kind), kind_words},
    {CONTEXTS, "kubeconfig", SETTING_PATH, "KUBECONFIG, else ~/.kube/config",
     "kubernetes: the file with the context", CLUSTER(kubeconfig), NULL},
    {CONTEXTS, "context", SETTING_TEXT, "the one called like name",
     "kubernetes: the context of the kubeconfig", CLUSTER(kube_context), NULL},
    {CONTEXTS, "namespaces", SETTING_TEXT, "all, or where that is forbidden the context's own",
     "kubernetes: look only here; several are separated by commas", CLUSTER(namespaces), NULL},
    {CONTEXTS, "endpoint", SETTING_TEXT, "unix:///var/run/docker.sock",
     "swarm: unix:///socket, tcp://host:port, https://host:port; nomad: http://host:4646, "
     "https://host:4646, unix:///socket; sim: the scenario",
     CLUSTER(endpoint), NULL},
    {CONTEXTS, "ca_file", SETTING_PATH, "", "certificate authority that replaces the system's",
     CLUSTER(ca_file), NULL},
    {CONTEXTS, "cert_file", SETTING_PATH, "", "client certificate", CLUSTER(cert_file), NULL},
    {CONTEXTS, "key_file", SETTING_PATH, "", "key of the client certificate", CLUSTER(key_file),
     NULL},
    {CONTEXTS, "server_name", SETTING_NAME, "", "nomad: the name that its certificate must have",
     CLUSTER(server_name), NULL},
    {CONTEXTS, "namespace", SETTING_NAME, "all", "nomad: the one namespace to show",
     CLUSTER(namespaces), NULL},
    {CONTEXTS, "region", SETTING_NAME, "the agent's own", "nomad: region", CLUSTER(region), NULL},
    {CONTEXTS, "token_file", SETTING_PATH, "NOMAD_TOKEN", "nomad: file with the ACL token",
     CLUSTER(token_file), NULL},
    {CONTEXTS, "production", SETTING_BOOL,
     "true, but false for kind-*, k3d-*, minikube, docker-desktop",
     "acting keys need arming, and verbs --yes", CLUSTER(production), NULL},
    {CONTEXTS, "read_only", SETTING_BOOL, "false", "nothing is ever sent to it", CLUSTER(read_only),
     NULL},
    {CONTEXTS, "settle", SETTING_SPAN, "the engine's own",
     "an unanswered write is settled by reading again after this long", CLUSTER(settle_ms), NULL},
    {CONTEXTS, "seed", SETTING_NUMBER, "1", "sim: which world", CLUSTER(seed), NULL},
};
const size_t config_setting_count = ARRAY_LEN(config_settings);

void config_problem(struct config *config, const struct err *err)
{
    if (config->problem_count < CONFIG_PROBLEMS_MAX)
        config->problems[config->problem_count++] = arena_strdup(config->arena, err->text);
}

static const struct config_setting *find_setting(const char *section, const char *name)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (strcmp(config_settings[i].section, section) == 0 &&
            strcmp(config_settings[i].name, name) == 0)
            return &config_settings[i];
    return NULL;
}

static void unknown_key(struct config *config, const struct json_at *up, const char *section,
                        const char *key)
{
    const char *names[ARRAY_LEN(config_settings)];
    char path[300], hint[NEAR_TEXT];
    struct err err = {0};
    const char *clean = text_clean(config->arena, key, strlen(key), 64);
    struct json_at at = json_key(up, clean);

    for (size_t i = 0; i < config_setting_count; i++)
        names[i] =
            strcmp(config_settings[i].section, section) == 0 ? config_settings[i].name : NULL;
    near_suggest(clean, names, ARRAY_LEN(names), hint);
    err_set(&err, ERR_CONFIG, "%s: there is no such setting.%s", json_path(&at, path, sizeof path),
            hint);
    config_problem(config, &err);
}

static void read_contexts(struct config *config, const struct json_at *at);
static void read_metrics(struct config *config, const struct json_at *at);

/* Every key of one mapping, in the file's order. */
void config_read_section(struct config *config, const struct json_at *at, const char *section,
                         void *into)
{
    const char *key;
    json_t *value;
    json_t *object = (json_t *)(uintptr_t)at->value;

    json_object_foreach(object, key, value)
    {
        const struct config_setting *setting = find_setting(section, key);
        struct json_at item = json_key(at, key);
        struct err err = {0};
        if (!setting)
            unknown_key(config, at, section, key);
        else if (setting->type == SETTING_LIST)
            read_contexts(config, &item);
        else if (setting->type == SETTING_SINKS)
            config_read_sinks(config, &item);
        else if (setting->type == SETTING_WATCH)
            config_read_watch(config, &item);
        else if (setting->type == SETTING_PROBES)
            config_read_probes(config, &item);
        else if (setting->type == SETTING_METRICS)
            read_metrics(config, &item);
        else if (!config_read_setting(config, setting, &item, into, &err))
            config_problem(config, &err);
    }
}

static bool has(const struct json_at *at, const char *key)
{
    struct json_at item = json_key(at, key);

    return item.value != NULL;
}

/* What no single setting can say. */
static void check_context(struct config *config, const struct json_at *at, size_t index)
{
    const struct cluster_config *cluster = &config->contexts[index];
    char path[300];
    struct err err = {0};

    json_path(at, path, sizeof path);
    if (!has(at, "name"))
        err_set(&err, ERR_CONFIG, "%s.name: a context needs a name", path);
    else if (!has(at, "kind"))
        err_set(&err, ERR_CONFIG, "%s.kind: say what it is: kubernetes, nomad, swarm or sim", path);
    else if (strncmp(cluster->name, "demo:", 5) == 0)
        err_set(&err, ERR_CONFIG, "%s.name: names that begin with demo: are the simulator's", path);
    else if (strcmp(cluster->kind, "kubernetes") == 0 &&
             (cluster->endpoint[0] || cluster->ca_file[0] || cluster->cert_file[0]))
        err_set(&err, ERR_CONFIG,
                "%s: kubernetes takes its address and identity from a kubeconfig; use kubeconfig "
                "and context",
                path);
    else if (strcmp(cluster->kind, "kubernetes") != 0 &&
             (has(at, "kubeconfig") || has(at, "context") || has(at, "namespaces")))
        err_set(&err, ERR_CONFIG, "%s: kubeconfig, context and namespaces are for kubernetes",
                path);
    else if (strcmp(cluster->kind, "swarm") == 0 &&
             !config_check_docker_host(cluster->endpoint, &err))
        err_prefix(&err, "%s.endpoint", path);
    else if (strcmp(cluster->kind, "nomad") == 0 &&
             !config_check_nomad_address(cluster->endpoint, &err))
        err_prefix(&err, "%s.endpoint", path);
    else if (!cluster->cert_file[0] != !cluster->key_file[0])
        err_set(&err, ERR_CONFIG, "%s: cert_file and key_file go together", path);
    for (size_t i = 0; i < index && cluster->name[0]; i++)
        if (strcmp(config->contexts[i].name, cluster->name) == 0)
            err_set(&err, ERR_CONFIG, "%s.name: there are two contexts called '%s'", path,
                    cluster->name);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
}

static struct cluster_config blank_cluster(void)
{
    return (struct cluster_config){.name = "",
                                   .kind = "",
                                   .endpoint = "",
                                   .ca_file = "",
                                   .cert_file = "",
                                   .key_file = "",
                                   .kubeconfig = "",
                                   .kube_context = "",
                                   .kube_account = "",
                                   .token = "",
                                   .token_file = "",
                                   .region = "",
                                   .server_name = "",
                                   .namespaces = "",
                                   .production = true,
                                   .seed = 1};
}

static void read_context(struct config *config, const struct json_at *at, size_t index)
{
    struct cluster_config *cluster = &config->contexts[index];
    size_t before = config->problem_count;

    *cluster = blank_cluster();
    config_read_section(config, at, CONTEXTS, cluster);
    if (strcmp(cluster->kind, "swarm") == 0 && !has(at, "endpoint"))
        cluster->endpoint = CONFIG_DOCKER_SOCKET;
    if (strcmp(cluster->kind, "kubernetes") == 0 && !has(at, "context"))
        cluster->kube_context = cluster->name;
    if (strcmp(cluster->kind, "kubernetes") == 0 && !has(at, "kubeconfig"))
        cluster->kubeconfig = config->kubeconfig;
    if (strcmp(cluster->kind, "nomad") == 0)
        config_nomad_defaults(config, cluster);
    if (!has(at, "production"))
        cluster->production =
            strcmp(cluster->kind, "sim") != 0 && config_name_is_production(cluster->name);
    if (config->problem_count == before)
        check_context(config, at, index);
}

static void read_contexts(struct config *config, const struct json_at *at)
{
    struct err err = {0};
    size_t count = 0;

    if (json_get_array(at, &count, &err) && count > CONFIG_CONTEXTS_MAX)
        err_set(&err, ERR_LIMIT, "%s: more than %d contexts", config->file, CONFIG_CONTEXTS_MAX);
    if (err.code != ERR_NONE) {
        config_problem(config, &err);
        return;
    }
    config->contexts = arena_alloc(config->arena, count, sizeof *config->contexts);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        struct err wrong = {0};
        config->context_count = i + 1;
        if (json_get_object(&item, &wrong)) {
            read_context(config, &item, i);
        } else {
            config->contexts[i] = blank_cluster();
            config_problem(config, &wrong);
        }
    }
}

static void read_metrics(struct config *config, const struct json_at *at)
{
    const char *url;
    char path[300];
    struct err err = {0};

    if (json_get_object(at, &err))
        config_read_section(config, at, METRICS, config);
    url = config->metrics.url;
    if (url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        err_set(&err, ERR_CONFIG, "%s.url: expected http:// or https://, found '%.100s'",
                json_path(at, path, sizeof path), url);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
}

void config_start(struct config *config, const char *file)
{
    *config = (struct config){.arena = arena_new(4096),
                              .plan = plan_default(),
                              .policy = guard_policy_default(),
                              .theme = ""};
    config->file = arena_strdup(config->arena, file);
    config->journal = config->kubeconfig = "";
    config->watch.listen = config->watch.spool = "";
}

/* Policy that names a context must name one of this file. */
static void check_rehearse_in(struct config *config)
{
    const char *name = config->profiles.rehearse_in;
    struct err err = {0};

    for (size_t i = 0; name && i < config->context_count; i++)
        if (strcmp(config->contexts[i].name, name) == 0)
            return;
    if (!name || !name[0])
        return;
    err_set(&err, ERR_CONFIG, "%s: rehearse_in: no context is called '%s'", config->file, name);
    config_problem(config, &err);
}

/* An empty file, or one that has only comments, configures nothing. */
static bool is_blank(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '#')
            while (i < len && bytes[i] != '\n')
                i++;
        else if (!strchr(" \t\r\n", bytes[i]) || !bytes[i])
            return false;
    }
    return true;
}

void config_read(struct config *config, const char *bytes, size_t len)
{
    struct err err = {0};
    json_t *root;

    config->file_found = true;
    if (is_blank(bytes, len))
        return;
    root = json_parse_yaml(bytes, len, config->file, &err);
    if (root && !json_is_null(root)) {
        struct json_at at = json_root(root, config->file, config->arena);
        at.text = bytes; /* complaints name line and column */
        at.text_len = len;
        if (json_get_object(&at, &err))
            config_read_section(config, &at, "", config);
        check_rehearse_in(config);
    }
    json_decref(root);
    if (err.code != ERR_NONE)
        config_problem(config, &err);
}

bool config_parse(const char *bytes, size_t len, const char *file, struct config *out)
{
    config_start(out, file);
    config_read(out, bytes, len);
    return out->problem_count == 0;
}

void config_release(struct config *config)
{
    arena_free(config->arena);
    *config = (struct config){0};
}

struct cluster_config config_simulator(struct config *config, const char *scenario)
{
    struct cluster_config cluster = blank_cluster();

    cluster.name = scenario[0] ? arena_printf(config->arena, "demo:%.50s", scenario) : "demo";
    cluster.kind = "sim";
    cluster.endpoint = arena_strdup(config->arena, scenario);
    cluster.production = false;
    return cluster;
}

/* A scenario that is not there is a slip of the user's, not a cluster that does not answer. */
static const struct cluster_config *find_simulator(struct config *config, const char *scenario,
                                                   struct err *err)
{
    const char *names[64], *name;
    char hint[NEAR_TEXT], all[300] = "";
    size_t count = 0, used = 0;

    for (; (name = sim_scenario_name(count)) != NULL && count < ARRAY_LEN(names); count++) {
        names[count] = name;
        if (strcmp(name, scenario) == 0)
            break;
        if (used < sizeof all)
            used +=
                (size_t)snprintf(all + used, sizeof all - used, "%s%s", count ? ", " : "", name);
    }
    if (scenario[0] && !name) {
        near_suggest(scenario, names, count, hint);
        err_set(err, ERR_USAGE, "the simulator has no scenario '%.60s'.%s There are: %s", scenario,
                hint, all);
        return NULL;
    }
    struct cluster_config *made = arena_alloc(config->arena, 1, sizeof *made);
    *made = config_simulator(config, scenario);
    return made;
}

bool config_is_simulator(const struct cluster_config *cluster)
{
    return strcmp(cluster->kind, "sim") == 0;
}

const struct cluster_config *config_find(struct config *config, const char *name, struct err *err)
{
    const char *names[CONFIG_CONTEXTS_MAX];

    if (!name[0])
        return config_kube_chosen(config, err);
    if (strncmp(name, "demo:", 5) == 0)
        return find_simulator(config, name + 5, err);
    for (size_t i = 0; i < config->context_count; i++) {
        if (strcmp(config->contexts[i].name, name) == 0)
            return &config->contexts[i];
        names[i] = config->contexts[i].name;
    }
    return config_find_kube(config, name, names, config->context_count, err);
}
