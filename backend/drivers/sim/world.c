/* world.c: makes a simulated cluster from a scenario, and finds things in it. */
#include "drivers/sim/world.h"
#include "drivers/sim/rollout.h"
#include "drivers/sim/wire.h"

#include "base/hash.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t sim_utc_ms(const struct sim *sim)
{
    return clock_utc_ms(sim->clock) - (clock_now_ms(sim->clock) - sim->now_ms);
}

struct sim_service *sim_find_service(struct sim *sim, const char *id_or_name)
{
    for (size_t i = 0; i < sim->service_count; i++) {
        struct sim_service *service = &sim->services[i];
        if (!service->gone &&
            (strcmp(service->id, id_or_name) == 0 || strcmp(service->name, id_or_name) == 0))
            return service;
    }
    return NULL;
}

struct sim_node *sim_find_node(struct sim *sim, const char *id_or_name)
{
    for (size_t i = 0; i < sim->node_count; i++)
        if (strcmp(sim->nodes[i].id, id_or_name) == 0 ||
            strcmp(sim->nodes[i].name, id_or_name) == 0)
            return &sim->nodes[i];
    return NULL;
}

void sim_touch(struct sim *sim, struct sim_service *service)
{
    service->changed = ++sim->change;
}

void sim_touch_node(struct sim *sim, struct sim_node *node)
{
    node->state_utc_ms = sim_utc_ms(sim);
    node->changed = ++sim->change;
}

void sim_say(struct sim *sim, const struct sim_service *service, const char *fmt, ...)
{
    struct sim_news *news = &sim->news[sim->news_count++ % SIM_NEWS_MAX];
    va_list args;

    news->service = service;
    va_start(args, fmt);
    vsnprintf(news->text, sizeof news->text, fmt, args);
    va_end(args);
    sim->change++;
}

/* What the scenario says about a tag: "4 5 6 bad!". */
static enum image image_of(const struct scenario_service *scenario, const char *tag)
{
    static const char marks[] = "!?~";
    static const enum image images[] = {IMAGE_CRASHES, IMAGE_ERRS, IMAGE_MUTE};
    const char *at = scenario->images ? scenario->images : "";
    size_t len = strlen(tag);

    if (!at[0])
        return IMAGE_GOOD;
    while (*at) {
        size_t n = strcspn(at, " ");
        const char *mark = n ? strchr(marks, at[n - 1]) : NULL;
        if (n - (mark != NULL) == len && strncmp(at, tag, len) == 0)
            return mark ? images[mark - marks] : IMAGE_GOOD;
        at += n + (at[n] == ' ');
    }
    return IMAGE_MISSING;
}

static const char *tag_of(const char *artifact)
{
    const char *slash = strrchr(artifact, '/'), *colon = strrchr(artifact, ':');

    return colon && (!slash || colon > slash) ? colon + 1 : "latest";
}

static const char *contract_of(const struct sim *sim, const char *service, const char *version)
{
    const struct scenario_contract *c = sim->scenario->contracts;

    for (; c && c->service; c++)
        if (strcmp(c->service, service) == 0 && strcmp(c->version, version) == 0)
            return c->text;
    return "";
}

struct sim_version *sim_version_of(struct sim *sim, struct sim_service *service, const char *name,
                                   const char *artifact)
{
    char clean_name[TEXT_NAME_MAX + 1], clean[600], derived[512], hash[HASH_TEXT];
    struct sim_version **at = &service->versions;

    if (!artifact[0]) {
        snprintf(derived, sizeof derived, "%s:%s", service->scenario->name, name);
        artifact = derived;
    }
    if (!name[0])
        name = tag_of(artifact);
    text_clean_into(clean, sizeof clean, artifact, strlen(artifact));
    text_clean_into(clean_name, sizeof clean_name, name, strlen(name));
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->name, clean_name) == 0 && strcmp((*at)->artifact, clean) == 0)
            return *at;
    struct sim_version *version = arena_alloc(sim->arena, 1, sizeof *version);
    hash_sha256_text(clean, strlen(clean), hash);
    version->name = arena_strdup(sim->arena, clean_name);
    version->artifact = arena_strdup(sim->arena, clean);
    version->digest = arena_printf(sim->arena, "sha256:%s", hash);
    version->contract = contract_of(sim, service->scenario->name, clean_name);
    version->pull_error =
        arena_printf(sim->arena, "image cannot be pulled: %s: manifest unknown", version->artifact);
    version->image = image_of(service->scenario, tag_of(clean));
    return *at = version;
}

