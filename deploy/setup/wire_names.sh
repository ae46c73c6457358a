#!/usr/bin/env bash
# Only streams/ spells a subject or a stream name, and test/conformance, which holds workers to them. No linter reads
# string literals, so this does: a Go string that starts like one of our subjects, or is one of our stream names, fails
# anywhere else.
set -euo pipefail

# The backquotes are Go's, not the shell's.
# shellcheck disable=SC2016
readonly subject='["`](pass|rerun|stored)\.([a-z]+|\*|%s)\.'
# shellcheck disable=SC2016
readonly stream='["`](RERUN_[A-Z]+|FRAMES|FACES|VERDICTS|DECISIONS|SESSIONS|VIDEOS|EXPORTS|ANNOUNCEMENTS|AUDIT|HASHES|DEAD)["`]'

# Untracked files too: what is being written now is what one wants to hear about.
files=$(git ls-files --cached --others --exclude-standard -- '*.go' ':!streams/' ':!test/conformance/')
found=$(xargs -r grep -nHE "$subject|$stream" <<<"$files" || true)
if [[ -n $found ]]; then
    printf '%s\n' "$found" >&2
    echo "lint: subjects and stream names are spelled in streams/ alone: use what it exports" >&2
    exit 1
fi
