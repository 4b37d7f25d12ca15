#!/bin/bash
# dp-user.sh once more, with packets routed into the TUN: as on kernels that do
# not filter what leaves, and on interfaces that are not Ethernet.
CAPTURE=tun exec bash "$(dirname "$0")/dp-user.sh"
