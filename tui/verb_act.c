/* verb_act.c: `lockstep start|step|pause|resume|rollback SERVICE` `lockstep fence NODE`,
 * `lockstep attest STORE|CLIENTS`: one intent, followed to its end.
 *
 * Exit status: 0 applied; 1 refused by a rule, or somebody else was first; 2 usage, or a
 * production context without --yes; 3 not reached or not applied; 4 unknown.
 *
 * -o json prints one object: schema; verb; cluster; service; end (applied, refused,
 * conflict, not-applied, partial, unknown); sentence; manifest (with -f: what was found of the rest
 * of the file, "" when there is none); action (null when it did not become one: id,
 * verb, cluster, service_id, by, from, to, have_count, to_count, replicas, write, writes, phase);
 * verdict (of the guard, as in `status`; null when it was not asked); exit. */
#include "base/json.h"
#include "base/text.h"
#include "board/verdict_json.h"
#include "health/probe.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One action from here to its end. */
struct act {
    const struct args *args;
    struct intent intent;
    const char *name; /* of service or node, as people know it */
    uint64_t ticket;
    const struct action_status *status; /* in the session's frame; NULL before it is known */
};

static const struct action_status *find_status(const struct frame *frame, uint64_t ticket)
{
    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->tickets[i] == ticket)
            return &frame->actions[i];
    return NULL;
}

static bool has_ended(void *arg, const struct frame *frame)
{
    const struct act *act = arg;
    const struct action_status *status = find_status(frame, act->ticket);

    return status && status->end != END_NONE;
}

static int exit_of_end(enum action_end end)
{
    switch (end) {
    case END_APPLIED:
        return EXIT_DONE;
    case END_REFUSED:
    case END_CONFLICT:
        return EXIT_REFUSED;
    case END_NOT_APPLIED:
    case END_PARTIAL:
        return EXIT_UNREACHED;
    case END_NONE:
    case END_UNKNOWN:
    case END_COUNT:
        break;
    }
    return EXIT_UNKNOWN;
}

static const char *unfinished_sentence(void)
{
    return session_interrupted()
               ? "interrupted; something was sent and its outcome is unknown: `lockstep status` "
                 "settles it"
               : "no outcome in the time given; something was sent and its outcome is unknown: "
                 "`lockstep status` settles it";
}

/* What is known at the end, in one place for text and JSON. */
struct result {
    enum action_end end;
    int exit;
    char sentence[500];
};

static struct result judge_result(const struct act *act)
{
    struct result result = {.end = END_UNKNOWN, .exit = EXIT_UNKNOWN};
    const struct action_status *status = act->status;

    if (status && status->end != END_NONE) {
        result.end = status->end;
        result.exit = exit_of_end(status->end);
        snprintf(result.sentence, sizeof result.sentence, "%s", status->sentence);
    } else if (!status || status->phase == PHASE_READING) {
        result.end = END_NOT_APPLIED;
        result.exit = EXIT_UNREACHED;
        snprintf(result.sentence, sizeof result.sentence, "%s; nothing was sent",
                 session_interrupted() ? "interrupted" : "no answer in the time given");
    } else {
        snprintf(result.sentence, sizeof result.sentence, "%s", unfinished_sentence());
    }
    return result;
}

/* "step web: …", and the name not twice. */
static void print_sentence(const struct act *act, const char *sentence)
{
    size_t len = strlen(act->name);

    if (strncmp(sentence, act->name, len) == 0 && strncmp(sentence + len, ": ", 2) == 0)
        sentence += len + 2;
    printf("%s %s: %s\n", verb_word[act->intent.verb], act->name, sentence);
}

/* What was found of the rest of the manifest, said while it was read. */
static const char *told_of_file(const struct session *session, const struct act *act)
{
    const struct frame *frame = session->frame;
    size_t len = act->args->file ? strlen(act->args->file) : 0;

    for (size_t i = 0; len && i < frame->event_count; i++)
        if (frame->events[i].at_utc_ms >= frame->opened_utc_ms &&
            strncmp(frame->events[i].text, act->args->file, len) == 0 &&
            frame->events[i].text[len] == ':')
            return frame->events[i].text;
    return "";
}

