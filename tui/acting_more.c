/* acting_more.c: the menu behind X, and actions that need words of one's own: fencing a node,
 * attesting that a format is gone or what clients call, going past a rule.
 *
 * Past a rule that is enforced the last key is ctrl-x, which nobody presses by habit. */
#include "acting_private.h"

#include "board/safety.h"

#include <stdio.h>
#include <string.h>

enum { KEY_CTRL_X = 24 };

/* The menu while it is filled. */
struct menu {
    struct acting *acting;
    const struct row *row;
    const struct frame *frame;
};

static struct intent *add_choice(const struct menu *menu, const char *text)
{
    struct question *question = &menu->acting->question;

    if (question->choice_count == QUESTION_CHOICES_MAX)
        return NULL;
    snprintf(question->choice[question->choice_count], sizeof question->choice[0], "%s", text);
    struct intent *intent = &menu->acting->choice[question->choice_count++];
    memset(intent, 0, sizeof *intent);
    return intent;
}

/* "R1, R3": the rules that stand in the way of this key. */
static void name_rules(const struct verdict *verdict, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (unsigned r = 0; r < RULE_COUNT && n < size; r++) {
        const struct finding *finding = &verdict->findings[r];
        bool broken = finding->answer == ANSWER_REFUSE || finding->answer == ANSWER_UNKNOWN;
        if (broken && finding->level != LEVEL_OBSERVE)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", rule_word[r]);
    }
}

static void add_past(const struct menu *menu, enum verb verb, enum command command)
{
    const struct option *option = &menu->row->option[verb];
    const struct verdict *verdict = &option->verdict;
    enum answer serial = verdict->findings[RULE_RL].answer;
    char text[160], rules[64];

    if (!option->offered || option->allowed || !verdict->first || serial == ANSWER_REFUSE ||
        serial == ANSWER_UNKNOWN || verdict->level == LEVEL_OBSERVE)
        return;
    bool glass = verdict->level == LEVEL_ENFORCE;
    name_rules(verdict, rules, sizeof rules);
    snprintf(text, sizeof text, "%s: %s past %s%s", glass ? "break the glass" : "go on",
             keymap_name(menu->acting->keymap, command), rules, glass ? "" : ", which only warns");
    struct intent *intent = add_choice(menu, text);
    if (!intent)
        return;
    acting_fill_intent(intent, verb, menu->row);
    intent->flags |= glass ? INTENT_BREAK_GLASS : INTENT_WARNED;
}

static const char *version_on(const struct service *service, const char *node)
{
    for (size_t i = 0; i < service->placement_count; i++)
        if (strcmp(service->placements[i].node, node) == 0)
            return service->versions[service->placements[i].version].version;
    return NULL;
}

static void add_fence(const struct menu *menu, const struct node *node, const char *version)
{
    int64_t since = node->state_utc_ms < 0 ? 0 : menu->frame->utc_ms - node->state_utc_ms;
    char text[160], span[SPAN_TEXT];

    snprintf(text, sizeof text, "fence node %.60s: %s %s%s%.40s", node->name,
             node_state_word[node->state], clock_format_span(since > 0 ? since : 0, span),
             version ? ", last ran " : "", version ? version : "");
    struct intent *intent = add_choice(menu, text);
    if (!intent)
        return;
    intent->verb = VERB_FENCE;
    intent->flags = INTENT_CONFIRMED;
    snprintf(intent->cluster, sizeof intent->cluster, "%s", node->cluster);
    snprintf(intent->service, sizeof intent->service, "%s", node->id);
}

static bool can_be_fenced(const struct node *node)
{
    return node->state == NODE_SILENT || node->state == NODE_RETIRED;
}

/* Those with an instance of the service. */
static void add_fences(const struct menu *menu)
{
    const struct service *service = menu->row->service;
    const struct snapshot *snapshot = menu->frame->snapshot;

    for (size_t i = 0; snapshot && i < snapshot->node_count; i++) {
        const struct node *node = &snapshot->nodes[i];
        const char *version = version_on(service, node->id);
        if (strcmp(node->cluster, service->cluster) == 0 && version && can_be_fenced(node))
            add_fence(menu, node, version);
    }
}

