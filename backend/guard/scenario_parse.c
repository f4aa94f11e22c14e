/* scenario_parse.c: the world of a scenario file: services, stores, clients, expectation.
 *
 * Names become numbers in two passes, because seats are numbered only once all are known. */
#include "base/text.h"
#include "guard/scenario_private.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT = 240 };

bool scenario_version(struct book *book, uint32_t service, const struct json_at *at, unsigned *out,
                      struct err *err)
{
    const char *name;

    if (json_is_null(at->value)) {
        *out = VERSION_NOT_KNOWN;
        return true;
    }
    return json_get_text(at, TEXT_NAME_MAX, &name, err) &&
           book_version(book, service, name, out, err);
}

typedef bool member_fn(void *arg, const struct json_at *at, const char *name, struct err *err);

/* Calls fn for each member; a missing object has none. */
static bool each_member(const struct json_at *at, member_fn *fn, void *arg, struct err *err)
{
    const char *const *keys;
    size_t count;

    if (!at->value || json_is_null(at->value))
        return true;
    if (!contract_keys(at, &keys, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_at member = json_key(at, keys[i]);

        if (!fn(arg, &member, keys[i], err))
            return false;
    }
    return true;
}

/* Where the reading of one service is. */
struct reading {
    struct scenario *scenario;
    uint32_t id; /* service, store or cohort */
    const char *name;
    struct contract *contracts;
    size_t contract_count;
};

static bool read_version(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    struct contract *contract = &reading->contracts[reading->contract_count++];

    *contract = (struct contract){.service = reading->name, .version = name};
    return contract_parse(at, CONTRACT_INSIDE, contract, err);
}

static bool mention_node(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    unsigned version;

    book_seat(reading->scenario->book, reading->id, name);
    return scenario_version(reading->scenario->book, reading->id, at, &version, err);
}

static bool mention_launcher(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    unsigned version;

    book_launcher(reading->scenario->book, reading->id, name);
    return scenario_version(reading->scenario->book, reading->id, at, &version, err);
}

static bool read_service(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"versions", "nodes", "launchers", "note"};
    struct scenario *scenario = arg;
    struct json_at versions = json_key(at, "versions"), nodes = json_key(at, "nodes");
    struct json_at launchers = json_key(at, "launchers");
    struct reading reading = {scenario, book_service(scenario->book, name), name, NULL, 0};
    char path[PATH_TEXT];

    if (!contract_fields(at, known, ARRAY_LEN(known), err))
        return false;
    scenario->book->services[reading.id].known = true;
    reading.contracts = arena_alloc(scenario->arena, json_object_size(versions.value) + 1,
                                    sizeof *reading.contracts);
    if (!each_member(&versions, read_version, &reading, err) ||
        !contract_check_together(reading.contracts, reading.contract_count,
                                 json_path(&versions, path, sizeof path), err))
        return false;
    for (size_t i = 0; i < reading.contract_count; i++)
        if (!book_declare(scenario->book, &reading.contracts[i], err))
            return false;
    return each_member(&nodes, mention_node, &reading, err) &&
           each_member(&launchers, mention_launcher, &reading, err);
}

static bool mention_formats(struct scenario *scenario, uint32_t store, const struct json_at *at,
                            struct err *err)
{
    const char *const *names;
    size_t count;
    unsigned id;

    if (!contract_names(at, &names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!book_format(scenario->book, store, names[i], &id, err))
            return false;
    return true;
}

static bool read_store(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"may", "has", "owner", "note"};
    struct scenario *scenario = arg;
    uint32_t store = book_store(scenario->book, name);
    struct json_at may = json_key(at, "may"), has = json_key(at, "has");
    struct json_at owner = json_key(at, "owner");
    const char *text;

    if (!contract_fields(at, known, ARRAY_LEN(known), err) ||
        !mention_formats(scenario, store, &may, err) ||
        !mention_formats(scenario, store, &has, err) ||
        !json_opt_text(&owner, TEXT_NAME_MAX, "", &text, err))
        return false;
    if (text[0])
        scenario->book->stores[store].owner = book_service(scenario->book, text);
    return true;
}

static bool read_cohort(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"requires", "usage", "ended", "note"};
    struct scenario *scenario = arg;
    struct json_at requires = json_key(at, "requires");
    struct contract_uses uses;

    return contract_fields(at, known, ARRAY_LEN(known), err) &&
           contract_uses(&requires, &uses, err) &&
           book_require(scenario->book, book_cohort(scenario->book, name), &uses, err);
}

/* Second pass: what varies. */

static bool set_node(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    struct scenario *scenario = reading->scenario;
    struct seat_now *seat =
        &scenario->start.seats[book_find_seat(scenario->book, reading->id, name)];
    unsigned version;

    if (!scenario_version(scenario->book, reading->id, at, &version, err))
        return false;
    *seat = (struct seat_now){.runs = VERSION_BIT(version), .state = SEAT_REPORTING};
    return true;
}

static bool set_launcher(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    struct scenario *scenario = reading->scenario;
    unsigned version;

    if (!scenario_version(scenario->book, reading->id, at, &version, err))
        return false;
    scenario->start.launchers[book_launcher(scenario->book, reading->id, name)] = version;
    return true;
}

