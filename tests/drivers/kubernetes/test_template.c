/* test_template.c: identity, counts and what an object says of itself. */
#include "base/json.h"
#include "drivers/kubernetes/workload.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE(image) "'spec':{'containers':[{'name':'app','image':'" image "'}]}"

START_TEST(the_version_is_the_most_explicit_one)
{
    static const struct {
        const char *template, *version;
    } rows[] = {
        {"{" IMAGE("host:5000/app:7") "}", "7"},
        {"{" IMAGE("app") "}", "latest"},
        {"{" IMAGE("app@sha256:0123456789abcdef0123") "}", "sha256:0123456789ab"},
        {"{'metadata':{'labels':{'app.kubernetes.io/version':'1.2'}}," IMAGE("app:7") "}", "1.2"},
        {"{'metadata':{'labels':{'app.kubernetes.io/"
         "version':'1.2','lockstep.version':'v3'}}," IMAGE("app:7") "}",
         "v3"},
        {"{'metadata':{'annotations':{'lockstep.version':'v4'},'labels':{'lockstep.version':'v3'}}"
         "," IMAGE("app:7") "}",
         "v4"},
        {"{'spec':{'containers':[{'name':'proxy','image':'p:1'},{'name':'app','image':'a:2'}]}}",
         "1"},
        {"{'metadata':{'annotations':{'kubectl.kubernetes.io/default-container':'app'}},'spec':{"
         "'containers':[{'name':'proxy','image':'p:1'},{'name':'app','image':'a:2'}]}}",
         "2"},
        {"{'metadata':{'annotations':{'lockstep.container':'proxy',"
         "'kubectl.kubernetes.io/default-container':'app'}},'spec':{"
         "'containers':[{'name':'app','image':'a:2'},{'name':'proxy','image':'p:1'}]}}",
         "1"},
        {"{'spec':{'containers':[]}}", "?"},
        {"{}", "?"},
        {"{" IMAGE("app:\\u001b[2J") "}", "\\x1b[2J"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena = arena_new(256);
        json_t *template = quoted(rows[i].template);
        ck_assert_str_eq(kube_template_version(template, arena), rows[i].version);
        json_decref(template);
        arena_free(arena);
    }
}
END_TEST

START_TEST(templates_are_the_same_but_for_what_the_engine_adds)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"{'metadata':{'labels':{'app':'x'}}," IMAGE("a:1") "}",
         "{'metadata':{'creationTimestamp':null,'labels':{'app':'x','pod-template-hash':'f'}}"
         "," IMAGE("a:1") "}",
         true},
        {"{'metadata':{'labels':{'app':'x'}}," IMAGE("a:1") "}",
         "{'$patch':'replace','metadata':{'labels':{'app':'x'}}," IMAGE("a:1") "}", true},
        {"{" IMAGE("a:1") "}", "{" IMAGE("a:2") "}", false},
        {"{'metadata':{'labels':{'app':'x'}}," IMAGE("a:1") "}", "{" IMAGE("a:1") "}", false},
        {"{'metadata':{'annotations':{'kubectl.kubernetes.io/restartedAt':'now'}}," IMAGE(
             "a:1") "}",
         "{" IMAGE("a:1") "}", false},
        {"{'metadata':{'annotations':{}}," IMAGE("a:1") "}", "{" IMAGE("a:1") "}", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *a = quoted(rows[i].a), *b = quoted(rows[i].b);
        ck_assert_int_eq(kube_template_equal(a, b), rows[i].same);
        ck_assert_int_eq(kube_template_equal(b, a), rows[i].same);
        json_decref(a);
        json_decref(b);
    }
    ck_assert(!kube_template_equal(NULL, NULL));
}
END_TEST

