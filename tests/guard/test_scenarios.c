/* Corner cases of every rule as scenario files, each with the sequence that is right beside the one
 * that is refused; and what must not matter to the outcome of any of them, nor of an incident. */
#include "guard/incidents.h"
#include "guard/judge.h"
#include "guard/same_world.h"
#include "guard/scenario.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the first refusal: a witness, its fact, the way out. NULL: nothing is refused. */
static const struct told_case {
    const char *file, *object, *fact, *way_out;
} cases[] = {
    {"r1-nightly-job-cannot-read", "launcher nightly", "would start r1",
     "a version of report that reads json"},
    {"ok-attested-after-a-canary-wrote", NULL, NULL, NULL},
    {"r1-attested-while-the-canary-writes", "store s3", "may hold json", "return to is v2"},
    {"r1-attested-while-a-silent-node-writes", "store s3", "may hold xml",
     "attest that it is gone"},
    {"ok-attested-after-the-silent-node-is-fenced", NULL, NULL, NULL},
    {"r1-standby-needs-the-column", "launcher standby", "would start v1", "point launcher standby"},
    {"ok-expand-code-standby-contract", NULL, NULL, NULL},
    {"r1-back-past-the-contract-step", "store pg", "has no col_a", "expand pg by col_a"},
    {"r1-contract-in-the-middle-of-the-waves", "node n4", "runs v1", "a version of app without it"},
    {"r1-code-before-expand", "store pg", "has no col_b", "expand pg by col_b"},
    {"r1-index-waits-for-a-backfill", "store s3", "may hold xml", "backfill xml"},
    {"r1-one-of-two-consumers-has-a-silent-old-node", "node u3", "silent, last ran a1", "fence u3"},
    {"ok-the-silent-consumer-is-fenced", NULL, NULL, NULL},
    {"r1-flag-turned-on-before-the-queued-push-arrived", "node n3", "was sent v2", "fence n3"},
    {"ok-flag-turned-on-after-the-last-node-came", NULL, NULL, NULL},
    {"r1-back-under-a-flag-that-is-on", "store orders", "may hold new",
     "return to is v2: fix forward, or release a bridge: a v1 that reads new too"},
    {"r1-two-data-steps-in-one", "version v2 of app", "ddl+, ddl-", "split it"},
    {"r1-another-meaning-together-with-code", "version v2 of app", "semantic", "split it"},
    {"ok-api-config-and-code-together", NULL, NULL, NULL},
    {"r1-joins-and-cannot-read", "store s3", "may hold json", "backfill json"},
    {"r1-way-back-to-a-second-predecessor", "version v1b of app", "cannot read b",
     "reads b and does not write it"},
    {"r1-behind-the-back-a-format-came", "store s3", "may hold json", "return to is v2"},
    {"r2-coupled-over-a-third", "service a", "moving to v2", "finish or roll back a -> v2"},
    {"r2-certified-but-a-neighbour-has-started", "service b", "moving to v2",
     "finish or roll back b -> v2"},
    {"r2-a-failed-bake-still-holds-its-neighbours", "service a", "moving to v2",
     "finish or roll back a -> v2"},
    {"ok-a-failed-rehearsal-is-closed-and-the-neighbour-goes", NULL, NULL, NULL},
    {"ok-who-is-not-coupled-goes-at-the-same-time", NULL, NULL, NULL},
    {"r2-coupled-by-a-version-that-does-not-run", "service a", "moving to v2",
     "finish or roll back a"},
    {"r2-coupled-by-the-owner-of-a-store", "service a", "moving to v2", "finish or roll back a"},
    {"r2-the-provider-is-not-everywhere-yet", "version v1 of a", "lacks g",
     "finish or roll back a"},
    {"ok-provider-then-caller-and-back-in-the-other-order", NULL, NULL, NULL},
    {"r2-provider-back-before-its-caller", "version v2 of b", "requires g",
     "first roll back b to v1"},
    {"r2-a-caller-in-a-launcher", "launcher monthly", "would start j1", "keep f in a"},
    {"r2-joins-and-calls-what-is-not-there", "version v1 of a", "lacks g", "provides g everywhere"},
    {"r2-a-provider-nobody-knows", "service ledger", "not known", "declare ledger"},
    {"ok-a-provider-that-runs-nowhere", NULL, NULL, NULL},
    {"r2-a-caller-whose-version-nobody-knows", "node b2", "", "find out which version"},
    {"r2-a-schema-step-of-a-coupled-service", "service app", "moving to v2",
     "finish or roll back app"},
    {"r2-undeclared-version-of-a-provider-runs", "version v0 of a", "lacks f",
     "provides f everywhere"},
    {"r3-came-back-without-its-push", "node n6", "runs v1", "to one version"},
    {"ok-retired-and-then-fenced", NULL, NULL, NULL},
    {"r3-never-reported", "node n3", "", "to one version"},
    {"ok-a-skipped-version-that-is-declared", NULL, NULL, NULL},
    {"r3-not-rebased-on-the-hotfix", "node n1", "runs h", "between h and v2"},
    {"ok-rebased-on-the-hotfix", NULL, NULL, NULL},
    {"r3-a-third-version-behind-the-back", "node n6", "runs v3", "to one version"},
    {"r3-released-and-not-yet-baked", "version v2 of app", "released",
     "finish or roll back app -> v2"},
    {"r3-a-node-returns-with-an-old-image", "node n6", "runs v0", "to one version"},
    {"r3-the-way-back-over-three-versions", "node n6", "silent", "fence n6"},
    {"r3-joins-two-steps-behind", "node n1", "runs v3", "let it join with v3"},
    {"ok-joins-with-what-runs", NULL, NULL, NULL},
    {"r3-a-launcher-two-steps-behind", "node n1", "runs v3", "point it at v3"},
    {"r3-joins-with-a-version-nobody-declared", "node n1", "runs v1",
     "declare a contract for app v9"},
    {"r4-one-more-canary-than-a-third", "node n3", "would run v2", "at most a third"},
    {"r4-silent-canaries-count", "node n3", "would run v2", "at most a third"},
    {"ok-exactly-a-third", NULL, NULL, NULL},
    {"r4-no-data-is-no-pass", "version v2 of app", "not rehearsed", "rehearse v2"},
    {"r4-the-second-bake-fails", "version v2 of app", "not rehearsed", "rehearse v2"},
    {"ok-a-second-rehearsal-after-a-failed-one", NULL, NULL, NULL},
    {"r4-back-before-the-bake", "version v2 of app", "not rehearsed", "rehearse v2"},
    {"r4-released-without-going-back", "version v2 of app", "baked", "rehearse v2"},
    {"r4-went-back-in-the-waves", "version v2 of app", "not rehearsed", "rehearse v2"},
    {"r4-the-way-back-cannot-be-pulled", "artifact v1 of app", "missing",
     "make v1 of app available"},
    {"ok-images-of-long-ago-may-be-gone", NULL, NULL, NULL},
    {"r4-launcher-before-the-way-back", "launcher asg", "would start v2", "rehearse v2"},
    {"ok-launcher-of-a-certified-version", NULL, NULL, NULL},
    {"r4-a-neighbour-went-back-meanwhile", "version v2 of a", "not rehearsed", "rehearse v2"},
    {"r4-a-neighbour-returned-with-another-version", "version v2 of a", "not rehearsed",
     "rehearse v2"},
    {"ok-a-neighbour-fell-silent-and-came-back", NULL, NULL, NULL},
    {"r4-at-rest-is-something-else-now", "version v2 of app", "not rehearsed", "rehearse v2"},
    {"r4-a-retired-node-is-no-canary", "node n1", "retired", "nodes that report"},
    {"r4-a-fenced-node-is-no-canary", "node n1", "fenced", "nodes that report"},
    {"r4-canary-again-on-all", "node n1", "would run v2", "at most a third"},
    {"ok-released-again-where-it-was-missed", NULL, NULL, NULL},
    {"ok-half-rolled-goes-back", NULL, NULL, NULL},
    {"ok-one-node-joins-in-the-rehearsal", NULL, NULL, NULL},
    {"rc-nobody-calls-but-support-goes-on", "clients app-3.1", "support not ended",
     "support of app-3.1 has ended"},
    {"rc-support-is-over-but-they-call", "clients app-3.1", "7 calls of f",
     "keep f until nobody calls it"},
    {"ok-nobody-calls-and-support-is-over", NULL, NULL, NULL},
    {"rc-calls-come-back-before-the-release", "clients app-3.1", "2 calls of f", "keep f"},
    {"rc-the-way-back-lacks-what-clients-found", "clients web", "40 calls of g",
     "fix forward, or release a bridge: a v1 that provides g too"},
    {"ok-another-services-element-of-the-same-name", NULL, NULL, NULL},
    {"rl-two-operators", "picture", "1 actions", "look at the new picture"},
    {"rl-behind-the-back", "picture", "1 actions", "look at the new picture"},
    {"ok-decided-on-what-was-there", NULL, NULL, NULL},
    {"r0-undeclared-and-stale", "service app", "no contract for version v9",
     "declare a contract for app v9"},
    {"r0-rolled-back-to-what-nobody-declared", "service app", "no contract for version v1",
     "declare a contract for app v1"},
    {"r0-another-image-under-the-same-version", "service app",
     "declared sha256:aa, found sha256:bb", "declare this one anew"},
    {"r2-coupled-by-a-store-that-both-need", "service a", "moving to v2",
     "finish or roll back a -> v2"},
    {"r3-another-canary-before-the-failed-one-is-closed", "service app", "moving to v2",
     "finish or roll back app -> v2"},
    {"ok-another-canary-after-the-failed-one-is-closed", NULL, NULL, NULL},
    {"r4-a-neighbours-launcher-was-pointed-elsewhere", "version v2 of a", "not rehearsed",
     "rehearse v2"},
    {"r4-a-neighbours-old-node-was-fenced", "version v2 of a", "not rehearsed", "rehearse v2"},
    {"r3-silent-while-the-waves-bake", "version v2 of app", "released",
     "finish or roll back app -> v2"},
    {"ok-silent-while-the-waves-bake-and-back", NULL, NULL, NULL},
    {"r3-what-runs-is-not-declared", "node n1", "runs v0", "declare a contract for app v0"},
    {"r2-the-caller-came-from-what-nobody-declared", "version v2 of b", "requires g",
     "keep g in a"},
    {"r2-the-caller-came-from-what-calls-nothing", "version v2 of b", "requires g",
     "first roll back b to v1"},
    {"r2-the-caller-always-called-it", "version v2 of b", "requires g", "keep g in a"},
    {"r1-back-over-two-data-steps", "store s3", "may hold json",
     "the oldest version it can return to is v2"},
    {"r3-four-versions-behind-the-back", "node n7", "runs v3", "to one version"},
};

