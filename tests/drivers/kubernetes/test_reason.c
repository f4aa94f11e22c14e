/* test_reason.c: why a pod does not serve, in the words that say most. */
#include "drivers/kubernetes/recorded.h"
#include "test.h"

#include <stdio.h>

#define NOT_READY "'conditions':[{'type':'Ready','status':'False'}]"
#define WAITING(reason, message)                                                                   \
    "{" NOT_READY ",'containerStatuses':[{'name':'app','image':'app:9','state':{'waiting':{"       \
    "'reason':'" reason "','message':'" message "'}}}]}"

static const struct {
    const char *status, *spec, *reason;
    unsigned rank;
} rows[] = {
    {"{'conditions':[{'type':'Ready','status':'True'}]}", "{}", "", KUBE_RANK_NONE},
    {WAITING("ErrImagePull", "manifest unknown"), "{}", "image cannot be pulled: manifest unknown",
     KUBE_RANK_IMAGE},
    {WAITING("ImagePullBackOff",
             "Back-off pulling image \\u0027a:9\\u0027: ErrImagePull: rpc error: code = NotFound "
             "desc = failed to pull: failed to resolve reference \\\"a:9\\\": a:9: not found"),
     "{}", "image cannot be pulled: a:9: not found", KUBE_RANK_IMAGE},
    {WAITING("InvalidImageName", ""), "{}", "image name is invalid: app:9", KUBE_RANK_IMAGE},
    {WAITING("CreateContainerConfigError", "configmap \\u0022x\\u0022 not found"), "{}",
     "container cannot be configured: configmap \"x\" not found", KUBE_RANK_CONFIG},
    {WAITING("SomethingNewError", "words"), "{}", "SomethingNewError: words", KUBE_RANK_CONFIG},
    {WAITING("ContainerCreating", ""), "{'nodeName':'n'}", "its containers do not start",
     KUBE_RANK_WAIT},
    {"{" NOT_READY ",'containerStatuses':[{'name':'app','restartCount':4,'state':{'waiting':{"
     "'reason':'CrashLoopBackOff','message':'back-off 40s'}},'lastState':{'terminated':{"
     "'exitCode':137,'reason':'OOMKilled'}}}]}",
     "{}", "crash loop: exited with 137 (OOMKilled)", KUBE_RANK_CRASH},
    {"{" NOT_READY ",'containerStatuses':[{'name':'app','restartCount':2,'ready':false,"
     "'state':{'running':{}},'lastState':{'terminated':{'exitCode':1,'reason':'Error',"
     "'message':'no such table'}}}]}",
     "{}", "exited with 1: no such table, restarted 2 times", KUBE_RANK_CRASH},
    {"{" NOT_READY ",'initContainerStatuses':[{'name':'init','state':{'terminated':{"
     "'exitCode':3}}}],'containerStatuses':[{'name':'app','state':{'waiting':{"
     "'reason':'PodInitializing'}}}]}",
     "{}", "exited with 3", KUBE_RANK_CRASH},
    {"{'conditions':[{'type':'Ready','status':'False'},{'type':'PodScheduled','status':'False',"
     "'reason':'Unschedulable','message':'0/4 nodes are available: 4 Insufficient cpu.'}]}",
     "{}", "no node takes it: 0/4 nodes are available: 4 Insufficient cpu.", KUBE_RANK_SCHEDULE},
    {"{'conditions':[{'type':'Ready','status':'False'},{'type':'PodScheduled','status':'False',"
     "'reason':'SchedulingGated'}]}",
     "{}", "held by a scheduling gate", KUBE_RANK_GATE},
    {"{'conditions':[{'type':'Ready','status':'False'},{'type':'ContainersReady','status':'True'},"
     "{'type':'lb','status':'False','message':'not registered'}]}",
     "{'readinessGates':[{'conditionType':'lb'}]}",
     "waits for the readiness gate lb: not registered", KUBE_RANK_GATE},
    {"{" NOT_READY ",'containerStatuses':[{'name':'app','ready':false,'started':true,"
     "'state':{'running':{}}}]}",
     "{'nodeName':'n'}", "container app runs and is not ready: its readiness probe fails",
     KUBE_RANK_PROBE},
    {"{" NOT_READY ",'containerStatuses':[{'name':'app','ready':false,'started':false,"
     "'state':{'running':{}}}]}",
     "{}", "container app runs and is not started: its startup probe fails", KUBE_RANK_PROBE},
};

START_TEST(the_most_telling_reason_wins)
{
    char text[2000];
    unsigned rank;
    struct arena *arena = arena_new(512);

    snprintf(text, sizeof text, "{'metadata':{},'spec':%s,'status':%s}", rows[_i].spec,
             rows[_i].status);
    json_t *pod = scene_json(text);
    ck_assert_str_eq(kube_pod_reason(pod, arena, &rank), rows[_i].reason);
    ck_assert_uint_eq(rank, rows[_i].rank);
    json_decref(pod);
    arena_free(arena);
}
END_TEST

SUITE(kubernetes_reason)
{
    Suite *suite = suite_create("kubernetes_reason");
    TCase *tcase = test_case(suite, "reason", 10);

    tcase_add_loop_test(tcase, the_most_telling_reason_wins, 0, (int)ARRAY_LEN(rows));
    return suite;
}
