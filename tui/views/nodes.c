/* nodes.c: where one service runs: instances as dots, and node by node.
 *
 * A node that does not report comes first, with what it ran last: it counts until it is
 * fenced, whatever the rest of the screen looks like. */
#include "views/sections.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOTS_LEFT = 14, DOT_ROWS = 4, TROUBLE_MAX = 6, NODES_MAX = 300, NODE_DOTS = 8 };

static enum glyph dot_glyph(const struct row *row, const char *version, unsigned state)
{
    switch ((enum instance_state)state) {
    case INSTANCE_STARTING:
        return GLYPH_DOT_WAIT;
    case INSTANCE_SERVING:
        return version_role(row, version) == ROLE_VERSION_NEW ? GLYPH_DOT_NEW : GLYPH_DOT_OLD;
    case INSTANCE_STOPPING:
        return GLYPH_DOWN;
    case INSTANCE_FAILING:
        return GLYPH_DOT_BAD;
    case INSTANCE_GHOST:
        return GLYPH_DOT_GHOST;
    case INSTANCE_STATE_COUNT:
        break;
    }
    return GLYPH_STALE;
}

static enum role dot_role(const struct row *row, const char *version, unsigned state)
{
    if (state == INSTANCE_FAILING)
        return ROLE_FAILED;
    if (state == INSTANCE_GHOST)
        return ROLE_STALE;
    if (state == INSTANCE_STARTING || state == INSTANCE_STOPPING)
        return ROLE_MOVING;
    return version_role(row, version);
}

/* Dots of all states of one version, over several lines; one dot is `unit` instances. */
static void put_dots(struct sheet *sheet, const struct row *row,
                     const struct version_count *version, unsigned unit)
{
    static const unsigned order[] = {INSTANCE_SERVING, INSTANCE_STARTING, INSTANCE_STOPPING,
                                     INSTANCE_FAILING, INSTANCE_GHOST};

    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        unsigned left = (version->count[order[i]] + unit - 1) / unit;
        while (left > 0) {
            unsigned room = (unsigned)sheet_room(sheet), now = left < room ? left : room;
            if (now == 0) {
                sheet_line(sheet);
                sheet_tab(sheet, DOTS_LEFT);
                if (sheet_room(sheet) == 0)
                    return;
                continue;
            }
            sheet_glyphs(sheet, dot_role(row, version->version, order[i]),
                         dot_glyph(row, version->version, order[i]), now);
            left -= now;
        }
    }
}

static void put_legend(struct sheet *sheet, const struct row *row, unsigned unit)
{
    bool used[INSTANCE_STATE_COUNT] = {false};

    for (size_t i = 0; i < row->service->version_count; i++)
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            used[s] = used[s] || row->service->versions[i].count[s] > 0;
    sheet_line(sheet);
    sheet_tab(sheet, DOTS_LEFT);
    if (unit > 1)
        sheet_put(sheet, ROLE_DIM, "each %u instances  ", unit);
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++) {
        if (!used[s] || s == INSTANCE_SERVING)
            continue;
        sheet_glyphs(sheet, ROLE_DIM, dot_glyph(row, "", s), 1);
        sheet_put(sheet, ROLE_DIM, " %s  ",
                  s == INSTANCE_GHOST ? "may still run" : instance_state_word[s]);
    }
}

