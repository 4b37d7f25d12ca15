# Programs of the tests in network namespaces: make net_flood.
EXTRA_PROGRAMS += net_flood
net_flood_SOURCES = tests/net/flood.c
net_flood_LDADD = $(BASE_LIBS)
