# Unit tests of base/.
check_PROGRAMS += test_rd test_wr test_sbuf test_secret test_ip test_timer \
	test_loop test_log test_file test_frame
BASE_TEST_LIBS = $(BASE_LIBS) $(CMOCKA_LIBS)
test_rd_SOURCES = tests/unit/test_rd.c tests/unit/test.h
test_rd_LDADD = $(BASE_TEST_LIBS)
test_wr_SOURCES = tests/unit/test_wr.c
test_wr_LDADD = $(BASE_TEST_LIBS)
test_sbuf_SOURCES = tests/unit/test_sbuf.c
test_sbuf_LDADD = $(BASE_TEST_LIBS)
test_secret_SOURCES = tests/unit/test_secret.c
test_secret_LDADD = $(BASE_TEST_LIBS)
test_ip_SOURCES = tests/unit/test_ip.c
test_ip_LDADD = $(BASE_TEST_LIBS)
test_timer_SOURCES = tests/unit/test_timer.c
test_timer_LDADD = $(BASE_TEST_LIBS)
test_loop_SOURCES = tests/unit/test_loop.c
test_loop_LDADD = $(BASE_TEST_LIBS) $(LOOP_LIBS)
test_log_SOURCES = tests/unit/test_log.c
test_log_LDADD = $(BASE_TEST_LIBS)
test_file_SOURCES = tests/unit/test_file.c
test_file_LDADD = $(BASE_TEST_LIBS)
test_frame_SOURCES = tests/unit/test_frame.c
test_frame_LDADD = $(BASE_TEST_LIBS)
