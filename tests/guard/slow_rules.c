/* slow_rules.c: each rule as its sentences say it. See slow.h. */
#include "guard/slow.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool slow_in(const json_t *list, const char *name)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item) if (strcmp(json_string_value(item), name) == 0) return true;
    return false;
}

bool slow_all_in(const json_t *part, const json_t *whole)
{
    size_t i;
    json_t *item;

    json_array_foreach(part, i, item) if (!slow_in(whole, json_string_value(item))) return false;
    return true;
}

const char *slow_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

const json_t *slow_contract(const struct slow *slow, const char *service, const char *version)
{
    const json_t *services = json_object_get(slow->file, "services");

    return json_object_get(json_object_get(json_object_get(services, service), "versions"),
                           version);
}

const json_t *slow_follows(const json_t *contract)
{
    const json_t *follows = json_object_get(contract, "follows");

    return follows ? follows : json_object_get(contract, "pred");
}

const json_t *slow_change(const json_t *contract)
{
    const json_t *change = json_object_get(contract, "change");

    return change ? change : json_object_get(contract, "delta");
}

/* One decision: who would get what. */
struct decision {
    const struct slow *slow;
    const json_t *action, *contract;
    const char *kind, *service, *version;
};

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool is_kind(const struct decision *d, const char *kind)
{
    return strcmp(d->kind, kind) == 0;
}

static json_t *services_of(const struct slow *slow)
{
    return json_object_get(slow->file, "services");
}

/* Everybody who may be running, and what would be started. */
static json_t *live_and_new(const struct decision *d, const char *service)
{
    json_t *live = slow_live(d->slow, service);

    if (strcmp(service, d->service) == 0 && !slow_in(live, d->version))
        slow_add(live, d->version);
    return live;
}

/* "the version is not declared, or its digest differs from the declared one" */
static bool breaks_r0(const struct decision *d)
{
    const char *declared = slow_text(d->contract, "digest"), *is = slow_text(d->action, "digest");

    return !d->contract || (declared[0] && is[0] && strcmp(declared, is) != 0);
}

/* "changed since the operator's frame" */
static bool breaks_rl(const struct decision *d)
{
    const json_t *rev = json_object_get(d->action, "rev");

    return rev && json_integer_value(rev) != d->slow->applied;
}

/* "`change` mixes data kinds, or a data kind with `code`" */
static bool mixes(const json_t *contract)
{
    static const char *const data[] = {"read+", "write+",   "read-", "ddl+",
                                       "ddl-",  "semantic", NULL};
    const json_t *change = slow_change(contract);
    unsigned kinds = 0;

    for (unsigned i = 0; data[i]; i++)
        kinds += slow_in(change, data[i]);
    return kinds > 1 || (kinds == 1 && slow_in(change, "code"));
}

/* Can it read all of these? "binds only versions that declare reads of that store" */
static bool can_read(const json_t *contract, const char *store, const json_t *formats)
{
    const json_t *reads = json_object_get(json_object_get(contract, "reads"), store);

    return !reads || slow_all_in(formats, reads);
}

/* "v may write what somebody in any Live cannot read, or what a predecessor of v cannot read" */
static bool writes_unreadable(const struct decision *d)
{
    const char *store, *service;
    json_t *formats, *at;
    size_t i;
    bool bad = false;

    json_object_foreach(json_object_get(d->contract, "writes"), store, formats)
    {
        json_object_foreach(services_of(d->slow), service, at)
        {
            json_t *live = live_and_new(d, service), *u;
            json_array_foreach(live, i, u) bad =
                bad ||
                !can_read(slow_contract(d->slow, service, json_string_value(u)), store, formats);
            json_decref(live);
        }
        json_t *p;
        json_array_foreach(slow_follows(d->contract), i, p) bad =
            bad ||
            !can_read(slow_contract(d->slow, d->service, json_string_value(p)), store, formats);
    }
    return bad;
}

