/* test_malformed.c: documents that name everything, and then each single value of them replaced:
 * what cannot be meant is refused, and the message says where it stands. */
#include "guard/facts.h"
#include "guard/scenario.h"
#include "test.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* With ' for ". Every field that a scenario may have. */
static const char everything[] =
    "{'name':'all','note':'','source':'','comment':'','services':{"
    "'app':{'note':'','versions':{'v1':{'pred':[],'writes':{'d':['f1']},'reads':{'d':['f1']},"
    "'needs':{'d':['c1']},'provides':['Get']},"
    "'v2':{'pred':['v1'],'delta':['code'],'reads':{'d':['f1']},'needs':{'d':['c1']},"
    "'provides':['Get'],'requires':{'lib':['Put']},'artifact':true,'digest':'d2'}},"
    "'nodes':{'n1':'v1','n2':'v1','n3':'v1'},'launchers':{'asg':'v1'}},"
    "'lib':{'versions':{'1':{'provides':['Put']}},'nodes':{'m1':'1'}}},"
    "'stores':{'d':{'may':['f1'],'has':['c1'],'owner':'app','note':''}},"
    "'clients':{'old':{'requires':{'app':['Get']},'usage':{'Get':5},'ended':false,'note':''}},"
    "'actions':["
    "{'do':'canary','svc':'app','ver':'v2','nodes':['n1'],'digest':'d2','note':'','by':''},"
    "{'do':'bake','svc':'app','verdict':'pass','rev':1},"
    "{'do':'rollback','svc':'app','ver':'v1','nodes':['n1']},"
    "{'do':'bake','svc':'app'},"
    "{'do':'release','svc':'app','ver':'v2','missed':['n3']},"
    "{'do':'expand','svc':'app','store':'d','elements':['c2'],'formats':['f2'],'with_code':false},"
    "{'do':'contract','store':'d','elements':['c2'],'requires_backfill':['f2']},"
    "{'do':'contract','store':'d','elements':['c2'],'requires_backfill':'f2'},"
    "{'do':'contract','store':'d','elements':['c2'],'requires_backfill':true},"
    "{'do':'backfilled','store':'d','gone':['f2']},"
    "{'do':'launcher','svc':'app','name':'asg','ver':'v2'},"
    "{'do':'down','svc':'app','node':'n2'},{'do':'up','svc':'app','node':'n2','ver':'v2'},"
    "{'do':'retire','svc':'app','node':'n2'},{'do':'fence','svc':'app','node':'n2'},"
    "{'do':'admit','svc':'app','node':'n4','ver':'v2'},"
    "{'do':'usage','cohort':'old','api':'Get','count':3},"
    "{'do':'end_support','cohort':'old'},"
    "{'do':'bypass','svc':'app','ver':'v1','nodes':['n1']}],"
    "'expect':{'action':4,'rule':'R3','note':''}}";

static bool reads_scenario(json_t *root, struct err *err)
{
    struct scenario *scenario = scenario_parse(root, "s.json", err);
    bool read = scenario != NULL;

    scenario_free(scenario);
    return read;
}

typedef bool facts_fn(const struct json_at *at, struct facts *out, struct err *err);

static bool reads_facts(json_t *root, facts_fn *fn, struct err *err)
{
    struct arena *arena = arena_new(256);
    struct json_at at = json_root(root, "s.json", arena);
    struct facts facts = {0};
    bool read = fn(&at, &facts, err);

    arena_free(arena);
    return read;
}

static bool reads_stores(json_t *root, struct err *err)
{
    return reads_facts(root, facts_read_stores, err);
}

static bool reads_clients(json_t *root, struct err *err)
{
    return reads_facts(root, facts_read_clients, err);
}

static bool reads_record(json_t *root, struct err *err)
{
    return reads_facts(root, facts_read_record, err);
}

static bool reads_contract(json_t *root, struct err *err)
{
    struct arena *arena = arena_new(256);
    struct json_at at = json_root(root, "s.json", arena);
    struct contract contract = {0};
    bool read = contract_parse(&at, CONTRACT_ALONE, &contract, err);

    arena_free(arena);
    return read;
}

typedef bool reads_fn(json_t *root, struct err *err);

static const struct sort {
    reads_fn *reads;
    const char *text;
    unsigned values; /* that are read */
} sorts[] = {
    {reads_scenario, everything, 168},
    {reads_stores, "{'d':{'may':['f1','f2'],'has':['c1'],'owner':'app','note':''},'e':{}}", 8},
    {reads_clients,
     "{'old':{'requires':{'app':['Get'],'lib':['Put']},'usage':{'Get':5,'Put':0},'ended':true}}",
     10},
    {reads_record,
     "{'attested':{'d':{'f1':{'by':'ada','reason':'counted','at':'2026-01-01T00:00:00Z'}}}}", 6},
    {reads_contract,
     "{'service':'app','version':'2','digest':'d','follows':['1'],'change':['code'],"
     "'reads':{'d':['f1']},'writes':{'d':['f1']},'needs':{'d':['c1']},'provides':['Get'],"
     "'requires':{'lib':['Put']},'artifact':true}",
     22},
};

