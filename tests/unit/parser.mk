# Unit tests of parser/.
parser_tests = tests/unit/test_lex tests/unit/test_grammar \
	tests/unit/test_match tests/unit/test_help tests/unit/test_print \
	tests/unit/test_tree tests/unit/test_commit tests/unit/test_diff \
	tests/unit/test_load
check_PROGRAMS += $(parser_tests)
PARSER_TABLE = tests/unit/parser_table.c tests/unit/parser_table.h
PARSER_TEST_LIBS = $(PARSER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_lex_SOURCES = tests/unit/test_lex.c
tests_unit_test_lex_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_grammar_SOURCES = tests/unit/test_grammar.c $(PARSER_TABLE)
tests_unit_test_grammar_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_match_SOURCES = tests/unit/test_match.c $(PARSER_TABLE)
tests_unit_test_match_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_help_SOURCES = tests/unit/test_help.c $(PARSER_TABLE)
tests_unit_test_help_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_print_SOURCES = tests/unit/test_print.c $(PARSER_TABLE)
tests_unit_test_print_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_tree_SOURCES = tests/unit/test_tree.c $(PARSER_TABLE)
tests_unit_test_tree_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_commit_SOURCES = tests/unit/test_commit.c $(PARSER_TABLE)
tests_unit_test_commit_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_diff_SOURCES = tests/unit/test_diff.c $(PARSER_TABLE)
tests_unit_test_diff_LDADD = $(PARSER_TEST_LIBS)
tests_unit_test_load_SOURCES = tests/unit/test_load.c $(PARSER_TABLE)
tests_unit_test_load_LDADD = $(PARSER_TEST_LIBS)
