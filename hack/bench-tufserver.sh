#!/usr/bin/env bash
# Measures tufserver: 1,000 reloads under load, then requests per second beside nginx's, with the
# same files on the same machine, and the most memory it took. Fails when a request failed, nginx
# was faster, or 64 connections took 8 MiB. Takes about three minutes; needs root only to install
# nginx and wrk.
set -euo pipefail
cd "$(dirname "$0")/.."

# The programs take turns, so that whatever else runs here slows both.
rounds=9 seconds=4 connections=64
most=$((8 * 1024)) # KiB
target=$(rustc -vV | sed -n 's/^host: \([^-]*\).*/\1-unknown-linux-musl/p')
server=target/$target/release/tufserver
folder=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; wait; rm -rf "$folder"' EXIT

tools() {
	{ command -v nginx && command -v wrk; } > /dev/null && return
	apt-get update -qq
	apt-get install -qq --yes --no-install-recommends nginx-light wrk
}

# A port that nobody listens on.
free_port() {
	local port
	while port=$((20000 + RANDOM % 20000)) && (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
	echo "$port"
}

wait_for() {
	until (: < "/dev/tcp/127.0.0.1/$1") 2> /dev/null; do sleep 0.05; done
}

start_tufserver() {
	tufserver_port=$(free_port)
	"$server" --repository="$folder/mount/repository" --port="$tufserver_port" --health-port="$(free_port)" 2> /dev/null &
	tufserver_pid=$!
	pids+=("$tufserver_pid")
	wait_for "$tufserver_port"
}

# As a careful administrator runs it for files that rarely change.
start_nginx() {
	nginx_port=$(free_port)
	tar -xzf "$folder/mount/repository" -C "$folder"
	chmod -R a+rX "$folder"
	cat > "$folder/nginx.conf" <<-CONF
		daemon off;
		worker_processes auto;
		pid $folder/nginx.pid;
		error_log stderr crit;
		events { worker_connections 1024; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			tcp_nodelay on;
			keepalive_timeout 65;
			keepalive_requests 1000000000;
			open_file_cache max=1000;
			open_file_cache_valid 60s;
			types { application/json json; }
			default_type application/octet-stream;
			client_body_temp_path $folder/body;
			proxy_temp_path $folder/proxy;
			fastcgi_temp_path $folder/fastcgi;
			uwsgi_temp_path $folder/uwsgi;
			scgi_temp_path $folder/scgi;
			server { listen 127.0.0.1:$nginx_port reuseport; root $folder/repository; }
		}
	CONF
	nginx -e stderr -c "$folder/nginx.conf" 2> /dev/null &
	pids+=($!)
	wait_for "$nginx_port"
}

# Requests per second of one run. wrk asks for each file of a client's update in turn.
run() {
	local output
	output=$(wrk --threads 2 --connections $connections --duration ${seconds}s --script "$folder/update.lua" "http://127.0.0.1:$1")
	if grep -E 'Socket errors|Non-2xx' <<< "$output" >&2; then return 1; fi
	awk '/^Requests\/sec/ { print int($2) }' <<< "$output"
}

# What a client asks for in an update, formatted once.
script() {
	echo 'local paths = {'
	find "$folder/repository" \( -name '[1-9]*.json' -o -name timestamp.json -o -path '*/targets/*' \) -printf '"/%P",\n'
	cat <<-'LUA'
		}
		local requests, i = {}, 0
		function init()
			for n, path in ipairs(paths) do requests[n] = wrk.format("GET", path) end
		end
		function request()
			i = i % #requests + 1
			return requests[i]
		end
	LUA
}

median() {
	printf '%s\n' "$@" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

peak() {
	awk '/^VmHWM/ { print $2 }' "/proc/$tufserver_pid/status"
}

tools
cargo build --quiet --locked --release --target "$target" --package tufserver
mkdir "$folder/mount"
cargo run --quiet --locked --package tufserver --example reloads -- "$server" "$folder/mount"

start_tufserver
start_nginx
script > "$folder/update.lua"
ours=() theirs=()
for ((round = 1; round <= rounds; round++)); do
	ours+=("$(run "$tufserver_port")")
	theirs+=("$(run "$nginx_port")")
	echo "round $round: tufserver ${ours[-1]}/s, nginx ${theirs[-1]}/s"
done
our=$(median "${ours[@]}") their=$(median "${theirs[@]}") memory=$(peak)
echo "$(nginx -v 2>&1 | cut -d' ' -f3), $connections connections, median of $rounds: tufserver $our/s, nginx $their/s," \
	"ratio $(awk "BEGIN { printf \"%.2f\", $our / $their }"); tufserver took at most $memory KiB"
((our >= their && memory < most))
