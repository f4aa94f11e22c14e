/* More than the guard can hold is refused with its place and the limit: nothing is ever cut short
 * and judged all the same. */
#include "guard/bind.h"
#include "guard/fleet_by_hand.h"
#include "guard/scenario.h"
#include "test.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_SET = 256, FULL_SERVICE = 63 };

/* With @ replaced by so many names f0, f1 ... (each followed by `tail`), and " for '. */
static char *written(const char *text, unsigned count, const char *tail)
{
    char *out = NULL;
    size_t len;
    FILE *f = open_memstream(&out, &len);

    for (const char *p = text; *p; p++)
        if (*p == '\'')
            fputc('"', f);
        else if (*p != '@')
            fputc(*p, f);
        else
            for (unsigned i = 0; i < count; i++)
                fprintf(f, "%s\"f%u\"%s", i ? "," : "", i, tail);
    fclose(f);
    return out;
}

#define APP(version)     "{'services':{'app':{'versions':{'1':" version "}}},'actions':[]}"
#define MORE(rest)       "{'services':{'app':{'versions':{'1':{'pred':[@]}}" rest "}}"
#define STORE(store, do) "{'services':{},'stores':{'d':" store "},'actions':[" do "]}"
#define FORMATS          "store d: more than 256 formats and elements"
#define VERSIONS         "service app: more than 63 versions at once"
#define ELEMENTS         "service app: more than 256 API elements"

static const struct {
    const char *text;
    unsigned most; /* names that are still taken */
    const char *tail, *says;
} files[] = {
    {APP("{'reads':{'d':[@]}}"), FULL_SET, "", FORMATS},
    {APP("{'writes':{'d':[@]}}"), FULL_SET, "", FORMATS},
    {APP("{'needs':{'d':[@]}}"), FULL_SET, "", FORMATS},
    {APP("{'provides':[@]}"), FULL_SET, "", ELEMENTS},
    {APP("{'requires':{'app':[@]}}"), FULL_SET, "", ELEMENTS},
    {APP("{'pred':[@]}"), FULL_SERVICE - 1, "", VERSIONS},
    {APP("{'pred':[@]},'2':{}"), FULL_SERVICE - 2, "", VERSIONS},
    {"{'services':{'app':{'versions':{@}}},'actions':[]}", FULL_SERVICE, ":{}",
     "services.app.versions: more than 63 versions of app are declared"},
    {MORE(",'nodes':{'n':'2'}") ",'actions':[]}", FULL_SERVICE - 2, "", VERSIONS},
    {MORE(",'launchers':{'l':'2'}") ",'actions':[]}", FULL_SERVICE - 2, "", VERSIONS},
    {MORE("") ",'actions':[{'do':'canary','svc':'app','ver':'2','nodes':['n']}]}", FULL_SERVICE - 2,
     "", VERSIONS},
    {"{'services':{'app':{}},'clients':{'c':{'requires':{'app':[@]}}},'actions':[]}", FULL_SET, "",
     ELEMENTS},
    {STORE("{'may':[@]}", ""), FULL_SET, "", FORMATS},
    {STORE("{'has':[@]}", ""), FULL_SET, "", FORMATS},
    {STORE("{}", "{'do':'expand','store':'d','elements':[@]}"), FULL_SET, "", FORMATS},
    {STORE("{}", "{'do':'expand','store':'d','formats':[@]}"), FULL_SET, "", FORMATS},
    {STORE("{}", "{'do':'backfilled','store':'d','gone':[@]}"), FULL_SET, "", FORMATS},
    {STORE("{}", "{'do':'contract','store':'d','requires_backfill':[@]}"), FULL_SET, "", FORMATS},
    {STORE("{'may':[@]}", "{'do':'contract','store':'d','requires_backfill':'one'}"), FULL_SET - 1,
     "", FORMATS},
};

static bool reads(size_t row, unsigned count, struct err *err)
{
    char *text = written(files[row].text, count, files[row].tail);
    json_t *root = json_parse(text, strlen(text), "s.json", err);

    ck_assert_msg(root != NULL, "%s", err->text);
    struct scenario *scenario = scenario_parse(root, "s.json", err);
    bool read = scenario != NULL;
    scenario_free(scenario);
    json_decref(root);
    free(text);
    return read;
}

