/* parts.c: see parts.h. */
#include "views/parts.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* What a state looks like; its word is board_word. */
static const struct {
    enum role role;
    enum glyph glyph;
} looks[BOARD_COUNT] = {
    [BOARD_FAILED] = {ROLE_FAILED, GLYPH_FAILED},
    [BOARD_STUCK] = {ROLE_STUCK, GLYPH_STUCK},
    [BOARD_GLASS] = {ROLE_VIOLATED, GLYPH_VIOLATED},
    [BOARD_VIOLATED] = {ROLE_VIOLATED, GLYPH_VIOLATED},
    [BOARD_ROLLING_BACK] = {ROLE_UNDO, GLYPH_UNDO},
    [BOARD_MOVING] = {ROLE_MOVING, GLYPH_MOVING},
    [BOARD_HELD] = {ROLE_HELD, GLYPH_HELD},
    [BOARD_STEADY] = {ROLE_OK, GLYPH_STEADY},
    [BOARD_STALE] = {ROLE_STALE, GLYPH_STALE},
};

enum role state_role(enum board_state state)
{
    return looks[state].role;
}

enum glyph state_glyph(enum board_state state)
{
    return looks[state].glyph;
}

bool state_needs_you(enum board_state state)
{
    return state <= BOARD_VIOLATED;
}

size_t frame_count(const struct frame *frame, enum board_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < frame->row_count; i++)
        count += frame->rows[i]->state == state;
    return count;
}

const char *age_text(int64_t ms, char out[SPAN_TEXT])
{
    if (ms < 0)
        snprintf(out, SPAN_TEXT, "-");
    else if (ms < 10000)
        snprintf(out, SPAN_TEXT, "%d.%ds", (int)(ms / 1000), (int)(ms % 1000 / 100));
    else
        return clock_format_span(ms, out);
    return out;
}

const char *since_text(const struct frame *frame, int64_t at_utc_ms, char out[SPAN_TEXT])
{
    if (at_utc_ms < 0) {
        snprintf(out, SPAN_TEXT, "-");
        return out;
    }
    return clock_format_span(frame->utc_ms > at_utc_ms ? frame->utc_ms - at_utc_ms : 0, out);
}

const char *daytime_text(int64_t utc_ms, char out[DAYTIME_TEXT])
{
    int64_t seconds = utc_ms < 0 ? 0 : utc_ms / 1000 % 86400;

    snprintf(out, DAYTIME_TEXT, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
             (int)(seconds % 60));
    return out;
}

void sheet_say(struct sheet *sheet, enum role role, int indent, int lines, const char *text)
{
    char told[1024], out[1024];
    const char *arrow = canvas_glyph_text(sheet->canvas, GLYPH_ARROW);
    size_t n = 0;

    keymap_tell(sheet->canvas->keymap, text, told, sizeof told);
    text = told;
    while (*text && n + 8 < sizeof out) {
        if (strncmp(text, "->", 2) != 0) {
            out[n++] = *text++;
            continue;
        }
        n += (size_t)snprintf(out + n, sizeof out - n, "%s", arrow);
        text += 2;
    }
    out[n] = '\0';
    sheet_wrap(sheet, role, indent, lines, out);
}

void put_more(struct canvas *canvas, int y, int right)
{
    char text[64];

    snprintf(text, sizeof text, " %s %s more ", canvas_glyph_text(canvas, GLYPH_DOWN),
             keymap_name(canvas->keymap, COMMAND_DOWN));
    int cells = text_cells(canvas, text);
    canvas_text(canvas, y, right - cells, cells, ROLE_KEY_HINT, text);
}

void put_gone(struct canvas *canvas, const struct area *body)
{
    canvas_print(canvas, body->y + 1, 3, body->width - 3, ROLE_DIM,
                 "this service is not there any more: %s goes back",
                 keymap_name(canvas->keymap, COMMAND_BACK));
}

const struct board_cluster *frame_cluster(const struct frame *frame, const char *name)
{
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (strcmp(frame->clusters[i].name, name) == 0)
            return &frame->clusters[i];
    return NULL;
}