static void put_troubles(struct sheet *sheet, const struct look *look)
{
    const struct service *service = look->row->service;
    size_t shown = 0, all = 0;

    for (size_t i = 0; i < service->instance_count; i++) {
        const struct instance *instance = &service->instances[i];
        const char *version = service->versions[instance->version].version;
        char name[512], span[SPAN_TEXT];
        if (instance->reason[0] == '\0' || all++ >= TROUBLE_MAX)
            continue;
        shown++;
        const struct node *node =
            snapshot_find_node(look->frame->snapshot, service->cluster, instance->node);
        sheet_line(sheet);
        sheet_glyphs(sheet, dot_role(look->row, version, instance->state),
                     dot_glyph(look->row, version, instance->state), 1);
        sheet_put(sheet, ROLE_TEXT, " %s",
                  text_middle(sheet->canvas, instance->name, 20, name, sizeof name));
        if (node)
            sheet_put(sheet, ROLE_DIM, " on %s",
                      text_middle(sheet->canvas, node->name, 14, name, sizeof name));
        if (instance->since_utc_ms >= 0)
            sheet_put(sheet, ROLE_DIM, " %s",
                      since_text(look->frame, instance->since_utc_ms, span));
        sheet_text(sheet, ROLE_DIM, "  ");
        sheet_say(sheet, ROLE_TEXT, 2, 2, instance->reason);
    }
    if (all > shown) {
        sheet_line(sheet);
        sheet_put(sheet, ROLE_DIM, "  and %zu more with a reason", all - shown);
    }
}

void section_instances(struct sheet *sheet, const struct look *look)
{
    const struct row *row = look->row;
    unsigned all = 0, unit = 1, room = (unsigned)(sheet->width - DOTS_LEFT);

    if (sheet->width <= DOTS_LEFT)
        return;
    for (size_t i = 0; i < row->service->version_count; i++)
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            all += row->service->versions[i].count[s];
    while (all / unit > room * DOT_ROWS)
        unit *= 10;
    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "instances");
    for (size_t i = 0; i < row->service->version_count && i < 16; i++) {
        const struct version_count *version = &row->service->versions[i];
        char name[256];
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, version_role(row, version->version),
                   text_middle(sheet->canvas, version->version, DOTS_LEFT - 2, name, sizeof name));
        sheet_tab(sheet, DOTS_LEFT);
        put_dots(sheet, row, version, unit);
    }
    put_legend(sheet, row, unit);
    put_troubles(sheet, look);
}

/* One placement with its node: the unit of the list below. */
struct spot {
    const struct placement *placement;
    const struct node *node; /* NULL: the cluster never named it */
    int worry;               /* lower comes first */
};

static int worry_of(const struct node *node, const struct placement *placement)
{
    if (!node)
        return 1;
    if (node->state != NODE_REPORTING)
        return 0;
    return placement->count[INSTANCE_FAILING] ? 2 : 3;
}

static int compare_spots(const void *left, const void *right)
{
    const struct spot *a = left, *b = right;
    int by_node = strcmp(a->placement->node, b->placement->node);

    if (a->worry != b->worry)
        return a->worry - b->worry;
    if (a->node && b->node && by_node != 0) {
        int by_name = strcmp(a->node->name, b->node->name);
        return by_name ? by_name : by_node;
    }
    if (by_node != 0)
        return by_node;
    return (int)a->placement->version - (int)b->placement->version;
}

static int compare_nodes(const void *left, const void *right)
{
    const struct spot *a = left, *b = right;

    return strcmp(a->placement->node, b->placement->node);
}

/* All placements, those of one node together, nodes to worry about first. */
static struct spot *collect(const struct look *look)
{
    const struct service *service = look->row->service;
    size_t count = service->placement_count;
    struct spot *spots = xcalloc(count + 1, sizeof *spots);

    for (size_t i = 0; i < count; i++) {
        spots[i].placement = &service->placements[i];
        spots[i].node = snapshot_find_node(look->frame->snapshot, service->cluster,
                                           service->placements[i].node);
        spots[i].worry = worry_of(spots[i].node, &service->placements[i]);
    }
    qsort(spots, count, sizeof *spots, compare_nodes);
    /* The worst placement speaks for its node. */
    for (size_t from = 0, to = 0; from < count; from = to) {
        int worry = spots[from].worry;
        for (to = from; to < count && compare_nodes(&spots[from], &spots[to]) == 0; to++)
            worry = spots[to].worry < worry ? spots[to].worry : worry;
        for (size_t i = from; i < to; i++)
            spots[i].worry = worry;
    }
    qsort(spots, count, sizeof *spots, compare_spots);
    return spots;
}

