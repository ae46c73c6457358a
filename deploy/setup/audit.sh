#!/usr/bin/env bash
# Looks for known vulnerabilities in what Selene is built from, writes bills of materials (CycloneDX) into bin/sbom and checks
# the licences in them. `make audit` calls it. GOVULNCHECK, CYCLONEDX and INDEXDB name its tools, TOOLS their folder; VULNDB is
# the version of the Go vulnerability database that is used where the current one cannot be reached.
set -euo pipefail

readonly bills=bin/sbom db=https://vuln.go.dev

# database prints the address of a Go vulnerability database, or nothing if none can be had. The module that holds it is a copy
# of the day of its version.
database() {
    if curl -sfm 10 -o /dev/null "$db/index/db.json"; then
        echo "$db"
        return
    fi
    local copy=$TOOLS/vulndb-$VULNDB module
    if [[ ! -e $copy/index/db.json ]]; then
        module=$(cd / && GOFLAGS=-mod=mod go mod download -json "golang.org/x/vulndb@$VULNDB" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
        [[ $module ]] || return 0
        rm -rf "$copy.part" && mkdir -p "$copy.part"
        "$INDEXDB" -vulns "$module/data/osv" -out "$copy.part" && mv "$copy.part" "$copy"
    fi
    echo "file://$(realpath "$copy")"
}

vulnerabilities() {
    local from found
    from=$(database)
    if [[ ! $from ]]; then
        echo "audit: SKIPPED: known vulnerabilities: $db cannot be reached, nor its copy among the Go modules"
        return
    fi
    echo "audit: known vulnerabilities, by $from"
    found=$(mktemp)
    # What runs in production and what others import.
    "$GOVULNCHECK" -db "$from" -format json ./deploy/selene ./workers/example ./edge/client ./edge/lpproto ./workers >"$found"
    go run ./deploy/tools/audit vulnerabilities <"$found"
    rm -f "$found"
}

materials() {
    local folder
    mkdir -p "$bills"
    rm -f "$bills"/*.json
    "$CYCLONEDX" mod -test -licenses -json -output "$bills/go.json" . 2>/dev/null
    for folder in edge/ui workers/vision workers/example/node; do
        (cd "$folder" && npm sbom --sbom-format cyclonedx --package-lock-only) >"$bills/npm-${folder//\//-}.json"
    done
    go run ./deploy/tools/audit models workers/vision/modelstore/{base,zoo}.json >"$bills/models.json"
    echo "audit: bills of materials are in $bills"
    go run ./deploy/tools/audit licences "$bills"/*.json
}

vulnerabilities
materials
