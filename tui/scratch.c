/* scratch.c: see scratch.h. */
#include "scratch.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool scratch_make(struct scratch *scratch)
{
    const char *const roots[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};

    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        if (!roots[i] || roots[i][0] != '/')
            continue;
        int n = snprintf(scratch->folder, sizeof scratch->folder, "%s/lockstep-XXXXXX", roots[i]);
        if (n > 0 && (size_t)n < sizeof scratch->folder && mkdtemp(scratch->folder)) {
            snprintf(scratch->journal, sizeof scratch->journal, "%s/journal.jsonl",
                     scratch->folder);
            return true;
        }
    }
    *scratch = (struct scratch){0};
    return false;
}

void scratch_remove(struct scratch *scratch)
{
    DIR *dir = scratch->folder[0] ? opendir(scratch->folder) : NULL;

    if (dir) {
        const struct dirent *entry;
        while ((entry = readdir(dir)) != NULL)
            unlinkat(dirfd(dir), entry->d_name, 0);
        closedir(dir);
        rmdir(scratch->folder);
    }
    *scratch = (struct scratch){0};
}
