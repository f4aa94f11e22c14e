/* test_safety.c: what verdicts rest on: what may run and be at rest, who is coupled, and the
 * stages one by one. */
#include "board/build.h"
#include "board/safety.h"
#include "guard/bind.h"
#include "test.h"

#include <string.h>

struct scene {
    struct service *service, *peer;
    const struct snapshot *snapshot;
    struct bind *bind;
    struct release release;
    struct plan plan;
    const struct row *row;
};

static void tell(struct scene *scene)
{
    const struct board_input in = {
        .guard = {.snapshot = scene->snapshot,
                  .service = scene->service,
                  .release = scene->release.to[0] ? &scene->release : NULL,
                  .utc_ms = 100000,
                  .bind = scene->bind},
        .plan = &scene->plan,
        .profile = profile_find("fast"),
        .live = true,
        .in_focus = true,
        .deny = "",
    };
    row_unref(scene->row);
    scene->row = board_row(&in);
}

/* Services end up in the world with what each of their versions declares. */
static void declare(struct scene *scene, struct service *service, const char *id, const char *text)
{
    service->id = service->name = arena_strdup(service->arena, id);
    service->contract = arena_strdup(service->arena, text);
    service_seal(service);
    bind_put_service(scene->bind, service);
}

/* web goes from 4 to 5, which writes y where 4 wrote x; billing shares the store. */
static void set_scene(struct scene *scene, uint32_t on_new)
{
    static struct guard_policy policy;
    struct service *old = build_service("4");

    policy = guard_policy_default();
    *scene = (struct scene){.plan = plan_default(), .bind = bind_new(&policy)};
    build_instances(old, "4", INSTANCE_SERVING, 8, "n1");
    declare(scene, old, "web",
            "service: web\nversion: \"4\"\nchange: [code]\nreads: {d: [w, x, y]}\n"
            "writes: {d: [x]}\nrequires: {billing: [Pay/1]}\nprovides: [Get/1]\n");
    service_unref(old);
    scene->service = build_service("5");
    scene->service->was = "4";
    build_instances(scene->service, "4", INSTANCE_SERVING, 8 - on_new, "n1");
    if (on_new)
        build_instances(scene->service, "5", INSTANCE_SERVING, on_new, "n2");
    scene->service->motion = MOTION_RESTING;
    declare(scene, scene->service, "web",
            "service: web\nversion: \"5\"\nfollows: [\"4\"]\nchange: [write+]\n"
            "reads: {d: [w, x, y]}\nwrites: {d: [x, y]}\nprovides: [Get/1]\n");
    scene->peer = build_service("9");
    build_instances(scene->peer, "9", INSTANCE_SERVING, 8, "n3");
    declare(scene, scene->peer, "billing",
            "service: billing\nversion: \"9\"\nchange: [code]\nreads: {d: [w, x, y]}\n"
            "provides: [Pay/1]\nrequires: {web: [Get/1]}\n");
    scene->snapshot = build_snapshot(scene->service);
    tell(scene);
}

static void end_scene(struct scene *scene)
{
    row_unref(scene->row);
    bind_free(scene->bind);
    snapshot_unref(scene->snapshot);
    service_unref(scene->service);
    service_unref(scene->peer);
}

START_TEST(a_store_says_what_is_at_rest_and_what_the_next_key_adds)
{
    struct scene scene;

    set_scene(&scene, 0);
    const struct safety *safety = scene.row->safety;
    ck_assert(safety->declared);
    ck_assert_int_eq(safety->forward, VERB_STEP);
    ck_assert_str_eq(safety->next, "5");
    ck_assert_uint_eq(safety->store_count, 1);
    ck_assert_str_eq(safety->stores[0].name, "d");
    ck_assert_str_eq(safety->stores[0].may, "x");
    ck_assert_str_eq(safety->stores[0].adds, "y");
    ck_assert_uint_eq(safety->stores[0].gone_count, 0);
    end_scene(&scene);
}
END_TEST

