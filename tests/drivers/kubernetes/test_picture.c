/* test_picture.c: what recorded and made-up answers of an API server mean. */
#include "drivers/kubernetes/recorded.h"
#include "test.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Recorded: billing, 12 replicas, braked at 2 of v5 beside 12 of v4. [0] is v5's ReplicaSet. */
static struct scene scene;

static void open_billing(void)
{
    scene_open(&scene, KUBE_DEPLOYMENT, "deployments", "replicasets");
    ck_assert_uint_eq(scene.view.revision_count, 2);
    if (strcmp(scene.revisions[0]->template.version, "v5") != 0) {
        struct kube_revision *first = scene.revisions[0];
        scene.revisions[0] = scene.revisions[1];
        scene.revisions[1] = first;
    }
    scene_node(&scene, "node-0", "True");
}

static void add_pods(int revision, unsigned count, const char *more)
{
    static unsigned serial;
    char name[32];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "billing-%u", ++serial);
        scene_pod(&scene, revision, name, more);
    }
}

static uint32_t count_of(const char *version, enum instance_state state)
{
    return service_count(scene.service, version, 1u << state);
}

START_TEST(a_braked_rollout_rests_with_both_versions_counted)
{
    open_billing();
    add_pods(0, 2, "{}");
    add_pods(1, 12, "{}");
    const struct service *s = scene_look(&scene);
    ck_assert_str_eq(s->id, "deployment/default/billing");
    ck_assert_str_eq(s->kind, "deployment");
    ck_assert_str_eq(s->scope, "default");
    ck_assert_str_eq(s->wants, "v5");
    ck_assert_str_eq(s->was, "v4");
    ck_assert_str_eq(s->artifact, "billing:v5");
    ck_assert_str_eq(s->by, "kubectl (billing v5)");
    ck_assert_uint_eq(s->replicas, 12);
    ck_assert_int_eq(s->motion, MOTION_RESTING);
    ck_assert_int_eq(s->trouble, TROUBLE_NONE);
    ck_assert_uint_eq(count_of("v5", INSTANCE_SERVING), 2);
    ck_assert_uint_eq(count_of("v4", INSTANCE_SERVING), 12);
    ck_assert_uint_eq(s->instance_count, 14);
    ck_assert_uint_eq(s->launcher_count, 1);
    scene_free(&scene);
}
END_TEST

START_TEST(without_pods_the_replicasets_are_counted)
{
    open_billing();
    scene.view.pods_known = false;
    const struct service *s = scene_look(&scene);
    ck_assert_uint_eq(count_of("v5", INSTANCE_SERVING), 2);
    ck_assert_uint_eq(count_of("v4", INSTANCE_SERVING), 12);
    ck_assert_int_eq(s->motion, MOTION_RESTING);
    ck_assert_uint_eq(s->placement_count, 0);
    scene_free(&scene);
}
END_TEST

START_TEST(a_braked_rollout_that_has_not_reached_its_surge_moves)
{
    open_billing();
    scene_patch(&scene, KUBE_DEPLOYMENT, "deployments",
                "{'spec':{'strategy':{'rollingUpdate':{'maxSurge':4}}}}");
    add_pods(0, 2, "{}");
    add_pods(1, 12, "{}");
    ck_assert_int_eq(scene_look(&scene)->motion, MOTION_MOVING);
    scene_free(&scene);
}
END_TEST

#define NO_BRAKE                                                                                   \
    "{'spec':{'minReadySeconds':0,'progressDeadlineSeconds':600,'paused':false},"                  \
    "'status':{'conditions':[{'type':'Progressing','status':'True',"                               \
    "'reason':'NewReplicaSetAvailable'}]}}"

static void complete(void)
{
    open_billing();
    scene_patch(&scene, KUBE_DEPLOYMENT, "deployments", NO_BRAKE);
    scene.revisions[0]->wanted = scene.revisions[0]->present = 12;
    scene.revisions[0]->ready = 12;
    scene.revisions[1]->wanted = scene.revisions[1]->present = scene.revisions[1]->ready = 0;
    add_pods(0, 12, "{}");
}

