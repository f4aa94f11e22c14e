/* told.c: see told.h. Worlds are told by the difference to the one before. */
#include "guard/told.h"

#include "base/mem.h"
#include "guard/judge.h"
#include "guard/scenario_private.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static const char *const stage_text[CERT_STAGE_COUNT] = {"none",      "canaried", "baked", "rolled",
                                                         "certified", "released", "stable"};

void told_begin(struct told *told, const char *name)
{
    *told = (struct told){.name = name};
    told->out = open_memstream(&told->text, &told->len);
    ck_assert(told->out != NULL);
}

static void record(const struct told *told, const char *dir)
{
    char *path = xasprintf("%s/%s.txt", dir, told->name);
    FILE *f = fopen(path, "wb");

    ck_assert_msg(f != NULL, "cannot write %s", path);
    fwrite(told->text, 1, told->len, f);
    fclose(f);
    free(path);
}

void told_end(struct told *told)
{
    const char *dir = getenv("LOCKSTEP_TOLD");

    fclose(told->out);
    if (dir) {
        record(told, dir);
    } else {
        char *path = xasprintf("recordings/told/%s.txt", told->name);
        char *recorded = test_read_file(path, NULL);
        size_t same = 0, line = 1, start = 0;

        for (; recorded[same] && recorded[same] == told->text[same]; same++)
            if (recorded[same] == '\n') {
                line++;
                start = same + 1;
            }
        ck_assert_msg(recorded[same] == told->text[same], "%s:%zu\n- %.*s\n+ %.*s", path, line,
                      (int)strcspn(recorded + start, "\n"), recorded + start,
                      (int)strcspn(told->text + start, "\n"), told->text + start);
        free(recorded);
        free(path);
    }
    free(told->text);
}

void told_finding(struct told *told, const char *word, const struct finding *finding)
{
    fprintf(told->out, "  %s %s %s: %s\n", word, answer_word[finding->answer],
            level_word[finding->level], finding->sentence);
    for (size_t i = 0; i < finding->witness_count; i++) {
        const struct witness *w = &finding->witnesses[i];

        fprintf(told->out, "    %s: %s", w->object, w->fact);
        if (w->age_ms >= 0)
            fprintf(told->out, " (%lld ms)", (long long)w->age_ms);
        fputc('\n', told->out);
    }
    if (finding->way_out[0])
        fprintf(told->out, "    > %s\n", finding->way_out);
}

void told_verdict(struct told *told, const struct verdict *verdict)
{
    static const char letters[4] = {'a', '-', 'u', 'R'};

    fprintf(told->out, " %s ", answer_word[verdict->answer]);
    for (unsigned r = 0; r < RULE_COUNT; r++)
        fputc(letters[verdict->findings[r].answer], told->out);
    fprintf(told->out, "%s%s%s%s\n", verdict->first ? " first " : "",
            verdict->first ? rule_word[verdict->first->rule] : "", verdict->warning[0] ? " " : "",
            verdict->warning);
    for (unsigned r = 0; r < RULE_COUNT; r++)
        if (answer_is_broken(verdict->findings[r].answer))
            told_finding(told, rule_word[r], &verdict->findings[r]);
}

static void tell_versions(struct told *told, const struct book *book, uint32_t s, versions_t set)
{
    unsigned v;

    for (bool first = true; versions_next(&set, &v); first = false)
        fprintf(told->out, "%s%s", first ? "" : ",", book_version_name(book, s, v));
}

