/* rules.c: what every rule says to the next key, to the way back, and to what runs already.
 *
 * Broken ones come first, with their witnesses and the way out; the rest is one line each. */
#include "views/sections.h"

#include "base/mem.h"
#include "board/safety.h"

#include <stdio.h>
#include <string.h>

enum { RULES_NAME = 13, RULES_CELL = 4, RULES_LEVEL = 9, RULES_INDENT = 3, RULES_WITNESSES = 6 };

/* In the order in which people count them; what each one promises while it holds. */
static const struct {
    enum rule_id rule;
    const char *holds;
} asked[RULE_COUNT] = {
    {RULE_R0, "declared, and that is what runs"},  {RULE_R1, "what is at rest stays readable"},
    {RULE_R2, "nobody coupled moves, calls fit"},  {RULE_R3, "at most two versions, side by side"},
    {RULE_R4, "rehearsed, on nodes that report"},  {RULE_RC, "no client calls what goes away"},
    {RULE_RL, "nothing changed since you looked"},
};

/* What is asked about: a key that makes sense now, or what runs (the last one). */
struct subject {
    const char *head;              /* "S", "U", "now" */
    const struct verdict *verdict; /* NULL: what runs already */
};

struct subjects {
    struct subject at[4];
    size_t count;
};

static void add_key(struct subjects *out, const struct option *option, const char *head)
{
    if (option->offered)
        out->at[out->count++] = (struct subject){.head = head, .verdict = &option->verdict};
}

static struct subjects subjects_of(const struct row *row, const struct keymap *keymap)
{
    struct subjects out = {.count = 0};

    add_key(&out, &row->option[VERB_STEP], keymap_name(keymap, COMMAND_STEP));
    if (!out.count)
        add_key(&out, &row->option[VERB_START], keymap_name(keymap, COMMAND_STEP));
    add_key(&out, &row->option[VERB_RESUME], keymap_name(keymap, COMMAND_RESUME));
    add_key(&out, &row->option[VERB_ROLLBACK], keymap_name(keymap, COMMAND_UNDO));
    out.at[out.count++] = (struct subject){.head = "now"};
    return out;
}

static bool is_broken(const struct finding *finding)
{
    return finding && (finding->answer == ANSWER_REFUSE || finding->answer == ANSWER_UNKNOWN);
}

/* Nobody declared anything, and nothing binds: one line is enough. */
static bool is_faint(const struct finding *finding)
{
    return finding->level == LEVEL_OBSERVE && finding->answer == ANSWER_UNKNOWN &&
           finding->witness_count == 0;
}

static const char *said(const struct finding *finding)
{
    return finding->sentence && finding->sentence[0] ? finding->sentence : "no reason is given";
}

/* NULL: nothing is said about it. */
static const struct finding *finding_of(const struct row *row, const struct subject *subject,
                                        enum rule_id rule)
{
    if (subject->verdict)
        return &subject->verdict->findings[rule];
    for (size_t i = 0; i < row->broken_count; i++)
        if (row->broken[i].rule == rule)
            return &row->broken[i];
    return NULL;
}

static bool rule_is_broken(const struct row *row, const struct subjects *subjects,
                           enum rule_id rule)
{
    for (size_t i = 0; i < subjects->count; i++) {
        const struct finding *finding = finding_of(row, &subjects->at[i], rule);
        if (is_broken(finding) && !is_faint(finding))
            return true;
    }
    return false;
}

static void put_answer(struct sheet *sheet, const struct finding *finding, bool runs)
{
    if (!finding) { /* nothing that runs breaks it */
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_MIDDOT, 1);
        return;
    }
    bool observed = finding->level == LEVEL_OBSERVE;
    switch (finding->answer) {
    case ANSWER_ALLOW:
        sheet_glyphs(sheet, ROLE_GUARD_OK, GLYPH_TICK, 1);
        return;
    case ANSWER_NOT_EVALUATED:
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_DASH, 1);
        return;
    case ANSWER_UNKNOWN:
        sheet_glyphs(sheet, observed ? ROLE_DIM : ROLE_STALE, GLYPH_STALE, 1);
        return;
    case ANSWER_REFUSE:
        sheet_glyphs(sheet, observed ? ROLE_DIM : ROLE_GUARD_BLOCKED,
                     runs ? GLYPH_VIOLATED : GLYPH_FAILED, 1);
        return;
    }
}

