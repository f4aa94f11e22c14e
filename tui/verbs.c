/* verbs.c: the table of verbs, help made from it, and finding the row that was meant. */
#include "verbs.h"

#include "base/mem.h"
#include "base/near.h"
#include "drivers/sim/sim.h"
#include "fields.h"
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIT(id) ARG_BIT(id)
#define WHERE   (BIT(CONTEXT) | BIT(KUBECONFIG) | BIT(CONFIG) | BIT(SEED) | BIT(TIMEOUT) | BIT(HELP))
#define ACTS    (WHERE | BIT(JOURNAL) | BIT(OUTPUT) | BIT(YES))
#define PAST    (BIT(OVERRIDE) | BIT(BREAK_GLASS))
#define DRAWS   (BIT(PLAIN) | BIT(THEME) | BIT(KEYS) | BIT(ASCII) | BIT(SHOW_KEYS) | BIT(HELP))

static verb_run_fn run_help;

static const struct verb_row verb_rows[] = {
    {"", "", "the dashboard on the configured clusters",
     DRAWS | BIT(CONTEXT) | BIT(KUBECONFIG) | BIT(CONFIG) | BIT(JOURNAL) | BIT(READ_ONLY) |
         BIT(RECORD) | BIT(VERSION),
     0, 0, verb_dashboard},
    {"demo", "[STORY]",
     "the dashboard on the built-in simulator; a STORY tells a mistake, its refusal, the way out",
     DRAWS | BIT(SEED) | BIT(SPEED) | BIT(SCRIPT) | BIT(PLAY) | BIT(RECORD), 0, 1, verb_demo},
    {"replay", "FILE",
     "look again at what --record wrote, at any speed, or make an asciicast of it",
     (DRAWS & ~BIT(PLAIN)) | BIT(SPEED) | BIT(SCRIPT) | BIT(ASCIICAST) | BIT(V3) | BIT(SIZE), 1, 1,
     verb_replay},
    {"status", "[SERVICE]",
     "one look at every service or at one, with what may be done and why not",
     WHERE | BIT(OUTPUT) | BIT(JOURNAL), 0, 1, verb_status},
    {"start", "SERVICE VERSION", "begin a release: the first canary step and nothing more",
     ACTS | BIT(IMAGE) | BIT(FILE) | BIT(PROFILE) | PAST, 2, 2, verb_act},
    {"step", "SERVICE", "take exactly the next step of a release", ACTS | BIT(TO) | PAST, 1, 1,
     verb_act},
    {"pause", "SERVICE", "stand still where it is", ACTS | BIT(NO_JOURNAL), 1, 1, verb_act},
    {"resume", "SERVICE", "go on after a pause", ACTS | PAST, 1, 1, verb_act},
    {"rollback", "SERVICE", "back to the version before", ACTS | BIT(NO_JOURNAL) | PAST, 1, 1,
     verb_act},
    {"fence", "NODE", "take a node out of every count, because it can never come back as it was",
     ACTS | BIT(REASON), 1, 1, verb_fence},
    {"attest", "STORE|CLIENTS",
     "say with evidence that a format is gone from a store, or what clients still call",
     ACTS | BIT(GONE) | BIT(USAGE) | BIT(ENDED) | BIT(SUPPORTED) | BIT(EVIDENCE) | BIT(PROBE), 1, 1,
     verb_attest},
    {"watch", "", "follow the clusters and tell everybody who must know; runs until it is stopped",
     BIT(CONTEXT) | BIT(KUBECONFIG) | BIT(CONFIG) | BIT(READ_ONLY) | BIT(OUTPUT) | BIT(SPEED) |
         BIT(SEED) | BIT(PRINT_UNIT) | BIT(HELP),
     0, 0, verb_watch},
    {"history", "[SERVICE]",
     "who did what, when, with which verdict; or which releases of before want a second look",
     WHERE | BIT(JOURNAL) | BIT(OUTPUT) | BIT(FROM_CLUSTER) | BIT(DAYS), 0, 1, verb_history},
    {"audit", "verify", "check the chain of the local record, and what the clusters know of it",
     WHERE | BIT(JOURNAL) | BIT(OUTPUT), 1, 1, verb_audit},
    {"doctor", "[view|operate]",
     "what is configured, reachable and permitted, and what to do about the rest",
     WHERE | BIT(JOURNAL) | BIT(OUTPUT) | BIT(PRINT_RBAC) | BIT(PRINT_POLICY), 0, 1, verb_doctor},
    {"gate", "SERVICE VERSION [FILE...]",
     "ask every rule whether a release may begin now; for pipelines, does nothing",
     WHERE | BIT(JOURNAL) | BIT(OUTPUT), 2, ARG_OPERANDS_MAX, verb_gate},
    {"check", "FILE... | --metrics [SERVICE [VERSION...]]",
     "read contracts; two of one service: what changes, who lives with whom, and the safe order",
     BIT(METRICS) | BIT(CONFIG) | BIT(OUTPUT) | BIT(HELP), 0, ARG_OPERANDS_MAX, verb_check},
    {"init", "[SERVICE]", "draft settings, or the contract of a service, from what runs", WHERE, 0,
     1, verb_init},
    {"simulate", "FILE...", "run scenario files against the guard, without any cluster",
     BIT(OUTPUT) | BIT(HELP), 1, ARG_OPERANDS_MAX, verb_simulate},
    {"theme", "list | check [NAME|FILE...] | show NAME",
     "colours: which there are, whether they can be read, and one to start from", BIT(HELP), 1,
     ARG_OPERANDS_MAX, verb_theme},
    {"completion", "bash|zsh|fish", "what the shell needs to complete lockstep's words", BIT(HELP),
     1, 1, verb_completion},
    {"help", "[VERB]", "this overview, or one verb with its options", BIT(MAN) | BIT(HELP), 0, 1,
     run_help},
};

