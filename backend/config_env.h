/* config_env.h: what the files of config share: reading values, and what is taken from the
 * system (folders, DOCKER_*). Nobody else includes it. */
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

/* "~/x" and paths relative to the file's folder, made whole; "" stays "". */
const char *config_path(struct config *config, const char *path);
/* unix:///, tcp://, http://, https:// are fine; ssh:// and the rest are explained. */
bool config_check_docker_host(const char *host, struct err *err);

#endif
