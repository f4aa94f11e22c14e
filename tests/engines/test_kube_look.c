/* test_kube_look.c: what is seen of a real Kubernetes: the most telling reason of what stands, who
 * started it, the log of a pod that crashes, and what was released before lockstep came. */
#include "base/json.h"
#include "engines/kube_web.h"
#include "engines/rig.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_web web;

static void setup(void)
{
    web_open(&web, "deployments", 4, NULL);
}

static void teardown(void)
{
    web_close(&web);
}

/* ---- why it stands ---- */

static void release_image(const char *tag)
{
    kube_set_image("deployments", "web", tag);
}

static void release_what_fits_nowhere(void)
{
    kube_patch("deployments/web",
               json_pack("{s:{s:{s:{s:[{s:s, s:s, s:{s:{s:s}}}]}}}}", "spec", "template", "spec",
                         "containers", "name", "app", "image", kube_image(KUBE_NEW), "resources",
                         "requests", "cpu", "9000"));
}

static void release_what_is_not_admitted(void)
{
    kube_create("limitranges",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:[{s:s, s:{s:s}}]}}", "apiVersion", "v1", "kind",
                          "LimitRange", "metadata", "name", "small", "spec", "limits", "type",
                          "Container", "max", "memory", "1Gi"));
    kube_patch("deployments/web",
               json_pack("{s:{s:{s:{s:[{s:s, s:s, s:{s:{s:s}, s:{s:s}}}]}}}}", "spec", "template",
                         "spec", "containers", "name", "app", "image", kube_image(KUBE_NEW),
                         "resources", "requests", "memory", "2Gi", "limits", "memory", "2Gi"));
}

static void release_missing(void)
{
    release_image("missing");
}

static void release_bad(void)
{
    release_image("bad");
}

static void release_too_late(void)
{
    kube_patch("deployments/web", json_pack("{s:{s:i}}", "spec", "progressDeadlineSeconds", 1));
    release_image("sick");
}

static const struct {
    void (*release)(void);
    enum trouble trouble;
    const char *words;
} reasons[] = {
    {release_missing, TROUBLE_STUCK, "image cannot be pulled: "},
    {release_bad, TROUBLE_STUCK, "exited with 1"},
    {release_what_fits_nowhere, TROUBLE_STUCK,
     "no node takes it: 0/4 nodes are available: 4 Insuf"},
    {release_what_is_not_admitted, TROUBLE_STUCK, "maximum memory usage per Container is 1Gi"},
    {release_too_late, TROUBLE_STUCK, "has timed out progressing"},
};

START_TEST(what_stands_says_the_most_telling_reason)
{
    reasons[_i].release();
    web_tells(&web, reasons[_i].trouble, reasons[_i].words);
    printf("%s\n", web.bench.one.service->reason);
}
END_TEST

static bool started_by(struct bench *bench, void *arg)
{
    return bench->one.service->motion != MOTION_NONE && strstr(bench->one.service->by, arg) != NULL;
}

START_TEST(who_started_it_is_read_from_managed_fields)
{
    char *out = NULL;
    char command[300];

    snprintf(command, sizeof command, "set image deployment/web app=%s", kube_image("missing"));
    ck_assert_msg(kube_ctl("admin", command, &out) == 0, "%s", out);
    free(out);
    char who[] = "kubectl";
    ck_assert_msg(bench_until(&web.bench, started_by, who), "by '%s'", web.bench.one.service->by);
}
END_TEST

/* ---- what else starts it ---- */

static bool launched_by_the_job(struct bench *bench, void *version)
{
    const struct service *service = bench->one.service;

    for (size_t i = 0; i < service->launcher_count; i++)
        if (strcmp(service->launchers[i].name, "cronjob nightly") == 0)
            return strcmp(service->launchers[i].version, version) == 0;
    return false;
}

static json_t *job_of(const char *tag)
{
    return json_pack("{s:{s:{s:{s:{s:{s:s, s:[{s:s, s:s}]}}}}}}", "spec", "jobTemplate", "spec",
                     "template", "spec", "restartPolicy", "Never", "containers", "name", "app",
                     "image", kube_image(tag));
}

START_TEST(a_cronjob_of_the_application_is_a_launcher_as_soon_as_it_is_there)
{
    char old[] = KUBE_OLD, fresh[] = KUBE_NEW;
    json_t *job = job_of(KUBE_OLD), *more = json_pack("{s:s}", "schedule", "0 0 1 1 *");

    kube_patch("deployments/web", json_pack("{s:{s:{s:s}}}", "metadata", "labels", "app", "web"));
    json_object_set_new(job, "metadata",
                        json_pack("{s:s, s:{s:s}}", "name", "nightly", "labels", "app", "web"));
    json_object_update(json_object_get(job, "spec"), more);
    kube_create("cronjobs", job);
    ck_assert(bench_until(&web.bench, launched_by_the_job, old));
    kube_patch("cronjobs/nightly", job_of(KUBE_NEW));
    ck_assert(bench_until(&web.bench, launched_by_the_job, fresh));
    json_decref(more);
}
END_TEST

