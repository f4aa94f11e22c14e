/* conformance_bench.h: one driver on a loop, with everything it said.
 *
 * The helpers fail the running test by themselves when an answer does not come. */
#ifndef LOCKSTEP_TESTS_DRIVERS_CONFORMANCE_BENCH_H
#define LOCKSTEP_TESTS_DRIVERS_CONFORMANCE_BENCH_H

#include "drivers/conformance.h"

enum { BENCH_INSTANCES = 64, BENCH_NAME = 128 };

/* One operator's seat: a driver and what its sink heard. */
struct seat {
    struct bench *bench;
    struct driver *driver;
    enum cluster_state state;
    bool synced, gone;
    unsigned calls_after_close, events, ledger_changes;
    bool closed;
    const struct service *service; /* last one heard, or NULL */
    struct node_seen {
        char id[64];
        enum node_state state;
    } nodes[32];
    size_t node_count;
    uint32_t most_new; /* highest count of the new version ever heard or read */
};

struct bench {
    struct conformance_world world;
    struct loop *loop;
    struct seat one;
    struct seat two; /* driver NULL until bench_second */
    char service_id[160];
};

/* An answer of any slot. */
struct answer {
    struct loop *loop;
    unsigned calls;
    struct err err;
    char revision[96];
    const struct service *service; /* one reference */
    char *text;
    char *keys;
    struct driver_permissions permissions;
    char who[96];
};

void bench_open(struct bench *bench, const struct conformance_fixture *fixture);
void bench_second(struct bench *bench); /* opens a second operator of the same cluster */
void bench_close(struct bench *bench);
void answer_release(struct answer *answer);

typedef bool bench_done_fn(struct bench *bench, void *arg);
/* Turns the loop until done says so; false when the patience of the fixture is over. */
bool bench_until(struct bench *bench, bench_done_fn *done, void *arg);
void bench_pass(struct bench *bench, int64_t ms);

/* One reference, yours; fails the test when it cannot be read. */
const struct service *bench_read(struct bench *bench);
struct answer bench_ask_read(struct bench *bench, const char *service_id);
struct answer bench_act(struct bench *bench, struct seat *seat, const struct action *action,
                        const json_t *memo);
struct answer bench_fence(struct bench *bench, const char *revision);
struct answer bench_get(struct bench *bench, struct seat *seat, const char *key);
struct answer bench_put(struct bench *bench, struct seat *seat, const char *key, const char *text,
                        const char *expected);
struct answer bench_list(struct bench *bench);
struct answer bench_permissions(struct bench *bench);

/* An action of this verb, planned on a fresh read; fails the test when plan refuses. */
struct action bench_plan(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo);
/* The same, for what must be refused: returns plan's error. */
struct err bench_refused(struct bench *bench, enum verb verb, uint32_t to_count, const char *to,
                         const json_t *memo);
/* Plans and does it, all its writes, each after the one before has come to rest. */
void bench_do(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo);
/* Sends the first write of a planned action and does not wait until it has come to rest. */
struct action bench_begin(struct bench *bench, enum verb verb, uint32_t to_count, json_t **memo);
void bench_settle(struct bench *bench, const struct action *action);
/* Waits until this write has come to rest, and does the rest of its action. */
void bench_finish(struct bench *bench, struct action action, const json_t *memo);

/* `fresh` on the new version, the rest on the old one, all serving, and it stays so. */
void bench_stands(struct bench *bench, uint32_t fresh);
uint32_t bench_count(const struct service *service, const char *version);

/* Names of the instances of this version, as read. */
struct names {
    char name[BENCH_INSTANCES][BENCH_NAME];
    size_t count;
};
struct names bench_names(struct bench *bench, const char *version);
bool names_hold(const struct names *all, const struct names *some);

/* What a log sink heard. */
struct heard_log {
    unsigned lines, happened, ends, dirty; /* dirty: not clean */
    struct err why;
    char first[200], last[200], said[400];
};
/* Asks for the log of an instance of the service; `heard` must live until it is asked away. */
void bench_log(struct bench *bench, const char *instance, bool previous, struct heard_log *heard);
bool bench_until_log(struct bench *bench, const struct heard_log *heard, unsigned lines);

/* How tests are written and listed. */
enum need { NEED_NONE, NEED_NODES, NEED_FOREIGN, NEED_TALK };

struct conformance_row {
    const char *group; /* NULL ends a table */
    const TTest *const *test;
    enum need need;
};
extern const struct conformance_row conformance_moves[]; /* conformance_moves.c */
const struct conformance_fixture *conformance_fixture_at(int index);

/* Opens a bench on the fixture of this run, calls the body, closes everything. */
#define CONFORM(test)                                                                              \
    static void body_##test(struct bench *bench, json_t **memo);                                   \
    START_TEST(test)                                                                               \
    {                                                                                              \
        static struct bench bench;                                                                 \
        json_t *memo = NULL;                                                                       \
        bench_open(&bench, conformance_fixture_at(_i));                                            \
        body_##test(&bench, &memo);                                                                \
        json_decref(memo);                                                                         \
        bench_close(&bench);                                                                       \
        ck_assert_uint_eq(bench.one.calls_after_close, 0);                                         \
    }                                                                                              \
    END_TEST                                                                                       \
    static void body_##test(struct bench *bench, json_t **memo)

#endif
