/* Contracts and scenario files as people write them, and what is said about the wrong ones. */
#include "guard/contract.h"
#include "guard/facts.h"
#include "guard/scenario.h"
#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char example[] = "service: billing\n"
                              "version: \"6\"\n"
                              "digest: sha256:abc\n"
                              "follows: [\"5\"]\n"
                              "change: [code, api+]\n"
                              "reads:    {invoices: [json-3, json-4]}\n"
                              "writes:   {invoices: [json-3]}\n"
                              "needs:    {pg: [col_total]}\n"
                              "provides: [GetInvoice/2, ListInvoices/1]\n"
                              "requires: {ledger: [Post/1]}\n"
                              "artifact: false\n";

static bool parse(const char *text, struct arena *arena, struct contract *out, struct err *err)
{
    json_t *root = json_parse_yaml(text, strlen(text), "c.yaml", err);

    if (!root)
        return false;
    struct json_at at = json_root(root, "c.yaml", arena);
    at.code = ERR_CONFIG;
    *out = (struct contract){.service = "billing", .version = "6"};
    bool ok = contract_parse(&at, CONTRACT_ALONE, out, err);
    json_decref(root);
    return ok;
}

START_TEST(the_example_of_the_design_is_read_completely)
{
    struct arena *arena = arena_new(256);
    struct contract c;
    struct err err = {0};

    ck_assert_msg(parse(example, arena, &c, &err), "%s", err.text);
    ck_assert_str_eq(c.service, "billing");
    ck_assert_str_eq(c.version, "6");
    ck_assert_str_eq(c.digest, "sha256:abc");
    ck_assert_uint_eq(c.follows_count, 1);
    ck_assert_str_eq(c.follows[0], "5");
    ck_assert_uint_eq(c.change, 1u << CHANGE_CODE | 1u << CHANGE_API_ADD);
    ck_assert_uint_eq(c.reads.count, 1);
    ck_assert_str_eq(c.reads.use[0].of, "invoices");
    ck_assert_uint_eq(c.reads.use[0].count, 2);
    ck_assert_str_eq(c.reads.use[0].names[1], "json-4");
    ck_assert_str_eq(c.writes.use[0].names[0], "json-3");
    ck_assert_str_eq(c.needs.use[0].of, "pg");
    ck_assert_str_eq(c.requires.use[0].names[0], "Post/1");
    ck_assert_uint_eq(c.provides_count, 2);
    ck_assert(!c.artifact);
    arena_free(arena);
}
END_TEST

START_TEST(what_is_written_of_a_contract_is_read_as_the_same)
{
    static const char *const texts[] = {
        example,
        "{service: a, version: '1'}",
        "{service: a, version: '1', follows: [], reads: {d: []}, change: [], provides: []}",
        "{service: a, version: '1', pred: ['0', '00'], delta: [code], needs: {p: [x, y], q: [z]}}",
    };
    struct arena *arena = arena_new(256);
    struct contract c, again = {.service = ""};
    struct err err = {0};

    ck_assert_msg(parse(texts[_i], arena, &c, &err), "%s", err.text);
    json_t *written = contract_write(&c);
    struct json_at at = json_root(written, "written", arena);
    ck_assert_msg(contract_parse(&at, CONTRACT_ALONE, &again, &err), "%s", err.text);
    ck_assert(contract_digest(&c) == contract_digest(&again));
    json_decref(written);
    arena_free(arena);
}
END_TEST

START_TEST(both_spellings_mean_the_same)
{
    struct arena *arena = arena_new(256);
    struct contract c;
    struct err err = {0};

    ck_assert_msg(parse("{service: a, version: v, pred: [u], delta: [ddl-]}", arena, &c, &err),
                  "%s", err.text);
    ck_assert_str_eq(c.follows[0], "u");
    ck_assert_uint_eq(c.change, 1u << CHANGE_DDL_DROP);
    ck_assert_str_eq(c.digest, "");
    ck_assert(c.artifact);
    arena_free(arena);
}
END_TEST

