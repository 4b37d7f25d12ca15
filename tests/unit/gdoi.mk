# Unit tests of gdoi/.

# ISAKMP and the payloads.
IKE_TEST_LIBS = $(VECTORS_LIBS) $(GDOI_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_phase1
test_phase1_SOURCES = tests/unit/test_phase1.c tests/unit/ike_world.c tests/unit/ike_world.h
test_phase1_LDADD = $(IKE_TEST_LIBS)
