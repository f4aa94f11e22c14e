/* contract.c: see contract.h. */
#include "guard/contract.h"

#include "base/near.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGE_WORD(name, word, data) [CHANGE_##name] = (word),
const char *const change_word[CHANGE_COUNT] = {CHANGE_TABLE(CHANGE_WORD)};
#undef CHANGE_WORD

#define CHANGE_DATA(name, word, data) | ((data) ? 1u << CHANGE_##name : 0u)
const unsigned change_data_kinds = 0 CHANGE_TABLE(CHANGE_DATA);
#undef CHANGE_DATA

enum { PATH_TEXT = 240, NAMES_MAX = 4096 };

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool complain(const struct json_at *at, struct err *err, const char *what, const char *word)
{
    char path[PATH_TEXT];

    return err_set(err, at->code, "%s: %s '%s'", json_path(at, path, sizeof path), what, word);
}

bool contract_keys(const struct json_at *at, const char *const **keys, size_t *count,
                   struct err *err)
{
    const char *key;
    json_t *value;
    size_t n = 0;

    *count = 0;
    if (!json_get_object(at, err))
        return false;
    const char **names = arena_alloc(at->arena, json_object_size(at->value) + 1, sizeof *names);
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        names[n] = text_clean(at->arena, key, strlen(key), TEXT_NAME_MAX);
        if (!names[n][0] || !same(names[n], key))
            return complain(at, err, "expected a plain name of at most 253 bytes, found", names[n]);
        n++;
    }
    *keys = names;
    *count = n;
    return true;
}

bool contract_fields(const struct json_at *at, const char *const *known, size_t count,
                     struct err *err)
{
    const char *const *keys;
    size_t n;
    char path[PATH_TEXT], near[NEAR_TEXT];

    if (!contract_keys(at, &keys, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool found = false;

        for (size_t k = 0; k < count; k++)
            found = found || same(keys[i], known[k]);
        if (!found) {
            struct json_at item = json_key(at, keys[i]);
            struct json_place place = json_locate(&item);

            json_path_from(at, place, path, sizeof path);
            return err_set(err, at->code, "%s: unknown field '%s'.%s", path, keys[i],
                           near_suggest(keys[i], known, count, near));
        }
    }
    return true;
}

bool contract_names(const struct json_at *at, const char *const **names, size_t *count,
                    struct err *err)
{
    size_t n;

    *count = 0;
    *names = NULL;
    if (!at->value || json_is_null(at->value))
        return true;
    if (!json_get_array(at, &n, err))
        return false;
    if (n > NAMES_MAX) {
        char path[PATH_TEXT];
        return err_set(err, ERR_LIMIT, "%s: %zu names, at most %d can be held",
                       json_path(at, path, sizeof path), n, NAMES_MAX);
    }
    const char **list = arena_alloc(at->arena, n + 1, sizeof *list);
    for (size_t i = 0; i < n; i++) {
        struct json_at item = json_index(at, i);

        if (!json_get_text(&item, TEXT_NAME_MAX, &list[i], err))
            return false;
        if (!list[i][0])
            return complain(&item, err, "expected a name, found", "");
        for (size_t k = 0; k < i; k++)
            if (same(list[k], list[i]))
                return complain(&item, err, "named twice:", list[i]);
    }
    *names = list;
    *count = n;
    return true;
}

bool contract_uses(const struct json_at *at, struct contract_uses *out, struct err *err)
{
    const char *const *keys;
    size_t count;

    *out = (struct contract_uses){0};
    if (!at->value || json_is_null(at->value))
        return true;
    if (!contract_keys(at, &keys, &count, err))
        return false;
    out->use = arena_alloc(at->arena, count + 1, sizeof *out->use);
    for (size_t i = 0; i < count; i++) {
        struct json_at list = json_key(at, keys[i]);
        struct contract_use *use = &out->use[i];

        use->of = keys[i];
        if (!json_get_array(&list, &use->count, err) ||
            !contract_names(&list, &use->names, &use->count, err))
            return false;
    }
    out->count = count;
    return true;
}

/* One field under either of two names; both at once is a contradiction. */
static bool either(const struct json_at *at, const char *name, const char *other,
                   struct json_at *out, struct err *err)
{
    struct json_at second = json_key(at, other);

