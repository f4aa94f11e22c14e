/* hidden_world.c: makes a random fleet: what is declared, and what is true beside it. */
#include "guard/hidden.h"

#include "base/mem.h"

#include <string.h>

#define HIDDEN_WORD(name, word) [HIDDEN_##name] = (word),
const char *const hidden_word[HIDDEN_COUNT] = {HIDDEN_TABLE(HIDDEN_WORD)};
#undef HIDDEN_WORD

static const char *const services[HIDDEN_SERVICES] = {"app", "web", "jobs"};
static const char *const versions[HIDDEN_VERSIONS] = {"v1", "v2", "v3", "v4"};
static const char *const stores[HIDDEN_STORES] = {"db", "bus"};
static const char *const names[HIDDEN_NAMES] = {"f1", "f2", "f3", "f4", "poison", "c1", "c2"};
static const char *const elements[HIDDEN_ELEMENTS] = {"e1", "e2", "e3"};
static const char *const nodes[HIDDEN_NODES] = {"n1", "n2", "n3", "n4", "n5",
                                                "n6", "n7", "n8", "n9"};

/* ---- what is true ---- */

/* Reads grow with the version and writes lag behind, as they should; one in eight does not. */
static void make_data(struct hidden *h, struct really *now, const struct really *before, unsigned v)
{
    for (unsigned d = 0; d < h->stores; d++) {
        bool good = dice_percent(&h->dice, 88);
        unsigned known = (2u << v) - 1; /* f1 … of this version */

        if (!before) {
            now->reads_any[d] = dice_percent(&h->dice, 80);
            now->reads[d] = 1;
            now->writes[d] = dice_percent(&h->dice, 60) ? 1 : 0;
            continue;
        }
        now->reads_any[d] = before->reads_any[d];
        now->reads[d] = good || dice_percent(&h->dice, 50) ? known & 15u : 1;
        now->writes[d] = before->writes[d];
        if (now->writes[d] && dice_percent(&h->dice, 40))
            now->writes[d] = 1u << (good ? v - 1 : v);
        if (dice_percent(&h->dice, 8))
            now->needs[d] = 1u << (HIDDEN_COLUMN + dice_below(&h->dice, 2));
    }
}

/* Calls go to services before it; the first versions fit together. */
static void make_calls(struct hidden *h, unsigned s, struct really *now,
                       const struct really *before)
{
    now->provides = before ? before->provides : 3; /* e1, e2 */
    if (before && dice_percent(&h->dice, 25))
        now->provides |= 4;
    if (before && dice_percent(&h->dice, 10))
        now->provides &= ~(1u << dice_below(&h->dice, HIDDEN_ELEMENTS));
    for (unsigned t = 0; t < s; t++) {
        now->requires[t] = before ? before->requires[t] : dice_percent(&h->dice, 50);
        if (before && dice_percent(&h->dice, 10))
        now->requires[t] = 1u << dice_below(&h->dice, HIDDEN_ELEMENTS);
    }
}

static void hide_clashes(struct hidden *h, unsigned s, unsigned v)
{
    struct really *now = &h->really[s][v];

    for (unsigned u = 0; u < v; u++) {
        bool near = u + 1 == v;

        if (!dice_percent(&h->dice, near ? 8 : 35))
            continue;
        now->clashes |= 1u << u;
        now->faults |= 1u << (near ? HIDDEN_NEAR : HIDDEN_FAR);
    }
    now->hurts_old = dice_percent(&h->dice, 30);
    for (unsigned u = 0; u < v; u++)
        if (dice_percent(&h->dice, 5)) {
            now->spoils |= 1u << u;
            now->faults |= 1u << HIDDEN_WAY_BACK;
        }
}

