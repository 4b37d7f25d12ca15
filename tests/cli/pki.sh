#!/bin/sh
# Certificates at a terminal, from a CA that openssl plays.
exec python3 "$(dirname "$0")/pki.py"