static void add_node(struct sim *sim, size_t *cap, const char *name)
{
    ARRAY_RESERVE(sim->nodes, *cap, sim->node_count + 1);
    struct sim_node *node = &sim->nodes[sim->node_count++];

    node->name = name;
    node->id = arena_printf(sim->arena, "node-%s", name);
    node->note = "";
    node->state_utc_ms = sim_utc_ms(sim) - (int64_t)86400000 * (int64_t)(3 + sim->node_count);
    node->changed = ++sim->change;
}

/* "w1 w2 w3", or "n*200". */
static void build_nodes(struct sim *sim)
{
    const char *at = sim->scenario->nodes, *star = strchr(at, '*');
    size_t cap = 0;

    if (star) {
        const long count = strtol(star + 1, NULL, 10);
        for (long i = 1; i <= count; i++)
            add_node(sim, &cap, arena_printf(sim->arena, "%.*s%ld", (int)(star - at), at, i));
        return;
    }
    while (*at) {
        size_t n = strcspn(at, " ");
        add_node(sim, &cap, arena_printf(sim->arena, "%.*s", (int)n, at));
        at += n + (at[n] == ' ');
    }
}

static void build_services(struct sim *sim)
{
    const struct scenario_service *rows = sim->scenario->services;
    const uint32_t copies = sim->scenario->copies ? sim->scenario->copies : 1;
    size_t count = 0;

    for (const struct scenario_service *s = rows; s->name; s++)
        count += copies;
    sim->services = xcalloc(count, sizeof *sim->services);
    for (const struct scenario_service *s = rows; s->name; s++)
        for (uint32_t copy = 1; copy <= copies; copy++) {
            struct sim_service *service = &sim->services[sim->service_count++];
            service->scenario = s;
            service->name =
                copies == 1 ? s->name : arena_printf(sim->arena, "%s-%04u", s->name, copy);
            service->id = arena_printf(sim->arena, "svc-%s", service->name);
            sim_build_service(sim, service);
            sim_build_record(sim, service);
        }
}

/* Silent since long before the beginning, with the version that everybody else has left. */
static void leave_behind(struct sim *sim, struct sim_node *node)
{
    const uint32_t at = (uint32_t)(node - sim->nodes);

    sim_node_silent(sim, node);
    node->state_utc_ms = sim_utc_ms(sim) - SIM_BEHIND_MS;
    for (size_t i = 0; i < sim->service_count; i++) {
        struct sim_service *service = &sim->services[i];
        for (struct sim_instance *it = service->instances; it; it = it->next)
            if (it->node == at && service->scenario->ghost)
                it->version = sim_version_of(sim, service, service->scenario->ghost, "");
    }
}

static bool refuse_name(const char *name, struct err *err)
{
    char all[300] = "";

    for (size_t i = 0; scenario_at(i); i++) {
        const size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", scenario_at(i)->name);
    }
    return err_set(err, ERR_CONFIG, "the simulator has no scenario called '%s'; there are: %s",
                   name, all);
}

struct sim *sim_new(const char *name, uint64_t seed, struct clock *clock, struct err *err)
{
    const struct scenario *scenario = scenario_find(name);

    if (!scenario) {
        refuse_name(name, err);
        return NULL;
    }
    struct sim *sim = xcalloc(1, sizeof *sim);
    pthread_mutex_init(&sim->lock, NULL);
    sim->refs = 1;
    sim->clock = clock;
    sim->scenario = scenario;
    sim->seed = seed;
    sim->dice = seed * 0x2545f4914f6cdd1dULL + 1;
    sim->arena = arena_new(4096);
    sim->now_ms = clock_now_ms(clock);
    build_nodes(sim);
    build_services(sim);
    if (scenario->silent)
        leave_behind(sim, sim_find_node(sim, scenario->silent));
    sim_story_begin(sim);
    return sim;
}

struct sim *sim_ref(struct sim *sim)
{
    __atomic_add_fetch(&sim->refs, 1, __ATOMIC_RELAXED);
    return sim;
}

void sim_unref(struct sim *sim)
{
    if (!sim || __atomic_sub_fetch(&sim->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    sim_drop_requests(sim);
    for (size_t i = 0; i < sim->service_count; i++) {
        for (struct sim_instance *n, *it = sim->services[i].instances; it; it = n) {
            n = it->next;
            free(it);
        }
        free(sim->services[i].slots);
    }
    for (struct sim_record *n, *r = sim->records; r; r = n) {
        n = r->next;
        free(r->text);
        free(r);
    }
    for (struct sim_armed *n, *a = sim->armed; a; a = n) {
        n = a->next;
        free(a);
    }
    free(sim->services);
    free(sim->nodes);
    free(sim->queue);
    free(sim->applied);
    arena_free(sim->arena);
    pthread_mutex_destroy(&sim->lock);
    free(sim);
}
