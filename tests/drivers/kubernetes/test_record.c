/* test_record.c: where the record of a service lies. */
#include "drivers/kubernetes/record.h"
#include "test.h"

#include <string.h>

static const struct {
    const char *key, *scope, *name;
} rows[] = {
    {"shop/deployment.billing", "shop", "lockstep.deployment.billing"},
    {"@cluster", "default", "lockstep.cluster"},
    {"web", "default", "lockstep.web"},
    {"other-record", "default", "lockstep.other-record"},
};

START_TEST(a_record_lies_beside_its_service)
{
    struct record_place place;

    record_place(rows[_i].key, &place);
    ck_assert_str_eq(place.scope, rows[_i].scope);
    ck_assert_str_eq(place.name, rows[_i].name);
}
END_TEST

static const char *const odd[] = {
    "Shop/x",  "shop/../x", "a/b/c", "shop/UPPER", "",        "/x",        "x/",
    "sh.op/x", "h-0123",    "a b",   "shop/a%2fb", "shop/-x", "x\x1b[31m",
};

START_TEST(a_key_that_is_no_name_is_hashed_and_stays_apart)
{
    struct record_place place, other;

    record_place(odd[_i], &place);
    ck_assert_str_eq(place.scope, "default");
    ck_assert_int_eq(strncmp(place.name, "lockstep.h-", 11), 0);
    ck_assert_uint_eq(strspn(place.name, "abcdefghijklmnopqrstuvwxyz0123456789-."),
                      strlen(place.name));
    record_place(odd[(_i + 1) % (int)ARRAY_LEN(odd)], &other);
    ck_assert_str_ne(place.name, other.name);
}
END_TEST

SUITE(kubernetes_record)
{
    Suite *suite = suite_create("kubernetes_record");
    TCase *tcase = test_case(suite, "record", 10);

    tcase_add_loop_test(tcase, a_record_lies_beside_its_service, 0, (int)ARRAY_LEN(rows));
    tcase_add_loop_test(tcase, a_key_that_is_no_name_is_hashed_and_stays_apart, 0,
                        (int)ARRAY_LEN(odd));
    return suite;
}
