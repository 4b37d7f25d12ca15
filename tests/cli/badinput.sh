#!/bin/sh
# Lines that no person would type; getvpnd and the shell are to shrug.
exec python3 "$(dirname "$0")/badinput.py"
