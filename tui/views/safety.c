/* safety.c: may it be released, and could it be taken back? The rules with their witnesses, how
 * far back it can go, what was rehearsed, the stages, and which rules were broken and when.
 * Two columns from 110, else one that scrolls. */
#include "board/safety.h"

#include "views/page.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { SAFETY_TWO_COLUMNS = 110, SAFETY_LABEL = 11 };

static void label(struct sheet *sheet, const char *word)
{
    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, word);
    sheet_tab(sheet, SAFETY_LABEL);
}

/* ---- glass ---- */

static void section_glass(struct sheet *sheet, const struct look *look)
{
    const struct glass_view *glass = &look->row->glass;
    char at[DAYTIME_TEXT], until[DAYTIME_TEXT], span[SPAN_TEXT];

    if (!glass->broken)
        return;
    sheet->rank = RANK_MUST;
    sheet_line(sheet);
    sheet_glyphs(sheet, ROLE_DANGER, GLYPH_VIOLATED, 1);
    sheet_put(sheet, ROLE_DANGER, " GLASS BROKEN past %s at %s (%s) by %s", glass->rules,
              daytime_text(glass->at_utc_ms, at), since_text(look->frame, glass->at_utc_ms, span),
              glass->by);
    label(sheet, "  because");
    sheet_wrap(sheet, ROLE_STRONG, SAFETY_LABEL, 2, glass->reason);
    label(sheet, "");
    if (glass->waits)
        sheet_text(sheet, ROLE_STUCK, "a second person must press the same");
    else if (glass->open)
        sheet_put(sheet, ROLE_STUCK, "open for %s until %s", verb_word[glass->verb],
                  daytime_text(glass->until_utc_ms, until));
    else
        sheet_text(sheet, ROLE_TEXT, "over; red until what runs breaks no rule any more");
    if (glass->second && glass->second[0])
        sheet_put(sheet, ROLE_TEXT, ", confirmed by %s", glass->second);
}

/* ---- how far back ---- */

static const char *version_or_none(const char *version)
{
    return strcmp(version, "?") == 0 ? "none known" : version;
}

static bool floor_moves(const char *now, const char *after)
{
    return after[0] && strcmp(now, after) != 0;
}

static void put_floor(struct sheet *sheet, const char *now, const char *after)
{
    sheet_text(sheet, ROLE_VERSION_LIVE, version_or_none(now));
    if (!floor_moves(now, after))
        return;
    sheet_text(sheet, ROLE_TEXT, " ");
    sheet_glyphs(sheet, ROLE_DIM, GLYPH_ARROW, 1);
    sheet_put(sheet, ROLE_STUCK, " %s after %s", version_or_none(after),
              keymap_name(sheet->canvas->keymap, COMMAND_STEP));
}

static const struct safety_store *find_store(const struct safety *safety, const char *name)
{
    for (size_t i = 0; safety && i < safety->store_count; i++)
        if (strcmp(safety->stores[i].name, name) == 0)
            return &safety->stores[i];
    return NULL;
}

static void put_store_line(struct sheet *sheet, enum role role, const char *what, const char *names)
{
    if (!names[0])
        return;
    label(sheet, "");
    sheet_text(sheet, ROLE_DIM, what);
    sheet_wrap(sheet, role, SAFETY_LABEL + 2, 2, names);
}

static void put_store(struct sheet *sheet, const char *name, const struct floor_store *floor,
                      const struct safety_store *more)
{
    char cut[64];
    const char *may = more ? more->may : floor ? floor->may : "";

    sheet_line(sheet);
    sheet_text(sheet, ROLE_STRONG,
               text_middle(sheet->canvas, name, SAFETY_LABEL - 1, cut, sizeof cut));
    sheet_tab(sheet, SAFETY_LABEL);
    if (floor && floor->now[0])
        put_floor(sheet, floor->now, floor->after);
    else
        sheet_text(sheet, ROLE_DIM, "no version declares reads");
    sheet->rank = RANK_MORE;
    put_store_line(sheet, ROLE_TEXT, "at rest ", may);
    if (more) {
        char adds[KEY_WORD + 8];
        snprintf(adds, sizeof adds, "%s adds ", keymap_name(sheet->canvas->keymap, COMMAND_STEP));
        put_store_line(sheet, ROLE_STUCK, adds, more->adds);
        put_store_line(sheet, ROLE_TEXT, "has ", more->has);
        for (size_t i = 0; i < more->gone_count; i++)
            put_store_line(sheet, ROLE_HELD,
                           i ? "and " : "nobody writes any more: ", more->gone[i]);
    }
    sheet->rank = RANK_FACT;
}

