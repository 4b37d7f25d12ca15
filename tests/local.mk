# Each layer's tests stand in a fragment of their own.
include tests/unit/base.mk
include tests/unit/crypto.mk
include tests/unit/parser.mk
include tests/unit/dataplane.mk
include tests/unit/gdoi.mk
include tests/unit/router.mk
include tests/unit/cli.mk
include tests/sim/local.mk
include tests/fuzz/local.mk
