/* couplings.c: who calls whom, at which live versions, and which clients call it: of the selected
 * service, then of the rest of the fleet. */
#include "board/safety.h"

#include "views/page.h"

#include <stdio.h>
#include <string.h>

enum { COUPLINGS_WIDE = 110, NAME = 22, ELEMENT = 22, FLEET_LINES = 300 };

static const struct safety *safety_of(const struct look *look)
{
    return look->row->safety;
}

static bool has_contracts(const struct look *look)
{
    return safety_of(look) && safety_of(look)->declared;
}

static void put_none(struct sheet *sheet, const struct look *look)
{
    sheet_line(sheet);
    if (has_contracts(look)) {
        sheet_text(sheet, ROLE_DIM, "none, as its contracts say");
        return;
    }
    sheet_wrap(sheet, ROLE_HELD, 0, 3,
               "not known: no contract of this service says whom it calls and what it stores. "
               "`lockstep init` drafts one from what runs.");
}

static void put_cut(struct sheet *sheet, enum role role, const char *text, int room)
{
    char name[512];
    int column = sheet->column;

    sheet_text(sheet, role, text_middle(sheet->canvas, text, room, name, sizeof name));
    sheet_tab(sheet, column + room + 1);
}

/* "Charge/1   12 need it   2.8.1 has it, 2.9.0 lacks it" */
static void put_call(struct sheet *sheet, const struct safety_call *call)
{
    bool needed = call->by[0] != '\0', lacks = needed && call->lacking[0];
    int element = sheet->width >= 70 ? ELEMENT : ELEMENT - 6;

    sheet_line(sheet);
    sheet_tab(sheet, 2);
    sheet_glyphs(sheet,
                 lacks    ? ROLE_VIOLATED
                 : needed ? ROLE_OK
                          : ROLE_DIM,
                 lacks    ? GLYPH_FAILED
                 : needed ? GLYPH_TICK
                          : GLYPH_MIDDOT,
                 1);
    sheet_text(sheet, ROLE_TEXT, " ");
    put_cut(sheet, needed ? ROLE_TEXT : ROLE_DIM, call->element, element);
    if (!needed) {
        sheet_text(sheet, ROLE_DIM, "no version that may run needs it");
        return;
    }
    sheet_put(sheet, ROLE_TEXT, "%s", call->by);
    sheet_put(sheet, ROLE_DIM, " %s ", canvas_glyph_text(sheet->canvas, GLYPH_ARROW));
    sheet_put(sheet, ROLE_TEXT, "%s", call->from[0] ? call->from : "nobody");
    if (!lacks)
        return;
    if (sheet_room(sheet) < (int)strlen(call->lacking) + 16) {
        sheet_line(sheet);
        sheet_tab(sheet, 4);
    }
    sheet_put(sheet, ROLE_VIOLATED, "  %s lacks it", call->lacking);
}

/* The other one: its versions, and where it goes. */
static void put_peer_name(struct sheet *sheet, const struct look *look, const char *name)
{
    const struct safety *safety = safety_of(look);

    sheet_line(sheet);
    put_cut(sheet, ROLE_STRONG, name, NAME);
    for (size_t i = 0; i < safety->peer_count; i++) {
        const struct safety_peer *peer = &safety->peers[i];
        if (strcmp(peer->name, name) != 0)
            continue;
        sheet_put(sheet, ROLE_VERSION_LIVE, "%s", peer->live[0] ? peer->live : "nothing runs");
        if (peer->changing[0])
            sheet_put(sheet, ROLE_MOVING, "  %s moves to %s",
                      canvas_glyph_text(sheet->canvas, GLYPH_MOVING), peer->changing);
    }
}

static size_t put_calls(struct sheet *sheet, const struct look *look, bool out)
{
    const struct safety *safety = safety_of(look);
    const char *me = NULL, *last = "";
    size_t count = 0;

    for (size_t i = 0; safety && i < safety->call_count; i++) {
        const struct safety_call *call = &safety->calls[i];
        bool is_out = strcmp(call->caller, look->row->service->name) == 0;
        me = is_out ? call->callee : call->caller;
        if (is_out != out)
            continue;
        if (strcmp(me, last) != 0)
            put_peer_name(sheet, look, me);
        last = me;
        put_call(sheet, call);
        count++;
    }
    return count;
}

