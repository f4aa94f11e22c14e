/* random_world.c: see random_world.h. Names are few, so that they meet. */
#include "guard/random_world.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const services[] = {"app", "web", "jobs"};
static const char *const versions[] = {"v1", "v2", "v3", "v4"};
static const char *const stores[] = {"db", "bus"};
static const char *const formats[] = {"f1", "f2", "f3", "f4"};
static const char *const columns[] = {"c1", "c2"};
static const char *const elements[] = {"e1", "e2", "e3"};
static const char *const nodes[] = {"n1", "n2", "n3", "n4", "n5", "n6", "n7"};
static const char *const changes[] = {"code", "read+",    "write+", "read-", "ddl+",
                                      "ddl-", "semantic", "api+",   "api-",  "config"};

struct dice dice_of(uint64_t seed)
{
    return (struct dice){(seed + 1) * 0x9e3779b97f4a7c15u};
}

unsigned dice_below(struct dice *dice, unsigned n)
{
    uint64_t x = dice->state += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((x ^ x >> 31) >> 33) % n;
}

bool dice_percent(struct dice *dice, unsigned percent)
{
    return dice_below(dice, 100) < percent;
}

/* How big it is, and how far each service's release has got. */
struct maker {
    struct dice dice;
    unsigned services, versions, stores, nodes, clients;
    unsigned step[ARRAY_LEN(services)], to[ARRAY_LEN(services)], on[ARRAY_LEN(services)];
    size_t applied;
};

static json_t *some(struct maker *m, const char *const *names, unsigned count, unsigned percent)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < count; i++)
        if (dice_percent(&m->dice, percent))
            json_array_append_new(list, json_string(names[i]));
    return list;
}

/* Reads grow with the version, and writes lag behind; sometimes not. */
static void add_data(struct maker *m, json_t *contract, unsigned v)
{
    json_t *reads = json_object(), *writes = json_object(), *needs = json_object();

    for (unsigned d = 0; d < m->stores; d++) {
        if (dice_percent(&m->dice, 35))
            continue;
        unsigned known = v + 1 < ARRAY_LEN(formats) ? v + 1 : (unsigned)ARRAY_LEN(formats);
        json_t *list = some(m, formats, dice_percent(&m->dice, 85) ? known : 1, 96);
        if (dice_percent(&m->dice, 85))
            json_object_set(reads, stores[d], list);
        json_decref(list);
        unsigned written = dice_percent(&m->dice, 70) && v ? v - 1 : v;
        if (dice_percent(&m->dice, 60))
            json_object_set_new(
                writes, stores[d],
                json_pack("[s]", formats[dice_percent(&m->dice, 60) ? 0 : written]));
        if (dice_percent(&m->dice, 15))
            json_object_set_new(needs, stores[d], some(m, columns, ARRAY_LEN(columns), 50));
    }
    json_object_set_new(contract, "reads", reads);
    json_object_set_new(contract, "writes", writes);
    json_object_set_new(contract, "needs", needs);
}

static void add_calls(struct maker *m, json_t *contract, unsigned s)
{
    json_t *requires = json_object();

    for (unsigned t = 0; t < m->services; t++)
        if (t != s && dice_percent(&m->dice, 30))
            json_object_set_new(requires, services[t], some(m, elements, 2, 45));
    if (dice_percent(&m->dice, 3))
        json_object_set_new(requires, "nobody", json_pack("[s]", "e1"));
    json_object_set_new(contract, "requires", requires);
    json_object_set_new(contract, "provides", some(m, elements, ARRAY_LEN(elements), 90));
}

static json_t *make_contract(struct maker *m, unsigned s, unsigned v)
{
    json_t *contract = json_object(), *follows = json_array(), *change = json_array();

    for (unsigned u = 0; u < v; u++)
        if (dice_percent(&m->dice, u + 1 == v ? 93 : 12))
            json_array_append_new(follows, json_string(versions[u]));
    json_array_append_new(change, json_string(changes[dice_below(&m->dice, ARRAY_LEN(changes))]));
    if (dice_percent(&m->dice, 12))
        json_array_append_new(change, json_string(dice_percent(&m->dice, 50) ? "config" : "code"));
    if (json_array_size(change) == 2 &&
        json_equal(json_array_get(change, 0), json_array_get(change, 1)))
        json_array_remove(change, 1);
    json_object_set_new(contract, dice_percent(&m->dice, 50) ? "follows" : "pred", follows);
    json_object_set_new(contract, dice_percent(&m->dice, 50) ? "change" : "delta", change);
    add_data(m, contract, v);
    add_calls(m, contract, s);
    if (dice_percent(&m->dice, 4))
        json_object_set_new(contract, "artifact", json_false());
    if (dice_percent(&m->dice, 20))
        json_object_set_new(contract, "digest", json_string("sha256:aa"));
    return contract;
}

