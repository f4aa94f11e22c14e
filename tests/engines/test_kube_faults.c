/* test_kube_faults.c: what goes wrong between lockstep and a real control plane: a server that is
 * away, that is too busy, that says no in its several ways. Nothing is lost, nothing is sent
 * twice, and the server's own words reach the operator. */
#include "base/json.h"
#include "engines/kube_op.h"
#include "engines/rig.h"
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kube_op op;

#define FLOW "/apis/flowcontrol.apiserver.k8s.io/v1"

static void flood_over(void)
{
    kube_call("DELETE", FLOW "/flowschemas/lockstep-test", NULL, NULL);
    kube_call("DELETE", FLOW "/prioritylevelconfigurations/lockstep-test", NULL, NULL);
}

static void setup(void)
{
    flood_over();
    kube_forget_records();
    kube_open();
    kube_make("deployments", "web", 8, KUBE_OLD, NULL);
    kube_op_open(&op, "admin", NULL, false);
    drive_serving(&op.drive, KUBE_OLD, 8);
}

static void teardown(void)
{
    kube_op_close(&op);
    kube_close();
    kube_forget_records();
}

/* Presses START and must end like that, with these words; no pod of the new version comes. */
static void start_fails(enum action_end end, const char *words)
{
    struct action_status s = drive_press_in_time(&op.drive, VERB_START, KUBE_NEW);

    drive_end_is(&s, end);
    ck_assert_msg(strstr(s.sentence, words) != NULL, "'%s' is not in: %s", words, s.sentence);
    printf("%s: %s\n", action_end_word[end], s.sentence);
    rig_pause_ms(500);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 0);
}

static void start_works(void)
{
    drive_works(&op.drive, VERB_START, KUBE_NEW);
    drive_serving(&op.drive, KUBE_NEW, 1);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 1);
}

/* ---- a server that is away ---- */

START_TEST(the_server_goes_in_the_middle_of_a_release_and_comes_back)
{
    start_works();
    kube_tell("stop apiserver");
    printf("stale: %s\n", kube_op_state(&op, CLUSTER_STALE));
    struct action_status s = drive_press(&op.drive, VERB_STEP, "");
    ck_assert_msg(s.end == END_REFUSED || s.end == END_NOT_APPLIED, "%s: %s",
                  action_end_word[s.end], s.sentence);
    printf("%s: %s\n", action_end_word[s.end], s.sentence);
    kube_tell("start apiserver");
    kube_op_state(&op, CLUSTER_LIVE);
    drive_serving(&op.drive, KUBE_NEW, 1);
    drive_works(&op.drive, VERB_STEP, "");
    drive_serving(&op.drive, KUBE_NEW, 3);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 3);
}
END_TEST

/* The server goes so long after the key was pressed. */
static void step_interrupted_after(int ms)
{
    struct intent step = drive_intent(&op.drive, VERB_STEP, "");
    uint64_t ticket = engine_submit(op.drive.engine, &step);

    drive_pass(&op.drive, ms);
    kube_tell("stop apiserver");
    drive_pass(&op.drive, 200);
    kube_tell("start apiserver");
    struct action_status s = drive_finish(&op.drive, ticket);
    printf("interrupted after %d ms: %s: %s\n", ms, action_end_word[s.end], s.sentence);
    kube_op_state(&op, CLUSTER_LIVE);
    /* The controller may have been away with the server: it gets there, and no further. */
    unsigned moved = s.end == END_APPLIED ? 3 : 1;
    drive_serving(&op.drive, KUBE_NEW, moved);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), moved);
}

START_TEST(a_step_whose_answer_was_lost_is_settled_and_not_repeated)
{
    op.drive.patience_ms = 300000; /* kubelets that lost the server twice sit out their back-off */
    start_works();
    step_interrupted_after(5);
    if (kube_wanted("web", KUBE_NEW) == 1)
        step_interrupted_after(40);
    if (kube_wanted("web", KUBE_NEW) == 1) {
        drive_works(&op.drive, VERB_STEP, "");
        drive_serving(&op.drive, KUBE_NEW, 3);
    }
    drive_works(&op.drive, VERB_ROLLBACK, "");
    drive_serving(&op.drive, KUBE_OLD, 8);
}
END_TEST

