/* hash.c: see hash.h. */
#include "base/hash.h"

#include "base/err.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <sys/random.h>

static void hex(const unsigned char *bytes, size_t len, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digit[bytes[i] >> 4];
        *out++ = digit[bytes[i] & 15];
    }
    *out = '\0';
}

void hash_sha256_text(const void *bytes, size_t len, char out[HASH_TEXT])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int sum_len = 0;

    if (!EVP_Digest(bytes, len, sum, &sum_len, EVP_sha256(), NULL) || sum_len != 32)
        fatal("SHA-256 is not available in libcrypto");
    hex(sum, sum_len, out);
}

void hash_hmac_text(const void *key, size_t key_len, const void *bytes, size_t len,
                    char out[HASH_TEXT])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int sum_len = 0;

    if (!HMAC(EVP_sha256(), key, (int)key_len, bytes, len, sum, &sum_len) || sum_len != 32)
        fatal("HMAC-SHA256 is not available in libcrypto");
    hex(sum, sum_len, out);
}

void id_random(char out[ID_TEXT])
{
    unsigned char bytes[16];

    if (getentropy(bytes, sizeof bytes))
        fatal("the system gave no random bytes");
    hex(bytes, sizeof bytes, out);
}

uint64_t hash_mix(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        seed = (seed ^ p[i]) * 1099511628211ULL;
    return seed;
}

uint64_t hash_scatter(uint64_t hash)
{
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ULL;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebULL;
    return hash ^ hash >> 31;
}
