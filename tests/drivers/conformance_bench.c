/* conformance_bench.c: see conformance_bench.h. */
#include "drivers/conformance_bench.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void heard(struct seat *seat)
{
    seat->calls_after_close += seat->closed;
}

static void note_count(struct seat *seat, const struct service *service)
{
    const uint32_t now =
        service_count(service, seat->bench->world.fixture->new_version, STATES_PRESENT);

    if (now > seat->most_new)
        seat->most_new = now;
}

static void on_service(void *arg, const struct service *service)
{
    struct seat *seat = arg;

    heard(seat);
    if (strcmp(service->name, seat->bench->world.service_name) != 0) {
        service_unref(service);
        return;
    }
    note_count(seat, service);
    service_unref(seat->service);
    seat->service = service;
}

static void on_service_gone(void *arg, const char *id)
{
    struct seat *seat = arg;

    heard(seat);
    seat->gone |= strcmp(id, seat->bench->service_id) == 0;
}

static void on_node(void *arg, const struct node *node)
{
    struct seat *seat = arg;
    size_t i = 0;

    heard(seat);
    while (i < seat->node_count && strcmp(seat->nodes[i].id, node->id) != 0)
        i++;
    ck_assert_uint_lt(i, ARRAY_LEN(seat->nodes));
    if (i == seat->node_count)
        seat->node_count++;
    snprintf(seat->nodes[i].id, sizeof seat->nodes[i].id, "%s", node->id);
    seat->nodes[i].state = node->state;
}

static void on_node_gone(void *arg, const char *id)
{
    (void)id;
    heard(arg);
}

static void on_synced(void *arg)
{
    struct seat *seat = arg;

    heard(seat);
    seat->synced = true;
}

static void on_fresh(void *arg)
{
    heard(arg);
}

static void on_state(void *arg, enum cluster_state state, const struct err *why)
{
    struct seat *seat = arg;

    (void)why;
    heard(seat);
    seat->state = state;
}

static void on_event(void *arg, const char *service_id, const char *text)
{
    struct seat *seat = arg;

    (void)service_id;
    heard(seat);
    ck_assert_ptr_nonnull(text);
    seat->events++;
}

static void on_ledger(void *arg, const char *key)
{
    struct seat *seat = arg;

    (void)key;
    heard(seat);
    seat->ledger_changes++;
}

static void open_operator(struct bench *bench, struct seat *seat)
{
    const struct driver_ops *ops = driver_find(bench->world.config.kind);
    struct err err = {0};

    ck_assert_ptr_nonnull(ops);
    seat->bench = bench;
    const struct driver_env env = {
        .loop = bench->loop,
        .sink = {seat, on_service, on_service_gone, on_node, on_node_gone, on_synced, on_fresh,
                 on_state, on_event, on_ledger},
        .config = &bench->world.config,
    };
    seat->driver = ops->open(&env, &err);
    ck_assert_msg(seat->driver != NULL, "open: %s", err.text);
    seat->driver->ops->follow(seat->driver);
    ck_assert_msg(!seat->synced, "follow called back from inside");
}

static bool knows_service(struct bench *bench, void *arg)
{
    const struct seat *seat = arg;
    const struct conformance_world *world = &bench->world;

    return seat->synced && seat->service &&
           service_count(seat->service, world->fixture->old_version, STATES_SERVING) ==
               world->instances;
}

void bench_open(struct bench *bench, const struct conformance_fixture *fixture)
{
    memset(bench, 0, sizeof *bench);
    bench->world.fixture = fixture;
    bench->world.instances = 8;
    fixture->setup(&bench->world);
    bench->loop = loop_new(bench->world.clock);
    open_operator(bench, &bench->one);
    ck_assert_msg(bench_until(bench, knows_service, &bench->one),
                  "%s: no complete picture with %u of %s on %s", fixture->name,
                  bench->world.instances, bench->world.service_name, fixture->old_version);
    ck_assert_int_eq(bench->one.state, CLUSTER_LIVE);
    snprintf(bench->service_id, sizeof bench->service_id, "%s", bench->one.service->id);
}

