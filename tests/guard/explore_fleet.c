/* explore_fleet.c: a small fleet: its numbers, the deeds that can happen to it, and how a world is
 * packed. What the guard derives (live, the basis of certificates) is not stored: it is
 * derived anew, and truth_of_step compares. */
#include "guard/explore_guard.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

const uint8_t fleet_permutation[6][FLEET_NODES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
static const char *const node_name[FLEET_NODES] = {"n1", "n2", "n3"};

/* ---- numbers ---- */

static unsigned mask_of(const struct uses *uses, uint32_t of)
{
    const struct set *set = uses_of(uses, of);

    return set ? (unsigned)set->word[0] : 0;
}

static void read_facts(struct fleet_facts *facts, const struct book *book)
{
    for (uint32_t s = 0; s < FLEET_SERVICES; s++) {
        facts->launcher[s] = s < book->service_count && book->services[s].launcher_count
                                 ? book->services[s].launchers[0]
                                 : NO_SEAT;
        for (unsigned n = 0; n < FLEET_NODES; n++)
            facts->seat[s][n] =
                s < book->service_count ? book_find_seat(book, s, node_name[n]) : NO_SEAT;
        for (unsigned v = 0; s < book->service_count && v < book->services[s].version_count; v++) {
            const struct book_version *version = &book->services[s].versions[v];

            facts->follows[s][v] = (unsigned)version->follows;
            facts->reads_any[s][v] = uses_of(&version->reads, 0) != NULL;
            facts->reads[s][v] = mask_of(&version->reads, 0);
            facts->writes[s][v] = mask_of(&version->writes, 0);
            facts->needs[s][v] = mask_of(&version->needs, 0);
            facts->provides[s][v] = (unsigned)version->provides.word[0];
            for (uint32_t t = 0; t < FLEET_SERVICES; t++)
            facts->requires[s][v][t] = mask_of(&version->requires, t);
        }
    }
}

/* ---- deeds ---- */

static struct fleet_deed *add_deed(struct fleet_model *model, enum deed_kind kind, uint32_t service,
                                   unsigned version, unsigned nodes)
{
    struct fleet_deed *add = &model->deeds[model->deed_count++];
    size_t named = 0;

    memset(add, 0, sizeof *add);
    add->deed = (struct deed){.kind = kind,
                              .service = service,
                              .version = version,
                              .store = BOOK_NONE,
                              .launcher = BOOK_NONE,
                              .cohort = BOOK_NONE};
    add->nodes = (uint8_t)nodes;
    add->judged = deed_rules[kind] != 0;
    for (unsigned n = 0; n < FLEET_NODES; n++)
        if (nodes >> n & 1 && service != BOOK_NONE && model->facts.seat[service][n] != NO_SEAT)
            add->seats[named++] = model->facts.seat[service][n];
    if (kind == DEED_RELEASE) {
        add->deed.missed = add->seats;
        add->deed.missed_count = named;
    } else {
        add->deed.seats = add->seats;
        add->deed.seat_count = named;
    }
    return add;
}

static unsigned nodes_of(const struct fleet_model *model, uint32_t s)
{
    unsigned nodes = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++)
        nodes |= (unsigned)(model->facts.seat[s][n] != NO_SEAT) << n;
    return nodes;
}

static void add_pushes(struct fleet_model *model, uint32_t s, unsigned v)
{
    unsigned all = nodes_of(model, s);
    bool partly = model->fleet->faults & FAULT_PARTLY;

    for (unsigned nodes = 1; nodes <= all; nodes++) {
        if (nodes & ~all)
            continue;
        struct fleet_deed *add = add_deed(model, DEED_CANARY, s, v, nodes);
        add->helps = add->pictured = true;
        if (nodes == all || partly) {
            add = add_deed(model, DEED_ROLLBACK, s, v, nodes);
            add->deed.all_seats = nodes == all;
            add->helps = true;
            add->pictured = nodes == all;
        }
    }
    for (unsigned missed = 0; missed <= all; missed++) {
        if (missed & ~all || (missed && !partly))
            continue;
        struct fleet_deed *add = add_deed(model, DEED_RELEASE, s, v, missed);
        add->helps = add->pictured = !missed;
    }
    if (!(model->fleet->faults & FAULT_FENCED))
        return;
    for (unsigned n = 0; n < FLEET_NODES; n++)
        if (all >> n & 1)
            add_deed(model, DEED_ADMIT, s, v, 1u << n)->helps = true;
}

static void add_launcher(struct fleet_model *model, uint32_t s, unsigned v)
{
    if (!(model->fleet->faults & FAULT_LAUNCHERS) || model->facts.launcher[s] == NO_SEAT)
        return;
    struct fleet_deed *add = add_deed(model, DEED_LAUNCHER, s, v, 0);
    add->deed.launcher = model->facts.launcher[s];
    add->helps = true;
}

