# The simulator and its scenarios.
SIM_WORLD = tests/sim/world.c tests/sim/world.h tests/sim/wire.c \
	tests/sim/watch.c tests/sim/disk.c tests/sim/disk.h tests/sim/toy.c
check_PROGRAMS += sim
sim_SOURCES = tests/sim/sim.c tests/sim/scenarios.c tests/sim/scenarios.h \
	tests/sim/faults.c tests/sim/scenarios_push.c tests/sim/scenarios_time.c $(SIM_WORLD)
sim_LDADD = $(GDOI_LIBS)