enum { CASES = ARRAY_LEN(cases), ALL = CASES + INCIDENTS };

static json_t *read_root(unsigned i)
{
    char path[256];
    size_t len;
    struct err err = {0};

    if (i < CASES)
        snprintf(path, sizeof path, "recordings/scenarios/%s.json", cases[i].file);
    else
        snprintf(path, sizeof path, "recordings/incidents/%s.json", incident_name(i - CASES));
    char *text = test_read_file(path, &len);
    json_t *root = json_parse(text, len, path, &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    free(text);
    return root;
}

struct outcome {
    struct scenario *scenario;
    struct scenario_report report;
};

static void run(const json_t *root, struct outcome *out)
{
    struct err err = {0};

    out->scenario = scenario_parse(root, "scenario", &err);
    ck_assert_msg(out->scenario != NULL, "%s", err.text);
    scenario_run(out->scenario, policy_strict(), &out->report);
}

static void drop(struct outcome *outcome)
{
    scenario_report_release(&outcome->report);
    scenario_free(outcome->scenario);
}

static bool witnessed(const struct finding *finding, const struct told_case *one)
{
    for (size_t i = 0; i < finding->witness_count; i++)
        if (strcmp(finding->witnesses[i].object, one->object) == 0 &&
            strstr(finding->witnesses[i].fact, one->fact))
            return true;
    return false;
}

START_TEST(every_corner_is_refused_first_where_it_must_be)
{
    const struct told_case *one = &cases[_i];
    struct outcome outcome;
    json_t *root = read_root((unsigned)_i);

    run(root, &outcome);
    char *text = scenario_report_text(&outcome.report);
    ck_assert_msg(outcome.report.ok, "%s", text);
    ck_assert_int_eq(outcome.report.refused, one->object != NULL);
    if (one->object) {
        const struct finding *first = outcome.report.verdict.first;

        ck_assert_uint_eq(first->rule, outcome.scenario->expect_rule);
        ck_assert_msg(witnessed(first, one), "no witness %s: %s in\n%s", one->object, one->fact,
                      text);
        ck_assert_msg(strstr(first->way_out, one->way_out) != NULL, "%s", text);
    }
    free(text);
    drop(&outcome);
    json_decref(root);
}
END_TEST

static unsigned broken(const struct outcome *outcome)
{
    unsigned rules = 0;

    for (unsigned r = 0; outcome->report.refused && r < RULE_COUNT; r++)
        if (answer_is_broken(outcome->report.verdict.findings[r].answer))
            rules |= 1U << r;
    return rules;
}

/* The same rules at the same action, which stands `times` as far behind. */
static void check_same(const json_t *root, json_t *other, unsigned times, const char *how)
{
    struct outcome was, is;

    run(root, &was);
    run(other, &is);
    char *text = scenario_report_text(&is.report);
    ck_assert_msg(is.report.refused == was.report.refused && broken(&is) == broken(&was) &&
                      (!was.report.refused || is.report.action == times * was.report.action),
                  "%s:\n%s", how, text);
    free(text);
    drop(&was);
    drop(&is);
    json_decref(other);
}

START_TEST(names_order_and_spelling_do_not_matter)
{
    json_t *root = read_root((unsigned)_i);

    check_same(root, same_renamed(root), 1, "renamed");
    check_same(root, same_reversed(root), 1, "in another order");
    check_same(root, same_spelled(root), 1, "in the other spelling");
    json_decref(root);
}
END_TEST

/* A second world with the same troubles, whose actions come one by one between these. */
START_TEST(what_is_not_coupled_does_not_matter)
{
    json_t *root = read_root((unsigned)_i);

    check_same(root, same_twice(root), 2, "beside another world");
    json_decref(root);
}
END_TEST

/* But to a canary of more than a third. Who causes the refusal is still named among many. */
START_TEST(the_size_of_a_fleet_does_not_matter)
{
    json_t *root = read_root((unsigned)_i), *crowd = same_crowded(root);
    struct outcome was, is;

    run(root, &was);
    run(crowd, &is);
    if (!(broken(&was) & 1U << RULE_R4 &&
          was.scenario->deeds[was.report.action].kind == DEED_CANARY)) {
        check_same(root, json_incref(crowd), 1, "with many more nodes");
        if (_i < CASES && cases[_i].object) {
            char *text = scenario_report_text(&is.report);
            ck_assert_msg(witnessed(is.report.verdict.first, &cases[_i]), "no witness %s in\n%s",
                          cases[_i].object, text);
            free(text);
        }
    }
    drop(&was);
    drop(&is);
    json_decref(crowd);
    json_decref(root);
}
END_TEST

SUITE(guard_scenarios)
{
    Suite *suite = suite_create("guard_scenarios");
    TCase *tcase = test_case(suite, "scenarios", 20);

    tcase_add_loop_test(tcase, every_corner_is_refused_first_where_it_must_be, 0, CASES);
    tcase_add_loop_test(tcase, names_order_and_spelling_do_not_matter, 0, ALL);
    tcase_add_loop_test(tcase, what_is_not_coupled_does_not_matter, 0, ALL);
    tcase_add_loop_test(tcase, the_size_of_a_fleet_does_not_matter, 0, ALL);
    return suite;
}
