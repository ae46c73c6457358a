#!/usr/bin/env bash
# Runs every fuzz target of the module for a moment: deploy/setup/fuzz.sh [SECONDS_EACH], ten by default.
# Go fuzzes one target of one package at a time, hence the loop.
set -euo pipefail

readonly seconds=${1:-10}

count=0
while IFS=: read -r file name; do
    echo "fuzz: $name in ./${file%/*} for ${seconds}s"
    go test -run='^$' -fuzz="^$name\$" -fuzztime="${seconds}s" "./${file%/*}"
    count=$((count + 1))
done < <(git grep --untracked -hHoE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's/:func /:/')

if ((count == 0)); then
    echo "fuzz: no target found" >&2
    exit 1
fi