START_TEST(portions_round_as_the_engine_does)
{
    static const struct {
        const char *value;
        uint32_t replicas;
        bool up;
        uint32_t portion;
    } rows[] = {
        {"3", 12, true, 3},      {"'25%'", 12, true, 3},
        {"'25%'", 10, true, 3},  {"'25%'", 10, false, 2},
        {"'0%'", 10, true, 0},   {"'100%'", 7, false, 7},
        {"null", 10, true, 3},   {"-1", 10, true, 0},
        {"'junk'", 10, true, 0}, {"'999999999999%'", 1, true, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *value = quoted(rows[i].value);
        ck_assert_uint_eq(kube_portion(value, rows[i].replicas, rows[i].up, "25%"),
                          rows[i].portion);
        json_decref(value);
    }
}
END_TEST

START_TEST(owners_are_known_by_their_marks)
{
    static const struct {
        const char *metadata, *owner;
    } rows[] = {
        {"{}", ""},
        {"{'annotations':{'argocd.argoproj.io/tracking-id':'x:apps'}}", "argo-cd"},
        {"{'labels':{'argocd.argoproj.io/instance':'shop'}}", "argo-cd"},
        {"{'labels':{'kustomize.toolkit.fluxcd.io/name':'shop'}}", "flux"},
        {"{'labels':{'helm.toolkit.fluxcd.io/name':'shop'}}", "flux"},
        {"{'annotations':{'meta.helm.sh/release-name':'shop'}}", "helm"},
        {"{'labels':{'app.kubernetes.io/managed-by':'Helm'}}", "helm"},
        {"{'labels':{'app.kubernetes.io/managed-by':'me'}}", ""},
        {"{'managedFields':[{'manager':'argocd-controller'}]}", "argo-cd"},
        {"{'managedFields':[{'manager':'kustomize-controller'}]}", "flux"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *object = json_pack("{s:o}", "metadata", quoted(rows[i].metadata));
        ck_assert_str_eq(kube_owner(object), rows[i].owner);
        json_decref(object);
    }
}
END_TEST

START_TEST(the_revision_moves_with_what_counts_and_not_with_status)
{
    static const struct {
        const char *path, *value;
        bool moves;
    } rows[] = {
        {"metadata/generation", "4", true},
        {"metadata/uid", "'u-2'", true},
        {"metadata/annotations", "{'lockstep.marks':'a.0'}", true},
        {"metadata/annotations", "{'lockstep.fence':'n'}", true},
        {"metadata/annotations", "{'else':'n'}", false},
        {"metadata/resourceVersion", "'78'", false},
        {"status/readyReplicas", "2", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct workload it;
        char before[KUBE_REVISION_TEXT], after[KUBE_REVISION_TEXT];
        workload_open(&it, KUBE_DEPLOYMENT, "{}");
        kube_revision(it.w.object, before);
        workload_set(&it, rows[i].path, rows[i].value);
        kube_revision(it.w.object, after);
        ck_assert_int_eq(strcmp(before, after) != 0, rows[i].moves);
        workload_close(&it);
    }
}
END_TEST

#define SET(name, image, spec, status)                                                             \
    "{'metadata':{'name':'web-" name "','labels':{'pod-template-hash':'" name "'},"                \
    "'creationTimestamp':'2026-01-0" name "T00:00:00Z'},'spec':{'replicas':" spec                  \
    ",'template':{" IMAGE(image) "}},'status':{" status "}}"

START_TEST(counts_are_by_replicaset_and_never_by_updated_replicas)
{
    struct workload it;

    /* Edited while paused: the engine says 0 updated, and made no ReplicaSet. */
    workload_open(&it, KUBE_DEPLOYMENT,
                  "{'object':{'spec':{'replicas':3,'paused':true,'template':{" IMAGE(
                      "a:2") "}},"
                             "'status':{'updatedReplicas':0}},'revisions':[" SET(
                                 "1", "a:1", "3",
                                 "'replicas':3,'readyReplicas':2,'availableReplicas':1") "]}");
    ck_assert_ptr_null(kube_new_revision(&it.w));
    ck_assert_uint_eq(kube_count_new(&it.w).wanted, 0);
    struct kube_count old = kube_count_old(&it.w);
    ck_assert_uint_eq(old.wanted, 3);
    ck_assert_uint_eq(old.ready, 2);
    ck_assert_uint_eq(old.available, 1);
    ck_assert_uint_eq(old.sets, 1);
    workload_close(&it);
}
END_TEST

START_TEST(of_two_equal_replicasets_the_oldest_is_the_new_one)
{
    struct workload it;

    workload_open(&it, KUBE_DEPLOYMENT,
                  "{'object':{'spec':{'template':{" IMAGE("a:2") "}}},'revisions':[" SET(
                      "3", "a:2", "1", "") "," SET("2", "a:2", "4", "") "]}");
    ck_assert_str_eq(kube_raw(kube_new_revision(&it.w), "metadata/name"), "web-2");
    ck_assert_uint_eq(kube_count_new(&it.w).wanted, 4);
    workload_close(&it);
}
END_TEST

START_TEST(what_others_own_is_passed_over)
{
    struct workload it;

    workload_open(
        &it, KUBE_DEPLOYMENT,
        "{'object':{'spec':{'template':{" IMAGE(
            "a:2") "}}},'revisions':["
                   "{'metadata':{'name':'x','ownerReferences':[{'controller':true,'uid':'else'}]},"
                   "'spec':{'replicas':9,'template':{" IMAGE("a:2") "}}}]}");
    ck_assert_ptr_null(kube_new_revision(&it.w));
    ck_assert_uint_eq(kube_count_new(&it.w).wanted + kube_count_old(&it.w).wanted, 0);
    workload_close(&it);
}
END_TEST

START_TEST(terminating_pods_count_apart)
{
    struct workload it;

    workload_open(
        &it, KUBE_STATEFULSET,
        "{'object':{'spec':{'template':{" IMAGE(
            "a:2") "}},'status':{'updateRevision':'web-2'}},"
                   "'revisions':[{'metadata':{'name':'web-1'},'data':{'spec':{'template':{" IMAGE(
                       "a:1") "}}}},"
                              "{'metadata':{'name':'web-2'},'data':{'spec':{'template':{" IMAGE(
                                  "a:2") "}}}}],"
                                         "'pods':[{'metadata':{'labels':{'controller-revision-hash'"
                                         ":'web-2'}},'status':{"
                                         "'conditions':[{'type':'Ready','status':'True'}]}},"
                                         "{'metadata':{'labels':{'controller-revision-hash':'web-2'"
                                         "},'deletionTimestamp':'now'}},"
                                         "{'metadata':{'labels':{'controller-revision-hash':'web-1'"
                                         "},'deletionTimestamp':'now'}},"
                                         "{'metadata':{'labels':{'controller-revision-hash':'web-1'"
                                         "}},'status':{'phase':'Failed'}},"
                                         "{'metadata':{'labels':{'controller-revision-hash':'web-1'"
                                         "}}}]}");
    struct kube_count fresh = kube_count_new(&it.w), old = kube_count_old(&it.w);
    ck_assert_uint_eq(fresh.present, 1);
    ck_assert_uint_eq(fresh.ready, 1);
    ck_assert_uint_eq(fresh.terminating, 1);
    ck_assert_uint_eq(old.present, 1);
    ck_assert_uint_eq(old.ready, 0);
    ck_assert_uint_eq(old.terminating, 1);
    workload_close(&it);
}
END_TEST

SUITE(kube_template)
{
    Suite *suite = suite_create("kube_template");
    TCase *tcase = test_case(suite, "facts", 10);

    tcase_add_test(tcase, the_version_is_the_most_explicit_one);
    tcase_add_test(tcase, templates_are_the_same_but_for_what_the_engine_adds);
    tcase_add_test(tcase, portions_round_as_the_engine_does);
    tcase_add_test(tcase, owners_are_known_by_their_marks);
    tcase_add_test(tcase, the_revision_moves_with_what_counts_and_not_with_status);
    tcase_add_test(tcase, counts_are_by_replicaset_and_never_by_updated_replicas);
    tcase_add_test(tcase, of_two_equal_replicasets_the_oldest_is_the_new_one);
    tcase_add_test(tcase, what_others_own_is_passed_over);
    tcase_add_test(tcase, terminating_pods_count_apart);
    return suite;
}
