/* rule_clients.c: RC: old clients outlive releases. Queued jobs are clients too. */
#include "guard/trial.h"

static const char *in_brackets(const struct trial *trial, const char *said)
{
    return said[0] ? trial_text(trial, " (%s)", said) : "";
}

static const char *way_of_clients(const struct trial *trial, const char *element,
                                  const char *cohort)
{
    if (trial->deed->kind == DEED_ROLLBACK)
        return trial_text(trial, "fix forward, or release a bridge: a %s that provides %s too",
                          trial->version->name, element);
    return trial_text(trial, "keep %s until nobody calls it and support of %s has ended", element,
                      cohort);
}

void rule_clients(const struct trial *trial, struct finding *finding)
{
    const struct world *world = trial->world;
    const struct book *book = world->book;

    for (size_t i = 0; i < trial->service->usage_count; i++) {
        uint32_t row = trial->service->usages[i];
        const struct book_usage *usage = &book->usages[row];
        const char *cohort = book->cohorts[usage->cohort].name;
        const char *element = trial->service->elements.text[usage->element];
        uint64_t calls = world->usages[row];
        bool ended = world->ended[usage->cohort];

        if (set_has(&trial->version->provides, usage->element) || (calls == 0 && ended))
            continue;
        trial_break(trial, finding, ANSWER_REFUSE, way_of_clients(trial, element, cohort),
                    "%s %s does not provide %s, which %s %s", trial->service->name,
                    trial->version->name, element, cohort,
                    calls ? "still calls" : "may still call");
        trial_witness(trial, finding, trial_text(trial, "clients %s", cohort),
                      "%llu calls of %s%s, support %s%s", (unsigned long long)calls, element,
                      in_brackets(trial, usage->said), ended ? "ended" : "not ended",
                      in_brackets(trial, book->cohorts[usage->cohort].said));
    }
}