/* "v cannot read something in May; v needs what is not there" */
static bool lacks_data(const struct decision *d)
{
    const char *store;
    json_t *names;

    json_object_foreach(
        json_object_get(d->contract, "reads"), store,
        names) if (!slow_all_in(json_object_get(d->slow->may, store), names)) return true;
    json_object_foreach(
        json_object_get(d->contract, "needs"), store,
        names) if (!slow_all_in(names, json_object_get(d->slow->has, store))) return true;
    return false;
}

/* "while someone in any Live needs or writes it, while it is in May" */
static bool is_in_use(const struct decision *d, const char *store, const char *name)
{
    const char *service;
    json_t *at, *u;
    size_t i;
    bool used = slow_in(json_object_get(d->slow->may, store), name);

    json_object_foreach(services_of(d->slow), service, at)
    {
        json_t *live = slow_live(d->slow, service);
        json_array_foreach(live, i, u)
        {
            const json_t *c = slow_contract(d->slow, service, json_string_value(u));
            used = used || slow_in(json_object_get(json_object_get(c, "needs"), store), name) ||
                   slow_in(json_object_get(json_object_get(c, "writes"), store), name);
        }
        json_decref(live);
    }
    return used;
}

static bool breaks_r1_schema(const struct decision *d)
{
    static const char *const lists[] = {"elements", "formats"};
    const char *store = slow_text(d->action, "store");
    const json_t *backfill = json_object_get(d->action, "requires_backfill");
    const json_t *may = json_object_get(d->slow->may, store);
    size_t i;
    json_t *name;

    if (json_is_true(json_object_get(d->action, "with_code")))
        return true;
    json_array_foreach(backfill, i, name) if (slow_in(may, json_string_value(name))) return true;
    for (unsigned k = 0; is_kind(d, "contract") && k < ARRAY_LEN(lists); k++)
        json_array_foreach(json_object_get(d->action, lists[k]), i,
                           name) if (is_in_use(d, store, json_string_value(name))) return true;
    return false;
}

static bool breaks_r1(const struct decision *d)
{
    if (is_kind(d, "expand") || is_kind(d, "contract"))
        return breaks_r1_schema(d);
    return ((is_kind(d, "canary") || is_kind(d, "release")) && mixes(d->contract)) ||
           writes_unreadable(d) || lacks_data(d);
}

/* "another service of Comp is Changing" */
static bool is_in_flight(const struct decision *d)
{
    json_t *coupled = slow_coupled(d->slow, d->service), *t;
    size_t i;
    bool moving = false;

    json_array_foreach(coupled, i, t) moving =
        moving || json_is_string(json_object_get(d->slow->changing, json_string_value(t)));
    json_decref(coupled);
    return moving;
}

/* "someone in Live requires an element v does not provide" */
static bool misses_consumers(const struct decision *d)
{
    const char *service;
    json_t *at, *u;
    size_t i;
    bool bad = false;

    json_object_foreach(services_of(d->slow), service, at)
    {
        json_t *live = live_and_new(d, service);
        json_array_foreach(live, i, u)
        {
            const json_t *c = slow_contract(d->slow, service, json_string_value(u));
            bad = bad || !slow_all_in(json_object_get(json_object_get(c, "requires"), d->service),
                                      json_object_get(d->contract, "provides"));
        }
        json_decref(live);
    }
    return bad;
}

/* "v requires an element that some live version of a provider lacks"; "an unknown provider
 * refuses, an empty one passes" */
static bool lacks_providers(const struct decision *d)
{
    const char *provider;
    json_t *elements, *w;
    size_t i;
    bool bad = false;

    json_object_foreach(json_object_get(d->contract, "requires"), provider, elements)
    {
        json_t *live = live_and_new(d, provider);
        bad = bad || !json_object_get(services_of(d->slow), provider);
        json_array_foreach(live, i, w) bad =
            bad ||
            !slow_all_in(elements,
                         json_object_get(slow_contract(d->slow, provider, json_string_value(w)),
                                         "provides"));
        json_decref(live);
    }
    return bad;
}

