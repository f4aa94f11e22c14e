/* recording.c: see recording.h. */
#include "recording.h"

#include "base/json.h"
#include "drivers/sim/sim.h"

#include <stdlib.h>
#include <string.h>

/* Contexts, journal, probes, watch and looks stay at home: they hold addresses and credentials, or
 * have no say. */
static const char *const kept[] = {
    "canary",      "waves",        "contracts",     "levels",     "coupling",    "stores",
    "clients",     "profile",      "stable",        "attended",   "rehearse_in", "home",
    "break_glass", "alarm_silent", "alarm_unknown", "alarm_open", "metrics",
};

/* Files are named as seen from anywhere. */
static json_t *from_folder(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (path[0] == '/' || path[0] == '~' || !slash)
        return json_string(path);
    char *whole = xasprintf("%.*s/%s", (int)(slash - file), file, path);
    json_t *text = json_string(whole);
    free(whole);
    return text;
}

static json_t *whole_paths(const char *file, const json_t *contracts)
{
    json_t *list = json_array();
    size_t i;
    json_t *one;

    if (json_raw(contracts))
        json_array_append_new(list, from_folder(file, json_raw(contracts)));
    json_array_foreach(contracts, i, one) if (json_raw(one))
        json_array_append_new(list, from_folder(file, json_raw(one)));
    return list;
}

static json_t *without_credentials(const json_t *metrics)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)metrics);

    json_object_del(copy, "token_file");
    json_object_del(copy, "ca_file");
    return copy;
}

json_t *recording_settings(const struct config *config, const struct args *args)
{
    struct err err = {0};
    json_t *all = NULL, *out = json_object();

    if (config->file_found) {
        all = json_parse_file(config->file, &err);
    } else if (args->context_count == 1 && strncmp(args->contexts[0], "demo:", 5) == 0) {
        const char *text = sim_scenario_settings(args->contexts[0] + 5);
        all = json_parse_yaml(text, strlen(text), args->contexts[0], &err);
    }
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const json_t *value = json_object_get(all, kept[i]);
        if (!value)
            continue;
        if (strcmp(kept[i], "contracts") == 0)
            json_object_set_new(out, kept[i], whole_paths(config->file, value));
        else if (strcmp(kept[i], "metrics") == 0)
            json_object_set_new(out, kept[i], without_credentials(value));
        else
            json_object_set(out, kept[i], (json_t *)(uintptr_t)value);
    }
    json_decref(all);
    return out;
}