static void print_result(const struct session *session, const struct act *act,
                         const struct result *result)
{
    const struct row *row =
        frame_find_row(session->frame, act->intent.cluster, act->intent.service);
    const struct option *option = row ? &row->option[act->intent.verb] : NULL;
    bool judged = option && option->offered && result->end == END_REFUSED;

    if (act->args->output != OUTPUT_JSON) {
        const char *told = told_of_file(session, act);
        if (told[0])
            printf("%s\n", told);
        print_sentence(act, result->sentence);
        if (judged)
            print_verdict(&option->verdict, "  ");
        return;
    }
    json_t *out = json_object();
    json_put_int(out, "schema", 1);
    json_put(out, "verb", verb_word[act->intent.verb]);
    json_put(out, "cluster", act->intent.cluster);
    json_put(out, "service", act->name);
    json_put(out, "end", action_end_word[result->end]);
    json_put(out, "sentence", result->sentence);
    if (act->args->file)
        json_put(out, "manifest", told_of_file(session, act));
    json_object_set_new(out, "action",
                        act->status && act->status->action.id[0] ? json_of_action(act->status)
                                                                 : json_null());
    json_object_set_new(out, "verdict", judged ? verdict_json(&option->verdict) : json_null());
    json_put_int(out, "exit", result->exit);
    print_json(out);
}

/* Text of the user's that will be read by others: clean, and whole. */
static bool take_text(char *out, size_t size, const char *what, const char *text)
{
    struct err err = {0};

    if (!text)
        return true;
    if (strlen(text) < size && text_is_clean(text)) {
        memcpy(out, text, strlen(text) + 1);
        return true;
    }
    err_set(&err, ERR_USAGE, "%s: at most %zu bytes without control characters", what, size - 1);
    complain_err(&err);
    return false;
}

static bool fill_intent(struct act *act, const struct args *args, const char *version)
{
    struct intent *intent = &act->intent;

    intent->to_count = args->to_count;
    if (args->yes)
        intent->flags |= INTENT_CONFIRMED;
    if (args->given & ARG_BIT(BREAK_GLASS))
        intent->flags |= INTENT_BREAK_GLASS;
    if (args->no_journal)
        intent->flags |= INTENT_NO_JOURNAL;
    return take_text(intent->version, sizeof intent->version, "VERSION", version) &&
           take_text(intent->artifact, sizeof intent->artifact, "--image", args->image) &&
           take_text(intent->profile, sizeof intent->profile, "--profile", args->profile) &&
           take_text(intent->reason, sizeof intent->reason, "REASON", args->reason);
}

/* What must not even be asked of the engine. EXIT_DONE when it may. */
static int check_context(const struct session *session, const struct act *act)
{
    const struct cluster_config *cluster = session_cluster(session, act->intent.cluster);
    struct err err = {0};

    if (cluster && cluster->read_only)
        err_set(&err, ERR_USAGE, "the context '%s' is read-only", cluster->name);
    else if (cluster && cluster->production && !act->args->yes)
        err_set(&err, ERR_USAGE, "'%s' is a production context: repeat with --yes to %s %s",
                cluster->name, verb_word[act->intent.verb], act->name);
    return err.code == ERR_NONE ? EXIT_DONE : complain_err(&err);
}

static bool journal_is_missing(const struct frame *frame)
{
    return strncmp(frame->notice, "no journal", strlen("no journal")) == 0;
}

/* What is wrong with the local record, and the way out for what reduces exposure. */
static void complain_notice(const struct frame *frame, const struct act *act)
{
    enum verb verb = act->intent.verb;

    if (!frame->notice[0])
        return;
    complain("%s", frame->notice);
    if (journal_is_missing(frame) && (verb == VERB_PAUSE || verb == VERB_ROLLBACK) &&
        !act->args->no_journal)
        complain("%s may go on without it: repeat with --no-journal", verb_word[verb]);
}

static void submit(struct session *session, struct act *act)
{
    int64_t timeout = act->args->timeout_ms ? act->args->timeout_ms : SESSION_ACTION_MS;

    act->ticket = engine_submit(session->engine, &act->intent);
    session_run(session, timeout, has_ended, act);
    act->status = find_status(session->frame, act->ticket);
}

static int carry_out(struct session *session, struct act *act)
{
    bool had_journal = !journal_is_missing(session->frame);

    submit(session, act);
    /* That the disk is full is known only now; nothing was sent, and they allowed for it. */
    if (act->args->no_journal && had_journal && journal_is_missing(session->frame) && act->status &&
        act->status->end == END_NOT_APPLIED)
        submit(session, act);
    struct result result = judge_result(act);
    complain_notice(session->frame, act);
    print_result(session, act, &result);
    return result.exit;
}

