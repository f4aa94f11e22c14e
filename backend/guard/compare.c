/* compare.c: see compare.h. The verdict is the guard's own, over a world of three nodes. */
#include "guard/compare.h"

#include "guard/deed.h"
#include "guard/judge.h"

#include <string.h>

/* One comparison while it is made. */
struct work {
    const struct contract *from, *to;
    struct arena *arena;
    struct comparison *out;
};

static void add(struct arena *arena, struct sentences *list, const char *text)
{
    if (list->count == list->cap) {
        const char **old = list->text;
        list->cap = list->cap ? list->cap * 2 : 8;
        list->text = arena_alloc(arena, list->cap, sizeof *list->text);
        for (size_t i = 0; i < list->count; i++)
            list->text[i] = old[i];
    }
    list->text[list->count++] = text;
}

static const struct contract_use *find_use(const struct contract_uses *uses, const char *of)
{
    static const struct contract_use none = {.of = "", .names = NULL, .count = 0};

    for (size_t i = 0; i < uses->count; i++)
        if (strcmp(uses->use[i].of, of) == 0)
            return &uses->use[i];
    return &none;
}

static bool declares(const struct contract_uses *uses, const char *of)
{
    return find_use(uses, of)->of[0] != '\0';
}

static bool names_one(const struct contract_use *use, const char *name)
{
    for (size_t i = 0; i < use->count; i++)
        if (strcmp(use->names[i], name) == 0)
            return true;
    return false;
}

/* "json-3, json-4": what `wanted` names and `has` does not; "" when nothing. */
static const char *missing(struct arena *arena, const struct contract_use *has,
                           const struct contract_use *wanted)
{
    const char *text = "";

    for (size_t i = 0; i < wanted->count; i++)
        if (!names_one(has, wanted->names[i]))
            text = arena_printf(arena, "%s%s%s", text, text[0] ? ", " : "", wanted->names[i]);
    return text;
}

static struct contract_use provided(const struct contract *contract)
{
    return (struct contract_use){"", contract->provides, contract->provides_count};
}

static void change_of(const struct work *w, const char *what, const char *sign, const char *names)
{
    if (names[0])
        add(w->arena, &w->out->changes, arena_printf(w->arena, "%s: %s %s", what, sign, names));
}

static void compare_uses(const struct work *w, const char *word, const struct contract_uses *from,
                         const struct contract_uses *to)
{
    for (size_t i = 0; i < to->count; i++)
        change_of(w, arena_printf(w->arena, "%s %s", word, to->use[i].of), "adds",
                  missing(w->arena, find_use(from, to->use[i].of), &to->use[i]));
    for (size_t i = 0; i < from->count; i++)
        change_of(w, arena_printf(w->arena, "%s %s", word, from->use[i].of), "drops",
                  missing(w->arena, find_use(to, from->use[i].of), &from->use[i]));
}

static void compare_changes(const struct work *w)
{
    const struct contract_use old = provided(w->from), new = provided(w->to);

    compare_uses(w, "reads", &w->from->reads, &w->to->reads);
    compare_uses(w, "writes", &w->from->writes, &w->to->writes);
    compare_uses(w, "needs", &w->from->needs, &w->to->needs);
    compare_uses(w, "requires", &w->from->requires, &w->to->requires);
    change_of(w, "provides", "adds", missing(w->arena, &old, &new));
    change_of(w, "provides", "drops", missing(w->arena, &new, &old));
}

/* What `writer` may write and `reader`, which declares reads of that store, cannot read. */
static void check_reads(const struct work *w, const struct contract *writer,
                        const struct contract *reader, struct sentences *out)
{
    for (size_t i = 0; i < writer->writes.count; i++) {
        const struct contract_use *use = &writer->writes.use[i];
        const char *lost = missing(w->arena, find_use(&reader->reads, use->of), use);

        if (declares(&reader->reads, use->of) && lost[0])
            add(w->arena, out,
                arena_printf(w->arena, "%s cannot read %s, which %s may write to %s",
                             reader->version, lost, writer->version, use->of));
    }
}

/* What may still be at rest from before: `from` reads it and does not write it. */
static void check_old_reads(const struct work *w)
{
    for (size_t i = 0; i < w->from->reads.count; i++) {
        const struct contract_use *use = &w->from->reads.use[i];
        const struct contract_use *writes = find_use(&w->from->writes, use->of);
        const struct contract_use *reads = find_use(&w->to->reads, use->of);
        const char *lost = "";

        for (size_t k = 0; declares(&w->to->reads, use->of) && k < use->count; k++)
            if (!names_one(reads, use->names[k]) && !names_one(writes, use->names[k]))
                lost = arena_printf(w->arena, "%s%s%s", lost, lost[0] ? ", " : "", use->names[k]);
        if (lost[0])
            add(w->arena, &w->out->backward,
                arena_printf(w->arena, "%s cannot read %s, which may be at rest in %s: %s reads it",
                             w->to->version, lost, use->of, w->from->version));
    }
}

