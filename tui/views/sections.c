/* sections.c: the facts about one rollout; see sections.h. */
#include "views/sections.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { LABEL = LOOK_LABEL, WRAP_LINES = 3, VERSION_ROOM = 24 };

static void label(struct sheet *sheet, const char *word)
{
    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, word);
    sheet_tab(sheet, LABEL);
}

enum role version_role(const struct row *row, const char *version)
{
    if (row->to[0] && strcmp(version, row->to) == 0)
        return ROLE_VERSION_NEW;
    if (strcmp(version, row->from) == 0)
        return ROLE_VERSION_LIVE;
    return ROLE_VIOLATED;
}

void put_version(struct sheet *sheet, const struct row *row, const char *version)
{
    char name[256];

    sheet_text(sheet, version_role(row, version),
               text_middle(sheet->canvas, version, VERSION_ROOM, name, sizeof name));
}

static void put_gap(struct sheet *sheet)
{
    sheet_text(sheet, ROLE_BORDER, " ");
    sheet_glyphs(sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    sheet_text(sheet, ROLE_BORDER, " ");
}

void section_head(struct sheet *sheet, const struct look *look, const char *at)
{
    const struct row *row = look->row;
    const struct service *service = row->service;
    char name[256], span[SPAN_TEXT];
    int place = text_cells(sheet->canvas, at), most = sheet->width / 2;

    sheet_line(sheet);
    sheet_glyphs(sheet, ROLE_BORDER, GLYPH_HLINE, 2);
    sheet_text(sheet, ROLE_BORDER, " ");
    sheet_text(sheet, ROLE_STRONG,
               text_middle(sheet->canvas, service->name, most, name, sizeof name));
    sheet_put(sheet, ROLE_TEXT, " @ %s",
              text_middle(sheet->canvas, service->cluster, 20, name, sizeof name));
    put_gap(sheet);
    sheet_glyphs(sheet, state_role(row->state), state_glyph(row->state), 1);
    sheet_put(sheet, state_role(row->state), " %s", board_word[row->state]);
    if (row->since_utc_ms >= 0 && row->state != BOARD_STEADY)
        sheet_put(sheet, ROLE_TEXT, " %s", since_text(look->frame, row->since_utc_ms, span));
    snprintf(name, sizeof name, "%s%s%s", service->kind, service->owner[0] ? " of " : "",
             service->owner);
    if (sheet_room(sheet) > place + 6 + text_cells(sheet->canvas, name)) {
        put_gap(sheet);
        sheet_text(sheet, service->owner[0] ? ROLE_TEXT : ROLE_DIM, name);
    }
    if (service->scope[0] && sheet_room(sheet) > place + 6 + (int)strlen(service->scope)) {
        put_gap(sheet);
        sheet_text(sheet, ROLE_DIM, service->scope);
    }
    sheet_text(sheet, ROLE_BORDER, " ");
    int line = sheet_room(sheet) - (place ? place + 2 : 0);
    if (line > 0)
        sheet_glyphs(sheet, ROLE_BORDER, GLYPH_HLINE, (unsigned)line);
    if (place && sheet_room(sheet) > place)
        sheet_put(sheet, ROLE_DIM, " %s ", at);
}

/* "2.8.1 19 serving, 1 ghost" */
static void put_counts(struct sheet *sheet, const struct row *row,
                       const struct version_count *version)
{
    bool any = false;

    put_version(sheet, row, version->version);
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++) {
        /* Serving is what people ask for first. */
        unsigned state = s == 0 ? INSTANCE_SERVING : s == INSTANCE_SERVING ? 0 : s;
        if (version->count[state] == 0)
            continue;
        enum role role = state == INSTANCE_FAILING ? ROLE_FAILED
                         : state == INSTANCE_GHOST ? ROLE_STALE
                                                   : ROLE_TEXT;
        sheet_put(sheet, role, "%s %u %s", any ? "," : "", version->count[state],
                  state == INSTANCE_GHOST ? "on a silent node" : instance_state_word[state]);
        any = true;
    }
    if (!any)
        sheet_text(sheet, ROLE_DIM, " none");
}

/* Versions in the order people think of them: live, new, then what should not be there. */
static size_t order_versions(const struct row *row, const struct version_count *out[32])
{
    const struct service *service = row->service;
    size_t n = 0;

    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < service->version_count && n < 32; i++) {
            enum role role = version_role(row, service->versions[i].version);
            int turn = role == ROLE_VERSION_LIVE ? 0 : role == ROLE_VERSION_NEW ? 1 : 2;
            if (turn == pass)
                out[n++] = &service->versions[i];
        }
    return n;
}