void bench_second(struct bench *bench)
{
    open_operator(bench, &bench->two);
    ck_assert(bench_until(bench, knows_service, &bench->two));
}

static void close_operator(struct seat *seat)
{
    if (seat->driver)
        seat->driver->ops->close(seat->driver);
    seat->driver = NULL;
    seat->closed = true;
}

void bench_close(struct bench *bench)
{
    close_operator(&bench->one);
    close_operator(&bench->two);
    service_unref(bench->one.service);
    service_unref(bench->two.service);
    loop_free(bench->loop);
    bench->world.fixture->teardown(&bench->world);
}

void answer_release(struct answer *answer)
{
    service_unref(answer->service);
    free(answer->text);
    free(answer->keys);
}

bool bench_until(struct bench *bench, bench_done_fn *done, void *arg)
{
    const int64_t end_ms = loop_now_ms(bench->loop) + bench->world.fixture->patience_ms;

    while (!done(bench, arg)) {
        if (loop_now_ms(bench->loop) > end_ms)
            return false;
        /* A virtual clock stands still when nothing is left that could happen. */
        if (!loop_turn(bench->loop, 20) && clock_is_virtual(bench->world.clock))
            clock_advance_ms(bench->world.clock, 20);
    }
    return true;
}

static void on_passed(void *arg)
{
    *(bool *)arg = true;
}

static bool is_true(struct bench *bench, void *arg)
{
    (void)bench;
    return *(const bool *)arg;
}

void bench_pass(struct bench *bench, int64_t ms)
{
    bool passed = false;

    loop_after(bench->loop, ms, on_passed, &passed);
    ck_assert(bench_until(bench, is_true, &passed));
}

static bool is_answered(struct bench *bench, void *arg)
{
    (void)bench;
    return ((const struct answer *)arg)->calls > 0;
}

static void await(struct bench *bench, struct answer *answer, const char *slot)
{
    ck_assert_msg(answer->calls == 0, "%s called back from inside", slot);
    ck_assert_msg(bench_until(bench, is_answered, answer), "%s never called back", slot);
    ck_assert_msg(answer->calls == 1, "%s called back %u times", slot, answer->calls);
}

static void take_err(struct answer *answer, const struct err *err)
{
    answer->calls++;
    if (err) {
        ck_assert_msg(err->code != ERR_NONE && err->text[0], "an error without code or text");
        answer->err = *err;
    }
}

static void take_read(void *arg, const struct service *service, const struct err *err)
{
    struct answer *answer = arg;

    take_err(answer, err);
    ck_assert_msg((service == NULL) == (err != NULL), "a read answers a service or an error");
    if (service)
        answer->service = service_ref(service);
}

static void take_act(void *arg, const char *revision, const struct err *err)
{
    struct answer *answer = arg;

    take_err(answer, err);
    ck_assert_ptr_nonnull(revision);
    snprintf(answer->revision, sizeof answer->revision, "%s", revision);
}

static void take_ledger(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct answer *answer = arg;

    take_err(answer, err);
    ck_assert_ptr_nonnull(revision);
    snprintf(answer->revision, sizeof answer->revision, "%s", revision);
    answer->text = text ? xstrdup(text) : NULL;
}

static void take_list(void *arg, const char *const *keys, size_t count, const struct err *err)
{
    struct answer *answer = arg;
    char *all = xstrdup("|");

    take_err(answer, err);
    for (size_t i = 0; i < count; i++) {
        char *more = xasprintf("%s%s|", all, keys[i]);
        free(all);
        all = more;
    }
    answer->keys = all;
}

static void take_permissions(void *arg, const struct driver_permissions *permissions,
                             const struct err *err)
{
    struct answer *answer = arg;

    take_err(answer, err);
    if (permissions) {
        answer->permissions = *permissions;
        snprintf(answer->who, sizeof answer->who, "%s", permissions->who);
    }
}

