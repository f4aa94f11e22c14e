/* test_past.c: what objects of the API server tell of the releases of before. */
#include "drivers/kubernetes/past.h"
#include "drivers/kubernetes/recorded.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static struct kube_past *past;
static size_t count;

static void set_up(void)
{
    past = kube_past_new("lab");
}

static void tear_down(void)
{
    kube_past_free(past);
}

static void each(const char *file, void (*add)(struct kube_past *, const json_t *))
{
    json_t *list = scene_file(file), *item;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, item) add(past, item);
    json_decref(list);
}

static void add_deployment(struct kube_past *to, const json_t *object)
{
    kube_past_work(to, KUBE_DEPLOYMENT, object);
}

static void add_statefulset(struct kube_past *to, const json_t *object)
{
    kube_past_work(to, KUBE_STATEFULSET, object);
}

static void add_daemonset(struct kube_past *to, const json_t *object)
{
    kube_past_work(to, KUBE_DAEMONSET, object);
}

static void text(void (*add)(struct kube_past *, const json_t *), const char *form)
{
    json_t *object = scene_json(form);

    add(past, object);
    json_decref(object);
}

/* The recorded Deployment went v4, v5, back to v4, and to v5 again, of which two are there. */
START_TEST(turns_are_told_in_the_order_of_their_numbers)
{
    each("deployments", add_deployment);
    each("replicasets", kube_past_revision);
    const struct past *made = kube_past_make(past, &count);

    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(made->service_id, "deployment/default/billing");
    ck_assert_str_eq(made->name, "billing");
    ck_assert_uint_eq(made->replicas, 12);
    ck_assert_uint_eq(made->release_count, 4);
    ck_assert_uint_eq(made->missing, 0);
    static const char *const versions[] = {"v4", "v5", "v4", "v5"};
    static const uint32_t running[] = {0, 0, 12, 2};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(made->release[i].version, versions[i]);
        ck_assert_uint_eq(made->release[i].running, running[i]);
        /* When a template is asked for again is not written down anywhere. */
        ck_assert_int_eq(made->release[i].at_utc_ms >= 0, i < 2);
    }
    ck_assert_int_eq(made->release[3].done_utc_ms, -1); /* on its way */
}
END_TEST

START_TEST(controllerrevisions_and_their_pods_are_told)
{
    each("statefulsets", add_statefulset);
    each("daemonsets", add_daemonset);
    each("controllerrevisions", kube_past_revision);
    each("pods", kube_past_pod);
    const struct past *made = kube_past_make(past, &count);

    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(made[i].release_count, 2);
        ck_assert_int_lt(made[i].release[0].at_utc_ms, made[i].release[1].at_utc_ms);
        ck_assert_str_ne(made[i].release[0].version, made[i].release[1].version);
    }
}
END_TEST

#define WORK(more)                                                                                 \
    "{'metadata':{'name':'web','namespace':'shop','uid':'u','resourceVersion':'1','annotations':"  \
    "{'kubernetes.io/change-cause':'kubectl set image \\u001b'},'managedFields':[{'manager':"      \
    "'helm-3','time':'2026-01-03T10:00:00Z','fieldsV1':{'f:spec':{'f:template':{}}}}]},"           \
    "'spec':{'replicas':4,'template':{'spec':{'containers':[{'name':'a','image':'web:6'}]}}},"     \
    "'status':{" more "}}"
#define DONE                                                                                       \
    "'conditions':[{'type':'Progressing','status':'True','reason':'NewReplicaSetAvailable',"       \
    "'lastUpdateTime':'2026-01-03T10:20:00Z'}]"
#define SET(version, number, created, replicas)                                                    \
    "{'metadata':{'name':'web-" version "','namespace':'shop','uid':'r" version "',"               \
    "'resourceVersion':'1','creationTimestamp':'" created "','ownerReferences':[{'uid':'u',"       \
    "'controller':true}],'annotations':{'deployment.kubernetes.io/revision':'" number "'}},"       \
    "'spec':{'replicas':" replicas ",'template':{'spec':{'containers':[{'name':'a','image':"       \
    "'web:" version "'}]}}},'status':{'replicas':" replicas "}}"
#define POD(name, created)                                                                         \
    "{'metadata':{'name':'" name "','namespace':'shop','creationTimestamp':'" created "',"         \
    "'ownerReferences':[{'kind':'ReplicaSet','name':'web-6','uid':'r6'}]},'status':{'phase':"      \
    "'Running'}}"
#define EVENT(message, at)                                                                         \
    "{'involvedObject':{'kind':'Deployment','name':'web','namespace':'shop'},'reason':"            \
    "'ScalingReplicaSet','message':'" message "','firstTimestamp':'" at "'}"

START_TEST(the_newest_release_knows_who_and_when_it_was_done)
{
    text(add_deployment, WORK(DONE));
    text(kube_past_revision, SET("5", "8", "2026-01-01T10:00:00Z", "0"));
    text(kube_past_revision, SET("6", "9", "2026-01-03T10:00:00Z", "4"));
    const struct past *made = kube_past_make(past, &count);

    ck_assert_uint_eq(made->release_count, 2);
    ck_assert_uint_eq(made->missing, 7); /* numbers 1 to 7 are no longer kept */
    ck_assert_str_eq(made->release[1].by, "helm-3");
    ck_assert_str_eq(made->release[1].cause, "kubectl set image \\x1b");
    ck_assert_str_eq(made->release[0].by, "");
    ck_assert_int_eq(made->release[1].done_utc_ms - made->release[1].at_utc_ms, 20 * 60000);
    ck_assert_int_eq(made->release[0].done_utc_ms, -1);
}
END_TEST

