/* test_acting.c: which key presses become intents, also through thousands of random schedules
 * of frames, pictures, keys and stalls, each checked against what was on the screen. */
#include "acting.h"
#include "base/mem.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { CLUSTERS = 4, SERVICES = 8, FRAMES = 6 };

/* A frame by hand; sim: never asks, dev: not production, prod, view: read-only. */
struct hand {
    struct frame frame;
    struct service service[SERVICES];
    struct row row[SERVICES];
    const struct row *rows[SERVICES];
    char digest[SERVICES][24];
};

static const struct board_cluster clusters[CLUSTERS] = {
    {.name = "sim", .kind = "sim", .state = CLUSTER_LIVE, .production = true, .may_act = true},
    {.name = "dev", .kind = "swarm", .state = CLUSTER_LIVE, .may_act = true},
    {.name = "prod", .kind = "swarm", .state = CLUSTER_LIVE, .production = true, .may_act = true},
    {.name = "view", .kind = "swarm", .state = CLUSTER_LIVE, .read_only = true},
};
static const char *const names[2] = {"web", "api"};
static const char *const ids[SERVICES] = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};

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

/* Every service offers and allows everything; each call gives other revisions. */
static void fill(struct hand *hand, unsigned revision)
{
    memset(hand, 0, sizeof *hand);
    for (unsigned i = 0; i < SERVICES; i++) {
        struct row *row = &hand->row[i];
        snprintf(hand->digest[i], sizeof hand->digest[i], "r%u.%u", revision, i);
        hand->service[i] = (struct service){.cluster = clusters[i / 2].name,
                                            .id = ids[i],
                                            .name = names[i % 2],
                                            .spec_digest = hand->digest[i],
                                            .replicas = 8};
        *row = (struct row){.service = &hand->service[i],
                            .from = "1",
                            .to = "2",
                            .why = "",
                            .by = "",
                            .drift = "",
                            .have = 3,
                            .want = 8,
                            .basis = revision * 100 + i};
        for (int v = 0; v < VERB_COUNT; v++)
            row->option[v] = (struct option){
                .offered = true, .allowed = true, .effect = "effect", .to_count = revision + i};
        row->option[VERB_START].offered = false;
        hand->rows[i] = row;
    }
    hand->frame = (struct frame){.rows = hand->rows,
                                 .row_count = SERVICES,
                                 .clusters = clusters,
                                 .cluster_count = CLUSTERS,
                                 .notice = "no journal: disk full",
                                 .refs = 1};
}

static struct acting_picture picture_of(const struct hand *hand, unsigned service)
{
    struct acting_picture picture = {.frame = &hand->frame};

    snprintf(picture.cluster, sizeof picture.cluster, "%s", clusters[service / 2].name);
    snprintf(picture.service, sizeof picture.service, "%s", ids[service]);
    picture.question = acting.asking ? acting.question_number : 0;
    return picture;
}

static struct acting_press press_of(int key, unsigned service, int64_t now_ms)
{
    struct acting_press press = {.key = key, .alone = true, .now_ms = now_ms};

    snprintf(press.cluster, sizeof press.cluster, "%s", clusters[service / 2].name);
    snprintf(press.service, sizeof press.service, "%s", ids[service]);
    return press;
}

enum { SIM = 0, DEV = 2, PROD = 4, VIEW = 6 }; /* first service of each cluster */

static void setup(void)
{
    memset(&acting, 0, sizeof acting);
    fill(&frames[0], 1);
    fill(&frames[1], 2);
}

static void teardown(void)
{
    acting_release(&acting);
    for (size_t i = 0; i < 2; i++)
        ck_assert_uint_eq(frames[i].frame.refs, 1);
}

static void show(const struct hand *hand, unsigned service, int64_t now_ms)
{
    struct acting_picture picture = picture_of(hand, service);

    acting_shown(&acting, &picture, now_ms);
}

static void command(enum command c, unsigned service, int64_t now_ms)
{
    struct acting_press press = press_of(command_info[c].key[0], service, now_ms);

    acting_command(&acting, c, &press, &answer);
}

static void reply(int key, int64_t now_ms)
{
    struct acting_press press = press_of(key, 0, now_ms);

    acting_reply(&acting, &press, &answer);
}

static void reply_text(const char *text, int64_t now_ms)
{
    for (; *text; text++)
        reply(*text, now_ms);
}

static void expect_says(const char *part)
{
    ck_assert_int_eq(answer.outcome, ACTING_SAYS);
    ck_assert_msg(strstr(answer.text, part) != NULL, "said: %s", answer.text);
}