static void brief_live(struct sheet *sheet, const struct look *look)
{
    const struct version_count *versions[32];
    size_t count = order_versions(look->row, versions);

    label(sheet, "live");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && sheet_room(sheet) < 24 && sheet->width < 70) {
            sheet_line(sheet);
            sheet_tab(sheet, LABEL);
        } else if (i > 0) {
            sheet_text(sheet, ROLE_DIM, "   ");
        }
        put_counts(sheet, look->row, versions[i]);
    }
    if (count == 0)
        sheet_text(sheet, ROLE_DIM, "nothing runs");
}

/* The step that is aimed at: the one whose count was asked for, else the one reached. */
static uint32_t step_aimed(const struct row *row)
{
    uint32_t target = row->release ? row->release->target : 0;

    for (uint32_t i = row->step; target && i < row->steps && i < ROW_STEPS_MAX; i++)
        if (row->step_at[i] == target)
            return i + 1;
    return row->step ? row->step : 1;
}

void put_steps(struct sheet *sheet, const struct row *row)
{
    uint32_t here = step_aimed(row);

    for (uint32_t i = 0; i < row->steps && i < ROW_STEPS_MAX; i++) {
        enum role role = i + 1 == here ? state_role(row->state) : i < here ? ROLE_OK : ROLE_DIM;
        enum glyph glyph = i + 1 == here ? state_glyph(row->state)
                           : i < here    ? GLYPH_TICK
                                         : GLYPH_DOT_WAIT;
        if (i > 0)
            sheet_put(sheet, ROLE_BORDER, " %s ", canvas_glyph_text(sheet->canvas, GLYPH_HLINE));
        sheet_glyphs(sheet, role, glyph, 1);
        sheet_put(sheet, role, "%u", row->step_at[i] ? row->step_at[i] : i + 1);
    }
}

static const char *stage_text(const struct look *look, char *out, size_t size)
{
    const struct release *release = look->row->release;
    const struct stage_view *stages = &look->row->stages;
    char span[SPAN_TEXT], all[SPAN_TEXT];

    out[0] = '\0';
    if (stages->active) {
        snprintf(out, size, "%s%s, %s of %s left at least", stage_word[stages->stage],
                 release && release->paused ? ", paused" : "",
                 clock_format_span(stages->total_ms, span),
                 clock_format_span(stages->whole_ms, all));
        return out;
    }
    if (!release || release->stage == STAGE_NONE)
        return out;
    snprintf(out, size, "%s %s%s", stage_word[release->stage],
             since_text(look->frame, release->stage_utc_ms, span),
             release->paused ? ", paused" : "");
    return out;
}

/* In as many words as there is room for. */
static void put_alone(struct sheet *sheet, const struct row *row)
{
    const char *then = row->moves_by_itself ? "goes on by itself" : "stays here";
    const char *when = "if you disconnect it ";

    if (sheet_room(sheet) < (int)(strlen(when) + strlen(then)))
        when = "alone it ";
    sheet_text(sheet, ROLE_DIM, when);
    sheet_text(sheet, row->moves_by_itself ? ROLE_STUCK : ROLE_GUARD_OK, then);
}

static void brief_steps(struct sheet *sheet, const struct look *look)
{
    char stage[96];

    if (look->row->steps == 0)
        return;
    label(sheet, "steps");
    put_steps(sheet, look->row);
    if (look->row->moves_by_itself) { /* before anything that may need the room */
        sheet_text(sheet, ROLE_DIM, "   ");
        put_alone(sheet, look->row);
    }
    if (stage_text(look, stage, sizeof stage)[0]) {
        sheet_text(sheet, ROLE_DIM, "   ");
        sheet_text(sheet, ROLE_TEXT, stage);
    }
    if (look->row->moves_by_itself)
        return;
    if (sheet_room(sheet) < 42 && sheet->width < 70) {
        sheet_line(sheet);
        sheet_tab(sheet, LABEL);
    } else {
        sheet_text(sheet, ROLE_DIM, "   ");
    }
    put_alone(sheet, look->row);
}

static void put_origin(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    char day[DAYTIME_TEXT], span[SPAN_TEXT];

    if (row->since_utc_ms >= 0)
        sheet_put(sheet, ROLE_TEXT, "%s (%s)", daytime_text(row->since_utc_ms, day),
                  since_text(look->frame, row->since_utc_ms, span));
    else
        sheet_text(sheet, ROLE_DIM, "not known");
    sheet_text(sheet, ROLE_DIM, " by ");
    if (row->by[0])
        sheet_text(sheet, ROLE_TEXT, row->by);
    else
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_DASH, 1);
    if (row->service->owner[0]) {
        sheet_text(sheet, ROLE_DIM, ", owned by ");
        sheet_text(sheet, ROLE_TEXT, row->service->owner);
    }
}

