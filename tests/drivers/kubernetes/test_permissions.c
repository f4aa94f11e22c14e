/* test_permissions.c: who, and which keys where, against a scripted API server. */
#include "test.h"

#include "base/clock.h"
#include "base/json.h"
#include "drivers/kubernetes/permissions.h"
#include "drivers/kubernetes/rbac.h"
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct clock *real;
static struct loop *loop;
static struct arena *arena;
static struct server *server;
static struct kube_access *access_;
static struct cluster_config config;

/* What the server grants: ";verb resource[/subresource];…" */
static struct {
    const char *cluster;  /* rights everywhere; or "all" */
    const char *shop;     /* rights in the namespace shop besides */
    bool namespaces;      /* may be listed */
    bool incomplete;      /* rights cannot be listed */
    int review_status;    /* of SelfSubjectReview; 0: 201 */
    const char *who_path; /* where it is answered */
    unsigned broken;      /* the first so many reviews answer 503 */
} world;

static struct {
    bool done;
    char who[100], missing[300];
    bool verified, may_view, may_act;
    char denials[8000];
    size_t denial_count;
} got;

static bool listed(const char *list, const char *words)
{
    char wanted[200];

    snprintf(wanted, sizeof wanted, ";%s;", words);
    return list && (strcmp(list, "all") == 0 || strstr(list, wanted));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool answer_access(const json_t *root, struct server_reply *reply)
{
    const json_t *a = json_object_get(json_object_get(root, "spec"), "resourceAttributes");
    const char *scope = text_of(a, "namespace"), *sub = text_of(a, "subresource");
    char words[200];

    snprintf(words, sizeof words, "%s %s%s%s", text_of(a, "verb"), text_of(a, "resource"),
             sub[0] ? "/" : "", sub);
    bool yes =
        listed(world.cluster, words) || (strcmp(scope, "shop") == 0 && listed(world.shop, words));
    reply->body = yes ? "{\"status\":{\"allowed\":true}}" : "{\"status\":{\"allowed\":false}}";
    reply->status = 201;
    return true;
}

/* Rights in the namespace as rules, one each. */
static bool answer_rules(const json_t *root, struct server_reply *reply)
{
    static char bodies[8][4000];
    static unsigned next;
    char *body = bodies[next++ % 8];
    const char *scope = text_of(json_object_get(root, "spec"), "namespace");
    const char *list = strcmp(scope, "shop") == 0 ? world.shop : NULL;
    size_t used = (size_t)snprintf(body, 4000, "{\"status\":{\"incomplete\":%s,\"resourceRules\":[",
                                   world.incomplete ? "true" : "false");

    for (const char *at = list && !world.incomplete ? list + 1 : ""; *at;) {
        size_t len = strcspn(at, ";"), verb = strcspn(at, " ");
        const char *resource = at + verb + 1;
        int resource_len = (int)(len - verb - 1);
        const char *group = strncmp(resource, "roll", 4) == 0     ? "argoproj.io"
                            : memchr("dsr", *resource, 3) != NULL ? "apps"
                                                                  : "";
        used += (size_t)snprintf(body + used, 4000 - used,
                                 "%s{\"verbs\":[\"%.*s\"],\"apiGroups\":[\"%s\"],\"resources\":["
                                 "\"%.*s\"]}",
                                 at == list + 1 ? "" : ",", (int)verb, at, group, resource_len,
                                 resource);
        at += len + 1;
    }
    snprintf(body + used, 4000 - used, "]}}");
    reply->body = body;
    reply->status = 201;
    return true;
}

static bool answer(void *arg, const char *method, const char *path, const char *body,
                   struct server_reply *reply)
{
    json_t *root = json_loads(body, 0, NULL);
    bool known = false;

    (void)arg;
    if (strcmp(path, "/version") == 0) {
        reply->body = "{\"gitVersion\":\"v1.30.1\"}";
        known = true;
    } else if (strstr(path, "review") && world.broken) {
        world.broken--;
        reply->status = 503;
        known = true;
    } else if (strcmp(path, world.who_path) == 0) {
        reply->status = world.review_status ? world.review_status : 201;
        reply->body = "{\"status\":{\"userInfo\":{\"username\":\"ann@example\"}}}";
        known = true;
    } else if (strstr(path, "selfsubjectaccessreviews")) {
        known = answer_access(root, reply);
    } else if (strstr(path, "selfsubjectrulesreviews")) {
        known = answer_rules(root, reply);
    } else if (strncmp(path, "/api/v1/namespaces", 18) == 0 && world.namespaces) {
        reply->body = "{\"items\":[{\"metadata\":{\"name\":\"shop\"}},{\"metadata\":{\"name\":"
                      "\"pay\"}}]}";
        known = true;
    }
    (void)method;
    json_decref(root);
    return known;
}

static void setup(void)
{
    real = clock_new_real();
    loop = loop_new(real);
    arena = arena_new(1024);
    memset(&got, 0, sizeof got);
    memset(&world, 0, sizeof world);
    world.cluster = "all";
    world.namespaces = true;
    world.who_path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    server = server_new();
    server_handle(server, answer, NULL);
    const char *file = arena_printf(arena, "%s/config", test_dir());
    FILE *f = fopen(file, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f,
            "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: "
            "shop}}]\nclusters: [{name: k, cluster: {server: '%s'}}]\nusers: [{name: u, user: "
            "{}}]\n",
            server_url(server));
    fclose(f);
    config = (struct cluster_config){.name = "c", .kind = "kubernetes", .kubeconfig = file};
}

static void teardown(void)
{
    kube_access_close(access_);
    server_free(server);
    loop_free(loop);
    clock_free(real);
    arena_free(arena);
}

static void on_permissions(void *arg, const struct driver_permissions *p, const struct err *err)
{
    size_t used = 0;

    (void)arg;
    ck_assert(!got.done && (!err || err->code == ERR_NONE));
    got.done = true;
    snprintf(got.who, sizeof got.who, "%s", p->who);
    snprintf(got.missing, sizeof got.missing, "%s", p->missing);
    got.verified = p->verified;
    got.may_view = p->may_view;
    got.may_act = p->may_act;
    got.denial_count = p->denial_count;
    for (size_t i = 0; i < p->denial_count && used < sizeof got.denials; i++)
        used += (size_t)snprintf(got.denials + used, sizeof got.denials - used, "%x|%s|%s|%s\n",
                                 p->denials[i].verbs, p->denials[i].kind, p->denials[i].scope,
                                 p->denials[i].missing);
}

static void ask(void)
{
    struct err err = {0};

    access_ = kube_access_open(loop, &config, &err);
    ck_assert_msg(access_ != NULL, "%s", err.text);
    kube_permissions_ask(access_, on_permissions, NULL);
    ck_assert(!got.done);
    while (!got.done)
        loop_turn(loop, -1);
}

static void expect(const char *line)
{
    ck_assert_msg(strstr(got.denials, line) != NULL, "no '%s' in:\n%s", line, got.denials);
}

START_TEST(who_may_do_all_is_denied_nothing)
{
    ask();
    ck_assert_str_eq(got.who, "ann@example");
    ck_assert(got.verified && got.may_view && got.may_act);
    ck_assert_uint_eq(got.denial_count, 0);
    ck_assert_str_eq(got.missing, "");
    ck_assert_uint_eq(server_count(server, "POST /apis/authorization.k8s.io/v1/selfsubjectrules"),
                      0);
}
END_TEST

START_TEST(who_is_asked_in_the_way_the_server_knows)
{
    static const char *const paths[] = {"/apis/authentication.k8s.io/v1beta1/selfsubjectreviews",
                                        "/apis/authentication.k8s.io/v1alpha1/selfsubjectreviews",
                                        "/nowhere"};

    world.who_path = paths[_i];
    ask();
    ck_assert_str_eq(got.who, _i < 2 ? "ann@example" : "u");
    ck_assert(got.verified == (_i < 2));
}
END_TEST

#define VIEW_CORE                                                                                  \
    ";get deployments;list deployments;watch deployments;list nodes;get nodes;watch nodes;list "   \
    "namespaces;"

START_TEST(who_may_only_look_has_grey_keys_with_verb_and_resource)
{
    world.cluster = VIEW_CORE;
    ask();
    ck_assert(got.may_view && !got.may_act);
    ck_assert_str_eq(got.missing, "patch deployments.apps");
    expect("1f|deployment||patch deployments.apps\n");
    expect("1f|rollout||patch rollouts.argoproj.io\n");
    expect("13|daemonset||delete pods\n");
}
END_TEST

START_TEST(rights_in_one_namespace_count_there_only)
{
    world.cluster = VIEW_CORE;
    world.shop = ";patch deployments;create configmaps;update configmaps;";
    ask();
    ck_assert(got.may_act);
    ck_assert_str_eq(got.missing, "");
    expect("1f|deployment|pay|patch deployments.apps in pay\n");
    expect("7f||pay|create configmaps in pay\n");
    expect("1f|statefulset||patch statefulsets.apps\n");
    ck_assert_ptr_null(strstr(got.denials, "|shop|"));
}
END_TEST

START_TEST(where_rights_cannot_be_listed_each_is_asked_for)
{
    world.incomplete = true;
    world.cluster = VIEW_CORE;
    world.shop = ";patch deployments;create configmaps;update configmaps;";
    ask();
    ck_assert(got.may_act);
    expect("1f|deployment|pay|patch deployments.apps in pay\n");
    ck_assert_ptr_null(strstr(got.denials, "1f|deployment|shop|"));
}
END_TEST

START_TEST(without_the_list_of_namespaces_the_context_s_own_is_asked)
{
    world.namespaces = false;
    world.cluster = ";none;";
    world.shop = ";list deployments;get deployments;watch deployments;patch deployments;create "
                 "configmaps;update configmaps;";
    ask();
    ck_assert(got.may_view && got.may_act);
    expect("0|||list nodes: nodes that went silent are not seen");
    expect("1f|statefulset||patch statefulsets.apps in shop\n");
    ck_assert_ptr_null(strstr(got.denials, "|deployment|"));
}
END_TEST

START_TEST(configured_namespaces_are_the_ones_that_are_asked)
{
    config.namespaces = "pay";
    world.cluster = VIEW_CORE;
    world.shop = ";patch deployments;create configmaps;update configmaps;";
    ask();
    ck_assert(!got.may_act);
    expect("1f|deployment||patch deployments.apps in pay\n");
    ck_assert_uint_eq(server_count(server, "GET /api/v1/namespaces"), 0);
}
END_TEST

START_TEST(a_missing_subresource_greys_only_what_needs_it)
{
    char *list = xstrdup(";"), *grown;
    for (size_t i = 0; i < rbac_row_count; i++)
        for (const char *v = rbac_rows[i].verbs; *v; v += strcspn(v, ","), v += *v == ',') {
            if (strcmp(rbac_rows[i].subresource, "status") == 0)
                continue;
            grown =
                xasprintf("%s%.*s %s%s%s;", list, (int)strcspn(v, ","), v, rbac_rows[i].resource,
                          rbac_rows[i].subresource[0] ? "/" : "", rbac_rows[i].subresource);
            free(list);
            list = grown;
        }
    world.cluster = list;
    ask();
    ck_assert(got.may_act);
    ck_assert_uint_eq(got.denial_count, 1);
    ck_assert_str_eq(got.denials, "1a|rollout||patch rollouts/status.argoproj.io\n");
    free(list);
}
END_TEST

START_TEST(read_only_sends_nothing_but_get)
{
    config.read_only = true;
    ask();
    ck_assert(!got.verified && got.may_view && !got.may_act);
    ck_assert_str_eq(got.who, "u");
    ck_assert_ptr_nonnull(strstr(got.missing, "act here: it is opened read-only"));
    ck_assert_uint_eq(server_count(server, "POST"), 0);
}
END_TEST

START_TEST(a_server_in_trouble_is_asked_again)
{
    world.broken = 2;
    ask();
    ck_assert(got.may_act && got.verified);
    ck_assert_uint_eq(got.denial_count, 0);
}
END_TEST

START_TEST(closing_meanwhile_calls_nobody)
{
    struct err err = {0};

    access_ = kube_access_open(loop, &config, &err);
    kube_permissions_ask(access_, on_permissions, NULL);
    kube_permissions_ask(access_, on_permissions, NULL);
    while (server_count(server, "POST") < 3)
        loop_turn(loop, 50);
    kube_access_close(access_);
    access_ = NULL;
    while (loop_turn(loop, 0))
        ;
    ck_assert(!got.done);
}
END_TEST

START_TEST(a_need_is_written_as_kubectl_writes_it)
{
    char text[100];

    ck_assert_str_eq(kube_need_text(&(struct kube_need){"patch", "apps", "deployments", ""}, "",
                                    text, sizeof text),
                     "patch deployments.apps");
    ck_assert_str_eq(
        kube_need_text(&(struct kube_need){"get", "", "pods", "log"}, "shop", text, sizeof text),
        "get pods/log in shop");
}
END_TEST

START_TEST(the_roles_hold_what_is_asked_for_and_nothing_wide)
{
    for (int role = RBAC_VIEW; role <= RBAC_OPERATE; role++) {
        struct err err = {0};
        char *text = rbac_yaml((enum rbac_role)role);
        json_t *root = json_parse_yaml(text, strlen(text), "role", &err);
        ck_assert_msg(root != NULL, "%s", err.text);
        ck_assert_ptr_null(strchr(strstr(text, "rules:"), '*'));
        ck_assert_ptr_null(strstr(text, "secrets"));
        ck_assert((strstr(text, "[patch]") != NULL) == (role == RBAC_OPERATE));
        ck_assert((strstr(text, "pods/log") != NULL));
        ck_assert_uint_eq(json_array_size(json_object_get(root, "rules")),
                          role == RBAC_VIEW ? 13 : 21);
        json_decref(root);
        free(text);
    }
}
END_TEST

SUITE(permissions)
{
    Suite *suite = suite_create("permissions");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, who_may_do_all_is_denied_nothing);
    tcase_add_loop_test(tcase, who_is_asked_in_the_way_the_server_knows, 0, 3);
    tcase_add_test(tcase, who_may_only_look_has_grey_keys_with_verb_and_resource);
    tcase_add_test(tcase, rights_in_one_namespace_count_there_only);
    tcase_add_test(tcase, where_rights_cannot_be_listed_each_is_asked_for);
    tcase_add_test(tcase, without_the_list_of_namespaces_the_context_s_own_is_asked);
    tcase_add_test(tcase, configured_namespaces_are_the_ones_that_are_asked);
    tcase_add_test(tcase, a_missing_subresource_greys_only_what_needs_it);
    tcase_add_test(tcase, read_only_sends_nothing_but_get);
    tcase_add_test(tcase, a_server_in_trouble_is_asked_again);
    tcase_add_test(tcase, closing_meanwhile_calls_nobody);
    tcase_add_test(tcase, a_need_is_written_as_kubectl_writes_it);
    tcase_add_test(tcase, the_roles_hold_what_is_asked_for_and_nothing_wide);
    return suite;
}
