noinst_LIBRARIES += libparser.a
libparser_a_CFLAGS = $(AM_CFLAGS) $(BSD_CFLAGS)
libparser_a_SOURCES = \
	parser/command.h \
	parser/grammar.h \
	parser/match.h \
	parser/grammar_priv.h \
	parser/lex.h \
	parser/compile.c \
	parser/derivation.c \
	parser/grammar.c \
	parser/lex.c \
	parser/value.c \
	parser/run.h \
	parser/run.c \
	parser/match.c \
	parser/help.c \
	parser/tree.h \
	parser/tree_priv.h \
	parser/tree.c \
	parser/nvgen.c
