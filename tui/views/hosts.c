/* hosts.c: the view of nodes: which node runs which version of the selected service, as a grid of
 * all of them and as a list; silent ones first, with what they ran last and for how long. */
#include "views/page.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOSTS_WIDE = 110,
    HOSTS_LIST = 66,      /* cells of the list when the grid stands beside it */
    HOSTS_GRID_FROM = 14, /* lines of the body, below that there is only the list */
    HOSTS_VERSIONS = 6,   /* with a column of their own */
    HOSTS_NAME = 20,
    HOSTS_LABEL = 10,
    HOSTS_DETAIL = 4,
    HOSTS_SERVICES = 40,
};

/* One node as the selected service sees it. */
struct host {
    const struct node *node; /* NULL: the cluster never named it */
    const char *id, *name;
    uint32_t on[HOSTS_VERSIONS], third; /* instances by version; of all others */
    uint32_t failing, others;           /* of it; instances of other services */
    bool live, fresh;                   /* runs the version before, the new one */
    int worry;                          /* lower comes first */
};

struct hosts {
    const struct look *look;
    const char *version[HOSTS_VERSIONS];
    size_t version_count;
    struct host *host;
    size_t count, selected;
    unsigned silent, used;
};

static int compare_ids(const void *left, const void *right)
{
    const struct host *a = left, *b = right;

    return strcmp(a->id, b->id);
}

static int compare_hosts(const void *left, const void *right)
{
    const struct host *a = left, *b = right;
    int by_name = node_names_compare(a->name, b->name);

    if (a->worry != b->worry)
        return a->worry - b->worry;
    return by_name ? by_name : strcmp(a->id, b->id);
}

static struct host *find_host(struct hosts *hosts, size_t count, const char *id)
{
    struct host key = {.id = id};

    return count ? bsearch(&key, hosts->host, count, sizeof key, compare_ids) : NULL;
}

static uint32_t sum_states(const uint32_t count[INSTANCE_STATE_COUNT])
{
    uint32_t sum = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        sum += count[s];
    return sum;
}

/* Live first, then new, then what should not be there. */
static void order_columns(struct hosts *hosts, size_t column[32])
{
    const struct service *service = hosts->look->row->service;

    for (size_t i = 0; i < 32; i++)
        column[i] = HOSTS_VERSIONS;
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < service->version_count && i < 32; i++) {
            enum role role = version_role(hosts->look->row, service->versions[i].version);
            int turn = role == ROLE_VERSION_LIVE ? 0 : role == ROLE_VERSION_NEW ? 1 : 2;
            if (turn != pass || hosts->version_count == HOSTS_VERSIONS)
                continue;
            column[i] = hosts->version_count;
            hosts->version[hosts->version_count++] = service->versions[i].version;
        }
}

static void add_placement(struct host *host, const struct hosts *hosts, size_t column,
                          const struct placement *placement)
{
    const struct service *service = hosts->look->row->service;
    enum role role = version_role(hosts->look->row, service->versions[placement->version].version);
    uint32_t all = sum_states(placement->count);

    if (column < HOSTS_VERSIONS)
        host->on[column] += all;
    else
        host->third += all;
    host->failing += placement->count[INSTANCE_FAILING];
    host->live = host->live || (role == ROLE_VERSION_LIVE && all);
    host->fresh = host->fresh || (role == ROLE_VERSION_NEW && all);
    if (role == ROLE_VIOLATED)
        host->third += column < HOSTS_VERSIONS ? all : 0;
}

static void add_others(struct hosts *hosts, size_t count)
{
    const struct frame *frame = hosts->look->frame;
    const struct service *mine = hosts->look->row->service;

    for (size_t r = 0; r < frame->row_count; r++) {
        const struct service *service = frame->rows[r]->service;
        if (service == mine || strcmp(service->cluster, mine->cluster) != 0)
            continue;
        for (size_t p = 0; p < service->placement_count; p++) {
            struct host *host = find_host(hosts, count, service->placements[p].node);
            if (host)
                host->others += sum_states(service->placements[p].count);
        }
    }
}

