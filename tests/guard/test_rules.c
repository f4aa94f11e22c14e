/* The fine print of the rules, sentence by sentence, as small scenarios.
 *
 * Written with ' for "; `refused` is "action rule" of the first refusal, "" for none. */
#include "guard/judge.h"
#include "guard/scenario.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A service of n nodes on v1 with code-only v2 and v3 after it. */
#define CHAIN                                                                                      \
    "'versions':{'v1':{'pred':[]},'v2':{'delta':['code'],'pred':['v1']},"                          \
    "'v3':{'delta':['code'],'pred':['v2']}}"
#define NODES3          "'nodes':{'n1':'v1','n2':'v1','n3':'v1'}"
#define NODES6          "'nodes':{'n1':'v1','n2':'v1','n3':'v1','n4':'v1','n5':'v1','n6':'v1'}"
#define APP3            "'services':{'app':{" CHAIN "," NODES3 "}}"
#define APP6            "'services':{'app':{" CHAIN "," NODES6 "}}"
#define CANARY(s, v, n) "{'do':'canary','svc':'" s "','ver':'" v "','nodes':['" n "']}"
#define BAKE(s)         "{'do':'bake','svc':'" s "'}"
#define BACK(s, v)      "{'do':'rollback','svc':'" s "','ver':'" v "'}"
#define RELEASE(s, v)   "{'do':'release','svc':'" s "','ver':'" v "'}"
#define REHEARSE(s, v, old, n)                                                                     \
    CANARY(s, v, n)                                                                                \
    "," BAKE(s) ",{'do':'rollback','svc':'" s "','ver':'" old "','nodes':['" n "']}," BAKE(s)
#define FULL(s, v, old, n) REHEARSE(s, v, old, n) "," RELEASE(s, v) "," BAKE(s)
#define JOIN(n, v)         "{'do':'admit','svc':'app','node':'" n "','ver':'" v "'}"
#define AT(what, s, n)     "{'do':'" what "','svc':'" s "','node':'" n "'}"

