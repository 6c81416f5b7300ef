# shellcheck shell=bash
# The cgroup and the namespaces that everything runs in, how to get in, and how nothing is left of
# them.

# Paths the kubelet and the CNI plugins insist on. Inside, folders of $state are mounted there.
fixed_paths=(/var/lib/cni /var/lib/kubelet /var/log/containers)

# start_init: starts process 1 of new namespaces, in our cgroup, and waits until it has made them a
# place to live in.
start_init() {
	local i
	mkdir -p "$state/log"
	make_mount_points
	make_cgroup
	(
		join_cgroup
		exec setsid unshare --net --mount --pid --ipc --uts --fork --mount-proc "$self" init \
			>"$state/log/init" 2>&1 </dev/null 9>&-
	) &
	for ((i = 0; i < 100; i++)); do
		[ -z "$(init_pid)" ] || return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	cat "$state/log/init" >&2
	return 1
}

# init: what runs in there as process 1.
init() {
	local path resolv
	mount -t tmpfs tmpfs /run
	mkdir -p "$home"
	mount --bind "$state" "$home"
	for path in "${fixed_paths[@]}"; do
		mkdir -p "$home$path"
		mount --bind "$home$path" "$path"
	done

	resolv=$(realpath -m /etc/resolv.conf) # a link into /run, where systemd looks after it
	mkdir -p "${resolv%/*}" "$home/etc"
	[ -e "$resolv" ] || : >"$resolv"
	printf 'nameserver %s\nsearch svc.cluster.local cluster.local\noptions ndots:5\n' "$node_ip" >"$home/etc/resolv.conf"
	mount --bind "$home/etc/resolv.conf" "$resolv"
	mount --make-rshared / # volumes that the kubelet mounts appear in containers

	# The bridge of the CNI plugin, made early because the API server wants an address and a default
	# route.
	hostname node
	ip link set lo up
	ip link add cni0 type bridge
	ip address add "$node_ip/24" dev cni0
	ip link set cni0 up
	ip route add default dev cni0
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
	exec tini -- sleep infinity
}

# inside CMD…: becomes CMD in there, in the same folder.
inside() {
	local pid
	pid=$(init_pid)
	[ -n "$pid" ] || die 'no cluster is running; hack/cluster up starts one'
	exec nsenter --target "$pid" --net --mount --pid --ipc --uts \
		env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY \
		KUBECONFIG="$home/admin.conf" CONTAINERD_ADDRESS="$home/containerd.sock" CONTAINERD_NAMESPACE=k8s.io \
		PATH="$state/bin:$PATH:/usr/sbin:/sbin" "$BASH" -c "cd ${PWD@Q}"' && exec "$@"' inside "$@"
}

# init_pid: process 1 of the namespaces, once `init` is through; nothing if there is none. A pod's
# first process has a third id.
init_pid() {
	local pid
	for pid in $(members); do
		awk '/^Name:/ { name = $2 } /^NSpid:/ && NF == 3 && $3 == 1 && name == "tini" { print $2 }' "/proc/$pid/status" 2>/dev/null || : # gone
	done
}

members() { find_cgroups -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u || :; } # some are gone by now

# Killing process 1 kills everything in its namespaces, and its parent reaps it; killing each member
# is the second choice. A process leaves its cgroup before it is quite gone, hence the look at the
# process table.
kill_members() {
	local i all init
	all=$(members | paste -sd,)
	init=$(init_pid)
	for ((i = 0; i < 100; i++)); do
		[ -n "$(members)" ] || { [ -n "$all" ] && ps -p "$all" >/dev/null; } || return 0
		[ $i -lt 30 ] || init=
		xargs --no-run-if-empty kill -KILL <<<"${init:-$(members)}" 2>/dev/null || : # some are gone by now
		sleep 0.1
	done
	[ -z "$(members)" ] || die "processes that don't die: $(members | xargs)"
}

# Every hierarchy gets the cgroup: there is one in version 2, and one for each controller in version
# 1.
make_cgroup() {
	local top dir controllers
	for top in $(hierarchies); do
		mkdir -p "$top/$cgroup/system"
		for dir in "$top" "$top/$cgroup"; do
			[ -e "$dir/cgroup.subtree_control" ] || continue
			read -r -a controllers <"$dir/cgroup.controllers" || continue # there are none where version 1 has them
			echo "${controllers[*]/#/+}" >"$dir/cgroup.subtree_control"
		done
		for dir in "$top/$cgroup" "$top/$cgroup/system"; do # born empty in version 1, and useless then
			[ ! -e "$top/cpuset.sched_load_balance" ] || cat "$dir/../cpuset.cpus" >"$dir/cpuset.cpus"
			[ ! -e "$top/cpuset.sched_load_balance" ] || cat "$dir/../cpuset.mems" >"$dir/cpuset.mems"
		done
	done
}

join_cgroup() {
	local top
	for top in $(hierarchies); do
		echo $BASHPID >"$top/$cgroup/system/cgroup.procs"
	done
}

remove_cgroup() { find_cgroups -depth -type d -exec rmdir {} \;; }

find_cgroups() {
	local top
	for top in $(hierarchies); do
		[ ! -d "$top/$cgroup" ] || find "$top/$cgroup" "$@"
	done
}

hierarchies() { findmnt -rno TARGET -t cgroup,cgroup2; }

make_mount_points() {
	local path
	for path in "${fixed_paths[@]}"; do
		[ -d "$path" ] || { echo "$path" >>"$state/mount-points" && mkdir -p "$path"; }
	done
}

# One that another cluster has mounted as well stays: removing it would take it from there.
remove_mount_points() {
	local path
	[ -f "$state/mount-points" ] || return 0
	while read -r path; do
		grep -qs " $path " /proc/[0-9]*/mountinfo || rmdir "$path" || :
	done <"$state/mount-points"
}
