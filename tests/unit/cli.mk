# Unit tests of cli/.
check_PROGRAMS += test_filter
test_filter_SOURCES = tests/unit/test_filter.c
test_filter_LDADD = libcli.a $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_regexp
test_regexp_SOURCES = tests/unit/test_regexp.c
test_regexp_LDADD = libcli.a $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_session test_running
test_session_SOURCES = tests/unit/test_session.c tests/unit/cli_session.c \
	tests/unit/cli_session.h
test_session_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
test_running_SOURCES = tests/unit/test_running.c tests/unit/cli_session.c \
	tests/unit/cli_session.h
test_running_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/cli
EXTRA_DIST += tests/bench/bench-cli.sh tests/bench/bench_cli.py

# On a box without kernel and engines.
FAKE_BOX = tests/unit/fake_box.c tests/unit/fake_box.h
check_PROGRAMS += test_grammar_all
test_grammar_all_SOURCES = tests/unit/test_grammar_all.c $(FAKE_BOX)
test_grammar_all_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_roundtrip
test_roundtrip_SOURCES = tests/unit/test_roundtrip.c $(FAKE_BOX)
test_roundtrip_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
ORBIT = tests/unit/orbit.c tests/unit/orbit.h tests/unit/show_samples.h
check_PROGRAMS += test_show_path
test_show_path_SOURCES = tests/unit/test_show_path.c $(ORBIT) $(FAKE_BOX)
test_show_path_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_gdoi
test_show_gdoi_SOURCES = tests/unit/test_show_gdoi.c $(ORBIT) $(FAKE_BOX)
test_show_gdoi_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_crypto
test_show_crypto_SOURCES = tests/unit/test_show_crypto.c $(ORBIT) $(FAKE_BOX)
test_show_crypto_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_json
test_show_json_SOURCES = tests/unit/test_show_json.c $(ORBIT) $(FAKE_BOX)
test_show_json_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_cfg_acl
test_cfg_acl_SOURCES = tests/unit/test_cfg_acl.c $(FAKE_BOX)
test_cfg_acl_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_cfg_gdoi
test_cfg_gdoi_SOURCES = tests/unit/test_cfg_gdoi.c $(FAKE_BOX)
test_cfg_gdoi_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_cfg_isakmp
test_cfg_isakmp_SOURCES = tests/unit/test_cfg_isakmp.c $(FAKE_BOX)
test_cfg_isakmp_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_cfg_isakmp_peer
test_cfg_isakmp_peer_SOURCES = tests/unit/test_cfg_isakmp_peer.c $(FAKE_BOX)
test_cfg_isakmp_peer_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_users
test_users_SOURCES = tests/unit/test_users.c tests/unit/cli_session.c \
	tests/unit/cli_session.h
test_users_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)


check_PROGRAMS += test_files
test_files_SOURCES = tests/unit/test_files.c tests/unit/cli_session.c \
	tests/unit/cli_session.h
test_files_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_confmgmt
test_confmgmt_SOURCES = tests/unit/test_confmgmt.c \
	tests/unit/cli_session.c tests/unit/cli_session.h
test_confmgmt_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_if
test_show_if_SOURCES = tests/unit/test_show_if.c $(ORBIT) $(FAKE_BOX)
test_show_if_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_corpus
test_corpus_SOURCES = tests/unit/test_corpus.c $(FAKE_BOX)
test_corpus_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += corpus_session_frame
corpus_session_frame_SOURCES = tests/fuzz/corpus_main.c \
	tests/fuzz/fuzz_session_frame.c $(FAKE_BOX)
corpus_session_frame_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_session_frame"'
corpus_session_frame_LDADD = $(CLI_LIBS) $(LOOP_LIBS)
check_PROGRAMS += corpus_filter
corpus_filter_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_filter.c
corpus_filter_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_filter"'
corpus_filter_LDADD = libcli.a $(BASE_LIBS)
check_PROGRAMS += test_cfg_filter
test_cfg_filter_SOURCES = tests/unit/test_cfg_filter.c $(FAKE_BOX)
test_cfg_filter_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_keep
test_keep_SOURCES = tests/unit/test_keep.c tests/unit/cli_session.c \
	tests/unit/cli_session.h $(FAKE_BOX)
test_keep_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)

# Lists on the interfaces of a router between two hosts.
check_SCRIPTS += tests/net/acl.sh
EXTRA_DIST += tests/net/acl.sh

# Debugging, from the events to the commands.
check_PROGRAMS += test_debug
test_debug_SOURCES = tests/unit/test_debug.c $(FAKE_BOX)
test_debug_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_pki
test_pki_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
test_pki_SOURCES = tests/unit/test_pki.c tests/unit/pki_ca.c tests/unit/pki_ca.h \
	tests/unit/cli_session.c tests/unit/cli_session.h $(FAKE_BOX)
test_pki_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_dataplane
test_show_dataplane_SOURCES = tests/unit/test_show_dataplane.c \
	tests/unit/cli_session.c tests/unit/cli_session.h $(FAKE_BOX)
test_show_dataplane_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