START_TEST(a_complete_rollout_is_at_rest)
{
    complete();
    const struct service *s = scene_look(&scene);
    ck_assert_int_eq(s->motion, MOTION_NONE);
    ck_assert_int_eq(s->since_utc_ms, -1);
    ck_assert_str_eq(s->by, "");
    ck_assert_uint_eq(s->launcher_count, 0);
    ck_assert_uint_eq(s->version_count, 1);
    scene_free(&scene);
}
END_TEST

START_TEST(a_terminating_old_pod_keeps_a_complete_rollout_in_flight)
{
    complete();
    add_pods(1, 1, "{'metadata':{'deletionTimestamp':'2026-11-22T13:53:00Z'}}");
    const struct service *s = scene_look(&scene);
    ck_assert_int_ne(s->motion, MOTION_NONE);
    ck_assert_uint_eq(count_of("v4", INSTANCE_STOPPING), 1);
    scene_free(&scene);
}
END_TEST

START_TEST(what_is_on_a_silent_node_is_a_ghost_also_while_it_terminates)
{
    complete();
    scene_node(&scene, "node-9", "Unknown");
    add_pods(1, 1,
             "{'spec':{'nodeName':'node-9'},"
             "'metadata':{'deletionTimestamp':'2026-11-22T13:53:00Z'}}");
    const struct service *s = scene_look(&scene);
    ck_assert_uint_eq(count_of("v4", INSTANCE_GHOST), 1);
    ck_assert_uint_eq(count_of("v4", INSTANCE_STOPPING), 0);
    ck_assert_int_eq(s->motion, MOTION_NONE); /* the engine has done all that it can */
    bool placed = false;
    for (size_t i = 0; i < s->placement_count; i++)
        placed |= strcmp(s->placements[i].node, "node-9") == 0 &&
                  s->placements[i].count[INSTANCE_GHOST] == 1;
    ck_assert(placed);
    scene_free(&scene);
}
END_TEST

START_TEST(a_lost_node_does_not_put_a_complete_rollout_in_flight)
{
    complete();
    scene_node(&scene, "node-0", "Unknown");
    ck_assert_int_eq(scene_look(&scene)->motion, MOTION_NONE);
    ck_assert_uint_eq(count_of("v5", INSTANCE_GHOST), 12);
    scene_free(&scene);
}
END_TEST

START_TEST(what_is_on_a_node_that_is_gone_is_a_ghost)
{
    complete();
    add_pods(1, 1, "{'spec':{'nodeName':'never-heard-of'}}");
    scene_look(&scene);
    ck_assert_uint_eq(count_of("v4", INSTANCE_GHOST), 1);
    scene.view.nodes_known = false; /* nodes may not be listed: then nothing is known to be lost */
    scene_look(&scene);
    ck_assert_uint_eq(count_of("v4", INSTANCE_GHOST), 0);
    ck_assert_uint_eq(count_of("v4", INSTANCE_SERVING), 1);
    scene_free(&scene);
}
END_TEST

START_TEST(a_node_whose_kubelet_says_not_ready_is_heard_of)
{
    complete();
    scene_node(&scene, "node-0", "False");
    scene_look(&scene);
    ck_assert_uint_eq(count_of("v5", INSTANCE_GHOST), 0);
    const struct node node = kube_node_fact("test", map_get(&scene.nodes, "node-0"));
    ck_assert_int_eq(node.state, NODE_REPORTING);
    ck_assert(node.draining);
    ck_assert_str_eq(node.note, "as told");
    scene_free(&scene);
}
END_TEST

