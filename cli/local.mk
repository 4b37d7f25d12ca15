noinst_LIBRARIES += libcli.a
libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(BSD_CFLAGS)
libcli_a_SOURCES = cli/commands.h
