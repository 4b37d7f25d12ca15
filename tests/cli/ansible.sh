#!/bin/bash
# Ansible's cisco.ios collection drives the router.  The playbook fails at the
# first task that does not do what a Cisco router does.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/world.sh
. "$TOP/tests/cli/world.sh"

jobs=()
world_enter "$0"
world_start
cat >"$W/inventory" <<EOF
[routers]
R1 ansible_user=ann ansible_password=ann
USER1 ansible_user=bob ansible_password=bob ansible_become=yes ansible_become_method=enable ansible_become_password=enab1e

[routers:vars]
ansible_host=127.0.0.1
ansible_port=$WORLD_PORT
ansible_network_os=cisco.ios.ios
ansible_connection=ansible.netcommon.network_cli
ansible_network_cli_ssh_type=paramiko
ansible_python_interpreter=/usr/bin/python3
EOF
: >"$W/ansible.cfg"
export ANSIBLE_CONFIG=$W/ansible.cfg ANSIBLE_HOST_KEY_CHECKING=False \
	ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_DEPRECATION_WARNINGS=False \
	ANSIBLE_NOCOLOR=1 ANSIBLE_HOME=$W/ansible PYTHONWARNINGS=ignore
cd "$TOP/tests/cli" || exit 1

play() { # TAG
	/usr/bin/ansible-playbook -i "$W/inventory" --tags "$1" ansible.yml \
		>"$W/$1.log" 2>&1
	printf '%s
' $? >"$W/$1.status"
}

# shellcheck disable=SC2317 # called by tap_check
played() { # TAG
	cat "$W/$1.log"
	return "$(cat "$W/$1.status")"
}

# What others configure meanwhile would disturb "saves what was modified".
play save
for tag in config command banner facts acls enable; do
	play "$tag" &
	jobs+=($!)
done
wait "${jobs[@]}"
for tag in save config command banner facts acls enable; do
	tap_check "$tag" played "$tag"
done
tap_end
status=$?
world_stop
exit "$status"
