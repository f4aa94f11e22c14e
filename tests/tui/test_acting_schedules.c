/* test_acting_schedules.c: thousands of random schedules of frames, pictures, keys and stalls, each
 * checked against what was on the screen. */
#include "acting_hand.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES = 6 };

static struct hand frames[FRAMES];
static struct acting acting;
static struct acting_answer answer;
static uint64_t random_state;

static unsigned below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % n;
}

/* One schedule: the program under test, and beside it what somebody in front of the screen saw. */
struct schedule {
    unsigned newest, selected;        /* what the program knows */
    unsigned node;                    /* 0: not in the view of nodes; else n1, n2, n3 */
    unsigned seen_node;               /* marked on the screen */
    bool drawing;                     /* a picture is on its way to the terminal */
    struct acting_picture drawn;      /* that picture */
    const struct hand *seen;          /* frame on the screen, NULL none */
    unsigned seen_selected;           /* row marked on it */
    int64_t now_ms, question_seen_ms; /* -1: the open question is not on the screen */
    struct intent promised;           /* what the open question was about */
    char typed[240], expected[32];
    int64_t armed_until; /* of prod */
    unsigned submitted, fences;
};

static const struct hand *hand_of(const struct frame *frame)
{
    for (size_t i = 0; i < FRAMES; i++)
        if (&frames[i].frame == frame)
            return &frames[i];
    return NULL;
}

/* Refused by a rule that only warns: the key asks once more. */
static void warn(struct option *option)
{
    struct finding *finding = &option->verdict.findings[RULE_R3];

    *finding = (struct finding){.rule = RULE_R3,
                                .answer = ANSWER_REFUSE,
                                .level = LEVEL_WARN,
                                .sentence = "R3",
                                .way_out = ""};
    option->verdict.answer = ANSWER_REFUSE;
    option->verdict.level = LEVEL_WARN;
    option->verdict.first = finding;
}

/* n1 and n3 of each cluster are silent, n2 reports. */
static const struct snapshot *three_nodes(void)
{
    static const char *const clusters[] = {"dev", "prod", "sim", "view"}; /* as snapshots sort */
    static struct node nodes[3 * ARRAY_LEN(clusters)];
    static const struct snapshot snapshot = {.nodes = nodes, .node_count = ARRAY_LEN(nodes)};
    static const char *const ids[] = {"n1", "n2", "n3"};

    for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
        nodes[i] = (struct node){.cluster = clusters[i / 3],
                                 .id = ids[i % 3],
                                 .name = ids[i % 3],
                                 .state = i % 3 == 1 ? NODE_REPORTING : NODE_SILENT,
                                 .note = ""};
    return &snapshot;
}

static void randomize(struct hand *hand, unsigned revision)
{
    unsigned refs = hand->frame.refs;

    hand_fill(hand, revision);
    hand->frame.refs = refs ? refs : 1;
    for (unsigned i = HAND_SERVICES - 1; i > 0; i--) {
        unsigned j = below(i + 1);
        const struct row *row = hand->rows[i];
        hand->rows[i] = hand->rows[j];
        hand->rows[j] = row;
    }
    hand->frame.snapshot = three_nodes();
    hand->frame.row_count = HAND_SERVICES - below(3); /* some are gone */
    for (unsigned i = 0; i < HAND_SERVICES; i++)
        for (int v = 0; v < VERB_COUNT; v++) {
            hand->row[i].option[v].allowed = below(4) != 0;
            hand->row[i].option[v].offered = v != VERB_START && below(4) != 0;
            if (!hand->row[i].option[v].allowed && below(2))
                warn(&hand->row[i].option[v]);
        }
}

static void publish(struct schedule *s, unsigned revision)
{
    for (unsigned i = 0; i < FRAMES; i++)
        if (frames[i].frame.refs <= 1 && &frames[i].frame != s->drawn.frame) {
            randomize(&frames[i], revision);
            s->newest = i;
            return;
        }
}

static bool is_shown(const struct hand *hand, unsigned service)
{
    for (size_t i = 0; i < hand->frame.row_count; i++)
        if (hand->rows[i] == &hand->row[service])
            return true;
    return false;
}