static void hide(struct hidden *h, unsigned s, unsigned v)
{
    struct really *now = &h->really[s][v];

    hide_clashes(h, s, v);
    if (dice_percent(&h->dice, 6)) {
        now->faults |= 1u << HIDDEN_ROT;
        now->rot_ms = (int64_t)dice_below(&h->dice, 4) * h->tick_ms;
    }
    if (dice_percent(&h->dice, 4))
        now->faults |= 1u << HIDDEN_IMAGE;
    if (dice_percent(&h->dice, 3))
        now->faults |= 1u << HIDDEN_PULL;
    for (unsigned t = 0; t < s; t++)
        for (unsigned w = 0; w < h->versions; w++)
            if ((v || w) && dice_percent(&h->dice, 4)) {
                now->peers[t] |= 1u << w;
                now->faults |= 1u << HIDDEN_PEER;
            }
}

static void make_truth(struct hidden *h)
{
    for (unsigned s = 0; s < h->services; s++)
        for (unsigned v = 0; v < h->versions; v++) {
            struct really *now = &h->really[s][v];
            const struct really *before = v ? now - 1 : NULL;

            make_data(h, now, before, v);
            make_calls(h, s, now, before);
            if (v)
                hide(h, s, v);
        }
}

/* ---- what is declared ---- */

static struct set set_of(unsigned mask)
{
    return (struct set){{mask}};
}

static void declare_uses(struct hidden *h, struct uses *uses, const unsigned *masks,
                         const bool *even_empty, size_t count)
{
    uses->use = arena_alloc(h->book->arena, count, sizeof *uses->use);
    for (uint32_t i = 0; i < count; i++)
        if (masks[i] || (even_empty && even_empty[i]))
            uses->use[uses->count++] = (struct use){i, set_of(masks[i])};
}

static void declare(struct hidden *h, unsigned s, unsigned v)
{
    struct book_version *version = &h->book->services[s].versions[v];
    const struct really *now = &h->really[s][v];
    unsigned reads[HIDDEN_STORES];
    bool writes_new = v && memcmp(now->writes, now[-1].writes, sizeof now->writes) != 0;

    version->declared = !(now->faults & 1u << HIDDEN_IMAGE) || dice_percent(&h->dice, 60);
    version->digest = "sha256:declared";
    version->artifact = !(now->faults & 1u << HIDDEN_PULL);
    if (!version->declared)
        return;
    version->follows = v ? VERSION_BIT(v - 1) : 0;
    if (v > 1 && dice_percent(&h->dice, 10))
        version->follows |= VERSION_BIT(v - 2);
    version->change = 1u << (writes_new ? CHANGE_WRITE_ADD : CHANGE_CODE);
    if (dice_percent(&h->dice, 4))
        version->change |= 1u << CHANGE_CODE | 1u << CHANGE_READ_ADD;
    for (unsigned d = 0; d < HIDDEN_STORES; d++)
        reads[d] = now->reads_any[d] ? now->reads[d] : 0;
    declare_uses(h, &version->reads, reads, now->reads_any, h->stores);
    declare_uses(h, &version->writes, now->writes, NULL, h->stores);
    declare_uses(h, &version->needs, now->needs, NULL, h->stores);
    declare_uses(h, &version->requires, now->requires, NULL, h->services);
    version->provides = set_of(now->provides);
}

static void name_all(struct hidden *h)
{
    struct err err = {0};
    unsigned id;

    for (unsigned d = 0; d < h->stores; d++) {
        book_store(h->book, stores[d]);
        for (unsigned f = 0; f < HIDDEN_NAMES; f++)
            book_format(h->book, d, names[f], &id, &err);
        h->book->stores[d].owner = 0;
    }
    for (uint32_t s = 0; s < h->services; s++) {
        book_service(h->book, services[s]);
        h->book->services[s].known = true;
        for (unsigned e = 0; e < HIDDEN_ELEMENTS; e++)
            book_element(h->book, s, elements[e], &id, &err);
        for (unsigned v = 0; v < h->versions; v++)
            book_version(h->book, s, versions[v], &id, &err);
        for (unsigned n = 0; n < HIDDEN_NODES; n++)
            book_seat(h->book, s, nodes[n]);
    }
}