/* Reads the manifest; what stands for it goes into the intent. */
static int take_manifest(struct session *session, struct act *act)
{
    const char *path = act->args->file;
    struct driver_manifest manifest = {.file = path};
    struct err err = {0};

    if (act->args->image)
        err_set(&err, ERR_USAGE, "--image and --filename both say what to start: name one of them");
    char *text = err.code == ERR_NONE ? json_read_text(path, &manifest.len, &err) : NULL;
    manifest.text = text;
    if (text)
        engine_describe(session->engine, act->intent.cluster, act->intent.service, &manifest,
                        act->intent.artifact, &err);
    free(text);
    return err.code == ERR_NONE ? EXIT_DONE : complain_err(&err);
}

static int act_on_service(const struct verb_row *row, struct session *session,
                          const struct args *args)
{
    struct act act = {.args = args};
    int status;
    const struct row *found = session_find(session, args->operands[0], &status);

    if (!found)
        return status;
    verb_parse(row->name, &act.intent.verb);
    act.name = found->service->name;
    snprintf(act.intent.cluster, sizeof act.intent.cluster, "%s", found->service->cluster);
    snprintf(act.intent.service, sizeof act.intent.service, "%s", found->service->id);
    if (!fill_intent(&act, args, args->operand_count > 1 ? args->operands[1] : NULL))
        return EXIT_USAGE;
    status = check_context(session, &act);
    if (status == EXIT_DONE && args->file)
        status = take_manifest(session, &act);
    if (status != EXIT_DONE)
        return status;
    const struct frame *frame = frame_ref(session->frame); /* act.name lives there */
    status = carry_out(session, &act);
    frame_unref(frame);
    return status;
}

int verb_act(const struct verb_row *row, const struct args *args)
{
    struct session session;
    int status = session_open(&session, args);

    if (status == EXIT_DONE)
        status = act_on_service(row, &session, args);
    session_close(&session);
    return status;
}

static const struct node *find_node(const struct session *session, const char *word, int *status)
{
    const struct snapshot *snapshot = session->frame->snapshot;
    const struct node *found = NULL;
    struct err err = {0};

    for (size_t i = 0; i < snapshot->node_count; i++) {
        const struct node *node = &snapshot->nodes[i];
        if (strcmp(node->id, word) != 0 && strcmp(node->name, word) != 0)
            continue;
        if (found) {
            err_set(&err, ERR_USAGE,
                    "there is more than one node '%.100s'; name its id or the context", word);
            *status = complain_err(&err);
            return NULL;
        }
        found = node;
    }
    if (!found) {
        size_t unreached = session_complain_unreached(session);
        err_set(&err, ERR_USAGE, "there is no node '%.100s' in the clusters that answered", word);
        *status = complain_err(&err);
        if (unreached)
            *status = EXIT_UNREACHED;
    }
    return found;
}

static int fence_node(struct session *session, const struct args *args)
{
    struct act act = {.args = args, .intent = {.verb = VERB_FENCE}};
    int status;
    const struct node *node = find_node(session, args->operands[0], &status);

    if (!node)
        return status;
    act.name = node->name;
    snprintf(act.intent.cluster, sizeof act.intent.cluster, "%s", node->cluster);
    snprintf(act.intent.service, sizeof act.intent.service, "%s", node->id);
    if (!fill_intent(&act, args, NULL))
        return EXIT_USAGE;
    status = check_context(session, &act);
    if (status != EXIT_DONE)
        return status;
    const struct frame *frame = frame_ref(session->frame);
    status = carry_out(session, &act);
    frame_unref(frame);
    return status;
}

int verb_fence(const struct verb_row *row, const struct args *args)
{
    struct session session;
    struct err err = {0};

    (void)row;
    if (!args->reason) {
        err_set(&err, ERR_USAGE, "a fence needs its evidence: --reason \"disk wiped, ticket 123\"");
        return complain_err(&err);
    }
    int status = session_open(&session, args);
    if (status == EXIT_DONE)
        status = fence_node(&session, args);
    session_close(&session);
    return status;
}