static bool breaks_r2(const struct decision *d)
{
    bool schema = is_kind(d, "expand") || is_kind(d, "contract");

    if (!d->service[0])
        return false;
    if ((schema || is_kind(d, "canary") || is_kind(d, "release")) && is_in_flight(d))
        return true;
    return !schema && (misses_consumers(d) || lacks_providers(d));
}

/* "v does not provide an element that a cohort requires and still calls, or whose support has not
 * ended" */
static bool breaks_rc(const struct decision *d)
{
    const char *cohort;
    json_t *client, *element;
    size_t i;

    json_object_foreach(json_object_get(d->slow->file, "clients"), cohort, client)
        json_array_foreach(json_object_get(json_object_get(client, "requires"), d->service), i,
                           element)
    {
        const char *name = json_string_value(element);
        const json_t *calls = json_object_get(json_object_get(d->slow->usage, cohort), name);

        if (!slow_in(json_object_get(d->contract, "provides"), name) &&
            (json_integer_value(calls) > 0 ||
             !json_is_true(json_object_get(d->slow->ended, cohort))))
            return true;
    }
    return false;
}

static bool are_adjacent(const struct decision *d, const char *u, const char *v)
{
    return strcmp(u, v) == 0 || slow_in(slow_follows(slow_contract(d->slow, d->service, u)), v) ||
           slow_in(slow_follows(slow_contract(d->slow, d->service, v)), u);
}

/* "Live + v has more than two members, or two that are not adjacent …; for a canary also: the other
 * member is not itself released and baked, or the service is mid-change to something else" */
static bool breaks_r3(const struct decision *d)
{
    json_t *all = live_and_new(d, d->service), *u, *w;
    const json_t *changing = json_object_get(d->slow->changing, d->service);
    size_t i, k;
    bool bad = json_array_size(all) > 2;

    json_array_foreach(all, i, u) json_array_foreach(all, k, w) bad =
        bad || !are_adjacent(d, json_string_value(u), json_string_value(w));
    if (is_kind(d, "canary")) {
        json_array_foreach(all, i, u) bad =
            bad || (strcmp(json_string_value(u), d->version) != 0 &&
                    strcmp(slow_stage(d->slow, d->service, json_string_value(u)), "stable") != 0);
        bad = bad ||
              (json_is_string(changing) && strcmp(json_string_value(changing), d->version) != 0);
    }
    json_decref(all);
    return bad;
}

/* "canary on a node that does not report, or on more than a third of the fleet, counted over all
 * nodes on v (one node is always fine)" */
static bool is_no_canary(const struct decision *d)
{
    json_t *nodes = json_object_get(d->slow->nodes, d->service);
    const json_t *named = json_object_get(d->action, "nodes");
    const char *name;
    json_t *node, *at;
    size_t i, fleet = 0, on = 0;

    json_array_foreach(
        named, i, at) if (strcmp(slow_text(json_object_get(nodes, json_string_value(at)), "state"),
                                 "reporting") != 0) return true;
    json_object_foreach(nodes, name, node)
    {
        json_t *poss = slow_poss(node);
        bool counts = strcmp(slow_text(node, "state"), "fenced") != 0;
        fleet += counts;
        on += counts && (slow_in(poss, d->version) || slow_in(named, name));
        json_decref(poss);
    }
    return on > 1 && 3 * on > fleet;
}

/* "its target must be in `follows` of every other version its nodes may run" */
static bool is_no_way_back(const struct decision *d)
{
    json_t *nodes = json_object_get(d->slow->nodes, d->service);
    const json_t *named = json_object_get(d->action, "nodes");
    const char *name;
    json_t *node, *u;
    size_t i;
    bool bad = false;

    json_object_foreach(nodes, name, node)
    {
        json_t *poss = slow_poss(node);
        if (!named || slow_in(named, name))
            json_array_foreach(poss, i, u) bad =
                bad ||
                (strcmp(json_string_value(u), d->version) != 0 &&
                 !slow_in(slow_follows(slow_contract(d->slow, d->service, json_string_value(u))),
                          d->version));
        json_decref(poss);
    }
    return bad;
}