START_TEST(ended_pods_are_history)
{
    complete();
    add_pods(1, 1, "{'status':{'phase':'Failed','reason':'Evicted'}}");
    add_pods(1, 1, "{'status':{'phase':'Succeeded'}}");
    scene_look(&scene);
    ck_assert_uint_eq(service_count(scene.service, "v4", STATES_ALL), 0);
    scene_free(&scene);
}
END_TEST

START_TEST(a_template_that_was_edited_while_paused_is_held)
{
    open_billing();
    scene_patch(&scene, KUBE_DEPLOYMENT, "deployments",
                "{'spec':{'paused':true,'minReadySeconds':0,'template':{'spec':{'containers':["
                "{'name':'app','image':'billing:v6'}]}}},'status':{'updatedReplicas':0}}");
    scene.revisions[0]->wanted = scene.revisions[0]->present = scene.revisions[0]->ready = 0;
    add_pods(1, 12, "{}");
    const struct service *s = scene_look(&scene);
    ck_assert_str_eq(s->wants, "v6");
    ck_assert_str_eq(s->was, "v4");
    ck_assert_int_eq(s->motion, MOTION_RESTING);
    ck_assert_uint_eq(service_count(s, "v6", STATES_ALL), 0);
    scene_free(&scene);
}
END_TEST

START_TEST(an_unobserved_change_is_in_motion)
{
    complete();
    scene_patch(&scene, KUBE_DEPLOYMENT, "deployments",
                "{'metadata':{'generation':99},'spec':{'minReadySeconds':0}}");
    ck_assert_int_eq(scene_look(&scene)->motion, MOTION_RUNNING);
    scene_free(&scene);
}
END_TEST

START_TEST(an_image_changed_by_a_webhook_is_still_its_templates_version)
{
    complete();
    add_pods(0, 1, "{'spec':{'containers':[{'name':'app','image':'mirror/billing@sha256:aaaa'}]}}");
    scene_look(&scene);
    ck_assert_uint_eq(count_of("v5", INSTANCE_SERVING), 13);
    scene_free(&scene);
}
END_TEST

START_TEST(the_digest_is_of_what_runs)
{
    open_billing();
    add_pods(0, 1,
             "{'status':{'containerStatuses':[{'name':'app','ready':true,"
             "'imageID':'docker-pullable://billing@sha256:0123abcd'}]}}");
    const struct service *s = scene_look(&scene);
    ck_assert_str_eq(s->versions[0].version, "v5");
    ck_assert_str_eq(s->versions[0].digest, "sha256:0123abcd");
    scene_free(&scene);
}
END_TEST

START_TEST(pods_that_cannot_be_created_are_trouble_with_the_engines_words)
{
    open_billing();
    scene_patch(
        &scene, KUBE_DEPLOYMENT, "deployments",
        "{'status':{'conditions':[{'type':'ReplicaFailure','status':'True',"
        "'reason':'FailedCreate','message':'pods \\'x\\' is forbidden: exceeded quota: q'}]}}");
    const struct service *s = scene_look(&scene);
    ck_assert_int_eq(s->trouble, TROUBLE_STUCK);
    ck_assert_str_eq(s->reason,
                     "pods cannot be created: pods \"x\" is forbidden: exceeded quota: q");
    scene_free(&scene);
}
END_TEST

START_TEST(of_many_failing_pods_the_most_telling_reason_is_said_once)
{
    open_billing();
    add_pods(0, 1,
             "{'status':{'conditions':[{'type':'Ready','status':'False'},{'type':'PodScheduled',"
             "'status':'False','reason':'Unschedulable','message':'0/4 nodes are available'}],"
             "'containerStatuses':[]}}");
    add_pods(0, 1,
             "{'status':{'conditions':[{'type':'Ready','status':'False'}],'containerStatuses':[{"
             "'name':'app','ready':false,'state':{'waiting':{'reason':'ErrImagePull',"
             "'message':'manifest unknown'}}}]}}");
    add_pods(1, 12, "{}");
    const struct service *s = scene_look(&scene);
    ck_assert_int_eq(s->trouble, TROUBLE_STUCK);
    ck_assert_str_eq(s->reason, "image cannot be pulled: manifest unknown (2 pods)");
    scene_free(&scene);
}
END_TEST