static void put_client(struct sheet *sheet, const struct safety_client *client)
{
    bool loses = client->leaves && (client->calls > 0 || !client->ended);

    sheet_line(sheet);
    sheet_glyphs(sheet, loses ? ROLE_VIOLATED : ROLE_OK, loses ? GLYPH_FAILED : GLYPH_TICK, 1);
    sheet_text(sheet, ROLE_TEXT, " ");
    put_cut(sheet, ROLE_STRONG, client->name, NAME - 2);
    put_cut(sheet, ROLE_TEXT, client->element, sheet->width >= 70 ? 16 : 12);
    sheet_put(sheet, client->calls ? ROLE_TEXT : ROLE_DIM, "%llu calls",
              (unsigned long long)client->calls);
    sheet_put(sheet, client->ended ? ROLE_DIM : ROLE_TEXT, ", %s",
              client->ended ? "support ended" : "supported");
    if (client->leaves)
        sheet_put(sheet, loses ? ROLE_VIOLATED : ROLE_TEXT, ", goes away with %s",
                  keymap_name(sheet->canvas->keymap, COMMAND_STEP));
    if (client->counted[0] && sheet_room(sheet) > (int)strlen(client->counted) + 12)
        sheet_put(sheet, ROLE_DIM, " (counted by %s)", client->counted);
}

static void compose_of_one(struct sheet *sheet, const struct look *look)
{
    const struct safety *safety = safety_of(look);

    sheet->rank = RANK_FACT;
    sheet_rule(sheet, "calls others");
    if (put_calls(sheet, look, true) == 0)
        put_none(sheet, look);
    sheet_rule(sheet, "is called by services");
    if (put_calls(sheet, look, false) == 0 && has_contracts(look))
        put_none(sheet, look);
    sheet_rule(sheet, "is called by clients");
    for (size_t i = 0; safety && i < safety->client_count; i++)
        put_client(sheet, &safety->clients[i]);
    if (!safety || safety->client_count == 0) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_DIM, "none is declared: settings, `clients`, or `lockstep attest`");
    }
}

static void put_coupled(struct sheet *sheet, const struct row *row)
{
    const struct safety *safety = row->safety;
    char name[64];

    for (size_t i = 0; i < safety->peer_count; i++) {
        const struct safety_peer *peer = &safety->peers[i];
        sheet_line(sheet);
        sheet_glyphs(sheet, state_role(row->state), state_glyph(row->state), 1);
        sheet_text(sheet, ROLE_TEXT, " ");
        put_cut(sheet, i ? ROLE_DIM : ROLE_STRONG, row->service->name, 18);
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_HLINE, 2);
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_text(sheet, ROLE_STRONG,
                   text_middle(sheet->canvas, peer->name, 18, name, sizeof name));
        sheet_text(sheet, ROLE_TEXT, " ");
        sheet_put(sheet, ROLE_VERSION_LIVE, "%s", peer->live[0] ? peer->live : "nothing runs");
        if (peer->changing[0])
            sheet_put(sheet, ROLE_MOVING, " %s %s", canvas_glyph_text(sheet->canvas, GLYPH_MOVING),
                      peer->changing);
        sheet_text(sheet, ROLE_TEXT, "  ");
        sheet_wrap(sheet, ROLE_DIM, 4, 2, peer->over);
    }
}

static void compose_fleet(struct sheet *sheet, const struct look *look)
{
    const struct frame *frame = look->frame;
    size_t undeclared = 0, alone = 0;

    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "coupled: never in flight together");
    if (safety_of(look))
        put_coupled(sheet, look->row);
    for (size_t i = 0; i < frame->row_count && sheet->line_count < FLEET_LINES; i++) {
        const struct row *row = frame->rows[i];
        if (row == look->row)
            continue;
        if (!row->safety || !row->safety->declared)
            undeclared++;
        else if (row->safety->peer_count == 0)
            alone++;
        else
            put_coupled(sheet, row);
    }
    sheet_line(sheet);
    sheet_put(sheet, ROLE_DIM, "%zu without contracts: not known; %zu coupled to nobody",
              undeclared, alone);
}

static void couplings_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    const struct page page = {compose_of_one, compose_fleet, NULL, COUPLINGS_WIDE, "couplings"};

    page_draw(&page, screen, canvas, frame);
}

const struct view view_couplings = {
    .name = "couplings", .draw = couplings_draw, .command = page_command, .click = page_click};
