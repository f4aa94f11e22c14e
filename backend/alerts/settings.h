/* settings.h: what the settings say under `watch:`. */
#ifndef LOCKSTEP_ALERTS_SETTINGS_H
#define LOCKSTEP_ALERTS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum watch_limit {
    WATCH_SINKS_MAX = 8, /* and stdout */
    WATCH_WORDS_MAX = 32,
};

enum sink_kind { SINK_STDOUT, SINK_ALERTMANAGER, SINK_WEBHOOK, SINK_COMMAND };

struct sink_settings {
    const char *name; /* in the record that watches share, and in metrics; unique */
    int kind;         /* enum sink_kind */
    const char *url;  /* with the path in front of /api/v2/alerts, or the whole of a webhook */
    const char *ca_file, *secret_file, *token_file;
    const char *const *command; /* NULL-terminated */
    int64_t timeout_ms;         /* 0: SINK_TIME_MS, which is also the most */
};

struct watch_settings {
    const char *listen; /* "address:port" of /metrics, "off"; "" the usual one */
    const char *spool;  /* file; "" the usual one */
    bool listen_anywhere;
    const struct sink_settings *sinks;
    size_t sink_count;
    int64_t blind_ms; /* a context not heard for so long is an alarm; 0: a minute */
};

#endif
