/* What must not matter to a verdict, on random fleets: every action is judged in both worlds, and
 * done where it is allowed. */
#include "guard/judge.h"
#include "guard/random_world.h"
#include "guard/same_world.h"
#include "guard/scenario.h"
#include "test.h"

enum { FLEETS = 300, ACTIONS = 30 };

static unsigned done, refused; /* so that it is known not to be about nothing */

struct side {
    struct scenario *scenario;
    struct world world;
    struct arena *arena;
    struct verdict verdict;
};

static void open_side(struct side *side, const json_t *root)
{
    struct err err = {0};

    side->scenario = scenario_parse(root, "random", &err);
    ck_assert_msg(side->scenario != NULL, "%s", err.text);
    side->arena = arena_new(1024);
    world_init(&side->world, side->scenario->book, policy_strict());
    world_copy(&side->world, &side->scenario->start);
}

static void close_side(struct side *side)
{
    world_release(&side->world);
    scenario_free(side->scenario);
    arena_free(side->arena);
}

/* A bit per broken rule. */
static unsigned take(struct side *side, size_t action)
{
    const struct deed *deed = &side->scenario->deeds[action];
    unsigned rules = 0;

    deed_judge(&side->world, deed, side->arena, &side->verdict);
    for (unsigned r = 0; r < RULE_COUNT; r++)
        if (answer_is_broken(side->verdict.findings[r].answer))
            rules |= 1U << r;
    if (!rules)
        deed_apply(&side->world, deed);
    return rules;
}

/* Of the other world every `times`-th action is this world's; the ones between are its own. */
static void check_same(const json_t *root, json_t *other, unsigned times, const char *how, int seed)
{
    struct side was, is;

    open_side(&was, root);
    open_side(&is, other);
    for (size_t i = 0; i < was.scenario->deed_count; i++) {
        unsigned before = take(&was, i), after = take(&is, times * i);

        done += before == 0;
        refused += before != 0;
        ck_assert_msg(before == after, "fleet %d, action %zu, %s: rules %#x, then %#x", seed, i,
                      how, before, after);
        ck_assert_uint_eq(was.verdict.warning[0] != '\0', is.verdict.warning[0] != '\0');
        for (unsigned k = 1; k < times; k++)
            ck_assert_uint_eq(take(&is, times * i + k), before);
    }
    close_side(&was);
    close_side(&is);
    json_decref(other);
}

START_TEST(a_verdict_does_not_rest_on_names_order_spelling_or_strangers)
{
    for (int seed = 0; seed < FLEETS; seed++) {
        json_t *root = random_scenario((uint64_t)(7000 + seed), ACTIONS), *action;
        size_t i;

        check_same(root, same_renamed(root), 1, "renamed", seed);
        check_same(root, same_reversed(root), 1, "in another order", seed);
        check_same(root, same_spelled(root), 1, "in the other spelling", seed);
        json_array_foreach(json_object_get(root, "actions"), i, action)
            json_object_del(action, "rev");
        check_same(root, same_twice(root), 2, "beside another world", seed);
        json_decref(root);
    }
    ck_assert_msg(done > 5000 && refused > 5000, "%u done, %u refused", done, refused);
}
END_TEST

SUITE(guard_same_random)
{
    Suite *suite = suite_create("guard_same_random");
    TCase *tcase = test_case(suite, "same", 60);

    tcase_add_test(tcase, a_verdict_does_not_rest_on_names_order_spelling_or_strangers);
    return suite;
}