/* The level that binds for the keys, or "" when only what runs is asked. */
static const char *level_of(const struct row *row, const struct subjects *subjects,
                            enum rule_id rule)
{
    for (size_t i = 0; i < subjects->count; i++) {
        const struct finding *finding = finding_of(row, &subjects->at[i], rule);
        if (finding && finding->answer != ANSWER_NOT_EVALUATED)
            return level_word[finding->level];
    }
    return "";
}

static int text_column(const struct subjects *subjects)
{
    return RULES_NAME + (int)subjects->count * RULES_CELL + RULES_LEVEL;
}

static void put_columns(struct sheet *sheet, const struct row *row, const struct subjects *subjects,
                        enum rule_id rule)
{
    sheet_line(sheet);
    sheet_text(sheet, ROLE_STRONG, rule_word[rule]);
    sheet_put(sheet, ROLE_TEXT, " %s", rule_name[rule]);
    for (size_t i = 0; i < subjects->count; i++) {
        sheet_tab(sheet, RULES_NAME + (int)i * RULES_CELL);
        put_answer(sheet, finding_of(row, &subjects->at[i], rule), !subjects->at[i].verdict);
    }
    sheet_tab(sheet, RULES_NAME + (int)subjects->count * RULES_CELL);
    sheet_put(sheet, ROLE_DIM, "%-8s", level_of(row, subjects, rule));
    sheet_tab(sheet, text_column(subjects));
}

static void put_refused(struct sheet *sheet, const struct subject *subject,
                        const struct finding *finding)
{
    bool unknown = finding->answer == ANSWER_UNKNOWN, observed = finding->level == LEVEL_OBSERVE;
    enum role role = observed ? ROLE_DIM : unknown ? ROLE_STALE : ROLE_GUARD_BLOCKED;

    if (!subject->verdict)
        sheet_text(sheet, observed ? ROLE_DIM : ROLE_VIOLATED, "broken now");
    else
        sheet_put(sheet, role, "%s %s", subject->head, unknown ? "unknown" : "refused");
    if (observed)
        sheet_text(sheet, role, ", only observed");
}

/* Two subjects may have the same objects behind them. */
static bool same_grounds(const struct finding *a, const struct finding *b)
{
    if (a->witness_count != b->witness_count || strcmp(a->way_out, b->way_out) != 0)
        return false;
    for (size_t i = 0; i < a->witness_count; i++)
        if (strcmp(a->witnesses[i].object, b->witnesses[i].object) != 0)
            return false;
    return true;
}

/* One reason is told once, though it stands in the way of several keys. */
static const struct finding *told_before(const struct row *row, const struct subjects *subjects,
                                         size_t until, enum rule_id rule,
                                         const struct finding *finding, bool grounds)
{
    for (size_t i = 0; i < until; i++) {
        const struct finding *other = finding_of(row, &subjects->at[i], rule);
        if (is_broken(other) &&
            (grounds ? same_grounds(other, finding) : strcmp(said(other), said(finding)) == 0))
            return other;
    }
    return NULL;
}

/* "S refused, U refused, broken now" */
static void put_heads_of(struct sheet *sheet, const struct row *row,
                         const struct subjects *subjects, enum rule_id rule)
{
    bool any = false;

    for (size_t i = 0; i < subjects->count; i++) {
        const struct finding *finding = finding_of(row, &subjects->at[i], rule);
        if (!is_broken(finding))
            continue;
        sheet_text(sheet, ROLE_DIM, any ? ", " : "");
        put_refused(sheet, &subjects->at[i], finding);
        any = true;
    }
}

static void put_reasons(struct sheet *sheet, const struct row *row, const struct subjects *subjects,
                        enum rule_id rule)
{
    for (size_t i = 0; i < subjects->count; i++) {
        const struct finding *finding = finding_of(row, &subjects->at[i], rule);
        if (!is_broken(finding) || told_before(row, subjects, i, rule, finding, false))
            continue;
        enum role role = finding->level == LEVEL_OBSERVE ? ROLE_DIM : ROLE_TEXT;
        sheet_line(sheet);
        sheet_tab(sheet, RULES_INDENT);
        sheet_say(sheet, role, RULES_INDENT, 4, said(finding));
        if (told_before(row, subjects, i, rule, finding, true))
            continue;
        put_witnesses(sheet, finding, RULES_INDENT, RULES_WITNESSES);
        put_way_out(sheet, finding, RULES_INDENT);
    }
}