START_TEST(what_runs_adds_nothing_any_more)
{
    struct scene scene;

    set_scene(&scene, 1);
    const struct safety *safety = scene.row->safety;
    ck_assert_str_eq(safety->stores[0].may, "x, y");
    ck_assert_str_eq(safety->stores[0].adds, "");
    ck_assert_uint_eq(safety->live_count, 2);
    ck_assert_str_eq(safety->live[0], "4");
    ck_assert_str_eq(safety->live[1], "5");
    end_scene(&scene);
}
END_TEST

static const struct safety_format *format_of(const struct scene *scene, const char *name)
{
    const struct safety_store *store = &scene->row->safety->stores[0];

    for (size_t i = 0; i < store->format_count; i++)
        if (strcmp(store->formats[i].name, name) == 0)
            return &store->formats[i];
    return NULL;
}

START_TEST(every_format_says_who_writes_and_reads_it)
{
    struct scene scene;

    set_scene(&scene, 0);
    ck_assert_uint_eq(scene.row->safety->stores[0].format_count, 3);
    ck_assert_str_eq(format_of(&scene, "x")->written, "web 4");
    ck_assert_str_eq(format_of(&scene, "x")->read, "billing 9, web 4");
    ck_assert_str_eq(format_of(&scene, "x")->blind, "");
    ck_assert(format_of(&scene, "x")->at_rest && !format_of(&scene, "y")->at_rest);
    ck_assert_str_eq(format_of(&scene, "y")->written, "");
    ck_assert_int_eq(scene.row->safety->stores[0].phase, DATA_READABLE);
    end_scene(&scene);
    set_scene(&scene, 1);
    ck_assert_str_eq(format_of(&scene, "y")->written, "web 5");
    ck_assert_str_eq(format_of(&scene, "x")->written, "web 4, web 5");
    ck_assert_int_eq(scene.row->safety->stores[0].phase, DATA_BOTH);
    end_scene(&scene);
}
END_TEST

START_TEST(the_phase_of_a_migration_follows_what_is_at_rest_and_attested)
{
    static const char *const may[] = {"w", "x"}, *const odd[] = {"v"};
    struct attestation gone = {"w", {"ann", "counted", "2026-03-01T08:00:00Z"}};
    struct store_fact fact = {.name = "d", .owner = "web", .may = may, .may_count = 2};
    struct facts facts = {.stores = &fact, .store_count = 1};
    struct scene scene;

    set_scene(&scene, 0);
    bind_put_facts(scene.bind, FACTS_SETTINGS, &facts);
    tell(&scene);
    ck_assert_int_eq(scene.row->safety->stores[0].phase, DATA_BACKFILL);
    ck_assert_str_eq(scene.row->safety->stores[0].owner, "web");
    ck_assert_str_eq(format_of(&scene, "w")->attested, "");
    fact.gone = &gone;
    fact.gone_count = 1;
    bind_put_facts(scene.bind, FACTS_SETTINGS, &facts);
    tell(&scene);
    ck_assert_int_eq(scene.row->safety->stores[0].phase, DATA_ATTESTED);
    ck_assert_str_eq(format_of(&scene, "w")->attested, "ann, 2026-03-01T08:00:00Z: counted");
    fact.may = odd;
    fact.may_count = 1;
    bind_put_facts(scene.bind, FACTS_SETTINGS, &facts);
    tell(&scene);
    ck_assert_int_eq(scene.row->safety->stores[0].phase, DATA_BLIND);
    ck_assert_str_eq(format_of(&scene, "v")->blind, "billing 9, web 4");
    end_scene(&scene);
}
END_TEST

START_TEST(calls_say_which_live_versions_need_and_provide_them)
{
    struct scene scene;

    set_scene(&scene, 1);
    const struct safety *safety = scene.row->safety;
    ck_assert_uint_eq(safety->call_count, 2);
    ck_assert_str_eq(safety->calls[0].caller, "billing");
    ck_assert_str_eq(safety->calls[0].element, "Get/1");
    ck_assert_str_eq(safety->calls[0].by, "9");
    ck_assert_str_eq(safety->calls[0].from, "4, 5");
    ck_assert_str_eq(safety->calls[0].lacking, "");
    ck_assert_str_eq(safety->calls[1].callee, "billing");
    ck_assert_str_eq(safety->calls[1].by, "4"); /* 5 calls it no more */
    end_scene(&scene);
}
END_TEST