static void section_floor(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    const struct safety *safety = row->safety;

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "how far back");
    label(sheet, "floor");
    if (row->floor.now && row->floor.now[0]) {
        put_floor(sheet, row->floor.now, row->floor.after);
        label(sheet, "");
        sheet_wrap(sheet, ROLE_DIM, SAFETY_LABEL, 2,
                   floor_moves(row->floor.now, row->floor.after)
                       ? "after that key nothing older can read what is at rest"
                       : "the oldest version that reads all that is at rest");
    } else {
        sheet_wrap(sheet, ROLE_DIM, SAFETY_LABEL, 2,
                   safety && safety->declared ? "nothing of it is at rest anywhere"
                                              : "not known: no contract says what it reads");
    }
    for (size_t i = 0; i < row->floor.store_count; i++)
        put_store(sheet, row->floor.stores[i].store, &row->floor.stores[i],
                  find_store(safety, row->floor.stores[i].store));
    for (size_t i = 0; row->floor.store_count == 0 && safety && i < safety->store_count; i++)
        put_store(sheet, safety->stores[i].name, NULL, &safety->stores[i]);
}

/* ---- the certificate ---- */

static void put_proof(struct sheet *sheet, const struct stage_view *stages)
{
    enum proof have = stages->cert.state;

    sheet_line(sheet);
    sheet_tab(sheet, 1);
    for (unsigned p = PROOF_CANARIED; p < PROOF_COUNT; p++) {
        bool done = p <= (unsigned)have && !stages->voided[0];
        bool skipped = !stages->rehearsal && p > PROOF_BAKED;
        enum role role = done ? ROLE_OK : ROLE_DIM;
        if (skipped)
            continue;
        if (p > PROOF_CANARIED)
            sheet_put(sheet, ROLE_BORDER, " %s ", canvas_glyph_text(sheet->canvas, GLYPH_HLINE));
        sheet_glyphs(sheet, role,
                     done                  ? GLYPH_TICK
                     : p <= (unsigned)have ? GLYPH_FAILED
                                           : GLYPH_DOT_WAIT,
                     1);
        sheet_put(sheet, role, " %s", proof_word[p]);
    }
}

static void put_made(struct sheet *sheet, const struct look *look)
{
    const struct stage_view *stages = &look->row->stages;
    const struct certificate *cert = &stages->cert;
    char span[SPAN_TEXT];

    label(sheet, "of");
    sheet_text(sheet, ROLE_VERSION_NEW, cert->version);
    sheet_text(sheet, ROLE_DIM, " after ");
    sheet_text(sheet, ROLE_VERSION_LIVE, cert->from);
    if (cert->at_utc_ms > 0)
        sheet_put(sheet, ROLE_TEXT, ", %s ago", since_text(look->frame, cert->at_utc_ms, span));
    if (cert->by[0])
        sheet_put(sheet, ROLE_TEXT, " by %s", cert->by);
    label(sheet, "watched");
    if (cert->state < PROOF_BAKED)
        sheet_text(sheet, ROLE_DIM, "nothing to watch yet");
    else
        sheet_text(sheet, cert->attended ? ROLE_OK : ROLE_HELD,
                   cert->attended ? "attended: a dashboard was open on every bake"
                                  : "not all of it: nobody had a dashboard open");
    if (stages->attend && !cert->attended && cert->state >= PROOF_BAKED)
        sheet_text(sheet, ROLE_GUARD_BLOCKED, ", and the policy wants it");
    if (stages->elsewhere[0]) {
        label(sheet, "from");
        sheet_put(sheet, ROLE_TEXT, "the rehearsal in %s counts here", stages->elsewhere);
    }
    label(sheet, "evidence");
    if (cert->evidence[0])
        sheet_wrap(sheet, ROLE_OK, SAFETY_LABEL, 3, cert->evidence);
    else
        sheet_text(sheet, ROLE_HELD, "readiness and restarts only, weak");
}

