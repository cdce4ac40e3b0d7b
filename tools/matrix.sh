#!/usr/bin/env bash
# matrix.sh SUITE [ZIP] : the QGIS and end-to-end tests with the QGIS of another Debian, such as trixie or sid.
#
# Without ZIP only the system is made.
# The first time, debootstrap makes that Debian in .matrix/SUITE (4 GB), from the mirror this machine's apt uses, or
# from the one that DEBIAN_MIRROR names; whatever stops it, the next run goes on. The engine's Python there is the
# system's own, with Debian's torch, rasterio and shapely. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    qgis python3-qgis qgis-providers                                  # qgis_process is in the first
    python3-torch python3-rasterio python3-shapely python3-pyogrio python3-safetensors  # the engine
    python3-scipy python3-pil python3-tqdm python3-matplotlib python3-pytest python3-venv ca-certificates
)

main() {
    if [ "$(id -u)" != 0 ]; then
        echo "Making a system in a folder needs root; asking sudo."
        exec sudo --preserve-env=PYTEST,DEBIAN_MIRROR,http_proxy,https_proxy,no_proxy "$0" "$@"
    fi
    suite=$1 zip=${2:-} root=$PWD/.matrix/$1
    case "${3:-}" in
        --make) make_base; add_packages ;;
        --inside) inside "${@:4}" ;;
        *)
            [ "$(cat "$root.ready" 2>/dev/null)" = "${packages[*]}" ] || make_system
            [ -z "$zip" ] || alone bash -euo pipefail -c "$tests"
            ;;
    esac
}

# Run a command in that system, in namespaces of its own: its mounts and processes end with it, however it ends.
alone() {
    unshare --mount --pid --fork --kill-child "$0" "$suite" "$zip" --inside "$@"
}

inside() {
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    # The checkout is seen through a layer that takes what the tests write beside it.
    mount -t tmpfs tmpfs "$root/mnt"
    mkdir -p "$root/src" "$root/mnt/upper" "$root/mnt/work"
    mount -t overlay overlay -o "lowerdir=$PWD,upperdir=$root/mnt/upper,workdir=$root/mnt/work" "$root/src"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PYTEST="${PYTEST:-}" ZIP="$zip" chroot "$root" "$@"
}

make_system() {
    command -v debootstrap >/dev/null || tools/apt.sh debootstrap debootstrap debian-archive-keyring
    echo "Making Debian $suite in .matrix/$suite; its log is .matrix/$suite.log"
    mkdir -p .matrix
    exec 9>".matrix/$suite.lock" # held by whatever this starts, also if this is killed
    flock --nonblock 9 || { echo "Debian $suite is being made by another run; wait for it." >&2; exit 1; }
    if ! unshare --mount "$0" "$suite" "$zip" --make >".matrix/$suite.log" 2>&1 </dev/null; then
        tail -n 20 ".matrix/$suite.log" >&2
        echo "Debian $suite could not be made; mend what its log says and run this again." >&2
        exit 1
    fi
    echo "${packages[*]}" >"$root.ready"
    exec 9>&-
}

make_base() {
    [ ! -e "$root.base" ] || return 0
    rm -rf "$root"
    debootstrap --variant=minbase "$suite" "$root" "$(mirror)"
    # It is thrown away if anything goes wrong, starts no services, and nobody reads manuals in it.
    printf '%s\n' force-unsafe-io 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' \
        >"$root/etc/dpkg/dpkg.cfg.d/matrix"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    {
        apt-config dump Acquire::http Acquire::https # this machine's way to the network
        echo 'Acquire::Check-Valid-Until "false";'   # a mirror may stand still; what it holds is signed all the same
    } >"$root/etc/apt/apt.conf.d/90matrix"
    touch "$root.base"
}

add_packages() {
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    alone bash -euc 'dpkg --configure -a
        apt-get update
        apt-get -y --no-install-recommends install "$@"
        apt-get clean' install "${packages[@]}"
}

# The first of this machine's apt sources that is Debian's main archive.
mirror() {
    local found=${DEBIAN_MIRROR:-}
    [ -n "$found" ] || found=$(listed)
    [ -n "$found" ] || { apt-get -qq update >&2 && found=$(listed); } # images come without apt's lists
    [ -n "$found" ] || { echo "This machine's apt knows no mirror of Debian; name one in DEBIAN_MIRROR." >&2; return 1; }
    echo "$found"
}

listed() {
    # shellcheck disable=SC2016 # apt's own placeholders
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1
}

# pytest-qgis is no package of Debian's; make puts it into .matrix/pytest-qgis.
# shellcheck disable=SC2016 # expanded inside
tests='
    cd /src
    export QT_QPA_PLATFORM=offscreen PYTHONDONTWRITEBYTECODE=1 BUILDING_FOOTPRINTS_PYTHON=/usr/bin/python3
    export BUILDING_FOOTPRINTS_ZIP="/src/$ZIP"
    python3 -c "import qgis.core, torch; print(\"QGIS\", qgis.core.Qgis.QGIS_VERSION, \"torch\", torch.__version__)"
    failed=0
    PYTHONPATH=.matrix/pytest-qgis python3 -m pytest -q -p no:cacheprovider $PYTEST tests/qgis || failed=1
    python3 -m pytest -q -p no:cacheprovider $PYTEST tests/e2e || failed=1
    exit $failed'

main "$@"
exit # an edit of this file while it runs is not read
