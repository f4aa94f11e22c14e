/* image.c: splits image references.
 *
 * A colon is a tag only behind the last slash: "host:5000/app" has none. */
#include "drivers/image.h"

#include <string.h>

enum { SHORT_DIGEST = 12, TAG_MAX = 128, REFERENCE_MAX = 511 };

struct image image_split(const char *reference)
{
    struct image image = {.name = reference, .tag = "", .digest = ""};
    const char *at = strchr(reference, '@');
    size_t rest = at ? (size_t)(at - reference) : strlen(reference);
    size_t colon = rest;

    if (at) {
        image.digest = at + 1;
        image.digest_len = strlen(at + 1);
    }
    while (colon > 0 && reference[colon - 1] != ':' && reference[colon - 1] != '/')
        colon--;
    if (colon > 0 && reference[colon - 1] == ':') {
        image.tag = reference + colon;
        image.tag_len = rest - colon;
        rest = colon - 1;
    }
    image.name_len = rest;
    return image;
}

const char *image_version(struct arena *arena, const char *reference)
{
    struct image image = image_split(reference);
    const char *hex = memchr(image.digest, ':', image.digest_len);

    if (image.name_len == 0)
        return "?";
    if (image.tag_len > 0)
        return arena_printf(arena, "%.*s", (int)image.tag_len, image.tag);
    if (image.digest_len == 0)
        return "latest";
    if (!hex || strspn(hex + 1, "0123456789abcdef") < SHORT_DIGEST)
        return "?";
    return arena_printf(arena, "%.*s:%.*s", (int)(hex - image.digest), image.digest, SHORT_DIGEST,
                        hex + 1);
}

const char *image_digest(struct arena *arena, const char *reference)
{
    return arena_strdup(arena, image_split(reference).digest);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_tag(const char *tag)
{
    size_t len = strlen(tag);

    if (len == 0 || len > TAG_MAX || !is_word(tag[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!is_word(tag[i]) && tag[i] != '.' && tag[i] != '-')
            return false;
    return true;
}

char *image_retag(const char *reference, const char *tag, struct err *err)
{
    struct image image = image_split(reference);

    if (!is_tag(tag)) {
        err_set(err, ERR_USAGE, "version \"%s\" cannot be an image tag; name the image as well",
                tag);
        return NULL;
    }
    return xasprintf("%.*s:%s", (int)image.name_len, image.name, tag);
}

bool image_is_reference(const char *reference)
{
    size_t len = strlen(reference);

    if (len == 0 || len > REFERENCE_MAX || strstr(reference, ".."))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_word(reference[i]) && !strchr(".-:/@+", reference[i]))
            return false;
    return image_split(reference).name_len > 0;
}
