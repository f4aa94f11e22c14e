/* acting.c: the rules of acting keys, see acting.h. Strength of the question by context:
 *
 *               simulator   not production   production
 *   P           none        none             y; none when armed
 *   S, R        none        none             armed and y
 *   U           none        y                the service's name; unarmed, that arms as well
 */
#include "acting_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum strength { DIRECT, WANTS_YES, WANTS_RULE, WANTS_NAME, WANTS_ARMING };

const char *const acting_title[VERB_COUNT] = {
    [VERB_START] = "Start",   [VERB_STEP] = "Step",          [VERB_PAUSE] = "Pause",
    [VERB_RESUME] = "Resume", [VERB_ROLLBACK] = "Roll back", [VERB_FENCE] = "Fence",
    [VERB_ATTEST] = "Attest",
};

static const struct {
    const char *nothing, *after;
} verb_text[VERB_COUNT] = {
    [VERB_START] = {"there is nothing to start", "U rolls it back."},
    [VERB_STEP] = {"there is nothing to step: no release is in flight, or it is complete",
                   "U rolls it back."},
    [VERB_PAUSE] = {"there is nothing to pause: no release is in flight, or it is paused already",
                    "R goes on."},
    [VERB_RESUME] = {"there is nothing to resume: it is not paused", "P pauses again."},
    [VERB_ROLLBACK] = {"there is nothing to roll back to: no release is in flight or on record",
                       "Going forward again is a new release."},
    [VERB_FENCE] = {"this cannot be done here", ""},
    [VERB_ATTEST] = {"this cannot be done here", ""},
};

void acting_release(struct acting *acting)
{
    frame_unref(acting->shown.frame);
    memset(acting, 0, sizeof *acting);
}

void acting_end_question(struct acting *acting)
{
    acting->asking = acting->arms = false;
    memset(&acting->question, 0, sizeof acting->question);
    memset(&acting->pending, 0, sizeof acting->pending);
}

void acting_forget(struct acting *acting)
{
    frame_unref(acting->shown.frame);
    memset(&acting->shown, 0, sizeof acting->shown);
    acting_end_question(acting);
}

void acting_cancel(struct acting *acting)
{
    acting_end_question(acting);
}

void acting_shown(struct acting *acting, const struct acting_picture *picture, int64_t now_ms)
{
    const struct frame *old = acting->shown.frame;

    acting->shown = *picture;
    acting->shown.frame = frame_ref(picture->frame);
    frame_unref(old);
    if (acting->asking && acting->listens_ms < 0 && picture->question == acting->question_number) {
        acting->question.opened_ms = now_ms;
        acting->listens_ms = now_ms + ACTING_DEAF_MS;
    }
}

void acting_say(struct acting_answer *answer, const char *fmt, ...)
{
    va_list ap;

    answer->outcome = ACTING_SAYS;
    va_start(ap, fmt);
    vsnprintf(answer->text, sizeof answer->text, fmt, ap);
    va_end(ap);
}

void acting_begin_question(struct acting *acting)
{
    acting->asking = true;
    acting->question_number++;
    acting->listens_ms = -1;
}

static const struct board_cluster *find_cluster(const struct frame *frame, const char *name)
{
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (strcmp(frame->clusters[i].name, name) == 0)
            return &frame->clusters[i];
    return NULL;
}

/* By id alone: a name could be another service's id. */
static const struct row *find_row(const struct frame *frame, const char *cluster, const char *id)
{
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct service *service = frame->rows[i]->service;
        if (strcmp(service->id, id) == 0 && strcmp(service->cluster, cluster) == 0)
            return frame->rows[i];
    }
    return NULL;
}

static bool is_simulator(const struct board_cluster *cluster)
{
    return strcmp(cluster->kind, "sim") == 0;
}

/* The place of a cluster among the armed ones, now or once; else -1. */
static int find_armed(const struct acting *acting, const char *cluster)
{
    for (int i = 0; i < ACTING_CLUSTERS_MAX; i++)
        if (strcmp(acting->armed[i].cluster, cluster) == 0)
            return i;
    return -1;
}

bool acting_is_armed(const struct acting *acting, const struct board_cluster *cluster,
                     int64_t now_ms)
{
    int place = find_armed(acting, cluster->name);

    return is_simulator(cluster) || (place >= 0 && now_ms < acting->armed[place].until_ms);
}

