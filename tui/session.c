/* session.c: see session.h. */
#include "session.h"

#include "base/near.h"
#include "drivers/sim/sim.h"
#include "record/recorder.h"
#include "recording.h"
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

bool session_interrupted(void)
{
    return interrupted != 0;
}

/* From here on Ctrl-C ends the waiting, not the process: what is on its way must be named. */
static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* The simulator brings its own settings: a broken file must not keep anybody from trying it. */
static bool only_simulator(const struct args *args)
{
    for (size_t i = 0; i < args->context_count; i++)
        if (strncmp(args->contexts[i], "demo:", 5) != 0)
            return false;
    return args->context_count > 0 && !args->config && !args->kubeconfig;
}

static int load(struct session *session, const struct args *args, enum session_need need)
{
    struct config *config = &session->config;

    if (only_simulator(args)) {
        const char *text =
            args->context_count == 1 ? sim_scenario_settings(args->contexts[0] + 5) : "";
        config_parse(text, strlen(text), args->contexts[0], config);
        return EXIT_DONE;
    }
    if (config_load_with(args->config, args->kubeconfig ? args->kubeconfig : "", config))
        return EXIT_DONE;
    for (size_t i = 0; i < config->problem_count && need != SESSION_CLUSTERS_INSPECTED; i++)
        complain("%s", config->problems[i]);
    return EXIT_USAGE;
}

static int choose_clusters(struct session *session, const struct args *args, enum session_need need)
{
    struct config *config = &session->config;
    /* --kubeconfig alone means the one context that kubectl would take from it */
    const char *const chosen[] = {""};
    const char *const *names = args->context_count ? args->contexts : chosen;
    bool named = args->context_count || args->kubeconfig;
    size_t count = args->context_count ? args->context_count : named ? 1 : config->context_count;
    struct err err = {0};

    session->clusters = xcalloc(count, sizeof *session->clusters);
    session->simulated = count > 0;
    for (size_t i = 0; i < count; i++) {
        const struct cluster_config *found =
            named ? config_find(config, names[i], &err) : &config->contexts[i];
        if (!found)
            return complain_err(&err);
        for (size_t j = 0; j < i; j++)
            if (strcmp(session->clusters[j].name, found->name) == 0) {
                err_set(&err, ERR_USAGE, "the context '%s' is named twice", found->name);
                return complain_err(&err);
            }
        session->clusters[i] = *found;
        session->clusters[i].read_only |= args->read_only;
        if (args->given & ARG_BIT(SEED))
            session->clusters[i].seed = args->seed;
        session->simulated &= config_is_simulator(found);
        session->cluster_count = i + 1;
    }
    if (count || need != SESSION_CLUSTERS_NEEDED)
        return EXIT_DONE;
    err_set(&err, ERR_CONFIG,
            "no cluster is configured: set KUBECONFIG or DOCKER_HOST, or write %s; `lockstep demo` "
            "needs none",
            config->file[0] ? config->file : "a config.yaml");
    return complain_err(&err);
}

/* Precedence: --journal, LOCKSTEP_JOURNAL, the settings. A simulated world is recorded only
 * when one of the first two asks for it: it must not mix with the record of real clusters. */
static const char *find_journal(const struct session *session, const struct args *args)
{
    const char *variable = getenv("LOCKSTEP_JOURNAL");

    if (args->journal)
        return args->journal;
    if (variable && *variable)
        return variable;
    return session->simulated || !session->config.journal[0] ? NULL : session->config.journal;
}

static int choose_journal(struct session *session, const struct args *args, enum session_need need)
{
    struct err err = {0};

    session->journal = find_journal(session, args);
    if (session->journal || session->simulated || need != SESSION_CLUSTERS_NEEDED)
        return EXIT_DONE;
    err_set(
        &err, ERR_CONFIG,
        "there is no place for the journal: set HOME or XDG_STATE_HOME, or name --journal FILE");
    return complain_err(&err);
}

int session_configure(struct session *session, const struct args *args, enum session_need need)
{
    *session = (struct session){0};
    int status = load(session, args, need);

    if (status == EXIT_DONE)
        status = choose_clusters(session, args, need);
    if (status == EXIT_DONE)
        status = choose_journal(session, args, need);
    return status;
}

static int start(struct session *session, const struct args *args, const char *journal)
{
    struct err err = {0};

    if (!session->clock)
        session->clock = session->simulated ? clock_new_virtual(clock_parse_utc(SESSION_SIM_UTC))
                                            : clock_new_real();
    if (args->record) {
        json_t *settings = recording_settings(&session->config, args);
        session->recorder = recorder_open(args->record, settings, &err);
        json_decref(settings);
        if (!session->recorder)
            return complain_err(&err);
    }
    struct engine_config config = {
        .recorder = session->recorder,
        .clusters = session->clusters,
        .cluster_count = session->cluster_count,
        .journal_path = journal,
        .plan = session->config.plan,
        .policy = &session->config.policy,
        .facts = &session->config.facts,
        .metrics = &session->config.metrics,
        .autos = &session->config.autos,
        .automatic = session->automatic,
        .probes = session->probing ? session->config.probes : NULL,
        .probe_count = session->probing ? session->config.probe_count : 0,
        .probe_say = session->probing,
        .profiles = &session->config.profiles,
        .clock = session->clock,
        .read_only = args->read_only,
    };
    session->engine = engine_new(&config, &err);
    return session->engine ? EXIT_DONE : complain_err(&err);
}

