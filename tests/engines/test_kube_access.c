/* test_kube_access.c: reaching a real API server: who, with which rights, by which credentials; and
 * what `lockstep doctor` prints for its administrators, applied as it is printed. */
#include "base/clock.h"
#include "base/json.h"
#include "drivers/kubernetes/permissions.h"
#include "engines/kube_rig.h"
#include "engines/rig.h"
#include "test.h"
#include "tui/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BINDINGS "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"

static struct clock *real;
static struct loop *loop;
static struct arena *arena;
static struct kube_access *access_;
static struct cluster_config config;

static struct {
    unsigned answers;
    struct http *http;
    struct err err;
    long status;
    bool known, verified, may_view, may_act;
    char who[100], missing[300], denials[20000];
} got;

static void setup(void)
{
    kube_open();
    real = clock_new_real();
    loop = loop_new(real);
    arena = arena_new(1024);
    access_ = NULL;
    memset(&got, 0, sizeof got);
    config = (struct cluster_config){.name = "rig", .kind = "kubernetes"};
}

static void teardown(void)
{
    kube_access_close(access_);
    loop_free(loop);
    clock_free(real);
    arena_free(arena);
    kube_call("DELETE", BINDINGS "/lockstep-test", NULL, NULL);
    kube_close();
}

/* What the program prints, applied by an administrator with kubectl. */
static void apply_printed(const char *words)
{
    struct program program;
    char path[4300], command[4400], *out;

    program_init(&program);
    struct said said = program_run(&program, words);
    ck_assert_int_eq(said.status, 0);
    program_write(&program, "printed.yaml", said.out);
    said_release(&said);
    snprintf(path, sizeof path, "%s/printed.yaml", program.home);
    snprintf(command, sizeof command, "apply -f %s", path);
    int status = kube_ctl("admin", command, &out);
    ck_assert_msg(status == 0, "%s: %s", words, out);
    free(out);
}

static void bind_everywhere(const char *who, const char *role)
{
    kube_create(BINDINGS,
                json_pack("{s:{s:s}, s:{s:s, s:s, s:s}, s:[{s:s, s:s, s:s}]}", "metadata", "name",
                          "lockstep-test", "roleRef", "apiGroup", "rbac.authorization.k8s.io",
                          "kind", "ClusterRole", "name", role, "subjects", "apiGroup",
                          "rbac.authorization.k8s.io", "kind", "User", "name", who));
}

static void open_as(const char *kubeconfig)
{
    struct err err = {0};

    kube_access_close(access_);
    config.kubeconfig = kubeconfig;
    access_ = kube_access_open(loop, &config, &err);
    ck_assert_msg(access_ != NULL, "%s", err.text);
}

static void on_permissions(void *arg, const struct driver_permissions *p, const struct err *err)
{
    size_t used = 0;

    (void)arg;
    ck_assert(!err || err->code == ERR_NONE);
    got.known = true;
    got.verified = p->verified;
    got.may_view = p->may_view;
    got.may_act = p->may_act;
    snprintf(got.who, sizeof got.who, "%s", p->who);
    snprintf(got.missing, sizeof got.missing, "%s", p->missing);
    got.denials[0] = '\0';
    for (size_t i = 0; i < p->denial_count && used < sizeof got.denials; i++)
        used += (size_t)snprintf(got.denials + used, sizeof got.denials - used, "%s|%s|%s\n",
                                 p->denials[i].kind, p->denials[i].scope, p->denials[i].missing);
}

static void ask(void)
{
    got.known = false;
    kube_permissions_ask(access_, on_permissions, NULL);
    while (!got.known)
        loop_turn(loop, -1);
}

/* Asks until the binding has reached the authorizer. */
static void ask_until_acting(const char *who, bool may_act)
{
    open_as(kube_config(who));
    for (int i = 0; i < 50; i++) {
        ask();
        if (got.may_view && got.may_act == may_act)
            return;
        rig_pause_ms(100);
    }
    ck_abort_msg("view %d act %d: %s\n%s", got.may_view, got.may_act, got.missing, got.denials);
}

START_TEST(an_administrator_lacks_nothing)
{
    open_as(kube_config("admin"));
    ask();
    ck_assert(got.verified && got.may_view && got.may_act);
    ck_assert_str_eq(got.who, "admin");
    ck_assert_str_eq(got.denials, "");
    ck_assert_ptr_eq(strstr(kube_access_place(access_)->version, "v1."),
                     kube_access_place(access_)->version);
}
END_TEST

START_TEST(without_rights_everything_is_named)
{
    open_as(kube_config("local"));
    ask();
    ck_assert_str_eq(got.who, "local");
    ck_assert(got.verified && !got.may_view && !got.may_act);
    ck_assert_ptr_nonnull(strstr(got.denials, "deployment||patch deployments.apps in default\n"));
    ck_assert_ptr_nonnull(strstr(got.denials, "||list nodes: nodes that went silent"));
}
END_TEST