/* In the view of nodes X is about the selected node, and about nothing else. */
static void more_of_node(struct acting *acting, const struct row *row, struct acting_answer *answer)
{
    const struct menu menu = {acting, row, acting->shown.frame};
    const struct node *node =
        snapshot_find_node(menu.frame->snapshot, row->service->cluster, acting->shown.node);
    struct question *question = &acting->question;

    if (!node) {
        acting_say(answer, "this node is not there any more: nothing was done");
        return;
    }
    if (!can_be_fenced(node)) {
        acting_say(answer, "%.60s is %s: only a node that is silent or retired can be fenced",
                   node->name, node_state_word[node->state]);
        return;
    }
    memset(question, 0, sizeof *question);
    question->kind = QUESTION_MENU;
    snprintf(question->title, sizeof question->title, "More for node %.70s in %.60s", node->name,
             node->cluster);
    add_fence(&menu, node, version_on(row->service, node->id));
    acting_begin_question(acting);
    answer->outcome = ACTING_ASKS;
}

static void fill_attest(const struct menu *menu, struct intent *intent, enum attested attested,
                        const char *of, const char *what)
{
    intent->verb = VERB_ATTEST;
    intent->attested = attested;
    intent->flags = INTENT_CONFIRMED;
    snprintf(intent->cluster, sizeof intent->cluster, "%s", menu->row->service->cluster);
    snprintf(intent->service, sizeof intent->service, "%s", of);
    snprintf(intent->version, sizeof intent->version, "%s", what);
}

/* Support ends for the whole cohort, once. */
static bool is_named_before(const struct safety *safety, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(safety->clients[i].name, safety->clients[at].name) == 0)
            return true;
    return false;
}

static void add_clients(const struct menu *menu)
{
    const struct safety *safety = menu->row->safety;
    char text[160];

    for (size_t i = 0; safety && i < safety->client_count; i++) {
        const struct safety_client *client = &safety->clients[i];
        struct intent *intent;

        snprintf(text, sizeof text, "attest: nobody of %.50s calls %.60s any more", client->name,
                 client->element);
        if (client->calls > 0 && (intent = add_choice(menu, text)))
            fill_attest(menu, intent, ATTEST_USAGE, client->name, client->element);
        snprintf(text, sizeof text, "attest: support of clients %.60s has ended", client->name);
        if (!client->ended && !is_named_before(safety, i) && (intent = add_choice(menu, text)))
            fill_attest(menu, intent, ATTEST_ENDED, client->name, "");
    }
}

static void add_attests(const struct menu *menu)
{
    const struct safety *safety = menu->row->safety;
    char text[160];

    for (size_t i = 0; safety && i < safety->store_count; i++)
        for (size_t k = 0; k < safety->stores[i].gone_count; k++) {
            const struct safety_store *store = &safety->stores[i];
            snprintf(text, sizeof text, "attest: %.50s is gone from store %.60s", store->gone[k],
                     store->name);
            struct intent *intent = add_choice(menu, text);
            if (!intent)
                return;
            fill_attest(menu, intent, ATTEST_GONE, store->name, store->gone[k]);
        }
}

void acting_more(struct acting *acting, const struct row *row, const struct board_cluster *cluster,
                 struct acting_answer *answer)
{
    const struct menu menu = {acting, row, acting->shown.frame};
    struct question *question = &acting->question;

