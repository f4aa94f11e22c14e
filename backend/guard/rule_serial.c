/* rule_serial.c: RL: nobody decides on a picture that is no longer true. */
#include "guard/trial.h"

void rule_stale(const struct trial *trial, struct finding *finding)
{
    const struct deed *deed = trial->deed;
    uint64_t now = *trial->world->applied;

    if (!deed->decided || deed->rev == now)
        return;
    trial_break(trial, finding, ANSWER_REFUSE, "look at the new picture and decide again",
                "this was decided on picture %llu, now it is %llu", (unsigned long long)deed->rev,
                (unsigned long long)now);
    trial_witness(trial, finding, "picture", "%lld actions were applied since it was decided",
                  (long long)(now - deed->rev));
}