/* ---- other hands ---- */

static bool alarm_of_nothing_is(void *arg, const struct frame *frame)
{
    bool open = false;

    for (size_t i = 0; i < frame->alarm_count; i++)
        open |= frame->alarms[i].kind == ALARM_EMPTY && !frame->alarms[i].resolved &&
                strstr(frame->alarms[i].sentence, "web was scaled to 0 half way");
    return open == *(const bool *)arg;
}

static void alarm_of_nothing(bool open)
{
    ck_assert_msg(
        engine_run_until(op.drive.engine, op.drive.patience_ms, alarm_of_nothing_is, &open),
        open ? "no alarm says that web was scaled to 0" : "the alarm stays");
}

START_TEST(scaled_to_nothing_half_way_it_is_an_alarm_until_it_went_back)
{
    start_works();
    alarm_of_nothing(false);
    kube_patch("deployments/web", json_pack("{s:{s:i}}", "spec", "replicas", 0));
    alarm_of_nothing(true);
    drive_expect(&op.drive, VERB_STEP, "", END_REFUSED);
    drive_works(&op.drive, VERB_ROLLBACK, "");
    alarm_of_nothing(false);
    kube_patch("deployments/web", json_pack("{s:{s:i}}", "spec", "replicas", 8));
    drive_serving(&op.drive, KUBE_OLD, 8);
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
}
END_TEST

/* ---- a server that says no ---- */

#define HOOKS "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"

/* Deployments of this namespace are changed only as the rig's webhook at this path allows. */
static void hook(const char *path)
{
    char url[300], file[PATH_MAX], line[8000], ca[8000] = "";

    snprintf(file, sizeof file, "%s/hooks", kube_folder());
    FILE *in = fopen(file, "r");
    ck_assert(in && fgets(url, sizeof url - 20, in));
    fclose(in);
    snprintf(url + strlen(url), 20, "/%s", path);
    in = fopen(kube_config("admin"), "r");
    while (!ca[0] && fgets(line, sizeof line, in))
        sscanf(line, " certificate-authority-data: %7999s", ca);
    fclose(in);
    kube_create(HOOKS,
                json_pack("{s:s, s:s, s:{s:s}, s:[{s:s, s:{s:s, s:s}, s:[{s:[s], s:[s], s:[s], "
                          "s:[s]}], s:{s:{s:s}}, s:s, s:[s], s:i, s:s}]}",
                          "apiVersion", "admissionregistration.k8s.io/v1", "kind",
                          "ValidatingWebhookConfiguration", "metadata", "name", kube_namespace(),
                          "webhooks", "name", "fridays.lockstep.test", "clientConfig", "url", url,
                          "caBundle", ca, "rules", "apiGroups", "apps", "apiVersions", "v1",
                          "operations", "UPDATE", "resources", "deployments", "namespaceSelector",
                          "matchLabels", "kubernetes.io/metadata.name", kube_namespace(),
                          "sideEffects", "None", "admissionReviewVersions", "v1", "timeoutSeconds",
                          1, "failurePolicy", "Fail"));
}

/* It takes a moment until the server knows of a webhook, or that it is gone. */
static void wait_hook(bool there)
{
    for (int i = 0; i < 300; i++, rig_pause_ms(50)) {
        bool refused =
            kube_call("PATCH", "deployments/web?dryRun=All",
                      "{\"metadata\": {\"labels\": {\"touched\": \"yes\"}}}", NULL) != 200;
        if (refused == there)
            return;
    }
    ck_abort_msg("the webhook never %s", there ? "refuses" : "goes");
}

static void unhook(void)
{
    char path[300];

    snprintf(path, sizeof path, HOOKS "/%s", kube_namespace());
    kube_delete(path);
    wait_hook(false);
}