static int worry_of(const struct host *host)
{
    if (host->node && host->node->state == NODE_SILENT)
        return 0;
    if (!host->node)
        return 1;
    if (host->node->state != NODE_REPORTING)
        return host->node->state == NODE_FENCED ? 6 : 2;
    return host->third ? 3 : host->failing ? 4 : host->node->draining ? 5 : 7;
}

/* Every node of the cluster, and every one that only a placement names. */
static size_t list_nodes(struct hosts *hosts)
{
    const struct snapshot *snapshot = hosts->look->frame->snapshot;
    const struct service *service = hosts->look->row->service;
    size_t n = 0, named;

    hosts->host = xcalloc(snapshot->node_count + service->placement_count + 1, sizeof *hosts->host);
    for (size_t i = 0; i < snapshot->node_count; i++) {
        const struct node *node = &snapshot->nodes[i];
        if (strcmp(node->cluster, service->cluster) == 0)
            hosts->host[n++] = (struct host){.node = node, .id = node->id, .name = node->name};
    }
    qsort(hosts->host, n, sizeof *hosts->host, compare_ids);
    named = n;
    for (size_t i = 0; i < service->placement_count; i++) {
        const char *id = service->placements[i].node;
        bool known = find_host(hosts, named, id) != NULL;
        for (size_t k = named; k < n && !known; k++)
            known = strcmp(hosts->host[k].id, id) == 0;
        if (!known)
            hosts->host[n++] = (struct host){.id = id, .name = id[0] ? id : "(not placed)"};
    }
    qsort(hosts->host, n, sizeof *hosts->host, compare_ids);
    return n;
}

static void hosts_make(struct hosts *hosts, const struct look *look)
{
    const struct service *service = look->row->service;
    size_t column[32];

    *hosts = (struct hosts){.look = look};
    order_columns(hosts, column);
    hosts->count = list_nodes(hosts);
    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *placement = &service->placements[i];
        struct host *host = find_host(hosts, hosts->count, placement->node);
        if (host)
            add_placement(host, hosts,
                          placement->version < 32 ? column[placement->version] : HOSTS_VERSIONS,
                          placement);
    }
    add_others(hosts, hosts->count);
    for (size_t i = 0; i < hosts->count; i++) {
        struct host *host = &hosts->host[i];
        host->worry = worry_of(host);
        hosts->silent += host->worry < 3;
        hosts->used += host->live || host->fresh || host->third;
    }
    qsort(hosts->host, hosts->count, sizeof *hosts->host, compare_hosts);
}

static void select_host(struct hosts *hosts, struct screen *screen, size_t at)
{
    hosts->selected = at;
    screen->node[0] = '\0';
    if (at < hosts->count)
        snprintf(screen->node, sizeof screen->node, "%s", hosts->host[at].id);
}

/* It sticks to the node; one that is gone hands on to the first. */
static void settle_selection(struct hosts *hosts, struct screen *screen)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (strncmp(hosts->host[i].id, screen->node, sizeof screen->node - 1) == 0 &&
            screen->node[0]) {
            hosts->selected = i;
            return;
        }
    select_host(hosts, screen, 0);
}

/* ---- the grid ---- */

static enum role host_role(const struct host *host)
{
    if (host->worry < 3)
        return ROLE_STALE;
    if (host->failing)
        return ROLE_FAILED;
    if (host->third)
        return ROLE_VIOLATED;
    return host->fresh ? ROLE_VERSION_NEW : host->live ? ROLE_VERSION_LIVE : ROLE_DIM;
}

/* One cell for a node. */
static enum glyph host_glyph(const struct host *host)
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
            sheet_glyphs(sheet, host_role(&hosts->host[shown]), host_glyph(&hosts->host[shown]), 1);
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
    sheet_put(sheet, ROLE_TEXT, "%zu node%s, %s on %u", hosts->count, hosts->count == 1 ? "" : "s",
              row->service->name, hosts->used);
    if (hosts->silent == 0) {
        sheet_text(sheet, ROLE_DIM, hosts->count ? ", all report" : "");
        return;
    }
    const struct host *first = &hosts->host[0];
    sheet_put(sheet, ROLE_STALE, ", %u not reporting", hosts->silent);
    if (first->node && first->node->state_utc_ms >= 0)
        sheet_put(sheet, ROLE_STALE, ", %s for %s", first->name,
                  since_text(hosts->look->frame, first->node->state_utc_ms, span));
}