START_TEST(a_scenario_is_held_up_to_its_limit_and_refused_beyond_it)
{
    struct err err = {0};

    ck_assert_msg(reads((size_t)_i, files[_i].most, &err), "%s", err.text);
    ck_assert(!reads((size_t)_i, files[_i].most + 1, &err));
    ck_assert_int_eq((int)err.code, ERR_LIMIT);
    ck_assert_msg(strstr(err.text, files[_i].says) != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_list_of_names_is_held_up_to_its_limit)
{
    struct arena *arena = arena_new(256);

    for (unsigned over = 0; over < 2; over++) {
        struct err err = {0};
        char *text = written("[@]", 4096 + over, "");
        json_t *root = json_parse(text, strlen(text), "s.json", &err);
        struct json_at at = json_root(root, "s.json", arena);
        const char *const *names;
        size_t count;

        ck_assert_int_eq(contract_names(&at, &names, &count, &err), !over);
        ck_assert_uint_eq(count, over ? 0 : 4096);
        if (over)
            ck_assert_msg(strstr(err.text, "4097 names, at most 4096") != NULL, "%s", err.text);
        json_decref(root);
        free(text);
    }
    arena_free(arena);
}
END_TEST

/* ---- what is observed and declared ---- */

static struct hand hand;
static struct facts facts;

static void declare(const char *text, unsigned count)
{
    struct err err = {0};
    char *whole = written(text, count, "");
    json_t *root = json_parse(whole, strlen(whole), "facts", &err);

    ck_assert_msg(root != NULL, "%s", err.text);
    struct json_at at = json_root(root, "facts", hand.arena);
    struct json_at stores = json_key(&at, "stores"), clients = json_key(&at, "clients");
    struct json_at contracts = json_key(&at, "contracts"), record = json_key(&at, "record");
    facts = (struct facts){0};
    ck_assert_msg(facts_read_stores(&stores, &facts, &err), "%s", err.text);
    ck_assert_msg(facts_read_clients(&clients, &facts, &err), "%s", err.text);
    ck_assert_msg(!record.value || facts_read_record(&record, &facts, &err), "%s", err.text);
    facts.contracts =
        arena_alloc(hand.arena, json_array_size(contracts.value) + 1, sizeof *facts.contracts);
    for (size_t i = 0; i < json_array_size(contracts.value); i++) {
        struct json_at item = json_index(&contracts, i);
        struct contract *contract = &facts.contracts[facts.contract_count++];

        *contract = (struct contract){.digest = ""};
        ck_assert_msg(contract_parse(&item, CONTRACT_ALONE, contract, &err), "%s", err.text);
    }
    json_decref(root);
    free(whole);
}

static void setup(void)
{
    hand_init(&hand, "1");
    hand_place(&hand, "n1", "1", 1, INSTANCE_SERVING);
    hand_place(&hand, "n2", "1", 1, INSTANCE_SERVING);
    hand.in.bind = bind_new(NULL);
}

static void teardown(void)
{
    bind_free(hand.in.bind);
    hand_release(&hand);
}

static const struct verdict *ask(const char *version)
{
    bind_put_facts(hand.in.bind, FACTS_SETTINGS, &facts);
    bind_put_service(hand.in.bind, &hand.service);
    return hand_judge(&hand, VERB_START, version);
}

static void assert_too_much(const struct verdict *verdict, const char *says)
{
    const struct finding *finding = &verdict->findings[RULE_R0];

    ck_assert_int_ne((int)verdict->answer, ANSWER_ALLOW);
    ck_assert_int_eq((int)finding->answer, ANSWER_UNKNOWN);
    ck_assert_msg(strstr(finding->sentence, says) != NULL, "%s", finding->sentence);
    ck_assert_msg(strstr(hand_judge(&hand, VERB_ROLLBACK, "1")->findings[RULE_R0].sentence, says) !=
                      NULL,
                  "the way back is judged without it");
}

/* 63 versions are declared; where does one more come from? */
START_TEST(one_version_too_many_is_unknown_wherever_it_is_named)
{
    enum { WANTED, WAS, RECORDED_FROM, RECORDED_TO, RUNS, LAUNCHED, ASKED, NOWHERE };

    setup();
    declare("{'contracts':[{'service':'shop','version':'1','follows':[@]}]}", FULL_SERVICE - 1);
    hand.service.wants = _i == WANTED ? "z" : "1";
    hand.service.was = _i == WAS ? "z" : "";
    if (_i == WANTED)
        hand_record(&hand, STAGE_STABLE, "1", "1");
    if (_i == RECORDED_FROM)
        hand_record(&hand, STAGE_STABLE, "z", "1");
    if (_i == RECORDED_TO)
        hand_record(&hand, STAGE_ROLLED_BACK, "1", "z");
    if (_i == RUNS)
        hand_place(&hand, "n3", "z", 1, INSTANCE_SERVING);
    if (_i == LAUNCHED)
        hand_launcher(&hand, "asg", "z");
    const struct verdict *verdict = ask(_i == ASKED ? "z" : "f1");
    if (_i == NOWHERE)
        ck_assert_ptr_null(strstr(verdict->findings[RULE_R0].sentence, "more than"));
    else
        assert_too_much(verdict, "service shop: more than 63 versions at once");
    teardown();
}
END_TEST

#define SHOP(contract) "{'service':'shop','version':'1'," contract "}"

/* What is declared elsewhere fills the numbers that are left. */
START_TEST(one_name_too_many_is_unknown_wherever_it_is_declared)
{
    static const struct {
        const char *text;
        unsigned most;
        const char *says;
    } rows[] = {
        {"{'contracts':[" SHOP("'writes':{'d':[@]}") "]}", FULL_SET, FORMATS},
        {"{'contracts':[" SHOP("'provides':[@]") "]}", FULL_SET,
         "service shop: more than 256 API elements"},
        {"{'contracts':[" SHOP(
             "'requires':{'lib':['G']}") ","
                                         "{'service':'lib','version':'1','provides':['G',@]}]}",
         FULL_SET - 1, "service lib: more than 256 API elements"},
        {"{'contracts':[" SHOP("'writes':{'d':[@]}") "],'stores':{'d':{'may':['one']}}}",
         FULL_SET - 1, FORMATS},
        {"{'contracts':[" SHOP("'writes':{'d':[@]}") "],'stores':{'d':{'has':['one']}}}",
         FULL_SET - 1, FORMATS},
        {"{'contracts':[" SHOP("'writes':{'d':[@]}") "],'record':{'attested':{'d':{'one':"
                                                     "{'by':'a','reason':'r','at':'t'}}}}}",
         FULL_SET - 1, FORMATS},
        {"{'contracts':[" SHOP("'provides':[@]") "],"
                                                 "'clients':{'c':{'requires':{'shop':['one']}}}}",
         FULL_SET - 1, "service shop: more than 256 API elements"},
    };

    setup();
    declare(rows[_i].text, rows[_i].most);
    ck_assert_ptr_null(strstr(ask("2")->findings[RULE_R0].sentence, "more than"));
    declare(rows[_i].text, rows[_i].most + 1);
    assert_too_much(ask("2"), rows[_i].says);
    teardown();
}
END_TEST

SUITE(guard_limits)
{
    Suite *suite = suite_create("guard_limits");
    TCase *tcase = test_case(suite, "limits", 20);

    tcase_add_loop_test(tcase, a_scenario_is_held_up_to_its_limit_and_refused_beyond_it, 0,
                        ARRAY_LEN(files));
    tcase_add_test(tcase, a_list_of_names_is_held_up_to_its_limit);
    tcase_add_loop_test(tcase, one_version_too_many_is_unknown_wherever_it_is_named, 0, 8);
    tcase_add_loop_test(tcase, one_name_too_many_is_unknown_wherever_it_is_declared, 0, 7);
    return suite;
}
