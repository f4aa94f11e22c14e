/* certs.c: see certs.h. P-256, because RSA keys take long to make. */
#include "net/certs.h"

#include "test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *open_file(const char *dir, const char *name, const char *ending, const char *mode)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.%s", dir, name, ending);
    FILE *f = fopen(path, mode);
    ck_assert_msg(f != NULL, "cannot open %s", path);
    return f;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ck_assert_ptr_nonnull(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *fill(const struct cert_spec *spec, EVP_PKEY *key, X509 *issuer)
{
    static long serial = 1;
    X509 *cert = X509_new();

    ck_assert_ptr_nonnull(cert);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), spec->until_s);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)spec->name, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    if (spec->alt_name)
        add_extension(cert, issuer ? issuer : cert, NID_subject_alt_name, spec->alt_name);
    else
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    return cert;
}

void certs_make(const char *dir, const struct cert_spec *spec)
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *issuer_key = NULL;
    X509 *issuer = NULL;

    ck_assert_ptr_nonnull(key);
    if (spec->issuer) {
        FILE *f = open_file(dir, spec->issuer, "crt", "r");
        issuer = PEM_read_X509(f, NULL, NULL, NULL);
        fclose(f);
        f = open_file(dir, spec->issuer, "key", "r");
        issuer_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
        fclose(f);
        ck_assert(issuer && issuer_key);
    }
    X509 *cert = fill(spec, key, issuer);
    ck_assert_int_gt(X509_sign(cert, issuer_key ? issuer_key : key, EVP_sha256()), 0);
    FILE *f = open_file(dir, spec->name, "crt", "w");
    PEM_write_X509(f, cert);
    fclose(f);
    f = open_file(dir, spec->name, "key", "w");
    PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
    X509_free(cert);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer_key);
}
