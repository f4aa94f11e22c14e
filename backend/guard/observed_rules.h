/* observed_rules.h: inside the guard only: the rules over one observed service, one file each. */
#ifndef LOCKSTEP_GUARD_OBSERVED_RULES_H
#define LOCKSTEP_GUARD_OBSERVED_RULES_H

#include "guard/observed.h"

/* R3 for an action that would give some instances ask->version. */
void observed_step_judge(const struct guard_input *in, const struct guard_ask *ask,
                         const struct live *live, struct arena *arena, struct finding *finding);
/* What is wrong with one observed service already: count of findings added, one per kind. */
size_t observed_watch(const struct guard_input *in, const struct live *live, struct arena *arena,
                      struct finding *out);
/* The time (UTC) at which, without any observation, it may find something more; INT64_MAX: never.
 */
int64_t observed_watch_due(const struct guard_input *in, const struct live *live);
/* R4 for an action: certificate, size and place of the canary, launchers. */
void observed_rehearsal_judge(const struct guard_input *in, const struct guard_ask *ask,
                              const char *version, struct arena *arena, struct finding *finding);
/* R3: a data step builds on what has been at rest for long enough. `data`: it is one. */
void observed_rest_judge(const struct guard_input *in, bool data, struct arena *arena,
                         struct finding *finding);
/* RL: is the target still the one that was on the screen? */
void observed_serial_judge(const struct guard_input *in, const struct guard_ask *ask,
                           const struct live *live, struct arena *arena, struct finding *finding);

/* R0, R1, R2, RC, and what R3 says about declared versions: by the rules over the world of the
 * coupled services. Sets the levels of all findings. `version`: what would run, "" when nobody
 * knows. */
void declared_judge(const struct guard_input *in, const struct guard_ask *ask, const char *version,
                    struct arena *arena, struct verdict *out);
/* What is broken already between coupled services and clients; count of findings added. */
size_t declared_watch(const struct guard_input *in, struct arena *arena, struct finding *out);
/* Whether what may run breaks none of these rules (a set), as far as they bind. */
bool declared_is_clean(const struct guard_input *in, unsigned rules, struct arena *arena);
/* Digest of what those verdicts rest on. */
uint64_t declared_basis(const struct guard_input *in);

#endif
