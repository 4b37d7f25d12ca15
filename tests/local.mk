# Each layer's tests stand in a fragment of their own.
include tests/unit/base.mk
include tests/unit/crypto.mk
include tests/unit/parser.mk
include tests/unit/dataplane.mk
include tests/unit/gdoi.mk
include tests/unit/router.mk
include tests/unit/cli.mk
include tests/unit/cli_if.mk
include tests/sim/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/net/local.mk

# A program that hangs is killed, which the TAP driver counts as an error.
LOG_COMPILER = timeout
AM_LOG_FLAGS = -k 10 300

EXTRA_DIST += tests/lib.sh tests/layers.sh tests/net tests/vm
