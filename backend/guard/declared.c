/* declared.c: what contracts say about an action on one observed service.
 *
 * The rules of the flat world are asked one by one, because their answers bind differently:
 * what anybody can see holds from day one, what only a contract can say once there is one. */
#include "guard/bind.h"
#include "guard/deed.h"
#include "guard/judge.h"
#include "guard/observed_rules.h"

#include <string.h>

/* What one ask means in the world. */
struct question {
    const struct guard_input *in;
    const struct guard_ask *ask;
    struct bound bound;
    struct deed deed;
    bool back;     /* the way back never waits for a contract that nobody declared */
    bool declared; /* the version has a contract */
    struct arena *arena;
    struct verdict *out;
};

static enum level level_of(const struct question *q, enum rule_id rule, enum finding_source source)
{
    return policy_level(bind_policy(q->in->bind), q->in->service->name, q->bound.declared, rule,
                        source);
}

static void set_levels(const struct question *q)
{
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        bool seen = r == RULE_RL || r == RULE_R3 || r == RULE_R4;

        q->out->findings[r].level =
            level_of(q, (enum rule_id)r, seen ? FROM_SIGHT : FROM_CONTRACTS);
    }
}

static void unknown(const struct question *q, enum rule_id rule, const char *sentence,
                    const char *way_out)
{
    finding_break(&q->out->findings[rule], ANSWER_UNKNOWN, sentence, way_out);
}

static void all_unknown(const struct question *q, const char *sentence, const char *way_out)
{
    static const enum rule_id rules[] = {RULE_R0, RULE_R1, RULE_R2, RULE_RC};

    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        unknown(q, rules[i], sentence, way_out);
}

static struct finding ask_rule(const struct question *q, enum deed_kind kind, enum rule_id rule)
{
    struct world view = *q->bound.world;
    struct deed deed = q->deed;
    struct verdict verdict;

    view.policy.rules = 1u << rule;
    deed.kind = kind;
    deed_judge(&view, &deed, q->arena, &verdict);
    if (rule == RULE_R1 && verdict.answer == ANSWER_ALLOW)
        q->out->warning = verdict.warning;
    return verdict.findings[rule];
}

static void put(const struct question *q, struct finding finding, enum finding_source source)
{
    finding.level = level_of(q, finding.rule, source);
    q->out->findings[finding.rule] = finding;
}

/* Two reasons in one rule: whether a neighbour is moving anybody can see; what versions provide
 * only contracts say. The first is shown: what is seen never binds less. */
static void judge_coupling(const struct question *q)
{
    struct finding flight = finding_of(RULE_R2, ANSWER_ALLOW);
    struct finding calls = finding_of(RULE_R2, ANSWER_ALLOW);

    if (!q->back)
        flight = ask_rule(q, DEED_EXPAND, RULE_R2);
    if (q->declared)
        calls = ask_rule(q, DEED_ROLLBACK, RULE_R2);
    else if (!q->back)
        finding_break(&calls, ANSWER_UNKNOWN, "what it provides and requires is not declared",
                      "declare a contract");
    else
        calls.answer = ANSWER_NOT_EVALUATED;
    bool first = answer_is_broken(flight.answer);
    put(q, first ? flight : calls, first ? FROM_SIGHT : FROM_CONTRACTS);
}

static enum deed_kind kind_of(enum verb verb)
{
    switch (verb) {
    case VERB_START:
        return DEED_CANARY;
    case VERB_ROLLBACK:
        return DEED_ROLLBACK;
    case VERB_STEP:
    case VERB_RESUME:
    case VERB_PAUSE:
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return DEED_RELEASE;
}

/* Certificate and canary were judged by what is seen, in instances; here the same rule says what
 * only contracts can: artifacts, and what a way back leads to. Copies what the certificates say,
 * because a bake passes with time, and no observation tells. */
static void judge_artifacts(const struct question *q)
{
    const struct book *book = q->bound.world->book;
    struct world view = *q->bound.world;
    struct deed deed = q->deed;
    struct verdict verdict;

    view.certs = arena_alloc(q->arena, book->cert_count + 1, sizeof *view.certs);
    memcpy(view.certs, q->bound.world->certs, book->cert_count * sizeof *view.certs);
    world_cert(&view, deed.service, deed.version)->stage = CERT_CERTIFIED;
    view.policy.rules = 1u << RULE_R4;
    deed.kind = q->back ? DEED_ROLLBACK : DEED_RELEASE;
    deed_judge(&view, &deed, q->arena, &verdict);
    if (answer_is_broken(verdict.findings[RULE_R4].answer))
        put(q, verdict.findings[RULE_R4], FROM_SIGHT);
}

static void judge_world(const struct question *q)
{
    enum deed_kind kind = kind_of(q->ask->verb);
    struct finding *step = &q->out->findings[RULE_R3];

    if (q->declared || !q->back)
        put(q, ask_rule(q, kind, RULE_R0), FROM_CONTRACTS);
    if (q->declared || q->back)
        put(q, ask_rule(q, kind, RULE_R1), FROM_CONTRACTS);
    else
        unknown(q, RULE_R1, "what it reads and writes is not declared", "declare a contract");
    judge_coupling(q);
    if (q->declared)
        put(q, ask_rule(q, kind, RULE_RC), FROM_CONTRACTS);
    else if (!q->back)
        unknown(q, RULE_RC, "what it provides is not declared", "declare a contract");
    /* What is seen says more about where; contracts say which versions are next to each other. */
    if (q->bound.declared && !answer_is_broken(step->answer))
        put(q, ask_rule(q, kind, RULE_R3), FROM_SIGHT);
    if (q->declared && !answer_is_broken(q->out->findings[RULE_R4].answer))
        judge_artifacts(q);
}

/* Digests are compared only when both are whole ones. */
static const char *digest_of(const struct service *service, const char *version)
{
    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0 &&
            strncmp(service->versions[i].digest, "sha256:", 7) == 0 &&
            strlen(service->versions[i].digest) == 71)
            return service->versions[i].digest;
    return NULL;
}

