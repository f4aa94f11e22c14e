/* fields.c: see fields.h. */
#include "fields.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define ALWAYS false, false
#define NULLS  true, false
#define ABSENT false, true

/* clang-format off */
const struct field fields[] = {
    {"status", "schema", "number", ALWAYS, "1"},
    {"status", "at_utc", "time", ALWAYS, "when it was true"},
    {"status", "services", "@service[]", ALWAYS, "in order of urgency; with SERVICE that one"},
    {"status", "alarms", "@alarm[]", ALWAYS, "broken rules, open ones first; with SERVICE its own"},
    {"status", "clusters", "@cluster[]", ALWAYS, "every context"},
    {"status", "nodes", "@node[]", ALWAYS, "every node"},
    {"status", "notice", "text", ALWAYS, "one line about lockstep itself, or \"\""},

    {"gate", "schema", "number", ALWAYS, "1"},
    {"gate", "cluster", "text", ALWAYS, "the context, or \"\" when it is not known"},
    {"gate", "service", "text", ALWAYS, "its name"},
    {"gate", "version", "text", ALWAYS, "that would be started"},
    {"gate", "answer", "text", ALWAYS, "allow, refuse or unknown"},
    {"gate", "verdict", "@verdict", NULLS, "of every rule; null: there is none"},
    {"gate", "safety", "@safety", NULLS, "what the release would rest on; null: not known"},
    {"gate", "floor", "@floor", NULLS, "how far back it could go then; null: not known"},
    {"gate", "exit", "number", ALWAYS, "the exit status: 0 allow, 1 refuse, 3 unknown"},
    {"gate", "sentence", "text", ALWAYS, "why there is no verdict, or \"\""},

    {"check", "schema", "number", ALWAYS, "1"},
    {"check", "exit", "number", ALWAYS, "the exit status"},
    {"check", "files", "@file[]", ABSENT, "contracts, in the order of the command line"},
    {"check", "steps", "@compared[]", ABSENT, "from one contract to the next of its service"},
    {"check", "problems", "texts", ABSENT, "what the files contradict each other in"},
    {"check", "server", "text", ABSENT, "with --metrics: the address that was asked"},
    {"check", "exposed", "flag", ABSENT, "asked over plain http at another host"},
    {"check", "window_ms", "number", ABSENT, "what {window} stands for"},
    {"check", "queries", "@query[]", ABSENT, "every query of every service"},
    {"file", "file", "text", ALWAYS, "as it was named"},
    {"file", "ok", "flag", ALWAYS, "it is a contract"},
    {"file", "service", "text", NULLS, "whose it is"},
    {"file", "version", "text", NULLS, "of that"},
    {"file", "problem", "text", ALWAYS, "or \"\""},
    {"file", "remarks", "texts", ALWAYS, "allowed, but worth a look"},
    {"compared", "service", "text", ALWAYS, "its name"},
    {"compared", "from", "text", ALWAYS, "version before"},
    {"compared", "to", "text", ALWAYS, "version after"},
    {"compared", "follows", "flag", ALWAYS, "the one is declared to follow the other"},
    {"compared", "changes", "texts", ALWAYS, "what is different"},
    {"compared", "backward", "@promise", ALWAYS, "the new one lives with what the old one left"},
    {"compared", "forward", "@promise", ALWAYS, "the old one lives with what the new one writes"},
    {"compared", "rollback", "@promise", ALWAYS, "the old one can run again"},
    {"compared", "verdict", "@verdict", ALWAYS, "of the guard, in one step"},
    {"compared", "order", "texts", ALWAYS, "the safe one"},
    {"promise", "compatible", "flag", ALWAYS, ""},
    {"promise", "why", "texts", ALWAYS, "it is not"},
    {"query", "service", "text", ALWAYS, "its name"},
    {"query", "measure", "text", ALWAYS, "errors, latency, saturation, traffic"},
    {"query", "state", "text", ALWAYS, "ok, nothing, several, refused, unreached, unasked"},
    {"query", "version", "text", ALWAYS, "it was asked with, or \"\""},
    {"query", "series", "number", ALWAYS, "that came back"},
    {"query", "value", "real", NULLS, "of the first; null: none, or no finite number"},
    {"query", "why", "text", ALWAYS, "it is not ok, or \"\""},
    {"query", "query", "text", ALWAYS, "as it was asked"},

    {"watch", "schema", "number", ALWAYS, "1; one document per line, one line per event"},
    {"watch", "event", "text", ALWAYS, "opened or resolved"},
    {"watch", "id", "text", ALWAYS, "of the alarm: the same when it is resolved, and when it is "
                                    "told twice"},
    {"watch", "cluster", "text", ALWAYS, "the context"},
    {"watch", "service_id", "text", ALWAYS, "the engine's own; \"\": of the context itself"},
    {"watch", "service", "text", ALWAYS, "its name"},
    {"watch", "kind", "text", ALWAYS, "step, silent, returned, launcher, unknown, open, coupled, "
                                      "calls, expired, drift, glass, blind"},
    {"watch", "rule", "text", ALWAYS, "R3, ...; blind: \"\""},
    {"watch", "severity", "text", ALWAYS, "critical: step, returned, calls, glass, blind; warning"},
    {"watch", "sentence", "text", ALWAYS, "with its witness"},
    {"watch", "object", "text", ALWAYS, "the first witness, or \"\""},
    {"watch", "fact", "text", ALWAYS, "about it"},
    {"watch", "way_out", "text", ALWAYS, "or \"\""},
    {"watch", "first_utc", "time", ALWAYS, "first seen"},
    {"watch", "last_utc", "time", ALWAYS, "last seen"},
    {"watch", "resolved_utc", "time", NULLS, "since when it is over; null: it is open"},

    {"service", "cluster", "text", ALWAYS, "the context"},
    {"service", "service", "text", ALWAYS, "its name"},
    {"service", "id", "text", ALWAYS, "the engine's own"},
    {"service", "scope", "text", ALWAYS, "namespace, or \"\""},
    {"service", "kind", "text", ALWAYS, "service, deployment, job, ..."},
    {"service", "owner", "text", ALWAYS, "helm, argo-cd, ..., or \"\""},
    {"service", "state", "text", ALWAYS, "failed, stuck, broken glass, violated, rolling back, "
                                         "moving, held, steady, stale"},
    {"service", "from", "text", ALWAYS, "version that is or was everywhere"},
    {"service", "to", "text", ALWAYS, "version being moved to, or \"\""},
    {"service", "have", "number", ALWAYS, "instances serving on the version that matters"},
    {"service", "want", "number", ALWAYS, "instances asked for"},
    {"service", "ghosts", "number", ALWAYS, "instances that may run on nodes that do not answer"},
    {"service", "step", "number", ALWAYS, "of the plan"},
    {"service", "steps", "number", ALWAYS, "of the plan; 0: there is none"},
    {"service", "since_utc", "time", NULLS, "when the rollout began"},
    {"service", "by", "text", ALWAYS, "who began it, or \"\""},
    {"service", "why", "text", ALWAYS, "the single most specific reason, or \"\""},
    {"service", "drift", "text", ALWAYS, "what differs from what was asked for, or \"\""},
    {"service", "moves_by_itself", "flag", ALWAYS, "goes on when lockstep disconnects"},
    {"service", "revision", "text", ALWAYS, "the engine's own, opaque"},
    {"service", "versions", "@version[]", ALWAYS, "what runs"},
    {"service", "broken", "@finding[]", ALWAYS, "rules that what runs breaks"},
    {"service", "release", "@release", NULLS, "the record in the cluster"},
    {"service", "stages", "@stages", ABSENT, "where its profile has stages"},
    {"service", "safety", "@safety", ALWAYS, "what every verdict rests on"},
    {"service", "floor", "@floor", ALWAYS, "how far back it can go"},
    {"service", "glass", "@glass", NULLS, "somebody went past a rule that is enforced"},
    {"service", "stable_since_utc", "time", NULLS, "at rest at one version since"},
    {"service", "stable_left_ms", "number", NULLS, "until a data step may build on it"},
    {"service", "options", "@option{}", ALWAYS, "by verb; one that makes no sense now is absent"},

    {"version", "version", "text", ALWAYS, "as people call it; ? is not known"},
    {"version", "digest", "text", ALWAYS, "of what runs, or \"\""},
    {"version", "starting", "number", ALWAYS, "instances"},
    {"version", "serving", "number", ALWAYS, "instances"},
    {"version", "stopping", "number", ALWAYS, "instances"},
    {"version", "failing", "number", ALWAYS, "instances"},
    {"version", "ghost", "number", ALWAYS, "instances on nodes that do not answer"},

    {"release", "stage", "text", ALWAYS, "held, canary, bake, rehearse, settle, wave, stable, ..."},
    {"release", "paused", "flag", ALWAYS, ""},
    {"release", "from", "text", ALWAYS, "version before"},
    {"release", "to", "text", ALWAYS, "version after"},
    {"release", "target", "number", ALWAYS, "instances asked for"},
    {"release", "by", "text", ALWAYS, "who began it"},
    {"release", "since_utc", "time", NULLS, "when"},

    {"stages", "profile", "text", ALWAYS, "code, data, api, hotfix, fast"},
    {"stages", "active", "flag", ALWAYS, "a release is in flight"},
    {"stages", "stage", "text", ALWAYS, "where it is"},
    {"stages", "wave", "number", ALWAYS, "of waves; 0: none yet"},
    {"stages", "waves", "number", ALWAYS, ""},
    {"stages", "next", "text", ALWAYS, "what a step does; none: nothing"},
    {"stages", "next_count", "number", ALWAYS, "instances on the new version after it"},
    {"stages", "waits", "text", ALWAYS, "why it must wait, or \"\""},
    {"stages", "left_ms", "number", ALWAYS, "of this bake; 0: none runs"},
    {"stages", "total_ms", "number", ALWAYS, "until stable, at the least"},
    {"stages", "whole_ms", "number", ALWAYS, "all of it, from the first key, at the least"},
    {"stages", "rehearsal", "flag", ALWAYS, "there is one in it"},
    {"stages", "evidence", "text", ALWAYS, "what a bake is judged by"},
    {"stages", "worse", "flag", ALWAYS, "the bake failed: the new version is worse"},
    {"stages", "measured", "@measured", NULLS, "what the bake that runs is judged by"},
    {"measured", "version", "text", ALWAYS, "under watch"},
    {"measured", "against", "text", ALWAYS, "the version it is compared with"},
    {"measured", "before_after", "flag", ALWAYS, "as that was before, not beside it: weaker"},
    {"measured", "answer", "text", ALWAYS, "waits, passes, fails"},
    {"measured", "reason", "text", ALWAYS, ""},
    {"measured", "trouble", "text", ALWAYS, "why nothing is known now, or \"\""},
    {"measured", "exposed", "flag", ALWAYS, "asked over plain http at another host"},
    {"measured", "samples", "number", ALWAYS, "of the measure that has fewest"},
    {"measured", "needed", "number", ALWAYS, "before it can pass"},
    {"measured", "step_ms", "number", ALWAYS, "between two samples"},
    {"measured", "began_utc", "time", NULLS, "of the bake"},
    {"measured", "newest_utc", "time", NULLS, "sample of the new version"},
    {"measured", "measures", "@measure[]", ALWAYS, ""},
    {"measure", "measure", "text", ALWAYS, "errors, latency, saturation, traffic"},
    {"measure", "answer", "text", ALWAYS, "waits, passes, fails; \"\": not judged itself"},
    {"measure", "reason", "text", ALWAYS, ""},
    {"measure", "new", "numbers", ALWAYS, "its samples; null: none"},
    {"measure", "old", "numbers", ALWAYS, "those of the version it is compared with"},
    {"stages", "certificate", "@certificate", NULLS, "of the rehearsal"},
    {"stages", "attend", "flag", ALWAYS, "policy: somebody must watch the rehearsal"},
    {"stages", "watched", "flag", ALWAYS, "this bake was watched from its beginning"},
    {"stages", "elsewhere", "text", ALWAYS, "context whose certificate counts here, or \"\""},
    {"stages", "voided", "text", ALWAYS, "why the certificate does not count, or \"\""},
    {"stages", "voids", "text", ALWAYS, "what would void it, or \"\""},

    {"certificate", "state", "text", ALWAYS, "canaried, baked, rolled, certified"},
    {"certificate", "version", "text", ALWAYS, "of what"},
    {"certificate", "from", "text", ALWAYS, "after what"},
    {"certificate", "digest", "text", ALWAYS, "of what ran as the canary, or \"\""},
    {"certificate", "basis", "text", ALWAYS, "digest of all else that it rests on"},
    {"certificate", "by", "text", ALWAYS, "who"},
    {"certificate", "at_utc", "time", NULLS, "when"},
    {"certificate", "attended", "flag", ALWAYS, "a dashboard was open on every bake"},
    {"certificate", "evidence", "text", ALWAYS, "what was measured of its canary; \"\": nothing"},

    {"safety", "declared", "flag", ALWAYS, "the service has contracts; else no stores, no coupling"},
    {"safety", "live", "texts", ALWAYS, "versions that may run; ? is not known"},
    {"safety", "next", "text", ALWAYS, "version that the next step brings, or \"\""},
    {"safety", "stores", "@store[]", ALWAYS, "that it reads, writes, needs or owns"},
    {"safety", "coupled", "@coupled[]", ALWAYS, "services that never move at the same time"},
    {"safety", "clients", "@client[]", ALWAYS, "who calls it from outside, element by element"},
    {"safety", "plan", "@planned[]", ALWAYS, "the stages in order; none: its profile has none"},

    {"store", "store", "text", ALWAYS, "its name"},
    {"store", "at_rest", "text", ALWAYS, "formats that may be at rest"},
    {"store", "has", "text", ALWAYS, "schema elements present"},
    {"store", "adds", "text", ALWAYS, "formats that the next step may add"},
    {"store", "attestable", "texts", ALWAYS, "at rest, and nothing that may run writes them"},

    {"coupled", "service", "text", ALWAYS, "its name"},
    {"coupled", "live", "text", ALWAYS, "versions of it that may run"},
    {"coupled", "changing", "text", ALWAYS, "version it is being moved to, or \"\""},
    {"coupled", "over", "text", ALWAYS, "the store or the calls between them"},

    {"client", "clients", "text", ALWAYS, "name of the cohort"},
    {"client", "element", "text", ALWAYS, "of the service's API"},
    {"client", "calls", "number", ALWAYS, "that were counted"},
    {"client", "counted", "text", ALWAYS, "by whom and when, or \"\": the settings say so"},
    {"client", "ended", "flag", ALWAYS, "their support has ended"},
    {"client", "support", "text", ALWAYS, "who said whether it has, and when, or \"\""},
    {"client", "leaves", "flag", ALWAYS, "the next step brings a version without the element"},

    {"planned", "stage", "text", ALWAYS, "canary, bake, rehearse, settle, wave, stable"},
    {"planned", "when", "text", ALWAYS, "done, now, ahead"},
    {"planned", "count", "number", ALWAYS, "instances on the new version; 0: it moves nothing"},
    {"planned", "span_ms", "number", ALWAYS, "at the least; 0: no time of its own"},

    {"floor", "now", "text", ALWAYS, "oldest version that reads all that is at rest; ? none, \"\" "
                                     "nothing declared"},
    {"floor", "after", "text", ALWAYS, "the same after the next step"},
    {"floor", "next", "text", ALWAYS, "version that the next step brings, or \"\""},
    {"floor", "stores", "@floor_store[]", ALWAYS, "store by store"},
    {"floor_store", "store", "text", ALWAYS, "its name"},
    {"floor_store", "may", "text", ALWAYS, "formats that may be at rest"},
    {"floor_store", "now", "text", ALWAYS, "oldest version that reads them"},
    {"floor_store", "after", "text", ALWAYS, "the same after the next step"},

    {"glass", "open", "flag", ALWAYS, "it still lets that verb go past these rules"},
    {"glass", "waits", "flag", ALWAYS, "for a second person"},
    {"glass", "verb", "text", ALWAYS, "it was broken for"},
    {"glass", "rules", "text", ALWAYS, "that were passed"},
    {"glass", "reason", "text", ALWAYS, "as typed"},
    {"glass", "by", "text", ALWAYS, "who"},
    {"glass", "second", "text", ALWAYS, "who confirmed, or \"\""},
    {"glass", "at_utc", "time", NULLS, "when"},
    {"glass", "until_utc", "time", NULLS, "it is open"},

    {"option", "allowed", "flag", ALWAYS, ""},
    {"option", "effect", "text", ALWAYS, "what it would do, or why not"},
    {"option", "to_count", "number", ALWAYS, "instances on the version afterwards"},
    {"option", "verdict", "@verdict", ALWAYS, "of the guard"},
    {"option", "warning", "text", ALWAYS, "allowed, but this first; or \"\""},

    {"verdict", "answer", "text", ALWAYS, "allow, refuse, unknown"},
    {"verdict", "rule", "text", NULLS, "the first one that refuses; null: allowed"},
    {"verdict", "rules", "@finding[]", ALWAYS, "every rule"},
    {"verdict", "unproven", "texts", ALWAYS, "rules that are broken or not known, only observed"},
    {"verdict", "warning", "text", ALWAYS, "allowed, but this first; or \"\""},

    {"finding", "rule", "text", ALWAYS, "R0 RL R1 R2 RC R3 R4"},
    {"finding", "answer", "text", ALWAYS, "allow, refuse, unknown, not-evaluated"},
    {"finding", "level", "text", ALWAYS, "enforce, warn, observe"},
    {"finding", "sentence", "text", ALWAYS, "why, or \"\""},
    {"finding", "witness", "@witness[]", ALWAYS, "the objects that make it so"},
    {"finding", "way_out", "text", ALWAYS, "the cheapest one, or \"\""},
    {"witness", "object", "text", ALWAYS, "node w3, store invoices, ..."},
    {"witness", "fact", "text", ALWAYS, "about it"},
    {"witness", "age_ms", "number", NULLS, "of the fact; null: not known"},

    {"alarm", "cluster", "text", ALWAYS, "the context"},
    {"alarm", "name", "text", ALWAYS, "of the service, or the node"},
    {"alarm", "rule", "text", ALWAYS, "R3, ..."},
    {"alarm", "kind", "text", ALWAYS, "step, silent, returned, launcher, unknown, open, coupled, "
                                      "calls, expired, drift, glass"},
    {"alarm", "sentence", "text", ALWAYS, "with its witness"},
    {"alarm", "object", "text", ALWAYS, "the first witness, or \"\""},
    {"alarm", "fact", "text", ALWAYS, "about it"},
    {"alarm", "way_out", "text", ALWAYS, "or \"\""},
    {"alarm", "first_utc", "time", NULLS, "first seen"},
    {"alarm", "last_utc", "time", NULLS, "last seen"},
    {"alarm", "resolved", "flag", ALWAYS, "it is over"},

    {"cluster", "name", "text", ALWAYS, "the context"},
    {"cluster", "kind", "text", ALWAYS, "sim, swarm, ..."},
    {"cluster", "state", "text", ALWAYS, "connecting, live, stale"},
    {"cluster", "age_ms", "number", NULLS, "of the newest fact; null: never heard"},
    {"cluster", "why", "text", ALWAYS, "when it is not live"},
    {"cluster", "who", "text", ALWAYS, "you, as the cluster says"},
    {"cluster", "production", "flag", ALWAYS, ""},
    {"cluster", "read_only", "flag", ALWAYS, ""},
    {"cluster", "may_act", "flag", ALWAYS, ""},
    {"cluster", "note", "text", ALWAYS, "permission that is missing, or \"\""},

    {"node", "cluster", "text", ALWAYS, "the context"},
    {"node", "id", "text", ALWAYS, "the engine's own"},
    {"node", "name", "text", ALWAYS, ""},
    {"node", "state", "text", ALWAYS, "reporting, unsettled, silent, retired, fenced"},
    {"node", "draining", "flag", ALWAYS, "takes no new work"},
    {"node", "since_utc", "time", NULLS, "in this state"},
    {"node", "note", "text", ALWAYS, "the engine's words, or \"\""},
};
/* clang-format on */
const size_t field_count = ARRAY_LEN(fields);