static const struct wrong {
    const char *text, *said;
} wrong_contracts[] = {
    {"{service: a, version: v, folows: [u]}", "c.yaml: unknown field 'folows'. Did you mean"},
    {"{service: a, version: 6}", "c.yaml: version: expected a string"},
    {"{version: v}", "c.yaml: service: expected a string, found nothing"},
    {"{service: '', version: v}", "service: expected a name"},
    {"{service: a, version: v, change: [write]}", "change[0]: expected one of code read+"},
    {"{service: a, version: v, change: code}", "change: expected an array"},
    {"{service: a, version: v, follows: [v]}", "a version cannot follow itself: 'v'"},
    {"{service: a, version: v, follows: [u], pred: [u]}", "already given as 'follows'"},
    {"{service: a, version: v, change: [code], delta: [code]}", "already given as 'change'"},
    {"{service: a, version: v, follows: [u, u]}", "follows[1]: named twice: 'u'"},
    {"{service: a, version: v, follows: [w, u, u]}", "follows[2]: named twice: 'u'"},
    {"{service: a, version: v, follows: [u, v]}", "follows[1]: a version cannot follow itself"},
    {"{service: a, version: v, reads: [x]}", "reads: expected an object"},
    {"{service: a, version: v, reads: {d: x}}", "reads.d: expected an array"},
    {"{service: a, version: v, reads: {d: [3]}}", "reads.d[0]: expected a string"},
    {"{service: a, version: v, provides: {x: y}}", "provides: expected an array"},
    {"{service: a, version: v, artifact: maybe}", "artifact: expected"},
    {"{service: a, version: v, provides: ['']}", "provides[0]: expected a name"},
    {"[]", "c.yaml: expected an object"},
    {"{service: a, version: v, reads: {\"x\\x1b\": [y]}}", "reads: expected a plain name"},
    {"{service: a, version: v, reads: {\"\": [y]}}", "reads: expected a plain name"},
};

START_TEST(a_wrong_contract_says_where_and_what)
{
    struct arena *arena = arena_new(256);
    struct contract c;
    struct err err = {0};

    ck_assert(!parse(wrong_contracts[_i].text, arena, &c, &err));
    ck_assert_msg(strstr(err.text, wrong_contracts[_i].said) != NULL, "said: %s\nwanted: %s",
                  err.text, wrong_contracts[_i].said);
    arena_free(arena);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_no_contract)
{
    struct arena *arena = arena_new(256);
    struct contract c;
    struct err err = {0};

    ck_assert(!contract_load("recordings/no-such-contract.yaml", arena, &c, &err));
    ck_assert(strstr(err.text, "no-such-contract.yaml") != NULL);
    ck_assert_msg(strstr(err.text, "No such file") != NULL, "%s", err.text);
    ck_assert_str_eq(c.service, "");
    arena_free(arena);
}
END_TEST

START_TEST(versions_are_checked_together)
{
    struct contract c[3] = {{.service = "a", .version = "1"},
                            {.service = "a", .version = "2"},
                            {.service = "a", .version = "3"}};
    const char *three[] = {"3"}, *one[] = {"1"}, *two[] = {"2"};
    struct err err = {0};

    c[1].follows = one;
    c[1].follows_count = 1;
    c[2].follows = two;
    c[2].follows_count = 1;
    ck_assert(contract_check_together(c, 3, "f", &err));
    c[0].follows = three;
    c[0].follows_count = 1;
    ck_assert(!contract_check_together(c, 3, "f", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "follow each other in a circle"));
    err = (struct err){0};
    c[0].follows_count = 0;
    c[2].version = "2";
    ck_assert(!contract_check_together(c, 3, "f", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "version 2 of a has two contracts"));
}
END_TEST

