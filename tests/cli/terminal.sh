#!/bin/sh
# The shell on a terminal, as a person and as scripts see it.
exec python3 "$(dirname "$0")/terminal.py"
