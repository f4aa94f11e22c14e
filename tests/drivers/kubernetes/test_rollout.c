/* test_rollout.c: an Argo Rollout is let go on exactly once. */
#include "base/json.h"
#include "drivers/kubernetes/rollout.h"
#include "drivers/kubernetes/workload.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define TEMPLATE(image) "{'spec':{'containers':[{'name':'app','image':'" image "'}]}}"
#define SET(hash, image, count)                                                                    \
    "{'metadata':{'name':'web-" hash "','labels':{'rollouts-pod-template-hash':'" hash             \
    "'}},'spec':{'replicas':" count ",'template':" TEMPLATE(image) "},'status':{'replicas':" count \
                                                                   ",'readyReplicas':" count "}}"
#define STEPS                                                                                      \
    "[{'setWeight':20},{'pause':{}},{'setWeight':40},{'pause':{'duration':'10s'}},"                \
    "{'setWeight':60},{'pause':{}}]"
#define WAITING                                                                                    \
    "'stableRS':'a','currentPodHash':'b','currentStepIndex':1,'controllerPause':true,"             \
    "'pauseConditions':[{'reason':'CanaryPauseStep','startTime':'t1'}]"
#define ROLLOUT(image, status)                                                                     \
    "{'object':{'spec':{'replicas':10,'strategy':{'canary':{'steps':" STEPS                        \
    "}},'template':" TEMPLATE(image) "},'status':{" status "}},'revisions':[" SET(                 \
        "a", "app:4", "8") "," SET("b", "app:5", "2") "]}"
#define IDLE                                                                                       \
    "{'object':{'spec':{'replicas':10,'strategy':{'canary':{'steps':" STEPS                        \
    "}},'template':" TEMPLATE(                                                                     \
        "app:4") "},'status':{'stableRS':'a','currentPodHash':'a','currentStepIndex':6}},"         \
                 "'revisions':[" SET("a", "app:4", "10") "]}"

static const char *plan(struct workload *it, struct action *action, json_t **memo)
{
    static struct err err;
    json_t *made = NULL;

    err = (struct err){0};
    bool ok = kube_plan(&it->w, *memo, action, &made, &err);
    if (made) {
        json_decref(*memo);
        *memo = made;
    }
    return ok ? "" : err.text;
}

