/* soak.c: see soak.h. */
#include "alerts/soak.h"

#include "alerts/lab.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECOND = 1000, MINUTE = 60000 };

const char *const soak_fault_word[FAULT_COUNT] = {
    [FAULT_NONE] = "none",          [FAULT_REFUSED] = "refused",     [FAULT_HUNG] = "hung",
    [FAULT_SLOW] = "slow",          [FAULT_DEAD] = "dead",           [FAULT_KILLED] = "killed",
    [FAULT_HANDED] = "handed over", [FAULT_OVERTAKEN] = "overtaken", [FAULT_CUT] = "cut",
    [FAULT_FULL] = "disk full",
};

/* What goes wrong in the cluster: must be told, and may be told beside it. */
enum soak_trouble { TROUBLE_PUSH, TROUBLE_STEPS, TROUBLE_BLIND, TROUBLE_NODE, TROUBLE_COUNT };
static const struct {
    const char *must, *may;
} tells[TROUBLE_COUNT] = {
    [TROUBLE_PUSH] = {"drift", "step"}, /* on the way back two versions are not adjacent */
    [TROUBLE_STEPS] = {"step", "drift"},
    [TROUBLE_BLIND] = {"blind", ""},
    [TROUBLE_NODE] = {"", ""}, /* a node that goes and comes while nothing moves is no alarm */
};

struct soak {
    struct lab *lab;
    struct soak_report report;
    uint64_t random;
    FILE *out;
    unsigned lines;
    int64_t killed_utc_ms; /* last */
    int64_t begun_utc_ms;
    int64_t lasts_ms; /* a trouble, at most */
};

static uint64_t dice(struct soak *soak, uint64_t below)
{
    soak->random = soak->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return hash_scatter(soak->random) % below;
}

static void pass(struct soak *soak, int64_t least, int64_t most)
{
    lab_run(soak->lab, least + (int64_t)dice(soak, (uint64_t)(most - least + 1)));
}

static void kill_one(struct soak *soak, int which)
{
    soak->killed_utc_ms = clock_utc_ms(soak->lab->clock);
    lab_kill(soak->lab, which);
}

static void begin_trouble(struct soak *soak, enum soak_trouble trouble)
{
    struct lab *lab = soak->lab;

    soak->begun_utc_ms = clock_utc_ms(lab->clock);
    switch (trouble) {
    case TROUBLE_PUSH:
        lab_push(lab, "6", 1 + (unsigned)dice(soak, 4));
        break;
    case TROUBLE_STEPS:
        lab_push(lab, "6", 3);
        lab_run(lab, 30 * SECOND);
        soak->begun_utc_ms = clock_utc_ms(lab->clock);
        lab_push(lab, "7", 2);
        break;
    case TROUBLE_BLIND:
        lab_inject(lab, SIM_UNREACHABLE, "");
        break;
    case TROUBLE_NODE:
        lab_inject(lab, SIM_NODE_SILENT, "w3");
        break;
    case TROUBLE_COUNT:
        break;
    }
}

static void end_trouble(struct soak *soak, enum soak_trouble trouble)
{
    if (trouble == TROUBLE_BLIND)
        lab_inject(soak->lab, SIM_REACHABLE, "");
    else if (trouble == TROUBLE_NODE)
        lab_inject(soak->lab, SIM_NODE_RETURNS, "w3");
    else
        lab_push(soak->lab, "5", 8);
}

/* Before the trouble. */
static void begin_fault(struct soak *soak, enum soak_fault fault)
{
    struct receiver *to = &soak->lab->receiver;

    if (fault == FAULT_REFUSED)
        to->refuse = 1 + (unsigned)dice(soak, 6);
    else if (fault == FAULT_HUNG)
        to->hang = 1 + (unsigned)dice(soak, 2);
    else if (fault == FAULT_SLOW)
        to->delay_ms = 500 + (int64_t)dice(soak, 8000);
    else if (fault == FAULT_DEAD)
        kill_one(soak, 0);
    else if (fault == FAULT_OVERTAKEN)
        lab_inject(soak->lab, SIM_LEDGER_CONFLICT, "");
    else if (fault == FAULT_HANDED) {
        lab_start(soak->lab, 1);
        lab_run(soak->lab, 20 * SECOND);
    } else if (fault == FAULT_FULL) {
        char *beside = xasprintf("%s.new", soak->lab->spool[0]);
        mkdir(beside, 0700); /* nothing can be written there */
        free(beside);
    }
}