static void arm(struct acting *acting, const char *cluster, int64_t now_ms)
{
    int place = find_armed(acting, cluster);

    for (int i = 0; place < 0 && i < ACTING_CLUSTERS_MAX; i++)
        if (acting->armed[i].until_ms <= now_ms)
            place = i;
    if (place < 0)
        return;
    snprintf(acting->armed[place].cluster, sizeof acting->armed[place].cluster, "%s", cluster);
    acting->armed[place].until_ms = now_ms + ACTING_ARMED_MS;
}

static void toggle_arming(struct acting *acting, const struct board_cluster *cluster,
                          int64_t now_ms, struct acting_answer *answer)
{
    if (is_simulator(cluster))
        acting_say(answer, "%s is simulated: acting keys always work", cluster->name);
    else if (cluster->read_only)
        acting_say(answer, "%s is read-only here: it cannot be armed", cluster->name);
    else if (!cluster->production)
        acting_say(answer, "%s is not production: acting keys work without arming", cluster->name);
    else if (acting_is_armed(acting, cluster, now_ms)) {
        acting->armed[find_armed(acting, cluster->name)].until_ms = 0;
        acting_say(answer, "%s is not armed any more", cluster->name);
    } else {
        arm(acting, cluster->name, now_ms);
        acting_say(answer, "%s is armed for 10 minutes: acting keys work; %s disarms",
                   cluster->name, keymap_name(acting->keymap, COMMAND_ARM));
    }
}

static enum strength strength_of(const struct acting *acting, const struct board_cluster *cluster,
                                 enum verb verb, int64_t now_ms)
{
    bool armed = acting_is_armed(acting, cluster, now_ms);

    if (is_simulator(cluster))
        return DIRECT;
    if (!cluster->production)
        return verb == VERB_ROLLBACK ? WANTS_YES : DIRECT;
    if (verb == VERB_ROLLBACK)
        return WANTS_NAME;
    if (verb == VERB_PAUSE)
        return armed ? DIRECT : WANTS_YES;
    return armed ? WANTS_YES : WANTS_ARMING;
}

/* The question in front of a rule that warns: never the one that hands know by heart. */
static enum strength once_more(enum strength strength, const struct board_cluster *cluster)
{
    if (strength == WANTS_NAME)
        return strength;
    return cluster->production ? WANTS_RULE : WANTS_YES;
}

static enum verb verb_of(enum command command, const struct row *row)
{
    if (command == COMMAND_PAUSE)
        return VERB_PAUSE;
    if (command == COMMAND_RESUME)
        return VERB_RESUME;
    if (command == COMMAND_UNDO)
        return VERB_ROLLBACK;
    bool waits = !row->option[VERB_STEP].offered && row->option[VERB_START].offered;
    return waits ? VERB_START : VERB_STEP;
}

void acting_fill_intent(struct intent *intent, enum verb verb, const struct row *row)
{
    const struct service *service = row->service;

    memset(intent, 0, sizeof *intent);
    intent->verb = verb;
    intent->flags = INTENT_CONFIRMED;
    intent->basis = row->basis;
    intent->to_count = row->option[verb].to_count;
    snprintf(intent->cluster, sizeof intent->cluster, "%s", service->cluster);
    snprintf(intent->service, sizeof intent->service, "%s", service->id);
    snprintf(intent->spec_digest, sizeof intent->spec_digest, "%s", service->spec_digest);
    if (verb == VERB_START)
        snprintf(intent->version, sizeof intent->version, "%s", row->to);
}

/* What it would do, or the rule that it would go past, with the first thing that says so. */
static size_t ask_what(struct question *question, size_t n, const struct row *row, enum verb verb)
{
    const struct option *option = &row->option[verb];
    const struct finding *first = option->verdict.first;

    if (option->allowed || !first) {
        snprintf(question->line[n++], sizeof question->line[0], "%s: %.150s", verb_word[verb],
                 option->effect);
        return n;
    }
    const struct witness *witness = first->witness_count ? &first->witnesses[0] : NULL;
    snprintf(question->line[n++], sizeof question->line[0], "%s %s warns: %.160s",
             rule_word[first->rule], rule_name[first->rule], first->sentence);
    if (witness)
        snprintf(question->line[n++], sizeof question->line[0], "%.80s: %.100s", witness->object,
                 witness->fact);
    return n;
}

