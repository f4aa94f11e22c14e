/* past.c: see past.h. */
#include "board/past.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const past_fault_word[PAST_FAULT_COUNT] = {
#define X(id, word, means) [PAST_##id] = word,
    PAST_FAULTS(X)
#undef X
};
const char *const past_fault_means[PAST_FAULT_COUNT] = {
#define X(id, word, means) [PAST_##id] = means,
    PAST_FAULTS(X)
#undef X
};

enum { PARTS_MAX = 4, PART_MAX = 1000, NAMED_MAX = 3 };

/* ---- a step left out ---- */

/* "v1.22.3" as numbers; a date or a build number is none that is counted in steps. */
static size_t numbers_of(const char *version, long out[PARTS_MAX])
{
    size_t count = 0;

    version += *version == 'v';
    for (;; version++) {
        char *end;
        if (*version < '0' || *version > '9' || count == PARTS_MAX)
            return 0;
        out[count] = strtol(version, &end, 10);
        if (out[count] > PART_MAX || (*end != '.' && *end != '\0'))
            return 0;
        count++;
        version = end;
        if (!*end)
            return count;
    }
}

static void judge_step(struct past_row *row, struct arena *arena)
{
    long from[PARTS_MAX], to[PARTS_MAX];
    size_t count = row->before ? numbers_of(row->before->version, from) : 0, i = 0;

    if (count == 0 || numbers_of(row->release->version, to) != count)
        return;
    while (i < count && from[i] == to[i])
        i++;
    if (i == count || to[i] - from[i] < 2)
        return;
    row->assumed[PAST_SKIPPED] = true;
    row->words[PAST_SKIPPED] =
        arena_printf(arena, "%s to %s leaves out %ld version%s", row->before->version,
                     row->release->version, to[i] - from[i] - 1, to[i] - from[i] > 2 ? "s" : "");
}

/* ---- canary and bake ---- */

static void judge_growth(struct past_row *row, struct arena *arena)
{
    const struct past_release *release = row->release;
    const struct past_growth *growth = release->growth;
    size_t count = release->growth_count, most = 0;
    char span[SPAN_TEXT];

    row->alone = row->of->replicas <= 1;
    row->unknown = !row->alone && !release->growth_is_whole;
    if (row->alone || row->unknown || count == 0)
        return;
    const uint32_t all = growth[count - 1].count, third = all / 3 > 1 ? all / 3 : 1;
    /* The longest pause after at most a third of them. */
    for (size_t i = 0; i + 1 < count && growth[i].count <= third; i++)
        if (!most || growth[i + 1].at_utc_ms - growth[i].at_utc_ms >
                         growth[most].at_utc_ms - growth[most - 1].at_utc_ms)
            most = i + 1;
    const int64_t pause_ms = most ? growth[most].at_utc_ms - growth[most - 1].at_utc_ms : 0;
    if (pause_ms >= PAST_BAKE_MS)
        return;
    if (pause_ms >= PAST_PAUSE_MS) {
        row->words[PAST_NO_BAKE] =
            arena_printf(arena, "%u of %u ran %s before the rest followed", growth[most - 1].count,
                         all, clock_format_span(pause_ms, span));
        return;
    }
    row->words[PAST_NO_CANARY] =
        arena_printf(arena, "all %u were begun within %s", all,
                     clock_format_span(growth[count - 1].at_utc_ms - growth[0].at_utc_ms, span));
}

/* ---- three at once ---- */

static void judge_third(struct past_row *row, bool newest, struct arena *arena)
{
    const struct past *of = row->of;
    const char *names[NAMED_MAX + 1] = {NULL};
    size_t versions = 0;
    char span[SPAN_TEXT];

    for (size_t i = 0; newest && i < of->release_count; i++) {
        const struct past_release *one = &of->release[i];
        bool known = one->running == 0;
        for (size_t k = 0; k < i && !known; k++)
            known = of->release[k].running && strcmp(of->release[k].version, one->version) == 0;
        if (!known && versions++ < NAMED_MAX)
            names[versions - 1] = one->version;
    }
    if (versions > 2) {
        row->words[PAST_THIRD] = arena_printf(arena, "%zu versions run now: %s, %s, %s", versions,
                                              names[0], names[1], names[2]);
        return;
    }
    const struct past_release *before = row->before;
    const int64_t gap_ms = before && before->at_utc_ms >= 0 && row->release->at_utc_ms >= 0
                               ? row->release->at_utc_ms - before->at_utc_ms
                               : -1;
    /* What came before the one before may not have been gone yet. */
    if (gap_ms < 0 || gap_ms >= PAST_PAUSE_MS || of->replicas <= 1 || before == of->release)
        return;
    row->assumed[PAST_THIRD] = true;
    row->words[PAST_THIRD] =
        arena_printf(arena, "%s was asked for %s after %s", row->release->version,
                     clock_format_span(gap_ms, span), before->version);
}

/* ---- two at a time ---- */

static int64_t end_of(const struct past_release *release)
{
    return release->done_utc_ms >= 0 ? release->done_utc_ms : release->at_utc_ms + PAST_ASSUMED_MS;
}

