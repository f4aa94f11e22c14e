/* scenario_actions.c: the actions of a scenario file.
 *
 * A canary, rollback or release of a service or version that nobody declared is read (R0
 * refuses it); any other action must name what is there. */
#include "base/near.h"
#include "base/text.h"
#include "guard/scenario_private.h"

#include <string.h>

enum { PATH_TEXT = 240 };

/* Fields an action may have; the enum is the position in `field_word`. */
#define FIELD_TABLE(X)                                                                             \
    X(DO, "do")                                                                                    \
    X(SVC, "svc")                                                                                  \
    X(VER, "ver")                                                                                  \
    X(NODES, "nodes")                                                                              \
    X(NODE, "node")                                                                                \
    X(VERDICT, "verdict")                                                                          \
    X(MISSED, "missed")                                                                            \
    X(STORE, "store")                                                                              \
    X(ELEMENTS, "elements")                                                                        \
    X(FORMATS, "formats")                                                                          \
    X(WITH_CODE, "with_code")                                                                      \
    X(BACKFILL, "requires_backfill")                                                               \
    X(GONE, "gone")                                                                                \
    X(NAME, "name")                                                                                \
    X(COHORT, "cohort")                                                                            \
    X(API, "api")                                                                                  \
    X(COUNT, "count")                                                                              \
    X(DIGEST, "digest")                                                                            \
    X(REV, "rev")                                                                                  \
    X(NOTE, "note")                                                                                \
    X(BY, "by")

#define FIELD_ENUM(name, word) FIELD_##name,
enum field { FIELD_TABLE(FIELD_ENUM) FIELD_COUNT_ALL };
#undef FIELD_ENUM
#define FIELD_WORD(name, word) [FIELD_##name] = (word),
static const char *const field_word[FIELD_COUNT_ALL] = {FIELD_TABLE(FIELD_WORD)};
#undef FIELD_WORD

#define F(name) (1u << FIELD_##name)
static const unsigned required[DEED_COUNT] = {
    [DEED_CANARY] = F(SVC) | F(VER) | F(NODES),
    [DEED_BAKE] = F(SVC),
    [DEED_ROLLBACK] = F(SVC) | F(VER),
    [DEED_RELEASE] = F(SVC) | F(VER),
    [DEED_EXPAND] = F(STORE),
    [DEED_CONTRACT] = F(STORE),
    [DEED_BACKFILLED] = F(STORE) | F(GONE),
    [DEED_LAUNCHER] = F(SVC) | F(NAME) | F(VER),
    [DEED_DOWN] = F(SVC) | F(NODE),
    [DEED_UP] = F(SVC) | F(NODE),
    [DEED_RETIRE] = F(SVC) | F(NODE),
    [DEED_FENCE] = F(SVC) | F(NODE),
    [DEED_ADMIT] = F(SVC) | F(NODE) | F(VER),
    [DEED_USAGE] = F(COHORT) | F(API) | F(COUNT),
    [DEED_END_SUPPORT] = F(COHORT),
    [DEED_BYPASS] = 0,
};

/* One action while it is read. */
struct reader {
    struct scenario *scenario;
    struct json_at field[FIELD_COUNT_ALL];
    enum deed_kind kind;
    struct err *err;
};

/* One action's nodes, by name. */
struct scenario_seating {
    const char *const *nodes, *const *missed;
    const char *node;
};

static bool complain(const struct json_at *at, struct err *err, const char *what, const char *word)
{
    char path[PATH_TEXT];

    return err_set(err, at->code, "%s: %s '%s'", json_path(at, path, sizeof path), what, word);
}

static bool read_kind(struct reader *reader)
{
    const struct json_at *at = &reader->field[FIELD_DO];
    const char *word;
    char path[PATH_TEXT], near[NEAR_TEXT];

    if (!json_get_text(at, TEXT_NAME_MAX, &word, reader->err))
        return false;
    for (unsigned kind = 0; kind < DEED_COUNT; kind++)
        if (strcmp(word, deed_word[kind]) == 0) {
            reader->kind = (enum deed_kind)kind;
            return true;
        }
    return err_set(reader->err, at->code,
                   "%s: unknown action '%s'; expected one of canary bake rollback release expand "
                   "contract backfilled launcher down up retire fence admit usage end_support "
                   "bypass.%s",
                   json_path(at, path, sizeof path), word,
                   near_suggest(word, deed_word, DEED_COUNT, near));
}

/* A name that is there and says nothing is as bad as none. */
static bool says_something(const json_t *value)
{
    return value && !json_is_null(value) && !(json_is_string(value) && !json_string_length(value));
}