START_TEST(a_webhook_that_refuses_is_quoted)
{
    hook("refuse");
    wait_hook(true);
    start_fails(END_NOT_APPLIED, "no releases on a Friday");
    unhook();
    start_works();
}
END_TEST

/* The server answers 500, which says nothing; and the fence that would settle it meets the same. */
static bool was_early(uint64_t ticket)
{
    const struct frame *frame = engine_frame(op.drive.engine);
    bool early = false;

    for (size_t i = 0; i < frame->action_count; i++)
        early = early || (frame->tickets[i] == ticket && drive_is_early(&frame->actions[i]));
    frame_unref(frame);
    return early;
}

START_TEST(while_a_webhook_takes_too_long_a_write_is_unknown_and_then_settled)
{
    hook("slow");
    wait_hook(true);
    uint64_t ticket;
    do {
        struct intent start = drive_intent(&op.drive, VERB_START, KUBE_NEW);
        ticket = engine_submit(op.drive.engine, &start);
        drive_pass(&op.drive, 4000);
    } while (was_early(ticket));
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 0);
    unhook();
    struct action_status s = drive_finish(&op.drive, ticket);
    drive_end_is(&s, END_NOT_APPLIED);
    printf("%s: %s\n", action_end_word[s.end], s.sentence);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 0);
    start_works();
}
END_TEST

#define POLICIES "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"

/* 422, and not because a test of the patch failed. */
START_TEST(a_policy_that_finds_it_invalid_is_quoted_and_is_no_conflict)
{
    char path[300];
    const char *space = kube_namespace();

    kube_create(POLICIES "ies",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:{s:[{s:[s], s:[s], s:[s], s:[s]}]}, "
                          "s:[{s:s, s:s}]}}",
                          "apiVersion", "admissionregistration.k8s.io/v1", "kind",
                          "ValidatingAdmissionPolicy", "metadata", "name", space, "spec",
                          "failurePolicy", "Fail", "matchConstraints", "resourceRules", "apiGroups",
                          "apps", "apiVersions", "v1", "operations", "UPDATE", "resources",
                          "deployments", "validations", "expression",
                          "!object.spec.template.spec.containers[0].image.endsWith(':3.5')",
                          "message", "images come from Git"));
    kube_create(POLICIES "ybindings",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:[s], s:{s:{s:{s:s}}}}}", "apiVersion",
                          "admissionregistration.k8s.io/v1", "kind",
                          "ValidatingAdmissionPolicyBinding", "metadata", "name", space, "spec",
                          "policyName", space, "validationActions", "Deny", "matchResources",
                          "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name",
                          space));
    for (int i = 0; i < 300; i++, rig_pause_ms(50))
        if (kube_call("PATCH", "deployments/web?dryRun=All",
                      "{\"spec\": {\"template\": {\"spec\": {\"containers\": [{\"name\": \"app\", "
                      "\"image\": \"pause:3.5\"}]}}}}",
                      NULL) == 422)
            break;
    start_fails(END_NOT_APPLIED, "images come from Git");
    snprintf(path, sizeof path, POLICIES "ybindings/%s", space);
    kube_delete(path);
    snprintf(path, sizeof path, POLICIES "ies/%s", space);
    kube_delete(path);
}
END_TEST

/* Everything that this user asks for is too much. A server lets through what comes when it does
 * nothing else for them, whatever the limit: so one of their requests hangs. Returns its pid. */
