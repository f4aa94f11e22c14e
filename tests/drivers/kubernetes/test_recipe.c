/* test_recipe.c: what is refused and in which words, what a start changes, what a write carries. */
#include "base/json.h"
#include "drivers/kubernetes/brake.h"
#include "drivers/kubernetes/recipe_owner.h"
#include "drivers/kubernetes/workload.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define TEMPLATE(image)                                                                            \
    "{'metadata':{'labels':{'app':'web'}},'spec':{'containers':[{'name':'app','image':'" image     \
    "'}]}}"
#define SET(name, image, count)                                                                    \
    "{'metadata':{'name':'web-" name "','generation':1,'labels':{'pod-template-hash':'" name       \
    "'},'creationTimestamp':'2026-01-0" name                                                       \
    "T00:00:00Z','annotations':{'deployment.kubernetes.io/revision':'" name                        \
    "'}},'spec':{'replicas':" count                                                                \
    ",'template':" TEMPLATE(image) "},'status':{'observedGeneration':1,'replicas':" count          \
                                   ",'readyReplicas':" count "}}"
#define DEPLOYMENT(image, more)                                                                    \
    "'object':{'metadata':{'annotations':{'deployment.kubernetes.io/revision':'2'}},'spec':{"      \
    "'replicas':4,'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':2,"               \
    "'maxUnavailable':0}},'template':" TEMPLATE(image) more "}}"
#define IDLE "{" DEPLOYMENT("app:4", "") ",'revisions':[" SET("2", "app:4", "4") "]}"
#define IN_FLIGHT                                                                                  \
    "{" DEPLOYMENT("app:5", "") ",'revisions':[" SET("1", "app:4", "4") "," SET("2", "app:5",      \
                                                                                "1") "]}"

/* The sentence of a refusal, or "" when it is planned; valid until the next call. */
static const char *refusal(struct workload *it, const json_t *memo, struct action *action)
{
    static struct err err;

    err = (struct err){0};
    return kube_plan(&it->w, memo, action, NULL, &err) ? "" : err.text;
}

static void expect_refusal(const char *got, const char *wanted)
{
    if (!wanted[0])
        ck_assert_str_eq(got, "");
    ck_assert_msg(strstr(got, wanted) != NULL, "\"%s\" is not in \"%s\"", wanted, got);
}