static struct question question_of(const struct guard_input *in, const char *version,
                                   struct arena *arena)
{
    struct question q = {.in = in, .arena = arena};
    struct err err = {0};

    q.bound = bind_world(in->bind, in->snapshot, in->service, in->release, version);
    q.deed = (struct deed){.service = q.bound.service,
                           .version = VERSION_NOT_KNOWN,
                           .digest = digest_of(in->service, version),
                           .all_seats = true,
                           .store = BOOK_NONE,
                           .launcher = BOOK_NONE,
                           .cohort = BOOK_NONE};
    if (!q.bound.world || !version[0])
        return q;
    /* It has a number there already: nothing is added to the book. */
    struct book *book = (struct book *)(uintptr_t)q.bound.world->book;
    book_version(book, q.bound.service, version, &q.deed.version, &err);
    const struct book_version *declared =
        world_version(q.bound.world, q.bound.service, q.deed.version);
    q.declared = declared && declared->declared;
    return q;
}

static bool is_data_step(const struct question *q, const char *version)
{
    const struct contract *contract = bind_contract(q->in->bind, q->in->service->id, version);

    return contract ? (contract->change & change_data_kinds) != 0
                    : q->in->rehearsal && q->in->rehearsal->data;
}

void declared_judge(const struct guard_input *in, const struct guard_ask *ask, const char *version,
                    struct arena *arena, struct verdict *out)
{
    struct question q = question_of(in, version, arena);

    q.ask = ask;
    q.out = out;
    q.back = ask->verb == VERB_ROLLBACK;
    set_levels(&q);
    if (ask->verb == VERB_START)
        observed_rest_judge(in, is_data_step(&q, version), arena, &out->findings[RULE_R3]);
    if (q.bound.trouble[0])
        all_unknown(&q, arena_strdup(arena, q.bound.trouble), "mend what is declared");
    else if (!q.bound.world)
        all_unknown(&q, "no contract says anything about it", "declare a contract");
    else if (q.deed.version == VERSION_NOT_KNOWN)
        all_unknown(&q, "which version it would go to is not known", "name the version");
    else
        judge_world(&q);
}

/* Adds what is broken and binds; true when it did. */
static bool watched(const struct question *q, struct finding found, enum alarm_kind kind,
                    struct finding *out)
{
    found.kind = kind;
    found.level = level_of(q, found.rule, kind == ALARM_COUPLED ? FROM_SIGHT : FROM_CONTRACTS);
    if (found.answer != ANSWER_REFUSE || found.level == LEVEL_OBSERVE)
        return false;
    *out = found;
    return true;
}

/* The first version that may run and breaks the rule. */
static bool watch_calls(struct question *q, enum rule_id rule, struct finding *out)
{
    versions_t rest = q->bound.world->services[q->bound.service].live;
    unsigned v;

    while (versions_next(&rest, &v)) {
        const struct book_version *version = world_version(q->bound.world, q->bound.service, v);

        q->deed.version = v;
        if (version && version->declared &&
            watched(q, ask_rule(q, DEED_ROLLBACK, rule), ALARM_CALLS, out))
            return true;
    }
    return false;
}

size_t declared_watch(const struct guard_input *in, struct arena *arena, struct finding *out)
{
    struct question q = question_of(in, "", arena);
    struct verdict scratch;
    size_t count = 0;

    if (!q.bound.world || !q.bound.declared)
        return 0;
    q.out = &scratch;
    if (q.bound.world->services[q.bound.service].changing != NOT_CHANGING)
        count += watched(&q, ask_rule(&q, DEED_EXPAND, RULE_R2), ALARM_COUPLED, &out[count]);
    count += watch_calls(&q, RULE_R2, &out[count]);
    count += watch_calls(&q, RULE_RC, &out[count]);
    return count;
}

bool declared_is_clean(const struct guard_input *in, unsigned rules, struct arena *arena)
{
    static const enum rule_id asked[] = {RULE_R0, RULE_R1, RULE_R2, RULE_RC};
    struct question q = question_of(in, "", arena);
    struct verdict scratch;
    unsigned v;

    q.out = &scratch;
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        if (!(rules & 1u << asked[i]) || level_of(&q, asked[i], FROM_CONTRACTS) == LEVEL_OBSERVE)
            continue;
        if (!q.bound.world)
            return false;
        for (versions_t rest = q.bound.world->services[q.bound.service].live;
             versions_next(&rest, &v);) {
            q.deed.version = v;
            if (answer_is_broken(ask_rule(&q, DEED_ROLLBACK, asked[i]).answer))
                return false;
        }
    }
    return true;
}

uint64_t declared_basis(const struct guard_input *in)
{
    struct bound bound = bind_world(in->bind, in->snapshot, in->service, in->release, "");

    return bound.world ? bound.basis : bound.trouble[0] ? 1 : 0;
}