START_TEST(both_contracts_of_a_flight_are_compared)
{
    struct scene scene;

    set_scene(&scene, 1);
    const struct comparison *compared = scene.row->safety->compared;
    ck_assert_ptr_nonnull(compared);
    ck_assert_ptr_null(compared->from);
    ck_assert(compared->adjacent);
    ck_assert_uint_eq(compared->changes.count, 2);
    ck_assert_str_eq(compared->changes.text[0], "writes d: adds y");
    ck_assert_uint_eq(compared->backward.count, 0);
    end_scene(&scene);
}
END_TEST

START_TEST(only_formats_that_nothing_writes_can_be_attested)
{
    struct store_fact fact = {.name = "d"};
    const char *const may[] = {"w", "x"};
    struct facts facts = {.stores = &fact, .store_count = 1};
    struct scene scene;

    set_scene(&scene, 0);
    fact.owner = "";
    fact.may = may;
    fact.may_count = 2;
    bind_put_facts(scene.bind, FACTS_SETTINGS, &facts);
    tell(&scene);
    const struct safety_store *store = &scene.row->safety->stores[0];
    ck_assert_uint_eq(store->gone_count, 1);
    ck_assert_str_eq(store->gone[0], "w");
    end_scene(&scene);
}
END_TEST

START_TEST(clients_say_who_counted_them_and_what_the_next_key_takes_away)
{
    static const char *const elements[] = {"Get/1", "Put/1"};
    struct contract_use use = {"web", elements, 2};
    struct usage_fact usage = {"Get/1", 12, {"ann", "log", "noon"}};
    struct client_fact phones = {.name = "phones",
                                 .requires = {&use, 1},
                                 .usage = &usage,
                                 .usage_count = 1,
                                 .support = {"", "", ""}};
    struct facts facts = {.clients = &phones, .client_count = 1};
    struct scene scene;

    set_scene(&scene, 0);
    bind_put_facts(scene.bind, FACTS_RECORD, &facts);
    tell(&scene);
    const struct safety *safety = scene.row->safety;
    ck_assert_uint_eq(safety->client_count, 2);
    ck_assert_str_eq(safety->clients[0].name, "phones");
    ck_assert_str_eq(safety->clients[0].element, "Get/1");
    ck_assert_uint_eq(safety->clients[0].calls, 12);
    ck_assert_str_eq(safety->clients[0].counted, "ann, noon");
    ck_assert(!safety->clients[0].leaves && !safety->clients[0].ended);
    ck_assert_uint_eq(safety->clients[1].calls, 0);
    ck_assert_str_eq(safety->clients[1].counted, "");
    ck_assert(safety->clients[1].leaves);
    end_scene(&scene);
}
END_TEST

START_TEST(coupled_services_say_by_what)
{
    struct scene scene;

    set_scene(&scene, 0);
    const struct safety *safety = scene.row->safety;
    ck_assert_uint_eq(safety->peer_count, 1);
    ck_assert_str_eq(safety->peers[0].name, "billing");
    ck_assert_str_eq(safety->peers[0].live, "9");
    ck_assert_str_eq(safety->peers[0].changing, "");
    ck_assert_str_eq(safety->peers[0].over, "store d; calls Pay/1; is called: Get/1");
    end_scene(&scene);
}
END_TEST

