/* A scenario that names everything there is: told as it runs, and then with each single value of
 * it replaced by nonsense, one at a time: the exact message, or that it is read. */
#include "guard/facts.h"
#include "guard/policy.h"
#include "guard/told.h"
#include "test.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char file[] = "recordings/told/everything.json";

static json_t *document(void)
{
    struct err err = {0};
    size_t len;
    char *text = test_read_file(file, &len);
    json_t *root = json_parse(text, len, file, &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    free(text);
    return root;
}

static json_t *nonsense(size_t kind)
{
    switch (kind) {
    case 0:
        return json_real(7.25);
    case 1:
        return json_string("nonsense");
    case 2:
        return json_string("");
    case 3:
        return json_null();
    case 4:
        return json_pack("[s, s]", "twice", "twice");
    case 5:
        return json_pack("{s:s}", "nonsense", "?");
    default:
        return NULL;
    }
}

typedef bool read_fn(json_t *root, struct err *err);

struct walk {
    struct told *told;
    json_t *root;
    read_fn *reads;
};

static void tell_reading(const struct walk *walk, const char *path, size_t kind)
{
    struct err err = {0};

    if (walk->reads(walk->root, &err))
        fprintf(walk->told->out, "%s %zu read\n", path, kind);
    else
        fprintf(walk->told->out, "%s %zu %d: %s\n", path, kind, (int)err.code, err.text);
}

static void walk_values(const struct walk *walk, json_t *at, const char *path)
{
    const char *key;
    json_t *value, *other;
    size_t i;
    void *next;

    json_object_foreach_safe(at, next, key, value)
    {
        char *here = xasprintf("%s.%s", path, key);

        walk_values(walk, value, here);
        json_incref(value);
        for (size_t kind = 0; (other = nonsense(kind)); kind++) {
            json_object_set_new(at, key, other);
            tell_reading(walk, here, kind);
        }
        json_object_set_new(at, key, value);
        free(here);
    }
    json_array_foreach(at, i, value)
    {
        char *here = xasprintf("%s[%zu]", path, i);

        walk_values(walk, value, here);
        json_incref(value);
        for (size_t kind = 0; (other = nonsense(kind)); kind++) {
            json_array_set_new(at, i, other);
            tell_reading(walk, here, kind);
        }
        json_array_set_new(at, i, value);
        free(here);
    }
}

static bool read_scenario(json_t *root, struct err *err)
{
    struct scenario *scenario = scenario_parse(root, "s", err);

    if (!scenario)
        return false;
    scenario_free(scenario);
    return true;
}

START_TEST(a_scenario_that_names_everything_is_told_as_recorded)
{
    struct told told;
    struct err err = {0};
    json_t *root = document();
    struct scenario *scenario = scenario_parse(root, "s", &err);

    ck_assert_msg(scenario != NULL, "%s", err.text);
    told_begin(&told, "everything");
    told_scenario(&told, scenario);
    told_end(&told);
    scenario_free(scenario);
    json_decref(root);
}
END_TEST

static const char *const parts[] = {"services", "stores", "clients", "actions", "expect"};

START_TEST(nonsense_in_a_scenario_is_answered_as_recorded)
{
    struct told told;
    struct walk walk = {.told = &told, .root = document(), .reads = read_scenario};
    char *name = xasprintf("nonsense-%s", parts[_i]);

    told_begin(&told, name);
    walk_values(&walk, json_object_get(walk.root, parts[_i]), parts[_i]);
    told_end(&told);
    free(name);
    json_decref(walk.root);
}
END_TEST

static void tell_names(struct told *told, const char *word, const char *const *names, size_t count)
{
    fprintf(told->out, " %s", word);
    for (size_t i = 0; i < count; i++)
        fprintf(told->out, " %s", names[i]);
}

static void tell_said(struct told *told, const struct said *said)
{
    if (said->by[0] || said->evidence[0] || said->at[0])
        fprintf(told->out, " (%s, %s, %s)", said->by, said->evidence, said->at);
}

static void tell_facts(struct told *told, const struct facts *facts)
{
    for (size_t i = 0; i < facts->store_count; i++) {
        const struct store_fact *store = &facts->stores[i];

        fprintf(told->out, "store %s of '%s'", store->name, store->owner);
        tell_names(told, "may", store->may, store->may_count);
        tell_names(told, store->has_known ? "has" : "may have", store->has, store->has_count);
        for (size_t k = 0; k < store->gone_count; k++)
            fprintf(told->out, " gone %s by %s, %s, %s.", store->gone[k].format,
                    store->gone[k].said.by, store->gone[k].said.evidence, store->gone[k].said.at);
        fputc('\n', told->out);
    }
    for (size_t i = 0; i < facts->client_count; i++) {
        const struct client_fact *client = &facts->clients[i];

        fprintf(told->out, "client %s%s", client->name,
                client->ended         ? " ended"
                : client->ended_known ? " not ended"
                                      : "");
        tell_said(told, &client->support);
        for (size_t k = 0; k < client->requires.count; k++)
            tell_names(told, client->requires.use[k].of, client->requires.use[k].names,
                       client->requires.use[k].count);
        for (size_t k = 0; k < client->usage_count; k++) {
            fprintf(told->out, " %s=%llu", client->usage[k].element,
                    (unsigned long long)client->usage[k].calls);
            tell_said(told, &client->usage[k].said);
        }
        fputc('\n', told->out);
    }
}

static json_t *yaml(const char *text)
{
    struct err err = {0};
    json_t *root = json_parse_yaml(text, strlen(text), "text", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    return root;
}

static const char record[] =
    "{attested: {d: {f1: {by: ann, reason: scan, at: now, id: x}, f2: {}},"
    " e: {g: {by: bob}}}, other: 1,"
    " clients: {old: {requires: {web: [G/1]}, usage: {G/1: {calls: 7, by: ann,"
    " reason: log, at: noon}, H/1: {calls: 0}}, support: {ended: true, by: bob,"
    " reason: mail, at: then}}, jobs: {support: {ended: false}}, none: {}}}";

/* Stores, clients and attestations in one document. */
static bool facts_of(json_t *root, struct arena *arena, struct facts out[3], struct err *err)
{
    struct json_at at = json_root(root, "s", arena), stores = json_key(&at, "stores");
    struct json_at clients = json_key(&at, "clients"), attested = json_key(&at, "record");

    memset(out, 0, 3 * sizeof *out);
    return facts_read_stores(&stores, &out[0], err) && facts_read_clients(&clients, &out[1], err) &&
           facts_read_record(&attested, &out[2], err);
}

static bool read_facts(json_t *root, struct err *err)
{
    struct arena *arena = arena_new(1024);
    struct facts facts[3];
    bool read = facts_of(root, arena, facts, err);

    arena_free(arena);
    return read;
}

START_TEST(facts_are_read_and_nonsense_in_them_is_answered_as_recorded)
{
    struct told told;
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    struct facts facts[3];
    json_t *all = document(), *root = json_object();

    json_object_set(root, "stores", json_object_get(all, "stores"));
    json_object_set(root, "clients", json_object_get(all, "clients"));
    json_object_set_new(root, "record", yaml(record));
    told_begin(&told, "facts");
    ck_assert_msg(facts_of(root, arena, facts, &err), "%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(facts); i++)
        tell_facts(&told, &facts[i]);
    struct walk walk = {.told = &told, .root = root, .reads = read_facts};
    walk_values(&walk, root, "");
    told_end(&told);
    arena_free(arena);
    json_decref(root);
    json_decref(all);
}
END_TEST

static const char levels[] = "{guard: {default: warn, app: enforce, web: {R1: observe, R4: warn},"
                             " jobs: {RL: warn}}, coupling: component}";

static bool policy_of(json_t *root, struct arena *arena, struct guard_policy *out, struct err *err)
{
    struct json_at at = json_root(root, "s", arena), guard = json_key(&at, "guard");
    struct json_at coupling = json_key(&at, "coupling");

    *out = guard_policy_default();
    return policy_read_levels(&guard, out, err) && policy_read_coupling(&coupling, out, err);
}

static bool read_policy(json_t *root, struct err *err)
{
    struct arena *arena = arena_new(1024);
    struct guard_policy policy;
    bool read = policy_of(root, arena, &policy, err);

    arena_free(arena);
    return read;
}

static void tell_levels(struct told *told, const struct guard_policy *policy, const char *service)
{
    fprintf(told->out, "%s:", service);
    for (unsigned r = 0; r < RULE_COUNT; r++)
        for (unsigned k = 0; k < 4; k++)
            fprintf(told->out, " %s",
                    level_word[policy_level(policy, service, k & 1, r,
                                            k & 2 ? FROM_SIGHT : FROM_CONTRACTS)]);
    fputc('\n', told->out);
}

START_TEST(levels_are_read_and_nonsense_in_them_is_answered_as_recorded)
{
    static const char *const services[] = {"app", "web", "jobs", "other"};
    struct told told;
    struct arena *arena = arena_new(1024);
    struct err err = {0};
    struct guard_policy policy, none = guard_policy_default(), times = none;
    json_t *root = yaml(levels);

    told_begin(&told, "levels");
    ck_assert_msg(policy_of(root, arena, &policy, &err), "%s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(services); i++)
        tell_levels(&told, &policy, services[i]);
    tell_levels(&told, &none, "none");
    tell_levels(&told, NULL, "null");
    times.silent_ms = times.unknown_ms = times.open_ms = 1;
    const struct guard_policy *const asked[] = {NULL, &none, &times};
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        fprintf(told.out, "%lld %lld %lld\n", (long long)policy_silent_ms(asked[i]),
                (long long)policy_unknown_ms(asked[i]), (long long)policy_open_ms(asked[i]));
    fprintf(told.out, "coupling %d and %d\n", (int)policy.coupling, (int)none.coupling);
    struct walk walk = {.told = &told, .root = root, .reads = read_policy};
    walk_values(&walk, root, "");
    told_end(&told);
    arena_free(arena);
    json_decref(root);
}
END_TEST

/* As `simulate` and `check` read them: written out, read, and told without the directory. */
static const char *const files[][2] = {
    {"seats.json",
     "{\"name\":\"x\",\"services\":{\"a\":{\"versions\":{\"1\":{}},\"nodes\":{\"n1\":\"1\","
     "\"n2\":\"1\",\"n3\":\"1\",\"n4\":\"1\",\"n5\":\"1\"}}},\"actions\":[{\"do\":\"canary\","
     "\"svc\":\"a\",\"ver\":\"2\",\"nodes\":[\"n1\",\"n2\",\"n3\",\"n4\",\"n5\"]}],\"expect\":"
     "{\"action\":0,\"rule\":\"R0\"}}"},
    {"stale.json",
     "{\"name\":\"x\",\"services\":{\"a\":{\"versions\":{\"1\":{}},\"nodes\":{\"n1\":\"1\"}}},"
     "\"actions\":[{\"do\":\"down\",\"svc\":\"a\",\"node\":\"n1\"},{\"do\":\"bake\",\"svc\":\"a\","
     "\"rev\":0}],\"expect\":null}"},
    {"wrong.json", "{\"name\": \"x\",\n \"services\": {},\n\n \"actions\": 3}"},
    {"one.yaml", "service: a\nversion: '1'\nprovides: [f]\n"},
    {"two.yaml", "service: a\nversion: '1'\n\nprovides: 7\n"},
};

static void tell_error(const struct told *told, const struct err *err, const char *dir)
{
    const char *at = strstr(err->text, dir);

    fprintf(told->out, "%d: %s\n", (int)err->code, at ? at + strlen(dir) : err->text);
}

START_TEST(files_are_read_as_recorded)
{
    struct told told;
    const char *dir = test_dir();

    told_begin(&told, "files");
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char *path = xasprintf("%s/%s", dir, files[i][0]), *out;
        FILE *f = fopen(path, "w");

        ck_assert(f != NULL && fputs(files[i][1], f) >= 0 && fclose(f) == 0);
        for (unsigned json = 0; json < 2; json++) {
            struct err err = {0};
            bool ok;

            fprintf(told.out, "%s\n", files[i][0]);
            if (scenario_run_file(path, json, &out, &ok, &err))
                fprintf(told.out, "%d %s", ok, out);
            else
                tell_error(&told, &err, dir);
            free(out);
        }
        struct arena *arena = arena_new(256);
        struct contract contract = {0};
        struct err err = {0};
        if (contract_load(path, arena, &contract, &err))
            fprintf(told.out, "contract %s %s\n", contract.service, contract.version);
        else
            tell_error(&told, &err, dir);
        arena_free(arena);
        free(path);
    }
    told_end(&told);
}
END_TEST

SUITE(guard_told_parse)
{
    Suite *suite = suite_create("guard_told_parse");
    TCase *tcase = test_case(suite, "told", 20);

    tcase_add_test(tcase, a_scenario_that_names_everything_is_told_as_recorded);
    tcase_add_loop_test(tcase, nonsense_in_a_scenario_is_answered_as_recorded, 0, ARRAY_LEN(parts));
    tcase_add_test(tcase, facts_are_read_and_nonsense_in_them_is_answered_as_recorded);
    tcase_add_test(tcase, levels_are_read_and_nonsense_in_them_is_answered_as_recorded);
    tcase_add_test(tcase, files_are_read_as_recorded);
    return suite;
}
