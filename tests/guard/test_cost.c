/* test_cost.c: what an observation makes the guard do, counted, whatever the machine. */
#include "test.h"

#include "guard/big_fleet.h"
#include "guard/bind_private.h"

enum { SERVICES = 200, GROUPS = SERVICES / BIG_GROUP };

static size_t parts_made(const struct bind *bind)
{
    size_t made = 0;

    for (size_t i = 0; i < bind->part_count; i++)
        made += bind->parts[i].made;
    return made;
}

START_TEST(an_observation_outdates_the_world_of_its_own_group_alone)
{
    struct big_fleet big;
    const size_t service = 3 * BIG_GROUP + 1;

    big_fleet_init(&big, SERVICES);
    ck_assert_uint_eq(big_fleet_judge_all(&big), SERVICES);
    ck_assert_uint_eq(parts_made(big.bind), GROUPS);
    const struct book *index = big.bind->book;
    bind_put_release(big.bind, big.services[service]->id, NULL);
    ck_assert_uint_eq(parts_made(big.bind), GROUPS - 1);
    big_fleet_judge_all(&big);
    big_fleet_observe(&big, service);
    ck_assert_uint_eq(parts_made(big.bind), GROUPS);
    ck_assert_ptr_eq(big.bind->book, index); /* who is coupled to whom was not asked again */
    big_fleet_release(&big);
}
END_TEST

START_TEST(a_world_holds_what_was_said_about_its_own_group_alone)
{
    struct big_fleet big;

    big_fleet_init(&big, SERVICES);
    big_fleet_judge_all(&big);
    for (size_t s = 0; s < SERVICES; s++) {
        const struct guard_input in = big_fleet_input(&big, s);
        struct bound bound = bind_world(big.bind, in.snapshot, in.service, in.release, "");
        const struct book *book = bound.world->book;

        ck_assert_uint_eq(book->service_count, BIG_GROUP);
        ck_assert_uint_eq(book->store_count, 1);
        ck_assert_uint_eq(book->cohort_count, 1);
        ck_assert_uint_le(book->seat_count, BIG_GROUP * (BIG_SPREAD + 1));
    }
    for (size_t i = 0; i < GROUPS; i++) {
        ck_assert_uint_eq(big.bind->near[i].store_count, 1);
        ck_assert_uint_eq(big.bind->near[i].client_count, 1);
    }
    big_fleet_release(&big);
}
END_TEST

SUITE(guard_cost)
{
    Suite *suite = suite_create("guard_cost");
    TCase *tcase = test_case(suite, "observation", 30);

    tcase_add_test(tcase, an_observation_outdates_the_world_of_its_own_group_alone);
    tcase_add_test(tcase, a_world_holds_what_was_said_about_its_own_group_alone);
    return suite;
}
