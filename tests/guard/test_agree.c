/* test_agree.c: the guard and the slow evaluator decide the same, a hundred thousand times, and see
 * the same world after each action. A disagreement is printed as a scenario file. */
#include "test.h"

#include "guard/random_world.h"
#include "guard/scenario.h"
#include "guard/slow.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DECISIONS 10000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DECISIONS 10000
#endif
#endif
#ifndef DECISIONS
#define DECISIONS 100000
#endif
enum { ACTIONS = 25, BATCHES = 10 };

static const char *const stage_text[CERT_STAGE_COUNT] = {"none",      "canaried", "baked", "rolled",
                                                         "certified", "released", "stable"};

static char *broken_rules(const struct verdict *verdict)
{
    char *out = xstrdup("");

    for (unsigned r = 0; r < RULE_COUNT; r++)
        if (verdict->findings[r].answer >= ANSWER_UNKNOWN) {
            char *more = xasprintf("%s%s ", out, rule_word[r]);
            free(out);
            out = more;
        }
    return out;
}

/* "" or what is different. */
static char *compare_service(const struct slow *slow, const struct world *world, uint32_t s)
{
    const struct book_service *at = &world->book->services[s];
    json_t *live = slow_live(slow, at->name);
    uint64_t changing = world->services[s].changing;
    const char *to =
        changing == NOT_CHANGING ? "" : book_version_name(world->book, s, (unsigned)changing);
    char *wrong = xstrdup("");

    for (unsigned v = 0; v < at->version_count; v++) {
        const char *name = at->versions[v].name;
        const char *stage = stage_text[world_cert(world, s, v)->stage];

        if ((world->services[s].live >> v & 1) != slow_in(live, name)) {
            free(wrong);
            wrong = xasprintf("live of %s: %s", at->name, name);
        }
        if (strcmp(stage, slow_stage(slow, at->name, name)) != 0) {
            free(wrong);
            wrong = xasprintf("certificate of %s %s: %s, slowly %s", at->name, name, stage,
                              slow_stage(slow, at->name, name));
        }
    }
    if (strcmp(to, slow_text(slow->changing, at->name)) != 0) {
        free(wrong);
        wrong = xasprintf("%s is changing to '%s', slowly '%s'", at->name, to,
                          slow_text(slow->changing, at->name));
    }
    json_decref(live);
    return wrong;
}

static char *compare(const struct slow *slow, const struct world *world)
{
    const struct book *book = world->book;

    for (uint32_t s = 0; s < book->service_count; s++) {
        char *wrong = compare_service(slow, world, s);
        if (wrong[0])
            return wrong;
        free(wrong);
    }
    for (uint32_t d = 0; d < book->store_count; d++)
        for (unsigned f = 0; f < book->stores[d].names.count; f++) {
            const char *name = book->stores[d].names.text[f], *store = book->stores[d].name;
            bool may = slow_in(json_object_get(slow->may, store), name);
            bool has = slow_in(json_object_get(slow->has, store), name);

            if (set_has(&world->stores[d].may, f) != may ||
                set_has(&world->stores[d].has, f) != has)
                return xasprintf("%s of %s: slowly may %d has %d", name, store, may, has);
        }
    return xstrdup("");
}

struct tally {
    unsigned decisions, refused, by_rule[RULE_COUNT], allowed[DEED_COUNT];
};

/* "" when both decide the same and see the same afterwards. */
static char *decide(struct slow *slow, struct world *world, const struct deed *deed,
                    const json_t *action, struct tally *tally)
{
    struct verdict verdict;

    deed_judge(world, deed, NULL, &verdict);
    char *fast = broken_rules(&verdict), *slowly = slow_judge(slow, action), *wrong;
    if (strcmp(fast, slowly) != 0) {
        wrong = xasprintf("the guard says '%s', slowly '%s'", fast, slowly);
    } else if (fast[0]) {
        tally->refused++;
        for (unsigned r = 0; r < RULE_COUNT; r++)
            tally->by_rule[r] += verdict.findings[r].answer >= ANSWER_UNKNOWN;
        wrong = xstrdup("");
    } else {
        tally->allowed[deed->kind]++;
        deed_apply(world, deed);
        slow_apply(slow, action);
        wrong = compare(slow, world);
    }
    free(fast);
    free(slowly);
    return wrong;
}

static void run(uint64_t seed, struct tally *tally)
{
    json_t *file = random_scenario(seed, ACTIONS);
    struct err err = {0};
    struct scenario *scenario = scenario_parse(file, "random", &err);

    ck_assert_msg(scenario != NULL, "%s: %s", err.text, json_dumps(file, JSON_INDENT(1)));
    struct slow *slow = slow_new(file);
    json_t *actions = json_object_get(file, "actions");
    for (size_t i = 0; i < scenario->deed_count; i++, tally->decisions++) {
        char *wrong =
            decide(slow, &scenario->start, &scenario->deeds[i], json_array_get(actions, i), tally);
        if (wrong[0]) {
            char *text = json_dumps(file, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
            ck_abort_msg("action %zu: %s\n%s", i, wrong, text);
        }
        free(wrong);
    }
    slow_free(slow);
    scenario_free(scenario);
    json_decref(file);
}

START_TEST(two_evaluators_agree_on_random_decisions)
{
    struct tally tally = {0};

    for (uint64_t seed = 0; tally.decisions < DECISIONS / BATCHES; seed++)
        run(seed * BATCHES + (uint64_t)_i, &tally);
    /* neither everything nor nothing is refused, and everything happens */
    ck_assert_uint_gt(tally.refused, tally.decisions / 10);
    ck_assert_uint_lt(tally.refused, tally.decisions * 9 / 10);
    for (unsigned r = 0; r < RULE_COUNT; r++)
        ck_assert_msg(tally.by_rule[r] > 0 || tally.decisions < 10000, "nothing is refused by %s",
                      rule_word[r]);
    /* a batch made small for sanitizers need not meet the rarest kind */
    for (unsigned kind = 0; kind < DEED_COUNT && tally.decisions >= 10000; kind++)
        ck_assert_msg(tally.allowed[kind] > 0, "no %s is allowed", deed_word[kind]);
}
END_TEST

SUITE(guard_agree)
{
    Suite *suite = suite_create("guard_agree");

    tcase_add_loop_test(test_case(suite, "agree", 120), two_evaluators_agree_on_random_decisions, 0,
                        BATCHES);
    return suite;
}
