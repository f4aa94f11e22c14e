/* args.h: the command line as a value.
 *
 * One table of options; every verb names those it takes (verbs.c). What a verb does not take
 * is an error, not ignored: an option with no effect would be a promise not kept. */
#ifndef LOCKSTEP_TUI_ARGS_H
#define LOCKSTEP_TUI_ARGS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum arg_type {
    TAKES_NOTHING,
    TAKES_TEXT,
    TAKES_COUNT,  /* 1..1,000,000 */
    TAKES_NUMBER, /* any unsigned 64-bit number */
    TAKES_FACTOR, /* 0.1..1000 */
    TAKES_SPAN,   /* "30", "30s", "5m", "1h" */
    TAKES_FORMAT, /* one of the words of the verb's own list */
};

/* ID, field, type, spelling, short one or "", argument, help. */
#define ARGS(X)                                                                                    \
    X(CONTEXT, contexts, TAKES_TEXT, "--context", "", "NAME",                                      \
      "this cluster only, may be repeated; demo:SCENARIO is the simulator")                        \
    X(KUBECONFIG, kubeconfig, TAKES_TEXT, "--kubeconfig", "", "FILE",                              \
      "the context of FILE, as kubectl takes it; with --context one of its others")                \
    X(CONFIG, config, TAKES_TEXT, "--config", "", "FILE", "read FILE instead of the usual config") \
    X(JOURNAL, journal, TAKES_TEXT, "--journal", "", "FILE", "keep the local record in FILE")      \
    X(READ_ONLY, read_only, TAKES_NOTHING, "--read-only", "", "",                                  \
      "look only: nothing is ever sent")                                                           \
    X(OUTPUT, output, TAKES_FORMAT, "--output", "-o", "FORMAT",                                    \
      "table or text (default), or json")                                                          \
    X(TO, to_count, TAKES_COUNT, "--to", "", "N", "until N instances run the new version")         \
    X(IMAGE, image, TAKES_TEXT, "--image", "", "REF",                                              \
      "the image to start, instead of the same one with VERSION as tag")                           \
    X(PROFILE, profile, TAKES_TEXT, "--profile", "", "NAME",                                       \
      "stages of this release: plain, code, data, api, hotfix, fast")                              \
    X(YES, yes, TAKES_NOTHING, "--yes", "-y", "", "needed to act on a production context")         \
    X(OVERRIDE, reason, TAKES_TEXT, "--override", "", "REASON",                                    \
      "go on although a rule refuses; journaled")                                                  \
    X(BREAK_GLASS, reason, TAKES_TEXT, "--break-glass", "", "REASON",                              \
      "go past rules that are enforced: red, alarmed and on record until all is allowed again")    \
    X(REASON, reason, TAKES_TEXT, "--reason", "", "TEXT", "why, for everybody who asks later")     \
    X(GONE, gone, TAKES_TEXT, "--gone", "", "FORMAT", "the format of which no trace is left")      \
    X(USAGE, usage, TAKES_TEXT, "--usage", "", "ELEMENT=CALLS",                                    \
      "how often these clients call that element, 0 when nobody does")                             \
    X(ENDED, ended, TAKES_NOTHING, "--ended", "", "", "support of these clients has ended")        \
    X(SUPPORTED, supported, TAKES_NOTHING, "--supported", "", "", "it has not, after all")         \
    X(EVIDENCE, reason, TAKES_TEXT, "--evidence", "", "TEXT",                                      \
      "how that is known, for everybody who asks later")                                           \
    X(NO_JOURNAL, no_journal, TAKES_NOTHING, "--no-journal", "", "",                               \
      "pause or roll back although nothing can be written down here")                              \
    X(TIMEOUT, timeout_ms, TAKES_SPAN, "--timeout", "", "TIME", "give up waiting after this long") \
    X(SEED, seed, TAKES_NUMBER, "--seed", "", "N",                                                 \
      "which simulated world; the same N, the same world")                                         \
    X(SPEED, speed, TAKES_FACTOR, "--speed", "", "N", "simulated seconds per second")              \
    X(SCRIPT, script, TAKES_TEXT, "--script", "", "FILE",                                          \
      "keys to press by itself; any key takes over")                                               \
    X(PLAY, play, TAKES_NOTHING, "--play", "", "",                                                 \
      "tell the story by itself, with the keys shown; any key takes over")                         \
    X(THEME, theme, TAKES_TEXT, "--theme", "", "NAME", "colours: a theme's name or file")          \
    X(KEYS, keys, TAKES_TEXT, "--keys", "", "FILE",                                                \
      "keys of your own, instead of those in keys.conf")                                           \
    X(ASCII, ascii, TAKES_NOTHING, "--ascii", "", "", "draw with ASCII characters only")           \
    X(PLAIN, plain, TAKES_NOTHING, "--plain", "", "",                                              \
      "no screen: a line for each service, then one whenever something changes")                   \
    X(SHOW_KEYS, show_keys, TAKES_NOTHING, "--show-keys", "", "",                                  \
      "show each pressed key on the screen")                                                       \
    X(MAN, man, TAKES_NOTHING, "--man", "", "", "all of it as a page for man(1)")                  \
    X(PRINT_RBAC, print_rbac, TAKES_NOTHING, "--print-rbac", "", "",                               \
      "print the rights that Kubernetes must give, view or operate, as YAML")                      \
    X(PRINT_POLICY, print_policy, TAKES_NOTHING, "--print-policy", "", "",                         \
      "print an admission policy that lets labelled Deployments change only held")                 \
    X(PROBE, probe, TAKES_NOTHING, "--probe", "", "",                                              \
      "take calls and evidence from the probe in the settings")                                    \
    X(PRINT_UNIT, print_unit, TAKES_NOTHING, "--print-unit", "", "",                               \
      "print a unit for systemd that runs it")                                                     \
    X(FROM_CLUSTER, from_cluster, TAKES_NOTHING, "--from-cluster", "", "",                         \
      "what the clusters themselves still know of all releases, whoever made them")                \
    X(DAYS, days, TAKES_COUNT, "--days", "", "N", "not older than N days; 90, unless said")        \
    X(FILE, file, TAKES_TEXT, "--filename", "-f", "FILE",                                          \
      "the manifest whose pod template is released")                                               \
    X(RECORD, record, TAKES_TEXT, "--record", "", "FILE",                                          \
      "write all that is seen and done into FILE, for `lockstep replay`")                          \
    X(ASCIICAST, asciicast, TAKES_TEXT, "--asciicast", "", "FILE",                                 \
      "no screen: write what would be on it into FILE, for asciinema")                             \
    X(V3, v3, TAKES_NOTHING, "--v3", "", "", "asciicast of version 3 instead of 2")                \
    X(SIZE, size, TAKES_TEXT, "--size", "", "WxH", "cells of that screen; 80x24, unless said")     \
    X(METRICS, metrics, TAKES_NOTHING, "--metrics", "", "",                                        \
      "ask the metrics server every query of the settings, and say why one returns nothing")       \
    X(HELP, help, TAKES_NOTHING, "--help", "-h", "", "this help")                                  \
    X(VERSION, version, TAKES_NOTHING, "--version", "", "", "the version of lockstep")