START_TEST(what_it_cannot_do_now_is_said)
{
    static const struct {
        enum verb verb;
        const char *path, *value, *sentence;
    } rows[] = {
        {VERB_STEP, "spec/x", "1", ""},
        {VERB_STEP, "status/abort", "true", "it was aborted: R tries again, U goes back"},
        {VERB_STEP, "spec/paused", "true", "it was paused by hand: R goes on first"},
        {VERB_STEP, "status/pauseConditions", "null", "it is about to go on"},
        {VERB_STEP, "status/observedGeneration", "'2'", "has not seen its last change"},
        {VERB_ROLLBACK, "spec/workloadRef", "{'kind':'Deployment','name':'web'}",
         "that of Deployment web (spec.workloadRef)"},
        {VERB_ROLLBACK, "status/abort", "true", ""},
        {VERB_PAUSE, "status/abort", "true", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        json_t *memo = NULL;
        bool back = rows[i].verb == VERB_ROLLBACK;
        struct action action = workload_action(rows[i].verb, back ? "4" : "5", 2, 4, 10);
        workload_open(&it, KUBE_ROLLOUT, ROLLOUT("app:5", WAITING));
        workload_set(&it, rows[i].path, rows[i].value);
        const char *got = plan(&it, &action, &memo);
        ck_assert_msg(rows[i].sentence[0] ? strstr(got, rows[i].sentence) != NULL : !got[0],
                      "row %zu: \"%s\"", i, got);
        json_decref(memo);
        workload_close(&it);
    }
}
END_TEST

START_TEST(the_size_of_a_step_is_that_of_its_own_steps)
{
    struct workload it;
    json_t *memo = NULL;

    workload_open(&it, KUBE_ROLLOUT, IDLE);
    struct action start = workload_action(VERB_START, "5", 0, 1, 10);
    ck_assert_str_eq(plan(&it, &start, &memo), "");
    ck_assert_uint_eq(start.to_count, 2);
    ck_assert(!start.last_step);
    /* Without a pause that waits nothing would hold it. */
    workload_set(&it, "spec/strategy", "{'canary':{'steps':[{'setWeight':20}]}}");
    start = workload_action(VERB_START, "5", 0, 1, 10);
    ck_assert_ptr_nonnull(strstr(plan(&it, &start, &memo), "nothing holds it"));
    workload_close(&it);

    workload_open(&it, KUBE_ROLLOUT, ROLLOUT("app:5", WAITING));
    struct action step = workload_action(VERB_STEP, "5", 2, 3, 10);
    ck_assert_str_eq(plan(&it, &step, &memo), "");
    ck_assert_uint_eq(step.to_count, 6); /* a pause with a duration holds nothing */
    workload_set(&it, "status/currentStepIndex", "5");
    step = workload_action(VERB_STEP, "5", 6, 7, 10);
    ck_assert_str_eq(plan(&it, &step, &memo), "");
    ck_assert_uint_eq(step.to_count, 10);
    ck_assert(step.last_step);
    ck_assert_uint_eq(step.writes, 2);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

START_TEST(promote_ends_the_pause_that_was_seen_and_no_other)
{
    struct workload it;
    json_t *memo = NULL;

    workload_open(&it, KUBE_ROLLOUT, ROLLOUT("app:5", WAITING));
    struct action step = workload_action(VERB_STEP, "5", 2, 6, 10);
    ck_assert_str_eq(plan(&it, &step, &memo), "");
    struct kube_write write = workload_write(&it, &step, memo);
    ck_assert_uint_eq(write.count, 2);
    /* The mark first, which moves nothing, at the revision and the pause that were judged: its
     * status moves all the time, and a way back must not lose against that. */
    ck_assert(write_has(&write, 0, "test", "/metadata/generation"));
    ck_assert(!write_has(&write, 0, "replace", "/metadata/resourceVersion"));
    ck_assert(write_has(&write, 0, "test", "/status/pauseConditions"));
    ck_assert(write_has(&write, 0, "test", "/status/currentStepIndex"));
    ck_assert(write_has(&write, 0, "test", "/status/currentPodHash"));
    ck_assert(write_has(&write, 0, "add", "/metadata/annotations/lockstep.marks"));
    ck_assert_str_eq(write.requests[1].path,
                     "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/status"
                     "?fieldManager=lockstep");
    ck_assert(write_has(&write, 1, "test", "/status/pauseConditions"));
    ck_assert(write_has(&write, 1, "test", "/status/currentStepIndex"));
    ck_assert(write_has(&write, 1, "test", "/status/currentPodHash"));
    ck_assert(write_has(&write, 1, "remove", "/status/pauseConditions"));
    ck_assert(!write_has(&write, 1, "add", "/status/currentStepIndex"));
    kube_write_release(&write);
    /* An analysis without a result holds the step itself. */
    workload_set(&it, "status/pauseConditions", "[{'reason':'InconclusiveAnalysisRun'}]");
    write = workload_write(&it, &step, memo);
    ck_assert_int_eq(json_integer_value(write_value(&write, 1, "/status/currentStepIndex")), 2);
    ck_assert(json_is_false(write_value(&write, 1, "/status/controllerPause")));
    kube_write_release(&write);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

START_TEST(resume_and_retry_skip_no_step)
{
    struct workload it;
    json_t *memo = NULL;

    workload_open(&it, KUBE_ROLLOUT, ROLLOUT("app:5", WAITING));
    workload_set(&it, "spec/paused", "true");
    struct action resume = workload_action(VERB_RESUME, "5", 2, 2, 10);
    ck_assert_str_eq(plan(&it, &resume, &memo), "");
    ck_assert_uint_eq(resume.writes, 1);
    struct kube_write write = workload_write(&it, &resume, memo);
    ck_assert_uint_eq(write.count, 1);
    ck_assert(json_is_false(write_value(&write, 0, "/spec/paused")));
    kube_write_release(&write);
    workload_set(&it, "spec/paused", "false");
    workload_set(&it, "status/abort", "true");
    resume = workload_action(VERB_RESUME, "5", 2, 2, 10);
    ck_assert_str_eq(plan(&it, &resume, &memo), "");
    write = workload_write(&it, &resume, memo);
    ck_assert_uint_eq(write.count, 2);
    ck_assert(json_is_false(write_value(&write, 1, "/status/abort")));
    kube_write_release(&write);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

START_TEST(undo_goes_to_what_is_stable_and_past_all_steps)
{
    struct workload it;
    json_t *memo = NULL;

    workload_open(&it, KUBE_ROLLOUT, ROLLOUT("app:5", WAITING));
    struct action back = workload_action(VERB_ROLLBACK, "4", 2, 10, 10);
    ck_assert_str_eq(plan(&it, &back, &memo), "");
    ck_assert_uint_eq(back.writes, 2); /* in flight the controller skips the steps by itself */
    struct kube_write write = workload_write(&it, &back, memo);
    ck_assert_str_eq(kube_template_image(write_value(&write, 0, "/spec/template")), "app:4");
    kube_write_release(&write);
    workload_close(&it);
    /* From a finished one the steps would all be walked again. */
    workload_open(&it, KUBE_ROLLOUT,
                  ROLLOUT("app:5", "'stableRS':'b','currentPodHash':'b','currentStepIndex':6"));
    back = workload_action(VERB_ROLLBACK, "4", 2, 10, 10);
    ck_assert_str_eq(plan(&it, &back, &memo), "");
    ck_assert_uint_eq(back.writes, 3);
    ck_assert(!kube_settled(&it.w, &back, NULL)); /* promoted now it would be for nothing */
    workload_set(&it, "status/currentPodHash", "'a'");
    ck_assert(kube_settled(&it.w, &back, NULL));
    back.write = 1;
    write = workload_write(&it, &back, memo);
    ck_assert_uint_eq(write.count, 2);
    ck_assert(json_is_true(write_value(&write, 1, "/status/promoteFull")));
    ck_assert(write_has(&write, 1, "test", "/status/currentPodHash"));
    kube_write_release(&write);
    workload_close(&it);
    json_decref(memo);
}
END_TEST

SUITE(kube_rollout)
{
    Suite *suite = suite_create("kube_rollout");
    TCase *tcase = test_case(suite, "steps", 10);

    tcase_add_test(tcase, what_it_cannot_do_now_is_said);
    tcase_add_test(tcase, the_size_of_a_step_is_that_of_its_own_steps);
    tcase_add_test(tcase, promote_ends_the_pause_that_was_seen_and_no_other);
    tcase_add_test(tcase, resume_and_retry_skip_no_step);
    tcase_add_test(tcase, undo_goes_to_what_is_stable_and_past_all_steps);
    return suite;
}
