/* http_pem.c: is this PEM text a certificate, and its key? Said before any handshake, because a
 * server that is shown the wrong one says no more than "alert".
 *
 * OpenSSL asks on the terminal for the passphrase of an encrypted key, unless it is given a
 * callback that has none. */
#include "net/http_private.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

static int no_passphrase(char *out, int size, int writing, void *asked)
{
    (void)out;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static BIO *reader_of(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);

    if (!bio)
        fatal("out of memory for a certificate");
    return bio;
}

static X509 *read_certificate(const char *pem)
{
    BIO *bio = reader_of(pem);
    bool asked = false;
    X509 *cert = PEM_read_bio_X509(bio, NULL, no_passphrase, &asked);

    BIO_free(bio);
    ERR_clear_error();
    return cert;
}

bool http_check_authority(const char *pem, struct err *err)
{
    X509 *cert = read_certificate(pem);

    if (!cert)
        return err_set(err, ERR_CONFIG,
                       "the certificate authority is no PEM certificate "
                       "(-----BEGIN CERTIFICATE-----)");
    X509_free(cert);
    return true;
}

static bool check_dates(const X509 *cert, int64_t utc_ms, struct err *err)
{
    time_t now = (time_t)(utc_ms / 1000);
    struct tm when;
    char day[32];

    if (X509_cmp_time(X509_get0_notAfter(cert), &now) < 0 &&
        ASN1_TIME_to_tm(X509_get0_notAfter(cert), &when) &&
        strftime(day, sizeof day, "%Y-%m-%d %H:%M UTC", &when))
        return err_set(err, ERR_AUTH,
                       "the client certificate expired on %s; log in again, or have it renewed",
                       day);
    if (X509_cmp_time(X509_get0_notBefore(cert), &now) > 0 &&
        ASN1_TIME_to_tm(X509_get0_notBefore(cert), &when) &&
        strftime(day, sizeof day, "%Y-%m-%d %H:%M UTC", &when))
        return err_set(err, ERR_AUTH,
                       "the client certificate is valid only from %s on; is this clock right?",
                       day);
    return true;
}

static bool check_key(const X509 *cert, const char *pem, struct err *err)
{
    BIO *bio = reader_of(pem);
    bool asked = false, done;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);

    if (asked)
        done = err_set(err, ERR_CONFIG,
                       "the client key has a passphrase; store it without one (openssl pkey), "
                       "or use a credential plugin");
    else if (!key)
        done = err_set(err, ERR_CONFIG, "the client key is no PEM private key");
    else if (X509_check_private_key(cert, key) != 1)
        done = err_set(err, ERR_CONFIG, "the client key does not belong to the client certificate");
    else
        done = true;
    EVP_PKEY_free(key);
    BIO_free(bio);
    ERR_clear_error();
    return done;
}

bool http_check_identity(const char *cert_pem, const char *key_pem, int64_t utc_ms, struct err *err)
{
    X509 *cert = read_certificate(cert_pem);

    if (!cert)
        return err_set(err, ERR_CONFIG,
                       "the client certificate is no PEM certificate "
                       "(-----BEGIN CERTIFICATE-----)");
    bool done = check_key(cert, key_pem, err) && check_dates(cert, utc_ms, err);
    X509_free(cert);
    return done;
}
