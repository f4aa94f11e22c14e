/* probes.c: what is asked again and again: what is left of a format, how often an element is
 * called.
 *
 * Asking waits, so that it has a thread of its own while it lasts; what came of it is looked at on
 * the engine's. Attested is what differs from the cluster's own record, so that a restart does not
 * say it again; where there is no number, nothing is. Of several processes one asks: they would
 * measure at different times, and each attest what the others did not see. */
#include "engine/internal.h"

#include "base/mem.h"
#include "base/text.h"
#include "health/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_MS = 2000 }; /* the record is read by then; and how soon it is taken over */

struct probing {
    struct engine *engine;
    const struct probe_settings *probe;
    struct loop_timer *timer;
    pthread_t thread;
    bool asking;
    char name[200]; /* for people */
    int said;       /* the kind of what was said of it last: nobody wants it every minute */
    /* of the thread, until it was joined */
    struct probe_result result;
    struct err err;
};

struct prober {
    struct probing *probings;
    size_t count;
    bool stop; /* atomic */
};

/* What was said of one; a failure says which kind, behind these. */
enum { SAID_NOTHING, SAID_SAME, SAID_LEFT, SAID_ATTESTED, SAID_FAILED };

static void say(struct probing *it, int what, const char *text)
{
    char line[700];

    if (it->said == what)
        return;
    it->said = what;
    snprintf(line, sizeof line, "probe of %s: %s", it->name, text);
    engine_say(it->engine, "", "", "", line);
    if (it->engine->probe_say)
        it->engine->probe_say(it->engine->probe_arg, line);
}

/* ---- what the record says ---- */

static const struct usage_fact *recorded_usage(const struct cluster *cluster,
                                               const struct probe_settings *probe)
{
    const struct facts *facts = &cluster->attested;

    for (size_t c = 0; c < facts->client_count; c++)
        for (size_t u = 0; u < facts->clients[c].usage_count; u++)
            if (strcmp(facts->clients[c].name, probe->clients) == 0 &&
                strcmp(facts->clients[c].usage[u].element, probe->usage) == 0)
                return &facts->clients[c].usage[u];
    return NULL;
}

/* Whether calls began, ended, halved or doubled; between them a count is only of another minute. */
static bool usage_changed(const struct usage_fact *before, uint64_t calls)
{
    return !before || (before->calls == 0) != (calls == 0) || calls / 2 > before->calls ||
           calls < before->calls / 2;
}

static bool is_news(struct probing *it, struct cluster *cluster)
{
    const struct probe_settings *probe = it->probe;
    const bool gone =
        probe->gone[0] && bind_attestation(cluster->bind, probe->store, probe->gone) != NULL;

    if (!probe->gone[0])
        return usage_changed(recorded_usage(cluster, probe), it->result.count);
    if (it->result.count) {
        say(it, SAID_LEFT,
            gone ? "it was attested to be gone, and some are left" : it->result.evidence);
        return false;
    }
    const char *why = bind_not_gone(cluster->bind, probe->store, probe->gone);
    if (why[0])
        say(it, SAID_LEFT, why);
    return !gone && !why[0];
}

/* ---- one round ---- */

static void attest(struct probing *it, const struct cluster *cluster)
{
    const struct probe_settings *probe = it->probe;
    struct intent intent = {.verb = VERB_ATTEST,
                            .flags = INTENT_CONFIRMED | INTENT_AUTOMATIC,
                            .attested = probe->gone[0] ? ATTEST_GONE : ATTEST_USAGE,
                            .calls = probe->gone[0] ? 0 : it->result.count};

    snprintf(intent.cluster, sizeof intent.cluster, "%s", cluster->config.name);
    snprintf(intent.service, sizeof intent.service, "%s",
             probe->gone[0] ? probe->store : probe->clients);
    snprintf(intent.version, sizeof intent.version, "%s",
             probe->gone[0] ? probe->gone : probe->usage);
    snprintf(intent.reason, sizeof intent.reason, "%.230s", it->result.evidence);
    it->said = SAID_NOTHING;
    say(it, SAID_ATTESTED, it->result.evidence);
    engine_submit(it->engine, &intent);
}

