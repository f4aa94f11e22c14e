/* test_fleet.c: looking up the nodes of placements: the tables of a sealed snapshot say what a
 * search says. */
#include "test.h"

#include "model/fleet.h"

#include <stdio.h>

enum { NODES = 500, ODD = 7 };

static const struct service *service_on_all(const char *cluster)
{
    struct service *service = service_new();

    service->cluster = cluster;
    service->id = service->name = "shop";
    service->versions = arena_alloc(service->arena, 1, sizeof *service->versions);
    service->versions[0].version = "1";
    service->versions[0].digest = "";
    service->version_count = 1;
    service->placement_count = NODES + 1;
    service->placements =
        arena_alloc(service->arena, service->placement_count, sizeof *service->placements);
    for (size_t i = 0; i < service->placement_count; i++)
        service->placements[i].node = arena_printf(service->arena, "n%zu", i);
    return service_seal(service);
}

/* Two clusters with nodes of the same ids; in the first every seventh is silent. */
static const struct snapshot *picture(struct fleet *fleet)
{
    static const char *const clusters[] = {"a", "b"};

    for (size_t c = 0; c < 2; c++)
        for (size_t i = 0; i < NODES; i++) {
            char id[16];
            struct node node = {.cluster = clusters[c], .id = id, .name = id, .note = ""};

            snprintf(id, sizeof id, "n%zu", i);
            node.state = c == 0 && i % ODD == 0 ? NODE_SILENT : NODE_REPORTING;
            fleet_put_node(fleet, &node);
        }
    return fleet_snapshot(fleet);
}

START_TEST(the_node_of_a_placement_is_found_in_its_own_cluster)
{
    static const char *const clusters[] = {"a", "b"};
    struct fleet *fleet = fleet_new();
    const struct snapshot *snapshot = picture(fleet);

    for (size_t c = 0; c < 2; c++) {
        const struct service *service = service_on_all(clusters[c]);
        for (size_t i = 0; i < service->placement_count; i++) {
            struct placement place = service->placements[i];
            const struct node *found = snapshot_find_placed(snapshot, service, &place);

            ck_assert_ptr_eq(found, snapshot_find_node(snapshot, clusters[c], place.node));
            ck_assert_int_eq(found != NULL, i < NODES);
            place.node_key = 0; /* as in a service that was not sealed */
            ck_assert_ptr_eq(found, snapshot_find_placed(snapshot, service, &place));
        }
        service_unref(service);
    }
    snapshot_unref(snapshot);
    fleet_free(fleet);
}
END_TEST

START_TEST(only_nodes_that_do_not_report_may_be_odd)
{
    struct fleet *fleet = fleet_new();
    const struct snapshot *snapshot = picture(fleet);
    const struct service *a = service_on_all("a"), *b = service_on_all("b");

    for (size_t i = 0; i < NODES + 1; i++) {
        ck_assert_int_eq(snapshot_may_be_odd(snapshot, &a->placements[i]),
                         i < NODES && i % ODD == 0);
        ck_assert(!snapshot_may_be_odd(snapshot, &b->placements[i]));
        struct placement place = b->placements[i];
        place.node_key = 0;
        ck_assert(snapshot_may_be_odd(snapshot, &place));
    }
    service_unref(a);
    service_unref(b);
    snapshot_unref(snapshot);
    fleet_free(fleet);
}
END_TEST

START_TEST(a_fleet_without_nodes_has_no_odd_ones)
{
    struct fleet *fleet = fleet_new();
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct service *service = service_on_all("a");

    ck_assert(!snapshot_may_be_odd(snapshot, &service->placements[0]));
    ck_assert_ptr_null(snapshot_find_placed(snapshot, service, &service->placements[0]));
    service_unref(service);
    snapshot_unref(snapshot);
    fleet_free(fleet);
}
END_TEST

SUITE(fleet)
{
    Suite *suite = suite_create("fleet");
    TCase *tcase = test_case(suite, "nodes", 10);

    tcase_add_test(tcase, the_node_of_a_placement_is_found_in_its_own_cluster);
    tcase_add_test(tcase, only_nodes_that_do_not_report_may_be_odd);
    tcase_add_test(tcase, a_fleet_without_nodes_has_no_odd_ones);
    return suite;
}
