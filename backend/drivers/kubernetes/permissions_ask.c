/* permissions_ask.c: the questions, and reading what the server answers. */
#include "drivers/kubernetes/permissions_private.h"

#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Versions of SelfSubjectReview, newest first; older servers have none. */
static const char *const who_versions[] = {"v1", "v1beta1", "v1alpha1"};

#define AUTHORIZATION "/apis/authorization.k8s.io/v1/"

/* The next verb of "get,list,watch"; false at the end. */
static bool next_verb(const char **list, char out[12])
{
    size_t len = strcspn(*list, ",");

    snprintf(out, 12, "%.*s", len > 11 ? 11 : (int)len, *list);
    *list += len + ((*list)[len] == ',');
    return len > 0;
}

size_t kube_ask_count_questions(void)
{
    size_t count = 0;
    char verb[12];

    for (size_t i = 0; i < rbac_row_count; i++)
        for (const char *list = rbac_rows[i].verbs; next_verb(&list, verb);)
            count++;
    return count;
}

void kube_ask_list_questions(struct ask *ask)
{
    size_t count = 0;

    for (size_t i = 0; i < rbac_row_count; i++)
        for (const char *list = rbac_rows[i].verbs;
             count < ask->question_count && next_verb(&list, ask->questions[count].verb);)
            ask->questions[count++].row = &rbac_rows[i];
}

/* A body of an answer; NULL when the server did not give one that counts. A new reference. */
static json_t *body_of(struct ask *ask, const struct http_answer *answer, const struct err *failed)
{
    struct err ignored = {0};

    if (failed->code != ERR_NONE) {
        err_set(&ask->failed, failed->code, "%s", failed->text);
        return NULL;
    }
    if (answer->status < 200 || answer->status > 299)
        return NULL;
    return json_parse(answer->body, answer->body_len, "the review", &ignored);
}

/* Who. */

static void on_who(struct ask *ask, size_t question, const struct http_answer *answer,
                   const struct err *failed)
{
    json_t *root = body_of(ask, answer, failed);
    struct json_at at = json_root(root, "the review", ask->arena);
    struct json_at status = json_key(&at, "status"), user = json_key(&status, "userInfo");
    struct json_at name = json_key(&user, "username");
    struct err ignored = {0};

    (void)question;
    if (ask->failed.code == ERR_NONE && answer->status == 404)
        ask->who_version++;
    else if (ask->failed.code == ERR_NONE)
        ask->who_version = ARRAY_LEN(who_versions);
    if (root && json_opt_text(&name, 95, "", &ask->who, &ignored))
        ask->who_version = ARRAY_LEN(who_versions);
    json_decref(root);
}

static bool ask_who(struct ask *ask)
{
    char path[100], version[60];

    if (ask->in_flight || ask->who_version >= ARRAY_LEN(who_versions))
        return false;
    snprintf(path, sizeof path, "/apis/authentication.k8s.io/%s/selfsubjectreviews",
             who_versions[ask->who_version]);
    snprintf(version, sizeof version, "authentication.k8s.io/%s", who_versions[ask->who_version]);
    kube_ask(ask, path, json_pack("{s:s, s:s}", "apiVersion", version, "kind", "SelfSubjectReview"),
             0, on_who);
    return true;
}

/* One right. */

static json_t *make_review(const struct question *q, const char *scope)
{
    json_t *attributes = json_pack("{s:s, s:s, s:s}", "verb", q->verb, "group", q->row->group,
                                   "resource", q->row->resource);

    if (q->row->subresource[0])
        json_object_set_new(attributes, "subresource", json_string(q->row->subresource));
    if (scope[0])
        json_object_set_new(attributes, "namespace", json_string(scope));
    return json_pack("{s:s, s:s, s:{s:o}}", "apiVersion", "authorization.k8s.io/v1", "kind",
                     "SelfSubjectAccessReview", "spec", "resourceAttributes", attributes);
}