static void section_certificate(struct sheet *sheet, const struct look *look)
{
    const struct stage_view *stages = &look->row->stages;

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "certificate");
    if (stages->whole_ms <= 0) {
        sheet_line(sheet);
        sheet_wrap(sheet, ROLE_DIM, 0, 2, "its profile has no stages: nothing is rehearsed here");
        return;
    }
    put_proof(sheet, stages);
    if (stages->cert.state != PROOF_NONE)
        put_made(sheet, look);
    if (stages->voided[0]) {
        label(sheet, "VOID");
        sheet_say(sheet, ROLE_VIOLATED, SAFETY_LABEL, 3, stages->voided);
    } else if (stages->voids[0]) {
        sheet_line(sheet);
        sheet_say(sheet, ROLE_DIM, 0, 4, stages->voids);
    } else if (stages->cert.state == PROOF_NONE) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "nothing is certified yet: the first key is the canary");
    }
}

/* ---- coupled services, and what may run ---- */

static void section_peers(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = look->row->safety;

    if (!safety || safety->peer_count == 0)
        return;
    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "coupled: never in flight together");
    for (size_t i = 0; i < safety->peer_count; i++) {
        const struct safety_peer *peer = &safety->peers[i];
        char name[64];
        sheet_line(sheet);
        sheet_glyphs(sheet, peer->changing[0] ? ROLE_MOVING : ROLE_OK,
                     peer->changing[0] ? GLYPH_MOVING : GLYPH_STEADY, 1);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_text(sheet, ROLE_STRONG,
                   text_middle(sheet->canvas, peer->name, 20, name, sizeof name));
        sheet_text(sheet, ROLE_TEXT, "  ");
        sheet_text(sheet, ROLE_VERSION_LIVE, peer->live[0] ? peer->live : "nothing runs");
        if (peer->changing[0])
            sheet_put(sheet, ROLE_MOVING, " on the way to %s", peer->changing);
        sheet_text(sheet, ROLE_DIM, "  ");
        sheet_wrap(sheet, ROLE_DIM, 4, 2, peer->over);
    }
}

static void put_said(struct sheet *sheet, const char *what, const char *said)
{
    if (!said[0])
        return;
    sheet_line(sheet);
    sheet_tab(sheet, 4);
    sheet_text(sheet, ROLE_DIM, what);
    sheet_wrap(sheet, ROLE_DIM, 4, 2, said);
}

static void section_clients(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = look->row->safety;

    if (!safety || safety->client_count == 0)
        return;
    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "clients: what they call stays");
    for (size_t i = 0; i < safety->client_count; i++) {
        const struct safety_client *client = &safety->clients[i];
        bool free = client->calls == 0 && client->ended;
        char name[64];
        sheet_line(sheet);
        sheet_glyphs(sheet,
                     free             ? ROLE_OK
                     : client->leaves ? ROLE_GUARD_BLOCKED
                                      : ROLE_HELD,
                     free             ? GLYPH_TICK
                     : client->leaves ? GLYPH_FAILED
                                      : GLYPH_STEADY,
                     1);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_text(sheet, ROLE_STRONG,
                   text_middle(sheet->canvas, client->name, 20, name, sizeof name));
        sheet_put(sheet, client->ended ? ROLE_TEXT : ROLE_HELD, "  support %s, ",
                  client->ended ? "ended" : "not ended");
        sheet_put(sheet, client->calls ? ROLE_HELD : ROLE_TEXT, "%llu calls of ",
                  (unsigned long long)client->calls);
        sheet_wrap(sheet, ROLE_TEXT, 4, 2, client->element);
        put_said(sheet, "counted by ", client->counted);
        put_said(sheet, "support: ", client->support);
    }
}

static void put_live(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = look->row->safety;

    if (!safety)
        return;
    label(sheet, "may run");
    for (size_t i = 0; i < safety->live_count; i++) {
        bool unknown = strcmp(safety->live[i], "?") == 0;
        if (i)
            sheet_text(sheet, ROLE_DIM, ", ");
        if (unknown)
            sheet_text(sheet, ROLE_STALE, "a version that is not known");
        else
            put_version(sheet, look->row, safety->live[i]);
    }
    if (safety->live_count == 0)
        sheet_text(sheet, ROLE_DIM, "nothing");
    if (look->row->ghosts)
        sheet_put(sheet, ROLE_STALE, "   %u on nodes that do not answer", look->row->ghosts);
}

static void put_stable(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    const int64_t left_ms = row->stable_left_ms - (look->frame->utc_ms - row->judged_utc_ms);
    char since[SPAN_TEXT], left[SPAN_TEXT];

    if (row->stable_since_utc_ms <= 0)
        return;
    label(sheet, "stable");
    sheet_put(sheet, ROLE_OK, "for %s", since_text(look->frame, row->stable_since_utc_ms, since));
    if (row->stable_left_ms > 0 && left_ms > 0)
        sheet_put(sheet, ROLE_TEXT, "; %s until a data step may build on it",
                  clock_format_span(left_ms, left));
}

