/* hosts.h: the nodes of a cluster as one service sees them: which runs how many of which version.
 */
#ifndef LOCKSTEP_TUI_VIEWS_HOSTS_H
#define LOCKSTEP_TUI_VIEWS_HOSTS_H

#include "views/page.h"

enum { HOSTS_VERSIONS = 6, HOSTS_LABEL = 10 }; /* versions with a column of their own */

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
    size_t count, all, selected; /* shown, before the filter of the screen */
    unsigned silent, used;
};

/* Every node of the cluster, those to worry about first. The caller frees hosts->host. */
void hosts_make(struct hosts *hosts, const struct look *look);
void hosts_select(struct hosts *hosts, struct screen *screen, size_t at);
/* The selection sticks to the node; one that is gone hands on to the first. */
void hosts_settle(struct hosts *hosts, struct screen *screen);
uint32_t hosts_sum(const uint32_t count[INSTANCE_STATE_COUNT]);

/* One cell for a node. */
enum role hosts_role(const struct host *host);
enum glyph hosts_glyph(const struct host *host);
/* How many there are and which are silent, then node by version in at most so many lines. */
void hosts_grid(struct sheet *sheet, const struct hosts *hosts, int lines);
/* What runs, or ran, on the selected one. */
void hosts_detail(struct sheet *sheet, const struct hosts *hosts);

#endif
