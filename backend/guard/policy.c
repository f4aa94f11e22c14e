/* policy.c: see policy.h. */
#include "guard/policy.h"

#include "guard/contract.h"

#include <string.h>

enum { ALL_RULES = (1u << RULE_COUNT) - 1 };

struct guard_policy guard_policy_default(void)
{
    return (struct guard_policy){.coupling = COUPLING_NEIGHBOURS};
}

static const struct level_row *find_row(const struct guard_policy *policy, const char *service,
                                        enum rule_id rule)
{
    for (size_t i = 0; i < policy->row_count; i++)
        if (strcmp(policy->rows[i].service, service) == 0 && policy->rows[i].rules & 1u << rule)
            return &policy->rows[i];
    return NULL;
}

enum level policy_level(const struct guard_policy *policy, const char *service, bool declared,
                        enum rule_id rule, enum finding_source source)
{
    const struct level_row *row = policy ? find_row(policy, service, rule) : NULL;

    if (!row && policy && (declared || source == FROM_SIGHT))
        row = find_row(policy, "", rule);
    if (row)
        return row->level;
    return declared || source == FROM_SIGHT ? LEVEL_WARN : LEVEL_OBSERVE;
}

enum { MINUTE_MS = 60000 };

int64_t policy_silent_ms(const struct guard_policy *policy)
{
    return policy && policy->silent_ms ? policy->silent_ms : 2 * MINUTE_MS;
}

int64_t policy_unknown_ms(const struct guard_policy *policy)
{
    return policy && policy->unknown_ms ? policy->unknown_ms : 5 * MINUTE_MS;
}

int64_t policy_open_ms(const struct guard_policy *policy)
{
    return policy && policy->open_ms ? policy->open_ms : 24 * 60 * MINUTE_MS;
}

static bool read_word(const struct json_at *at, const char *const *words, unsigned count,
                      const char *expected, unsigned *out, struct err *err)
{
    const char *word;
    char path[240];

    if (!json_get_text(at, 64, &word, err))
        return false;
    for (*out = 0; *out < count; ++*out)
        if (strcmp(words[*out], word) == 0)
            return true;
    return err_set(err, at->code, "%s: expected %s, found '%s'", json_path(at, path, sizeof path),
                   expected, word);
}

static bool read_level(const struct json_at *at, enum level *out, struct err *err)
{
    unsigned index;

    if (!read_word(at, level_word, LEVEL_COUNT, "observe, warn or enforce", &index, err))
        return false;
    *out = (enum level)index;
    return true;
}

static bool read_rules(const struct json_at *at, const char *service, struct guard_policy *out,
                       struct err *err)
{
    const char *const *keys;
    size_t count;

    if (!contract_fields(at, rule_word, RULE_COUNT, err) || !contract_keys(at, &keys, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_key(at, keys[i]);
        struct level_row *row = &out->rows[out->row_count++];
        unsigned rule = 0;

        while (strcmp(rule_word[rule], keys[i]) != 0)
            rule++;
        *row = (struct level_row){.service = service, .rules = 1u << rule};
        if (!read_level(&item, &row->level, err))
            return false;
    }
    return true;
}

bool policy_read_levels(const struct json_at *at, struct guard_policy *out, struct err *err)
{
    const char *const *keys;
    size_t count;

    if (!contract_keys(at, &keys, &count, err))
        return false;
    out->rows = arena_alloc(at->arena, (count + 1) * RULE_COUNT, sizeof *out->rows);
    out->row_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_key(at, keys[i]);
        const char *service = strcmp(keys[i], "default") == 0 ? "" : keys[i];

        if (json_is_object(item.value)) {
            if (!read_rules(&item, service, out, err))
                return false;
            continue;
        }
        struct level_row *row = &out->rows[out->row_count++];
        *row = (struct level_row){.service = service, .rules = ALL_RULES};
        if (!read_level(&item, &row->level, err))
            return false;
    }
    return true;
}

bool policy_read_coupling(const struct json_at *at, struct guard_policy *out, struct err *err)
{
    static const char *const words[] = {"neighbours", "component", "fleet"};
    unsigned index;

    if (!read_word(at, words, ARRAY_LEN(words), "neighbours, component or fleet", &index, err))
        return false;
    out->coupling = (enum coupling)index;
    return true;
}
