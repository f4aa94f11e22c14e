/* hosts_grid.c: the nodes as a grid, and what runs on the selected one. */
#include "views/hosts.h"

#include <stdio.h>
#include <string.h>

enum { HOSTS_SERVICES = 40 };

enum role hosts_role(const struct host *host)
{
    if (host->worry < 3)
        return ROLE_STALE;
    if (host->failing)
        return ROLE_FAILED;
    if (host->third)
        return ROLE_VIOLATED;
    return host->fresh ? ROLE_VERSION_NEW : host->live ? ROLE_VERSION_LIVE : ROLE_DIM;
}

enum glyph hosts_glyph(const struct host *host)
{
    if (host->worry < 3)
        return GLYPH_STALE;
    if (host->failing)
        return GLYPH_FAILED;
    if (host->third)
        return GLYPH_VIOLATED;
    if (host->live && host->fresh)
        return GLYPH_DOT_BOTH;
    return host->fresh ? GLYPH_DOT_NEW : host->live ? GLYPH_DOT_OLD : GLYPH_MIDDOT;
}

static void put_count(struct sheet *sheet, const struct host *host, enum role role, uint32_t count)
{
    if (count == 0)
        sheet_glyphs(sheet, ROLE_DIM, GLYPH_MIDDOT, 1);
    else if (host->worry < 3)
        sheet_glyphs(sheet, ROLE_STALE, GLYPH_STALE, 1);
    else if (count > 9)
        sheet_text(sheet, role, "+");
    else
        sheet_put(sheet, role, "%u", count);
}

/* Node by version: a line for each version, a cell for each node, in it how many. */
static void put_matrix(struct sheet *sheet, const struct hosts *hosts)
{
    char name[256];

    for (size_t v = 0; v < hosts->version_count; v++) {
        enum role role = version_role(hosts->look->row, hosts->version[v]);
        sheet_line(sheet);
        sheet_text(
            sheet, role,
            text_middle(sheet->canvas, hosts->version[v], HOSTS_LABEL - 1, name, sizeof name));
        sheet_tab(sheet, HOSTS_LABEL);
        for (size_t i = 0; i < hosts->count; i++)
            put_count(sheet, &hosts->host[i], role, hosts->host[i].on[v]);
    }
}

/* Too many nodes for that: a cell for each, its sign says what runs there. */
static void put_cells(struct sheet *sheet, const struct hosts *hosts, int lines)
{
    size_t room = (size_t)(sheet->width > 0 ? sheet->width : 1), shown = 0;

    for (int y = 0; y < lines && shown < hosts->count; y++) {
        sheet_line(sheet);
        for (size_t x = 0; x < room && shown < hosts->count; x++, shown++)
            sheet_glyphs(sheet, hosts_role(&hosts->host[shown]), hosts_glyph(&hosts->host[shown]),
                         1);
    }
    sheet_line(sheet);
    sheet_glyphs(sheet, ROLE_VERSION_LIVE, GLYPH_DOT_OLD, 1);
    sheet_text(sheet, ROLE_DIM, " live  ");
    sheet_glyphs(sheet, ROLE_VERSION_NEW, GLYPH_DOT_NEW, 1);
    sheet_text(sheet, ROLE_DIM, " new  ");
    sheet_glyphs(sheet, ROLE_VERSION_NEW, GLYPH_DOT_BOTH, 1);
    sheet_text(sheet, ROLE_DIM, " both  ");
    sheet_glyphs(sheet, ROLE_STALE, GLYPH_STALE, 1);
    sheet_text(sheet, ROLE_DIM, " silent");
    if (shown < hosts->count)
        sheet_put(sheet, ROLE_DIM, "   and %zu more nodes", hosts->count - shown);
}