START_TEST(the_printed_view_role_is_enough_to_look_and_for_nothing_else)
{
    apply_printed("doctor --print-rbac view");
    bind_everywhere("local", "lockstep-view");
    ask_until_acting("local", false);
    ck_assert_str_eq(got.missing, "patch deployments.apps");
    for (const char *line = got.denials; *line; line = strchr(line, '\n') + 1)
        ck_assert_msg(strncmp(line, "||list", 6) != 0 && strncmp(line, "||get", 5) != 0 &&
                          strncmp(line, "||watch", 7) != 0,
                      "%s", line);
    /* Of a pod its log and its Events, too. */
    char path[200];
    kube_make("deployments", "web", 1, KUBE_OLD, NULL);
    json_t *names = kube_pod_names("web", "");
    snprintf(path, sizeof path, "pods/%s/log", json_raw(json_array_get(names, 0)));
    ck_assert_int_eq(kube_status_as("local", path), 200);
    ck_assert_int_eq(kube_status_as("local", "events?limit=1"), 200);
    json_decref(names);
}
END_TEST

START_TEST(the_printed_operate_role_lacks_nothing)
{
    apply_printed("doctor --print-rbac operate");
    bind_everywhere("local", "lockstep-operate");
    ask_until_acting("local", true);
    ck_assert_str_eq(got.denials, "");
}
END_TEST

START_TEST(rights_in_one_namespace_leave_the_other_keys_grey)
{
    apply_printed("doctor --print-rbac");
    bind_everywhere("local", "lockstep-view");
    kube_bind("local", "lockstep-operate");
    ask_until_acting("local", true);
    ck_assert_ptr_nonnull(
        strstr(got.denials, "deployment|kube-system|patch deployments.apps in kube-system\n"));
    const char *own = arena_printf(arena, "|%s|", kube_namespace());
    ck_assert_msg(strstr(got.denials, own) == NULL, "%s", got.denials);
    config.namespaces = kube_namespace();
    ask_until_acting("local", true);
    ck_assert_str_eq(got.denials, "");
}
END_TEST

/* Credentials. */

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    (void)arg;
    (void)sent;
    got.status = answer->status;
    got.err = *err;
    got.answers++;
}

static void on_access(void *arg, struct http *http, const struct err *err)
{
    (void)arg;
    got.http = http;
    got.err = *err;
    got.answers++;
}

/* The status of listing namespaces; 0 with got.err when no credentials could be had. */
static long visit(bool refresh)
{
    unsigned before = got.answers;

    kube_access_get(access_, refresh, on_access, NULL);
    while (got.answers == before)
        loop_turn(loop, -1);
    if (!got.http)
        return 0;
    before = got.answers;
    http_get(got.http, "/api/v1/namespaces", on_answer, NULL);
    while (got.answers == before)
        loop_turn(loop, -1);
    return got.status;
}

START_TEST(every_kind_of_kubeconfig_of_the_rig_works_or_says_why_not)
{
    open_as(kube_config("certificate"));
    ck_assert_int_eq(visit(false), 200);
    open_as(kube_config("viewer"));
    ck_assert_int_eq(visit(false), 200);
    open_as(kube_config("local"));
    ck_assert_int_eq(visit(false), 403);
    open_as(kube_config("expired"));
    ck_assert_int_eq(visit(false), 0);
    ck_assert_int_eq(got.err.code, ERR_AUTH);
    ck_assert_msg(strstr(got.err.text, "the client certificate expired on ") != NULL, "%s",
                  got.err.text);
}
END_TEST

START_TEST(a_rotated_token_is_found_by_asking_again)
{
    open_as(kube_config("viewer"));
    ck_assert_int_eq(visit(false), 200);
    kube_tell("rotate viewer");
    ck_assert_int_eq(visit(false), 401);
    ck_assert_int_eq(visit(true), 200);
    ck_assert_int_eq(visit(false), 200);
}
END_TEST

/* A kubeconfig for the rig's server with another user entry. */
static const char *config_with(const char *user)
{
    const char *file = arena_printf(arena, "%s/config", test_dir());
    FILE *f = fopen(file, "w");

    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: "
            "[{name: k, cluster: {server: '%s', certificate-authority: '%s/ca.crt'}}]\nusers: "
            "[{name: u, user: {%s}}]\n",
            kube_server(), kube_folder(), user);
    fclose(f);
    chmod(file, 0600);
    return file;
}

START_TEST(files_and_plugins_follow_a_rotation)
{
    const char *plugin = arena_printf(arena, "%s/plugin", test_dir());
    FILE *f = fopen(plugin, "w");

    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "#!/bin/sh\nprintf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":"
            "\"ExecCredential\",\"status\":{\"token\":\"%%s\"}}' \"$(cat %s/viewer.token)\"\n",
            kube_folder());
    fclose(f);
    chmod(plugin, 0700);
    const char *const users[] = {
        arena_printf(arena, "tokenFile: '%s/viewer.token'", kube_folder()),
        arena_printf(arena,
                     "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, "
                     "command: '%s'}",
                     plugin),
    };
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        open_as(config_with(users[i]));
        ck_assert_msg(visit(false) == 200, "%ld %s", got.status, got.err.text);
        kube_tell("rotate viewer");
        ck_assert_int_eq(visit(false), 401);
        ck_assert_int_eq(visit(true), 200);
    }
}
END_TEST

