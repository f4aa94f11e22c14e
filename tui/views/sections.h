/* sections.h: what there is to say about one rollout, piece by piece.
 *
 * The detail pane, the right column and the rollout view are made of the same
 * pieces; each puts lines into a sheet. */
#ifndef LOCKSTEP_TUI_VIEWS_SECTIONS_H
#define LOCKSTEP_TUI_VIEWS_SECTIONS_H

#include "views/parts.h"

/* Everything a piece may look at. */
struct look {
    const struct screen *screen;
    const struct frame *frame;
    const struct row *row;
};

/* Ranks of lines: what goes first when there is no room. */
enum { LOOK_LABEL = 8 }; /* cells of "live", "why", … */
enum look_rank { RANK_MUST, RANK_KEY, RANK_FACT, RANK_MORE, RANK_NICE, RANK_SPARE };

/* "── billing @ prod ── ! stuck ── deployment ──"; `at` may name the place in the list, or "". */
void section_head(struct sheet *sheet, const struct look *look, const char *at);
/* The whole story in as few lines as there is room for. */
void section_brief(struct sheet *sheet, const struct look *look);

void section_what(struct sheet *sheet, const struct look *look);
void section_versions(struct sheet *sheet, const struct look *look);
void section_steps(struct sheet *sheet, const struct look *look);
bool has_stages(const struct row *row);
/* One after the other with bakes and counts; `waits`: and what S waits for. */
void section_stages(struct sheet *sheet, const struct look *look, bool waits);
/* How many of the version before still serve, and how long U would take. */
void section_undo(struct sheet *sheet, const struct look *look);
/* What S, P, R and U would do; brief: only those that make sense now. */
void section_keys(struct sheet *sheet, const struct look *look, bool brief);
/* What the bake that runs is judged by; nothing where nothing is measured. */
void section_measures(struct sheet *sheet, const struct look *look);
void section_record(struct sheet *sheet, const struct look *look);
void section_instances(struct sheet *sheet, const struct look *look);
void section_dots(struct sheet *sheet, const struct look *look); /* only the grid of them */
void section_nodes(struct sheet *sheet, const struct look *look);
void section_alarms(struct sheet *sheet, const struct look *look);
/* How many alarms there are to tell: of this service, or with row NULL of all. */
size_t frame_alarms(const struct look *look);
/* Events of this service, or with row NULL of all; at most `most` lines. */
void section_events(struct sheet *sheet, const struct look *look, int most);

/* Every rule's answer to the keys and to what runs; brief: a line each, in their order. */
void section_rules(struct sheet *sheet, const struct look *look, bool brief);

void section_rule_strip(struct sheet *sheet, const struct look *look); /* "✓R0 ✗R1 …" */

/* What stands behind a broken rule; at most `most` witnesses, each on a line of its own. */
void put_witnesses(struct sheet *sheet, const struct finding *finding, int indent, size_t most);
void put_way_out(struct sheet *sheet, const struct finding *finding, int indent);

/* Pieces of a line. */
void put_version(struct sheet *sheet, const struct row *row, const char *version);
void put_steps(struct sheet *sheet, const struct row *row);
void put_offer(struct sheet *sheet, const struct look *look, enum command command, bool terse);
/* node-2 before node-10. */
int node_names_compare(const char *a, const char *b);
enum role version_role(const struct row *row, const char *version);

#endif