/* ---- the log ---- */

static bool crashed_twice(struct bench *bench, void *arg)
{
    const struct service *service = bench->one.service;
    char *name = arg;

    for (size_t i = 0; i < service->instance_count; i++)
        if (strstr(service->instances[i].reason, "exited with 1")) {
            snprintf(name, BENCH_NAME, "%s", service->instances[i].name);
            return true;
        }
    return false;
}

static bool has_ended(struct bench *bench, void *arg)
{
    const struct heard_log *heard = arg;

    (void)bench;
    return heard->ends > 0;
}

START_TEST(what_a_crashing_pod_wrote_is_read_through_its_restarts)
{
    struct heard_log heard;
    char name[BENCH_NAME];

    release_image("bad");
    ck_assert(bench_until(&web.bench, crashed_twice, name));
    bench_log(&web.bench, name, false, &heard);
    ck_assert_msg(bench_until_log(&web.bench, &heard, 7), "%u lines: %s", heard.lines,
                  heard.why.text);
    ck_assert_uint_eq(heard.dirty, 0);
    ck_assert_uint_gt(heard.happened, 0);
    bench_log(&web.bench, name, true, &heard);
    ck_assert(bench_until(&web.bench, has_ended, &heard));
    ck_assert_msg(heard.why.code == ERR_NONE && heard.lines == 3, "%s", heard.why.text);
    ck_assert_str_eq(heard.last, "fatal: cannot read schema 7");
}
END_TEST

/* ---- what was before ---- */

static struct program program;

/* The program in a home of its own, as this identity, in this namespace. */
static void program_of(const char *who)
{
    char words[600], *context = NULL;

    program_init(&program);
    ck_assert_int_eq(kube_ctl(who, "config current-context", &context), 0);
    context[strcspn(context, "\n")] = '\0';
    snprintf(words, sizeof words,
             "contexts:\n  - name: lab\n    kind: kubernetes\n    kubeconfig: %s\n"
             "    context: %s\n    namespaces: %s\n    production: false\n",
             kube_config(who), context, kube_namespace());
    free(context);
    program_write(&program, ".config/lockstep/config.yaml", words);
}

static struct said history(const char *who, const char *more)
{
    char words[200];

    program_of(who);
    snprintf(words, sizeof words, "history --from-cluster --timeout=60s %s", more);
    return program_run(&program, words);
}

static const json_t *release_of(const json_t *document, const char *service, const char *to)
{
    const json_t *cluster = json_array_get(json_object_get(document, "clusters"), 0);
    json_t *release;
    size_t i;

    json_array_foreach(json_object_get(cluster, "releases"), i, release)
    {
        if (strcmp(json_raw(json_object_get(release, "service")), service) == 0 &&
            strcmp(json_raw(json_object_get(release, "to")), to) == 0)
            return release;
    }
    return NULL;
}

static bool has_fault(const json_t *release, const char *fault)
{
    json_t *finding;
    size_t i;

    json_array_foreach(json_object_get(release, "findings"), i, finding)
    {
        if (strcmp(json_raw(json_object_get(finding, "fault")), fault) == 0)
            return true;
    }
    return false;
}

START_TEST(history_says_what_was_released_without_a_second_look)
{
    kube_make("statefulsets", "cart", 2, KUBE_OLD, NULL);
    release_image(KUBE_NEW);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 4));
    kube_set_image("statefulsets", "cart", KUBE_NEXT);
    ck_assert(kube_wait_pods("cart", KUBE_NEXT, 2));
    char *undone = NULL;
    ck_assert_int_eq(kube_ctl("admin", "rollout undo deployment/web", &undone), 0);
    free(undone);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 4));

    struct said said = history("viewer", "-o json");
    json_error_t error;
    json_t *document = json_loads(said.out, 0, &error);
    ck_assert_msg(said.status == 0 && document, "exit %d: %s%s", said.status, said.out, said.err);
    const json_t *forward = release_of(document, "web", KUBE_NEW);
    const json_t *back = release_of(document, "web", KUBE_OLD);
    const json_t *other = release_of(document, "cart", KUBE_NEXT);
    ck_assert_msg(forward && back && other, "%s", said.out);
    ck_assert_str_eq(json_raw(json_object_get(forward, "from")), KUBE_OLD);
    ck_assert_msg(has_fault(forward, "no-canary"), "%s", said.out);
    ck_assert_msg(has_fault(other, "overlapped"), "%s", said.out);
    ck_assert_msg(has_fault(other, "skipped-a-step"), "%s", said.out); /* 3.4 to 3.6 */
    ck_assert(!has_fault(forward, "skipped-a-step"));
    ck_assert(json_is_null(json_object_get(back, "at"))); /* when, is not written down */
    json_decref(document);
    said_release(&said);
    said = history("viewer", "");
    fputs(said.out, stdout);
    ck_assert_ptr_nonnull(strstr(said.out, "What this cannot tell:"));
    said_release(&said);
}
END_TEST

