/* args.c: see args.h. */
#include "args.h"

#include "base/mem.h"
#include "base/near.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `brief` is "" or "-x"; where a field is no scalar of the type, take() knows it. */
#define X(id, field, type, word, brief, argument, help)                                            \
    [ARG_##id] = {type, word, brief, argument, help},
const struct arg_info arg_info[ARG_ID_COUNT] = {ARGS(X)};
#undef X

#define X(id, field, type, word, brief, argument, help) offsetof(struct args, field),
static const size_t arg_offset[ARG_ID_COUNT] = {ARGS(X)};
#undef X

/* What is being read, for messages and for the next value. */
struct reader {
    const char *const *words;
    size_t count, next;
    uint64_t takes;
    const char *verb;
    struct args *out;
    struct err *err;
};

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end = NULL;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || *end || n < low || n > high)
        return false;
    *out = n;
    return true;
}

int64_t args_parse_span(const char *text)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}};
    char *end = NULL;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (errno || n < 1 || n > 1000000)
        return -1;
    if (!*end)
        return (int64_t)n * 1000;
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (end[0] == units[i].unit && !end[1])
            return (int64_t)n * units[i].ms;
    return -1;
}

static bool parse_speed(const char *text, double *out)
{
    char *end = NULL;

    if ((*text < '0' || *text > '9') && *text != '.')
        return false;
    *out = strtod(text, &end);
    return !*end && *out >= 0.1 && *out <= 1000;
}

static bool parse_output(const char *text, enum output *out)
{
    static const char *const words[] = {"text", "table", "json"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(text, words[i]) == 0) {
            *out = i == 2 ? OUTPUT_JSON : OUTPUT_TEXT;
            return true;
        }
    return false;
}

static bool add_context(struct reader *r, const char *name)
{
    if (r->out->context_count == ARG_CONTEXTS_MAX)
        return err_set(r->err, ERR_USAGE, "more than %d times --context", ARG_CONTEXTS_MAX);
    r->out->contexts[r->out->context_count++] = name;
    return true;
}

static bool bad_value(struct reader *r, enum arg_id id, const char *expected, const char *value)
{
    return err_set(r->err, ERR_USAGE, "%s needs %s, not '%s'", arg_info[id].word, expected, value);
}

/* Stores one value; "" for flags. */
static bool take(struct reader *r, enum arg_id id, const char *value)
{
    char *field = (char *)r->out + arg_offset[id];
    uint64_t n = 0;

    r->out->given |= UINT64_C(1) << id;
    switch (arg_info[id].type) {
    case TAKES_NOTHING:
        *(bool *)field = true;
        return true;
    case TAKES_TEXT:
        if (!*value)
            return bad_value(r, id, "a value", "");
        if (id == ARG_CONTEXT)
            return add_context(r, value);
        *(const char **)(void *)field = value;
        return true;
    case TAKES_COUNT:
        if (!parse_number(value, 1, 1000000, &n))
            return bad_value(r, id, "a number from 1 to 1000000", value);
        *(uint32_t *)(void *)field = (uint32_t)n;
        return true;
    case TAKES_NUMBER:
        return parse_number(value, 0, UINT64_MAX, (uint64_t *)(void *)field) ||
               bad_value(r, id, "a number", value);
    case TAKES_FACTOR:
        return parse_speed(value, (double *)(void *)field) ||
               bad_value(r, id, "a number from 0.1 to 1000", value);
    case TAKES_SPAN:
        *(int64_t *)(void *)field = args_parse_span(value);
        return *(int64_t *)(void *)field > 0 || bad_value(r, id, "a time such as 30s or 5m", value);
    case TAKES_FORMAT:
        return parse_output(value, (enum output *)(void *)field) ||
               bad_value(r, id, "table, text or json", value);
    }
    return false;
}

/* The row of an option as it was spelled, up to `len` bytes. */
static bool find(const char *word, size_t len, enum arg_id *out)
{
    for (unsigned id = 0; id < ARG_ID_COUNT; id++) {
        const struct arg_info *info = &arg_info[id];
        if ((strlen(info->word) == len && strncmp(word, info->word, len) == 0) ||
            (info->brief[0] && strlen(info->brief) == len &&
             strncmp(word, info->brief, len) == 0)) {
            *out = (enum arg_id)id;
            return true;
        }
    }
    return false;
}

static bool unknown(struct reader *r, const char *word, size_t len)
{
    const char *names[ARG_ID_COUNT];
    char given[80], hint[NEAR_TEXT];

    snprintf(given, sizeof given, "%.*s", len < 79 ? (int)len : 79, word);
    for (unsigned id = 0; id < ARG_ID_COUNT; id++)
        names[id] = (r->takes >> id) & 1 ? arg_info[id].word : NULL;
    near_suggest(given, names, ARG_ID_COUNT, hint);
    return err_set(r->err, ERR_USAGE, "%s has no option %s.%s", r->verb, given, hint);
}

static bool read_option(struct reader *r, const char *word)
{
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    enum arg_id id;

    if (!find(word, len, &id) || !((r->takes >> id) & 1))
        return unknown(r, word, len);
    if (arg_info[id].type == TAKES_NOTHING)
        return equals ? err_set(r->err, ERR_USAGE, "%s takes no value", arg_info[id].word)
                      : take(r, id, "");
    if (equals)
        return take(r, id, equals + 1);
    if (r->next == r->count)
        return err_set(r->err, ERR_USAGE, "%s needs a value: %s %s", arg_info[id].word,
                       arg_info[id].word, arg_info[id].argument);
    return take(r, id, r->words[r->next++]);
}

static bool read_operand(struct reader *r, const char *word)
{
    if (r->out->operand_count == ARG_OPERANDS_MAX)
        return err_set(r->err, ERR_LIMIT, "more than %d arguments", ARG_OPERANDS_MAX);
    r->out->operands[r->out->operand_count++] = word;
    return true;
}

bool args_parse(const char *const *words, size_t count, uint64_t takes, const char *verb,
                struct args *out, struct err *err)
{
    struct reader r = {words, count, 0, takes, verb, out, err};
    bool only_operands = false;

    *out = (struct args){0};
    while (r.next < r.count) {
        const char *word = r.words[r.next++];
        bool good;
        if (!only_operands && strcmp(word, "--") == 0) {
            only_operands = true;
            continue;
        }
        if (!only_operands && word[0] == '-' && word[1])
            good = read_option(&r, word);
        else
            good = read_operand(&r, word);
        if (!good)
            return false;
    }
    return true;
}
