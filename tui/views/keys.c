/* keys.c: what S, P, R and U would do to one rollout now, or why not and what helps. */
#include "views/sections.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_INDENT = 9, KEYS_WITNESSES = 4, KEYS_LINES = 3 };

static const enum command acting[] = {COMMAND_STEP, COMMAND_PAUSE, COMMAND_RESUME, COMMAND_UNDO};

static const char *effect_of(const struct option *option)
{
    return option->effect ? option->effect : "";
}

static void put_refusal(struct sheet *sheet, const struct option *option, bool warns, int lines)
{
    const struct finding *first = option->verdict.first;
    bool unknown = first && first->answer == ANSWER_UNKNOWN;

    enum role role = warns ? ROLE_HELD : ROLE_GUARD_BLOCKED;

    sheet_glyphs(sheet, role, warns ? GLYPH_STUCK : unknown ? GLYPH_STALE : GLYPH_FAILED, 1);
    if (!first) {
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_say(sheet, ROLE_TEXT, KEYS_INDENT, lines, effect_of(option));
        return;
    }
    sheet_put(sheet, role, " %s %s %s: ",
              warns     ? "asks once more"
              : unknown ? "unknown"
                        : "refused",
              rule_word[first->rule], rule_name[first->rule]);
    sheet_say(sheet, ROLE_TEXT, KEYS_INDENT, lines,
              first->sentence && first->sentence[0] ? first->sentence : effect_of(option));
}

/* The key, then what it would do; goes on with the current line. */
void put_offer(struct sheet *sheet, const struct look *look, enum command command, bool terse)
{
    struct offer offer = offer_of(look->screen, look->frame, look->row, command);
    const struct option *option = offer.option;
    const char *word = offer.verb == VERB_START ? "start" : command_info[command].label;
    int begin = sheet->column;

    sheet_text(sheet, offer.ready ? ROLE_KEY_HINT : ROLE_KEY_OFF,
               keymap_shown(look->screen->keymap, command));
    sheet_put(sheet, offer.ready ? ROLE_KEY_LABEL : ROLE_KEY_OFF, " %s", word);
    sheet_tab(sheet, begin + KEYS_INDENT);
    if (!option || !option->offered) {
        sheet_glyphs(sheet, ROLE_KEY_OFF, GLYPH_DASH, 1);
        if (option && effect_of(option)[0] && !terse) {
            sheet_text(sheet, ROLE_KEY_OFF, " ");
            sheet_say(sheet, ROLE_KEY_OFF, KEYS_INDENT, 1, effect_of(option));
        }
        return;
    }
    if (!option->allowed) {
        put_refusal(sheet, option, offer.warns, terse ? 1 : KEYS_LINES);
        return;
    }
    sheet_glyphs(sheet, ROLE_GUARD_OK, GLYPH_TICK, 1);
    sheet_text(sheet, ROLE_TEXT, " ");
    sheet_say(sheet, ROLE_TEXT, KEYS_INDENT, 1, effect_of(option));
    if (offer.hindrance[0] && !offer.ready)
        sheet_put(sheet, ROLE_KEY_HINT, "  (%s)", offer.hindrance);
}

void put_witnesses(struct sheet *sheet, const struct finding *finding, int indent, size_t most)
{
    char age[SPAN_TEXT];
    int object = 0, limit = (sheet->width - indent) / 2;

    for (size_t i = 0; i < finding->witness_count && i < most; i++) {
        int cells = text_cells(sheet->canvas, finding->witnesses[i].object);
        object = cells > object && cells <= limit ? cells : object;
    }
    for (size_t i = 0; i < finding->witness_count; i++) {
        const struct witness *witness = &finding->witnesses[i];
        sheet_line(sheet);
        sheet_tab(sheet, indent);
        if (i == most) {
            sheet_put(sheet, ROLE_DIM, "and %zu more", finding->witness_count - i);
            return;
        }
        sheet_text(sheet, ROLE_STRONG, witness->object);
        sheet_tab(sheet, indent + object + 1);
        sheet_put(sheet, ROLE_TEXT, " %s", witness->fact);
        if (witness->age_ms >= 0)
            sheet_put(sheet, ROLE_DIM, "  %s", age_text(witness->age_ms, age));
    }
}

void put_way_out(struct sheet *sheet, const struct finding *finding, int indent)
{
    if (!finding->way_out || !finding->way_out[0])
        return;
    sheet_line(sheet);
    sheet_tab(sheet, indent);
    sheet_text(sheet, ROLE_GUARD_OK, "way out: ");
    sheet_say(sheet, ROLE_TEXT, indent, 2, finding->way_out);
}

static void put_warning(struct sheet *sheet, const struct option *option)
{
    if (!option->allowed || !option->verdict.warning || !option->verdict.warning[0])
        return;
    sheet_line(sheet);
    sheet_tab(sheet, KEYS_INDENT);
    sheet_text(sheet, ROLE_STUCK, "but: ");
    sheet_say(sheet, ROLE_TEXT, KEYS_INDENT + 5, 2, option->verdict.warning);
}

static bool is_quiet(const struct option *option)
{
    return !option || !option->offered;
}

/* Short ones share a line where it is wide enough. */
static bool shares_line(const struct sheet *sheet, const struct option *option)
{
    int half = sheet->width / 2;

    if (sheet->column == 0 || sheet->column >= half || sheet->width < 70)
        return false;
    if (is_quiet(option))
        return true;
    return option->allowed && (int)strlen(effect_of(option)) + KEYS_INDENT + 2 <= half;
}

/* What stands behind a key: why it may, why it may not, and what helps. */
static void put_grounds(struct sheet *sheet, const struct option *option, bool step)
{
    if (is_quiet(option))
        return;
    put_warning(sheet, option);
    if (option->allowed || !option->verdict.first)
        return;
    sheet->rank = RANK_NICE;
    put_witnesses(sheet, option->verdict.first, KEYS_INDENT, KEYS_WITNESSES);
    sheet->rank = step ? RANK_KEY : RANK_MORE;
    put_way_out(sheet, option->verdict.first, KEYS_INDENT);
}

void section_keys(struct sheet *sheet, const struct look *look, bool brief)
{
    bool open = false, any = false;

    for (size_t i = 0; i < ARRAY_LEN(acting); i++) {
        struct offer offer = offer_of(look->screen, look->frame, look->row, acting[i]);
        bool step = acting[i] == COMMAND_STEP;
        if (brief && is_quiet(offer.option))
            continue;
        any = true;
        sheet->rank = step ? RANK_MUST : RANK_FACT;
        if (open && shares_line(sheet, offer.option)) {
            sheet_tab(sheet, sheet->width / 2);
            put_offer(sheet, look, acting[i], true);
            open = false;
            continue;
        }
        sheet_line(sheet);
        put_offer(sheet, look, acting[i], false);
        open = !step && (is_quiet(offer.option) || offer.option->allowed);
        put_grounds(sheet, offer.option, step);
    }
    if (any)
        return;
    sheet->rank = RANK_FACT;
    sheet_line(sheet);
    char text[120];
    keymap_rewrite(look->screen->keymap, "nothing is in flight: S P R U have nothing to do here",
                   false, text, sizeof text);
    sheet_text(sheet, ROLE_DIM, text);
}
