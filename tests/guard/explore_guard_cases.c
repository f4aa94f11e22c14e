/* explore_guard_cases.c: what is explored, and what must be found. */
#include "guard/explore_guard.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 60 * 1000 * 1000 };

/* app reads and writes the store and is called by web and by clients. v1 -> v2 learns to read
 * json and gains g; v2 -> v3 writes json and loses f. web is next to it: w2 reads json, w3 calls g.
 */
#define APP_VERSIONS                                                                               \
    "'v1':{'pred':[],'reads':{'db':['xml']},'writes':{'db':['xml']},'provides':['f']},"            \
    "'v2':{'pred':['v1'],'delta':['read+','api+'],'reads':{'db':['xml','json']},"                  \
    "'writes':{'db':['xml']},'provides':['f','g']},"                                               \
    "'v3':{'pred':['v2'],'delta':['write+','api-'],'reads':{'db':['xml','json']},"                 \
    "'writes':{'db':['json']},'provides':['g']}"
#define WEB_VERSIONS                                                                               \
    "'w1':{'pred':[],'reads':{'db':['xml']},'requires':{'app':['f']}},"                            \
    "'w2':{'pred':['w1'],'delta':['read+'],'reads':{'db':['xml','json']},"                         \
    "'requires':{'app':['f']}},"                                                                   \
    "'w3':{'pred':['w2'],'delta':['code'],'reads':{'db':['xml','json']},"                          \
    "'requires':{'app':['g']}}"
#define APP_NODES  "'nodes':{'n1':'v1','n2':'v1','n3':'v1'}"
#define APP_NODES2 "'nodes':{'n1':'v1','n2':'v1'}"
#define WEB_NODES  "'nodes':{'n1':'w1','n2':'w1','n3':'w1'}"
#define WEB_NODE   "'nodes':{'n1':'w1'}"
#define APP(nodes) "'app':{'versions':{" APP_VERSIONS "}," nodes "}"
#define WEB(nodes) "'web':{'versions':{" WEB_VERSIONS "}," nodes "}"
#define STORE      "'stores':{'db':{'may':['xml'],'owner':'app'}}"
#define CLIENTS    "'clients':{'mobile':{'requires':{'app':['f']},'usage':{'f':1}}}"
#define WHOLE                                                                                      \
    "{'services':{" APP(APP_NODES) "," WEB(WEB_NODES) "}," STORE "," CLIENTS ",'actions':[]}"
#define SMALL                                                                                      \
    "{'services':{" APP(APP_NODES2) "," WEB(WEB_NODE) "}," STORE "," CLIENTS ",'actions':[]}"

/* Only app moves; web stands still. */
#define STILL     "'web':{'versions':{'w1':{'reads':{'db':['xml','json']}}},'nodes':{'n1':'w1'}}"
#define ONE       "{'services':{" APP(APP_NODES) "," STILL "}," STORE "," CLIENTS ",'actions':[]}"
#define ONE_SMALL "{'services':{" APP(APP_NODES2) "," STILL "}," STORE "," CLIENTS ",'actions':[]}"

/* An autoscaler of app. */
#define APP_SCALED(nodes) "'app':{'versions':{" APP_VERSIONS "}," nodes ",'launchers':{'hpa':'v1'}}"
#define SCALED                                                                                     \
    "{'services':{" APP_SCALED(APP_NODES2) "," WEB(WEB_NODE) "}," STORE "," CLIENTS ",'actions':[" \
                                                             "]}"
#define SCALED_WHOLE                                                                               \
    "{'services':{" APP_SCALED(APP_NODES) "," WEB(WEB_NODE) "}," STORE "," CLIENTS ",'actions':[]" \
                                                            "}"

#define SCALED_ONE                                                                                 \
    "{'services':{" APP_SCALED(APP_NODES2) "," STILL "}," STORE "," CLIENTS ",'actions':[]}"
#define SCALED_ONE3                                                                                \
    "{'services':{" APP_SCALED(APP_NODES) "," STILL "}," STORE "," CLIENTS ",'actions':[]}"

/* A column moves: v2 works with the old one still, v3 needs the new one; web follows. */
#define MOVED                                                                                      \
    "{'services':{'app':{'versions':{"                                                             \
    "'v1':{'pred':[],'needs':{'db':['old']},'provides':['f']},"                                    \
    "'v2':{'pred':['v1'],'delta':['api+'],'needs':{'db':['old']},'provides':['f','g']},"           \
    "'v3':{'pred':['v2'],'delta':['code'],'needs':{'db':['new']},'provides':['f','g']}}"           \
    "," APP_NODES "},'web':{'versions':{"                                                          \
    "'w1':{'pred':[],'needs':{'db':['old']},'requires':{'app':['f']}},"                            \
    "'w2':{'pred':['w1'],'delta':['code'],'needs':{'db':['new']},'requires':{'app':['g']}}}"       \
    "," WEB_NODE "}},'stores':{'db':{'may':[],'has':['old'],'owner':'app'}},'actions':[]}"
