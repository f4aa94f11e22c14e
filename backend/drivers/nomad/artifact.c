/* artifact.c: see artifact.h. */
#include "drivers/nomad/artifact.h"

#include "base/json.h"
#include "base/text.h"
#include "drivers/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_raw(json_object_get(object, key));

    return text ? text : "";
}

json_t *nomad_artifact_main_task(const json_t *group)
{
    json_t *tasks = json_object_get(group, "Tasks"), *task, *first = NULL, *named = NULL;
    size_t i;

    json_array_foreach(tasks, i, task)
    {
        if (json_is_true(json_object_get(task, "Leader")))
            return task;
        if (json_is_object(json_object_get(task, "Lifecycle")))
            continue;
        if (!named && strcmp(text_of(task, "Name"), text_of(group, "Name")) == 0)
            named = task;
        if (!first)
            first = task;
    }
    return named ? named : first ? first : json_array_get(tasks, 0);
}

/* Where in the task it stands; key of its member. */
static json_t *place_of(const json_t *task, const char **key)
{
    json_t *config = json_object_get(task, "Config");
    json_t *artifact = json_array_get(json_object_get(task, "Artifacts"), 0);

    *key = "image";
    if (text_of(config, "image")[0])
        return config;
    *key = "GetterSource";
    if (text_of(artifact, "GetterSource")[0])
        return artifact;
    *key = "command";
    return config;
}

const char *nomad_artifact_of_task(struct arena *arena, const json_t *task, bool *is_image)
{
    const char *key;
    const json_t *place = place_of(task, &key);
    const char *text = text_of(place, key);

    *is_image = strcmp(key, "image") == 0;
    return text_clean(arena, text, strlen(text), TEXT_MESSAGE_MAX);
}

static size_t number_at(const char *text)
{
    size_t len = 0, dots = 0;

    while (isdigit((unsigned char)text[len]) ||
           (text[len] == '.' && len > 0 && isdigit((unsigned char)text[len + 1]))) {
        dots += text[len] == '.';
        len++;
    }
    return dots > 0 ? len : 0;
}

/* The last "1.2" or "1.2.3" that stands by itself in the address. */
static const char *number_in(struct arena *arena, const char *text)
{
    const char *found = "";
    size_t len;

    for (const char *at = text; *at && *at != '?'; at++) {
        bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '.') ||
                      (at[-1] == 'v' && (at - 1 == text || !isalnum((unsigned char)at[-2])));
        if (!begins || (len = number_at(at)) == 0)
            continue;
        if (!isalnum((unsigned char)at[len]))
            found = arena_printf(arena, "%.*s", (int)len, at);
        at += len - 1;
    }
    return found;
}

const char *nomad_artifact_version(struct arena *arena, const char *artifact, bool is_image)
{
    if (!artifact[0])
        return "";
    return is_image ? image_version(arena, artifact) : number_in(arena, artifact);
}

char *nomad_artifact_of_version(const char *artifact, bool is_image, const char *old,
                                const char *new, struct err *err)
{
    size_t old_len = strlen(old);
    char *made = xstrdup("");
    bool any = false;

    if (is_image) {
        free(made);
        return image_retag(artifact, new, err);
    }
    for (const char *at = artifact; *at;) {
        bool begins = at == artifact || !isalnum((unsigned char)at[-1]) || at[-1] == 'v';
        bool here = old_len > 0 && begins && strncmp(at, old, old_len) == 0 &&
                    !isalnum((unsigned char)at[old_len]);
        char *longer =
            here ? xasprintf("%s%s", made, new) : xasprintf("%s%c", made, (unsigned char)*at);
        free(made);
        made = longer;
        any |= here;
        at += here ? old_len : 1;
    }
    if (any)
        return made;
    free(made);
    err_set(err, ERR_USAGE, "\"%s\" does not say its version %s: name what to run as well",
            artifact, old);
    return NULL;
}

bool nomad_artifact_is_fit(const char *artifact, bool is_image)
{
    size_t len = strlen(artifact);

    if (is_image)
        return image_is_reference(artifact);
    if (len == 0 || len > 511)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)artifact[i] <= ' ' || (unsigned char)artifact[i] == 127)
            return false;
    return true;
}

void nomad_artifact_set(json_t *task, const char *artifact)
{
    const char *key;
    json_t *place = place_of(task, &key);

    if (place)
        json_object_set_new(place, key, json_string(artifact));
}
