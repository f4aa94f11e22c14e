/* program.h: runs the real program in a home of its own and keeps what it said.
 *
 * HOME, XDG_* and DOCKER_* of the machine are not seen: each test starts as on a fresh
 * account with no docker socket (DOCKER_HOST names one that is not there). */
#ifndef LOCKSTEP_TESTS_TUI_PROGRAM_H
#define LOCKSTEP_TESTS_TUI_PROGRAM_H

#include "test.h"

#include <jansson.h>
#include <sys/types.h>

struct said {
    int status; /* exit status; 128 + n when signal n ended it */
    char *out, *err;
};

struct program {
    char home[4200];
    char env[16][4400]; /* "NAME=value", on top of the fresh account's */
    int env_count;
    int out;       /* stdout goes there instead; 0: it is kept */
    long file_max; /* bytes any file may grow to (RLIMIT_FSIZE); 0: no limit */
};

void program_init(struct program *program);
void program_setenv(struct program *program, const char *name, const char *value);
/* Writes HOME/NAME (folders are made) with mode 0600. */
void program_write(const struct program *program, const char *name, const char *text);
/* Words are separated by blanks; "%" in one is HOME. The answer is the caller's to release. */
struct said program_run(const struct program *program, const char *words);
/* The same, again while the answer is "not now" (something moves still, or the picture is older
 * than the key): on a real engine both come and go by themselves. */
struct said program_run_in_time(const struct program *program, const char *words);

/* The same in two parts, for what happens in between. */
struct running {
    pid_t pid;
    int out, err;
};
struct running program_start(const struct program *program, const char *words);
struct said program_finish(struct running *running);
void said_release(struct said *said);

/* The first line of stderr, or of stdout when `out`. */
const char *said_line(const struct said *said, int out, char *line, size_t size);
/* stdout as one JSON document on one line; the caller drops the reference. */
json_t *said_json(const struct said *said);

#endif
