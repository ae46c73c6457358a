#!/usr/bin/env bash
# Runs every fuzz target of the module: deploy/setup/fuzz.sh [INPUTS_EACH], fifty thousand by default.
# It counts inputs, not seconds: Go reports a target as failed that is still busy when its time is up.
# Go fuzzes one target of one package at a time, hence the loop.
set -euo pipefail

readonly inputs=${1:-50000}

count=0
while IFS=: read -r file name; do
    echo "fuzz: $name in ./${file%/*} with $inputs inputs"
    go test -run='^$' -fuzz="^$name\$" -fuzztime="${inputs}x" "./${file%/*}"
    count=$((count + 1))
done < <(git grep --untracked -hHoE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's/:func /:/')

if ((count == 0)); then
    echo "fuzz: no target found" >&2
    exit 1
fi