static const struct claim {
    const char *claim, *world, *actions, *refused, *witness;
} claims[] = {
    /* the four holes */
    {"a rollback to a newer version skips no rehearsal", APP6, BACK("app", "v2"), "0 R4",
     "node n1"},
    {"a canary on silent nodes does not pass", APP6,
     AT("down", "app", "n1") "," CANARY("app", "v2", "n1"), "1 R4", "node n1"},
    {"a canary that goes silent in the bake gains nothing", APP6,
     CANARY("app", "v2", "n1") "," AT("down", "app", "n1") "," BAKE("app") "," AT(
         "up", "app", "n1") "," BACK("app", "v1") "," BAKE("app") "," RELEASE("app", "v2"),
     "6 R4", "version v2 of app"},
    {"a rolled back canary that is silent proves nothing", APP6,
     CANARY("app", "v2", "n1") "," BAKE("app") "," BACK("app", "v1") "," AT(
         "down", "app", "n1") "," BAKE("app") "," RELEASE("app", "v2"),
     "5 R4", "version v2 of app"},
    {"a retired node that is not fenced still counts", APP6,
     AT("retire", "app", "n6") "," FULL("app", "v2", "v1", "n1") "," CANARY("app", "v3", "n1"),
     "7 R3", "node n6"},
    {"a retired node does not come back two versions late", APP6,
     AT("fence", "app", "n6") "," FULL("app", "v2", "v1", "n1") "," FULL(
         "app", "v3", "v2", "n1") ",{'do':'admit','svc':'app','node':'n6','ver':'v1'}",
     "13 R3", "node n1"},
    {"a rollback of nodes that never ran it rehearses nothing", APP6,
     CANARY("app", "v2", "n1") "," BAKE("app") ",{'do':'rollback','svc':'app','ver':'v1','nodes':['"
                                               "n2']}," BAKE("app") "," RELEASE("app", "v2"),
     "4 R4", "version v2 of app"},
    {"a rollback that a silent canary did not hear of rehearses nothing", APP6,
     CANARY("app", "v2", "n1") "," BAKE("app") "," AT("down", "app", "n1") "," BACK(
         "app", "v1") "," AT("up", "app", "n1") "," BAKE("app") "," RELEASE("app", "v2"),
     "6 R4", "version v2 of app"},
    {"a node that was fenced in the rehearsal is not under test any more", APP6,
     CANARY("app", "v2", "n1") "," BAKE("app") "," BACK("app", "v1") "," AT(
         "fence", "app",
         "n1") ",{'do':'admit','svc':'app','node':'n1','ver':'v1'}," BAKE("app") "," RELEASE("app",
                                                                                             "v2"),
     "6 R4", "version v2 of app"},
    {"what runs everywhere and was never on record comes to rest", APP6,
     FULL("app", "v2", "v1", "n1") "," CANARY("app", "v1", "n1") "," BACK("app", "v1") "," RELEASE(
         "app", "v1") "," BAKE("app") "," CANARY("app", "v2", "n1"),
     "", NULL},
    {"a change ends when nothing of it can run any more",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1']}},'nodes':{'n1':'v1'}}}",
     CANARY("app", "v2", "n1") "," AT("fence", "app", "n1") "," BACK(
         "app", "v1") ",{'do':'admit','svc':'app','node':'n1','ver':'v1'}," REHEARSE("app", "v2",
                                                                                     "v1", "n1"),
     "", NULL},
    {"an autoscaler's image is a push",
     "'services':{'app':{" CHAIN "," NODES3 ",'launchers':{'asg':'v1'}}}",
     "{'do':'launcher','svc':'app','name':'asg','ver':'v2'}", "0 R4", "launcher asg"},

    /* R0 */
    {"an undeclared version is refused", APP3, RELEASE("app", "v9"), "0 R0", "service app"},
    {"an undeclared service is refused", APP3, CANARY("ghost", "v1", "n1"), "0 R0",
     "service ghost"},
    {"another digest than the declared one is refused",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1'],'digest':'sha256:a'}}," NODES3
     "}}",
     "{'do':'canary','svc':'app','ver':'v2','nodes':['n1'],'digest':'sha256:b'}", "0 R0",
     "service app"},
    {"the declared digest passes",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1'],'digest':'sha256:a'}}," NODES3
     "}}",
     "{'do':'canary','svc':'app','ver':'v2','nodes':['n1'],'digest':'sha256:a'}", "", NULL},

    /* RC, where something joins */
    {"a node does not join without what clients call",
     "'services':{'app':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     "}},'clients':{'jobs':{'requires':{'app':['f']},'usage':{'f':3}}}",
     "{'do':'admit','svc':'app','node':'n4','ver':'v2'}", "0 RC", "clients jobs"},
    {"a launcher is not pointed at what lacks what clients call",
     "'services':{'app':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     ",'launchers':{'asg':'v1'}}},'clients':{'jobs':{'requires':{'app':['f']},'usage':{'f':3}}}",
     "{'do':'launcher','svc':'app','name':'asg','ver':'v2'}", "0 RC", "clients jobs"},

    /* RL */
    {"a decision on an older picture is refused", APP3,
     AT("down", "app", "n3") ",{'do':'canary','svc':'app','ver':'v2','nodes':['n1'],'rev':0}",
     "1 RL", "picture"},
    {"a decision on this picture passes", APP3,
     AT("down", "app", "n3") ",{'do':'canary','svc':'app','ver':'v2','nodes':['n1'],'rev':1}", "",
     NULL},

    /* R1 */
    {"two data kinds are not one release",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1'],'delta':['ddl+','read+']}}," NODES3
     "}}",
     CANARY("app", "v2", "n1"), "0 R1", "version v2 of app"},
    {"one data kind with config and api is one release",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1'],'delta':['ddl+','config',"
     "'api+']}}," NODES3 "}}",
     CANARY("app", "v2", "n1"), "", NULL},
    {"the mix does not bind a rollback",
     "'services':{'app':{'versions':{'v1':{'delta':['code','ddl+']},'v2':{'pred':['v1']}},"
     "'nodes':{'n1':'v2'}}}",
     BACK("app", "v1"), "", NULL},
    {"a silent reader counts",
     "'services':{'w':{'versions':{'v1':{'writes':{'q':['a']}},'v2':{'writes':{'q':['a','b']},"
     "'pred':['v1']}},'nodes':{'w1':'v1'}},'r':{'versions':{'v1':{'reads':{'q':['a']}},'v2':{"
     "'reads':{'q':['a','b']},'pred':['v1']}},'nodes':{'r1':'v2','r2':'v1'}}}",
     AT("down", "r", "r2") "," CANARY("w", "v2", "w1"), "1 R1", "node r2"},
    {"a fenced reader does not count",
     "'services':{'w':{'versions':{'v1':{'writes':{'q':['a']}},'v2':{'writes':{'q':['a','b']},"
     "'pred':['v1']}},'nodes':{'w1':'v1'}},'r':{'versions':{'v1':{'reads':{'q':['a']}},'v2':{"
     "'reads':{'q':['a','b']},'pred':['v1']}},'nodes':{'r1':'v2','r2':'v1'}}}",
     AT("fence", "r", "r2") "," CANARY("w", "v2", "w1"), "", NULL},
    {"a launcher's version reads too",
     "'services':{'w':{'versions':{'v1':{},'v2':{'writes':{'q':['b']},'pred':['v1']}},'nodes':{"
     "'w1':'v1'}},'r':{'versions':{'v1':{'reads':{'q':['a']}}},'launchers':{'cron':'v1'}}}",
     CANARY("w", "v2", "w1"), "0 R1", "launcher cron"},
    {"who declares no reads of a store is not bound",
     "'services':{'w':{'versions':{'v1':{},'v2':{'writes':{'q':['b']},'pred':['v1']}},'nodes':{"
     "'w1':'v1'}},'r':{'versions':{'v1':{'reads':{'other':['a']}}},'nodes':{'r1':'v1'}}}",
     CANARY("w", "v2", "w1"), "", NULL},
    {"a predecessor must read what is written",
     "'services':{'app':{'versions':{'v0':{'reads':{'d':['a']}},'v1':{'reads':{'d':['a','b']}},"
     "'v2':{'reads':{'d':['a','b']},'writes':{'d':['b']},'pred':['v1','v0']}}," NODES3 "}}",
     CANARY("app", "v2", "n1"), "0 R1", "version v0 of app"},
    {"nobody writes what it cannot read itself",
     "'services':{'app':{'versions':{'v1':{},'v2':{'reads':{'d':['a']},'writes':{'d':['b']},"
     "'pred':['v1']}}," NODES3 "}}",
     CANARY("app", "v2", "n1"), "0 R1", "version v2 of app"},
    {"what is at rest must be readable",
     "'services':{'app':{'versions':{'v1':{},'v2':{'reads':{'d':['b']},'pred':['v1']}}," NODES3
     "}},'stores':{'d':{'may':['a']}}",
     CANARY("app", "v2", "n1"), "0 R1", "store d"},
    {"a backfill makes way",
     "'services':{'app':{'versions':{'v1':{},'v2':{'reads':{'d':['b']},'pred':['v1']}}," NODES3
     "}},'stores':{'d':{'may':['a']}}",
     "{'do':'backfilled','store':'d','gone':['a']}," CANARY("app", "v2", "n1"), "", NULL},
    {"a backfill does not remove what somebody still writes",
     "'services':{'app':{'versions':{'v1':{'writes':{'d':['a']}},'v2':{'reads':{'d':['b']},"
     "'pred':['v1']}}," NODES3 "}},'stores':{'d':{'may':['a']}}",
     "{'do':'backfilled','store':'d','gone':['a']}," CANARY("app", "v2", "n1"), "1 R1", "store d"},
    {"a queued push writes already",
     "'services':{'app':{'versions':{'v1':{},'v2':{'writes':{'d':['b']},'pred':['v1']}}," NODES3
     "},'r':{'versions':{'v1':{},'v2':{'reads':{'d':['a']},'pred':['v1']}},'nodes':{'r1':'v1'}}}",
     REHEARSE("app", "v2", "v1", "n1") ",{'do':'backfilled','store':'d','gone':['b']}," AT(
         "down", "app",
         "n3") ",{'do':'release','svc':'app','ver':'v2','missed':['n1','n2']}," CANARY("r", "v2",
                                                                                       "r1"),
     "7 R1", "store d"},
    {"what is needed must be there",
     "'services':{'app':{'versions':{'v1':{},'v2':{'needs':{'pg':['c']},'pred':['v1']}}," NODES3
     "}},'stores':{'pg':{'has':['b']}}",
     CANARY("app", "v2", "n1"), "0 R1", "store pg"},
    {"an expansion gives what is needed",
     "'services':{'app':{'versions':{'v1':{},'v2':{'needs':{'pg':['c']},'pred':['v1']}}," NODES3
     "}},'stores':{'pg':{'has':['b']}}",
     "{'do':'expand','store':'pg','elements':['c']}," CANARY("app", "v2", "n1"), "", NULL},
    {"an element that somebody needs stays",
     "'services':{'app':{'versions':{'v1':{'needs':{'pg':['c']}}}," NODES3
     "}},'stores':{'pg':{'has':['c']}}",
     AT("retire", "app", "n1") ",{'do':'contract','store':'pg','elements':['c']}", "1 R1",
     "node n1"},
    {"a format that somebody writes stays",
     "'services':{'app':{'versions':{'v1':{'writes':{'d':['a']}}}," NODES3 "}},'stores':{'d':{}}",
     "{'do':'contract','store':'d','formats':['a']}", "0 R1", "version v1 of app"},
    {"a format at rest stays", "'services':{},'stores':{'d':{'may':['a']}}",
     "{'do':'contract','store':'d','formats':['a']}", "0 R1", "store d"},
    {"an element nobody uses may go", "'services':{},'stores':{'d':{'has':['a','b']}}",
     "{'do':'contract','store':'d','elements':['a']},{'do':'contract','store':'d','elements':['b']"
     "}",
     "", NULL},
    {"an expansion with code is two releases", "'services':{},'stores':{'d':{}}",
     "{'do':'expand','store':'d','elements':['a'],'with_code':true}", "0 R1", "store d"},
    {"formats of an expansion put nothing to rest",
     "'services':{'app':{'versions':{'v1':{},'v2':{'reads':{'d':['a']},'pred':['v1']}}," NODES3
     "}},'stores':{'d':{}}",
     "{'do':'expand','store':'d','elements':['x'],'formats':['z']}," CANARY("app", "v2", "n1"), "",
     NULL},
    {"a step that waits for a backfill waits", "'services':{},'stores':{'d':{'may':['old']}}",
     "{'do':'expand','store':'d','elements':['a'],'requires_backfill':'old'}", "0 R1", "store d"},
    {"a step that waits for a backfill goes on after it",
     "'services':{},'stores':{'d':{'may':['old']}}",
     "{'do':'backfilled','store':'d','gone':['old']},"
     "{'do':'expand','store':'d','elements':['a'],'requires_backfill':['old']}",
     "", NULL},

    /* R2 */
    {"services that share only an owner's store are coupled",
     "'services':{'a':{" CHAIN "," NODES3 "},'b':{'versions':{'v1':{},'v2':{'pred':['v1'],"
     "'reads':{'d':['x']}}}," NODES3 "}},'stores':{'d':{'owner':'a'}}",
     CANARY("a", "v2", "n1") "," CANARY("b", "v2", "n1"), "1 R2", "service a"},
    {"coupling reaches over a third service",
     "'services':{'a':{'versions':{'v1':{},'v2':{'pred':['v1']}}," NODES3
     "},'m':{'versions':{'v1':{'requires':{'a':[],'b':[]}}}},"
     "'b':{'versions':{'v1':{},'v2':{'pred':['v1']}}," NODES3 "}}",
     CANARY("a", "v2", "n1") "," CANARY("b", "v2", "n1"), "1 R2", "service a"},
    {"strangers move together",
     "'services':{'a':{" CHAIN "," NODES3 "},'b':{" CHAIN "," NODES3 "}}",
     CANARY("a", "v2", "n1") "," CANARY("b", "v2", "n1"), "", NULL},
    {"a coupled service may be rolled back while another moves",
     "'services':{'a':{'versions':{'v1':{'provides':['f']},'v2':{'provides':['f'],'pred':['v1']}},"
     "'nodes':{'n1':'v2'}},'b':{'versions':{'v1':{'requires':{'a':['f']}},'v2':{'requires':{'a':["
     "'f']},'pred':['v1']}}," NODES3 "}}",
     CANARY("b", "v2", "n1") "," BACK("a", "v1"), "", NULL},
    {"a schema step that names a service waits for its neighbours",
     "'services':{'a':{'versions':{'v1':{},'v2':{'pred':['v1'],'reads':{'d':['x']}}}," NODES3
     "},'b':{'versions':{'v1':{'needs':{'d':[]}}}}},'stores':{'d':{}}",
     CANARY("a", "v2", "n1") ",{'do':'expand','store':'d','elements':['e']},"
                             "{'do':'expand','store':'d','elements':['g'],'svc':'b'}",
     "2 R2", "service a"},
    {"an unknown provider refuses",
     "'services':{'b':{'versions':{'v1':{},'v2':{'pred':['v1'],'requires':{'gone':['f']}}}," NODES3
     "}}",
     CANARY("b", "v2", "n1"), "0 R2", "service gone"},
    {"a provider that runs nothing passes",
     "'services':{'a':{'versions':{}},'b':{'versions':{'v1':{},'v2':{'pred':['v1'],'requires':{"
     "'a':['f']}}}," NODES3 "}}",
     CANARY("b", "v2", "n1"), "", NULL},
    {"a silent provider that lacks it refuses",
     "'services':{'a':{'versions':{'v1':{},'v2':{'provides':['f'],'pred':['v1']}},'nodes':{"
     "'a1':'v1','a2':'v2'}},'b':{'versions':{'v1':{},'v2':{'pred':['v1'],'requires':{"
     "'a':['f']}}}," NODES3 "}}",
     AT("down", "a", "a1") "," CANARY("b", "v2", "n1"), "1 R2", "node a1"},

    /* RC */
    {"support that has not ended counts without a call",
     "'services':{'be':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     "}},'clients':{'ios':{'requires':{'be':['f']}}}",
     CANARY("be", "v2", "n1"), "0 RC", "clients ios"},
    {"calls count after the end of support",
     "'services':{'be':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     "}},'clients':{'ios':{'requires':{'be':['f']},'usage':{'f':3},'ended':true}}",
     CANARY("be", "v2", "n1"), "0 RC", "clients ios"},
    {"nobody calls and support has ended: it may go",
     "'services':{'be':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     "}},'clients':{'ios':{'requires':{'be':['f']},'usage':{'f':3}}}",
     "{'do':'usage','cohort':'ios','api':'f','count':0},{'do':'end_support','cohort':'ios'}"
     "," CANARY("be", "v2", "n1"),
     "", NULL},
    {"a client that comes back in the rehearsal stops the release",
     "'services':{'be':{'versions':{'v1':{'provides':['f']},'v2':{'pred':['v1']}}," NODES3
     "}},'clients':{'ios':{'requires':{'be':['f']},'ended':true}}",
     REHEARSE("be", "v2", "v1",
              "n1") ",{'do':'usage','cohort':'ios','api':'f','count':1}," RELEASE("be", "v2"),
     "5 RC", "clients ios"},

    /* R3 */
    {"a version that was skipped is more than a step", APP3, CANARY("app", "v3", "n1"), "0 R3",
     "node n1"},
    {"an unknown version refuses",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v1','n2':'v1','n3':'?','n4':'v1'}}}",
     CANARY("app", "v2", "n1"), "0 R3", "node n3"},
    {"the next step waits until the last one is baked", APP3,
     REHEARSE("app", "v2", "v1", "n1") "," RELEASE("app", "v2") "," CANARY("app", "v3", "n1"),
     "5 R3", "version v2 of app"},
    {"a half-done world is no ground for a canary",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v1','n2':'v2','n3':'v1'}}}",
     CANARY("app", "v2", "n1"), "0 R3", "version v1 of app"},
    {"a silent node with a queued push keeps both versions", APP6,
     AT("down", "app", "n6") "," FULL("app", "v2", "v1", "n1") "," CANARY("app", "v3", "n1"),
     "7 R3", "node n6"},
    {"a node that came back with the new version does not", APP6,
     AT("down", "app", "n6") "," FULL(
         "app", "v2", "v1", "n1") ",{'do':'up','svc':'app','node':"
                                  "'n6','ver':'v2'}," BAKE("app") "," CANARY("app", "v3", "n1"),
     "", NULL},
    {"a node that joins with a third version is refused", APP6,
     CANARY("app", "v2", "n1") ",{'do':'admit','svc':'app','node':'n9','ver':'v3'}", "1 R3",
     "node n2"},
    {"a node that joins within the step is let in", APP6,
     CANARY("app", "v2", "n1") ",{'do':'admit','svc':'app','node':'n9','ver':'v1'}", "", NULL},

    /* R4 */
    {"a canary on more than a third is refused", APP6,
     "{'do':'canary','svc':'app','ver':'v2','nodes':['n1','n2','n3']}", "0 R4", "node n3"},
    {"exactly a third is a canary", APP6,
     "{'do':'canary','svc':'app','ver':'v2','nodes':['n1','n2']}", "", NULL},
    {"a third counts what was canaried before", APP6,
     "{'do':'canary','svc':'app','ver':'v2','nodes':['n1','n2']}," CANARY("app", "v2", "n3"),
     "1 R4", "node n3"},
    {"fenced nodes are no part of the third", APP3,
     AT("fence", "app", "n2") "," AT("fence", "app", "n3") "," CANARY("app", "v2", "n1"), "", NULL},
    {"a bake that fails is no pass", APP6,
     CANARY("app", "v2", "n1") ",{'do':'bake','svc':'app','verdict':'nodata'}," BACK(
         "app", "v1") "," BAKE("app") "," RELEASE("app", "v2"),
     "4 R4", "version v2 of app"},
    {"a rollback without a bake is no rehearsal", APP6,
     CANARY("app", "v2", "n1") "," BACK("app", "v1") "," BAKE("app") "," RELEASE("app", "v2"),
     "3 R4", "version v2 of app"},
    {"a rehearsal without its last bake is not complete", APP6,
     CANARY("app", "v2", "n1") "," BAKE("app") "," BACK("app", "v1") "," RELEASE("app", "v2"),
     "3 R4", "version v2 of app"},
    {"a service of one node can be released", "'services':{'app':{" CHAIN ",'nodes':{'n1':'v1'}}}",
     FULL("app", "v2", "v1", "n1") "," FULL("app", "v3", "v2", "n1"), "", NULL},
    {"a missed node gets the same release later", APP6,
     REHEARSE("app", "v2", "v1", "n1") ",{'do':'release','svc':'app','ver':'v2','missed':['n5']}"
                                       "," BAKE("app") "," RELEASE("app", "v2") "," BAKE(
                                           "app") "," CANARY("app", "v3", "n1"),
     "", NULL},
    {"what was gone back from must be rehearsed again", APP6,
     FULL("app", "v2", "v1", "n1") "," BACK("app", "v1") "," RELEASE("app", "v2"), "7 R4",
     "version v2 of app"},
    {"a certificate is void when a neighbour moved on",
     "'services':{'a':{'versions':{'v1':{'provides':['f']},'v2':{'provides':['f'],'pred':['v1']}}"
     "," NODES3 "},'b':{'versions':{'v1':{'requires':{'a':['f']}},'v2':{'requires':{'a':['f']},"
     "'pred':['v1']}}," NODES3 "}}",
     REHEARSE("a", "v2", "v1", "n1") "," CANARY("b", "v2",
                                                "n1") "," BACK("b", "v1") "," RELEASE("a", "v2"),
     "6 R4", "version v2 of a"},
    {"a certificate is void when something else was put to rest",
     "'services':{'a':{'versions':{'v1':{},'v2':{'pred':['v1'],'needs':{'d':[]}}}," NODES3
     "},'w':{'versions':{'v1':{},'v2':{'writes':{'d':['x']}}}}},'stores':{'d':{}}",
     REHEARSE("a", "v2", "v1", "n1") ",{'do':'admit','svc':'w','node':'w1','ver':'v2'},"
                                     "{'do':'fence','svc':'w','node':'w1'}," RELEASE("a", "v2"),
     "6 R4", "version v2 of a"},
    {"a missing artifact is refused",
     "'services':{'app':{'versions':{'v1':{},'v2':{'pred':['v1'],'artifact':false}}," NODES3 "}}",
     CANARY("app", "v2", "n1"), "0 R4", "artifact v2 of app"},
    {"the way back needs only what it goes to",
     "'services':{'app':{'versions':{'v0':{'artifact':false},'v1':{'pred':['v0']},'v2':{'pred':["
     "'v1']}},'nodes':{'n1':'v2'}}}",
     BACK("app", "v1"), "", NULL},
    {"a rollback to what cannot be pulled is refused",
     "'services':{'app':{'versions':{'v1':{'artifact':false},'v2':{'pred':['v1']}},'nodes':{"
     "'n1':'v2'}}}",
     BACK("app", "v1"), "0 R4", "artifact v1 of app"},
    {"a launcher may have what is stable",
     "'services':{'app':{" CHAIN "," NODES3 ",'launchers':{'asg':'v1'}}}",
     FULL("app", "v2", "v1", "n1") ",{'do':'launcher','svc':'app','name':'asg','ver':'v2'}," BAKE(
         "app") "," CANARY("app", "v3", "n1"),
     "", NULL},

    {"a launcher may follow the nodes",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v2','n2':'v2'},'launchers':{'asg':'v1'}}}",
     "{'do':'launcher','svc':'app','name':'asg','ver':'v2'}," RELEASE("app", "v2") "," BAKE(
         "app") "," CANARY("app", "v3", "n1"),
     "", NULL},
    {"a launcher does not follow some of the nodes",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v2','n2':'v1'},'launchers':{'asg':'v1'}}}",
     "{'do':'launcher','svc':'app','name':'asg','ver':'v2'}", "0 R4", "launcher asg"},
    {"a launcher does not follow a canary that is everywhere",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v1'},'launchers':{'asg':'v1'}}}",
     CANARY("app", "v2", "n1") ",{'do':'launcher','svc':'app','name':'asg','ver':'v2'}", "1 R4",
     "launcher asg"},
    {"a launcher goes back with the nodes",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v1'},'launchers':{'asg':'v1'}}}",
     FULL("app", "v2", "v1", "n1") ",{'do':'launcher','svc':'app','name':'asg','ver':'v2'}," BAKE(
         "app") "," CANARY("app", "v1",
                           "n1") ",{'do':'launcher','svc':'app','name':'asg','ver':'v1'}",
     "", NULL},

    /* what R4 leaves open, and what holds all the same */
    {"a way back may lead to a predecessor that never ran",
     "'services':{'app':{" CHAIN ",'nodes':{'n1':'v2','n2':'v2'}}}", BACK("app", "v1"), "", NULL},
    {"but not to one that cannot read what is at rest",
     "'services':{'app':{'versions':{'v1':{'reads':{'d':['x']}},'v2':{'reads':{'d':['x','j']},"
     "'pred':['v1']}},'nodes':{'n1':'v2','n2':'v2'}}},'stores':{'d':{'may':['j']}}",
     BACK("app", "v1"), "0 R1", "store d"},
    {"nodes may join with the version under test", APP3,
     CANARY("app", "v2", "n1") "," JOIN("n4", "v2") "," JOIN("n5", "v2"), "", NULL},
    {"nodes that joined count in the third of the next canary", APP6,
     CANARY("app", "v2", "n1") "," JOIN("n7", "v2") "," JOIN("n8", "v2") "," CANARY("app", "v2",
                                                                                    "n2"),
     "3 R4", "node n2"},
    {"a canary of an older version has no way back to the newer one", APP6,
     FULL("app", "v2", "v1", "n1") "," CANARY("app", "v1", "n1") "," BACK("app", "v2"), "7 R4",
     "node n1"},
    {"a canary of an older version is left by releasing the newer one again", APP6,
     FULL("app", "v2", "v1", "n1") "," CANARY("app", "v1", "n1") "," RELEASE("app", "v2") "," BAKE(
         "app") "," FULL("app", "v3", "v2", "n1"),
     "", NULL},

    /* out of band */
    {"what went around the guard counts", APP6,
     "{'do':'bypass','svc':'app','ver':'v2','nodes':['n2']}," CANARY("app", "v3", "n1"), "1 R3",
     "node n2"},
    {"reducing exposure is never refused", APP6,
     CANARY("app", "v2", "n1") "," AT("down", "app", "n2") "," AT("retire", "app", "n3") "," AT(
         "fence", "app", "n4") ",{'do':'bypass'}",
     "", NULL},
};

