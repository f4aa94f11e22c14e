/* Scenario files from strangers: never a crash, and a run of whatever parses comes to an end. */
#include "guard/scenario.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct err err = {0};

    if (!ready)
        json_init();
    ready = true;
    json_t *root = json_parse_yaml((const char *)data, size, "fuzz", &err);
    if (!root)
        return 0;
    struct scenario *scenario = scenario_parse(root, "fuzz", &err);
    json_decref(root);
    if (!scenario)
        return 0;
    struct scenario_report report;
    scenario_run(scenario, policy_strict(), &report);
    json_decref(scenario_report_json(&report));
    free(scenario_report_text(&report));
    scenario_report_release(&report);
    scenario_free(scenario);
    return 0;
}
