/* scenario_parse.c: the world of a scenario file: services, stores, clients, expectation.
 *
 * Read once, names become numbers at once. Only seats are numbered when all are known, and a world
 * can be made no earlier: what it starts with is noted until then. */
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

/* What the world starts with. */
struct note {
    enum { NOTE_NODE, NOTE_LAUNCHER, NOTE_MAY, NOTE_HAS, NOTE_USAGE, NOTE_ENDED } kind;
    uint32_t of;      /* service; launcher, store, row of usage or cohort */
    const char *node; /* arena; of NOTE_NODE */
    uint64_t value;   /* version, format or element, calls */
};

struct notes {
    struct scenario *scenario;
    struct note *note;
    size_t count, cap;
};

static void note_down(struct notes *notes, struct note note)
{
    ARRAY_RESERVE(notes->note, notes->cap, notes->count + 1);
    notes->note[notes->count++] = note;
}

/* Where the reading of one service or cohort is. */
struct reading {
    struct notes *notes;
    struct book *book;
    uint32_t id;
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

static bool read_node(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    unsigned version;

    if (!scenario_version(reading->book, reading->id, at, &version, err))
        return false;
    book_seat(reading->book, reading->id, name);
    note_down(reading->notes, (struct note){NOTE_NODE, reading->id, name, version});
    return true;
}

static bool read_launcher(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    unsigned version;

    if (!scenario_version(reading->book, reading->id, at, &version, err))
        return false;
    uint32_t launcher = book_launcher(reading->book, reading->id, name);
    note_down(reading->notes, (struct note){NOTE_LAUNCHER, launcher, NULL, version});
    return true;
}

static bool read_service(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"versions", "nodes", "launchers", "note"};
    struct notes *notes = arg;
    struct book *book = notes->scenario->book;
    struct json_at versions = json_key(at, "versions"), nodes = json_key(at, "nodes");
    struct json_at launchers = json_key(at, "launchers");
    struct reading reading = {notes, book, book_service(book, name), name, NULL, 0};
    char path[PATH_TEXT];

    if (!contract_fields(at, known, ARRAY_LEN(known), err))
        return false;
    book->services[reading.id].known = true;
    reading.contracts = arena_alloc(notes->scenario->arena, json_object_size(versions.value) + 1,
                                    sizeof *reading.contracts);
    if (!each_member(&versions, read_version, &reading, err) ||
        !contract_check_together(reading.contracts, reading.contract_count,
                                 json_path(&versions, path, sizeof path), err))
        return false;
    for (size_t i = 0; i < reading.contract_count; i++)
        if (!book_declare(book, &reading.contracts[i], err))
            return false;
    return each_member(&nodes, read_node, &reading, err) &&
           each_member(&launchers, read_launcher, &reading, err);
}

static bool read_names(struct notes *notes, struct note note, const struct json_at *at,
                       struct err *err)
{
    const char *const *names;
    size_t count;
    unsigned id;

    if (!contract_names(at, &names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!book_format(notes->scenario->book, note.of, names[i], &id, err))
            return false;
        note.value = id;
        note_down(notes, note);
    }
    return true;
}

static bool read_store(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"may", "has", "owner", "note"};
    struct notes *notes = arg;
    struct book *book = notes->scenario->book;
    uint32_t store = book_store(book, name);
    struct json_at may = json_key(at, "may"), has = json_key(at, "has");
    struct json_at owner = json_key(at, "owner");
    const char *text;

    if (!contract_fields(at, known, ARRAY_LEN(known), err) ||
        !read_names(notes, (struct note){.kind = NOTE_MAY, .of = store}, &may, err) ||
        !read_names(notes, (struct note){.kind = NOTE_HAS, .of = store}, &has, err) ||
        !json_opt_text(&owner, TEXT_NAME_MAX, "", &text, err))
        return false;
    if (text[0])
        book->stores[store].owner = book_service(book, text);
    return true;
}