bool cluster_needs_arming(const struct board_cluster *cluster)
{
    return cluster && cluster->production && !cluster->read_only &&
           strcmp(cluster->kind, "sim") != 0;
}

const char *frame_service_name(const struct frame *frame, const char *cluster, const char *id)
{
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct service *service = frame->rows[i]->service;
        if (strcmp(service->id, id) == 0 && strcmp(service->cluster, cluster) == 0)
            return service->name;
    }
    return id;
}

static enum verb verb_of(const struct row *row, enum command command)
{
    if (command == COMMAND_PAUSE)
        return VERB_PAUSE;
    if (command == COMMAND_RESUME)
        return VERB_RESUME;
    if (command == COMMAND_UNDO)
        return VERB_ROLLBACK;
    bool waits = row && !row->option[VERB_STEP].offered && row->option[VERB_START].offered;
    return waits ? VERB_START : VERB_STEP;
}

struct offer offer_of(const struct screen *screen, const struct frame *frame, const struct row *row,
                      enum command command)
{
    struct offer offer = {.command = command, .verb = verb_of(row, command), .hindrance = ""};

    if (!row)
        return offer;
    const struct board_cluster *cluster = frame_cluster(frame, row->service->cluster);
    offer.option = &row->option[offer.verb];
    if (cluster && cluster->read_only)
        snprintf(offer.hindrance, sizeof offer.hindrance, "read-only");
    else if (frame->no_journal && command != COMMAND_PAUSE && command != COMMAND_UNDO)
        snprintf(offer.hindrance, sizeof offer.hindrance, "no journal");
    else if (cluster_needs_arming(cluster) && !screen->armed && command != COMMAND_PAUSE)
        snprintf(offer.hindrance, sizeof offer.hindrance, "%s arms first",
                 keymap_name(screen->keymap, COMMAND_ARM));
    /* U offers arming in its own question. */
    bool blocked = offer.hindrance[0] && (command != COMMAND_UNDO || cluster->read_only);
    offer.warns = cluster && option_warns(offer.option, cluster);
    offer.ready = offer.option->offered && (offer.option->allowed || offer.warns) && !blocked;
    return offer;
}

static enum role end_role(enum action_end end)
{
    switch (end) {
    case END_NONE:
        return ROLE_MOVING;
    case END_APPLIED:
        return ROLE_OK;
    case END_REFUSED:
    case END_CONFLICT:
    case END_NOT_APPLIED:
        return ROLE_GUARD_BLOCKED;
    case END_PARTIAL:
    case END_UNKNOWN:
        return ROLE_DANGER;
    case END_COUNT:
        break;
    }
    return ROLE_TEXT;
}

enum role action_line(const struct frame *frame, const struct canvas *canvas,
                      const struct action_status *status, char *out, size_t size)
{
    const struct action *action = &status->action;
    const char *name = frame_service_name(frame, action->cluster, action->service);
    char age[SPAN_TEXT];

    if (status->end != END_NONE && status->sentence[0]) {
        snprintf(out, size, "%s", status->sentence);
    } else if (status->end != END_NONE) {
        snprintf(out, size, "%s %s: %s", verb_word[action->verb], name,
                 action_end_word[status->end]);
    } else if (action->to_count != action->have_count) {
        snprintf(out, size, "%s %s %u %s %u: %s%s %s", verb_word[action->verb], name,
                 action->have_count, canvas_glyph_text(canvas, GLYPH_ARROW), action->to_count,
                 action_phase_word[status->phase], canvas_glyph_text(canvas, GLYPH_DOTS),
                 age_text(frame->now_ms - status->since_ms, age));
    } else {
        snprintf(out, size, "%s %s: %s%s %s", verb_word[action->verb], name,
                 action_phase_word[status->phase], canvas_glyph_text(canvas, GLYPH_DOTS),
                 age_text(frame->now_ms - status->since_ms, age));
    }
    return end_role(status->end);
}