START_TEST(progress_that_stalled_is_trouble_only_in_flight)
{
    static const char stalled[] =
        "{'spec':{'minReadySeconds':0},'status':{'conditions':[{'type':'Progressing',"
        "'status':'False','reason':'ProgressDeadlineExceeded','message':'has timed out'}]}}";

    open_billing();
    scene_patch(&scene, KUBE_DEPLOYMENT, "deployments", stalled);
    add_pods(0, 2, "{}");
    add_pods(1, 12, "{}");
    ck_assert_str_eq(scene_look(&scene)->reason, "has timed out");
    ck_assert_int_eq(scene.service->trouble, TROUBLE_STUCK);
    scene_free(&scene);
}
END_TEST

START_TEST(a_statefulset_held_by_its_partition_rests)
{
    scene_open(&scene, KUBE_STATEFULSET, "statefulsets", "controllerrevisions");
    scene_node(&scene, "node-0", "True");
    scene.view.pods_known = false;
    const struct service *s = scene_look(&scene);
    ck_assert_str_eq(s->kind, "statefulset");
    ck_assert_uint_eq(scene.view.revision_count, 2);
    ck_assert_str_eq(s->wants, "v5");
    ck_assert_str_eq(s->was, "v4");
    ck_assert_int_eq(s->motion, MOTION_RESTING); /* partition 4 of 6, and two are new */
    ck_assert_uint_eq(service_count(s, "v5", STATES_SERVING), 2);
    ck_assert_uint_eq(service_count(s, "v4", STATES_SERVING), 4);
    scene_free(&scene);
}
END_TEST

START_TEST(a_daemonset_is_one_per_node)
{
    scene_open(&scene, KUBE_DAEMONSET, "daemonsets", "controllerrevisions");
    scene.view.pods_known = false;
    const struct service *s = scene_look(&scene);
    ck_assert(s->per_node);
    ck_assert_uint_eq(s->replicas, 100);
    ck_assert_str_eq(s->was, "v4");
    ck_assert_int_eq(s->motion, MOTION_RESTING); /* OnDelete: nothing goes on by itself */
    ck_assert_uint_eq(service_count(s, "v5", STATES_SERVING), 88);
    ck_assert_uint_eq(service_count(s, "v4", STATES_SERVING), 12);
    scene_free(&scene);
}
END_TEST

START_TEST(hostile_names_come_out_clean)
{
    scene_text(&scene, KUBE_DEPLOYMENT,
               "{'metadata':{'name':'a','namespace':'n','uid':'u','resourceVersion':'1',"
               "'annotations':{'lockstep.marks':'x\\u001b[31m.0'},"
               "'managedFields':[{'manager':'\\u001b]0;pwned\\u0007','time':'2026-11-22T13:50:05Z',"
               "'fieldsV1':{'f:spec':{'f:template':{}}}}],"
               "'labels':{'app':'\\u202eevil'}},"
               "'spec':{'replicas':1,'template':{'metadata':{'annotations':{"
               "'lockstep.version':'\\u009b2J'}},'spec':{'containers':[{'image':'\\u001bc'}]}}},"
               "'status':{'conditions':[{'type':'ReplicaFailure','status':'True',"
               "'message':'\\u001b[2J\\n\\u200b'}]}}");
    const struct service *s = scene_look(&scene);
    ck_assert(text_is_clean(s->wants) && text_is_clean(s->artifact) && text_is_clean(s->reason));
    ck_assert(text_is_clean(s->by) && text_is_clean(s->marks[0]) && text_is_clean(scene.work->app));
    scene_free(&scene);
}
END_TEST

