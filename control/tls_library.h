/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_library.h - the OpenSSL library in which handshakes are done: the default provider's
 * algorithms, but of its forty decoders those alone that read a public key of a certificate.
 *
 * OpenSSL 3.0 collects every decoder there is anew for each certificate a peer shows, which was
 * more than half of the time of reading it: 240 us with all, 110 with five.
 *
 * A key of another kind (DSA, DH) is not read: TLS 1.3 signs with none, and our suites of 1.2
 * neither.
 *
 * Runs on  control.
 */
#ifndef CONTROL_TLS_LIBRARY_H
#define CONTROL_TLS_LIBRARY_H

#include <openssl/crypto.h>

/* Made once, for the life of the process. NULL, which is OpenSSL's default library, where it cannot
 * be made: handshakes are slower there. */
OSSL_LIB_CTX *tls_library(void);

#endif