static void put_why(struct sheet *sheet, const struct row *row, int lines)
{
    if (!row->why[0])
        return;
    label(sheet, "why");
    sheet_say(sheet, state_needs_you(row->state) ? state_role(row->state) : ROLE_TEXT, LABEL, lines,
              row->why);
}

static void put_drift(struct sheet *sheet, const struct row *row, int lines)
{
    if (!row->drift[0])
        return;
    label(sheet, "drift");
    sheet_say(sheet, ROLE_VIOLATED, LABEL, lines, row->drift);
}

/* Nobody acts at the same time unseen. */
static void put_claim(struct sheet *sheet, const struct look *look)
{
    const struct release *release = look->row->release;
    char span[SPAN_TEXT];

    if (!release || !release->claim.id[0])
        return;
    label(sheet, "claim");
    sheet_put(sheet, ROLE_HELD, "%s: %s", release->claim.by, verb_word[release->claim.verb]);
    if (release->claim.to_count)
        sheet_put(sheet, ROLE_HELD, " to %u", release->claim.to_count);
    if (release->claim.writes > 1)
        sheet_put(sheet, ROLE_HELD, ", write %u of %u", release->claim.write + 1,
                  release->claim.writes);
    sheet_put(sheet, ROLE_HELD, ", since %s",
              since_text(look->frame, release->claim.at_utc_ms, span));
}

void section_brief(struct sheet *sheet, const struct look *look)
{
    bool narrow = sheet->width < 70;

    sheet->rank = RANK_FACT;
    brief_live(sheet, look);
    sheet->rank = look->row->moves_by_itself ? RANK_KEY : RANK_MORE;
    brief_steps(sheet, look);
    sheet->rank = RANK_KEY;
    put_why(sheet, look->row, narrow ? 2 : 1);
    put_claim(sheet, look);
    put_drift(sheet, look->row, 1);
    sheet->rank = RANK_NICE;
    label(sheet, "since");
    put_origin(sheet, look);
    section_keys(sheet, look, true);
    sheet->rank = RANK_SPARE;
    section_rule_strip(sheet, look);
    section_dots(sheet, look);
}

void section_what(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;

    sheet->rank = RANK_FACT;
    label(sheet, "what");
    put_version(sheet, row, row->from);
    if (row->to[0]) {
        sheet_text(sheet, ROLE_DIM, " ");
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_ARROW, 1);
        sheet_text(sheet, ROLE_DIM, " ");
        put_version(sheet, row, row->to);
    }
    sheet_put(sheet, ROLE_TEXT, "   %u of %u serving", row->have, row->want);
    if (row->ghosts)
        sheet_put(sheet, ROLE_STALE, ", %u silent", row->ghosts);

    sheet->rank = RANK_MORE;
    label(sheet, "since");
    put_origin(sheet, look);
    sheet->rank = RANK_KEY;
    put_why(sheet, row, WRAP_LINES);
    put_drift(sheet, row, WRAP_LINES);
}

void section_steps(struct sheet *sheet, const struct look *look)
{
    if (look->row->steps == 0)
        return;
    sheet->rank = RANK_FACT;
    label(sheet, "steps");
    put_steps(sheet, look->row);
    label(sheet, "alone");
    put_alone(sheet, look->row);
}

static void put_undo_time(struct sheet *sheet, const struct undo_view *undo)
{
    char least[SPAN_TEXT], most[SPAN_TEXT], took[SPAN_TEXT], text[160];

    if (undo->least_ms < 0) {
        sheet_wrap(sheet, ROLE_DIM, LABEL, 2, "; not timed yet");
        return;
    }
    age_text(undo->least_ms, least);
    age_text(undo->most_ms, most);
    bool range = strcmp(least, most) != 0;
    snprintf(text, sizeof text, ", about %s%s%s", least, range ? " to " : "", range ? most : "");
    sheet_wrap(sheet, ROLE_STRONG, LABEL, 2, text);
    age_text(undo->took_ms, took);
    if (undo->timed == 1)
        snprintf(text, sizeof text, "(the last one took %s)", took);
    else
        snprintf(text, sizeof text, "(the last %u took %s)", undo->timed, took);
    if (sheet_room(sheet) <= text_cells(sheet->canvas, text)) {
        sheet_line(sheet);
        sheet_tab(sheet, LABEL);
    } else {
        sheet_text(sheet, ROLE_DIM, " ");
    }
    sheet_text(sheet, ROLE_DIM, text);
}