static int compare_places(const void *left, const void *right)
{
    const struct past_row *const *a = left, *const *b = right;
    int order = strcmp((*a)->of->cluster, (*b)->of->cluster);

    if (order == 0)
        order = strcmp((*a)->of->scope, (*b)->of->scope);
    if (order == 0 && (*a)->release->at_utc_ms != (*b)->release->at_utc_ms)
        order = (*a)->release->at_utc_ms < (*b)->release->at_utc_ms ? -1 : 1;
    return order ? order : strcmp((*a)->of->service_id, (*b)->of->service_id);
}

static bool same_place(const struct past *a, const struct past *b)
{
    return strcmp(a->cluster, b->cluster) == 0 && strcmp(a->scope, b->scope) == 0;
}

/* The one that began later is told; rows are by place and time. */
static void judge_overlap(struct past_row *const *rows, size_t at, struct arena *arena)
{
    struct past_row *row = rows[at];
    const char *text = NULL;
    size_t others = 0;
    bool known = true;
    char span[SPAN_TEXT];

    for (size_t i = at; i-- > 0 && same_place(rows[i]->of, row->of);) {
        const struct past_release *other = rows[i]->release;
        int64_t gap_ms = row->release->at_utc_ms - other->at_utc_ms;
        if (gap_ms > 24 * INT64_C(3600000))
            break; /* no release is told to last longer: the rest is older still */
        if (rows[i]->of == row->of || end_of(other) <= row->release->at_utc_ms)
            continue;
        known &= other->done_utc_ms >= 0;
        if (++others <= NAMED_MAX)
            text = arena_printf(arena, "%s%s%s (%s before)", text ? text : "", text ? ", " : "",
                                rows[i]->of->name, clock_format_span(gap_ms, span));
    }
    if (others == 0)
        return;
    row->assumed[PAST_OVERLAPPED] = !known;
    row->words[PAST_OVERLAPPED] =
        others > NAMED_MAX
            ? arena_printf(arena, "%s and %zu more were moving", text, others - NAMED_MAX)
            : arena_printf(arena, "%s %s moving", text, others > 1 ? "were" : "was");
}

/* ---- all of it ---- */

static int compare_rows(const void *left, const void *right)
{
    const struct past_row *a = left, *b = right;
    int64_t at_a = a->release->at_utc_ms, at_b = b->release->at_utc_ms;

    if ((at_a < 0) != (at_b < 0))
        return at_a < 0 ? 1 : -1;
    if (at_a != at_b)
        return at_a > at_b ? -1 : 1;
    int order = strcmp(a->of->cluster, b->of->cluster);
    if (order == 0)
        order = strcmp(a->of->service_id, b->of->service_id);
    return order ? order : a->release > b->release ? -1 : a->release < b->release;
}

static void add_rows(const struct past *of, int64_t since_utc_ms, struct arena *arena,
                     struct past_report *out)
{
    bool within = false;

    for (size_t i = 0; i < of->release_count; i++) {
        const struct past_release *release = &of->release[i];
        within |= release->at_utc_ms >= since_utc_ms;
        bool is_first = i == 0 && of->missing == 0; /* it was made with it: no release */
        if (is_first || (release->at_utc_ms >= 0 ? release->at_utc_ms < since_utc_ms : !within))
            continue;
        struct past_row *row = &out->rows[out->row_count++];
        *row =
            (struct past_row){.of = of, .release = release, .before = i > 0 ? release - 1 : NULL};
        judge_step(row, arena);
        judge_growth(row, arena);
        judge_third(row, i + 1 == of->release_count, arena);
    }
    out->cut += of->missing > 0;
}

static void judge_overlaps(struct past_report *out, struct arena *arena)
{
    struct past_row **rows = xcalloc(out->row_count + 1, sizeof *rows);
    size_t count = 0;

    for (size_t i = 0; i < out->row_count; i++)
        if (out->rows[i].release->at_utc_ms >= 0)
            rows[count++] = &out->rows[i];
    if (count > 1)
        qsort(rows, count, sizeof *rows, compare_places);
    for (size_t i = 0; i < count; i++)
        judge_overlap(rows, i, arena);
    free(rows);
}

struct past_report past_judge(const struct past *pasts, size_t count, int64_t since_utc_ms,
                              struct arena *arena)
{
    struct past_report out = {.services = count};
    size_t most = 0;

    for (size_t i = 0; i < count; i++)
        most += pasts[i].release_count;
    out.rows = arena_alloc(arena, most + 1, sizeof *out.rows);
    for (size_t i = 0; i < count; i++)
        add_rows(&pasts[i], since_utc_ms, arena, &out);
    judge_overlaps(&out, arena);
    if (out.row_count > 1)
        qsort(out.rows, out.row_count, sizeof *out.rows, compare_rows);
    past_count(&out, out.row_count);
    return out;
}

void past_count(struct past_report *report, size_t kept)
{
    report->row_count = kept;
    report->unknown = report->untimed = 0;
    memset(report->found, 0, sizeof report->found);
    for (size_t i = 0; i < kept; i++) {
        const struct past_row *row = &report->rows[i];
        report->unknown += row->unknown;
        report->untimed += row->release->at_utc_ms < 0;
        for (unsigned f = 0; f < PAST_FAULT_COUNT; f++)
            report->found[f] += row->words[f] != NULL;
    }
}
