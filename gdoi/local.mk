noinst_LIBRARIES += libgdoi.a
libgdoi_a_CFLAGS = $(AM_CFLAGS) -Wconversion -Wno-sign-conversion
libgdoi_a_SOURCES = gdoi/env.h
