/* verb_check.c: `lockstep check FILE...`: contracts, read as the guard reads them. Needs no
 * cluster and no settings. With --metrics: verb_metrics.c.
 *
 * Two files of one service are compared: what changes, who can live with whom, whether one may
 * be released while the other runs everywhere, and the order that gets there safely. Without a word
 * in `follows` about the two, the order of the files counts.
 *
 * Exit status: 0 all can be read and every step may be taken; 1 a rule refuses a step; 2 a file
 * cannot be read or contradicts another.
 *
 * -o json prints one object: schema; files[] (file, ok, service, version, problem, remarks[]);
 * steps[] (service, from, to, follows, changes[], backward, forward, rollback (each {compatible,
 * why[]}), verdict as in `status`, order[]); problems[]; exit. */
#include "board/verdict_json.h"
#include "guard/compare.h"
#include "print.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file of the command line. */
struct checked {
    const char *file;
    struct contract contract;
    struct sentences remarks;
    struct err err; /* ERR_NONE: it is a contract */
};

struct check {
    struct arena *arena;
    struct checked *files;
    size_t count;
    struct comparison *steps;
    size_t step_count;
    struct err together; /* what the files of one service contradict each other in */
};

static bool is_contract(const struct checked *file)
{
    return file->err.code == ERR_NONE;
}

static bool of_one_service(const struct checked *a, const struct checked *b)
{
    return is_contract(a) && is_contract(b) &&
           strcmp(a->contract.service, b->contract.service) == 0;
}

static bool follows(const struct contract *to, const struct contract *from)
{
    for (size_t i = 0; i < to->follows_count; i++)
        if (strcmp(to->follows[i], from->version) == 0)
            return true;
    return false;
}

static void read_files(struct check *check, const struct args *args)
{
    check->count = args->operand_count;
    check->files = arena_alloc(check->arena, check->count, sizeof *check->files);
    for (size_t i = 0; i < check->count; i++) {
        struct checked *file = &check->files[i];

        file->file = args->operands[i];
        if (contract_load(file->file, check->arena, &file->contract, &file->err))
            contract_remarks(&file->contract, check->arena, &file->remarks);
    }
}

/* Versions declared twice, and circles, over all files of one service. */
static void check_together(struct check *check)
{
    struct contract *same = arena_alloc(check->arena, check->count, sizeof *same);

    for (size_t i = 0; i < check->count && check->together.code == ERR_NONE; i++) {
        size_t count = 0;
        bool first = is_contract(&check->files[i]);

        for (size_t k = 0; k < check->count; k++)
            if (of_one_service(&check->files[i], &check->files[k])) {
                first = first && k >= i;
                same[count++] = check->files[k].contract;
            }
        if (first && count > 1)
            contract_check_together(same, count, "the files together", &check->together);
    }
}

/* Every pair that is declared adjacent; two files of a service that are not are compared too. */
static void compare_files(struct check *check)
{
    size_t pairs = check->count * check->count;

    check->steps = arena_alloc(check->arena, pairs, sizeof *check->steps);
    for (size_t i = 0; i < check->count; i++)
        for (size_t k = i + 1; k < check->count; k++) {
            const struct contract *a = &check->files[i].contract, *b = &check->files[k].contract;
            size_t others = 0;

            if (!of_one_service(&check->files[i], &check->files[k]))
                continue;
            for (size_t n = 0; n < check->count; n++)
                others += n != i && n != k && of_one_service(&check->files[i], &check->files[n]);
            if (follows(a, b))
                contract_compare(b, a, check->arena, &check->steps[check->step_count++]);
            else if (follows(b, a) || !others)
                contract_compare(a, b, check->arena, &check->steps[check->step_count++]);
        }
}

static int exit_of(const struct check *check)
{
    int status = check->together.code == ERR_NONE ? EXIT_DONE : EXIT_USAGE;

    for (size_t i = 0; i < check->count; i++)
        if (!is_contract(&check->files[i]))
            status = EXIT_USAGE;
    for (size_t i = 0; i < check->step_count && status == EXIT_DONE; i++)
        if (check->steps[i].verdict.answer != ANSWER_ALLOW)
            status = EXIT_REFUSED;
    return status;
}

static json_t *json_of_sentences(const struct sentences *list)
{
    json_t *out = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(out, json_string(list->text[i]));
    return out;
}

static json_t *json_of_promise(const struct sentences *broken)
{
    json_t *out = json_object();

    json_put_bool(out, "compatible", broken->count == 0);
    json_object_set_new(out, "why", json_of_sentences(broken));
    return out;
}

static json_t *json_of_file(const struct checked *file)
{
    json_t *out = json_object();

    json_put(out, "file", file->file);
    json_put_bool(out, "ok", is_contract(file));
    json_put(out, "service", file->contract.service);
    json_put(out, "version", file->contract.version);
    json_put(out, "problem", file->err.text);
    json_object_set_new(out, "remarks", json_of_sentences(&file->remarks));
    return out;
}