/* ELEMENT=CALLS; an element may have an = of its own. */
static bool take_usage(struct intent *intent, const char *text)
{
    const char *equals = strrchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : 0;
    char *end = NULL;
    struct err err = {0};

    errno = 0;
    unsigned long long calls =
        equals && equals[1] >= '0' && equals[1] <= '9' ? strtoull(equals + 1, &end, 10) : 0;
    if (!end || *end || errno || calls > ATTEST_CALLS_MAX || !len ||
        len >= sizeof intent->version || !text_is_clean(text)) {
        err_set(&err, ERR_USAGE, "--usage needs ELEMENT=CALLS, as in Get/1=0, not '%s'",
                text_is_clean(text) && strlen(text) < 100 ? text : "that");
        complain_err(&err);
        return false;
    }
    intent->calls = calls;
    memcpy(intent->version, text, len);
    return true;
}

static bool fill_attested(struct act *act, const struct args *args)
{
    struct intent *intent = &act->intent;

    intent->attested = args->usage       ? ATTEST_USAGE
                       : args->ended     ? ATTEST_ENDED
                       : args->supported ? ATTEST_SUPPORTED
                                         : ATTEST_GONE;
    return take_text(intent->service, sizeof intent->service, args->gone ? "STORE" : "CLIENTS",
                     args->operands[0]) &&
           fill_intent(act, args, args->gone) && (!args->usage || take_usage(intent, args->usage));
}

/* Stores and clients belong to no engine: the context is the only one there is, or the one that is
 * named. */
static int attest(struct session *session, const struct args *args)
{
    struct act act = {.args = args, .intent = {.verb = VERB_ATTEST}, .name = args->operands[0]};
    struct err err = {0};

    if (session->cluster_count != 1) {
        err_set(&err, ERR_USAGE, "name the cluster whose record it goes to: --context NAME");
        return complain_err(&err);
    }
    snprintf(act.intent.cluster, sizeof act.intent.cluster, "%s", session->clusters[0].name);
    if (!fill_attested(&act, args))
        return EXIT_USAGE;
    int status = check_context(session, &act);
    return status == EXIT_DONE ? carry_out(session, &act) : status;
}

/* Measures instead of believing: fills in the evidence and, of clients, the calls. */
static int probe(struct args *args, struct probe_result *result, char usage[300])
{
    const char *name = args->operands[0];
    struct config config;
    struct err err = {0};
    struct clock *clock = clock_new_real();
    bool good = config_load_with(args->config, args->kubeconfig ? args->kubeconfig : "", &config);
    const struct probe_settings *found = probe_find(
        config.probes, config.probe_count, args->gone ? name : "", args->gone ? args->gone : "",
        args->gone ? "" : name, args->usage ? args->usage : "");

    if (!good)
        err_set(&err, ERR_CONFIG, "%s", config.problems[0]);
    else if (!found)
        err_set(&err, ERR_CONFIG, "%s has no probe for %.80s of %.80s", config.file,
                args->gone ? args->gone : args->usage, name);
    else
        probe_ask(found, clock, NULL, result, &err);
    clock_free(clock);
    config_release(&config);
    if (err.code != ERR_NONE)
        return complain_err(&err);
    args->reason = result->evidence;
    if (args->gone && result->count) {
        printf("refused: %s; %s is not gone from %s\n", result->evidence, args->gone, name);
        return EXIT_REFUSED;
    }
    if (args->usage) {
        snprintf(usage, 300, "%.250s=%llu", args->usage, (unsigned long long)result->count);
        args->usage = usage;
    }
    return EXIT_DONE;
}

int verb_attest(const struct verb_row *row, const struct args *given)
{
    struct session session;
    struct err err = {0};
    struct args asked = *given, *args = &asked;
    struct probe_result result = {0};
    char usage[300];
    int facts = !!args->gone + !!args->usage + args->ended + args->supported;

    (void)row;
    bool probes = args->probe && !args->reason && !args->ended && !args->supported;
    if (facts != 1 || (args->probe ? !probes : !args->reason)) {
        err_set(&err, ERR_USAGE,
                "an attestation needs one fact and how it is known: --gone FORMAT of a store, or "
                "--usage ELEMENT=CALLS, --ended, --supported of clients; and --evidence \"full "
                "scan on Monday, job 123\"; or --gone FORMAT --probe, --usage ELEMENT --probe");
        return complain_err(&err);
    }
    int status = args->probe ? probe(args, &result, usage) : EXIT_DONE;
    if (status != EXIT_DONE)
        return status;
    status = session_open(&session, args);
    if (status == EXIT_DONE)
        status = attest(&session, args);
    session_close(&session);
    return status;
}
