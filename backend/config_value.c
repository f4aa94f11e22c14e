/* config_value.c: reading one value of a settings file to where its row says. */
#include "config_env.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_word(const struct json_at *at, const struct config_setting *setting,
                      const char **text, int *index, struct err *err)
{
    char path[300], all[120] = "";
    size_t used = 0;

    if (!json_get_text(at, 64, text, err))
        return false;
    for (*index = 0; setting->words[*index]; (*index)++)
        if (strcmp(setting->words[*index], *text) == 0)
            return true;
    for (size_t i = 0; setting->words[i] && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 setting->words[i]);
    return err_set(err, ERR_CONFIG, "%s: '%s' is none of: %s", json_path(at, path, sizeof path),
                   *text, all);
}

static bool read_span(const struct json_at *at, int64_t *out, struct err *err)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    const char *text;
    char path[300], *end = NULL;

    if (!json_get_text(at, 32, &text, err))
        return false;
    long n = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
    for (size_t i = 0; end && n > 0 && n <= 1000000 && i < ARRAY_LEN(units); i++)
        if (strcmp(end, units[i].unit) == 0) {
            *out = n * units[i].ms;
            return true;
        }
    return err_set(err, ERR_CONFIG, "%s: expected a time such as 500ms, 30s or 5m, found '%s'",
                   json_path(at, path, sizeof path), text);
}

static bool read_shares(const struct json_at *at, struct plan *plan, struct err *err)
{
    char path[300];
    size_t count;
    int64_t last = 0;

    if (!json_get_array(at, &count, err))
        return false;
    if (count < 1 || count > ARRAY_LEN(plan->waves))
        return err_set(err, ERR_CONFIG, "%s: expected 1 to %zu percentages, found %zu",
                       json_path(at, path, sizeof path), ARRAY_LEN(plan->waves), count);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        int64_t share;
        if (!json_get_int(&item, 1, 100, &share, err))
            return false;
        if (share <= last)
            return err_set(err, ERR_CONFIG, "%s: %d is not above the wave before it",
                           json_path(&item, path, sizeof path), (int)share);
        plan->waves[i] = (uint32_t)(last = share);
    }
    plan->wave_count = count;
    return last == 100 || err_set(err, ERR_CONFIG, "%s: the last wave must be 100, not %d",
                                  json_path(at, path, sizeof path), (int)last);
}

static bool read_contracts(struct config *config, const struct json_at *at, struct facts *out,
                           struct err *err)
{
    size_t count;

    if (!json_get_array(at, &count, err))
        return false;
    if (count > CONFIG_CONTRACTS_MAX)
        return err_set(err, ERR_LIMIT, "%s: more than %d contracts", config->file,
                       CONFIG_CONTRACTS_MAX);
    out->contracts = arena_alloc(config->arena, count + 1, sizeof *out->contracts);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        const char *path;
        char where[300];
        if (!json_get_text(&item, 4095, &path, err))
            return false;
        path = config_path(config, path);
        if (access(path, R_OK) != 0)
            return err_set(err, ERR_CONFIG, "%s: cannot read %s: %s",
                           json_path(&item, where, sizeof where), path, strerror(errno));
        if (!contract_load(path, config->arena, &out->contracts[out->contract_count], err))
            return false;
        out->contract_count++;
    }
    return true;
}

static bool read_profile(const struct json_at *at, const char *service, struct profile_row *out,
                         struct err *err)
{
    const char *name;
    char path[300], all[120] = "";
    size_t used = 0;

    if (!json_get_text(at, 32, &name, err))
        return false;
    *out = (struct profile_row){service, name[0] ? profile_find(name) : NULL};
    if (out->profile)
        return true;
    for (size_t i = 0; i < profile_count && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 profiles[i].name);
    return err_set(err, ERR_CONFIG, "%s: '%s' is none of: %s", json_path(at, path, sizeof path),
                   name, all);
}

/* One name for all, or a mapping in which "default" is all that are not named. */
static bool read_profiles(struct config *config, const struct json_at *at,
                          struct profile_policy *out, struct err *err)
{
    size_t size = json_is_object(at->value) ? json_object_size(at->value) : 1;
    struct profile_row *rows = arena_alloc(config->arena, size + 1, sizeof *rows);
    const char *key;
    json_t *value;

