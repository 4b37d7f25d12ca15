# Unit tests of gdoi/.

# ISAKMP and the payloads.
IKE_TEST_LIBS = $(VECTORS_LIBS) $(GDOI_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_phase1 test_exchange test_isakmp test_gdoi_wire test_push
test_exchange_SOURCES = tests/unit/test_exchange.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_exchange_LDADD = $(IKE_TEST_LIBS)
check_PROGRAMS += test_fragment test_info test_limit
test_limit_SOURCES = tests/unit/test_limit.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_limit_LDADD = $(ENGINE_TEST_LIBS)
test_fragment_SOURCES = tests/unit/test_fragment.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_fragment_LDADD = $(ENGINE_TEST_LIBS)
test_info_SOURCES = tests/unit/test_info.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_info_LDADD = $(ENGINE_TEST_LIBS)
test_isakmp_SOURCES = tests/unit/test_isakmp.c
test_isakmp_LDADD = $(IKE_TEST_LIBS)
test_gdoi_wire_SOURCES = tests/unit/test_gdoi_wire.c
test_gdoi_wire_LDADD = $(IKE_TEST_LIBS)
test_push_SOURCES = tests/unit/test_push.c
check_PROGRAMS += test_capture
test_capture_SOURCES = tests/unit/test_capture.c
test_capture_LDADD = $(GDOI_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/data
test_push_LDADD = $(IKE_TEST_LIBS)
check_PROGRAMS += test_aggr test_ike_key
IKE_CONF = tests/unit/ike_conf.c tests/unit/ike_conf.h tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_aggr_SOURCES = tests/unit/test_aggr.c $(IKE_CONF)
test_aggr_LDADD = $(IKE_TEST_LIBS)
test_ike_key_SOURCES = tests/unit/test_ike_key.c $(IKE_CONF)
test_ike_key_LDADD = $(IKE_TEST_LIBS)
test_phase1_SOURCES = tests/unit/test_phase1.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h
test_phase1_LDADD = $(IKE_TEST_LIBS)

check_PROGRAMS += test_ike_state
test_ike_state_SOURCES = tests/unit/test_ike_state.c $(IKE_CONF)
test_ike_state_LDADD = $(IKE_TEST_LIBS)

# Each reason of a drop has a test.
check_PROGRAMS += test_errors
test_errors_SOURCES = tests/unit/test_errors.c tests/unit/rewrite.c tests/unit/rewrite.h $(IKE_CONF)
test_errors_LDADD = $(IKE_TEST_LIBS)

# The fuzz targets over their seeds.
EXTRA_DIST += tests/fuzz/corpus
check_PROGRAMS += corpus_isakmp corpus_gdoi_wire corpus_gdoi_peer
corpus_gdoi_peer_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_gdoi_peer.c $(SIM_WORLD)
corpus_gdoi_peer_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_gdoi_peer"'
corpus_gdoi_peer_LDADD = $(GDOI_LIBS)
corpus_isakmp_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_isakmp.c tests/unit/ike_world.c
corpus_isakmp_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_isakmp"'
corpus_isakmp_LDADD = $(GDOI_LIBS)
corpus_gdoi_wire_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_gdoi_wire.c
corpus_gdoi_wire_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_gdoi_wire"'
corpus_gdoi_wire_LDADD = $(GDOI_LIBS)

# The engines above phase 1, without a network.
ENGINE_TEST_LIBS = $(GDOI_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_report test_sid test_store_mem test_ks test_gm test_pull
test_pull_SOURCES = tests/unit/test_pull.c $(SIM_WORLD)
test_pull_LDADD = $(ENGINE_TEST_LIBS)
test_report_SOURCES = tests/unit/test_report.c
test_report_LDADD = $(ENGINE_TEST_LIBS)
test_sid_SOURCES = tests/unit/test_sid.c
test_sid_LDADD = $(ENGINE_TEST_LIBS)
test_store_mem_SOURCES = tests/unit/test_store_mem.c
test_store_mem_LDADD = $(ENGINE_TEST_LIBS)
test_ks_SOURCES = tests/unit/test_ks.c $(SIM_WORLD)
test_ks_LDADD = $(ENGINE_TEST_LIBS)
test_gm_SOURCES = tests/unit/test_gm.c $(SIM_WORLD)
test_gm_LDADD = $(ENGINE_TEST_LIBS)

# Debugging tells what happens, and no key.
check_PROGRAMS += test_debug_engines
test_debug_engines_SOURCES = tests/unit/test_debug_engines.c $(SIM_WORLD)
test_debug_engines_LDADD = $(ENGINE_TEST_LIBS)
check_PROGRAMS += test_ks_identity
test_ks_identity_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_ks_identity_SOURCES = tests/unit/test_ks_identity.c tests/unit/ca_world.c tests/unit/ca_world.h
test_ks_identity_LDADD = $(ENGINE_TEST_LIBS)
check_PROGRAMS += test_phase1_sig
test_phase1_sig_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_phase1_sig_SOURCES = tests/unit/test_phase1_sig.c tests/unit/ike_world.c tests/unit/ike_world.h tests/unit/debug_hook.h tests/unit/rewrite.c tests/unit/rewrite.h tests/unit/ca_world.c tests/unit/ca_world.h
test_phase1_sig_LDADD = $(IKE_TEST_LIBS)
