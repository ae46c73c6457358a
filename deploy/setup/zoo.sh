#!/usr/bin/env bash
# Tries to install the model pack `zoo`. When that does not work it prints one line with the consequence; it never fails.
# SELENE_ZOO_FROM names a folder that already holds the files; otherwise they are downloaded from their public addresses.
set -uo pipefail

readonly selene=bin/selene
# The command itself gives up on an unreachable host within seconds; this limit ends a download that stalls.
readonly limit=120 # seconds

from=()
if [[ -n ${SELENE_ZOO_FROM:-} ]]; then
    from=(--from "$SELENE_ZOO_FROM")
fi

if ! reason=$(timeout --foreground "$limit" "$selene" models pull zoo "${from[@]}" 2>&1); then
    echo "set-up: no model pack 'zoo' (${reason##*$'\n'}): running on 'base', which detects attacks less well" >&2
fi
