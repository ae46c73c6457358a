#!/usr/bin/env bash
# Runs every test of the repository, whatever fails on the way; lists the failures at the end and closes with one line
# of counts. `make test` and `make test-long` call it.
#
#   deploy/setup/test.sh          ordinary length
#   deploy/setup/test.sh long     full-length inputs, and the race detector in more packages
#
# GOTESTSUM names the program that sums up the results; TEST_FORMAT is one of its formats, pkgname by default.
set -euo pipefail

# The race detector takes five to ten times the processor time: it runs where goroutines meet, not over the number
# crunching of vision and video, nor over tests that start whole processes.
readonly no_race='/workers/(vision|video|virtualcamera|imagemodification)|/test(/|$)|/deploy(/|$)'
readonly inference='/workers/(detector|liveness|matcher)(/|$)'

go_tests() { # go_tests LENGTH: two runs, in the format of go test -json
    local all slow=$no_race failed=0
    local -a flags=(-json -timeout 30m)
    all=$(go list ./...)
    if [[ -n ${CI:-} ]]; then
        flags+=(-count=1)
    fi
    if [[ $1 = long ]]; then
        flags+=(-timeout 90m)
    else
        flags+=(-short)
        slow+="|$inference"
    fi
    # shellcheck disable=SC2046 # package paths hold no spaces
    go test "${flags[@]}" -race $(grep -vE "$slow" <<<"$all") || failed=1
    # shellcheck disable=SC2046
    go test "${flags[@]}" $(grep -E "$slow" <<<"$all") || failed=1
    return "$failed"
}

ui_tests() {
    (cd edge/ui && npm run --silent test:events)
}

case ${1:-} in
events) # the raw results, for the program that sums them up
    failed=0
    ui_tests || failed=1
    go_tests "${2:-}" || failed=1
    exit "$failed"
    ;;
counts) # the closing line, from what that program counted
    failed=$((TESTS_FAILED > 0 ? TESTS_FAILED : TESTS_ERRORS)) # an error alone is a package that did not build
    echo "$((TESTS_TOTAL - TESTS_FAILED - TESTS_SKIPPED)) passed, $failed failed, $TESTS_SKIPPED skipped"
    ;;
'' | long)
    exec "$GOTESTSUM" --format "${TEST_FORMAT:-pkgname}" --format-hide-empty-pkg --format-icons text \
        --post-run-command "$0 counts" --raw-command -- "$0" events "${1:-}"
    ;;
*)
    echo "usage: $0 [long]" >&2
    exit 2
    ;;
esac
