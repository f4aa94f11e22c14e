/* query_check.c: see query_check.h. */
#include "health/query_check.h"

#include "base/mem.h"
#include "base/near.h"
#include "health/selector.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELECTORS_MAX = 8, VALUES_SHOWN = 5, TURN_MS = 100 };

const char *const query_state_word[QUERY_STATE_COUNT] = {
    [QUERY_ANSWERS] = "ok",      [QUERY_NOTHING] = "nothing",     [QUERY_SEVERAL] = "several",
    [QUERY_REFUSED] = "refused", [QUERY_UNREACHED] = "unreached", [QUERY_UNASKED] = "unasked"};

/* One question, and what came. */
struct reply {
    struct arena *arena;
    bool done;
    struct err err;
    size_t series;
    double value;           /* of the first series */
    const char *label;      /* its values are kept, where there is one */
    const char **label_has; /* one of each series that has it */
    size_t label_count;
};

struct check {
    struct prom *prom;
    struct loop *loop;
    struct arena *arena;
};

static void on_reply(void *arg, const struct prom_answer *answer, const struct err *err)
{
    struct reply *reply = arg;

    reply->done = true;
    if (!answer) {
        reply->err = *err;
        return;
    }
    reply->series = answer->count;
    if (answer->count && answer->series[0].point_count)
        reply->value = answer->series[0].points[answer->series[0].point_count - 1].value;
    if (!reply->label)
        return;
    reply->label_has = arena_alloc(reply->arena, answer->count + 1, sizeof *reply->label_has);
    for (size_t i = 0; i < answer->count; i++) {
        const char *value = prom_label(&answer->series[i], reply->label);
        if (value && value[0])
            reply->label_has[reply->label_count++] = arena_strdup(reply->arena, value);
    }
}

/* Of a series that has this label, where one is named. */
static struct reply ask_labels(const struct check *check, const char *query, const char *label)
{
    struct reply reply = {.arena = check->arena, .value = NAN, .label = label};

    prom_instant(check->prom, query, 0, on_reply, &reply);
    while (!reply.done)
        loop_turn(check->loop, TURN_MS);
    return reply;
}

static struct reply ask(const struct check *check, const char *query)
{
    return ask_labels(check, query, NULL);
}

/* How many series: the value of a count(), which is nothing for none. 0 with err when it could not
 * be known. */
static double count_of(const struct check *check, const char *query, struct err *err)
{
    struct reply reply = ask(check, query);

    if (reply.err.code != ERR_NONE)
        err_set(err, reply.err.code, "%s", reply.err.text);
    return reply.series && isfinite(reply.value) ? reply.value : 0;
}

static const char *text_of(const struct check *check, struct piece piece)
{
    return arena_printf(check->arena, "%.*s", (int)piece.len, piece.at);
}

/* ---- why there is nothing ---- */

/* The series are there now: has a rate enough of them? */
static const char *why_short(const struct check *check, const struct selector *s, struct err *err)
{
    const char *chosen = text_of(check, s->text), *range = text_of(check, s->range);

    if (!range[0])
        return NULL;
    double samples = count_of(
        check, arena_printf(check->arena, "max(count_over_time(%s[%s]))", chosen, range), err);
    if (err->code != ERR_NONE || samples >= 2)
        return NULL;
    return arena_printf(check->arena,
                        "%s has series, but within %s only %.0f sample%s of each, and a rate needs "
                        "two: make metrics.every at least twice as long as the scrape interval",
                        chosen, range, samples, samples == 1 ? "" : "s");
}

static bool has_within(const struct check *check, const char *chosen, const char *span,
                       struct err *err)
{
    return count_of(check,
                    arena_printf(check->arena, "count(last_over_time(%s[%s]))", chosen, span),
                    err) > 0;
}

/* They were there within a day. */
static const char *why_old(const struct check *check, const char *chosen, struct err *err)
{
    static const char *const spans[] = {"1m", "5m", "15m", "1h", "3h", "12h", "1d"};
    const size_t last = ARRAY_LEN(spans) - 1;
    size_t i = 0;

    if (!has_within(check, chosen, spans[last], err))
        return NULL;
    while (i < last && err->code == ERR_NONE && !has_within(check, chosen, spans[i], err))
        i++;
    return arena_printf(check->arena, "%s ended %s%s%s ago: is it still exported, and scraped?",
                        chosen, i ? spans[i - 1] : "less than ", i ? " to " : "", spans[i]);
}

