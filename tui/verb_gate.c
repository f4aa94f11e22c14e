/* verb_gate.c: `lockstep gate SERVICE VERSION [FILE...]`: may this release begin now? For
 * pipelines: asks every rule, does nothing. FILEs are contracts that are not on any workload yet.
 *
 * Exit status: 0 no rule that binds refuses; 1 one refuses; 2 usage, settings or a contract; 3 a
 * fact is missing, or the cluster could not be reached.
 *
 * -o json prints one object; fields.c documents it, `lockstep help gate` prints that. */
#include "base/text.h"
#include "board/safety.h"
#include "board/verdict_json.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

/* The settings' contracts and those of the command line. */
static int take_contracts(struct session *session, const struct args *args)
{
    struct facts *facts = &session->config.facts;
    size_t more = args->operand_count - 2;
    struct contract *all =
        arena_alloc(session->config.arena, facts->contract_count + more + 1, sizeof *all);
    struct err err = {0};

    for (size_t i = 0; i < facts->contract_count; i++)
        all[i] = facts->contracts[i];
    facts->contracts = all;
    for (size_t i = 0; i < more; i++)
        if (contract_load(args->operands[2 + i], session->config.arena, &all[facts->contract_count],
                          &err))
            facts->contract_count++;
        else
            return complain_err(&err);
    return EXIT_DONE;
}

static int exit_of(enum answer answer)
{
    switch (answer) {
    case ANSWER_ALLOW:
    case ANSWER_NOT_EVALUATED:
        return EXIT_DONE;
    case ANSWER_REFUSE:
        return EXIT_REFUSED;
    case ANSWER_UNKNOWN:
        break;
    }
    return EXIT_UNREACHED;
}

/* What is known of it; `verdict` NULL: nothing, and `sentence` says why. */
struct gate {
    const char *cluster, *service; /* cluster "": it is in none that answered */
    const struct verdict *verdict;
    const struct safety *safety;
    const char *sentence;
};

static int print_gate(const struct args *args, const struct gate *gate)
{
    const struct verdict *verdict = gate->verdict;
    const char *sentence = gate->sentence;
    int status = verdict ? exit_of(verdict->answer) : EXIT_UNREACHED;
    const char *answer = answer_word[verdict ? verdict->answer : ANSWER_UNKNOWN];
    const char *version = args->operands[1];

    if (args->output != OUTPUT_JSON) {
        printf("%s %s on %s: %s%s%s\n", gate->service, version, gate->cluster, answer,
               sentence[0] ? ": " : "", sentence);
        if (verdict)
            print_verdict(verdict, "  ");
        if (gate->safety)
            print_safety(gate->safety, NULL);
        return status;
    }
    json_t *out = json_object();
    json_put_int(out, "schema", 1);
    json_put(out, "cluster", gate->cluster);
    json_put(out, "service", gate->service);
    json_put(out, "version", version);
    json_put(out, "answer", answer);
    json_object_set_new(out, "verdict", verdict ? verdict_json(verdict) : json_null());
    json_object_set_new(out, "safety", gate->safety ? json_of_safety(gate->safety) : json_null());
    json_object_set_new(out, "floor",
                        gate->safety ? json_of_floor(&gate->safety->floor) : json_null());
    json_put_int(out, "exit", status);
    json_put(out, "sentence", sentence);
    print_json(out);
    return status;
}

/* Why is on stderr already; a pipeline gets its document also where a cluster did not answer. */
static int not_found(const struct args *args, int status)
{
    const struct gate gate = {.cluster = "",
                              .service = args->operands[0],
                              .sentence = "no cluster that answered has it, and not all answered"};

    if (status != EXIT_UNREACHED || args->output != OUTPUT_JSON ||
        !text_is_clean(args->operands[0]) || !text_is_clean(args->operands[1]))
        return status;
    return print_gate(args, &gate);
}

static int ask(struct session *session, const struct args *args)
{
    struct intent intent = {.verb = VERB_START};
    struct verdict verdict;
    struct err err = {0};
    int status;
    const char *version = args->operands[1];
    const struct row *row = session_find(session, args->operands[0], &status);

    if (!row)
        return not_found(args, status);
    if (!version[0] || strlen(version) >= sizeof intent.version || !text_is_clean(version)) {
        err_set(&err, ERR_USAGE, "VERSION: at most %zu bytes without control characters",
                sizeof intent.version - 1);
        return complain_err(&err);
    }
    snprintf(intent.cluster, sizeof intent.cluster, "%s", row->service->cluster);
    snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
    snprintf(intent.version, sizeof intent.version, "%s", version);
    struct arena *arena = arena_new(1024);
    struct gate gate = {
        .cluster = row->service->cluster, .service = row->service->name, .sentence = err.text};
    if (engine_ask(session->engine, &intent, arena, &verdict, &gate.safety, &err))
        gate.verdict = &verdict;
    status = print_gate(args, &gate);
    arena_free(arena);
    return status;
}

int verb_gate(const struct verb_row *row, const struct args *args)
{
    struct session session;
    int status = session_configure(&session, args, SESSION_CLUSTERS_NEEDED);

    (void)row;
    if (status == EXIT_DONE)
        status = take_contracts(&session, args);
    if (status == EXIT_DONE)
        status = session_begin(&session, args);
    if (status == EXIT_DONE)
        status = ask(&session, args);
    session_close(&session);
    return status;
}
