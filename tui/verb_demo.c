/* verb_demo.c: `lockstep` and `lockstep demo [SCENARIO]`: the dashboard, on the configured
 * clusters or on the simulator.
 *
 * The simulator's clock starts at a fixed moment, so that the same scenario and seed show the
 * same pictures each time; --speed makes it run faster than ours. */
#include "app.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>

static int run_dashboard(struct session *session, const struct args *args)
{
    const struct config *config = &session->config;
    double speed = args->speed > 0 ? args->speed : 1;

    if (session->simulated)
        session->clock = clock_new_scaled(speed, clock_parse_utc(SESSION_SIM_UTC));
    int status = session_start(session, args);
    if (status != EXIT_DONE)
        return status;
    const struct app_options options = {
        .theme = args->theme        ? args->theme
                 : config->theme[0] ? config->theme
                                    : NULL,
        .script = args->script,
        .ascii = args->ascii || config->glyphs == CONFIG_GLYPHS_ASCII,
        .show_keys = args->show_keys,
        .speed = session->simulated ? speed : 0,
    };
    return app_run(session->engine, &options);
}

int verb_dashboard(const struct verb_row *row, const struct args *args)
{
    struct session session;
    int status = session_configure(&session, args, SESSION_CLUSTERS_NEEDED);

    (void)row;
    if (status == EXIT_DONE)
        status = run_dashboard(&session, args);
    session_close(&session);
    return status;
}

int verb_demo(const struct verb_row *row, const struct args *args)
{
    char context[80];
    struct args demo = *args;

    snprintf(context, sizeof context, "demo:%s", args->operand_count ? args->operands[0] : "");
    demo.contexts[0] = context;
    demo.context_count = 1;
    return verb_dashboard(row, &demo);
}
