#!/usr/bin/env bash
# Prints the simulator's page on default settings, for both packs, row by row. SESSIONS is the number of sessions of each kind of
# attack, PEOPLE that of people, SEED the first seed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${SESSIONS:=20}" "${PEOPLE:=$((5 * SESSIONS))}" "${SEED:=1}"
lit=$(mktemp) log=$(mktemp)
trap 'rm -f "$lit" "$log"' EXIT
play() { bin/selene eval ../shared/faces --half report --seed "$SEED" "$@" 2>"$log" || { tail -n 5 "$log" >&2; exit 1; }; }
echo '{"light_challenge":{"is_enabled":true}}' > "$lit"

cat deploy/tools/simulate/WORDS.md
printf '\n`make simulate SESSIONS=%s PEOPLE=%s SEED=%s` wrote the rest of this page, with `%s`.\n' \
    "$SESSIONS" "$PEOPLE" "$SEED" "$(git describe --always --dirty 2>/dev/null || echo 'a tree without git')"
for pack in zoo base; do
    printf '\n## Pack %s, default settings\n\n' "$pack"
    play --pack "$pack" --sessions "$PEOPLE" --kinds person
    echo
    play --pack "$pack" --sessions "$SESSIONS" --kinds attacks
done
printf '\n## Pack zoo, with the light challenge\n\n'
play --pack zoo --settings "$lit" --sessions "$SESSIONS" --kinds person-dark,person-evening,person-office,cut-recording
