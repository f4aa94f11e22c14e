/* image.h: image references, and what people call the version in them. Pure. */
#ifndef LOCKSTEP_DRIVERS_IMAGE_H
#define LOCKSTEP_DRIVERS_IMAGE_H

#include "base/err.h"
#include "base/mem.h"

#include <stddef.h>

/* The parts of "host:5000/team/app:1.2@sha256:…", borrowed from it; len 0: not there. */
struct image {
    const char *name; /* with host and path */
    const char *tag;
    const char *digest; /* "sha256:…" */
    size_t name_len, tag_len, digest_len;
};

struct image image_split(const char *reference);
/* The tag, else "sha256:" with twelve digits, else "latest"; "?" for an empty reference. */
const char *image_version(struct arena *arena, const char *reference);
/* The whole digest that pins it, or "". */
const char *image_digest(struct arena *arena, const char *reference);
/* The same repository with this tag, yours to free; NULL and ERR_USAGE when it cannot be a tag. */
char *image_retag(const char *reference, const char *tag, struct err *err);
/* True for what an engine would take as a reference: no blanks, no control bytes, no "..". */
bool image_is_reference(const char *reference);

#endif
