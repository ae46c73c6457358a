#!/usr/bin/env bash
# Only streams/ may spell out subjects and stream names, and test/conformance and deploy/nats, which check others against them. No linter
# reads string literals, so this script does: it fails on a Go string anywhere else that starts like one of our subjects or
# equals one of our stream names, or names a bucket as the broker does.
set -euo pipefail

# The backquotes are Go's, not the shell's.
# shellcheck disable=SC2016
readonly subject='["`](pass|rerun|stored)\.([a-z]+|\*|%s)\.'
# shellcheck disable=SC2016
readonly stream='["`](RERUN_[A-Z]+|FRAMES|FACES|VERDICTS|DECISIONS|SESSIONS|VIDEOS|EXPORTS|ANNOUNCEMENTS|AUDIT|HASHES|DEAD)["`]'
# shellcheck disable=SC2016
readonly bucket='["`](\$KV\.|KV_)'

# Untracked files are included: they are the ones being worked on.
files=$(git ls-files --cached --others --exclude-standard -- '*.go' ':!streams/' ':!test/conformance/' ':!deploy/nats/')
found=$(xargs -r grep -nHE "$subject|$stream|$bucket" <<<"$files" || true)
if [[ -n $found ]]; then
    printf '%s\n' "$found" >&2
    echo "lint: only streams/ may spell out subjects and the names of streams and buckets: use the names it exports" >&2
    exit 1
fi
