/* release.c: see release.h. The fields are one table, so that reading, writing and what
 * counts as known cannot drift apart. */
#include "release/release.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1 };
#define TIME_MAX_MS (INT64_C(1) << 52)

const char *const stage_word[STAGE_COUNT] = {
    [STAGE_NONE] = "none",
    [STAGE_HELD] = "held",
    [STAGE_CANARY] = "canary",
    [STAGE_BAKE] = "bake",
    [STAGE_REHEARSE] = "rehearse",
    [STAGE_SETTLE] = "settle",
    [STAGE_WAVE] = "wave",
    [STAGE_STABLE] = "stable",
    [STAGE_ROLLING_BACK] = "rolling-back",
    [STAGE_ROLLED_BACK] = "rolled-back",
};

const char *const proof_word[PROOF_COUNT] = {
    [PROOF_NONE] = "none",     [PROOF_CANARIED] = "canaried",   [PROOF_BAKED] = "baked",
    [PROOF_ROLLED] = "rolled", [PROOF_CERTIFIED] = "certified",
};

/* TEXT may be cut when too long; EXACT is compared and sent back, so it must fit and be clean. */
enum field_kind { FIELD_TEXT, FIELD_EXACT, FIELD_COUNT, FIELD_TIME };

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size;
};

#define FIELD(type, kind, member, key)                                                             \
    {                                                                                              \
        key, kind, offsetof(struct type, member), sizeof((struct type *)0)->member                 \
    }

static const struct field release_fields[] = {
    FIELD(release, FIELD_TEXT, service_id, "service"),
    FIELD(release, FIELD_TEXT, from, "from"),
    FIELD(release, FIELD_TEXT, to, "to"),
    FIELD(release, FIELD_TEXT, artifact, "artifact"),
    FIELD(release, FIELD_TEXT, by, "by"),
    FIELD(release, FIELD_COUNT, target, "target"),
    FIELD(release, FIELD_COUNT, replicas, "replicas"),
    FIELD(release, FIELD_TIME, since_utc_ms, "since_ms"),
    FIELD(release, FIELD_TIME, stage_utc_ms, "stage_since_ms"),
    FIELD(release, FIELD_EXACT, journal_head, "journal_head"),
};

static const struct field claim_fields[] = {
    FIELD(claim, FIELD_EXACT, id, "id"),
    FIELD(claim, FIELD_TEXT, by, "by"),
    FIELD(claim, FIELD_TEXT, from, "from"),
    FIELD(claim, FIELD_TEXT, to, "to"),
    FIELD(claim, FIELD_EXACT, artifact, "artifact"),
    FIELD(claim, FIELD_COUNT, have_count, "have_count"),
    FIELD(claim, FIELD_COUNT, replicas, "replicas"),
    FIELD(claim, FIELD_EXACT, base, "base"),
    FIELD(claim, FIELD_COUNT, to_count, "to_count"),
    FIELD(claim, FIELD_COUNT, write, "write"),
    FIELD(claim, FIELD_COUNT, writes, "writes"),
    FIELD(claim, FIELD_COUNT, holds_from, "holds_from"),
    FIELD(claim, FIELD_TIME, at_utc_ms, "at_ms"),
};

static const struct field cert_fields[] = {
    FIELD(certificate, FIELD_EXACT, version, "version"),
    FIELD(certificate, FIELD_TEXT, from, "from"),
    FIELD(certificate, FIELD_EXACT, digest, "digest"),
    FIELD(certificate, FIELD_EXACT, basis, "basis"),
    FIELD(certificate, FIELD_TEXT, by, "by"),
    FIELD(certificate, FIELD_TEXT, evidence, "evidence"),
    FIELD(certificate, FIELD_TIME, at_utc_ms, "at_ms"),
};