static enum right right_of(struct ask *ask, const struct http_answer *answer,
                           const struct err *failed)
{
    json_t *root = body_of(ask, answer, failed);
    struct json_at at = json_root(root, "the review", ask->arena);
    struct json_at status = json_key(&at, "status"), allowed = json_key(&status, "allowed");
    struct err ignored = {0};
    bool yes = false;
    enum right right = root && json_get_bool(&allowed, &yes, &ignored) ? yes ? RIGHT_YES : RIGHT_NO
                                                                       : RIGHT_UNKNOWN;

    json_decref(root);
    return right;
}

static void on_cluster_right(struct ask *ask, size_t question, const struct http_answer *answer,
                             const struct err *failed)
{
    ask->questions[question].cluster = right_of(ask, answer, failed);
    if (ask->failed.code != ERR_NONE)
        ask->at = 0; /* those that are known are not asked again */
}

static bool is_being_asked(const struct ask *ask, size_t question)
{
    for (size_t i = 0; i < ASK_LANES; i++)
        if (ask->lanes[i].busy && ask->lanes[i].question == question)
            return true;
    return false;
}

static bool ask_cluster(struct ask *ask)
{
    for (; ask->at < ask->question_count; ask->at++) {
        const struct question *q = &ask->questions[ask->at];
        if (q->cluster != RIGHT_UNKNOWN || is_being_asked(ask, ask->at))
            continue;
        kube_ask(ask, AUTHORIZATION "selfsubjectaccessreviews", make_review(q, ""), ask->at,
                 on_cluster_right);
        ask->at++;
        return true;
    }
    return false;
}

/* Namespaces. */

static bool is_open(const struct question *q)
{
    return q->cluster == RIGHT_NO && !q->row->whole;
}

static bool any_open(const struct ask *ask)
{
    for (size_t i = 0; i < ask->question_count; i++)
        if (is_open(&ask->questions[i]))
            return true;
    return false;
}

static void take_scopes(struct ask *ask, size_t count)
{
    ask->scopes = arena_alloc(ask->arena, count + 1, sizeof *ask->scopes);
    ask->listed = arena_alloc(ask->arena, count + 1, sizeof *ask->listed);
}

static void on_namespaces(struct ask *ask, size_t question, const struct http_answer *answer,
                          const struct err *failed)
{
    const struct kube_place *place = kube_access_place(ask->access);
    json_t *root = body_of(ask, answer, failed);
    struct json_at at = json_root(root, "the namespaces", ask->arena);
    struct json_at items = json_key(&at, "items");
    struct err ignored = {0};
    size_t count = 0;

    (void)question;
    if (ask->failed.code != ERR_NONE)
        return;
    if (root && json_get_array(&items, &count, &ignored) && count > 0) {
        take_scopes(ask, count > ASK_NAMESPACES_MAX ? ASK_NAMESPACES_MAX : count);
    } else {
        take_scopes(ask, 1);
        ask->scopes[ask->scope_count++] = place->namespace;
    }
    for (size_t i = 0; i < count && ask->scope_count < ASK_NAMESPACES_MAX; i++) {
        struct json_at item = json_index(&items, i), meta = json_key(&item, "metadata");
        struct json_at name = json_key(&meta, "name");
        if (json_get_id(&name, 63, &ask->scopes[ask->scope_count], &ignored))
            ask->scope_count++;
    }
    json_decref(root);
}

static bool ask_namespaces(struct ask *ask)
{
    const struct kube_place *place = kube_access_place(ask->access);

    if (ask->scopes || ask->in_flight || !any_open(ask))
        return false;
    if (!place->namespace_count) {
        kube_ask(ask, "/api/v1/namespaces?limit=256", NULL, 0, on_namespaces);
        return true;
    }
    take_scopes(ask, place->namespace_count);
    for (size_t i = 0; i < place->namespace_count && i < ASK_NAMESPACES_MAX; i++)
        ask->scopes[ask->scope_count++] = place->namespaces[i];
    return false;
}

/* Rules. */

static bool has(const struct json_at *rule, const char *key, const char *wanted)
{
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(rule->value, key), i, item)
    {
        const char *text = json_raw(item);
        if (text && (strcmp(text, "*") == 0 || strcmp(text, wanted) == 0))
            return true;
    }
    return false;
}