static json_t *json_of_step(const struct comparison *step)
{
    json_t *out = json_object();

    json_put(out, "service", step->to->service);
    json_put(out, "from", step->from->version);
    json_put(out, "to", step->to->version);
    json_put_bool(out, "follows", step->adjacent);
    json_object_set_new(out, "changes", json_of_sentences(&step->changes));
    json_object_set_new(out, "backward", json_of_promise(&step->backward));
    json_object_set_new(out, "forward", json_of_promise(&step->forward));
    json_object_set_new(out, "rollback", json_of_promise(&step->rollback));
    json_object_set_new(out, "verdict", verdict_json(&step->verdict));
    json_object_set_new(out, "order", json_of_sentences(&step->order));
    return out;
}

static void print_as_json(const struct check *check)
{
    json_t *out = json_object(), *files = json_array(), *steps = json_array();
    json_t *problems = json_array();

    json_put_int(out, "schema", 1);
    for (size_t i = 0; i < check->count; i++)
        json_array_append_new(files, json_of_file(&check->files[i]));
    for (size_t i = 0; i < check->step_count; i++)
        json_array_append_new(steps, json_of_step(&check->steps[i]));
    if (check->together.code != ERR_NONE)
        json_array_append_new(problems, json_string(check->together.text));
    json_object_set_new(out, "files", files);
    json_object_set_new(out, "steps", steps);
    json_object_set_new(out, "problems", problems);
    json_put_int(out, "exit", exit_of(check));
    print_json(out);
}

static void print_promise(const char *name, const char *yes, const struct sentences *broken)
{
    if (!broken->count)
        printf("  %-9s yes: %s\n", name, yes);
    for (size_t i = 0; i < broken->count; i++)
        printf("  %-9s %s%s\n", i ? "" : name, i ? "    " : "no: ", broken->text[i]);
}

static void print_step(const struct comparison *step)
{
    const char *from = step->from->version, *to = step->to->version;
    char yes[3][200];

    snprintf(yes[0], sizeof yes[0], "%.60s lives with what %.60s wrote and serves its callers", to,
             from);
    snprintf(yes[1], sizeof yes[1], "%.60s, still running, lives with what %.60s writes", from, to);
    snprintf(yes[2], sizeof yes[2], "%.60s can run again after %.60s", from, to);
    printf("\n%s %s -> %s%s\n", step->to->service, from, to,
           step->adjacent ? "" : ", which is not declared to follow it");
    for (size_t i = 0; i < step->changes.count; i++)
        printf("  %-9s %s\n", i ? "" : "changes", step->changes.text[i]);
    print_promise("backward", yes[0], &step->backward);
    print_promise("forward", yes[1], &step->forward);
    print_promise("rollback", yes[2], &step->rollback);
    if (step->verdict.answer == ANSWER_ALLOW && step->backward.count + step->forward.count)
        puts("  in one step: allowed, as far as these files name who reads and calls it: who else\n"
             "               does, and what is at rest, is counted where it runs, by `lockstep "
             "gate`");
    else if (step->verdict.answer == ANSWER_ALLOW)
        puts("  in one step: allowed");
    else
        puts("  in one step: refused");
    print_verdict(&step->verdict, "    ");
    puts("  safe order:");
    for (size_t i = 0; i < step->order.count; i++)
        printf("    %zu. %s\n", i + 1, step->order.text[i]);
}

static void print_as_text(const struct check *check)
{
    for (size_t i = 0; i < check->count; i++) {
        const struct checked *file = &check->files[i];

        if (!is_contract(file))
            continue;
        printf("%s: %s %s, a contract\n", file->file, file->contract.service,
               file->contract.version);
        for (size_t k = 0; k < file->remarks.count; k++)
            printf("  remark: %s\n", file->remarks.text[k]);
    }
    for (size_t i = 0; i < check->step_count; i++)
        print_step(&check->steps[i]);
    for (size_t i = 0; i < check->count; i++)
        if (!is_contract(&check->files[i]))
            complain("%s", check->files[i].err.text);
    if (check->together.code != ERR_NONE)
        complain("%s", check->together.text);
}

int verb_check(const struct verb_row *row, const struct args *args)
{
    if (args->metrics)
        return verb_metrics(args);
    if (args->config || args->operand_count == 0) {
        complain(args->config ? "--config belongs to --metrics: contracts are read without settings"
                              : "expected: lockstep check %s",
                 row->usage);
        return EXIT_USAGE;
    }
    struct check check = {.arena = arena_new(4096)};
    read_files(&check, args);
    check_together(&check);
    if (check.together.code == ERR_NONE)
        compare_files(&check);
    int status = exit_of(&check);
    if (args->output == OUTPUT_JSON)
        print_as_json(&check);
    else
        print_as_text(&check);
    arena_free(check.arena);
    return status;
}