const struct verb_row *verbs_table(size_t *count)
{
    *count = ARRAY_LEN(verb_rows);
    return verb_rows;
}

void complain(const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("lockstep: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static int status_of(enum err_code code)
{
    switch (code) {
    case ERR_USAGE:
    case ERR_CONFIG:
    case ERR_NOT_FOUND:
        return EXIT_USAGE;
    case ERR_CONFLICT:
        return EXIT_REFUSED;
    case ERR_UNKNOWN:
        return EXIT_UNKNOWN;
    case ERR_NONE:
        return EXIT_DONE;
    case ERR_AUTH:
    case ERR_NETWORK:
    case ERR_REJECTED:
    case ERR_UNSUPPORTED:
    case ERR_PROTOCOL:
    case ERR_DISK:
    case ERR_LIMIT:
    case ERR_CODE_COUNT:
        break;
    }
    return EXIT_UNREACHED;
}

int complain_err(const struct err *err)
{
    complain("%s", err->text);
    return status_of(err->code);
}

static const struct verb_row *find_verb(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(verb_rows); i++)
        if (strcmp(verb_rows[i].name, name) == 0)
            return &verb_rows[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *names[ARRAY_LEN(verb_rows)];
    char hint[NEAR_TEXT];
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(verb_rows); i++)
        names[i] = verb_rows[i].name;
    near_suggest(name, names, ARRAY_LEN(verb_rows), hint);
    err_set(&err, ERR_USAGE, "there is no verb '%.80s'.%s `lockstep --help` lists them.", name,
            hint);
    return complain_err(&err);
}

static void print_usage(const struct verb_row *row)
{
    printf("lockstep%s%s%s%s", row->name[0] ? " " : "", row->name, row->usage[0] ? " " : "",
           row->usage);
}

static void help_overview(void)
{
    puts("lockstep: a release dashboard for the terminal that knows which keystroke is safe.\n");
    for (size_t i = 0; i < ARRAY_LEN(verb_rows); i++) {
        char head[64];
        const struct verb_row *row = &verb_rows[i];
        snprintf(head, sizeof head, "lockstep %s%s%s", row->name, row->usage[0] ? " " : "",
                 row->usage);
        printf("  %-32s %s\n", head, row->help);
    }
    puts("\n`lockstep help VERB` lists a verb's options. Exit status: 0 done or allowed, 1 refused "
         "by\n"
         "a rule, 2 usage or configuration, 3 could not be known or reached, 4 outcome unknown.");
}

static const char *about_story(const char *name)
{
    for (size_t i = 0; sim_scenario_name(i); i++)
        if (strcmp(sim_scenario_name(i), name) == 0)
            return sim_scenario_about(i);
    return "";
}

static void help_stories(void)
{
    puts("\nStories, each with the key to press next; --play tells it by itself:");
    for (size_t i = 0; story_at(i); i++)
        printf("  %-22s %s\n", story_at(i)->name, about_story(story_at(i)->name));
    puts("\nOther scenarios are worlds to try things in:");
    for (size_t i = 0; sim_scenario_name(i); i++)
        if (!story_find(sim_scenario_name(i)))
            printf("  %-22s %s\n", sim_scenario_name(i), sim_scenario_about(i));
}

static void help_verb(const struct verb_row *row)
{
    print_usage(row);
    printf(" [OPTION]...\n%s\n\n", row->help);
    for (unsigned id = 0; id < ARG_ID_COUNT; id++) {
        const struct arg_info *info = &arg_info[id];
        char head[64];
        if (!((row->takes >> id) & 1))
            continue;
        snprintf(head, sizeof head, "%s%s%s%s%s", info->brief, info->brief[0] ? ", " : "",
                 info->word, info->argument[0] ? " " : "", info->argument);
        printf("  %-22s %s\n", head, info->help);
    }
    if (row->run == verb_demo)
        help_stories();
}

static bool has_fields(const struct verb_row *row)
{
    return row->name[0] && field_find(row->name, "schema", strlen("schema"));
}

static int run_help(const struct verb_row *row, const struct args *args)
{
    (void)row;
    if (args->man) {
        manual_print();
        return EXIT_DONE;
    }
    if (args->operand_count == 0) {
        help_overview();
        return EXIT_DONE;
    }
    const struct verb_row *about = find_verb(args->operands[0]);
    if (!about || !about->name[0])
        return unknown_verb(args->operands[0]);
    help_verb(about);
    if (has_fields(about))
        fields_print(about->name);
    return EXIT_DONE;
}

/* The dashboard takes no operands, so a first word that is no option is the verb. */
static int run_row(const struct verb_row *row, const char *const *words, size_t count)
{
    struct args args;
    struct err err = {0};
    char name[40];

    snprintf(name, sizeof name, "lockstep%s%s", row->name[0] ? " " : "", row->name);
    if (!args_parse(words, count, row->takes, name, &args, &err))
        return complain_err(&err);
    if (args.version) {
        puts("lockstep " LOCKSTEP_VERSION);
        return EXIT_DONE;
    }
    if (args.help && row->name[0] && row->run != run_help) {
        help_verb(row);
        if (has_fields(row))
            printf("\n`lockstep help %s` lists the fields of -o json.\n", row->name);
        return EXIT_DONE;
    }
    if (args.help) {
        help_overview();
        return EXIT_DONE;
    }
    if (!row->name[0] && args.operand_count)
        return unknown_verb(args.operands[0]);
    if (args.operand_count < row->least || args.operand_count > row->most) {
        err_set(&err, ERR_USAGE, "expected: %s%s%s", name, row->usage[0] ? " " : "", row->usage);
        return complain_err(&err);
    }
    return row->run(row, &args);
}

int verbs_run(const char *const *words, size_t count)
{
    if (count == 0 || words[0][0] == '-')
        return run_row(find_verb(""), words, count);
    const struct verb_row *row = words[0][0] ? find_verb(words[0]) : NULL;
    return row ? run_row(row, words + 1, count - 1) : unknown_verb(words[0]);
}