static void compose_grid(struct sheet *sheet, const struct hosts *hosts, int lines)
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
            uint32_t count = sum_states(placement->count);
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

static void compose_detail(struct sheet *sheet, const struct hosts *hosts)
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
        sheet_text(sheet, ROLE_KEY_HINT, command_info[COMMAND_MORE].key);
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

/* ---- the list ---- */

static int name_room(const struct hosts *hosts, const struct canvas *canvas, int width)
{
    int most = 8, limit = width >= 80 ? HOSTS_NAME + 8 : HOSTS_NAME;

    for (size_t i = 0; i < hosts->count && most < limit; i++) {
        int cells = text_cells(canvas, hosts->host[i].name);
        most = cells > most ? cells : most;
    }
    return most < limit ? most : limit;
}

static int version_room(const struct hosts *hosts, const struct canvas *canvas)
{
    int most = 5;

    for (size_t v = 0; v < hosts->version_count; v++) {
        int cells = text_cells(canvas, hosts->version[v]);
        most = cells > most ? cells : most;
    }
    return most < 10 ? most : 10;
}

struct columns {
    int name, version, note;
    size_t versions; /* shown */
};

static struct columns lay_columns(const struct hosts *hosts, const struct canvas *canvas, int width)
{
    struct columns c = {name_room(hosts, canvas, width), version_room(hosts, canvas), 0, 0};
    int left = 3 + c.name + 2;

    c.versions = hosts->version_count;
    while (c.versions > 1 && left + (int)c.versions * (c.version + 2) > width - 22)
        c.versions--;
    c.note = left + (int)c.versions * (c.version + 2);
    return c;
}

static void draw_header(const struct hosts *hosts, const struct columns *c, struct canvas *canvas,
                        int y, int width)
{
    char name[64];

    canvas_text(canvas, y, 3, c->name, ROLE_HEADER, "NODE");
    for (size_t v = 0; v < c->versions; v++)
        canvas_field(canvas, y, 3 + c->name + 2 + (int)v * (c->version + 2), c->version, true,
                     version_role(hosts->look->row, hosts->version[v]),
                     text_middle(canvas, hosts->version[v], c->version, name, sizeof name));
    canvas_text(canvas, y, c->note, width - c->note, ROLE_HEADER, "STATE");
}

/* "silent 41m00s, last ran 2.8.1" */
static void write_note(const struct hosts *hosts, const struct host *host, char *out, size_t size)
{
    char span[SPAN_TEXT] = "";
    const char *last = NULL;

    for (size_t v = hosts->version_count; v-- > 0;)
        last = host->on[v] ? hosts->version[v] : last;
    if (!host->node)
        snprintf(out, size, "never reported");
    else if (host->node->state != NODE_REPORTING) {
        if (host->node->state_utc_ms >= 0)
            since_text(hosts->look->frame, host->node->state_utc_ms, span);
        snprintf(out, size, "%s %s%s%s", node_state_word[host->node->state], span,
                 last ? ", last ran " : "", last ? last : "");
    } else if (host->third)
        snprintf(out, size, "runs a third version");
    else if (host->failing)
        snprintf(out, size, "%u failing", host->failing);
    else if (host->node->draining)
        snprintf(out, size, "draining");
    else if (host->others)
        snprintf(out, size, "reports; %u other instance%s", host->others,
                 host->others == 1 ? "" : "s");
    else
        snprintf(out, size, "reports");
}

static void draw_host(const struct hosts *hosts, const struct columns *c, size_t at,
                      struct canvas *canvas, int y, int width)
{
    const struct host *host = &hosts->host[at];
    bool worries = host->worry < 5;
    char name[512], text[300];

