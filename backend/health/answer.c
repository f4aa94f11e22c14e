/* answer.c: see answer.h. */
#include "health/answer.h"

#include "base/text.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t digits(const char *at)
{
    size_t n = 0;

    while (at[n] >= '0' && at[n] <= '9')
        n++;
    return n;
}

/* Only what Go writes for a number: no hex, no blanks. */
static bool is_decimal(const char *at)
{
    at += *at == '-' || *at == '+';
    size_t whole = digits(at), part = 0;
    at += whole;
    if (*at == '.') {
        part = digits(++at);
        at += part;
    }
    if (whole + part == 0)
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        if (digits(at) == 0)
            return false;
        at += digits(at);
    }
    return *at == '\0';
}

bool prom_number(const char *text, double *out)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"NaN", NAN}, {"+Inf", INFINITY}, {"Inf", INFINITY}, {"-Inf", -INFINITY}};
    char copy[64], *dot;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(text, words[i].word) == 0) {
            *out = words[i].value;
            return true;
        }
    if (strlen(text) >= sizeof copy || !is_decimal(text))
        return false;
    snprintf(copy, sizeof copy, "%s", text);
    dot = strchr(copy, '.');
    if (dot)
        *dot = localeconv()->decimal_point[0];
    *out = strtod(copy, NULL);
    return true;
}

static bool wrong(const struct json_at *at, const char *expected, struct err *err)
{
    char path[300];

    return err_set(err, ERR_PROTOCOL, "%s: expected %s", json_path(at, path, sizeof path),
                   expected);
}

/* [seconds since 1970, "value"] */
static bool read_point(const struct json_at *at, struct prom_point *out, struct err *err)
{
    struct json_at when = json_index(at, 0), what = json_index(at, 1);
    const char *text;
    size_t count;

    if (!json_get_array(at, &count, err))
        return false;
    if (count != 2 || !json_is_number(when.value))
        return wrong(at, "[time, \"value\"]", err);
    double seconds = json_number_value(when.value);
    if (!(seconds >= 0 && seconds < 1e11))
        return wrong(&when, "seconds since 1970", err);
    if (!json_get_text(&what, 63, &text, err))
        return false;
    out->at_utc_ms = (int64_t)llround(seconds * 1000);
    return prom_number(text, &out->value) || wrong(&what, "a number as text", err);
}

static bool read_labels(const struct json_at *at, struct prom_series *out, struct err *err)
{
    const char *key;
    json_t *value;

    if (!json_get_object(at, err))
        return false;
    if (json_object_size(at->value) > PROM_LABELS_MAX)
        return wrong(at, "at most 64 labels", err);
    struct prom_label *labels =
        arena_alloc(at->arena, json_object_size(at->value) + 1, sizeof *labels);
    out->labels = labels;
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        struct json_at item = json_key(at, key);
        struct prom_label *label = &labels[out->label_count];
        label->name = text_clean(at->arena, key, strlen(key), TEXT_NAME_MAX);
        if (!json_get_text(&item, TEXT_MESSAGE_MAX, &label->value, err))
            return false;
        out->label_count++;
    }
    return true;
}

static bool read_points(const struct json_at *at, size_t *left, struct prom_series *out,
                        struct err *err)
{
    size_t count;

    if (!json_get_array(at, &count, err))
        return false;
    if (count > *left)
        return err_set(err, ERR_LIMIT, "the answer has more than %d values: ask for fewer",
                       PROM_POINTS_MAX);
    *left -= count;
    struct prom_point *points = arena_alloc(at->arena, count + 1, sizeof *points);
    out->points = points;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        if (!read_point(&item, &points[i], err))
            return false;
        if (i > 0 && points[i].at_utc_ms <= points[i - 1].at_utc_ms)
            return wrong(&item, "a time after the one before", err);
        out->point_count++;
    }
    return true;
}

static bool read_one(const struct json_at *at, bool matrix, size_t *left, struct prom_series *out,
                     struct err *err)
{
    struct json_at metric = json_key(at, "metric");
    struct json_at values = json_key(at, matrix ? "values" : "value");

    if (!json_get_object(at, err) || !read_labels(&metric, out, err))
        return false;
    if (matrix)
        return read_points(&values, left, out, err);
    struct prom_point *point = arena_alloc(at->arena, 1, sizeof *point);
    out->points = point;
    out->point_count = 1;
    return read_point(&values, point, err);
}

