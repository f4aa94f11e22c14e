/* bind.c: keeps what was observed and declared, and decides what is to be made anew. */
#include "guard/bind.h"

#include "base/hash.h"
#include "guard/bind_private.h"

#include <stdlib.h>
#include <string.h>

struct bind *bind_new(const struct guard_policy *policy)
{
    struct bind *bind = xcalloc(1, sizeof *bind);

    bind->fallback = guard_policy_default();
    bind->trouble = "";
    bind->policy = policy;
    return bind;
}

const struct guard_policy *bind_policy(const struct bind *bind)
{
    return bind->policy ? bind->policy : &bind->fallback;
}

static void free_member(struct member *member)
{
    service_unref(member->service);
    arena_free(member->arena);
    free(member->contracts);
    arena_free(member->archive_arena);
    free(member->archived);
    free(member->release);
    free(member->id);
    free(member);
}

void bind_free(struct bind *bind)
{
    if (!bind)
        return;
    bind_unindex(bind);
    for (size_t i = 0; i < bind->member_count; i++)
        free_member(bind->members[i]);
    free(bind->members);
    free(bind->contracts);
    free(bind);
}

/* Where the id is, or would be put. */
static size_t place_of(const struct bind *bind, const char *id, bool *found)
{
    size_t low = 0, high = bind->member_count;

    *found = false;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int by = strcmp(bind->members[mid]->id, id);

        if (by == 0) {
            *found = true;
            return mid;
        }
        if (by < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct member *find_member(const struct bind *bind, const char *id)
{
    bool found;
    size_t at = place_of(bind, id, &found);

    return found ? bind->members[at] : NULL;
}

static struct member *get_member(struct bind *bind, const char *id)
{
    bool found;
    size_t at = place_of(bind, id, &found);

    if (found)
        return bind->members[at];
    ARRAY_RESERVE(bind->members, bind->member_cap, bind->member_count + 1);
    memmove(bind->members + at + 1, bind->members + at,
            (bind->member_count - at) * sizeof(struct member *));
    bind->member_count++;
    struct member *member = xcalloc(1, sizeof *member);
    member->id = xstrdup(id);
    member->arena = arena_new(256);
    member->name = member->wrong = member->trouble = "";
    member->at = BOOK_NONE;
    bind->members[at] = member;
    return member;
}

/* Its component's world is no longer true. */
static void outdate(struct bind *bind, const struct member *member)
{
    if (bind->indexed && member->at != BOOK_NONE)
        bind_drop_part(bind_part_of(bind, member->at));
}

static void remember(struct member *member, const struct contract *contract)
{
    size_t i = 0;

    while (i < member->contract_count &&
           strcmp(member->contracts[i].version, contract->version) != 0)
        i++;
    if (i == CONTRACT_VERSIONS_MAX) { /* the oldest one goes */
        memmove(member->contracts, member->contracts + 1, (i - 1) * sizeof *member->contracts);
        i--;
    }
    if (i == member->contract_count) {
        ARRAY_RESERVE(member->contracts, member->contract_cap, i + 1);
        member->contract_count++;
    }
    member->contracts[i] = *contract;
}

/* False when the text is the one that was read before. */
static bool read_contract(struct member *member, const struct service *service)
{
    const char *text = service->contract;
    size_t len = strlen(text);
    uint64_t hash = len ? hash_mix(HASH_SEED, text, len) : 0;
    struct contract contract = {.service = "", .version = "", .digest = ""};
    struct err err = {0};

    if (hash == member->text && member->name[0])
        return false;
    member->text = hash;
    member->wrong = "";
    if (!member->contract_count && !member->archived_count)
        member->name = arena_strdup(member->arena, service->name);
    if (!len)
        return true;
    json_t *root = json_parse_yaml(text, len, "lockstep.contract", &err);
    struct json_at at = json_root(root, "lockstep.contract", member->arena);
    at.text = text;
    at.text_len = len;
    if (root && contract_parse(&at, CONTRACT_ALONE, &contract, &err)) {
        remember(member, &contract);
        member->name = contract.service;
    } else {
        member->wrong = arena_strdup(member->arena, err.text);
    }
    json_decref(root);
    return true;
}

void bind_put_service(struct bind *bind, const struct service *service)
{
    struct member *member = get_member(bind, service->id);
    const struct service *before = member->service;

    if (before == service)
        return;
    member->service = service_ref(service);
    outdate(bind, member);
    bool new_words = read_contract(member, service);
    /* A service that no contract names changes nothing for the others. */
    if ((new_words || !before) &&
        (member->contract_count || member->archived_count || !bind->indexed || before ||
         book_find_service(bind->book, member->name) != BOOK_NONE))
        bind_unindex(bind);
    service_unref(before);
}

void bind_drop_service(struct bind *bind, const char *id)
{
    bool found;
    size_t at = place_of(bind, id, &found);

    if (!found)
        return;
    bind_unindex(bind);
    free_member(bind->members[at]);
    memmove(bind->members + at, bind->members + at + 1,
            (--bind->member_count - at) * sizeof(struct member *));
}

void bind_put_release(struct bind *bind, const char *id, const struct release *release)
{
    struct member *member = get_member(bind, id);

    free(member->release);
    member->release = NULL;
    if (release) {
        member->release = xcalloc(1, sizeof *release);
        *member->release = *release;
        member->release->memo = member->release->root = NULL;
        member->release->claim_memo = member->release->contracts = NULL;
        if (release->contracts)
            bind_read_archive(bind, member, release->contracts);
    }
    outdate(bind, member);
}

void bind_nodes_changed(struct bind *bind)
{
    for (size_t i = 0; i < bind->part_count; i++)
        bind_drop_part(&bind->parts[i]);
}

void bind_put_facts(struct bind *bind, enum facts_source source, const struct facts *facts)
{
    bind_unindex(bind);
    bind->facts[source] = facts;
}

void bind_put_trouble(struct bind *bind, const char *why)
{
    bind->trouble = why;
}

void bind_each_coupled(struct bind *bind, const char *id, bind_coupled_fn *fn, void *arg)
{
    const struct member *member = find_member(bind, id);
    size_t count;

    bind_index(bind);
    if (!member || member->at == BOOK_NONE)
        return;
    const uint32_t *ids = bind_component(bind, member->at, &count);
    for (size_t i = 0; i < count; i++)
        if (bind->member_of[ids[i]] && bind->member_of[ids[i]] != member)
            fn(arg, bind->member_of[ids[i]]->id);
}

const struct contract *bind_contract(struct bind *bind, const char *id, const char *version)
{
    const struct member *member = find_member(bind, id);
    size_t count;

    if (!member)
        return NULL;
    bind_index(bind);
    const struct contract *const *contracts = bind_contracts_of(bind, member->name, &count);
    for (size_t i = 0; i < count; i++)
        if (!version || strcmp(contracts[i]->version, version) == 0)
            return contracts[i];
    return NULL;
}

bool bind_declares(struct bind *bind, const char *id)
{
    const struct member *member = find_member(bind, id);

    return bind_contract(bind, id, NULL) || (member && (member->wrong[0] || member->trouble[0]));
}

/* As far as a world shows it. */
static bool same_release(const struct release *a, const struct release *b)
{
    if (!a || !b)
        return a == b;
    return a->stage == b->stage && a->stage_utc_ms == b->stage_utc_ms &&
           strcmp(a->from, b->from) == 0 && strcmp(a->to, b->to) == 0;
}

static bool writes(const struct contract *contract, const char *store, const char *format)
{
    for (size_t i = 0; i < contract->writes.count; i++)
        for (size_t k = 0; k < contract->writes.use[i].count; k++)
            if (strcmp(contract->writes.use[i].of, store) == 0 &&
                strcmp(contract->writes.use[i].names[k], format) == 0)
                return true;
    return false;
}

/* Anything that may run anywhere, fenced nodes included: better one attestation too late. */
static bool runs(const struct bind *bind, const struct contract *contract)
{
    uint32_t at = book_find_service(bind->book, contract->service);
    const struct member *member = bind->member_of[at];

    if (!member)
        return false;
    const struct service *service = member->service;
    for (size_t i = 0; i < service->launcher_count; i++)
        if (strcmp(service->launchers[i].version, contract->version) == 0)
            return true;
    return strcmp(service->wants, contract->version) == 0 ||
           service_count(service, contract->version, STATES_ALL) > 0;
}

const char *bind_not_gone(struct bind *bind, const char *store, const char *format)
{
    unsigned id;

    bind_index(bind);
    uint32_t at = book_find_store(bind->book, store);
    if (at == BOOK_NONE)
        return "no contract names that store";
    for (id = 0; id < bind->book->stores[at].names.count; id++)
        if (strcmp(bind->book->stores[at].names.text[id], format) == 0)
            break;
    if (id == bind->book->stores[at].names.count)
        return "no contract names that format of the store";
    for (size_t i = 0; i < bind->contract_count; i++)
        if (writes(bind->contracts[i], store, format) && runs(bind, bind->contracts[i]))
            return "something that may run still writes it: release what does not first";
    for (size_t i = 0; i < bind->member_count; i++)
        if (bind->members[i]->trouble[0])
            return "contracts of something that may run contradict each other: mend them first";
    return "";
}

static bool knows(const struct part *part, const char *service, const char *version)
{
    uint32_t id = book_find_service(part->book, service);

    if (!version[0] || strcmp(version, "?") == 0)
        return true;
    for (size_t v = 0; v < part->book->services[id].version_count; v++)
        if (strcmp(part->book->services[id].versions[v].name, version) == 0)
            return true;
    return false;
}

struct bound bind_world(struct bind *bind, const struct snapshot *snapshot,
                        const struct service *service, const struct release *release,
                        const char *version)
{
    struct bound bound = {.service = BOOK_NONE, .trouble = ""};
    struct member *member = get_member(bind, service->id);
    struct err err = {0};

    bind_put_service(bind, service);
    if (!same_release(member->release, release))
        bind_put_release(bind, service->id, release);
    bind_index(bind);
    bound.declared = bind_declares(bind, service->id);
    bound.trouble = member->wrong[0] ? member->wrong : member->trouble;
    if (!bound.trouble[0] && member->at != BOOK_NONE)
        bound.trouble = bind_record_trouble(bind, member);
    if (bound.trouble[0] || member->at == BOOK_NONE)
        return bound;
    struct part *part = bind_part_of(bind, member->at);
    if (part->made && !knows(part, member->name, version))
        bind_drop_part(part);
    if (!part->made && !bind_make_part(bind, snapshot, member, version, part, &err)) {
        bound.trouble = member->trouble = arena_strdup(bind->arena, err.text);
        return bound;
    }
    bound.world = &part->world;
    bound.basis = part->basis;
    bound.service = book_find_service(part->book, member->name);
    return bound;
}