static void put_summary(struct sheet *sheet, const struct hosts *hosts)
{
    const struct row *row = hosts->look->row;
    char span[SPAN_TEXT];

    sheet_line(sheet);
    sheet_put(sheet, ROLE_TEXT, "%zu node%s, %s on %u", hosts->all, hosts->all == 1 ? "" : "s",
              row->service->name, hosts->used);
    if (hosts->silent == 0) {
        sheet_text(sheet, ROLE_DIM, hosts->all ? ", all report" : "");
        return;
    }
    const struct host *first = hosts->count ? &hosts->host[0] : NULL;
    sheet_put(sheet, ROLE_STALE, ", %u not reporting", hosts->silent);
    if (first && first->worry < 3 && first->node && first->node->state_utc_ms >= 0)
        sheet_put(sheet, ROLE_STALE, ", %s for %s", first->name,
                  since_text(hosts->look->frame, first->node->state_utc_ms, span));
}

void hosts_grid(struct sheet *sheet, const struct hosts *hosts, int lines)
{
    bool fits =
        (int)hosts->count <= sheet->width - HOSTS_LABEL && (int)hosts->version_count + 1 <= lines;

    put_summary(sheet, hosts);
    if (hosts->count == 0 || lines < 3)
        return;
    if (fits)
        put_matrix(sheet, hosts);
    else
        put_cells(sheet, hosts, lines - 2);
}

/* ---- what runs on the selected one ---- */

static void put_runs(struct sheet *sheet, const struct hosts *hosts, const struct host *host)
{
    const struct frame *frame = hosts->look->frame;
    const char *cluster = hosts->look->row->service->cluster;
    unsigned told = 0;

    for (size_t r = 0; r < frame->row_count && told < HOSTS_SERVICES; r++) {
        const struct service *service = frame->rows[r]->service;
        if (strcmp(service->cluster, cluster) != 0)
            continue;
        for (size_t p = 0; p < service->placement_count; p++) {
            const struct placement *placement = &service->placements[p];
            uint32_t count = hosts_sum(placement->count);
            if (count == 0 || strcmp(placement->node, host->id) != 0)
                continue;
            if (sheet_room(sheet) < (int)strlen(service->name) + 14) {
                sheet_line(sheet);
                sheet_tab(sheet, 2);
            }
            sheet_put(sheet, ROLE_TEXT, "%s ", service->name);
            put_version(sheet, frame->rows[r], service->versions[placement->version].version);
            if (count > 1)
                sheet_put(sheet, ROLE_DIM, " %s%u", canvas_glyph_text(sheet->canvas, GLYPH_TIMES),
                          count);
            sheet_text(sheet, ROLE_TEXT, "  ");
            told++;
        }
    }
    if (told == 0)
        sheet_text(sheet, ROLE_DIM, "nothing that lockstep knows of");
}

void hosts_detail(struct sheet *sheet, const struct hosts *hosts)
{
    const struct host *host;
    char title[240];

    if (hosts->selected >= hosts->count)
        return;
    host = &hosts->host[hosts->selected];
    snprintf(title, sizeof title, "on %.200s", host->name);
    sheet->rank = RANK_MUST;
    sheet_rule(sheet, title);
    sheet->rank = RANK_KEY;
    if (host->worry < 3 && host->node) {
        sheet_line(sheet);
        sheet_text(sheet, ROLE_KEY_HINT, keymap_shown(hosts->look->screen->keymap, COMMAND_MORE));
        sheet_text(sheet, ROLE_TEXT, " fences it: what it ran counts as gone, on your evidence");
        if (host->node->note[0]) {
            sheet_line(sheet);
            sheet_say(sheet, ROLE_STALE, 2, 2, host->node->note);
        }
    } else if (host->node && host->node->note[0]) {
        sheet_line(sheet);
        sheet_say(sheet, ROLE_DIM, 2, 2, host->node->note);
    }
    sheet->rank = RANK_MORE;
    sheet_line(sheet);
    sheet_text(sheet, ROLE_DIM, host->worry < 3 ? "ran last: " : "runs: ");
    put_runs(sheet, hosts, host);
}