static bool read_all(const struct json_at *at, bool matrix, struct prom_answer *out,
                     struct err *err)
{
    size_t count, left = PROM_POINTS_MAX;

    if (!json_get_array(at, &count, err))
        return false;
    out->cut = count > PROM_SERIES_MAX;
    if (out->cut)
        count = PROM_SERIES_MAX;
    struct prom_series *series = arena_alloc(at->arena, count + 1, sizeof *series);
    out->series = series;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        if (!read_one(&item, matrix, &left, &series[i], err))
            return false;
        out->count++;
    }
    return true;
}

static bool read_scalar(const struct json_at *at, struct prom_answer *out, struct err *err)
{
    struct prom_series *series = arena_alloc(at->arena, 1, sizeof *series);
    struct prom_point *point = arena_alloc(at->arena, 1, sizeof *point);

    *series = (struct prom_series){.points = point, .point_count = 1};
    out->series = series;
    out->count = 1;
    return read_point(at, point, err);
}

static bool read_data(const struct json_at *root, struct prom_answer *out, struct err *err)
{
    struct json_at data = json_key(root, "data"), type = json_key(&data, "resultType");
    struct json_at result = json_key(&data, "result"), warnings = json_key(root, "warnings");
    const char *kind;

    if (!json_get_object(&data, err) || !json_get_text(&type, 32, &kind, err))
        return false;
    if (json_is_array(warnings.value) && json_array_size(warnings.value) > 0) {
        struct json_at first = json_index(&warnings, 0);
        if (!json_get_text(&first, 200, &out->warning, err))
            return false;
    }
    out->matrix = kind[0] == 'm';
    if (strcmp(kind, "scalar") == 0)
        return read_scalar(&result, out, err);
    if (strcmp(kind, "vector") == 0 || strcmp(kind, "matrix") == 0)
        return read_all(&result, kind[0] == 'm', out, err);
    return wrong(&type, "vector, matrix or scalar", err);
}

bool prom_decode(const json_t *root, const char *what, struct arena *arena, struct prom_answer *out,
                 struct err *err)
{
    struct json_at at = json_root(root, what, arena);
    struct json_at status = json_key(&at, "status"), error = json_key(&at, "error");
    const char *word, *said;

    *out = (struct prom_answer){.warning = ""};
    if (!json_get_object(&at, err) || !json_get_text(&status, 32, &word, err))
        return false;
    if (strcmp(word, "error") == 0) {
        if (!json_opt_text(&error, 240, "no reason given", &said, err))
            return false;
        return err_set(err, ERR_REJECTED, "%s: %s", what, said);
    }
    if (strcmp(word, "success") != 0)
        return wrong(&status, "success or error", err);
    if (read_data(&at, out, err))
        return true;
    *out = (struct prom_answer){.warning = ""};
    return false;
}

/* The server's own words where there are some. */
static bool refuse(enum err_code code, long status, const char *body, size_t len, const char *what,
                   struct arena *arena, struct err *err)
{
    struct prom_answer none;
    struct err said = {0}, broken = {0};
    json_t *root = json_parse(body, len, what, &broken);

    if (root && !prom_decode(root, what, arena, &none, &said) && said.code == ERR_REJECTED)
        err_set(err, code, "%s", said.text);
    else
        err_set(err, code, "%s: answered %ld: %s", what, status,
                len ? text_clean(arena, body, len < 120 ? len : 120, 120) : "nothing");
    json_decref(root);
    return false;
}

bool prom_judge(long status, const char *body, size_t len, const char *what, struct arena *arena,
                struct prom_answer *out, struct err *err)
{
    *out = (struct prom_answer){.warning = ""};
    if (status == 401 || status == 403)
        return refuse(ERR_AUTH, status, body, len, what, arena, err);
    if (status == 429 || status >= 500)
        return refuse(ERR_NETWORK, status, body, len, what, arena, err);
    if (status == 400 || status == 422)
        return refuse(ERR_REJECTED, status, body, len, what, arena, err);
    if (status != 200)
        return refuse(ERR_PROTOCOL, status, body, len, what, arena, err);
    json_t *root = json_parse(body, len, what, err);
    bool good = root && prom_decode(root, what, arena, out, err);
    json_decref(root);
    return good;
}

const char *prom_label(const struct prom_series *series, const char *name)
{
    for (size_t i = 0; i < series->label_count; i++)
        if (strcmp(series->labels[i].name, name) == 0)
            return series->labels[i].value;
    return NULL;
}
