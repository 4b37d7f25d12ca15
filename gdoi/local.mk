noinst_LIBRARIES += libgdoi.a
libgdoi_a_CFLAGS = $(AM_CFLAGS) -Wconversion -Wno-sign-conversion
libgdoi_a_SOURCES = gdoi/env.h

# The GDOI engines above phase 1.
libgdoi_a_SOURCES += gdoi/report.h gdoi/report.def gdoi/report.c \
	gdoi/snapshot.h gdoi/snapshot.c gdoi/store.h gdoi/store_mem.c \
	gdoi/gdoi.h gdoi/gdoi.c gdoi/gdoi_priv.h
