/* verb_init.c: `lockstep init [SERVICE]`: drafts, from what runs. Writes no file and changes
 * nothing: the draft goes to stdout, for `> FILE`.
 *
 * With SERVICE: the contract of the version it wants now, which `lockstep check` accepts; what no
 * engine can know is left empty and says what belongs there. Without: settings for the clusters
 * that answered, with a contract file for each service.
 *
 * Exit status: 0; 2 no such service; 3 a cluster could not be reached. */
#include "base/json.h"
#include "print.h"
#include "session.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As a double-quoted scalar, which YAML takes from JSON: "6" stays a string. */
static void put_quoted(const char *before, const char *text, const char *after)
{
    json_t *value = json_string(text);
    char *quoted = json_text(value);

    printf("%s%s%s", before, quoted, after);
    free(quoted);
    json_decref(value);
}

static const char *digest_of(const struct service *service, const char *version)
{
    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0)
            return service->versions[i].digest;
    return "";
}

/* What runs beside it now, or ran before. */
static void print_follows(const struct service *service)
{
    const char *between = "";

    printf("follows: [");
    for (size_t i = 0; i < service->version_count; i++) {
        const char *version = service->versions[i].version;

        if (strcmp(version, service->wants) == 0 || strcmp(version, "?") == 0 || !version[0] ||
            strcmp(version, service->was) == 0 || !service_count(service, version, STATES_ALL))
            continue;
        put_quoted(between, version, "");
        between = ", ";
    }
    if (service->was[0] && strcmp(service->was, service->wants) != 0)
        put_quoted(between, service->was, "");
    puts("]  # versions it may run beside, one step away");
}

static void print_contract(const struct service *service)
{
    const char *digest = digest_of(service, service->wants);

    puts("# Release contract: what this version promises. As the label lockstep.contract on the\n"
         "# workload, or as a file under `contracts:` in the settings. See `lockstep check`.");
    put_quoted("service: ", service->name, "\n");
    put_quoted("version: ", service->wants, "\n");
    if (digest[0])
        put_quoted("digest: ", digest, "\n");
    print_follows(service);
    puts("change: [code]  # code read+ write+ read- ddl+ ddl- semantic api+ api- config\n"
         "reads: {}       # {STORE: [FORMAT, ...]}: what it can read of stores, topics, caches\n"
         "writes: {}      # {STORE: [FORMAT, ...]}: what it may write, by any flag\n"
         "needs: {}       # {STORE: [ELEMENT, ...]}: columns, keys that must exist\n"
         "provides: []    # [ELEMENT/VERSION, ...]: its API\n"
         "requires: {}    # {SERVICE: [ELEMENT/VERSION, ...]}: what it calls");
}

static void print_settings(const struct session *session)
{
    const struct frame *frame = session->frame;

    puts("# Settings of lockstep: config.yaml. `lockstep doctor` checks them.\ncontexts:");
    for (size_t i = 0; i < session->cluster_count; i++) {
        const struct cluster_config *cluster = &session->clusters[i];

        put_quoted("  - name: ", cluster->name, "\n");
        put_quoted("    kind: ", cluster->kind, "\n");
        if (strcmp(cluster->kind, "kubernetes") == 0) {
            put_quoted("    context: ", cluster->kube_context, "\n");
            if (cluster->kubeconfig[0])
                put_quoted("    kubeconfig: ", cluster->kubeconfig, "\n");
        } else if (cluster->endpoint[0])
            put_quoted("    endpoint: ", cluster->endpoint, "\n");
        printf("    production: %s\n", cluster->production ? "true" : "false");
    }
    puts(
        "levels:\n  default: warn  # observe, warn or enforce; SERVICE: enforce, or {R1: observe}");
    puts(
        "coupling: neighbours\n# stores: {NAME: {may: [FORMAT, ...], has: [ELEMENT, ...]}}\n"
        "# clients: {NAME: {requires: {SERVICE: [ELEMENT/VERSION]}, usage: {ELEMENT/VERSION: 0}}}");
    puts("# contracts:  # `lockstep init SERVICE > FILE` drafts each");
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct service *service = frame->rows[i]->service;

        printf("#   - contracts/%s-%s.yaml%s\n", service->name, service->wants,
               service->contract[0] ? "  # it has one on the workload" : "");
    }
}

int verb_init(const struct verb_row *row, const struct args *args)
{
    struct session session;
    int status = session_open(&session, args);

    (void)row;
    if (status == EXIT_DONE && args->operand_count) {
        const struct row *found = session_find(&session, args->operands[0], &status);

        if (found)
            print_contract(found->service);
    } else if (status == EXIT_DONE) {
        print_settings(&session);
    }
    if (status == EXIT_DONE && session_complain_unreached(&session))
        status = EXIT_UNREACHED;
    session_close(&session);
    return status;
}
