/* filter.c: see filter.h.
 *
 * The pattern is the operator's own, typed letter by letter, and every letter is tried on
 * every row: repetitions that make regcomp eat memory, and back-references, are refused. */
#include "views/filter.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum field {
    FIELD_ANY,
    FIELD_CLUSTER,
    FIELD_SERVICE,
    FIELD_STATE,
    FIELD_VERSION,
    FIELD_BY,
    FIELD_NODE,
    FIELD_COUNT
};
static const char *const field_word[FIELD_COUNT] = {
    [FIELD_ANY] = "",        [FIELD_CLUSTER] = "cluster", [FIELD_SERVICE] = "service",
    [FIELD_STATE] = "state", [FIELD_VERSION] = "version", [FIELD_BY] = "by",
    [FIELD_NODE] = "node",
};

static unsigned char take_field(const char **term)
{
    const char *equals = strchr(*term, '=');

    for (unsigned char f = FIELD_CLUSTER; equals && f < FIELD_COUNT; f++)
        if (strlen(field_word[f]) == (size_t)(equals - *term) &&
            strncmp(field_word[f], *term, (size_t)(equals - *term)) == 0) {
            *term = equals + 1;
            return f;
        }
    return FIELD_ANY;
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

static bool match(const struct filter_term *term, const char *text)
{
    return regexec(&term->regex, text, 0, NULL, 0) == 0;
}

static bool match_version(const struct filter_term *term, const struct row *row)
{
    for (size_t i = 0; i < row->service->version_count; i++)
        if (match(term, row->service->versions[i].version))
            return true;
    return match(term, row->from) || match(term, row->to);
}

static bool match_node(const struct filter_term *term, const struct frame *frame,
                       const struct row *row)
{
    const struct service *service = row->service;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct node *node =
            snapshot_find_node(frame->snapshot, service->cluster, service->placements[i].node);
        if (match(term, node ? node->name : service->placements[i].node))
            return true;
    }
    return false;
}

static bool match_field(const struct filter_term *term, const struct frame *frame,
                        const struct row *row)
{
    const struct service *service = row->service;

    switch ((enum field)term->field) {
    case FIELD_ANY:
        return match(term, service->name) || match(term, service->cluster) ||
               match(term, service->scope) || match(term, board_word[row->state]) ||
               match(term, row->by) || match(term, row->why) || match_version(term, row);
    case FIELD_CLUSTER:
        return match(term, service->cluster);
    case FIELD_SERVICE:
        return match(term, service->name);
    case FIELD_STATE:
        return match(term, board_word[row->state]);
    case FIELD_VERSION:
        return match_version(term, row);
    case FIELD_BY:
        return match(term, row->by);
    case FIELD_NODE:
        return match_node(term, frame, row);
    case FIELD_COUNT:
        break;
    }
    return false;
}

bool filter_holds(const struct filter *filter, const struct frame *frame, const struct row *row)
{
    for (size_t i = 0; i < filter->count; i++)
        if (match_field(&filter->terms[i], frame, row) == filter->terms[i].invert)
            return false;
    return true;
}
