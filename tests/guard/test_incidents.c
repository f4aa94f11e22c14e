/* Post-mortems and control sequences as scenarios: each is refused first where it must be, by
 * the rule that it is about, and the witness names the object that causes it. */
#include "base/mem.h"
#include "guard/incidents.h"
#include "guard/judge.h"
#include "guard/scenario.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Witness rows of the first refusal: object and part of the fact. NULL: nothing is refused. */
static const struct incident {
    const char *file, *object, *fact, *way_out;
} incidents[] = {
    {"c1-circleci-2021-11-08-field-type-changed-with-the-code", "version v2 of distributor",
     "code, write+, read-", "split it"},
    {"c11-gitlab-475192-to-17-1-without-17-0", "node b1", "runs 16.11", "between 16.11"},
    {"c13-autoscaler-template-still-has-v1-release-v3", "launcher asg", "would start v1",
     "point launcher asg"},
    {"c15-hotfix-during-a-canary-argo-docs-example-1-3-1-4-1-5", "node n0", "runs 1.4",
     "one version"},
    {"c17-two-services-in-flight-at-once", "service a", "moving to v2",
     "finish or roll back a -> v2 first"},
    {"c19-roll-back-a-provider-another-service-now-depends-on", "version v2 of web", "requires g",
     "keep g"},
    {"c2-val-town-2025-04-02-migration-code-in-one-deploy", "store pg", "together with code",
     "a step of its own"},
    {"c21-google-gce-2016-canary-says-no-push-goes-on", "version v2 of net", "not rehearsed",
     "rehearse v2"},
    {"c23-travis-2017-rollback-image-missing", "artifact 2.5.0 of worker", "missing", "make 2.5.0"},
    {"c24-reddit-pi-day-2023-no-rehearsed-way-back", "version 1.24 of k8s", "not rehearsed",
     "rehearse 1.24"},
    {"c27-convex-style-function-removed-while-jobs-scheduled-with", "clients scheduled-jobs",
     "12 calls of sendMail", "keep sendMail"},
    {"c29-canary-of-the-writing-step-already-burns-the-way-back-to", "store s3", "may hold json",
     "return to is v2"},
    {"c31-rollback-verb-used-to-move-forward", "node n1", "runs v1", "with a rehearsal"},
    {"c32-canary-on-a-node-that-does-not-report", "node n1", "silent", "nodes that report"},
    {"c33-release-of-a-version-nobody-declared", "service app", "no contract for version v9",
     "declare"},
    {"c35-autoscaler-image-moved-to-an-unrehearsed-version", "launcher asg", "would start v2",
     "rehearse v2"},
    {"c5-crowdstrike-2024-content-with-21-fields-sensor-reads-20", "version s7 of sensor",
     "cannot read 21f", "sensor that reads 21f"},
    {"c8-knight-2012-activation-while-server-8-is-old", "node s8", "runs 2003", "reads flag=RLP"},
    {"c8b-knight-un-install-from-the-7-good-servers", "store orders", "may hold flag=RLP",
     "return to is RLP"},
    {"c9-push-v6-while-an-offline-node-has-v4", "node n5", "silent, last ran v4, was sent v5",
     "fence n5"},
    {"m1-fastly-2021-latent-bug-27-days-later-a-valid-customer-con", NULL, NULL, NULL},
    {"m3-bip-50-2013-undeclared-lock-limit-adjacent-versions", NULL, NULL, NULL},
    {"ok1-two-phase-format-change-complete", NULL, NULL, NULL},
    {"ok2-plain-code-release-with-one-node-fenced-properly", NULL, NULL, NULL},
};
_Static_assert(ARRAY_LEN(incidents) == INCIDENTS, "each has a row");

const char *incident_name(unsigned i)
{
    return incidents[i].file;
}

static struct scenario *load(const char *file)
{
    char path[256];
    size_t len;
    struct err err = {0};