static const struct field glass_fields[] = {
    FIELD(glass, FIELD_EXACT, rules, "rules"),
    FIELD(glass, FIELD_EXACT, verb, "verb"),
    FIELD(glass, FIELD_EXACT, version, "version"),
    FIELD(glass, FIELD_TEXT, reason, "reason"),
    FIELD(glass, FIELD_EXACT, by, "by"),
    FIELD(glass, FIELD_EXACT, second, "second"),
    FIELD(glass, FIELD_TIME, at_utc_ms, "at_ms"),
    FIELD(glass, FIELD_TIME, until_utc_ms, "until_ms"),
};

/* ---- reading ---- */

static bool read_word(const struct json_at *at, const char *const *words, unsigned count,
                      unsigned *out, struct err *err)
{
    const char *word;
    char path[200];

    if (!json_opt_text(at, 64, words[0], &word, err))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = i;
            return true;
        }
    return err_set(err, ERR_PROTOCOL, "%s: '%s' is not a word this lockstep knows",
                   json_path(at, path, sizeof path), word);
}

static bool read_text(const struct json_at *at, const struct field *field, char *place,
                      struct err *err)
{
    const char *text, *raw = json_raw(at->value);
    char path[200];

    if (!json_opt_text(at, field->size - 1, "", &text, err))
        return false;
    if (field->kind == FIELD_EXACT && raw && strcmp(raw, text) != 0)
        return err_set(err, ERR_PROTOCOL, "%s: too long, or not clean text",
                       json_path(at, path, sizeof path));
    snprintf(place, field->size, "%s", text);
    return true;
}

static bool read_fields(const struct json_at *at, const struct field *fields, size_t count,
                        void *into, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        struct json_at key = json_key(at, field->key);
        char *place = (char *)into + field->offset;
        int64_t number = 0;

        switch (field->kind) {
        case FIELD_TEXT:
        case FIELD_EXACT:
            if (!read_text(&key, field, place, err))
                return false;
            break;
        case FIELD_COUNT:
            if (!json_opt_int(&key, 0, UINT32_MAX, 0, &number, err))
                return false;
            *(uint32_t *)(void *)place = (uint32_t)number;
            break;
        case FIELD_TIME:
            if (!json_opt_int(&key, 0, TIME_MAX_MS, 0, &number, err))
                return false;
            *(int64_t *)(void *)place = number;
            break;
        }
    }
    return true;
}

static json_t *read_whole(const json_t *object, const char *key)
{
    json_t *whole = json_object_get(object, key);

    return json_is_null(whole) ? NULL : json_incref(whole);
}

static bool read_cert(const struct json_at *up, struct certificate *cert, struct err *err)
{
    struct json_at at = json_key(up, "certificate"), state = json_key(&at, "state"),
                   attended = json_key(&at, "attended");
    unsigned word = 0;

    if (json_is_null(at.value) || !at.value)
        return true;
    if (!json_get_object(&at, err) ||
        !read_fields(&at, cert_fields, ARRAY_LEN(cert_fields), cert, err) ||
        !read_word(&state, proof_word, PROOF_COUNT, &word, err) ||
        !json_opt_bool(&attended, false, &cert->attended, err))
        return false;
    cert->state = (enum proof)word;
    return true;
}

bool release_read_glass(const struct json_at *up, struct glass *glass, struct err *err)
{
    struct json_at at = json_key(up, "glass"), waits = json_key(&at, "waits");

    if (json_is_null(at.value) || !at.value)
        return true;
    return json_get_object(&at, err) &&
           read_fields(&at, glass_fields, ARRAY_LEN(glass_fields), glass, err) &&
           json_opt_bool(&waits, false, &glass->waits, err);
}

static bool read_profile(const struct json_at *up, char *out, size_t size, struct err *err)
{
    const struct field profile = {"profile", FIELD_EXACT, 0, size};
    struct json_at at = json_key(up, profile.key);

    return read_text(&at, &profile, out, err);
}

bool release_read_mark(const struct json_at *up, struct stage_mark *mark, struct err *err)
{
    struct json_at after = json_key(up, "stage");
    unsigned word = 0;

    if (!read_word(&after, stage_word, STAGE_COUNT, &word, err) ||
        !read_profile(up, mark->profile, sizeof mark->profile, err) ||
        !read_cert(up, &mark->cert, err))
        return false;
    mark->after = (enum stage)word;
    return true;
}

