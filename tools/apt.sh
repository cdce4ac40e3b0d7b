#!/usr/bin/env bash
# apt.sh WHAT PACKAGE... : install Debian or Ubuntu packages; elsewhere say what is missing and stop.
set -euo pipefail
what=$1
shift
if ! command -v apt-get >/dev/null; then
    echo "$what is missing and there is no apt-get here; install it (Debian calls it: $*), then run make again." >&2
    exit 1
fi
as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}")
echo "Installing $what: $*"
mkdir -p build
if ! { "${as_root[@]}" apt-get -qq update && "${as_root[@]}" apt-get -qq -y --no-install-recommends install "$@"; } \
    >build/apt.log 2>&1 </dev/null; then
    tail -n 20 build/apt.log >&2
    echo "apt-get could not install $*; its log is build/apt.log." >&2
    exit 1
fi
