/* config.h: what the user configured: the file, the environment, and what was asked for.
 *
 * $XDG_CONFIG_HOME/lockstep/config.yaml (YAML, of which JSON is a part). Every setting is one row
 * of config_setting, from which reading, checking and the reference are made; a key
 * that is no setting is an error, and all problems of a file are reported, not only the first. */
#ifndef LOCKSTEP_CONFIG_H
#define LOCKSTEP_CONFIG_H

#include "alerts/settings.h"
#include "drivers/driver.h"
#include "guard/facts.h"
#include "guard/policy.h"
#include "health/probe.h"
#include "health/settings.h"
#include "release/stage.h"

enum config_limit {
    CONFIG_FILE_MAX = 1 << 20,
    CONFIG_CONTEXTS_MAX = 64,
    CONFIG_CONTRACTS_MAX = 4096,
    CONFIG_PROBLEMS_MAX = 32,
};

enum config_glyphs { CONFIG_GLYPHS_AUTO, CONFIG_GLYPHS_UTF8, CONFIG_GLYPHS_ASCII };

struct config {
    const char *file; /* that was read, or would have been */
    bool file_found;
    struct cluster_config *contexts; /* configured, else found in the environment */
    size_t context_count;
    bool from_environment;  /* the contexts are not from the file */
    const char *kubeconfig; /* as named on the command line, or "" */
    const char *journal;    /* never "" */
    struct plan plan;
    struct guard_policy policy; /* levels, coupling */
    struct facts facts;         /* contracts in files, stores, clients */
    struct profile_policy profiles;
    struct watch_settings watch;
    const struct probe_settings *probes; /* for attest --probe */
    size_t probe_count;
    struct metrics_settings metrics;
    struct auto_settings autos;
    const char *theme; /* name or file; "" default */
    int clipboard;     /* 1: off */
    int glyphs;        /* enum config_glyphs */
    /* Sentences, ready to show, each with file and path where it has them. */
    const char *problems[CONFIG_PROBLEMS_MAX];
    size_t problem_count;
    /* private */
    struct arena *arena;
};

/* Reads `file`, or the usual one when it is NULL. False when there are problems; what could
 * be read is there all the same. The caller releases it in both cases. */
bool config_load(const char *file, struct config *out);
/* The same with --kubeconfig FILE ("": none): contexts without a kubeconfig of their own take it.
 */
bool config_load_with(const char *file, const char *kubeconfig, struct config *out);
void config_release(struct config *config);

/* The same from text that is already there; `file` names it, and its folder is where relative
 * paths start. Looks at no environment but HOME. */
bool config_parse(const char *bytes, size_t len, const char *file, struct config *out);

/* Finds what --context NAME means: a configured context, "demo:SCENARIO", or a context of the
 * kubeconfig; "" is the one of --kubeconfig that kubectl would use. The result lives
 * as long as the config. NULL and ERR_USAGE, with a suggestion, when there is none. */
const struct cluster_config *config_find(struct config *config, const char *name, struct err *err);
/* The simulator as a context: name "demo:SCENARIO" (or "demo" for ""). */
struct cluster_config config_simulator(struct config *config, const char *scenario);
bool config_is_simulator(const struct cluster_config *cluster);

/* False for names under which nobody runs production (kind-*, minikube, k3d-*, docker-desktop). */
bool config_name_is_production(const char *name);

enum setting_type {
    SETTING_BOOL,
    SETTING_COUNT, /* 1..1,000,000 */
    SETTING_NUMBER,
    SETTING_TEXT,
    SETTING_NAME,      /* identifier: letters, digits, . _ : @ / - */
    SETTING_PATH,      /* "~/" is the home, relative ones start at the file's folder */
    SETTING_SPAN,      /* 500ms, 30s, 5m, 1h */
    SETTING_WORD,      /* one of `words`, kept as text */
    SETTING_CHOICE,    /* one of `words`, kept as its index in an int */
    SETTING_SHARES,    /* ascending percentages, last one 100 */
    SETTING_LIST,      /* contexts */
    SETTING_PROFILE,   /* one name, or a mapping of services to names */
    SETTING_CONTRACTS, /* files */
    SETTING_LEVELS,    /* this and the next ones: see guard/policy.h and guard/facts.h */
    SETTING_COUPLING,
    SETTING_STORES,
    SETTING_CLIENTS,
    SETTING_WATCH, /* a mapping: section "watch" */
    SETTING_SINKS, /* a list of mappings: section "watch.sinks[]" */
    SETTING_COMMAND,
    SETTING_PROBES,  /* a list of mappings: section "probes[]" */
    SETTING_METRICS, /* a mapping: section "metrics" */
    SETTING_QUERIES,
    SETTING_ROLLBACK,
    SETTING_STEPS,
};

/* One row per setting; `place` says where it goes. */
struct config_setting {
    const char *section; /* "", "contexts[]", "watch", "watch.sinks[]", "probes[]", "metrics" */
    const char *name;
    enum setting_type type;
    const char *fallback; /* as people read it, for the reference */
    const char *help;
    size_t place;             /* offset in struct config or struct cluster_config */
    const char *const *words; /* of WORD and CHOICE: NULL-terminated */
};
extern const struct config_setting config_settings[];
extern const size_t config_setting_count;

#endif