static bool read_claim(const struct json_at *root, struct claim *claim, struct err *err)
{
    struct json_at at = json_key(root, "claim"), verb = json_key(&at, "verb");
    unsigned word = 0;

    if (json_is_null(at.value) || !at.value)
        return true;
    if (!json_get_object(&at, err) ||
        !read_fields(&at, claim_fields, ARRAY_LEN(claim_fields), claim, err) ||
        !read_word(&verb, verb_word, VERB_COUNT, &word, err) ||
        !release_read_mark(&at, &claim->mark, err) || !release_read_glass(&at, &claim->glass, err))
        return false;
    claim->verb = (enum verb)word;
    if (!claim->id[0] || claim->writes > RELEASE_WRITES_MAX ||
        claim->write >= (claim->writes ? claim->writes : 1))
        return err_set(err, ERR_PROTOCOL,
                       "the release record has a claim without id, or for write %u of %u",
                       claim->write + 1, claim->writes);
    return true;
}

static bool read_recent(const struct json_at *root, struct release *release, struct err *err)
{
    struct json_at at = json_key(root, "recent");
    size_t count = 0;

    if (json_is_null(at.value) || !at.value)
        return true;
    if (!json_get_array(&at, &count, err))
        return false;
    for (size_t i = count < RELEASE_RECENT_MAX ? count : RELEASE_RECENT_MAX; i-- > 0;) {
        static const struct field id = {"id", FIELD_EXACT, 0, ID_TEXT};
        struct json_at entry = json_index(&at, i), key = json_key(&entry, "id"),
                       outcome = json_key(&entry, "outcome");
        char text[ID_TEXT];
        unsigned word = 0;

        if (!json_get_object(&entry, err) || !read_text(&key, &id, text, err) ||
            !read_word(&outcome, outcome_word, OUTCOME_COUNT, &word, err))
            return false;
        release_note(release, text, (enum outcome)word);
    }
    return true;
}

static bool read_release(const struct json_at *root, struct release *release, struct err *err)
{
    struct json_at stage = json_key(root, "stage"), paused = json_key(root, "paused"),
                   rehearsed = json_key(root, "rehearsed_ms");
    unsigned word = 0;

    if (!read_fields(root, release_fields, ARRAY_LEN(release_fields), release, err) ||
        !read_word(&stage, stage_word, STAGE_COUNT, &word, err) ||
        !json_opt_bool(&paused, false, &release->paused, err) ||
        !json_opt_int(&rehearsed, 0, TIME_MAX_MS, 0, &release->rehearsed_utc_ms, err) ||
        !read_profile(root, release->profile, sizeof release->profile, err) ||
        !read_cert(root, &release->cert, err) || !release_read_glass(root, &release->glass, err) ||
        !read_claim(root, &release->claim, err) || !read_recent(root, release, err))
        return false;
    release->stage = (enum stage)word;
    release->memo = read_whole(root->value, "memo");
    release->claim_memo = read_whole(json_object_get(root->value, "claim"), "memo");
    release->contracts = read_whole(root->value, "contracts");
    return true;
}

struct release *release_parse(const char *text, size_t len, struct err *err)
{
    if (len > RELEASE_TEXT_MAX) {
        err_set(err, ERR_LIMIT, "the release record has %zu bytes, more than the %d allowed", len,
                RELEASE_TEXT_MAX);
        return NULL;
    }
    json_t *root = json_parse(text, len, "release record", err);
    if (!root)
        return NULL;
    struct arena *arena = arena_new(1024);
    struct json_at at = json_root(root, "release record", arena), schema = json_key(&at, "schema");
    struct release *release = release_new();
    struct err ignored = {0};
    int64_t version;

