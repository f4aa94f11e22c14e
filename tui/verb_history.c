/* verb_history.c: `lockstep history [SERVICE]`: who did what, when, with which verdict, from the
 * local record; with --from-cluster see verb_past.c. An action is several records with one id; the
 * text shows one line for each action, in the order in which they began.
 *
 * Exit status: 0; 2 no record is kept; 3 it could not be read.
 *
 * -o json prints every record as it was written, one per line, oldest first: kind (intent, settle,
 * outcome, refused), id, verb, cluster, service, key (its name in the ledger), by, at_utc, seq,
 * prev, sha256, boot, pid, host; an intent also write, writes, base, from, to, artifact,
 * have_count, to_count, replicas, reason, attested and calls (of an attestation), verdict; an
 * outcome: outcome; a refusal: why, verdict. */
#include "base/json.h"
#include "base/text.h"
#include "print.h"
#include "release/journal.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One action as its records told it. Strings are in the arena. */
struct deed {
    const char *id, *at, *by, *verb, *cluster, *name, *from, *to, *end, *why, *reason, *attested;
    json_int_t to_count, replicas, calls;
};

struct history {
    const char *only; /* service name or id; NULL: all */
    enum output output;
    struct arena *arena;
    struct deed *deeds;
    size_t count, cap;
};

static const char *field(struct history *history, const json_t *record, const char *key)
{
    const char *raw = json_raw(json_object_get(record, key));

    return raw ? text_clean(history->arena, raw, strlen(raw), TEXT_MESSAGE_MAX) : "";
}

static struct deed *find_deed(struct history *history, const char *id)
{
    for (size_t i = history->count; i > 0; i--)
        if (strcmp(history->deeds[i - 1].id, id) == 0)
            return &history->deeds[i - 1];
    ARRAY_RESERVE(history->deeds, history->cap, history->count + 1);
    struct deed *deed = &history->deeds[history->count++];
    *deed = (struct deed){id, "", "", "", "", "", "", "", "", "", "", "", 0, 0, -1};
    return deed;
}

/* What a later record leaves out stays as an earlier one said it. */
static void keep(struct history *history, const json_t *record, const char *key, const char **into)
{
    const char *text = field(history, record, key);

    if (text[0])
        *into = text;
}

static void keep_count(const json_t *record, const char *key, json_int_t *into)
{
    json_int_t count = json_integer_value(json_object_get(record, key));

    if (count > 0)
        *into = count;
}

static void add_record(struct history *history, const json_t *record)
{
    struct deed *deed = find_deed(history, field(history, record, "id"));

    if (!deed->at[0])
        deed->at = field(history, record, "at_utc");
    keep(history, record, "by", &deed->by);
    keep(history, record, "verb", &deed->verb);
    keep(history, record, "cluster", &deed->cluster);
    keep(history, record, "service", &deed->name);
    keep(history, record, "key", &deed->name); /* what people call it */
    keep(history, record, "from", &deed->from);
    keep(history, record, "to", &deed->to);
    keep(history, record, "outcome", &deed->end);
    keep(history, record, "why", &deed->why);
    keep(history, record, "reason", &deed->reason);
    keep(history, record, "attested", &deed->attested);
    if (json_is_integer(json_object_get(record, "calls")))
        deed->calls = json_integer_value(json_object_get(record, "calls"));
    keep_count(record, "to_count", &deed->to_count);
    keep_count(record, "replicas", &deed->replicas);
    if (strcmp(field(history, record, "kind"), "refused") == 0)
        deed->end = "refused";
}

static bool is_about(struct history *history, const json_t *record, const char *name)
{
    return strcmp(field(history, record, "service"), name) == 0 ||
           strcmp(field(history, record, "key"), name) == 0;
}

static bool on_record(void *arg, const json_t *record)
{
    struct history *history = arg;

    if (!field(history, record, "id")[0] ||
        (history->only && !is_about(history, record, history->only)))
        return true;
    if (history->output == OUTPUT_JSON) {
        char *text = json_text(record);
        puts(text);
        free(text);
    } else {
        add_record(history, record);
    }
    return true;
}

/* "3 of 8 on 6 (was 5)" */
static void add_aim(struct table *table, const struct deed *deed)
{
    char count[64] = "";

    if (deed->attested[0]) { /* "Get/1, 0 calls", "json-1 gone", "ended" */
        if (deed->calls >= 0)
            table_addf(table, "%s, %lld calls", deed->to, (long long)deed->calls);
        else
            table_addf(table, "%s%s%s", deed->to, deed->to[0] ? " " : "", deed->attested);
        return;
    }
    if (deed->to_count && deed->replicas)
        snprintf(count, sizeof count, "%lld of %lld on ", (long long)deed->to_count,
                 (long long)deed->replicas);
    table_addf(table, "%s%s%s%s%s", count, deed->to, deed->from[0] ? " (was " : "", deed->from,
               deed->from[0] ? ")" : "");
}

static void print_deeds(const struct history *history)
{
    static const char *const heads[] = {"WHEN", "CLUSTER", "SERVICE", "VERB",
                                        "TO",   "BY",      "END",     "WHY"};
    struct table table;

    table_start(&table, ARRAY_LEN(heads), heads);
    for (size_t i = 0; i < history->count; i++) {
        const struct deed *deed = &history->deeds[i];
        table_add(&table, deed->at);
        table_add(&table, deed->cluster);
        table_add(&table, deed->name);
        table_add(&table, deed->verb);
        add_aim(&table, deed);
        table_add(&table, deed->by);
        table_add(&table, deed->end[0] ? deed->end : "not known");
        table_add(&table, deed->why[0] ? deed->why : deed->reason);
    }
    table_end(&table);
}

static int print_history(const char *path, struct history *history)
{
    struct err err = {0};

    if (access(path, F_OK) == 0 && !journal_read(path, on_record, history, &err)) {
        complain_err(&err);
        return EXIT_UNREACHED;
    }
    if (history->output != OUTPUT_JSON && history->count)
        print_deeds(history);
    else if (history->output != OUTPUT_JSON)
        printf("nothing is on record%s%s in %s\n", history->only ? " of " : "",
               history->only ? history->only : "", path);
    return EXIT_DONE;
}

int verb_history(const struct verb_row *row, const struct args *args)
{
    const uint64_t of_cluster =
        ARG_BIT(CONTEXT) | ARG_BIT(KUBECONFIG) | ARG_BIT(DAYS) | ARG_BIT(SEED) | ARG_BIT(TIMEOUT);
    struct session session;
    struct history history = {.output = args->output, .arena = arena_new(4096)};
    struct err err = {0};

    (void)row;
    if (args->from_cluster || (args->given & of_cluster)) {
        arena_free(history.arena);
        if (args->from_cluster)
            return verb_past(args);
        err_set(
            &err, ERR_USAGE,
            "without --from-cluster this is the local record, which is of no context: --context, "
            "--kubeconfig, --days, --seed and --timeout go with --from-cluster");
        return complain_err(&err);
    }
    int status = session_configure(&session, args, SESSION_CLUSTERS_OPTIONAL);
    if (args->operand_count)
        history.only = args->operands[0];
    if (status == EXIT_DONE && !session.journal) {
        err_set(&err, ERR_CONFIG, "no record is kept here; name one with --journal FILE");
        status = complain_err(&err);
    } else if (status == EXIT_DONE) {
        status = print_history(session.journal, &history);
    }
    free(history.deeds);
    arena_free(history.arena);
    session_close(&session);
    return status;
}