START_TEST(the_strength_of_the_question_follows_the_context)
{
    static const struct {
        unsigned service;
        bool armed;
        enum command command;
        enum acting_outcome want;
        const char *expected; /* of the question, or part of what is said */
    } row[] = {
        {SIM, false, COMMAND_STEP, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_RESUME, ACTING_SUBMITS, ""},
        {SIM, false, COMMAND_UNDO, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_STEP, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_RESUME, ACTING_SUBMITS, ""},
        {DEV, false, COMMAND_UNDO, ACTING_ASKS, ""},
        {PROD, false, COMMAND_STEP, ACTING_SAYS, "prod is not armed: w arms"},
        {PROD, false, COMMAND_RESUME, ACTING_SAYS, "prod is not armed: w arms"},
        {PROD, false, COMMAND_PAUSE, ACTING_ASKS, ""},
        {PROD, false, COMMAND_UNDO, ACTING_ASKS, "web"},
        {PROD, true, COMMAND_STEP, ACTING_ASKS, ""},
        {PROD, true, COMMAND_RESUME, ACTING_ASKS, ""},
        {PROD, true, COMMAND_PAUSE, ACTING_SUBMITS, ""},
        {PROD, true, COMMAND_UNDO, ACTING_ASKS, "web"},
        {VIEW, false, COMMAND_STEP, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_PAUSE, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_UNDO, ACTING_SAYS, "read-only"},
        {VIEW, false, COMMAND_ARM, ACTING_SAYS, "cannot be armed"},
        {SIM, false, COMMAND_ARM, ACTING_SAYS, "always work"},
        {DEV, false, COMMAND_ARM, ACTING_SAYS, "without arming"},
        {PROD, false, COMMAND_ARM, ACTING_SAYS, "armed for 10 minutes"},
        {PROD, true, COMMAND_ARM, ACTING_SAYS, "not armed any more"},
    };
    show(&frames[0], row[_i].service, 0);
    if (row[_i].armed)
        command(COMMAND_ARM, row[_i].service, 0);
    command(row[_i].command, row[_i].service, 1);
    ck_assert_int_eq(answer.outcome, row[_i].want);
    if (row[_i].want == ACTING_ASKS)
        ck_assert_str_eq(acting.question.expected, row[_i].expected);
    if (row[_i].want == ACTING_SAYS)
        expect_says(row[_i].expected);
}
END_TEST

START_TEST(arming_ends_after_ten_minutes)
{
    show(&frames[0], PROD, 0);
    command(COMMAND_ARM, PROD, 0);
    ck_assert(acting_is_armed(&acting, &clusters[2], ACTING_ARMED_MS - 1));
    ck_assert(!acting_is_armed(&acting, &clusters[2], ACTING_ARMED_MS));
    ck_assert(!acting_is_armed(&acting, &clusters[1], 0));
    ck_assert(acting_is_armed(&acting, &clusters[0], 0));
    command(COMMAND_STEP, PROD, ACTING_ARMED_MS);
    expect_says("not armed");
}
END_TEST

START_TEST(an_intent_carries_what_was_shown_not_what_is_newer)
{
    show(&frames[0], SIM, 0);
    /* frames[1] is known to the program but not on the screen. */
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_str_eq(answer.intent.spec_digest, "r1.0");
    ck_assert_uint_eq(answer.intent.basis, 100);
    ck_assert_uint_eq(answer.intent.to_count, 1);
    ck_assert_int_eq(answer.intent.verb, VERB_STEP);
    ck_assert_str_eq(answer.intent.cluster, "sim");
    ck_assert_str_eq(answer.intent.service, "s0");
    ck_assert_uint_eq(answer.intent.flags, INTENT_CONFIRMED);
    show(&frames[1], SIM, 2);
    command(COMMAND_STEP, SIM, 3);
    ck_assert_str_eq(answer.intent.spec_digest, "r2.0");
}
END_TEST

START_TEST(nothing_acts_on_what_was_not_shown)
{
    command(COMMAND_STEP, SIM, 0);
    expect_says("stood still");
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM + 1, 1);
    expect_says("the selection moved");
    acting_forget(&acting);
    command(COMMAND_STEP, SIM, 2);
    expect_says("stood still");
}
END_TEST