#define SET(manager, minute)                                                                       \
    "{'manager':'" manager "','time':'2026-11-22T13:" minute ":00Z','fieldsV1':{'f:spec':"         \
    "{'f:template':{}}}}"
#define WITH_CAUSE(manager, minute)                                                                \
    "{'manager':'" manager "','time':'2026-11-22T13:" minute ":00Z','fieldsV1':{'f:metadata':"     \
    "{'f:annotations':{'f:kubernetes.io/change-cause':{}}}}}"
static const struct {
    const char *what, *managers, *by;
} starters[] = {
    {"nobody is on record", "", ""},
    {"a tool", SET("kubectl-set", "10"), "kubectl"},
    {"the last of two", SET("argocd-controller", "20") "," SET("kubectl-edit", "10"), "argo-cd"},
    {"a cause that came with it", SET("kubectl-set", "10") "," WITH_CAUSE("kubectl-annotate", "10"),
     "kubectl (fix #12)"},
    {"a cause that came after it",
     SET("kubectl-set", "10") "," WITH_CAUSE("kubectl-annotate", "11"), "kubectl (fix #12)"},
    {"a cause of an older release",
     WITH_CAUSE("kubectl-annotate", "09") "," SET("kubectl-set", "10"), "kubectl"},
    {"a cause whose time nobody knows", SET("kubectl-set", "10"), "kubectl"},
    {"a cause and no starter", WITH_CAUSE("kubectl-annotate", "10"), ""},
};

START_TEST(who_started_it_is_said_with_the_cause_that_belongs_to_it)
{
    char text[900];

    snprintf(text, sizeof text,
             "{'metadata':{'name':'a','namespace':'n','uid':'u','resourceVersion':'1',"
             "'annotations':{'kubernetes.io/change-cause':'fix #12'},'managedFields':[%s]},"
             "'spec':{'replicas':1,'template':{'spec':{'containers':[{'image':'a:1'}]}}}}",
             starters[_i].managers);
    scene_text(&scene, KUBE_DEPLOYMENT, text);
    ck_assert_msg(strcmp(scene.work->by, starters[_i].by) == 0, "%s: '%s'", starters[_i].what,
                  scene.work->by);
    scene_free(&scene);
}
END_TEST

static const struct {
    const char *text;
} refused[] = {
    {"[]"},
    {"{}"},
    {"{'metadata':{}}"},
    {"{'metadata':{'name':7,'uid':'u','resourceVersion':'1'}}"},
    {"{'metadata':{'name':'../x','uid':'u','resourceVersion':'1'}}"},
    {"{'metadata':{'name':'a b','uid':'u','resourceVersion':'1'}}"},
    {"{'metadata':{'name':'a','uid':'u','resourceVersion':'1'},'spec':{'replicas':'3'}}"},
    {"{'metadata':{'name':'a','uid':'u','resourceVersion':'1'},'spec':{'replicas':-1}}"},
    {"{'metadata':{'name':'a','uid':'u','resourceVersion':'1'},'spec':{'replicas':9999999}}"},
    {"{'metadata':{'name':'a','uid':'u','resourceVersion':'1'},'status':{'readyReplicas':{}}}"},
};

START_TEST(wrong_types_are_refused_as_a_whole)
{
    json_t *object = scene_json(refused[_i].text);
    struct err err = {0};

    ck_assert_ptr_null(kube_decode_work(KUBE_DEPLOYMENT, object, &err));
    ck_assert_int_eq(err.code, ERR_PROTOCOL);
    json_decref(object);
}
END_TEST

static const struct {
    const char *selector, *query;
} selectors[] = {
    {"{'matchLabels':{'app':'a'}}", "app=a"},
    {"{'matchExpressions':[{'key':'t','operator':'In','values':['a','b']},"
     "{'key':'x','operator':'DoesNotExist'},{'key':'y','operator':'Exists'},"
     "{'key':'z','operator':'NotIn','values':['q']}]}",
     "t in (a,b),!x,y,z notin (q)"},
    {"{'matchExpressions':[{'key':'t','operator':'Near'}]}", ""},
    {"{}", ""},
};

