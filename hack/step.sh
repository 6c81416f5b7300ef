# shellcheck shell=bash

# step WHAT COMMAND…: a line with the seconds that COMMAND took. If it failed, so does the script.
# Not written `step … ||`, for then COMMAND would run without errexit.
step() {
	local what=$1 start=$SECONDS status result=ok
	shift
	set +e
	(set -e && "$@")
	status=$?
	set -e
	((status == 0)) || result=FAIL
	printf '%-5s %-60s %4d s\n' $result "$what" $((SECONDS - start))
	((status == 0)) || exit 1
}
