/* filter.c: see filter.h.
 *
 * The pattern is the operator's own, typed letter by letter, and every letter is tried on
 * every row: repetitions that make regcomp eat memory, and back-references, are refused. */
#include "views/filter.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

const char *const filter_field_word[FILTER_FIELD_COUNT] = {
    [FILTER_ANY] = "",        [FILTER_CLUSTER] = "cluster", [FILTER_SERVICE] = "service",
    [FILTER_STATE] = "state", [FILTER_VERSION] = "version", [FILTER_BY] = "by",
    [FILTER_NODE] = "node",   [FILTER_KIND] = "kind",       [FILTER_MARKED] = "marked",
};

static enum filter_field take_field(const char **term)
{
    const char *equals = strchr(*term, '=');

    for (int f = FILTER_CLUSTER; equals && f < FILTER_FIELD_COUNT; f++)
        if (strlen(filter_field_word[f]) == (size_t)(equals - *term) &&
            strncmp(filter_field_word[f], *term, (size_t)(equals - *term)) == 0) {
            *term = equals + 1;
            return (enum filter_field)f;
        }
    return FILTER_ANY;
}

/* The C library writes a+ as aa*: each one inside another doubles the whole. */
static bool is_costly(const char *pattern)
{
    int pluses = 0;

    for (const char *c = pattern; *c; c++) {
        pluses += *c == '+';
        if (*c == '{' || pluses > FILTER_PLUSES_MAX)
            return true;
        if (*c == '\\' && c[1] >= '0' && c[1] <= '9')
            return true;
    }
    return false;
}

static bool add_term(struct filter *filter, const char *text)
{
    struct filter_term *term = &filter->terms[filter->count];

    term->invert = *text == '!';
    text += term->invert;
    term->field = take_field(&text);
    if (*text == '\0')
        return true;
    if (is_costly(text)) {
        snprintf(filter->complaint, sizeof filter->complaint,
                 "'{', back-references and more than %d '+' are not supported here",
                 FILTER_PLUSES_MAX);
        return false;
    }
    int code = regcomp(&term->regex, text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
    if (code != 0) {
        regerror(code, &term->regex, filter->complaint, sizeof filter->complaint);
        return false;
    }
    filter->count++;
    return true;
}

bool filter_parse(struct filter *filter, const char *text)
{
    char copy[256], *rest = copy;

    memset(filter, 0, sizeof *filter);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word == '\0')
            continue;
        if (filter->count == FILTER_TERMS_MAX)
            snprintf(filter->complaint, sizeof filter->complaint, "at most %d terms",
                     FILTER_TERMS_MAX);
        else if (add_term(filter, word))
            continue;
        filter_release(filter);
        return false;
    }
    return true;
}

void filter_release(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++)
        regfree(&filter->terms[i].regex);
    filter->count = 0;
}

bool filter_fits(const struct filter_term *term, const char *text)
{
    return regexec(&term->regex, text, 0, NULL, 0) == 0;
}

bool filter_passes(const struct filter *filter, filter_try *fits, const void *thing)
{
    for (size_t i = 0; i < filter->count; i++)
        if (fits(&filter->terms[i], thing) == filter->terms[i].invert)
            return false;
    return true;
}

/* A row with what it is looked up in. */
struct place {
    const struct screen *screen;
    const struct frame *frame;
    const struct row *row;
};

static bool fits_version(const struct filter_term *term, const struct row *row)
{
    for (size_t i = 0; i < row->service->version_count; i++)
        if (filter_fits(term, row->service->versions[i].version))
            return true;
    return filter_fits(term, row->from) || filter_fits(term, row->to);
}

static bool fits_node(const struct filter_term *term, const struct place *place)
{
    const struct service *service = place->row->service;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct node *node = snapshot_find_node(place->frame->snapshot, service->cluster,
                                                     service->placements[i].node);
        if (filter_fits(term, node ? node->name : service->placements[i].node))
            return true;
    }
    return false;
}

static bool fits_row(const struct filter_term *term, const void *thing)
{
    const struct place *place = thing;
    const struct row *row = place->row;
    const struct service *service = row->service;

    switch (term->field) {
    case FILTER_ANY:
        return filter_fits(term, service->name) || filter_fits(term, service->cluster) ||
               filter_fits(term, service->scope) || filter_fits(term, board_word[row->state]) ||
               filter_fits(term, row->by) || filter_fits(term, row->why) || fits_version(term, row);
    case FILTER_CLUSTER:
        return filter_fits(term, service->cluster);
    case FILTER_SERVICE:
        return filter_fits(term, service->name);
    case FILTER_STATE:
        return filter_fits(term, board_word[row->state]);
    case FILTER_VERSION:
        return fits_version(term, row);
    case FILTER_BY:
        return filter_fits(term, row->by);
    case FILTER_NODE:
        return fits_node(term, place);
    case FILTER_KIND:
        return filter_fits(term, service->kind);
    case FILTER_MARKED:
        return filter_fits(term, screen_marks(place->screen, row) ? "yes" : "no");
    case FILTER_FIELD_COUNT:
        break;
    }
    return false;
}

bool filter_holds(const struct filter *filter, const struct screen *screen,
                  const struct frame *frame, const struct row *row)
{
    const struct place place = {screen, frame, row};

    return filter_passes(filter, fits_row, &place);
}