static pid_t flood(void)
{
    kube_create(FLOW "/prioritylevelconfigurations",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:{s:i, s:i, s:i, s:{s:s}}}}", "apiVersion",
                          "flowcontrol.apiserver.k8s.io/v1", "kind", "PriorityLevelConfiguration",
                          "metadata", "name", "lockstep-test", "spec", "type", "Limited", "limited",
                          "nominalConcurrencyShares", 0, "lendablePercent", 0,
                          "borrowingLimitPercent", 0, "limitResponse", "type", "Reject"));
    kube_create(
        FLOW "/flowschemas",
        json_pack("{s:s, s:s, s:{s:s}, s:{s:i, s:{s:s}, s:[{s:[{s:s, s:{s:s}}], s:[{s:[s], s:[s], "
                  "s:[s], s:b, s:[s]}]}]}}",
                  "apiVersion", "flowcontrol.apiserver.k8s.io/v1", "kind", "FlowSchema", "metadata",
                  "name", "lockstep-test", "spec", "matchingPrecedence", 2,
                  "priorityLevelConfiguration", "name", "lockstep-test", "rules", "subjects",
                  "kind", "User", "user", "name", "operator", "resourceRules", "verbs", "*",
                  "apiGroups", "*", "resources", "*", "clusterScope", 1, "namespaces", "*"));
    for (int tries = 0; tries < 30; tries++) {
        pid_t hanging = kube_hang_as("operator", "secrets?dryRun=All");
        for (int i = 0; i < 20; i++, rig_pause_ms(50))
            if (kube_status_as("operator", "deployments/web") == 429)
                return hanging;
        kube_let_go(hanging);
    }
    ck_abort_msg("the server is never too busy for them");
    return 0;
}

/* One who may do everything here and see the nodes; the rest of the cluster is closed. */
static void bind_operator(void)
{
    char name[200];

    kube_bind("operator", "admin");
    snprintf(name, sizeof name, "%s-nodes", kube_namespace());
    kube_create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:[{s:s, s:s, s:s}]}",
                          "apiVersion", "rbac.authorization.k8s.io/v1", "kind",
                          "ClusterRoleBinding", "metadata", "name", name, "roleRef", "apiGroup",
                          "rbac.authorization.k8s.io", "kind", "ClusterRole", "name",
                          "lockstep-test-nodes", "subjects", "apiGroup",
                          "rbac.authorization.k8s.io", "kind", "User", "name", "operator"));
}

static void unbind_operator(void)
{
    char path[300];

    snprintf(path, sizeof path, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/%s-nodes",
             kube_namespace());
    kube_delete(path);
}

START_TEST(a_server_that_is_too_busy_is_waited_for_and_said_so)
{
    kube_op_close(&op);
    bind_operator();
    kube_op_open(&op, "operator", NULL, false);
    drive_serving(&op.drive, KUBE_OLD, 8);
    pid_t hanging = flood();
    struct action_status s = drive_press(&op.drive, VERB_START, KUBE_NEW);
    ck_assert_msg(s.end == END_REFUSED || s.end == END_NOT_APPLIED, "%s: %s",
                  action_end_word[s.end], s.sentence);
    ck_assert_msg(strstr(s.sentence, "429") != NULL, "%s", s.sentence);
    printf("%s: %s\n", action_end_word[s.end], s.sentence);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 0);
    kube_let_go(hanging);
    flood_over();
    for (int i = 0; i < 600 && kube_status_as("operator", "deployments/web") == 429; i++)
        rig_pause_ms(50);
    kube_op_state(&op, CLUSTER_LIVE);
    start_works();
    unbind_operator();
}
END_TEST

/* ---- an identity that counts no more, or may not ---- */

START_TEST(a_rotated_token_is_read_again_and_the_release_goes_on)
{
    char path[PATH_MAX];

    kube_op_close(&op);
    snprintf(path, sizeof path, "%s/rotating.kubeconfig", kube_folder());
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file,
            "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: "
            "{cluster: c, user: u}}], clusters: [{name: c, cluster: {server: \"%s\", "
            "certificate-authority: ca.crt}}], users: [{name: u, user: {tokenFile: "
            "second.token}}]}\n",
            kube_server());
    fclose(file);
    kube_op_open(&op, "second", path, false);
    start_works();
    kube_tell("rotate second");
    drive_works(&op.drive, VERB_STEP, "");
    drive_serving(&op.drive, KUBE_NEW, 3);
    ck_assert_uint_eq(kube_wanted("web", KUBE_NEW), 3);
}
END_TEST

