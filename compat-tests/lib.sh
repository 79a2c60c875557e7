# Shared by `install`, `run` and the suites; sourced, never run.
#
# Everything a suite needs from outside lands in the workspace's target folder,
# so nothing of it can be committed and `cargo clean` takes it away.

compat=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$compat")
target=${CARGO_TARGET_DIR:-$root/target}
peers=$target/peers
logs=$target/compat-logs

say() { printf '%s\n' "$*" >&2; }

die() {
    say "compat-tests: $*"
    exit 1
}

# need TOOL WHAT-FOR: a missing tool is a failure, never a skipped suite.
need() {
    command -v "$1" >/dev/null || die "\`$1\` is needed for $2 and is not on the PATH; install it and run again"
}

# retry COMMAND…: registries hiccup; three tries, then the failure counts.
retry() {
    local try
    for try in 1 2 3; do
        "$@" && return 0
        [ "$try" = 3 ] || sleep $((try * 5))
    done
    return 1
}

# summary SUITE PASSED FAILED EXPECTED: the closing line of a suite, and its verdict.
# A suite that ran fewer cases than it should has failed, however green it looks.
summary() {
    local suite=$1 passed=$2 failed=$3 expected=$4 verdict=0
    if [ "$failed" -ne 0 ]; then
        verdict=1
    fi
    if [ "$passed" -lt "$expected" ]; then
        say "$suite: $passed cases passed, $expected are expected"
        verdict=1
    fi
    echo "$suite: $passed passed, $failed failed"
    return $verdict
}