static void tell_service(struct told *told, const struct world *world, uint32_t s)
{
    const struct book *book = world->book;
    const struct book_service *at = &book->services[s];
    uint64_t changing = world->services[s].changing;

    fprintf(told->out, "  %s: live%s", at->name, world->services[s].live ? " " : "");
    tell_versions(told, book, s, world->services[s].live);
    if (changing != NOT_CHANGING)
        fprintf(told->out, ", to %s", book_version_name(book, s, (unsigned)changing));
    for (unsigned v = 0; v < at->version_count; v++) {
        const struct cert *cert = world_cert(world, s, v);

        if (cert->stage == CERT_NONE)
            continue;
        fprintf(told->out, "; %s %s%s", at->versions[v].name, stage_text[cert->stage],
                cert->from ? " from " : "");
        tell_versions(told, book, s, cert->from);
    }
    for (size_t i = 0; i < at->launcher_count; i++) {
        uint64_t would = world->launchers[at->launchers[i]];

        if (would != NO_VERSION)
            fprintf(told->out, "; %s starts %s", book->launchers[at->launchers[i]].name,
                    book_version_name(book, s, (unsigned)would));
    }
    fputc('\n', told->out);
    for (uint32_t i = at->first_seat; i < at->first_seat + at->seat_count; i++) {
        const struct seat_now *seat = &world->seats[i];

        fprintf(told->out, "    %s %s ", book->seats[i].node, seat_state_word[seat->state]);
        tell_versions(told, book, s, seat->runs);
        fputc('/', told->out);
        tell_versions(told, book, s, seat->queued);
        fprintf(told->out, "%s\n", seat->tried ? " tried" : "");
    }
}

static void tell_store(struct told *told, const struct world *world, uint32_t d)
{
    const struct book_store *at = &world->book->stores[d];

    fprintf(told->out, "  %s:", at->name);
    for (unsigned f = 0; f < at->names.count; f++) {
        if (set_has(&world->stores[d].may, f))
            fprintf(told->out, " %s", at->names.text[f]);
        if (set_has(&world->stores[d].has, f))
            fprintf(told->out, " [%s]", at->names.text[f]);
    }
    fputc('\n', told->out);
}

void told_world(struct told *told, const struct world *world)
{
    for (uint32_t s = 0; s < world->book->service_count; s++)
        tell_service(told, world, s);
    for (uint32_t d = 0; d < world->book->store_count; d++)
        tell_store(told, world, d);
    for (size_t i = 0; i < world->book->usage_count; i++)
        fprintf(told->out, "  usage %llu\n", (unsigned long long)world->usages[i]);
    for (size_t i = 0; i < world->book->cohort_count; i++)
        if (world->ended[i])
            fprintf(told->out, "  %s ended\n", world->book->cohorts[i].name);
}

/* Only the lines that the world before did not have. */
static void tell_changes(struct told *told, char **before, const struct world *world)
{
    struct told now;
    char *rest = NULL;

    told_begin(&now, "");
    told_world(&now, world);
    fclose(now.out);
    char *text = xstrdup(now.text);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *whole = xasprintf("%s\n", line);

        if (!strstr(*before, whole))
            fputs(whole, told->out);
        free(whole);
    }
    free(text);
    free(*before);
    *before = now.text;
}

void told_scenario(struct told *told, const struct scenario *scenario)
{
    struct world before, world;
    struct arena *arena = arena_new(1024);
    char *said = xstrdup("");
    const char *alerts = "";

    world_init(&before, scenario->book, policy_strict());
    world_init(&world, scenario->book, policy_strict());
    world_copy(&world, &scenario->start);
    fprintf(told->out, "%s\n", scenario->name);
    tell_changes(told, &said, &world);
    for (size_t i = 0; i < scenario->deed_count; i++) {
        const struct deed *deed = &scenario->deeds[i];
        struct verdict verdict;
        size_t old = strlen(alerts);

        fprintf(told->out, "%zu %s", i, deed_word[deed->kind]);
        deed_judge(&world, deed, arena, &verdict);
        told_verdict(told, &verdict);
        world_copy(&before, &world);
        deed_apply(&world, deed);
        alerts = scenario_alerts(scenario, &before, &world, i, alerts, arena);
        fputs(alerts + old, told->out);
        tell_changes(told, &said, &world);
    }
    free(said);
    world_release(&before);
    world_release(&world);
    arena_free(arena);
}
