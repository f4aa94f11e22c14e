/* facts.c: see facts.h. */
#include "guard/facts.h"

#include "base/hash.h"
#include "base/text.h"

#include <string.h>

#define CALLS_MAX (INT64_C(1) << 52)

typedef bool member_fn(void *out, const struct json_at *at, const char *name, struct err *err);

/* Allocates `count` items of `size` and fills one per member of the object. */
static bool read_members(const struct json_at *at, size_t size, member_fn *fn, void **items,
                         size_t *count, struct err *err)
{
    const char *const *keys;
    size_t n;

    *count = 0;
    if (!at->value || json_is_null(at->value))
        return true;
    if (!contract_keys(at, &keys, &n, err))
        return false;
    char *list = arena_alloc(at->arena, n + 1, size);
    *items = list;
    for (size_t i = 0; i < n; i++) {
        struct json_at item = json_key(at, keys[i]);

        if (!fn(list + i * size, &item, keys[i], err))
            return false;
        *count = i + 1;
    }
    return true;
}

static bool read_store(void *out, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"may", "has", "owner", "note"};
    struct store_fact *store = out;
    struct json_at may = json_key(at, "may"), has = json_key(at, "has");
    struct json_at owner = json_key(at, "owner");

    *store = (struct store_fact){.name = name, .has_known = has.value != NULL};
    return contract_fields(at, known, ARRAY_LEN(known), err) &&
           contract_names(&may, &store->may, &store->may_count, err) &&
           contract_names(&has, &store->has, &store->has_count, err) &&
           json_opt_text(&owner, TEXT_NAME_MAX, "", &store->owner, err);
}

bool facts_read_stores(const struct json_at *at, struct facts *out, struct err *err)
{
    void *items = NULL;
    bool ok = read_members(at, sizeof *out->stores, read_store, &items, &out->store_count, err);

    out->stores = items;
    return ok;
}

static bool read_usage(void *out, const struct json_at *at, const char *name, struct err *err)
{
    struct usage_fact *usage = out;
    int64_t calls = 0;

    if (!json_get_int(at, 0, CALLS_MAX, &calls, err))
        return false;
    *usage = (struct usage_fact){name, (uint64_t)calls, {"", "", ""}};
    return true;
}

static bool read_client(void *out, const struct json_at *at, const char *name, struct err *err)
{
    static const char *const known[] = {"requires", "usage", "ended", "note"};
    struct client_fact *client = out;
    struct json_at requires = json_key(at, "requires"), usage = json_key(at, "usage");
    struct json_at ended = json_key(at, "ended");
    void *items = NULL;

    *client = (struct client_fact){
        .name = name, .ended_known = ended.value != NULL, .support = {"", "", ""}};
    bool ok =
        contract_fields(at, known, ARRAY_LEN(known), err) &&
        contract_uses(&requires, &client->requires, err) &&
        read_members(&usage, sizeof *client->usage, read_usage, &items, &client->usage_count, err);
    client->usage = items;
    return ok && json_opt_bool(&ended, false, &client->ended, err);
}

bool facts_read_clients(const struct json_at *at, struct facts *out, struct err *err)
{
    void *items = NULL;
    bool ok = read_members(at, sizeof *out->clients, read_client, &items, &out->client_count, err);

    out->clients = items;
    return ok;
}

static bool read_said(const struct json_at *at, struct said *said, struct err *err)
{
    struct json_at by = json_key(at, "by"), evidence = json_key(at, "reason");
    struct json_at time = json_key(at, "at");

    return json_get_object(at, err) && json_opt_text(&by, TEXT_NAME_MAX, "", &said->by, err) &&
           json_opt_text(&evidence, TEXT_MESSAGE_MAX, "", &said->evidence, err) &&
           json_opt_text(&time, TEXT_NAME_MAX, "", &said->at, err);
}

static bool read_attestation(void *out, const struct json_at *at, const char *name, struct err *err)
{
    struct attestation *gone = out;

    gone->format = name;
    return read_said(at, &gone->said, err);
}

static bool read_attested(void *out, const struct json_at *at, const char *name, struct err *err)
{
    struct store_fact *store = out;
    void *items = NULL;

    *store = (struct store_fact){.name = name, .owner = ""};
    bool ok =
        read_members(at, sizeof *store->gone, read_attestation, &items, &store->gone_count, err);
    store->gone = items;
    return ok;
}

static bool read_counted(void *out, const struct json_at *at, const char *name, struct err *err)
{
    struct usage_fact *usage = out;
    struct json_at calls = json_key(at, "calls");

    return json_get_object(at, err) && read_usage(usage, &calls, name, err) &&
           read_said(at, &usage->said, err);
}

static bool read_support(const struct json_at *at, struct client_fact *client, struct err *err)
{
    struct json_at ended = json_key(at, "ended");

    client->support = (struct said){"", "", ""};
    client->ended_known = at->value != NULL;
    return !client->ended_known ||
           (json_get_object(at, err) && json_get_bool(&ended, &client->ended, err) &&
            read_said(at, &client->support, err));
}

static bool read_told(void *out, const struct json_at *at, const char *name, struct err *err)
{
    struct client_fact *client = out;
    struct json_at requires = json_key(at, "requires"), usage = json_key(at, "usage");
    struct json_at support = json_key(at, "support");
    void *items = NULL;

    client->name = name;
    bool ok = json_get_object(at, err) && contract_uses(&requires, &client->requires, err) &&
              read_members(&usage, sizeof *client->usage, read_counted, &items,
                           &client->usage_count, err);
    client->usage = items;
    return ok && read_support(&support, client, err);
}

bool facts_read_record(const struct json_at *at, struct facts *out, struct err *err)
{
    struct json_at attested = json_key(at, "attested"), clients = json_key(at, "clients");
    void *stores = NULL, *told = NULL;
    bool ok =
        json_get_object(at, err) &&
        read_members(&attested, sizeof *out->stores, read_attested, &stores, &out->store_count,
                     err) &&
        read_members(&clients, sizeof *out->clients, read_told, &told, &out->client_count, err);

    out->stores = stores;
    out->clients = told;
    return ok;
}

/* Lists are sets: their order means nothing. */
static uint64_t names_digest(const char *what, const char *of, const char *const *names,
                             size_t count)
{
    uint64_t seed = hash_mix(HASH_SEED, what, strlen(what) + 1), sum = 0;

    seed = hash_mix(seed, of, strlen(of) + 1);
    for (size_t i = 0; i < count; i++)
        sum += hash_scatter(hash_mix(seed, names[i], strlen(names[i]) + 1));
    return sum + hash_scatter(hash_mix(seed, "", 1));
}

static uint64_t uses_digest(const char *what, const struct contract_uses *uses)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < uses->count; i++)
        sum += names_digest(what, uses->use[i].of, uses->use[i].names, uses->use[i].count);
    return sum;
}

uint64_t contract_digest(const struct contract *c)
{
    const char *const identity[] = {c->service, c->version, c->digest};
    uint64_t hash = HASH_SEED;
    uint64_t parts[] = {
        c->change,
        c->artifact,
        names_digest("follows", "", c->follows, c->follows_count),
        names_digest("provides", "", c->provides, c->provides_count),
        uses_digest("reads", &c->reads) + uses_digest("writes", &c->writes) +
            uses_digest("needs", &c->needs) + uses_digest("requires", &c->requires),
    };

    for (size_t i = 0; i < ARRAY_LEN(identity); i++)
        hash = hash_mix(hash, identity[i], strlen(identity[i]) + 1);
    return hash_mix(hash, parts, sizeof parts);
}
