# Unit tests of interfaces and routing in cli/.
check_PROGRAMS += test_cfg_if
test_cfg_if_SOURCES = tests/unit/test_cfg_if.c $(FAKE_BOX)
test_cfg_if_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_exec_net
test_exec_net_SOURCES = tests/unit/test_exec_net.c $(FAKE_BOX)
test_exec_net_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += test_show_route
test_show_route_SOURCES = tests/unit/test_show_route.c $(ORBIT) $(FAKE_BOX)
test_show_route_LDADD = $(CLI_LIBS) $(LOOP_LIBS) $(CMOCKA_LIBS)
check_SCRIPTS += tests/net/ifaces.sh
EXTRA_DIST += tests/net/ifaces.sh
