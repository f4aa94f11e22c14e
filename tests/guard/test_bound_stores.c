/* What is at rest in stores and what is there, as far as settings, record and contracts say it: of
 * several stores, formats, users and sources each counts. */
#include "guard/bound_by_hand.h"

static const struct world *world(const char *id)
{
    struct bound bound = world_of(id, NULL, "");

    ck_assert_str_eq(bound.trouble, "");
    ck_assert_ptr_nonnull(bound.world);
    return bound.world;
}

static bool may(const struct world *w, const char *store, const char *format)
{
    const struct book_store *at = &w->book->stores[book_find_store(w->book, store)];

    for (unsigned i = 0; i < at->names.count; i++)
        if (strcmp(at->names.text[i], format) == 0)
            return set_has(&w->stores[at - w->book->stores].may, i);
    return false;
}

static bool has(const struct world *w, const char *store, const char *element)
{
    const struct book_store *at = &w->book->stores[book_find_store(w->book, store)];

    for (unsigned i = 0; i < at->names.count; i++)
        if (strcmp(at->names.text[i], element) == 0)
            return set_has(&w->stores[at - w->book->stores].has, i);
    return false;
}

START_TEST(any_launcher_any_store_and_any_format_keeps_a_format_from_being_gone)
{
    setup();
    declare(FACTS_SETTINGS, "{contracts: [{service: web, version: '1', "
                            "writes: {c: [x], d: [e, f]}}, {service: web, version: '2'}]}");
    struct service *s = made("web", "web", "", "2", "n1:2");
    s->launchers[s->launcher_count++] = (struct launcher){"cron", "2"};
    s->launchers[s->launcher_count++] = (struct launcher){"asg", "1"};
    put(s);
    static const char *const pairs[][2] = {{"c", "x"}, {"d", "e"}, {"d", "f"}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        ck_assert_str_ne(bind_not_gone(bind, pairs[i][0], pairs[i][1]), "");
    service("web", "", "n1:2");
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        ck_assert_str_eq(bind_not_gone(bind, pairs[i][0], pairs[i][1]), "");
    /* of a member that comes before all others */
    service("a", "{service: a, version: '1', follows: ['2']}", "n1:1");
    service("a", "{service: a, version: '2', follows: ['1']}", "n1:2");
    ck_assert_str_ne(bind_not_gone(bind, "d", "f"), "");
    teardown();
}
END_TEST

START_TEST(who_attested_is_found_in_any_source_store_and_format)
{
    static const struct {
        const char *store, *format, *by;
    } rows[] = {{"c", "x", "ann"}, {"d", "e", "bob"}, {"d", "f", "eve"},
                {"c", "f", NULL},  {"d", "x", NULL},  {"g", "x", NULL}};
    static const char text[] =
        "{attested: {c: {x: {by: ann, reason: r, at: t}}, "
        "d: {e: {by: bob, reason: r, at: t}, f: {by: eve, reason: r, at: t}}}}";
    struct err err = {0};

    setup();
    declare(FACTS_SETTINGS, "{stores: {c: {may: [x]}, d: {may: [e, f]}}}");
    json_t *record = json_parse_yaml(text, strlen(text), "record", &err);
    struct json_at at = json_root(record, "record", arena);
    ck_assert(facts_read_record(&at, &facts[FACTS_RECORD], &err));
    json_decref(record);
    bind_put_facts(bind, FACTS_RECORD, &facts[FACTS_RECORD]);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct said *said = bind_attestation(bind, rows[i].store, rows[i].format);

        ck_assert_msg((said != NULL) == (rows[i].by != NULL), "row %zu", i);
        if (said)
            ck_assert_str_eq(said->by, rows[i].by);
    }
    service("web", "{service: web, version: '1', reads: {c: [y], d: [g]}}", "n1:1");
    const struct world *w = world("web");
    ck_assert(!may(w, "c", "x") && !may(w, "d", "e") && !may(w, "d", "f"));
    teardown();
}
END_TEST

START_TEST(what_is_said_of_a_store_reaches_whoever_touches_it)
{
    setup();
    service("a", "{service: a, version: '1', writes: {other: [f]}}", "n1:1");
    service("b", "{service: b, version: '1', writes: {d: [f]}}", "n1:1");
    service("c", "{service: c, version: '1', writes: {d: [h], e: [h]}}", "n1:1");
    declare(FACTS_SETTINGS,
            "{stores: {d: {may: [g]}, other: {may: [i], owner: a}, e: {owner: z}}}");
    const struct world *w = world("b");
    ck_assert(may(w, "d", "g") && may(w, "d", "f") && may(w, "d", "h") && may(w, "e", "h"));
    ck_assert_uint_eq(w->book->store_count, 2);
    ck_assert_str_eq(w->book->services[w->book->stores[book_find_store(w->book, "e")].owner].name,
                     "z");
    w = world("a");
    ck_assert_uint_eq(w->book->store_count, 1);
    ck_assert(may(w, "other", "i"));
    ck_assert_uint_eq(w->book->stores[0].owner, 0);
    teardown();
}
END_TEST