START_TEST(what_cannot_be_stepped_is_refused_with_the_reason)
{
    static const struct {
        enum verb verb;
        const char *path, *value, *sentence;
    } rows[] = {
        {VERB_START, "spec/x", "1", ""},
        {VERB_START, "spec/replicas", "0", "web: it has no instances: scale it up first"},
        {VERB_STEP, "spec/replicas", "0", "scaled up again all of it would come back as 5"},
        {VERB_START, "spec/strategy", "{'type':'Recreate'}", "strategy is Recreate"},
        {VERB_STEP, "spec/strategy", "{'type':'Recreate'}", "set strategy RollingUpdate"},
        {VERB_STEP, "spec/replicas", "1", "it has 1 instances: 2 cannot be on 5"},
        {VERB_START, "metadata/deletionTimestamp", "'now'", "it is being deleted"},
        {VERB_STEP, "metadata/generation", "9", "has not seen its last change yet"},
        {VERB_STEP, "status/conditions",
         "[{'type':'ReplicaFailure','status':'True','message':'exceeded quota: pods'}]",
         "the cluster refuses its pods: exceeded quota: pods"},
        {VERB_STEP, "status/conditions", "[{'type':'ReplicaFailure','status':'False'}]", ""},
        {VERB_START, "in-flight", "1", "an update to 5 is in flight"},
        {VERB_STEP, "spec/template", TEMPLATE("app:6"), "it moves to 6, not to 5"},
        {VERB_STEP, "spec/x", "1", ""},
        {VERB_PAUSE, "spec/replicas", "0", ""},
        {VERB_ROLLBACK, "spec/replicas", "0", ""},
        {VERB_ROLLBACK, "metadata/annotations", "{'meta.helm.sh/release-name':'x'}", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        bool idle = rows[i].verb == VERB_START && strcmp(rows[i].path, "in-flight") != 0;
        workload_open(&it, KUBE_DEPLOYMENT, idle ? IDLE : IN_FLIGHT);
        workload_set(&it, rows[i].path, rows[i].value);
        struct action action = workload_action(rows[i].verb, "5", 1, 2, 4);
        if (rows[i].verb == VERB_START)
            action.have_count = 0;
        if (rows[i].verb == VERB_ROLLBACK)
            memcpy(action.to, "4", 2);
        expect_refusal(refusal(&it, NULL, &action), rows[i].sentence);
        workload_close(&it);
    }
}
END_TEST

START_TEST(it_goes_back_to_what_ran_before_and_to_nothing_else)
{
    static const struct {
        const char *world, *to, *sentence;
    } rows[] = {
        {IN_FLIGHT, "4", ""},
        {IN_FLIGHT, "", ""},
        {IN_FLIGHT, "3", "the pod template that ran before 5 is not known"},
        {"{" DEPLOYMENT("app:5", "") ",'revisions':[" SET("2", "app:5", "4") "]}", "",
         "is not known; start that version instead"},
        {"{" DEPLOYMENT("app:5", "") ",'revisions':[" SET("1", "app:3", "2") "," SET(
             "3", "app:4", "2") "," SET("2", "app:5", "1") "]}",
         "", "2 older pod templates run beside 5"},
        {"{" DEPLOYMENT("app:5", "") ",'revisions':[" SET("1", "app:3", "2") "," SET(
             "3", "app:4", "2") "," SET("2", "app:5", "1") "]}",
         "4", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        workload_open(&it, KUBE_DEPLOYMENT, rows[i].world);
        struct action action = workload_action(VERB_ROLLBACK, rows[i].to, 0, 4, 4);
        expect_refusal(refusal(&it, NULL, &action), rows[i].sentence);
        if (!rows[i].sentence[0])
            ck_assert_str_eq(action.to, "4");
        workload_close(&it);
    }
}
END_TEST

static json_t *memo_of_start(void)
{
    struct workload it;
    struct action action = workload_action(VERB_START, "5", 0, 1, 4);
    struct err err = {0};
    json_t *memo = NULL;

    workload_open(&it, KUBE_DEPLOYMENT, IDLE);
    workload_set(&it, "metadata/annotations", "{'deployment.kubernetes.io/revision':'1'}");
    ck_assert_msg(kube_plan(&it.w, NULL, &action, &memo, &err), "%s", err.text);
    ck_assert_ptr_nonnull(memo);
    workload_close(&it);
    return memo;
}

START_TEST(a_third_template_in_flight_is_refused_and_named)
{
    static const struct {
        const char *world, *sentence;
    } rows[] = {
        {IN_FLIGHT, ""},
        /* Somebody restarted it: same version, another ReplicaSet, and the first one lingers. */
        {"{" DEPLOYMENT("app:5", "") ",'revisions':[" SET("1", "app:4", "3") "," SET(
             "2", "app:5", "1") "," SET("3", "app:9", "1") "]}",
         "a third pod template is in flight: web-3 runs beside"},
    };
    json_t *memo = memo_of_start();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        workload_open(&it, KUBE_DEPLOYMENT, rows[i].world);
        struct action action = workload_action(VERB_STEP, "5", 1, 2, 4);
        expect_refusal(refusal(&it, memo, &action), rows[i].sentence);
        workload_close(&it);
    }
    struct workload it;
    workload_open(&it, KUBE_DEPLOYMENT, IN_FLIGHT);
    workload_set(&it, "metadata/annotations", "{'deployment.kubernetes.io/revision':'3'}");
    struct action action = workload_action(VERB_STEP, "5", 1, 2, 4);
    expect_refusal(refusal(&it, memo, &action),
                   "its pod template was changed in flight: what runs");
    struct action back = workload_action(VERB_ROLLBACK, "4", 1, 4, 4);
    expect_refusal(refusal(&it, memo, &back), "");
    workload_close(&it);
    json_decref(memo);
}
END_TEST

START_TEST(a_start_keeps_what_undo_and_restore_need)
{
    json_t *memo = memo_of_start();
    struct workload it;

    workload_open(&it, KUBE_DEPLOYMENT, IDLE);
    ck_assert(json_equal(json_object_get(memo, MEMO_TEMPLATE), kube_template(&it.w)));
    ck_assert(json_equal(kube_at(memo, "spec/strategy"), kube_at(it.w.object, "spec/strategy")));
    ck_assert_str_eq(kube_raw(memo, MEMO_TO), "5");
    ck_assert_int_eq(kube_int(memo, MEMO_REVISION, 0), 2);
    ck_assert(!kube_memo_rests_paused(memo));
    workload_close(&it);
    json_decref(memo);
}
END_TEST

#define TWO                                                                                        \
    "{'metadata':{%s},'spec':{'initContainers':[{'name':'migrate','image':'app:4'}],"              \
    "'containers':[{'name':'proxy','image':'proxy:1'},{'name':'app','image':'app:4'}]}}"

START_TEST(the_container_that_is_meant_gets_the_image)
{
    static const struct {
        const char *metadata, *artifact, *to;
        const char *path; /* that gets it, besides those with the same image */
        const char *version_path, *sentence;
    } rows[] = {
        /* Without a word, the first one is "it". */
        {"", "", "5", "containers/0", "", ""},
        {"'annotations':{'lockstep.container':'app'}", "", "5", "containers/1", "", ""},
        {"", "app:5", "5", "containers/1", "metadata/annotations", ""},
        {"", "else:5", "5", "", "", "none of them from the repository of that image: name"},
        {"'annotations':{'lockstep.container':'app'}", "else:5", "5", "containers/1", "", ""},
        {"'annotations':{'lockstep.container':'app'}", "app:5", "v5", "containers/1",
         "metadata/annotations/lockstep.version", ""},
        {"'labels':{'app.kubernetes.io/version':'4'},'annotations':{'lockstep.container':'app'}",
         "", "5", "containers/1", "metadata/labels/app.kubernetes.io~1version", ""},
        {"'annotations':{'lockstep.container':'app'}", "bad image", "5", "", "",
         "\"bad image\" is no image reference"},
        {"", "", "no tag", "", "", "cannot be an image tag"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        char *template = xasprintf(TWO, rows[i].metadata), path[120];
        struct action action = workload_action(VERB_START, rows[i].to, 0, 1, 4);
        workload_open(&it, KUBE_DEPLOYMENT, IDLE);
        workload_set(&it, "spec/template", template);
        json_object_del(it.root, "revisions");
        it.w.revision_count = 0;
        snprintf(action.artifact, sizeof action.artifact, "%s", rows[i].artifact);
        expect_refusal(refusal(&it, NULL, &action), rows[i].sentence);
        if (!rows[i].sentence[0]) {
            struct kube_write write = workload_write(&it, &action, NULL);
            bool app = strstr(rows[i].path, "/1") != NULL;
            snprintf(path, sizeof path, "/spec/template/spec/%s/image", rows[i].path);
            ck_assert_str_eq(json_raw(write_value(&write, 0, path)), action.artifact);
            ck_assert_int_eq(
                write_has(&write, 0, "add", "/spec/template/spec/initContainers/0/image"), app);
            snprintf(path, sizeof path, "/spec/template/%s", rows[i].version_path);
            ck_assert(!rows[i].version_path[0] || write_has(&write, 0, "add", path));
            kube_write_release(&write);
        }
        workload_close(&it);
        free(template);
    }
}
END_TEST

START_TEST(an_owner_must_leave_the_brake_alone)
{
#define APPLIED(spec)                                                                              \
    "{'annotations':{'argocd.argoproj.io/tracking-id':'x',"                                        \
    "'kubectl.kubernetes.io/last-applied-configuration':'{\\\"spec\\\":{" spec "}}'}}"
#define FLUX(fields)                                                                               \
    "{'labels':{'kustomize.toolkit.fluxcd.io/name':'x'},'managedFields':[{'manager':"              \
    "'kustomize-controller','operation':'Apply','fieldsV1':{'f:spec':{" fields "}}}]}"
    static const struct {
        const char *metadata;
        bool template;
        const char *sentence;
    } rows[] = {
        {"{}", true, ""},
        {"{'annotations':{'meta.helm.sh/release-name':'x'}}", false,
         "(strategy, minReadySeconds, progressDeadlineSeconds, paused of spec): where the chart"},
        {"{'annotations':{'meta.helm.sh/release-name':'x','lockstep.ignored':"
         "'strategy, minReadySeconds,progressDeadlineSeconds paused'}}",
         false, ""},
        {"{'annotations':{'meta.helm.sh/release-name':'x','lockstep.ignored':"
         "'strategy, minReadySeconds,progressDeadlineSeconds paused'}}",
         true, "change the image by helm upgrade"},
        {"{'annotations':{'meta.helm.sh/release-name':'x','lockstep.sync':'off'}}", true, ""},
        {APPLIED("\\\"replicas\\\":3"), false, ""},
        {APPLIED("\\\"replicas\\\":3"), true, "change the image in Git"},
        {APPLIED("\\\"minReadySeconds\\\":0"), false,
         "(minReadySeconds of spec): its Application needs these as jsonPointers in "
         "spec.ignoreDifferences and the sync option RespectIgnoreDifferences=true"},
        {FLUX("'f:replicas':{}"), false, ""},
        {FLUX("'f:replicas':{}"), true, "kustomize.toolkit.fluxcd.io/reconcile: disabled"},
        {FLUX("'f:strategy':{}"), false, "(strategy of spec): leave these out of Git"},
        {"{'labels':{'kustomize.toolkit.fluxcd.io/name':'x'},'annotations':{"
         "'kustomize.toolkit.fluxcd.io/reconcile':'disabled'}}",
         true, ""},
        {"{'annotations':{'argocd.argoproj.io/tracking-id':'x',"
         "'kubectl.kubernetes.io/last-applied-configuration':'broken'}}",
         false, "may undo each step"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        struct err err = {0};
        workload_open(&it, KUBE_DEPLOYMENT, IDLE);
        workload_set(&it, "metadata", rows[i].metadata);
        kube_owner_allows(&it.w, rows[i].template, &err);
        expect_refusal(err.text, rows[i].sentence);
        workload_close(&it);
    }
}
END_TEST

START_TEST(every_write_tests_what_was_judged_and_leaves_its_mark)
{
    struct workload it;
    struct action action = workload_action(VERB_START, "5", 0, 1, 4);
    struct err err = {0};

    workload_open(&it, KUBE_DEPLOYMENT, IDLE);
    workload_set(&it, "metadata/annotations", "{'lockstep.marks':'old.0'}");
    ck_assert(kube_plan(&it.w, NULL, &action, NULL, &err));
    struct kube_write write = workload_write(&it, &action, NULL);
    ck_assert_str_eq(write.requests[0].method, "PATCH");
    ck_assert_str_eq(write.requests[0].path,
                     "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=lockstep");
    ck_assert_str_eq(write.requests[0].content_type, "application/json-patch+json");
    ck_assert(write_has(&write, 0, "test", "/metadata/uid"));
    ck_assert(write_has(&write, 0, "test", "/metadata/generation"));
    ck_assert(write_has(&write, 0, "test", "/metadata/annotations/lockstep.marks"));
    ck_assert(write_has(&write, 0, "test", "/metadata/annotations/lockstep.fence"));
    ck_assert_str_eq(json_raw(write_value(&write, 0, "/metadata/annotations/lockstep.marks")),
                     "0123456789abcdef0123456789abcdef.0 old.0");
    kube_write_release(&write);
    /* The API server's own number does as well. */
    memcpy(action.revision, "77", 3);
    ck_assert(kube_compose(&it.w, &action, NULL, &write, &err));
    ck_assert(write_has(&write, 0, "replace", "/metadata/resourceVersion"));
    kube_write_release(&write);
    memcpy(action.revision, "76", 3);
    ck_assert(!kube_compose(&it.w, &action, NULL, &write, &err));
    ck_assert_int_eq(err.code, ERR_CONFLICT);
    ck_assert_uint_eq(write.count, 0);
    workload_close(&it);
}
END_TEST

START_TEST(the_last_write_takes_everything_of_lockstep_away)
{
    struct workload it;
    struct action action = workload_action(VERB_STEP, "5", 1, 4, 4);

    workload_open(&it, KUBE_DEPLOYMENT, IN_FLIGHT);
    workload_set(&it, "metadata/annotations",
                 "{'lockstep.marks':'a.0','lockstep.fence':'n','team':'x'}");
    workload_set(&it, "metadata/managedFields",
                 "[{'manager':'lockstep','operation':'Update'},{'manager':'kubectl'},"
                 "{'manager':'lockstep','operation':'Update','subresource':'status'}]");
    action.writes = 4;
    action.write = 3;
    action.holds_from = 2;
    struct kube_write write = workload_write(&it, &action, NULL);
    ck_assert(write_has(&write, 0, "remove", "/metadata/annotations/lockstep.marks"));
    ck_assert(write_has(&write, 0, "remove", "/metadata/annotations/lockstep.fence"));
    ck_assert(!write_has(&write, 0, "remove", "/metadata/annotations/team"));
    ck_assert(write_has(&write, 0, "test", "/metadata/managedFields/0/manager"));
    ck_assert(write_has(&write, 0, "remove", "/metadata/managedFields/0"));
    ck_assert(!write_has(&write, 0, "remove", "/metadata/managedFields/1"));
    ck_assert(write_has(&write, 0, "remove", "/metadata/managedFields/2"));
    ck_assert(!write_has(&write, 0, "add", "/metadata/annotations/lockstep.marks"));
    kube_write_release(&write);
    workload_close(&it);
}
END_TEST

START_TEST(a_fence_touches_one_annotation)
{
    for (int there = 0; there < 2; there++) {
        struct workload it;
        struct kube_write write = {NULL, 0};
        struct err err = {0};
        char revision[KUBE_REVISION_TEXT];
        workload_open(&it, KUBE_STATEFULSET, "{'object':{'spec':{'replicas':2}}}");
        if (there)
            workload_set(&it, "metadata/annotations", "{'a':'b'}");
        kube_revision(it.w.object, revision);
        ck_assert(kube_compose_fence(&it.w, revision, "n1", &write, &err));
        ck_assert(write_has(&write, 0, "add", "/metadata/annotations/lockstep.fence"));
        /* Never over annotations that somebody adds meanwhile. */
        ck_assert_int_eq(write_has(&write, 0, "test", "/metadata/annotations"), !there);
        ck_assert_int_eq(write_has(&write, 0, "add", "/metadata/annotations"), !there);
        kube_write_release(&write);
        ck_assert(!kube_compose_fence(&it.w, "else", "n1", &write, &err));
        workload_close(&it);
    }
}
END_TEST

START_TEST(answers_mean_what_they_say)
{
    static const struct {
        const char *method;
        long status;
        const char *answer;
        enum err_code code;
    } rows[] = {
        {"PATCH", 200, "{}", ERR_NONE},
        {"PATCH", 409, "{}", ERR_CONFLICT},
        {"PATCH", 422, "{'reason':'Invalid','details':{},'message':'the server rejected'}",
         ERR_CONFLICT},
        {"PATCH", 422, "{'reason':'Invalid','details':{'kind':'Deployment','causes':[{}]}}",
         ERR_REJECTED},
        {"PATCH", 403, "{'message':'deployments.apps web is forbidden: User x cannot patch'}",
         ERR_AUTH},
        {"PATCH", 403, "{'message':'admission webhook x denied the request'}", ERR_REJECTED},
        {"PATCH", 401, "{}", ERR_AUTH},
        {"PATCH", 404, "{}", ERR_NOT_FOUND},
        {"PATCH", 429, "{}", ERR_REJECTED},
        {"PATCH", 500, "{}", ERR_UNKNOWN},
        {"PATCH", 504, "{}", ERR_UNKNOWN},
        {"PATCH", 0, "{}", ERR_UNKNOWN},
        {"DELETE", 404, "{}", ERR_NONE},
        {"DELETE", 409, "{}", ERR_NONE},
        {"DELETE", 403, "{'message':'x cannot delete'}", ERR_AUTH},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct kube_request request = {.method = rows[i].method};
        json_t *answer = quoted(rows[i].answer);
        ck_assert_int_eq(kube_meaning(&request, rows[i].status, answer), rows[i].code);
        json_decref(answer);
    }
}
END_TEST

/* Wherever it begins, the controller's sums end at the goal: old pods only go, new ones only come.
 */
START_TEST(a_chunk_ends_where_it_was_meant_to)
{
    for (uint32_t n = 1; n <= 12; n++)
        for (uint32_t fresh = 0; fresh <= n; fresh++)
            for (uint32_t old = 0; old <= n; old++)
                for (uint32_t target = fresh; target <= n; target++)
                    for (uint32_t once = 0; once <= 4; once++) {
                        if (target == 0)
                            continue;
                        struct kube_chunk c = kube_brake_chunk(n, fresh, old, target, once);
                        uint32_t missing = n - old;
                        uint32_t goal = target > missing ? target : missing;
                        ck_assert_uint_eq(c.surge + c.unavailable, goal);
                        ck_assert_uint_le(c.surge, once);
                        /* No old pod has to come back, and none less than was counted on stays. */
                        ck_assert_uint_ge(c.unavailable, missing);
                        ck_assert_uint_le(c.unavailable, n);
                    }
}
END_TEST

START_TEST(too_many_writes_are_left_to_the_engine_or_refused)
{
    struct workload it;

    workload_open(&it, KUBE_DEPLOYMENT, IDLE);
    workload_set(&it, "spec/replicas", "400");
    workload_set(&it, "spec/strategy",
                 "{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1,'maxUnavailable':1}}");
    struct action half = workload_action(VERB_START, "5", 0, 200, 400);
    expect_refusal(refusal(&it, NULL, &half), "allow 2 pods at a time: ask for at most 128");
    struct action all = workload_action(VERB_START, "5", 0, 400, 400);
    expect_refusal(refusal(&it, NULL, &all), "");
    ck_assert_uint_eq(all.writes, 2);
    ck_assert_uint_eq(all.holds_from, 1);
    struct kube_write write = workload_write(&it, &all, NULL);
    ck_assert(!write_has(&write, 0, "add", "/spec/minReadySeconds"));
    ck_assert(write_has(&write, 0, "add", "/spec/template/spec/containers/0/image"));
    kube_write_release(&write);
    workload_close(&it);
}
END_TEST

SUITE(kube_recipe)
{
    Suite *suite = suite_create("kube_recipe");
    TCase *plan = test_case(suite, "plan", 10), *write = test_case(suite, "write", 10);

    tcase_add_test(plan, what_cannot_be_stepped_is_refused_with_the_reason);
    tcase_add_test(plan, it_goes_back_to_what_ran_before_and_to_nothing_else);
    tcase_add_test(plan, a_third_template_in_flight_is_refused_and_named);
    tcase_add_test(plan, a_start_keeps_what_undo_and_restore_need);
    tcase_add_test(plan, the_container_that_is_meant_gets_the_image);
    tcase_add_test(plan, an_owner_must_leave_the_brake_alone);
    tcase_add_test(plan, too_many_writes_are_left_to_the_engine_or_refused);
    tcase_add_test(write, every_write_tests_what_was_judged_and_leaves_its_mark);
    tcase_add_test(write, the_last_write_takes_everything_of_lockstep_away);
    tcase_add_test(write, a_fence_touches_one_annotation);
    tcase_add_test(write, answers_mean_what_they_say);
    tcase_add_test(write, a_chunk_ends_where_it_was_meant_to);
    return suite;
}
