/* lab.h: a simulated cluster on a virtual clock, whose service web was released as 5 by lockstep,
 * watches of it, and one receiver that does what a test says. What the receiver really got is on
 * its own list, whatever the watch believes. */
#ifndef LOCKSTEP_TESTS_ALERTS_LAB_H
#define LOCKSTEP_TESTS_ALERTS_LAB_H

#include "alerts/watch.h"
#include "drivers/sim/sim.h"

enum { LAB_WATCHES = 2, LAB_GOT_MAX = 65536 };

/* One event that arrived. */
struct got {
    char id[ID_TEXT], kind[16], name[64];
    enum alert_event event;
    int64_t at_utc_ms; /* when it arrived */
};

struct receiver {
    unsigned refuse;      /* the next so many are refused, not taken */
    unsigned lose_answer; /* the next so many are taken, and the answer is lost */
    unsigned hang;    /* the next so many get no answer within the time limit, and are not taken */
    int64_t delay_ms; /* every answer comes so late; taken when it comes */
    struct got got[LAB_GOT_MAX];
    size_t count;
};

struct lab {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine;
    struct receiver receiver;
    struct watch_settings settings;
    struct watch *watch[LAB_WATCHES]; /* NULL: not running */
    char spool[LAB_WATCHES][400];
    int out;
    size_t said; /* lines about the watches themselves */
};

/* `folder` is for its files. */
void lab_open(struct lab *lab, const char *scenario, const char *folder);
void lab_close(struct lab *lab);
void lab_start(struct lab *lab, int which);
/* As by SIGKILL: nothing is given back, nothing is written. */
void lab_kill(struct lab *lab, int which);
/* So much time passes; every watch sees every frame. */
void lab_run(struct lab *lab, int64_t ms);
/* Until the receiver has so many events; ends the program after `ms` without them. */
void lab_until(struct lab *lab, size_t count, int64_t ms);

void lab_push(struct lab *lab, const char *version, unsigned count);
void lab_inject(struct lab *lab, enum sim_fault fault, const char *target);

/* Events of this kind and sort that the receiver has from index `from` on. */
size_t lab_count(const struct lab *lab, size_t from, const char *kind, enum alert_event event);
/* The same id and event twice, anywhere. */
size_t lab_doubles(const struct lab *lab);

extern const struct sink_ops lab_sink; /* arg: struct receiver */

#endif
