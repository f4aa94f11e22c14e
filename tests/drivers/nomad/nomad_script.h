/* nomad_script.h: servers that say what a healthy cluster never does, and a driver that hears it.
 *
 * The script knows one job, "web", as it was recorded with five of eight on version 5. Every list
 * is answered from there, the event stream stays open, and what a test wants otherwise it tells the
 * server beforehand (server_reply) or changes here. */
#ifndef LOCKSTEP_TESTS_DRIVERS_NOMAD_SCRIPT_H
#define LOCKSTEP_TESTS_DRIVERS_NOMAD_SCRIPT_H

#include "drivers/driver.h"
#include "net/server.h"

/* The clock runs ten times as fast as the network. */
enum { SCRIPT_TEXT = 4000, SCRIPT_PATIENCE_MS = 100000 };

struct nomad_script {
    /* Set before script_open, or between turns: read by the server's threads as a whole. */
    const char *_Atomic headers; /* of every answer to a read */
    _Atomic long variables;      /* status of /v1/vars; 0: 200 */
    _Atomic long stream;         /* status of /v1/event/stream; 0: 200, open */
    const char *_Atomic hello;   /* first bytes of the stream */
    const char *before_act;      /* NULL, or `headers` from when script_step has planned */
    /* What was heard. */
    enum cluster_state state;
    struct err why; /* of the state */
    unsigned synced, pictures, fresh, stale;
    const struct service *web; /* newest, or NULL */
    char events[SCRIPT_TEXT];
    /* */
    struct server *server;
    struct clock *clock;
    struct loop *loop;
    struct cluster_config config;
    struct driver *driver;
};

/* A server on 127.0.0.1 that is not asked yet; then a driver, following, until it is synced. */
void script_init(struct nomad_script *script);
void script_open(struct nomad_script *script);
/* The same, not waiting for anything. */
void script_follow(struct nomad_script *script);
/* Answers from this server instead; the one before is the test's to free. */
void script_serve(struct nomad_script *script, struct server *server);
void script_close(struct nomad_script *script);

typedef bool script_done_fn(struct nomad_script *script);
/* Turns the loop until it is so; fails the test, with what was waited for, when it never is. */
void script_until(struct nomad_script *script, script_done_fn *done, const char *what);
/* Until the server was asked this (the start of a request line) more than `before` times. */
void script_asked(struct nomad_script *script, const char *on, size_t before);
/* Requests take no longer than this from now on. */
void script_hurry(struct nomad_script *script, int64_t total_ms);

/* Plans a step from five to six and sends it; the outcome. */
struct err script_step(struct nomad_script *script);
/* Reads "web" through the driver. */
struct err script_read(struct nomad_script *script);

#endif
