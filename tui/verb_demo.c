/* verb_demo.c: `lockstep` and `lockstep demo [STORY]`: the dashboard, on the configured
 * clusters or on the simulator.
 *
 * The simulator's clock starts at a fixed moment, so that the same scenario and seed show the
 * same pictures each time; --speed makes it run faster than ours. */
#include "app.h"
#include "base/mem.h"
#include "base/near.h"
#include "drivers/sim/sim.h"
#include "plain.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>

enum { PLAIN_TURN_MS = 60000 };

static void on_cue(void *arg, const char *cue)
{
    sim_cue(arg, cue);
}

static int run_app(struct session *session, const struct args *args, const struct story *story,
                   struct sim *sim, double speed)
{
    const struct config *config = &session->config;
    const struct app_options options = {
        .theme = args->theme        ? args->theme
                 : config->theme[0] ? config->theme
                                    : NULL,
        .keys = args->keys,
        .script = args->script,
        .story = story,
        .play = args->play,
        .cue = sim ? on_cue : NULL,
        .cue_arg = sim,
        .ascii = args->ascii || config->glyphs == CONFIG_GLYPHS_ASCII,
        .no_clipboard = config->clipboard == 1,
        .show_keys = args->show_keys,
        .speed = session->simulated ? speed : 0,
    };

    return app_run(session->engine, &options);
}

struct plain_run {
    struct plain plain;
    uint64_t seq;
};

static bool print_news(void *arg, const struct frame *frame)
{
    struct plain_run *run = arg;

    if (frame->seq != run->seq)
        plain_print(&run->plain, frame, stdout);
    run->seq = frame->seq;
    return ferror(stdout) != 0;
}

/* Until it is interrupted, or nobody reads it any more. */
static int run_plain(struct session *session, const struct args *args)
{
    struct plain_run run = {0};

    session_sync(session, args);
    while (!session_interrupted() && !ferror(stdout))
        session_run(session, PLAIN_TURN_MS, print_news, &run);
    plain_release(&run.plain);
    return EXIT_DONE;
}

static int run_dashboard(struct session *session, const struct args *args,
                         const struct story *story)
{
    double speed = args->speed > 0 ? args->speed : story ? story->speed : 1;
    struct sim *sim = NULL;
    struct err err = {0};

    session->automatic = true;
    if (session->simulated)
        session->clock = clock_new_scaled(speed, clock_parse_utc(SESSION_SIM_UTC));
    if (story) {
        struct cluster_config *cluster = &session->clusters[0];
        cluster->shared = sim = sim_new(story->name, cluster->seed, session->clock, &err);
    }
    int status = err.code == ERR_NONE ? session_start(session, args) : complain_err(&err);
    if (status == EXIT_DONE && args->plain)
        status = run_plain(session, args);
    else if (status == EXIT_DONE)
        status = run_app(session, args, story, sim, speed);
    sim_unref(sim);
    return status;
}

static int open_dashboard(const struct args *args, const struct story *story)
{
    struct session session;
    int status = session_configure(&session, args, SESSION_CLUSTERS_NEEDED);

    if (status == EXIT_DONE)
        status = run_dashboard(&session, args, story);
    session_close(&session);
    return status;
}

int verb_dashboard(const struct verb_row *row, const struct args *args)
{
    (void)row;
    return open_dashboard(args, NULL);
}

static int complain_no_story(const char *name)
{
    const char *names[16];
    char all[200] = "", hint[NEAR_TEXT];
    size_t used = 0, count = 0;
    struct err err = {0};

    for (; story_at(count) && count < ARRAY_LEN(names); count++) {
        names[count] = story_at(count)->name;
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", count ? ", " : "",
                                     names[count]);
    }
    near_suggest(name, names, count, hint);
    if (name[0])
        err_set(&err, ERR_USAGE, "there is no story '%.60s' to play.%s There are: %s", name, hint,
                all);
    else
        err_set(&err, ERR_USAGE, "--play needs the name of a story. There are: %s", all);
    return complain_err(&err);
}

int verb_demo(const struct verb_row *row, const struct args *args)
{
    const char *name = args->operand_count ? args->operands[0] : "";
    const struct story *story = story_find(name);
    char context[80];
    struct args demo = *args;

    (void)row;
    snprintf(context, sizeof context, "demo:%s", name);
    demo.contexts[0] = context;
    demo.context_count = 1;
    if (args->play && !(story && name[0]))
        return complain_no_story(name);
    return open_dashboard(&demo, story);
}