START_TEST(who_is_impersonated_is_who_acts)
{
    char token[100];
    FILE *f = fopen(arena_printf(arena, "%s/admin.token", kube_folder()), "r");

    ck_assert(f && fgets(token, sizeof token, f));
    fclose(f);
    token[strcspn(token, "\n")] = '\0';
    open_as(config_with(arena_printf(
        arena, "token: '%s', as: somebody, as-groups: [system:authenticated, 'lockstep:viewers']",
        token)));
    ask();
    ck_assert_str_eq(got.who, "somebody");
    ck_assert(got.verified && got.may_view && !got.may_act);
}
END_TEST

/* The policy. */

static void expect_ctl(const char *words, int status, const char *says)
{
    char *out;
    int got_status = kube_ctl("admin", words, &out);

    ck_assert_msg((got_status == 0) == (status == 0) && strstr(out, says), "%s: %d %s", words,
                  got_status, out);
    free(out);
}

/* What kubectl would print of a change that is refused. */
static void expect_refused(const char *change, const char *says)
{
    json_t *answer = NULL;
    long status = kube_call("PATCH", "deployments/web", change, &answer);
    const char *message = json_string_value(json_object_get(answer, "message"));

    ck_assert_int_eq(status / 100, 4);
    ck_assert_msg(message && strstr(message, says), "%s", message ? message : "");
    json_decref(answer);
}

/* A policy takes a moment to be in force. */
static void wait_for_refusal(const char *words)
{
    for (int i = 0; i < 100; i++) {
        char *out;
        int status = kube_ctl("admin", words, &out);
        free(out);
        if (status != 0)
            return;
        rig_pause_ms(100);
    }
    ck_abort_msg("never refused: %s", words);
}

START_TEST(under_the_printed_policy_kubectl_meets_the_guard)
{
    kube_make("deployments", "web", 2, KUBE_OLD, NULL);
    kube_make("deployments", "free", 1, KUBE_OLD, NULL);
    apply_printed("doctor --print-policy");
    expect_ctl("label deployment web lockstep.guarded=true", 0, "labeled");
    wait_for_refusal("set image deployment/web app=pause:" KUBE_NEXT " --dry-run=server");
    expect_refused("{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}}}",
                   "deployment web is guarded by lockstep: start it with `lockstep start web "
                   "VERSION`");
    expect_ctl("set image deployment/free app=pause:" KUBE_NEW, 0, "image updated");
    expect_ctl("scale deployment web --replicas 3", 0, "scaled");
    expect_ctl("rollout pause deployment/web", 0, "paused");
    expect_ctl("set image deployment/web app=pause:" KUBE_NEW, 0, "image updated");
    expect_refused("{\"spec\":{\"paused\":false}}",
                   "deployment web is held by lockstep: `lockstep step web` goes on");
    ck_assert_uint_eq(kube_pods("web", KUBE_NEW), 0);
    /* what lockstep does is told by its field manager */
    ck_assert_int_eq(kube_call("PATCH", "deployments/web?fieldManager=lockstep",
                               "{\"spec\":{\"paused\":false,\"minReadySeconds\":2147483646,"
                               "\"progressDeadlineSeconds\":2147483647}}",
                               NULL),
                     200);
    expect_refused("{\"spec\":{\"minReadySeconds\":0}}", "is held by lockstep");
    ck_assert_int_eq(kube_call("PATCH", "deployments/web?fieldManager=lockstep",
                               "{\"spec\":{\"minReadySeconds\":0,\"progressDeadlineSeconds\":600}}",
                               NULL),
                     200);
    expect_ctl("label deployment web lockstep.guarded-", 0, "unlabeled");
    expect_ctl("set image deployment/web app=pause:" KUBE_OLD, 0, "image updated");
    expect_ctl("delete validatingadmissionpolicybinding lockstep-guarded", 0, "deleted");
    expect_ctl("delete validatingadmissionpolicy lockstep-guarded", 0, "deleted");
}
END_TEST

SUITE(kube_access)
{
    Suite *suite = suite_create("kube-access");
    TCase *tc = test_case(suite, "access", 120);

    kube_need();
    if (!kube_is_ours())
        return suite;
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_administrator_lacks_nothing);
    tcase_add_test(tc, without_rights_everything_is_named);
    tcase_add_test(tc, the_printed_view_role_is_enough_to_look_and_for_nothing_else);
    tcase_add_test(tc, the_printed_operate_role_lacks_nothing);
    tcase_add_test(tc, rights_in_one_namespace_leave_the_other_keys_grey);
    tcase_add_test(tc, who_is_impersonated_is_who_acts);
    tcase_add_test(tc, every_kind_of_kubeconfig_of_the_rig_works_or_says_why_not);
    tcase_add_test(tc, a_rotated_token_is_found_by_asking_again);
    tcase_add_test(tc, files_and_plugins_follow_a_rotation);
    tcase_add_test(tc, under_the_printed_policy_kubectl_meets_the_guard);
    return suite;
}
