/* test_manifest.c: a manifest gives one pod template, and nothing else may differ. */
#include "drivers/kubernetes/manifest.h"

#include "drivers/kubernetes/beside.h"
#include "drivers/kubernetes/recorded.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "deployment/shop/web"
#define HEAD                                                                                       \
    "apiVersion: apps/v1\n"                                                                        \
    "kind: Deployment\n"                                                                           \
    "metadata:\n"                                                                                  \
    "  name: web\n"
#define SPEC(replicas, tag)                                                                        \
    "spec:\n"                                                                                      \
    "  replicas: " replicas "\n"                                                                   \
    "  selector: {matchLabels: {app: web}}\n"                                                      \
    "  template:\n"                                                                                \
    "    metadata: {labels: {app: web}}\n"                                                         \
    "    spec: {containers: [{name: app, image: 'web:" tag "'}]}\n"
#define LIVE                                                                                       \
    "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'shop',"     \
    "'labels':{'team':'a'}},'spec':{'replicas':4,'revisionHistoryLimit':10,'selector':{"           \
    "'matchLabels':{'app':'web'}},'strategy':{'type':'RollingUpdate'},'template':{'metadata':{"    \
    "'labels':{'app':'web'}},'spec':{'containers':[{'name':'app','image':'web:5'}]}}}}"

static struct kube_manifest manifest;
static struct err err;
static struct arena *arena;

static bool read_text(const char *text)
{
    err = (struct err){0};
    return kube_manifest_read(&manifest, ID, "web.yaml", text, strlen(text), &err);
}

static bool check(const char *version, const char **image)
{
    json_t *live = scene_json(LIVE);
    const struct kube_workload w = {.kind = KUBE_DEPLOYMENT, .object = live};

    err = (struct err){0};
    bool ok = kube_manifest_check(&manifest, &w, version, arena, image, &err);
    json_decref(live);
    return ok;
}

static void set_up(void)
{
    arena = arena_new(1024);
    manifest = (struct kube_manifest){.ref = ""};
}

static void tear_down(void)
{
    kube_manifest_release(&manifest);
    arena_free(arena);
}

START_TEST(the_object_of_that_name_is_taken)
{
    const char *image = "";

    ck_assert_msg(read_text("# a comment\n---\n" HEAD SPEC("4", "6") "---\n\n"), "%s", err.text);
    ck_assert_int_eq(strncmp(manifest.ref, KUBE_MANIFEST, strlen(KUBE_MANIFEST)), 0);
    ck_assert_msg(check("6", &image), "%s", err.text);
    ck_assert_str_eq(image, "web:6");
    kube_manifest_release(&manifest);
    ck_assert_msg(read_text("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                            "\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":{\"template\":{"
                            "\"spec\":{\"containers\":[{\"image\":\"web:6\"}]}}}}"),
                  "%s", err.text);
}
END_TEST

static const struct {
    const char *text, *words;
} unread[] = {
    {"", "web.yaml: there is no Deployment web in it"},
    {"# nothing\n---\n", "there is no Deployment web in it"},
    {"kind: Deployment\nmetadata: {name: other}\n",
     "there is no Deployment web in it, but Deployment other (line 1)"},
    {"kind: StatefulSet\nmetadata: {name: web}\n", "but StatefulSet web (line 1)"},
    {"kind: Deployment\nmetadata: {name: web, namespace: pay}\n", "there is no Deployment web"},
    {HEAD SPEC("4", "6") "---\n" HEAD SPEC("4", "7"), "web.yaml: line 12: a second Deployment web"},
    {HEAD "spec: {a: [}\n", "web.yaml: line 5"},
    {"---\nkind: Service\nmetadata: {name: web}\n---\n" HEAD "  name: twice\n", "web.yaml: line 9"},
    {"just words", "web.yaml: there is no Deployment web in it"},
};

START_TEST(what_is_wrong_with_the_file_is_said_with_its_line)
{
    ck_assert(!read_text(unread[_i].text));
    ck_assert_msg(strstr(err.text, unread[_i].words) != NULL, "%s", err.text);
    ck_assert_str_eq(manifest.ref, "");
}
END_TEST

static const struct {
    const char *text, *version, *words;
} differing[] = {
    {HEAD SPEC("6", "6"), "6",
     "web.yaml:6:3: spec.replicas is 6, in the cluster 4. A start changes nothing else: apply "
     "that"},
    {HEAD "  labels: {team: b, more: c}\n" SPEC("4", "6"), "6",
     "metadata.labels.team is \"b\", in the cluster \"a\"; web.yaml:5:21: metadata.labels.more is "
     "\"c\", in the cluster not there"},
    {HEAD SPEC("4", "6") "  strategy: {type: Recreate}\n", "6",
     "spec.strategy.type is \"Recreate\""},
    {HEAD SPEC("4", "6") "  paused: true\n  minReadySeconds: 3\n  x: 1\n  y: 2\n", "6",
     ", and more"},
    {HEAD SPEC("4", "7"), "6", "web.yaml:8:3: spec.template: it is version 7, and 6 was asked for"},
    {HEAD "spec: {template: 7}\n", "6", "spec.template: expected an object, found a number"},
    {HEAD "spec: {}\n", "6", "spec.template: expected an object"},
    {HEAD "spec: {template: {spec: {}}}\n", "6", "it names no image"},
    {"apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: web}\n" SPEC("4", "6"), "6",
     "apiVersion is \"apps/v1beta1\""},
};

START_TEST(everything_else_that_differs_is_named)
{
    const char *image;

    ck_assert_msg(read_text(differing[_i].text), "%s", err.text);
    ck_assert(!check(differing[_i].version, &image));
    ck_assert_msg(strstr(err.text, differing[_i].words) != NULL, "%s", err.text);
}
END_TEST