static void add_service(struct fleet_model *model, uint32_t s)
{
    const struct book_service *service = &model->scenario->book->services[s];

    add_deed(model, DEED_BAKE, s, VERSION_NOT_KNOWN, 0)->helps = true;
    if (model->fleet->faults & FAULT_FAILED)
        add_deed(model, DEED_BAKE, s, VERSION_NOT_KNOWN, 0)->deed.failed = true;
    for (unsigned v = 0; v < service->version_count; v++) {
        add_pushes(model, s, v);
        add_launcher(model, s, v);
    }
}

/* What happens to a node happens to every service on it; see apply_to_node. */
static void add_nodes(struct fleet_model *model)
{
    unsigned faults = model->fleet->faults;

    for (unsigned n = 0; n < FLEET_NODES; n++) {
        if (faults & FAULT_SILENT) {
            add_deed(model, DEED_DOWN, BOOK_NONE, VERSION_NOT_KNOWN, 1u << n);
            add_deed(model, DEED_UP, BOOK_NONE, VERSION_NOT_KNOWN, 1u << n);
        }
        if (faults & FAULT_RETIRED)
            add_deed(model, DEED_RETIRE, BOOK_NONE, VERSION_NOT_KNOWN, 1u << n);
        if (faults & (FAULT_FENCED | FAULT_SILENT))
            add_deed(model, DEED_FENCE, BOOK_NONE, VERSION_NOT_KNOWN, 1u << n)->helps = true;
    }
}

static void add_store(struct fleet_model *model)
{
    const struct book_store *store = &model->scenario->book->stores[0];
    unsigned elements = (unsigned)model->scenario->start.stores[0].has.word[0];

    for (uint32_t s = 0; s < FLEET_SERVICES; s++)
        for (unsigned v = 0; v < FLEET_VERSIONS; v++)
            elements |= model->facts.needs[s][v];
    for (unsigned f = 0; f < store->names.count; f++) {
        struct fleet_deed *add;

        if (!(elements >> f & 1)) {
            add = add_deed(model, DEED_BACKFILLED, BOOK_NONE, VERSION_NOT_KNOWN, 0);
            set_add(&add->deed.formats, f);
            add->helps = true;
            add->deed.store = 0;
            continue;
        }
        for (unsigned kind = DEED_EXPAND; kind <= DEED_CONTRACT; kind++) {
            if (!(model->fleet->faults & FAULT_SCHEMA))
                break;
            add = add_deed(model, (enum deed_kind)kind, BOOK_NONE, VERSION_NOT_KNOWN, 0);
            set_add(&add->deed.elements, f);
            add->helps = kind == DEED_EXPAND;
            add->deed.store = 0;
        }
    }
}

static void add_clients(struct fleet_model *model)
{
    static const uint32_t row = 0;

    if (!(model->fleet->faults & FAULT_CLIENTS) || !model->scenario->book->usage_count)
        return;
    for (unsigned calls = 0; calls < 2; calls++) {
        struct fleet_deed *add = add_deed(model, DEED_USAGE, BOOK_NONE, VERSION_NOT_KNOWN, 0);
        add->deed.usages = &row;
        add->deed.usage_count = 1;
        add->deed.count = calls;
        add->deed.cohort = 0;
        add->judged = false;
    }
    add_deed(model, DEED_END_SUPPORT, BOOK_NONE, VERSION_NOT_KNOWN, 0)->judged = false;
    model->deeds[model->deed_count - 1].deed.cohort = 0;
}

static unsigned permuted(unsigned nodes, unsigned p)
{
    unsigned out = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++)
        out |= (nodes >> fleet_permutation[p][n] & 1) << n;
    return out;
}

/* The same deed on other nodes. */
static void link_permutations(struct fleet_model *model)
{
    for (size_t i = 0; i < model->deed_count; i++)
        for (unsigned p = 0; p < 6; p++)
            for (size_t k = 0; k < model->deed_count; k++) {
                const struct fleet_deed *a = &model->deeds[i], *b = &model->deeds[k];

                if (a->deed.kind == b->deed.kind && a->deed.service == b->deed.service &&
                    a->deed.version == b->deed.version && b->nodes == permuted(a->nodes, p))
                    model->deeds[i].by_permutation[p] = (uint8_t)k;
            }
}

/* Nodes may be swapped when the same services are on them. */
static bool is_symmetry(const struct fleet_model *model, unsigned p)
{
    for (unsigned s = 0; s < FLEET_SERVICES; s++)
        for (unsigned n = 0; n < FLEET_NODES; n++)
            if ((model->facts.seat[s][n] == NO_SEAT) !=
                (model->facts.seat[s][fleet_permutation[p][n]] == NO_SEAT))
                return false;
    return true;
}

