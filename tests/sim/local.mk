# The simulator and its scenarios.
check_PROGRAMS += sim
sim_SOURCES = tests/sim/sim.c tests/sim/world.c tests/sim/world.h \
	tests/sim/scenarios.c tests/sim/scenarios.h tests/sim/toy.c
sim_LDADD = $(GDOI_LIBS)
