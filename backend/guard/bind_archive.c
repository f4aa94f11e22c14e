/* bind_archive.c: contracts of versions that ran, as the ledger keeps them, release/archive.h.
 *
 * One that cannot be read (a newer lockstep wrote it) is not known, and neither is its version:
 * the rules that need it answer UNKNOWN. */
#include "guard/bind_private.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static int64_t at_ms(const json_t *entry)
{
    return json_integer_value(json_object_get(entry, "at_ms"));
}

/* Of two contracts of one version, the one that was carried last. */
static void keep(struct member *member, const struct contract *contract, int64_t *times,
                 int64_t time)
{
    size_t i = 0;

    while (i < member->archived_count &&
           strcmp(member->archived[i].version, contract->version) != 0)
        i++;
    if (i == CONTRACT_VERSIONS_MAX || (i < member->archived_count && times[i] >= time))
        return;
    if (i == member->archived_count) {
        ARRAY_RESERVE(member->archived, member->archived_cap, i + 1);
        member->archived_count++;
    }
    member->archived[i] = *contract;
    times[i] = time;
}

static void read_all(struct member *member, json_t *archive)
{
    int64_t times[CONTRACT_VERSIONS_MAX] = {0};
    const char *key;
    json_t *entry;

    json_object_foreach(archive, key, entry)
    {
        struct contract contract = {.service = "", .version = "", .digest = ""};
        struct json_at at = json_root(json_object_get(entry, "contract"), "an archived contract",
                                      member->archive_arena);
        struct err ignored = {0};

        if (!contract_parse(&at, CONTRACT_ALONE, &contract, &ignored))
            continue;
        if (!member->contract_count && !member->archived_count)
            member->name = arena_strdup(member->arena, contract.service);
        if (strcmp(contract.service, member->name) == 0)
            keep(member, &contract, times, at_ms(entry));
    }
}

void bind_read_archive(struct bind *bind, struct member *member, json_t *archive)
{
    uint64_t hash = HASH_SEED;
    const char *key;
    json_t *entry;

    json_object_foreach(archive, key, entry)
    {
        int64_t time = at_ms(entry);
        hash = hash_mix(hash_mix(hash, key, strlen(key) + 1), &time, sizeof time);
    }
    if (hash == member->archive)
        return;
    bind_unindex(bind);
    member->archive = hash;
    member->archived_count = 0;
    arena_free(member->archive_arena);
    member->archive_arena = arena_new(256);
    read_all(member, archive);
}

json_t *bind_to_archive(struct bind *bind, const char *id, const char *version, json_t *archive)
{
    const struct contract *known = bind_contract(bind, id, version);
    const char *key;
    json_t *entry, *out = NULL;

    if (!known)
        return NULL;
    struct arena *arena = arena_new(256);
    uint64_t digest = contract_digest(known);
    json_object_foreach(archive, key, entry)
    {
        json_t *kept = json_object_get(entry, "contract");
        struct contract contract = {.service = "", .version = "", .digest = ""};
        struct json_at at = json_root(kept, "an archived contract", arena);
        struct err ignored = {0};

        if (contract_parse(&at, CONTRACT_ALONE, &contract, &ignored) &&
            contract_digest(&contract) == digest)
            out = kept;
    }
    out = out ? json_incref(out) : contract_write(known);
    arena_free(arena);
    return out;
}

const char *bind_record_trouble(const struct bind *bind, const struct member *member)
{
    size_t count;
    const uint32_t *ids = bind_component(bind, member->at, &count);

    for (size_t i = 0; i < count; i++) {
        const struct member *other = bind->member_of[ids[i]];
        if (other && other->release && other->release->newer)
            return other == member ? "its ledger record was written by a newer lockstep"
                                   : "the ledger record of a service it is coupled to was written "
                                     "by a newer lockstep";
        if (other && other->trouble[0])
            return other->trouble;
    }
    return bind->trouble;
}