START_TEST(pods_tell_how_it_grew_while_they_are_the_first_ones)
{
    text(add_deployment, WORK(DONE));
    text(kube_past_revision, SET("5", "1", "2026-01-01T10:00:00Z", "0"));
    text(kube_past_revision, SET("6", "2", "2026-01-03T10:00:00Z", "4"));
    text(kube_past_pod, POD("a", "2026-01-03T10:00:01Z"));
    text(kube_past_pod, POD("b", "2026-01-03T10:15:00Z"));
    text(kube_past_pod, POD("c", "2026-01-03T10:15:00Z"));
    text(kube_past_pod, POD("d", "2026-01-03T10:16:00Z"));
    const struct past_release *newest = &kube_past_make(past, &count)->release[1];
    ck_assert_uint_eq(newest->growth_count, 4);
    ck_assert(newest->growth_is_whole);
    ck_assert_uint_eq(newest->growth[0].count, 1);
    ck_assert_int_eq(newest->growth[1].at_utc_ms - newest->growth[0].at_utc_ms, 899000);
    ck_assert_uint_eq(newest->growth[3].count, 4);
}
END_TEST

START_TEST(a_pod_that_came_later_leaves_it_unknown)
{
    text(add_deployment, WORK(DONE));
    text(kube_past_revision, SET("6", "2", "2026-01-03T10:00:00Z", "4"));
    text(kube_past_pod, POD("b", "2026-01-03T10:15:00Z"));
    text(kube_past_pod, POD("c", "2026-01-03T10:15:00Z"));
    text(kube_past_pod, POD("d", "2026-01-03T10:16:00Z"));
    text(kube_past_pod, POD("a", "2026-01-05T08:00:00Z")); /* in the place of the canary */
    const struct past_release *newest = &kube_past_make(past, &count)->release[0];
    ck_assert_uint_eq(newest->growth_count, 3);
    ck_assert(!newest->growth_is_whole);
}
END_TEST

START_TEST(events_tell_it_of_older_ones_too)
{
    text(add_deployment, WORK(""));
    text(kube_past_revision, SET("5", "1", "2026-01-03T09:50:00Z", "0"));
    text(kube_past_revision, SET("6", "2", "2026-01-03T10:00:00Z", "4"));
    text(kube_past_event, EVENT("Scaled up replica set web-5 from 0 to 4", "2026-01-03T09:50:00Z"));
    text(kube_past_event, EVENT("Scaled up replica set web-6 from 1 to 4", "2026-01-03T10:10:00Z"));
    text(kube_past_event, EVENT("Scaled up replica set web-6 to 1", "2026-01-03T10:00:01Z"));
    text(kube_past_event,
         EVENT("Scaled down replica set web-5 from 4 to 0", "2026-01-03T10:10:00Z"));
    text(kube_past_event, EVENT("Scaled up replica set web-7 to 4", "2026-01-03T10:00:01Z"));
    text(kube_past_event, EVENT("Scaled up replica set web-6 to", "2026-01-03T10:00:01Z"));
    const struct past *made = kube_past_make(past, &count);
    ck_assert_uint_eq(made->release[0].growth_count, 1);
    ck_assert(made->release[0].growth_is_whole);
    ck_assert_uint_eq(made->release[1].growth_count, 2);
    ck_assert_uint_eq(made->release[1].growth[0].count, 1);
    ck_assert_uint_eq(made->release[1].growth[1].count, 4);
    ck_assert(made->release[1].growth_is_whole);
}
END_TEST

START_TEST(what_cannot_be_read_is_left_out)
{
    text(add_deployment, "{}");
    text(kube_past_revision, "{'metadata':7}");
    text(kube_past_revision, SET("6", "two", "never", "4"));
    text(kube_past_pod, "{'metadata':{'ownerReferences':'x'}}");
    text(kube_past_event, "{'message':'Scaled up replica set  to 4'}");
    ck_assert_ptr_nonnull(kube_past_make(past, &count));
    ck_assert_uint_eq(count, 0);
    kube_past_free(NULL);
}
END_TEST

SUITE(kubernetes_past)
{
    Suite *suite = suite_create("kubernetes_past");
    TCase *tcase = test_case(suite, "past", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, turns_are_told_in_the_order_of_their_numbers);
    tcase_add_test(tcase, controllerrevisions_and_their_pods_are_told);
    tcase_add_test(tcase, the_newest_release_knows_who_and_when_it_was_done);
    tcase_add_test(tcase, pods_tell_how_it_grew_while_they_are_the_first_ones);
    tcase_add_test(tcase, a_pod_that_came_later_leaves_it_unknown);
    tcase_add_test(tcase, events_tell_it_of_older_ones_too);
    tcase_add_test(tcase, what_cannot_be_read_is_left_out);
    return suite;
}