struct fleet_model *fleet_model_new(const struct fleet_case *fleet)
{
    struct fleet_model *model = xcalloc(1, sizeof *model);
    char *text = xstrdup(fleet->world);
    struct err err = {0};
    struct policy policy = policy_strict();

    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *root = json_parse(text, strlen(text), fleet->name, &err);
    model->scenario = root ? scenario_parse(root, fleet->name, &err) : NULL;
    if (!model->scenario) {
        fprintf(stderr, "%s: %s\n", fleet->name, err.text);
        exit(2);
    }
    json_decref(root);
    free(text);
    policy.rules &= ~fleet->missing;
    model->fleet = fleet;
    model->deeds = xcalloc(256, sizeof *model->deeds);
    read_facts(&model->facts, model->scenario->book);
    for (unsigned p = 0; p < 6; p++)
        model->symmetries |= (unsigned)is_symmetry(model, p) << p;
    for (uint32_t s = 0; s < model->scenario->book->service_count; s++)
        add_service(model, s);
    add_nodes(model);
    add_store(model);
    add_clients(model);
    link_permutations(model);
    world_init(&model->at, model->scenario->book, policy);
    world_init(&model->next, model->scenario->book, policy);
    return model;
}

void fleet_model_free(struct fleet_model *model)
{
    world_release(&model->at);
    world_release(&model->next);
    scenario_free(model->scenario);
    free(model->deeds);
    free(model);
}

/* ---- packing ---- */

static void put(struct fleet_state *state, unsigned *at, unsigned width, uint64_t value)
{
    if (*at % 64 + width > 64)
        *at += 64 - *at % 64;
    state->word[*at / 64] |= (value & ((UINT64_C(1) << width) - 1)) << *at % 64;
    *at += width;
}

static uint64_t take(const struct fleet_state *state, unsigned *at, unsigned width)
{
    if (*at % 64 + width > 64)
        *at += 64 - *at % 64;
    uint64_t value = state->word[*at / 64] >> *at % 64 & ((UINT64_C(1) << width) - 1);
    *at += width;
    return value;
}

enum { NODE_BITS = 20, NO_CHANGE = 3, NO_LAUNCH = 3 };

/* Everything about one node: state, then runs, queued, tried per service. */
static uint64_t node_bits(const struct fleet_model *model, const struct world *world, unsigned n)
{
    uint64_t bits = 0;

    for (unsigned s = 0; s < FLEET_SERVICES; s++) {
        if (model->facts.seat[s][n] == NO_SEAT)
            continue;
        const struct seat_now *seat = &world->seats[model->facts.seat[s][n]];
        bits |= (seat->runs | seat->queued << 3 | (uint64_t)seat->tried << 6 |
                 (uint64_t)seat->state << 7)
                << 10 * s;
    }
    return bits;
}

static struct fleet_state pack(const struct fleet_model *model, const struct world *world,
                               const uint64_t nodes[FLEET_NODES],
                               const struct picture pictures[FLEET_OPERATORS])
{
    const struct book *book = model->scenario->book;
    struct fleet_state state = {{0}};
    unsigned at = 0;

    for (unsigned n = 0; n < FLEET_NODES; n++)
        put(&state, &at, NODE_BITS, nodes[n]);
    for (size_t s = 0; s < book->service_count; s++)
        put(&state, &at, 2,
            world->services[s].changing == NOT_CHANGING ? NO_CHANGE : world->services[s].changing);
    for (size_t i = 0; i < book->cert_count; i++) {
        put(&state, &at, 3, world->certs[i].stage);
        put(&state, &at, 3, world->certs[i].from);
    }
    for (size_t d = 0; d < book->store_count; d++) {
        put(&state, &at, 6, world->stores[d].may.word[0]);
        put(&state, &at, 6, world->stores[d].has.word[0]);
    }
    for (size_t i = 0; i < book->usage_count; i++)
        put(&state, &at, 1, world->usages[i]);
    for (size_t i = 0; i < book->cohort_count; i++)
        put(&state, &at, 1, world->ended[i]);
    for (size_t i = 0; i < book->launcher_count; i++)
        put(&state, &at, 2, world->launchers[i] == NO_VERSION ? NO_LAUNCH : world->launchers[i]);
    for (unsigned i = 0; i < FLEET_OPERATORS; i++) {
        put(&state, &at, 8, pictures[i].deed);
        put(&state, &at, 1, pictures[i].aged);
        put(&state, &at, 1, pictures[i].untrue);
    }
    return state;
}

static bool is_less(const struct fleet_state *a, const struct fleet_state *b)
{
    for (unsigned i = 0; i < 3; i++)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i];
    return false;
}