START_TEST(two_contracts_of_a_version_are_named_by_their_places_where_both_have_one)
{
    static const struct {
        const char *first, *second, *says;
    } rows[] = {
        {NULL, NULL, "f: version 1 of a has two contracts"},
        {"x:2:1: version", NULL, "f: version 1 of a has two contracts"},
        {NULL, "y:3:1: version", "f: version 1 of a has two contracts"},
        {"x:2:1: version", "y:3:1: version",
         "y:3:1: version: version 1 of a has two contracts, expected one; the other is x:2:1: "
         "version"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct contract c[] = {
            {.service = "a", .version = "1", .version_place = rows[i].first},
            {.service = "a", .version = "1", .version_place = rows[i].second}};
        struct err err = {0};

        ck_assert(!contract_check_together(c, 2, "f", &err));
        ck_assert_str_eq(err.text, rows[i].says);
    }
}
END_TEST

/* Whichever of them it is, and wherever the circle begins. */
START_TEST(any_two_and_any_circle_among_many_are_found)
{
    static const struct {
        const char *versions[4];
        const char *follows[4][2];
        const char *says; /* NULL: nothing is wrong */
    } rows[] = {
        {{"1", "2", "3", "4"}, {{0}, {"1"}, {"1", "2"}, {"3", "1"}}, NULL},
        {{"1", "1", "3", "4"}, {{0}}, "version 1 of a has two contracts"},
        {{"1", "2", "3", "1"}, {{0}}, "version 1 of a has two contracts"},
        {{"1", "2", "3", "3"}, {{0}}, "version 3 of a has two contracts"},
        {{"1", "2", "3", "4"}, {{0}, {"1"}, {"4"}, {"3"}}, "circle: 3 follows 4, 4 follows 3"},
        {{"1", "2", "3", "4"},
         {{"2"}, {"1"}, {0}, {0}},
         "f: the versions of a follow each other in a circle: 1 follows 2, 2 follows 1"},
        {{"1", "2", "3", "4"},
         {{0}, {"1", "3"}, {"1", "4"}, {"1", "2"}},
         "circle: 2 follows 3, 3 follows 4, 4 follows 2"},
        {{"1", "2", "3", "4"},
         {{"3"}, {"1"}, {"4", "2"}, {0}},
         "circle: 1 follows 3, 3 follows 2, "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct contract c[4];
        struct err err = {0};

        for (size_t k = 0; k < 4; k++) {
            c[k] = (struct contract){
                .service = "a", .version = rows[i].versions[k], .follows = rows[i].follows[k]};
            while (c[k].follows_count < 2 && c[k].follows[c[k].follows_count])
                c[k].follows_count++;
        }
        ck_assert_msg(contract_check_together(c, 4, "f", &err) == !rows[i].says, "row %zu: %s", i,
                      err.text);
        ck_assert_msg(!rows[i].says || strstr(err.text, rows[i].says), "row %zu: %s", i, err.text);
    }
}
END_TEST

START_TEST(more_versions_than_can_be_held_are_too_many_together)
{
    struct contract *c = xcalloc(CONTRACT_VERSIONS_MAX + 1, sizeof *c);
    struct err err = {0};
    char names[CONTRACT_VERSIONS_MAX + 1][8];

    for (unsigned i = 0; i <= CONTRACT_VERSIONS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "%u", i);
        c[i] = (struct contract){.service = "a", .version = names[i]};
    }
    ck_assert(contract_check_together(c, CONTRACT_VERSIONS_MAX, "f", &err));
    ck_assert(!contract_check_together(c, CONTRACT_VERSIONS_MAX + 1, "f", &err));
    ck_assert(strstr(err.text, "f: more than 63 versions of a") != NULL);
    free(c);
}
END_TEST

#define APP "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1']}},'nodes':{'n1':'v1'}}}"

static const struct wrong wrong_scenarios[] = {
    {"{" APP ",'actions':[{'do':'canery','svc':'app'}]}",
     "s.json: actions[0].do: unknown action 'canery'"},
    {"{" APP ",'actions':[{'do':'canery','svc':'app'}]}", "Did you mean 'canary'?"},
    {"{" APP ",'actions':[{'svc':'app'}]}", "actions[0].do: expected a string, found nothing"},
    {"{" APP ",'actions':[{'do':'bake'}]}", "actions[0]: bake needs 'svc'"},
    {"{" APP ",'actions':[{'do':'canary','svc':'app','ver':'v2'}]}", "canary needs 'nodes'"},
    {"{" APP ",'actions':[{'do':'canary','svc':'app','ver':'v2','nodes':[]}]}",
     "actions[0].nodes: expected at least one node"},
    {"{" APP ",'actions':[{'do':'release','svc':'app','ver':'v2','mised':['n1']}]}",
     "actions[0]: unknown field 'mised'. Did you mean 'missed'?"},
    {"{" APP ",'actions':[{'do':'release','svc':'app','ver':'v2','missed':['n9']}]}",
     "actions[0].missed[0]: no node of this service is called 'n9'"},
    {"{" APP ",'actions':[{'do':'down','svc':'app','node':'n9'}]}",
     "actions[0].node: no node of this service is called 'n9'"},
    {"{" APP ",'actions':[{'do':'bake','svc':'ap'}]}", "actions[0].svc: no service is called 'ap'"},
    {"{" APP ",'actions':[{'do':'expand','store':'pg'}]}",
     "actions[0].store: no store is called 'pg'"},
    {"{" APP ",'actions':[{'do':'end_support','cohort':'x'}]}",
     "actions[0].cohort: no cohort of clients is called 'x'"},
    {"{" APP ",'actions':[{'do':'bake','svc':'app','rev':-1}]}", "actions[0].rev: expected"},
    {"{" APP ",'actions':[{'do':'bake','svc':'app','verdict':true}]}",
     "verdict: expected a string"},
    {"{" APP "}", "s.json: actions: expected an array, found nothing"},
    {"{'services':{'a':{'versions':{'?':{}}}},'actions':[]}",
     "service a: '?' cannot be the name of a version"},
    {"{'services':{'a':{'versions':{'1':{'service':'b'}}}},'actions':[]}",
     "versions.1.service: expected the name of the place where it stands, found 'b'"},
    {"{'services':{'a':{}},'actions':[{'do':'down','svc':'a','node':'n1'}]}",
     "actions[0].node: no node of this service is called 'n1'"},
    {"{'stores':{'d':{'mai':[]}},'actions':[]}", "stores.d: unknown field 'mai'"},
    {"{'clients':{'c':{'uses':{}}},'actions':[]}", "clients.c: unknown field 'uses'"},
    {"{" APP ",'actions':[{'do':'bypass'}],'expect':{'actions':0}}",
     "expect: unknown field 'actions'. Did you mean 'action'?"},
    {"{" APP ",'actions':[{'do':'bake','svc':''}]}", "actions[0]: bake needs 'svc'"},
    {"{" APP ",'actions':[{'do':'bake','svc':null}]}", "actions[0]: bake needs 'svc'"},
    {"{" APP ",'actions':[],'expect':{'action':0,'rule':'R1'}}", "expect.action: expected"},
    {"{" APP ",'actions':[{'do':'bypass'}],'expect':{'action':0,'rule':'R9'}}",
     "expect.rule: expected one of R0 RL"},
    {"{'services':{'app':{'versions':{'v1':{'needz':{}}}}},'actions':[]}",
     "services.app.versions.v1: unknown field 'needz'"},
    {"{'services':{'app':{'versions':{'v1':{'version':'v2'}}}},'actions':[]}",
     "versions.v1.version: expected the name of the place where it stands, found 'v2'"},
    {"{'services':{'app':{'versions':{'v1':{'pred':['v2']},'v2':{'pred':['v1']}}}},'actions':[]}",
     "follow each other in a circle"},
    {"{'services':{'app':{'nodes':{'n1':7}}},'actions':[]}", "nodes.n1: expected a string"},
    {"{'services':{'app':{'node':{}}},'actions':[]}", "services.app: unknown field 'node'"},
    {"{'services':[],'actions':[]}", "services: expected an object"},
    {"{'stores':{'d':{'may':'x'}},'actions':[]}", "stores.d.may: expected an array"},
    {"{'clients':{'c':{'usage':{'f':-1}}},'actions':[]}", "usage.f: expected"},
    {"{'clients':{'c':{'ended':1}},'actions':[]}", "clients.c.ended: expected"},
    {"{'service':{},'actions':[]}", "unknown field 'service'. Did you mean 'services'?"},
};

START_TEST(a_wrong_scenario_says_where_and_what)
{
    struct err err = {0};
    char *text = xstrdup(wrong_scenarios[_i].text);

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *root = json_parse(text, strlen(text), "s.json", &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    ck_assert_ptr_null(scenario_parse(root, "s.json", &err));
    char *said = xstrdup(wrong_scenarios[_i].said);
    ck_assert_msg(strstr(err.text, said) != NULL, "said: %s\nwanted: %s", err.text, said);
    ck_assert_int_eq((int)err.code, ERR_CONFIG);
    free(said);
    free(text);
    json_decref(root);
}
END_TEST

START_TEST(more_names_than_a_set_holds_is_a_limit)
{
    struct err err = {0};
    json_t *root = json_object(), *may = json_array(), *stores = json_object();

    for (int i = 0; i < 300; i++) {
        char *name = xasprintf("f%d", i);
        json_array_append_new(may, json_string(name));
        free(name);
    }
    json_t *store = json_object();
    json_object_set_new(store, "may", may);
    json_object_set_new(stores, "d", store);
    json_object_set_new(root, "stores", stores);
    json_object_set_new(root, "actions", json_array());
    ck_assert_ptr_null(scenario_parse(root, "s.json", &err));
    ck_assert_int_eq((int)err.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.text, "store d"));
    json_decref(root);
}
END_TEST

SUITE(guard_contract)
{
    Suite *suite = suite_create("guard_contract");
    TCase *tcase = test_case(suite, "contract", 20);

    tcase_add_test(tcase, the_example_of_the_design_is_read_completely);
    tcase_add_loop_test(tcase, what_is_written_of_a_contract_is_read_as_the_same, 0, 4);
    tcase_add_test(tcase, both_spellings_mean_the_same);
    tcase_add_loop_test(tcase, a_wrong_contract_says_where_and_what, 0, ARRAY_LEN(wrong_contracts));
    tcase_add_test(tcase, a_file_that_is_not_there_is_no_contract);
    tcase_add_test(tcase, versions_are_checked_together);
    tcase_add_test(tcase, two_contracts_of_a_version_are_named_by_their_places_where_both_have_one);
    tcase_add_test(tcase, any_two_and_any_circle_among_many_are_found);
    tcase_add_test(tcase, more_versions_than_can_be_held_are_too_many_together);
    tcase_add_loop_test(tcase, a_wrong_scenario_says_where_and_what, 0, ARRAY_LEN(wrong_scenarios));
    tcase_add_test(tcase, more_names_than_a_set_holds_is_a_limit);
    return suite;
}