static void compare_promises(const struct work *w)
{
    const struct contract_use old = provided(w->from), new = provided(w->to);
    const char *gone = missing(w->arena, &new, &old);

    check_reads(w, w->from, w->to, &w->out->backward);
    check_old_reads(w);
    if (gone[0])
        add(w->arena, &w->out->backward,
            arena_printf(w->arena, "%s does not provide %s, which callers of %s may still call",
                         w->to->version, gone, w->from->version));
    check_reads(w, w->to, w->from, &w->out->forward);
    check_reads(w, w->to, w->from, &w->out->rollback);
    for (size_t i = 0; i < w->from->needs.count && w->to->change & 1u << CHANGE_DDL_DROP; i++) {
        const struct contract_use *use = &w->from->needs.use[i];
        const char *dropped = missing(w->arena, find_use(&w->to->needs, use->of), use);

        if (dropped[0])
            add(w->arena, &w->out->rollback,
                arena_printf(w->arena, "%s needs %s of %s, which goes with %s", w->from->version,
                             dropped, use->of, w->to->version));
    }
    if (!w->from->artifact)
        add(w->arena, &w->out->rollback,
            arena_printf(w->arena, "%s cannot be pulled any more", w->from->version));
}

static void step(const struct work *w, const char *text)
{
    add(w->arena, &w->out->order, text);
}

/* Makes room first: what must be there before any code of the new version runs. */
static void order_expand(const struct work *w)
{
    for (size_t i = 0; i < w->to->needs.count; i++) {
        const struct contract_use *use = &w->to->needs.use[i];
        const char *names = missing(w->arena, find_use(&w->from->needs, use->of), use);

        if (names[0])
            step(w, arena_printf(w->arena, "expand %s by %s, without any code", use->of, names));
    }
    for (size_t i = 0; i < w->to->requires.count; i++) {
        const struct contract_use *use = &w->to->requires.use[i];
        const char *names = missing(w->arena, find_use(&w->from->requires, use->of), use);

        if (names[0])
            step(w, arena_printf(w->arena, "release a version of %s that provides %s, everywhere",
                                 use->of, names));
    }
    for (size_t i = 0; i < w->to->writes.count; i++) {
        const struct contract_use *use = &w->to->writes.use[i];
        const char *names = missing(w->arena, find_use(&w->from->reads, use->of), use);

        if (declares(&w->from->reads, use->of) && names[0])
            step(w, arena_printf(w->arena,
                                 "release a version that also reads %s of %s and does not write "
                                 "it (change: read+)",
                                 names, use->of));
    }
}

static void order_code(const struct work *w)
{
    const unsigned code = 1u << CHANGE_CODE | 1u << CHANGE_API_ADD | 1u << CHANGE_CONFIG;
    const struct contract_use old = provided(w->from), new = provided(w->to);

    if (w->to->change & code || missing(w->arena, &old, &new)[0])
        step(w, arena_printf(w->arena,
                             "release the code of %s, reading and writing as before (change: "
                             "code)",
                             w->to->version));
    for (size_t i = 0; i < w->to->writes.count; i++) {
        const struct contract_use *use = &w->to->writes.use[i];
        const char *names = missing(w->arena, find_use(&w->from->writes, use->of), use);

        if (names[0])
            step(w, arena_printf(w->arena,
                                 "release the version that writes %s to %s (change: "
                                 "write+)",
                                 names, use->of));
    }
}

/* Takes away last: when nobody who may run, or be rolled back to, uses it. */
static void order_contract(const struct work *w)
{
    const struct contract_use old = provided(w->from), new = provided(w->to);
    const char *gone = missing(w->arena, &new, &old);

    for (size_t i = 0; i < w->from->reads.count; i++) {
        const struct contract_use *use = &w->from->reads.use[i];
        const char *names = missing(w->arena, find_use(&w->to->reads, use->of), use);

        if (!names[0])
            continue;
        step(w, arena_printf(w->arena,
                             "backfill %s until %s is gone, then `lockstep attest %s --gone "
                             "%s --evidence TEXT`",
                             use->of, names, use->of, strchr(names, ',') ? "FORMAT" : names));
        step(w, arena_printf(w->arena,
                             "release the version that no longer reads %s (change: read-)", names));
    }
    if (gone[0]) {
        step(w, arena_printf(w->arena,
                             "release every caller without %s, and wait until no client calls it",
                             gone));
        step(w, arena_printf(w->arena, "release the version without %s (change: api-)", gone));
    }
    for (size_t i = 0; i < w->from->needs.count; i++) {
        const struct contract_use *use = &w->from->needs.use[i];
        const char *names = missing(w->arena, find_use(&w->to->needs, use->of), use);

        if (names[0])
            step(w, arena_printf(w->arena,
                                 "last, contract %s by %s, when no version that may run or be "
                                 "rolled back to needs it",
                                 use->of, names));
    }
}