int session_start(struct session *session, const struct args *args)
{
    if (session->journal)
        return start(session, args, session->journal);
    return start(session, args, scratch_make(&session->scratch) ? session->scratch.journal : NULL);
}

/* Nothing is drawn: a credential plugin may ask its question here. */
static void lend_terminal(struct session *session)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

    for (size_t i = 0; i < session->cluster_count; i++)
        session->clusters[i].terminal_free = terminal;
}

int session_start_looking(struct session *session, const struct args *args)
{
    lend_terminal(session);
    return start(session, args, NULL);
}

struct wait {
    engine_done_fn *done;
    void *arg;
    bool reached;
};

static bool done_or_interrupted(void *arg, const struct frame *frame)
{
    struct wait *wait = arg;

    wait->reached = wait->reached || wait->done(wait->arg, frame);
    return wait->reached || interrupted;
}

bool session_run(struct session *session, int64_t timeout_ms, engine_done_fn *done, void *arg)
{
    struct wait wait = {done, arg, false};

    engine_run_until(session->engine, timeout_ms, done_or_interrupted, &wait);
    frame_unref(session->frame);
    session->frame = engine_frame(session->engine);
    return wait.reached || done(arg, session->frame);
}

static bool is_synced(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->synced;
}

/* What a process before this one began is known again, or its cluster does not answer. */
static bool is_settled(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->settling == 0;
}

size_t session_complain_unreached(const struct session *session)
{
    const struct frame *frame = session->frame;
    size_t count = 0;

    for (size_t i = 0; i < frame->cluster_count; i++) {
        const struct board_cluster *cluster = &frame->clusters[i];
        if (cluster->state == CLUSTER_LIVE)
            continue;
        count++;
        complain("%s: %s", cluster->name,
                 cluster->why && cluster->why[0] ? cluster->why : "no answer in the time given");
    }
    return count;
}

void session_sync(struct session *session, const struct args *args)
{
    catch_interrupts();
    session_run(session, args->timeout_ms ? args->timeout_ms : SESSION_SYNC_MS, is_synced, NULL);
    if (session->frame->settling == 0 || interrupted)
        return;
    fputs("lockstep: settling an action that was cut short\n", stderr);
    if (!session_run(session, args->timeout_ms ? args->timeout_ms : SESSION_SETTLE_MS, is_settled,
                     NULL))
        complain("its outcome is still not known");
}

int session_open(struct session *session, const struct args *args)
{
    int status = session_configure(session, args, SESSION_CLUSTERS_NEEDED);

    return status == EXIT_DONE ? session_begin(session, args) : status;
}

int session_begin(struct session *session, const struct args *args)
{
    lend_terminal(session);
    int status = session_start(session, args);

    if (status != EXIT_DONE)
        return status;
    session_sync(session, args);
    if (interrupted) {
        complain("interrupted before the clusters had answered; nothing was sent");
        return EXIT_UNREACHED;
    }
    for (size_t i = 0; i < session->frame->cluster_count; i++)
        if (session->frame->clusters[i].state == CLUSTER_LIVE)
            return EXIT_DONE;
    session_complain_unreached(session);
    return EXIT_UNREACHED;
}

void session_close(struct session *session)
{
    frame_unref(session->frame);
    if (session->engine)
        engine_free(session->engine);
    recorder_close(session->recorder);
    if (session->clock)
        clock_free(session->clock);
    scratch_remove(&session->scratch);
    free(session->clusters);
    if (session->config.arena)
        config_release(&session->config);
    *session = (struct session){0};
}

const struct cluster_config *session_cluster(const struct session *session, const char *name)
{
    for (size_t i = 0; i < session->cluster_count; i++)
        if (strcmp(session->clusters[i].name, name) == 0)
            return &session->clusters[i];
    return NULL;
}

static bool is_called(const struct service *service, const char *word)
{
    size_t scope = strlen(service->scope);

    return strcmp(service->id, word) == 0 || strcmp(service->name, word) == 0 ||
           (scope && strncmp(service->scope, word, scope) == 0 && word[scope] == '/' &&
            strcmp(service->name, word + scope + 1) == 0);
}

static int complain_missing(const struct session *session, const char *word)
{
    const struct frame *frame = session->frame;
    const char **names = xcalloc(frame->row_count, sizeof *names);
    char hint[NEAR_TEXT];

    for (size_t i = 0; i < frame->row_count; i++)
        names[i] = frame->rows[i]->service->name;
    near_suggest(word, names, frame->row_count, hint);
    free(names);
    size_t unreached = session_complain_unreached(session);
    complain("there is no service '%.100s' in the clusters that answered.%s", word, hint);
    return unreached ? EXIT_UNREACHED : EXIT_USAGE;
}

const struct row *session_find(const struct session *session, const char *service, int *status)
{
    const struct frame *frame = session->frame;
    const struct row *found = NULL;

    *status = EXIT_DONE;
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct row *row = frame->rows[i];
        if (!is_called(row->service, service))
            continue;
        if (found) {
            complain("there is more than one service '%.100s' (in %s and %s); name the context, "
                     "the scope or the id",
                     service, found->service->cluster, row->service->cluster);
            *status = EXIT_USAGE;
            return NULL;
        }
        found = row;
    }
    if (!found)
        *status = complain_missing(session, service);
    return found;
}