    if (at == hosts->selected)
        canvas_glyph(canvas, y, 0, ROLE_SELECTED, GLYPH_CURSOR);
    canvas_glyph(canvas, y, 1, host_role(host), host_glyph(host));
    canvas_field(canvas, y, 3, c->name, false, worries ? ROLE_STRONG : ROLE_TEXT,
                 text_middle(canvas, host->name, c->name, name, sizeof name));
    for (size_t v = 0; v < c->versions; v++) {
        int x = 3 + c->name + 2 + (int)v * (c->version + 2);
        if (host->on[v] == 0) {
            canvas_glyph(canvas, y, x + c->version - 1, ROLE_DIM, GLYPH_MIDDOT);
            continue;
        }
        snprintf(text, sizeof text, "%u", host->on[v]);
        canvas_field(
            canvas, y, x, c->version, true,
            host->worry < 3 ? ROLE_STALE : version_role(hosts->look->row, hosts->version[v]), text);
    }
    write_note(hosts, host, text, sizeof text);
    canvas_field(canvas, y, c->note, width - c->note, false, worries ? host_role(host) : ROLE_DIM,
                 text);
    if (at != hosts->selected)
        return;
    canvas_select(canvas, y, 0, width);
    canvas->cursor_y = y;
    canvas->cursor_x = 0;
}

static int first_visible(struct screen *screen, const struct hosts *hosts, int height)
{
    int at = (int)hosts->selected, last = (int)hosts->count - height;

    screen->page = height;
    if (screen->scroll > at)
        screen->scroll = at;
    if (height > 0 && at >= screen->scroll + height)
        screen->scroll = at - height + 1;
    if (screen->scroll > last)
        screen->scroll = last > 0 ? last : 0;
    return screen->scroll < 0 ? 0 : screen->scroll;
}

/* Where the list stands. */
struct place {
    struct area body;
    int head;                  /* lines above it: heading, grid, titles */
    int width, height, list_y; /* rows of the list */
    int grid, detail;          /* lines of them below one another; 0 when beside it */
};

static struct place lay_out(const struct screen *screen, const struct frame *frame,
                            const struct canvas *canvas, size_t versions, size_t count)
{
    struct place place = {.body = screen_body(screen, frame, canvas)};
    int lines = place.body.height;
    bool wide = place.body.width >= HOSTS_WIDE;

    place.width = wide ? HOSTS_LIST : place.body.width;
    if (!wide && lines >= HOSTS_GRID_FROM) {
        place.grid = (int)versions + 1 < lines / 3 ? (int)versions + 1 : lines / 3;
        if (place.grid < 4 && (int)count > place.body.width - HOSTS_LABEL)
            place.grid = 4;
        place.detail = HOSTS_DETAIL;
    } else if (!wide && lines >= 6) {
        place.grid = 1;
    }
    place.head = 1 + place.grid + 1;
    place.list_y = place.body.y + place.head;
    place.height = lines - place.head - place.detail;
    return place;
}

static void draw_beside(const struct hosts *hosts, const struct place *place, struct canvas *canvas)
{
    struct sheet sheet;
    int width = place->body.width - HOSTS_LIST - 2, lines = place->body.height - 1;

    sheet_init(&sheet, canvas, width);
    compose_grid(&sheet, hosts, lines * 2 / 3);
    sheet_line(&sheet);
    compose_detail(&sheet, hosts);
    sheet_draw(&sheet, canvas, place->body.y + 1, HOSTS_LIST + 2, lines, 0);
    sheet_release(&sheet);
    for (int y = 0; y < lines; y++)
        canvas_glyph(canvas, place->body.y + 1 + y, HOSTS_LIST, ROLE_BORDER, GLYPH_VLINE);
}

static void draw_below(const struct hosts *hosts, const struct place *place, struct canvas *canvas)
{
    struct sheet sheet;

    sheet_init(&sheet, canvas, place->body.width);
    if (place->grid)
        compose_grid(&sheet, hosts, place->grid);
    sheet_draw(&sheet, canvas, place->body.y + 1, 0, place->grid, 0);
    sheet_release(&sheet);
    if (!place->detail)
        return;
    sheet_init(&sheet, canvas, place->body.width);
    compose_detail(&sheet, hosts);
    sheet_fit(&sheet, place->detail);
    sheet_draw(&sheet, canvas, place->list_y + place->height, 0, place->detail, 0);
    sheet_release(&sheet);
}