static bool set_service(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct scenario *scenario = arg;
    struct reading reading = {scenario, book_find_service(scenario->book, name), name, NULL, 0};
    struct json_at nodes = json_key(at, "nodes"), launchers = json_key(at, "launchers");

    return each_member(&nodes, set_node, &reading, err) &&
           each_member(&launchers, set_launcher, &reading, err);
}

static bool set_names(struct scenario *scenario, uint32_t store, const struct json_at *at,
                      struct set *out, struct err *err)
{
    const char *const *names;
    size_t count;
    unsigned id;

    if (!contract_names(at, &names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!book_format(scenario->book, store, names[i], &id, err))
            return false;
        set_add(out, id);
    }
    return true;
}

static bool set_store(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct scenario *scenario = arg;
    uint32_t store = book_find_store(scenario->book, name);
    struct json_at may = json_key(at, "may"), has = json_key(at, "has");

    return set_names(scenario, store, &may, &scenario->start.stores[store].may, err) &&
           set_names(scenario, store, &has, &scenario->start.stores[store].has, err);
}

static bool set_usage(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    const struct book *book = reading->scenario->book;
    int64_t calls;

    if (!json_get_int(at, 0, INT64_MAX, &calls, err))
        return false;
    for (size_t i = 0; i < book->usage_count; i++) {
        const struct book_usage *usage = &book->usages[i];

        if (usage->cohort == reading->id &&
            strcmp(book->services[usage->service].elements.text[usage->element], name) == 0)
            reading->scenario->start.usages[i] = (uint64_t)calls;
    }
    return true;
}

static bool set_cohort(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct scenario *scenario = arg;
    struct reading reading = {scenario, book_find_cohort(scenario->book, name), name, NULL, 0};
    struct json_at usage = json_key(at, "usage"), ended = json_key(at, "ended");
    bool is_over;

    if (!json_opt_bool(&ended, false, &is_over, err))
        return false;
    scenario->start.ended[reading.id] = is_over;
    return each_member(&usage, set_usage, &reading, err);
}

static bool read_expect(struct scenario *scenario, const struct json_at *at, struct err *err)
{
    static const char *const known[] = {"action", "rule", "note"};
    struct json_at action = json_key(at, "action"), rule = json_key(at, "rule");
    const char *word;
    int64_t index;
    char path[PATH_TEXT];

    if (!at->value || json_is_null(at->value))
        return true;
    if (!contract_fields(at, known, ARRAY_LEN(known), err) ||
        !json_get_int(&action, 0, (int64_t)scenario->deed_count - 1, &index, err) ||
        !json_get_text(&rule, 8, &word, err))
        return false;
    for (unsigned r = 0; r < RULE_COUNT; r++)
        if (strcmp(word, rule_word[r]) == 0) {
            scenario->expects = true;
            scenario->expect_action = (size_t)index;
            scenario->expect_rule = (enum rule_id)r;
            return true;
        }
    return err_set(err, at->code, "%s: expected one of R0 RL R1 R2 RC R3 R4, found '%s'",
                   json_path(&rule, path, sizeof path), word);
}

static bool read_all(struct scenario *scenario, const struct json_at *root, struct err *err)
{
    static const char *const known[] = {"name",   "services", "stores", "clients", "actions",
                                        "expect", "note",     "source", "comment"};
    struct json_at name = json_key(root, "name"), services = json_key(root, "services");
    struct json_at stores = json_key(root, "stores"), clients = json_key(root, "clients");
    struct json_at actions = json_key(root, "actions"), expect = json_key(root, "expect");

    if (!contract_fields(root, known, ARRAY_LEN(known), err) ||
        !json_opt_text(&name, TEXT_NAME_MAX, "unnamed", &scenario->name, err) ||
        !each_member(&services, read_service, scenario, err) ||
        !each_member(&stores, read_store, scenario, err) ||
        !each_member(&clients, read_cohort, scenario, err) ||
        !scenario_mention_actions(scenario, &actions, err))
        return false;
    book_seal(scenario->book);
    world_init(&scenario->start, scenario->book, policy_strict());
    if (!each_member(&services, set_service, scenario, err) ||
        !each_member(&stores, set_store, scenario, err) ||
        !each_member(&clients, set_cohort, scenario, err))
        return false;
    world_begin(&scenario->start);
    return scenario_read_actions(scenario, &actions, err) && read_expect(scenario, &expect, err);
}

static struct scenario *parse_text(struct json_at *at, struct err *err)
{
    struct scenario *scenario = xcalloc(1, sizeof *scenario);

    scenario->arena = at->arena = arena_new(4096);
    scenario->book = book_new();
    at->code = ERR_CONFIG;
    if (read_all(scenario, at, err))
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_parse(const json_t *root, const char *what, struct err *err)
{
    struct json_at at = json_root(root, what, NULL);

    return parse_text(&at, err);
}

struct scenario *scenario_load(const char *path, struct err *err)
{
    size_t len;
    char *text;
    json_t *root = json_parse_file_text(path, &text, &len, err);

    if (!root)
        return NULL;
    struct json_at at = json_root(root, path, NULL);
    at.text = text;
    at.text_len = len;
    struct scenario *scenario = parse_text(&at, err);
    json_decref(root);
    free(text);
    return scenario;
}

void scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    if (scenario->start.block)
        world_release(&scenario->start);
    book_free(scenario->book);
    arena_free(scenario->arena);
    free(scenario);
}
