/* slow_world.c: what each action makes of the world, as the table of actions says it. See slow.h.
 */
#include "guard/slow.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void slow_add(json_t *list, const char *name)
{
    if (!slow_in(list, name))
        json_array_append_new(list, json_string(name));
}

static void add_all(json_t *list, const json_t *more)
{
    size_t i;
    json_t *name;

    json_array_foreach(more, i, name) slow_add(list, json_string_value(name));
}

static void drop(json_t *list, const char *name)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
            json_array_remove(list, i);
}

/* The member of that name; an empty object is put there first when there is none. */
static json_t *member(json_t *object, const char *key)
{
    if (!json_object_get(object, key))
        json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

static json_t *names_at(json_t *object, const char *key)
{
    if (!json_object_get(object, key))
        json_object_set_new(object, key, json_array());
    return json_object_get(object, key);
}

static bool is(const json_t *node, const char *state)
{
    return strcmp(slow_text(node, "state"), state) == 0;
}

/* ---- derived sets ---- */

/* reporting: {reported} + push in flight; silent: {last reported} + all pushes sent since */
json_t *slow_poss(const json_t *node)
{
    json_t *poss = json_array();

    if (is(node, "fenced"))
        return poss;
    slow_add(poss, slow_text(node, "runs"));
    add_all(poss, json_object_get(node, "queued"));
    return poss;
}

json_t *slow_live(const struct slow *slow, const char *service)
{
    json_t *live = json_array(), *node, *version;
    const char *name;

    json_object_foreach(json_object_get(slow->nodes, service), name, node)
    {
        json_t *poss = slow_poss(node);
        add_all(live, poss);
        json_decref(poss);
    }
    json_object_foreach(json_object_get(slow->launchers, service), name, version)
        slow_add(live, json_string_value(version));
    return live;
}

json_t *slow_stores(const struct slow *slow, const char *service)
{
    static const char *const kinds[] = {"reads", "writes", "needs"};
    json_t *versions = json_object_get(
        json_object_get(json_object_get(slow->file, "services"), service), "versions");
    json_t *stores = json_array(), *contract, *names;
    const char *version, *store;

    json_object_foreach(versions, version, contract) for (unsigned k = 0; k < ARRAY_LEN(kinds); k++)
        json_object_foreach(json_object_get(contract, kinds[k]), store, names)
            slow_add(stores, store);
    json_object_foreach(json_object_get(slow->file, "stores"), store,
                        names) if (strcmp(slow_text(names, "owner"), service) == 0)
        slow_add(stores, store);
    return stores;
}

static bool calls(const struct slow *slow, const char *consumer, const char *provider)
{
    json_t *versions = json_object_get(
        json_object_get(json_object_get(slow->file, "services"), consumer), "versions");
    const char *version;
    json_t *contract;

    json_object_foreach(
        versions, version,
        contract) if (json_object_get(json_object_get(contract, "requires"), provider)) return true;
    return false;
}

static bool are_coupled(const struct slow *slow, const char *a, const char *b)
{
    json_t *left = slow_stores(slow, a), *right = slow_stores(slow, b), *store;
    bool coupled = calls(slow, a, b) || calls(slow, b, a);
    size_t i;

    json_array_foreach(left, i, store) coupled =
        coupled || slow_in(right, json_string_value(store));
    json_decref(left);
    json_decref(right);
    return coupled;
}

/* Everybody who is declared, and everybody whom a contract names. */
static json_t *all_services(const struct slow *slow)
{
    json_t *all = json_array(), *at, *contract, *used;
    const char *service, *version, *other;

    json_object_foreach(json_object_get(slow->file, "services"), service, at)
    {
        slow_add(all, service);
        json_object_foreach(json_object_get(at, "versions"), version, contract)
            json_object_foreach(json_object_get(contract, "requires"), other, used)
                slow_add(all, other);
    }
    return all;
}

json_t *slow_coupled(const struct slow *slow, const char *service)
{
    json_t *found = json_array(), *all = all_services(slow), *other;
    size_t k;

    slow_add(found, service);
    for (size_t i = 0; i < json_array_size(found); i++)
        json_array_foreach(all, k,
                           other) if (are_coupled(slow, json_string_value(json_array_get(found, i)),
                                                  json_string_value(other)))
            slow_add(found, json_string_value(other));
    drop(found, service);
    json_decref(all);
    return found;
}

const char *slow_stage(const struct slow *slow, const char *service, const char *version)
{
    const char *stage =
        slow_text(json_object_get(json_object_get(slow->certs, service), version), "stage");

    return stage[0] ? stage : "none";
}

/* ---- certificates ---- */

/* Digest, config and scope do not change in a scenario; what is left, spelt out and sorted. */
static char *basis_of(const struct slow *slow, const char *service, const char *version)
{
    json_t *all = json_object(), *coupled = slow_coupled(slow, service), *beside, *t;
    json_t *stores = slow_stores(slow, service);
    const json_t *contract = slow_contract(slow, service, version);
    const json_t *cert = json_object_get(json_object_get(slow->certs, service), version);
    size_t i, k;

    beside = slow_live(slow, service);
    add_all(beside, json_object_get(cert, "from"));
    drop(beside, version);
    json_object_set_new(all, "beside", json_object());
    json_array_foreach(beside, i, t) member(json_object_get(all, "beside"), json_string_value(t));
    json_array_foreach(coupled, i, t)
    {
        json_t *live = slow_live(slow, json_string_value(t)), *u;
        json_t *row = member(member(all, "coupled"), json_string_value(t));
        json_array_foreach(live, k, u) member(row, json_string_value(u));
        json_decref(live);
    }
    json_array_foreach(stores, i, t)
    {
        const char *store = json_string_value(t);
        json_t *row = member(member(all, "stores"), store), *f;
        json_array_foreach(json_object_get(slow->may, store), k, f)
            member(row, json_string_value(f));
        json_array_foreach(json_object_get(json_object_get(contract, "writes"), store), k, f)
            member(row, json_string_value(f));
    }
    char *text = json_dumps(all, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(all);
    json_decref(coupled);
    json_decref(beside);
    json_decref(stores);
    return text;
}

static void set_stage(const struct slow *slow, const char *service, const char *version,
                      const char *stage)
{
    json_object_set_new(member(member(slow->certs, service), version), "stage", json_string(stage));
}

static void drop_cert(const struct slow *slow, const char *service, const char *version)
{
    json_object_del(member(slow->certs, service), version);
}

static void void_certs(const struct slow *slow)
{
    const char *service, *version;
    json_t *certs, *cert;
    void *next;

    json_object_foreach(slow->certs, service, certs)
        json_object_foreach_safe(certs, next, version, cert)
    {
        const char *stage = slow_text(cert, "stage");
        if (strcmp(stage, "released") == 0 || strcmp(stage, "stable") == 0)
            continue;
        char *basis = basis_of(slow, service, version);
        if (strcmp(basis, slow_text(cert, "basis")) != 0)
            drop_cert(slow, service, version);
        free(basis);
    }
}

/* grows by `writes` of everything in any Live */
static void grow_may(const struct slow *slow)
{
    const char *service, *store;
    json_t *at, *u, *formats;
    size_t i;

    json_object_foreach(json_object_get(slow->file, "services"), service, at)
    {
        json_t *live = slow_live(slow, service);
        json_array_foreach(live, i, u) json_object_foreach(
            json_object_get(slow_contract(slow, service, json_string_value(u)), "writes"), store,
            formats) add_all(names_at(slow->may, store), formats);
        json_decref(live);
    }
}

/* ---- the actions ---- */

struct act {
    struct slow *slow;
    const json_t *action;
    const char *kind, *service, *version;
    json_t *nodes; /* of the service */
};

static const char *changing(const struct act *a)
{
    return slow_text(a->slow->changing, a->service);
}

static void end_change(const struct act *a)
{
    const char *name;
    json_t *node;

    json_object_set_new(a->slow->changing, a->service, json_null());
    json_object_foreach(a->nodes, name, node) json_object_set_new(node, "tried", json_false());
}

static bool runs(const json_t *node, const char *version)
{
    return version[0] && strcmp(slow_text(node, "runs"), version) == 0;
}

static void push(json_t *node, const char *version)
{
    if (is(node, "reporting"))
        json_object_set_new(node, "runs", json_string(version));
    else if (!is(node, "fenced"))
        slow_add(names_at(node, "queued"), version);
}

static bool is_named(const struct act *a, const char *list, const char *name, bool when_missing)
{
    const json_t *named = json_object_get(a->action, list);

    return named ? slow_in(named, name) : when_missing;
}

static void act_canary(const struct act *a)
{
    json_t *from = slow_live(a->slow, a->service), *node;
    const char *name;

    drop(from, a->version);
    json_object_foreach(a->nodes, name, node) if (is_named(a, "nodes", name, false))
        push(node, a->version);
    end_change(a);
    json_object_set_new(a->slow->changing, a->service, json_string(a->version));
    drop_cert(a->slow, a->service, a->version);
    set_stage(a->slow, a->service, a->version, "canaried");
    json_t *cert = member(member(a->slow->certs, a->service), a->version);
    json_object_set_new(cert, "from", from);
    grow_may(a->slow);
    char *basis = basis_of(a->slow, a->service, a->version);
    json_object_set_new(cert, "basis", json_string(basis));
    free(basis);
}

/* "No node under test, or one of them silent: nothing gained." */
static bool is_under_test(const struct act *a, const char *version, bool way_back)
{
    const char *name;
    json_t *node;
    bool any = false;

    json_object_foreach(a->nodes, name, node)
    {
        bool on = runs(node, version), tried = json_is_true(json_object_get(node, "tried"));

        if (is(node, "fenced") || (!on && !tried))
            continue;
        if (!is(node, "reporting"))
            return false;
        any = any || (way_back ? tried && !on : on);
    }
    return any;
}

static void act_bake(const struct act *a)
{
    const char *verdict = slow_text(a->action, "verdict");
    char *version = xstrdup(changing(a)),
         *stage = xstrdup(slow_stage(a->slow, a->service, version));
    json_t *live = slow_live(a->slow, a->service);

    if (!version[0]) {
        /* nothing changing: does nothing */
    } else if (verdict[0] && strcmp(verdict, "pass") != 0) {
        drop_cert(a->slow, a->service, version);
    } else if (is_under_test(a, version, strcmp(stage, "rolled") == 0)) {
        if (strcmp(stage, "canaried") == 0) {
            set_stage(a->slow, a->service, version, "baked");
        } else if (strcmp(stage, "rolled") == 0) {
            set_stage(a->slow, a->service, version, "certified");
            end_change(a);
        } else if (strcmp(stage, "released") == 0 && json_array_size(live) == 1 &&
                   slow_in(live, version)) {
            set_stage(a->slow, a->service, version, "stable");
            end_change(a);
        }
    }
    json_decref(live);
    free(version);
    free(stage);
}

/* "reporting ones among them run ver; baked -> rolled, else Cert dropped"; nothing is rolled where
 * no node went back */
static void act_rollback(const struct act *a)
{
    char *moving = xstrdup(changing(a));
    json_t *left = json_array(), *moved = json_array(), *node, *u;
    const char *name;
    size_t i;
    bool baked = false;

    json_object_foreach(a->nodes, name, node)
    {
        if (!is_named(a, "nodes", name, true))
            continue;
        json_t *poss = slow_poss(node);
        add_all(left, poss);
        json_decref(poss);
        if (!is(node, "reporting"))
            continue;
        slow_add(moved, slow_text(node, "runs"));
        if (runs(node, moving) && strcmp(moving, a->version) != 0)
            json_object_set_new(node, "tried", json_true());
        json_object_set_new(node, "runs", json_string(a->version));
    }
    if (moving[0])
        slow_add(left, moving);
    drop(left, a->version);
    json_array_foreach(left, i, u)
    {
        const char *version = json_string_value(u);
        bool was_baked = strcmp(slow_stage(a->slow, a->service, version), "baked") == 0;

        if (!was_baked)
            drop_cert(a->slow, a->service, version);
        else if (slow_in(moved, version))
            set_stage(a->slow, a->service, version, "rolled");
        baked = baked || (strcmp(version, moving) == 0 &&
                          strcmp(slow_stage(a->slow, a->service, version), "rolled") == 0);
    }
    json_t *live = slow_live(a->slow, a->service);
    drop(live, a->version);
    if (!json_array_size(live) && !baked) {
        const char *stage = slow_stage(a->slow, a->service, a->version);
        if (strcmp(moving, a->version) == 0 && strcmp(stage, "released") != 0 &&
            strcmp(stage, "stable") != 0)
            drop_cert(a->slow, a->service, a->version);
        end_change(a);
    }
    json_decref(live);
    json_decref(left);
    json_decref(moved);
    free(moving);
}

static void act_release(const struct act *a)
{
    const char *name;
    json_t *node;

    json_object_foreach(a->nodes, name, node) if (!is_named(a, "missed", name, false))
        push(node, a->version);
    json_object_set_new(a->slow->changing, a->service, json_string(a->version));
    drop_cert(a->slow, a->service, a->version);
    set_stage(a->slow, a->service, a->version, "released");
}

static void act_store(const struct act *a)
{
    const char *store = slow_text(a->action, "store");
    json_t *has = names_at(a->slow->has, store), *may = names_at(a->slow->may, store), *name;
    size_t i;

    if (strcmp(a->kind, "expand") == 0)
        add_all(has, json_object_get(a->action, "elements"));
    if (strcmp(a->kind, "contract") == 0)
        json_array_foreach(json_object_get(a->action, "elements"), i, name)
            drop(has, json_string_value(name));
    if (strcmp(a->kind, "backfilled") == 0)
        json_array_foreach(json_object_get(a->action, "gone"), i, name)
            drop(may, json_string_value(name)); /* what somebody in Live writes grows again */
}

static void act_node(const struct act *a)
{
    json_t *node = member(a->nodes, slow_text(a->action, "node"));

    if (strcmp(a->kind, "down") == 0 && is(node, "reporting"))
        json_object_set_new(node, "state", json_string("silent"));
    if (strcmp(a->kind, "retire") == 0 && (is(node, "reporting") || is(node, "silent")))
        json_object_set_new(node, "state", json_string("retired"));
    if (strcmp(a->kind, "fence") == 0) {
        json_object_set_new(node, "state", json_string("fenced"));
        json_object_set_new(node, "tried", json_false());
        json_object_set_new(node, "queued", json_array());
    }
    if (strcmp(a->kind, "up") == 0 || strcmp(a->kind, "admit") == 0) {
        if (a->version[0])
            json_object_set_new(node, "runs", json_string(a->version));
        json_object_set_new(node, "state", json_string("reporting"));
        json_object_set_new(node, "queued", json_array());
    }
}

static void act_bypass(const struct act *a)
{
    const char *name;
    json_t *node;

    json_object_foreach(a->nodes, name,
                        node) if (is(node, "reporting") && is_named(a, "nodes", name, true))
        json_object_set_new(node, "runs", json_string(a->version));
}

static void act_clients(const struct act *a)
{
    const char *cohort = slow_text(a->action, "cohort");

    if (strcmp(a->kind, "usage") == 0)
        json_object_set(member(a->slow->usage, cohort), slow_text(a->action, "api"),
                        json_object_get(a->action, "count"));
    else
        json_object_set_new(a->slow->ended, cohort, json_true());
}

static void act_launcher(const struct act *a)
{
    json_object_set_new(member(a->slow->launchers, a->service), slow_text(a->action, "name"),
                        json_string(a->version));
}

void slow_apply(struct slow *slow, const json_t *action)
{
    static const struct {
        const char *kind;
        void (*apply)(const struct act *);
    } table[] = {
        {"canary", act_canary},    {"bake", act_bake},         {"rollback", act_rollback},
        {"release", act_release},  {"expand", act_store},      {"contract", act_store},
        {"backfilled", act_store}, {"launcher", act_launcher}, {"down", act_node},
        {"up", act_node},          {"retire", act_node},       {"fence", act_node},
        {"admit", act_node},       {"usage", act_clients},     {"end_support", act_clients},
        {"bypass", act_bypass},
    };
    struct act a = {.slow = slow,
                    .action = action,
                    .kind = slow_text(action, "do"),
                    .service = slow_text(action, "svc"),
                    .version = slow_text(action, "ver")};

    a.nodes = a.service[0] ? member(slow->nodes, a.service) : NULL;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(a.kind, table[i].kind) == 0)
            table[i].apply(&a);
    grow_may(slow);
    void_certs(slow);
    slow->applied++;
}

/* ---- the start ---- */

static void start_service(struct slow *slow, const char *service, const json_t *at)
{
    const char *name;
    json_t *version;

    member(slow->nodes, service);
    json_object_foreach(json_object_get(at, "nodes"), name, version)
        json_object_set_new(member(slow->nodes, service), name,
                            json_pack("{s:s, s:O, s:[], s:b}", "state", "reporting", "runs",
                                      version, "queued", "tried", 0));
    json_object_foreach(json_object_get(at, "launchers"), name, version)
        json_object_set(member(slow->launchers, service), name, version);
    json_t *live = slow_live(slow, service);
    if (json_array_size(live) == 1) /* released and baked */
        set_stage(slow, service, json_string_value(json_array_get(live, 0)), "stable");
    json_decref(live);
}

struct slow *slow_new(const json_t *file)
{
    struct slow *slow = xcalloc(1, sizeof *slow);
    const char *name;
    json_t *at;

    *slow = (struct slow){file,          json_object(), json_object(), json_object(), json_object(),
                          json_object(), json_object(), json_object(), json_object(), 0};
    json_object_foreach(json_object_get(file, "services"), name, at) start_service(slow, name, at);
    json_object_foreach(json_object_get(file, "stores"), name, at)
    {
        add_all(names_at(slow->may, name), json_object_get(at, "may"));
        add_all(names_at(slow->has, name), json_object_get(at, "has"));
    }
    json_object_foreach(json_object_get(file, "clients"), name, at)
    {
        json_object_update(member(slow->usage, name), json_object_get(at, "usage"));
        if (json_is_true(json_object_get(at, "ended")))
            json_object_set_new(slow->ended, name, json_true());
    }
    grow_may(slow);
    return slow;
}

void slow_free(struct slow *slow)
{
    json_t *all[] = {slow->nodes,    slow->certs,     slow->may,   slow->has,
                     slow->changing, slow->launchers, slow->usage, slow->ended};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        json_decref(all[i]);
    free(slow);
}
