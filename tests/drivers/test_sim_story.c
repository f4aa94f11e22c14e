/* test_sim_story.c: the worlds of the simulator as they unfold, the same for the same seed. */
#include "base/hash.h"
#include "drivers/driver.h"
#include "drivers/sim/sim.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* Everything that was told, by name, and a digest of all of it with its times. */
struct story {
    struct clock *clock;
    struct loop *loop;
    struct cluster_config config;
    struct driver *driver;
    const struct service *services[64];
    size_t service_count;
    struct {
        char name[32];
        enum node_state state;
    } nodes[32];
    size_t node_count;
    uint64_t digest;
    char last_events[4096];
};

static void mix(struct story *story, const char *text)
{
    const int64_t now = loop_now_ms(story->loop);

    story->digest = hash_mix(story->digest, &now, sizeof now);
    story->digest = hash_mix(story->digest, text, strlen(text));
}

static void on_service(void *arg, const struct service *service)
{
    struct story *story = arg;
    size_t i = 0;

    while (i < story->service_count && strcmp(story->services[i]->id, service->id) != 0)
        i++;
    ck_assert_uint_lt(i, ARRAY_LEN(story->services));
    if (i == story->service_count)
        story->services[story->service_count++] = service;
    else {
        service_unref(story->services[i]);
        story->services[i] = service;
    }
    mix(story, service->id);
    mix(story, service->revision);
    mix(story, service->reason);
    for (size_t n = 0; n < service->instance_count; n++) {
        mix(story, service->instances[n].name);
        mix(story, service->instances[n].node);
        mix(story, instance_state_word[service->instances[n].state]);
    }
}

static void on_text(void *arg, const char *text)
{
    mix(arg, text);
}

static void on_node(void *arg, const struct node *node)
{
    struct story *story = arg;
    size_t i = 0;

    while (i < story->node_count && strcmp(story->nodes[i].name, node->name) != 0)
        i++;
    ck_assert_uint_lt(i, ARRAY_LEN(story->nodes));
    if (i == story->node_count)
        story->node_count++;
    snprintf(story->nodes[i].name, sizeof story->nodes[i].name, "%s", node->name);
    story->nodes[i].state = node->state;
    mix(story, node->id);
    mix(story, node_state_word[node->state]);
}

static void on_nothing(void *arg)
{
    mix(arg, "tick");
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    (void)why;
    mix(arg, cluster_state_word[state]);
}

static void on_event(void *arg, const char *service_id, const char *text)
{
    struct story *story = arg;
    const size_t used = strlen(story->last_events);

    mix(story, service_id);
    mix(story, text);
    if (used + strlen(text) + 2 < sizeof story->last_events)
        snprintf(story->last_events + used, sizeof story->last_events - used, "%s\n", text);
}

static void story_open_shared(struct story *story, const char *scenario, uint64_t seed,
                              struct sim **sim)
{
    struct err err = {0};

    memset(story, 0, sizeof *story);
    story->clock = clock_new_virtual(1790000000000);
    story->loop = loop_new(story->clock);
    story->digest = HASH_SEED;
    if (sim)
        *sim = sim_new(scenario, seed, story->clock, &err);
    story->config = (struct cluster_config){.name = "demo",
                                            .kind = "sim",
                                            .endpoint = scenario,
                                            .seed = seed,
                                            .shared = sim ? *sim : NULL};
    const struct driver_env env = {
        .loop = story->loop,
        .sink = {story, on_service, on_text, on_node, on_text, on_nothing, on_nothing, on_state,
                 on_event, on_text},
        .config = &story->config,
    };
    story->driver = driver_sim.open(&env, &err);
    ck_assert_msg(story->driver != NULL, "%s", err.text);
    driver_sim.follow(story->driver);
}

static void story_open(struct story *story, const char *scenario, uint64_t seed)
{
    story_open_shared(story, scenario, seed, NULL);
}

static void story_run(struct story *story, int64_t until_ms)
{
    while (loop_now_ms(story->loop) < until_ms)
        loop_turn(story->loop, 0);
}

