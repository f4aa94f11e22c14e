/* archive.c: see archive.h. */
#include "release/archive.h"

#include "base/hash.h"
#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int64_t at_ms(const json_t *entry)
{
    return json_integer_value(json_object_get(entry, "at_ms"));
}

/* Equal times: by digest, so that every lockstep drops the same one. */
static void drop_oldest(json_t *archive, const char *keep)
{
    const char *key, *oldest = NULL;
    json_t *entry, *found = NULL;

    json_object_foreach(archive, key, entry)
    {
        if (strcmp(key, keep) == 0)
            continue;
        if (!found || at_ms(entry) < at_ms(found) ||
            (at_ms(entry) == at_ms(found) && strcmp(key, oldest) < 0)) {
            oldest = key;
            found = entry;
        }
    }
    assert(oldest); /* there is more than the one that is kept */
    json_object_del(archive, oldest);
}

json_t *archive_add(json_t *archive, json_t *contract, int64_t utc_ms)
{
    char digest[HASH_TEXT];

    if (!json_is_object(contract) || (archive && !json_is_object(archive)))
        return json_incref(archive);
    char *text = json_text(contract);
    size_t len = strlen(text);
    hash_sha256_text(text, len, digest);
    free(text);
    if (len > ARCHIVE_TEXT_MAX)
        return json_incref(archive);
    json_t *next = archive ? json_copy(archive) : json_object();
    json_t *known = json_object_get(next, digest);
    json_t *entry = json_is_object(known) ? json_copy(known) : json_object();
    json_object_set_new(entry, "at_ms", json_integer(utc_ms));
    json_object_set(entry, "contract", contract);
    json_object_set_new(next, digest, entry);
    while (json_object_size(next) > ARCHIVE_MAX)
        drop_oldest(next, digest);
    return next;
}

json_t *archive_with(json_t *archive, const char *contract, int64_t utc_ms)
{
    struct err ignored = {0};
    json_t *said = contract[0]
                       ? json_parse_yaml(contract, strlen(contract), "lockstep.contract", &ignored)
                       : NULL;
    json_t *next = archive_add(archive, said, utc_ms);

    json_decref(said);
    return next;
}