/* The reader's `field`s point to `at`, which must stay where it is. */
static bool begin(struct reader *reader, const struct json_at *at)
{
    if (!contract_fields(at, field_word, FIELD_COUNT_ALL, reader->err))
        return false;
    for (unsigned f = 0; f < FIELD_COUNT_ALL; f++)
        reader->field[f] = json_key(at, field_word[f]);
    if (!read_kind(reader))
        return false;
    for (unsigned f = 0; f < FIELD_COUNT_ALL; f++) {
        char path[PATH_TEXT];

        if (required[reader->kind] & 1u << f && !says_something(reader->field[f].value))
            return err_set(reader->err, at->code, "%s: %s needs '%s'",
                           json_path(at, path, sizeof path), deed_word[reader->kind],
                           field_word[f]);
    }
    return true;
}

static bool text_of(struct reader *reader, enum field field, const char **out)
{
    return json_opt_text(&reader->field[field], TEXT_NAME_MAX, "", out, reader->err);
}

static bool is_release(enum deed_kind kind)
{
    return kind == DEED_CANARY || kind == DEED_ROLLBACK || kind == DEED_RELEASE;
}

static bool read_service(struct reader *reader, struct deed *deed)
{
    struct book *book = reader->scenario->book;
    const char *name;

    if (!text_of(reader, FIELD_SVC, &name))
        return false;
    if (!name[0])
        return true;
    if (book_find_service(book, name) == BOOK_NONE && !is_release(reader->kind))
        return complain(&reader->field[FIELD_SVC], reader->err, "no service is called", name);
    deed->service = book_service(book, name);
    return !reader->field[FIELD_VER].value ||
           scenario_version(book, deed->service, &reader->field[FIELD_VER], &deed->version,
                            reader->err);
}

/* The nodes of a canary, and one that comes up or is admitted, may be new; others must be there. */
static bool read_nodes(struct reader *reader, struct deed *deed, struct scenario_seating *seating)
{
    struct book *book = reader->scenario->book;
    const struct json_at *nodes = &reader->field[FIELD_NODES];

    if (!contract_names(nodes, &seating->nodes, &deed->seat_count, reader->err) ||
        !contract_names(&reader->field[FIELD_MISSED], &seating->missed, &deed->missed_count,
                        reader->err) ||
        !text_of(reader, FIELD_NODE, &seating->node))
        return false;
    if (reader->kind == DEED_CANARY && deed->seat_count == 0)
        return complain(nodes, reader->err, "expected at least one node in", "nodes");
    for (size_t i = 0; reader->kind == DEED_CANARY && i < deed->seat_count; i++)
        book_seat(book, deed->service, seating->nodes[i]);
    if (reader->kind == DEED_UP || reader->kind == DEED_ADMIT)
        book_seat(book, deed->service, seating->node);
    deed->all_seats =
        !nodes->value && (reader->kind == DEED_ROLLBACK || reader->kind == DEED_BYPASS);
    return true;
}

static bool read_formats(struct reader *reader, enum field field, uint32_t store, struct set *out)
{
    const char *const *names;
    size_t count;
    unsigned id;

    if (!contract_names(&reader->field[field], &names, &count, reader->err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!book_format(reader->scenario->book, store, names[i], &id, reader->err))
            return false;
        set_add(out, id);
    }
    return true;
}

/* A format, a list of them, or true for whatever the action itself names. */
static bool read_backfill(struct reader *reader, struct deed *deed)
{
    const struct json_at *at = &reader->field[FIELD_BACKFILL];
    const char *name;
    unsigned id;

    if (json_is_string(at->value)) {
        if (!text_of(reader, FIELD_BACKFILL, &name) ||
            !book_format(reader->scenario->book, deed->store, name, &id, reader->err))
            return false;
        set_add(&deed->backfill, id);
        return true;
    }
    if (!json_is_boolean(at->value))
        return read_formats(reader, FIELD_BACKFILL, deed->store, &deed->backfill);
    if (json_is_true(at->value)) {
        set_join(&deed->backfill, &deed->elements);
        set_join(&deed->backfill, &deed->formats);
    }
    return true;
}

static bool read_store(struct reader *reader, struct deed *deed)
{
    const char *name;

    if (!text_of(reader, FIELD_STORE, &name))
        return false;
    if (!name[0])
        return true;
    deed->store = book_find_store(reader->scenario->book, name);
    if (deed->store == BOOK_NONE)
        return complain(&reader->field[FIELD_STORE], reader->err, "no store is called", name);
    return read_formats(reader, FIELD_ELEMENTS, deed->store, &deed->elements) &&
           read_formats(reader, FIELD_FORMATS, deed->store, &deed->formats) &&
           read_formats(reader, FIELD_GONE, deed->store, &deed->formats) &&
           json_opt_bool(&reader->field[FIELD_WITH_CODE], false, &deed->with_code, reader->err) &&
           read_backfill(reader, deed);
}