static void declare_needs(struct world *world, const struct uses *needs)
{
    for (size_t i = 0; i < needs->count; i++)
        set_join(&world->stores[needs->use[i].of].has, &needs->use[i].names);
}

/* The nodes are an assumption, and no evidence. */
static void drop_places(struct finding *finding)
{
    size_t kept = 0;

    for (size_t i = 0; i < finding->witness_count; i++)
        if (strncmp(finding->witnesses[i].object, "node ", 5) != 0)
            finding->witnesses[kept++] = finding->witnesses[i];
    finding->witness_count = kept;
}

/* `from` rests on three nodes; may one of them get `to`? */
static bool judge(const struct work *w, struct err *err)
{
    static const char *const node[] = {"n1", "n2", "n3"};
    struct book *book = book_new();
    struct world world;
    bool ok = book_declare(book, w->from, err) && book_declare(book, w->to, err);

    if (ok) {
        uint32_t s = book_find_service(book, w->from->service), seat;
        unsigned from, to;

        book_version(book, s, w->from->version, &from, err);
        book_version(book, s, w->to->version, &to, err);
        for (size_t i = 0; i < ARRAY_LEN(node); i++)
            book_seat(book, s, node[i]);
        book_seal(book);
        world_init(&world, book, policy_strict());
        world.policy.rules = 1u << RULE_R1 | 1u << RULE_R3;
        for (size_t i = 0; i < ARRAY_LEN(node); i++)
            world.seats[i] = (struct seat_now){.runs = VERSION_BIT(from), .state = SEAT_REPORTING};
        declare_needs(&world, &book->services[s].versions[from].needs);
        declare_needs(&world, &book->services[s].versions[to].needs);
        world_begin(&world);
        seat = book_find_seat(book, s, node[0]);
        const struct deed deed = {.kind = DEED_CANARY,
                                  .service = s,
                                  .version = to,
                                  .seats = &seat,
                                  .seat_count = 1,
                                  .store = BOOK_NONE,
                                  .launcher = BOOK_NONE,
                                  .cohort = BOOK_NONE};
        deed_judge(&world, &deed, w->arena, &w->out->verdict);
        for (unsigned r = 0; r < RULE_COUNT; r++)
            drop_places(&w->out->verdict.findings[r]);
        world_release(&world);
    }
    book_free(book);
    return ok;
}

void contract_compare(const struct contract *from, const struct contract *to, struct arena *arena,
                      struct comparison *out)
{
    const struct work w = {from, to, arena, out};
    struct err err = {0};

    *out = (struct comparison){.from = from, .to = to};
    for (size_t i = 0; i < to->follows_count; i++)
        out->adjacent = out->adjacent || strcmp(to->follows[i], from->version) == 0;
    compare_changes(&w);
    compare_promises(&w);
    verdict_begin(&out->verdict, ANSWER_NOT_EVALUATED);
    if (!judge(&w, &err)) {
        finding_break(&out->verdict.findings[RULE_R0], ANSWER_UNKNOWN,
                      arena_strdup(arena, err.text), "");
        verdict_settle(&out->verdict);
    }
    bool as_it_is = out->verdict.answer == ANSWER_ALLOW && !out->backward.count &&
                    !out->forward.count && !out->rollback.count;
    order_expand(&w);
    if (!as_it_is) {
        order_code(&w);
        order_contract(&w);
    } else {
        step(&w, arena_printf(arena, "release %s as it is", to->version));
    }
}

void contract_remarks(const struct contract *contract, struct arena *arena, struct sentences *out)
{
    if (!contract->digest[0])
        add(arena, out, "no digest: the version string is trusted to name what runs");
    if (!contract->follows_count)
        add(arena, out,
            "follows nothing: it may run beside no other version, so there is no "
            "step to it and no way back");
    if (!contract->change)
        add(arena, out, "names no kind of change");
    for (size_t i = 0; i < contract->writes.count; i++) {
        const struct contract_use *use = &contract->writes.use[i];
        const char *unread = missing(arena, find_use(&contract->reads, use->of), use);

        if (declares(&contract->reads, use->of) && unread[0])
            add(arena, out,
                arena_printf(arena, "may write %s to %s and cannot read it itself", unread,
                             use->of));
    }
}
