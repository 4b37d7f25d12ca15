noinst_LIBRARIES += libgvcrypto.a
libgvcrypto_a_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
libgvcrypto_a_SOURCES = crypto/suite.h
