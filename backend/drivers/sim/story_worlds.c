/* story_worlds.c: the worlds of the stories that `lockstep demo` tells; which key to press and why
 * is told by tui/stories.c.
 *
 * Each world brings the settings that it is judged by, and each version its contract, as if the
 * pipeline had put it on the workload: nothing here is known to the guard by another way. */
#include "drivers/sim/scenario.h"

#include "base/mem.h"

#define SWIFT  .start_ms = {400, 900}
#define STRICT "levels: {default: enforce}\nprofile: fast\nstable: 1s\n"

#define MEASURED "metrics: {every: 500ms, services: {default: {set: simulated}}}\n"

/* ---- happy: nothing but the code changes ---- */

static const struct scenario_service happy[] = {
    {.name = "web", .replicas = 8, .runs = "4", .images = "4 5", .minutes_ago = 1500, SWIFT},
    {0},
};
static const struct scenario_contract happy_contracts[] = {
    {"web", "4", "{service: web, version: '4', provides: [Page/1]}"},
    {"web", "5",
     "{service: web, version: '5', follows: ['4'], change: [code], provides: [Page/1]}"},
    {0},
};
static const struct scenario_event happy_events[] = {{1500, SIM_ARRIVES, "web:5", NULL, NULL}, {0}};

/* ---- bad-canary: it starts well, and fails requests under load ---- */

static const struct scenario_service bad_canary[] = {
    {.name = "web", .replicas = 8, .runs = "4", .images = "4 5? 6", .minutes_ago = 1500, SWIFT},
    {0},
};
static const struct scenario_contract bad_canary_contracts[] = {
    {"web", "4", "{service: web, version: '4', provides: [Page/1]}"},
    {"web", "5",
     "{service: web, version: '5', follows: ['4'], change: [code], provides: [Page/1]}"},
    {"web", "6",
     "{service: web, version: '6', follows: ['4'], change: [code], provides: [Page/1]}"},
    {0},
};
static const struct scenario_event bad_canary_events[] = {
    {1500, SIM_ARRIVES, "web:5", NULL, NULL},
    {2500, SIM_ARRIVES, "web:6", "web rolled-back 5", NULL},
    {0},
};

/* ---- knight: eight servers, one of them was missed ---- */

static const struct scenario_service knight[] = {
    {.name = "router",
     .replicas = 8,
     .runs = "7",
     .images = "7 8 9",
     .to = "8",
     .have = 7,
     .target = 7,
     .by = "kai",
     .minutes_ago = 43,
     SWIFT},
    {0},
};
static const struct scenario_contract knight_contracts[] = {
    {"router", "8", "{service: router, version: '8', follows: ['7'], change: [code]}"},
    {"router", "9", "{service: router, version: '9', follows: ['8'], change: [code]}"},
    {0},
};
static const struct scenario_event knight_events[] = {
    {1500, SIM_ARRIVES, "router:9", NULL, NULL},
    {500, SIM_ARRIVES, "router:8", "cue withdraw", NULL},
    {2500, SIM_ARRIVES, "router:9", "router stable 8", NULL},
    {0},
};

/* ---- skew: a node is away and holds what everybody else has left ---- */

static const struct scenario_service skew[] = {
    {.name = "app",
     .replicas = 6,
     .runs = "5",
     .images = "4 5 6",
     .ghost = "4",
     .by = "mona",
     .minutes_ago = 100,
     SWIFT},
    {0},
};
static const struct scenario_contract skew_contracts[] = {
    {"app", "5", "{service: app, version: '5', follows: ['4'], change: [code]}"},
    {"app", "6", "{service: app, version: '6', follows: ['5'], change: [code]}"},
    {0},
};
static const struct scenario_event skew_events[] = {{3500, SIM_ARRIVES, "app:6", NULL, NULL}, {0}};

/* ---- data-and-code: one release changes both ---- */

static const struct scenario_service data_and_code[] = {
    {.name = "billing", .replicas = 6, .runs = "21", .images = "", .minutes_ago = 4000, SWIFT},
    {0},
};
static const struct scenario_contract data_and_code_contracts[] = {
    {"billing", "21", "{service: billing, version: '21', needs: {billing-db: [total_text]}}"},
    {"billing", "22",
     "{service: billing, version: '22', follows: ['21'], change: [ddl+, code],"
     " needs: {billing-db: [total_cents]}}"},
    {"billing", "23",
     "{service: billing, version: '23', follows: ['21'], change: [ddl+],"
     " needs: {billing-db: [total_text, total_cents]}}"},
    {"billing", "24",
     "{service: billing, version: '24', follows: ['23'], change: [code],"
     " needs: {billing-db: [total_text, total_cents]}}"},
    {"billing", "25",
     "{service: billing, version: '25', follows: ['24'], change: [ddl-],"
     " needs: {billing-db: [total_cents]}}"},
    {0},
};
static const struct scenario_event data_and_code_events[] = {
    {1500, SIM_ARRIVES, "billing:22", NULL, NULL},
    {2500, SIM_ARRIVES, "billing:23", "billing rolled-back 22", NULL},
    {2500, SIM_ARRIVES, "billing:24", "billing stable 23", NULL},
    {2500, SIM_ARRIVES, "billing:25", "billing stable 24", NULL},
    {0},
};

/* ---- two-services: both wait, and they talk to each other ---- */