static const char *why_no_metric(const struct check *check, const char *name, struct err *err)
{
    char hint[NEAR_TEXT];
    size_t begin = strcspn(name, "_:");
    const char *old = why_old(check, name, err);

    if (old || err->code != ERR_NONE)
        return old;
    struct reply others =
        ask_labels(check,
                   arena_printf(check->arena, "group by (__name__) ({__name__=~\"%.*s.*\"})",
                                (int)begin, name),
                   "__name__");
    near_suggest(name, others.label_has, others.label_count, hint);
    for (size_t i = 0; i < others.label_count && !hint[0]; i++) /* _total is forgotten often */
        if (strncmp(others.label_has[i], name, strlen(name)) == 0)
            snprintf(hint, sizeof hint, " Did you mean '%.60s'?", others.label_has[i]);
    return arena_printf(check->arena, "there is no metric %s there.%s", name, hint);
}

static const char *values_text(const struct check *check, const struct reply *values)
{
    const char *all = "";

    for (size_t i = 0; i < values->label_count && i < VALUES_SHOWN; i++)
        all = arena_printf(check->arena, "%s%s%.60s", all, i ? ", " : "", values->label_has[i]);
    return values->label_count > VALUES_SHOWN ? arena_printf(check->arena, "%s and %zu more", all,
                                                             values->label_count - VALUES_SHOWN)
                                              : all;
}

static const char *why_no_label(const struct check *check, const char *name,
                                const struct matcher *matcher)
{
    const char *label = text_of(check, matcher->label), *text = text_of(check, matcher->text);
    struct reply values =
        ask_labels(check, arena_printf(check->arena, "group by (%s) (%s)", label, name), label);

    if (values.err.code == ERR_NONE && values.label_count == 0)
        return arena_printf(check->arena, "no series of %s has a label %s", name, label);
    return arena_printf(check->arena, "no series of %s has %s; %s there: %s", name, text, label,
                        values_text(check, &values));
}

/* Which of its labels fits nothing. */
static const char *why_no_series(const struct check *check, const struct selector *s,
                                 struct err *err)
{
    const char *name = text_of(check, s->name);

    for (size_t i = 0; i < s->count; i++) {
        struct err one = {0};
        const char *text = text_of(check, s->matcher[i].text);
        double series =
            count_of(check, arena_printf(check->arena, "count(%s{%s})", name, text), &one);
        if (one.code == ERR_NETWORK || one.code == ERR_AUTH)
            *err = one;
        if (series > 0 || one.code != ERR_NONE)
            continue; /* alone it may be no query: {a!="b"} */
        return name[0] ? why_no_label(check, name, &s->matcher[i])
                       : arena_printf(check->arena, "no series has %s", text);
    }
    return arena_printf(check->arena,
                        "each label of %s is there, but no series has them all together",
                        text_of(check, s->text));
}

static const char *why_selector(const struct check *check, const struct selector *s,
                                struct err *err)
{
    const char *chosen = text_of(check, s->text), *name = text_of(check, s->name);
    bool quoted = name[0] && strchr("\"'`", name[0]);

    if (count_of(check, arena_printf(check->arena, "count(%s)", chosen), err) > 0)
        return why_short(check, s, err);
    if (err->code != ERR_NONE)
        return NULL;
    const char *why = why_old(check, chosen, err);
    if (why || err->code != ERR_NONE)
        return why;
    if (quoted)
        return arena_printf(check->arena, "no series is %s", chosen);
    if (name[0] && count_of(check, arena_printf(check->arena, "count(%s)", name), err) <= 0)
        return err->code == ERR_NONE ? why_no_metric(check, name, err) : NULL;
    return why_no_series(check, s, err);
}

/* The widest selector first: where `errors or vector(0)` is divided by all requests, all of them
 * are what is missing. */