/* The context whose record it belongs into: the one that is named, or the only one. */
static struct cluster *cluster_of(const struct probing *it)
{
    struct engine *engine = it->engine;

    if (it->probe->context[0])
        return engine_cluster(engine, it->probe->context);
    return engine->cluster_count == 1 ? &engine->clusters[0] : NULL;
}

/* Somebody else asks, and attests. */
static bool is_left(const struct cluster *cluster)
{
    return cluster && __atomic_load_n(&cluster->leaves_probes, __ATOMIC_RELAXED);
}

void engine_leave_probes(struct engine *engine, const char *context, bool leave)
{
    struct cluster *cluster = engine_cluster(engine, context);

    if (cluster)
        __atomic_store_n(&cluster->leaves_probes, leave, __ATOMIC_RELAXED);
}

static void begin(void *arg);

static void on_asked(void *arg)
{
    struct probing *it = arg;
    struct cluster *cluster = cluster_of(it);
    char text[600];

    pthread_join(it->thread, NULL);
    it->asking = false;
    it->timer = loop_after(it->engine->loop, it->probe->every_ms, begin, it);
    if (it->err.code != ERR_NONE) {
        snprintf(text, sizeof text, "%.400s; nothing is attested", it->err.text);
        say(it, SAID_FAILED + (int)it->err.code, text);
    } else if (!cluster || cluster->state != CLUSTER_LIVE || !cluster->bind) {
        say(it, SAID_SAME, "its context does not answer; nothing is attested");
    } else if (!is_left(cluster) && is_news(it, cluster)) {
        attest(it, cluster);
    } else if (it->said >= SAID_FAILED) {
        say(it, SAID_SAME, "it is answered again");
    }
}

static void *ask(void *arg)
{
    struct probing *it = arg;
    struct clock *wall = clock_new_real(); /* whatever the engine's is */

    if (!probe_ask(it->probe, wall, &it->engine->prober->stop, &it->result, &it->err) &&
        it->err.code == ERR_NONE)
        err_set(&it->err, ERR_UNKNOWN, "no answer");
    clock_free(wall);
    loop_post(it->engine->loop, on_asked, it);
    return NULL;
}

static void begin(void *arg)
{
    struct probing *it = arg;

    it->timer = NULL;
    if (is_left(cluster_of(it))) {
        it->said = SAID_NOTHING;
        it->timer = loop_after(it->engine->loop, FIRST_MS, begin, it);
        return;
    }
    it->result = (struct probe_result){0};
    it->err = (struct err){0};
    it->asking = pthread_create(&it->thread, NULL, ask, it) == 0;
    if (!it->asking)
        it->timer = loop_after(it->engine->loop, it->probe->every_ms, begin, it);
}

void probes_open(struct engine *engine, const struct engine_config *config)
{
    struct prober *prober;
    size_t periodic = 0;

    for (size_t i = 0; i < config->probe_count; i++)
        periodic += config->probes[i].every_ms > 0;
    if (!periodic || engine->read_only || engine->tape)
        return;
    engine->prober = prober = xcalloc(1, sizeof *prober);
    engine->probe_say = config->probe_say;
    engine->probe_arg = config->probe_arg;
    prober->probings = xcalloc(periodic, sizeof *prober->probings);
    for (size_t i = 0; i < config->probe_count; i++) {
        const struct probe_settings *probe = &config->probes[i];
        if (probe->every_ms <= 0)
            continue;
        struct probing *it = &prober->probings[prober->count++];
        *it = (struct probing){.engine = engine, .probe = probe};
        snprintf(it->name, sizeof it->name, "%.90s of %.90s",
                 probe->gone[0] ? probe->gone : probe->usage,
                 probe->gone[0] ? probe->store : probe->clients);
        it->timer = loop_after(engine->loop, FIRST_MS, begin, it);
    }
}

void probes_close(struct engine *engine)
{
    struct prober *prober = engine->prober;

    if (!prober)
        return;
    __atomic_store_n(&prober->stop, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < prober->count; i++) {
        if (prober->probings[i].asking)
            pthread_join(prober->probings[i].thread, NULL);
        loop_cancel(prober->probings[i].timer);
    }
    free(prober->probings);
    free(prober);
    engine->prober = NULL;
}
