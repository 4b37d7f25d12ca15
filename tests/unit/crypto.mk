# Unit tests of crypto/.
EXTRA_DIST += tests/unit/vectors.json

# Bytes of vectors.json, for every layer's tests.
check_LIBRARIES += libvectors.a
libvectors_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libvectors_a_SOURCES = tests/unit/vectors.c tests/unit/vectors.h tests/unit/test.h
VECTORS_LIBS = libvectors.a $(JANSSON_LIBS)

check_PROGRAMS += test_suite test_prf test_cipher test_dh test_sign test_keystore
test_suite_SOURCES = tests/unit/test_suite.c
test_suite_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
test_prf_SOURCES = tests/unit/test_prf.c
test_prf_LDADD = $(VECTORS_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
test_cipher_SOURCES = tests/unit/test_cipher.c
test_cipher_LDADD = $(VECTORS_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
test_dh_SOURCES = tests/unit/test_dh.c
test_dh_LDADD = $(VECTORS_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
test_sign_SOURCES = tests/unit/test_sign.c
test_sign_LDADD = $(VECTORS_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
test_keystore_SOURCES = tests/unit/test_keystore.c
test_keystore_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_passwd
test_passwd_SOURCES = tests/unit/test_passwd.c
test_passwd_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_enroll
test_enroll_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_enroll_SOURCES = tests/unit/test_enroll.c tests/unit/pki_vectors.h
test_enroll_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_scep
test_scep_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_scep_SOURCES = tests/unit/test_scep.c tests/unit/scep_server.c \
	tests/unit/scep_server.h
test_scep_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += corpus_scep
corpus_scep_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
corpus_scep_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_scep.c \
	tests/unit/scep_server.c tests/unit/scep_server.h
corpus_scep_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_scep"'
corpus_scep_LDADD = $(CRYPTO_LIBS)
check_PROGRAMS += test_revocation corpus_revocation
test_revocation_SOURCES = tests/unit/test_revocation.c \
	tests/unit/pki_vectors.h tests/unit/revocation_vectors.h
test_revocation_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
corpus_revocation_SOURCES = tests/fuzz/corpus_main.c \
	tests/fuzz/fuzz_revocation.c
corpus_revocation_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_revocation"'
corpus_revocation_LDADD = $(CRYPTO_LIBS)
check_PROGRAMS += test_pkistore
test_pkistore_SOURCES = tests/unit/test_pkistore.c
test_pkistore_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_certmap
test_certmap_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_certmap_SOURCES = tests/unit/test_certmap.c tests/unit/ca_world.c tests/unit/ca_world.h
test_certmap_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_cert corpus_cert
corpus_cert_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_cert.c
corpus_cert_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_cert"'
corpus_cert_LDADD = $(CRYPTO_LIBS)
test_cert_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_cert_SOURCES = tests/unit/test_cert.c tests/unit/ca_world.c tests/unit/ca_world.h tests/unit/pki_vectors.h
test_cert_LDADD = $(CRYPTO_LIBS) $(CMOCKA_LIBS)