    snprintf(path, sizeof path, "recordings/incidents/%s.json", file);
    char *text = test_read_file(path, &len);
    json_t *root = json_parse(text, len, file, &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    struct scenario *scenario = scenario_parse(root, file, &err);
    ck_assert_msg(scenario != NULL, "%s", err.text);
    json_decref(root);
    free(text);
    return scenario;
}

START_TEST(every_incident_is_refused_first_where_it_must_be)
{
    const struct incident *incident = &incidents[_i];
    struct scenario *scenario = load(incident->file);
    struct scenario_report report;

    scenario_run(scenario, policy_strict(), &report);
    char *text = scenario_report_text(&report);
    ck_assert_msg(report.ok, "%s", text);
    ck_assert_int_eq(report.refused, incident->object != NULL);
    if (report.refused) {
        const struct finding *first = report.verdict.first;
        bool found = false;

        ck_assert_uint_eq(first->rule, scenario->expect_rule);
        for (size_t i = 0; i < first->witness_count; i++)
            found = found || (strcmp(first->witnesses[i].object, incident->object) == 0 &&
                              strstr(first->witnesses[i].fact, incident->fact));
        ck_assert_msg(found, "no witness %s: %s in\n%s", incident->object, incident->fact, text);
        ck_assert_msg(strstr(first->way_out, incident->way_out) != NULL, "%s", text);
    }
    free(text);
    scenario_report_release(&report);
    scenario_free(scenario);
}
END_TEST

START_TEST(no_incident_is_refused_by_a_rule_that_was_removed)
{
    struct scenario *scenario = load(incidents[_i].file);
    struct policy policy = policy_strict();
    struct scenario_report report;

    if (scenario->expects) {
        policy.rules &= ~(1u << scenario->expect_rule);
        scenario_run(scenario, policy, &report);
        ck_assert(!report.ok);
        scenario_report_release(&report);
    }
    scenario_free(scenario);
}
END_TEST

START_TEST(a_report_is_one_json_document)
{
    struct scenario *scenario = load("c9-push-v6-while-an-offline-node-has-v4");
    struct scenario_report report;

    scenario_run(scenario, policy_strict(), &report);
    json_t *line = scenario_report_json(&report);
    json_t *refused = json_object_get(line, "refused"),
           *expected = json_object_get(line, "expected");
    ck_assert_int_eq((int)json_integer_value(json_object_get(refused, "action")), 7);
    ck_assert_str_eq(json_raw(json_object_get(refused, "rule")), "R3");
    ck_assert_str_eq(json_raw(json_array_get(json_object_get(refused, "rules"), 0)), "R3");
    ck_assert_str_eq(json_raw(json_array_get(json_object_get(refused, "witness"), 0)),
                     "node n5: silent, last ran v4, was sent v5");
    ck_assert_int_eq((int)json_integer_value(json_object_get(expected, "action")), 7);
    ck_assert(json_is_true(json_object_get(line, "ok")));
    json_decref(line);
    scenario_report_release(&report);
    scenario_free(scenario);

    scenario = load("ok1-two-phase-format-change-complete");
    scenario_run(scenario, policy_strict(), &report);
    line = scenario_report_json(&report);
    ck_assert(json_is_null(json_object_get(line, "refused")));
    ck_assert(json_is_null(json_object_get(line, "expected")));
    ck_assert(json_is_true(json_object_get(line, "ok")));
    json_decref(line);
    scenario_report_release(&report);
    scenario_free(scenario);
}
END_TEST

/* Behind the guard's back nothing is refused, and everything shows. */
static const char behind_its_back[] =
    "{name: x, services: {"
    "a: {versions: {v1: {provides: [f], pred: []}, v2: {provides: [f], pred: [v1]},"
    "               v3: {provides: [], pred: [v2]}},"
    "    nodes: {a1: v1, a2: v1, a3: v1, a4: v1}},"
    "b: {versions: {v1: {requires: {a: [f]}, pred: []}, v2: {requires: {a: [f]}, pred: [v1]}},"
    "    nodes: {b1: v1, b2: v1, b3: v1}, launchers: {asg: v2}},"
    "c: {versions: {v1: {pred: []}}, nodes: {c1: '?'}}},"
    "actions: [{do: canary, svc: a, ver: v2, nodes: [a1]},"
    "{do: bake, svc: a}, {do: down, svc: a, node: a2}, {do: bypass, svc: a, ver: v3, nodes: [a3]},"
    "{do: up, svc: a, node: a2, ver: v3}, {do: bypass}], expect: null}";

START_TEST(what_happens_behind_the_guards_back_is_said)
{
    static const char *const lines[] = {
        "action 0 launcher: launcher asg would start b v2, and v1 is stable\n",
        "action 2 silent: node a2 is silent while a moves to v2\n",
        "action 3 drift: a v3 runs, and not through lockstep\n",
        "action 3 step: 3 versions of a may run at once",
        "action 3 calls: b v1 requires f",
        "action 3 expired: the certificate of a v2 became void half way\n",
        "action 0 unknown: a version of c is not known (node c1)\n",
        "action 4 returned: node a2 came back with a v3\n",
        "action 5 drift: something was changed, and not through lockstep\n",
    };
    struct err err = {0};
    json_t *root = json_parse_yaml(behind_its_back, strlen(behind_its_back), "x", &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    struct scenario *scenario = scenario_parse(root, "x", &err);
    ck_assert_msg(scenario != NULL, "%s", err.text);
    struct scenario_report report;

    scenario_run(scenario, policy_strict(), &report);
    ck_assert(report.ok);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ck_assert_msg(strstr(report.alerts, lines[i]), "no '%s' in\n%s", lines[i], report.alerts);
    char *text = scenario_report_text(&report);
    ck_assert_msg(strstr(text, "alert: action 5 drift"), "%s", text);
    json_t *line = scenario_report_json(&report);
    ck_assert_uint_ge(json_array_size(json_object_get(line, "alerts")), ARRAY_LEN(lines));
    json_decref(line);
    free(text);
    scenario_report_release(&report);
    scenario_free(scenario);
    json_decref(root);
}
END_TEST

START_TEST(a_bypass_is_drift_in_the_incident_that_has_one_and_in_no_other)
{
    struct scenario *scenario = load(incidents[_i].file);
    struct scenario_report report;
    bool bypassed = strncmp(incidents[_i].file, "m1-", 3) == 0;

    scenario_run(scenario, policy_strict(), &report);
    ck_assert_msg((strstr(report.alerts, "drift") != NULL) == bypassed, "%s", report.alerts);
    scenario_report_release(&report);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_missing_file_is_one_clear_line)
{
    char *out;
    bool ok = true;
    struct err err = {0};

    ck_assert(!scenario_run_file("/nonexistent/scenario.json", true, &out, &ok, &err));
    ck_assert(!ok);
    ck_assert_ptr_null(out);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/scenario.json"));
}
END_TEST

SUITE(guard_incidents)
{
    Suite *suite = suite_create("guard_incidents");
    TCase *tcase = test_case(suite, "incidents", 20);

    tcase_add_loop_test(tcase, every_incident_is_refused_first_where_it_must_be, 0,
                        ARRAY_LEN(incidents));
    tcase_add_loop_test(tcase, no_incident_is_refused_by_a_rule_that_was_removed, 0,
                        ARRAY_LEN(incidents));
    tcase_add_loop_test(tcase, a_bypass_is_drift_in_the_incident_that_has_one_and_in_no_other, 0,
                        ARRAY_LEN(incidents));
    tcase_add_test(tcase, what_happens_behind_the_guards_back_is_said);
    tcase_add_test(tcase, a_report_is_one_json_document);
    tcase_add_test(tcase, a_missing_file_is_one_clear_line);
    return suite;
}