/* Only names, versions and counts: no text from the cluster that could talk to the operator. */
static void ask(struct acting *acting, enum strength strength, const struct row *row, bool armed)
{
    struct question *question = &acting->question;
    enum verb verb = acting->pending.verb;
    const struct service *service = row->service;
    size_t n = 0;

    memset(question, 0, sizeof *question);
    question->verb = verb;
    snprintf(question->title, sizeof question->title, "%s %.80s in %.60s?", acting_title[verb],
             service->name, service->cluster);
    if (row->to[0])
        snprintf(question->line[n++], sizeof question->line[0], "%.80s -> %.80s, %u of %u now",
                 row->from, row->to, row->have, row->want);
    n = ask_what(question, n, row, verb);
    if (acting->pending.flags & INTENT_NO_JOURNAL)
        snprintf(question->line[n++], sizeof question->line[0],
                 "The journal cannot be written: only the cluster will have a record of this.");
    else if (strength == WANTS_NAME && !armed)
        snprintf(question->line[n++], sizeof question->line[0],
                 "%.60s is not armed: a yes arms it for 10 minutes. %s", service->cluster,
                 verb_text[verb].after);
    else
        snprintf(question->line[n++], sizeof question->line[0], "%s", verb_text[verb].after);
    question->kind =
        strength == WANTS_NAME || strength == WANTS_RULE ? QUESTION_NAME : QUESTION_YES;
    if (strength == WANTS_NAME)
        snprintf(question->expected, sizeof question->expected, "%s", service->name);
    else if (strength == WANTS_RULE)
        snprintf(question->expected, sizeof question->expected, "%s",
                 rule_word[row->option[verb].verdict.first->rule]);
    acting->arms = strength == WANTS_NAME && !armed;
    acting_begin_question(acting);
}

static void refuse(const struct option *option, const struct row *row, struct acting_answer *answer)
{
    const struct finding *first = option->verdict.first;
    const char *name = row->service->name;

    if (first && first->way_out && first->way_out[0])
        acting_say(answer, "%.60s: %s. Way out: %s", name, option->effect, first->way_out);
    else
        acting_say(answer, "%.60s: %s", name, option->effect);
}

static void act(struct acting *acting, enum verb verb, const struct row *row,
                const struct board_cluster *cluster, int64_t now_ms, struct acting_answer *answer)
{
    const struct option *option = &row->option[verb];
    enum strength strength = strength_of(acting, cluster, verb, now_ms);
    bool may_lack_journal = verb == VERB_PAUSE || verb == VERB_ROLLBACK;
    struct intent intent;

    if (cluster->read_only) {
        acting_say(answer, "%s is read-only here: nothing is sent", cluster->name);
        return;
    }
    if (!option->offered) {
        acting_say(answer, "%.60s: %s", row->service->name, verb_text[verb].nothing);
        return;
    }
    if (!option->allowed && !option_warns(option, cluster)) {
        refuse(option, row, answer);
        return;
    }
    if (strength == WANTS_ARMING) {
        acting_say(answer, "%s is not armed: %s arms acting keys for 10 minutes", cluster->name,
                   keymap_name(acting->keymap, COMMAND_ARM));
        return;
    }
    acting_fill_intent(&intent, verb, row);
    if (!option->allowed) {
        intent.flags |= INTENT_WARNED;
        strength = once_more(strength, cluster);
    }
    if (acting->shown.frame->no_journal && !is_simulator(cluster)) {
        if (!may_lack_journal) {
            acting_say(answer, "nothing is sent while the journal cannot be written: %s",
                       acting->shown.frame->notice);
            return;
        }
        intent.flags |= INTENT_NO_JOURNAL;
        strength = strength == DIRECT ? WANTS_YES : strength;
    }
    if (strength == DIRECT) {
        answer->outcome = ACTING_SUBMITS;
        answer->intent = intent;
        return;
    }
    acting->pending = intent;
    ask(acting, strength, row, acting_is_armed(acting, cluster, now_ms));
    answer->outcome = ACTING_ASKS;
}