    release->root = root;
    bool ok = json_get_object(&at, err) && json_get_int(&schema, 1, 1 << 20, &version, err);
    if (ok && version > SCHEMA) { /* what can be read is shown, whatever else it says */
        release->newer = true;
        read_release(&at, release, &ignored);
    } else if (ok) {
        ok = read_release(&at, release, err);
    }
    arena_free(arena);
    if (ok)
        return release;
    release_free(release);
    return NULL;
}

/* ---- writing ---- */

static void write_fields(json_t *object, const struct field *fields, size_t count, const void *from)
{
    for (size_t i = 0; i < count; i++) {
        const char *place = (const char *)from + fields[i].offset;
        json_t *value = NULL;

        switch (fields[i].kind) {
        case FIELD_TEXT:
        case FIELD_EXACT:
            value = json_string(place);
            break;
        case FIELD_COUNT:
            value = json_integer(*(const uint32_t *)(const void *)place);
            break;
        case FIELD_TIME:
            value = json_integer(*(const int64_t *)(const void *)place);
            break;
        }
        json_object_set_new(object, fields[i].key, value);
    }
}

static bool has_id(const json_t *object, const char *id)
{
    const char *found = json_raw(json_object_get(object, "id"));

    return found && strcmp(found, id) == 0;
}

/* The object of this id as it was read, with fields of a newer lockstep, or a fresh one. */
static json_t *object_of(const json_t *read, const char *id)
{
    return has_id(read, id) ? json_copy((json_t *)(uintptr_t)read) : json_object();
}

static void write_cert(json_t *up, const struct certificate *cert)
{
    json_t *read = json_object_get(up, "certificate");

    if (cert->state == PROOF_NONE) {
        json_object_del(up, "certificate");
        return;
    }
    json_t *object = json_is_object(read) ? json_copy(read) : json_object();
    write_fields(object, cert_fields, ARRAY_LEN(cert_fields), cert);
    json_object_set_new(object, "state", json_string(proof_word[cert->state]));
    json_object_set_new(object, "attended", json_boolean(cert->attended));
    json_object_set_new(up, "certificate", object);
}

void release_write_glass(json_t *up, const struct glass *glass)
{
    json_t *read = json_object_get(up, "glass");

    if (!glass->rules[0]) {
        json_object_del(up, "glass");
        return;
    }
    json_t *object = json_is_object(read) ? json_copy(read) : json_object();
    write_fields(object, glass_fields, ARRAY_LEN(glass_fields), glass);
    json_object_set_new(object, "waits", json_boolean(glass->waits));
    json_object_set_new(up, "glass", object);
}

static void write_profile(json_t *up, const char *profile)
{
    if (profile[0])
        json_object_set_new(up, "profile", json_string(profile));
    else
        json_object_del(up, "profile");
}

void release_write_mark(json_t *up, const struct stage_mark *mark)
{
    if (mark->after == STAGE_NONE)
        return;
    json_object_set_new(up, "stage", json_string(stage_word[mark->after]));
    write_profile(up, mark->profile);
    write_cert(up, &mark->cert);
}

static json_t *write_claim(const struct release *release)
{
    json_t *claim = object_of(json_object_get(release->root, "claim"), release->claim.id);

    write_fields(claim, claim_fields, ARRAY_LEN(claim_fields), &release->claim);
    json_object_set_new(claim, "verb", json_string(verb_word[release->claim.verb]));
    release_write_mark(claim, &release->claim.mark);
    release_write_glass(claim, &release->claim.glass);
    if (release->claim_memo)
        json_object_set(claim, "memo", release->claim_memo);
    return claim;
}

static json_t *write_recent(const struct release *release)
{
    const json_t *read = json_object_get(release->root, "recent");
    json_t *recent = json_array();

    for (size_t i = 0; i < release->recent_count; i++) {
        const struct done *done = &release->recent[i];
        const json_t *old = NULL;
        for (size_t j = 0; j < json_array_size(read) && !old; j++)
            if (has_id(json_array_get(read, j), done->id))
                old = json_array_get(read, j);
        json_t *entry = object_of(old, done->id);
        json_object_set_new(entry, "id", json_string(done->id));
        json_object_set_new(entry, "outcome", json_string(outcome_word[done->outcome]));
        json_array_append_new(recent, entry);
    }
    return recent;
}

