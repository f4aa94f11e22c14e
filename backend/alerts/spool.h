/* spool.h: the file that keeps the book across restarts.
 *
 * One file per process, the first of PATH, PATH.1 … PATH.7 that no other process has locked; 0600,
 * replaced as a whole (written beside, fsynced, renamed, the folder fsynced). */
#ifndef LOCKSTEP_ALERTS_SPOOL_H
#define LOCKSTEP_ALERTS_SPOOL_H

#include "base/err.h"

#include <stddef.h>

enum { SPOOL_SLOTS = 8 };

struct spool;
/* NULL and err when there is no place for it. */
struct spool *spool_open(const char *path, struct err *err);
void spool_close(struct spool *spool); /* NULL is fine */
const char *spool_path(const struct spool *spool);
/* What it holds, yours; NULL and ERR_NONE when nothing, NULL and err when it cannot be read. */
char *spool_load(const struct spool *spool, size_t *len, size_t max, struct err *err);
bool spool_save(const struct spool *spool, const char *text, size_t len, struct err *err);
/* Moves what is damaged out of the way, to PATH.bad. */
void spool_set_aside(const struct spool *spool);

#endif
