# Speed, never part of the tests: make bench builds, sudo tests/bench/bench-gdoi.sh
# measures.
EXTRA_PROGRAMS = bench_load bench_dh bench_bare bench_ks bench_acl bench_crypto bench_udp
BENCH_COMMON = tests/bench/bench.c tests/bench/bench.h
bench_load_SOURCES = tests/bench/load.c $(BENCH_COMMON)
bench_load_LDADD = $(ROUTER_LIBS)
bench_dh_SOURCES = tests/bench/dh.c $(BENCH_COMMON)
bench_dh_LDADD = $(OPENSSL_LIBS)
bench_bare_SOURCES = tests/bench/bare.c $(BENCH_COMMON)
bench_ks_SOURCES = tests/bench/ks.c $(BENCH_COMMON) $(SIM_WORLD)
bench_ks_LDADD = $(GDOI_LIBS)
bench_acl_SOURCES = tests/bench/acl.c $(BENCH_COMMON)
bench_acl_LDADD = $(DATAPLANE_LIBS)
bench_crypto_SOURCES = tests/bench/crypto.c $(BENCH_COMMON)
bench_crypto_LDADD = $(DATAPLANE_LIBS)
bench_udp_SOURCES = tests/bench/udp.c $(BENCH_COMMON)
bench_udp_LDADD = -lm

bench: $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/bench-acl.sh tests/bench/bench-dataplane.sh tests/bench/bench-flood.sh tests/bench/bench-gdoi.sh \
	tests/bench/dataplane-leaks.sh tests/bench/dataplane-nets.sh tests/bench/README.md