#define FAULTS_ALL                                                                                 \
    (FAULT_SILENT | FAULT_RETIRED | FAULT_FENCED | FAULT_CLIENTS | FAULT_PARTLY | FAULT_FAILED)

#define WITHOUT(rule, promise)                                                                     \
    .world = SMALL, .missing = 1u << RULE_##rule, .breaks = (promise),                             \
    .faults = FAULT_SILENT | FAULT_CLIENTS | FAULT_PARTLY

const struct fleet_case fleet_cases[] = {
    {.name = "2 nodes, no faults", .world = SMALL},
    {.name = "3 nodes, no faults", .world = WHOLE},
    {.name = "3 nodes, clients, failed bakes",
     .size = FLEET_MEDIUM,
     .world = WHOLE,
     .faults = FAULT_CLIENTS | FAULT_FAILED},
    {.name = "2 nodes, one old picture", .size = FLEET_MEDIUM, .world = SMALL, .pictures = 1},
    {.name = "2 nodes, silent", .size = FLEET_LARGE, .world = SMALL, .faults = FAULT_SILENT},
    {.name = "2 nodes, partly",
     .size = FLEET_MEDIUM,
     .world = SMALL,
     .faults = FAULT_PARTLY | FAULT_FAILED},
    {.name = "2 nodes, one moves, all faults, 1 gone",
     .size = FLEET_LARGE,
     .world = ONE_SMALL,
     .gone_max = 1,
     .faults = FAULTS_ALL & ~FAULT_PARTLY},
    {.name = "3 nodes, one moves, all faults, 1 gone",
     .size = FLEET_LARGE,
     .world = ONE,
     .gone_max = 1,
     .faults = FAULTS_ALL & ~FAULT_PARTLY},
    {.name = "2 nodes, 1 gone, fenced",
     .size = FLEET_LARGE,
     .world = SMALL,
     .gone_max = 1,
     .faults = FAULT_SILENT | FAULT_FENCED},
    {.name = "3 nodes, one silent",
     .size = FLEET_LARGE,
     .world = WHOLE,
     .gone_max = 1,
     .faults = FAULT_SILENT},
    {.name = "3 nodes, partly", .size = FLEET_LARGE, .world = WHOLE, .faults = FAULT_PARTLY},
    {.name = "2 nodes, two old pictures", .size = FLEET_LARGE, .world = SMALL, .pictures = 2},
    {.name = "2 nodes, launcher", .size = FLEET_MEDIUM, .world = SCALED, .faults = FAULT_LAUNCHERS},
    {.name = "3 nodes, launcher, clients",
     .size = FLEET_LARGE,
     .world = SCALED_WHOLE,
     .faults = FAULT_LAUNCHERS | FAULT_CLIENTS},
    {.name = "3 nodes, schema", .size = FLEET_MEDIUM, .world = MOVED, .faults = FAULT_SCHEMA},
    {.name = "2 nodes, launcher, 1 gone, fenced",
     .size = FLEET_MEDIUM,
     .world = SCALED_ONE,
     .gone_max = 1,
     .faults = FAULT_LAUNCHERS | FAULT_SILENT | FAULT_FENCED},
    {.name = "3 nodes, launcher, 1 gone, fenced, clients",
     .size = FLEET_LARGE,
     .world = SCALED_ONE3,
     .gone_max = 1,
     .faults = FAULT_LAUNCHERS | FAULT_SILENT | FAULT_FENCED | FAULT_CLIENTS},
    {.name = "3 nodes, schema, silent",
     .size = FLEET_LARGE,
     .world = MOVED,
     .gone_max = 1,
     .faults = FAULT_SCHEMA | FAULT_SILENT},
    {.name = "without R1", WITHOUT(R1, "something unreadable may be read")},
    {.name = "without R1, schema",
     .world = MOVED,
     .missing = 1u << RULE_R1,
     .breaks = "something needed is not there",
     .faults = FAULT_SCHEMA},
    {.name = "without R2", WITHOUT(R2, "a call may go unprovided")},
    {.name = "without R3", WITHOUT(R3, "more than one step may be live")},
    {.name = "without R4", WITHOUT(R4, "a full release without its rehearsal")},
    {.name = "without RC", WITHOUT(RC, "a client's call may go unprovided")},
    {.name = "without RL", WITHOUT(RL, "an action on a stale target"), .pictures = 2},
};
const size_t fleet_case_count = ARRAY_LEN(fleet_cases);

bool fleet_run_case(const struct fleet_case *fleet, bool trace, FILE *out)
{
    struct search_result *r = xcalloc(1, sizeof *r);
    struct fleet_model *model = fleet_model_new(fleet);
    char name[80];
    size_t stable;

    fleet_explore(model, STATES_MAX, r, &stable);
    bool ok = fleet->missing ? r->wrong && strcmp(r->wrong, fleet->breaks) == 0
                             : !r->wrong && !r->too_many && stable > 0;
    snprintf(name, sizeof name, stable ? "%s, %zu stable" : "%s", fleet->name, stable);
    search_print(r, ok, name, out);
    if (!ok || (trace && r->wrong))
        fputs(r->trace, out);
    fleet_model_free(model);
    free(r);
    return ok;
}
