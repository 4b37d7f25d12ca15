# Unit tests of parser/.
parser_tests = test_lex test_grammar \
	test_match test_help test_print \
	test_tree test_commit test_diff \
	test_load
check_PROGRAMS += $(parser_tests)
PARSER_TABLE = tests/unit/parser_table.c tests/unit/parser_table.h
PARSER_TEST_LIBS = $(PARSER_LIBS) $(CMOCKA_LIBS)
test_lex_SOURCES = tests/unit/test_lex.c
test_lex_LDADD = $(PARSER_TEST_LIBS)
test_grammar_SOURCES = tests/unit/test_grammar.c $(PARSER_TABLE)
test_grammar_LDADD = $(PARSER_TEST_LIBS)
test_match_SOURCES = tests/unit/test_match.c $(PARSER_TABLE)
test_match_LDADD = $(PARSER_TEST_LIBS)
test_help_SOURCES = tests/unit/test_help.c $(PARSER_TABLE)
test_help_LDADD = $(PARSER_TEST_LIBS)
test_print_SOURCES = tests/unit/test_print.c $(PARSER_TABLE)
test_print_LDADD = $(PARSER_TEST_LIBS)
test_tree_SOURCES = tests/unit/test_tree.c $(PARSER_TABLE)
test_tree_LDADD = $(PARSER_TEST_LIBS)
test_commit_SOURCES = tests/unit/test_commit.c $(PARSER_TABLE)
test_commit_LDADD = $(PARSER_TEST_LIBS)
test_diff_SOURCES = tests/unit/test_diff.c $(PARSER_TABLE)
test_diff_LDADD = $(PARSER_TEST_LIBS)
test_load_SOURCES = tests/unit/test_load.c $(PARSER_TABLE)
test_load_LDADD = $(PARSER_TEST_LIBS)