/* ---- the view ---- */

/* What the key would do, or which rules refuse; why is told below. */
static void put_key(struct sheet *sheet, const struct keymap *keymap, const struct offer *offer)
{
    const struct verdict *verdict = &offer->option->verdict;
    const char *word = offer->verb == VERB_START ? "start" : command_info[offer->command].label;
    bool any = false;

    sheet_text(sheet, offer->ready ? ROLE_KEY_HINT : ROLE_KEY_OFF,
               keymap_shown(keymap, offer->command));
    sheet_put(sheet, offer->ready ? ROLE_KEY_LABEL : ROLE_KEY_OFF, " %s", word);
    sheet_tab(sheet, SAFETY_LABEL);
    if (offer->option->allowed || !verdict->first) {
        sheet_glyphs(sheet, offer->option->allowed ? ROLE_GUARD_OK : ROLE_GUARD_BLOCKED,
                     offer->option->allowed ? GLYPH_TICK : GLYPH_FAILED, 1);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_say(sheet, ROLE_TEXT, SAFETY_LABEL + 2, 2, offer->option->effect);
        return;
    }
    sheet_glyphs(sheet, ROLE_GUARD_BLOCKED, GLYPH_FAILED, 1);
    sheet_text(sheet, ROLE_GUARD_BLOCKED,
               verdict->answer == ANSWER_UNKNOWN ? " not known: " : " refused by ");
    for (unsigned r = 0; r < RULE_COUNT; r++) {
        const struct finding *finding = &verdict->findings[r];
        if ((finding->answer != ANSWER_REFUSE && finding->answer != ANSWER_UNKNOWN) ||
            finding->level == LEVEL_OBSERVE)
            continue;
        sheet_put(sheet, ROLE_STRONG, "%s%s %s", any ? ", " : "", rule_word[r], rule_name[r]);
        any = true;
    }
    if (offer->warns)
        sheet_text(sheet, ROLE_HELD, "; asks once more");
}

static void put_keys(struct sheet *sheet, const struct look *look)
{
    static const enum command keys[] = {COMMAND_STEP, COMMAND_RESUME, COMMAND_UNDO};
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct offer offer = offer_of(look->screen, look->frame, look->row, keys[i]);
        if (!offer.option || !offer.option->offered)
            continue;
        sheet_line(sheet);
        put_key(sheet, look->screen->keymap, &offer);
        any = true;
        if (!offer.option->allowed || !offer.option->verdict.warning ||
            !offer.option->verdict.warning[0])
            continue;
        label(sheet, "");
        sheet_text(sheet, ROLE_STUCK, "but: ");
        sheet_say(sheet, ROLE_TEXT, SAFETY_LABEL + 5, 2, offer.option->verdict.warning);
    }
    if (!any) {
        label(sheet, "keys");
        sheet_put(sheet, ROLE_DIM, "nothing is in flight: %s and %s have nothing to do",
                  keymap_name(sheet->canvas->keymap, COMMAND_STEP),
                  keymap_name(sheet->canvas->keymap, COMMAND_UNDO));
    }
}

static void compose_now(struct sheet *sheet, const struct look *look)
{
    section_glass(sheet, look);
    sheet->rank = RANK_FACT;
    put_live(sheet, look);
    put_stable(sheet, look);
    if (look->row->drift[0]) {
        label(sheet, "drift");
        sheet_say(sheet, ROLE_VIOLATED, SAFETY_LABEL, 3, look->row->drift);
    }
    put_keys(sheet, look);
    section_rules(sheet, look, false);
}

static void compose_then(struct sheet *sheet, const struct look *look)
{
    section_floor(sheet, look);
    section_stages(sheet, look, true);
    section_certificate(sheet, look);
    section_peers(sheet, look);
    section_clients(sheet, look);
    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "broken rules");
    if (frame_alarms(look)) {
        section_alarms(sheet, look);
        return;
    }
    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, "none has been broken since this dashboard is open");
}

static void safety_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct page page = {compose_now, compose_then, NULL, SAFETY_TWO_COLUMNS, "safety"};

    page_draw(&page, screen, canvas, frame);
}

const struct view view_safety = {
    .name = "safety", .draw = safety_draw, .command = page_command, .click = page_click};
