/* test_probing.c: two watches of one cluster with the same probes, each a process of its own: one
 * asks and attests. They measure different numbers, as two do that ask at different times. */
#include "test.h"

#include "alerts/watch.h"
#include "base/mem.h"
#include "drivers/sim/sim.h"
#include "health/probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ENOUGH = 100, /* takes longer than the second one waits before it asks first */
    PATIENCE_MS = 60000
};

struct one {
    struct engine *engine;
    struct watch *watch;
    struct probe_settings probe;
    const char *command[4];
    char *script, *asked; /* a byte for each time that it was asked */
};

static struct clock *clock_;
static struct sim *sim;
static struct watch_settings settings;
static const char *folder;
static int out;
static struct one ones[2];

static void setup(void)
{
    struct err err = {0};

    clock_ = clock_new_real();
    sim = sim_new("eight", 1, clock_, &err);
    ck_assert_msg(sim != NULL, "%s", err.text);
    folder = test_dir();
    out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    memset(ones, 0, sizeof ones);
}

static void stop(struct one *one, bool gives_back)
{
    if (!one->engine)
        return;
    for (int i = 0; gives_back && i < 1000 && !watch_leave(one->watch); i++)
        loop_turn(engine_loop(one->engine), 10);
    watch_free(one->watch, false);
    for (int i = 0; i < 20; i++) /* answers that nobody waits for any more */
        loop_turn(engine_loop(one->engine), 1);
    engine_free(one->engine);
    one->engine = NULL;
    free(one->script);
    free(one->asked);
}

static void teardown(void)
{
    for (int i = 0; i < 2; i++)
        stop(&ones[i], false);
    sim_unref(sim);
    clock_free(clock_);
    close(out);
}

static void start(int which, unsigned calls)
{
    static const char *const contexts[] = {"lab"};
    struct one *one = &ones[which];
    char *journal = xasprintf("%s/journal-%d.jsonl", folder, which);
    struct err err = {0};

    one->asked = xasprintf("%s/asked-%d", folder, which);
    one->script = xasprintf("printf x >>%s; echo %u", one->asked, calls);
    one->command[0] = "sh";
    one->command[1] = "-c";
    one->command[2] = one->script;
    one->probe = (struct probe_settings){.store = "",
                                         .gone = "",
                                         .clients = "phones",
                                         .usage = "Get/1",
                                         .context = "",
                                         .command = one->command,
                                         .every_ms = 20};
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = "eight", .shared = sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = clock_,
                                         .probes = &one->probe,
                                         .probe_count = 1};
    one->engine = engine_new(&config, &err);
    ck_assert_msg(one->engine != NULL, "%s", err.text);
    const struct watch_env env = {.engine = one->engine,
                                  .loop = engine_loop(one->engine),
                                  .settings = &settings,
                                  .contexts = contexts,
                                  .context_count = 1,
                                  .out = out};
    one->watch = watch_new(&env, &err);
    ck_assert_msg(one->watch != NULL, "%s", err.text);
    free(journal);
}

static bool look(void *arg, const struct frame *frame)
{
    struct one *one = arg;

    watch_look(one->watch, frame);
    return false;
}

static size_t asked(int which)
{
    FILE *f = fopen(ones[which].asked, "r");
    size_t count = 0;

    while (f && fgetc(f) != EOF)
        count++;
    if (f)
        fclose(f);
    return count;
}

/* Both run until this one has been asked so often. */
static void until_asked(int which, size_t count)
{
    int64_t end = clock_now_ms(clock_) + PATIENCE_MS;

    while (asked(which) < count) {
        ck_assert_msg(clock_now_ms(clock_) < end, "probe %d was asked %zu times", which,
                      asked(which));
        for (int i = 0; i < 2; i++)
            if (ones[i].engine)
                engine_run_until(ones[i].engine, 5, look, &ones[i]);
    }
}

START_TEST(of_two_watches_the_holder_of_the_lease_asks_and_the_next_goes_on)
{
    start(0, 100);
    until_asked(0, 1);
    start(1, 250); /* more than twice as many: each would attest what the other did not measure */
    until_asked(0, asked(0) + ENOUGH);
    ck_assert_uint_eq(asked(1), 0);
    stop(&ones[0], true);
    until_asked(1, 1);
}
END_TEST

SUITE(probing)
{
    Suite *suite = suite_create("probing");
    TCase *tcase = test_case(suite, "two watches", 90);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, of_two_watches_the_holder_of_the_lease_asks_and_the_next_goes_on);
    return suite;
}