static struct scenario *scenario_of(const char *world, const char *actions)
{
    char *text = xasprintf("{'name':'t',%s,'actions':[%s]}", world, actions);
    struct err err = {0};

    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *root = json_parse(text, strlen(text), "test", &err);
    ck_assert_msg(root != NULL, "%s: %s", err.text, text);
    struct scenario *scenario = scenario_parse(root, "test", &err);
    ck_assert_msg(scenario != NULL, "%s", err.text);
    json_decref(root);
    free(text);
    return scenario;
}

START_TEST(fine_print)
{
    const struct claim *claim = &claims[_i];
    struct scenario *scenario = scenario_of(claim->world, claim->actions);
    struct scenario_report report;
    char found[32] = "";

    scenario_run(scenario, policy_strict(), &report);
    char *text = scenario_report_text(&report);
    if (report.refused)
        snprintf(found, sizeof found, "%zu %s", report.action,
                 rule_word[report.verdict.first->rule]);
    ck_assert_msg(strcmp(found, claim->refused) == 0, "%s: expected '%s'\n%s", claim->claim,
                  claim->refused, text);
    if (claim->witness) {
        const struct finding *first = report.verdict.first;
        bool named = false;

        for (size_t i = 0; i < first->witness_count; i++)
            named = named || strcmp(first->witnesses[i].object, claim->witness) == 0;
        ck_assert_msg(named, "%s: no witness '%s'\n%s", claim->claim, claim->witness, text);
        ck_assert_str_ne(first->sentence, "");
        ck_assert_str_ne(first->way_out, "");
    }
    free(text);
    scenario_report_release(&report);
    scenario_free(scenario);
}
END_TEST