char *release_write(const struct release *release, struct err *err)
{
    if (release->newer) {
        err_set(err, ERR_UNSUPPORTED,
                "the release record was written by a newer lockstep: it can be looked at only");
        return NULL;
    }
    json_t *root = release->root ? json_copy(release->root) : json_object();

    json_object_set_new(root, "schema", json_integer(SCHEMA));
    json_object_set_new(root, "stage", json_string(stage_word[release->stage]));
    json_object_set_new(root, "paused", json_boolean(release->paused));
    write_fields(root, release_fields, ARRAY_LEN(release_fields), release);
    write_profile(root, release->profile);
    write_cert(root, &release->cert);
    release_write_glass(root, &release->glass);
    if (release->rehearsed_utc_ms)
        json_object_set_new(root, "rehearsed_ms", json_integer(release->rehearsed_utc_ms));
    else
        json_object_del(root, "rehearsed_ms");
    json_object_set_new(root, "recent", write_recent(release));
    if (release->claim.id[0])
        json_object_set_new(root, "claim", write_claim(release));
    else
        json_object_del(root, "claim");
    if (release->memo)
        json_object_set(root, "memo", release->memo);
    else
        json_object_del(root, "memo");
    if (release->contracts)
        json_object_set(root, "contracts", release->contracts);
    char *text = json_text(root);
    json_decref(root);
    size_t len = strlen(text);
    if (len <= RELEASE_TEXT_MAX)
        return text;
    free(text);
    err_set(err, ERR_LIMIT,
            "the release record of '%s' would take %zu bytes, more than the %d allowed",
            release->service_id, len, RELEASE_TEXT_MAX);
    return NULL;
}

/* ---- the rest ---- */

struct release *release_new(void)
{
    return xcalloc(1, sizeof(struct release));
}

void release_free(struct release *release)
{
    if (!release)
        return;
    json_decref(release->memo);
    json_decref(release->claim_memo);
    json_decref(release->contracts);
    json_decref(release->root);
    free(release);
}

struct release *release_copy(const struct release *release)
{
    struct release *copy = release_new();

    *copy = *release;
    json_incref(copy->memo);
    json_incref(copy->claim_memo);
    json_incref(copy->contracts);
    json_incref(copy->root);
    return copy;
}

bool claim_rest_holds(const struct claim *claim)
{
    return claim->holds_from && claim->write + 1 >= claim->holds_from;
}

uint32_t claim_holds_from(const struct claim *claim)
{
    return claim->verb == VERB_PAUSE || claim->verb == VERB_ROLLBACK ? 0 : claim->holds_from;
}

const json_t *release_memo_for(const struct release *release, const struct action *action)
{
    if (!release)
        return NULL;
    bool goes_on = stage_in_flight(release->stage) && strcmp(release->to, action->to) == 0;
    return action->verb != VERB_START || goes_on ? release->memo : NULL;
}

void release_note(struct release *release, const char *id, enum outcome outcome)
{
    struct done *recent = release->recent;
    size_t at = 0;

    while (at < release->recent_count && strcmp(recent[at].id, id) != 0)
        at++;
    if (at == release->recent_count && at < RELEASE_RECENT_MAX)
        release->recent_count++;
    else if (at == RELEASE_RECENT_MAX)
        at--;
    memmove(recent + 1, recent, at * sizeof *recent);
    recent[0].outcome = outcome;
    snprintf(recent[0].id, sizeof recent[0].id, "%s", id);
}

enum outcome release_recall(const struct release *release, const char *id)
{
    for (size_t i = 0; i < release->recent_count; i++)
        if (strcmp(release->recent[i].id, id) == 0)
            return release->recent[i].outcome;
    return OUTCOME_NONE;
}