static void swap_pictures(const struct fleet_model *model, unsigned p,
                          const struct picture pictures[FLEET_OPERATORS],
                          struct picture out[FLEET_OPERATORS])
{
    for (unsigned i = 0; i < FLEET_OPERATORS; i++) {
        out[i] = pictures[i];
        if (out[i].deed)
            out[i].deed = (uint8_t)(model->deeds[out[i].deed - 1].by_permutation[p] + 1);
    }
    if (out[0].deed > out[1].deed || (out[0].deed == out[1].deed && out[0].aged > out[1].aged)) {
        struct picture first = out[0];
        out[0] = out[1];
        out[1] = first;
    }
}

struct fleet_state fleet_encode(const struct fleet_model *model, const struct world *world,
                                const struct picture pictures[FLEET_OPERATORS])
{
    struct fleet_state best = {{UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    uint64_t nodes[FLEET_NODES], least[FLEET_NODES] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint64_t moved[6][FLEET_NODES];

    for (unsigned n = 0; n < FLEET_NODES; n++)
        nodes[n] = node_bits(model, world, n);
    for (unsigned p = 0; p < 6; p++) {
        for (unsigned n = 0; n < FLEET_NODES; n++)
            moved[p][n] = nodes[fleet_permutation[p][n]];
        if (model->symmetries >> p & 1 && memcmp(moved[p], least, sizeof least) < 0)
            memcpy(least, moved[p], sizeof least);
    }
    for (unsigned p = 0; p < 6; p++) {
        struct picture seen[FLEET_OPERATORS];

        if (!(model->symmetries >> p & 1) || memcmp(moved[p], least, sizeof least) != 0)
            continue;
        swap_pictures(model, p, pictures, seen);
        struct fleet_state state = pack(model, world, moved[p], seen);
        if (is_less(&state, &best))
            best = state;
        if (!pictures[0].deed && !pictures[1].deed)
            break;
    }
    return best;
}

/* A certificate that was not dropped rests on what it rested on; truth_of_step makes sure. */
static void derive(struct world *world)
{
    const struct book *book = world->book;

    for (uint32_t s = 0; s < book->service_count; s++)
        world_settle(world, s);
    for (uint32_t s = 0; s < book->service_count; s++)
        for (unsigned v = 0; v < book->services[s].version_count; v++) {
            struct cert *cert = world_cert(world, s, v);
            if (cert->stage != CERT_NONE && cert->stage < CERT_RELEASED)
                cert->basis = world_basis(world, s, v);
        }
}

void fleet_decode(struct fleet_model *model, const struct fleet_state *state,
                  struct picture pictures[FLEET_OPERATORS])
{
    const struct book *book = model->scenario->book;
    struct world *world = &model->at;
    unsigned at = 0;

    memset(world->block, 0, world->block_size);
    for (unsigned n = 0; n < FLEET_NODES; n++) {
        uint64_t bits = take(state, &at, NODE_BITS);

        for (unsigned s = 0; s < FLEET_SERVICES; s++, bits >>= 10)
            if (model->facts.seat[s][n] != NO_SEAT)
                world->seats[model->facts.seat[s][n]] = (struct seat_now){.runs = bits & 7,
                                                                          .queued = bits >> 3 & 7,
                                                                          .tried = bits >> 6 & 1,
                                                                          .state = bits >> 7 & 7};
    }
    for (size_t s = 0; s < book->service_count; s++) {
        uint64_t changing = take(state, &at, 2);
        world->services[s].changing = changing == NO_CHANGE ? NOT_CHANGING : changing;
    }
    for (size_t i = 0; i < book->cert_count; i++) {
        world->certs[i].stage = take(state, &at, 3);
        world->certs[i].from = take(state, &at, 3);
    }
    for (size_t d = 0; d < book->store_count; d++) {
        world->stores[d].may.word[0] = take(state, &at, 6);
        world->stores[d].has.word[0] = take(state, &at, 6);
    }
    for (size_t i = 0; i < book->usage_count; i++)
        world->usages[i] = take(state, &at, 1);
    for (size_t i = 0; i < book->cohort_count; i++)
        world->ended[i] = take(state, &at, 1);
    for (size_t i = 0; i < book->launcher_count; i++) {
        uint64_t version = take(state, &at, 2);
        world->launchers[i] = version == NO_LAUNCH ? NO_VERSION : version;
    }
    for (unsigned i = 0; i < FLEET_OPERATORS; i++) {
        pictures[i].deed = (uint8_t)take(state, &at, 8);
        pictures[i].aged = take(state, &at, 1);
        pictures[i].untrue = take(state, &at, 1);
    }
    *world->applied = 1;
    derive(world);
}

struct fleet_state fleet_first(struct fleet_model *model)
{
    static const struct picture none[FLEET_OPERATORS];

    world_copy(&model->next, &model->scenario->start);
    return fleet_encode(model, &model->next, none);
}
