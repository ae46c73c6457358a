#!/usr/bin/env bash
# Tries to get the model pack `zoo`, and says in one line what it means when that does not work: never a failure.
# SELENE_ZOO_FROM names a folder that already holds the files; without it they come from their public addresses.
set -uo pipefail

readonly selene=bin/selene
# The command gives up on an unreachable host within seconds by itself; this only ends a download that trickles.
readonly limit=120 # seconds

from=()
if [[ -n ${SELENE_ZOO_FROM:-} ]]; then
    from=(--from "$SELENE_ZOO_FROM")
fi

if ! reason=$(timeout --foreground "$limit" "$selene" models pull zoo "${from[@]}" 2>&1); then
    echo "set-up: no model pack 'zoo' (${reason##*$'\n'}): running on 'base', without passive liveness" >&2
fi
