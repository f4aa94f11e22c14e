/* nodes.c: where one service runs: instances as dots, and node by node.
 *
 * A node that does not report comes first, with what it ran last: it counts until it is
 * fenced, whatever the rest of the screen looks like. */
#include "views/sections.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOTS_LEFT = 14,
    DOT_ROWS = 4,
    TROUBLE_MAX = 4,
    NODES_MAX = 300,
    NODE_LEFT_MAX = 18,
    NODE_NOTE = 14
};

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
    bool any = unit > 1;
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        any = any || (used[s] && s != INSTANCE_SERVING);
    if (!any)
        return;
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

/* Instances with the same reason are told together: a line why, a line which. */
static void put_trouble(struct sheet *sheet, const struct look *look, size_t first)
{
    const struct service *service = look->row->service;
    const struct instance *one = &service->instances[first];
    const char *version = service->versions[one->version].version;
    char name[512], span[SPAN_TEXT];
    size_t same = 0;

    for (size_t i = first; i < service->instance_count; i++)
        same += strcmp(service->instances[i].reason, one->reason) == 0;
    sheet_line(sheet);
    sheet_glyphs(sheet, dot_role(look->row, version, one->state),
                 dot_glyph(look->row, version, one->state), 1);
    sheet_put(sheet, ROLE_STRONG, " %zu ", same);
    if (one->since_utc_ms >= 0)
        sheet_put(sheet, ROLE_DIM, "for %s: ", since_text(look->frame, one->since_utc_ms, span));
    sheet_say(sheet, ROLE_TEXT, 4, 3, one->reason);
    sheet_line(sheet);
    sheet_tab(sheet, 4);
    for (size_t i = first, n = 0; i < service->instance_count && sheet_room(sheet) > 8; i++) {
        const struct instance *instance = &service->instances[i];
        if (strcmp(instance->reason, one->reason) != 0)
            continue;
        const struct node *node =
            snapshot_find_node(look->frame->snapshot, service->cluster, instance->node);
        sheet_put(sheet, ROLE_DIM, "%s%s", n++ ? ", " : "",
                  text_middle(sheet->canvas, instance->name, 24, name, sizeof name));
        if (node)
            sheet_put(sheet, ROLE_DIM, " on %s",
                      text_middle(sheet->canvas, node->name, 16, name, sizeof name));
    }
}

static void put_troubles(struct sheet *sheet, const struct look *look)
{
    const struct service *service = look->row->service;
    size_t firsts[TROUBLE_MAX], told = 0;

    for (size_t i = 0; i < service->instance_count && told < TROUBLE_MAX; i++) {
        const char *reason = service->instances[i].reason;
        bool known = reason[0] == '\0';
        for (size_t k = 0; k < told && !known; k++)
            known = strcmp(service->instances[firsts[k]].reason, reason) == 0;
        if (known)
            continue;
        firsts[told++] = i;
        put_trouble(sheet, look, i);
    }
}

static unsigned measure_unit(const struct sheet *sheet, const struct row *row)
{
    unsigned all = 0, unit = 1;
    unsigned room = (unsigned)(sheet->width > DOTS_LEFT ? sheet->width - DOTS_LEFT : 1);

    for (size_t i = 0; i < row->service->version_count; i++)
        for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
            all += row->service->versions[i].count[s];
    while (all / unit > room * DOT_ROWS)
        unit *= 10;
    return unit;
}

static bool has_instances(const struct version_count *version)
{
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        if (version->count[s])
            return true;
    return false;
}

static void put_grid(struct sheet *sheet, const struct row *row, unsigned unit)
{
    for (size_t i = 0; i < row->service->version_count && i < 16; i++) {
        const struct version_count *version = &row->service->versions[i];
        char name[256];
        if (!has_instances(version))
            continue;
        sheet_line(sheet);
        sheet_tab(sheet, 1);
        sheet_text(sheet, version_role(row, version->version),
                   text_middle(sheet->canvas, version->version, DOTS_LEFT - 2, name, sizeof name));
        sheet_tab(sheet, DOTS_LEFT);
        put_dots(sheet, row, version, unit);
    }
}