    out->rows = rows;
    out->row_count = 0;
    if (json_is_string(at->value)) {
        out->row_count = read_profile(at, "", &rows[0], err) ? 1 : 0;
        return out->row_count == 1;
    }
    if (!json_get_object(at, err))
        return false;
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        struct json_at item = json_key(at, key);
        const char *name = text_clean(config->arena, key, strlen(key), 160);
        if (!read_profile(&item, strcmp(name, "default") == 0 ? "" : name, &rows[out->row_count],
                          err))
            return false;
        out->row_count++;
    }
    return true;
}

static bool read_command(struct config *config, const struct json_at *at, const char *const **out,
                         struct err *err)
{
    size_t count;
    char path[300];

    if (!json_get_array(at, &count, err))
        return false;
    if (count < 1 || count > WATCH_WORDS_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected 1 to %d words, found %zu",
                       json_path(at, path, sizeof path), WATCH_WORDS_MAX, count);
    const char **words = arena_alloc(config->arena, count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        if (!json_get_text(&item, 4095, &words[i], err))
            return false;
    }
    words[0] = strchr(words[0], '/') ? config_path(config, words[0]) : words[0];
    *out = words;
    return words[0][0] || err_set(err, ERR_CONFIG, "%s: the first word is empty",
                                  json_path(at, path, sizeof path));
}

bool config_read_setting(struct config *config, const struct config_setting *setting,
                         const struct json_at *at, void *into, struct err *err)
{
    char *place = (char *)into + setting->place;
    const char *text = "";
    int64_t number = 0;
    int index = 0;
    bool good = true;

    switch (setting->type) {
    case SETTING_BOOL:
        return json_get_bool(at, (bool *)place, err);
    case SETTING_COUNT:
        good = json_get_int(at, 1, 1000000, &number, err);
        *(uint32_t *)(void *)place = (uint32_t)number;
        return good;
    case SETTING_NUMBER:
        good = json_get_int(at, 0, INT64_MAX, &number, err);
        *(uint64_t *)(void *)place = (uint64_t)number;
        return good;
    case SETTING_NAME:
        return json_get_id(at, 63, (const char **)(void *)place, err);
    case SETTING_TEXT:
        return json_get_text(at, 1024, (const char **)(void *)place, err);
    case SETTING_PATH:
        good = json_get_text(at, 4095, &text, err);
        *(const char **)(void *)place = config_path(config, text);
        return good;
    case SETTING_SPAN:
        return read_span(at, (int64_t *)(void *)place, err);
    case SETTING_SHARES:
        return read_shares(at, (struct plan *)(void *)place, err);
    case SETTING_WORD:
        good = read_word(at, setting, &text, &index, err);
        *(const char **)(void *)place = good ? setting->words[index] : "";
        return good;
    case SETTING_CHOICE:
        good = read_word(at, setting, &text, &index, err);
        *(int *)(void *)place = good ? index : 0;
        return good;
    case SETTING_CONTRACTS:
        return read_contracts(config, at, (struct facts *)(void *)place, err);
    case SETTING_LEVELS:
        return policy_read_levels(at, (struct guard_policy *)(void *)place, err);
    case SETTING_COUPLING:
        return policy_read_coupling(at, (struct guard_policy *)(void *)place, err);
    case SETTING_STORES:
        return facts_read_stores(at, (struct facts *)(void *)place, err);
    case SETTING_CLIENTS:
        return facts_read_clients(at, (struct facts *)(void *)place, err);
    case SETTING_PROFILE:
        return read_profiles(config, at, (struct profile_policy *)(void *)place, err);
    case SETTING_COMMAND:
        return read_command(config, at, (const char *const **)(void *)place, err);
    case SETTING_QUERIES:
        return metrics_read_services(at, (struct metrics_settings *)(void *)place, err);
    case SETTING_ROLLBACK:
        return auto_read_rollback(at, (struct auto_settings *)(void *)place, err);
    case SETTING_STEPS:
        return auto_read_steps(at, (struct auto_settings *)(void *)place, err);
    case SETTING_LIST:
    case SETTING_SINKS:
    case SETTING_PROBES:
    case SETTING_WATCH:
    case SETTING_METRICS:
        break;
    }
    return true;
}