struct answer bench_ask_read(struct bench *bench, const char *service_id)
{
    struct driver *driver = bench->one.driver;
    struct answer answer = {0};

    driver->ops->read(driver, service_id, take_read, &answer);
    await(bench, &answer, "read");
    return answer;
}

const struct service *bench_read(struct bench *bench)
{
    const struct answer answer = bench_ask_read(bench, bench->service_id);

    ck_assert_msg(answer.service != NULL, "read: %s", answer.err.text);
    note_count(&bench->one, answer.service);
    return answer.service;
}

struct answer bench_act(struct bench *bench, struct seat *seat, const struct action *action,
                        const json_t *memo)
{
    struct answer answer = {0};

    seat->driver->ops->act(seat->driver, action, memo, take_act, &answer);
    await(bench, &answer, "act");
    return answer;
}

struct answer bench_fence(struct bench *bench, const char *revision)
{
    struct driver *driver = bench->one.driver;
    struct answer answer = {0};

    driver->ops->fence(driver, bench->service_id, revision, take_act, &answer);
    await(bench, &answer, "fence");
    return answer;
}

struct answer bench_get(struct bench *bench, struct seat *seat, const char *key)
{
    struct answer answer = {0};

    seat->driver->ops->ledger_get(seat->driver, key, take_ledger, &answer);
    await(bench, &answer, "ledger_get");
    return answer;
}

struct answer bench_put(struct bench *bench, struct seat *seat, const char *key, const char *text,
                        const char *expected)
{
    struct answer answer = {0};

    seat->driver->ops->ledger_put(seat->driver, key, text, expected, take_ledger, &answer);
    await(bench, &answer, "ledger_put");
    return answer;
}

struct answer bench_list(struct bench *bench)
{
    struct driver *driver = bench->one.driver;
    struct answer answer = {0};

    driver->ops->ledger_list(driver, take_list, &answer);
    await(bench, &answer, "ledger_list");
    return answer;
}

struct answer bench_permissions(struct bench *bench)
{
    struct driver *driver = bench->one.driver;
    struct answer answer = {0};

    driver->ops->permissions(driver, take_permissions, &answer);
    await(bench, &answer, "permissions");
    return answer;
}

static void note_line(void *arg, const char *text)
{
    struct heard_log *heard = arg;

    snprintf(heard->lines++ ? heard->last : heard->first, sizeof heard->last, "%s", text);
    heard->dirty += !text_is_clean(text);
}

static void note_happened(void *arg, int64_t at_utc_ms, const char *text)
{
    struct heard_log *heard = arg;

    (void)at_utc_ms;
    heard->happened++;
    heard->dirty += !text_is_clean(text);
    snprintf(heard->said, sizeof heard->said, "%s", text);
}

static void note_end(void *arg, const struct err *why)
{
    struct heard_log *heard = arg;

    heard->ends++;
    if (why)
        heard->why = *why;
}

void bench_log(struct bench *bench, const char *instance, bool previous, struct heard_log *heard)
{
    char name[BENCH_NAME];
    const struct log_query query = {bench->service_id, name, previous};
    const struct log_sink sink = {heard, note_line, note_happened, note_end};

    memset(heard, 0, sizeof *heard);
    snprintf(name, sizeof name, "%s", instance);
    if (strstr(name, " since ")) /* of bench_names */
        *strstr(name, " since ") = '\0';
    bench->one.driver->ops->log(bench->one.driver, &query, &sink);
}

struct log_wait {
    const struct heard_log *heard;
    unsigned lines;
};

static bool log_is_there(struct bench *bench, void *arg)
{
    const struct log_wait *wait = arg;

    (void)bench;
    return wait->heard->lines >= wait->lines || wait->heard->ends;
}

bool bench_until_log(struct bench *bench, const struct heard_log *heard, unsigned lines)
{
    struct log_wait wait = {heard, lines};

    return bench_until(bench, log_is_there, &wait) && heard->lines >= lines;
}