static bool is_missing(const json_t *contract)
{
    return json_is_false(json_object_get(contract, "artifact"));
}

/* "full release without a certificate for exactly this version", unless it is all of
 * Live and not what the service changes to */
static bool is_not_rehearsed(const struct decision *d)
{
    static const char *const rehearsed[] = {"certified", "released", "stable", NULL};
    json_t *live = slow_live(d->slow, d->service);
    const json_t *changing = json_object_get(d->slow->changing, d->service);
    bool moving = json_is_string(changing) && strcmp(json_string_value(changing), d->version) == 0;
    bool alone = json_array_size(live) == 1 && slow_in(live, d->version) && !moving;

    json_decref(live);
    return !alone && !is_one_of(slow_stage(d->slow, d->service, d->version), rehearsed);
}

/* A launcher that is pointed at what every node runs; or back to it, where that is still tried. */
static bool is_behind_its_nodes(const struct decision *d)
{
    const json_t *launchers = json_object_get(d->slow->launchers, d->service);
    const char *now = slow_text(launchers, slow_text(d->action, "name")), *name;
    json_t *node;
    bool any = false, all = true;

    json_object_foreach(json_object_get(d->slow->nodes, d->service), name, node)
    {
        json_t *poss = slow_poss(node);
        for (size_t i = 0; i < json_array_size(poss); i++) {
            any = true;
            all = all && strcmp(json_string_value(json_array_get(poss, i)), d->version) == 0;
        }
        json_decref(poss);
    }
    if (!is_kind(d, "launcher") || !any || !all || strcmp(d->version, "?") == 0)
        return false;
    if (strcmp(slow_text(d->slow->changing, d->service), d->version) != 0)
        return true;
    return slow_in(slow_follows(slow_contract(d->slow, d->service, now)), d->version);
}

static bool breaks_r4(const struct decision *d)
{
    size_t i;
    json_t *p;

    if (is_missing(d->contract) || (is_kind(d, "canary") && is_no_canary(d)) ||
        (is_kind(d, "rollback") && is_no_way_back(d)))
        return true;
    if (is_kind(d, "rollback"))
        return false;
    json_array_foreach(
        slow_follows(d->contract), i,
        p) if (is_missing(slow_contract(d->slow, d->service, json_string_value(p)))) return true;
    return !is_kind(d, "canary") && is_not_rehearsed(d) && !is_behind_its_nodes(d);
}

char *slow_judge(const struct slow *slow, const json_t *action)
{
    static const struct {
        const char *word;
        bool (*breaks)(const struct decision *);
        const char *const kinds[9];
    } rules[] = {
        {"R0", breaks_r0, {"canary", "rollback", "release"}},
        {"RL", breaks_rl, {NULL}},
        {"R1",
         breaks_r1,
         {"canary", "rollback", "release", "expand", "contract", "launcher", "admit"}},
        {"R2",
         breaks_r2,
         {"canary", "rollback", "release", "expand", "contract", "launcher", "admit"}},
        {"RC", breaks_rc, {"canary", "rollback", "release", "launcher", "admit"}},
        {"R3", breaks_r3, {"canary", "rollback", "release", "launcher", "admit"}},
        {"R4", breaks_r4, {"canary", "rollback", "release", "launcher"}},
    };
    static const char *const never[] = {"down", "up", "retire", "fence", "bypass", NULL};
    struct decision d = {.slow = slow,
                         .action = action,
                         .kind = slow_text(action, "do"),
                         .service = slow_text(action, "svc"),
                         .version = slow_text(action, "ver")};
    char *out = xstrdup("");

    d.contract = slow_contract(slow, d.service, d.version);
    for (size_t r = 0; r < ARRAY_LEN(rules); r++) {
        bool asked =
            rules[r].kinds[0] ? is_one_of(d.kind, rules[r].kinds) : !is_one_of(d.kind, never);
        if (!asked || !rules[r].breaks(&d))
            continue;
        char *more = xasprintf("%s%s ", out, rules[r].word);
        free(out);
        out = more;
    }
    return out;
}
