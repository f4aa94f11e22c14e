/* test_hash.c: known answers, and ids that differ. */
#include "test.h"

#include "base/hash.h"

#include <string.h>

START_TEST(sha256_gives_the_published_answers)
{
    char out[HASH_TEXT];

    hash_sha256_text("", 0, out);
    ck_assert_str_eq(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_sha256_text("abc", 3, out);
    ck_assert_str_eq(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(ids_are_long_and_differ)
{
    char a[ID_TEXT], b[ID_TEXT];

    id_random(a);
    id_random(b);
    ck_assert_uint_eq(strlen(a), ID_TEXT - 1);
    ck_assert_uint_eq(strspn(a, "0123456789abcdef"), ID_TEXT - 1);
    ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(mixing_depends_on_every_byte_and_its_place)
{
    ck_assert_uint_eq(hash_mix(HASH_SEED, "", 0), HASH_SEED);
    ck_assert_uint_eq(hash_mix(HASH_SEED, "a", 1), 0xaf63dc4c8601ec8cULL);
    ck_assert_uint_ne(hash_mix(HASH_SEED, "ab", 2), hash_mix(HASH_SEED, "ba", 2));
}
END_TEST

SUITE(hash)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = test_case(suite, "hash", 10);

    tcase_add_test(tcase, sha256_gives_the_published_answers);
    tcase_add_test(tcase, ids_are_long_and_differ);
    tcase_add_test(tcase, mixing_depends_on_every_byte_and_its_place);
    return suite;
}