START_TEST(a_selector_is_what_the_server_understands_or_nothing)
{
    char text[500];

    snprintf(text, sizeof text,
             "{'metadata':{'name':'a','uid':'u','resourceVersion':'1'},'spec':{'selector':%s}}",
             selectors[_i].selector);
    scene_text(&scene, KUBE_DEPLOYMENT, text);
    ck_assert_str_eq(scene.work->selector, selectors[_i].query);
    scene_free(&scene);
}
END_TEST

START_TEST(ids_are_taken_apart_as_they_were_made)
{
    static const char *const bad[] = {"",
                                      "deployment/a",
                                      "deployment//b",
                                      "job/a/b",
                                      "deployment/a/b/c",
                                      "deployment/a/..",
                                      "deployment/a%2f/b",
                                      "nosuchservice"};
    enum kube_kind kind;
    char scope[64], name[254];

    ck_assert(kube_parse_id("statefulset/shop/ledger-1.x", &kind, scope, name));
    ck_assert_int_eq(kind, KUBE_STATEFULSET);
    ck_assert_str_eq(scope, "shop");
    ck_assert_str_eq(name, "ledger-1.x");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!kube_parse_id(bad[i], &kind, scope, name), "%s", bad[i]);
}
END_TEST

SUITE(kubernetes_picture)
{
    Suite *suite = suite_create("kubernetes_picture");
    TCase *tcase = test_case(suite, "picture", 10);

    tcase_add_test(tcase, a_braked_rollout_rests_with_both_versions_counted);
    tcase_add_test(tcase, without_pods_the_replicasets_are_counted);
    tcase_add_test(tcase, a_braked_rollout_that_has_not_reached_its_surge_moves);
    tcase_add_test(tcase, a_complete_rollout_is_at_rest);
    tcase_add_test(tcase, a_terminating_old_pod_keeps_a_complete_rollout_in_flight);
    tcase_add_test(tcase, what_is_on_a_silent_node_is_a_ghost_also_while_it_terminates);
    tcase_add_test(tcase, a_lost_node_does_not_put_a_complete_rollout_in_flight);
    tcase_add_test(tcase, what_is_on_a_node_that_is_gone_is_a_ghost);
    tcase_add_test(tcase, a_node_whose_kubelet_says_not_ready_is_heard_of);
    tcase_add_test(tcase, ended_pods_are_history);
    tcase_add_test(tcase, a_template_that_was_edited_while_paused_is_held);
    tcase_add_test(tcase, an_unobserved_change_is_in_motion);
    tcase_add_test(tcase, an_image_changed_by_a_webhook_is_still_its_templates_version);
    tcase_add_test(tcase, the_digest_is_of_what_runs);
    tcase_add_test(tcase, pods_that_cannot_be_created_are_trouble_with_the_engines_words);
    tcase_add_test(tcase, of_many_failing_pods_the_most_telling_reason_is_said_once);
    tcase_add_test(tcase, progress_that_stalled_is_trouble_only_in_flight);
    tcase_add_test(tcase, a_statefulset_held_by_its_partition_rests);
    tcase_add_test(tcase, a_daemonset_is_one_per_node);
    tcase_add_test(tcase, hostile_names_come_out_clean);
    tcase_add_loop_test(tcase, who_started_it_is_said_with_the_cause_that_belongs_to_it, 0,
                        ARRAY_LEN(starters));
    tcase_add_loop_test(tcase, wrong_types_are_refused_as_a_whole, 0, (int)ARRAY_LEN(refused));
    tcase_add_loop_test(tcase, a_selector_is_what_the_server_understands_or_nothing, 0,
                        (int)ARRAY_LEN(selectors));
    tcase_add_test(tcase, ids_are_taken_apart_as_they_were_made);
    return suite;
}
