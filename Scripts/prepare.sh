# Sourced by ./build, ./quickstart and ./test: finds out what the machine lacks and installs it.
# Installing system packages needs root (or sudo without a password); everything else works for an ordinary user.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$1" >&2; [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2; exit 1; }

# install_packages NAME…: Debian packages, only those that are missing.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then as_root=(sudo -n)
        else fail "these system packages are missing: ${missing[*]}" "run: sudo apt-get install ${missing[*]}"; fi
    fi
    say "Installing system packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# prepare_build: what compiling Bunsen needs. prepare_run: what a run needs. prepare_tests: the real programs that judge us.
prepare_build() {
    command -v swift >/dev/null || fail "there is no swift on PATH" "install Swift 6.3 from swift.org"
    command -v apt-get >/dev/null || fail "this script knows Debian and Ubuntu only" \
        "install the development files of SQLite and OpenSSL and pkg-config, then run: swift build"
    install_packages pkg-config libsqlite3-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libisal-dev libzstd-dev git \
        ca-certificates
}

# A Python that torch supports and that can make virtual environments. Any on PATH will do.
prepare_run() {
    local name
    for name in python3 python3.13 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
        then return 0; fi
    done
    install_packages python3 python3-venv python3-pip
}

prepare_tests() {
    # A registry, its password file, other readers of images and layers, Compose, certificates.
    install_packages docker-registry apache2-utils skopeo openssl isal pigz libarchive-tools zstd umoci docker-compose
    # Shared libraries are made, and other readers of them asked.
    install_packages binutils
    # A real base is bootstrapped, by root and by an ordinary user.
    install_packages mmdebstrap uidmap
    # Engines, whose daemons the tests start themselves, and a shell for tiny images.
    install_packages docker.io podman runc containerd tini busybox-static
    # Workbenches are entered as people and browsers do.
    install_packages openssh-client rsync curl iproute2 util-linux python3-websocket
    if [ "$(id -u)" = 0 ] && ! id bunsen-test >/dev/null 2>&1; then
        useradd --create-home --shell /usr/sbin/nologin bunsen-test
    fi
}