    *out = json_key(at, name);
    if (out->value && second.value)
        return complain(&second, err, "the same field is already given as", name);
    if (second.value)
        *out = second;
    return true;
}

static bool parse_change(const struct json_at *at, unsigned *out, struct err *err)
{
    const char *const *words;
    size_t count;

    *out = 0;
    if (!contract_names(at, &words, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned kind = 0;

        while (kind < CHANGE_COUNT && !same(words[i], change_word[kind]))
            kind++;
        if (kind == CHANGE_COUNT) {
            struct json_at item = json_index(at, i);
            char path[PATH_TEXT];

            return err_set(err, at->code,
                           "%s: expected one of code read+ write+ read- ddl+ ddl- semantic api+ "
                           "api- config, found '%s'",
                           json_path(&item, path, sizeof path), words[i]);
        }
        *out |= 1u << kind;
    }
    return true;
}

static bool parse_identity(const struct json_at *at, enum contract_place place,
                           struct contract *out, struct err *err)
{
    const char *outer[2] = {out->service, out->version};
    const char **inner[2] = {&out->service, &out->version};
    static const char *const field[2] = {"service", "version"};

    for (int i = 0; i < 2; i++) {
        struct json_at part = json_key(at, field[i]);

        if (!part.value && place == CONTRACT_INSIDE)
            continue;
        if (!json_get_text(&part, TEXT_NAME_MAX, inner[i], err))
            return false;
        if (!(*inner[i])[0])
            return complain(&part, err, "expected a name, found", "");
        if (place == CONTRACT_INSIDE && !same(*inner[i], outer[i]))
            return complain(&part, err, "expected the name of the place where it stands, found",
                            *inner[i]);
    }
    return true;
}

static bool parse_relations(const struct json_at *at, struct contract *out, struct err *err)
{
    struct json_at follows, change, provides = json_key(at, "provides");

    if (!either(at, "follows", "pred", &follows, err) ||
        !either(at, "change", "delta", &change, err) ||
        !contract_names(&follows, &out->follows, &out->follows_count, err))
        return false;
    for (size_t i = 0; i < out->follows_count; i++)
        if (same(out->follows[i], out->version)) {
            struct json_at item = json_index(&follows, i);
            return complain(&item, err, "a version cannot follow itself:", out->version);
        }
    return parse_change(&change, &out->change, err) &&
           contract_names(&provides, &out->provides, &out->provides_count, err);
}

bool contract_parse(const struct json_at *at, enum contract_place place, struct contract *out,
                    struct err *err)
{
    static const char *const known[] = {"service",  "version",  "digest",  "follows", "pred",
                                        "change",   "delta",    "reads",   "writes",  "needs",
                                        "provides", "requires", "artifact"};
    struct json_at digest = json_key(at, "digest"), artifact = json_key(at, "artifact");
    struct json_at reads = json_key(at, "reads"), writes = json_key(at, "writes");
    struct json_at needs = json_key(at, "needs"), requires = json_key(at, "requires");

    return contract_fields(at, known, ARRAY_LEN(known), err) &&
           parse_identity(at, place, out, err) && parse_relations(at, out, err) &&
           json_opt_text(&digest, TEXT_NAME_MAX, "", &out->digest, err) &&
           json_opt_bool(&artifact, true, &out->artifact, err) &&
           contract_uses(&reads, &out->reads, err) && contract_uses(&writes, &out->writes, err) &&
           contract_uses(&needs, &out->needs, err) && contract_uses(&requires, &out->requires, err);
}

static void note_places(const struct json_at *at, struct contract *out)
{
    struct json_at version = json_key(at, "version"), follows = json_key(at, "follows");
    struct json_at pred = json_key(at, "pred");
    char path[PATH_TEXT];

    out->version_place = arena_strdup(at->arena, json_path(&version, path, sizeof path));
    out->follows_place =
        arena_strdup(at->arena, json_path(follows.value ? &follows : &pred, path, sizeof path));
}

/* "?" stands for whatever is not known, wherever a version is named. */
static bool names_versions(const struct json_at *at, const struct contract *contract,
                           struct err *err)
{
    static const char what[] = "expected the name of a version, found";
    struct json_at version = json_key(at, "version"), follows = json_key(at, "follows");

    if (!follows.value)
        follows = json_key(at, "pred");
    if (same(contract->version, "?"))
        return complain(&version, err, what, "?");
    for (size_t i = 0; i < contract->follows_count; i++)
        if (same(contract->follows[i], "?")) {
            struct json_at item = json_index(&follows, i);
            return complain(&item, err, what, "?");
        }
    return true;
}

bool contract_load(const char *path, struct arena *arena, struct contract *out, struct err *err)
{
    size_t len;
    char *text;
    json_t *root = json_parse_file_text(path, &text, &len, err);

    *out = (struct contract){.service = "", .version = "", .digest = ""};
    if (!root)
        return false;
    struct json_at at = json_root(root, path, arena);
    at.code = ERR_CONFIG;
    at.text = text;
    at.text_len = len;
    bool ok = contract_parse(&at, CONTRACT_ALONE, out, err) && names_versions(&at, out, err);
    if (ok)
        note_places(&at, out);
    json_decref(root);
    free(text);
    return ok;
}

enum { NEW, OPEN, CLOSED };

struct walk {
    const struct contract *contracts;
    size_t count;
    unsigned char seen[CONTRACT_VERSIONS_MAX];
    size_t next[CONTRACT_VERSIONS_MAX]; /* of those that are open: which one was gone to */
};

/* Depth-first over `follows`: a version met again on the way to itself closes a circle. Returns it,
 * or count. */
static size_t circle_from(struct walk *w, size_t at)
{
    const struct contract *contract = &w->contracts[at];

    if (w->seen[at] != NEW)
        return w->seen[at] == OPEN ? at : w->count;
    w->seen[at] = OPEN;
    for (size_t f = 0; f < contract->follows_count; f++)
        for (size_t i = 0; i < w->count; i++) {
            if (!same(w->contracts[i].version, contract->follows[f]))
                continue;
            w->next[at] = i;
            size_t met = circle_from(w, i);
            if (met < w->count)
                return met;
        }
    w->seen[at] = CLOSED;
    return w->count;
}

/* "1 follows 2, 2 follows 1 (b.yaml:3:10: follows)": the first one's place leads the message. */
static bool say_circle(const struct walk *w, size_t first, const char *what, struct err *err)
{
    const struct contract *one = &w->contracts[first];
    char text[PATH_TEXT * 2] = "";
    size_t at = first, len = 0;

    do {
        const struct contract *c = &w->contracts[at];
        bool shown = at != first && c->follows_place;

        snprintf(text + len, sizeof text - len, "%s%s follows %s%s%s%s", len ? ", " : "",
                 c->version, w->contracts[w->next[at]].version, shown ? " (" : "",
                 shown ? c->follows_place : "", shown ? ")" : "");
        len = strlen(text);
        at = w->next[at];
    } while (at != first);
    return err_set(err, ERR_CONFIG, "%s: the versions of %s follow each other in a circle: %s",
                   one->follows_place ? one->follows_place : what, one->service, text);
}

static bool say_twice(const struct contract *known, const struct contract *again, const char *what,
                      struct err *err)
{
    if (known->version_place && again->version_place)
        return err_set(err, ERR_CONFIG,
                       "%s: version %s of %s has two contracts, expected one; the other is %s",
                       again->version_place, again->version, again->service, known->version_place);
    return err_set(err, ERR_CONFIG, "%s: version %s of %s has two contracts", what, again->version,
                   again->service);
}

bool contract_check_together(const struct contract *contracts, size_t count, const char *what,
                             struct err *err)
{
    struct walk walk = {.contracts = contracts, .count = count};

    if (count > CONTRACT_VERSIONS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d versions of %s are declared", what,
                       CONTRACT_VERSIONS_MAX, contracts[0].service);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (same(contracts[i].version, contracts[k].version))
                return say_twice(&contracts[k], &contracts[i], what, err);
    for (size_t i = 0; i < count; i++) {
        size_t met = circle_from(&walk, i);

        if (met < count)
            return say_circle(&walk, met, what, err);
    }
    return true;
}
