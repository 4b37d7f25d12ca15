# Unit tests of parser/.
