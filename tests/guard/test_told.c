/* Everything the guard says about recorded incidents and random fleets, word by word: sentences,
 * witnesses in their order, ways out, alarms, and what every action makes of the world. */
#include "guard/incidents.h"
#include "guard/random_world.h"
#include "guard/told.h"
#include "test.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

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
    char *path = xasprintf("recordings/incidents/%s.json", incident_name((unsigned)_i));
    size_t len;
    char *text = test_read_file(path, &len);
    json_t *root = json_parse(text, len, path, &err);
    struct scenario *scenario = root ? scenario_parse(root, path, &err) : NULL;

    ck_assert_msg(scenario != NULL, "%s", err.text);
    told_begin(&told, incident_name((unsigned)_i));
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

    tcase_add_loop_test(tcase, every_incident_is_told_as_recorded, 0, INCIDENTS);
    tcase_add_loop_test(tcase, a_random_fleet_is_told_as_recorded, 0, FLEETS);
    tcase_add_loop_test(tcase, an_odd_fleet_is_told_as_recorded, 0, ODD_FLEETS);
    return suite;
}
