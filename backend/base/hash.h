/* hash.h: SHA-256 (chains, digests) and random ids. libcrypto does the work. */
#ifndef LOCKSTEP_BASE_HASH_H
#define LOCKSTEP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_TEXT 65 /* 64 hex digits and NUL */
void hash_sha256_text(const void *bytes, size_t len, char out[HASH_TEXT]);

/* HMAC-SHA256 of these bytes under this key. */
void hash_hmac_text(const void *key, size_t key_len, const void *bytes, size_t len,
                    char out[HASH_TEXT]);

#define ID_TEXT 33 /* 128 random bits in hex and NUL */
void id_random(char out[ID_TEXT]);

/* FNV-1a: fast, not cryptographic; for tables and change detection. */
uint64_t hash_mix(uint64_t seed, const void *bytes, size_t len);
#define HASH_SEED 14695981039346656037ULL
/* Before hashes of the members of a set are added up: neighbouring FNV values differ by the same
 * amount up or down, so that two changes would cancel each other. */
uint64_t hash_scatter(uint64_t hash);

#endif
