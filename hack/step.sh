# shellcheck shell=bash

# step WHAT COMMAND…: a line with the seconds that COMMAND took, if it succeeded.
step() {
	local what=$1 start=$SECONDS
	shift
	"$@"
	printf 'ok    %-60s %4d s\n' "$what" $((SECONDS - start))
}
