/* action_words.c: how an action ended, in a sentence for the person who asked: what
 * happened, who was first, what to do. */
#include "release/action_run.h"

#include <stdio.h>
#include <string.h>

static void say_attested(const struct action *a, char *out, size_t size)
{
    switch (a->attested) {
    case ATTEST_GONE:
        snprintf(out, size, "the format counts as gone while nobody writes it");
        break;
    case ATTEST_USAGE:
        snprintf(out, size, "%llu calls of %.100s are on record", (unsigned long long)a->calls,
                 a->to);
        break;
    case ATTEST_ENDED:
        snprintf(out, size, "support of these clients has ended");
        break;
    case ATTEST_SUPPORTED:
        snprintf(out, size, "these clients are supported");
        break;
    case ATTEST_COUNT:
        break;
    }
}

static void say_target(const struct action_run *run, char *out, size_t size)
{
    const struct action *a = &run->status.action;

    if (a->mark.after == STAGE_STABLE) {
        snprintf(out, size, "%s is stable", a->to);
        return;
    }
    if (a->mark.after == STAGE_REHEARSE) {
        snprintf(out, size, "the canary goes back to %s, to rehearse it", a->to);
        return;
    }
    switch (a->verb) {
    case VERB_START:
    case VERB_STEP:
        snprintf(out, size, "%u of %u on %s", a->to_count, a->replicas, a->to);
        break;
    case VERB_ROLLBACK:
        snprintf(out, size, "back to %s", a->to);
        break;
    case VERB_PAUSE:
        snprintf(out, size, "it stands still until R");
        break;
    case VERB_RESUME:
        snprintf(out, size, "steps may go on");
        break;
    case VERB_FENCE:
        snprintf(out, size, "the node is out of every count");
        break;
    case VERB_ATTEST:
        say_attested(a, out, size);
        break;
    case VERB_COUNT:
        break;
    }
}

static void say_person(const struct action_run *run, const char *by, char *out, size_t size)
{
    if (!by[0])
        snprintf(out, size, "somebody else");
    else if (strcmp(by, run->env.who) == 0)
        snprintf(out, size, "another lockstep of %s", by);
    else
        snprintf(out, size, "%s", by);
}

static void say_claim(const struct action_run *run, const struct claim *claim, char *out,
                      size_t size)
{
    char who[128], span[SPAN_TEXT];
    int64_t age = clock_utc_ms(loop_clock(run->env.loop)) - claim->at_utc_ms;

    say_person(run, claim->by, who, sizeof who);
    clock_format_span(age > 0 ? age : 0, span);
    snprintf(out, size, "%s (%s%s%s, %s ago)", who, verb_word[claim->verb],
             claim->to[0] ? " to " : "", claim->to, span);
}

/* The claim is gone already; what it came to is on record. */
static void say_release(const struct action_run *run, const struct release *release, char *out,
                        size_t size)
{
    char who[128];

    say_person(run, release->by, who, sizeof who);
    if (release->to[0])
        snprintf(out, size, "%s (%u of %u on %s)", who, release->target, release->replicas,
                 release->to);
    else
        snprintf(out, size, "%s", who);
}

static void explain_conflict(struct action_run *run, char *out, size_t size)
{
    static const char *const became[OUTCOME_COUNT] = {
        [OUTCOME_NONE] = "was still open",
        [OUTCOME_APPLIED] = "was applied",
        [OUTCOME_NOT_APPLIED] = "was not applied",
        [OUTCOME_PARTIAL] = "was applied in part",
        [OUTCOME_UNKNOWN] = "has an unknown outcome",
    };
    char winner[320] = "somebody else";

    if (action_is_foreign(run)) {
        enum outcome outcome =
            run->release ? release_recall(run->release, run->subject.id) : OUTCOME_NONE;
        say_claim(run, &run->other, winner, sizeof winner);
        snprintf(out, size,
                 "nothing of yours was sent: first the unfinished action of %s had to be settled; "
                 "it %s. Look again, then press again",
                 winner, became[outcome]);
        return;
    }
    if (run->other.id[0])
        say_claim(run, &run->other, winner, sizeof winner);
    else if (run->release && run->release->by[0])
        say_release(run, run->release, winner, sizeof winner);
    else if (run->service && run->service->by[0])
        say_person(run, run->service->by, winner, sizeof winner);
    snprintf(out, size, "%s was first; nothing of yours was applied. Look again, then press again",
             winner);
}

static void explain_partial(const struct action_run *run, char *out, size_t size)
{
    const struct action *a = &run->status.action;
    unsigned in = run->effect.write + 1 < a->writes ? run->effect.write + 1 : a->writes - 1;

    snprintf(
        out, size,
        "%u of %u writes are in, the rest was not sent and will not be%s%.160s. S finishes it, "
        "U goes back",
        in, a->writes, run->why.text[0] ? ": " : "", run->why.text);
}

static void explain_not(const struct action_run *run, char *out, size_t size)
{
    const char *why = run->why.text;

    if (!run->sent_ms)
        snprintf(out, size, "nothing was sent%s%.300s", why[0] ? ": " : "", why);
    else
        snprintf(out, size, "certainly not applied: %.300s", why);
}

void action_explain(struct action_run *run, enum action_end end)
{
    char *out = run->status.sentence, target[200] = "";
    const size_t size = sizeof run->status.sentence;

    say_target(run, target, sizeof target);
    switch (end) {
    case END_APPLIED:
        snprintf(out, size, "done: %s", target);
        break;
    case END_REFUSED:
        snprintf(out, size, "%s", run->why.text);
        break;
    case END_CONFLICT:
        explain_conflict(run, out, size);
        break;
    case END_NOT_APPLIED:
        explain_not(run, out, size);
        break;
    case END_PARTIAL:
        explain_partial(run, out, size);
        break;
    case END_UNKNOWN:
        snprintf(out, size,
                 "could not be found out%s%.240s. Look at the service before you act again",
                 run->why.text[0] ? ": " : "", run->why.text);
        break;
    case END_NONE:
    case END_COUNT:
        break;
    }
}
