/* test_sim_storm.c: many hands on one simulated cluster, under random faults and on two
 * threads. */
#include "drivers/driver.h"
#include "drivers/sim/sim.h"
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* An operator that presses keys at random, and settles what is unknown as one should. */
struct masher {
    struct loop *loop;
    struct sim *sim;
    struct driver *driver;
    struct cluster_config config;
    struct action action;
    uint64_t dice;
    bool busy, tired;
    const struct service *service; /* last heard */
    unsigned acted, unknown;
    uint32_t asked; /* most instances on the new version ever asked for */
    uint32_t most;  /* and ever seen */
};

static void no_text(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static void no_node(void *arg, const struct node *node)
{
    (void)arg;
    (void)node;
}

static void no_call(void *arg)
{
    (void)arg;
}

static void no_state(void *arg, enum cluster_state state, const struct err *why)
{
    (void)arg;
    (void)state;
    (void)why;
}

static void no_event(void *arg, const char *service_id, const char *text)
{
    (void)arg;
    (void)service_id;
    (void)text;
}

static void watch_service(void *arg, const struct service *service)
{
    struct masher *masher = arg;
    uint32_t all = 0;

    for (size_t i = 0; i < service->version_count; i++)
        all += service_count(service, service->versions[i].version, STATES_SERVING);
    const uint32_t now = service_count(service, "5", STATES_ALL & ~(1u << INSTANCE_GHOST));
    if (now > masher->most)
        masher->most = now;
    /* Start first: there is one serving instance in each place, two for a moment. */
    ck_assert_uint_le(all, 16);
    service_unref(masher->service);
    masher->service = service;
}

static uint32_t roll(struct masher *masher, uint32_t n)
{
    masher->dice = masher->dice * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(masher->dice >> 33) % n;
}

static void after_fence(void *arg, const char *revision, const struct err *err)
{
    struct masher *masher = arg;

    (void)revision;
    (void)err;
    masher->busy = false;
}

static void after_act(void *arg, const char *revision, const struct err *err)
{
    struct masher *masher = arg;

    (void)revision;
    if (!err || err->code != ERR_NETWORK) {
        masher->busy = false;
        return;
    }
    masher->unknown++;
    driver_sim.fence(masher->driver, masher->action.service, masher->action.revision, after_fence,
                     masher);
}

static void after_read(void *arg, const struct service *service, const struct err *err)
{
    static const enum verb verbs[] = {VERB_START, VERB_STEP, VERB_STEP, VERB_PAUSE, VERB_RESUME};
    struct masher *masher = arg;
    struct action *action = &masher->action;
    struct err refused = {0};
    json_t *memo = NULL;

    masher->busy = false;
    if (err)
        return;
    memset(action, 0, sizeof *action);
    action->verb = verbs[roll(masher, ARRAY_LEN(verbs))];
    snprintf(action->id, sizeof action->id, "%016llx%08x", (unsigned long long)masher->dice,
             masher->acted);
    snprintf(action->service, sizeof action->service, "%s", service->id);
    snprintf(action->to, sizeof action->to, "5");
    snprintf(action->revision, sizeof action->revision, "%s", service->revision);
    action->replicas = service->replicas;
    action->have_count = service_count(service, "5", STATES_PRESENT);
    action->to_count = action->have_count + roll(masher, 2);
    if (driver_sim.plan(masher->driver, service, NULL, action, &memo, &refused) && action->writes) {
        masher->busy = true;
        masher->acted++;
        if (action->verb != VERB_PAUSE && action->to_count > masher->asked)
            masher->asked = action->to_count;
        driver_sim.act(masher->driver, action, NULL, after_act, masher);
    }
    json_decref(memo);
}

static void press(void *arg)
{
    struct masher *masher = arg;

    if (!masher->busy && !masher->tired) {
        masher->busy = true;
        driver_sim.read(masher->driver, "svc-web", after_read, masher);
    }
    loop_after(masher->loop, 200 + roll(masher, 1500), press, masher);
}

static void masher_open(struct masher *masher, struct loop *loop, struct sim *sim, uint64_t seed)
{
    struct err err = {0};

    *masher = (struct masher){.loop = loop, .sim = sim, .dice = seed};
    masher->config = (struct cluster_config){.name = "lab", .kind = "sim", .shared = sim};
    const struct driver_env env = {
        .loop = loop,
        .sink = {masher, watch_service, no_text, no_node, no_text, no_call, no_call, no_state,
                 no_event, no_text},
        .config = &masher->config,
    };
    masher->driver = driver_sim.open(&env, &err);
    driver_sim.follow(masher->driver);
    loop_after(loop, 100 + (int64_t)seed % 100, press, masher);
}

/* What happens to requests and instances; what else happens to nodes. */
#define STORM                                                                                      \
    [SIM_CRASH] = 100, [SIM_TOUCHED] = 100, [SIM_UNREACHABLE] = 20, [SIM_LOSE_REQUEST] = 80,       \
    [SIM_LOSE_ANSWER] = 80, [SIM_DELAY_REQUEST] = 80, [SIM_DELAY_ANSWER] = 80,                     \
    [SIM_DUPLICATE_REQUEST] = 100, [SIM_CONFLICT] = 80
static const struct sim_chaos storms[] = {{{STORM}}, {{STORM, [SIM_NODE_SILENT] = 30}}};

/* Two operators mash keys for five minutes of the clock. */
START_TEST(in_a_storm_nothing_is_applied_twice_or_beyond_what_was_asked)
{
    static const struct sim_chaos calm;
    struct clock *clock = clock_new_virtual(0);
    struct loop *loop = loop_new(clock);
    struct err err = {0};
    struct sim *sim = sim_new("eight", (uint64_t)_i, clock, &err);
    struct masher one, two;
    const bool nodes = _i % 2;
    unsigned total = 0;

    masher_open(&one, loop, sim, (uint64_t)_i * 2 + 1);
    masher_open(&two, loop, sim, (uint64_t)_i * 2 + 2);
    sim_set_chaos(sim, &storms[nodes]);
    while (clock_now_ms(clock) < 300000) {
        loop_turn(loop, 0);
        if (one.acted && total != sim_applied_total(sim)) {
            total = sim_applied_total(sim);
            char mark[64];
            snprintf(mark, sizeof mark, "%s.0", one.action.id);
            ck_assert_uint_le(sim_applied(sim, mark), 1);
        }
        const uint32_t asked = one.asked > two.asked ? one.asked : two.asked;
        ck_assert(nodes || one.most <= asked); /* a returned node may bring more back */
    }
    sim_set_chaos(sim, &calm);
    one.tired = two.tired = true;
    while (clock_now_ms(clock) < 400000)
        loop_turn(loop, 0);
    ck_assert_int_ne(one.service->motion, MOTION_MOVING);
    ck_assert_uint_eq(service_count(one.service, "4", STATES_SERVING) +
                          service_count(one.service, "5", STATES_SERVING),
                      8);
    ck_assert_uint_gt(one.acted + two.acted, 20);
    ck_assert_uint_gt(one.unknown + two.unknown, 0);
    ck_assert_uint_le(sim_applied_total(sim), one.acted + two.acted);
    driver_sim.close(one.driver);
    driver_sim.close(two.driver);
    service_unref(one.service);
    service_unref(two.service);
    loop_free(loop);
    sim_unref(sim);
    clock_free(clock);
}
END_TEST

/* Two operators on threads of their own. */
struct racer {
    pthread_t thread;
    struct sim *sim;
    struct clock *clock;
    struct loop *loop;
    struct driver *driver;
    struct action action;
    enum err_code code;
    unsigned answers;
};

static void drop_service(void *arg, const struct service *service)
{
    (void)arg;
    service_unref(service);
}

static void raced(void *arg, const char *revision, const struct err *err)
{
    struct racer *racer = arg;

    (void)revision;
    racer->code = err ? err->code : ERR_NONE;
    racer->answers++;
    loop_stop(racer->loop);
}

static void race_read(void *arg, const struct service *service, const struct err *err)
{
    struct racer *racer = arg;
    json_t *memo = NULL;
    struct err refused = {0};

    ck_assert_ptr_null(err);
    snprintf(racer->action.revision, sizeof racer->action.revision, "%s", service->revision);
    if (driver_sim.plan(racer->driver, service, NULL, &racer->action, &memo, &refused))
        driver_sim.act(racer->driver, &racer->action, NULL, raced, racer);
    else
        raced(racer, "", &refused); /* it reads that the other one was first */
    json_decref(memo);
}

static void *race(void *arg)
{
    struct racer *racer = arg;
    const struct cluster_config config = {.name = "lab", .kind = "sim", .shared = racer->sim};
    struct err err = {0};

    racer->loop = loop_new(racer->clock);
    const struct driver_env env = {
        .loop = racer->loop,
        .sink = {racer, drop_service, no_text, no_node, no_text, no_call, no_call, no_state,
                 no_event, no_text},
        .config = &config,
    };
    racer->driver = driver_sim.open(&env, &err);
    driver_sim.follow(racer->driver);
    driver_sim.read(racer->driver, "svc-web", race_read, racer);
    loop_run(racer->loop);
    driver_sim.close(racer->driver);
    loop_free(racer->loop);
    return NULL;
}

START_TEST(operators_on_two_threads_race_and_one_wins)
{
    struct clock *clock = clock_new_scaled(20, 0);
    struct err err = {0};
    struct sim *sim = sim_new("eight", 3, clock, &err);
    struct racer racers[2] = {0};

    for (int i = 0; i < 2; i++) {
        racers[i].sim = sim;
        racers[i].clock = clock;
        racers[i].action = (struct action){.verb = VERB_START, .to_count = 1, .replicas = 8};
        snprintf(racers[i].action.id, sizeof racers[i].action.id, "racer-%d", i);
        snprintf(racers[i].action.service, sizeof racers[i].action.service, "svc-web");
        snprintf(racers[i].action.to, sizeof racers[i].action.to, "5");
        ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(racers[i].thread, NULL);
    ck_assert_uint_eq(racers[0].answers + racers[1].answers, 2);
    const enum err_code lost = racers[racers[0].code == ERR_NONE].code;
    ck_assert(lost == ERR_CONFLICT || lost == ERR_REJECTED);
    ck_assert_uint_eq(sim_applied_total(sim), 1);
    sim_unref(sim);
    clock_free(clock);
}
END_TEST

SUITE(sim_storm)
{
    Suite *suite = suite_create("sim-storm");
    TCase *soak = test_case(suite, "soak", 20);
    TCase *threads = test_case(suite, "threads", 20);

    tcase_add_loop_test(soak, in_a_storm_nothing_is_applied_twice_or_beyond_what_was_asked, 1, 9);
    tcase_add_test(threads, operators_on_two_threads_race_and_one_wins);
    return suite;
}
