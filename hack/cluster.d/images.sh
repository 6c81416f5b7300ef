# shellcheck shell=bash
# The images named in the table `images`: making their archives, importing them, checking the table.
#
# An archive's name holds a hash of what goes into it, and it is made once: it serves every later `up` and every checkout.

images() {
	local image source program
	mkdir -p "$cache/images" "$state/images"
	rm -f "$state"/images/*.tar
	while read -r image source program _; do
		local archive
		archive=$cache/images/$program-$(image_key "$image" "$source" "$program").tar
		[ -f "$archive" ] || step "image $image" make_image "$image" "$source" "$program" "$archive"
		ln -s "$archive" "$state/images/$program.tar"
	done < <(rows)
}

rows() { grep -v '^#' "$parts/images"; }

image_key() {
	local hash
	hash=$({
		echo "$@"
		cat "$parts/images.sh"
		case $2 in
		debian:*) dpkg-query -W "$(package_of "$2")" ;;
		*) bin_dir "$(module_of "$3")" ;;
		esac
	} | sha256sum)
	echo "${hash:0:16}"
}

# make_image IMAGE SOURCE PROGRAM ARCHIVE
make_image() {
	local temporary=$4.$BASHPID
	cd "$parts/../.."
	rm -f "$cache/images/$3"-* # made from something else
	case $2 in debian:*=*) packaged "$2" ;; esac
	if declare -F "image_of_$3" >/dev/null; then
		"image_of_$3" "$1" "$temporary"
	else
		image_of_server "$1" "$temporary" "$(bin_dir "$(module_of "$3")")/$3"
	fi
	mv "$temporary" "$4"
}

archive_of() { cargo xtask image "$@" >/dev/null; }

# As ko builds the public ones: the program is the entrypoint, and nothing else is there.
image_of_server() {
	local name=${3##*/}
	archive_of "$1" "$2" --entrypoint "/ko-app/$name" "$3=/ko-app/$name"
}

# Upstream's is no image of ko: on distroless, without an entrypoint, and `rekor-server serve` is its command.
image_of_rekor-tiles() { archive_of "$1" "$2" "$(bin_dir rekor-tiles)/rekor-tiles=/usr/local/bin/rekor-server"; }

# ko names the program after its folder.
image_of_tesseract() { archive_of "$1" "$2" --entrypoint /ko-app/posix "$(bin_dir tesseract)/tesseract=/ko-app/posix"; }

# The pause container of every pod, and a shell for helpers.
image_of_busybox() {
	local busybox
	busybox=$(command -v busybox)
	archive_of "$1" "$2" --entrypoint /bin/busybox,sleep,infinity --user 65534:65534 \
		"$busybox=/bin/busybox" "$busybox=/bin/sh"
}

image_of_registry() {
	archive_of "$1" "$2" --entrypoint /bin/registry,serve,/etc/distribution/config.yml --dir /var/lib/registry:755:65532 \
		"$(bin_dir registry)/registry=/bin/registry" "$parts/registry.yml=/etc/distribution/config.yml"
}

# The paths and user ids of the official image. Debian's busybox finds its own commands without files of their names.
image_of_mariadbd() {
	local file share=()
	for file in /usr/share/mysql/{english,charsets,*.sql}; do
		share+=("$file=$file")
	done
	archive_of "$1" "$2" --user 999:999 --entrypoint mariadbd --dir /var/lib/mysql:777:999 --dir /run/mysqld:777:999 \
		--dir /usr/lib/mysql/plugin \
		--with-libraries "$(command -v mariadbd)=/usr/sbin/mariadbd" \
		--with-libraries "$(command -v mariadb)=/usr/bin/mariadb" \
		--with-libraries "$(command -v mariadb-admin)=/usr/bin/mariadb-admin" \
		--with-libraries "$(command -v mariadb-dump)=/usr/bin/mariadb-dump" \
		--with-libraries "$(command -v my_print_defaults)=/usr/bin/my_print_defaults" \
		--with-libraries "$(command -v resolveip)=/usr/bin/resolveip" \
		"$(command -v mariadb-install-db)=/usr/bin/mariadb-install-db" \
		"$(command -v busybox)=/bin/sh" "$parts/mariadb.passwd=/etc/passwd" \
		"${share[@]}"
}

# Debian's server is the checker by another name.
image_of_redis-server() {
	archive_of "$1" "$2" --user 999:999 --entrypoint redis-server --dir /data:777:999 \
		--with-libraries "$(command -v redis-check-rdb)=/usr/bin/redis-server" \
		--with-libraries "$(command -v redis-cli)=/usr/bin/redis-cli" \
		"$(command -v busybox)=/bin/sh"
}

# packaged debian:PACKAGE=VERSION: whether this Debian has what the image's tag promises.
packaged() {
	local package version
	package=$(package_of "$1")
	version=$(dpkg-query -W -f '${Version}' "$package")
	[[ ${version#*:} == "${1#*=}"[.-]* ]] || die "$package is $version here, not ${1#*=}: this needs Debian 12"
}

package_of() {
	local package=${1#debian:}
	echo "${package%=*}"
}

# module_of PROGRAM: the module in modules/ that builds it. One of its name builds it, whatever it is called upstream.
module_of() {
	local file
	[ ! -f "$modules/$1/go.mod" ] || { echo "$1" && return; }
	file=$(grep -lE "^(tool)?[[:space:]][^ ]*/$1\$" "$modules"/*/go.mod) || die "no module builds $1"
	basename "$(dirname "$file")"
}

# import_images: into containerd, what isn't there yet.
import_images() {
	local archive
	for archive in images/*.tar; do
		[ "$(readlink "$archive")" != "$(cat "$archive.imported" 2>/dev/null)" ] || continue
		ctr images import "$archive" >/dev/null
		readlink "$archive" >"$archive.imported"
	done
}

# check_images: names each difference between the table, config/ and modules/.
check_images() {
	local image source program failed=
	while read -r image; do
		failed=1
		echo "config/, hack/stacks/ or docs/ uses $image, which isn't in hack/cluster.d/images" >&2
	done < <(comm -23 <(config_images) <(rows | awk '{ print $1 }' | sort))
	while read -r image; do
		failed=1
		echo "hack/cluster.d/images has $image for config/ or docs/, and neither they nor hack/stacks/ use it" >&2
	done < <(comm -13 <(config_images) <(rows | awk '$4 == "config" || $4 == "docs" { print $1 }' | sort))
	while read -r image source program _; do
		[[ $source != debian:* ]] || continue
		grep -qE "^(require)?[[:space:]]${source%@*} ${source#*@}( |\$)" "$modules/$(module_of "$program")/go.mod" || {
			failed=1
			echo "hack/cluster.d/images makes $image from $source, but $(module_of "$program")/go.mod has another version" >&2
		}
	done < <(rows)
	[ -z "$failed" ]
}

config_images() {
	sed -nE 's/^.*[^a-z]image: *"?([^" ]+)"?.*$/\1/p' "$parts"/../../config/*.yaml "$parts"/../../config/components/*/*.yaml "$parts"/../stacks/*/*.yaml "$parts"/../../docs/*.yaml | grep -v '^localhost/scaffolding/' | sort -u
}