/* A writer of it may run, whichever of the store's users that is. */
START_TEST(what_somebody_writes_now_is_not_gone)
{
    static const char text[] = "{attested: {d: {f: {by: a, reason: r, at: t}, "
                               "g: {by: a, reason: r, at: t}, h: {by: a, reason: r, at: t}}}}";
    struct err err = {0};

    setup();
    service("a", "{service: a, version: '1', writes: {d: [f]}}", "n1:1");
    service("b", "{service: b, version: '1', writes: {d: [g]}}", "n1:1");
    declare(FACTS_SETTINGS, "{stores: {d: {may: [f, g, h, i]}}}");
    json_t *record = json_parse_yaml(text, strlen(text), "record", &err);
    struct json_at at = json_root(record, "record", arena);
    ck_assert(facts_read_record(&at, &facts[FACTS_RECORD], &err));
    json_decref(record);
    bind_put_facts(bind, FACTS_RECORD, &facts[FACTS_RECORD]);
    const struct world *w = world("a");
    ck_assert(may(w, "d", "f") && may(w, "d", "g") && !may(w, "d", "h") && may(w, "d", "i"));
    teardown();
}
END_TEST

/* Elements that the versions need that run now are there; those of versions before them may not be.
 */
START_TEST(what_runs_has_what_it_needs_and_may_read_what_came_before_it_wrote)
{
    setup();
    declare(
        FACTS_SETTINGS,
        "{contracts: [{service: web, version: '1', needs: {d: [c0]}, writes: {d: [f0], e: [g0]}}, "
        "{service: web, version: '2', follows: ['1'], needs: {d: [c1], e: [c2]}, "
        "writes: {d: [f1]}}, "
        "{service: web, version: '3', follows: ['2'], needs: {d: [c3]}, writes: {d: [f3], e: "
        "[g3]}}]}");
    service("web", "", "n1:2");
    const struct world *w = world("web");
    ck_assert(has(w, "d", "c1") && has(w, "e", "c2"));
    ck_assert(!has(w, "d", "c0") && !has(w, "d", "c3"));
    ck_assert(may(w, "d", "f0") && may(w, "d", "f1") && may(w, "e", "g0"));
    ck_assert(!may(w, "d", "f3") && !may(w, "e", "g3"));
    teardown();
}
END_TEST

/* It may have run; while it waits for its first key, it has not. */
START_TEST(a_release_on_record_may_have_written_once_it_has_begun)
{
    static const struct {
        enum stage stage;
        bool wrote;
    } rows[] = {{STAGE_NONE, false},       {STAGE_HELD, false},        {STAGE_CANARY, true},
                {STAGE_ROLLED_BACK, true}, {STAGE_ROLLING_BACK, true}, {STAGE_STABLE, true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct release *release = release_new();

        setup();
        declare(FACTS_SETTINGS, "{contracts: [{service: web, version: '1'}, "
                                "{service: web, version: '2', writes: {d: [f]}}]}");
        release->stage = rows[i].stage;
        snprintf(release->from, sizeof release->from, "1");
        snprintf(release->to, sizeof release->to, "2");
        service("web", "", "n1:1");
        const struct world *w = world_of("web", release, "").world;
        ck_assert_msg(may(w, "d", "f") == rows[i].wrote, "row %zu", i);
        release_free(release);
        teardown();
    }
}
END_TEST

SUITE(guard_bound_stores)
{
    Suite *suite = suite_create("guard_bound_stores");
    TCase *tc = test_case(suite, "stores", 20);

    tcase_add_test(tc, any_launcher_any_store_and_any_format_keeps_a_format_from_being_gone);
    tcase_add_test(tc, who_attested_is_found_in_any_source_store_and_format);
    tcase_add_test(tc, what_is_said_of_a_store_reaches_whoever_touches_it);
    tcase_add_test(tc, what_somebody_writes_now_is_not_gone);
    tcase_add_test(tc, what_runs_has_what_it_needs_and_may_read_what_came_before_it_wrote);
    tcase_add_test(tc, a_release_on_record_may_have_written_once_it_has_begun);
    return suite;
}