static const struct scenario_service two_services[] = {
    {.name = "accounts", .replicas = 6, .runs = "3", .images = "3 4", .minutes_ago = 2000, SWIFT},
    {.name = "billing", .replicas = 6, .runs = "8", .images = "8 9", .minutes_ago = 3000, SWIFT},
    {0},
};
static const struct scenario_contract two_services_contracts[] = {
    {"accounts", "3", "{service: accounts, version: '3', provides: [Balance/1]}"},
    {"accounts", "4",
     "{service: accounts, version: '4', follows: ['3'], change: [api+],"
     " provides: [Balance/1, Balance/2]}"},
    {"billing", "8", "{service: billing, version: '8', requires: {accounts: [Balance/1]}}"},
    {"billing", "9",
     "{service: billing, version: '9', follows: ['8'], change: [code],"
     " requires: {accounts: [Balance/2]}}"},
    {0},
};
static const struct scenario_event two_services_events[] = {
    {1500, SIM_ARRIVES, "accounts:4", NULL, NULL},
    {1500, SIM_ARRIVES, "billing:9", NULL, NULL},
    {0},
};

/* ---- old-client: phones still call what the new version leaves out ---- */

static const struct scenario_service old_client[] = {
    {.name = "orders", .replicas = 6, .runs = "12", .images = "", .minutes_ago = 2600, SWIFT},
    {0},
};
static const struct scenario_contract old_client_contracts[] = {
    {"orders", "12", "{service: orders, version: '12', provides: [Get/1, Get/2]}"},
    {"orders", "13",
     "{service: orders, version: '13', follows: ['12'], change: [api-], provides: [Get/2]}"},
    {"orders", "14",
     "{service: orders, version: '14', follows: ['12'], change: [api+],"
     " provides: [Get/1, Get/2, Get/3]}"},
    {0},
};
static const struct scenario_event old_client_events[] = {
    {1500, SIM_ARRIVES, "orders:13", NULL, NULL},
    {2500, SIM_ARRIVES, "orders:14", "orders rolled-back 13", NULL},
    {0},
};

/* ---- migration: a format goes, and the floor with it ---- */

static const struct scenario_service migration[] = {
    {.name = "invoices", .replicas = 6, .runs = "5", .images = "", .minutes_ago = 1700, SWIFT},
    {0},
};
static const struct scenario_contract migration_contracts[] = {
    {"invoices", "5",
     "{service: invoices, version: '5', reads: {archive: [json-1]}, writes: {archive: [json-1]}}"},
    {"invoices", "6",
     "{service: invoices, version: '6', follows: ['5'], change: [read+],"
     " reads: {archive: [json-1, json-2]}, writes: {archive: [json-1]}}"},
    {"invoices", "7",
     "{service: invoices, version: '7', follows: ['6'], change: [write+],"
     " reads: {archive: [json-1, json-2]}, writes: {archive: [json-2]}}"},
    {"invoices", "8",
     "{service: invoices, version: '8', follows: ['7'], change: [read-],"
     " reads: {archive: [json-2]}, writes: {archive: [json-2]}}"},
    {0},
};
static const struct scenario_event migration_events[] = {
    {1500, SIM_ARRIVES, "invoices:6", NULL, NULL},
    {2500, SIM_ARRIVES, "invoices:7", "invoices stable 6", NULL},
    {2500, SIM_ARRIVES, "invoices:8", "invoices stable 7", NULL},
    {4500, SIM_FAULT_COUNT, "invoices", "invoices stable 7",
     "backfill: 48,112 of 48,112 documents are json-2"},
    {0},
};

const struct scenario story_worlds[] = {
    {.name = "happy",
     .about = "a code release: canary, bake, rehearsal, waves, stable",
     .nodes = "w1 w2 w3 w4",
     .services = happy,
     .events = happy_events,
     .contracts = happy_contracts,
     .settings = STRICT},
    {.name = "bad-canary",
     .about = "a version starts well and fails requests under load: its bake fails",
     .nodes = "w1 w2 w3 w4",
     .services = bad_canary,
     .events = bad_canary_events,
     .contracts = bad_canary_contracts,
     .settings = STRICT MEASURED},
    {.name = "knight",
     .about = "one of eight servers was missed, and the feature is to be switched on (R3)",
     .nodes = "s1 s2 s3 s4 s5 s6 s7 s8",
     .services = knight,
     .events = knight_events,
     .contracts = knight_contracts,
     .settings = STRICT},
    {.name = "skew",
     .about = "v6 is to go out while an offline node still has v4 (R3)",
     .nodes = "n1 n2 n3 n4 n5 n6",
     .silent = "n6",
     .services = skew,
     .events = skew_events,
     .contracts = skew_contracts,
     .settings = STRICT},
    {.name = "data-and-code",
     .about = "one release changes the schema and the code that uses it (R1)",
     .nodes = "w1 w2 w3",
     .services = data_and_code,
     .events = data_and_code_events,
     .contracts = data_and_code_contracts,
     .settings = STRICT "stores: {billing-db: {owner: billing, has: [total_text, total_cents]}}\n"},
    {.name = "two-services",
     .about = "two services that talk to each other are to move at once (R2)",
     .nodes = "w1 w2 w3",
     .services = two_services,
     .events = two_services_events,
     .contracts = two_services_contracts,
     .settings = STRICT},
    {.name = "old-client",
     .about = "an API element goes while phones still call it (RC)",
     .nodes = "w1 w2 w3",
     .services = old_client,
     .events = old_client_events,
     .contracts = old_client_contracts,
     .settings = STRICT "clients: {phones-4.1: {requires: {orders: [Get/1]},"
                        " usage: {Get/1: 1840}, ended: false}}\n"},
    {.name = "migration",
     .about = "a format change: write the new, backfill, attest, drop the old (R1)",
     .nodes = "w1 w2 w3",
     .services = migration,
     .events = migration_events,
     .contracts = migration_contracts,
     .settings = STRICT},
};
const size_t story_world_count = ARRAY_LEN(story_worlds);
