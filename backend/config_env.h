/* config_env.h: what the files of config share: reading values, and what is taken from the
 * system (folders, DOCKER_*, NOMAD_*). Nobody else includes it. */
#ifndef LOCKSTEP_CONFIG_ENV_H
#define LOCKSTEP_CONFIG_ENV_H

#include "config.h"

#define CONFIG_DOCKER_SOCKET "unix:///var/run/docker.sock"

struct json_at;

/* Parts of config.c and config_value.c. */
void config_start(struct config *config, const char *file);
void config_read(struct config *config, const char *bytes, size_t len);
void config_problem(struct config *config, const struct err *err);
/* Reads one value to where the row says; lists are read by config.c itself. */
bool config_read_setting(struct config *config, const struct config_setting *setting,
                         const struct json_at *at, void *into, struct err *err);

/* config_watch.c: the lists under `watch` and `probes`. */
#define CONFIG_WATCH  "watch"
#define CONFIG_SINKS  "watch.sinks[]"
#define CONFIG_PROBES "probes[]"
extern const char *const config_sink_words[]; /* by enum sink_kind */
void config_read_watch(struct config *config, const struct json_at *at);
void config_read_sinks(struct config *config, const struct json_at *at);
void config_read_probes(struct config *config, const struct json_at *at);
/* Every key of one mapping, in the file's order, by the rows of that section. */
void config_read_section(struct config *config, const struct json_at *at, const char *section,
                         void *into);

/* "~/x" and paths relative to the file's folder, made whole; "" stays "". */
const char *config_path(struct config *config, const char *path);
/* config_kube.c. The cluster that kubectl would talk to: the current context, or the account of the
 * pod; false without an error: there is none. */
#define CONFIG_POD_CONTEXT "in-cluster"
bool config_current_kube(struct config *config, struct cluster_config *out, struct err *err);
/* The same, which must be there; lives as long as the config. */
const struct cluster_config *config_kube_chosen(struct config *config, struct err *err);
/* A context of the kubeconfig by name. `others` are names for the suggestion. */
const struct cluster_config *config_find_kube(struct config *config, const char *name,
                                              const char *const *others, size_t other_count,
                                              struct err *err);

/* unix:///, tcp://, http://, https:// are fine; ssh:// and the rest are explained. */
bool config_check_docker_host(const char *host, struct err *err);
/* http://, https:// and unix:/// are fine. */
bool config_check_nomad_address(const char *address, struct err *err);
/* What a context of kind nomad does not say: its address, and who one is (NOMAD_TOKEN). */
void config_nomad_defaults(struct config *config, struct cluster_config *cluster);
/* The context that NOMAD_ADDR and its like make; false without an error: there is none. */
bool config_find_nomad(struct config *config, struct cluster_config *out, struct err *err);

#endif
