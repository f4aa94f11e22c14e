/* permissions_sum.c: from rights to keys: what is denied, where, in which words. */
#include "drivers/kubernetes/permissions_private.h"

#include <stdlib.h>
#include <string.h>

/* Denials on their way into the answer. */
struct list {
    struct ask *ask;
    struct driver_denial *items;
    size_t count;
};

static const char *words(struct ask *ask, const struct question *q, const char *scope)
{
    const struct kube_need need = {q->verb, q->row->group, q->row->resource, q->row->subresource};
    char text[400];

    return arena_strdup(ask->arena, kube_need_text(&need, scope, text, sizeof text));
}

static enum right in_scope(const struct question *q, size_t scope)
{
    return (enum right)q->scopes[scope];
}

/* Refused in every namespace there is (or that is followed). */
static bool refused_everywhere(const struct ask *ask, const struct question *q)
{
    if (q->cluster != RIGHT_NO || q->row->whole || !ask->scope_count)
        return q->cluster == RIGHT_NO;
    for (size_t i = 0; i < ask->scope_count; i++)
        if (in_scope(q, i) != RIGHT_NO)
            return false;
    return true;
}

static void add(struct list *list, const struct question *q, const char *scope, const char *missing)
{
    list->items[list->count++] = (struct driver_denial){
        .verbs = q->row->keys,
        .kind = q->row->kind ? q->row->kind : "",
        .scope = scope,
        .missing = missing,
    };
}

/* One line for a namespace that was asked for and of which nothing is shown. */
static bool hides_namespace(const struct question *q)
{
    return strcmp(q->row->resource, "deployments") == 0 && strcmp(q->verb, "list") == 0;
}

/* What only shows: no key is denied for it. */
static void add_notes(struct list *list, const struct question *q)
{
    struct ask *ask = list->ask;
    const char *where = ask->scope_count == 1 ? ask->scopes[0] : "";

    if (refused_everywhere(ask, q)) {
        add(list, q, "",
            arena_printf(ask->arena, "%s: %s", words(ask, q, q->row->whole ? "" : where),
                         q->row->why));
        return;
    }
    for (size_t i = 0; i < ask->scope_count && hides_namespace(q); i++)
        if (in_scope(q, i) == RIGHT_NO)
            add(list, q, ask->scopes[i],
                arena_printf(ask->arena, "%s: %s is not seen", words(ask, q, ask->scopes[i]),
                             ask->scopes[i]));
}

static void add_denials(struct list *list, const struct question *q)
{
    struct ask *ask = list->ask;

    if (refused_everywhere(ask, q)) {
        add(list, q, "", words(ask, q, ask->scope_count == 1 ? ask->scopes[0] : ""));
        return;
    }
    for (size_t i = 0; i < ask->scope_count; i++)
        if (in_scope(q, i) == RIGHT_NO)
            add(list, q, ask->scopes[i], words(ask, q, ask->scopes[i]));
}

/* Which kinds may still be stepped anywhere. Without Argo's kind: most clusters have none. */
static bool may_step(const struct list *list)
{
    static const char *const kinds[] = {"deployment", "statefulset", "daemonset"};

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        bool denied = false;
        for (size_t i = 0; i < list->count && !denied; i++) {
            const struct driver_denial *d = &list->items[i];
            denied = (d->verbs & (1u << VERB_STEP)) && !d->scope[0] &&
                     (!d->kind[0] || strcmp(d->kind, kinds[k]) == 0);
        }
        if (!denied)
            return true;
    }
    return false;
}

/* Something to look at is enough: what is missing is in the notes. */
static bool may_view(const struct ask *ask)
{
    for (size_t i = 0; i < ask->question_count; i++) {
        const struct question *q = &ask->questions[i];
        if (q->row->role == RBAC_VIEW && strcmp(q->verb, "list") == 0 &&
            strcmp(q->row->group, "apps") == 0 && !refused_everywhere(ask, q))
            return true;
    }
    return false;
}

static struct driver_permissions read_only_answer(struct ask *ask)
{
    const struct kube_place *place = kube_access_place(ask->access);

    return (struct driver_permissions){
        .who = arena_strdup(ask->arena, place->user),
        .may_view = true,
        .missing = place->view_only[0] ? arena_printf(ask->arena, "act here: %s", place->view_only)
                                       : "act here: it is opened read-only",
    };
}

struct driver_permissions kube_permissions_sum(struct ask *ask)
{
    struct list list = {.ask = ask};
    const struct kube_place *place = kube_access_place(ask->access);
    struct driver_permissions out = {.missing = ""};

    if (place->read_only)
        return read_only_answer(ask);
    list.items = arena_alloc(ask->arena, ask->question_count * (ask->scope_count + 1) + 1,
                             sizeof *list.items);
    for (size_t i = 0; i < ask->question_count; i++) {
        if (ask->questions[i].row->keys)
            add_denials(&list, &ask->questions[i]);
        else
            add_notes(&list, &ask->questions[i]);
    }
    out.who = ask->who[0] ? ask->who : arena_strdup(ask->arena, place->user);
    out.verified = ask->who[0] != '\0';
    out.may_view = may_view(ask);
    out.may_act = may_step(&list);
    for (size_t i = 0; i < list.count && !out.missing[0] && !out.may_act; i++)
        if (list.items[i].verbs & (1u << VERB_STEP))
            out.missing = list.items[i].missing;
    out.denials = list.items;
    out.denial_count = list.count;
    return out;
}
