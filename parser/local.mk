noinst_LIBRARIES += libparser.a
libparser_a_CFLAGS = $(AM_CFLAGS) $(BSD_CFLAGS)
libparser_a_SOURCES = parser/command.h
