noinst_LIBRARIES += libgvcrypto.a
libgvcrypto_a_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS) $(BSD_CFLAGS)
libgvcrypto_a_SOURCES = \
	crypto/bundle.c \
	crypto/cipher.c crypto/cipher.h \
	crypto/der.c crypto/der.h \
	crypto/cert.c crypto/cert.h crypto/cert_priv.h \
	crypto/cert_name.c \
	crypto/cert_verify.c \
	crypto/certmap.c crypto/certmap.h \
	crypto/crl.c \
	crypto/dh.c crypto/dh.h \
	crypto/ecp.c crypto/ecp_priv.h \
	crypto/enroll.c crypto/enroll.h crypto/enroll_priv.h \
	crypto/evp.c crypto/evp_priv.h \
	crypto/keystore.c crypto/keystore.h \
	crypto/masterkey.c \
	crypto/ocsp.c \
	crypto/passwd.c crypto/passwd.h \
	crypto/certinfo.c crypto/certinfo.h \
	crypto/pkistore.c crypto/pkistore.h \
	crypto/prf.c crypto/prf.h \
	crypto/revocation.c crypto/revocation.h \
	crypto/rng.c crypto/rng.h \
	crypto/scep.c crypto/scep.h crypto/scep_ca.c \
	crypto/seal.c crypto/seal.h \
	crypto/sign.c crypto/sign.h \
	crypto/suite.c crypto/suite.h \
	crypto/x500.c
