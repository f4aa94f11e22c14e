/* watch.c: half a year of a watch: some 24 simulated weeks with a delivery fault around every
 * trouble. Nothing may be lost or told twice, nothing may grow; false alarms are counted. Without
 * arguments a day of it. */
#include "alerts/soak.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROWTH_KB = 2048, DAY_MS = 86400000, DAYS = 24 * 7, HOUR_MS = 3600000 };

static void remove_all(const char *folder)
{
    static const char *const names[] = {"journal.jsonl", "watch-0.json", "watch-0.json.lock",
                                        "watch-1.json", "watch-1.json.lock"};
    char path[300];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    /* Some ten thousand times the spool is fsynced: in memory, where there is such a place. */
    char memory[] = "/dev/shm/lockstep-soak-XXXXXX", disk[] = "/tmp/lockstep-soak-XXXXXX";

    json_init();
    const char *folder = mkdtemp(memory) ? memory : mkdtemp(disk);
    if (!folder)
        return 2;
    printf("watch: %s of troubles and delivery faults\n", all ? "24 weeks" : "a day");
    fflush(stdout);
    /* a round is an hour and a half, and a little more */
    struct soak_report r = soak_run(all ? 2700 : 16, HOUR_MS, 2 * HOUR_MS, 7, folder, stdout);
    soak_print(&r, stdout);
    remove_all(folder);
    bool grew = r.kb_late > r.kb_early + GROWTH_KB;
    if (grew)
        puts("  memory grew");
    if (all && r.virtual_ms < (int64_t)DAYS * DAY_MS)
        puts("  it was less than 24 weeks");
    bool ok = !r.lost && !r.doubled && !r.late && !grew &&
              (!all || r.virtual_ms >= (int64_t)DAYS * DAY_MS);
    puts(ok ? "  ok" : "  FAILED");
    return ok ? 0 : 1;
}