START_TEST(stages_are_listed_with_the_one_it_is_at)
{
    static const struct {
        enum stage recorded;
        uint32_t on_new, target;
        enum proof proof;
        size_t now; /* index; 9: none */
    } row[] = {
        {STAGE_CANARY, 1, 1, PROOF_CANARIED, 1}, {STAGE_REHEARSE, 0, 8, PROOF_ROLLED, 3},
        {STAGE_WAVE, 4, 4, PROOF_CERTIFIED, 5},  {STAGE_WAVE, 8, 8, PROOF_CERTIFIED, 7},
        {STAGE_HELD, 0, 1, PROOF_NONE, 0},
    };
    static const enum stage plan[] = {STAGE_CANARY, STAGE_BAKE, STAGE_REHEARSE,
                                      STAGE_SETTLE, STAGE_WAVE, STAGE_BAKE,
                                      STAGE_WAVE,   STAGE_BAKE, STAGE_STABLE};
    struct scene scene;

    set_scene(&scene, row[_i].on_new);
    snprintf(scene.release.from, sizeof scene.release.from, "4");
    snprintf(scene.release.to, sizeof scene.release.to, "5");
    snprintf(scene.release.profile, sizeof scene.release.profile, "fast");
    snprintf(scene.release.cert.version, sizeof scene.release.cert.version, "5");
    scene.release.cert.state = row[_i].proof;
    scene.release.stage = row[_i].recorded;
    scene.release.target = row[_i].target;
    tell(&scene);
    const struct safety *safety = scene.row->safety;
    ck_assert_uint_eq(safety->stage_count, 9);
    for (size_t i = 0; i < 9; i++) {
        ck_assert_int_eq(safety->stage[i].stage, plan[i]);
        ck_assert_msg(safety->stage[i].when == (i < row[_i].now    ? SAFETY_DONE
                                                : i == row[_i].now ? SAFETY_NOW
                                                                   : SAFETY_AHEAD),
                      "stage %zu is %d", i, safety->stage[i].when);
    }
    ck_assert_uint_eq(safety->stage[0].count, 1);
    ck_assert_uint_eq(safety->stage[4].count, 4);
    ck_assert_int_eq(safety->stage[1].span_ms, 10000);
    end_scene(&scene);
}
END_TEST

START_TEST(an_undeclared_service_has_neither_stores_nor_peers)
{
    struct service *service = build_service("5");
    struct scene scene = {.service = service, .plan = plan_default(), .bind = bind_new(NULL)};

    build_instances(service, "5", INSTANCE_SERVING, 8, "n1");
    service_seal(service);
    scene.snapshot = build_snapshot(service);
    scene.peer = (struct service *)(uintptr_t)service_ref(service);
    tell(&scene);
    const struct safety *safety = scene.row->safety;
    ck_assert(!safety->declared);
    ck_assert_uint_eq(safety->store_count + safety->peer_count, 0);
    ck_assert_int_eq(safety->forward, VERB_COUNT);
    ck_assert_uint_eq(safety->live_count, 1);
    ck_assert_uint_eq(safety->stage_count, 9);
    for (size_t i = 0; i < safety->stage_count; i++)
        ck_assert_int_eq(safety->stage[i].when, SAFETY_AHEAD);
    end_scene(&scene);
}
END_TEST

SUITE(safety)
{
    Suite *suite = suite_create("safety");
    TCase *tcase = test_case(suite, "safety", 10);

    tcase_add_test(tcase, a_store_says_what_is_at_rest_and_what_the_next_key_adds);
    tcase_add_test(tcase, what_runs_adds_nothing_any_more);
    tcase_add_test(tcase, every_format_says_who_writes_and_reads_it);
    tcase_add_test(tcase, the_phase_of_a_migration_follows_what_is_at_rest_and_attested);
    tcase_add_test(tcase, calls_say_which_live_versions_need_and_provide_them);
    tcase_add_test(tcase, both_contracts_of_a_flight_are_compared);
    tcase_add_test(tcase, only_formats_that_nothing_writes_can_be_attested);
    tcase_add_test(tcase, clients_say_who_counted_them_and_what_the_next_key_takes_away);
    tcase_add_test(tcase, coupled_services_say_by_what);
    tcase_add_loop_test(tcase, stages_are_listed_with_the_one_it_is_at, 0, 5);
    tcase_add_test(tcase, an_undeclared_service_has_neither_stores_nor_peers);
    return suite;
}