static json_t *make_service(struct maker *m, unsigned s)
{
    json_t *declared = json_object(), *placed = json_object(), *launchers = json_object();

    m->on[s] = 1 + dice_below(&m->dice, m->nodes);
    for (unsigned v = 0; v < m->versions; v++)
        json_object_set_new(declared, versions[v], make_contract(m, s, v));
    for (unsigned n = 0; n < m->on[s]; n++)
        json_object_set_new(placed, nodes[n],
                            json_string(versions[dice_percent(&m->dice, 3) ? 1 : 0]));
    if (dice_percent(&m->dice, 25))
        json_object_set_new(launchers, "asg", json_string(versions[dice_percent(&m->dice, 10)]));
    return json_pack("{s:o, s:o, s:o}", "versions", declared, "nodes", placed, "launchers",
                     launchers);
}

static json_t *make_clients(struct maker *m)
{
    json_t *clients = json_object();

    for (unsigned c = 0; c < m->clients; c++) {
        json_t *client = json_object(), *requires = json_object(), *usage = json_object();
        json_object_set_new(requires, services[dice_below(&m->dice, m->services)],
                            json_pack("[s]", elements[dice_below(&m->dice, 2)]));
        json_object_set_new(usage, elements[dice_below(&m->dice, 2)],
                            json_integer(dice_below(&m->dice, 3)));
        json_object_set_new(client, "requires", requires);
        json_object_set_new(client, "usage", usage);
        json_object_set_new(client, "ended", json_boolean(dice_percent(&m->dice, 40)));
        json_object_set_new(clients, c ? "ios" : "partners", client);
    }
    return clients;
}

static json_t *make_stores(struct maker *m)
{
    json_t *made = json_object();

    for (unsigned d = 0; d < m->stores; d++) {
        json_t *store = json_pack("{s:[s], s:o}", "may", formats[0], "has",
                                  some(m, columns, ARRAY_LEN(columns), 80));
        if (dice_percent(&m->dice, 30))
            json_object_set_new(store, "owner",
                                json_string(services[dice_below(&m->dice, m->services)]));
        json_object_set_new(made, stores[d], store);
    }
    return made;
}

/* ---- actions ---- */

static json_t *act(const char *kind, const char *service, const char *version)
{
    json_t *action = json_pack("{s:s, s:s}", "do", kind, "svc", service);

    if (version)
        json_object_set_new(action, "ver", json_string(version));
    return action;
}

static void name_nodes(struct maker *m, unsigned s, json_t *action, const char *field,
                       unsigned percent)
{
    json_t *named = some(m, nodes, m->on[s], percent);

    if (!json_array_size(named))
        json_array_append_new(named, json_string(nodes[0]));
    json_object_set_new(action, field, named);
}

/* canary, bake, roll back, bake, release, bake; then the next version. */
static json_t *next_step(struct maker *m, unsigned s)
{
    const char *name = services[s];
    unsigned to = m->to[s] % m->versions, step = m->step[s]++ % 6;
    json_t *action;

    if (step == 0) {
        action = act("canary", name, versions[to]);
        json_object_set_new(action, "nodes",
                            json_pack("[s]", nodes[dice_below(&m->dice, m->on[s])]));
        return action;
    }
    if (step == 2) {
        action = act("rollback", name, versions[to ? to - 1 : 0]);
        if (dice_percent(&m->dice, 40))
            name_nodes(m, s, action, "nodes", 60);
        return action;
    }
    if (step == 4) {
        action = act("release", name, versions[to]);
        if (dice_percent(&m->dice, 15))
            name_nodes(m, s, action, "missed", 20);
        return action;
    }
    if (step == 5)
        m->to[s]++;
    return act("bake", name, NULL);
}

