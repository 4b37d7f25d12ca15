#!/bin/sh
# Files and configuration management from outside: over the network, on a full
# disk, through kill -9 and reload.  In a network and mount namespace.
exec unshare -n -m --propagation private \
	python3 "$(dirname "$0")/files.py"
