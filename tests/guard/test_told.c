/* Everything the guard says about recorded incidents and random fleets, word by word: sentences,
 * witnesses in their order, ways out, alarms, and what every action makes of the world. */
#include "guard/random_world.h"
#include "guard/told.h"
#include "test.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const incidents[] = {
    "c1-circleci-2021-11-08-field-type-changed-with-the-code",
    "c11-gitlab-475192-to-17-1-without-17-0",
    "c13-autoscaler-template-still-has-v1-release-v3",
    "c15-hotfix-during-a-canary-argo-docs-example-1-3-1-4-1-5",
    "c17-two-services-in-flight-at-once",
    "c19-roll-back-a-provider-another-service-now-depends-on",
    "c2-val-town-2025-04-02-migration-code-in-one-deploy",
    "c21-google-gce-2016-canary-says-no-push-goes-on",
    "c23-travis-2017-rollback-image-missing",
    "c24-reddit-pi-day-2023-no-rehearsed-way-back",
    "c27-convex-style-function-removed-while-jobs-scheduled-with",
    "c29-canary-of-the-writing-step-already-burns-the-way-back-to",
    "c31-rollback-verb-used-to-move-forward",
    "c32-canary-on-a-node-that-does-not-report",
    "c33-release-of-a-version-nobody-declared",
    "c35-autoscaler-image-moved-to-an-unrehearsed-version",
    "c5-crowdstrike-2024-content-with-21-fields-sensor-reads-20",
    "c8-knight-2012-activation-while-server-8-is-old",
    "c8b-knight-un-install-from-the-7-good-servers",
    "c9-push-v6-while-an-offline-node-has-v4",
    "m1-fastly-2021-latent-bug-27-days-later-a-valid-customer-con",
    "m3-bip-50-2013-undeclared-lock-limit-adjacent-versions",
    "ok1-two-phase-format-change-complete",
    "ok2-plain-code-release-with-one-node-fenced-properly",
};

/* As `simulate` prints it, for people and as JSON, with every rule and without the one expected. */
static void tell_reports(struct told *told, const struct scenario *scenario)
{
    struct policy policy = policy_strict();

    for (unsigned without = 0; without < (scenario->expects ? 2U : 1U); without++) {
        struct scenario_report report;

        if (without)
            policy.rules &= ~(1U << scenario->expect_rule);
        scenario_run(scenario, policy, &report);
        json_t *line = scenario_report_json(&report);
        char *json = json_text(line), *text = scenario_report_text(&report);
        fprintf(told->out, "%s%s\n", text, json);
        free(text);
        free(json);
        json_decref(line);
        scenario_report_release(&report);
    }
}

START_TEST(every_incident_is_told_as_recorded)
{
    struct told told;
    struct err err = {0};
    char *path = xasprintf("recordings/incidents/%s.json", incidents[_i]);
    size_t len;
    char *text = test_read_file(path, &len);
    json_t *root = json_parse(text, len, path, &err);
    struct scenario *scenario = root ? scenario_parse(root, path, &err) : NULL;

    ck_assert_msg(scenario != NULL, "%s", err.text);
    told_begin(&told, incidents[_i]);
    tell_reports(&told, scenario);
    told_scenario(&told, scenario);
    told_end(&told);
    scenario_free(scenario);
    json_decref(root);
    free(text);
    free(path);
}
END_TEST

enum { FLEETS = 40, ODD_FLEETS = 24, ACTIONS = 16 };

START_TEST(a_random_fleet_is_told_as_recorded)
{
    struct told told;
    struct err err = {0};
    char name[32];
    json_t *root = random_scenario((uint64_t)(1000 + _i), ACTIONS);
    struct scenario *scenario = scenario_parse(root, "random", &err);

    ck_assert_msg(scenario != NULL, "%s", err.text);
    snprintf(name, sizeof name, "fleet-%02d", _i);
    told_begin(&told, name);
    told_scenario(&told, scenario);
    told_end(&told);
    scenario_free(scenario);
    json_decref(root);
}
END_TEST

/* More that random scenarios do not have: versions that are not known, several launchers, and what
 * happens behind the guard's back. */
static json_t *odd_scenario(struct dice dice)
{
    static const char *const versions[] = {"v1", "v2", "?"};
    json_t *root = random_scenario(2000 + dice.state, ACTIONS), *service, *version, *action;
    const char *name, *node;
    size_t i;

    json_object_foreach(json_object_get(root, "services"), name, service)
    {
        json_t *placed = json_object_get(service, "nodes");

        json_object_foreach(placed, node, version)
        {
            if (dice_percent(&dice, 20))
                json_string_set(version, versions[dice_below(&dice, 3)]);
        }
        json_object_set_new(json_object_get(service, "launchers"), "cron",
                            json_string(versions[dice_below(&dice, 3)]));
    }
    json_array_foreach(json_object_get(root, "actions"), i, action)
    {
        json_t *svc = json_object_get(action, "svc");

        if (!svc || dice_percent(&dice, 80))
            continue;
        json_t *bypass = json_pack("{s:s, s:O}", "do", "bypass", "svc", svc);
        if (dice_percent(&dice, 60))
            json_object_set_new(bypass, "ver", json_string(versions[dice_below(&dice, 2)]));
        json_array_set_new(json_object_get(root, "actions"), i, bypass);
    }
    return root;
}

START_TEST(an_odd_fleet_is_told_as_recorded)
{
    struct told told;
    struct err err = {0};
    char name[32];
    json_t *root = odd_scenario(dice_of((uint64_t)_i));
    struct scenario *scenario = scenario_parse(root, "random", &err);

    ck_assert_msg(scenario != NULL, "%s", err.text);
    snprintf(name, sizeof name, "odd-%02d", _i);
    told_begin(&told, name);
    tell_reports(&told, scenario);
    told_scenario(&told, scenario);
    told_end(&told);
    scenario_free(scenario);
    json_decref(root);
}
END_TEST

SUITE(guard_told)
{
    Suite *suite = suite_create("guard_told");
    TCase *tcase = test_case(suite, "told", 20);

    tcase_add_loop_test(tcase, every_incident_is_told_as_recorded, 0, ARRAY_LEN(incidents));
    tcase_add_loop_test(tcase, a_random_fleet_is_told_as_recorded, 0, FLEETS);
    tcase_add_loop_test(tcase, an_odd_fleet_is_told_as_recorded, 0, ODD_FLEETS);
    return suite;
}
