/* action_journal.c: what an action leaves in the journal, and finding what was left open.
 *
 * Every record has kind, cluster, service, key, id, verb, by. "intent", one per write, before it
 * is sent: write, writes, base, from, to, artifact, have_count, to_count, replicas, reason,
 * glass (that is broken for it), attested and calls (of an attestation), verdict (the first
 * write's). "outcome": outcome. "settle": somebody else's claim is about to be settled; "outcome"
 * follows. "refused": why, verdict. */
#include "release/action_run.h"

#include "base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *record_of(const struct action_run *run, const char *kind)
{
    const struct claim *s = &run->subject;
    const struct action *a = &run->status.action;
    json_t *record = json_object();

    json_object_set_new(record, "kind", json_string(kind));
    json_object_set_new(record, "cluster", json_string(a->cluster));
    json_object_set_new(record, "service", json_string(a->service));
    json_object_set_new(record, "key", json_string(run->key));
    json_object_set_new(record, "id", json_string(s->id));
    json_object_set_new(record, "verb", json_string(verb_word[s->verb]));
    json_object_set_new(record, "by", json_string(s->by));
    return record;
}

static void add_intent(const struct action_run *run, json_t *record)
{
    const struct claim *s = &run->subject;

    json_object_set_new(record, "write", json_integer(run->effect.write));
    json_object_set_new(record, "writes", json_integer(s->writes));
    json_object_set_new(record, "base", json_string(s->base));
    json_object_set_new(record, "from", json_string(s->from));
    json_object_set_new(record, "to", json_string(s->to));
    json_object_set_new(record, "artifact", json_string(s->artifact));
    json_object_set_new(record, "have_count", json_integer(s->have_count));
    json_object_set_new(record, "holds_from", json_integer(s->holds_from));
    json_object_set_new(record, "to_count", json_integer(s->to_count));
    json_object_set_new(record, "replicas", json_integer(s->replicas));
    release_write_mark(record, &s->mark);
    release_write_glass(record, &s->glass);
    if (s->verb == VERB_ATTEST)
        json_object_set_new(record, "attested", json_string(attested_word[s->attested]));
    if (s->verb == VERB_ATTEST && s->attested == ATTEST_USAGE)
        json_object_set_new(record, "calls", json_integer((json_int_t)s->calls));
    if (run->intent.reason[0])
        json_object_set_new(record, "reason", json_string(run->intent.reason));
    if (run->verdict && run->effect.write == 0)
        json_object_set(record, "verdict", run->verdict);
}

/* A verdict with very many witnesses must not keep an action from being written down. */
static bool append(struct action_run *run, json_t *record, struct err *err)
{
    struct err large = {0};

    if (!run->env.journal)
        return err_set(err, ERR_DISK, "there is no journal to write it down in");
    if (journal_append(run->env.journal, record, &large))
        return true;
    if (large.code == ERR_LIMIT) {
        json_object_del(record, "verdict");
        return journal_append(run->env.journal, record, err);
    }
    return err_set(err, large.code, "%s", large.text);
}

bool action_journal(struct action_run *run, struct err *err)
{
    static const char *const kinds[] = {
        [RECORD_INTENT] = "intent",
        [RECORD_SETTLE] = "settle",
        [RECORD_OUTCOME] = "outcome",
    };
    const char *kind = kinds[run->effect.record];
    json_t *record = record_of(run, kind);

    if (run->effect.record == RECORD_INTENT)
        add_intent(run, record);
    if (run->effect.record == RECORD_OUTCOME)
        json_object_set_new(record, "outcome", json_string(outcome_word[run->effect.outcome]));
    action_fail("before", kind, run->effect.write);
    bool ok = append(run, record, err);
    action_fail("after", kind, run->effect.write);
    json_decref(record);
    return ok;
}

void action_journal_refusal(struct action_run *run)
{
    struct err ignored = {0};
    json_t *record = record_of(run, "refused");

    json_object_set_new(record, "why", json_string(run->why.text));
    if (run->verdict)
        json_object_set(record, "verdict", run->verdict);
    append(run, record, &ignored);
    json_decref(record);
}

/* ---- after a crash ---- */

struct open_intent {
    struct claim claim;
    char cluster[64], service[160];
    bool closed;
};

struct recovery {
    struct open_intent *open;
    size_t count, cap;
    char boot[64];
};