START_TEST(the_floor_is_said_before_it_moves)
{
    struct scenario *scenario = scenario_of(
        "'services':{'app':{'versions':{'v1':{'reads':{'d':['x']},'writes':{'d':['x']}},'v2':{"
        "'reads':{'d':['x','j']},'writes':{'d':['x']},'pred':['v1']},'v3':{'reads':{'d':['x','j']},"
        "'writes':{'d':['j']},'pred':['v2']}},'nodes':{'n1':'v2','n2':'v2','n3':'v2'}}}",
        CANARY("app", "v3", "n1") "," BACK("app", "v2"));
    struct arena *arena = arena_new(256);
    struct verdict verdict;

    ck_assert_str_eq(book_version_name(scenario->book, 0, world_floor(&scenario->start, 0, NULL)),
                     "v1");
    deed_judge(&scenario->start, &scenario->deeds[0], arena, &verdict);
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    ck_assert_str_eq(verdict.warning,
                     "after this the oldest version app can return to is v2, now v1");
    deed_apply(&scenario->start, &scenario->deeds[0]);
    deed_judge(&scenario->start, &scenario->deeds[1], arena, &verdict);
    ck_assert_int_eq((int)verdict.answer, ANSWER_ALLOW);
    ck_assert_str_eq(verdict.warning, "");
    deed_apply(&scenario->start, &scenario->deeds[1]);
    ck_assert_str_eq(book_version_name(scenario->book, 0, world_floor(&scenario->start, 0, NULL)),
                     "v2");
    arena_free(arena);
    scenario_free(scenario);
}
END_TEST

