#!/bin/sh
# A whole router's configuration, as it was shown, pasted on a terminal.
exec python3 "$(dirname "$0")/paste.py"