/* While it lasts. */
static void go_on_fault(struct soak *soak, enum soak_fault fault)
{
    struct lab *lab = soak->lab;

    pass(soak, 0, 5 * SECOND);
    if (fault == FAULT_KILLED)
        kill_one(soak, 0);
    else if (fault == FAULT_HANDED)
        kill_one(soak, watch_lease(lab->watch[0], "lab") == LEASE_LEADS ? 0 : 1);
    else if (fault == FAULT_CUT)
        lab_inject(lab, SIM_UNREACHABLE, "");
    pass(soak, SECOND, 30 * SECOND);
    if (!lab->watch[0] && fault != FAULT_HANDED)
        lab_start(lab, 0);
    if (fault == FAULT_CUT)
        lab_inject(lab, SIM_REACHABLE, "");
}

/* All is well again, and everything that can be told was. */
static void end_fault(struct soak *soak, enum soak_fault fault)
{
    struct lab *lab = soak->lab;

    lab_run(lab, fault == FAULT_REFUSED ? 3 * MINUTE : 40 * SECOND);
    lab->receiver.refuse = lab->receiver.hang = 0;
    lab->receiver.delay_ms = 0;
    if (fault == FAULT_HANDED) {
        if (!lab->watch[0])
            lab_start(lab, 0);
        lab_run(lab, 30 * SECOND);
        if (lab->watch[1])
            lab_kill(lab, 1);
        unlink(lab->spool[1]);
        lab_run(lab, MINUTE); /* the first takes over again */
    } else if (fault == FAULT_FULL) {
        char *beside = xasprintf("%s.new", lab->spool[0]);
        rmdir(beside);
        free(beside);
        lab_run(lab, SECOND);
    }
}

/* ---- the count ---- */

static void complain(struct soak *soak, enum soak_trouble trouble, enum soak_fault fault,
                     const char *what)
{
    if (!soak->out || soak->lines++ >= 20)
        return;
    fprintf(soak->out, "round %u, trouble %d, fault %s: %s\n", soak->report.rounds, (int)trouble,
            soak_fault_word[fault], what);
    for (size_t i = 0; i < soak->lab->receiver.count; i++) {
        const struct got *got = &soak->lab->receiver.got[i];
        fprintf(soak->out, "  %+.3f s %s %s %.8s\n",
                (double)(got->at_utc_ms - soak->begun_utc_ms) / 1000,
                got->event == ALERT_OPENED ? "opened" : "resolved", got->kind, got->id);
    }
}

/* How often what arrived had arrived before; near a kill it is excused. */
static void count_doubles(struct soak *soak, enum soak_trouble trouble, enum soak_fault fault)
{
    const struct receiver *to = &soak->lab->receiver;

    for (size_t i = 0; i < to->count; i++)
        for (size_t j = 0; j < i; j++) {
            if (to->got[i].event != to->got[j].event || strcmp(to->got[i].id, to->got[j].id) != 0)
                continue;
            int64_t before_ms = soak->killed_utc_ms - to->got[j].at_utc_ms;
            if ((fault == FAULT_KILLED || fault == FAULT_HANDED) && before_ms >= 0 &&
                before_ms <= SECOND) {
                soak->report.excused++;
            } else {
                soak->report.doubled++;
                complain(soak, trouble, fault, "told twice");
            }
        }
}

