/* Pairs of contracts, thrown and hand-made, compared word by word: changes, what breaks, the order
 * of releases, the verdict, remarks; and what a digest of a contract rests on. */
#include "guard/compare.h"
#include "guard/facts.h"
#include "guard/random_world.h"
#include "guard/told.h"
#include "test.h"

#include "base/mem.h"

#include <string.h>

enum { DECLARED_MAX = 4, THROWN = 12 };

static void tell_sentences(struct told *told, const char *word, const struct sentences *list)
{
    for (size_t i = 0; i < list->count; i++)
        fprintf(told->out, "  %s: %s\n", word, list->text[i]);
}

static void tell_pair(struct told *told, const struct contract *from, const struct contract *to,
                      struct arena *arena)
{
    struct comparison got;

    contract_compare(from, to, arena, &got);
    fprintf(told->out, "%s %s %s %s", from->service, from->version, got.adjacent ? "->" : "-/->",
            to->version);
    told_verdict(told, &got.verdict);
    tell_sentences(told, "change", &got.changes);
    tell_sentences(told, "backward", &got.backward);
    tell_sentences(told, "forward", &got.forward);
    tell_sentences(told, "rollback", &got.rollback);
    tell_sentences(told, "step", &got.order);
}

static void tell_contract(struct told *told, const struct contract *contract, struct arena *arena)
{
    struct sentences remarks = {0};

    fprintf(told->out, "%s %s digest %016llx\n", contract->service, contract->version,
            (unsigned long long)contract_digest(contract));
    contract_remarks(contract, arena, &remarks);
    tell_sentences(told, "remark", &remarks);
}

static void tell_versions(struct told *told, const struct contract *contracts, size_t count,
                          struct arena *arena)
{
    for (size_t i = 0; i < count; i++)
        tell_contract(told, &contracts[i], arena);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (i != k)
                tell_pair(told, &contracts[i], &contracts[k], arena);
}

START_TEST(thrown_contracts_are_compared_as_recorded)
{
    struct arena *arena = arena_new(4096);
    struct err err = {0};
    struct told told;
    char name[32];
    json_t *root = random_scenario((uint64_t)(500 + _i), 0), *service, *declared;
    struct json_at at = json_root(root, "random", arena), services = json_key(&at, "services");
    const char *called, *version;

    snprintf(name, sizeof name, "pairs-%02d", _i);
    told_begin(&told, name);
    json_object_foreach(json_object_get(root, "services"), called, service)
    {
        struct json_at one = json_key(&services, called), all = json_key(&one, "versions");
        struct contract contracts[DECLARED_MAX];
        size_t count = 0;

        json_object_foreach(json_object_get(service, "versions"), version, declared)
        {
            struct json_at item = json_key(&all, version);
            struct contract made = {.service = called, .version = version, .digest = ""};

            ck_assert_msg(contract_parse(&item, CONTRACT_INSIDE, &made, &err), "%s", err.text);
            contracts[count++] = made;
        }
        tell_versions(&told, contracts, count, arena);
    }
    told_end(&told);
    json_decref(root);
    arena_free(arena);
}
END_TEST

/* Several names in each list, lists that meet in part, and none. */
static const char *const by_hand[] = {
    "{service: a, version: '1', digest: d, reads: {d: [x, y], e: [p]}, writes: {d: [x, y], e: [p]},"
    " needs: {pg: [c1, c2], my: [t]}, provides: [F, G, H], requires: {b: [P, Q], c: [R]}}",
    "{service: a, version: '2', follows: ['1'], change: [code, 'write+', 'ddl-', 'api-'],"
    " reads: {d: [y, z, w], f: [q]}, writes: {d: [z, w], f: [q, r], g: [s]},"
    " needs: {pg: [c2, c3, c4], lite: [u]}, provides: [G, I, J], requires: {b: [Q, S, T], k: [U]},"
    " artifact: false}",
    "{service: a, version: '3', follows: ['1', '2'], change: ['ddl-'], reads: {d: [x, y, z, w],"
    " e: [p], f: [q, r]}, writes: {d: [y], e: [p]}, needs: {pg: [c2]}, provides: [F, G, H, I, J]}",
    "{service: a, version: '4', follows: ['3'], change: ['api+'], provides: [F, G, H, I, J, K]}",
    "{service: a, version: '5', follows: ['4'], change: [config]}",
    "{service: a, version: '6'}",
};

START_TEST(contracts_by_hand_are_compared_as_recorded)
{
    struct arena *arena = arena_new(4096);
    struct contract contracts[ARRAY_LEN(by_hand)];
    struct told told;

    for (size_t i = 0; i < ARRAY_LEN(by_hand); i++) {
        struct err err = {0};
        json_t *root = json_parse_yaml(by_hand[i], strlen(by_hand[i]), "c", &err);

        ck_assert_msg(root != NULL, "%s", err.text);
        struct json_at at = json_root(root, "c", arena);
        contracts[i] = (struct contract){.digest = ""};
        ck_assert_msg(contract_parse(&at, CONTRACT_ALONE, &contracts[i], &err), "%s", err.text);
        json_decref(root);
    }
    told_begin(&told, "pairs-by-hand");
    tell_versions(&told, contracts, ARRAY_LEN(by_hand), arena);
    told_end(&told);
    arena_free(arena);
}
END_TEST

SUITE(guard_told_pairs)
{
    Suite *suite = suite_create("guard_told_pairs");
    TCase *tcase = test_case(suite, "told", 20);

    tcase_add_loop_test(tcase, thrown_contracts_are_compared_as_recorded, 0, THROWN);
    tcase_add_test(tcase, contracts_by_hand_are_compared_as_recorded);
    return suite;
}
