/* plain.c: see plain.h. What is said of a thing is composed anew for every frame and printed when
 * it differs from what was said last. Ages in it ("2h10m", "6s left") do not count: they always
 * differ. */
#include "plain.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct teller {
    struct plain *plain;
    const struct frame *frame;
    FILE *out;
};

static struct plain_line *find_line(struct plain *plain, const char *key)
{
    for (size_t i = 0; i < plain->count; i++)
        if (strcmp(plain->lines[i].key, key) == 0)
            return &plain->lines[i];
    ARRAY_RESERVE(plain->lines, plain->cap, plain->count + 1);
    struct plain_line *line = &plain->lines[plain->count++];
    snprintf(line->key, sizeof line->key, "%s", key);
    return line;
}

/* The bytes after "12s", "2h10m", "1d01h" at `text`; 0: it is no age. */
static size_t age_length(const char *text)
{
    size_t len = 0;

    for (size_t digits; (digits = strspn(text + len, "0123456789")) > 0; len += digits + 1)
        if (!text[len + digits] || !strchr("smhd", text[len + digits]))
            return 0;
    return isalnum((unsigned char)text[len]) ? 0 : len;
}

static uint64_t digest_of(const char *text)
{
    uint64_t digest = HASH_SEED;
    bool in_word = false;

    while (*text) {
        size_t age = in_word ? 0 : age_length(text), used = age ? age : 1;
        digest = hash_mix(digest, age ? "#" : text, 1);
        in_word = isalnum((unsigned char)text[used - 1]) != 0;
        text += used;
    }
    return digest;
}

static void say(struct teller *teller, const char *text)
{
    char at[CLOCK_TEXT];

    fprintf(teller->out, "%.19sZ %s\n", clock_format_utc(teller->frame->utc_ms, at), text);
}

/* Adopts the text. */
static void tell(struct teller *teller, const char *key, char *text)
{
    struct plain_line *line = find_line(teller->plain, key);
    uint64_t digest = digest_of(text);

    line->seen = true;
    if (line->said != digest)
        say(teller, text);
    line->said = digest;
    free(text);
}

static void put_row(FILE *out, const struct row *row)
{
    fprintf(out, "%s %s: %s", row->service->cluster, row->service->name, board_word[row->state]);
    if (row->to[0])
        fprintf(out, ", %s to %s", row->from, row->to);
    else
        fprintf(out, ", %s", row->from);
    fprintf(out, ", %u of %u", row->have, row->want);
    if (row->steps)
        fprintf(out, ", step %u of %u", row->step, row->steps);
    if (row->ghosts)
        fprintf(out, ", %u silent", row->ghosts);
    if (row->by[0])
        fprintf(out, ", by %s", row->by);
    if (row->why[0])
        fprintf(out, "; %s", row->why);
    if (row->drift[0])
        fprintf(out, "; drift: %s", row->drift);
}

static char *row_text(const struct row *row)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (out)
        put_row(out, row);
    if (!out || fclose(out) != 0)
        fatal("no memory for a line");
    return text;
}

/* What S and U would do, once it rests: while it moves the answer is to wait. */
static void tell_keys(struct teller *teller, const struct row *row, const char *key)
{
    static const struct {
        enum verb verb;
        const char *word;
    } keys[] = {{VERB_STEP, "S step"},
                {VERB_START, "S start"},
                {VERB_RESUME, "R resume"},
                {VERB_ROLLBACK, "U undo"}};
    char text[1200];
    size_t used = 0;

    if (row->state == BOARD_MOVING || row->state == BOARD_ROLLING_BACK)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct option *option = &row->option[keys[i].verb];
        if (option->offered && used < sizeof text)
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%s%s%s: %s", used ? "; " : "",
                                 keys[i].word, option->allowed ? "" : " refused", option->effect);
    }
    if (used)
        tell(teller, key,
             xasprintf("%s %s keys: %s", row->service->cluster, row->service->name, text));
}

static void tell_rows(struct teller *teller)
{
    char key[sizeof((struct plain_line *)0)->key];

    for (size_t i = 0; i < teller->frame->row_count; i++) {
        const struct row *row = teller->frame->rows[i];
        snprintf(key, sizeof key, "%s/%s", row->service->cluster, row->service->id);
        tell(teller, key, row_text(row));
        snprintf(key, sizeof key, "%s/%s keys", row->service->cluster, row->service->id);
        tell_keys(teller, row, key);
    }
}

static void tell_clusters(struct teller *teller)
{
    char key[sizeof((struct plain_line *)0)->key];

    for (size_t i = 0; i < teller->frame->cluster_count; i++) {
        const struct board_cluster *cluster = &teller->frame->clusters[i];
        const char *why = cluster->state != CLUSTER_LIVE && cluster->why ? cluster->why : "";
        snprintf(key, sizeof key, "!%s", cluster->name);
        tell(teller, key,
             xasprintf("%s: cluster %s%s%s", cluster->name, cluster_state_word[cluster->state],
                       why[0] ? ": " : "", why));
    }
}

static void tell_alarms(struct teller *teller)
{
    char key[sizeof((struct plain_line *)0)->key];

    for (size_t i = teller->frame->alarm_count; i-- > 0;) {
        const struct alarm *alarm = &teller->frame->alarms[i];
        snprintf(key, sizeof key, "alarm %s/%s %d %d", alarm->cluster, alarm->service_id,
                 (int)alarm->kind, (int)alarm->rule);
        tell(teller, key,
             xasprintf("%s %s: %s%s%s%s", alarm->cluster, alarm->name,
                       alarm->resolved ? "over: " : "ALARM: ", alarm->sentence,
                       alarm->way_out && alarm->way_out[0] && !alarm->resolved ? "; way out: " : "",
                       alarm->resolved || !alarm->way_out ? "" : alarm->way_out));
    }
}

static void tell_actions(struct teller *teller)
{
    char key[sizeof((struct plain_line *)0)->key];

    for (size_t i = teller->frame->action_count; i-- > 0;) {
        const struct action_status *status = &teller->frame->actions[i];
        snprintf(key, sizeof key, "action %s", status->action.id);
        tell(teller, key,
             xasprintf("%s: %s: %s%s%s", status->action.cluster, verb_word[status->action.verb],
                       action_end_word[status->end], status->sentence[0] ? ": " : "",
                       status->sentence));
    }
}

/* Services that are not there any more; what is no service is forgotten without a word. */
static void tell_gone(struct teller *teller)
{
    struct plain *plain = teller->plain;
    size_t kept = 0;

    for (size_t i = 0; i < plain->count; i++) {
        struct plain_line *line = &plain->lines[i];
        bool service = line->key[0] != '!' && strchr(line->key, ' ') == NULL;
        if (!line->seen && service) {
            char *text = xasprintf("%s: gone", line->key);
            say(teller, text);
            free(text);
        }
        if (line->seen)
            plain->lines[kept++] = *line;
    }
    plain->count = kept;
}

void plain_print(struct plain *plain, const struct frame *frame, FILE *out)
{
    struct teller teller = {plain, frame, out};

    for (size_t i = 0; i < plain->count; i++)
        plain->lines[i].seen = false;
    tell_clusters(&teller);
    tell_rows(&teller);
    tell_alarms(&teller);
    tell_actions(&teller);
    tell_gone(&teller);
    fflush(out);
}

void plain_release(struct plain *plain)
{
    free(plain->lines);
    *plain = (struct plain){0};
}