void section_undo(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    const struct undo_view *undo = &row->undo;

    if (!undo->offered)
        return;
    sheet->rank = RANK_FACT;
    label(sheet, "back");
    sheet_put(sheet, undo->warm || !undo->moves ? ROLE_TEXT : ROLE_STUCK, "%u warm", undo->warm);
    if (row->to[0]) {
        sheet_text(sheet, ROLE_TEXT, " on ");
        put_version(sheet, row, row->state == BOARD_ROLLING_BACK ? row->to : row->from);
    }
    sheet_put(sheet, ROLE_TEXT, ", %u to replace", undo->moves);
    if (undo->moves)
        put_undo_time(sheet, undo);
}

/* What was rehearsed, how sure that is, and what would undo it. */
static void put_certificate(struct sheet *sheet, const struct look *look)
{
    const struct stage_view *stages = &look->row->stages;
    const struct certificate *cert = &stages->cert;
    char span[SPAN_TEXT];

    if (stages->whole_ms <= 0)
        return;
    label(sheet, "profile");
    sheet_put(sheet, ROLE_TEXT, "%s: %s in all at least, %s rehearsal", stages->profile,
              clock_format_span(stages->whole_ms, span), stages->rehearsal ? "with a" : "no");
    if (cert->state == PROOF_NONE)
        return;
    label(sheet, "proof");
    sheet_put(sheet, stages->voided[0] ? ROLE_VIOLATED : ROLE_TEXT, "%s of %s, %s, %s%s%s",
              proof_word[cert->state], cert->version,
              since_text(look->frame, cert->at_utc_ms, span),
              cert->attended ? "attended" : "nobody watched all of it",
              stages->voided[0] ? "; void: " : "", stages->voided);
    if (stages->voids[0]) {
        label(sheet, "");
        sheet_say(sheet, ROLE_DIM, LABEL, WRAP_LINES, stages->voids);
    }
}

void section_record(struct sheet *sheet, const struct look *look)
{
    const struct release *release = look->row->release;
    const struct board_cluster *cluster = frame_cluster(look->frame, look->row->service->cluster);
    char stage[96], name[600];

    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "record");
    label(sheet, "release");
    if (!release) {
        sheet_text(sheet, ROLE_DIM, "none: no release was made through lockstep");
    } else {
        sheet_text(sheet, ROLE_TEXT, stage_text(look, stage, sizeof stage));
        sheet_put(sheet, ROLE_TEXT, "%s%u of %u asked for", stage[0] ? ", " : "", release->target,
                  release->replicas);
        if (release->by[0])
            sheet_put(sheet, ROLE_TEXT, ", by %s", release->by);
        if (release->newer) {
            label(sheet, "");
            sheet_text(sheet, ROLE_STUCK, "written by a newer lockstep: to look at only");
        }
        put_claim(sheet, look);
    }
    put_certificate(sheet, look);
    if (look->row->service->artifact[0]) {
        label(sheet, "image");
        sheet_text(sheet, ROLE_TEXT,
                   text_middle(sheet->canvas, look->row->service->artifact, sheet_room(sheet), name,
                               sizeof name));
    }
    if (cluster && cluster->note[0]) {
        label(sheet, "note");
        sheet_say(sheet, ROLE_HELD, LABEL, 2, cluster->note);
    }
}

/* Only the states that occur have a column. */
void section_versions(struct sheet *sheet, const struct look *look)
{
    const struct version_count *versions[32];
    size_t count = order_versions(look->row, versions);
    bool used[INSTANCE_STATE_COUNT] = {[INSTANCE_SERVING] = true};
    int left = 26, states = 0;

    for (size_t i = 0; i < count; i++)
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            used[s] = used[s] || versions[i]->count[s] > 0;
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        states += used[s];
    if (left > sheet->width - states * 10)
        left = sheet->width - states * 10;
    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "versions");
    sheet_line(sheet);
    sheet_tab(sheet, left);
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        if (used[s])
            sheet_put(sheet, ROLE_DIM, "%10s", instance_state_word[s]);
    for (size_t i = 0; i < count; i++) {
        enum role role = version_role(look->row, versions[i]->version);
        char name[256];
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, role,
                   text_middle(sheet->canvas, versions[i]->version, 16, name, sizeof name));
        sheet_put(sheet, ROLE_DIM, " %s",
                  role == ROLE_VERSION_LIVE  ? "live"
                  : role == ROLE_VERSION_NEW ? "new"
                                             : "third!");
        sheet_tab(sheet, left);
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            if (used[s])
                sheet_put(sheet,
                          s == INSTANCE_FAILING && versions[i]->count[s] ? ROLE_FAILED : ROLE_TEXT,
                          "%10u", versions[i]->count[s]);
    }
    for (size_t i = 0; i < look->row->service->launcher_count && i < 8; i++) {
        const struct launcher *launcher = &look->row->service->launchers[i];
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_put(sheet, ROLE_DIM, "%s would start ", launcher->name);
        put_version(sheet, look->row, launcher->version);
    }
}
