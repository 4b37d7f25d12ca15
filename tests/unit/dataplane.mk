# Unit tests of dataplane/.
check_PROGRAMS += test_user_esp
test_user_esp_SOURCES = tests/unit/test_user_esp.c
test_user_esp_LDADD = $(VECTORS_LIBS) $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

# Driver of the user backend for tests/net.
noinst_PROGRAMS += dpdrive
dpdrive_SOURCES = tests/net/dpdrive.c
dpdrive_LDADD = $(DATAPLANE_LIBS)
check_SCRIPTS += tests/net/dp-user.sh
check_SCRIPTS += tests/net/dp-tun.sh tests/net/dp-modes.sh
EXTRA_DIST += tests/net/dp-user.sh tests/net/dp-tun.sh tests/net/dp-modes.sh \
	tests/net/stream.py tests/net/mroute.py
check_SCRIPTS += tests/net/dp-path.sh
EXTRA_DIST += tests/net/dp-path.sh tests/net/flows.py

check_SCRIPTS += tests/net/dp-tbar.sh
EXTRA_DIST += tests/net/dp-tbar.sh tests/net/resend.py

check_PROGRAMS += test_tbar
test_tbar_SOURCES = tests/unit/test_tbar.c
test_tbar_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_path
test_path_SOURCES = tests/unit/test_path.c
test_path_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_selector test_selector_nft test_dataplane
check_PROGRAMS += test_selector_plan
test_selector_plan_SOURCES = tests/unit/test_selector_plan.c \
	tests/unit/acl_random.c tests/unit/acl_random.h
test_selector_plan_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
test_selector_SOURCES = tests/unit/test_selector.c
test_selector_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
test_selector_nft_SOURCES = tests/unit/test_selector_nft.c \
	tests/unit/acl_random.c tests/unit/acl_random.h
test_selector_nft_CFLAGS = $(AM_CFLAGS) $(NFTNL_CFLAGS)
test_selector_nft_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
test_dataplane_SOURCES = tests/unit/test_dataplane.c
test_dataplane_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

# The fuzz target's corpus as an ordinary test.
check_PROGRAMS += corpus_esp
corpus_esp_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_esp.c
corpus_esp_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_esp"'
corpus_esp_LDADD = $(DATAPLANE_LIBS)

check_PROGRAMS += corpus_inbound
corpus_inbound_SOURCES = tests/fuzz/corpus_main.c tests/fuzz/fuzz_inbound.c
corpus_inbound_CPPFLAGS = $(AM_CPPFLAGS) -DCORPUS='"fuzz_inbound"'
corpus_inbound_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
corpus_inbound_LDADD = $(DATAPLANE_LIBS)

check_PROGRAMS += test_user_sa test_iface
test_user_sa_SOURCES = tests/unit/test_user_sa.c
test_user_sa_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
test_user_sa_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
test_iface_SOURCES = tests/unit/test_iface.c tests/unit/netns.c tests/unit/netns.h
test_iface_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_filters
test_filters_SOURCES = tests/unit/test_filters.c \
	tests/unit/acl_random.c tests/unit/acl_random.h
test_filters_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_guard
test_guard_SOURCES = tests/unit/test_guard.c
test_guard_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

# The kernel's ESP, and the choice of a backend.
check_PROGRAMS += test_xfrm test_choose
test_xfrm_SOURCES = tests/unit/test_xfrm.c
test_xfrm_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS) $(NFTNL_CFLAGS)
test_xfrm_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
test_choose_SOURCES = tests/unit/test_choose.c
test_choose_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_user_gso
test_user_gso_SOURCES = tests/unit/test_user_gso.c
test_user_gso_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_user_esp_batch
test_user_esp_batch_SOURCES = tests/unit/test_user_esp_batch.c
test_user_esp_batch_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_user_gro
test_user_gro_SOURCES = tests/unit/test_user_gro.c
test_user_gro_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += test_user_frag
test_user_frag_SOURCES = tests/unit/test_user_frag.c
test_user_frag_LDADD = $(DATAPLANE_LIBS) $(CMOCKA_LIBS)
