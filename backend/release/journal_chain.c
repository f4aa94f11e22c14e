/* journal_chain.c: see journal_chain.h. */
#include "release/journal_chain.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char seal_head[] = ",\"sha256\":\"", seal_tail[] = "\"}";
enum { SEAL_LEN = sizeof seal_head - 1 + HASH_TEXT - 1 + sizeof seal_tail - 1 };

char *chain_write(const json_t *fields, struct chain_link *link)
{
    json_t *record = json_pack("{s:I, s:s}", "seq", (json_int_t)link->seq, "prev", link->prev);

    json_object_update_missing(record, (json_t *)(uintptr_t)fields);
    json_object_del(record, "sha256");
    char *text = json_text(record);
    json_decref(record);
    size_t body = strlen(text) - 1; /* without the closing brace */
    hash_sha256_text(text, body, link->hash);
    char *line = xasprintf("%.*s%s%s%s\n", (int)body, text, seal_head, link->hash, seal_tail);
    free(text);
    return line;
}

static bool wrong(const char **what, const char *why)
{
    *what = why;
    return false;
}

/* "" before the first record. */
static bool copy_hash(const json_t *value, char out[HASH_TEXT])
{
    const char *text = json_raw(value);
    size_t len = text ? strlen(text) : 0;

    if (!text || (len != HASH_TEXT - 1 && len != 0))
        return false;
    memcpy(out, text, len + 1);
    return true;
}

bool chain_read(const char *line, size_t len, struct chain_link *out, const char **what)
{
    struct err err = {0};
    char sum[HASH_TEXT];

    if (len <= SEAL_LEN || memcmp(line + len - SEAL_LEN, seal_head, sizeof seal_head - 1) != 0 ||
        memcmp(line + len - (sizeof seal_tail - 1), seal_tail, sizeof seal_tail - 1) != 0)
        return wrong(what, "does not end in its hash");
    hash_sha256_text(line, len - SEAL_LEN, sum);
    if (memcmp(sum, line + len - SEAL_LEN + sizeof seal_head - 1, HASH_TEXT - 1) != 0)
        return wrong(what, "does not hold its hash: it was changed");
    json_t *record = json_parse(line, len, "journal", &err);
    if (!record)
        return wrong(what, "is not a JSON object");
    json_t *seq = json_object_get(record, "seq");
    bool ok = json_is_integer(seq) && json_integer_value(seq) > 0 &&
              copy_hash(json_object_get(record, "prev"), out->prev);
    out->seq = ok ? (uint64_t)json_integer_value(seq) : 0;
    memcpy(out->hash, sum, sizeof sum);
    json_decref(record);
    return ok || wrong(what, "lacks seq or prev");
}
