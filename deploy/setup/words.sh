#!/usr/bin/env bash
# Lists phrases that are not plain English in comments, texts and documents, with what to write instead, and fails if it
# finds any. `make lint` calls it.
set -euo pipefail

readonly files=('*.go' '*.md' '*.ts' '*.tsx' '*.yaml' '*.yml' '*.sh' '*.proto' '*.css' '*.html' '*.mjs' Makefile .ci
    ':!*.pb.go' ':!deploy/setup/words.sh' ':!edge/ui/dist')

found=0
avoid() { # avoid PATTERN INSTEAD
    if git grep --untracked -nHiP "$1" -- "${files[@]}"; then
        echo "  ^ write $2" >&2
        found=1
    fi
}

avoid '(?<!there )\b(is|are|was|were) no (?!longer\b|more\b|less\b|one\b)' '"is not a …" or "must be a …"'
avoid '\banew\b' '"again"'
avoid '\bshall\b' '"must" or "should"'
avoid '\blets? go of\b|\bletting go\b' '"closes" or "releases"'
avoid '\bof no kind\b|\bin vain\b|\blest\b' 'what happens instead'
avoid '\b(is|are|was|were|be|been|gets?) told( of)?\b' '"is notified", "receives" or "reports"'
avoid '\bseen to\b(?! be\b)' '"handled" or "managed"'
avoid '\bhears? of\b' '"receives" or "is notified of"'
avoid '^\s*//.* says whether\b' '"reports whether"'
avoid '\bwhatever becomes of\b' '"regardless of"'
avoid '\bpatience\b' '"timeout"'
exit "$found"