void section_dots(struct sheet *sheet, const struct look *look)
{
    unsigned unit = measure_unit(sheet, look->row);

    if (sheet->width <= DOTS_LEFT)
        return;
    put_grid(sheet, look->row, unit);
    put_legend(sheet, look->row, unit);
}

void section_instances(struct sheet *sheet, const struct look *look)
{
    sheet->rank = RANK_MORE;
    sheet_rule(sheet, "instances");
    section_dots(sheet, look);
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

int node_names_compare(const char *a, const char *b)
{
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0");
            b += strspn(b, "0");
            size_t left = strspn(a, "0123456789"), right = strspn(b, "0123456789");
            int by_digits = left == right ? strncmp(a, b, left) : left < right ? -1 : 1;
            if (by_digits)
                return by_digits;
            a += left;
            b += right;
        } else if (*a != *b) {
            break;
        } else {
            a++;
            b++;
        }
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int compare_spots(const void *left, const void *right)
{
    const struct spot *a = left, *b = right;
    int by_node = strcmp(a->placement->node, b->placement->node);

    if (a->worry != b->worry)
        return a->worry - b->worry;
    if (a->node && b->node && by_node != 0) {
        int by_name = node_names_compare(a->node->name, b->node->name);
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

/* Dots of one placement in at most `room` cells, so that columns stay. */
static void put_placement(struct sheet *sheet, const struct row *row,
                          const struct placement *placement, int room)
{
    const char *version = row->service->versions[placement->version].version;
    unsigned all = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        all += placement->count[s];
    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++) {
        unsigned count = placement->count[s];
        bool many = all > (unsigned)room;
        if (count == 0)
            continue;
        sheet_glyphs(sheet, dot_role(row, version, s), dot_glyph(row, version, s),
                     many ? 1 : count);
        if (many)
            sheet_put(sheet, ROLE_TEXT, "%s%u ", canvas_glyph_text(sheet->canvas, GLYPH_TIMES),
                      count);
    }
}

/* Columns of the versions; those that do not fit are named where they occur. */
struct matrix {
    int left, column; /* cells of the node's name, of one version */
    size_t shown;
};

static struct matrix measure_matrix(const struct sheet *sheet, const struct row *row,
                                    const struct spot *spots)
{
    struct matrix matrix = {.left = 8, .column = 10};
    int room;

    for (size_t i = 0; i < row->service->version_count; i++) {
        int cells = text_cells(sheet->canvas, row->service->versions[i].version) + 2;
        matrix.column = cells > matrix.column ? cells : matrix.column;
    }
    for (size_t i = 0; i < row->service->placement_count && i < NODES_MAX; i++) {
        const char *name = spots[i].node ? spots[i].node->name : spots[i].placement->node;
        int cells = text_cells(sheet->canvas, name) + 3;
        matrix.left = cells > matrix.left ? cells : matrix.left;
    }
    if (matrix.left > NODE_LEFT_MAX)
        matrix.left = NODE_LEFT_MAX;
    if (matrix.column > 16)
        matrix.column = 16;
    room = sheet->width - matrix.left - NODE_NOTE;
    matrix.shown = room > 0 ? (size_t)(room / matrix.column) : 0;
    if (matrix.shown > row->service->version_count)
        matrix.shown = row->service->version_count;
    return matrix;
}

static void put_matrix_head(struct sheet *sheet, const struct row *row, struct matrix matrix)
{
    char name[256];

    sheet_line(sheet);
    for (size_t v = 0; v < matrix.shown; v++) {
        const char *version = row->service->versions[v].version;
        sheet_tab(sheet, matrix.left + (int)v * matrix.column);
        sheet_text(sheet, version_role(row, version),
                   text_middle(sheet->canvas, version, matrix.column - 2, name, sizeof name));
    }
}

static void put_node_name(struct sheet *sheet, const struct spot *spot, int left)
{
    const struct node *node = spot->node;
    bool quiet = node && node->state == NODE_REPORTING;
    char name[512];

    sheet_line(sheet);
    if (quiet)
        sheet_text(sheet, ROLE_TEXT, " ");
    else
        sheet_glyphs(sheet, ROLE_STALE, GLYPH_STALE, 1);
    sheet_text(sheet, quiet ? ROLE_TEXT : ROLE_STRONG,
               text_middle(sheet->canvas, node ? node->name : spot->placement->node, left - 3, name,
                           sizeof name));
}

/* What there is to say about the node itself: state, since when, what it ran last. */
static void put_node_note(struct sheet *sheet, const struct look *look, const struct spot *spot)
{
    const struct node *node = spot->node;
    const struct service *service = look->row->service;
    char span[SPAN_TEXT];

    if (!node) {
        sheet_text(sheet, ROLE_STALE, "never reported");
        return;
    }
    if (node->draining)
        sheet_text(sheet, ROLE_HELD, "draining ");
    if (node->state == NODE_REPORTING)
        return;
    sheet_put(sheet, ROLE_STALE, "%s", node_state_word[node->state]);
    if (node->state_utc_ms >= 0)
        sheet_put(sheet, ROLE_STALE, " %s", since_text(look->frame, node->state_utc_ms, span));
    const char *last = service->versions[spot->placement->version].version;
    if (sheet_room(sheet) < 11 + text_cells(sheet->canvas, last))
        return; /* its dot stands under that version */
    sheet_put(sheet, ROLE_STALE, ", last ran %s", last);
    if (node->note[0] && sheet_room(sheet) > 12)
        sheet_put(sheet, ROLE_DIM, ", %s", node->note);
}

/* One node: its placements are spots[0 .. count - 1]. */
static void put_node(struct sheet *sheet, const struct look *look, const struct spot *spots,
                     size_t count, struct matrix matrix)
{
    const struct service *service = look->row->service;
    int end = matrix.left + (int)matrix.shown * matrix.column;

    put_node_name(sheet, &spots[0], matrix.left);
    for (size_t i = 0; i < count; i++) {
        const struct placement *placement = spots[i].placement;
        if (placement->version >= matrix.shown)
            continue;
        sheet_tab(sheet, matrix.left + (int)placement->version * matrix.column);
        put_placement(sheet, look->row, placement, matrix.column - 2);
    }
    sheet_tab(sheet, end);
    for (size_t i = 0; i < count; i++) {
        const struct placement *placement = spots[i].placement;
        if (placement->version < matrix.shown)
            continue;
        put_version(sheet, look->row, service->versions[placement->version].version);
        sheet_text(sheet, ROLE_TEXT, " ");
        put_placement(sheet, look->row, placement, 6);
        sheet_text(sheet, ROLE_TEXT, "  ");
    }
    put_node_note(sheet, look, &spots[0]);
}

static size_t same_node(const struct spot *spots, size_t from, size_t count)
{
    size_t to = from;

    while (to < count && compare_nodes(&spots[from], &spots[to]) == 0)
        to++;
    return to;
}

void section_nodes(struct sheet *sheet, const struct look *look)
{
    size_t count = look->row->service->placement_count, nodes = 0, silent = 0, shown = 0;
    struct spot *spots = collect(look);
    struct matrix matrix = measure_matrix(sheet, look->row, spots);
    char title[96];

    for (size_t i = 0; i < count; i = same_node(spots, i, count)) {
        nodes++;
        silent += !spots[i].node || spots[i].node->state != NODE_REPORTING;
    }
    snprintf(title, sizeof title, "nodes: %zu", nodes);
    if (silent)
        snprintf(title, sizeof title, "nodes: %zu, %zu not reporting", nodes, silent);
    sheet->rank = RANK_NICE;
    sheet_rule(sheet, title);
    if (matrix.shown && nodes)
        put_matrix_head(sheet, look->row, matrix);
    for (size_t i = 0, next; i < count && shown < NODES_MAX; i = next, shown++) {
        next = same_node(spots, i, count);
        put_node(sheet, look, spots + i, next - i, matrix);
    }
    if (nodes > shown) {
        sheet_line(sheet);
        sheet_put(sheet, ROLE_DIM, " and %zu more nodes", nodes - shown);
    }
    free(spots);
}