    if (acting->shown.node[0]) {
        more_of_node(acting, row, answer);
        return;
    }
    memset(question, 0, sizeof *question);
    question->kind = QUESTION_MENU;
    snprintf(question->title, sizeof question->title, "More for %.80s in %.60s", row->service->name,
             cluster->name);
    add_fences(&menu);
    add_attests(&menu);
    add_clients(&menu);
    add_past(&menu, row->option[VERB_STEP].offered ? VERB_STEP : VERB_START, COMMAND_STEP);
    add_past(&menu, VERB_RESUME, COMMAND_RESUME);
    add_past(&menu, VERB_ROLLBACK, COMMAND_UNDO);
    if (question->choice_count == 0) {
        acting_say(answer,
                   "%.60s: there is nothing more to do: no node is silent, nothing to "
                   "attest, no rule in the way",
                   row->service->name);
        return;
    }
    acting_begin_question(acting);
    answer->outcome = ACTING_ASKS;
}

/* What is to be said with one's own words, and what follows from it. */
static void ask_reason(struct acting *acting, const struct intent *intent, const char *choice)
{
    struct question *question = &acting->question;
    char title[160];
    size_t n = 0;

    snprintf(title, sizeof title, "%s", choice);
    memset(question, 0, sizeof *question);
    question->kind = QUESTION_REASON;
    question->verb = intent->verb;
    question->danger = intent->flags & INTENT_BREAK_GLASS;
    memcpy(question->title, title, sizeof question->title);
    if (title[0] >= 'a' && title[0] <= 'z')
        question->title[0] = (char)(title[0] - 'a' + 'A');
    const char *line[2] = {"", ""};
    if (question->danger) {
        line[0] = "It is journaled with the rules that it breaks, voids certificates and alarms "
                  "whoever watches.";
        line[1] = "It stays red here until nothing that runs breaks a rule any more.";
    } else if (intent->verb == VERB_FENCE) {
        line[0] = "From then on what it ran counts as gone. Do it only when it cannot come back: "
                  "switched off, wiped, keys revoked.";
        line[1] = "What is the evidence?";
    } else if (intent->verb == VERB_ATTEST && intent->attested == ATTEST_GONE) {
        line[0] = "From then on versions that cannot read it may run again. Every operator relies "
                  "on it.";
        line[1] = "What is the evidence (the backfill, the query that found none)?";
    } else if (intent->verb == VERB_ATTEST) {
        line[0] = "When nobody calls it and support has ended, a release may take it away. Every "
                  "operator relies on it.";
        line[1] = "What is the evidence (the access log, the end that was announced)?";
    } else {
        line[0] = "The rule only warns. The reason is journaled.";
    }
    for (size_t i = 0; i < 2; i++)
        if (line[i][0])
            snprintf(question->line[n++], sizeof question->line[0], "%s", line[i]);
}

void acting_reply_menu(struct acting *acting, const struct acting_press *press,
                       struct acting_answer *answer)
{
    int at = press->key - '1';

    if (at < 0 || at >= (int)acting->question.choice_count) {
        acting_end_question(acting);
        acting_say(answer, "cancelled: nothing was done");
        return;
    }
    if (!press->alone)
        return;
    acting->pending = acting->choice[at];
    ask_reason(acting, &acting->pending, acting->question.choice[at]);
    acting_begin_question(acting);
    answer->outcome = ACTING_ASKS;
}

static size_t words(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text != ' ';
    return count;
}

void acting_reply_reason(struct acting *acting, const struct acting_press *press,
                         struct acting_answer *answer)
{
    struct question *question = &acting->question;
    int last = question->danger ? KEY_CTRL_X : KEYCODE_ENTER;

    if (press->key == KEYCODE_ENTER && question->danger)
        acting_say(answer, "ctrl-x breaks the glass, enter does not; esc cancels");
    else if (press->key != last)
        acting_type(question, press->key);
    else if (words(question->typed) < QUESTION_REASON_MIN)
        acting_say(answer, "say why, in %d letters at least: nothing was done yet; esc cancels",
                   QUESTION_REASON_MIN);
    else if (press->alone) {
        snprintf(acting->pending.reason, sizeof acting->pending.reason, "%s", question->typed);
        acting_submit(acting, press->now_ms, answer);
    }
}
