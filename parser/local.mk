noinst_LIBRARIES += libparser.a
libparser_a_CFLAGS = $(AM_CFLAGS) $(BSD_CFLAGS)
libparser_a_SOURCES = \
	parser/command.h parser/commit.h parser/diff.h parser/grammar.h parser/load.h \
	parser/match.h parser/selftest.h parser/tree.h \
	parser/grammar_priv.h parser/lex.h parser/run.h parser/tree_priv.h \
	parser/commit.c parser/compile.c parser/derivation.c parser/diff.c parser/mask.c \
	parser/grammar.c parser/help.c parser/lex.c parser/load.c \
	parser/match.c parser/nvgen.c parser/run.c parser/selftest.c \
	parser/tree.c parser/value.c