START_TEST(what_the_server_added_is_no_difference)
{
    const char *image;

    ck_assert(
        read_text(HEAD "  creationTimestamp: null\n  annotations: null\n"
                       "  labels: {team: a}\n" SPEC(
                           "4", "6") "  strategy: {type: RollingUpdate}\nstatus: {replicas: 9}\n"));
    ck_assert_msg(check("6", &image), "%s", err.text);
}
END_TEST

/* What is beside the workload in the file, and what the cluster has of it ("": nothing). */
static const struct {
    const char *file, *live;
    enum kube_beside_state state;
    const char *why;
} besides[] = {
    {"kind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n",
     "{'metadata':{'uid':'1'},'data':{'a':'b','more':'c'}}", BESIDE_SAME, ""},
    {"kind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n", "{'data':{'a':'c'}}", BESIDE_DIFFERS,
     "web.yaml:14:8: data.a is \"b\", in the cluster \"c\""},
    {"kind: ConfigMap\nmetadata: {name: x}\n", "", BESIDE_DIFFERS,
     "web.yaml: line 12: it is not in the cluster"},
    {"kind: Service\nmetadata: {name: x, labels: {a: b}}\n", "{'metadata':{}}", BESIDE_DIFFERS,
     "metadata.labels"},
    {"kind: Quota\nmetadata: {name: x}\nspec: {a: 0.5, b: 1000m, c: 1024Mi, d: 2}\nstatus: {z: "
     "1}\n",
     "{'spec':{'a':'500m','b':'1','c':'1Gi','d':'2'}}", BESIDE_SAME, ""},
    {"kind: Quota\nmetadata: {name: x}\nspec: {a: 0.5}\n", "{'spec':{'a':'5m'}}", BESIDE_DIFFERS,
     "spec.a is 0.5, in the cluster \"5m\""},
    {"kind: Policy\nmetadata: {name: x}\nspec: {podSelector: {}, egress: null}\n", "{'spec':{}}",
     BESIDE_SAME, ""},
    {"kind: Deployment\nmetadata: {name: other}\nspec: {template: {a: 1}}\n",
     "{'spec':{'template':{'a':2}}}", BESIDE_DIFFERS, "spec.template.a is 1, in the cluster 2"},
    {"kind: Role\nmetadata: {name: x}\nrules: [{verbs: [get, list]}]\n",
     "{'rules':[{'verbs':['get']}]}", BESIDE_DIFFERS, "rules[0].verbs is"},
};

START_TEST(what_else_the_file_holds_has_to_be_so_already)
{
    char text[1000], told[900];
    const char *image;

    snprintf(text, sizeof text, HEAD SPEC("4", "6") "---\n%s", besides[_i].file);
    ck_assert_msg(read_text(text), "%s", err.text);
    ck_assert_uint_eq(manifest.beside_count, 1);
    json_t *live = besides[_i].live[0] ? scene_json(besides[_i].live) : NULL;
    kube_beside_judge(&manifest.besides[0], "web.yaml", live);
    json_decref(live);
    ck_assert_msg(manifest.besides[0].state == besides[_i].state, "%s", manifest.besides[0].why);
    ck_assert_msg(strstr(manifest.besides[0].why, besides[_i].why) != NULL, "%s",
                  manifest.besides[0].why);
    ck_assert_int_eq(check("6", &image), besides[_i].state == BESIDE_SAME);
    if (besides[_i].state == BESIDE_DIFFERS)
        ck_assert_msg(strstr(err.text, "more than the pod template would change: ") &&
                          strstr(err.text, besides[_i].why) && strstr(err.text, "apply that first"),
                      "%s", err.text);
    kube_beside_sum(&manifest, told, sizeof told);
    ck_assert(!strstr(told, "as in the cluster: ") == (besides[_i].state != BESIDE_SAME));
}
END_TEST

START_TEST(what_is_not_known_of_the_file_is_said_and_refuses_nothing)
{
    const char *image;
    char told[900];

    ck_assert(
        read_text(HEAD SPEC("4", "6") "---\nkind: ConfigMap\nmetadata: {name: settings}\n"
                                      "---\nkind: Secret\nmetadata: {name: \"key\\e[2J\"}\n"));
    manifest.besides[0].state = BESIDE_SAME;
    manifest.besides[1].state = BESIDE_UNKNOWN;
    snprintf(manifest.besides[1].why, sizeof manifest.besides[1].why, "secrets are not read");
    ck_assert_msg(check("6", &image), "%s", err.text);
    kube_beside_sum(&manifest, told, sizeof told);
    ck_assert_msg(
        strstr(told, "web.yaml: only its pod template is started; not known: Secret key") &&
            strstr(told, "(line 15: secrets are not read); as in the cluster: ConfigMap "
                         "settings (line 12)"),
        "%s", told);
    ck_assert(!strchr(told, '\033'));
}
END_TEST

SUITE(kubernetes_manifest)
{
    Suite *suite = suite_create("kubernetes_manifest");
    TCase *tcase = test_case(suite, "manifest", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_object_of_that_name_is_taken);
    tcase_add_loop_test(tcase, what_is_wrong_with_the_file_is_said_with_its_line, 0,
                        (int)ARRAY_LEN(unread));
    tcase_add_loop_test(tcase, everything_else_that_differs_is_named, 0, (int)ARRAY_LEN(differing));
    tcase_add_test(tcase, what_the_server_added_is_no_difference);
    tcase_add_loop_test(tcase, what_else_the_file_holds_has_to_be_so_already, 0,
                        (int)ARRAY_LEN(besides));
    tcase_add_test(tcase, what_is_not_known_of_the_file_is_said_and_refuses_nothing);
    return suite;
}
