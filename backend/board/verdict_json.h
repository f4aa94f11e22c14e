/* verdict_json.h: a verdict as one JSON object, for the journal and `-o json`.
 *
 * {"answer":"refuse","rule":"R3","rules":[{"rule":"R3","answer":"refuse","level":"warn","sentence":…,
 *  "witness":[{"object":…,"fact":…,"age_ms":…}],"way_out":…}],"unproven":["R0"],"warning":""};
 * "rule" is null when allowed; "unproven" rules are broken or not known, but only observed. */
#ifndef LOCKSTEP_BOARD_VERDICT_JSON_H
#define LOCKSTEP_BOARD_VERDICT_JSON_H

#include "guard/verdict.h"

#include <jansson.h>

json_t *verdict_json(const struct verdict *verdict); /* a new reference */
json_t *finding_json(const struct finding *finding); /* a new reference */

#endif