/* The intent is exactly the row that was marked on the screen, as it was printed there. */
static void check_intent(const struct schedule *s, const struct intent *intent, enum verb verb)
{
    ck_assert_ptr_nonnull(s->seen);
    ck_assert_uint_eq(s->selected, s->seen_selected);
    ck_assert_uint_eq(s->node, s->seen_node);
    ck_assert(is_shown(s->seen, s->selected));
    const struct row *row = &s->seen->row[s->selected];
    bool warned = intent->flags & INTENT_WARNED;
    ck_assert(row->option[verb].offered && row->option[verb].allowed != warned);
    ck_assert(!warned || (row->option[verb].verdict.first && s->selected >= 2));
    ck_assert_int_eq(intent->verb, verb);
    ck_assert_str_eq(intent->service, hand_ids[s->selected]);
    ck_assert_str_eq(intent->cluster, hand_clusters[s->selected / 2].name);
    ck_assert_str_eq(intent->spec_digest, row->service->spec_digest);
    ck_assert_uint_eq(intent->basis, row->basis);
    ck_assert_uint_eq(intent->to_count, row->option[verb].to_count);
}

static void press_acting(struct schedule *s)
{
    static const enum command commands[] = {COMMAND_STEP, COMMAND_PAUSE, COMMAND_RESUME,
                                            COMMAND_UNDO};
    static const enum verb verbs[] = {VERB_STEP, VERB_PAUSE, VERB_RESUME, VERB_ROLLBACK};
    unsigned which = below(4);
    bool armed = s->now_ms < s->armed_until, undo = verbs[which] == VERB_ROLLBACK;
    struct acting_press press = hand_press('S', s->selected, s->now_ms);

    press.alone = below(5) != 0;
    if (s->node)
        snprintf(press.node, sizeof press.node, "n%u", s->node);
    acting_command(&acting, commands[which], &press, &answer);
    if (answer.outcome == ACTING_SAYS)
        return;
    ck_assert(press.alone);
    const unsigned cluster = s->selected / 2;
    ck_assert_uint_lt(cluster, 3); /* never the read-only one */
    if (answer.outcome == ACTING_SUBMITS) {
        check_intent(s, &answer.intent, verbs[which]);
        ck_assert(!(answer.intent.flags & INTENT_WARNED)); /* it asks, always */
        ck_assert(cluster == 0 || (cluster == 1 && !undo) ||
                  (cluster == 2 && armed && verbs[which] == VERB_PAUSE));
        s->submitted++;
        return;
    }
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    ck_assert(cluster != 0);
    ck_assert(cluster == 1 || armed || undo || verbs[which] == VERB_PAUSE);
    check_intent(s, &acting.pending, verbs[which]);
    s->promised = acting.pending;
    s->typed[0] = '\0';
    s->question_seen_ms = -1;
    snprintf(s->expected, sizeof s->expected, "%s",
             cluster != 2                           ? ""
             : undo                                 ? hand_names[s->selected % 2]
             : acting.pending.flags & INTENT_WARNED ? "R3"
                                                    : "");
    ck_assert_str_eq(acting.question.expected, s->expected);
    ck_assert_ptr_nonnull(strstr(acting.question.title, hand_names[s->selected % 2]));
    ck_assert_ptr_nonnull(strstr(acting.question.title, hand_clusters[cluster].name));
}

/* X in the view of nodes: about the node that was marked on the screen, and never without one more
 * question and evidence. */
static void press_more(struct schedule *s)
{
    bool armed = s->now_ms < s->armed_until;
    struct acting_press press = hand_press('X', s->selected, s->now_ms);

    press.alone = below(5) != 0;
    snprintf(press.node, sizeof press.node, "n%u", s->node);
    acting_command(&acting, COMMAND_MORE, &press, &answer);
    if (answer.outcome == ACTING_SAYS)
        return;
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    ck_assert(press.alone && s->seen && s->node == s->seen_node);
    ck_assert_uint_eq(s->selected, s->seen_selected);
    ck_assert_uint_lt(s->selected / 2, 3);
    ck_assert(s->selected / 2 != 2 || armed);
    ck_assert_uint_eq(acting.question.choice_count, 1);
    ck_assert_int_eq(acting.choice[0].verb, VERB_FENCE);
    ck_assert_str_eq(acting.choice[0].service, press.node);
    ck_assert_uint_ne(s->node, 2); /* it reports */
    ck_assert_str_eq(acting.choice[0].cluster, hand_clusters[s->selected / 2].name);
    s->fences++;
    acting_cancel(&acting);
}