static json_t *document(const char *written)
{
    struct err err = {0};
    char *text = xstrdup(written);

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *root = json_parse(text, strlen(text), "s.json", &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    free(text);
    return root;
}

struct walk {
    json_t *root;
    reads_fn *reads;
    unsigned tried;
};

/* What people write for themselves is not read. */
static bool is_free(const char *path, const char *key)
{
    return strcmp(key, "note") == 0 || strcmp(key, "source") == 0 || strcmp(key, "comment") == 0 ||
           (strcmp(key, "by") == 0 && strncmp(path, "actions", 7) == 0);
}

static void must_refuse(struct walk *walk, const char *path)
{
    struct err err = {0};

    ck_assert_msg(!walk->reads(walk->root, &err), "read: %s", path);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s: %s", path, err.text);
    walk->tried++;
}

/* Each value below, one at a time, becomes a number with a fraction: nothing is one. */
static void replace_each(struct walk *walk, json_t *at, const char *path)
{
    const char *key;
    json_t *value;
    size_t i;
    void *next;

    json_object_foreach_safe(at, next, key, value)
    {
        char *here = xasprintf("%s%s%s", path, *path ? "." : "", key);

        if (!is_free(path, key)) {
            replace_each(walk, value, here);
            json_incref(value);
            json_object_set_new(at, key, json_real(7.25));
            must_refuse(walk, here);
            json_object_set_new(at, key, value);
        }
        free(here);
    }
    json_array_foreach(at, i, value)
    {
        char *here = xasprintf("%s[%zu]", path, i);

        replace_each(walk, value, here);
        json_incref(value);
        json_array_set_new(at, i, json_real(7.25));
        must_refuse(walk, here);
        json_array_set_new(at, i, value);
        free(here);
    }
}

START_TEST(everything_that_a_scenario_may_say_is_read)
{
    json_t *root = document(everything);
    struct err err = {0};
    struct scenario *scenario = scenario_parse(root, "s.json", &err);

    ck_assert_msg(scenario != NULL, "%s", err.text);
    ck_assert_uint_eq(scenario->deed_count, json_array_size(json_object_get(root, "actions")));
    ck_assert_str_eq(scenario->name, "all");
    ck_assert(scenario->expects);
    ck_assert_uint_eq(scenario->expect_action, 4);
    ck_assert_int_eq((int)scenario->expect_rule, RULE_R3);
    scenario_free(scenario);
    json_decref(root);
}
END_TEST

START_TEST(a_value_of_the_wrong_kind_is_refused_wherever_it_stands)
{
    const struct sort *sort = &sorts[_i];
    struct walk walk = {.root = document(sort->text), .reads = sort->reads};
    struct err err = {0};

    ck_assert_msg(sort->reads(walk.root, &err), "%s", err.text);
    replace_each(&walk, walk.root, "");
    ck_assert_uint_eq(walk.tried, sort->values);
    json_decref(walk.root);
}
END_TEST

START_TEST(an_action_without_what_it_needs_is_refused)
{
    static const struct {
        const char *action, *needs;
    } rows[] = {
        {"canary", "svc ver nodes"},  {"bake", "svc"},
        {"rollback", "svc ver"},      {"release", "svc ver"},
        {"expand", "store"},          {"contract", "store"},
        {"backfilled", "store gone"}, {"launcher", "svc name ver"},
        {"down", "svc node"},         {"up", "svc node"},
        {"retire", "svc node"},       {"fence", "svc node"},
        {"admit", "svc node ver"},    {"usage", "cohort api count"},
        {"end_support", "cohort"},
    };
    json_t *root = document(everything), *actions = json_object_get(root, "actions"), *action;
    size_t i;

    json_array_foreach(actions, i, action)
    {
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            if (strcmp(json_raw(json_object_get(action, "do")), rows[r].action) != 0)
                continue;
            char *needs = xstrdup(rows[r].needs), *rest = needs, *word;

            while ((word = strsep(&rest, " "))) {
                struct err err = {0};
                char *says = xasprintf("actions[%zu]: %s needs '%s'", i, rows[r].action, word);
                json_t *kept = json_incref(json_object_get(action, word));

                ck_assert_ptr_nonnull(kept);
                json_object_del(action, word);
                ck_assert_ptr_null(scenario_parse(root, "s.json", &err));
                ck_assert_msg(strstr(err.text, says) != NULL, "%s: %s", says, err.text);
                json_object_set_new(action, word, kept);
                free(says);
            }
            free(needs);
        }
    }
    json_decref(root);
}
END_TEST

SUITE(guard_malformed)
{
    Suite *suite = suite_create("guard_malformed");
    TCase *tcase = test_case(suite, "scenario", 20);

    tcase_add_test(tcase, everything_that_a_scenario_may_say_is_read);
    tcase_add_loop_test(tcase, a_value_of_the_wrong_kind_is_refused_wherever_it_stands, 0,
                        ARRAY_LEN(sorts));
    tcase_add_test(tcase, an_action_without_what_it_needs_is_refused);
    return suite;
}
