# Unit tests of crypto/.
EXTRA_DIST += tests/unit/vectors.json