const struct field *field_find(const char *object, const char *name, size_t len)
{
    for (size_t i = 0; i < field_count; i++)
        if (strcmp(fields[i].object, object) == 0 && strlen(fields[i].name) == len &&
            strncmp(fields[i].name, name, len) == 0)
            return &fields[i];
    return NULL;
}

/* "@store[]" -> "store". */
static size_t type_name(const struct field *field, const char **name)
{
    *name = field->type + 1;
    return field->type[0] == '@' ? strcspn(*name, "[{") : 0;
}

static void print_object(const char *object)
{
    for (size_t i = 0; i < field_count; i++) {
        const struct field *field = &fields[i];
        const char *name;
        size_t len = type_name(field, &name);
        char type[48];
        if (strcmp(field->object, object) != 0)
            continue;
        if (len)
            snprintf(type, sizeof type, "%.*s%s", (int)len, name,
                     name[len] == '[' ? " list"
                     : name[len]      ? " by name"
                                      : "");
        else
            snprintf(type, sizeof type, "%s", field->type);
        printf("  %-17s %-16s %s%s\n", field->name, type, field->help,
               field->may_be_null     ? " (or null)"
               : field->may_be_absent ? " (else absent)"
                                      : "");
    }
}

void fields_print(const char *document)
{
    const char *open[32] = {document};
    size_t count = 1;

    for (size_t at = 0; at < count; at++) {
        printf("\n%s%s:\n", open[at], at ? "" : " -o json");
        print_object(open[at]);
        for (size_t i = 0; i < field_count; i++) {
            const char *name;
            size_t len = type_name(&fields[i], &name), known = 0;
            if (strcmp(fields[i].object, open[at]) != 0 || len == 0)
                continue;
            const char *full = NULL;
            for (size_t k = 0; k < field_count && !full; k++)
                if (strlen(fields[k].object) == len && strncmp(fields[k].object, name, len) == 0)
                    full = fields[k].object;
            while (full && known < count && strcmp(open[known], full) != 0)
                known++;
            if (full && known == count && count < ARRAY_LEN(open))
                open[count++] = full;
        }
    }
}