static void more(struct acting *acting, const struct row *row, const struct board_cluster *cluster,
                 int64_t now_ms, struct acting_answer *answer)
{
    const struct frame *frame = acting->shown.frame;

    if (cluster->read_only)
        acting_say(answer, "%s is read-only here: nothing is sent", cluster->name);
    else if (cluster->production && !acting_is_armed(acting, cluster, now_ms))
        acting_say(answer, "%s is not armed: %s arms acting keys for 10 minutes", cluster->name,
                   keymap_name(acting->keymap, COMMAND_ARM));
    else if (frame->no_journal && !is_simulator(cluster))
        acting_say(answer, "nothing is sent while the journal cannot be written: %s",
                   frame->notice);
    else
        acting_more(acting, row, cluster, answer);
}

void acting_command(struct acting *acting, enum command command, const struct acting_press *press,
                    struct acting_answer *answer)
{
    const char *key = keymap_name(acting->keymap, command);
    const struct acting_picture *shown = &acting->shown;

    memset(answer, 0, sizeof *answer);
    if (!press->alone) {
        acting_say(answer, "nothing was done: %s came together with other keys; press it alone",
                   key);
        return;
    }
    if (!shown->frame) {
        acting_say(answer, "nothing was done: the screen stood still; look, then press %s again",
                   key);
        return;
    }
    if (strcmp(press->cluster, shown->cluster) != 0 ||
        strcmp(press->service, shown->service) != 0 || strcmp(press->node, shown->node) != 0) {
        acting_say(answer, "nothing was done: the selection moved; look, then press %s again", key);
        return;
    }
    const struct row *row = find_row(shown->frame, shown->cluster, shown->service);
    const struct board_cluster *cluster = find_cluster(shown->frame, shown->cluster);
    if (!row || !cluster)
        acting_say(answer, "nothing is selected");
    else if (command == COMMAND_ARM)
        toggle_arming(acting, cluster, press->now_ms, answer);
    else if (command == COMMAND_MORE)
        more(acting, row, cluster, press->now_ms, answer);
    else if (command_acts(command))
        act(acting, verb_of(command, row), row, cluster, press->now_ms, answer);
}

void acting_submit(struct acting *acting, int64_t now_ms, struct acting_answer *answer)
{
    answer->outcome = ACTING_SUBMITS;
    answer->intent = acting->pending;
    if (acting->arms) {
        arm(acting, acting->pending.cluster, now_ms);
        snprintf(answer->text, sizeof answer->text, "%s is armed for 10 minutes",
                 acting->pending.cluster);
    }
    acting_end_question(acting);
}

static void erase_typed(char *typed)
{
    size_t len = strlen(typed);

    while (len && ((unsigned char)typed[len - 1] & 0xc0) == 0x80)
        len--;
    typed[len ? len - 1 : 0] = '\0';
}

void acting_type(struct question *question, int key)
{
    size_t len = strlen(question->typed);

    if (key == KEYCODE_BACKSPACE)
        erase_typed(question->typed);
    else
        keymap_write_utf8(key, question->typed + len, sizeof question->typed - len);
}

static void reply_name(struct acting *acting, const struct acting_press *press,
                       struct acting_answer *answer)
{
    struct question *question = &acting->question;

    if (press->key != KEYCODE_ENTER)
        acting_type(question, press->key);
    else if (strcmp(question->typed, question->expected) != 0)
        acting_say(answer, "that is not %.80s: nothing was done yet; esc cancels",
                   question->expected);
    else if (press->alone)
        acting_submit(acting, press->now_ms, answer);
}

void acting_reply(struct acting *acting, const struct acting_press *press,
                  struct acting_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (!acting->asking || press->key >= KEYCODE_RESIZE || press->key == KEYCODE_NONE)
        return;
    if (press->key == 3 || press->key == KEYCODE_ESC) {
        acting_end_question(acting);
        acting_say(answer, "cancelled: nothing was done");
    } else if (acting->listens_ms < 0 || press->now_ms < acting->listens_ms) {
        return;
    } else if (acting->question.kind == QUESTION_MENU) {
        acting_reply_menu(acting, press, answer);
    } else if (acting->question.kind == QUESTION_REASON) {
        acting_reply_reason(acting, press, answer);
    } else if (acting->question.kind == QUESTION_NAME) {
        reply_name(acting, press, answer);
    } else if (press->key != 'y') {
        acting_end_question(acting);
        acting_say(answer, "cancelled: nothing was done");
    } else if (press->alone) {
        acting_submit(acting, press->now_ms, answer);
    }
}