static const char *why_nothing(const struct check *check, const char *query)
{
    struct selector found[SELECTORS_MAX];
    size_t count = 0;
    struct err err = {0};
    const char *why = NULL;

    while (count < SELECTORS_MAX && selector_next(&query, &found[count]))
        count++;
    for (size_t width = 0; width <= SELECTOR_MATCHERS_MAX; width++)
        for (size_t i = 0; i < count && !why && err.code == ERR_NONE; i++)
            if (found[i].count == width)
                why = why_selector(check, &found[i], &err);
    if (err.code != ERR_NONE)
        return arena_printf(check->arena, "nothing comes back; why is not known: %s", err.text);
    if (why)
        return why;
    return count ? "its series are there, and the query makes nothing of them: a comparison or a "
                   "join that lets nothing through?"
                 : "nothing comes back, and no metric is named in it";
}

/* ---- one query ---- */

static const char *number_text(const struct check *check, double value)
{
    return isnan(value) ? "NaN" : arena_printf(check->arena, "%sInf", value < 0 ? "-" : "+");
}

static void take_reply(const struct check *check, const struct reply *reply,
                       struct query_result *out)
{
    out->series = reply->series;
    out->value = reply->value;
    if (reply->err.code != ERR_NONE) {
        bool understood = reply->err.code == ERR_REJECTED || reply->err.code == ERR_LIMIT;
        out->state = understood ? QUERY_REFUSED : QUERY_UNREACHED;
        out->why = arena_strdup(check->arena, reply->err.text);
    } else if (reply->series > 1) {
        out->state = QUERY_SEVERAL;
        out->why = arena_printf(check->arena, "%zu series where one is expected; sum() them",
                                reply->series);
    } else if (reply->series == 1 && isfinite(reply->value)) {
        out->state = QUERY_ANSWERS;
    } else if (reply->series == 1) {
        out->state = QUERY_NOTHING;
        out->why = arena_printf(check->arena,
                                "the value is %s: divided by nothing? was there no "
                                "request within the window?",
                                number_text(check, reply->value));
    } else {
        out->state = QUERY_NOTHING;
    }
}

static void ask_once(const struct check *check, const char *query,
                     const struct query_subject *subject, const char *version,
                     struct query_result *out)
{
    char window[32];

    snprintf(window, sizeof window, "%" PRId64 "ms", subject->window_ms);
    /* No engine is asked here: any instance does. */
    const struct prom_value values[] = {{"service", subject->service},
                                        {"version", version},
                                        {"scope", subject->scope ? subject->scope : ""},
                                        {"instance", ".+"},
                                        {"window", window},
                                        {NULL, NULL}};
    char *filled = prom_fill(query, values);
    *out = (struct query_result){
        .version = version, .query = arena_strdup(check->arena, filled), .why = ""};
    free(filled);
    const struct reply reply = ask(check, out->query);
    take_reply(check, &reply, out);
}

static bool lacks(const char *query, const char *place, const char *value)
{
    return strstr(query, place) && (!value || !value[0]);
}

void query_check(struct prom *prom, struct loop *loop, struct arena *arena, const char *query,
                 const struct query_subject *subject, struct query_result *out)
{
    const struct check check = {prom, loop, arena};
    const bool by_version = strstr(query, "{version}") != NULL;
    const size_t times = by_version ? subject->version_count : 1;

    *out = (struct query_result){
        .state = QUERY_UNASKED, .version = "", .query = query, .value = NAN, .why = ""};
    if (lacks(query, "{scope}", subject->scope)) {
        out->why = "it needs {scope}: name SCOPE/SERVICE";
        return;
    }
    if (times == 0) {
        out->why = "it needs {version}, and no contract names one: name SERVICE VERSION";
        return;
    }
    for (size_t i = 0; i < times; i++) {
        struct query_result now;
        ask_once(&check, query, subject, by_version ? subject->versions[i] : "", &now);
        if (i == 0 || now.state != QUERY_NOTHING)
            *out = now;
        if (now.state != QUERY_NOTHING)
            return;
    }
    if (out->why[0])
        return;
    out->why = why_nothing(&check, out->query);
    if (strstr(query, "=\"{instance}\""))
        out->why = arena_printf(arena, "%s ({instance} is a pattern: it needs =~)", out->why);
}