static void story_close(struct story *story)
{
    driver_sim.close(story->driver);
    for (size_t i = 0; i < story->service_count; i++)
        service_unref(story->services[i]);
    loop_free(story->loop);
    clock_free(story->clock);
}

static const struct service *find(const struct story *story, const char *name)
{
    for (size_t i = 0; i < story->service_count; i++)
        if (strcmp(story->services[i]->name, name) == 0)
            return story->services[i];
    ck_abort_msg("no service %s", name);
    return NULL;
}

static enum node_state node_of(const struct story *story, const char *name)
{
    for (size_t i = 0; i < story->node_count; i++)
        if (strcmp(story->nodes[i].name, name) == 0)
            return story->nodes[i].state;
    ck_abort_msg("no node %s", name);
    return NODE_FENCED;
}

START_TEST(an_unknown_scenario_is_a_configuration_error)
{
    struct clock *clock = clock_new_virtual(0);
    struct loop *loop = loop_new(clock);
    const struct cluster_config config = {.name = "demo", .kind = "sim", .endpoint = "nosuch"};
    const struct driver_env env = {.loop = loop, .config = &config};
    struct err err = {0};

    ck_assert_ptr_null(driver_sim.open(&env, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    loop_free(loop);
    clock_free(clock);
}
END_TEST

START_TEST(the_default_world_shows_every_state_within_a_second)
{
    struct story story;
    unsigned steady = 0;

    story_open(&story, "", 1);
    story_run(&story, 1000);
    ck_assert_uint_ge(story.node_count, 12);
    ck_assert_uint_ge(story.service_count, 8);
    for (size_t i = 0; i < story.service_count; i++)
        steady += story.services[i]->motion == MOTION_NONE;
    ck_assert_uint_ge(steady, 5);

    const struct service *held = find(&story, "billing");
    ck_assert_str_eq(held->wants, "42");
    ck_assert_str_eq(held->was, "41");
    ck_assert_uint_eq(service_count(held, "42", STATES_ALL), 0);
    ck_assert_int_eq(held->motion, MOTION_RESTING);

    ck_assert_int_eq(find(&story, "checkout")->motion, MOTION_MOVING);
    ck_assert_int_eq(find(&story, "mailer")->motion, MOTION_MOVING);
    ck_assert_int_eq(find(&story, "inventory")->motion, MOTION_RESTING);

    const struct service *stuck = find(&story, "payments");
    ck_assert_int_eq(stuck->trouble, TROUBLE_STUCK);
    ck_assert_str_eq(stuck->reason, "image cannot be pulled: payments:2.9.0: manifest unknown");
    ck_assert_uint_eq(service_count(stuck, "2.8.4", STATES_SERVING), 10);
    story_close(&story);
}
END_TEST

START_TEST(the_default_world_moves_on_and_comes_to_rest)
{
    struct story story;

    story_open(&story, "default", 1);
    story_run(&story, 7500);
    ck_assert_int_eq(node_of(&story, "w7"), NODE_REPORTING);
    story_run(&story, 20000);
    ck_assert_int_eq(node_of(&story, "w7"), NODE_SILENT);
    ck_assert_uint_gt(service_count(find(&story, "search"), "71", 1u << INSTANCE_GHOST), 0);
    story_run(&story, 90000);
    ck_assert_int_eq(node_of(&story, "w7"), NODE_REPORTING);
    const struct service *checkout = find(&story, "checkout");
    ck_assert_int_eq(checkout->motion, MOTION_RESTING);
    ck_assert_uint_eq(service_count(checkout, "13", STATES_ALL), 5);
    ck_assert_uint_eq(service_count(checkout, "12", STATES_ALL), 7);
    const struct service *mailer = find(&story, "mailer");
    ck_assert_int_eq(mailer->motion, MOTION_NONE);
    ck_assert_uint_eq(service_count(mailer, "5.1.4", STATES_SERVING), 10);
    ck_assert_ptr_nonnull(strstr(story.last_events, "node w7 reports again"));
    ck_assert_msg(strstr(story.last_events, "node w7 came back and still ran"), "events:\n%s",
                  story.last_events);
    story_close(&story);
}
END_TEST

static uint64_t digest_of(const char *scenario, uint64_t seed)
{
    struct story story;

    story_open(&story, scenario, seed);
    story_run(&story, 60000);
    const uint64_t digest = story.digest;
    story_close(&story);
    return digest;
}

static void on_record(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct release **release = arg;
    struct err bad = {0};

    (void)revision;
    ck_assert_ptr_null(err);
    *release = text ? release_parse(text, strlen(text), &bad) : NULL;
    ck_assert_msg(bad.code == ERR_NONE, "%s", bad.text);
}

START_TEST(what_is_on_its_way_is_on_record)
{
    static const struct {
        const char *key, *from, *to;
        enum stage stage;
        uint32_t target;
    } rows[] = {
        {"checkout", "12", "13", STAGE_WAVE, 5},
        {"inventory", "30", "31", STAGE_CANARY, 1},
        {"mailer", "5.1.4", "5.2.0", STAGE_ROLLING_BACK, 7},
        {"payments", "2.8.4", "2.9.0", STAGE_CANARY, 1},
    };
    struct story story;

    story_open(&story, "default", 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct release *release = NULL;
        driver_sim.ledger_get(story.driver, rows[i].key, on_record, &release);
        story_run(&story, loop_now_ms(story.loop) + 100);
        ck_assert_msg(release != NULL, "no record of %s", rows[i].key);
        ck_assert_str_eq(release->from, rows[i].from);
        ck_assert_str_eq(release->to, rows[i].to);
        ck_assert_int_eq(release->stage, rows[i].stage);
        ck_assert_uint_eq(release->target, rows[i].target);
        ck_assert_ptr_nonnull(release->memo);
        release_free(release);
    }
    story_close(&story);
}
END_TEST

START_TEST(the_same_seed_tells_the_same_story)
{
    ck_assert_uint_eq(digest_of("default", 5), digest_of("default", 5));
    ck_assert_uint_ne(digest_of("default", 5), digest_of("default", 6));
}
END_TEST

START_TEST(a_push_does_not_reach_a_silent_node)
{
    struct story story;
    struct sim *sim;
    struct err err = {0};

    story_open_shared(&story, "pair", 1, &sim);
    story_run(&story, 1000);
    ck_assert(find(&story, "agent")->per_node);
    ck_assert(sim_inject(sim, SIM_NODE_SILENT, "w4", &err));
    ck_assert(sim_push_foreign(sim, "agent", "2", 4, 0, &err));
    story_run(&story, 30000);
    const struct service *agent = find(&story, "agent");
    ck_assert_uint_eq(service_count(agent, "2", STATES_SERVING), 3);
    ck_assert_uint_eq(service_count(agent, "1", 1u << INSTANCE_GHOST), 1);
    ck_assert_uint_eq(service_count(agent, "1", STATES_ALL), 1);
    ck_assert_int_eq(agent->motion, MOTION_MOVING);
    ck_assert(sim_inject(sim, SIM_NODE_RETURNS, "w4", &err));
    story_run(&story, 60000);
    agent = find(&story, "agent");
    ck_assert_uint_eq(service_count(agent, "2", STATES_SERVING), 4);
    ck_assert_uint_eq(service_count(agent, "1", STATES_ALL), 0);
    ck_assert_int_eq(agent->motion, MOTION_NONE);
    story_close(&story);
    sim_unref(sim);
}
END_TEST

SUITE(sim_story)
{
    Suite *suite = suite_create("sim-story");
    TCase *worlds = test_case(suite, "worlds", 10);

    tcase_add_test(worlds, an_unknown_scenario_is_a_configuration_error);
    tcase_add_test(worlds, the_default_world_shows_every_state_within_a_second);
    tcase_add_test(worlds, the_default_world_moves_on_and_comes_to_rest);
    tcase_add_test(worlds, what_is_on_its_way_is_on_record);
    tcase_add_test(worlds, the_same_seed_tells_the_same_story);
    tcase_add_test(worlds, a_push_does_not_reach_a_silent_node);
    return suite;
}