static struct open_intent *find_open(struct recovery *r, const char *id)
{
    for (size_t i = r->count; i-- > 0;)
        if (strcmp(r->open[i].claim.id, id) == 0)
            return &r->open[i];
    return NULL;
}

static bool is_alive(const struct recovery *r, const json_t *record)
{
    const char *boot = json_raw(json_object_get(record, "boot"));
    json_int_t pid = json_integer_value(json_object_get(record, "pid"));

    if (!boot || strcmp(boot, r->boot) != 0 || pid <= 0 || pid == getpid())
        return false;
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static void take_text(const json_t *record, const char *key, char *out, size_t size)
{
    const char *text = json_raw(json_object_get(record, key));

    text_clean_into(out, size, text ? text : "", text ? strlen(text) : 0);
}

static uint32_t take_count(const json_t *record, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(record, key));

    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static void take_mark(const json_t *record, struct stage_mark *mark, struct glass *glass)
{
    struct arena *arena = arena_new(512);
    struct json_at at = json_root(record, "journal", arena);
    struct err err = {0};

    if (!release_read_mark(&at, mark, &err))
        *mark = (struct stage_mark){.after = STAGE_NONE};
    if (!release_read_glass(&at, glass, &err))
        *glass = (struct glass){.rules = ""};
    arena_free(arena);
}

static bool take_intent(struct recovery *r, const json_t *record, const char *id)
{
    struct open_intent *open = find_open(r, id);
    const char *verb = json_raw(json_object_get(record, "verb"));

    if (!open) {
        ARRAY_RESERVE(r->open, r->cap, r->count + 1);
        open = &r->open[r->count++];
    }
    struct claim *claim = &open->claim;
    snprintf(claim->id, sizeof claim->id, "%s", id);
    if (!verb || !verb_parse(verb, &claim->verb))
        return false;
    take_text(record, "cluster", open->cluster, sizeof open->cluster);
    take_text(record, "service", open->service, sizeof open->service);
    take_text(record, "by", claim->by, sizeof claim->by);
    take_text(record, "from", claim->from, sizeof claim->from);
    take_text(record, "to", claim->to, sizeof claim->to);
    take_text(record, "artifact", claim->artifact, sizeof claim->artifact);
    take_text(record, "base", claim->base, sizeof claim->base);
    claim->have_count = take_count(record, "have_count");
    claim->holds_from = take_count(record, "holds_from");
    claim->to_count = take_count(record, "to_count");
    claim->replicas = take_count(record, "replicas");
    claim->write = take_count(record, "write");
    claim->writes = take_count(record, "writes");
    const char *attested = json_raw(json_object_get(record, "attested"));
    if (!attested || !attested_parse(attested, &claim->attested))
        claim->attested = ATTEST_GONE;
    take_mark(record, &claim->mark, &claim->glass);
    open->closed = is_alive(r, record) || claim->writes > RELEASE_WRITES_MAX;
    return true;
}

/* The journal is this user's own and checked by its hashes; still, a record that is not
 * understood is passed over. */
static bool on_record(void *arg, const json_t *record)
{
    struct recovery *r = arg;
    const char *kind = json_raw(json_object_get(record, "kind"));
    const char *id = json_raw(json_object_get(record, "id"));

    if (!kind || !id || strlen(id) != ID_TEXT - 1)
        return true;
    if (strcmp(kind, "intent") == 0) {
        if (!take_intent(r, record, id))
            find_open(r, id)->closed = true;
    } else if (strcmp(kind, "outcome") == 0) {
        struct open_intent *open = find_open(r, id);
        if (open)
            *open = r->open[--r->count];
    }
    return true;
}

static void read_boot(char *out, size_t size)
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

    snprintf(out, size, "unknown");
    if (!f)
        return;
    if (fgets(out, (int)size, f))
        out[strcspn(out, "\n")] = '\0';
    fclose(f);
}

bool action_recover(const char *journal_path, action_recover_fn *fn, void *arg, struct err *err)
{
    struct recovery r = {.count = 0};

    read_boot(r.boot, sizeof r.boot);
    bool ok = journal_read(journal_path, on_record, &r, err);
    for (size_t i = 0; ok && i < r.count; i++)
        if (!r.open[i].closed)
            fn(arg, r.open[i].cluster, r.open[i].service, &r.open[i].claim);
    free(r.open);
    return ok;
}