static bool are_coupled(const struct hidden *h, unsigned s, uint32_t t)
{
    const struct book_service *at = &h->book->services[s];

    for (size_t i = 0; i < at->neighbour_count; i++)
        if (at->neighbours[i] == t)
            return true;
    return false;
}

/* That two services have something to do with each other must be known; what goes wrong need not.
 */
static void forget_strangers(struct hidden *h)
{
    for (unsigned s = 0; s < h->services; s++)
        for (unsigned t = 0; t < s; t++)
            for (unsigned v = 0; v < h->versions && !are_coupled(h, s, t); v++)
                h->really[s][v].peers[t] = 0;
}

static void make_book(struct hidden *h)
{
    struct contract_use use = {services[0], &elements[dice_below(&h->dice, 2)], 1};
    const struct contract_uses requires = {&use, 1};
    struct err err = {0};

    h->book = book_new();
    name_all(h);
    for (unsigned s = 0; s < h->services; s++)
        for (unsigned v = 0; v < h->versions; v++)
            declare(h, s, v);
    for (uint32_t s = 0; s < h->services; s++)
        if (dice_percent(&h->dice, 30))
            book_launcher(h->book, s, "asg");
    if (dice_percent(&h->dice, 60))
        book_require(h->book, book_cohort(h->book, "mobile"), &requires, &err);
    book_seal(h->book);
    forget_strangers(h);
}

/* ---- the first moment ---- */

static void place_all(struct hidden *h)
{
    for (unsigned s = 0; s < h->services; s++) {
        h->nodes[s] = 3 + dice_below(&h->dice, HIDDEN_NODES - 3);
        for (unsigned n = 0; n < h->nodes[s]; n++) {
            struct seat_now *seat = &h->world.seats[hidden_seat(h, s, n)];

            seat->state = SEAT_REPORTING;
            seat->runs = VERSION_BIT(0);
            h->places[s][n] = (struct place){.state = PLACE_UP, .been = 1};
        }
    }
    for (size_t i = 0; i < h->book->launcher_count; i++)
        h->world.launchers[i] = 0;
    for (size_t i = 0; i < h->book->usage_count; i++)
        h->world.usages[i] = dice_below(&h->dice, 2);
    for (unsigned d = 0; d < h->stores; d++) {
        h->at_rest[d] = 1;
        h->has[d] = dice_below(&h->dice, 4) << HIDDEN_COLUMN;
        h->world.stores[d].may = set_of(h->at_rest[d]);
        h->world.stores[d].has = set_of(h->has[d]);
    }
    world_begin(&h->world);
}

void hidden_init(struct hidden *h, uint64_t seed, const struct hidden_setting *setting,
                 struct hidden_result *out)
{
    static const char *const kinds[] = {"fast", "data", "api"};
    struct policy policy = policy_strict();

    memset(h, 0, sizeof *h);
    h->dice = dice_of(seed);
    h->setting = setting;
    h->out = out;
    h->profile = profile_find(kinds[dice_below(&h->dice, ARRAY_LEN(kinds))]);
    struct plan configured = plan_default();
    h->plan = profile_plan(h->profile, &configured);
    h->tick_ms = h->profile->wave_ms / 3 + 1;
    h->utc_ms = 1000000000;
    h->services = 2 + dice_below(&h->dice, HIDDEN_SERVICES - 1);
    h->versions = 3 + dice_below(&h->dice, HIDDEN_VERSIONS - 2);
    h->stores = 1 + dice_below(&h->dice, HIDDEN_STORES);
    make_truth(h);
    make_book(h);
    policy.rules &= ~setting->missing;
    policy.coupling = dice_percent(&h->dice, 50) ? COUPLING_NEIGHBOURS : COUPLING_COMPONENT;
    world_init(&h->world, h->book, policy);
    place_all(h);
}

void hidden_release(struct hidden *h)
{
    world_release(&h->world);
    book_free(h->book);
}
