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

EXTRA_DIST += tests/lib.sh tests/layers.sh tests/net/lab.sh tests/net/echo.py \
	tests/net/01-lab.sh tests/net/02-rekey.sh tests/net/03-restart.sh \
	tests/net/04-faults.sh tests/net/06-acl.sh tests/net/07-multicast.sh tests/net/09-flood.sh tests/net/11-ike.sh tests/net/05-demo.sh tests/net/09-debug.sh tests/net/10-aggressive.sh tests/net/12-strongswan.sh tests/net/configs/R1.txt \
	tests/net/configs/R2.txt tests/net/configs/R3.txt \
	tests/net/configs/R4.txt tests/net/configs/R5.txt