#define X(id, field, type, word, brief, argument, help) ARG_##id,
enum arg_id { ARGS(X) ARG_ID_COUNT };
#undef X

struct arg_info {
    enum arg_type type;
    const char *word, *brief, *argument, *help;
};
extern const struct arg_info arg_info[ARG_ID_COUNT];
#define ARG_BIT(id) (UINT64_C(1) << ARG_##id)

enum arg_limit { ARG_CONTEXTS_MAX = 32, ARG_OPERANDS_MAX = 256 };

enum output { OUTPUT_TEXT, OUTPUT_JSON };

/* Strings are argv's own. */
struct args {
    uint64_t given; /* ARG_BIT of everything that was there */
    const char *contexts[ARG_CONTEXTS_MAX];
    size_t context_count;
    const char *operands[ARG_OPERANDS_MAX];
    size_t operand_count;
    const char *config, *kubeconfig, *journal, *image, *profile, *reason, *gone, *usage, *script,
        *theme, *keys, *file, *record, *asciicast, *size; /* NULL when not given */
    enum output output;
    uint32_t to_count, days;
    int64_t timeout_ms; /* 0 when not given */
    uint64_t seed;
    double speed; /* 0 when not given */
    bool from_cluster, print_rbac, print_policy, print_unit, read_only, yes, no_journal, play,
        ascii, plain, show_keys, man, help, version, ended, supported, probe, metrics, v3;
};

/* Takes what comes after the verb's name. `takes` is the set of ARG_BITs allowed here; `usage`
 * names the verb in messages. False and ERR_USAGE, with a suggestion where one is near. */
bool args_parse(const char *const *words, size_t count, uint64_t takes, const char *verb,
                struct args *out, struct err *err);

/* "30", "30s", "5m", "1h" in ms; -1 when it is not a span. */
int64_t args_parse_span(const char *text);

#endif