static json_t *any_push(struct maker *m, unsigned s)
{
    static const char *const kinds[] = {"canary", "rollback", "release",
                                        "admit",  "launcher", "bypass"};
    unsigned kind = dice_below(&m->dice, dice_percent(&m->dice, 30) ? 6 : 5);
    const char *version =
        dice_percent(&m->dice, 4) && kind < 3 ? "v9" : versions[dice_below(&m->dice, m->versions)];
    json_t *action = act(kinds[kind], services[s], version);

    if (kind == 0 || (kind != 2 && kind < 3 && dice_percent(&m->dice, 50)) || kind == 5)
        name_nodes(m, s, action, "nodes", 30);
    if (kind == 2 && dice_percent(&m->dice, 30))
        name_nodes(m, s, action, "missed", 30);
    if (kind == 3)
        json_object_set_new(action, "node", json_string(nodes[dice_below(&m->dice, m->nodes)]));
    if (kind == 4)
        json_object_set_new(action, "name", json_string("asg"));
    if (kind < 3 && dice_percent(&m->dice, 10))
        json_object_set_new(action, "digest",
                            json_string(dice_percent(&m->dice, 50) ? "sha256:aa" : "sha256:bb"));
    return action;
}

static json_t *any_schema(struct maker *m, const char *service)
{
    static const char *const kinds[] = {"expand", "contract", "backfilled"};
    unsigned kind = dice_below(&m->dice, ARRAY_LEN(kinds));
    json_t *action = json_pack("{s:s, s:s}", "do", kinds[kind], "store",
                               stores[dice_below(&m->dice, m->stores)]);

    if (kind == 2) {
        json_object_set_new(action, "gone", some(m, formats, ARRAY_LEN(formats), 40));
        return action;
    }
    json_object_set_new(action, "elements", some(m, columns, ARRAY_LEN(columns), 50));
    if (dice_percent(&m->dice, 30))
        json_object_set_new(action, "formats", some(m, formats, ARRAY_LEN(formats), 20));
    if (dice_percent(&m->dice, 40))
        json_object_set_new(action, "svc", json_string(service));
    if (dice_percent(&m->dice, 10))
        json_object_set_new(action, "with_code", json_true());
    if (dice_percent(&m->dice, 15))
        json_object_set_new(action, "requires_backfill", some(m, formats, 2, 50));
    return action;
}

static json_t *any_event(struct maker *m, unsigned s, json_t *clients)
{
    static const char *const kinds[] = {"down", "up", "retire", "fence"};
    unsigned kind = dice_below(&m->dice, 7);
    json_t *action;

    if (kind < 4 || !m->clients) {
        action = act(kinds[kind % 4], services[s], NULL);
        json_object_set_new(action, "node", json_string(nodes[dice_below(&m->dice, m->on[s])]));
        if (kind % 4 == 1 && dice_percent(&m->dice, 20))
            json_object_set_new(action, "ver",
                                json_string(versions[dice_below(&m->dice, m->versions)]));
        return action;
    }
    if (kind == 4) {
        action = act("bake", services[s], NULL);
        json_object_set_new(action, "verdict", json_string("fail"));
        return action;
    }
    const char *cohort = json_object_iter_key(json_object_iter(clients));
    action = json_pack("{s:s, s:s}", "do", kind == 5 ? "usage" : "end_support", "cohort", cohort);
    if (kind == 5) {
        json_object_set_new(action, "api", json_string(elements[dice_below(&m->dice, 2)]));
        json_object_set_new(action, "count", json_integer(dice_below(&m->dice, 2)));
    }
    return action;
}

json_t *random_scenario(uint64_t seed, size_t count)
{
    struct maker m = {.dice = dice_of(seed)};
    json_t *placed = json_object(), *actions = json_array(), *clients;
    char name[64];

    m.services = 1 + dice_below(&m.dice, ARRAY_LEN(services));
    m.versions = 2 + dice_below(&m.dice, ARRAY_LEN(versions) - 1);
    m.stores = 1 + dice_below(&m.dice, ARRAY_LEN(stores));
    m.nodes = 1 + dice_below(&m.dice, ARRAY_LEN(nodes));
    m.clients = dice_below(&m.dice, 3);
    for (unsigned s = 0; s < m.services; s++) {
        json_object_set_new(placed, services[s], make_service(&m, s));
        m.to[s] = 1;
    }
    clients = make_clients(&m);
    for (size_t i = 0; i < count; i++) {
        unsigned s = dice_below(&m.dice, m.services), what = dice_below(&m.dice, 100);
        json_t *action = what < 62   ? next_step(&m, s)
                         : what < 78 ? any_push(&m, s)
                         : what < 86 ? any_schema(&m, services[s])
                                     : any_event(&m, s, clients);
        if (dice_percent(&m.dice, 5))
            json_object_set_new(action, "rev", json_integer(dice_below(&m.dice, (unsigned)i + 2)));
        json_array_append_new(actions, action);
    }
    snprintf(name, sizeof name, "random %llu", (unsigned long long)seed);
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", name, "services", placed, "stores",
                     make_stores(&m), "clients", clients, "actions", actions);
}
