# libFuzzer targets, one per reader of untrusted text or bytes.  To build:
#   ../configure --enable-fuzz CC=clang && make fuzz
# A new target adds its name here and its sources and libraries below; all of
# the code it links is instrumented by SAN_FLAGS.
if FUZZ
fuzz_targets = tests/fuzz/fuzz_cli_line
noinst_PROGRAMS += $(fuzz_targets)
LIBFUZZER_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer

tests_fuzz_fuzz_cli_line_SOURCES = tests/fuzz/fuzz_cli_line.c $(PARSER_TABLE)
tests_fuzz_fuzz_cli_line_LDADD = $(PARSER_LIBS)
tests_fuzz_fuzz_cli_line_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_isakmp tests/fuzz/fuzz_gdoi_wire
tests_fuzz_fuzz_isakmp_SOURCES = tests/fuzz/fuzz_isakmp.c \
	tests/unit/ike_world.c tests/unit/ike_world.h
tests_fuzz_fuzz_isakmp_LDADD = $(GDOI_LIBS)
tests_fuzz_fuzz_isakmp_LDFLAGS = $(LIBFUZZER_LINK)
tests_fuzz_fuzz_gdoi_wire_SOURCES = tests/fuzz/fuzz_gdoi_wire.c
tests_fuzz_fuzz_gdoi_wire_LDADD = $(GDOI_LIBS)
tests_fuzz_fuzz_gdoi_wire_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_gdoi_peer
tests_fuzz_fuzz_gdoi_peer_SOURCES = tests/fuzz/fuzz_gdoi_peer.c \
	$(SIM_WORLD)
tests_fuzz_fuzz_gdoi_peer_LDADD = $(GDOI_LIBS)
tests_fuzz_fuzz_gdoi_peer_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_esp
tests_fuzz_fuzz_esp_SOURCES = tests/fuzz/fuzz_esp.c
tests_fuzz_fuzz_esp_LDADD = $(DATAPLANE_LIBS)
tests_fuzz_fuzz_esp_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_inbound
tests_fuzz_fuzz_inbound_SOURCES = tests/fuzz/fuzz_inbound.c
tests_fuzz_fuzz_inbound_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_fuzz_fuzz_inbound_LDADD = $(DATAPLANE_LIBS)
tests_fuzz_fuzz_inbound_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_session_frame
tests_fuzz_fuzz_session_frame_SOURCES = tests/fuzz/fuzz_session_frame.c \
	$(FAKE_BOX)
tests_fuzz_fuzz_session_frame_LDADD = $(CLI_LIBS) $(LOOP_LIBS)
tests_fuzz_fuzz_session_frame_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_packet
tests_fuzz_fuzz_packet_SOURCES = tests/fuzz/fuzz_packet.c
tests_fuzz_fuzz_packet_LDADD = $(ROUTER_LIBS)
tests_fuzz_fuzz_packet_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_filter
tests_fuzz_fuzz_filter_SOURCES = tests/fuzz/fuzz_filter.c
tests_fuzz_fuzz_filter_LDADD = libcli.a $(BASE_LIBS)
tests_fuzz_fuzz_filter_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_scep
tests_fuzz_fuzz_scep_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
tests_fuzz_fuzz_scep_SOURCES = tests/fuzz/fuzz_scep.c \
	tests/unit/scep_server.c tests/unit/scep_server.h
tests_fuzz_fuzz_scep_LDADD = $(CRYPTO_LIBS)
tests_fuzz_fuzz_scep_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_cert
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c
tests_fuzz_fuzz_cert_LDADD = $(CRYPTO_LIBS)
tests_fuzz_fuzz_cert_LDFLAGS = $(LIBFUZZER_LINK)

fuzz_targets += tests/fuzz/fuzz_revocation
tests_fuzz_fuzz_revocation_SOURCES = tests/fuzz/fuzz_revocation.c
tests_fuzz_fuzz_revocation_LDADD = $(CRYPTO_LIBS)
tests_fuzz_fuzz_revocation_LDFLAGS = $(LIBFUZZER_LINK)

fuzz: $(fuzz_targets)
.PHONY: fuzz
endif
