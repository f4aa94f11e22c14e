/* conformance_action.c: whole actions, done by hand: read, plan, act, until at rest. */
#include "drivers/conformance_bench.h"

#include <stdio.h>
#include <string.h>

uint32_t bench_count(const struct service *service, const char *version)
{
    return service_count(service, version, STATES_PRESENT);
}

static struct action draft(struct bench *bench, const struct service *service, enum verb verb,
                           uint32_t to_count)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    const bool back = verb == VERB_ROLLBACK;
    struct action action = {.verb = verb, .to_count = to_count, .replicas = service->replicas};

    id_random(action.id);
    snprintf(action.cluster, sizeof action.cluster, "%s", service->cluster);
    snprintf(action.service, sizeof action.service, "%s", service->id);
    snprintf(action.by, sizeof action.by, "%s", "tester");
    snprintf(action.from, sizeof action.from, "%s",
             back ? fixture->new_version : fixture->old_version);
    snprintf(action.to, sizeof action.to, "%s", back ? fixture->old_version : fixture->new_version);
    snprintf(action.artifact, sizeof action.artifact, "%s",
             verb == VERB_START ? fixture->new_artifact : "");
    snprintf(action.revision, sizeof action.revision, "%s", service->revision);
    action.have_count = bench_count(service, action.to);
    action.last_step = to_count == service->replicas;
    return action;
}

struct action bench_plan(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo)
{
    struct driver *driver = bench->one.driver;
    const struct service *service = bench_read(bench);
    struct action action = draft(bench, service, verb, to_count);
    struct err err = {0};
    json_t *kept = NULL;

    ck_assert_msg(driver->ops->plan(driver, service, *memo, &action, &kept, &err), "plan %s: %s",
                  verb_word[verb], err.text);
    ck_assert_msg(kept || verb != VERB_START, "a start must say what is needed to undo it");
    if (kept) {
        json_decref(*memo);
        *memo = kept;
    }
    service_unref(service);
    return action;
}

struct err bench_refused(struct bench *bench, enum verb verb, uint32_t to_count, const char *to,
                         const json_t *memo)
{
    struct driver *driver = bench->one.driver;
    const struct service *service = bench_read(bench);
    struct action action = draft(bench, service, verb, to_count);
    struct err err = {0};
    json_t *kept = NULL;

    snprintf(action.to, sizeof action.to, "%s", to);
    ck_assert_msg(!driver->ops->plan(driver, service, memo, &action, &kept, &err),
                  "plan %s to %u of %s was not refused", verb_word[verb], to_count, to);
    ck_assert_ptr_null(kept);
    service_unref(service);
    return err;
}

struct settling {
    const struct action *action;
    int64_t next_ms;
};

static bool is_settled(struct bench *bench, void *arg)
{
    struct settling *settling = arg;
    struct driver *driver = bench->one.driver;

    if (loop_now_ms(bench->loop) < settling->next_ms)
        return false;
    const struct service *service = bench_read(bench);
    const bool settled = driver->ops->settled(driver, service, settling->action);
    service_unref(service);
    settling->next_ms = loop_now_ms(bench->loop) + 100;
    return settled;
}

void bench_settle(struct bench *bench, const struct action *action)
{
    struct settling settling = {action, 0};

    ck_assert_msg(bench_until(bench, is_settled, &settling), "write %u of %s never came to rest",
                  action->write, verb_word[action->verb]);
}

static void send(struct bench *bench, const struct action *action, const json_t *memo)
{
    struct answer answer = bench_act(bench, &bench->one, action, memo);

    ck_assert_msg(answer.err.code == ERR_NONE, "%s: %s", verb_word[action->verb], answer.err.text);
    answer_release(&answer);
}

void bench_finish(struct bench *bench, struct action action, const json_t *memo)
{
    bench_settle(bench, &action);
    while (++action.write < action.writes) {
        const struct service *service = bench_read(bench);
        snprintf(action.revision, sizeof action.revision, "%s", service->revision);
        service_unref(service);
        send(bench, &action, memo);
        bench_settle(bench, &action);
    }
}

void bench_do(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo)
{
    struct action action = bench_begin(bench, verb, to_count, memo);

    bench_finish(bench, action, *memo);
}

struct action bench_begin(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo)
{
    struct action action = bench_plan(bench, verb, to_count, memo);

    ck_assert_uint_ge(action.writes, 1);
    send(bench, &action, *memo);
    return action;
}

static void check_stand(struct bench *bench, uint32_t fresh)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    const struct service *service = bench_read(bench);

    ck_assert_uint_eq(service_count(service, fixture->new_version, STATES_SERVING), fresh);
    ck_assert_uint_eq(bench_count(service, fixture->new_version), fresh);
    ck_assert_uint_eq(service_count(service, fixture->old_version, STATES_SERVING), 8 - fresh);
    ck_assert_uint_eq(bench_count(service, fixture->old_version), 8 - fresh);
    ck_assert_int_eq(service->motion, fresh > 0 && fresh < 8 ? MOTION_RESTING : MOTION_NONE);
    ck_assert_int_eq(service->trouble, TROUBLE_NONE);
    service_unref(service);
}

/* A settled write has placed what it places; until that serves, some engines take a moment. */
static void wait_until_serving(struct bench *bench, uint32_t fresh)
{
    const struct conformance_fixture *fixture = bench->world.fixture;

    for (int64_t ms = 0; ms < fixture->patience_ms; ms += 100) {
        const struct service *service = bench_read(bench);
        bool serves = service_count(service, fixture->new_version, STATES_SERVING) == fresh &&
                      service_count(service, fixture->old_version, STATES_SERVING) == 8 - fresh;
        service_unref(service);
        if (serves)
            return;
        bench_pass(bench, 100);
    }
}

void bench_stands(struct bench *bench, uint32_t fresh)
{
    wait_until_serving(bench, fresh);
    check_stand(bench, fresh);
    bench_pass(bench, bench->world.fixture->calm_ms);
    check_stand(bench, fresh);
}

struct names bench_names(struct bench *bench, const char *version)
{
    struct driver *driver = bench->one.driver;
    struct names names = {0};

    driver->ops->focus(driver, bench->service_id);
    const struct service *service = bench_read(bench);
    for (size_t i = 0; i < service->instance_count; i++) {
        const struct instance *instance = &service->instances[i];
        if (strcmp(service->versions[instance->version].version, version) != 0 ||
            instance->state != INSTANCE_SERVING)
            continue;
        ck_assert_uint_lt(names.count, BENCH_INSTANCES);
        /* A name alone may be a slot's: one that was replaced serves since later. */
        snprintf(names.name[names.count++], BENCH_NAME, "%s since %lld", instance->name,
                 (long long)instance->since_utc_ms);
    }
    service_unref(service);
    return names;
}

bool names_hold(const struct names *all, const struct names *some)
{
    for (size_t i = 0; i < some->count; i++) {
        bool found = false;
        for (size_t k = 0; k < all->count; k++)
            found |= strcmp(all->name[k], some->name[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}