START_TEST(keys_that_come_together_do_not_act)
{
    show(&frames[0], SIM, 0);
    struct acting_press press = press_of('S', SIM, 1);
    press.alone = false;
    acting_command(&acting, COMMAND_STEP, &press, &answer);
    expect_says("together with other keys");
    show(&frames[0], PROD, 0);
    press = press_of('w', PROD, 1);
    press.alone = false;
    acting_command(&acting, COMMAND_ARM, &press, &answer);
    ck_assert(!acting_is_armed(&acting, &clusters[2], 1));
}
END_TEST

START_TEST(a_question_is_deaf_until_it_was_seen_for_300_ms)
{
    show(&frames[0], DEV, 0);
    command(COMMAND_UNDO, DEV, 10);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    reply('y', 1000); /* not drawn yet, whatever the time */
    ck_assert(acting.asking);
    show(&frames[0], DEV, 2000);
    reply('y', 2299);
    reply('n', 2299);
    ck_assert(acting.asking);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
    show(&frames[0], DEV, 2299); /* drawn again: the clock does not start again */
    reply('y', 2300);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_str_eq(answer.intent.spec_digest, "r1.2");
    ck_assert_int_eq(answer.intent.verb, VERB_ROLLBACK);
    ck_assert(!acting.asking);
}
END_TEST

START_TEST(a_picture_without_the_question_does_not_start_its_clock)
{
    show(&frames[0], DEV, 0);
    struct acting_picture before = picture_of(&frames[0], DEV);
    command(COMMAND_UNDO, DEV, 10);
    acting_shown(&acting, &before, 20); /* was on its way when the key came */
    reply('y', 1000);
    ck_assert(acting.asking);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
}
END_TEST

START_TEST(only_a_lone_y_is_a_yes)
{
    static const struct {
        int key;
        bool alone, submits, asking;
    } row[] = {
        {'y', true, true, false},
        {'y', false, false, true},
        {'Y', true, false, false},
        {'n', true, false, false},
        {KEYCODE_ENTER, true, false, false},
        {KEYCODE_ESC, true, false, false},
        {3, true, false, false},
        {'U', true, false, false},
        {KEYCODE_PASTE, true, false, true},
        {KEYCODE_RESIZE, true, false, true},
        {KEYCODE_MOUSE, true, false, true},
    };
    show(&frames[0], DEV, 0);
    command(COMMAND_UNDO, DEV, 0);
    show(&frames[0], DEV, 0);
    struct acting_press press = press_of(row[_i].key, DEV, 1000);
    press.alone = row[_i].alone;
    acting_reply(&acting, &press, &answer);
    ck_assert_int_eq(answer.outcome == ACTING_SUBMITS, row[_i].submits);
    ck_assert_int_eq(acting.asking, row[_i].asking);
}
END_TEST

START_TEST(undo_in_production_wants_the_name_and_arms)
{
    show(&frames[0], PROD, 0);
    command(COMMAND_UNDO, PROD, 0);
    show(&frames[0], PROD, 0);
    reply('y', 1000);
    ck_assert(acting.asking);
    reply(KEYCODE_ENTER, 1000);
    expect_says("that is not web");
    reply(KEYCODE_BACKSPACE, 1000);
    reply_text("weX", 1000);
    reply(KEYCODE_BACKSPACE, 1000);
    reply_text("b", 1000);
    ck_assert_str_eq(acting.question.typed, "web");
    struct acting_press press = press_of(KEYCODE_ENTER, PROD, 1000);
    press.alone = false;
    acting_reply(&acting, &press, &answer);
    ck_assert_int_eq(answer.outcome, ACTING_NOTHING);
    ck_assert(!acting_is_armed(&acting, &clusters[2], 1000));
    reply(KEYCODE_ENTER, 1000);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_int_eq(answer.intent.verb, VERB_ROLLBACK);
    ck_assert(acting_is_armed(&acting, &clusters[2], 1000));
}
END_TEST

START_TEST(typing_never_overflows)
{
    static const int keys[] = {'a', 0xe9, 0x6f22, 0x1f600, 7, 0x9b, KEYCODE_UP, KEYCODE_BACKSPACE};

    show(&frames[0], PROD, 0);
    command(COMMAND_UNDO, PROD, 0);
    show(&frames[0], PROD, 0);
    for (unsigned i = 0; i < 1000; i++)
        reply(keys[i * 7 % (ARRAY_LEN(keys) - 1)], 1000);
    ck_assert_uint_lt(strlen(acting.question.typed), sizeof acting.question.typed);
    for (unsigned i = 0; i < 1000; i++)
        reply(KEYCODE_BACKSPACE, 1000);
    ck_assert_str_eq(acting.question.typed, "");
}
END_TEST