/* In one line: the first reason. */
static void put_reason(struct sheet *sheet, const struct row *row, const struct subjects *subjects,
                       enum rule_id rule)
{
    for (size_t i = 0; i < subjects->count; i++) {
        const struct finding *finding = finding_of(row, &subjects->at[i], rule);
        if (!is_broken(finding))
            continue;
        enum role role = finding->level == LEVEL_OBSERVE ? ROLE_DIM : ROLE_TEXT;
        sheet_say(sheet, role, 0, 1, said(finding));
        return;
    }
}

/* Without a key to judge, only what runs was looked at. */
static const char *held_text(const struct row *row, const struct subjects *subjects, size_t at)
{
    const struct finding *finding = finding_of(row, &subjects->at[0], asked[at].rule);
    bool by_contract =
        asked[at].rule != RULE_R3 && asked[at].rule != RULE_R4 && asked[at].rule != RULE_RL;

    if (subjects->at[0].verdict && is_broken(finding))
        return said(finding);
    if (subjects->at[0].verdict)
        return finding->answer == ANSWER_ALLOW ? asked[at].holds : "not evaluated";
    if (by_contract && !(row->safety && row->safety->declared))
        return "no contract says anything about it";
    return asked[at].rule == RULE_RL || asked[at].rule == RULE_R4 ? "asked when a key is pressed"
                                                                  : "what runs breaks it nowhere";
}

static void put_heads(struct sheet *sheet, const struct subjects *subjects)
{
    sheet_line(sheet);
    for (size_t i = 0; i < subjects->count; i++) {
        sheet_tab(sheet, RULES_NAME + (int)i * RULES_CELL);
        sheet_text(sheet, ROLE_DIM, subjects->at[i].head);
    }
    sheet_tab(sheet, RULES_NAME + (int)subjects->count * RULES_CELL);
    sheet_text(sheet, ROLE_DIM, "level");
}

void section_rules(struct sheet *sheet, const struct look *look, bool brief)
{
    const struct row *row = look->row;
    struct subjects subjects = subjects_of(row, sheet->canvas->keymap);

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "rules");
    put_heads(sheet, &subjects);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < RULE_COUNT; i++) {
            bool broken = rule_is_broken(row, &subjects, asked[i].rule);
            if (broken != (pass == 0) && !brief)
                continue;
            if (brief && pass == 1)
                continue; /* in a few lines the order is the order of the rules */
            put_columns(sheet, row, &subjects, asked[i].rule);
            if (!broken) {
                sheet_text(sheet, ROLE_DIM, held_text(row, &subjects, i));
            } else if (brief) {
                put_reason(sheet, row, &subjects, asked[i].rule);
            } else {
                put_heads_of(sheet, row, &subjects, asked[i].rule);
                put_reasons(sheet, row, &subjects, asked[i].rule);
            }
        }
}

void section_rule_strip(struct sheet *sheet, const struct look *look)
{
    struct subjects subjects = subjects_of(look->row, sheet->canvas->keymap);

    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, "rules");
    sheet_tab(sheet, LOOK_LABEL);
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct finding *finding = NULL;
        bool runs = false;
        for (size_t s = 0; s < subjects.count && !is_broken(finding); s++) {
            const struct finding *one = finding_of(look->row, &subjects.at[s], asked[i].rule);
            finding = one && (!finding || is_broken(one)) ? one : finding;
            runs = !subjects.at[s].verdict;
        }
        sheet_text(sheet, ROLE_TEXT, i ? "  " : "");
        put_answer(sheet, finding, runs);
        sheet_text(sheet, is_broken(finding) ? ROLE_STRONG : ROLE_DIM, rule_word[asked[i].rule]);
    }
    sheet_put(sheet, ROLE_DIM, "   %s tells why",
              keymap_shown(look->screen->keymap, COMMAND_SAFETY));
}