START_TEST(history_without_rights_names_what_is_missing)
{
    struct said said = history("local", "");

    ck_assert_msg(said.status == 3, "exit %d: %s%s", said.status, said.out, said.err);
    ck_assert_msg(strstr(said.err, "replicasets") && strstr(said.err, "403"), "%s", said.err);
    said_release(&said);
}
END_TEST

/* ---- a manifest ---- */

#define MANIFEST                                                                                   \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: %d\n"       \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata:\n"                          \
    "      labels: {app: web}\n      annotations: {told-by: manifest}\n    spec:\n"                \
    "      terminationGracePeriodSeconds: 5\n      containers: [{name: app, image: '%s', env: "    \
    "[{name: MODE, value: new}]}]\n"

static void write_manifest(int replicas)
{
    char text[800];

    snprintf(text, sizeof text, MANIFEST, replicas, kube_image(KUBE_NEW));
    program_write(&program, "web.yaml", text);
}

static unsigned told_by_manifest(void)
{
    json_t *list = kube_get("pods"), *pod;
    unsigned count = 0;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, pod)
    {
        const json_t *notes = json_object_get(json_object_get(pod, "metadata"), "annotations");
        const json_t *spec = json_object_get(pod, "spec");
        const json_t *env =
            json_object_get(json_array_get(json_object_get(spec, "containers"), 0), "env");
        count += json_object_get(notes, "told-by") != NULL && json_array_size(env) == 1;
    }
    json_decref(list);
    return count;
}