static void draw_all(struct hosts *hosts, struct screen *screen, struct canvas *canvas,
                     const struct frame *frame)
{
    struct place place = lay_out(screen, frame, canvas, hosts->version_count, hosts->count);
    struct columns c = lay_columns(hosts, canvas, place.width);
    struct sheet head;
    char at[48];

    snprintf(at, sizeof at, "nodes %zu/%zu", hosts->count ? hosts->selected + 1 : 0, hosts->count);
    sheet_init(&head, canvas, place.body.width);
    section_head(&head, hosts->look, at);
    sheet_draw(&head, canvas, place.body.y, 0, 1, 0);
    sheet_release(&head);
    if (place.body.width >= HOSTS_WIDE)
        draw_beside(hosts, &place, canvas);
    else
        draw_below(hosts, &place, canvas);
    int top = first_visible(screen, hosts, place.height);
    draw_header(hosts, &c, canvas, place.list_y - 1, place.width);
    for (int i = 0; i < place.height && (size_t)(top + i) < hosts->count; i++)
        draw_host(hosts, &c, (size_t)(top + i), canvas, place.list_y + i, place.width);
    if (hosts->count == 0)
        canvas_text(canvas, place.list_y, 3, place.width - 3, ROLE_DIM,
                    "this cluster names no nodes, or this identity may not list them");
}

static void hosts_draw(struct screen *screen, const struct frame *frame, struct canvas *canvas)
{
    struct look look = {.screen = screen, .frame = frame, .row = screen_selected(screen, frame)};
    struct area body = screen_body(screen, frame, canvas);
    struct hosts hosts;

    if (body.height <= 0)
        return;
    if (!look.row) {
        canvas_text(canvas, body.y + 1, 3, body.width - 3, ROLE_DIM,
                    "this service is not there any more: esc goes back");
        return;
    }
    hosts_make(&hosts, &look);
    settle_selection(&hosts, screen);
    draw_all(&hosts, screen, canvas, frame);
    free(hosts.host);
}

static void move_selection(struct hosts *hosts, struct screen *screen, long by)
{
    long at = (long)hosts->selected + by, last = (long)hosts->count - 1;

    if (hosts->count)
        select_host(hosts, screen, (size_t)(at < 0 ? 0 : at > last ? last : at));
}

static bool hosts_command(struct screen *screen, const struct frame *frame, enum command command,
                          int height)
{
    const struct look look = {screen, frame, screen_selected(screen, frame)};
    int page = screen->page > 1 ? screen->page : 1;
    struct hosts hosts;
    long by = 0;

    if (page_go_on(screen, frame, command, height)) {
        screen->node[0] = '\0';
        return true;
    }
    if (command == COMMAND_DOWN || command == COMMAND_UP)
        by = 1;
    else if (command == COMMAND_PAGE_DOWN || command == COMMAND_PAGE_UP)
        by = page;
    else if (command == COMMAND_HALF_DOWN || command == COMMAND_HALF_UP)
        by = (page + 1) / 2;
    else if (command == COMMAND_TOP || command == COMMAND_BOTTOM)
        by = INT32_MAX / 2;
    if (by == 0 || !look.row)
        return false;
    bool up = command == COMMAND_UP || command == COMMAND_PAGE_UP || command == COMMAND_HALF_UP ||
              command == COMMAND_TOP;
    hosts_make(&hosts, &look);
    settle_selection(&hosts, screen);
    move_selection(&hosts, screen, up ? -by : by);
    free(hosts.host);
    return true;
}

static bool hosts_click(struct screen *screen, const struct frame *frame, int width, int height,
                        int y, int x)
{
    const struct canvas canvas = {.width = width, .height = height};
    const struct look look = {screen, frame, screen_selected(screen, frame)};
    struct hosts hosts;

    if (!look.row)
        return false;
    hosts_make(&hosts, &look);
    struct place place = lay_out(screen, frame, &canvas, hosts.version_count, hosts.count);
    size_t at = (size_t)(screen->scroll + y - place.list_y);
    bool hit = y >= place.list_y && y < place.list_y + place.height && x >= 0 && x < place.width &&
               at < hosts.count;
    if (hit)
        select_host(&hosts, screen, at);
    free(hosts.host);
    return hit;
}

const struct view view_nodes = {
    .name = "nodes", .draw = hosts_draw, .command = hosts_command, .click = hosts_click};