static void press_reply(struct schedule *s)
{
    static const int keys[] = {'y',         'y', 'w',          'e',           'b',
                               'a',         'p', 'i',          KEYCODE_ENTER, KEYCODE_ENTER,
                               KEYCODE_ESC, 'n', KEYCODE_PASTE};
    struct acting_press press = hand_press(keys[below(ARRAY_LEN(keys))], s->selected, s->now_ms);
    bool heard = s->question_seen_ms >= 0 && s->now_ms - s->question_seen_ms >= 300;
    char before[240];

    /* Mostly what helps, so that names get finished. */
    if (s->expected[0] && below(8))
        press.key =
            strlen(s->typed) < strlen(s->expected) ? s->expected[strlen(s->typed)] : KEYCODE_ENTER;
    press.alone = below(6) != 0;
    memcpy(before, acting.question.typed, sizeof before);
    acting_reply(&acting, &press, &answer);
    if (acting.asking)
        memcpy(s->typed, acting.question.typed, sizeof s->typed);
    if (answer.outcome != ACTING_SUBMITS)
        return;
    ck_assert(heard && press.alone);
    ck_assert(s->expected[0] ? press.key == KEYCODE_ENTER && strcmp(before, s->expected) == 0
                             : press.key == 'y');
    ck_assert(memcmp(&answer.intent, &s->promised, sizeof s->promised) == 0);
    if (s->expected[0] && strcmp(s->expected, "R3") != 0 && s->now_ms >= s->armed_until)
        s->armed_until = s->now_ms + ACTING_ARMED_MS;
    s->submitted++;
}

static void finish_picture(struct schedule *s)
{
    acting_shown(&acting, &s->drawn, s->now_ms);
    s->drawing = false;
    s->seen = hand_of(s->drawn.frame);
    s->seen_selected = (unsigned)(s->drawn.service[1] - '0');
    s->seen_node = s->drawn.node[0] ? (unsigned)(s->drawn.node[1] - '0') : 0;
    if (acting.asking && s->question_seen_ms < 0 && s->drawn.question == acting.question_number)
        s->question_seen_ms = s->now_ms;
}

static void take_step(struct schedule *s, unsigned n)
{
    switch (below(12)) {
    case 0:
        publish(s, n + 2);
        break;
    case 1:
    case 2:
        if (!s->drawing)
            s->drawn = hand_picture(&frames[s->newest], &acting, s->selected);
        if (!s->drawing && s->node)
            snprintf(s->drawn.node, sizeof s->drawn.node, "n%u", s->node);
        s->drawing = true;
        break;
    case 3:
    case 4:
        if (s->drawing)
            finish_picture(s);
        break;
    case 5:
        if (below(2))
            s->selected = below(HAND_SERVICES);
        else
            s->node = below(4);
        break;
    case 6:
        s->now_ms += below(2000);
        break;
    case 7:
        if (below(6) == 0) {
            acting_forget(&acting);
            s->seen = NULL;
        } else if (!acting.asking && s->selected / 2 == 2) {
            struct acting_press press = hand_press('w', s->selected, s->now_ms);
            if (s->node)
                snprintf(press.node, sizeof press.node, "n%u", s->node);
            bool armed = s->now_ms < s->armed_until;
            acting_command(&acting, COMMAND_ARM, &press, &answer);
            if (strstr(answer.text, armed ? "not armed any more" : "armed for"))
                s->armed_until = armed ? 0 : s->now_ms + ACTING_ARMED_MS;
        }
        break;
    default:
        if (acting.asking)
            press_reply(s);
        else if (s->node && below(2))
            press_more(s);
        else
            press_acting(s);
        break;
    }
}

START_TEST(no_schedule_acts_on_anything_but_what_was_on_the_screen)
{
    unsigned submitted = 0, fences = 0, steps = 0;

    for (unsigned seed = 1; seed <= 10000; seed++) {
        struct schedule s = {.question_seen_ms = -1};
        random_state = seed * 0x9e3779b97f4a7c15u;
        memset(&acting, 0, sizeof acting);
        for (unsigned i = 0; i < FRAMES; i++)
            frames[i].frame.refs = 1;
        publish(&s, 1);
        for (unsigned n = 0; n < 80; n++, steps++)
            take_step(&s, n);
        submitted += s.submitted;
        fences += s.fences;
        acting_release(&acting);
        for (unsigned i = 0; i < FRAMES; i++)
            ck_assert_uint_eq(frames[i].frame.refs, 1);
    }
    ck_assert_msg(submitted > 5000, "only %u intents in %u steps: the test tests nothing",
                  submitted, steps);
    ck_assert_msg(fences > 1000, "only %u fences were asked for", fences);
}
END_TEST

SUITE(acting_schedules)
{
    Suite *suite = suite_create("acting-schedules");
    TCase *tcase = test_case(suite, "schedules", 60);

    tcase_add_test(tcase, no_schedule_acts_on_anything_but_what_was_on_the_screen);
    return suite;
}