START_TEST(a_refusal_says_why_and_the_way_out)
{
    struct finding finding = {.rule = RULE_R3,
                              .answer = ANSWER_REFUSE,
                              .sentence = "4 still runs",
                              .way_out = "fence node w3"};
    struct option *option = &frames[0].row[SIM].option[VERB_STEP];

    option->allowed = false;
    option->effect = "R3: 4 still runs";
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    expect_says("web: R3: 4 still runs");
    option->verdict.first = &finding;
    command(COMMAND_STEP, SIM, 1);
    expect_says("web: R3: 4 still runs. Way out: fence node w3");
    option->offered = false;
    command(COMMAND_STEP, SIM, 1);
    expect_says("there is nothing to step");
    frames[0].row[SIM].option[VERB_START].offered = true;
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_int_eq(answer.intent.verb, VERB_START);
    ck_assert_str_eq(answer.intent.version, "2");
}
END_TEST

START_TEST(without_a_journal_only_pause_and_undo_after_a_yes)
{
    frames[0].frame.no_journal = true;
    show(&frames[0], DEV, 0);
    command(COMMAND_STEP, DEV, 1);
    expect_says("no journal: disk full");
    command(COMMAND_PAUSE, DEV, 1);
    ck_assert_int_eq(answer.outcome, ACTING_ASKS);
    show(&frames[0], DEV, 1);
    reply('y', 1000);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
    ck_assert_uint_eq(answer.intent.flags, INTENT_CONFIRMED | INTENT_NO_JOURNAL);
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    ck_assert_int_eq(answer.outcome, ACTING_SUBMITS);
}
END_TEST

START_TEST(names_are_not_taken_for_ids)
{
    /* A service whose name is another one's id must not be hit in its place. */
    frames[0].service[1].name = ids[0];
    const struct row *first = frames[0].rows[0];
    frames[0].rows[0] = frames[0].rows[1];
    frames[0].rows[1] = first;
    show(&frames[0], SIM, 0);
    command(COMMAND_STEP, SIM, 1);
    ck_assert_str_eq(answer.intent.service, "s0");
    ck_assert_str_eq(answer.intent.spec_digest, "r1.0");
}
END_TEST

/* One schedule: the program under test, and beside it what somebody in front of the screen saw. */
struct schedule {
    unsigned newest, selected;        /* what the program knows */
    bool drawing;                     /* a picture is on its way to the terminal */
    struct acting_picture drawn;      /* that picture */
    const struct hand *seen;          /* frame on the screen, NULL none */
    unsigned seen_selected;           /* row marked on it */
    int64_t now_ms, question_seen_ms; /* -1: the open question is not on the screen */
    struct intent promised;           /* what the open question was about */
    char typed[160], expected[32];
    int64_t armed_until; /* of prod */
    unsigned submitted;
};

static const struct hand *hand_of(const struct frame *frame)
{
    for (size_t i = 0; i < FRAMES; i++)
        if (&frames[i].frame == frame)
            return &frames[i];
    return NULL;
}

