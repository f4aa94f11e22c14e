/* file.h: a whole file of a bounded size, in memory. */
#ifndef LOCKSTEP_BASE_FILE_H
#define LOCKSTEP_BASE_FILE_H

#include "base/err.h"

#include <stddef.h>

/* The bytes, yours, with a NUL behind them that *len does not count. NULL and CONFIG when it is not
 * there, cannot be read or is larger than max. `what` ("the script", or "") stands before the path
 * in messages. */
char *file_read(const char *what, const char *path, size_t max, size_t *len, struct err *err);
/* The same of one that the caller opened, looked at, and closes; fd < 0: errno says why not. */
char *file_read_open(int fd, const char *what, const char *path, size_t max, size_t *len,
                     struct err *err);

enum file_limit { FILE_TOKEN_MAX = 8192 };
/* The first line of a token's file without white space around it, yours; wipe it. NULL with err
 * (CONFIG) also when it is empty. Read anew each time: such files are rotated. */
char *file_read_token(const char *path, struct err *err);

#endif
