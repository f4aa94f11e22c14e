/* frames_log.c: the log of an instance that failed, as a frame has it. */
#include "tui/sketch.h"

#include <stdio.h>
#include <string.h>

void frames_write(struct frame *frame, size_t lines, uint64_t dropped)
{
    struct log_view *log = (struct log_view *)(uintptr_t)frame->log;
    const char **line = arena_alloc(frame->arena, lines + 1, sizeof *line);

    for (size_t i = 0; i < lines; i++)
        line[i] = arena_printf(frame->arena, "line %zu", i + (size_t)dropped);
    log->line = line;
    log->line_count = lines;
    log->dropped = dropped;
}

struct frame *frames_log(void)
{
    static const struct log_happened happened[] = {
        {FRAMES_UTC_MS - 7 * MINUTE,
         "Scheduled: Successfully assigned payments/payments-api to gpu-3"},
        {FRAMES_UTC_MS - 6 * MINUTE, "Pulled: Container image \"payments:2.9.0\" already present"},
        {FRAMES_UTC_MS - 5 * MINUTE,
         "waits: CrashLoopBackOff, exited with 1 (Error): back-off 40s "
         "restarting failed container=app pod=payments-api-6c9f7d5b4-x"},
        {-1, "BackOff: Back-off restarting failed container (12 times)"},
    };
    static const char *const lines[] = {
        "starting payments 2.9.0",
        "{\"level\":\"info\",\"msg\":\"connecting\",\"db\":\"postgres://ledger.payments.svc:5432/"
        "ledger?sslmode=verify-full&application_name=payments-api\",\"attempt\":1,\"timeout\":"
        "\"30s\"}",
        "GET /health 503 1ms",
        "\\x1b]0;title\\x07 is what an application may write",
        "caf\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97 wide characters, \xe2\x86\x92 arrows",
        "",
        "fatal: schema 41 is older than 42, which this version needs: run the migration first",
    };
    struct frame *frame = frames_board();
    struct log_view *log = arena_alloc(frame->arena, 1, sizeof *log);
    const char **line = arena_alloc(frame->arena, 64, sizeof *line);
    size_t count = 0;

    for (; count < 40; count++)
        line[count] = arena_printf(frame->arena, "GET /payments/%zu 200 %zums", 4100 + count * 7,
                                   count * 13 % 40);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        line[count++] = lines[i];
    *log = (struct log_view){
        .cluster = "prod-eu",
        .service_id = "payments-api.id",
        .instance = "payments-api-6c9f7d5b4-x7k2p",
        .state = LOG_FOLLOWS,
        .why = "",
        .line = line,
        .line_count = count,
        .dropped = 3120,
        .happened = happened,
        .happened_count = sizeof happened / sizeof *happened,
    };
    frame->log = log;
    return frame;
}