static void randomize(struct hand *hand, unsigned revision)
{
    unsigned refs = hand->frame.refs;

    fill(hand, revision);
    hand->frame.refs = refs ? refs : 1;
    for (unsigned i = SERVICES - 1; i > 0; i--) {
        unsigned j = below(i + 1);
        const struct row *row = hand->rows[i];
        hand->rows[i] = hand->rows[j];
        hand->rows[j] = row;
    }
    hand->frame.row_count = SERVICES - below(3); /* some are gone */
    for (unsigned i = 0; i < SERVICES; i++)
        for (int v = 0; v < VERB_COUNT; v++) {
            hand->row[i].option[v].allowed = below(4) != 0;
            hand->row[i].option[v].offered = v != VERB_START && below(4) != 0;
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
    ck_assert(is_shown(s->seen, s->selected));
    const struct row *row = &s->seen->row[s->selected];
    ck_assert(row->option[verb].offered && row->option[verb].allowed);
    ck_assert_int_eq(intent->verb, verb);
    ck_assert_str_eq(intent->service, ids[s->selected]);
    ck_assert_str_eq(intent->cluster, clusters[s->selected / 2].name);
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
    struct acting_press press = press_of('S', s->selected, s->now_ms);

    press.alone = below(5) != 0;
    acting_command(&acting, commands[which], &press, &answer);
    if (answer.outcome == ACTING_SAYS)
        return;
    ck_assert(press.alone);
    const unsigned cluster = s->selected / 2;
    ck_assert_uint_lt(cluster, 3); /* never the read-only one */
    if (answer.outcome == ACTING_SUBMITS) {
        check_intent(s, &answer.intent, verbs[which]);
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
             cluster == 2 && undo ? names[s->selected % 2] : "");
    ck_assert_str_eq(acting.question.expected, s->expected);
    ck_assert_ptr_nonnull(strstr(acting.question.title, names[s->selected % 2]));
    ck_assert_ptr_nonnull(strstr(acting.question.title, clusters[cluster].name));
}

static void press_reply(struct schedule *s)
{
    static const int keys[] = {'y',         'y', 'w',          'e',           'b',
                               'a',         'p', 'i',          KEYCODE_ENTER, KEYCODE_ENTER,
                               KEYCODE_ESC, 'n', KEYCODE_PASTE};
    struct acting_press press = press_of(keys[below(ARRAY_LEN(keys))], s->selected, s->now_ms);
    bool heard = s->question_seen_ms >= 0 && s->now_ms - s->question_seen_ms >= 300;
    char before[160];

    /* Mostly what helps, so that names get finished. */
    if (s->expected[0] && below(8))
        press.key = strlen(s->typed) < 3 ? s->expected[strlen(s->typed)] : KEYCODE_ENTER;
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
    if (s->expected[0] && s->now_ms >= s->armed_until)
        s->armed_until = s->now_ms + ACTING_ARMED_MS;
    s->submitted++;
}

static void finish_picture(struct schedule *s)
{
    acting_shown(&acting, &s->drawn, s->now_ms);
    s->drawing = false;
    s->seen = hand_of(s->drawn.frame);
    s->seen_selected = (unsigned)(s->drawn.service[1] - '0');
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
            s->drawn = picture_of(&frames[s->newest], s->selected);
        s->drawing = true;
        break;
    case 3:
    case 4:
        if (s->drawing)
            finish_picture(s);
        break;
    case 5:
        s->selected = below(SERVICES);
        break;
    case 6:
        s->now_ms += below(2000);
        break;
    case 7:
        if (below(6) == 0) {
            acting_forget(&acting);
            s->seen = NULL;
        } else if (!acting.asking && s->selected / 2 == 2) {
            struct acting_press press = press_of('w', s->selected, s->now_ms);
            bool armed = s->now_ms < s->armed_until;
            acting_command(&acting, COMMAND_ARM, &press, &answer);
            if (strstr(answer.text, armed ? "not armed any more" : "armed for"))
                s->armed_until = armed ? 0 : s->now_ms + ACTING_ARMED_MS;
        }
        break;
    default:
        if (acting.asking)
            press_reply(s);
        else
            press_acting(s);
        break;
    }
}

START_TEST(no_schedule_acts_on_anything_but_what_was_on_the_screen)
{
    unsigned submitted = 0, steps = 0;

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
        acting_release(&acting);
        for (unsigned i = 0; i < FRAMES; i++)
            ck_assert_uint_eq(frames[i].frame.refs, 1);
    }
    ck_assert_msg(submitted > 5000, "only %u intents in %u steps: the test tests nothing",
                  submitted, steps);
}
END_TEST

SUITE(acting)
{
    Suite *suite = suite_create("acting");
    TCase *tcase = test_case(suite, "rules", 5), *random = test_case(suite, "schedules", 60);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_strength_of_the_question_follows_the_context, 0, 24);
    tcase_add_test(tcase, arming_ends_after_ten_minutes);
    tcase_add_test(tcase, an_intent_carries_what_was_shown_not_what_is_newer);
    tcase_add_test(tcase, nothing_acts_on_what_was_not_shown);
    tcase_add_test(tcase, keys_that_come_together_do_not_act);
    tcase_add_test(tcase, a_question_is_deaf_until_it_was_seen_for_300_ms);
    tcase_add_test(tcase, a_picture_without_the_question_does_not_start_its_clock);
    tcase_add_loop_test(tcase, only_a_lone_y_is_a_yes, 0, 11);
    tcase_add_test(tcase, undo_in_production_wants_the_name_and_arms);
    tcase_add_test(tcase, typing_never_overflows);
    tcase_add_test(tcase, a_refusal_says_why_and_the_way_out);
    tcase_add_test(tcase, without_a_journal_only_pause_and_undo_after_a_yes);
    tcase_add_test(tcase, names_are_not_taken_for_ids);
    tcase_add_test(random, no_schedule_acts_on_anything_but_what_was_on_the_screen);
    return suite;
}
