#!/usr/bin/env bash
# Installs the system packages that Selene needs and that are missing.
#
#   deploy/setup/system.sh build         to build and run: C compiler, pkg-config, FFmpeg 5.1 headers, Node.js
#   deploy/setup/system.sh build test    to run the tests too: ffmpeg, curl, Redis, Chromium
#   deploy/setup/system.sh proto         to regenerate the messages: protoc
#
# On Debian and its derivatives it uses apt-get (with sudo when not root). Elsewhere it prints what to install and stops.
# When nothing is missing it prints nothing and changes nothing.
set -euo pipefail

# go-astiav, the FFmpeg binding, is written against the API of FFmpeg 5.1.
readonly avcodec_min=59.37 avcodec_below=60
readonly ffmpeg_libs=(libavcodec libavformat libavutil libavfilter libavdevice libswscale libswresample)
readonly node_min=18

packages=() # Debian names, for apt-get
wanted=()   # the same in words, for people on other systems

need() { # need DEBIAN_PACKAGE WORDS
    packages+=("$1")
    wanted+=("$2")
}

have() { command -v "$1" >/dev/null 2>&1; }

check_build() {
    have gcc || { need gcc "a C compiler (gcc)" && need libc6-dev "the C library headers"; }
    have pkg-config || need pkg-config "pkg-config"
    [[ -e /etc/ssl/certs/ca-certificates.crt || $(uname -s) != Linux ]] ||
        need ca-certificates "the usual TLS root certificates"
    local lib
    for lib in "${ffmpeg_libs[@]}"; do
        { have pkg-config && pkg-config --exists "$lib"; } || need "$lib-dev" "$lib of FFmpeg 5.1, with headers"
    done
    have node || need nodejs "Node.js $node_min or newer"
    have npm || need npm "npm"
}

check_test() {
    { have ffmpeg && have ffprobe; } || need ffmpeg "the ffmpeg and ffprobe programs"
    have curl || need curl "curl"
    have redis-server || need redis-server "redis-server"
    have chromium || have chromium-browser || have google-chrome || need chromium "Chromium"
}

check_proto() {
    have protoc || need protobuf-compiler "protoc, the Protocol Buffers compiler"
}

# Software of the wrong version is never replaced, only reported.
check_versions() {
    local found
    if ! pkg-config --exists "libavcodec >= $avcodec_min" "libavcodec < $avcodec_below"; then
        found=$(pkg-config --modversion libavcodec)
        fail "FFmpeg 5.1 is needed (libavcodec $avcodec_min or newer, below $avcodec_below), but pkg-config finds" \
            "libavcodec $found. Install the FFmpeg 5.1 development files and put their folder first in PKG_CONFIG_PATH."
    fi
    found=$(node --version)
    found=${found#v}
    if ((${found%%.*} < node_min)); then
        fail "Node.js $node_min or newer is needed, but $(command -v node) is $found. Put a newer one first in PATH."
    fi
}

fail() {
    echo "set-up: $*" >&2
    exit 1
}

list() { printf '  - %s\n' "${wanted[@]}"; }

install() {
    local -a as_root=()
    if ! have apt-get; then
        fail "these are missing, and this system has no apt-get to install them with:"$'\n'"$(list)"$'\n'"Install them and run the command again."
    fi
    if ((EUID != 0)); then
        if ! have sudo; then
            fail "these are missing, and installing them needs root:"$'\n'"$(list)"$'\n'"Run as root: apt-get update && apt-get install --no-install-recommends ${packages[*]}"
        fi
        # sudo drops the environment, so the variable goes on its command line.
        as_root=(sudo)
    fi
    echo "set-up: installing ${packages[*]}"
    local log
    log=$(mktemp)
    # An unreachable third-party source does not matter as long as the installation succeeds.
    "${as_root[@]}" apt-get update -qq >"$log" 2>&1 || true
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 "${packages[@]}" >>"$log" 2>&1; then
        cat "$log" >&2
        fail "apt-get could not install ${packages[*]}; its reason is above."
    fi
    rm -f "$log"
}

(($#)) || fail "say what for: build, test, proto"
build=false
for group in "$@"; do
    case $group in
    build) check_build && build=true ;;
    test) check_test ;;
    proto) check_proto ;;
    *) fail "no such group: $group (there are build, test, proto)" ;;
    esac
done
if ((${#packages[@]})); then
    install
fi
if $build; then
    check_versions
fi
have go || [[ $build = false ]] || fail "Go is needed: https://go.dev/doc/install"