START_TEST(a_verdict_without_words_is_the_same_verdict)
{
    const struct claim *claim = &claims[_i];
    struct scenario *scenario = scenario_of(claim->world, claim->actions);
    struct arena *arena = arena_new(256);

    for (size_t i = 0; i < scenario->deed_count; i++) {
        struct verdict with, without;

        deed_judge(&scenario->start, &scenario->deeds[i], arena, &with);
        deed_judge(&scenario->start, &scenario->deeds[i], NULL, &without);
        ck_assert_int_eq((int)with.answer, (int)without.answer);
        for (unsigned r = 0; r < RULE_COUNT; r++)
            ck_assert_int_eq((int)with.findings[r].answer, (int)without.findings[r].answer);
        if (with.answer != ANSWER_ALLOW)
            break;
        deed_apply(&scenario->start, &scenario->deeds[i]);
    }
    arena_free(arena);
    scenario_free(scenario);
}
END_TEST

SUITE(guard_rules)
{
    Suite *suite = suite_create("guard_rules");
    TCase *tcase = test_case(suite, "rules", 20);

    tcase_add_loop_test(tcase, fine_print, 0, ARRAY_LEN(claims));
    tcase_add_loop_test(tcase, a_verdict_without_words_is_the_same_verdict, 0, ARRAY_LEN(claims));
    tcase_add_test(tcase, the_floor_is_said_before_it_moves);
    return suite;
}
