/* test_manifest.c: a manifest gives one pod template, and nothing else may differ. */
#include "drivers/kubernetes/manifest.h"
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
    {HEAD SPEC("4", "6") "---\nkind: Service\nmetadata: {name: web}\n",
     "it holds more than the Deployment: Service web (line 12)"},
    {HEAD SPEC("4", "6") "---\n" HEAD SPEC("4", "7"), "it holds more than the Deployment"},
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
    return suite;
}