static bool grants(const struct json_at *rule, const struct question *q)
{
    char resource[64];

    snprintf(resource, sizeof resource, "%s%s%s", q->row->resource,
             q->row->subresource[0] ? "/" : "", q->row->subresource);
    return has(rule, "verbs", q->verb) && has(rule, "apiGroups", q->row->group) &&
           has(rule, "resources", resource) &&
           json_array_size(json_object_get(rule->value, "resourceNames")) == 0;
}

static void take_rules(struct ask *ask, size_t scope, const struct json_at *rules, bool whole)
{
    size_t count = json_array_size(rules->value);

    for (size_t i = 0; i < ask->question_count; i++) {
        struct question *q = &ask->questions[i];
        bool yes = false;
        for (size_t r = 0; is_open(q) && r < count && !yes; r++) {
            struct json_at rule = json_index(rules, r);
            yes = grants(&rule, q);
        }
        if (is_open(q))
            q->scopes[scope] = yes ? RIGHT_YES : whole ? RIGHT_NO : RIGHT_UNKNOWN;
    }
}

static void on_rules(struct ask *ask, size_t scope, const struct http_answer *answer,
                     const struct err *failed)
{
    json_t *root = body_of(ask, answer, failed);
    struct json_at at = json_root(root, "the review", ask->arena), status = json_key(&at, "status");
    struct json_at rules = json_key(&status, "resourceRules");
    struct json_at incomplete = json_key(&status, "incomplete");
    struct err ignored = {0};
    bool partly = true;

    if (ask->failed.code != ERR_NONE) {
        ask->at = 0;
        return;
    }
    if (root)
        json_opt_bool(&incomplete, false, &partly, &ignored);
    ask->listed[scope] = true;
    take_rules(ask, scope, &rules, root && !partly);
    json_decref(root);
}

static bool ask_rules(struct ask *ask)
{
    for (; ask->at < ask->scope_count; ask->at++) {
        if (ask->listed[ask->at] || is_being_asked(ask, ask->at))
            continue;
        kube_ask(ask, AUTHORIZATION "selfsubjectrulesreviews",
                 json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "authorization.k8s.io/v1", "kind",
                           "SelfSubjectRulesReview", "spec", "namespace", ask->scopes[ask->at]),
                 ask->at, on_rules);
        ask->at++;
        return true;
    }
    return false;
}

/* Each. `question` counts through all scopes of all questions. */

static void on_scope_right(struct ask *ask, size_t place, const struct http_answer *answer,
                           const struct err *failed)
{
    struct question *q = &ask->questions[place % ask->question_count];

    q->scopes[place / ask->question_count] = (unsigned char)right_of(ask, answer, failed);
    if (ask->failed.code != ERR_NONE)
        ask->at = 0;
}

static bool ask_each(struct ask *ask)
{
    size_t places = ask->scope_count <= ASK_EACH_MAX ? ask->question_count * ask->scope_count : 0;

    for (; ask->at < places; ask->at++) {
        struct question *q = &ask->questions[ask->at % ask->question_count];
        size_t scope = ask->at / ask->question_count;
        if (!is_open(q) || !q->row->keys || q->scopes[scope] != RIGHT_UNKNOWN ||
            is_being_asked(ask, ask->at))
            continue;
        kube_ask(ask, AUTHORIZATION "selfsubjectaccessreviews", make_review(q, ask->scopes[scope]),
                 ask->at, on_scope_right);
        ask->at++;
        return true;
    }
    return false;
}

bool kube_ask_step(struct ask *ask)
{
    switch (ask->step) {
    case ASK_WHO:
        return ask_who(ask);
    case ASK_CLUSTER:
        return ask_cluster(ask);
    case ASK_NAMESPACES:
        return ask_namespaces(ask);
    case ASK_RULES:
        return ask_rules(ask);
    case ASK_EACH:
        return ask_each(ask);
    case ASK_DONE:
        break;
    }
    return false;
}