static void count(struct soak *soak, enum soak_trouble trouble, enum soak_fault fault)
{
    const struct receiver *to = &soak->lab->receiver;
    const char *must = tells[trouble].must, *may = tells[trouble].may;
    size_t opened = lab_count(soak->lab, 0, must, ALERT_OPENED);
    size_t resolved = lab_count(soak->lab, 0, must, ALERT_RESOLVED);
    /* who is cut off tells that alone; two that are tell it twice */
    size_t most = trouble == TROUBLE_BLIND && fault == FAULT_HANDED ? 2 : 1;
    unsigned doubled = soak->report.doubled, excused = soak->report.excused;

    if (must[0]) {
        soak->report.troubles++;
        if (!opened || resolved < opened) {
            soak->report.lost++;
            complain(soak, trouble, fault, "lost");
        }
        if (fault == FAULT_NONE && trouble != TROUBLE_BLIND && to->count &&
            to->got[0].at_utc_ms - soak->begun_utc_ms > 10 * SECOND) {
            soak->report.late++;
            complain(soak, trouble, fault, "late");
        }
    }
    count_doubles(soak, trouble, fault);
    if (must[0] && opened > most && soak->report.doubled == doubled &&
        soak->report.excused == excused) {
        soak->report.doubled++;
        complain(soak, trouble, fault, "told as two");
    }
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->got[i].kind, must) != 0 && strcmp(to->got[i].kind, may) != 0 &&
            !(fault == FAULT_CUT && strcmp(to->got[i].kind, "blind") == 0) &&
            to->got[i].event == ALERT_OPENED) {
            soak->report.unfounded++;
            complain(soak, trouble, fault, "unfounded");
        }
}

/* ---- the rounds ---- */

static void one_round(struct soak *soak)
{
    enum soak_trouble trouble = (enum soak_trouble)dice(soak, TROUBLE_COUNT);
    enum soak_fault fault = (enum soak_fault)(soak->report.rounds % FAULT_COUNT);

    if (trouble == TROUBLE_BLIND && fault == FAULT_CUT) /* its end would be the trouble's */
        trouble = TROUBLE_PUSH;
    soak->report.rounds++;
    soak->report.of[fault]++;
    soak->lab->receiver.count = 0;
    begin_fault(soak, fault);
    begin_trouble(soak, trouble);
    go_on_fault(soak, fault);
    if (trouble == TROUBLE_BLIND) /* told after a minute */
        pass(soak, 75 * SECOND, 120 * SECOND);
    pass(soak, SECOND, soak->lasts_ms);
    end_trouble(soak, trouble);
    end_fault(soak, fault);
    count(soak, trouble, fault);
}

static long resident_kb(void)
{
    long pages = 0, skipped = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f)
        return 0;
    if (fscanf(f, "%ld %ld", &skipped, &pages) != 2)
        pages = 0;
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

struct soak_report soak_run(unsigned rounds, int64_t lasts_ms, int64_t quiet_ms, uint64_t seed,
                            const char *folder, FILE *out)
{
    struct soak soak = {.lab = xcalloc(1, sizeof *soak.lab), .random = seed, .out = out};

    soak.lasts_ms = lasts_ms;

    lab_open(soak.lab, "eight", folder);
    int64_t begun_ms = clock_now_ms(soak.lab->clock);
    lab_start(soak.lab, 0);
    lab_run(soak.lab, MINUTE);
    for (unsigned i = 0; i < rounds; i++) {
        one_round(&soak);
        pass(&soak, 0, quiet_ms);
        if (i == rounds / 10)
            soak.report.kb_early = resident_kb();
    }
    soak.report.kb_late = resident_kb();
    soak.report.virtual_ms = clock_now_ms(soak.lab->clock) - begun_ms;
    lab_close(soak.lab);
    free(soak.lab);
    return soak.report;
}

void soak_print(const struct soak_report *r, FILE *out)
{
    fprintf(out, "  %u rounds in %.1f simulated days:", r->rounds,
            (double)r->virtual_ms / 86400000);
    for (unsigned f = 0; f < FAULT_COUNT; f++)
        fprintf(out, " %u %s%s", r->of[f], soak_fault_word[f], f + 1 < FAULT_COUNT ? "," : "\n");
    fprintf(out,
            "  %u troubles to tell: %u lost, %u told twice, %u twice around a kill, %u late; %u "
            "false alarms; %ld KiB early, %ld KiB late\n",
            r->troubles, r->lost, r->doubled, r->excused, r->late, r->unfounded, r->kb_early,
            r->kb_late);
}
