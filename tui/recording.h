/* recording.h: what a recording keeps of the settings. */
#ifndef LOCKSTEP_TUI_RECORDING_H
#define LOCKSTEP_TUI_RECORDING_H

#include "args.h"
#include "config.h"

#include <jansson.h>

/* The settings that judgements rest on, and none that say how a cluster is reached; NULL: none. */
json_t *recording_settings(const struct config *config, const struct args *args);

#endif
