/* verb_status.c: `lockstep status [SERVICE]`: one look, then exit; never draws.
 *
 * Exit status: 0; 2 no such service; 3 a cluster could not be reached (what is known is
 * printed all the same, and the reason is on stderr).
 *
 * -o json prints one object; fields.c documents it, `lockstep help status` prints that.
 * With SERVICE, services[] and alarms[] are about that one only. */
#include "print.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

/* "5 -> 6", or the version that runs. */
static const char *versions_text(const struct row *row, char *out, size_t size)
{
    if (row->to[0])
        snprintf(out, size, "%s -> %s", row->from[0] ? row->from : "?", row->to);
    else
        snprintf(out, size, "%s", row->from);
    return out;
}

static const char *since_text(const struct frame *frame, const struct row *row, char *out)
{
    if (row->since_utc_ms < 0)
        return "";
    return clock_format_span(frame->utc_ms - row->since_utc_ms, out);
}

static void add_row(struct table *table, const struct frame *frame, const struct row *row)
{
    char text[300], span[SPAN_TEXT];

    if (frame->cluster_count > 1)
        table_add(table, row->service->cluster);
    table_add(table, row->service->name);
    table_add(table, board_word[row->state]);
    table_add(table, versions_text(row, text, sizeof text));
    if (row->ghosts)
        table_addf(table, "%u/%u +%u?", row->have, row->want, row->ghosts);
    else
        table_addf(table, "%u/%u", row->have, row->want);
    if (row->steps)
        table_addf(table, "%u/%u", row->step, row->steps);
    else
        table_add(table, "");
    table_add(table, since_text(frame, row, span));
    table_add(table, row->by);
    table_add(table, row->why);
}

static void print_services(const struct frame *frame)
{
    static const char *const heads[] = {"CLUSTER", "SERVICE", "STATE", "VERSION", "RUNNING",
                                        "STEP",    "SINCE",   "BY",    "WHY"};
    size_t skip = frame->cluster_count > 1 ? 0 : 1;
    struct table table;

    table_start(&table, ARRAY_LEN(heads) - skip, heads + skip);
    for (size_t i = 0; i < frame->row_count; i++)
        add_row(&table, frame, frame->rows[i]);
    table_end(&table);
}

static void print_alarms(const struct frame *frame, const struct row *only)
{
    char at[CLOCK_TEXT];

    for (size_t i = 0; i < frame->alarm_count; i++) {
        const struct alarm *alarm = &frame->alarms[i];
        if (alarm->resolved || (only && strcmp(alarm->service_id, only->service->id) != 0))
            continue;
        printf("ALARM %s %s: %s (since %s)\n", rule_word[alarm->rule], alarm->name, alarm->sentence,
               clock_format_utc(alarm->first_utc_ms, at));
    }
}

static void print_clusters(const struct frame *frame)
{
    char span[SPAN_TEXT];

    for (size_t i = 0; i < frame->cluster_count; i++) {
        const struct board_cluster *c = &frame->clusters[i];
        printf("%s (%s): %s", c->name, c->kind, cluster_state_word[c->state]);
        if (c->age_ms >= 0)
            printf(", heard %s ago", clock_format_span(c->age_ms, span));
        printf("%s%s%s%s%s\n", c->production ? ", production" : "",
               c->read_only ? ", read-only" : "", c->who[0] ? ", as " : "", c->who,
               c->may_act || c->state != CLUSTER_LIVE ? "" : ", may not act");
        if (c->state == CLUSTER_LIVE && c->why[0])
            printf("  note: %s\n", c->why);
        if (c->note[0])
            printf("  note: %s\n", c->note);
    }
    if (frame->notice[0])
        printf("note: %s\n", frame->notice);
}

static void print_options(const struct row *row)
{
    for (unsigned v = 0; v < VERB_COUNT; v++) {
        const struct option *option = &row->option[v];
        if (!option->offered)
            continue;
        printf("%-9s %s%s\n", verb_word[v], option->allowed ? "" : "no: ", option->effect);
        print_verdict(&option->verdict, "          ");
    }
}

static void print_stages(const struct stage_view *stages)
{
    char left[SPAN_TEXT], whole[SPAN_TEXT];

    printf("stage: %s of profile %s, %s of %s left at least\n", stage_word[stages->stage],
           stages->profile, clock_format_span(stages->total_ms, left),
           clock_format_span(stages->whole_ms, whole));
    if (stages->cert.state != PROOF_NONE)
        printf("certificate: %s%s%s\n", proof_word[stages->cert.state],
               stages->voided[0] ? ", void: " : "", stages->voided);
    if (stages->voids[0])
        printf("  %s\n", stages->voids);
}

static void print_one(const struct frame *frame, const struct row *row)
{
    char text[300], span[SPAN_TEXT];
    const struct service *service = row->service;

    printf("%s (%s, %s): %s, %s, %u of %u", service->name, service->kind, service->cluster,
           board_word[row->state], versions_text(row, text, sizeof text), row->have, row->want);
    if (row->steps)
        printf(", step %u of %u", row->step, row->steps);
    if (row->since_utc_ms >= 0)
        printf(", since %s", since_text(frame, row, span));
    if (row->by[0])
        printf(", by %s", row->by);
    putchar('\n');
    if (row->why[0])
        printf("why: %s\n", row->why);
    if (row->stages.active)
        print_stages(&row->stages);
    if (row->drift[0])
        printf("drift: %s\n", row->drift);
    if (row->to[0])
        printf("moves by itself: %s\n", row->moves_by_itself ? "yes" : "no");
    if (row->broken_count)
        puts("broken by what runs:");
    for (size_t i = 0; i < row->broken_count; i++)
        print_finding(&row->broken[i], "  ");
    print_options(row);
    if (row->safety)
        print_safety(row->safety, &row->floor);
    print_alarms(frame, row);
}

static int print_status(const struct session *session, const struct args *args)
{
    const struct frame *frame = session->frame;
    const struct row *only = NULL;
    int status = EXIT_DONE;

    if (args->operand_count) {
        only = session_find(session, args->operands[0], &status);
        if (!only)
            return status;
    }
    if (args->output == OUTPUT_JSON) {
        print_json(json_of_frame(frame, only));
    } else if (only) {
        print_one(frame, only);
    } else {
        print_services(frame);
        print_alarms(frame, NULL);
        print_clusters(frame);
    }
    return session_complain_unreached(session) ? EXIT_UNREACHED : EXIT_DONE;
}

int verb_status(const struct verb_row *row, const struct args *args)
{
    struct session session;
    int status = session_open(&session, args);

    (void)row;
    if (status == EXIT_DONE)
        status = print_status(&session, args);
    else if (session.frame && args->output == OUTPUT_JSON)
        print_json(json_of_frame(session.frame, NULL));
    session_close(&session);
    return status;
}
