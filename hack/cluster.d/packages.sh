# shellcheck shell=bash
# What comes from Debian. A program that is there is taken as it is, whoever installed it.

needed=(
	etcd:etcd-server containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins
	iptables:iptables ip:iproute2 openssl:openssl tini:tini mariadb-admin:mariadb-client
)

packages() {
	local pair package missing=()
	while read -r package; do # that an image is made from: this very package
		dpkg-query -W "$package" >/dev/null 2>&1 || missing+=("$package")
	done < <(rows | sed -n 's/.* debian:\([^ =]*\).*/\1/p')
	for pair in "${needed[@]}"; do
		command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "missing, and no apt-get to install them: ${missing[*]}"
	apt_install "${missing[@]}"
}

# Debian starts a service as soon as its package is installed, unless this program says no.
apt_install() {
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