static bool read_cohort(struct reader *reader, struct deed *deed)
{
    const struct book *book = reader->scenario->book;
    const char *name, *api;
    int64_t calls;

    if (!text_of(reader, FIELD_COHORT, &name) || !text_of(reader, FIELD_API, &api) ||
        !json_opt_int(&reader->field[FIELD_COUNT], 0, INT64_MAX, 0, &calls, reader->err))
        return false;
    if (!name[0])
        return true;
    deed->cohort = book_find_cohort(book, name);
    if (deed->cohort == BOOK_NONE)
        return complain(&reader->field[FIELD_COHORT], reader->err, "no cohort of clients is called",
                        name);
    deed->count = (uint64_t)calls;
    uint32_t *rows = arena_alloc(reader->scenario->arena, book->usage_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < book->usage_count; i++) {
        const struct book_usage *usage = &book->usages[i];

        if (usage->cohort == deed->cohort &&
            strcmp(book->services[usage->service].elements.text[usage->element], api) == 0)
            rows[deed->usage_count++] = i;
    }
    deed->usages = rows;
    return true;
}

static bool read_rest(struct reader *reader, struct deed *deed)
{
    const char *name, *verdict;
    int64_t rev;

    if (!text_of(reader, FIELD_DIGEST, &deed->digest) ||
        !json_opt_text(&reader->field[FIELD_VERDICT], TEXT_NAME_MAX, "pass", &verdict,
                       reader->err) ||
        !json_opt_int(&reader->field[FIELD_REV], 0, INT64_MAX, -1, &rev, reader->err))
        return false;
    if (!deed->digest[0])
        deed->digest = NULL;
    deed->failed = strcmp(verdict, "pass") != 0;
    deed->decided = rev >= 0;
    deed->rev = (uint64_t)rev;
    if (reader->kind != DEED_LAUNCHER)
        return true;
    if (!text_of(reader, FIELD_NAME, &name))
        return false;
    deed->launcher = book_launcher(reader->scenario->book, deed->service, name);
    return true;
}

static bool read_action(struct reader *reader, struct deed *deed, struct scenario_seating *seating)
{
    *deed = (struct deed){.kind = reader->kind,
                          .service = BOOK_NONE,
                          .version = VERSION_NOT_KNOWN,
                          .store = BOOK_NONE,
                          .launcher = BOOK_NONE,
                          .cohort = BOOK_NONE};
    return read_service(reader, deed) &&
           (deed->service == BOOK_NONE || read_nodes(reader, deed, seating)) &&
           read_store(reader, deed) && read_cohort(reader, deed) && read_rest(reader, deed);
}

bool scenario_read_actions(struct scenario *scenario, const struct json_at *actions,
                           struct scenario_seating **seating, struct err *err)
{
    size_t count = 0;

    if (!json_get_array(actions, &count, err))
        return false;
    scenario->deeds = arena_alloc(scenario->arena, count + 1, sizeof *scenario->deeds);
    scenario->deed_count = count;
    *seating = arena_alloc(scenario->arena, count + 1, sizeof **seating);
    for (size_t i = 0; i < count; i++) {
        struct json_at at = json_index(actions, i);
        struct reader reader = {.scenario = scenario, .err = err};

        if (!begin(&reader, &at) || !read_action(&reader, &scenario->deeds[i], &(*seating)[i]))
            return false;
    }
    return true;
}

static bool seat_id(const struct book *book, uint32_t service, const struct json_at *at,
                    const char *node, uint32_t *out, struct err *err)
{
    *out = book_find_seat(book, service, node);
    return *out != BOOK_NONE || complain(at, err, "no node of this service is called", node);
}

static bool seat_list(const struct scenario *scenario, uint32_t service, const struct json_at *at,
                      const char *const *names, size_t count, const uint32_t **out, struct err *err)
{
    uint32_t *seats = arena_alloc(scenario->arena, count + 1, sizeof *seats);

    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);

        if (!seat_id(scenario->book, service, &item, names[i], &seats[i], err))
            return false;
    }
    *out = seats;
    return true;
}

bool scenario_seat_actions(struct scenario *scenario, const struct json_at *actions,
                           const struct scenario_seating *seating, struct err *err)
{
    for (size_t i = 0; i < scenario->deed_count; i++) {
        struct deed *deed = &scenario->deeds[i];
        struct json_at at = json_index(actions, i), nodes = json_key(&at, "nodes");
        struct json_at missed = json_key(&at, "missed"), node = json_key(&at, "node");

        if (deed->service == BOOK_NONE)
            continue;
        if (!seat_list(scenario, deed->service, &nodes, seating[i].nodes, deed->seat_count,
                       &deed->seats, err) ||
            !seat_list(scenario, deed->service, &missed, seating[i].missed, deed->missed_count,
                       &deed->missed, err))
            return false;
        if (!node.value)
            continue;
        uint32_t *seat = arena_alloc(scenario->arena, 1, sizeof *seat);
        if (!seat_id(scenario->book, deed->service, &node, seating[i].node, seat, err))
            return false;
        deed->seats = seat;
        deed->seat_count = 1;
    }
    return true;
}