START_TEST(a_manifest_is_released_step_by_step_and_undone)
{
    json_t *names = kube_pod_names("web", KUBE_OLD);

    program_of("admin");
    write_manifest(4);
    struct said said = program_run(&program, "start web " KUBE_NEW " -f %/web.yaml --timeout=60s");
    ck_assert_msg(said.status == 0, "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 1));
    ck_assert_uint_eq(told_by_manifest(), 1);
    said = program_run(&program, "step web --timeout=60s --to=2");
    ck_assert_msg(said.status == 0, "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 2));
    ck_assert_uint_eq(told_by_manifest(), 2);
    said = program_run(&program, "rollback web --timeout=60s");
    ck_assert_msg(said.status == 0, "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert(kube_wait_pods("web", KUBE_OLD, 4));
    ck_assert_uint_eq(told_by_manifest(), 0);
    ck_assert_uint_ge(kube_kept(names, "web"), 2);
    json_decref(names);
}
END_TEST

START_TEST(a_manifest_that_changes_more_is_refused_with_its_line)
{
    program_of("admin");
    write_manifest(9);
    struct said said = program_run(&program, "start web " KUBE_NEW " -f %/web.yaml --timeout=60s");
    ck_assert_msg(said.status != 0, "%s", said.out);
    ck_assert_msg(strstr(said.out, "web.yaml:6:3: spec.replicas is 9, in the cluster 4") != NULL,
                  "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
}
END_TEST

/* The same file with other objects behind the workload. */
static void write_more(const char *more)
{
    char text[2000];

    snprintf(text, sizeof text, MANIFEST "%s", 4, kube_image(KUBE_NEW), more);
    program_write(&program, "web.yaml", text);
}

#define SETTINGS                                                                                   \
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: new}\n"        \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n"   \
    "  ports: [{port: 80}]\n"                                                                      \
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: b}\n"

START_TEST(a_manifest_of_several_objects_is_started_when_the_others_are_there_already)
{
    struct said said;

    program_of("admin");
    write_more(SETTINGS);
    said = program_run(&program, "start web " KUBE_NEW " -f %/web.yaml --timeout=60s");
    ck_assert_msg(said.status != 0 && strstr(said.out, "ConfigMap settings: ") &&
                      strstr(said.out, "web.yaml: line 16: it is not in the cluster"),
                  "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    kube_create("configmaps", json_pack("{s:{s:s},s:{s:s}}", "metadata", "name", "settings", "data",
                                        "mode", "old"));
    kube_create("services", json_pack("{s:{s:s},s:{s:{s:s},s:[{s:i}]}}", "metadata", "name", "web",
                                      "spec", "selector", "app", "web", "ports", "port", 80));
    said = program_run(&program, "start web " KUBE_NEW " -f %/web.yaml --timeout=60s");
    ck_assert_msg(said.status != 0 && strstr(said.out, "ConfigMap settings: ") &&
                      strstr(said.out, "data.mode is \"new\", in the cluster \"old\""),
                  "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
    kube_patch("configmaps/settings", json_pack("{s:{s:s}}", "data", "mode", "new"));
    said = program_run(&program, "start web " KUBE_NEW " -f %/web.yaml --timeout=60s");
    ck_assert_msg(said.status == 0, "exit %d: %s%s", said.status, said.out, said.err);
    ck_assert_msg(strstr(said.out, "not known: Secret key (line 28: secrets are not read)") &&
                      strstr(said.out,
                             "as in the cluster: ConfigMap settings (line 16), Service web "
                             "(line 21)"),
                  "%s", said.out);
    said_release(&said);
    ck_assert(kube_wait_pods("web", KUBE_NEW, 1));
    ck_assert_uint_eq(told_by_manifest(), 1);
}
END_TEST

/* ---- what is written where everybody looks, and what is read there ---- */

/* Events of web by lockstep whose message begins like that. */
static unsigned events_that_say(const char *begin)
{
    json_t *list = kube_get("events?fieldSelector=involvedObject.name=web,reason=Lockstep"), *event;
    unsigned count = 0;
    size_t i;

    json_array_foreach(json_object_get(list, "items"), i, event)
    {
        const char *message = json_raw(json_object_get(event, "message"));
        count +=
            strncmp(message, begin, strlen(begin)) == 0 && strstr(message, " by admin") != NULL;
    }
    json_decref(list);
    return count;
}

static void expect_event(const char *begin)
{
    for (int i = 0; i < 100 && events_that_say(begin) == 0; i++)
        rig_pause_ms(100);
    ck_assert_msg(events_that_say(begin) == 1, "'%s ... by admin' is not there once", begin);
}

START_TEST(each_action_is_an_event_that_says_who)
{
    static const struct {
        const char *words, *event;
    } actions[] = {
        {"start web " KUBE_NEW, "start from " KUBE_OLD " to " KUBE_NEW " to 1 of 4"},
        {"step web --to=2", "step from " KUBE_OLD " to " KUBE_NEW " to 2 of 4"},
        {"rollback web", "rollback"},
    };
    char words[200];

    program_of("admin");
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        snprintf(words, sizeof words, "%s --timeout=60s", actions[i].words);
        struct said said = program_run_in_time(&program, words);
        ck_assert_msg(said.status == 0, "%s: exit %d: %s%s", words, said.status, said.out,
                      said.err);
        said_release(&said);
        expect_event(actions[i].event);
    }
}
END_TEST

START_TEST(the_contract_in_an_annotation_is_what_a_step_is_judged_by)
{
    program_of("admin");
    kube_patch("deployments/web",
               json_pack("{s:{s:{s:s}}}", "metadata", "annotations", "lockstep.contract",
                         "service: web\nversion: \"" KUBE_OLD
                         "\"\nreads: {d: [x]}\nwrites: {d: [x]}\n"));
    struct said said = program_run(&program, "start web " KUBE_NEW " --timeout=60s");
    ck_assert_msg(said.status == 1 &&
                      strstr(said.out, "R0 contract: version " KUBE_NEW " of web is not declared"),
                  "exit %d: %s%s", said.status, said.out, said.err);
    said_release(&said);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
}
END_TEST

SUITE(kube_look)
{
    Suite *suite = suite_create("kube-look");
    TCase *tcase = test_case(suite, "look", 120);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_stands_says_the_most_telling_reason, 0,
                        (int)ARRAY_LEN(reasons));
    tcase_add_test(tcase, who_started_it_is_read_from_managed_fields);
    tcase_add_test(tcase, a_cronjob_of_the_application_is_a_launcher_as_soon_as_it_is_there);
    tcase_add_test(tcase, what_a_crashing_pod_wrote_is_read_through_its_restarts);
    tcase_add_test(tcase, history_says_what_was_released_without_a_second_look);
    tcase_add_test(tcase, history_without_rights_names_what_is_missing);
    tcase_add_test(tcase, a_manifest_is_released_step_by_step_and_undone);
    tcase_add_test(tcase, a_manifest_that_changes_more_is_refused_with_its_line);
    tcase_add_test(tcase, each_action_is_an_event_that_says_who);
    tcase_add_test(tcase, the_contract_in_an_annotation_is_what_a_step_is_judged_by);
    tcase_add_test(tcase,
                   a_manifest_of_several_objects_is_started_when_the_others_are_there_already);
    return suite;
}
