/* test_kube_hostile.c: whoever may write objects in a cluster may write what a terminal obeys.
 * Every free text that a real API server keeps holds such bytes here, and none of them comes out:
 * not of a verb, not of the dashboard. */
#include "base/json.h"
#include "base/mem.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "tui/program.h"
#include "tui/pty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may follow a mark that tells where a text came from. */
#define EVIL                                                                                       \
    "\033[2J\033]0;title\007\033]52;c;ZXZpbA==\033\\\033P$q\"p\033\\\033[6n\r\b\x7f\x0e"           \
    "\xc2\x9b"                                                                                     \
    "31m\xe2\x80\xae"                                                                              \
    "kcab\xe2\x81\xa6\xe2\x80\x8b"
#define EVIL_LINES EVIL "\nnext\tline"

static struct program program;
static char config[4300];

/* Not one of these may come out, wherever it went in. */
static const char *const banned[] = {
    "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8b", "\\u001b",
    "\\u009b",  "\\u202e",      "\\u2066",      "\\u200b",
};

static void expect_clean(const char *what, const char *text)
{
    for (const char *c = text; *c; c++)
        ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "%s: byte %02x after '%.*s'", what,
                      (unsigned char)*c, (int)(c - text > 60 ? 60 : c - text),
                      c - text > 60 ? c - 60 : text);
    ck_assert_msg(!strchr(text, '\x7f'), "%s: a DEL", what);
    for (size_t i = 0; i < ARRAY_LEN(banned); i++)
        ck_assert_msg(!strstr(text, banned[i]), "%s: banned %zu: %s", what, i, text);
}

/* Runs it; what it says is clean and holds this mark (NULL: none is asked for). */
static void expect_said(const char *words, const char *mark)
{
    struct said said = program_run(&program, words);

    expect_clean(words, said.out);
    expect_clean(words, said.err);
    ck_assert_msg(!mark || strstr(said.out, mark) || strstr(said.err, mark), "%s: no '%s' in: %s%s",
                  words, mark, said.out, said.err);
    said_release(&said);
}

static void write_settings(void)
{
    char text[900], *context = NULL;

    ck_assert_int_eq(kube_ctl("admin", "config current-context", &context), 0);
    context[strcspn(context, "\n")] = '\0';
    snprintf(text, sizeof text,
             "contexts:\n  - name: lab\n    kind: kubernetes\n    kubeconfig: %s\n"
             "    context: %s\n    namespaces: %s\n    production: false\n    settle: 2s\n",
             kube_config("admin"), context, kube_namespace());
    free(context);
    program_init(&program);
    program_write(&program, ".config/lockstep/config.yaml", text);
    snprintf(config, sizeof config, "%s/.config/lockstep/config.yaml", program.home);
}

/* Texts of its own in the object, in the template and in the image; nobody schedules its pods, so
 * that what they say is what is written here. */
static json_t *everything(void)
{
    return json_pack("{s:{s:{s:s, s:s, s:s}}, s:{s:{s:{s:{s:s, s:s}}, s:{s:s}}}}", "metadata",
                     "annotations", "kubernetes.io/change-cause", "by-cause" EVIL_LINES,
                     "lockstep.contract", "by-contract: [" EVIL, "lockstep.rest", "rest" EVIL,
                     "spec", "template", "metadata", "annotations", "lockstep.version",
                     "by-version" EVIL_LINES, "lockstep.container", "app" EVIL, "spec",
                     "schedulerName", "nobody");
}

