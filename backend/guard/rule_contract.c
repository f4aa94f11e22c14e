/* rule_contract.c: R0: what would run is what somebody declared. */
#include "guard/trial.h"

#include <string.h>

void rule_contract(const struct trial *trial, struct finding *finding)
{
    const struct book_version *version = trial->version;
    const char *service = trial->service->name, *digest = trial->deed->digest;

    if (!version->declared) {
        trial_break(trial, finding, ANSWER_REFUSE,
                    trial_text(trial, "declare a contract for %s %s", service, version->name),
                    "version %s of %s is not declared", version->name, service);
        trial_witness(trial, finding, trial_text(trial, "service %s", service),
                      "no contract for version %s", version->name);
    } else if (digest && version->digest[0] && strcmp(digest, version->digest) != 0) {
        trial_break(trial, finding, ANSWER_REFUSE,
                    "release what the contract was written for, or declare this one anew",
                    "what would run as %s %s is not what its contract declares", service,
                    version->name);
        trial_witness(trial, finding, trial_text(trial, "service %s", service),
                      "declared %s, found %s", version->digest, digest);
    }
}
