# Unit tests of router/.
check_PROGRAMS += test_ifname test_store_sqlite test_udp848 test_box test_sandbox
test_ifname_SOURCES = tests/unit/test_ifname.c
test_ifname_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)
test_store_sqlite_SOURCES = tests/unit/test_store_sqlite.c
test_store_sqlite_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)
test_udp848_SOURCES = tests/unit/test_udp848.c
test_udp848_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)
test_box_SOURCES = tests/unit/test_box.c tests/unit/netns.c tests/unit/netns.h
test_box_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)
test_sandbox_SOURCES = tests/unit/test_sandbox.c
test_sandbox_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_acl_log
test_acl_log_SOURCES = tests/unit/test_acl_log.c
test_acl_log_LDADD = $(ROUTER_LIBS) $(CMOCKA_LIBS)

# The fuzz target's corpus as an ordinary test.
check_PROGRAMS += corpus_packet
corpus_packet_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_packet.c
corpus_packet_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_packet"'
corpus_packet_LDADD = $(ROUTER_LIBS)
check_PROGRAMS += test_scep_net
test_scep_net_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_scep_net_SOURCES = tests/unit/test_scep_net.c \
	tests/unit/http_server.c tests/unit/http_server.h \
	tests/unit/scep_server.c tests/unit/scep_server.h
test_scep_net_LDADD = $(ROUTER_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
# The same CA as a program, for scripts.
noinst_PROGRAMS += scepd
scepd_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
scepd_SOURCES = tests/unit/scepd.c \
	tests/unit/http_server.c tests/unit/http_server.h \
	tests/unit/scep_server.c tests/unit/scep_server.h
scepd_LDADD = $(CRYPTO_LIBS)
check_PROGRAMS += test_revoke
test_revoke_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_revoke_SOURCES = tests/unit/test_revoke.c \
	tests/unit/http_server.c tests/unit/http_server.h
test_revoke_LDADD = $(ROUTER_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