static void write_pod_status(void)
{
    json_t *list = kube_get("pods?labelSelector=app%3Dweb"), *pod;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, pod)
    {
        char path[400];
        const char *name = json_raw(json_object_get(json_object_get(pod, "metadata"), "name"));
        snprintf(path, sizeof path, "pods/%s/status", name);
        kube_patch(path,
                   json_pack("{s:{s:[{s:s, s:s, s:s, s:s}], s:[{s:s, s:s, s:s, s:i, s:b, "
                             "s:{s:{s:s, s:s}}}], s:s, s:s}}",
                             "status", "conditions", "type", "PodScheduled", "status", "False",
                             "reason", "Unschedulable" EVIL, "message", "by-condition" EVIL_LINES,
                             "containerStatuses", "name", "app", "image", "image" EVIL, "imageID",
                             "id" EVIL, "restartCount", 3, "ready", 0, "state", "waiting", "reason",
                             "ErrImagePull", "message", "by-kubelet" EVIL_LINES, "reason",
                             "reason" EVIL, "message", "message" EVIL));
        kube_create("events",
                    json_pack("{s:{s:s}, s:{s:s, s:s, s:s, s:o}, s:s, s:s, s:s, s:{s:s, s:s}, "
                              "s:s, s:s, s:i}",
                              "metadata", "name", name, "involvedObject", "kind", "Pod", "name",
                              name, "namespace", kube_namespace(), "uid",
                              json_incref(json_object_get(json_object_get(pod, "metadata"), "uid")),
                              "type", "Warning", "reason", "Evil" EVIL, "message",
                              "by-event" EVIL_LINES, "source", "component", "part" EVIL, "host",
                              "host" EVIL, "firstTimestamp", "2026-01-01T00:00:00Z",
                              "lastTimestamp", "2026-01-01T00:00:00Z", "count", 3));
    }
    ck_assert_uint_gt(i, 0);
    json_decref(list);
}

/* A node that nobody runs. */
static void write_node(void)
{
    kube_call("DELETE", "/api/v1/nodes/evil", NULL, NULL);
    kube_create("/api/v1/nodes",
                json_pack("{s:{s:s, s:{s:s}}, s:{s:b}}", "metadata", "name", "evil", "annotations",
                          "note", "by-node" EVIL, "spec", "unschedulable", 1));
    kube_patch("/api/v1/nodes/evil/status",
               json_pack("{s:{s:[{s:s, s:s, s:s, s:s}]}}", "status", "conditions", "type", "Ready",
                         "status", "False", "reason", "KubeletNotReady" EVIL, "message",
                         "by-node" EVIL_LINES));
}

/* A record of the ledger that somebody wrote over. */
static void write_record(void)
{
    kube_create("configmaps",
                json_pack("{s:{s:s, s:{s:s}, s:{s:s}}, s:{s:s}}", "metadata", "name",
                          "lockstep.deployment.web", "labels", "lockstep.record", "1",
                          "annotations", "lockstep.key", "deployment/web" EVIL, "data", "record",
                          "{\"schema\":1,\"by\":\"by-record"
                          "\\u001b[2J\\u202e\",\"x\":" EVIL));
}

static void write_cron_job(void)
{
    kube_create("cronjobs",
                json_pack("{s:s, s:s, s:{s:s, s:{s:s}}, s:{s:s, s:{s:{s:{s:{s:{s:s}}, s:{s:s, "
                          "s:[{s:s, s:s}]}}}}}}",
                          "apiVersion", "batch/v1", "kind", "CronJob", "metadata", "name",
                          "nightly", "labels", "app", "web", "spec", "schedule", "0 0 1 1 *",
                          "jobTemplate", "spec", "template", "metadata", "annotations",
                          "lockstep.version", "by-cron" EVIL, "spec", "restartPolicy", "Never",
                          "containers", "name", "app", "image", kube_image("3.4")));
}

static void setup(void)
{
    kube_open();
    write_settings();
    kube_put("deployments", "web", 2, KUBE_OLD, everything());
    /* As a second revision, so that there is a history, and in the image itself. */
    kube_set_image("deployments", "web",
                   "by-image\033[2J\xe2\x80\xae"
                   "x");
    kube_put("statefulsets", "db", 1, "by-set\033]0;x\007", NULL);
    while (kube_pods("web", "") < 2)
        rig_pause_ms(50);
    write_pod_status();
    write_node();
    write_record();
    write_cron_job();
}

static void teardown(void)
{
    kube_call("DELETE", "/api/v1/nodes/evil", NULL, NULL);
    kube_close();
}