static void put_placement(struct sheet *sheet, const struct row *row,
                          const struct placement *placement)
{
    const char *version = row->service->versions[placement->version].version;
    bool blank = true;

    put_version(sheet, row, version);
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++) {
        unsigned count = placement->count[s];
        if (count == 0)
            continue;
        if (blank)
            sheet_text(sheet, ROLE_TEXT, " ");
        blank = false;
        sheet_glyphs(sheet, dot_role(row, version, s), dot_glyph(row, version, s),
                     count > NODE_DOTS ? 1 : count);
        if (count > NODE_DOTS) {
            sheet_glyphs(sheet, ROLE_DIM, GLYPH_TIMES, 1);
            sheet_put(sheet, ROLE_DIM, "%u ", count);
        }
    }
    sheet_text(sheet, ROLE_TEXT, "  ");
}

static void put_node_name(struct sheet *sheet, const struct look *look, const struct spot *spot)
{
    char name[512], span[SPAN_TEXT];
    const struct node *node = spot->node;
    bool quiet = node && node->state == NODE_REPORTING;

    sheet_line(sheet);
    if (quiet)
        sheet_text(sheet, ROLE_TEXT, " ");
    else
        sheet_glyphs(sheet, ROLE_STALE, GLYPH_STALE, 1);
    sheet_text(sheet, quiet ? ROLE_TEXT : ROLE_STRONG,
               text_middle(sheet->canvas, node ? node->name : spot->placement->node, 16, name,
                           sizeof name));
    sheet_tab(sheet, 18);
    if (!node)
        sheet_text(sheet, ROLE_STALE, "never reported");
    else if (!quiet)
        sheet_put(sheet, ROLE_STALE, "%s %s, last ran ", node_state_word[node->state],
                  since_text(look->frame, node->state_utc_ms, span));
    else if (node->draining)
        sheet_text(sheet, ROLE_HELD, "draining ");
}

static void put_node_note(struct sheet *sheet, const struct node *node)
{
    if (node && node->state != NODE_REPORTING && node->note[0])
        sheet_put(sheet, ROLE_DIM, " %s", node->note);
}

void section_nodes(struct sheet *sheet, const struct look *look)
{
    const struct service *service = look->row->service;
    struct spot *spots = collect(look);
    size_t nodes = 0, quiet = 0, shown = 0;
    char title[96];

    for (size_t i = 0; i < service->placement_count; i++) {
        bool again = i && strcmp(spots[i].placement->node, spots[i - 1].placement->node) == 0;
        nodes += !again;
        quiet += !again && spots[i].node && spots[i].node->state == NODE_REPORTING;
    }
    if (nodes > quiet)
        snprintf(title, sizeof title, "nodes: %zu, %zu not reporting", nodes, nodes - quiet);
    else
        snprintf(title, sizeof title, "nodes: %zu", nodes);
    sheet->rank = RANK_NICE;
    sheet_rule(sheet, title);
    for (size_t i = 0; i < service->placement_count; i++) {
        bool again = i && strcmp(spots[i].placement->node, spots[i - 1].placement->node) == 0;
        if (!again && shown++ == NODES_MAX) {
            sheet_line(sheet);
            sheet_put(sheet, ROLE_DIM, " and %zu more nodes", nodes - NODES_MAX);
            break;
        }
        if (!again)
            put_node_name(sheet, look, &spots[i]);
        put_placement(sheet, look->row, spots[i].placement);
        bool last = i + 1 == service->placement_count ||
                    strcmp(spots[i + 1].placement->node, spots[i].placement->node) != 0;
        if (last)
            put_node_note(sheet, spots[i].node);
    }
    free(spots);
}