static bool read_usage(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    struct reading *reading = arg;
    const struct book *book = reading->book;
    int64_t calls;

    if (!json_get_int(at, 0, INT64_MAX, &calls, err))
        return false;
    for (uint32_t i = 0; i < book->usage_count; i++) {
        const struct book_usage *usage = &book->usages[i];

        if (usage->cohort == reading->id &&
            strcmp(book->services[usage->service].elements.text[usage->element], name) == 0)
            note_down(reading->notes, (struct note){NOTE_USAGE, i, NULL, (uint64_t)calls});
    }
    return true;
}

static bool read_cohort(void *arg, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"requires", "usage", "ended", "note"};
    struct notes *notes = arg;
    struct book *book = notes->scenario->book;
    struct json_at requires = json_key(at, "requires"), usage = json_key(at, "usage");
    struct json_at ended = json_key(at, "ended");
    struct reading reading = {notes, book, book_cohort(book, name), name, NULL, 0};
    struct contract_uses uses;
    bool is_over;

    if (!contract_fields(at, known, ARRAY_LEN(known), err) ||
        !contract_uses(&requires, &uses, err) || !book_require(book, reading.id, &uses, err) ||
        !json_opt_bool(&ended, false, &is_over, err))
        return false;
    note_down(notes, (struct note){NOTE_ENDED, reading.id, NULL, is_over});
    return each_member(&usage, read_usage, &reading, err);
}

static void note_apply(const struct book *book, struct world *world, const struct note *note)
{
    switch (note->kind) {
    case NOTE_NODE:
        world->seats[book_find_seat(book, note->of, note->node)] =
            (struct seat_now){.runs = VERSION_BIT(note->value), .state = SEAT_REPORTING};
        break;
    case NOTE_LAUNCHER:
        world->launchers[note->of] = note->value;
        break;
    case NOTE_MAY:
        set_add(&world->stores[note->of].may, (unsigned)note->value);
        break;
    case NOTE_HAS:
        set_add(&world->stores[note->of].has, (unsigned)note->value);
        break;
    case NOTE_USAGE:
        world->usages[note->of] = note->value;
        break;
    case NOTE_ENDED:
        world->ended[note->of] = note->value;
        break;
    }
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
    if (!contract_fields(at, known, ARRAY_LEN(known), err))
        return false;
    if (!scenario->deed_count)
        return err_set(err, at->code, "%s: expected an action, and there is none",
                       json_path(&action, path, sizeof path));
    if (!json_get_int(&action, 0, (int64_t)scenario->deed_count - 1, &index, err) ||
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

/* Everything that has a name. */
static bool read_named(struct notes *notes, const struct json_at *root, struct err *err)
{
    struct json_at services = json_key(root, "services"), stores = json_key(root, "stores");
    struct json_at clients = json_key(root, "clients");

    return each_member(&services, read_service, notes, err) &&
           each_member(&stores, read_store, notes, err) &&
           each_member(&clients, read_cohort, notes, err);
}

static void begin_world(struct scenario *scenario, const struct notes *notes)
{
    book_seal(scenario->book);
    world_init(&scenario->start, scenario->book, policy_strict());
    for (size_t i = 0; i < notes->count; i++)
        note_apply(scenario->book, &scenario->start, &notes->note[i]);
    world_begin(&scenario->start);
}

static bool read_all(struct scenario *scenario, const struct json_at *root, struct err *err)
{
    static const char *const known[] = {"name",   "services", "stores", "clients", "actions",
                                        "expect", "note",     "source", "comment"};
    struct json_at name = json_key(root, "name"), actions = json_key(root, "actions");
    struct json_at expect = json_key(root, "expect");
    struct notes notes = {.scenario = scenario};
    struct scenario_seating *seating = NULL;

    bool ok = contract_fields(root, known, ARRAY_LEN(known), err) &&
              json_opt_text(&name, TEXT_NAME_MAX, "unnamed", &scenario->name, err) &&
              read_named(&notes, root, err) &&
              scenario_read_actions(scenario, &actions, &seating, err);
    if (ok)
        begin_world(scenario, &notes);
    free(notes.note);
    return ok && scenario_seat_actions(scenario, &actions, seating, err) &&
           read_expect(scenario, &expect, err);
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