START_TEST(who_may_only_look_is_told_what_is_missing)
{
    kube_op_close(&op);
    kube_op_open(&op, "viewer", NULL, false);
    drive_serving(&op.drive, KUBE_OLD, 8);
    start_fails(END_REFUSED, "patch deployments");
}
END_TEST

START_TEST(an_operator_of_one_namespace_acts_there)
{
    kube_op_close(&op);
    bind_operator();
    kube_op_open(&op, "operator", NULL, false);
    start_works();
    unbind_operator();
}
END_TEST

static bool tells_unseen(void *arg, const struct frame *frame)
{
    const struct board_cluster *cluster = &frame->clusters[0];

    return cluster->state == CLUSTER_LIVE && strstr(cluster->why, arg) &&
           strstr(cluster->why, "not seen") && strstr(cluster->note, arg);
}

static bool knows_release(void *arg, const struct frame *frame)
{
    const struct row *row = frame_find_row(frame, op.drive.context, op.drive.service);

    (void)arg;
    return row && row->release && strcmp(row->release->to, KUBE_NEW) == 0;
}

/* Of two namespaces one is closed: the other works, its records are found, and it is said. */
START_TEST(of_two_namespaces_the_closed_one_is_said_and_the_other_works)
{
    static char both[200];
    char closed[100];

    kube_op_close(&op);
    bind_operator();
    snprintf(closed, sizeof closed, "%s-closed", kube_namespace());
    kube_create("/api/v1/namespaces", json_pack("{s:{s:s}}", "metadata", "name", closed));
    snprintf(both, sizeof both, "%s,%s", closed, kube_namespace());
    kube_op_open_in(&op, "operator", both);
    drive_serving(&op.drive, KUBE_OLD, 8);
    ck_assert_msg(engine_run_until(op.drive.engine, op.drive.patience_ms, tells_unseen, closed),
                  "nothing says that %s is not seen", closed);
    start_works();
    kube_op_close(&op);
    kube_op_open_in(&op, "operator", both); /* somebody else, later */
    ck_assert_msg(engine_run_until(op.drive.engine, op.drive.patience_ms, knows_release, NULL),
                  "the record is not found");
    drive_works(&op.drive, VERB_ROLLBACK, "");
    drive_serving(&op.drive, KUBE_OLD, 8);
    unbind_operator();
    snprintf(both, sizeof both, "/api/v1/namespaces/%s", closed);
    kube_delete(both);
}
END_TEST

SUITE(kube_faults)
{
    Suite *suite = suite_create("kube-faults");
    TCase *away = test_case(suite, "away", 900), *no = test_case(suite, "no", 240);
    TCase *who = test_case(suite, "who", 240);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_checked_fixture(away, setup, teardown);
    tcase_add_test(away, the_server_goes_in_the_middle_of_a_release_and_comes_back);
    tcase_add_test(away, a_step_whose_answer_was_lost_is_settled_and_not_repeated);
    tcase_add_checked_fixture(no, setup, teardown);
    tcase_add_test(no, scaled_to_nothing_half_way_it_is_an_alarm_until_it_went_back);
    tcase_add_test(no, a_webhook_that_refuses_is_quoted);
    tcase_add_test(no, while_a_webhook_takes_too_long_a_write_is_unknown_and_then_settled);
    tcase_add_test(no, a_policy_that_finds_it_invalid_is_quoted_and_is_no_conflict);
    tcase_add_test(no, a_server_that_is_too_busy_is_waited_for_and_said_so);
    tcase_add_checked_fixture(who, setup, teardown);
    tcase_add_test(who, a_rotated_token_is_read_again_and_the_release_goes_on);
    tcase_add_test(who, who_may_only_look_is_told_what_is_missing);
    tcase_add_test(who, an_operator_of_one_namespace_acts_there);
    tcase_add_test(who, of_two_namespaces_the_closed_one_is_said_and_the_other_works);
    return suite;
}
