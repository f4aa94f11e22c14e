/* log_alloc.c: see log_alloc.h. */
#include "drivers/nomad/log_alloc.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PREFIX_LEN = 8 };

const char *nomad_log_prefix(const char *instance)
{
    const char *blank = strrchr(instance, ' ');

    return blank && strlen(blank + 1) == PREFIX_LEN &&
                   strspn(blank + 1, "0123456789abcdef") == PREFIX_LEN
               ? blank + 1
               : "";
}

static int compare_events(const void *left, const void *right)
{
    const struct nomad_log_event *a = left, *b = right;

    return a->at_ns < b->at_ns ? -1 : a->at_ns > b->at_ns;
}

static bool take_events(const struct json_at *task, const char *name, struct nomad_log_alloc *out,
                        struct err *err)
{
    struct json_at events = json_key(task, "Events");
    struct arena *arena = task->arena;
    size_t count = 0;

    if (!events.value || json_is_null(events.value))
        return true;
    if (!json_get_array(&events, &count, err))
        return false;
    struct nomad_log_event *all = arena_alloc(arena, out->event_count + count + 1, sizeof *all);
    if (out->event_count > 0)
        memcpy(all, out->events, out->event_count * sizeof *all);
    out->events = all;
    for (size_t i = 0; i < count; i++) {
        struct json_at event = json_index(&events, i), type = json_key(&event, "Type");
        struct json_at shown = json_key(&event, "DisplayMessage"), time = json_key(&event, "Time");
        const char *word, *text;
        int64_t at_ns;
        if (!json_opt_text(&type, 64, "", &word, err) ||
            !json_opt_text(&shown, TEXT_MESSAGE_MAX, "", &text, err) ||
            !json_opt_int(&time, 0, INT64_MAX, 0, &at_ns, err))
            return false;
        out->events[out->event_count++] = (struct nomad_log_event){
            at_ns, arena_printf(arena, "%s: %s%s%s", name, word, text[0] ? ": " : "", text)};
    }
    return true;
}

static bool take_tasks(const struct json_at *alloc, struct nomad_log_alloc *out, struct err *err)
{
    struct json_at states = json_key(alloc, "TaskStates");
    bool begun = false, lives = false, chosen_failed = false;
    const char *key;
    json_t *value, *object = (json_t *)(uintptr_t)states.value;

    json_object_foreach(object, key, value)
    {
        struct json_at task = json_key(&states, key), state = json_key(&task, "State");
        struct json_at failed = json_key(&task, "Failed"), started = json_key(&task, "StartedAt");
        const char *name = text_clean(alloc->arena, key, strlen(key), TEXT_NAME_MAX), *word, *at;
        bool is_failed;
        if (!json_opt_text(&state, 32, "", &word, err) ||
            !json_opt_bool(&failed, false, &is_failed, err) ||
            !json_opt_text(&started, 40, "", &at, err) || !take_events(&task, name, out, err))
            return false;
        lives |= strcmp(word, "dead") != 0;
        if (!at[0] && strcmp(word, "pending") == 0)
            continue; /* has never run */
        if (!begun || (is_failed && !chosen_failed))
            out->task = name;
        begun = true;
        chosen_failed |= is_failed;
    }
    out->over = begun && !lives;
    return true;
}

bool nomad_log_look(const json_t *value, const char *job, const char *instance, struct arena *arena,
                    struct nomad_log_alloc *out, struct err *err)
{
    struct json_at root = json_root(value, "allocations", arena);
    const char *prefix = nomad_log_prefix(instance), *id, *of;
    size_t count;

    *out = (struct nomad_log_alloc){.id = "", .task = ""};
    if (!json_get_array(&root, &count, err))
        return false;
    for (size_t i = 0; i < count && prefix[0]; i++) {
        struct json_at at = json_index(&root, i), id_at = json_key(&at, "ID");
        struct json_at job_at = json_key(&at, "JobID");
        if (!json_get_id(&id_at, 64, &id, err) || !json_get_text(&job_at, 512, &of, err))
            return false;
        if (strcmp(of, job) != 0 || strncmp(id, prefix, PREFIX_LEN) != 0)
            continue;
        out->id = id;
        if (!take_tasks(&at, out, err))
            return false;
        break;
    }
    if (out->event_count > 1)
        qsort(out->events, out->event_count, sizeof *out->events, compare_events);
    return true;
}
