/* hosts.c: see hosts.h. */
#include "views/hosts.h"

#include "base/mem.h"
#include "views/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

uint32_t hosts_sum(const uint32_t count[INSTANCE_STATE_COUNT])
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
    uint32_t all = hosts_sum(placement->count);

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
                host->others += hosts_sum(service->placements[p].count);
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

/* One node, for the filter. */
struct sighting {
    const struct hosts *hosts;
    const struct host *host;
};

static bool fits_version(const struct filter_term *term, const struct sighting *seen)
{
    for (size_t v = 0; v < seen->hosts->version_count; v++)
        if (seen->host->on[v] && filter_fits(term, seen->hosts->version[v]))
            return true;
    return false;
}

static const char *state_word(const struct host *host)
{
    return host->node ? node_state_word[host->node->state] : "never reported";
}

static bool fits_host(const struct filter_term *term, const void *thing)
{
    const struct sighting *seen = thing;
    const struct host *host = seen->host;
    const char *note = host->node ? host->node->note : "";

    switch (term->field) {
    case FILTER_ANY:
        return filter_fits(term, host->name) || filter_fits(term, state_word(host)) ||
               filter_fits(term, note) || fits_version(term, seen);
    case FILTER_NODE:
        return filter_fits(term, host->name);
    case FILTER_STATE:
        return filter_fits(term, state_word(host)) ||
               (host->failing && filter_fits(term, "failing")) ||
               (host->node && host->node->draining && filter_fits(term, "draining"));
    case FILTER_VERSION:
        return fits_version(term, seen);
    case FILTER_CLUSTER:
    case FILTER_SERVICE:
    case FILTER_BY:
    case FILTER_KIND:
    case FILTER_MARKED:
    case FILTER_FIELD_COUNT:
        break;
    }
    return false;
}

static void sift(struct hosts *hosts)
{
    struct filter filter;
    size_t kept = 0;

    hosts->all = hosts->count;
    filter_parse(&filter, hosts->look->screen->sift.filter);
    for (size_t i = 0; i < hosts->count && filter.count; i++) {
        const struct sighting seen = {hosts, &hosts->host[i]};
        if (filter_passes(&filter, fits_host, &seen))
            hosts->host[kept++] = hosts->host[i];
    }
    hosts->count = filter.count ? kept : hosts->count;
    filter_release(&filter);
}

void hosts_make(struct hosts *hosts, const struct look *look)
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
    sift(hosts);
}

void hosts_select(struct hosts *hosts, struct screen *screen, size_t at)
{
    hosts->selected = at;
    screen->node[0] = '\0';
    if (at < hosts->count)
        snprintf(screen->node, sizeof screen->node, "%s", hosts->host[at].id);
}

void hosts_settle(struct hosts *hosts, struct screen *screen)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (strncmp(hosts->host[i].id, screen->node, sizeof screen->node - 1) == 0 &&
            screen->node[0]) {
            hosts->selected = i;
            return;
        }
    hosts_select(hosts, screen, 0);
}