START_TEST(no_verb_says_what_a_terminal_obeys)
{
    expect_said("status", "by-version");
    expect_said("status web", "by-kubelet");
    expect_said("status db", NULL);
    expect_said("status -o json", "by-version");
    expect_said("history --from-cluster", "by-version");
    expect_said("history --from-cluster -o json", NULL);
    expect_said("gate web 3.5", NULL);
    expect_said("init", "by-version");
    expect_said("doctor", NULL);
    expect_said("start web " KUBE_NEW " --timeout=20s", NULL);
    expect_said("rollback web --timeout=20s", NULL);
    expect_said("history", NULL);
}
END_TEST

/* What the server says when it refuses is free text, too. */
START_TEST(what_a_server_refuses_with_is_clean)
{
    char name[64];

    snprintf(name, sizeof name, "evil-%.40s", kube_namespace());
    kube_put("deployments", "app", 1, KUBE_OLD, NULL);
    ck_assert(kube_wait_pods("app", KUBE_OLD, 1));
    kube_create(
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        json_pack("{s:{s:s}, s:{s:s, s:{s:[{s:[s], s:[s], s:[s], s:[s]}]}, s:[{s:s, s:s}]}}",
                  "metadata", "name", name, "spec", "failurePolicy", "Fail", "matchConstraints",
                  "resourceRules", "apiGroups", "apps", "apiVersions", "v1", "operations", "UPDATE",
                  "resources", "deployments", "validations", "expression", "false",
                  "messageExpression", "'by-policy\\u001b[2J\\u009b31m\\u202ekcab\\u0007'"));
    kube_create("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
                json_pack("{s:{s:s}, s:{s:s, s:[s], s:{s:{s:{s:s}}}}}", "metadata", "name", name,
                          "spec", "policyName", name, "validationActions", "Deny", "matchResources",
                          "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name",
                          kube_namespace()));
    json_t *answer = NULL;
    for (int tries = 0; tries < 300; tries++) { /* until it is in force */
        json_decref(answer);
        kube_call("PATCH", "deployments/app", "{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}",
                  &answer);
        const char *said = json_raw(json_object_get(answer, "message"));
        if (said && strstr(said, "by-policy"))
            break;
        kube_call("PATCH", "deployments/app", "{\"metadata\":{\"annotations\":{\"a\":null}}}",
                  NULL);
        rig_pause_ms(100);
    }
    json_decref(answer);
    expect_said("start app " KUBE_NEW " --timeout=30s", "by-policy");
    expect_said("history", NULL);
    char path[200];
    snprintf(path, sizeof path,
             "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/%s", name);
    kube_call("DELETE", path, NULL, NULL);
    snprintf(path, sizeof path,
             "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/%s", name);
    kube_call("DELETE", path, NULL, NULL);
}
END_TEST

START_TEST(no_view_of_the_dashboard_draws_it)
{
    static const char *const keys[] = {"\r", "i", "h", "u", "d", "e", "v", "l", "?", "\033"};
    char *journal = xasprintf("%s/journal.jsonl", program.home);
    const char *const args[] = {"--config", config, "--journal", journal, NULL};
    struct pty *pty = pty_start(&(struct pty_options){.args = args, .width = 140, .height = 45});
    char why[128];
    size_t len;

    pty_wait_text(pty, "by-version");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        pty_send(pty, keys[i]);
        pty_read_for(pty, 400);
        ck_assert_msg(!pty_has_text(pty, "^[") && !pty_has_text(pty, "^M"), "%s", pty_screen(pty));
        if (i == 0)
            pty_wait_text(pty, "by-kubelet");
    }
    const char *log = pty_log(pty, &len);
    ck_assert_msg(!pty_check_bytes(log, len, why), "%s", why);
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(!strstr(log, banned[i]), "banned %zu", i);
    pty_free(pty);
    free(journal);
}
END_TEST

SUITE(kube_hostile)
{
    Suite *suite = suite_create("kube-hostile");
    TCase *tcase = test_case(suite, "hostile", 180);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, no_verb_says_what_a_terminal_obeys);
    tcase_add_test(tcase, what_a_server_refuses_with_is_clean);
    tcase_add_test(tcase, no_view_of_the_dashboard_draws_it);
    return suite;
}
